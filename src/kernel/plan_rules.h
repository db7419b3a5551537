// SPDX-License-Identifier: Apache-2.0
// What Doris demands of a query that the kernel's binder lets pass, checked over each bound plan before its subqueries
// are flattened; and MATCH, which gets the analysis of the index over the column that it searches. Thread rule of the
// binder. Source: Doris' analyser and its regression answers.
#pragma once

#include "duckdb/planner/planner_extension.hpp"
#include "pch/pch.h"

namespace sluice::kernel {

// Makes every statement's plan pass the rules.
void register_plan_rules(duckdb::DBConfig& config);

// The parts. They throw BinderException in Doris' words.

// Values that Doris neither groups nor orders: BITMAP, HLL, QUANTILE_STATE, AGG_STATE, ARRAY, MAP, STRUCT, JSON.
void check_grouped_types(const duckdb::LogicalOperator& plan);
// Correlated subqueries that Doris cannot make joins of.
void check_correlated_subqueries(const duckdb::LogicalOperator& plan);
// MATCH over a column with an inverted index, also through subqueries and views, takes its words as the index does.
void bind_match_indexes(duckdb::ClientContext& context, duckdb::LogicalOperator& plan);
// sought(x) of IN and ANY and the column that it is compared with get one type.
void settle_sought_values(duckdb::PlannerExtensionInput& input, duckdb::LogicalOperator& plan);

}  // namespace sluice::kernel
