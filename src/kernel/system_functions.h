// SPDX-License-Identifier: Apache-2.0
// The schema system.doris: the table functions that the views of information_schema and mysql read, and the scalar
// functions that the dialect's trees name (date_arithmetic.h). Internal to src/kernel. Table functions run on the
// kernel's threads with the querying context.
#pragma once

#include <memory>

#include "kernel/system_views.h"
#include "pch/pch.h"

namespace sluice::kernel {

// Adds the functions to an instance; `rows` answers for what the catalog does not know.
void create_system_functions(duckdb::ClientContext& context, std::shared_ptr<SystemRows> rows);

}  // namespace sluice::kernel
