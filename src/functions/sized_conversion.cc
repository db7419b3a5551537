// SPDX-License-Identifier: Apache-2.0
#include "functions/sized_conversion.h"

#include <cmath>

#include "base/text_format.h"
#include "duckdb/common/vector_operations/binary_executor.hpp"
#include "duckdb/common/vector_operations/unary_executor.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/conversion.h"
#include "functions/decimal256.h"
#include "functions/decimals.h"
#include "functions/families.h"
#include "functions/overload.h"
#include "functions/text_to_value.h"
#include "functions/type_coercion.h"
#include "functions/type_names.h"
#include "functions/types.h"
#include "functions/unary_rows.h"

namespace sluice::functions {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::hugeint_t;
using duckdb::interval_t;
using duckdb::string_t;
using duckdb::timestamp_t;
using duckdb::UnaryExecutor;
using duckdb::ValidityMask;
using duckdb::Vector;

constexpr const char* kRound = "round_datetime";
constexpr const char* kCut = "cut_datetime";
constexpr int32_t kMostDigits = 6;

BoundPtr unary(duckdb::ClientContext& context, const char* name, BoundPtr value, const LogicalType& result,
               duckdb::scalar_function_t run) {
  std::vector<LogicalType> from{value->return_type};
  BoundList children;
  children.push_back(std::move(value));
  return bind_private(context, name, std::move(from), result, std::move(run), std::move(children));
}

template <typename To>
void run_text_to_decimal(DataChunk& input, ExpressionState&, Vector& result) {
  const uint8_t width = decimal_width(result.GetType());
  const uint8_t scale = decimal_scale(result.GetType());
  run_unary<string_t, To>(input, result, [&](const string_t& text) -> std::optional<To> {
    auto value = text_to_decimal({text.GetData(), text.GetSize()}, width, scale);
    if (!value) return std::nullopt;
    if constexpr (std::is_same_v<To, hugeint_t>)
      return *value;
    else
      return static_cast<To>(value->lower);
  });
}

interval_t time_of(int64_t micros) {
  interval_t time{};
  time.micros = micros;
  return time;
}
std::optional<interval_t> time_of(std::optional<int64_t> micros) {
  if (!micros) return std::nullopt;
  return time_of(*micros);
}

void run_text_to_time(DataChunk& input, ExpressionState&, Vector& result) {
  run_unary<string_t, interval_t>(
      input, result, [](const string_t& text) { return time_of(text_to_time({text.GetData(), text.GetSize()})); });
}
void run_largeint_to_time(DataChunk& input, ExpressionState&, Vector& result) {
  // Beyond 18 digits only the last four and the sign count: the hours end at 838.
  constexpr int64_t kManyHours = 100'000'000;
  run_unary<hugeint_t, interval_t>(input, result, [](const hugeint_t& number) {
    Int128 wide = to_int128(number);
    if (wide > kManyHours) wide = wide % kManyHours + kManyHours;
    if (wide < -kManyHours) wide = wide % kManyHours - kManyHours;
    return time_of(number_to_time(static_cast<int64_t>(wide)));
  });
}
void run_double_to_time(DataChunk& input, ExpressionState&, Vector& result) {
  run_unary<double, interval_t>(input, result, [](double number) -> std::optional<interval_t> {
    constexpr double kBeyondInt64 = 9e18;
    if (!(std::abs(number) < kBeyondInt64)) return std::nullopt;
    return time_of(number_to_time(static_cast<int64_t>(number)));
  });
}
void run_clock_to_time(DataChunk& input, ExpressionState&, Vector& result) {
  UnaryExecutor::Execute<duckdb::dtime_t, interval_t>(input.data[0], result, input.size(),
                                                      [](duckdb::dtime_t clock) { return time_of(clock.micros); });
}

int64_t unit_of(int32_t digits) {
  int64_t unit = 1;
  for (int32_t i = std::clamp(digits, 0, kMostDigits); i < kMostDigits; ++i) unit *= 10;
  return unit;
}

// (moment, digits). Half a unit goes up when it is rounded, before 1970 too.
template <bool cut>
void run_fit(DataChunk& input, ExpressionState&, Vector& result) {
  duckdb::BinaryExecutor::Execute<timestamp_t, int32_t, timestamp_t>(
      input.data[0], input.data[1], result, input.size(), [](timestamp_t at, int32_t digits) {
        if (!duckdb::Timestamp::IsFinite(at)) return at;
        const int64_t unit = unit_of(digits);
        const int64_t rest = ((at.value % unit) + unit) % unit;
        return timestamp_t(at.value - rest + (!cut && rest * 2 >= unit && unit > 1 ? unit : 0));
      });
}

void run_moment_text(DataChunk& input, ExpressionState&, Vector& result) {
  duckdb::BinaryExecutor::Execute<timestamp_t, int32_t, string_t>(
      input.data[0], input.data[1], result, input.size(), [&](timestamp_t at, int32_t digits) {
        uint8_t text[kMaxTimestampText];
        const uint8_t* end = format_timestamp(text, at.value, digits == 0 ? Fraction::kNone : Fraction::kMicros);
        if (digits > 0) end -= kMostDigits - digits;
        return duckdb::StringVector::AddString(result, reinterpret_cast<const char*>(text),
                                               static_cast<size_t>(end - text));
      });
}

// The constant number of digits, 0 to 6.
int32_t digits_of(Call& call) {
  auto digits = constant_of(call.context, *call.arguments[1]);
  if (!digits || digits->IsNull() || !is_integer(digits->type())) {
    throw duckdb::BinderException("%s() takes the digits of the fraction as a number from 0 to 6",
                                  std::string(call.name));
  }
  return std::clamp(digits->GetValue<int32_t>(), 0, kMostDigits);
}

BoundPtr with_digits(duckdb::ClientContext& context, const char* name, BoundPtr moment, int32_t digits,
                     const LogicalType& result, duckdb::scalar_function_t run) {
  BoundList children;
  children.push_back(convert(context, std::move(moment), LogicalType::TIMESTAMP));
  children.push_back(duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::INTEGER(digits)));
  return bind_private(context, name, {LogicalType::TIMESTAMP, LogicalType::INTEGER}, result, std::move(run),
                      std::move(children));
}

