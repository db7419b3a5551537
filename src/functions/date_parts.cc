// SPDX-License-Identifier: Apache-2.0
// The parts of a moment: YEAR to MICROSECOND, weeks, weekdays, numbers of days; and moments made of parts.
#include "duckdb/planner/expression/list.hpp"
#include "functions/calendar.h"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/overload.h"
#include "functions/rows.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::date_t;
using duckdb::timestamp_t;

constexpr int64_t kDaysFromYearZero = 719'528;  // TO_DAYS('1970-01-01')
constexpr int64_t kMarchOfYearZero = 60;        // days before it are counted as if the year 0 were no leap year

BoundPtr as_moment(duckdb::ClientContext& context, BoundPtr value) {
  const LogicalType type = value->return_type;
  if (is_moment(type) || type.id() == LogicalTypeId::TIME || type.id() == LogicalTypeId::INTERVAL) return value;
  return convert(context, std::move(value), LogicalType::TIMESTAMP);
}

BoundPtr expand_moment(Call& call) { return as_moment(call.context, std::move(call.arguments[0])); }

// The kernel's part of this name; its optimizer knows it.
BoundPtr expand_part(Call& call) {
  BoundList children;
  children.push_back(as_moment(call.context, std::move(call.arguments[0])));
  return bind_native(call.context, std::string(call.name).c_str(), std::move(children));
}
BoundPtr native_part(Call& call, const char* name, int32_t offset) {
  BoundList children;
  children.push_back(as_moment(call.context, std::move(call.arguments[0])));
  BoundList sum;
  sum.push_back(bind_native(call.context, name, std::move(children)));
  if (offset == 0) return std::move(sum[0]);
  sum.push_back(duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::BIGINT(offset)));
  return bind_native(call.context, "+", std::move(sum), true);
}
BoundPtr expand_day(Call& call) { return native_part(call, "day", 0); }
BoundPtr expand_dayofweek(Call& call) { return native_part(call, "dayofweek", 1); }
BoundPtr expand_weekday(Call& call) { return native_part(call, "isodow", -1); }
// The kernel counts the seconds in.
BoundPtr expand_microsecond(Call& call) {
  BoundList children;
  children.push_back(native_part(call, "microsecond", 0));
  children.push_back(duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::BIGINT(kMicrosPerSecond)));
  return bind_native(call.context, "%", std::move(children), true);
}

int64_t week(date_t date, int64_t mode) { return week_of(date.days, mode).week; }
int64_t week_plain(date_t date) { return week(date, 0); }
int64_t weekofyear(date_t date) { return week(date, 3); }
int64_t yearweek(date_t date, int64_t mode) {
  const Week found = year_week_of(date.days, mode & 7);
  return std::max<int64_t>(found.year, 0) * 100 + found.week;
}
int64_t yearweek_plain(date_t date) { return yearweek(date, 0); }

constexpr const char* kWeekdays[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
constexpr const char* kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                   "July",    "August",   "September", "October", "November", "December"};
std::string dayname(date_t date) { return kWeekdays[weekday(date.days)]; }
std::string monthname(date_t date) { return kMonths[civil_date(date.days).month - 1]; }

