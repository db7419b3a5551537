// SPDX-License-Identifier: Apache-2.0
// Calls with a syntax of their own: CAST(x AS t), EXTRACT(unit FROM x), TRIM(LEADING ..), INTERVAL n unit, ..
#pragma once

#include "dialect/parse_context.h"
#include "dialect/types.h"

namespace sluice::dialect {

// At a keyword and '('. Null (not a failure) when the keyword has no syntax of its own.
Parsed<ExprPtr> parse_special_call(ParseContext& c);

// CAST(value AS type).
ExprPtr make_cast(ExprPtr value, const TypeName& type);

// At CASE.
Parsed<ExprPtr> parse_case(ParseContext& c);

// At INTERVAL: an INTERVAL value of the kernel.
Parsed<ExprPtr> parse_interval(ParseContext& c);

// DAY, MONTH, .. as the kernel's name for it ("day"), or empty when the word at the cursor is no unit.
// SECOND_MICROSECOND and the other compound ones only with `compound`.
std::string parse_unit(ParseContext& c, bool compound);

// `amount` of `unit` (as parse_unit gives it) as an interval.
Parsed<ExprPtr> make_interval(ParseContext& c, ExprPtr amount, const std::string& unit);

}  // namespace sluice::dialect
