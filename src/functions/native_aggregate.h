// SPDX-License-Identifier: Apache-2.0
// Aggregates of the kernel by name. Internal to src/functions; thread rule of the binder.
#pragma once

#include "duckdb/function/aggregate_function.hpp"
#include "functions/registry.h"

namespace sluice::functions {

// The kernel's own aggregate for these argument types. It may still have to be bound.
duckdb::AggregateFunction native_aggregate(duckdb::ClientContext& context, const std::string& name,
                                           const duckdb::vector<LogicalType>& types);

}  // namespace sluice::functions
