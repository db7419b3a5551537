// SPDX-License-Identifier: Apache-2.0
// The table functions in system.doris that the views of information_schema and mysql read. Internal to src/kernel.
// They run on the kernel's threads with the querying context.
#pragma once

#include <memory>

#include "kernel/pch/pch.h"
#include "kernel/system_views.h"

namespace sluice::kernel {

// Adds the functions to an instance; `rows` answers for what the catalog does not know.
void create_system_functions(duckdb::ClientContext& context, std::shared_ptr<SystemRows> rows);

}  // namespace sluice::kernel
