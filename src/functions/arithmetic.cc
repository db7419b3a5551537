// SPDX-License-Identifier: Apache-2.0
// + - * / DIV % and the operators on bits, with Doris' result types: integers grow by one step, BIGINT and LARGEINT
// wrap, decimals divide to decimals that are cut off, division by zero is NULL. Text counts as DOUBLE.
#include "duckdb/common/vector_operations/unary_executor.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/arithmetic_kernels.h"
#include "functions/conversion.h"
#include "functions/decimal256.h"
#include "functions/decimal_products.h"
#include "functions/decimals.h"
#include "functions/decimalv2.h"
#include "functions/families.h"
#include "functions/overload.h"
#include "functions/registry.h"
#include "functions/session_rules.h"
#include "functions/text_to_value.h"
#include "functions/type_coercion.h"
#include "functions/type_names.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using namespace arithmetic;

constexpr int kMaxDigits = kMaxDecimalWidth;
constexpr int kDigitsIn64Bits = 18;
constexpr int kDivisionDigits = 4;  // div_precision_increment
constexpr int kOverflowScale = 6;   // decimal_overflow_scale

const char* symbol(Operation operation) {
  return operation == Operation::kAdd ? "+" : operation == Operation::kSubtract ? "-" : "*";
}

// Operations that wrap: the kernel's optimizer would move constants over those that have its own operators' names.
const char* wrapping_name(Operation operation) {
  return operation == Operation::kAdd ? "add" : operation == Operation::kSubtract ? "subtract" : "multiply";
}

BoundList pair(BoundPtr left, BoundPtr right) {
  BoundList children;
  children.push_back(std::move(left));
  children.push_back(std::move(right));
  return children;
}

BoundPtr null_of(const LogicalType& type) {
  return duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(type));
}

// A private binary function over operands of `type`.
BoundPtr private_binary(Call& call, const char* name, const LogicalType& operand, const LogicalType& result,
                        duckdb::scalar_function_t run) {
  BoundPtr left = convert(call.context, std::move(call.arguments[0]), operand);
  BoundPtr right = convert(call.context, std::move(call.arguments[1]), operand);
  return bind_private(call.context, name, {operand, operand}, result, std::move(run),
                      pair(std::move(left), std::move(right)));
}

BoundPtr native_binary(Call& call, const char* name, const LogicalType& left, const LogicalType& right) {
  return bind_native(call.context, name,
                     pair(convert(call.context, std::move(call.arguments[0]), left),
                          convert(call.context, std::move(call.arguments[1]), right)),
                     true);
}

// A text operand counts as a number: a constant one as the smallest type that holds it, others as DOUBLE.
void text_to_number(Call& call, BoundPtr& operand) {
  if (is_json(operand->return_type)) {
    operand = convert(call.context, std::move(operand), LogicalType::DOUBLE);
    return;
  }
  if (!is_text(operand->return_type)) return;
  LogicalType type = LogicalType::DOUBLE;
  if (auto constant = constant_of(call.context, *operand); constant && !constant->IsNull()) {
    const std::string& text = duckdb::StringValue::Get(*constant);
    const bool whole = !text.empty() && text.find_first_not_of("0123456789-+ ") == text.npos;
    if (whole) type = LogicalType::BIGINT;
    if (!text_to_double(text) && operand->GetExpressionClass() == duckdb::ExpressionClass::BOUND_CONSTANT) {
      throw duckdb::BinderException("string literal '%s' cannot be cast to double", text);
    }
  }
  operand = convert(call.context, std::move(operand), type);
}

// DATE and DATETIME in plain arithmetic count as the number of their digits.
void moment_to_number(Call& call, BoundPtr& operand) {
  if (is_moment(operand->return_type)) operand = convert(call.context, std::move(operand), LogicalType::BIGINT);
}

void check_numbers(Call& call, bool moments_too) {
  for (auto& operand : call.arguments) {
    text_to_number(call, operand);
    if (moments_too) moment_to_number(call, operand);
    const LogicalType& type = operand->return_type;
    if (is_number(type) || is_decimal256(type) || type.id() == LogicalTypeId::BOOLEAN ||
        type.id() == LogicalTypeId::SQLNULL)
      continue;
    throw duckdb::BinderException("%s() takes numbers, not %s", std::string(call.name),
                                  duckdb::StringUtil::Upper(type_name(type)));
  }
}

