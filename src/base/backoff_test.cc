// SPDX-License-Identifier: Apache-2.0
#include "base/backoff.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

using namespace std::chrono_literals;

const Error kCause = Error(Code::kUnavailable, "refused").with_peer("10.0.0.1:9060");

uint64_t lowest() { return 0; }
uint64_t highest() { return UINT64_MAX; }

TEST(Backoff, DoublesUpToTheCap) {
  RetryPolicy policy{"t", 10ms, 50ms, Jitter::kNone, 10s, Code::kUnavailable, "gave up"};
  Backoff backoff(policy);
  for (auto expected : {10ms, 20ms, 40ms, 50ms, 50ms}) EXPECT_EQ(*backoff.next(kCause), expected);
  EXPECT_EQ(backoff.waited(), 170ms);
  backoff.reset();
  EXPECT_EQ(*backoff.next(kCause), 10ms);
}

TEST(Backoff, JitterStaysInItsRange) {
  RetryPolicy full{"t", 10ms, 50ms, Jitter::kFull, 10s, Code::kUnavailable, ""};
  EXPECT_EQ(*Backoff(full, lowest).next(kCause), 0ms);
  EXPECT_EQ(*Backoff(full, highest).next(kCause), 10ms);
  RetryPolicy equal{"t", 10ms, 50ms, Jitter::kEqual, 10s, Code::kUnavailable, ""};
  EXPECT_EQ(*Backoff(equal, lowest).next(kCause), 5ms);
  EXPECT_EQ(*Backoff(equal, highest).next(kCause), 10ms);
  RetryPolicy decorrelated{"t", 10ms, 100ms, Jitter::kDecorrelated, 10s, Code::kUnavailable, ""};
  Backoff growing(decorrelated, highest);
  for (auto expected : {10ms, 30ms, 90ms, 100ms, 100ms}) EXPECT_EQ(*growing.next(kCause), expected);
  Backoff low(decorrelated, lowest);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(*low.next(kCause), 10ms);
}

TEST(Backoff, BudgetEndsInThePolicysError) {
  RetryPolicy policy{
      "t", 10ms, 40ms, Jitter::kNone, 35ms, Code::kDeadlineExceeded, "the region stayed without a leader"};
  Backoff backoff(policy);
  EXPECT_TRUE(backoff.next(kCause));
  EXPECT_TRUE(backoff.next(kCause));
  auto last = backoff.next(kCause);
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code(), Code::kDeadlineExceeded);
  EXPECT_EQ(last.error().peer(), "10.0.0.1:9060");
  EXPECT_EQ(last.error().describe(),
            "the region stayed without a leader (3 attempts, waited 30 ms) (10.0.0.1:9060): refused (10.0.0.1:9060)");
}

TEST(Backoff, ManyAttemptsDoNotOverflow) {
  RetryPolicy policy{"t", 1ms, 1000ms, Jitter::kNone, std::chrono::milliseconds::max(), Code::kUnavailable, ""};
  Backoff backoff(policy);
  for (int i = 0; i < 200; ++i) EXPECT_LE(*backoff.next(kCause), 1000ms);
  EXPECT_EQ(*backoff.next(kCause), 1000ms);
}

TEST(Backoff, FastRandomIsNotConstant) { EXPECT_NE(fast_random(), fast_random()); }

}  // namespace
}  // namespace sluice
