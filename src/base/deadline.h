// SPDX-License-Identifier: Apache-2.0
// Deadline: a point of the steady clock until which an operation may take. Absolute, so that it can be handed down
// through calls without adding up. A value: freely copied, any thread.
#pragma once

#include <algorithm>
#include <chrono>

namespace sluice {

class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  // Never passes.
  constexpr Deadline() : at_(Clock::time_point::max()) {}
  static constexpr Deadline never() { return Deadline(); }
  static constexpr Deadline at(Clock::time_point when) { return Deadline(when); }
  // `from` plus `duration`; durations too long for the clock give never(), negative ones have passed already.
  static Deadline after(Clock::duration duration, Clock::time_point from = Clock::now()) {
    if (duration >= Clock::time_point::max() - from) return never();
    return Deadline(from + duration);
  }
  static constexpr Deadline earlier(Deadline a, Deadline b) { return a.at_ < b.at_ ? a : b; }

  constexpr bool is_never() const { return at_ == Clock::time_point::max(); }
  constexpr Clock::time_point time() const { return at_; }
  bool expired(Clock::time_point now = Clock::now()) const { return at_ <= now; }
  // Zero once passed; Clock::duration::max() for never().
  Clock::duration remaining(Clock::time_point now = Clock::now()) const {
    if (is_never()) return Clock::duration::max();
    return std::max(Clock::duration::zero(), at_ - now);
  }
  friend constexpr bool operator==(Deadline a, Deadline b) { return a.at_ == b.at_; }
  friend constexpr bool operator<(Deadline a, Deadline b) { return a.at_ < b.at_; }

 private:
  constexpr explicit Deadline(Clock::time_point at) : at_(at) {}
  Clock::time_point at_;
};

}  // namespace sluice