bool is_float(const LogicalType& type) {
  return type.id() == LogicalTypeId::FLOAT || type.id() == LogicalTypeId::DOUBLE;
}

LogicalType signed_integer(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
    case LogicalTypeId::SQLNULL:
      return LogicalType::TINYINT;
    case LogicalTypeId::UTINYINT:
      return LogicalType::SMALLINT;
    case LogicalTypeId::USMALLINT:
      return LogicalType::INTEGER;
    case LogicalTypeId::UINTEGER:
      return LogicalType::BIGINT;
    case LogicalTypeId::UBIGINT:
    case LogicalTypeId::UHUGEINT:
      return LogicalType::HUGEINT;
    default:
      return type;
  }
}

// The integer type of both operands.
LogicalType common_integer(const Call& call) {
  return common_type(signed_integer(call.arguments[0]->return_type), signed_integer(call.arguments[1]->return_type));
}

LogicalType promoted(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::TINYINT:
      return LogicalType::SMALLINT;
    case LogicalTypeId::SMALLINT:
      return LogicalType::INTEGER;
    case LogicalTypeId::HUGEINT:
      return LogicalType::HUGEINT;
    default:
      return LogicalType::BIGINT;
  }
}

enum class Kind : uint8_t { kInteger, kDecimal, kDouble };
Kind kind_of(const Call& call) {
  Kind kind = Kind::kInteger;
  for (const auto& operand : call.arguments) {
    if (is_float(operand->return_type)) return Kind::kDouble;
    if (is_decimal(operand->return_type)) kind = Kind::kDecimal;
  }
  return kind;
}

void to_decimals(Call& call) {
  for (auto& operand : call.arguments) {
    if (is_decimal(operand->return_type)) continue;
    const LogicalType decimal = decimal_of(signed_integer(operand->return_type));
    operand = convert(call.context, std::move(operand), decimal);
  }
}

uint8_t width_of(const BoundPtr& decimal) { return decimal_width(decimal->return_type); }
uint8_t scale_of(const BoundPtr& decimal) { return decimal_scale(decimal->return_type); }
// How many digits the result of two decimals may have.
int digits_of(const Call& call, DecimalOperation operation) {
  const auto& [left, right] = std::tie(call.arguments[0], call.arguments[1]);
  const int whole = std::max(width_of(left) - scale_of(left), width_of(right) - scale_of(right));
  const int sum = whole + std::max(scale_of(left), scale_of(right));
  switch (operation) {
    case DecimalOperation::kMultiply:
      return width_of(left) + width_of(right);
    case DecimalOperation::kDivide:
      return width_of(left) + scale_of(right) + kDivisionDigits;
    case DecimalOperation::kMod:
      return sum;
    default:
      return sum + 1;
  }
}
bool beyond_128_bits(const Call& call, DecimalOperation operation) {
  const bool wide = std::any_of(call.arguments.begin(), call.arguments.end(),
                                [](const BoundPtr& operand) { return is_decimal256(operand->return_type); });
  return wide || (digits_of(call, operation) > kMaxDigits && wide_decimals(call.context));
}
// The scale of a sum whose operands have more digits together than a DECIMAL: what the whole numbers leave.
std::optional<uint8_t> kept_of_sum(const Call& call) {
  const auto& [left, right] = std::tie(call.arguments[0], call.arguments[1]);
  const int whole = std::max(width_of(left) - scale_of(left), width_of(right) - scale_of(right));
  if (whole + std::max(scale_of(left), scale_of(right)) <= kMaxDigits) return std::nullopt;
  return static_cast<uint8_t>(kMaxDigits - whole);
}
BoundPtr on_256_bits(Call& call, DecimalOperation operation) {
  return calculate_decimal256(call.context, operation, std::move(call.arguments[0]), std::move(call.arguments[1]));
}

// A decimal operation on 128 bits.
BoundPtr wide_decimal(Call& call, const char* name, const LogicalType& result, unsigned digits,
                      duckdb::scalar_function_t run) {
  std::vector<LogicalType> types;
  for (auto& operand : call.arguments) {
    const LogicalType wide = LogicalType::DECIMAL(kMaxDigits, scale_of(operand));
    operand = convert(call.context, std::move(operand), wide);
    types.push_back(wide);
  }
  auto bound = bind_private(call.context, name, std::move(types),
                            LogicalType::DECIMAL(kMaxDigits, duckdb::DecimalType::GetScale(result)), std::move(run),
                            std::move(call.arguments));
  bound->Cast<duckdb::BoundFunctionExpression>().bind_info = duckdb::make_uniq<ScaleData>(digits);
  return convert(call.context, std::move(bound), result);
}

