// SPDX-License-Identifier: Apache-2.0
// x of `x IN (query)` and `x = ANY (query)`. The kernel's binder casts both sides by its own rules, or refuses;
// sought(x) is x in a type of its own, which it takes for both, until the whole plan is bound and Doris' rules can be
// applied. Thread rule of the binder.
#pragma once

#include "functions/registry.h"

namespace sluice::functions {

// The x in an expression that sought(x) became, perhaps below a collation; null when there is none.
BoundPtr* find_sought(BoundPtr& expression);

// Of a BITMAP the numbers in it are sought: their array.
bool is_sought_in(const LogicalType& column);
BoundPtr numbers_of(duckdb::ClientContext& context, BoundPtr bitmap);

// Both sides in the type in which Doris compares them.
void compare_alike(duckdb::ClientContext& context, BoundPtr& left, BoundPtr& right);

}  // namespace sluice::functions
