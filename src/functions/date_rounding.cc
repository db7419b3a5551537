// SPDX-License-Identifier: Apache-2.0
// YEAR_FLOOR to SECOND_CEIL: the period of n units, counted from an origin, in which a moment lies; and DATE_TRUNC.
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

constexpr int64_t kFirstOrigin = 0;  // 1970-01-01
constexpr int64_t kFirstSunday = kFirstOrigin + 3;

// Units of a period: months for the longer ones, microseconds for the others.
struct Month {
  static constexpr bool months = true;
  static constexpr int64_t size = 1;
};
struct Quarter : Month {
  static constexpr int64_t size = 3;
};
struct Year : Month {
  static constexpr int64_t size = 12;
};
struct Second {
  static constexpr bool months = false;
  static constexpr int64_t size = kMicrosPerSecond;
};
struct Minute : Second {
  static constexpr int64_t size = 60 * kMicrosPerSecond;
};
struct Hour : Second {
  static constexpr int64_t size = 3600 * kMicrosPerSecond;
};
struct Day : Second {
  static constexpr int64_t size = kMicrosPerDay;
};
struct WeekUnit : Second {
  static constexpr int64_t size = 7 * kMicrosPerDay;
};

// How far a moment is from the origin in whole units, and whether more than that.
struct Distance {
  int64_t units = 0;
  bool more = false;
};

Distance distance_in_months(int64_t at, int64_t origin) {
  const CivilDate a = civil_date(day_of_moment(at));
  const CivilDate o = civil_date(day_of_moment(origin));
  int64_t months = (int64_t{a.year} - o.year) * 12 + a.month - o.month;
  auto begin = add_months_to_moment(origin, months);
  // The day of the month or the time may still lie before the origin's.
  if (!begin || *begin > at) begin = add_months_to_moment(origin, --months);
  return {months, begin != at};
}

Distance in_units(Distance distance, int64_t size) {
  const int64_t units = floor_divide(distance.units, size);
  return {units, distance.more || units * size != distance.units};
}

// The units from the origin to the period's begin or end. Negative counts give what they give in Doris.
template <bool ceil>
int64_t rounded_units(Distance distance, int64_t count) {
  int64_t units = distance.units;
  if (count > 0) {
    const int64_t begin = floor_divide(units, count) * count;
    return ceil && (distance.more || begin != units) ? begin + count : begin;
  }
  if (ceil && distance.more) ++units;
  const int64_t inside = (units % count + count) % count;
  return units - inside + (ceil && inside != 0 ? count : 0);
}

template <typename Unit, bool ceil>
std::optional<timestamp_t> rounded(timestamp_t at, int64_t count, timestamp_t origin) {
  if (count == 0 || !moment_in_range(at.value) || !moment_in_range(origin.value)) return std::nullopt;
  const Distance distance =
      Unit::months ? distance_in_months(at.value, origin.value) : Distance{at.value - origin.value, false};
  const int64_t units = rounded_units<ceil>(in_units(distance, Unit::size), count);
  int64_t amount = 0;
  if (__builtin_mul_overflow(units, Unit::size, &amount)) return std::nullopt;
  std::optional<int64_t> micros;
  if constexpr (Unit::months) {
    micros = add_months_to_moment(origin.value, amount);
  } else {
    int64_t sum = 0;
    if (!__builtin_add_overflow(origin.value, amount, &sum)) micros = sum;
  }
  if (!micros || !moment_in_range(*micros)) return std::nullopt;
  return timestamp_t(*micros);
}

template <typename Unit>
timestamp_t origin_of() {
  return timestamp_t((std::is_same_v<Unit, WeekUnit> ? kFirstSunday : kFirstOrigin) * kMicrosPerDay);
}
template <typename Unit, bool ceil>
std::optional<timestamp_t> round_one(timestamp_t at) {
  return rounded<Unit, ceil>(at, 1, origin_of<Unit>());
}
template <typename Unit, bool ceil>
std::optional<timestamp_t> round_count(timestamp_t at, int32_t count) {
  return rounded<Unit, ceil>(at, count, origin_of<Unit>());
}
template <typename Unit, bool ceil>
std::optional<timestamp_t> round_origin(timestamp_t at, timestamp_t origin) {
  return rounded<Unit, ceil>(at, 1, origin);
}
template <typename Unit, bool ceil>
std::optional<timestamp_t> round_count_origin(timestamp_t at, int32_t count, timestamp_t origin) {
  return rounded<Unit, ceil>(at, count, origin);
}

// The same for dates: the parts of a day do not come into it.
template <typename Unit, bool ceil>
std::optional<date_t> round_date_all(date_t at, int32_t count, date_t origin) {
  const auto micros = [](date_t date) { return timestamp_t(date.days * kMicrosPerDay); };
  auto result = rounded<Unit, ceil>(micros(at), count, micros(origin));
  if (!result) return std::nullopt;
  return date_t(static_cast<int32_t>(day_of_moment(result->value)));
}
template <typename Unit>
date_t date_origin() {
  return date_t(static_cast<int32_t>(day_of_moment(origin_of<Unit>().value)));
}
template <typename Unit, bool ceil>
std::optional<date_t> round_date(date_t at) {
  return round_date_all<Unit, ceil>(at, 1, date_origin<Unit>());
}
template <typename Unit, bool ceil>
std::optional<date_t> round_date_count(date_t at, int32_t count) {
  return round_date_all<Unit, ceil>(at, count, date_origin<Unit>());
}
template <typename Unit, bool ceil>
std::optional<date_t> round_date_origin(date_t at, date_t origin) {
  return round_date_all<Unit, ceil>(at, 1, origin);
}

