// SPDX-License-Identifier: Apache-2.0
#include "door/http/door.h"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "base/log.h"
#include "door/http/request.h"

namespace sluice::door::http {
namespace {
constexpr auto kTlsHandshakeTimeout = std::chrono::seconds(10);
constexpr auto kRefusalTimeout = std::chrono::seconds(2);
constexpr std::string_view kTooMany =
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Type: "
    "application/json\r\nContent-Length: 67\r\n\r\n"
    "{\"code\":1040,\"sqlstate\":\"08004\",\"message\":\"too many connections\"}\r\n";
}  // namespace

Door::Door(DoorOptions options, session::Services& services, NetworkThreads& threads,
           std::shared_ptr<net::TlsContext> tls)
    : options_(std::move(options)),
      services_(services),
      threads_(threads),
      tls_(std::move(tls)),
      labels_(services.kernel, options_.label_keep),
      prepared_(services.kernel, labels_, options_.prepared_timeout),
      load_rows_(Metrics::process().counter("sluice_stream_load_rows_total", "Rows committed by stream loads.")),
      load_bytes_(Metrics::process().counter("sluice_stream_load_bytes_total", "Bytes received by stream loads.")),
      loads_running_(Metrics::process().gauge("sluice_stream_loads_running", "Stream loads under way.")) {}

Door::~Door() { stop(Deadline::after(Deadline::Clock::duration::zero())); }

Status Door::start() {
  // What loads of a process that was killed left behind; none of ours runs yet.
  if (const auto spool = services_.kernel.load_spool_dir(); !spool.empty()) {
    std::error_code ignored;
    std::filesystem::remove_all(spool, ignored);
  }
  for (const auto& address : options_.addresses) {
    net::Listener::Options options;
    options.name = "http";
    options.max_connections = options_.max_connections;
    auto listener = net::Listener::open(threads_, address, options,
                                        [this](std::unique_ptr<net::Stream> stream, net::Admission admission) {
                                          return serve(std::move(stream), admission);
                                        });
    if (!listener) {
      listeners_.clear();
      return fail(listener.error());
    }
    listeners_.push_back(std::move(*listener));
  }
  for (auto& listener : listeners_) {
    listener->start();
    log::info("listening", {{"door", "http"}, {"address", listener->address()}});
  }
  return {};
}

void Door::stop(Deadline deadline) {
  stopping_ = true;
  bool all_gone = true;
  // Probes are still answered while work is waited for.
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      const bool idle =
          std::none_of(running_.begin(), running_.end(), [](const auto* work) { return work->is_waited_for(); });
      if (idle || deadline.expired()) break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  closing_ = true;
  for (auto& listener : listeners_) listener->stop();
  {
    std::lock_guard lock(mutex_);
    interrupting_ = true;
    for (auto* work : running_) work->stop();
  }
  for (auto& listener : listeners_) listener->cancel_connections();
  for (auto& listener : listeners_) all_gone &= listener->wait(Deadline::after(std::chrono::seconds(30)));
  if (!all_gone) log::error("connections did not end", {{"door", "http"}});
  listeners_.clear();
}

std::vector<uint16_t> Door::ports() const {
  std::vector<uint16_t> result;
  for (const auto& listener : listeners_) result.push_back(listener->port());
  return result;
}

void Door::enlist(RunningWork* work) {
  bool stop_now = false;
  {
    std::lock_guard lock(mutex_);
    running_.push_back(work);
    stop_now = interrupting_;
  }
  if (stop_now) work->stop();
}

void Door::delist(RunningWork* work) {
  std::lock_guard lock(mutex_);
  running_.erase(std::find(running_.begin(), running_.end(), work));
}

awaitable<void> Door::serve(std::unique_ptr<net::Stream> stream, net::Admission admission) {
  if (tls_) {
    auto upgraded = co_await stream->upgrade_to_tls_server(*tls_, {}, Deadline::after(kTlsHandshakeTimeout));
    if (!upgraded) {
      log::debug("TLS handshake failed",
                 {{"door", "http"}, {"peer", stream->remote_address()}, {"error", upgraded.error()}});
      stream->abort();
      co_return;
    }
  }
  if (admission == net::Admission::kRefuse) {
    auto bytes = std::span(reinterpret_cast<const uint8_t*>(kTooMany.data()), kTooMany.size());
    if (co_await stream->write(bytes, Deadline::after(kRefusalTimeout))) co_await stream->close();
    co_return;
  }
  const net::HttpHandler handler = [this](net::HttpExchange& exchange) { return Request::run(*this, exchange); };
  co_await net::serve_http(*stream, options_.http, handler, closing_);
}

}  // namespace sluice::door::http
