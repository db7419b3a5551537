// SPDX-License-Identifier: Apache-2.0
// The order in which rows of a MERGE INTO arrive at its table. The kernel joins the batch with the table by a hash, and
// rows come out in the order of the side that it does not hash. Rows that are there are changed in the order of the
// table, because each change reads the rows around it; few rows that are new are sorted by their keys, as tables of
// Doris lie. Works for all connections of an instance.
#pragma once

#include "pch/pch.h"

namespace sluice::kernel {

// Before the instance is made.
void sort_merged_rows(duckdb::DBConfig& config);

}  // namespace sluice::kernel
