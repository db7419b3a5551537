// SPDX-License-Identifier: Apache-2.0
// Finds tables that a statement names without a database. Functions without state.
#pragma once

#include "base/error.h"
#include "pch/pch.h"

namespace sluice::session {

// Whether `tree` needs a selected database: it reads or changes a table or view whose name has one part (and is no
// common table expression of the statement), or makes or drops one.
bool needs_database(const duckdb::SQLStatement& tree);
inline Error no_database_selected() { return sql_error(Code::kFailedPrecondition, 1046, "No database selected"); }

}  // namespace sluice::session
