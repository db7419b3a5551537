// SPDX-License-Identifier: Apache-2.0
// + - * / % , SUM and AVG of decimals of 39 to 76 digits.
#include "duckdb/common/vector_operations/binary_executor.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/conversion.h"
#include "functions/decimal256.h"
#include "functions/overload.h"

namespace sluice::functions {
namespace {

using duckdb::AggregateInputData;
using duckdb::AggregateUnaryInput;
using duckdb::idx_t;
using duckdb::string_t;
using Int512 = _BitInt(512);

constexpr int kDivisionDigits = 4;  // div_precision_increment
constexpr int kOverflowScale = 6;   // decimal_overflow_scale
constexpr uint8_t kLeastAverageScale = 4;

// 10^digits, up to 152.
Int512 power(unsigned digits) {
  Int512 result = 1;
  while (digits-- > 0) result *= 10;
  return result;
}

// What a kernel needs beside its operands: how many digits the left side gains, or the product loses.
struct StepData : duckdb::FunctionData {
  StepData(DecimalOperation operation, int digits) : operation(operation), digits(digits) {}
  duckdb::unique_ptr<FunctionData> Copy() const override { return duckdb::make_uniq<StepData>(operation, digits); }
  bool Equals(const FunctionData& other) const override {
    const auto& data = other.Cast<StepData>();
    return operation == data.operation && digits == data.digits;
  }
  const DecimalOperation operation;
  const int digits;
};

std::optional<Int512> calculate(DecimalOperation operation, Int512 left, Int512 right, Int512 factor) {
  switch (operation) {
    case DecimalOperation::kAdd:
      return left + right;
    case DecimalOperation::kSubtract:
      return left - right;
    case DecimalOperation::kMultiply: {
      const Int512 product = left * right;
      const Int512 half = factor / 2;
      return (product + (product < 0 ? -half : half)) / factor;
    }
    case DecimalOperation::kDivide:
      if (right == 0) return std::nullopt;
      return left * factor / right;
    case DecimalOperation::kMod:
      if (right == 0) return std::nullopt;
      return left % right;
  }
  return std::nullopt;
}

void run_step(duckdb::DataChunk& input, duckdb::ExpressionState& state, duckdb::Vector& result) {
  const auto& data = state.expr.Cast<duckdb::BoundFunctionExpression>().bind_info->Cast<StepData>();
  const Int512 factor = power(static_cast<unsigned>(data.digits));
  const Int512 limit = power(kMaxDecimal256Width);
  duckdb::BinaryExecutor::ExecuteWithNulls<string_t, string_t, string_t>(
      input.data[0], input.data[1], result, input.size(),
      [&](const string_t& left, const string_t& right, duckdb::ValidityMask& mask, idx_t row) {
        auto value = calculate(data.operation, Int512{decode_decimal256(left.GetData())},
                               Int512{decode_decimal256(right.GetData())}, factor);
        if (!value) {
          mask.SetInvalid(row);
          return string_t();
        }
        // As in Doris, a sum may have a digit more than its type.
        const bool sum = data.operation == DecimalOperation::kAdd || data.operation == DecimalOperation::kSubtract;
        if (!sum && (*value <= -limit || *value >= limit))
          throw duckdb::OutOfRangeException("Arithmetic overflow: the result has more than 76 digits");
        return duckdb::StringVector::AddStringOrBlob(result, encode_decimal256(static_cast<Int256>(*value)));
      });
}

struct Shape {
  LogicalType left;
  LogicalType right;
  LogicalType result;
  int digits = 0;
};

LogicalType wide(int scale) { return decimal256_type(kMaxDecimal256Width, static_cast<uint8_t>(scale)); }

Shape shape_of(DecimalOperation operation, const LogicalType& left, const LogicalType& right) {
  const int s1 = decimal_scale(left);
  const int s2 = decimal_scale(right);
  const int w1 = decimal_width(left);
  const int w2 = decimal_width(right);
  const int scale = std::max(s1, s2);
  const int whole = std::max(w1 - s1, w2 - s2);
  switch (operation) {
    case DecimalOperation::kAdd:
    case DecimalOperation::kSubtract:
      return {wide(scale), wide(scale), decimal_type(std::min(whole + scale + 1, kMaxDecimal256Width), scale)};
    case DecimalOperation::kMod:
      return {wide(scale), wide(scale), decimal_type(std::min(whole + scale, kMaxDecimal256Width), scale)};
    case DecimalOperation::kMultiply: {
      const int full = s1 + s2;
      const int width = w1 + w2;
      int kept = full;
      if (width > kMaxDecimal256Width && full > kOverflowScale) {
        kept = std::min(full, std::max(kMaxDecimal256Width - (width - full), kOverflowScale));
      }
      return {wide(s1), wide(s2), decimal_type(std::min(width, kMaxDecimal256Width), kept), full - kept};
    }
    case DecimalOperation::kDivide: {
      const int kept = std::min(s1 + kDivisionDigits, kMaxDecimal256Width);
      return {wide(s1), wide(s2), decimal_type(std::clamp(w1 + s2 + kDivisionDigits, kept, kMaxDecimal256Width), kept),
              s2 + kept - s1};
    }
  }
  return {};
}

// ---- aggregates

struct WideState {
  uint64_t parts[4];
  uint64_t count;
};

Int256 number_of(const WideState& state) {
  unsigned _BitInt(256) bits = 0;
  for (int i = 3; i >= 0; --i) bits = bits << 64 | state.parts[i];
  return static_cast<Int256>(bits);
}
void set_number(WideState& state, Int256 value) {
  auto bits = static_cast<unsigned _BitInt(256)>(value);
  for (auto& part : state.parts) {
    part = static_cast<uint64_t>(bits);
    bits >>= 64;
  }
}

template <bool average>
struct WideAggregate {
  template <class STATE>
  static void Initialize(STATE& state) {
    state = STATE();
  }
  template <class INPUT, class STATE, class OP>
  static void Operation(STATE& state, const INPUT& input, AggregateUnaryInput&) {
    set_number(state, number_of(state) + decode_decimal256(input.GetData()));
    ++state.count;
  }
  template <class INPUT, class STATE, class OP>
  static void ConstantOperation(STATE& state, const INPUT& input, AggregateUnaryInput&, idx_t count) {
    set_number(state, number_of(state) + decode_decimal256(input.GetData()) * static_cast<Int256>(count));
    state.count += count;
  }
  template <class STATE, class OP>
  static void Combine(const STATE& source, STATE& target, AggregateInputData&) {
    set_number(target, number_of(target) + number_of(source));
    target.count += source.count;
  }
  template <class T, class STATE>
  static void Finalize(STATE& state, T& target, duckdb::AggregateFinalizeData& finalize) {
    if (state.count == 0) {
      finalize.ReturnNull();
      return;
    }
    Int512 value = number_of(state);
    if (average) {
      const auto& data = finalize.input.bind_data->template Cast<StepData>();
      value = value * power(static_cast<unsigned>(data.digits)) / static_cast<Int512>(state.count);
    }
    const Int512 limit = power(kMaxDecimal256Width);
    if (value <= -limit || value >= limit)
      finalize.ReturnNull();
    else
      target = duckdb::StringVector::AddStringOrBlob(finalize.result, encode_decimal256(static_cast<Int256>(value)));
  }
  static bool IgnoreNull() { return true; }
};

duckdb::unique_ptr<duckdb::FunctionData> bind_average(duckdb::ClientContext&, duckdb::AggregateFunction& function,
                                                      BoundList&) {
  const int digits = decimal_scale(function.GetReturnType()) - decimal_scale(function.arguments[0]);
  return duckdb::make_uniq<StepData>(DecimalOperation::kDivide, digits);
}

}  // namespace

BoundPtr calculate_decimal256(duckdb::ClientContext& context, DecimalOperation operation, BoundPtr left,
                              BoundPtr right) {
  const Shape shape = shape_of(operation, left->return_type, right->return_type);
  BoundList children;
  children.push_back(convert(context, std::move(left), shape.left));
  children.push_back(convert(context, std::move(right), shape.right));
  const LogicalType made = wide(decimal_scale(shape.result));
  auto bound = bind_private(context, "decimal256_step", {shape.left, shape.right}, made, run_step, std::move(children));
  bound->Cast<duckdb::BoundFunctionExpression>().bind_info = duckdb::make_uniq<StepData>(operation, shape.digits);
  return convert(context, std::move(bound), shape.result);
}

duckdb::AggregateFunction decimal256_sum(const LogicalType& type) {
  auto function = duckdb::AggregateFunction::UnaryAggregate<WideState, string_t, string_t, WideAggregate<false>>(
      type, wide(decimal_scale(type)));
  function.SetOrderDependent(duckdb::AggregateOrderDependent::NOT_ORDER_DEPENDENT);
  return function;
}

duckdb::AggregateFunction decimal256_average(const LogicalType& type) {
  auto function = duckdb::AggregateFunction::UnaryAggregate<WideState, string_t, string_t, WideAggregate<true>>(
      type, wide(std::max(decimal_scale(type), kLeastAverageScale)));
  function.SetBindCallback(bind_average);
  function.SetOrderDependent(duckdb::AggregateOrderDependent::NOT_ORDER_DEPENDENT);
  return function;
}

}  // namespace sluice::functions
