// SPDX-License-Identifier: Apache-2.0
// d_insert_value(value, example) in system.doris: the value as it goes into a column of the example's type. Converts as
// Doris does where the kernel differs (dates from numbers and short texts, fractions cut off, moments rounded to the
// column's digits), and refuses what does not convert. Thread rule of the binder.
#pragma once

#include "pch/pch.h"

namespace sluice::kernel {

inline constexpr const char* kInsertValue = "d_insert_value";
// The same, but what does not convert becomes NULL (enable_insert_strict = false).
inline constexpr const char* kInsertValueOrNull = "d_insert_value_or_null";
// Into a VARIANT: text that is no JSON becomes a string.
inline constexpr const char* kInsertVariant = "d_insert_variant";

// Before any file is attached.
void create_insert_values(duckdb::ClientContext& context);

}  // namespace sluice::kernel
