// SPDX-License-Identifier: Apache-2.0
// Sessions against a scripted server on loopback: the usual ways, and every fault a server or a network has.
#include "client/cassandra/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include "client/cassandra/fake_server_for_tests.h"

namespace sluice::client::cassandra {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::string_view kInsert = "INSERT INTO ks.t (key, value) VALUES (?, ?)";

class SessionTest : public testing::Test {
 protected:
  void SetUp() override { threads_.start(); }
  void TearDown() override {
    if (session_) session_->close();
    session_ = nullptr;
    if (server_) server_->stop();
  }

  Settings settings() {
    Settings made;
    made.contact_points = {"127.0.0.1:" + std::to_string(server_ ? server_->port() : port_)};
    made.connect_timeout = 2s;
    made.request_timeout = 5s;
    return made;
  }
  void serve(FakeServer::Script script = {}) { server_ = std::make_unique<FakeServer>(threads_, std::move(script)); }
  void open(Settings wanted) {
    auto opened = Session::open_and_wait(threads_, std::move(wanted));
    ASSERT_TRUE(opened) << opened.error().describe();
    session_ = *opened;
  }
  void open() { open(settings()); }
  StatementPtr insert() {
    auto statement = session_->prepare_and_wait(std::string(kInsert));
    EXPECT_TRUE(statement) << statement.error().describe();
    return *statement;
  }
  Result<Rows> put(const StatementPtr& statement, RequestOptions options = {}) {
    Execute request(statement);
    request.values().blob("key").blob("value");
    request.options = options;
    return session_->execute_and_wait(request);
  }
  void expect_works() {
    auto done = put(insert());
    EXPECT_TRUE(done) << done.error().describe();
  }
  template <typename F>
  void eventually(F holds) {
    for (int i = 0; i < 500 && !holds(); ++i) std::this_thread::sleep_for(10ms);
    EXPECT_TRUE(holds());
  }

  NetworkThreads threads_{2};
  uint16_t port_ = 1;
  std::unique_ptr<FakeServer> server_;
  SessionPtr session_;
};

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

TEST_F(SessionTest, LostConnectionWithIdempotentRequest) {
  serve([](const FakeRequest& request) -> std::optional<FakeReply> {
    if (request.opcode == Opcode::kExecute && request.number == 1) return FakeReply{.hang_up = true};
    return std::nullopt;
  });
  open();
  EXPECT_TRUE(put(insert()));
  EXPECT_EQ(server_->count(Opcode::kExecute), 2);
}

TEST_F(SessionTest, LostConnectionWithOtherRequestsIsUndetermined) {
  serve([](const FakeRequest& request) -> std::optional<FakeReply> {
    if (request.opcode == Opcode::kExecute && request.number == 1) return FakeReply{.hang_up = true};
    return std::nullopt;
  });
  open();
  auto statement = insert();
  auto lost = put(statement, {.idempotent = false});
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code(), Code::kUndetermined);
  eventually([&] { return session_->is_connected(); });
  expect_works();
}

class CutFrames : public SessionTest, public testing::WithParamInterface<size_t> {};

TEST_P(CutFrames, AreALostConnection) {
  serve([](const FakeRequest& request) -> std::optional<FakeReply> {
    if (request.opcode == Opcode::kExecute && request.number == 1) return FakeReply{.cut = GetParam()};
    return std::nullopt;
  });
  open();
  EXPECT_TRUE(put(insert()));
  EXPECT_EQ(server_->count(Opcode::kExecute), 2);
}
INSTANTIATE_TEST_SUITE_P(SessionTest, CutFrames, testing::Values(0, 1, 8, 9, 12));

TEST_F(SessionTest, AnswersOfUnknownStreamsEndTheConnection) {
  for (int stream : {77, -1, -9, 32'767}) {
    serve([stream](const FakeRequest& request) -> std::optional<FakeReply> {
      if (request.opcode == Opcode::kExecute && request.number == 1) return FakeReply{.stream = stream};
      return std::nullopt;
    });
    open();
    EXPECT_TRUE(put(insert())) << stream;
    EXPECT_EQ(server_->count(Opcode::kExecute), 2);
    TearDown();
  }
}

TEST_F(SessionTest, BodiesThatDoNotDecodeAreErrors) {
  serve([](const FakeRequest& request) -> std::optional<FakeReply> {
    if (request.opcode == Opcode::kExecute)
      return FakeReply{.body = request.number == 1 ? be32(2) + be32(1) + be32(5) : be32(99)};
    return std::nullopt;
  });
  open();
  auto statement = insert();
  EXPECT_EQ(put(statement).error().code(), Code::kDataLoss);
  EXPECT_EQ(put(statement).error().code(), Code::kDataLoss);
}

TEST_F(SessionTest, SlowAnswersMissTheDeadlineAndAreForgotten) {
  serve([](const FakeRequest& request) -> std::optional<FakeReply> {
    if (request.opcode == Opcode::kExecute && request.number == 1) return FakeReply{.delay = 300ms};
    return std::nullopt;
  });
  open();
  auto statement = insert();
  const int connections = server_->connections();
  const auto began = std::chrono::steady_clock::now();
  auto late = put(statement, {.deadline = Deadline::after(60ms)});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), Code::kDeadlineExceeded);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 250ms);
  EXPECT_TRUE(put(statement));
  EXPECT_EQ(server_->connections(), connections);
  auto unknown = put(statement, {.idempotent = false, .deadline = Deadline::after(-1ms)});
  EXPECT_EQ(unknown.error().code(), Code::kDeadlineExceeded);
}

