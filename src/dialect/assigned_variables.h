// SPDX-License-Identifier: Apache-2.0
// `@v := value` inside a SELECT's list: a name for a part of the row's expressions, which later items of the list read
// as @v (the catalogue queries of ODBC drivers are written so). A later read becomes the assigned expression itself;
// the session's variable keeps its value. What would carry a value from one row to the next (@n := @n + 1) is refused.
// Functions without state: any thread.
#pragma once

#include <string>

#include "dialect/parse_context.h"

namespace sluice::dialect {

// What the parser puts into the list until resolve_assignments(): `name` := value, and a read of `name`.
ExprPtr assignment(std::string name, ExprPtr value);
ExprPtr assigned_read(std::string name);

// Replaces both in the items, which are in the order of the list. Whether there was an assignment.
Parsed<bool> resolve_assignments(ParseContext& c, ExprList& items);

}  // namespace sluice::dialect
