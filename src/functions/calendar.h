// SPDX-License-Identifier: Apache-2.0
// Days, months and weeks of the proleptic Gregorian calendar in Doris' range, 0000-01-01 to 9999-12-31. Moments are
// microseconds since 1970-01-01 00:00:00 without a zone. Pure functions: no thread rule.
#pragma once

#include <cstdint>
#include <optional>

#include "pch/pch.h"

namespace sluice::functions {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
constexpr int64_t kFirstDay = -719'528;  // 0000-01-01, in days since 1970-01-01
constexpr int64_t kLastDay = 2'932'896;  // 9999-12-31

struct CivilDate {
  int32_t year = 0;
  int32_t month = 1;
  int32_t day = 1;
};
CivilDate civil_date(int64_t days);
std::optional<int64_t> days_of(int64_t year, int64_t month, int64_t day);
bool is_leap_year(int64_t year);
int32_t days_in_month(int64_t year, int64_t month);

inline bool day_in_range(int64_t days) { return days >= kFirstDay && days <= kLastDay; }
inline bool moment_in_range(int64_t micros) {
  return micros >= kFirstDay * kMicrosPerDay && micros < (kLastDay + 1) * kMicrosPerDay;
}
inline int64_t floor_divide(int64_t value, int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }
inline int64_t day_of_moment(int64_t micros) { return floor_divide(micros, kMicrosPerDay); }
inline int64_t time_of_moment(int64_t micros) { return micros - day_of_moment(micros) * kMicrosPerDay; }

// 0 for Monday.
inline int32_t weekday(int64_t days) { return static_cast<int32_t>(((days + 3) % 7 + 7) % 7); }
// 1 for the first of January.
int32_t day_of_year(int64_t days);

// Adds months; a day that the month has not becomes its last one. Nothing outside the range.
std::optional<int64_t> add_months(int64_t days, int64_t months);
std::optional<int64_t> add_months_to_moment(int64_t micros, int64_t months);

// MySQL's weeks in the modes 0 to 7: on which day a week begins, whether the first week of a year has four days of it
// or begins in it, and whether the days before it are week 0 or belong to the last week of the year before.
struct Week {
  int64_t year = 0;
  int32_t week = 0;
};
Week week_of(int64_t days, int64_t mode);
// The same weeks without week 0.
Week year_week_of(int64_t days, int64_t mode);

}  // namespace sluice::functions
