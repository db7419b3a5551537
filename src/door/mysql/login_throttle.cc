// SPDX-License-Identifier: Apache-2.0
#include "door/mysql/login_throttle.h"

#include <algorithm>

namespace sluice::door::mysql {

std::chrono::milliseconds LoginThrottle::delay_after(uint32_t failures) {
  if (failures <= kFreeFailures) return std::chrono::milliseconds(0);
  uint32_t doublings = std::min(failures - kFreeFailures - 1, 16u);
  return std::min(kFirstDelay * (1 << doublings), kLongestDelay);
}

void LoginThrottle::forget_old(Clock::time_point now) {
  std::erase_if(hosts_, [&](const auto& entry) {
    return entry.second.waiting == 0 && now - entry.second.last_failure > kForgetAfter;
  });
}

std::chrono::milliseconds LoginThrottle::delay(const std::string& host, Clock::time_point now) {
  std::lock_guard lock(mutex_);
  auto found = hosts_.find(host);
  if (found == hosts_.end() || now - found->second.last_failure > kForgetAfter) return std::chrono::milliseconds(0);
  return delay_after(found->second.failures);
}

std::chrono::milliseconds LoginThrottle::failed(const std::string& host, Clock::time_point now) {
  std::lock_guard lock(mutex_);
  if (hosts_.size() >= kMaxHosts) forget_old(now);
  // An attack from more hosts than are kept: each of them pays the longest delay.
  if (hosts_.size() >= kMaxHosts && !hosts_.contains(host)) return kLongestDelay;
  Host& entry = hosts_[host];
  if (now - entry.last_failure > kForgetAfter) entry.failures = 0;
  entry.last_failure = now;
  return delay_after(++entry.failures);
}

void LoginThrottle::succeeded(const std::string& host) {
  std::lock_guard lock(mutex_);
  auto found = hosts_.find(host);
  if (found == hosts_.end()) return;
  found->second.failures = 0;
  if (found->second.waiting == 0) hosts_.erase(found);
}

bool LoginThrottle::begin_waiting(const std::string& host) {
  std::lock_guard lock(mutex_);
  auto found = hosts_.find(host);
  if (found == hosts_.end()) return hosts_.size() < kMaxHosts && (hosts_[host].waiting = 1);
  if (found->second.waiting >= kMaxWaitingPerHost) return false;
  ++found->second.waiting;
  return true;
}

void LoginThrottle::end_waiting(const std::string& host) {
  std::lock_guard lock(mutex_);
  auto found = hosts_.find(host);
  if (found == hosts_.end() || found->second.waiting == 0) return;
  if (--found->second.waiting == 0 && found->second.failures == 0) hosts_.erase(found);
}

}  // namespace sluice::door::mysql