int64_t to_days(date_t date) {
  const int64_t days = date.days + kDaysFromYearZero;
  return days < kMarchOfYearZero ? days + 1 : days;
}
std::optional<date_t> from_days(int64_t number) {
  const int64_t days = number < kMarchOfYearZero ? number - 1 : number;
  if (days < 0 || !day_in_range(days - kDaysFromYearZero)) return std::nullopt;
  return date_t(static_cast<int32_t>(days - kDaysFromYearZero));
}
std::optional<date_t> makedate(int64_t year, int64_t day) {
  auto first = days_of(year, 1, 1);
  if (!first || day < 1 || day > kLastDay - kFirstDay || !day_in_range(*first + day - 1)) return std::nullopt;
  return date_t(static_cast<int32_t>(*first + day - 1));
}
std::optional<date_t> last_day(date_t date) {
  if (!day_in_range(date.days)) return std::nullopt;
  const CivilDate parts = civil_date(date.days);
  return date_t(date.days - parts.day + days_in_month(parts.year, parts.month));
}
std::optional<date_t> to_monday(date_t date) {
  if (!day_in_range(date.days)) return std::nullopt;
  // The week of 1970-01-01 begins with it: Doris' rule.
  if (date.days >= 0 && date.days < 4) return date_t(0);
  return date_t(date.days - weekday(date.days));
}
std::optional<date_t> next_day(date_t date, std::string_view name) {
  const std::string wanted = duckdb::StringUtil::Upper(std::string(name));
  for (int32_t i = 0; i < 7; ++i) {
    const std::string full = duckdb::StringUtil::Upper(kWeekdays[i]);
    if (wanted != full && wanted != full.substr(0, 2) && wanted != full.substr(0, 3)) continue;
    const int32_t ahead = (i - weekday(date.days) + 6) % 7 + 1;
    if (!day_in_range(date.days + ahead)) return std::nullopt;
    return date_t(date.days + ahead);
  }
  throw duckdb::InvalidInputException("next_day() takes a weekday like 'MO', 'MON' or 'MONDAY', not '%s'",
                                      std::string(name));
}

std::string to_iso8601_date(date_t date) {
  const CivilDate parts = civil_date(date.days);
  return duckdb::StringUtil::Format("%04d-%02d-%02d", parts.year, parts.month, parts.day);
}
std::string to_iso8601(timestamp_t at) {
  const CivilDate parts = civil_date(day_of_moment(at.value));
  const int64_t time = time_of_moment(at.value);
  const int64_t seconds = time / kMicrosPerSecond;
  return duckdb::StringUtil::Format("%04d-%02d-%02dT%02d:%02d:%02d.%06d", parts.year, parts.month, parts.day,
                                    seconds / 3600, seconds / 60 % 60, seconds % 60, time % kMicrosPerSecond);
}

