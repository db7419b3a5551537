// SPDX-License-Identifier: Apache-2.0
#include "door/kairos/rate_limit.h"

#include <gtest/gtest.h>

namespace sluice::door::kairos {
namespace {

using std::chrono::milliseconds;

TEST(RateLimit, ZeroIsNone) {
  RateLimit limit(0);
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(limit.admit("a"));
}

TEST(RateLimit, EachClientHasItsOwn) {
  RateLimit limit(10);
  const auto now = RateLimit::Clock::now();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(limit.admit("a", now));
  EXPECT_FALSE(limit.admit("a", now));
  EXPECT_TRUE(limit.admit("b", now));
  EXPECT_FALSE(limit.admit("a", now + milliseconds(90)));
  EXPECT_TRUE(limit.admit("a", now + milliseconds(110)));
  EXPECT_FALSE(limit.admit("a", now + milliseconds(110)));
}

TEST(RateLimit, ForgetsClients) {
  RateLimit limit(1);
  const auto now = RateLimit::Clock::now();
  for (int i = 0; i < 200'000; ++i) EXPECT_TRUE(limit.admit(std::to_string(i), now));
}

}  // namespace
}  // namespace sluice::door::kairos
