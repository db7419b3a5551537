// SPDX-License-Identifier: Apache-2.0
#include "door/kairos/door.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <thread>

#include "base/log.h"
#include "door/kairos/request.h"

namespace sluice::door::kairos {
namespace {
constexpr auto kTlsHandshakeTimeout = std::chrono::seconds(10);
constexpr auto kRefusalTimeout = std::chrono::seconds(2);
// Of requests that end at the same time; a cache takes up to 30 MB.
constexpr size_t kKeptCaches = 8;
constexpr std::string_view kTooMany =
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Type: "
    "application/json\r\nContent-Length: 36\r\n\r\n{\"errors\":[\"too many connections\"]}\r\n";

// Takes as long for every wrong text of one length.
bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}
}  // namespace

Door::Door(DoorOptions options, Services services, NetworkThreads& threads, std::shared_ptr<net::TlsContext> tls)
    : options_(std::move(options)),
      services_(std::move(services)),
      threads_(threads),
      tls_(std::move(tls)),
      rate_(options_.requests_per_second) {}

Door::~Door() { stop(Deadline::after(Deadline::Clock::duration::zero())); }

Status Door::start() {
  for (const auto& address : options_.addresses) {
    net::Listener::Options options;
    options.name = "kairos";
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
    log::info("listening", {{"door", "kairos"}, {"address", listener->address()}});
  }
  return {};
}

void Door::stop(Deadline deadline) {
  if (listeners_.empty()) return;
  stopping_ = true;
  // Probes are still answered while work is waited for.
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      const bool idle =
          std::none_of(requests_.begin(), requests_.end(), [](const auto* request) { return request->is_work(); });
      if (idle || deadline.expired()) break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  closing_ = true;
  for (auto& listener : listeners_) listener->stop();
  {
    std::lock_guard lock(mutex_);
    interrupting_ = true;
    for (auto* request : requests_) request->cancel();
  }
  for (auto& listener : listeners_) listener->cancel_connections();
  bool all_gone = true;
  for (auto& listener : listeners_) all_gone &= listener->wait(Deadline::after(std::chrono::seconds(30)));
  if (!all_gone) log::error("connections did not end", {{"door", "kairos"}});
  listeners_.clear();
}

std::vector<uint16_t> Door::ports() const {
  std::vector<uint16_t> result;
  for (const auto& listener : listeners_) result.push_back(listener->port());
  return result;
}

void Door::enlist(Request* request) {
  std::lock_guard lock(mutex_);
  requests_.insert(request);
  if (interrupting_) request->cancel();
}

void Door::delist(Request* request) {
  std::lock_guard lock(mutex_);
  requests_.erase(request);
}

bool Door::authorized(const net::HttpRequest& request) const {
  if (options_.user.empty() && !options_.authorize) return true;
  const auto field = request.headers.find("authorization");
  const auto pair = field ? net::parse_basic_authorization(*field) : std::nullopt;
  if (!pair) return false;
  if (!options_.user.empty()) {
    const bool user = same_secret(pair->first, options_.user);
    if (same_secret(pair->second, options_.password) && user) return true;
  }
  return options_.authorize && options_.authorize(pair->first, pair->second);
}

std::unique_ptr<timeseries::SeriesCache> Door::take_cache() {
  std::lock_guard lock(mutex_);
  if (caches_.empty()) return std::make_unique<timeseries::SeriesCache>();
  auto cache = std::move(caches_.back());
  caches_.pop_back();
  return cache;
}

void Door::give_back(std::unique_ptr<timeseries::SeriesCache> cache) {
  std::lock_guard lock(mutex_);
  if (caches_.size() < kKeptCaches) caches_.push_back(std::move(cache));
}

awaitable<void> Door::serve(std::unique_ptr<net::Stream> stream, net::Admission admission) {
  if (tls_) {
    auto upgraded = co_await stream->upgrade_to_tls_server(*tls_, {}, Deadline::after(kTlsHandshakeTimeout));
    if (!upgraded) {
      log::debug("TLS handshake failed",
                 {{"door", "kairos"}, {"peer", stream->remote_address()}, {"error", upgraded.error()}});
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

}  // namespace sluice::door::kairos
