// SPDX-License-Identifier: Apache-2.0
#include "base/backoff.h"

#include <algorithm>
#include <random>
#include <string>

namespace sluice {

uint64_t fast_random() {
  thread_local std::mt19937_64 generator{[] {
    std::random_device device;
    return (static_cast<uint64_t>(device()) << 32) | device();
  }()};
  return generator();
}

namespace {

using Ms = std::chrono::milliseconds;

// Uniform in [low, high].
Ms between(Ms low, Ms high, const RandomSource& random) {
  if (high <= low) return low;
  uint64_t width = static_cast<uint64_t>((high - low).count()) + 1;
  // The top 32 bits scaled: no modulo bias that matters for waits below 49 days.
  uint64_t offset = ((random() >> 32) * width) >> 32;
  return low + Ms(static_cast<int64_t>(offset));
}

}  // namespace

Result<Ms> Backoff::next(const Error& cause) {
  Ms step = policy_.cap;
  if (attempts_ < 32 && policy_.base.count() <= (policy_.cap.count() >> attempts_))
    step = policy_.base * (int64_t{1} << attempts_);
  Ms wait = step;
  switch (policy_.jitter) {
    case Jitter::kNone:
      break;
    case Jitter::kFull:
      wait = between(Ms(0), step, random_);
      break;
    case Jitter::kEqual:
      wait = step / 2 + between(Ms(0), step - step / 2, random_);
      break;
    case Jitter::kDecorrelated:
      wait = std::min(policy_.cap, between(policy_.base, std::max(policy_.base, previous_ * 3), random_));
      break;
  }
  if (wait > policy_.budget - waited_) {
    return fail(Error(policy_.final_code, std::string(policy_.final_message) + " (" + std::to_string(attempts_ + 1) +
                                              " attempts, waited " + std::to_string(waited_.count()) + " ms)")
                    .with_peer(cause.peer())
                    .with_cause(cause));
  }
  ++attempts_;
  waited_ += wait;
  previous_ = wait;
  return wait;
}

void Backoff::reset() {
  attempts_ = 0;
  waited_ = Ms(0);
  previous_ = Ms(0);
}

}  // namespace sluice
