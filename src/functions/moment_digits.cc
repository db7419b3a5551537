// SPDX-License-Identifier: Apache-2.0
#include "functions/moment_digits.h"

#include <algorithm>
#include <numeric>

#include "duckdb/planner/expression/list.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "functions/conversion.h"
#include "functions/sized_conversion.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::Expression;
using duckdb::ExpressionClass;

constexpr uint8_t kMostDigits = 6;

bool is_moment_type(const LogicalType& type) {
  return type.id() == LogicalTypeId::TIMESTAMP || type.id() == LogicalTypeId::TIMESTAMP_TZ ||
         type.id() == LogicalTypeId::TIMESTAMP_SEC || type.id() == LogicalTypeId::TIMESTAMP_MS;
}

// What the types alone say, in the order of MomentDigits.
void collect(const LogicalType& type, MomentDigits& digits) {
  switch (type.id()) {
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ:
      digits.emplace_back();
      break;
    case LogicalTypeId::TIMESTAMP_SEC:
      digits.emplace_back(uint8_t{0});
      break;
    case LogicalTypeId::TIMESTAMP_MS:
      digits.emplace_back(uint8_t{3});
      break;
    case LogicalTypeId::LIST:
      collect(duckdb::ListType::GetChildType(type), digits);
      break;
    case LogicalTypeId::MAP:
      collect(duckdb::MapType::KeyType(type), digits);
      collect(duckdb::MapType::ValueType(type), digits);
      break;
    case LogicalTypeId::STRUCT:
      for (const auto& field : duckdb::StructType::GetChildTypes(type)) collect(field.second, digits);
      break;
    default:
      break;
  }
}

std::optional<uint8_t> wider(std::optional<uint8_t> a, std::optional<uint8_t> b) {
  if (!a || !b) return std::nullopt;
  return std::max(*a, *b);
}

std::optional<uint8_t> needed_digits(const duckdb::Value& moment) {
  int64_t fraction = duckdb::TimestampValue::Get(moment).value % 1'000'000;
  uint8_t digits = fraction == 0 ? 0 : kMostDigits;
  for (; fraction != 0 && fraction % 10 == 0; fraction /= 10) --digits;
  return digits;
}

// NULL, or the error of a subquery with several rows: no moment comes of it.
bool gives_no_moment(const Expression& expression) {
  switch (expression.GetExpressionClass()) {
    case ExpressionClass::BOUND_CONSTANT:
      return expression.Cast<duckdb::BoundConstantExpression>().value.IsNull();
    case ExpressionClass::BOUND_CAST:
      return gives_no_moment(*expression.Cast<duckdb::BoundCastExpression>().child);
    case ExpressionClass::BOUND_FUNCTION:
      return expression.Cast<duckdb::BoundFunctionExpression>().function.name == "error";
    default:
      return false;
  }
}

// A moment as the statement has it written.
bool is_literal(const Expression& expression) {
  switch (expression.GetExpressionClass()) {
    case ExpressionClass::BOUND_CONSTANT:
      return true;
    case ExpressionClass::BOUND_CAST:
      return is_literal(*expression.Cast<duckdb::BoundCastExpression>().child);
    case ExpressionClass::BOUND_FUNCTION: {
      const auto& call = expression.Cast<duckdb::BoundFunctionExpression>();
      return call.function.name == kTextToMoment && is_literal(*call.children[0]);
    }
    default:
      return false;
  }
}

using Operands = std::vector<duckdb::reference<const Expression>>;

template <typename List>
Operands operands(const List& list) {
  Operands made;
  for (const auto& one : list) made.emplace_back(*one);
  return made;
}

// What a function makes of its operands: of each the widest where all have the same shape as the result (IF, ARRAY);
// one after the other where they are the result's parts (STRUCT); the widest of all otherwise.
MomentDigits combine(const Operands& from, size_t count, const MomentContext& known) {
  std::vector<MomentDigits> parts;
  bool has_date = false;
  for (const Expression& operand : from) {
    if (gives_no_moment(operand)) continue;
    has_date = has_date || operand.return_type.id() == LogicalTypeId::DATE;
    if (count_moments(operand.return_type) != 0) parts.push_back(moment_digits(operand, known));
  }
  if (parts.empty()) return MomentDigits(count, has_date ? std::optional<uint8_t>(0) : std::nullopt);
  if (std::ranges::all_of(parts, [&](const auto& part) { return part.size() == count; })) return widest(parts);
  MomentDigits all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  if (all.size() == count) return all;
  return MomentDigits(count, std::accumulate(all.begin(), all.end(), std::optional<uint8_t>(0), wider));
}

// What an operand that is no moment may add to the fraction of a second; nothing: it is not known.
std::optional<uint8_t> added_digits(const Expression& operand, const MomentContext& known) {
  const LogicalType& type = operand.return_type;
  if (type.id() != LogicalTypeId::INTERVAL) {
    const bool fraction =
        type.id() == LogicalTypeId::FLOAT || type.id() == LogicalTypeId::DOUBLE || type.id() == LogicalTypeId::DECIMAL;
    return fraction ? std::nullopt : std::optional<uint8_t>(0);
  }
  if (operand.GetExpressionClass() == ExpressionClass::BOUND_CONSTANT && known.literals) {
    const auto& interval = operand.Cast<duckdb::BoundConstantExpression>().value;
    if (interval.IsNull()) return 0;
    return duckdb::IntervalValue::Get(interval).micros % 1'000'000 == 0 ? 0 : kMostDigits;
  }
  if (operand.GetExpressionClass() != ExpressionClass::BOUND_FUNCTION) return std::nullopt;
  const auto& call = operand.Cast<duckdb::BoundFunctionExpression>();
  for (const char* maker : {"to_years", "to_quarters", "to_months", "to_weeks", "to_days", "to_hours", "to_minutes"}) {
    if (call.function.name == maker) return 0;
  }
  return std::nullopt;
}

