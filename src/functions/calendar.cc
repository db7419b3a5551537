// SPDX-License-Identifier: Apache-2.0
#include "functions/calendar.h"

#include "duckdb/common/types/date.hpp"

namespace sluice::functions {
namespace {

bool begins_on_monday(int64_t mode) { return (mode & 1) != 0; }
bool needs_four_days(int64_t mode) { return mode == 1 || mode == 3 || mode == 4 || mode == 6; }
bool has_week_zero(int64_t mode) { return (mode & 2) == 0; }

// The first day of the first week of a year.
int64_t first_week(int64_t year, int64_t mode) {
  const int64_t january = duckdb::Date::FromDate(static_cast<int32_t>(year), 1, 1).days;
  const int64_t into_week = begins_on_monday(mode) ? weekday(january) : (weekday(january) + 1) % 7;
  if (into_week == 0) return january;
  const bool counts = needs_four_days(mode) && into_week <= 3;
  return january - into_week + (counts ? 0 : 7);
}

}  // namespace

CivilDate civil_date(int64_t days) {
  CivilDate date;
  duckdb::Date::Convert(duckdb::date_t(static_cast<int32_t>(days)), date.year, date.month, date.day);
  return date;
}

bool is_leap_year(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int32_t days_in_month(int64_t year, int64_t month) {
  if (month == 2) return is_leap_year(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

std::optional<int64_t> days_of(int64_t year, int64_t month, int64_t day) {
  if (year < 0 || year > 9999 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) {
    return std::nullopt;
  }
  return duckdb::Date::FromDate(static_cast<int32_t>(year), static_cast<int32_t>(month), static_cast<int32_t>(day))
      .days;
}

int32_t day_of_year(int64_t days) {
  return static_cast<int32_t>(days - duckdb::Date::FromDate(civil_date(days).year, 1, 1).days) + 1;
}

std::optional<int64_t> add_months(int64_t days, int64_t months) {
  constexpr int64_t kMostMonths = 12 * 10'000;
  if (months < -kMostMonths || months > kMostMonths) return std::nullopt;
  const CivilDate date = civil_date(days);
  const int64_t total = int64_t{date.year} * 12 + date.month - 1 + months;
  const int64_t year = floor_divide(total, 12);
  const int64_t month = total - year * 12 + 1;
  if (year < 0 || year > 9999) return std::nullopt;
  return days_of(year, month, std::min(date.day, days_in_month(year, month)));
}

std::optional<int64_t> add_months_to_moment(int64_t micros, int64_t months) {
  auto days = add_months(day_of_moment(micros), months);
  if (!days) return std::nullopt;
  return *days * kMicrosPerDay + time_of_moment(micros);
}

Week week_of(int64_t days, int64_t mode) {
  mode &= 7;
  const int64_t year = civil_date(days).year;
  const int64_t begin = first_week(year, mode);
  if (days >= begin) {
    if (!has_week_zero(mode) && days >= first_week(year + 1, mode)) return {year + 1, 1};
    return {year, static_cast<int32_t>((days - begin) / 7 + 1)};
  }
  if (has_week_zero(mode)) return {year, 0};
  return {year - 1, static_cast<int32_t>((days - first_week(year - 1, mode)) / 7 + 1)};
}

Week year_week_of(int64_t days, int64_t mode) { return week_of(days, mode | 2); }

}  // namespace sluice::functions
