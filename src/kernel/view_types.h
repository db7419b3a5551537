// SPDX-License-Identifier: Apache-2.0
// What the columns of views are declared as where the kernel's type says less: plain columns of a table as that table
// has them, columns of information_schema as Doris has them. Thread rule: inside a transaction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel/table_model.h"
#include "pch/pch.h"

namespace sluice::kernel {

// One entry a column of the view's query, with its type and length; empty types: nothing is known. `database`: where
// names without one are looked up.
std::vector<ColumnModel> declared_view_types(duckdb::ClientContext& context, const duckdb::SelectStatement& query,
                                             const std::string& database, size_t columns);

// "varchar(64)" of a text column of information_schema; empty: STRING.
std::string declared_system_type(std::string_view view, std::string_view column);

}  // namespace sluice::kernel
