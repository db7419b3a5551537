// SPDX-License-Identifier: Apache-2.0
// The table functions of Doris that tell of the server: mv_infos, jobs, tasks, partitions, catalogs, frontends,
// backends, frontends_disks. Registered in system.doris, before any file is attached.
#pragma once

#include <memory>

#include "kernel/system_views.h"
#include "pch/pch.h"

namespace sluice::kernel {

void create_server_functions(duckdb::ClientContext& context, const std::shared_ptr<SystemRows>& rows);

}  // namespace sluice::kernel
