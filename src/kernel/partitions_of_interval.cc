// SPDX-License-Identifier: Apache-2.0
// FROM .. TO .. INTERVAL: the partitions that Doris makes of it, and their names.
#include "duckdb/common/types/date.hpp"
#include "duckdb/common/types/interval.hpp"
#include "duckdb/common/types/time.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "functions/text_to_value.h"
#include "kernel/partitions.h"

namespace sluice::kernel {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

constexpr size_t kMaxPartitionsOfInterval = 4096;  // Doris' max_multi_partition_num

Error wrong(std::string text) {
  return sql_error(Code::kInvalidArgument, 1105, "errCode = 2, detailMessage = " + std::move(text));
}

// Where partitions after the first one begin: a year, a month, a Monday; other units as they are.
duckdb::timestamp_t begin_of_unit(duckdb::timestamp_t moment, const std::string& unit) {
  duckdb::date_t date;
  duckdb::dtime_t time;
  duckdb::Timestamp::Convert(moment, date, time);
  if (unit == "YEAR")
    date = duckdb::Date::FromDate(duckdb::Date::ExtractYear(date), 1, 1);
  else if (unit == "MONTH")
    date = duckdb::Date::FromDate(duckdb::Date::ExtractYear(date), duckdb::Date::ExtractMonth(date), 1);
  else if (unit == "WEEK")
    date = duckdb::Date::GetMondayOfCurrentWeek(date);
  return duckdb::Timestamp::FromDatetime(date, time);
}

// Weeks of a year begin on Mondays; the first one has January 1.
int week_of_year(duckdb::date_t date) {
  const int day = duckdb::Date::ExtractDayOfTheYear(date);
  const int weekday = duckdb::Date::ExtractISODayOfTheWeek(date);  // 1: Monday
  const int before = ((day - weekday) % 7 + 7) % 7;                // days of the year before its first Monday
  return (day - 1 + (before > 0 ? 7 - before : 0)) / 7 + 1;
}

}  // namespace

Result<std::vector<Partition>> partitions_of_interval(const std::string& from, const std::string& to, int64_t step,
                                                      const std::string& unit, const LogicalType& type) {
  std::vector<Partition> result;
  if (step <= 0) return fail(wrong("The interval of a partition must be above 0"));
  auto add = [&](std::string name, std::string lower, std::string upper) -> Status {
    if (result.size() >= kMaxPartitionsOfInterval)
      return fail(wrong("The number of Multi partitions too much, should not exceed:" +
                        std::to_string(kMaxPartitionsOfInterval)));
    Partition partition;
    partition.name = std::move(name);
    partition.lower = {std::move(lower)};
    partition.upper = {std::move(upper)};
    result.push_back(std::move(partition));
    return {};
  };
  if (unit.empty()) {
    int64_t first = 0, last = 0;
    Value a, b;
    std::string error;
    if (!Value(from).DefaultTryCastAs(LogicalType::BIGINT, a, &error) ||
        !Value(to).DefaultTryCastAs(LogicalType::BIGINT, b, &error))
      return fail(wrong("FROM and TO of a partition without unit must be whole numbers"));
    first = a.GetValue<int64_t>();
    last = b.GetValue<int64_t>();
    if (first >= last) return fail(wrong("Multi build partition start number should less than end number"));
    while (first < last) {
      const int64_t next = last - first > step ? first + step : last;
      TRY(add("p_" + std::to_string(first), std::to_string(first), std::to_string(next)));
      first = next;
    }
    return result;
  }
  const auto first_moment = functions::text_to_moment(from);
  const auto last_moment = functions::text_to_moment(to);
  if (!first_moment || !last_moment) return fail(wrong("FROM and TO of a partition must be dates"));
  auto at = duckdb::timestamp_t(first_moment->micros);
  const auto end = duckdb::timestamp_t(last_moment->micros);
  if (at >= end) return fail(wrong("Multi build partition start time should less than end time"));
  duckdb::interval_t length{0, 0, 0};
  if (step > 100'000) return fail(wrong("The interval of a partition is too long"));
  const auto count = static_cast<int32_t>(step);
  if (unit == "YEAR")
    length.months = 12 * count;
  else if (unit == "MONTH")
    length.months = count;
  else if (unit == "WEEK")
    length.days = 7 * count;
  else if (unit == "DAY")
    length.days = count;
  else if (unit == "HOUR")
    length.micros = count * duckdb::Interval::MICROS_PER_HOUR;
  else
    return fail(wrong("Unsupported unit of partitions: " + unit));
  auto text = [&](duckdb::timestamp_t moment) { return Value::TIMESTAMP(moment).DefaultCastAs(type).ToString(); };
  while (at < end) {
    auto next = duckdb::Interval::Add(begin_of_unit(at, unit), length);
    if (next > end && unit != "DAY") next = end;
    int32_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0;
    duckdb::date_t date;
    duckdb::dtime_t time;
    duckdb::Timestamp::Convert(at, date, time);
    duckdb::Date::Convert(date, year, month, day);
    duckdb::Time::Convert(time, hour, minute, second, micros);
    char name[48];
    if (unit == "YEAR")
      std::snprintf(name, sizeof name, "p_%04d", year);
    else if (unit == "MONTH")
      std::snprintf(name, sizeof name, "p_%04d%02d", year, month);
    else if (unit == "WEEK")
      std::snprintf(name, sizeof name, "p_%04d_%02d", year, week_of_year(date));
    else if (unit == "DAY")
      std::snprintf(name, sizeof name, "p_%04d%02d%02d", year, month, day);
    else
      std::snprintf(name, sizeof name, "p_%04d%02d%02d%02d", year, month, day, hour);
    TRY(add(name, text(at), text(next)));
    at = next;
  }
  return result;
}

}  // namespace sluice::kernel
