// SPDX-License-Identifier: Apache-2.0
// This server as Doris shows its machines: one frontend and one backend. Thread rule as show.h.
#pragma once

#include "session/outcome.h"
#include "session/services.h"

namespace sluice::session {

inline constexpr int64_t kBackendId = 10001;

Table frontend_table(Services& services);
Table backend_table(Services& services);
Table disk_table(Services& services);  // SHOW FRONTENDS DISKS
Table builtin_functions();

}  // namespace sluice::session
