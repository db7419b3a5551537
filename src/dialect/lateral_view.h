// SPDX-License-Identifier: Apache-2.0
// LATERAL VIEW explode(..) t AS c after a table. Internal to src/dialect; thread rule as ParseContext.
#pragma once

#include "dialect/parse_context.h"
#include "dialect/query.h"

namespace sluice::dialect {

// Zero or more LATERAL VIEW [OUTER] function(..) table AS column, ..: each sees the columns of what stands before it.
Parsed<TablePtr> parse_lateral_views(ParseContext& c, TablePtr table);

}  // namespace sluice::dialect
