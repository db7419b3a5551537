// SPDX-License-Identifier: Apache-2.0
#include "kernel/dynamic_partition.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "duckdb/common/string_util.hpp"

namespace sluice::kernel {
namespace {

using duckdb::StringUtil;

constexpr std::string_view kPrefix = "dynamic_partition.";
constexpr std::string_view kNames[] = {"buckets",
                                       "create_history_partition",
                                       "enable",
                                       "end",
                                       "history_partition_num",
                                       "hot_partition_num",
                                       "prefix",
                                       "replication_allocation",
                                       "replication_num",
                                       "reserved_history_periods",
                                       "start",
                                       "start_day_of_month",
                                       "start_day_of_week",
                                       "storage_medium",
                                       "storage_policy",
                                       "time_unit",
                                       "time_zone"};
constexpr int64_t kMostPartitions = 500;  // made at once

const std::string* find(const TableModel& model, std::string_view name) {
  return model.property(std::string(kPrefix) + std::string(name));
}

std::optional<int64_t> number_of(const std::string& text) {
  int32_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  return end.ec == std::errc() && end.ptr == text.data() + text.size() ? std::optional<int64_t>(value) : std::nullopt;
}

bool is_flag(const std::string& text) {
  return StringUtil::CIEquals(text, "true") || StringUtil::CIEquals(text, "false");
}

bool is_true(const std::string* text) { return text && StringUtil::CIEquals(*text, "true"); }

std::optional<PartitionUnit> unit_of(const std::string& text) {
  constexpr std::pair<const char*, PartitionUnit> kUnits[] = {{"hour", PartitionUnit::kHour},
                                                              {"day", PartitionUnit::kDay},
                                                              {"week", PartitionUnit::kWeek},
                                                              {"month", PartitionUnit::kMonth},
                                                              {"year", PartitionUnit::kYear}};
  for (const auto& [name, unit] : kUnits) {
    if (StringUtil::CIEquals(text, name)) return unit;
  }
  return std::nullopt;
}

// Letters, digits and a few signs, as Doris has it of names.
bool is_partition_name(const std::string& text) {
  const auto allowed = [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-' || c >= 0x80; };
  return !text.empty() &&
         (std::isalpha(static_cast<unsigned char>(text[0])) || text[0] == '_' ||
          static_cast<unsigned char>(text[0]) >= 0x80) &&
         text.size() <= 64 && std::ranges::all_of(text, allowed);
}

std::string refused_unit(const TableModel& model, const std::string& unit) {
  if (!unit_of(unit)) return "Unsupported time unit " + unit + ". Expect HOUR/DAY/WEEK/MONTH/YEAR.";
  if (!model.auto_unit.empty() && !StringUtil::CIEquals(model.auto_unit, unit)) {
    return "If support auto partition and dynamic partition at same time, they must have the same interval unit.";
  }
  return {};
}

// One property by itself; `name` without its prefix.
std::string refused_value(const TableModel& model, const std::string& name, const std::string& value) {
  const auto number = number_of(value);
  if (name == "time_unit") return refused_unit(model, value);
  if (name == "buckets") {
    if (value.empty()) return "Dynamic partition buckets is empty";
    if (!number) return "Invalid dynamic partition buckets " + value;
    return *number <= 0 ? "Dynamic partition buckets must greater than 0" : "";
  }
  if (name == "enable" && !is_flag(value))
    return "Invalid dynamic partition enable: " + value + ". Expected true or false";
  if (name == "start") {
    if (!number) return "Invalid dynamic partition start " + value;
    return *number >= 0 ? "Dynamic partition start must less than 0" : "";
  }
  if (name == "end") {
    if (value.empty()) return "Dynamic partition end is empty";
    if (!number) return "Invalid dynamic partition end " + value;
    const bool none = *number < 0 || (*number == 0 && !model.auto_partitions);
    return none ? "Dynamic partition end must greater than 0" : "";
  }
  if (name == "create_history_partition" && !is_flag(value))
    return "Invalid dynamic partition create_history_partition: " + value + ". Expected true or false";
  if (name == "history_partition_num") {
    if (!number) return "Invalid properties: dynamic_partition.history_partition_num";
    return *number < -1 ? "Dynamic history partition num must greater than 0" : "";
  }
  if (name == "start_day_of_month") {
    if (!number) return "Invalid properties: dynamic_partition.start_day_of_month";
    return *number < 1 || *number > 28 ? "dynamic_partition.start_day_of_month should between 1 and 28" : "";
  }
  if (name == "start_day_of_week") {
    if (!number) return "Invalid properties: dynamic_partition.start_day_of_week";
    return *number < 1 || *number > 7 ? "dynamic_partition.start_day_of_week should between 1 and 7" : "";
  }
  if (name == "hot_partition_num") {
    if (!number) return "Invalid dynamic_partition.hot_partition_num value";
    return *number < 0 ? "dynamic_partition.hot_partition_num must larger than 0." : "";
  }
  if (name == "replication_num") {
    if (!number) return "Invalid dynamic partition replication num: " + value + ".";
    return *number <= 0 ? "Dynamic partition replication num must greater than 0" : "";
  }
  if (name == "reserved_history_periods") {
    if (value.empty()) return "Dynamic reserved history periods is empty.";
    const auto unit = unit_of(*find(model, "time_unit"));
    const auto periods = reserved_periods(value, unit.value_or(PartitionUnit::kDay));
    if (!periods) {
      return "Invalid \" dynamic_partition.reserved_history_periods \" value " + value +
             ". It must be like \"[yyyy-MM-dd,yyyy-MM-dd],[...,...]\" while time_unit is DAY/WEEK/MONTH or "
             "\"[yyyy-MM-dd HH:mm:ss,yyyy-MM-dd HH:mm:ss],[...,...]\" while time_unit is HOUR.";
    }
    for (const auto& [first, last] : *periods) {
      if (first > last)
        return "The first date is larger than the second date, [" + first + "," + last + "] is invalid.";
    }
  }
  if (name == "prefix" && !is_partition_name(value)) return "Invalid dynamic partition prefix " + value + ".";
  if (name == "storage_medium" && !StringUtil::CIEquals(value, "hdd") && !StringUtil::CIEquals(value, "ssd"))
    return "invalid storage medium: " + value + ". Should be SSD or HDD";
  return {};
}

}  // namespace

std::string refused_dynamic_partition(const TableModel& model) {
  bool any = false;
  std::string unknown;
  for (const auto& [key, value] : model.properties) {
    if (!key.starts_with(kPrefix)) continue;
    any = true;
    if (std::ranges::find(kNames, std::string_view(key).substr(kPrefix.size())) == std::end(kNames))
      unknown += (unknown.empty() ? "" : ", ") + key;
  }
  if (!any) return {};
  if (!unknown.empty()) return "Invalid dynamic partition properties: " + unknown;
  if (model.partitioned != PartitionKind::kRange || model.partition_columns.size() != 1)
    return "Dynamic partition only support single-column range partition";
  for (const char* needed : {"time_unit", "prefix", "end"}) {
    if (!find(model, needed)) return std::string("Must assign dynamic_partition.") + needed + " properties";
  }
  for (const auto& [key, value] : model.properties) {
    if (!key.starts_with(kPrefix)) continue;
    if (std::string reason = refused_value(model, key.substr(kPrefix.size()), value); !reason.empty()) return reason;
  }
  const std::string* written_start = find(model, "start");
  const std::string* history = find(model, "history_partition_num");
  int64_t start = 0;
  if (is_true(find(model, "create_history_partition"))) {
    const int64_t most = history ? number_of(*history).value_or(-1) : -1;
    if (!written_start && most < 0)
      return "Provide start or history_partition_num property when create_history_partition=true. Otherwise set "
             "create_history_partition=false";
    start = written_start ? number_of(*written_start).value_or(0) : INT32_MIN;
    if (most >= 0) start = std::max(start, -most);
  }
  const int64_t count = number_of(*find(model, "end")).value_or(0) - start;
  const std::string* enable = find(model, "enable");
  if (count > kMostPartitions && (!enable || is_true(enable))) {
    return "Too many dynamic partitions: " + std::to_string(count) + ". Limit: " + std::to_string(kMostPartitions);
  }
  return {};
}

bool has_dynamic_partitions(const TableModel& model) {
  const std::string* enable = find(model, "enable");
  return find(model, "time_unit") && (!enable || is_true(enable));
}

std::optional<DynamicPartition> dynamic_partition(const TableModel& model) {
  const std::string* unit = find(model, "time_unit");
  if (!unit) return std::nullopt;
  const auto text = [&](std::string_view name) {
    const std::string* value = find(model, name);
    return value ? *value : std::string();
  };
  const auto number = [&](std::string_view name, int64_t otherwise) {
    return number_of(text(name)).value_or(otherwise);
  };
  DynamicPartition result;
  result.enabled = has_dynamic_partitions(model);
  result.unit = unit_of(*unit).value_or(PartitionUnit::kDay);
  result.unit_text = *unit;
  result.time_zone = text("time_zone");
  result.start = number_of(text("start"));
  if (result.start == INT32_MIN) result.start.reset();  // how SHOW CREATE TABLE writes that there is none
  result.end = number("end", 0);
  result.prefix = text("prefix");
  result.buckets = text("buckets");
  result.replication = text("replication_allocation");
  if (const std::string replicas = text("replication_num"); result.replication.empty() && !replicas.empty())
    result.replication = "tag.location.default: " + replicas;
  result.create_history = is_true(find(model, "create_history_partition"));
  result.history_num = number("history_partition_num", -1);
  result.hot_num = number("hot_partition_num", 0);
  result.day_of_week = static_cast<int32_t>(number("start_day_of_week", 1));
  result.day_of_month = static_cast<int32_t>(number("start_day_of_month", 1));
  if (const std::string reserved = text("reserved_history_periods"); !reserved.empty()) result.reserved = reserved;
  result.storage_policy = text("storage_policy");
  result.storage_medium = text("storage_medium");
  return result;
}

std::string dynamic_buckets(const TableModel& model, const DynamicPartition& properties) {
  if (!properties.buckets.empty()) return properties.buckets;
  const size_t at = model.distribution.find(" BUCKETS ");
  const std::string written = at == std::string::npos ? "AUTO" : model.distribution.substr(at + 9);
  return written == "AUTO" ? "10" : written;
}

}  // namespace sluice::kernel
