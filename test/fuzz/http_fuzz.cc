// SPDX-License-Identifier: Apache-2.0
// Fuzz target: the HTTP server over a socket pair. The first byte says where the input is cut in two, so that parsers
// see it in pieces; the rest is what the client sends before it closes its sending side.
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "base/executor.h"
#include "base/log.h"
#include "net/http.h"

namespace {

using namespace sluice;

// Every answer to it fits into the socket's buffer: nobody reads them.
constexpr size_t kMostInput = 8 * 1024;

// Uses all of a request that a handler may use.
awaitable<void> answer(net::HttpExchange& exchange) {
  const auto& request = exchange.request();
  (void)net::percent_decode(request.path(), false);
  (void)net::parse_form(request.query());
  if (auto value = request.headers.find("Authorization")) (void)net::parse_basic_authorization(*value);
  exchange.allow_gzip();
  auto body = co_await exchange.read_whole_body(4096);
  if (!body) {
    (void)co_await exchange.respond(400, {}, body.error().message());
    co_return;
  }
  if (request.path() == "/stream") {
    (void)co_await exchange.begin(200, {});
    (void)co_await exchange.write(*body);
    (void)co_await exchange.finish();
    co_return;
  }
  (void)co_await exchange.respond(200, {{"X-Method", request.method}}, *body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1 || size > kMostInput) return 0;
  log::set_level(log::Level::kOff);
  int ends[2];
  BUG_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  std::span<const uint8_t> input(data + 1, size - 1);
  const size_t cut = input.empty() ? 0 : data[0] * input.size() / 256;
  {
    asio::io_context context(1);
    auto stream = net::Stream::adopt(context, AF_UNIX, ends[0]);
    BUG_CHECK(stream.has_value());
    net::HttpServerOptions options;
    const net::HttpHandler handler = answer;
    std::atomic<bool> stopping{false};
    TaskScope scope("fuzz");
    scope.spawn(context, net::serve_http(**stream, options, handler, stopping));
    (void)!::send(ends[1], input.data(), cut, MSG_NOSIGNAL);
    context.poll();
    (void)!::send(ends[1], input.data() + cut, input.size() - cut, MSG_NOSIGNAL);
    ::shutdown(ends[1], SHUT_WR);
    context.restart();
    // Not run(): the watchdog's timer would keep it for the time-outs' length.
    while (scope.running() > 0) context.run_one();
  }
  ::close(ends[1]);
  return 0;
}
