// SPDX-License-Identifier: Apache-2.0
// Partitions of Doris as conditions over rows: the kernel stores a table in one piece, and a partition is the rows
// that its bounds hold. Pure functions: no thread rule.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kernel/table_model.h"
#include "pch/pch.h"

namespace sluice::kernel {

using Condition = duckdb::unique_ptr<duckdb::ParsedExpression>;

// The types of the partition columns, in their order; throws BinderException for a column that is not there.
std::vector<duckdb::LogicalType> partition_types(const TableModel& model, const duckdb::ColumnList& columns);

// The lasting partitions by their lower bounds, ranges that touch in one: the fewer comparisons a row needs, the
// better.
std::vector<Partition> joined_ranges(const TableModel& model, const std::vector<duckdb::LogicalType>& types);

// Whether a row of `table` (its alias; empty: unqualified names) lies in `partition`.
Condition in_partition(const TableModel& model, const Partition& partition,
                       const std::vector<duckdb::LogicalType>& types, const std::string& table);
// Whether it lies in one of these; of all lasting ones when `names` is empty. AUTO partitions hold any row. Errors:
// 1735-like "Unknown partition" as a thrown BinderException.
Condition in_partitions(const TableModel& model, const std::vector<std::string>& names, bool temporary,
                        const std::vector<duckdb::LogicalType>& types, const std::string& table);
// Of AUTO partitions, whose list is not kept: the name of the partition that a row lies in, as text.
Condition auto_partition_name(const TableModel& model, const std::vector<duckdb::LogicalType>& types,
                              const std::string& table);

// The value of a bound as the column's type prints it; an error (1105) when it is none.
Result<std::string> bound_text(const std::string& written, const duckdb::LogicalType& type);
// FROM (a) TO (b) INTERVAL n unit: the partitions that this makes, named as Doris names them. `unit` is empty for
// numbers, else YEAR, MONTH, WEEK, DAY, HOUR in upper case.
Result<std::vector<Partition>> partitions_of_interval(const std::string& from, const std::string& to, int64_t step,
                                                      const std::string& unit, const duckdb::LogicalType& type);
// A partition as CREATE TABLE and ALTER TABLE write it; values are not yet those of the columns' types.
struct WrittenPartition {
  Partition partition;
  bool less_than = false;
  bool interval = false;  // FROM (from) TO (to) INTERVAL step unit
  std::string from, to, unit;
  int64_t step = 1;
};
// Adds it, or those that its interval makes.
Status add_written(TableModel& model, WrittenPartition written, const std::vector<duckdb::LogicalType>& types);

// Checks a new partition against those that are there and fills the lower bound of VALUES LESS THAN. Errors 1105:
// intersects, a name or a list value that is taken.
Status add_partition(TableModel& model, Partition partition, bool less_than,
                     const std::vector<duckdb::LogicalType>& types);

// VALUES [("1"), ("2")) or VALUES IN ("a","b"), as SHOW CREATE TABLE has it.
std::string partition_text(const TableModel& model, const Partition& partition,
                           const std::vector<duckdb::LogicalType>& types);

}  // namespace sluice::kernel
