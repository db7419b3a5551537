// SPDX-License-Identifier: Apache-2.0
#include "functions/families.h"

namespace sluice::functions {

void add_families(Registry& registry) {
  add_arithmetic(registry);
  add_comparisons(registry);
  add_conditionals(registry);
  add_array_elements(registry);
  add_array_flags(registry);
  add_array_making(registry);
  add_array_numbers(registry);
  add_array_sets(registry);
  add_json_asking(registry);
  add_json_making(registry);
  add_json_reading(registry);
  add_maps(registry);
  add_number_aggregates(registry);
  add_moment_aggregates(registry);
  add_collect_aggregates(registry);
  add_top_aggregates(registry);
  add_event_aggregates(registry);
  add_quantile_functions(registry);
  add_bitmap_functions(registry);
  add_bitmap_aggregates(registry);
  add_hll_functions(registry);
  add_combinators(registry);
  add_nullability(registry);
  add_store(registry);
  add_match(registry);
  add_date_shifts(registry);
  add_date_rounding(registry);
  add_date_parts(registry);
  add_date_formats(registry);
  add_times(registry);
  add_mysql_times(registry);
  add_text_parts(registry);
  add_text_search(registry);
  add_text_changes(registry);
  add_text_codes(registry);
  add_urls(registry);
  add_regular_expressions(registry);
  add_rounding(registry);
  add_mathematics(registry);
  add_digests(registry);
  add_ciphers(registry);
  add_address_functions(registry);
  add_shape_functions(registry);
}

}  // namespace sluice::functions
