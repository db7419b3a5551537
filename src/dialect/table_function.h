// SPDX-License-Identifier: Apache-2.0
// Tables that functions make: numbers("number" = "10"), and LATERAL VIEW explode(..) t AS c after a table.
#pragma once

#include "dialect/parse_context.h"
#include "dialect/query.h"

namespace sluice::dialect {

// At a name and '('.
Parsed<TablePtr> parse_table_function(ParseContext& c);

// Zero or more LATERAL VIEW [OUTER] function(..) table AS column, ..: each sees the columns of what stands before it.
Parsed<TablePtr> parse_lateral_views(ParseContext& c, TablePtr table);

}  // namespace sluice::dialect
