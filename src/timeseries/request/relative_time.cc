// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/relative_time.h"

#include <algorithm>

namespace sluice::timeseries {
namespace {

constexpr int64_t kSecond = 1000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

// Days since 1970 of a civil date, and back; eras of 400 years begin in March (Howard Hinnant's algorithms).
int64_t days_of(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

struct Date {
  int64_t year;
  int64_t month;
  int64_t day;
};

Date date_of(int64_t days) {
  days += 719'468;
  const int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const int64_t day_of_era = days - era * 146'097;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted = (5 * day_of_year + 2) / 153;
  const int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * shifted + 2) / 5 + 1};
}

int64_t days_in_month(int64_t year, int64_t month) {
  return month == 12 ? 31 : days_of(year, month + 1, 1) - days_of(year, month, 1);
}

int64_t saturated(__int128 value) { return static_cast<int64_t>(std::clamp<__int128>(value, INT64_MIN, INT64_MAX)); }

int64_t add_months(int64_t time, int64_t months) {
  const int64_t day = time >= 0 ? time / kDay : (time - kDay + 1) / kDay;
  const int64_t rest = time - day * kDay;
  const Date date = date_of(day);
  const int64_t count = date.year * 12 + date.month - 1 + months;
  const int64_t year = count >= 0 ? count / 12 : (count - 11) / 12;
  const int64_t month = count - year * 12 + 1;
  const int64_t days = days_of(year, month, std::min(date.day, days_in_month(year, month)));
  return saturated(static_cast<__int128>(days) * kDay + rest);
}

int64_t add(int64_t time, TimeUnit unit, int32_t value) {
  int64_t factor = 0;
  switch (unit) {
    case TimeUnit::kMilliseconds:
      return time;
    case TimeUnit::kSeconds:
      factor = kSecond;
      break;
    case TimeUnit::kMinutes:
      factor = kMinute;
      break;
    case TimeUnit::kHours:
      factor = kHour;
      break;
    case TimeUnit::kDays:
      factor = kDay;
      break;
    case TimeUnit::kWeeks:
      factor = 7 * kDay;
      break;
    case TimeUnit::kMonths:
      return add_months(time, value);
    case TimeUnit::kYears:
      return add_months(time, int64_t{12} * value);
  }
  return saturated(static_cast<__int128>(time) + static_cast<__int128>(factor) * value);
}

}  // namespace

int64_t time_before(int64_t now, const Duration& duration) {
  if (duration.unit == TimeUnit::kMilliseconds)
    return static_cast<int64_t>(static_cast<uint64_t>(now) - static_cast<uint64_t>(duration.value));
  return add(now, duration.unit, static_cast<int32_t>(-static_cast<int64_t>(static_cast<int32_t>(duration.value))));
}

int64_t time_after(int64_t now, const Duration& duration) {
  if (duration.unit == TimeUnit::kMilliseconds)
    return static_cast<int64_t>(static_cast<uint64_t>(now) + static_cast<uint64_t>(duration.value));
  return add(now, duration.unit, static_cast<int32_t>(duration.value));
}

}  // namespace sluice::timeseries
