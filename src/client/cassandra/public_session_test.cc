// SPDX-License-Identifier: Apache-2.0
// The installed header, as a program that knows nothing else of Sluice uses it.
#include "sluice/cassandra/session.h"

#include <gtest/gtest.h>

#include <exception>
#include <future>

#include "client/cassandra/fake_server_for_tests.h"

namespace sluice::cassandra {
namespace {

using namespace client::cassandra;  // the fake server's

// The least coroutine there is: runs at once, and nobody waits for it.
struct Detached {
  struct promise_type {
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

Detached use(cassandra::Session& session, std::promise<std::string>& result) {
  auto statement = co_await session.start_prepare("INSERT INTO ks.t (key, value) VALUES (?, ?)");
  if (!statement) {
    result.set_value(statement.error().message);
    co_return;
  }
  cassandra::Request request(*statement);
  request.values().blob("k").null();
  auto rows = co_await session.start(request);
  if (!rows || !rows->next()) {
    result.set_value("no row");
    co_return;
  }
  auto text = co_await session.start_query("SELECT 1");
  result.set_value(text ? std::string(rows->bytes(0)) : text.error().message);
}

class PublicSession : public testing::Test {
 protected:
  void SetUp() override {
    threads_.start();
    server_ = std::make_unique<FakeServer>(threads_, [](const FakeRequest& request) -> std::optional<FakeReply> {
      if (request.opcode == Opcode::kExecute)
        return FakeReply{.body = rows_body({{"key", kBlobType}, {"n", kIntType}},
                                           {{"abc", be32(7)}, {std::nullopt, std::nullopt}}, "more")};
      if (request.opcode == Opcode::kQuery && request.body.view().find("wrong") != std::string_view::npos)
        return FakeReply::error(ErrorCode::kSyntaxError, "line 1:0 no viable alternative");
      return std::nullopt;
    });
    options_.contact_points = {"127.0.0.1:" + std::to_string(server_->port())};
  }

  NetworkThreads threads_{1};
  std::unique_ptr<FakeServer> server_;
  cassandra::Options options_;
};

TEST_F(PublicSession, Waiting) {
  auto session = cassandra::Session::open(options_);
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_TRUE(session->is_connected());
  auto statement = session->prepare("INSERT INTO ks.t (key, value) VALUES (?, ?)");
  ASSERT_TRUE(statement);
  EXPECT_EQ(statement->parameters(), 2u);
  cassandra::Request request(*statement);
  request.values().blob("k").text("v");
  auto rows = session->execute(request);
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->size(), 2u);
  EXPECT_EQ(rows->column("n"), 1);
  EXPECT_EQ(rows->paging_state(), "more");
  ASSERT_TRUE(rows->next());
  EXPECT_EQ(rows->bytes(0), "abc");
  EXPECT_EQ(rows->int32(1), 7);
  EXPECT_EQ(rows->int64(1), std::nullopt);
  ASSERT_TRUE(rows->next());
  EXPECT_TRUE(rows->is_null(0));
  EXPECT_FALSE(rows->next());
  cassandra::Batch batch;
  batch.route("k");
  batch.add(*statement).blob("k").blob("v");
  batch.add(*statement).blob("k").unset();
  EXPECT_EQ(batch.size(), 2u);
  EXPECT_TRUE(session->execute(batch));
  EXPECT_EQ(batch.size(), 0u);
  EXPECT_EQ(server_->count(Opcode::kBatch), 1);
}

TEST_F(PublicSession, Callbacks) {
  auto session = cassandra::Session::open(options_);
  ASSERT_TRUE(session);
  std::promise<int> code;
  session->query("wrong", {}, [&](auto rows) { code.set_value(rows ? 0 : rows.error().server_code); });
  EXPECT_EQ(code.get_future().get(), 0x2000);
  auto refused = session->query("wrong");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, cassandra::Error::Kind::kInvalid);
  EXPECT_FALSE(refused.error().may_retry);
}

TEST_F(PublicSession, Coroutines) {
  auto session = cassandra::Session::open(options_);
  ASSERT_TRUE(session);
  std::promise<std::string> result;
  use(*session, result);
  EXPECT_EQ(result.get_future().get(), "abc");
}

TEST_F(PublicSession, ClosedAndMissing) {
  auto session = cassandra::Session::open(options_);
  ASSERT_TRUE(session);
  session->close();
  EXPECT_EQ(session->query("SELECT 1").error().kind, cassandra::Error::Kind::kClosed);
  options_.contact_points = {"127.0.0.1:1"};
  EXPECT_EQ(cassandra::Session::open(options_).error().kind, cassandra::Error::Kind::kUnavailable);
  options_.contact_points = {};
  EXPECT_EQ(cassandra::Session::open(options_).error().kind, cassandra::Error::Kind::kInvalid);
}

}  // namespace
}  // namespace sluice::cassandra
