// SPDX-License-Identifier: Apache-2.0
#include "functions/calendar.h"

#include <gmock/gmock.h>

namespace sluice::functions {
namespace {

int64_t day(int64_t year, int64_t month, int64_t of_month) { return *days_of(year, month, of_month); }

TEST(Calendar, BeginsAndEndsWithTheRange) {
  EXPECT_EQ(day(0, 1, 1), kFirstDay);
  EXPECT_EQ(day(9999, 12, 31), kLastDay);
  EXPECT_FALSE(days_of(2021, 2, 29));
  EXPECT_FALSE(days_of(10'000, 1, 1));
  EXPECT_FALSE(days_of(2020, 0, 1));
}

TEST(Calendar, MonthsEndWithTheirLastDay) {
  EXPECT_EQ(add_months(day(2020, 1, 31), 1), day(2020, 2, 29));
  EXPECT_EQ(add_months(day(2020, 3, 31), -13), day(2019, 2, 28));
  EXPECT_EQ(add_months(day(9999, 12, 1), 1), std::nullopt);
  EXPECT_EQ(add_months(day(2000, 1, 1), std::numeric_limits<int64_t>::max()), std::nullopt);
}

// The first of January 2021 was a Friday.
TEST(Calendar, WeeksOfAllModes) {
  const int32_t weeks[] = {0, 0, 52, 53, 0, 0, 53, 52};
  for (int64_t mode = 0; mode < 8; ++mode) EXPECT_EQ(week_of(day(2021, 1, 1), mode).week, weeks[mode]) << mode;
  EXPECT_EQ(year_week_of(day(2021, 1, 1), 0).year, 2020);
  EXPECT_EQ(week_of(day(2020, 12, 31), 0).week, 52);
  EXPECT_EQ(week_of(day(2018, 12, 31), 3).year, 2019);
}

TEST(Calendar, MomentsBefore1970AreOfTheirDay) {
  EXPECT_EQ(day_of_moment(-1), -1);
  EXPECT_EQ(time_of_moment(-1), kMicrosPerDay - 1);
  EXPECT_EQ(weekday(0), 3);
  EXPECT_EQ(weekday(-4), 6);
}

}  // namespace
}  // namespace sluice::functions
