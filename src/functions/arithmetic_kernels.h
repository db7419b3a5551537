// SPDX-License-Identifier: Apache-2.0
// What arithmetic.cc does to columns: integers that wrap, quotients that are NULL for a divisor of 0, decimals over 256
// bits. Types are chosen there. Errors: duckdb::OutOfRangeException.
#pragma once

#include <cmath>
#include <limits>
#include <optional>

#include "duckdb/common/vector_operations/binary_executor.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/decimals.h"

namespace sluice::functions::arithmetic {

using duckdb::BinaryExecutor;
using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::hugeint_t;
using duckdb::ValidityMask;
using duckdb::Vector;

enum class Operation : uint8_t { kAdd, kSubtract, kMultiply };

template <Operation operation>
struct WrapInt64 {
  static int64_t run(int64_t left, int64_t right) {
    const auto a = static_cast<uint64_t>(left);
    const auto b = static_cast<uint64_t>(right);
    return static_cast<int64_t>(operation == Operation::kAdd        ? a + b
                                : operation == Operation::kSubtract ? a - b
                                                                    : a * b);
  }
};
template <Operation operation>
struct WrapInt128 {
  static hugeint_t run(const hugeint_t& left, const hugeint_t& right) {
    const auto a = static_cast<unsigned __int128>(to_int128(left));
    const auto b = static_cast<unsigned __int128>(to_int128(right));
    return to_hugeint(static_cast<Int128>(operation == Operation::kAdd        ? a + b
                                          : operation == Operation::kSubtract ? a - b
                                                                              : a * b));
  }
};

template <typename T, typename Kernel>
void run_binary(DataChunk& input, ExpressionState&, Vector& result) {
  BinaryExecutor::Execute<T, T, T>(input.data[0], input.data[1], result, input.size(), Kernel::run);
}

// x / y, x DIV y, x % y: NULL where y is 0.
template <typename T, typename Kernel>
void run_dividing(DataChunk& input, ExpressionState&, Vector& result) {
  BinaryExecutor::ExecuteWithNulls<T, T, T>(input.data[0], input.data[1], result, input.size(),
                                            [](const T& left, const T& right, ValidityMask& mask, duckdb::idx_t row) {
                                              if (right == T(0)) {
                                                mask.SetInvalid(row);
                                                return T(0);
                                              }
                                              return Kernel::run(left, right);
                                            });
}

struct DivideDouble {
  static double run(double left, double right) { return left / right; }
};
struct ModDouble {
  static double run(double left, double right) { return std::fmod(left, right); }
};
struct DivInt64 {
  // INT64_MIN DIV -1 wraps.
  static int64_t run(int64_t left, int64_t right) {
    return right == -1 ? WrapInt64<Operation::kSubtract>::run(0, left) : left / right;
  }
};
struct DivInt128 {
  static hugeint_t run(const hugeint_t& left, const hugeint_t& right) {
    const Int128 divisor = to_int128(right);
    if (divisor == -1) return WrapInt128<Operation::kSubtract>::run(hugeint_t(0), left);
    return to_hugeint(to_int128(left) / divisor);
  }
};
template <typename T>
struct ModInt {
  static T run(T left, T right) {
    if (right == -1 && left == std::numeric_limits<T>::min()) {
      throw duckdb::OutOfRangeException("Division of minimal signed number by minus one is an undefined: mod()");
    }
    return static_cast<T>(left % right);
  }
};
struct ModInt128 {
  static hugeint_t run(const hugeint_t& left, const hugeint_t& right) {
    const Int128 divisor = to_int128(right);
    return divisor == -1 ? hugeint_t(0) : to_hugeint(to_int128(left) % divisor);
  }
};

// What the kernel of a decimal operation needs to know beside its operands.
struct ScaleData : duckdb::FunctionData {
  explicit ScaleData(unsigned digits) : digits(digits) {}
  duckdb::unique_ptr<FunctionData> Copy() const override { return duckdb::make_uniq<ScaleData>(digits); }
  bool Equals(const FunctionData& other) const override { return digits == other.Cast<ScaleData>().digits; }
  const unsigned digits;
};

// left * 10^digits / right over the unscaled numbers, cut off. Both 128 bits.
struct DecimalDivider {
  explicit DecimalDivider(unsigned digits) : wide_factor(wide_power_of_ten(digits)) {
    if (digits <= 18) factor = static_cast<int64_t>(power_of_ten(digits));
  }
  std::optional<hugeint_t> divide(const hugeint_t& left, const hugeint_t& right) const {
    const Int128 a = to_int128(left);
    const Int128 b = to_int128(right);
    if (b == 0) return std::nullopt;
    Int128 product = 0;
    if (factor != 0 && !__builtin_mul_overflow(a, Int128{factor}, &product)) {
      // 64 bits divide several times faster than 128.
      if (product == static_cast<int64_t>(product) && b == static_cast<int64_t>(b) && b != -1) {
        return to_hugeint(static_cast<int64_t>(product) / static_cast<int64_t>(b));
      }
      return checked(Int256{product} / Int256{b});
    }
    return checked(Int256{a} * wide_factor / Int256{b});
  }
  static std::optional<hugeint_t> checked(Int256 value) {
    if (!fits_decimal(value)) return std::nullopt;
    return to_hugeint(static_cast<Int128>(value));
  }
  int64_t factor = 0;
  Int256 wide_factor;
};

inline const ScaleData& scale_data(ExpressionState& state) {
  return state.expr.Cast<duckdb::BoundFunctionExpression>().bind_info->Cast<ScaleData>();
}

inline void run_divide_decimals(DataChunk& input, ExpressionState& state, Vector& result) {
  const DecimalDivider divider(scale_data(state).digits);
  BinaryExecutor::ExecuteWithNulls<hugeint_t, hugeint_t, hugeint_t>(
      input.data[0], input.data[1], result, input.size(),
      [&](const hugeint_t& left, const hugeint_t& right, ValidityMask& mask, duckdb::idx_t row) {
        auto quotient = divider.divide(left, right);
        if (quotient) return *quotient;
        mask.SetInvalid(row);
        return hugeint_t(0);
      });
}

// The sum (difference) of decimals of different scales, without `digits` of its last ones.
template <bool subtract>
void run_add_decimals(DataChunk& input, ExpressionState& state, Vector& result) {
  const Int256 divisor = wide_power_of_ten(scale_data(state).digits);
  const int left_scale = duckdb::DecimalType::GetScale(input.data[0].GetType());
  const int right_scale = duckdb::DecimalType::GetScale(input.data[1].GetType());
  const int scale = std::max(left_scale, right_scale);
  const Int256 left_factor = wide_power_of_ten(static_cast<unsigned>(scale - left_scale));
  const Int256 right_factor = wide_power_of_ten(static_cast<unsigned>(scale - right_scale));
  BinaryExecutor::Execute<hugeint_t, hugeint_t, hugeint_t>(
      input.data[0], input.data[1], result, input.size(), [&](const hugeint_t& left, const hugeint_t& right) {
        const Int256 a = Int256{to_int128(left)} * left_factor;
        const Int256 b = Int256{to_int128(right)} * right_factor;
        const Int256 sum = subtract ? a - b : a + b;
        const Int256 rounded = (sum + (sum < 0 ? -divisor / 2 : divisor / 2)) / divisor;
        if (!fits_decimal(rounded))
          throw duckdb::OutOfRangeException("Arithmetic overflow: the sum has more than 38 digits");
        return to_hugeint(static_cast<Int128>(rounded));
      });
}

}  // namespace sluice::functions::arithmetic