TEST_F(SessionTest, TooManyOrphansReplaceTheConnection) {
  serve([](const FakeRequest& request) -> std::optional<FakeReply> {
    if (request.opcode == Opcode::kExecute && request.number <= 4) return FakeReply{.silent = true};
    return std::nullopt;
  });
  auto wanted = settings();
  wanted.max_orphans = 3;
  wanted.breaker.failure_threshold = 100;
  open(wanted);
  auto statement = insert();
  const int connections = server_->connections();
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(put(statement, {.deadline = Deadline::after(20ms)}));
  eventually([&] { return server_->connections() > connections && session_->is_connected(); });
  EXPECT_TRUE(put(statement));
}

TEST_F(SessionTest, OrphansDoNotBlockASmallConnection) {
  serve([](const FakeRequest& request) -> std::optional<FakeReply> {
    if (request.opcode == Opcode::kExecute && request.number <= 2) return FakeReply{.silent = true};
    return std::nullopt;
  });
  auto wanted = settings();
  wanted.max_requests_per_connection = 2;
  open(wanted);
  auto statement = insert();
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(put(statement, {.deadline = Deadline::after(20ms)}));
  eventually([&] { return session_->is_connected() && put(statement).has_value(); });
}

TEST_F(SessionTest, QueueIsBounded) {
  serve([](const FakeRequest& request) -> std::optional<FakeReply> {
    if (request.opcode == Opcode::kExecute) return FakeReply{.silent = true};
    return std::nullopt;
  });
  auto wanted = settings();
  wanted.max_requests_per_connection = 2;
  wanted.max_queue_size = 3;
  open(wanted);
  auto statement = insert();
  Execute request(statement);
  request.values().blob("k").blob("v");
  std::atomic<int> cancelled{0};
  for (int i = 0; i < 5; ++i) {
    session_->execute(request,
                      [&](Result<Rows> rows) { cancelled += !rows && rows.error().code() == Code::kCancelled; });
  }
  auto refused = session_->execute_and_wait(request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kResourceExhausted);
  EXPECT_EQ(refused.error().retry(), Retry::kBackoff);
  eventually([&] { return server_->count(Opcode::kExecute) == 2; });
  session_->close();
  EXPECT_EQ(cancelled, 5);
  EXPECT_EQ(session_->execute_and_wait(request).error().code(), Code::kCancelled);
}

TEST_F(SessionTest, ThousandsOfRequestsShareAConnection) {
  serve();
  auto wanted = settings();
  wanted.max_requests_per_connection = 128;
  wanted.max_queue_size = 20'000;
  open(wanted);
  Execute request(insert());
  request.values().blob("k").blob("v");
  constexpr int kRequests = 10'000;
  std::atomic<int> done{0}, failed{0};
  for (int i = 0; i < kRequests; ++i) {
    session_->execute(request, [&](Result<Rows> rows) {
      failed += !rows;
      ++done;
    });
  }
  eventually([&] { return done == kRequests; });
  EXPECT_EQ(failed, 0);
}

class LargeAnswers : public SessionTest, public testing::WithParamInterface<bool> {};

TEST_P(LargeAnswers, AreReadWhole) {
  FakeRows rows;
  for (uint32_t i = 0; i < 3000; ++i) rows.push_back({std::string(1000, static_cast<char>('a' + i % 26)), be32(i)});
  const std::string body = rows_body({{"key", kBlobType}, {"number", kIntType}}, rows);
  serve([&](const FakeRequest& request) -> std::optional<FakeReply> {
    if (request.opcode == Opcode::kExecute) return FakeReply{.body = body, .compress = GetParam()};
    return std::nullopt;
  });
  open();
  auto statement = insert();
  for (int round = 0; round < 3; ++round) {
    auto answer = put(statement);
    ASSERT_TRUE(answer) << answer.error().describe();
    EXPECT_EQ(answer->size(), 3000u);
    auto row = answer->cursor();
    for (int i = 0; i < 3000; ++i) {
      ASSERT_TRUE(row.next());
      ASSERT_EQ(*row[1].int32(), i);
      ASSERT_EQ(row[0].bytes().size(), 1000u);
    }
  }
}
INSTANTIATE_TEST_SUITE_P(SessionTest, LargeAnswers, testing::Bool());

