// SPDX-License-Identifier: Apache-2.0
// The columns of an inline view have names of their own: what a * in its list gives is known to the kernel's binder
// alone. Functions without state: any thread.
#pragma once

#include <string>
#include <vector>

#include "pch/pch.h"

namespace sluice::kernel {

// A * whose columns must differ from each other and from `others`, the further columns of the view of this name. When
// it is bound to others: 1060.
duckdb::unique_ptr<duckdb::ParsedExpression> star_of_distinct_names(const duckdb::StarExpression& star,
                                                                    const std::vector<std::string>& others,
                                                                    const std::string& view);

// Whether a * is such a one: it stands for the columns that a plain one stands for.
bool is_star_of_distinct_names(const duckdb::StarExpression& star);

// Registers what such a * calls.
void create_distinct_names(duckdb::ClientContext& context);

}  // namespace sluice::kernel
