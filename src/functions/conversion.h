// SPDX-License-Identifier: Apache-2.0
// Doris' conversions between types, as bound trees: what does not convert is NULL, fractions are cut off, booleans are
// 1 and 0 in text. Source: Doris' regression answers; MySQL where those are silent. Internal to src/functions and the
// dialect's typed calls; thread rule of the binder.
#pragma once

#include "functions/registry.h"

namespace sluice::functions {

// CAST(value AS target).
BoundPtr convert(duckdb::ClientContext& context, BoundPtr value, const LogicalType& target);

// What it costs to take `argument` where `wanted` is asked for, smaller is better; nothing when it cannot be.
std::optional<uint32_t> implicit_cost(const duckdb::Expression& argument, const LogicalType& wanted);
// The argument as `wanted`, which may be ANY or a DECIMAL, LIST, MAP or STRUCT without sizes.
BoundPtr convert_argument(duckdb::ClientContext& context, BoundPtr argument, const LogicalType& wanted);

// The type that CASE, IF, COALESCE, UNION and array literals give values of both types.
LogicalType common_type(const LogicalType& left, const LogicalType& right);
// The type in which two values are compared.
LogicalType comparison_type(const LogicalType& left, const LogicalType& right);

// The DECIMAL that holds every value of an integer type; DECIMAL(38, 0) for LARGEINT.
LogicalType decimal_of(const LogicalType& integer);

// The value of a constant expression without columns; null Value when it is none.
std::optional<duckdb::Value> constant_of(duckdb::ClientContext& context, const duckdb::Expression& expression);

}  // namespace sluice::functions
