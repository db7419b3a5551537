// SPDX-License-Identifier: Apache-2.0
// Doris' conversions between types, as bound trees: what does not convert is NULL, fractions are cut off, booleans are
// 1 and 0 in text. Source: Doris' regression answers; MySQL where those are silent. Internal to src/functions and the
// dialect's typed calls; thread rule of the binder.
#pragma once

#include "functions/registry.h"

namespace sluice::functions {

// CAST(value AS target).
BoundPtr convert(duckdb::ClientContext& context, BoundPtr value, const LogicalType& target);

// The argument as `wanted`, which may be ANY or a DECIMAL, LIST, MAP or STRUCT without sizes.
BoundPtr convert_argument(duckdb::ClientContext& context, BoundPtr argument, const LogicalType& wanted);

// The conversion of text to DATE or DATETIME.
inline constexpr const char* kTextToMoment = "text_to_moment";

// The value of a constant expression without columns; null Value when it is none.
std::optional<duckdb::Value> constant_of(duckdb::ClientContext& context, const duckdb::Expression& expression);

}  // namespace sluice::functions
