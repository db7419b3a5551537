// SPDX-License-Identifier: Apache-2.0
// max() and min() over all rows of a number that a cast makes wider take the number as it is, and their result is cast
// instead: Doris' results are wider than the kernel's own (ABS of a BIGINT is a LARGEINT), and comparing 128 bits costs
// several times as much. sum() takes a DECIMAL of 64 bits as it is, too: products are cast to all their digits
// (functions/decimal_products.h). Works for all connections of an instance.
#pragma once

#include "pch/pch.h"

namespace sluice::kernel {

// Before the instance is made.
void narrow_aggregates(duckdb::DBConfig& config);

}  // namespace sluice::kernel
