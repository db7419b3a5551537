// SPDX-License-Identifier: Apache-2.0
// Which type values of two types meet in, and what an implicit cast costs: the rules by which Doris chooses overloads
// and types of CASE, UNION and comparisons. Source: Doris' TypeCoercionUtils and its regression answers. Internal to
// src/functions and the dialect's typed calls; functions without state.
#pragma once

#include "functions/registry.h"

namespace sluice::functions {

// What it costs to take `argument` where `wanted` is asked for, smaller is better; nothing when it cannot be.
std::optional<uint32_t> implicit_cost(const duckdb::Expression& argument, const LogicalType& wanted);

// The type that CASE, IF, COALESCE, UNION and array literals give values of both types.
LogicalType common_type(const LogicalType& left, const LogicalType& right);
// The type in which two values are compared.
LogicalType comparison_type(const LogicalType& left, const LogicalType& right);

// The DECIMAL that holds every value of an integer type; DECIMAL(38, 0) for LARGEINT.
LogicalType decimal_of(const LogicalType& integer);

}  // namespace sluice::functions
