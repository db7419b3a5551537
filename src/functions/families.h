// SPDX-License-Identifier: Apache-2.0
// The families of functions, a file each. Internal to src/functions.
#pragma once

namespace sluice::functions {

class Registry;

void add_families(Registry& registry);

void add_arithmetic(Registry& registry);          // + - * / DIV % and bits
void add_comparisons(Registry& registry);         // = <> < <= > >= <=> IN BETWEEN
void add_conditionals(Registry& registry);        // CASE, IF, COALESCE, conversions, truth
void add_number_aggregates(Registry& registry);   // SUM, AVG
void add_moment_aggregates(Registry& registry);   // STDDEV, CORR, .., bits, truth
void add_collect_aggregates(Registry& registry);  // arrays and maps of values
void add_top_aggregates(Registry& registry);      // TOPN, COUNT_BY_ENUM, HISTOGRAM
void add_event_aggregates(Registry& registry);    // WINDOW_FUNNEL, SEQUENCE_MATCH, RETENTION
void add_quantile_functions(Registry& registry);  // PERCENTILE, QUANTILE_STATE
void add_bitmap_functions(Registry& registry);    // of single values
void add_bitmap_aggregates(Registry& registry);
void add_hll_functions(Registry& registry);  // HLL, APPROX_COUNT_DISTINCT
void add_combinators(Registry& registry);    // _STATE, _MERGE, _UNION, _FOREACH
void add_nullability(Registry& registry);    // NULLABLE, NON_NULLABLE, IGNORE, ASSERT_TRUE
void add_store(Registry& registry);          // values on their way into columns
void add_match(Registry& registry);          // MATCH_ANY and its kin

}  // namespace sluice::functions
