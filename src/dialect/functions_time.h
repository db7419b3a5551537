// SPDX-License-Identifier: Apache-2.0
// What the functions of dates share. Functions without state: any thread.
#pragma once

#include "dialect/function_call.h"

namespace sluice::dialect {

// A string literal as DATE ('2020-01-31') or TIMESTAMP; other trees as they are.
ExprPtr as_moment(ExprPtr operand);

// `moment` plus or minus an INTERVAL tree. The kernel decides on the type when it knows that of `moment`.
ExprPtr shift_moment(bool add, ExprPtr moment, ExprPtr interval);

// The week of `moment` in one of MySQL's modes 0 to 7. (functions_week.cc)
ExprPtr build_week_number(ExprPtr moment, int64_t mode);
Parsed<ExprPtr> build_week(ParseContext& c, Call& call);
Parsed<ExprPtr> build_weekofyear(ParseContext& c, Call& call);
Parsed<ExprPtr> build_yearweek(ParseContext& c, Call& call);

// The day that text of the format "%X%V %W" means: "202001 Sunday", as clients make it of YEARWEEK().
ExprPtr build_date_of_week(ExprPtr text);

}  // namespace sluice::dialect
