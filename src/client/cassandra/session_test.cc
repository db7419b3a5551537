// SPDX-License-Identifier: Apache-2.0
// Sessions against a scripted server on loopback: the usual ways, and what servers refuse.
#include "client/cassandra/session.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include "client/cassandra/session_for_tests.h"

namespace sluice::client::cassandra {
namespace {

TEST_F(SessionTest, PreparesOnceAndExecutes) {
  serve();
  open();
  auto statement = insert();
  EXPECT_EQ(insert(), statement);
  EXPECT_EQ(server_->count(Opcode::kPrepare), 1);
  EXPECT_EQ(statement->keyspace(), "ks");
  EXPECT_TRUE(put(statement));
  EXPECT_EQ(server_->count(Opcode::kExecute), 1);
  ASSERT_EQ(session_->hosts().size(), 1u);
  EXPECT_TRUE(session_->hosts()[0].up);
  EXPECT_EQ(session_->hosts()[0].datacenter, "dc1");
  EXPECT_EQ(session_->host_of("ks", 12), 0);
  EXPECT_EQ(session_->host_of("other", 12), -1);
}

TEST_F(SessionTest, WrongNumberOfValuesIsRefusedHere) {
  serve();
  open();
  Execute request(insert());
  request.values().blob("key");
  EXPECT_EQ(session_->execute_and_wait(request).error().code(), Code::kInvalidArgument);
  EXPECT_EQ(server_->count(Opcode::kExecute), 0);
}

TEST_F(SessionTest, BatchesAreCompressed) {
  std::atomic<bool> compressed{false};
  serve([&](const FakeRequest& request) -> std::optional<FakeReply> {
    if (request.opcode == Opcode::kBatch) compressed = request.compressed;
    return std::nullopt;
  });
  open();
  auto statement = insert();
  Batch batch(BatchType::kUnlogged, 1 << 16);
  for (int i = 0; i < 1000; ++i) batch.add(statement).blob("the same key").blob("and value");
  EXPECT_TRUE(session_->execute_and_wait(batch));
  EXPECT_TRUE(compressed);
  EXPECT_TRUE(batch.empty());
  EXPECT_TRUE(session_->execute_and_wait(batch));
  EXPECT_EQ(server_->count(Opcode::kBatch), 1);
}

TEST_F(SessionTest, ServerWithoutLz4GetsPlainBodies) {
  std::atomic<bool> compressed{true};
  serve([&](const FakeRequest& request) -> std::optional<FakeReply> {
    if (request.opcode == Opcode::kBatch) compressed = request.compressed;
    return std::nullopt;
  });
  server_->offer_lz4 = false;
  open();
  auto statement = insert();
  Batch batch;
  for (int i = 0; i < 1000; ++i) batch.add(statement).blob("the same key").blob("and value");
  EXPECT_TRUE(session_->execute_and_wait(batch));
  EXPECT_FALSE(compressed);
}

TEST_F(SessionTest, ThreeFormsOfAnOperation) {
  serve();
  open();
  auto statement = insert();
  EXPECT_TRUE(put(statement));
  std::promise<bool> called;
  Execute request(statement);
  request.values().blob("k").blob("v");
  session_->execute(request, [&](Result<Rows> rows) { called.set_value(rows.has_value()); });
  EXPECT_TRUE(called.get_future().get());
  auto task = [&]() -> awaitable<bool> {
    auto prepared = co_await session_->prepare(std::string(kInsert));
    Execute again(*prepared);
    again.values().blob("k").blob("v");
    auto rows = co_await session_->execute(again);
    auto text = co_await session_->query("SELECT nothing");
    co_return rows.has_value() && text.has_value();
  };
  EXPECT_TRUE(asio::co_spawn(threads_.at(0), task(), asio::use_future).get());
}

TEST_F(SessionTest, StatementsThatANodeForgotArePreparedAnew) {
  serve([](const FakeRequest& request) -> std::optional<FakeReply> {
    if (request.opcode == Opcode::kExecute && request.number == 2)
      return FakeReply::error(ErrorCode::kUnprepared, "Prepared query with ID .. not found",
                              string_of("id-of-statement!"));
    return std::nullopt;
  });
  open();
  auto statement = insert();
  EXPECT_TRUE(put(statement));
  EXPECT_TRUE(put(statement));
  EXPECT_EQ(server_->count(Opcode::kPrepare), 2);
  EXPECT_EQ(server_->count(Opcode::kExecute), 3);
}

TEST_F(SessionTest, UnpreparedForEverIsAnError) {
  serve([](const FakeRequest& request) -> std::optional<FakeReply> {
    if (request.opcode == Opcode::kExecute)
      return FakeReply::error(ErrorCode::kUnprepared, "not found", string_of("id-of-statement!"));
    return std::nullopt;
  });
  open();
  auto refused = put(insert());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kFailedPrecondition);
}

TEST_F(SessionTest, OverloadIsTriedAgain) {
  serve([](const FakeRequest& request) -> std::optional<FakeReply> {
    if (request.opcode == Opcode::kExecute && request.number == 1)
      return FakeReply::error(ErrorCode::kOverloaded, "busy");
    return std::nullopt;
  });
  open();
  EXPECT_TRUE(put(insert(), {.idempotent = false}));
  EXPECT_EQ(server_->count(Opcode::kExecute), 2);
}

TEST_F(SessionTest, RetriesComeToAnEnd) {
  serve([](const FakeRequest& request) -> std::optional<FakeReply> {
    if (request.opcode == Opcode::kExecute) return FakeReply::error(ErrorCode::kOverloaded, "busy");
    return std::nullopt;
  });
  open();
  auto refused = put(insert());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kResourceExhausted);
  EXPECT_EQ(refused.error().native_code(), 0x1001);
  EXPECT_EQ(server_->count(Opcode::kExecute), 3);
}

TEST_F(SessionTest, OnlyIdempotentWritesAreRepeatedAfterATimeOut) {
  serve([](const FakeRequest& request) -> std::optional<FakeReply> {
    if (request.opcode == Opcode::kExecute && request.number % 2 == 1)
      return FakeReply::error(ErrorCode::kWriteTimeout, "late", be16(6) + be32(0) + be32(1) + string_of("SIMPLE"));
    return std::nullopt;
  });
  open();
  auto statement = insert();
  EXPECT_TRUE(put(statement));
  auto refused = put(statement, {.idempotent = false});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kUndetermined);
  EXPECT_EQ(server_->count(Opcode::kExecute), 3);
}

TEST_F(SessionTest, WrongRequestsAreNotRepeated) {
  serve([](const FakeRequest& request) -> std::optional<FakeReply> {
    if (request.opcode == Opcode::kBatch) return FakeReply::error(ErrorCode::kInvalid, "Batch too large");
    return std::nullopt;
  });
  open();
  Batch batch;
  batch.add(insert()).blob("k").blob("v");
  auto refused = session_->execute_and_wait(batch);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(is_batch_too_large(refused.error()));
  EXPECT_EQ(server_->count(Opcode::kBatch), 1);
}

}  // namespace
}  // namespace sluice::client::cassandra