// As the product: the kernel's own sum of operands of 64 bits has no more than 18 digits.
BoundPtr expand_decimal_sum(Call& call, const char* symbol) {
  BoundPtr& left = call.arguments[0];
  const BoundPtr& right = call.arguments[1];
  const int whole = std::max(width_of(left) - scale_of(left), width_of(right) - scale_of(right)) + 1;
  const int scale = std::max(scale_of(left), scale_of(right));
  const bool in_64_bits = width_of(left) <= kDigitsIn64Bits && width_of(right) <= kDigitsIn64Bits;
  if (!in_64_bits || whole + scale <= kDigitsIn64Bits)
    return bind_native(call.context, symbol, std::move(call.arguments), true);
  const auto digits = static_cast<uint8_t>(std::min(whole + scale, kMaxDigits));
  const auto type = LogicalType::DECIMAL(digits, static_cast<uint8_t>(scale));
  const auto wider = LogicalType::DECIMAL(kDigitsIn64Bits + 1, scale_of(left));
  left = convert(call.context, std::move(left), wider);
  return convert(call.context, bind_native(call.context, symbol, std::move(call.arguments), true), type);
}

BoundPtr expand_product(Call& call) {
  const int digits = width_of(call.arguments[0]) + width_of(call.arguments[1]);
  const int scale = scale_of(call.arguments[0]) + scale_of(call.arguments[1]);
  if (digits <= kDigitsIn64Bits) return bind_native(call.context, "*", std::move(call.arguments), true);
  const int whole = digits - scale;
  const bool all = digits <= kMaxDigits;
  const int kept =
      all || scale <= kOverflowScale ? scale : std::min(scale, std::max(kMaxDigits - whole, kOverflowScale));
  return multiply_decimals(
      call.context, std::move(call.arguments[0]), std::move(call.arguments[1]),
      LogicalType::DECIMAL(static_cast<uint8_t>(std::min(digits, kMaxDigits)), static_cast<uint8_t>(kept)),
      static_cast<unsigned>(scale - kept));
}

bool on_decimalv2(const Call& call) {
  return is_decimalv2(call.arguments[0]->return_type) && is_decimalv2(call.arguments[1]->return_type);
}

template <Operation operation>
BoundPtr expand_sum_or_product(Call& call) {
  check_numbers(call, true);
  constexpr DecimalOperation kOperation = operation == Operation::kAdd        ? DecimalOperation::kAdd
                                          : operation == Operation::kSubtract ? DecimalOperation::kSubtract
                                                                              : DecimalOperation::kMultiply;
  if (on_decimalv2(call)) {
    return calculate_decimalv2(call.context, kOperation, std::move(call.arguments[0]), std::move(call.arguments[1]));
  }
  switch (kind_of(call)) {
    case Kind::kDouble:
      return native_binary(call, symbol(operation), LogicalType::DOUBLE, LogicalType::DOUBLE);
    case Kind::kDecimal:
      to_decimals(call);
      if (beyond_128_bits(call, kOperation)) {
        return on_256_bits(call, kOperation);
      }
      if (operation == Operation::kMultiply) return expand_product(call);
      if (const auto kept = kept_of_sum(call)) {
        const auto run = run_add_decimals < operation == Operation::kSubtract > ;
        return wide_decimal(call, operation == Operation::kAdd ? "add_decimals" : "subtract_decimals",
                            LogicalType::DECIMAL(kMaxDigits, *kept),
                            std::max(scale_of(call.arguments[0]), scale_of(call.arguments[1])) - *kept, run);
      }
      return expand_decimal_sum(call, symbol(operation));
    case Kind::kInteger:
      break;
  }
  const LogicalType common = common_integer(call);
  // In the wider type nothing overflows: the kernel's own operator, which its optimizer knows, is right.
  const LogicalType result = promoted(common);
  if (result != common) return native_binary(call, symbol(operation), result, result);
  if (common.id() == LogicalTypeId::HUGEINT) {
    return private_binary(call, wrapping_name(operation), common, common, run_binary<hugeint_t, WrapInt128<operation>>);
  }
  return private_binary(call, wrapping_name(operation), common, common, run_binary<int64_t, WrapInt64<operation>>);
}

