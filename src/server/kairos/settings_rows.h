// SPDX-License-Identifier: Apache-2.0
// The settings timeseries.cassandra.* and timeseries.rollups.*: rows of setting_table(). Data.
// Source of truth: src/timeseries/store/cassandra/settings.h and src/timeseries/rollup/*.h, which say what they do.
#pragma once

#include <span>

#include "server/settings.h"

namespace sluice::server {

std::span<const SettingDefinition> cassandra_setting_rows();
std::span<const SettingDefinition> rollup_setting_rows();

}  // namespace sluice::server
