// SPDX-License-Identifier: Apache-2.0
// The families of functions, a file each. Internal to src/functions.
#pragma once

namespace sluice::functions {

class Registry;

void add_families(Registry& registry);

void add_arithmetic(Registry& registry);         // + - * / DIV % and bits
void add_comparisons(Registry& registry);        // = <> < <= > >= <=> IN BETWEEN
void add_conditionals(Registry& registry);       // CASE, IF, COALESCE, conversions, truth
void add_number_aggregates(Registry& registry);  // SUM, AVG
void add_match(Registry& registry);              // MATCH_ANY and its kin

}  // namespace sluice::functions
