// SPDX-License-Identifier: Apache-2.0
// Sessions against a scripted server on loopback: every fault that a server or a network has.
#include "client/cassandra/session_for_tests.h"

namespace sluice::client::cassandra {
namespace {

using testing::HasSubstr;

class SessionFaults : public SessionTest {};

TEST_F(SessionFaults, LostConnectionWithIdempotentRequest) {
  serve([](const FakeRequest& request) -> std::optional<FakeReply> {
    if (request.opcode == Opcode::kExecute && request.number == 1) return FakeReply{.hang_up = true};
    return std::nullopt;
  });
  open();
  EXPECT_TRUE(put(insert()));
  EXPECT_EQ(server_->count(Opcode::kExecute), 2);
}

TEST_F(SessionFaults, LostConnectionWithOtherRequestsIsUndetermined) {
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

class CutFrames : public SessionFaults, public testing::WithParamInterface<size_t> {};

TEST_P(CutFrames, AreALostConnection) {
  serve([](const FakeRequest& request) -> std::optional<FakeReply> {
    if (request.opcode == Opcode::kExecute && request.number == 1) return FakeReply{.cut = GetParam()};
    return std::nullopt;
  });
  open();
  EXPECT_TRUE(put(insert()));
  EXPECT_EQ(server_->count(Opcode::kExecute), 2);
}
INSTANTIATE_TEST_SUITE_P(SessionFaults, CutFrames, testing::Values(0, 1, 8, 9, 12));

TEST_F(SessionFaults, AnswersOfUnknownStreamsEndTheConnection) {
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

TEST_F(SessionFaults, BodiesThatDoNotDecodeAreErrors) {
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

TEST_F(SessionFaults, SlowAnswersMissTheDeadlineAndAreForgotten) {
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

TEST_F(SessionFaults, TooManyOrphansReplaceTheConnection) {
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

TEST_F(SessionFaults, OrphansDoNotBlockASmallConnection) {
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

TEST_F(SessionFaults, QueueIsBounded) {
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

TEST_F(SessionFaults, ThousandsOfRequestsShareAConnection) {
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

class LargeAnswers : public SessionFaults, public testing::WithParamInterface<bool> {};

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
INSTANTIATE_TEST_SUITE_P(SessionFaults, LargeAnswers, testing::Bool());

TEST_F(SessionFaults, AnswersBeyondTheLimitEndTheConnection) {
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

TEST_F(SessionFaults, Password) {
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

TEST_F(SessionFaults, NobodyThere) {
  auto refused = Session::open_and_wait(threads_, settings());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kUnavailable);
  Settings wrong = settings();
  wrong.contact_points = {"::::1:x:"};
  wrong.contact_points = {""};
  EXPECT_EQ(Session::open_and_wait(threads_, wrong).error().code(), Code::kInvalidArgument);
}

TEST_F(SessionFaults, ServerThatComesLater) {
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

TEST_F(SessionFaults, ServerThatGoesAndComes) {
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

TEST_F(SessionFaults, EventsAreAskedForBeforeTheClusterIsRead) {
  std::vector<std::string> asked;  // guarded by the server: one request at a time
  serve([&](const FakeRequest& request) -> std::optional<FakeReply> {
    if (request.connection != 0) return std::nullopt;
    if (request.opcode == Opcode::kRegister) asked.push_back("REGISTER");
    if (request.opcode == Opcode::kQuery) asked.push_back("SELECT");
    return std::nullopt;
  });
  open();
  server_->stop();
  EXPECT_THAT(asked, testing::ElementsAre("REGISTER", "SELECT", "SELECT", "SELECT"));
}

// A node that joins is in its peers' tables before its tokens are, and is not announced again when they are.
TEST_F(SessionFaults, NodesThatAreKnownInPartAreReadAgain) {
  FakeServer joining(threads_);
  const FakeColumns columns{{"peer", kInetType},
                            {"native_address", kInetType},
                            {"native_port", kIntType},
                            {"host_id", kUuidType},
                            {"data_center", kTextType},
                            {"rack", kTextType},
                            {"release_version", kTextType},
                            {"tokens", kTextSetType}};
  std::atomic<int> reads = 0;
  serve([&](const FakeRequest& request) -> std::optional<FakeReply> {
    if (request.opcode != Opcode::kQuery || request.body.view().find("FROM system.peers") == std::string_view::npos)
      return std::nullopt;
    const std::string address("\x7F\0\0\1", 4);
    std::vector<std::optional<std::string>> row{address, address, be32(joining.port()), std::string(16, 'b'), "dc1",
                                                "r1",    "5.0.5"};
    row.push_back(++reads == 1 ? std::nullopt : std::optional(text_set({"100"})));
    return FakeReply{.body = rows_body(columns, {row})};
  });
  open();
  eventually([&] { return session_->hosts().size() == 2; });
  EXPECT_EQ(reads, 2);
  session_->close();
}

TEST_F(SessionFaults, SilentConnectionsAreFoundByHeartbeats) {
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

TEST_F(SessionFaults, BreakerKeepsRequestsFromASickHost) {
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
