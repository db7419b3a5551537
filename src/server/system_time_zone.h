// SPDX-License-Identifier: Apache-2.0
// The time zone this machine is set to.
#pragma once

#include <string>

namespace sluice::server {

// A name of the tz database: of $TZ, /etc/timezone or where /etc/localtime points; "Etc/UTC" when none tells.
std::string system_time_zone();

}  // namespace sluice::server
