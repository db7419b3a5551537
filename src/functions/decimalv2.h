// SPDX-License-Identifier: Apache-2.0
// DECIMALV2(27, 9), Doris' older decimal: a DECIMAL(27, 9) under this alias. Two of them add, multiply and divide to a
// third, and beyond its 18 whole digits that is an error. To everything else it is the DECIMAL. Pure functions, or the
// thread rule of the binder.
#pragma once

#include "functions/decimal256.h"
#include "functions/registry.h"

namespace sluice::functions {

inline constexpr uint8_t kDecimalV2Width = 27;
inline constexpr uint8_t kDecimalV2Scale = 9;

LogicalType decimalv2_type();
bool is_decimalv2(const LogicalType& type);

// The value as the DECIMAL that it is; other values as they are.
BoundPtr plain_decimal(BoundPtr value);
// The arguments of a call that knows nothing of DECIMALV2, as plain decimals; arithmetic over two of them keeps them.
void plain_decimals(std::string_view function, BoundList& arguments);

// The operation over two of them; kMod is that of DECIMALs. NULL by zero.
BoundPtr calculate_decimalv2(duckdb::ClientContext& context, DecimalOperation operation, BoundPtr left, BoundPtr right);

}  // namespace sluice::functions
