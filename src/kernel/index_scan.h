// SPDX-License-Identifier: Apache-2.0
// FROM t INDEX v: the table function that a query names in the place of the table. The binder replaces it by the query
// of the materialised view v that is kept with t, or by t itself when v is a rollup: the same rows.
#pragma once

#include <string>
#include <vector>

#include "pch/pch.h"

namespace sluice::kernel {

// A call of the function; empty parts of the name are looked up as in any other.
duckdb::unique_ptr<duckdb::TableRef> index_scan(const std::string& catalog, const std::string& schema,
                                                const std::string& table, const std::string& index);

// The note of the table's model (kind kIndexQuery, the view's name) that makes a view readable: the names of its
// columns and its query.
inline constexpr const char* kIndexQuery = "mv-query";
std::string index_query(const std::vector<std::string>& columns, const duckdb::SQLStatement& query);

// Registers it. Before any file is attached.
void create_index_scan(duckdb::ClientContext& context);

}  // namespace sluice::kernel
