// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/relative_time.h"

#include <gtest/gtest.h>

namespace sluice::timeseries {
namespace {

constexpr int64_t kDay = 86'400'000;
constexpr int64_t kNow = 1'585'612'800'123;  // 2020-03-31T00:00:00.123Z

TEST(RelativeTime, ShortUnitsAreExact) {
  EXPECT_EQ(time_before(kNow, {5, TimeUnit::kMilliseconds}), kNow - 5);
  EXPECT_EQ(time_before(kNow, {5, TimeUnit::kSeconds}), kNow - 5'000);
  EXPECT_EQ(time_before(kNow, {5, TimeUnit::kMinutes}), kNow - 300'000);
  EXPECT_EQ(time_before(kNow, {5, TimeUnit::kHours}), kNow - 18'000'000);
  EXPECT_EQ(time_before(kNow, {5, TimeUnit::kDays}), kNow - 5 * kDay);
  EXPECT_EQ(time_before(kNow, {1000, TimeUnit::kWeeks}), kNow - 7000 * kDay);
  EXPECT_EQ(time_after(kNow, {2, TimeUnit::kDays}), kNow + 2 * kDay);
}

TEST(RelativeTime, MonthsAndYearsKeepTheDayOrTakeTheLast) {
  EXPECT_EQ(time_before(kNow, {1, TimeUnit::kMonths}), 1'582'934'400'123);   // 2020-02-29
  EXPECT_EQ(time_before(kNow, {13, TimeUnit::kMonths}), 1'551'312'000'123);  // 2019-02-28
  EXPECT_EQ(time_before(1'582'934'400'000, {1, TimeUnit::kYears}), 1'551'312'000'000);
  EXPECT_EQ(time_before(kNow, {60, TimeUnit::kYears}), -307'843'199'877);  // 1960-03-31
  EXPECT_EQ(time_after(kNow, {1, TimeUnit::kMonths}), 1'588'204'800'123);  // 2020-04-30
}

TEST(RelativeTime, HugeValuesDoNotOverflow) {
  EXPECT_EQ(time_before(kNow, {(int64_t{1} << 32) + 1, TimeUnit::kSeconds}), kNow - 1000);
  EXPECT_EQ(time_before(kNow, {INT32_MAX, TimeUnit::kYears}), INT64_MIN);
  EXPECT_EQ(time_before(INT64_MIN, {1, TimeUnit::kMilliseconds}), INT64_MAX);
}

}  // namespace
}  // namespace sluice::timeseries
