// SPDX-License-Identifier: Apache-2.0
// The first messages of a connection, one after the other: OPTIONS, STARTUP, authentication, USE. And call(), with
// which a coroutine asks on one connection.
#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <optional>

#include "client/cassandra/connection.h"
#include "client/cassandra/requests.h"
#include "client/cassandra/server_error.h"

namespace sluice::client::cassandra {

namespace {

// Challenges of one authentication; more come only from a server that never ends.
constexpr int kMaxChallenges = 16;
constexpr uint32_t kMaxStartBytes = 1 << 20;

std::string quoted_identifier(const std::string& name) {
  std::string quoted = "\"";
  for (char c : name) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

}  // namespace

awaitable<Result<ResponseFrame>> Connection::ask(Opcode opcode, ByteBuffer body, Deadline deadline) {
  const auto header = header_bytes({.opcode = opcode, .body_bytes = static_cast<uint32_t>(body.size())});
  CO_TRY(co_await stream_->write(header, body.span(), deadline));
  std::array<uint8_t, kHeaderBytes> head;
  CO_TRY(co_await stream_->read_exactly(head, deadline));
  ResponseFrame frame;
  frame.header = CO_TRY(parse_header(head, kMaxStartBytes));
  frame.body.resize_uninitialised(frame.header.body_bytes);
  if (frame.header.body_bytes > 0)
    CO_TRY(co_await stream_->read_exactly({frame.body.data(), frame.body.size()}, deadline));
  if (frame.header.flags & kFlagCompressed) frame.body = CO_TRY(decompress_body(frame.body.span(), kMaxStartBytes));
  CO_TRY(strip_prefixes(frame));
  if (frame.header.opcode == Opcode::kError)
    co_return fail(to_error(CO_TRY(read_server_error(frame.content())), peer()));
  co_return frame;
}

awaitable<Status> Connection::start(Deadline deadline) {
  auto unexpected = [&](std::string_view after) {
    return fail(Error(Code::kDataLoss, "the server answered " + std::string(after) + " with another message")
                    .with_peer(peer()));
  };
  std::map<std::string, std::string> options{
      {"CQL_VERSION", "3.0.0"}, {"DRIVER_NAME", settings_->client_name}, {"DRIVER_VERSION", "4"}};
  if (settings_->compression) {
    auto supported = CO_TRY(co_await ask(Opcode::kOptions, {}, deadline));
    if (supported.header.opcode != Opcode::kSupported) co_return unexpected("OPTIONS");
    auto offered = CO_TRY(read_supported(supported));
    auto& algorithms = offered["COMPRESSION"];
    compresses_ = std::find(algorithms.begin(), algorithms.end(), "lz4") != algorithms.end();
    if (compresses_) options["COMPRESSION"] = "lz4";
  }
  auto answer = CO_TRY(co_await ask(Opcode::kStartup, startup_body(options), deadline));
  if (answer.header.opcode == Opcode::kAuthenticate) {
    CO_TRY(co_await authenticate(CO_TRY(read_authenticator(answer)), deadline));
  } else if (answer.header.opcode != Opcode::kReady) {
    co_return unexpected("STARTUP");
  }
  if (!settings_->keyspace.empty()) {
    auto used = co_await ask(
        Opcode::kQuery,
        query_body("USE " + quoted_identifier(settings_->keyspace), Consistency::kOne, {.page_size = 0}), deadline);
    if (!used) co_return fail(std::move(used).error());
  }
  co_return Status();
}

awaitable<Status> Connection::authenticate(const std::string& server_class, Deadline deadline) {
  if (!settings_->auth) {
    co_return fail(Error(Code::kUnauthenticated, "the server asks for authentication by " + server_class +
                                                     ", and there is neither user nor password")
                       .with_peer(peer()));
  }
  auto authenticator = CO_TRY(settings_->auth->authenticator(server_class, peer()));
  std::string token = CO_TRY(authenticator->begin());
  for (int i = 0; i < kMaxChallenges; ++i) {
    auto answer = CO_TRY(co_await ask(Opcode::kAuthResponse, auth_response_body(token), deadline));
    if (answer.header.opcode == Opcode::kAuthSuccess) co_return authenticator->succeeded(CO_TRY(read_token(answer)));
    if (answer.header.opcode != Opcode::kAuthChallenge) break;
    token = CO_TRY(authenticator->answer(CO_TRY(read_token(answer))));
  }
  co_return fail(
      Error(Code::kUnauthenticated, "the server does not come to an end with authentication").with_peer(peer()));
}

namespace {

using Handler = asio::async_result<asio::use_awaitable_t<>, void()>::handler_type;

struct Call {
  std::optional<Handler> handler;
  std::optional<Result<ResponseFrame>> response;

  void finish(Result<ResponseFrame> result) {
    response.emplace(std::move(result));
    Handler waiting = std::move(*handler);
    handler.reset();
    std::move(waiting)();
  }
};

class CallExchange : public Exchange {
 public:
  explicit CallExchange(Call& call) : call_(call) {}
  void finished(std::unique_ptr<Exchange>, Result<ResponseFrame> response, Fate) override {
    call_.finish(std::move(response));
  }

 private:
  Call& call_;
};

}  // namespace

awaitable<Result<ResponseFrame>> Connection::call(RequestFramePtr frame, Deadline deadline) {
  Call call;
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      [&](auto handler) {
        call.handler.emplace(std::move(handler));
        std::unique_ptr<Exchange> exchange = std::make_unique<CallExchange>(call);
        exchange->frame = frame;
        exchange->deadline = deadline;
        if (submit(exchange) == Submitted::kTaken) return;
        asio::post(context(), [&call, peer = peer()] {
          call.finish(fail(Error(Code::kUnavailable, "the connection is closed").with_peer(peer)));
        });
      },
      asio::use_awaitable);
  if (*call.response && (*call.response)->header.opcode == Opcode::kError)
    co_return fail(to_error(CO_TRY(read_server_error((*call.response)->content())), peer()));
  co_return std::move(*call.response);
}

}  // namespace sluice::client::cassandra
