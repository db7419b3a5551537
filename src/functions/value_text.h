// SPDX-License-Identifier: Apache-2.0
// Values as the text that CAST(.. AS STRING) gives in Doris. Pure functions: no thread rule.
#pragma once

#include <string>

#include "pch/pch.h"

namespace sluice::functions {

// 1, 0.1, 1e+20, 1e-07, inf, nan.
std::string number_text(double number);
std::string number_text(float number);

// [1, 2, null], {"k":1}, {"f1":1, "f2":"x"} of arrays, maps and structs: a scalar function's body.
void run_nested_text(duckdb::DataChunk& input, duckdb::ExpressionState& state, duckdb::Vector& result);

}  // namespace sluice::functions
