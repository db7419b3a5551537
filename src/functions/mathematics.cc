// SPDX-License-Identifier: Apache-2.0
// Functions of numbers: roots, logarithms, angles, GREATEST, PMOD, WIDTH_BUCKET, RAND, shifts and counts of bits. NULL
// where they have no value.
#include <bit>
#include <cmath>
#include <numbers>
#include <random>

#include "duckdb/planner/expression/list.hpp"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/overload.h"
#include "functions/rows.h"
#include "functions/type_names.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

std::optional<double> number(double value) {
  if (std::isnan(value)) return std::nullopt;
  return value;
}

template <double (*f)(double)>
std::optional<double> of(double x) {
  return number(f(x));
}
std::optional<double> ln(double x) { return x > 0 ? number(std::log(x)) : std::nullopt; }
std::optional<double> log2_of(double x) { return x > 0 ? number(std::log2(x)) : std::nullopt; }
std::optional<double> log10_of(double x) { return x > 0 ? number(std::log10(x)) : std::nullopt; }
std::optional<double> log_base(double base, double x) {
  constexpr double kNearOne = 1e-9;
  if (base <= 0 || x <= 0 || std::abs(base - 1) < kNearOne) return std::nullopt;
  return number(std::log(x) / std::log(base));
}
std::optional<double> pow_of(double x, double y) { return number(std::pow(x, y)); }
std::optional<double> atan2_of(double y, double x) { return number(std::atan2(y, x)); }
// The library's is one unit off for some cubes.
double cube_root(double x) {
  const double root = std::cbrt(x);
  const double whole = std::round(root);
  return whole * whole * whole == x ? whole : root;
}
double cot(double x) { return 1 / std::tan(x); }
double sec(double x) { return 1 / std::cos(x); }
double csc(double x) { return 1 / std::sin(x); }
double degrees(double x) { return x * 180 / std::numbers::pi; }
double radians(double x) { return x * std::numbers::pi / 180; }
double even(double x) {
  if (!std::isfinite(x)) return x;
  const double up = std::ceil(std::abs(x) / 2) * 2;
  return std::copysign(up, x);
}

int8_t sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

std::optional<int64_t> pmod_integer(int64_t x, int64_t y) {
  if (y == 0) return std::nullopt;
  if (y == -1 && x == std::numeric_limits<int64_t>::min()) {
    throw duckdb::OutOfRangeException("Division of minimal signed number by minus one is an undefined: pmod()");
  }
  return (x % y + y) % y;
}
std::optional<double> pmod_double(double x, double y) {
  if (y == 0) return std::nullopt;
  return number(std::fmod(std::fmod(x, y) + y, y));
}

BoundPtr expand_pmod(Call& call) {
  bool whole = true;
  for (const auto& argument : call.arguments) {
    const LogicalType& type = argument->return_type;
    whole = whole && (is_integer(type) || type.id() == LogicalTypeId::BOOLEAN || type.id() == LogicalTypeId::SQLNULL);
  }
  const LogicalType type = whole ? LogicalType::BIGINT : LogicalType::DOUBLE;
  for (auto& argument : call.arguments) argument = convert(call.context, std::move(argument), type);
  return bind_private(call.context, "pmod", {type, type}, type, whole ? run_rows<pmod_integer> : run_rows<pmod_double>,
                      std::move(call.arguments));
}

// The number of the bucket of `count` equal ones from low to high; 0 below, count + 1 above.
int64_t width_bucket(double x, double low, double high, int64_t count) {
  if (count <= 0) throw duckdb::InvalidInputException("width_bucket() takes a number of buckets above 0");
  if (x < low) return 0;
  if (x >= high) return count + 1;
  return static_cast<int64_t>((x - low) / ((high - low) / static_cast<double>(count))) + 1;
}

std::optional<double> normal_cdf(double mean, double deviation, double x) {
  if (deviation <= 0) return std::nullopt;
  return 0.5 * (std::erf((x - mean) / (deviation * std::numbers::sqrt2)) + 1);
}

// A constant beyond the function's domain is a mistake in the statement.
BoundPtr expand_sqrt(Call& call) {
  BoundPtr value = convert(call.context, std::move(call.arguments[0]), LogicalType::DOUBLE);
  auto constant = constant_of(call.context, *value);
  if (constant && !constant->IsNull() && duckdb::DoubleValue::Get(*constant) < 0) {
    throw duckdb::BinderException("input %s is out of boundary: sqrt() takes numbers from 0 on", constant->ToString());
  }
  BoundList arguments;
  arguments.push_back(std::move(value));
  return bind_private(call.context, "sqrt", {LogicalType::DOUBLE}, LogicalType::DOUBLE, run_rows<of<std::sqrt>>,
                      std::move(arguments));
}

