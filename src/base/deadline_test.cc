// SPDX-License-Identifier: Apache-2.0
#include "base/deadline.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

using namespace std::chrono_literals;

TEST(Deadline, RemainingAndExpired) {
  Deadline::Clock::time_point now{1h};
  auto deadline = Deadline::after(5s, now);
  EXPECT_EQ(deadline.remaining(now), 5s);
  EXPECT_FALSE(deadline.expired(now + 4s));
  EXPECT_TRUE(deadline.expired(now + 5s));
  EXPECT_EQ(deadline.remaining(now + 6s), 0s);
  EXPECT_TRUE(Deadline::after(-1s, now).expired(now));
}

TEST(Deadline, NeverAndOverflow) {
  EXPECT_TRUE(Deadline().is_never());
  EXPECT_FALSE(Deadline::never().expired());
  EXPECT_EQ(Deadline::never().remaining(), Deadline::Clock::duration::max());
  EXPECT_TRUE(Deadline::after(Deadline::Clock::duration::max()).is_never());
  auto soon = Deadline::after(1s);
  EXPECT_EQ(Deadline::earlier(soon, Deadline::never()), soon);
  EXPECT_LT(soon, Deadline::never());
}

}  // namespace
}  // namespace sluice
