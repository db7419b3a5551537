// SPDX-License-Identifier: Apache-2.0
// What Doris demands of a query that the kernel's binder lets pass, checked over each bound plan before its subqueries
// are flattened; and MATCH, which gets the analysis of the index over the column that it searches. Thread rule of the
// binder. Source: Doris' analyser and its regression answers.
#pragma once

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

}  // namespace sluice::kernel
