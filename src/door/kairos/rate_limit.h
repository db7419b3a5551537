// SPDX-License-Identifier: Apache-2.0
// RateLimit: how many requests a client address may make. A bucket of tokens an address, which holds those of one
// second and at least one. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace sluice::door::kairos {

class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;

  // `per_second` 0: no limit.
  explicit RateLimit(uint32_t per_second) : per_second_(per_second) {}

  // Takes a token; false when there is none.
  bool admit(const std::string& client, Clock::time_point now = Clock::now());

 private:
  struct Bucket {
    double tokens;
    Clock::time_point at;
  };
  // Addresses that are remembered. When there are more, those with full buckets are forgotten, or else all.
  static constexpr size_t kMaxClients = 65'536;

  const uint32_t per_second_;
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> clients_;
};

}  // namespace sluice::door::kairos
