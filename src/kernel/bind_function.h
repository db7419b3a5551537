// SPDX-License-Identifier: Apache-2.0
// Functions of the kernel's catalog that only bind: the call becomes the tree that `bind` makes, and never runs itself.
// Internal to src/kernel. Thread rule: while the kernel opens.
#pragma once

#include <vector>

#include "pch/pch.h"

namespace sluice::kernel {

// A function `name` of the schema system.doris, with NULLs given to `bind` as they are; its result may be of any type.
void create_bind_function(duckdb::ClientContext& context, const char* name, std::vector<duckdb::LogicalType> arguments,
                          duckdb::function_bind_expression_t bind);

}  // namespace sluice::kernel
