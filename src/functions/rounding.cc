// SPDX-License-Identifier: Apache-2.0
// ROUND, ROUND_BANKERS, CEIL, FLOOR and TRUNCATE to a number of decimals, which may be negative. A decimal keeps as
// many digits as a constant number of decimals asks for.
#include <cmath>

#include "duckdb/planner/expression/list.hpp"
#include "functions/conversion.h"
#include "functions/decimals.h"
#include "functions/families.h"
#include "functions/overload.h"
#include "functions/rows.h"
#include "functions/type_coercion.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::hugeint_t;

enum class Mode : uint8_t { kRound, kBankers, kCeil, kFloor, kTruncate };

template <Mode mode>
double round_whole(double number) {
  switch (mode) {
    case Mode::kRound:
      return std::round(number);
    case Mode::kBankers:
      return std::nearbyint(number);
    case Mode::kCeil:
      return std::ceil(number);
    case Mode::kFloor:
      return std::floor(number);
    case Mode::kTruncate:
      return std::trunc(number);
  }
}

template <Mode mode>
double round_double(double number, int64_t digits) {
  if (digits == 0 || !std::isfinite(number)) return round_whole<mode>(number);
  const double power = std::pow(10.0, static_cast<double>(std::clamp<int64_t>(std::abs(digits), 0, 400)));
  if (digits < 0) return std::isinf(power) ? 0 : round_whole<mode>(number / power) * power;
  const double scaled = number * power;
  if (!std::isfinite(scaled)) return number;
  return round_whole<mode>(scaled) / power;
}

// `value` in steps of 10^dropped.
template <Mode mode>
Int128 round_unscaled(Int128 value, int64_t dropped) {
  if (dropped <= 0) return value;
  if (dropped > 38) return 0;
  const Int128 step = power_of_ten(static_cast<unsigned>(dropped));
  const Int128 rest = value % step;
  const Int128 whole = value - rest;
  const Int128 twice = rest < 0 ? -rest * 2 : rest * 2;
  const Int128 away = value < 0 ? whole - step : whole + step;
  switch (mode) {
    case Mode::kRound:
      return twice >= step ? away : whole;
    case Mode::kBankers:
      return twice > step || (twice == step && (whole / step) % 2 != 0) ? away : whole;
    case Mode::kCeil:
      return rest > 0 ? away : whole;
    case Mode::kFloor:
      return rest < 0 ? away : whole;
    case Mode::kTruncate:
      return whole;
  }
}

// value, scale, digits: the unscaled number with what is behind the digits made 0.
template <Mode mode>
hugeint_t round_decimal(hugeint_t value, int32_t scale, int64_t digits) {
  return to_hugeint(round_unscaled<mode>(to_int128(value), scale - std::clamp<int64_t>(digits, -100, 100)));
}

// The kernel takes functions of the same name and types for the same.
std::string private_name(const char* of, Mode mode) {
  return std::string("round_") + of + "_" + std::to_string(static_cast<int>(mode));
}

BoundPtr constant_integer(int32_t value) {
  return duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::INTEGER(value));
}

template <Mode mode>
BoundPtr expand_decimal(Call& call, BoundPtr value, BoundPtr digits) {
  const LogicalType type = value->return_type;
  const uint8_t width = duckdb::DecimalType::GetWidth(type);
  const uint8_t scale = duckdb::DecimalType::GetScale(type);
  uint8_t kept = scale;
  if (auto constant = constant_of(call.context, *digits); constant && !constant->IsNull()) {
    kept = static_cast<uint8_t>(std::clamp<int64_t>(duckdb::BigIntValue::Get(*constant), 0, scale));
  }
  const LogicalType wide = LogicalType::DECIMAL(38, scale);
  BoundList children;
  children.push_back(convert(call.context, std::move(value), wide));
  children.push_back(constant_integer(scale));
  children.push_back(std::move(digits));
  BoundPtr rounded =
      bind_private(call.context, private_name("decimal", mode), {wide, LogicalType::INTEGER, LogicalType::BIGINT}, wide,
                   run_rows<round_decimal<mode>>, std::move(children));
  // A carry may need one digit more.
  const int digits_now = std::min(38, width - scale + kept + 1);
  return convert(call.context, std::move(rounded), LogicalType::DECIMAL(static_cast<uint8_t>(digits_now), kept));
}

template <Mode mode>
BoundPtr expand_rounding(Call& call) {
  BoundPtr value = std::move(call.arguments[0]);
  BoundPtr digits = call.arguments.size() == 2
                        ? convert(call.context, std::move(call.arguments[1]), LogicalType::BIGINT)
                        : duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::BIGINT(0));
  const bool whole = call.arguments.size() == 1;
  const LogicalType type = value->return_type;
  if (type.id() == LogicalTypeId::BOOLEAN) value = convert(call.context, std::move(value), LogicalType::TINYINT);
  if (is_integer(type) || type.id() == LogicalTypeId::BOOLEAN) {
    auto constant = constant_of(call.context, *digits);
    if (whole || (constant && !constant->IsNull() && duckdb::BigIntValue::Get(*constant) >= 0)) return value;
    const LogicalType decimal = decimal_of(value->return_type);
    return expand_decimal<mode>(call, convert(call.context, std::move(value), decimal), std::move(digits));
  }
  if (type.id() == LogicalTypeId::DECIMAL) return expand_decimal<mode>(call, std::move(value), std::move(digits));
  BoundList children;
  children.push_back(convert(call.context, std::move(value), LogicalType::DOUBLE));
  children.push_back(std::move(digits));
  return bind_private(call.context, private_name("double", mode), {LogicalType::DOUBLE, LogicalType::BIGINT},
                      LogicalType::DOUBLE, run_rows<round_double<mode>>, std::move(children));
}

}  // namespace

void add_rounding(Registry& registry) {
  registry.add("round", "The number to so many decimals, halves away from 0.")
      .alias("dround")
      .expanded(1, 2, "DOUBLE|DECIMAL round(NUMBER[, BIGINT])", expand_rounding<Mode::kRound>);
  registry.add("round_bankers", "The number to so many decimals, halves to the even digit.")
      .expanded(1, 2, "DOUBLE|DECIMAL round_bankers(NUMBER[, BIGINT])", expand_rounding<Mode::kBankers>);
  registry.add("ceil", "The next greater number with so many decimals.")
      .alias("ceiling")
      .alias("dceil")
      .expanded(1, 2, "DOUBLE|DECIMAL ceil(NUMBER[, BIGINT])", expand_rounding<Mode::kCeil>);
  registry.add("floor", "The next smaller number with so many decimals.")
      .alias("dfloor")
      .expanded(1, 2, "DOUBLE|DECIMAL floor(NUMBER[, BIGINT])", expand_rounding<Mode::kFloor>);
  registry.add("truncate", "The number without the decimals behind so many.")
      .expanded(1, 2, "DOUBLE|DECIMAL truncate(NUMBER[, BIGINT])", expand_rounding<Mode::kTruncate>);
}

}  // namespace sluice::functions
