// SPDX-License-Identifier: Apache-2.0
// Aggregates that run another aggregate inside: over the rows that a state holds (merging), for each place of arrays,
// with 0 for NULL. Internal to src/functions; thread rule of the binder.
#pragma once

#include "functions/registry.h"

namespace sluice::functions {

// The aggregate `name` of Doris over arguments of these types, or over constants, bound by the kernel.
duckdb::unique_ptr<duckdb::BoundAggregateExpression> bind_aggregate_call(duckdb::ClientContext& context,
                                                                         const std::string& name, BoundList arguments);

// Whether there is such an aggregate.
bool is_aggregate_name(std::string_view name);

// AGG_STATE<f(types)>: the rows that f has still to see, as an array of structs.
LogicalType aggregate_state_type(const std::vector<LogicalType>& arguments);

// Takes states; its result is what `inner` gives for all rows in them. The arguments of `inner` are references to the
// fields of a state's rows, or to the whole row, and casts of those.
duckdb::AggregateFunction merging(duckdb::ClientContext& context,
                                  duckdb::unique_ptr<duckdb::BoundAggregateExpression> inner, const LogicalType& state,
                                  bool whole_rows);
// Takes arrays; its result is an array of what `inner` gives for each place in them.
duckdb::AggregateFunction for_each(duckdb::ClientContext& context,
                                   duckdb::unique_ptr<duckdb::BoundAggregateExpression> inner,
                                   std::vector<LogicalType> arrays);
// The same as `inner`, with 0 for NULL.
duckdb::AggregateFunction zero_for_null(duckdb::ClientContext& context,
                                        duckdb::unique_ptr<duckdb::BoundAggregateExpression> inner);

}  // namespace sluice::functions
