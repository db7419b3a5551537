// SPDX-License-Identifier: Apache-2.0
// The clauses of Doris that follow the columns of CREATE TABLE and stand in ALTER TABLE: partitions, distribution,
// properties. What they say goes into the table's model (kernel/table_model.h).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "dialect/parse_context.h"
#include "kernel/partitions.h"

namespace sluice::dialect {

// After [AUTO] PARTITION: BY RANGE|LIST (..) (..). What is MySQL's alone (HASH, functions of columns) is read over and
// leaves the model as it is.
Parsed<void> parse_partition_by(ParseContext& c, bool automatic, kernel::TableModel& model,
                                std::vector<kernel::WrittenPartition>& partitions);
// PARTITION p VALUES .. [("k" = "v")], or FROM (..) TO (..) INTERVAL n unit. After PARTITION.
Parsed<kernel::WrittenPartition> parse_partition(ParseContext& c);
// FROM (..) TO (..) INTERVAL n unit without a name.
Parsed<kernel::WrittenPartition> parse_partition_interval(ParseContext& c);
// After DISTRIBUTED: BY HASH (k) BUCKETS 3 | BY RANDOM BUCKETS AUTO, as SHOW CREATE TABLE writes it.
Parsed<std::string> parse_distribution(ParseContext& c);
// PARTITION (a, b), PARTITIONS (a, b), PARTITION a, TEMPORARY PARTITION (a), PARTITION (*); nothing when none stands
// here.
struct PartitionNames {
  std::vector<std::string> names;
  bool temporary = false;
  bool all = false;  // (*)
  bool any() const { return all || !names.empty(); }
};
Parsed<PartitionNames> parse_partition_names(ParseContext& c);
// '(' .. ')' with whatever is between; Doris writes [a, b) for half-open ranges of partitions.
Parsed<void> skip_parentheses(ParseContext& c);

}  // namespace sluice::dialect
