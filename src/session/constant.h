// SPDX-License-Identifier: Apache-2.0
// SELECT lists of constants, answered without the kernel: SELECT 1, SELECT @@version_comment LIMIT 1. The dialect has
// already put values in the place of variables and session functions. Functions without state.
#pragma once

#include <optional>

#include "session/outcome.h"

namespace sluice::session {

// The one row of a SELECT without FROM whose items are all constants; nullopt for any other statement.
std::optional<Table> answer_constants(const duckdb::SQLStatement& tree);

// Whether a text may be one for answer_constants: cheap, and never wrong when it says no.
bool may_be_constants(std::string_view sql);

}  // namespace sluice::session
