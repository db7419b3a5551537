// SPDX-License-Identifier: Apache-2.0
// The settings timeseries.cassandra.* as the Cassandra store takes them. A pure function but for the TLS files that it
// reads. Source of truth: settings_rows.cc and src/timeseries/store/cassandra/settings.h.
#pragma once

#include "base/result.h"
#include "server/settings.h"
#include "timeseries/store/cassandra/settings.h"

namespace sluice::server {

// Errors: kInvalidArgument, naming the setting and where it was set.
Result<timeseries::CassandraSettings> cassandra_settings(const Settings& settings);

}  // namespace sluice::server