// DATE + 3: three days.
template <Operation operation>
BoundPtr expand_shift_or_sum(Call& call) {
  const bool shift = is_moment(call.arguments[0]->return_type) && is_integer(call.arguments[1]->return_type);
  if (!shift) return expand_sum_or_product<operation>(call);
  const LogicalType moment = call.arguments[0]->return_type;
  BoundPtr days = convert(call.context, std::move(call.arguments[1]), LogicalType::INTEGER);
  if (moment.id() == LogicalTypeId::DATE) {
    return bind_native(call.context, symbol(operation), pair(std::move(call.arguments[0]), std::move(days)), true);
  }
  BoundList count;
  count.push_back(std::move(days));
  return bind_native(call.context, symbol(operation),
                     pair(std::move(call.arguments[0]), bind_native(call.context, "to_days", std::move(count))), true);
}

BoundPtr expand_divide(Call& call) {
  check_numbers(call, true);
  if (on_decimalv2(call)) {
    return calculate_decimalv2(call.context, DecimalOperation::kDivide, std::move(call.arguments[0]),
                               std::move(call.arguments[1]));
  }
  if (kind_of(call) != Kind::kDecimal) {
    return private_binary(call, "/", LogicalType::DOUBLE, LogicalType::DOUBLE, run_dividing<double, DivideDouble>);
  }
  to_decimals(call);
  if (beyond_128_bits(call, DecimalOperation::kDivide)) return on_256_bits(call, DecimalOperation::kDivide);
  const int width = width_of(call.arguments[0]) + scale_of(call.arguments[1]) + kDivisionDigits;
  const int scale = scale_of(call.arguments[0]) + kDivisionDigits;
  const int kept = std::min(scale, kMaxDigits);
  const unsigned digits = scale_of(call.arguments[1]) + static_cast<unsigned>(kept - scale_of(call.arguments[0]));
  return wide_decimal(
      call, "divide_decimals",
      LogicalType::DECIMAL(static_cast<uint8_t>(std::clamp(width, kept, kMaxDigits)), static_cast<uint8_t>(kept)),
      digits, run_divide_decimals);
}

BoundPtr expand_int_divide(Call& call) {
  check_numbers(call, true);
  if (common_type(signed_integer(call.arguments[0]->return_type), signed_integer(call.arguments[1]->return_type))
          .id() == LogicalTypeId::HUGEINT) {
    return private_binary(call, "div", LogicalType::HUGEINT, LogicalType::HUGEINT, run_dividing<hugeint_t, DivInt128>);
  }
  return private_binary(call, "div", LogicalType::BIGINT, LogicalType::BIGINT, run_dividing<int64_t, DivInt64>);
}

BoundPtr expand_mod(Call& call) {
  check_numbers(call, true);
  switch (kind_of(call)) {
    case Kind::kDouble:
      return private_binary(call, "mod", LogicalType::DOUBLE, LogicalType::DOUBLE, run_dividing<double, ModDouble>);
    case Kind::kDecimal: {
      to_decimals(call);
      if (beyond_128_bits(call, DecimalOperation::kMod)) return on_256_bits(call, DecimalOperation::kMod);
      const LogicalType common = common_type(call.arguments[0]->return_type, call.arguments[1]->return_type);
      const LogicalType wide = LogicalType::DECIMAL(kMaxDigits, duckdb::DecimalType::GetScale(common));
      BoundPtr result = private_binary(call, "mod", wide, wide, run_dividing<hugeint_t, ModInt128>);
      return convert(call.context, std::move(result), common);
    }
    case Kind::kInteger:
      break;
  }
  const LogicalType common = common_integer(call);
  switch (common.id()) {
    case LogicalTypeId::TINYINT:
      return private_binary(call, "mod", common, common, run_dividing<int8_t, ModInt<int8_t>>);
    case LogicalTypeId::SMALLINT:
      return private_binary(call, "mod", common, common, run_dividing<int16_t, ModInt<int16_t>>);
    case LogicalTypeId::INTEGER:
      return private_binary(call, "mod", common, common, run_dividing<int32_t, ModInt<int32_t>>);
    case LogicalTypeId::HUGEINT:
      return private_binary(call, "mod", common, common, run_dividing<hugeint_t, ModInt128>);
    default:
      return private_binary(call, "mod", common, common, run_dividing<int64_t, ModInt<int64_t>>);
  }
}