template <typename To>
bool cast_truth(Vector& source, Vector& result, idx_t count, duckdb::CastParameters&) {
  To one(1);
  for (uint8_t i = 0; i < decimal_scale(result.GetType()); ++i) one = one * To(10);
  duckdb::UnaryExecutor::Execute<bool, To>(source, result, count, [&](bool truth) { return truth ? one : To(0); });
  return true;
}

template <bool cut>
BoundPtr expand_fit(Call& call) {
  const int32_t digits = digits_of(call);
  return with_digits(call.context, cut ? kCut : kRound, std::move(call.arguments[0]), digits, LogicalType::TIMESTAMP,
                     run_fit<cut>);
}

}  // namespace

BoundPtr text_as_decimal(duckdb::ClientContext& context, BoundPtr text, const LogicalType& target) {
  switch (target.InternalType()) {
    case duckdb::PhysicalType::INT16:
      return unary(context, "text_to_decimal", std::move(text), target, run_text_to_decimal<int16_t>);
    case duckdb::PhysicalType::INT32:
      return unary(context, "text_to_decimal", std::move(text), target, run_text_to_decimal<int32_t>);
    case duckdb::PhysicalType::INT64:
      return unary(context, "text_to_decimal", std::move(text), target, run_text_to_decimal<int64_t>);
    default:
      return unary(context, "text_to_decimal", std::move(text), target, run_text_to_decimal<hugeint_t>);
  }
}

// Digits that every number of so many digits has room for.
int room_of_integer(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::TINYINT:
      return 2;
    case LogicalTypeId::SMALLINT:
      return 4;
    case LogicalTypeId::INTEGER:
      return 9;
    case LogicalTypeId::BIGINT:
      return 18;
    default:
      return 38;
  }
}

