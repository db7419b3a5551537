// SPDX-License-Identifier: Apache-2.0
// DAYS_ADD, MONTHS_SUB, HOURS_DIFF and their kind: whole units added to a moment or between two. A DATE stays a DATE in
// units of days or longer; what leaves 0000-01-01 .. 9999-12-31 is NULL.
#include "duckdb/planner/expression/list.hpp"
#include "functions/calendar.h"
#include "functions/families.h"
#include "functions/rows.h"
#include "functions/sized_conversion.h"

namespace sluice::functions {
namespace {

using duckdb::date_t;
using duckdb::timestamp_t;

std::optional<timestamp_t> moment(int64_t micros) {
  if (!moment_in_range(micros)) return std::nullopt;
  return timestamp_t(micros);
}

template <int64_t unit, int sign>  // months in a unit
std::optional<timestamp_t> shift_months(timestamp_t at, int64_t count) {
  int64_t months = 0;
  if (__builtin_mul_overflow(count, unit * sign, &months) || !moment_in_range(at.value)) return std::nullopt;
  auto micros = add_months_to_moment(at.value, months);
  return micros ? moment(*micros) : std::nullopt;
}
template <int64_t unit, int sign>
std::optional<date_t> shift_date_months(date_t date, int64_t count) {
  int64_t months = 0;
  if (__builtin_mul_overflow(count, unit * sign, &months) || !day_in_range(date.days)) return std::nullopt;
  auto days = add_months(date.days, months);
  if (!days) return std::nullopt;
  return date_t(static_cast<int32_t>(*days));
}
template <int64_t unit, int sign>  // microseconds in a unit
std::optional<timestamp_t> shift_micros(timestamp_t at, int64_t count) {
  int64_t micros = 0;
  if (__builtin_mul_overflow(count, unit * sign, &micros) || __builtin_add_overflow(at.value, micros, &micros)) {
    return std::nullopt;
  }
  return moment(micros);
}
template <int64_t unit, int sign>  // days in a unit
std::optional<date_t> shift_date_days(date_t date, int64_t count) {
  int64_t days = 0;
  if (__builtin_mul_overflow(count, unit * sign, &days) || __builtin_add_overflow(days, int64_t{date.days}, &days) ||
      !day_in_range(days)) {
    return std::nullopt;
  }
  return date_t(static_cast<int32_t>(days));
}

template <int64_t unit>
int64_t months_between(timestamp_t left, timestamp_t right) {
  const int64_t left_day = day_of_moment(left.value);
  const int64_t right_day = day_of_moment(right.value);
  const CivilDate a = civil_date(left_day);
  const CivilDate b = civil_date(right_day);
  int64_t months = (int64_t{a.year} - b.year) * 12 + a.month - b.month;
  // What of the month has passed, in microseconds.
  const int64_t rest_left = a.day * kMicrosPerDay + time_of_moment(left.value);
  const int64_t rest_right = b.day * kMicrosPerDay + time_of_moment(right.value);
  if (months > 0 && rest_left < rest_right) --months;
  if (months < 0 && rest_left > rest_right) ++months;
  return months / unit;
}
template <int64_t unit>
int64_t micros_between(timestamp_t left, timestamp_t right) {
  return (left.value - right.value) / unit;
}

// In months of 31 days, as Oracle counts; rounded to 8 digits.
double months_between_days(date_t left, date_t right, bool round) {
  const CivilDate a = civil_date(left.days);
  const CivilDate b = civil_date(right.days);
  const double months = (a.year - b.year) * 12 + (a.month - b.month);
  const bool both_last = a.day == days_in_month(a.year, a.month) && b.day == days_in_month(b.year, b.month);
  if (a.day == b.day || both_last) return months;
  const double exact = months + (a.day - b.day) / 31.0;
  return round ? std::round(exact * 1e8) / 1e8 : exact;
}
double months_between_rounded(date_t left, date_t right) { return months_between_days(left, right, true); }

template <int64_t unit>
void add_month_units(Registry& registry, const std::string& unit_name) {
  auto& plus = registry.add(unit_name + "_add", "The moment so many " + unit_name + " later.");
  if (unit_name == "months") plus.alias("add_months");
  add_rows<shift_months<unit, 1>>(plus);
  add_rows<shift_date_months<unit, 1>>(plus);
  auto& minus = registry.add(unit_name + "_sub", "The moment so many " + unit_name + " before.");
  add_rows<shift_months<unit, -1>>(minus);
  add_rows<shift_date_months<unit, -1>>(minus);
  add_rows<months_between<unit>>(
      registry.add(unit_name + "_diff", "The whole " + unit_name + " from the second moment to the first."));
}

template <int64_t days>
void add_day_units(Registry& registry, const std::string& unit_name) {
  auto& plus = registry.add(unit_name + "_add", "The moment so many " + unit_name + " later.");
  add_rows<shift_micros<days * kMicrosPerDay, 1>>(plus);
  add_rows<shift_date_days<days, 1>>(plus);
  auto& minus = registry.add(unit_name + "_sub", "The moment so many " + unit_name + " before.");
  add_rows<shift_micros<days * kMicrosPerDay, -1>>(minus);
  add_rows<shift_date_days<days, -1>>(minus);
  add_rows<micros_between<days * kMicrosPerDay>>(
      registry.add(unit_name + "_diff", "The whole " + unit_name + " from the second moment to the first."));
}

// CAST(c AS DATETIME(3)) of a column of DATETIME: Doris asks DATETIME(6) of these functions' argument, and of two casts
// in a row, neither of which changes the kind of type, only the outer one counts.
duckdb::unique_ptr<duckdb::FunctionData> whole_fraction(duckdb::ClientContext&, duckdb::ScalarFunction&,
                                                        BoundList& arguments) {
  const auto with_time = [](const LogicalType& type) {
    return type.id() == LogicalTypeId::TIMESTAMP || type.id() == LogicalTypeId::TIMESTAMP_SEC ||
           type.id() == LogicalTypeId::TIMESTAMP_MS;
  };
  BoundPtr* value = arguments.data();
  for (;;) {
    BoundPtr* inner = nullptr;
    if ((*value)->GetExpressionClass() == duckdb::ExpressionClass::BOUND_CAST)
      inner = &(*value)->Cast<duckdb::BoundCastExpression>().child;
    else if (rounded_digits(**value))
      inner = (*value)->Cast<duckdb::BoundFunctionExpression>().children.data();
    if (!inner || !with_time((*inner)->return_type)) break;
    value = inner;
  }
  if ((*value)->GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF ||
      (*value)->return_type.id() != LogicalTypeId::TIMESTAMP)
    return nullptr;
  BoundPtr column = std::move(*value);
  arguments[0] = std::move(column);
  return nullptr;
}

template <int64_t micros>
void add_time_units(Registry& registry, const std::string& unit_name) {
  auto& plus = registry.add(unit_name + "_add", "The moment so many " + unit_name + " later.");
  add_rows<shift_micros<micros, 1>>(plus);
  auto& minus = registry.add(unit_name + "_sub", "The moment so many " + unit_name + " before.");
  add_rows<shift_micros<micros, -1>>(minus);
  if (micros < kMicrosPerSecond) {
    plus.overloads.back().bind = whole_fraction;
    minus.overloads.back().bind = whole_fraction;
  }
  add_rows<micros_between<micros>>(
      registry.add(unit_name + "_diff", "The whole " + unit_name + " from the second moment to the first."));
}

int64_t datediff(date_t left, date_t right) { return int64_t{left.days} - right.days; }

}  // namespace

void add_date_shifts(Registry& registry) {
  add_month_units<12>(registry, "years");
  add_month_units<3>(registry, "quarters");
  add_month_units<1>(registry, "months");
  add_day_units<7>(registry, "weeks");
  add_day_units<1>(registry, "days");
  add_time_units<3600 * kMicrosPerSecond>(registry, "hours");
  add_time_units<60 * kMicrosPerSecond>(registry, "minutes");
  add_time_units<kMicrosPerSecond>(registry, "seconds");
  add_time_units<1000>(registry, "milliseconds");
  add_time_units<1>(registry, "microseconds");
  add_rows<datediff>(
      registry.add("datediff", "The days from the second date to the first; times of day do not count."));
  auto& between = registry.add("months_between", "The months from the second date to the first, with a fraction.");
  add_rows<months_between_rounded>(between);
  add_rows<months_between_days>(between);
}

}  // namespace sluice::functions
