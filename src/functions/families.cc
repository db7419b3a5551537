// SPDX-License-Identifier: Apache-2.0
#include "functions/families.h"

namespace sluice::functions {

void add_families(Registry& registry) {
  add_arithmetic(registry);
  add_comparisons(registry);
  add_conditionals(registry);
  add_number_aggregates(registry);
  add_date_shifts(registry);
  add_date_rounding(registry);
  add_date_parts(registry);
  add_date_formats(registry);
  add_times(registry);
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
  add_markers(registry);
}

}  // namespace sluice::functions
