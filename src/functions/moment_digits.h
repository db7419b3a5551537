// SPDX-License-Identifier: Apache-2.0
// The n of DATETIME(n) of what is computed: the kernel's TIMESTAMP does not say it, so it is inferred over bound
// expressions. A function of moments gives as many digits of the second's fraction as the widest of them has, as in
// Doris (ComputeSignatureHelper). Thread rule of the binder.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "functions/registry.h"

namespace sluice::functions {

// One entry a DATETIME in a type, from left to right: one of DATETIME and ARRAY<DATETIME>, two of
// MAP<DATETIME, DATETIME>; 0 to 6, nothing where it is not known.
using MomentDigits = std::vector<std::optional<uint8_t>>;

size_t count_moments(const duckdb::LogicalType& type);

// What an inference knows beyond the expression.
struct MomentContext {
  duckdb::ClientContext& context;
  // Of a column of count_moments() > 0; any size other than that is taken as not known.
  std::function<MomentDigits(const duckdb::BoundColumnRefExpression&)> column;
  // Whether literals count, with the digits that they need. Not in plans that are kept for other ones.
  bool literals = false;
};

// count_moments() entries.
MomentDigits moment_digits(const duckdb::Expression& expression, const MomentContext& known);
// The widest of them, entry by entry, as UNION and VALUES make of one column. Not empty, all of one size.
MomentDigits widest(const std::vector<MomentDigits>& columns);

// Conversions of moments to text inside show the digits that the moments have.
void show_moment_digits(BoundPtr& expression, const MomentContext& known);

}  // namespace sluice::functions