BoundPtr expand_abs(Call& call) {
  BoundPtr value = std::move(call.arguments[0]);
  LogicalType type = value->return_type;
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
    case LogicalTypeId::TINYINT:
      type = LogicalType::SMALLINT;
      break;
    case LogicalTypeId::SMALLINT:
      type = LogicalType::INTEGER;
      break;
    case LogicalTypeId::INTEGER:
      type = LogicalType::BIGINT;
      break;
    case LogicalTypeId::BIGINT:
      type = LogicalType::HUGEINT;
      break;
    default:
      if (!is_number(type)) type = LogicalType::DOUBLE;
  }
  BoundList children;
  children.push_back(convert(call.context, std::move(value), type));
  return bind_native(call.context, "abs", std::move(children));
}

template <const double& value>
BoundPtr expand_constant(Call&) {
  return duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::DOUBLE(value));
}

BoundPtr expand_positive(Call& call) {
  if (is_number(call.arguments[0]->return_type)) return std::move(call.arguments[0]);
  return convert(call.context, std::move(call.arguments[0]), LogicalType::DOUBLE);
}

// GREATEST, LEAST: NULL when one argument is NULL, unlike the kernel's.
BoundPtr expand_extreme(Call& call) {
  LogicalType type = LogicalType::SQLNULL;
  for (const auto& argument : call.arguments) type = common_type(type, argument->return_type);
  if (is_object(type) || type.IsNested()) {
    throw duckdb::BinderException("%s() takes numbers, texts and moments, not %s", std::string(call.name),
                                  duckdb::StringUtil::Upper(type_name(type)));
  }
  BoundList children;
  auto any_null = duckdb::make_uniq<duckdb::BoundConjunctionExpression>(duckdb::ExpressionType::CONJUNCTION_OR);
  for (auto& argument : call.arguments) {
    BoundPtr value = convert(call.context, std::move(argument), type);
    auto missing = duckdb::make_uniq<duckdb::BoundOperatorExpression>(duckdb::ExpressionType::OPERATOR_IS_NULL,
                                                                      LogicalType::BOOLEAN);
    missing->children.push_back(value->Copy());
    any_null->children.push_back(std::move(missing));
    children.push_back(std::move(value));
  }
  if (children.size() == 1) return std::move(children[0]);
  auto result = duckdb::make_uniq<duckdb::BoundCaseExpression>(type);
  duckdb::BoundCaseCheck check;
  check.when_expr = std::move(any_null);
  check.then_expr = duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(type));
  result->case_checks.push_back(std::move(check));
  result->else_expr =
      convert(call.context, bind_native(call.context, std::string(call.name).c_str(), std::move(children)), type);
  return result;
}

// ---- bits

int64_t shift_left(int64_t value, int64_t count) {
  if (count < 0 || count > 63) return 0;
  return static_cast<int64_t>(static_cast<uint64_t>(value) << count);
}
int64_t shift_right(int64_t value, int64_t count) {
  if (count < 0 || count > 63) return 0;
  return static_cast<int64_t>(static_cast<uint64_t>(value) >> count);
}
template <typename T>
int8_t bit_count(T value) {
  return static_cast<int8_t>(std::popcount(static_cast<std::make_unsigned_t<T>>(value)));
}
int16_t bit_count_wide(duckdb::hugeint_t value) {
  return static_cast<int16_t>(std::popcount(static_cast<uint64_t>(value.upper)) + std::popcount(value.lower));
}
// BIT_TEST(value, position, ..): whether all these bits are 1.
int8_t bit_test(std::span<const int64_t> values) {
  for (int64_t position : values.subspan(1)) {
    if (position < 0 || position > 63)
      throw duckdb::InvalidInputException("bit_test() takes positions from 0 to 63, not %d", position);
    if (((static_cast<uint64_t>(values[0]) >> position) & 1) == 0) return 0;
  }
  return 1;
}

// ---- random numbers

std::mt19937_64& generator() {
  thread_local std::mt19937_64 engine(std::random_device{}());
  return engine;
}
double random_number(duckdb::ClientContext&) { return std::uniform_real_distribution<double>(0, 1)(generator()); }
int64_t random_between(int64_t low, int64_t high) {
  if (low >= high) throw duckdb::InvalidInputException("random(a, b) takes a smaller than b");
  return std::uniform_int_distribution<int64_t>(low, high)(generator());
}
// RAND(seed): the numbers of a generator that begins with it, one a row; anew for each batch of rows.
void run_seeded(duckdb::DataChunk& input, duckdb::ExpressionState&, duckdb::Vector& result) {
  duckdb::UnifiedVectorFormat seeds;
  input.data[0].ToUnifiedFormat(input.size(), seeds);
  const auto seed = rows::read_argument<std::optional<int64_t>>(seeds, 0);
  std::mt19937_64 engine(static_cast<uint64_t>(seed.value_or(0)));
  std::uniform_real_distribution<double> distribution(0, 1);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* numbers = duckdb::FlatVector::GetData<double>(result);
  for (duckdb::idx_t row = 0; row < input.size(); ++row) numbers[row] = distribution(engine);
}

}  // namespace

