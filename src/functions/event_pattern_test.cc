// SPDX-License-Identifier: Apache-2.0
#include "functions/event_pattern.h"

#include <gtest/gtest.h>

#include "pch/pch.h"

namespace sluice::functions {
namespace {

// Condition n at n seconds after the one before: "1 2 2" is the first at 1, the second at 2 and 3.
std::vector<Event> events(std::initializer_list<std::pair<int64_t, uint32_t>> seconds_and_conditions) {
  std::vector<Event> result;
  for (auto [seconds, condition] : seconds_and_conditions) {
    result.push_back({seconds * 1'000'000, uint32_t{1} << (condition - 1)});
  }
  return result;
}

bool matches(const char* pattern, const std::vector<Event>& list) { return EventPattern(pattern, 3).matches(list); }

TEST(EventPattern, FollowsTheOrderOfEvents) {
  const auto list = events({{0, 1}, {10, 3}, {20, 2}});
  EXPECT_TRUE(matches("(?1)(?3)(?2)", list));
  EXPECT_FALSE(matches("(?1)(?2)", list));
  EXPECT_TRUE(matches("(?1).(?2)", list));
  EXPECT_TRUE(matches("(?1).*(?2)", list));
  EXPECT_TRUE(matches("(?1).*(?2).*", list));
  EXPECT_FALSE(matches("(?2).*(?1)", list));
  EXPECT_FALSE(matches("(?1)(?1)", list));
  EXPECT_FALSE(matches("(?1)", {}));
}

TEST(EventPattern, LooksAtTheTimeBetween) {
  const auto list = events({{0, 1}, {3600, 2}});
  EXPECT_TRUE(matches("(?1)(?t<=3600)(?2)", list));
  EXPECT_FALSE(matches("(?1)(?t<3600)(?2)", list));
  EXPECT_TRUE(matches("(?1)(?t>=3600)(?2)", list));
  EXPECT_FALSE(matches("(?1)(?t>3600)(?2)", list));
  EXPECT_TRUE(matches("(?1)(?t==3600)(?2)", list));
}

TEST(EventPattern, CountsMatchesWithoutSharedEvents) {
  const auto list = events({{0, 1}, {1, 2}, {2, 1}, {3, 3}, {4, 2}, {5, 1}, {6, 2}});
  EXPECT_EQ(EventPattern("(?1)(?2)", 3).count(list), 2);
  EXPECT_EQ(EventPattern("(?1).*(?2)", 3).count(list), 3);
  EXPECT_EQ(EventPattern("(?1)(?1)", 3).count(list), 0);
}

TEST(EventPattern, TellsWhatIsWrong) {
  for (const char* wrong : {"(?4)", "(?0)", "(?t<1)x", "(?t!1)", "(?1", "x", "(?)", "(?1)(?t>1)(?t<2)"}) {
    EXPECT_THROW(EventPattern(wrong, 3), duckdb::InvalidInputException) << wrong;
  }
}

}  // namespace
}  // namespace sluice::functions
