// SPDX-License-Identifier: Apache-2.0
// CircuitBreaker: stops sending to a peer that keeps failing, and probes it now and then. Thread-safe.
//   closed --failure_threshold failures in a row--> open --open_for--> half-open --probe succeeds--> closed
//                                                    ^------------------- probe fails ------|
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice {

class CircuitBreaker {
 public:
  using Clock = std::chrono::steady_clock;
  using Now = std::function<Clock::time_point()>;
  enum class State : uint8_t { kClosed, kOpen, kHalfOpen };

  struct Options {
    uint32_t failure_threshold = 5;            // failures in a row that open it; at least 1
    std::chrono::milliseconds open_for{1000};  // first pause; doubles with each failed probe
    std::chrono::milliseconds open_for_cap{30'000};
    uint32_t probes = 1;  // requests let through at once while half-open; at least 1
  };

  explicit CircuitBreaker(std::string peer) : CircuitBreaker(std::move(peer), Options{}) {}
  CircuitBreaker(std::string peer, Options options, Now now = &Clock::now);

  // Asks before each request. OK: send it and report succeeded() or failed() exactly once.
  // kUnavailable with retry class reroute: do not send.
  Status admit();
  void succeeded();
  // For failures that say the peer is unwell (no connection, time-out, overload), not for refusals of one request.
  void failed();
  // The request was given up without learning anything about the peer (cancelled).
  void abandoned();

  State state() const;
  const std::string& peer() const { return peer_; }

 private:
  const std::string peer_;
  const Options options_;
  const Now now_;
  mutable std::mutex mutex_;
  // Guarded by mutex_:
  State state_ = State::kClosed;
  uint32_t failures_in_row_ = 0;
  uint32_t probes_under_way_ = 0;
  std::chrono::milliseconds pause_;
  Clock::time_point opened_at_{};
};

// The breakers of all peers of one client, by "host:port". Thread-safe; breakers are kept for good.
class CircuitBreakers {
 public:
  explicit CircuitBreakers(CircuitBreaker::Options options = {}, CircuitBreaker::Now now = &CircuitBreaker::Clock::now)
      : options_(options), now_(std::move(now)) {}
  CircuitBreaker& of(std::string_view peer);

 private:
  const CircuitBreaker::Options options_;
  const CircuitBreaker::Now now_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<CircuitBreaker>, std::less<>> breakers_;  // guarded by mutex_
};

}  // namespace sluice
