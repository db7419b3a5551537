// SPDX-License-Identifier: Apache-2.0
// The properties dynamic_partition.* of a table: what Doris refuses of them, and the partitions that they make and drop
// at a moment. Pure functions: no thread rule.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernel/table_model.h"

namespace sluice::kernel {

// Why the table cannot have its dynamic_partition.*; empty: it can.
std::string refused_dynamic_partition(const TableModel& model);

// Whether the server makes and drops the table's partitions: then nobody else does.
bool has_dynamic_partitions(const TableModel& model);

enum class PartitionUnit : uint8_t { kHour, kDay, kWeek, kMonth, kYear };

// The properties with their defaults.
struct DynamicPartition {
  bool enabled = true;
  PartitionUnit unit = PartitionUnit::kDay;
  std::string unit_text;         // as written
  std::string time_zone;         // empty: the server's
  std::optional<int64_t> start;  // in units from now, < 0; nothing: no partition is ever dropped
  int64_t end = 0;               // the last unit from now that has a partition
  std::string prefix;
  std::string buckets;      // empty: those of the table
  std::string replication;  // "tag.location.default: 3"; empty: that of the table
  bool create_history = false;
  int64_t history_num = -1;  // the most past partitions that are made; -1: as `start` says
  int64_t hot_num = 0;
  int32_t day_of_week = 1;        // on which weeks begin; 1: Monday
  int32_t day_of_month = 1;       // on which months begin, 1 to 28
  std::string reserved = "NULL";  // [2020-01-01,2020-02-01],[..]; "NULL": none
  std::string storage_policy;
  std::string storage_medium;
};
// Nothing for tables without them. The properties must have passed refused_dynamic_partition().
std::optional<DynamicPartition> dynamic_partition(const TableModel& model);

// How many buckets a partition that is made gets.
std::string dynamic_buckets(const TableModel& model, const DynamicPartition& properties);

// Periods whose partitions stay, both ends included, as written; nothing for what is no list of periods.
std::optional<std::vector<std::pair<std::string, std::string>>> reserved_periods(const std::string& text,
                                                                                 PartitionUnit unit);

// The beginning of the unit that is `offset` units from now; moments are microseconds on the wall clock of the
// property's time zone. Nothing outside the years 0 to 9999.
std::optional<int64_t> dynamic_border(const DynamicPartition& properties, int64_t now, int64_t offset);
// The name of the partition that begins there.
std::string dynamic_partition_name(const DynamicPartition& properties, int64_t border);

struct DynamicChange {
  std::vector<Partition> added;
  std::vector<std::string> dropped;
  std::string not_added;    // why one that should be there is not
  std::string not_dropped;  // why none was dropped
  bool empty() const { return added.empty() && dropped.empty(); }
};
// What is to be changed of the table's partitions at `now`. `type`: of the partition column. Hours are those of the
// wall clock: where a clock is set forward, one partition stays empty.
DynamicChange dynamic_change(const TableModel& model, const duckdb::LogicalType& type, int64_t now);
// Changes the model. Partitions that were added by somebody else meanwhile stay as they are.
void apply_dynamic_change(TableModel& model, const DynamicChange& change, const duckdb::LogicalType& type);

// Of AUTO partitions, whose list is not kept: before which moment they are to go; nothing: none.
std::optional<int64_t> dynamic_drop_limit(const TableModel& model, int64_t now);
// Whether [lower, upper) touches a reserved period.
bool is_reserved(const DynamicPartition& properties, int64_t lower, int64_t upper);

}  // namespace sluice::kernel