// -x: the type of x; the smallest number stays itself.
BoundPtr expand_negative(Call& call) {
  check_numbers(call, false);
  const LogicalType type = call.arguments[0]->return_type;
  if (type.id() == LogicalTypeId::SQLNULL) return null_of(LogicalType::TINYINT);
  if (is_decimal256(type)) {
    call.arguments.insert(call.arguments.begin(),
                          duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::DECIMAL(int64_t{0}, 1, 0)));
    return convert(call.context, on_256_bits(call, DecimalOperation::kSubtract), type);
  }
  if (is_float(type) || type.id() == LogicalTypeId::DECIMAL) {
    return bind_native(call.context, "-", std::move(call.arguments), true);
  }
  BoundPtr zero = duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::TINYINT(0));
  call.arguments.insert(call.arguments.begin(), std::move(zero));
  const LogicalType result = promoted(signed_integer(type));
  if (result.id() == LogicalTypeId::HUGEINT) {
    return private_binary(call, "-", result, result, run_binary<hugeint_t, WrapInt128<Operation::kSubtract>>);
  }
  if (result == signed_integer(type)) {
    return private_binary(call, "-", result, result, run_binary<int64_t, WrapInt64<Operation::kSubtract>>);
  }
  return native_binary(call, "-", result, result);
}

const char* bit_and() { return "&"; }
const char* bit_or() { return "|"; }
const char* bit_xor() { return "xor"; }
const char* bit_not() { return "~"; }

template <const char* (*Name)()>
BoundPtr expand_bits(Call& call) {
  check_numbers(call, true);
  LogicalType common = LogicalType::BIGINT;
  if (kind_of(call) == Kind::kInteger) {
    common = signed_integer(call.arguments[0]->return_type);
    if (call.arguments.size() > 1) common = common_integer(call);
  }
  for (auto& operand : call.arguments) operand = convert(call.context, std::move(operand), common);
  return bind_native(call.context, Name(), std::move(call.arguments), true);
}

// Text that is no number is NULL here.
BoundPtr expand_bit_not(Call& call) {
  BoundPtr& operand = call.arguments[0];
  if (is_text(operand->return_type)) operand = convert(call.context, std::move(operand), LogicalType::BIGINT);
  return expand_bits<bit_not>(call);
}

}  // namespace

void add_arithmetic(Registry& registry) {
  registry.add("add", "The sum: integers one type wider, decimals with room for the carry; DATE + n adds days.")
      .expanded(2, 2, "NUMBER add(NUMBER, NUMBER)", expand_shift_or_sum<Operation::kAdd>);
  registry.add("subtract", "The difference, in the types of add().")
      .expanded(2, 2, "NUMBER subtract(NUMBER, NUMBER)", expand_shift_or_sum<Operation::kSubtract>);
  registry.add("multiply", "The product: integers one type wider, decimals with all digits up to 38.")
      .expanded(2, 2, "NUMBER multiply(NUMBER, NUMBER)", expand_sum_or_product<Operation::kMultiply>);
  registry.add("divide", "The quotient: DOUBLE, or a DECIMAL cut off at four more digits; NULL by zero.")
      .expanded(2, 2, "DOUBLE|DECIMAL divide(NUMBER, NUMBER)", expand_divide);
  registry.add("int_divide", "The whole part of the quotient of whole numbers; NULL by zero.")
      .expanded(2, 2, "BIGINT|LARGEINT int_divide(NUMBER, NUMBER)", expand_int_divide);
  registry.add("mod", "The remainder with the sign of the first number; NULL by zero.")
      .alias("fmod")
      .expanded(2, 2, "NUMBER mod(NUMBER, NUMBER)", expand_mod);
  registry.add("negative", "The number with the other sign.")
      .expanded(1, 1, "NUMBER negative(NUMBER)", expand_negative);
  registry.add("bitand", "The bits that both numbers have.")
      .expanded(2, 2, "INTEGER bitand(INTEGER, INTEGER)", expand_bits<bit_and>);
  registry.add("bitor", "The bits that one of the numbers has.")
      .expanded(2, 2, "INTEGER bitor(INTEGER, INTEGER)", expand_bits<bit_or>);
  registry.add("bitxor", "The bits that exactly one of the numbers has.")
      .expanded(2, 2, "INTEGER bitxor(INTEGER, INTEGER)", expand_bits<bit_xor>);
  registry.add("bitnot", "The bits that the number has not.").expanded(1, 1, "INTEGER bitnot(INTEGER)", expand_bit_not);
}

}  // namespace sluice::functions
