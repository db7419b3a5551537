// SPDX-License-Identifier: Apache-2.0
// A bound on the memory of the whole process, so that one statement fails instead of the system ending the process.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace sluice::server {

// Lets allocations fail once the process has `bytes` of private writable memory (RLIMIT_DATA: what is reserved counts,
// touched or not). A lower limit that the process was started under stays. Call once, before threads are made. Nothing
// happens in builds with sanitizers, whose shadow memory would count. Errors: kUnavailable with the system's words.
Status set_memory_ceiling(uint64_t bytes);

}  // namespace sluice::server
