// SPDX-License-Identifier: Apache-2.0
// A table with the hidden columns that Doris' UNIQUE KEY tables have: __DORIS_DELETE_SIGN__ (0: only live rows are
// kept here), __DORIS_VERSION_COL__ (NULL: rows know no version here) and __DORIS_SEQUENCE_COL__ (the column that
// function_column.sequence_col names). Pure functions: any thread.
#pragma once

#include <string>
#include <vector>

#include "pch/pch.h"

namespace sluice::kernel {

// A FROM entry under the table's name; of these columns (names in upper case) those that the table has.
duckdb::unique_ptr<duckdb::TableRef> hidden_scan(const std::string& catalog, const std::string& schema,
                                                 const std::string& table, const std::vector<std::string>& columns);

// Registers what hidden_scan() stands for.
void create_hidden_scan(duckdb::ClientContext& context);

}  // namespace sluice::kernel
