// SPDX-License-Identifier: Apache-2.0
// BITMAP values of the kernel's vectors. Internal to src/functions; pure functions.
#pragma once

#include "duckdb/function/aggregate_function.hpp"
#include "functions/bitmap.h"
#include "pch/pch.h"

namespace sluice::functions {

// InvalidInputException for bytes that are no bitmap.
Bitmap bitmap_of(const duckdb::string_t& bytes);

// The aggregate of this name.
duckdb::AggregateFunction bitmap_union_count();

}  // namespace sluice::functions
