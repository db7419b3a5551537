// SPDX-License-Identifier: Apache-2.0
#include "net/http_door.h"

#include <algorithm>
#include <thread>

#include "base/log.h"

namespace sluice::net {
namespace {
constexpr auto kTlsHandshakeTimeout = std::chrono::seconds(10);
constexpr auto kRefusalTimeout = std::chrono::seconds(2);
constexpr auto kIdlePoll = std::chrono::milliseconds(5);
// Connections whose work was stopped end soon; one that does not is a defect, said in the log.
constexpr auto kLastConnections = std::chrono::seconds(30);
}  // namespace

HttpDoor::HttpDoor(HttpDoorOptions options, NetworkThreads& threads, std::shared_ptr<TlsContext> tls,
                   HttpHandler handler)
    : options_(std::move(options)), threads_(threads), tls_(std::move(tls)), handler_(std::move(handler)) {}

Status HttpDoor::start() {
  Listener::Options options;
  options.name = options_.name;
  options.max_connections = options_.max_connections;
  return listeners_.start(
      threads_, options_.addresses, options,
      [this](std::unique_ptr<Stream> stream, Admission admission) { return serve(std::move(stream), admission); });
}

bool HttpDoor::is_idle() {
  std::lock_guard lock(mutex_);
  return std::none_of(work_.begin(), work_.end(), [](const auto* work) { return work->is_waited_for(); });
}

void HttpDoor::stop(Deadline deadline) {
  stopping_ = true;
  if (listeners_.empty()) return;
  while (!is_idle() && !deadline.expired()) std::this_thread::sleep_for(kIdlePoll);
  closing_ = true;
  listeners_.stop();
  {
    std::lock_guard lock(mutex_);
    interrupting_ = true;
    for (auto* work : work_) work->stop();
  }
  listeners_.cancel_connections();
  if (!listeners_.wait(Deadline::after(kLastConnections))) {
    log::error("connections did not end", {{"door", options_.name}});
  }
  listeners_.clear();
}

void HttpDoor::enlist(HttpWork* work) {
  bool stop_now = false;
  {
    std::lock_guard lock(mutex_);
    work_.insert(work);
    stop_now = interrupting_;
  }
  if (stop_now) work->stop();
}

void HttpDoor::delist(HttpWork* work) {
  std::lock_guard lock(mutex_);
  work_.erase(work);
}

awaitable<void> HttpDoor::serve(std::unique_ptr<Stream> stream, Admission admission) {
  if (tls_) {
    auto upgraded = co_await stream->upgrade_to_tls_server(*tls_, {}, Deadline::after(kTlsHandshakeTimeout));
    if (!upgraded) {
      log::debug("TLS handshake failed",
                 {{"door", options_.name}, {"peer", stream->remote_address()}, {"error", upgraded.error()}});
      stream->abort();
      co_return;
    }
  }
  if (admission == Admission::kRefuse) {
    const std::string answer =
        "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Type: application/json\r\n"
        "Content-Length: " +
        std::to_string(options_.too_many.size()) + "\r\n\r\n" + options_.too_many;
    const auto bytes = std::span(reinterpret_cast<const uint8_t*>(answer.data()), answer.size());
    if (co_await stream->write(bytes, Deadline::after(kRefusalTimeout))) co_await stream->close();
    co_return;
  }
  co_await serve_http(*stream, options_.server, handler_, closing_);
}

}  // namespace sluice::net
