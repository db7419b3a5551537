// SPDX-License-Identifier: Apache-2.0
#include "base/circuit_breaker.h"

#include <algorithm>

#include "base/check.h"

namespace sluice {

CircuitBreaker::CircuitBreaker(std::string peer, Options options, Now now)
    : peer_(std::move(peer)), options_(options), now_(std::move(now)), pause_(options.open_for) {
  BUG_CHECK(options_.failure_threshold > 0 && options_.probes > 0, "a circuit breaker that could never work");
}

Status CircuitBreaker::admit() {
  std::lock_guard lock(mutex_);
  if (state_ == State::kClosed) return {};
  if (state_ == State::kOpen && now_() - opened_at_ >= pause_) {
    state_ = State::kHalfOpen;
    probes_under_way_ = 0;
  }
  if (state_ == State::kHalfOpen && probes_under_way_ < options_.probes) {
    ++probes_under_way_;
    return {};
  }
  return fail(Error(Code::kUnavailable, "the peer failed repeatedly and is left alone for a moment")
                  .with_peer(peer_)
                  .with_retry(Retry::kReroute));
}

void CircuitBreaker::succeeded() {
  std::lock_guard lock(mutex_);
  failures_in_row_ = 0;
  // A late answer to a request from before the breaker opened says nothing about now: only a probe closes it.
  if (state_ != State::kHalfOpen) return;
  state_ = State::kClosed;
  pause_ = options_.open_for;
}

void CircuitBreaker::failed() {
  std::lock_guard lock(mutex_);
  if (state_ == State::kOpen) return;
  if (state_ == State::kHalfOpen) {
    pause_ = std::min(pause_ * 2, options_.open_for_cap);
  } else if (++failures_in_row_ < options_.failure_threshold) {
    return;
  }
  state_ = State::kOpen;
  opened_at_ = now_();
  failures_in_row_ = 0;
}

void CircuitBreaker::abandoned() {
  std::lock_guard lock(mutex_);
  if (state_ == State::kHalfOpen && probes_under_way_ > 0) --probes_under_way_;
}

CircuitBreaker::State CircuitBreaker::state() const {
  std::lock_guard lock(mutex_);
  return state_;
}

CircuitBreaker& CircuitBreakers::of(std::string_view peer) {
  std::lock_guard lock(mutex_);
  auto found = breakers_.find(peer);
  if (found == breakers_.end()) {
    found = breakers_.emplace(peer, std::make_unique<CircuitBreaker>(std::string(peer), options_, now_)).first;
  }
  return *found->second;
}

}  // namespace sluice
