// SPDX-License-Identifier: Apache-2.0
// Keeps the kernel from copying a plan through its serialized form, which names functions of the catalog only: a copy
// would not find a function that the binder made, or would find the kernel's own of that name. The optimizer asks for
// copies where a CTE is read more than once under a LIMIT, and then materialises it instead. Any thread.
#pragma once

#include "duckdb/function/aggregate_function.hpp"
#include "duckdb/function/scalar_function.hpp"

namespace sluice::functions {

void refuse_copies(duckdb::ScalarFunction& function);
void refuse_copies(duckdb::AggregateFunction& function);

}  // namespace sluice::functions
