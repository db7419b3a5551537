// SPDX-License-Identifier: Apache-2.0
// The families of functions, a file each. Internal to src/functions.
#pragma once

namespace sluice::functions {

class Registry;

void add_families(Registry& registry);

void add_arithmetic(Registry& registry);         // + - * / DIV % and bits
void add_comparisons(Registry& registry);        // = <> < <= > >= <=> IN BETWEEN
void add_conditionals(Registry& registry);       // CASE, IF, COALESCE, conversions, truth
void add_array_elements(Registry& registry);     // ARRAY_SIZE, ELEMENT_AT, ARRAY_CONTAINS, ARRAY_SLICE, ..
void add_array_flags(Registry& registry);        // ARRAY_FILTER, ARRAY_COUNT, ARRAY_SPLIT, ..
void add_array_making(Registry& registry);       // ARRAY, ARRAY_RANGE, ARRAY_ZIP, ARRAY_JOIN, MAP, STRUCT
void add_array_numbers(Registry& registry);      // ARRAY_SUM, ARRAY_DIFFERENCE, ..
void add_array_sets(Registry& registry);         // ARRAY_DISTINCT, ARRAY_UNION, ARRAY_SORT, ..
void add_json_asking(Registry& registry);        // JSON_CONTAINS, JSON_LENGTH, JSON_KEYS, ..
void add_json_making(Registry& registry);        // JSON_ARRAY, JSON_OBJECT, JSON_SET, ..
void add_json_reading(Registry& registry);       // JSON_PARSE, JSON_EXTRACT, GET_JSON_STRING, ..
void add_maps(Registry& registry);               // MAP_KEYS, STR_TO_MAP, what EXPLODE makes rows of
void add_number_aggregates(Registry& registry);  // SUM, AVG

}  // namespace sluice::functions
