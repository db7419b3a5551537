// SPDX-License-Identifier: Apache-2.0
// Aggregates that run another aggregate inside: over the rows that a state holds (merging), for each place of arrays,
// with 0 for NULL. Thread rule of the binder.
#pragma once

#include "functions/registry.h"

namespace sluice::functions {

// The aggregate `name` of Doris over arguments of these types, or over constants, bound by the kernel.
duckdb::unique_ptr<duckdb::BoundAggregateExpression> bind_aggregate_call(duckdb::ClientContext& context,
                                                                         const std::string& name, BoundList arguments);

// Whether there is such an aggregate.
bool is_aggregate_name(std::string_view name);

// AGG_STATE<f(types)>: the rows that f has still to see, as an array of structs.
LogicalType aggregate_state_type(const std::string& function, const std::vector<LogicalType>& arguments);
// Whether it may be a state of `function`: columns of older tables do not tell.
bool is_state_of(const LogicalType& state, const std::string& function);
// BinderException when both are states, of different functions.
void check_state_fits(const LogicalType& value, const LogicalType& column);
// Of which function; empty: not told.
std::string state_function(const LogicalType& state);

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
