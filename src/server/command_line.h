// SPDX-License-Identifier: Apache-2.0
// The command line of `sluice`: subcommands and flags, parsed and carried out. Flags of settings come from the table of
// settings, so that each setting has one without further code.
#pragma once

#include <string>
#include <vector>

namespace sluice::server {

// `arguments` without the program's name. Returns the exit code. Called once, from main's thread.
int run_command_line(const std::vector<std::string>& arguments);

}  // namespace sluice::server
