// SPDX-License-Identifier: Apache-2.0
// What dynamic_partition.* makes and drops at a moment: borders, names, and what is there already.
#include <algorithm>
#include <cstdio>

#include "functions/calendar.h"
#include "functions/text_to_value.h"
#include "functions/types.h"
#include "kernel/dynamic_partition.h"
#include "kernel/partitions.h"

namespace sluice::kernel {
namespace {

using duckdb::LogicalTypeId;
using duckdb::Value;
using functions::kMicrosPerDay;

constexpr int64_t kMicrosPerHour = 3'600 * functions::kMicrosPerSecond;
constexpr int64_t kMostOffset = 100'000'000;  // units; more leave the years 0 to 9999 anyway

std::optional<int64_t> moment(std::optional<int64_t> day) {
  if (!day || !functions::day_in_range(*day)) return std::nullopt;
  return *day * kMicrosPerDay;
}

std::string digits_of(int64_t at) {
  const auto date = functions::civil_date(functions::day_of_moment(at));
  char text[48];
  std::snprintf(text, sizeof text, "%04d%02d%02d%02d", date.year, date.month, date.day,
                static_cast<int>(functions::time_of_moment(at) / kMicrosPerHour));
  return text;
}

// Weeks begin on Sundays, the first one has January 1, and the last one ends with the year.
std::string week_name(int64_t at) {
  const int64_t day = functions::day_of_moment(at);
  const auto date = functions::civil_date(day);
  const int64_t first = *functions::days_of(date.year, 1, 1);
  const int32_t sunday_based = (functions::weekday(first) + 1) % 7;
  char text[48];
  std::snprintf(text, sizeof text, "%d_%02d", date.year, (functions::day_of_year(day) - 1 + sunday_based) / 7 + 1);
  return text;
}

// As the partition column has it; nothing for columns that cannot be partitioned so.
std::optional<std::string> border_text(int64_t at, const duckdb::LogicalType& type) {
  const std::string digits = digits_of(at);
  std::string text;
  if (functions::is_integer(type)) {
    text = digits.substr(0, 8);
  } else if (type.id() == LogicalTypeId::DATE || type.id() == LogicalTypeId::TIMESTAMP) {
    text = digits.substr(0, 4) + "-" + digits.substr(4, 2) + "-" + digits.substr(6, 2);
    if (type.id() == LogicalTypeId::TIMESTAMP) text += " " + digits.substr(8, 2) + ":00:00";
  } else {
    return std::nullopt;
  }
  const auto bound = bound_text(text, type);
  return bound ? std::optional(*bound) : std::nullopt;
}

Value bound_value(const Bound& bound, const duckdb::LogicalType& type) {
  return bound.empty() || !bound[0] ? Value(type) : Value(*bound[0]).DefaultCastAs(type);
}

// Whether the partition ends after a border; a missing bound is above everything.
bool ends_after(const Partition& partition, const Value& border, const duckdb::LogicalType& type) {
  const Value upper = bound_value(partition.upper, type);
  return upper.IsNull() || duckdb::ValueOperations::GreaterThan(upper, border);
}

bool begins_by(const Partition& partition, const Value& border, const duckdb::LogicalType& type) {
  const Value lower = bound_value(partition.lower, type);
  return lower.IsNull() || duckdb::ValueOperations::LessThanEquals(lower, border);
}

// Why a column cannot have such partitions.
std::string refused_column(const DynamicPartition& properties, const TableModel& model,
                           const duckdb::LogicalType& type) {
  const bool integer = functions::is_integer(type);
  if (!integer && type.id() != LogicalTypeId::DATE && type.id() != LogicalTypeId::TIMESTAMP)
    return "Dynamic Partition Only Support DATE, DATETIME and INTEGER Type Now.";
  if (properties.unit == PartitionUnit::kHour && type.id() != LogicalTypeId::TIMESTAMP) {
    return "dynamic_partition.time_unit could not be HOUR when type of partition column " + model.partition_columns[0] +
           " is " + (integer ? "Integer" : "DATE or DATEV2");
  }
  return {};
}

void plan_added(const TableModel& model, const DynamicPartition& properties, const duckdb::LogicalType& type,
                int64_t now, DynamicChange& change) {
  int64_t first = 0;
  if (properties.create_history) {
    first = properties.start.value_or(-kMostOffset);
    if (properties.history_num >= 0) first = std::max(first, -properties.history_num);
  }
  TableModel filled = model;
  for (int64_t offset = first; offset <= properties.end; ++offset) {
    const auto begin = dynamic_border(properties, now, offset);
    const auto end = dynamic_border(properties, now, offset + 1);
    const auto lower = begin ? border_text(*begin, type) : std::nullopt;
    const auto upper = end ? border_text(*end, type) : std::nullopt;
    if (!lower || !upper) {
      change.not_added =
          "maybe dynamic_partition.start is too small, error: a partition of the column's type cannot "
          "begin " +
          std::to_string(offset) + " units from now";
      continue;
    }
    const bool there = std::ranges::any_of(filled.partitions, [&](const Partition& known) {
      return !known.temporary && known.lower == Bound{*lower} && known.upper == Bound{*upper};
    });
    if (there) continue;
    Partition partition;
    partition.name = dynamic_partition_name(properties, *begin);
    partition.lower = {*lower};
    partition.upper = {*upper};
    if (auto added = add_partition(filled, partition, false, {type}); !added) {
      change.not_added = added.error().message();
      continue;
    }
    change.added.push_back(*filled.find_partition(partition.name, false));
  }
}

void plan_dropped(const TableModel& model, const DynamicPartition& properties, const duckdb::LogicalType& type,
                  int64_t now, DynamicChange& change) {
  if (!properties.start) return;
  const auto limit = dynamic_border(properties, now, *properties.start);
  const auto border = limit ? border_text(*limit, type) : std::nullopt;
  if (!border) {
    change.not_dropped = "'dynamic_partition.start' = " + std::to_string(*properties.start) +
                         ", maybe it's too small, can use alter table sql to increase it. ";
    return;
  }
  const Value least = Value(*border).DefaultCastAs(type);
  const auto periods = reserved_periods(properties.reserved, properties.unit);
  std::vector<std::pair<Value, Value>> reserved;
  for (const auto& [from, to] : periods.value_or(std::vector<std::pair<std::string, std::string>>())) {
    const auto low = functions::text_to_moment(from), high = functions::text_to_moment(to);
    const auto a = low ? border_text(low->micros, type) : std::nullopt;
    const auto b = high ? border_text(high->micros, type) : std::nullopt;
    if (!a || !b) return;  // whatever was to stay is not to go by mistake
    reserved.emplace_back(Value(*a).DefaultCastAs(type), Value(*b).DefaultCastAs(type));
  }
  for (const Partition& partition : model.partitions) {
    if (partition.temporary || ends_after(partition, least, type)) continue;
    const bool stays = std::ranges::any_of(reserved, [&](const auto& period) {
      return begins_by(partition, period.second, type) && ends_after(partition, period.first, type);
    });
    if (!stays) change.dropped.push_back(partition.name);
  }
}

}  // namespace

std::optional<std::vector<std::pair<std::string, std::string>>> reserved_periods(const std::string& text,
                                                                                 PartitionUnit unit) {
  std::vector<std::pair<std::string, std::string>> periods;
  if (text == "NULL") return periods;
  const size_t length = unit == PartitionUnit::kHour ? 19 : 10;
  const auto is_time = [&](const std::string& written) {
    const std::string form = "dddd-dd-dd dd:dd:dd";
    for (size_t i = 0; i < length; ++i) {
      if (form[i] == 'd' ? written[i] < '0' || written[i] > '9' : written[i] != form[i]) return false;
    }
    return functions::text_to_moment(written).has_value();
  };
  // [first,last],[first,last]
  for (size_t at = 0;;) {
    if (text.size() < at + 2 * length + 3 || text[at] != '[' || text[at + length + 1] != ',' ||
        text[at + 2 * length + 2] != ']')
      return std::nullopt;
    auto& period = periods.emplace_back(text.substr(at + 1, length), text.substr(at + length + 2, length));
    if (!is_time(period.first) || !is_time(period.second)) return std::nullopt;
    at += 2 * length + 3;
    if (at == text.size()) return periods;
    if (text[at++] != ',') return std::nullopt;
  }
}

std::optional<int64_t> dynamic_border(const DynamicPartition& properties, int64_t now, int64_t offset) {
  if (offset < -kMostOffset || offset > kMostOffset) return std::nullopt;
  const int64_t today = functions::day_of_moment(now);
  const auto date = functions::civil_date(today);
  switch (properties.unit) {
    case PartitionUnit::kHour: {
      const int64_t at = (functions::floor_divide(now, kMicrosPerHour) + offset) * kMicrosPerHour;
      return functions::moment_in_range(at) ? std::optional(at) : std::nullopt;
    }
    case PartitionUnit::kDay:
      return moment(today + offset);
    case PartitionUnit::kWeek:
      // Doris takes the day of the week that the calendar week from Monday to Sunday has, be it to come.
      return moment(today + 7 * offset + properties.day_of_week - 1 - functions::weekday(today));
    case PartitionUnit::kMonth: {
      const int64_t begun = date.day < properties.day_of_month ? -1 : 0;
      const int64_t months = int64_t{date.year} * 12 + date.month - 1 + offset + begun;
      return moment(functions::days_of(functions::floor_divide(months, 12),
                                       months - functions::floor_divide(months, 12) * 12 + 1, properties.day_of_month));
    }
    case PartitionUnit::kYear:
      return moment(functions::days_of(date.year + offset, 1, 1));
  }
  return std::nullopt;
}

std::string dynamic_partition_name(const DynamicPartition& properties, int64_t border) {
  const std::string digits = digits_of(border);
  switch (properties.unit) {
    case PartitionUnit::kHour:
      return properties.prefix + digits;
    case PartitionUnit::kDay:
      return properties.prefix + digits.substr(0, 8);
    case PartitionUnit::kWeek:
      return properties.prefix + week_name(border);
    case PartitionUnit::kMonth:
      return properties.prefix + digits.substr(0, 6);
    case PartitionUnit::kYear:
      break;
  }
  return properties.prefix + digits.substr(0, 4);
}

DynamicChange dynamic_change(const TableModel& model, const duckdb::LogicalType& type, int64_t now) {
  DynamicChange change;
  const auto properties = dynamic_partition(model);
  if (!properties || !properties->enabled) return change;
  change.not_added = refused_column(*properties, model, type);
  if (!change.not_added.empty()) return change;
  plan_added(model, *properties, type, now, change);
  plan_dropped(model, *properties, type, now, change);
  return change;
}

void apply_dynamic_change(TableModel& model, const DynamicChange& change, const duckdb::LogicalType& type) {
  std::erase_if(model.partitions, [&](const Partition& partition) {
    return !partition.temporary && std::ranges::find(change.dropped, partition.name) != change.dropped.end();
  });
  for (const Partition& partition : change.added) static_cast<void>(add_partition(model, partition, false, {type}));
}

std::optional<int64_t> dynamic_drop_limit(const TableModel& model, int64_t now) {
  const auto properties = dynamic_partition(model);
  if (!properties || !properties->enabled || !properties->start || !model.auto_partitions) return std::nullopt;
  return dynamic_border(*properties, now, *properties->start);
}

bool is_reserved(const DynamicPartition& properties, int64_t lower, int64_t upper) {
  const auto periods = reserved_periods(properties.reserved, properties.unit);
  if (!periods) return true;
  return std::ranges::any_of(*periods, [&](const auto& period) {
    const auto first = functions::text_to_moment(period.first), last = functions::text_to_moment(period.second);
    return !first || !last || (lower <= last->micros && upper > first->micros);
  });
}

}  // namespace sluice::kernel