void add_mathematics(Registry& registry) {
  registry.add("abs", "The number without its sign, one type wider.").expanded(1, 1, "NUMBER abs(NUMBER)", expand_abs);
  registry.add("positive", "The number itself.").expanded(1, 1, "NUMBER positive(NUMBER)", expand_positive);
  registry.add("greatest", "The greatest argument; NULL when one is NULL.")
      .expanded(1, 255, "ANY greatest(ANY, ...)", expand_extreme);
  registry.add("least", "The smallest argument; NULL when one is NULL.")
      .expanded(1, 255, "ANY least(ANY, ...)", expand_extreme);
  registry.add("pi", "The number pi.").expanded(0, 0, "DOUBLE pi()", expand_constant<std::numbers::pi_v<double>>);
  registry.add("e", "Euler's number.").expanded(0, 0, "DOUBLE e()", expand_constant<std::numbers::e_v<double>>);
  add_rows<sign>(registry.add("sign", "-1, 0 or 1."));
  registry.add("pmod", "The remainder with the sign of the second number; NULL by zero.")
      .expanded(2, 2, "BIGINT|DOUBLE pmod(NUMBER, NUMBER)", expand_pmod);

  add_rows<ln>(registry.add("ln", "The natural logarithm.").alias("dlog1"));
  auto& log = registry.add("log", "The natural logarithm, or the one to a base, which is the first argument.");
  add_rows<ln>(log);
  add_rows<log_base>(log);
  add_rows<log2_of>(registry.add("log2", "The logarithm to the base 2."));
  add_rows<log10_of>(registry.add("log10", "The logarithm to the base 10.").alias("dlog10"));
  add_rows<of<std::exp>>(registry.add("exp", "e to this power.").alias("dexp"));
  add_rows<pow_of>(
      registry.add("pow", "The first number to the power of the second.").alias("power").alias("fpow").alias("dpow"));
  registry.add("sqrt", "The square root; NULL of negative numbers in columns.")
      .alias("dsqrt")
      .expanded(1, 1, "DOUBLE sqrt(DOUBLE)", expand_sqrt);
  add_rows<of<cube_root>>(registry.add("cbrt", "The cube root."));

  add_rows<of<std::sin>>(registry.add("sin", "The sine."));
  add_rows<of<std::cos>>(registry.add("cos", "The cosine."));
  add_rows<of<std::tan>>(registry.add("tan", "The tangent."));
  add_rows<of<cot>>(registry.add("cot", "The cotangent."));
  add_rows<of<sec>>(registry.add("sec", "The secant."));
  add_rows<of<csc>>(registry.add("cosec", "The cosecant.").alias("csc"));
  add_rows<of<std::asin>>(registry.add("asin", "The angle with this sine."));
  add_rows<of<std::acos>>(registry.add("acos", "The angle with this cosine."));
  auto& atan = registry.add("atan", "The angle with this tangent, or of the point (x, y).");
  add_rows<of<std::atan>>(atan);
  add_rows<atan2_of>(atan);
  add_rows<atan2_of>(registry.add("atan2", "The angle of the point (x, y)."));
  add_rows<of<std::sinh>>(registry.add("sinh", "The hyperbolic sine."));
  add_rows<of<std::cosh>>(registry.add("cosh", "The hyperbolic cosine."));
  add_rows<of<std::tanh>>(registry.add("tanh", "The hyperbolic tangent."));
  add_rows<of<std::asinh>>(registry.add("asinh", "The number with this hyperbolic sine."));
  add_rows<of<std::acosh>>(registry.add("acosh", "The number with this hyperbolic cosine."));
  add_rows<of<std::atanh>>(registry.add("atanh", "The number with this hyperbolic tangent."));
  add_rows<of<degrees>>(registry.add("degrees", "Radians as degrees."));
  add_rows<of<radians>>(registry.add("radians", "Degrees as radians."));
  add_rows<of<even>>(registry.add("even", "The next even number away from 0."));
  add_rows<width_bucket>(registry.add("width_bucket", "The bucket, of n equal ones, in which the number lies."));
  add_rows<normal_cdf>(
      registry.add("normal_cdf", "How likely a normal variable is at most a number: mean, deviation, number."));

  add_rows<shift_left>(registry.add("bit_shift_left", "The 64 bits shifted to the left."));
  add_rows<shift_right>(registry.add("bit_shift_right", "The 64 bits shifted to the right; zeros come in."));
  auto& bits = registry.add("bit_count", "How many bits are 1.");
  add_rows<bit_count<int8_t>>(bits);
  add_rows<bit_count<int16_t>>(bits);
  add_rows<bit_count<int32_t>>(bits);
  add_rows<bit_count<int64_t>>(bits);
  add_rows<bit_count_wide>(bits);
  add_variadic_rows<bit_test>(
      registry.add("bit_test", "1 when all these bits of the number are 1.").alias("bit_test_all"), 2);

  auto& random = registry.add("random", "A random number from 0 to 1, or a whole one between two.")
                     .alias("rand")
                     .volatile_result();
  add_rows<random_number>(random);
  random.overload({LogicalType::BIGINT}, LogicalType::DOUBLE, run_seeded);
  add_rows<random_between>(random);
}

}  // namespace sluice::functions
