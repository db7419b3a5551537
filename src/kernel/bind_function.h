// SPDX-License-Identifier: Apache-2.0
// Functions of the kernel's catalog that only bind: the call becomes the tree that its binder makes, and never runs
// itself. Internal to src/kernel. Thread rule: while the kernel opens.
#pragma once

#include <string>
#include <vector>

#include "pch/pch.h"

namespace sluice::kernel {

// A function `name` of the schema system.doris, with NULLs given to `bind` as they are; its result may be of any type.
void create_bind_function(duckdb::ClientContext& context, const char* name, std::vector<duckdb::LogicalType> arguments,
                          duckdb::function_bind_expression_t bind);

// A table function `name` of the schema system.doris whose calls become what `replace` gives.
void create_bind_table_function(duckdb::ClientContext& context, const char* name,
                                std::vector<duckdb::LogicalType> arguments,
                                duckdb::table_function_bind_replace_t replace);
// A call of it, under `alias`.
duckdb::unique_ptr<duckdb::TableRef> bind_table_call(const char* name, std::vector<duckdb::Value> arguments,
                                                     const std::string& alias);

}  // namespace sluice::kernel
