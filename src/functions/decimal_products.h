// SPDX-License-Identifier: Apache-2.0
// Products of DECIMALs of up to 38 digits, exact in 128 bits. The kernel's own product of two operands of 64 bits has
// no more than 18 digits and refuses larger ones; these have all digits of both. Where the statistics of the columns
// show that no product has more than 18 digits, it is calculated in 64 bits and cast: kernel/narrow_aggregates.h sums
// such ones without the cast. Thread rule of the binder.
#pragma once

#include "functions/registry.h"

namespace sluice::functions {

// `result`: DECIMAL with at least 19 digits, whose scale is `digits` less than those of both operands together; the
// digits left out round half away from zero. Errors when it runs: more than 38 digits.
BoundPtr multiply_decimals(duckdb::ClientContext& context, BoundPtr left, BoundPtr right, const LogicalType& result,
                           unsigned digits);

}  // namespace sluice::functions
