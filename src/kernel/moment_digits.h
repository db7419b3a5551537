// SPDX-License-Identifier: Apache-2.0
// The n of DATETIME(n) of a statement's columns, inferred over its bound plan. Thread rule of the binder.
#pragma once

#include <vector>

#include "functions/moment_digits.h"

namespace sluice::kernel {

// Of the statement that was bound last in a context, one entry a column of its result, or of the table that it creates
// of a query. Registered in the kernel's context.
struct ResultDigits final : duckdb::ClientContextState {
  static constexpr const char* kKey = "sluice_result_digits";
  std::vector<functions::MomentDigits> columns;
};

// Follows the digits from the tables' declarations to the result, leaves them in ResultDigits, and makes conversions to
// text show them.
void settle_moment_digits(duckdb::ClientContext& context, duckdb::LogicalOperator& plan);

}  // namespace sluice::kernel
