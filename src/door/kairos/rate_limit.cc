// SPDX-License-Identifier: Apache-2.0
#include "door/kairos/rate_limit.h"

#include <algorithm>

namespace sluice::door::kairos {

bool RateLimit::admit(const std::string& client, Clock::time_point now) {
  if (per_second_ == 0) return true;
  const double most = per_second_;
  std::lock_guard lock(mutex_);
  if (clients_.size() >= kMaxClients && !clients_.contains(client)) {
    std::erase_if(clients_, [&](const auto& entry) { return now - entry.second.at > std::chrono::seconds(1); });
    if (clients_.size() >= kMaxClients) clients_.clear();
  }
  Bucket& bucket = clients_.try_emplace(client, Bucket{most, now}).first->second;
  const double passed = std::chrono::duration<double>(now - bucket.at).count();
  bucket.tokens = std::min(most, bucket.tokens + passed * per_second_);
  bucket.at = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

}  // namespace sluice::door::kairos
