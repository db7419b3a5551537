// SPDX-License-Identifier: Apache-2.0
// `sluice serve`: runs a Server until a signal ends it. SIGTERM and SIGINT drain and stop in order, a second one stops
// at once, SIGHUP reloads certificates and reopens log and audit files. Called once, from main's thread, before other
// threads.
#pragma once

#include "server/settings.h"

namespace sluice::server {

struct ServeOptions {
  bool demo = false;  // fill the database `tpch` with TPC-H at scale 0.1, if it is not there
};

// The process' exit code (exit_codes.h).
int serve(Settings settings, const ServeOptions& options);

// Starts the log as the settings say.
Status configure_log(const Settings& settings);

}  // namespace sluice::server
