// SPDX-License-Identifier: Apache-2.0
#include "functions/decimalv2.h"

#include "duckdb/common/vector_operations/binary_executor.hpp"
#include "duckdb/function/cast/default_casts.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/conversion.h"
#include "functions/decimals.h"
#include "functions/overload.h"

namespace sluice::functions {
namespace {

using duckdb::hugeint_t;

constexpr const char* kAlias = "DECIMALV2";

// left / right, half rounded away from zero.
Int256 rounded_quotient(Int256 left, Int256 right) {
  const Int256 quotient = left / right;
  Int256 rest = left % right;
  if (rest < 0) rest = -rest;
  const Int256 size = right < 0 ? -right : right;
  if (rest * 2 < size) return quotient;
  return quotient + ((left < 0) == (right < 0) ? 1 : -1);
}

Int256 calculate(DecimalOperation operation, Int256 left, Int256 right) {
  static const Int256 kOne = wide_power_of_ten(kDecimalV2Scale);
  switch (operation) {
    case DecimalOperation::kAdd:
      return left + right;
    case DecimalOperation::kSubtract:
      return left - right;
    case DecimalOperation::kMultiply:
      return rounded_quotient(left * right, kOne);
    default:
      return rounded_quotient(left * kOne, right);
  }
}

const char* symbol(DecimalOperation operation) {
  switch (operation) {
    case DecimalOperation::kAdd:
      return "+";
    case DecimalOperation::kSubtract:
      return "-";
    case DecimalOperation::kMultiply:
      return "*";
    default:
      return "/";
  }
}

template <DecimalOperation operation>
void run_step(duckdb::DataChunk& input, duckdb::ExpressionState&, duckdb::Vector& result) {
  static const Int256 kLimit = wide_power_of_ten(kDecimalV2Width);
  duckdb::BinaryExecutor::ExecuteWithNulls<hugeint_t, hugeint_t, hugeint_t>(
      input.data[0], input.data[1], result, input.size(),
      [](const hugeint_t& left, const hugeint_t& right, duckdb::ValidityMask& mask, duckdb::idx_t row) {
        const Int256 a = to_int128(left);
        const Int256 b = to_int128(right);
        if (operation == DecimalOperation::kDivide && b == 0) {
          mask.SetInvalid(row);
          return hugeint_t(0);
        }
        const Int256 value = calculate(operation, a, b);
        if (value > -kLimit && value < kLimit) return to_hugeint(static_cast<Int128>(value));
        throw duckdb::OutOfRangeException(
            "Arithmetic overflow: %s %s %s = %s, result type: decimalv2(27,9), which ends at "
            "999999999999999999.999999999",
            decimal256_text(a, kDecimalV2Scale), symbol(operation), decimal256_text(b, kDecimalV2Scale),
            decimal256_text(value, kDecimalV2Scale));
      });
}

duckdb::scalar_function_t step_of(DecimalOperation operation) {
  switch (operation) {
    case DecimalOperation::kAdd:
      return run_step<DecimalOperation::kAdd>;
    case DecimalOperation::kSubtract:
      return run_step<DecimalOperation::kSubtract>;
    case DecimalOperation::kMultiply:
      return run_step<DecimalOperation::kMultiply>;
    default:
      return run_step<DecimalOperation::kDivide>;
  }
}

}  // namespace

LogicalType decimalv2_type() {
  LogicalType type = LogicalType::DECIMAL(kDecimalV2Width, kDecimalV2Scale);
  type.SetAlias(kAlias);
  return type;
}

bool is_decimalv2(const LogicalType& type) {
  return type.id() == LogicalTypeId::DECIMAL && type.HasAlias() && type.GetAlias() == kAlias;
}

BoundPtr plain_decimal(BoundPtr value) {
  const LogicalType type = value->return_type;
  if (!is_decimalv2(type)) return value;
  return duckdb::make_uniq<duckdb::BoundCastExpression>(std::move(value),
                                                        LogicalType::DECIMAL(decimal_width(type), decimal_scale(type)),
                                                        duckdb::BoundCastInfo(duckdb::DefaultCasts::ReinterpretCast));
}

void plain_decimals(std::string_view function, BoundList& arguments) {
  const bool any = std::any_of(arguments.begin(), arguments.end(),
                               [](const BoundPtr& argument) { return is_decimalv2(argument->return_type); });
  if (!any) return;
  if (function == "cast" || function == "store") {  // the second argument is a type
    arguments[0] = plain_decimal(std::move(arguments[0]));
    return;
  }
  const bool both =
      arguments.size() == 2 && is_decimalv2(arguments[0]->return_type) && is_decimalv2(arguments[1]->return_type);
  for (const char* name : {"add", "subtract", "multiply", "divide"}) {
    if (both && function == name) return;
  }
  for (auto& argument : arguments) argument = plain_decimal(std::move(argument));
}

BoundPtr calculate_decimalv2(duckdb::ClientContext& context, DecimalOperation operation, BoundPtr left,
                             BoundPtr right) {
  const LogicalType type = decimalv2_type();
  BoundList children;
  children.push_back(convert(context, std::move(left), type));
  children.push_back(convert(context, std::move(right), type));
  return bind_private(context, symbol(operation), {type, type}, type, step_of(operation), std::move(children));
}

}  // namespace sluice::functions
