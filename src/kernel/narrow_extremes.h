// SPDX-License-Identifier: Apache-2.0
// max() and min() over all rows of a number that a cast makes wider take the number as it is, and their result is cast
// instead: Doris' results are wider than the kernel's own (ABS of a BIGINT is a LARGEINT), and comparing 128 bits costs
// several times as much. Works for all connections of an instance.
#pragma once

#include "pch/pch.h"

namespace sluice::kernel {

// Before the instance is made.
void narrow_extremes(duckdb::DBConfig& config);

}  // namespace sluice::kernel
