// SPDX-License-Identifier: Apache-2.0
// Expressions: precedence climbing over MySQL's operators. From low to high: OR ||, XOR, AND &&, NOT, comparisons (with
// BETWEEN, IN, LIKE, REGEXP, IS), |, &, << >>, + -, * / DIV % MOD, ^, || as concat, unary - ~ ! BINARY, COLLATE.
#pragma once

#include "dialect/parse_context.h"

namespace sluice::dialect {

Parsed<ExprPtr> parse_expression(ParseContext& c);

// An expression whose first operand was read already (a parenthesised query that turned out to be a scalar).
Parsed<ExprPtr> parse_expression_from(ParseContext& c, ExprPtr first);

// One or more, between commas. Height becomes that of the highest.
Parsed<ExprList> parse_expression_list(ParseContext& c);

// An operand without binary operators: literal, column, call, CASE, parenthesis. (operand.cc)
Parsed<ExprPtr> parse_operand(ParseContext& c);

// What binds tighter than comparisons: the bounds of BETWEEN, the amount of INTERVAL.
Parsed<ExprPtr> parse_arithmetic(ParseContext& c);

// expr [ASC|DESC] [NULLS FIRST|LAST], ...; where nothing is written NULLs are the smallest, as in MySQL and Doris.
Parsed<duckdb::vector<duckdb::OrderByNode>> parse_order_list(ParseContext& c);

// The literal token at the cursor as a constant, not lifted. Adjacent strings are joined.
Parsed<ExprPtr> parse_literal(ParseContext& c);
// A string literal's value: fixed.
Parsed<std::string> parse_string(ParseContext& c, std::string_view what);
// A whole number without sign: fixed.
Parsed<uint64_t> parse_unsigned(ParseContext& c, std::string_view what);

}  // namespace sluice::dialect
