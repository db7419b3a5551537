// SPDX-License-Identifier: Apache-2.0
// What Doris refuses of the PROPERTIES of a table, in CREATE TABLE and in ALTER TABLE .. SET. Pure functions: no thread
// rule.
#pragma once

#include <string>

#include "kernel/table_model.h"

namespace sluice::kernel {

// Whether a new row takes the place of the old one at once: of UNIQUE tables that do not say otherwise.
bool merges_on_write(const TableModel& model);

// Whether Doris notes the conditions of DELETEs of such a table, instead of finding their rows: they hit "0 rows".
bool notes_deletions(const TableModel& model);

// Why the model's properties cannot be; empty: they can.
std::string refused_property(const TableModel& model);
// Why a column cannot have a Bloom filter; empty: it can.
std::string refused_bloom_column(const TableModel& model, const std::string& name, const duckdb::LogicalType& type,
                                 bool key);
// The columns of the property "bloom_filter_columns".
std::vector<std::string> bloom_columns(const TableModel& model);

}  // namespace sluice::kernel
