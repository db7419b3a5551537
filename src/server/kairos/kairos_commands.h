// SPDX-License-Identifier: Apache-2.0
// The subcommands of `sluice kairos`: migrate-config, export, import, verify. One thread.
#pragma once

#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>

#include "base/result.h"

namespace sluice::server {

// Adds "kairos" and its subcommands; `exit_code` is set when one ran. `data_dir` tells the data directory in effect
// when none is named.
void add_kairos_commands(CLI::App& app, std::function<Result<std::filesystem::path>()> data_dir, int& exit_code);

}  // namespace sluice::server
