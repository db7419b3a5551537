// SPDX-License-Identifier: Apache-2.0
// The vector body of a unary function whose result may be NULL. Internal to src/functions; a kernel's thread each.
#pragma once

#include <optional>

#include "duckdb/common/vector_operations/unary_executor.hpp"
#include "pch/pch.h"

namespace sluice::functions {

// Calls `convert` for each value that is not NULL; NULL where it gives nothing.
template <typename From, typename To, typename Convert>
void run_unary(duckdb::DataChunk& input, duckdb::Vector& result, Convert convert) {
  duckdb::UnaryExecutor::ExecuteWithNulls<From, To>(
      input.data[0], result, input.size(), [&](const From& from, duckdb::ValidityMask& mask, duckdb::idx_t row) -> To {
        std::optional<To> value = convert(from);
        if (value) return *value;
        mask.SetInvalid(row);
        return To();
      });
}

}  // namespace sluice::functions
