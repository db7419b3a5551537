// SPDX-License-Identifier: Apache-2.0
#include "functions/families.h"

namespace sluice::functions {

void add_families(Registry& registry) {
  add_arithmetic(registry);
  add_comparisons(registry);
  add_conditionals(registry);
  add_number_aggregates(registry);
  add_match(registry);
}

}  // namespace sluice::functions
