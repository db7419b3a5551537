// SPDX-License-Identifier: Apache-2.0
#include "functions/families.h"

#include "functions/registry.h"

namespace sluice::functions {
namespace {

struct Family {
  const char* title;  // in the reference; empty: not shown there
  void (*add)(Registry&);
};

constexpr Family kFamilies[] = {
    {"Arithmetic", add_arithmetic},
    {"Comparisons", add_comparisons},
    {"Conditions and conversions", add_conditionals},
    {"Arrays", add_array_elements},
    {"Arrays", add_array_flags},
    {"Arrays", add_array_making},
    {"Arrays", add_array_numbers},
    {"Arrays", add_array_sets},
    {"JSON", add_json_asking},
    {"JSON", add_json_making},
    {"JSON", add_json_reading},
    {"Maps and structs", add_maps},
    {"Aggregates", add_number_aggregates},
    {"Aggregates", add_deviation_aggregates},
    {"Aggregates", add_moment_aggregates},
    {"Aggregates", add_collect_aggregates},
    {"Aggregates", add_top_aggregates},
    {"Aggregates of events", add_event_aggregates},
    {"Quantiles", add_quantile_functions},
    {"Bitmaps", add_bitmap_functions},
    {"Bitmaps", add_bitmap_aggregates},
    {"HyperLogLog", add_hll_functions},
    {"Combinators of aggregates", add_combinators},
    {"NULL and checks", add_nullability},
    {"", add_store},
    {"", add_sought},
    {"", add_distinct_group_concat},
    {"", add_sized_conversions},
    {"Text search", add_match},
    {"Dates and times", add_date_shifts},
    {"Dates and times", add_date_rounding},
    {"Dates and times", add_date_parts},
    {"Dates and times", add_date_formats},
    {"Dates and times", add_times},
    {"Dates and times", add_mysql_times},
    {"Texts", add_text_parts},
    {"Texts", add_text_split},
    {"Texts", add_text_search},
    {"Texts", add_text_changes},
    {"Texts", add_text_codes},
    {"Texts", add_partition_names},
    {"Texts", add_text_packing},
    {"URLs", add_urls},
    {"Regular expressions", add_regular_expressions},
    {"Mathematics", add_rounding},
    {"Mathematics", add_mathematics},
    {"Digests and ciphers", add_digests},
    {"Digests and ciphers", add_ciphers},
    {"IP addresses", add_address_functions},
    {"Shapes on the globe", add_shape_functions},
};

}  // namespace

void add_families(Registry& registry) {
  for (const Family& family : kFamilies) {
    registry.begin_family(family.title);
    family.add(registry);
  }
}

}  // namespace sluice::functions
