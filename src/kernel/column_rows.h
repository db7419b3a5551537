// SPDX-License-Identifier: Apache-2.0
// A column as a row of information_schema.columns. Pure function: no thread rule. Internal to src/kernel.
#pragma once

#include <vector>

#include "kernel/catalog_facts.h"

namespace sluice::kernel {

// In the order of the columns of catalog_columns() (system_functions.cc); `position` counts from 1.
std::vector<duckdb::Value> column_row(const RelationFacts& relation, const ColumnFacts& column, size_t position);

}  // namespace sluice::kernel
