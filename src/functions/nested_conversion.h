// SPDX-License-Identifier: Apache-2.0
// Conversions to arrays, maps and structs: their elements convert as single values do (an element that does not is
// NULL); text is split into its parts first. Internal to src/functions; thread rule of the binder.
#pragma once

#include "functions/registry.h"

namespace sluice::functions {

// `target` is a LIST, MAP or STRUCT; the value no NULL literal.
BoundPtr convert_to_nested(duckdb::ClientContext& context, BoundPtr value, const LogicalType& target);

}  // namespace sluice::functions
