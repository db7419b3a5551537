// SPDX-License-Identifier: Apache-2.0
// The order in which rows of a MERGE INTO arrive at its table. The kernel joins the batch with the table by a hash, and
// rows that are new come out in the order of that; tables of Doris lie sorted by their keys. Such a join's rows are
// sorted by its keys before they are written, when they are few. Works for all connections of an instance.
#pragma once

#include "pch/pch.h"

namespace sluice::kernel {

// Before the instance is made.
void sort_merged_rows(duckdb::DBConfig& config);

}  // namespace sluice::kernel
