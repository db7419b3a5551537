// SPDX-License-Identifier: Apache-2.0
#include "base/circuit_breaker.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

using namespace std::chrono_literals;
using State = CircuitBreaker::State;

class CircuitBreakerTest : public testing::Test {
 protected:
  CircuitBreaker::Clock::time_point now_{};
  CircuitBreaker breaker_{"10.0.0.1:9060",
                          {.failure_threshold = 3, .open_for = 100ms, .open_for_cap = 350ms, .probes = 1},
                          [this] { return now_; }};
  void open() {
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(breaker_.admit());
      breaker_.failed();
    }
    ASSERT_EQ(breaker_.state(), State::kOpen);
  }
};

TEST_F(CircuitBreakerTest, OpensAfterFailuresInARow) {
  breaker_.failed();
  breaker_.failed();
  breaker_.succeeded();
  breaker_.failed();
  breaker_.failed();
  EXPECT_EQ(breaker_.state(), State::kClosed);
  breaker_.failed();
  EXPECT_EQ(breaker_.state(), State::kOpen);
  auto refused = breaker_.admit();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kUnavailable);
  EXPECT_EQ(refused.error().retry(), Retry::kReroute);
  EXPECT_EQ(refused.error().peer(), "10.0.0.1:9060");
}

TEST_F(CircuitBreakerTest, OneProbeThenClosed) {
  open();
  now_ += 99ms;
  EXPECT_FALSE(breaker_.admit());
  now_ += 1ms;
  EXPECT_TRUE(breaker_.admit());
  EXPECT_EQ(breaker_.state(), State::kHalfOpen);
  EXPECT_FALSE(breaker_.admit());  // one probe at a time
  breaker_.succeeded();
  EXPECT_EQ(breaker_.state(), State::kClosed);
  EXPECT_TRUE(breaker_.admit());
}

TEST_F(CircuitBreakerTest, FailedProbesDoubleThePauseUpToTheCap) {
  open();
  for (auto pause : {100ms, 200ms, 350ms, 350ms}) {
    now_ += pause - 1ms;
    EXPECT_FALSE(breaker_.admit());
    now_ += 1ms;
    EXPECT_TRUE(breaker_.admit());
    breaker_.failed();
    EXPECT_EQ(breaker_.state(), State::kOpen);
  }
}

TEST_F(CircuitBreakerTest, AbandonedProbeMakesRoomForTheNext) {
  open();
  now_ += 100ms;
  EXPECT_TRUE(breaker_.admit());
  breaker_.abandoned();
  EXPECT_TRUE(breaker_.admit());
}

TEST_F(CircuitBreakerTest, LateAnswersDoNotCloseAnOpenBreaker) {
  open();
  breaker_.succeeded();
  EXPECT_EQ(breaker_.state(), State::kOpen);
  breaker_.failed();
  EXPECT_EQ(breaker_.state(), State::kOpen);
}

TEST(CircuitBreakers, OneForEachPeer) {
  CircuitBreakers breakers;
  EXPECT_EQ(&breakers.of("a:1"), &breakers.of("a:1"));
  EXPECT_NE(&breakers.of("a:1"), &breakers.of("a:2"));
  EXPECT_EQ(breakers.of("a:2").peer(), "a:2");
}

}  // namespace
}  // namespace sluice
