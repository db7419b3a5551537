// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <vector>

#include "base/check.h"
#include "net/stream.h"

namespace sluice::net {

namespace {

asio::io_context& context_of(const asio::any_io_executor& executor) {
  auto* target = executor.target<asio::io_context::executor_type>();
  BUG_CHECK(target != nullptr, "streams live on an io_context");
  return target->context();
}

}  // namespace

awaitable<Result<std::unique_ptr<Stream>>> connect(std::string host, uint16_t port, Deadline deadline) {
  asio::io_context& context = context_of(co_await asio::this_coro::executor);
  std::vector<asio::ip::tcp::endpoint> endpoints;
  boost::system::error_code error;
  auto address = asio::ip::make_address(host, error);
  if (!error) {
    endpoints.emplace_back(address, port);
  } else {
    asio::ip::tcp::resolver resolver(context);
    auto found =
        co_await resolver.async_resolve(host, std::to_string(port), asio::redirect_error(asio::use_awaitable, error));
    if (error)
      co_return fail(Error(Code::kUnavailable, "the host name '" + host + "' cannot be resolved: " + error.message()));
    for (auto& entry : found) endpoints.push_back(entry.endpoint());
  }
  const std::string peer = host + ":" + std::to_string(port);
  Error last(Code::kUnavailable, "the host name '" + host + "' has no address");
  for (auto& endpoint : endpoints) {
    std::unique_ptr<Stream> stream(new Stream(context, Stream::Socket(context)));
    auto connected = co_await stream->connect_to(endpoint, deadline);
    if (connected) co_return stream;
    last = Error(connected.error().code(), "cannot connect").with_peer(peer).with_cause(std::move(connected).error());
    if (last.code() != Code::kUnavailable) break;
  }
  co_return fail(std::move(last));
}

awaitable<Result<std::unique_ptr<Stream>>> connect_unix(std::string path, Deadline deadline) {
  asio::io_context& context = context_of(co_await asio::this_coro::executor);
  constexpr size_t kLongestPath = 107;
  if (path.size() > kLongestPath)
    co_return fail(Code::kInvalidArgument, "the socket path is longer than 107 bytes: " + path);
  std::unique_ptr<Stream> stream(new Stream(context, Stream::Socket(context)));
  CO_TRY(co_await stream->connect_to(asio::local::stream_protocol::endpoint(path), deadline));
  co_return stream;
}

}  // namespace sluice::net
