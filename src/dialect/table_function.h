// SPDX-License-Identifier: Apache-2.0
// f("property" = "value", ..) of Doris as a table. Internal to src/dialect; thread rule as ParseContext.
#pragma once

#include "dialect/query.h"

namespace sluice::dialect {

// At the function's name.
Parsed<TablePtr> parse_table_function(ParseContext& c);
// SELECT * FROM it: for DESC FUNCTION.
Parsed<QueryPtr> parse_function_as_query(ParseContext& c);

}  // namespace sluice::dialect