TEST_F(SessionTest, AnswersBeyondTheLimitEndTheConnection) {
  serve([](const FakeRequest& request) -> std::optional<FakeReply> {
    if (request.opcode == Opcode::kExecute) return FakeReply{.body = std::string(200'000, 'x')};
    return std::nullopt;
  });
  auto wanted = settings();
  wanted.max_response_bytes = 100'000;
  wanted.max_retries = 0;
  open(wanted);
  auto refused = put(insert());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().describe(), HasSubstr("a response of 200000 bytes"));
}

TEST_F(SessionTest, Password) {
  serve();
  server_->require_password = true;
  auto wanted = settings();
  auto none = Session::open_and_wait(threads_, wanted);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), Code::kUnauthenticated);
  wanted.auth = plain_auth("user", "wrong");
  auto wrong = Session::open_and_wait(threads_, wanted);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code(), Code::kUnauthenticated);
  EXPECT_EQ(wrong.error().native_code(), 0x0100);
  wanted.auth = plain_auth("user", "secret");
  open(wanted);
  expect_works();
}

TEST_F(SessionTest, NobodyThere) {
  auto refused = Session::open_and_wait(threads_, settings());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kUnavailable);
  Settings wrong = settings();
  wrong.contact_points = {"::::1:x:"};
  wrong.contact_points = {""};
  EXPECT_EQ(Session::open_and_wait(threads_, wrong).error().code(), Code::kInvalidArgument);
}

TEST_F(SessionTest, ServerThatComesLater) {
  serve();
  port_ = server_->port();
  server_.reset();
  auto wanted = settings();
  wanted.wait_for_cluster = false;
  open(wanted);
  EXPECT_FALSE(session_->is_connected());
  auto refused = session_->prepare_and_wait(std::string(kInsert));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kUnavailable);
  EXPECT_EQ(refused.error().retry(), Retry::kBackoff);
  server_ = std::make_unique<FakeServer>(threads_, FakeServer::Script(), port_);
  eventually([&] { return session_->is_connected(); });
  expect_works();
}

TEST_F(SessionTest, ServerThatGoesAndComes) {
  serve();
  open();
  expect_works();
  const uint16_t port = server_->port();
  server_.reset();
  eventually([&] { return !session_->is_connected(); });
  EXPECT_EQ(session_->query_and_wait("SELECT 1").error().code(), Code::kUnavailable);
  server_ = std::make_unique<FakeServer>(threads_, FakeServer::Script(), port);
  eventually([&] { return session_->is_connected(); });
  expect_works();
}

TEST_F(SessionTest, SilentConnectionsAreFoundByHeartbeats) {
  std::atomic<bool> dead{false};
  serve([&](const FakeRequest& request) -> std::optional<FakeReply> {
    if (dead && request.opcode == Opcode::kOptions && request.connection < 2) return FakeReply{.silent = true};
    return std::nullopt;
  });
  auto wanted = settings();
  wanted.heartbeat_interval = 50ms;
  wanted.heartbeat_timeout = 100ms;
  open(wanted);
  eventually([&] { return server_->count(Opcode::kOptions) > 6; });
  EXPECT_EQ(server_->connections(), 2);
  dead = true;
  eventually([&] { return server_->connections() >= 4 && session_->is_connected(); });
  expect_works();
}

TEST_F(SessionTest, BreakerKeepsRequestsFromASickHost) {
  serve([](const FakeRequest& request) -> std::optional<FakeReply> {
    if (request.opcode == Opcode::kExecute) return FakeReply::error(ErrorCode::kOverloaded, "busy");
    return std::nullopt;
  });
  auto wanted = settings();
  wanted.max_retries = 0;
  wanted.breaker.failure_threshold = 3;
  wanted.breaker.open_for = 10s;
  open(wanted);
  auto statement = insert();
  for (int i = 0; i < 6; ++i) EXPECT_FALSE(put(statement));
  EXPECT_EQ(server_->count(Opcode::kExecute), 3);
  EXPECT_EQ(session_->hosts()[0].breaker, CircuitBreaker::State::kOpen);
}

}  // namespace
}  // namespace sluice::client::cassandra