bool overflows(const LogicalType& from, const LogicalType& target) {
  if (is_decimal(from) && is_integer(target))
    return decimal_width(from) - decimal_scale(from) > room_of_integer(target);
  if (!is_decimal(target) || from == target) return false;
  if (from.id() == LogicalTypeId::FLOAT || from.id() == LogicalTypeId::DOUBLE) return true;
  if (!is_integer(from) && !is_decimal(from) && from.id() != LogicalTypeId::BOOLEAN) return false;
  const LogicalType number = is_decimal(from) ? from : decimal_of(from);
  constexpr int kDigitsOfLargeint = 39;
  const int whole =
      from.id() == LogicalTypeId::HUGEINT ? kDigitsOfLargeint : decimal_width(number) - decimal_scale(number);
  const int room = decimal_width(target) - decimal_scale(target);
  // Fewer decimals round: 9.96 becomes 10.0.
  return decimal_scale(number) > decimal_scale(target) ? whole >= room : whole > room;
}

void register_truth_casts(duckdb::ClientContext& context) {
  constexpr uint8_t kMostDigits = 38;
  auto& casts = duckdb::DBConfig::GetConfig(context).GetCastFunctions();
  for (uint8_t digits = 1; digits <= kMostDigits; ++digits) {
    const LogicalType target = LogicalType::DECIMAL(digits, digits);
    duckdb::cast_function_t run = cast_truth<hugeint_t>;
    if (target.InternalType() == duckdb::PhysicalType::INT16) run = cast_truth<int16_t>;
    if (target.InternalType() == duckdb::PhysicalType::INT32) run = cast_truth<int32_t>;
    if (target.InternalType() == duckdb::PhysicalType::INT64) run = cast_truth<int64_t>;
    casts.RegisterCastFunction(LogicalType::BOOLEAN, target, run);
  }
}

BoundPtr to_time(duckdb::ClientContext& context, BoundPtr value) {
  const LogicalType from = value->return_type;
  const LogicalType time = LogicalType::INTERVAL;
  if (from.id() == LogicalTypeId::INTERVAL) return value;
  if (is_text(from)) return unary(context, "text_to_time", std::move(value), time, run_text_to_time);
  if (is_integer(from)) {
    value = convert(context, std::move(value), LogicalType::HUGEINT);
    return unary(context, "number_to_time", std::move(value), time, run_largeint_to_time);
  }
  if (from.id() == LogicalTypeId::FLOAT || from.id() == LogicalTypeId::DOUBLE) {
    value = convert(context, std::move(value), LogicalType::DOUBLE);
    return unary(context, "number_to_time", std::move(value), time, run_double_to_time);
  }
  if (from.id() == LogicalTypeId::TIME) {
    return unary(context, "clock_to_time", std::move(value), time, run_clock_to_time);
  }
  throw duckdb::BinderException("cannot cast %s to TIME; text and the digits HHMMSS can be",
                                duckdb::StringUtil::Upper(type_name(from)));
}

std::optional<int> rounded_digits(const duckdb::Expression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_FUNCTION) return std::nullopt;
  const auto& call = expression.Cast<duckdb::BoundFunctionExpression>();
  if (call.function.name != kRound && call.function.name != kCut) return std::nullopt;
  return call.children[1]->Cast<duckdb::BoundConstantExpression>().value.GetValue<int32_t>();
}

BoundPtr cut_moment(duckdb::ClientContext& context, BoundPtr moment, int digits) {
  return with_digits(context, kCut, std::move(moment), digits, LogicalType::TIMESTAMP, run_fit<true>);
}

BoundPtr moment_text(duckdb::ClientContext& context, BoundPtr moment, int digits) {
  return with_digits(context, "datetime_digits_text", std::move(moment), digits, LogicalType::VARCHAR, run_moment_text);
}

void add_sized_conversions(Registry& registry) {
  registry.add(kRound, "The moment rounded to so many digits of the second's fraction, and shown with them.")
      .expanded(2, 2, "DATETIME round_datetime(DATETIME, INT)", expand_fit<false>);
  registry.add(kCut, "The moment cut to so many digits of the second's fraction, and shown with them.")
      .expanded(2, 2, "DATETIME cut_datetime(DATETIME, INT)", expand_fit<true>);
}

}  // namespace sluice::functions
