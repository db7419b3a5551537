// SPDX-License-Identifier: Apache-2.0
// Conversions that refuse what they cannot hold, made of those that give NULL for it. Thread rule of the binder.
#pragma once

#include "functions/registry.h"

namespace sluice::functions {

enum class Lost : uint8_t {
  kNoSuchValue,  // Could not convert string 'x' to INT
  kOverflow,     // Arithmetic overflow, as Doris says of decimals
};

// `converted`, but an error in a row where it is NULL and `original`, from which it was made, is not.
BoundPtr refusing(duckdb::ClientContext& context, BoundPtr original, BoundPtr converted, Lost lost);

}  // namespace sluice::functions