template <typename Unit, bool ceil>
void add_direction(Registry& registry, const std::string& unit, bool dates) {
  auto& entry = registry.add(unit + (ceil ? "_ceil" : "_floor"), std::string("The ") + (ceil ? "end" : "begin") +
                                                                     " of the moment's period of n " + unit +
                                                                     "s, counted from an origin.");
  add_rows<round_one<Unit, ceil>>(entry);
  add_rows<round_count<Unit, ceil>>(entry);
  add_rows<round_origin<Unit, ceil>>(entry);
  add_rows<round_count_origin<Unit, ceil>>(entry);
  if (!dates) return;
  add_rows<round_date<Unit, ceil>>(entry);
  add_rows<round_date_count<Unit, ceil>>(entry);
  add_rows<round_date_origin<Unit, ceil>>(entry);
  add_rows<round_date_all<Unit, ceil>>(entry);
}
template <typename Unit>
void add_unit(Registry& registry, const std::string& unit, bool dates) {
  add_direction<Unit, false>(registry, unit, dates);
  add_direction<Unit, true>(registry, unit, dates);
}

// ---- DATE_TRUNC

bool is_unit(std::string_view unit) {
  for (const char* known : {"second", "minute", "hour", "day", "week", "month", "quarter", "year"}) {
    if (unit == known) return true;
  }
  return false;
}

std::optional<timestamp_t> truncate(timestamp_t at, std::string_view written) {
  const std::string unit = duckdb::StringUtil::Lower(std::string(written));
  if (!moment_in_range(at.value)) return std::nullopt;
  const timestamp_t origin((kFirstDay + 366) * kMicrosPerDay);  // 0001-01-01
  if (unit == "second") return rounded<Second, false>(at, 1, origin);
  if (unit == "minute") return rounded<Minute, false>(at, 1, origin);
  if (unit == "hour") return rounded<Hour, false>(at, 1, origin);
  if (unit == "day") return rounded<Day, false>(at, 1, origin);
  // Weeks begin on Monday, which 0001-01-01 was.
  if (unit == "week") return rounded<WeekUnit, false>(at, 1, origin);
  if (unit == "month") return rounded<Month, false>(at, 1, origin);
  if (unit == "quarter") return rounded<Quarter, false>(at, 1, origin);
  if (unit == "year") return rounded<Year, false>(at, 1, origin);
  throw duckdb::InvalidInputException(
      "date_trunc() takes second, minute, hour, day, week, month, quarter or year as its unit, not '%s'", unit);
}
std::optional<date_t> truncate_date(date_t date, std::string_view unit) {
  auto result = truncate(timestamp_t(date.days * kMicrosPerDay), unit);
  if (!result) return std::nullopt;
  return date_t(static_cast<int32_t>(day_of_moment(result->value)));
}

// DATE_TRUNC(x, 'unit') of Doris, DATE_TRUNC('unit', x) of others.
BoundPtr expand_trunc(Call& call) {
  auto& arguments = call.arguments;
  auto first = is_text(arguments[0]->return_type) ? constant_of(call.context, *arguments[0]) : std::nullopt;
  const bool unit_first =
      first && !first->IsNull() && is_unit(duckdb::StringUtil::Lower(duckdb::StringValue::Get(*first)));
  if (unit_first) std::swap(arguments[0], arguments[1]);
  const bool date = arguments[0]->return_type.id() == LogicalTypeId::DATE;
  const LogicalType type = date ? LogicalType::DATE : LogicalType::TIMESTAMP;
  arguments[0] = convert(call.context, std::move(arguments[0]), type);
  arguments[1] = convert(call.context, std::move(arguments[1]), LogicalType::VARCHAR);
  auto unit = constant_of(call.context, *arguments[1]);
  if (unit && !unit->IsNull() && is_unit(duckdb::StringUtil::Lower(duckdb::StringValue::Get(*unit)))) {
    // The kernel's own knows the order of its results.
    BoundList children;
    children.push_back(std::move(arguments[1]));
    children.push_back(std::move(arguments[0]));
    return convert(call.context, bind_native(call.context, "date_trunc", std::move(children)), type);
  }
  return bind_private(call.context, "truncated_moment", {type, LogicalType::VARCHAR}, type,
                      date ? run_rows<truncate_date> : run_rows<truncate>, std::move(arguments));
}

}  // namespace

void add_date_rounding(Registry& registry) {
  add_unit<Year>(registry, "year", true);
  add_unit<Quarter>(registry, "quarter", true);
  add_unit<Month>(registry, "month", true);
  add_unit<WeekUnit>(registry, "week", true);
  add_unit<Day>(registry, "day", true);
  add_unit<Hour>(registry, "hour", false);
  add_unit<Minute>(registry, "minute", false);
  add_unit<Second>(registry, "second", false);
  registry.add("date_trunc", "The begin of the moment's second, minute, hour, day, week, month, quarter or year.")
      .expanded(2, 2, "DATE|DATETIME date_trunc(DATE|DATETIME, VARCHAR)", expand_trunc);
}

}  // namespace sluice::functions
