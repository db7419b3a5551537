// SPDX-License-Identifier: Apache-2.0
// What the functions of dates share. Functions without state: any thread.
#pragma once

#include "dialect/function_call.h"

namespace sluice::dialect {

// A string literal as DATE ('2020-01-31') or TIMESTAMP; of others what is no moment as one.
ExprPtr as_moment(ExprPtr operand);

// `moment` plus or minus an INTERVAL tree. The kernel decides on the type when it knows that of `moment`.
ExprPtr shift_moment(bool add, ExprPtr moment, ExprPtr interval);

}  // namespace sluice::dialect