bool takes_first_alone(const std::string& aggregate) { return aggregate == "arg_min" || aggregate == "arg_max"; }

// Steps below the digits that a DATETIME has: of them Doris' functions ask DATETIME(6).
bool steps_below_seconds(std::string_view function) {
  return function.starts_with(kernel_name("microseconds_")) || function.starts_with(kernel_name("milliseconds_"));
}

MomentDigits infer(const Expression& expression, size_t count, const MomentContext& known) {
  switch (expression.GetExpressionClass()) {
    case ExpressionClass::BOUND_COLUMN_REF:
      return known.column(expression.Cast<duckdb::BoundColumnRefExpression>());
    case ExpressionClass::BOUND_CAST: {
      const Expression& child = *expression.Cast<duckdb::BoundCastExpression>().child;
      return combine({child}, count, known);
    }
    case ExpressionClass::BOUND_FUNCTION: {
      const auto& call = expression.Cast<duckdb::BoundFunctionExpression>();
      if (const auto digits = rounded_digits(expression)) return {static_cast<uint8_t>(*digits)};
      if (steps_below_seconds(call.function.name)) return MomentDigits(count, kMostDigits);
      MomentDigits digits = combine(operands(call.children), count, known);
      for (const auto& operand : call.children) {
        for (auto& one : digits) one = wider(one, added_digits(*operand, known));
      }
      return digits;
    }
    case ExpressionClass::BOUND_CASE: {
      const auto& choice = expression.Cast<duckdb::BoundCaseExpression>();
      Operands results;
      for (const auto& check : choice.case_checks) results.emplace_back(*check.then_expr);
      results.emplace_back(*choice.else_expr);
      return combine(results, count, known);
    }
    case ExpressionClass::BOUND_OPERATOR:
      return combine(operands(expression.Cast<duckdb::BoundOperatorExpression>().children), count, known);
    case ExpressionClass::BOUND_UNNEST:
      return combine({*expression.Cast<duckdb::BoundUnnestExpression>().child}, count, known);
    case ExpressionClass::BOUND_AGGREGATE: {
      const auto& call = expression.Cast<duckdb::BoundAggregateExpression>();
      if (takes_first_alone(call.function.name)) return combine({*call.children[0]}, count, known);
      return combine(operands(call.children), count, known);
    }
    case ExpressionClass::BOUND_WINDOW: {
      const auto& window = expression.Cast<duckdb::BoundWindowExpression>();
      if (window.children.empty() || (window.aggregate && takes_first_alone(window.aggregate->name)))
        return window.children.empty() ? MomentDigits() : combine({*window.children[0]}, count, known);
      return combine(operands(window.children), count, known);
    }
    default:
      return {};
  }
}

}  // namespace

size_t count_moments(const LogicalType& type) {
  if (is_moment_type(type)) return 1;
  if (!type.IsNested()) return 0;
  MomentDigits digits;
  collect(type, digits);
  return digits.size();
}

MomentDigits moment_digits(const Expression& expression, const MomentContext& known) {
  MomentDigits digits;
  collect(expression.return_type, digits);
  if (std::ranges::all_of(digits, [](const auto& one) { return one.has_value(); })) return digits;
  MomentDigits inferred = infer(expression, digits.size(), known);
  inferred.resize(digits.size());
  if (known.literals && expression.return_type.id() == LogicalTypeId::TIMESTAMP && is_literal(expression)) {
    const auto value = constant_of(known.context, expression);
    if (value && !value->IsNull() && value->type().id() == LogicalTypeId::TIMESTAMP &&
        duckdb::Timestamp::IsFinite(duckdb::TimestampValue::Get(*value)))
      inferred[0] = needed_digits(*value);
  }
  for (size_t i = 0; i < digits.size(); ++i) {
    if (!digits[i]) digits[i] = inferred[i];
  }
  return digits;
}

MomentDigits widest(const std::vector<MomentDigits>& columns) {
  MomentDigits found = columns[0];
  for (size_t i = 1; i < columns.size(); ++i) std::ranges::transform(found, columns[i], found.begin(), wider);
  return found;
}

void show_moment_digits(BoundPtr& expression, const MomentContext& known) {
  duckdb::ExpressionIterator::EnumerateChildren(*expression,
                                                [&](BoundPtr& child) { show_moment_digits(child, known); });
  if (expression->GetExpressionClass() != ExpressionClass::BOUND_FUNCTION) return;
  auto& call = expression->Cast<duckdb::BoundFunctionExpression>();
  if (call.function.name != kShortMomentText) return;
  const auto digits = moment_digits(*call.children[0], known)[0];
  if (!digits) return;
  BoundPtr shown = moment_text(known.context, std::move(call.children[0]), *digits);
  shown->SetAlias(expression->GetAlias());
  expression = std::move(shown);
}

}  // namespace sluice::functions
