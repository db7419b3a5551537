// SPDX-License-Identifier: Apache-2.0
// Conversions to types with a size of their own: DECIMAL(p, s), DATETIME(n), and TIME, whose values go beyond a day and
// lie in INTERVALs of microseconds. Internal to src/functions; thread rule of the binder.
#pragma once

#include "functions/registry.h"

namespace sluice::functions {

// Text as a DECIMAL of up to 38 digits: the largest one where it is larger, NULL where it is no number.
BoundPtr text_as_decimal(duckdb::ClientContext& context, BoundPtr text, const LogicalType& target);
// Whether CAST of a number can go beyond a DECIMAL, which is an error.
bool overflows(const LogicalType& from, const LogicalType& target);

// The kernel gives BOOLEAN and DECIMAL(n, n) that type together (UNION), which has no place before the point, and then
// casts TRUE to the smallest fraction. With these casts it is 1: the storage has room for it.
void register_truth_casts(duckdb::ClientContext& context);

// Text and the digits HHMMSS as a time; BinderException for other types.
BoundPtr to_time(duckdb::ClientContext& context, BoundPtr value);

// The digits of the second's fraction to which a moment was rounded or cut; nothing of other expressions.
std::optional<int> rounded_digits(const duckdb::Expression& expression);
// The moment cut to these digits.
BoundPtr cut_moment(duckdb::ClientContext& context, BoundPtr moment, int digits);
// As text with exactly these digits.
BoundPtr moment_text(duckdb::ClientContext& context, BoundPtr moment, int digits);
// The conversion of a moment to text with the digits that its value needs.
inline constexpr const char* kShortMomentText = "datetime_text";

}  // namespace sluice::functions
