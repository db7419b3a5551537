// SPDX-License-Identifier: Apache-2.0
// The properties dynamic_partition.* of a table: what Doris refuses of them. Pure functions: no thread rule.
#pragma once

#include <string>

#include "kernel/table_model.h"

namespace sluice::kernel {

// Why the table cannot have its dynamic_partition.*; empty: it can.
std::string refused_dynamic_partition(const TableModel& model);

// Whether the server would make and drop the table's partitions: then nobody else does.
bool has_dynamic_partitions(const TableModel& model);

}  // namespace sluice::kernel
