// SPDX-License-Identifier: Apache-2.0
// Whole numbers of 256 bits for intermediate results of decimals, and powers of ten. Pure functions: no thread rule.
#pragma once

#include <cstdint>
#include <optional>

#include "duckdb/common/types/hugeint.hpp"
#include "pch/pch.h"

namespace sluice::functions {

using Int128 = __int128;
using Int256 = _BitInt(256);

inline Int128 to_int128(const duckdb::hugeint_t& value) {
  return static_cast<Int128>((static_cast<unsigned __int128>(static_cast<uint64_t>(value.upper)) << 64) | value.lower);
}
inline duckdb::hugeint_t to_hugeint(Int128 value) {
  duckdb::hugeint_t result;
  result.upper = static_cast<int64_t>(static_cast<unsigned __int128>(value) >> 64);
  result.lower = static_cast<uint64_t>(value);
  return result;
}

// 10^digits, digits from 0 to 38 and 76.
inline Int128 power_of_ten(unsigned digits) {
  Int128 result = 1;
  while (digits-- > 0) result *= 10;
  return result;
}
inline Int256 wide_power_of_ten(unsigned digits) {
  Int256 result = 1;
  while (digits-- > 0) result *= 10;
  return result;
}

// Whether a DECIMAL of 38 digits holds it.
inline bool fits_decimal(Int256 value) {
  static const Int256 kLimit = wide_power_of_ten(38);
  return value > -kLimit && value < kLimit;
}

}  // namespace sluice::functions
