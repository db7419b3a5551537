// SPDX-License-Identifier: Apache-2.0
// Backoff: how long to wait before repeating what failed. Policies are a table, one for all clients; a Backoff object
// follows one policy through one operation. Not thread-safe: one operation, one object.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "base/error.h"
#include "base/result.h"

namespace sluice {

// Of the exponential step base * 2^attempt, cut at cap:
enum class Jitter : uint8_t {
  kNone,          // the step itself
  kFull,          // uniform in [0, step]
  kEqual,         // half the step plus uniform in [0, step / 2]
  kDecorrelated,  // uniform in [base, 3 * previous wait], cut at cap
};

struct RetryPolicy {
  std::string_view name;
  std::chrono::milliseconds base;
  std::chrono::milliseconds cap;
  Jitter jitter;
  std::chrono::milliseconds budget;  // sum of waits of one operation; beyond it the operation fails
  Code final_code;
  std::string_view final_message;  // what the caller is told when the budget is spent
};

namespace retry {
using std::chrono_literals::operator""ms;
// Name, base, cap, jitter, budget; then what the caller is told.
inline constexpr RetryPolicy kConnect{
    "connect", 50ms, 2000ms, Jitter::kEqual, 10000ms, Code::kUnavailable, "the peer could not be reached"};
inline constexpr RetryPolicy kPeerBusy{
    "peer_busy", 100ms, 5000ms, Jitter::kDecorrelated, 30000ms, Code::kResourceExhausted, "the peer stayed busy"};
inline constexpr RetryPolicy kReconnect{"reconnect",
                                        100ms,
                                        5000ms,
                                        Jitter::kEqual,
                                        std::chrono::milliseconds::max(),
                                        Code::kUnavailable,
                                        "the peer cannot be reached"};
inline constexpr RetryPolicy kConflict{
    "conflict", 2ms, 500ms, Jitter::kFull, 10000ms, Code::kConflict, "other transactions kept winning"};
inline constexpr RetryPolicy kAccept{"accept",
                                     20ms,
                                     1000ms,
                                     Jitter::kNone,
                                     std::chrono::milliseconds::max(),
                                     Code::kResourceExhausted,
                                     "connections cannot be accepted"};
inline constexpr RetryPolicy kTelemetry{"telemetry",
                                        500ms,
                                        30000ms,
                                        Jitter::kFull,
                                        60000ms,
                                        Code::kUnavailable,
                                        "the telemetry collector could not be reached"};
}  // namespace retry

// Gives uniformly distributed 64-bit numbers.
using RandomSource = std::function<uint64_t()>;
// A per-thread generator, seeded by the system. Not for secrets.
uint64_t fast_random();

class Backoff {
 public:
  explicit Backoff(const RetryPolicy& policy, RandomSource random = fast_random)
      : policy_(policy), random_(std::move(random)) {}

  // How long to wait before the next attempt after one that failed with `cause`; the policy's final error (caused by
  // `cause`) when the wait would exceed the budget.
  Result<std::chrono::milliseconds> next(const Error& cause);
  // After a success: the next failure starts at base again, with a full budget.
  void reset();

  uint32_t attempts() const { return attempts_; }
  std::chrono::milliseconds waited() const { return waited_; }

 private:
  const RetryPolicy& policy_;
  RandomSource random_;
  uint32_t attempts_ = 0;
  std::chrono::milliseconds waited_{0};
  std::chrono::milliseconds previous_{0};
};

}  // namespace sluice
