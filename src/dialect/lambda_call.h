// SPDX-License-Identifier: Apache-2.0
// Calls with a lambda among their arguments: array_map(x -> x + 1, a), array_filter((x, y) -> x > y, a, b), ..
#pragma once

#include "dialect/function_call.h"

namespace sluice::dialect {

bool has_lambda(const Call& call);

// The tree of a call with a lambda.
Parsed<ExprPtr> build_lambda_call(ParseContext& c, Call& call);

// The lambda whose parameters were read as `parameters` (a name, or names in parentheses); null when they are none.
ExprPtr make_lambda(const duckdb::ParsedExpression& parameters, ExprPtr body);

}  // namespace sluice::dialect