// YYYY[-]MM[-]DD, YYYY-MM, YYYY, YYYY-Www[-D], YYYYWww[D], YYYY-DDD, YYYYDDD. The year 0 has no 29th of February.
std::optional<date_t> from_iso8601_date(std::string_view text) {
  const auto number = [&](size_t from, size_t count) -> std::optional<int64_t> {
    if (from + count > text.size()) return std::nullopt;
    int64_t value = 0;
    for (char c : text.substr(from, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    return value;
  };
  const auto date = [](std::optional<int64_t> days) -> std::optional<date_t> {
    if (!days || !day_in_range(*days)) return std::nullopt;
    return date_t(static_cast<int32_t>(*days));
  };
  // What counts days and not months goes past that day.
  const auto counted = [&](int64_t days) {
    return date(days >= kFirstDay + 59 && days < kFirstDay + 365 ? days + 1 : days);
  };
  auto year = number(0, 4);
  if (!year) return std::nullopt;
  if (text.size() == 4) return date(days_of(*year, 1, 1));
  const bool dashed = text[4] == '-';
  const size_t rest = dashed ? 5 : 4;
  const size_t length = text.size() - rest;
  if (rest < text.size() && text[rest] == 'W') {
    auto week = number(rest + 1, 2);
    const size_t day_at = rest + 3 + (dashed ? 1 : 0);
    std::optional<int64_t> day = 1;
    if (text.size() > rest + 3) {
      if (dashed && text[rest + 3] != '-') return std::nullopt;
      if (text.size() != day_at + 1) return std::nullopt;
      day = number(day_at, 1);
    }
    auto january = days_of(*year, 1, 4);
    if (!week || !day || !january || *week < 1 || *week > 53 || *day < 1 || *day > 7) return std::nullopt;
    const int64_t first = *january - weekday(*january);
    if (*week == 53 && week_of(first + 52 * 7, 3).week != 53) return std::nullopt;
    return counted(first + (*week - 1) * 7 + *day - 1);
  }
  if (length == 3) {
    auto day = number(rest, 3);
    auto first = days_of(*year, 1, 1);
    if (!day || !first || *day < 1 || *day > (is_leap_year(*year) && *year > 0 ? 366 : 365)) return std::nullopt;
    return counted(*first + *day - 1);
  }
  auto month = number(rest, 2);
  if (!month) return std::nullopt;
  if (length == 2 && dashed) return date(days_of(*year, *month, 1));
  if (dashed && (length != 5 || text[rest + 2] != '-')) return std::nullopt;
  if (!dashed && length != 4) return std::nullopt;
  auto day = number(rest + (dashed ? 3 : 2), 2);
  if (!day || (*year == 0 && *month == 2 && *day == 29)) return std::nullopt;
  return date(days_of(*year, *month, *day));
}

BoundPtr expand_date(Call& call) { return convert(call.context, std::move(call.arguments[0]), LogicalType::DATE); }

}  // namespace

void add_date_parts(Registry& registry) {
  registry.add("moment", "The argument as a DATE, DATETIME or TIME; text and numbers are read as a DATETIME.")
      .expanded(1, 1, "DATE|DATETIME|TIME moment(ANY)", expand_moment);
  registry.add("date", "The date of a moment.")
      .alias("to_date")
      .alias("datev2")
      .alias("to_datev2")
      .expanded(1, 1, "DATE date(ANY)", expand_date);
  for (const char* part : {"year", "quarter", "month", "dayofyear", "hour", "minute", "second"}) {
    registry.add(part, "The " + std::string(part) + " of a moment.").expanded(1, 1, "BIGINT of(DATETIME)", expand_part);
  }
  registry.add("day", "The day of the month.").alias("dayofmonth").expanded(1, 1, "BIGINT day(DATETIME)", expand_day);
  registry.add("microsecond", "The microseconds of the second.")
      .expanded(1, 1, "BIGINT microsecond(DATETIME)", expand_microsecond);
  registry.add("dayofweek", "The day of the week, 1 for Sunday.")
      .expanded(1, 1, "BIGINT dayofweek(DATETIME)", expand_dayofweek);
  registry.add("weekday", "The day of the week, 0 for Monday.")
      .expanded(1, 1, "BIGINT weekday(DATETIME)", expand_weekday);
  auto& weeks = registry.add("week", "The week of the year in one of MySQL's modes 0 to 7.");
  add_rows<week_plain>(weeks);
  add_rows<week>(weeks);
  add_rows<weekofyear>(
      registry.add("weekofyear", "The week of the year, from Monday, the first with four days of it."));
  auto& yearweeks = registry.add("yearweek", "The year and its week as one number.");
  add_rows<yearweek_plain>(yearweeks);
  add_rows<yearweek>(yearweeks);
  add_rows<dayname>(registry.add("dayname", "The English name of the weekday."));
  add_rows<monthname>(registry.add("monthname", "The English name of the month."));
  add_rows<to_days>(registry.add("to_days", "The days since the year 0."));
  add_rows<from_days>(registry.add("from_days", "The date so many days after the begin of the year 0."));
  add_rows<makedate>(registry.add("makedate", "The n-th day of a year."));
  add_rows<last_day>(registry.add("last_day", "The last day of the month."));
  add_rows<to_monday>(registry.add("to_monday", "The Monday of the week; 1970-01-01 for the four days from it."));
  add_rows<next_day>(registry.add("next_day", "The next day with this name."));
  auto& iso = registry.add("to_iso8601", "The moment as 2020-01-02T03:04:05.000000, a date as 2020-01-02.");
  add_rows<to_iso8601_date>(iso);
  add_rows<to_iso8601>(iso);
  add_rows<from_iso8601_date>(registry.add("from_iso8601_date", "The date that ISO 8601 text means."));
}

}  // namespace sluice::functions
