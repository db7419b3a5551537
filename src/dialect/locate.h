// SPDX-License-Identifier: Apache-2.0
// Places of expressions in the statement's text: the kernel's binder names them in its errors.
// Functions without state: any thread.
#pragma once

#include "dialect/parse_context.h"

namespace sluice::dialect {

// Says of the tree, and of what the parser made inside it, that it begins at byte `offset`; what has a place keeps it.
// Names of columns are left alone: only those that were written have a place, and all of them do.
void locate(duckdb::ParsedExpression& tree, size_t offset);

}  // namespace sluice::dialect
