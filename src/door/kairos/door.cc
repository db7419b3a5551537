// SPDX-License-Identifier: Apache-2.0
#include "door/kairos/door.h"

#include <openssl/crypto.h>

#include "door/kairos/request.h"

namespace sluice::door::kairos {
namespace {
// Of requests that end at the same time; a cache takes up to 30 MB.
constexpr size_t kKeptCaches = 8;
constexpr std::string_view kTooMany = "{\"errors\":[\"too many connections\"]}\n";

// Takes as long for every wrong text of one length.
bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}
}  // namespace

Door::Door(DoorOptions options, Services services, NetworkThreads& threads, std::shared_ptr<net::TlsContext> tls)
    : options_(std::move(options)),
      services_(std::move(services)),
      rate_(options_.requests_per_second),
      listening_({"kairos", options_.addresses, options_.max_connections, std::string(kTooMany), options_.http},
                 threads, std::move(tls),
                 [this](net::HttpExchange& exchange) { return Request::run(*this, exchange); }) {}

Door::~Door() { stop(Deadline::after(Deadline::Clock::duration::zero())); }

bool Door::is_user(const net::HttpRequest& request) const {
  if (options_.user.empty()) return false;
  const auto field = request.headers.find("authorization");
  const auto pair = field ? net::parse_basic_authorization(*field) : std::nullopt;
  if (!pair) return false;
  const bool user = same_secret(pair->first, options_.user);
  return same_secret(pair->second, options_.password) && user;
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

}  // namespace sluice::door::kairos
