// SPDX-License-Identifier: Apache-2.0
// What the process tells its caller (`sluice --help` lists the same).
#pragma once

namespace sluice::server {

inline constexpr int kExitSuccess = 0;
inline constexpr int kExitFailure =
    1;  // could not start, or stopped because of an error; the reason is on standard error
inline constexpr int kExitUsage = 2;     // wrong command line, settings file or environment
inline constexpr int kExitForced = 130;  // a second signal, or a statement that did not react: not stopped in order

}  // namespace sluice::server
