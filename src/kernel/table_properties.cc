// SPDX-License-Identifier: Apache-2.0
#include "kernel/table_properties.h"

#include <charconv>

#include "duckdb/common/string_util.hpp"
#include "functions/type_names.h"
#include "functions/types.h"
#include "kernel/dynamic_partition.h"

namespace sluice::kernel {
namespace {

using duckdb::LogicalTypeId;
using duckdb::StringUtil;

constexpr std::string_view kTimeSeries = "time_series_compaction_";

struct LeastValue {
  const char* property;
  int64_t least;
};
constexpr LeastValue kLeastValues[] = {
    {"time_series_compaction_goal_size_mbytes", 10},       {"time_series_compaction_file_count_threshold", 10},
    {"time_series_compaction_time_threshold_seconds", 60}, {"time_series_compaction_empty_rowsets_threshold", 2},
    {"time_series_compaction_level_threshold", 1},
};

std::string too_small(const std::string& name, const std::string& value) {
  for (const auto& [property, least] : kLeastValues) {
    if (name != property) continue;
    int64_t number = 0;
    const auto end = std::from_chars(value.data(), value.data() + value.size(), number);
    if (end.ec != std::errc() || end.ptr != value.data() + value.size())
      return name + " must be a whole number: " + value;
    if (number < least) return name + " can not be less than " + std::to_string(least) + ": " + value;
  }
  return {};
}

std::string refused(const TableModel& model, const std::string& name, const std::string& value) {
  if (name == "replication_num" && (value == "0" || value.starts_with('-')))
    return "Replication num should greater than 0: " + value;
  if (name == "in_memory" && StringUtil::CIEquals(value, "true")) return "Not support set 'in_memory'='true' now!";
  if (name == "enable_unique_key_merge_on_write" && model.keys != KeyModel::kUnique)
    return "enable_unique_key_merge_on_write property only support unique key table";
  if (name == "enable_single_replica_compaction" && StringUtil::CIEquals(value, "true") && merges_on_write(model))
    return "enable_single_replica_compaction property is not supported for merge-on-write table";
  if (name == "compaction_policy" && value != "time_series" && value != "size_based")
    return "compaction_policy must be time_series or size_based";
  if (name.starts_with(kTimeSeries)) {
    const std::string* policy = model.property("compaction_policy");
    if (!policy || *policy != "time_series") return "only time series compaction policy support for time series config";
    return too_small(name, value);
  }
  return {};
}

}  // namespace

bool merges_on_write(const TableModel& model) {
  const std::string* property = model.property("enable_unique_key_merge_on_write");
  return model.keys == KeyModel::kUnique && (!property || StringUtil::CIEquals(*property, "true"));
}

bool notes_deletions(const TableModel& model) {
  if (model.keys == KeyModel::kNone) return false;
  const std::string* light = model.property("enable_mow_light_delete");
  return !merges_on_write(model) || (light && StringUtil::CIEquals(*light, "true"));
}

std::string refused_property(const TableModel& model) {
  if (!model.cluster_by.empty() && !merges_on_write(model)) {
    return model.keys == KeyModel::kUnique
               ? "Cluster keys only support unique keys table which enabled enable_unique_key_merge_on_write"
               : "Cluster keys only support unique keys table";
  }
  if (std::string reason = refused_dynamic_partition(model); !reason.empty()) return reason;
  for (const auto& [name, value] : model.properties) {
    if (std::string reason = refused(model, name, value); !reason.empty()) return reason;
  }
  return {};
}

std::string refused_bloom_column(const TableModel& model, const std::string& name, const duckdb::LogicalType& type,
                                 bool key) {
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE:
    case LogicalTypeId::LIST:
    case LogicalTypeId::MAP:
    case LogicalTypeId::STRUCT:
    case LogicalTypeId::BLOB:  // BITMAP and the like
      return StringUtil::Upper(functions::type_name(type)) +
             " is not supported in bloom filter index. invalid column: " + name;
    default:
      break;
  }
  if (model.keys == KeyModel::kAggregate && !key) {
    return "Bloom filter index should only be used in columns of UNIQUE_KEYS/DUP_KEYS table or key columns of AGG_KEYS "
           "table. invalid column: " +
           name;
  }
  return {};
}

std::vector<std::string> bloom_columns(const TableModel& model) {
  std::vector<std::string> names;
  const std::string* property = model.property("bloom_filter_columns");
  if (!property) return names;
  for (std::string name : StringUtil::Split(*property, ",")) {
    StringUtil::Trim(name);
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace sluice::kernel
