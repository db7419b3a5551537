// SPDX-License-Identifier: Apache-2.0
// Short makers of the kernel's expression trees. Functions without state: any thread.
#pragma once

#include <string>
#include <utility>

#include "dialect/parse_context.h"
#include "functions/registry.h"

namespace sluice::dialect::tree {

inline ExprPtr constant(duckdb::Value value) { return duckdb::make_uniq<duckdb::ConstantExpression>(std::move(value)); }
inline ExprPtr text(std::string value) { return constant(duckdb::Value(std::move(value))); }
inline ExprPtr integer(int32_t value) { return constant(duckdb::Value::INTEGER(value)); }
inline ExprPtr null() { return constant(duckdb::Value(duckdb::LogicalType::SQLNULL)); }

template <typename... Args>
ExprList list(Args... args) {
  ExprList result;
  result.reserve(sizeof...(args));
  (result.push_back(std::move(args)), ...);
  return result;
}

inline duckdb::unique_ptr<duckdb::FunctionExpression> call(const std::string& name, ExprList args) {
  return duckdb::make_uniq<duckdb::FunctionExpression>(name, std::move(args));
}
template <typename... Args>
ExprPtr function(const std::string& name, Args... args) {
  return call(name, list(std::move(args)...));
}
// A function of Doris by its name there: its types and NULLs are Doris' (functions/registry.h).
inline duckdb::unique_ptr<duckdb::FunctionExpression> doris_call(const std::string& name, ExprList args) {
  return duckdb::make_uniq<duckdb::FunctionExpression>("system", "doris", functions::kernel_name(name),
                                                       std::move(args));
}
template <typename... Args>
ExprPtr doris(const std::string& name, Args... args) {
  return doris_call(name, list(std::move(args)...));
}
// Whether a tree is a call of doris(`name`, ..).
bool is_doris(const duckdb::ParsedExpression& expression, std::string_view name);
// The comparison that a user wrote.
ExprPtr comparison(duckdb::ExpressionType type, ExprPtr left, ExprPtr right);
// The tree as a condition of WHERE, ON, AND, CASE: what is no comparison counts by its truth.
ExprPtr condition(ExprPtr operand);
// An operator of the kernel: "+", "~~"; printed infix.
inline ExprPtr binary(const std::string& name, ExprPtr left, ExprPtr right) {
  auto result = call(name, list(std::move(left), std::move(right)));
  result->is_operator = true;
  return result;
}
inline ExprPtr unary(const std::string& name, ExprPtr operand) {
  auto result = call(name, list(std::move(operand)));
  result->is_operator = true;
  return result;
}
inline ExprPtr compare(duckdb::ExpressionType type, ExprPtr left, ExprPtr right) {
  return duckdb::make_uniq<duckdb::ComparisonExpression>(type, std::move(left), std::move(right));
}
inline ExprPtr equal(ExprPtr left, ExprPtr right) {
  return compare(duckdb::ExpressionType::COMPARE_EQUAL, std::move(left), std::move(right));
}
inline ExprPtr both(ExprPtr left, ExprPtr right) {
  return duckdb::make_uniq<duckdb::ConjunctionExpression>(duckdb::ExpressionType::CONJUNCTION_AND, std::move(left),
                                                          std::move(right));
}
inline ExprPtr either(ExprPtr left, ExprPtr right) {
  return duckdb::make_uniq<duckdb::ConjunctionExpression>(duckdb::ExpressionType::CONJUNCTION_OR, std::move(left),
                                                          std::move(right));
}
inline ExprPtr op(duckdb::ExpressionType type, ExprList children) {
  return duckdb::make_uniq<duckdb::OperatorExpression>(type, std::move(children));
}
inline ExprPtr is_null(ExprPtr operand) {
  return op(duckdb::ExpressionType::OPERATOR_IS_NULL, list(std::move(operand)));
}
inline ExprPtr is_not_null(ExprPtr operand) {
  return op(duckdb::ExpressionType::OPERATOR_IS_NOT_NULL, list(std::move(operand)));
}
inline ExprPtr coalesce(ExprPtr first, ExprPtr second) {
  return op(duckdb::ExpressionType::OPERATOR_COALESCE, list(std::move(first), std::move(second)));
}
// NOT of a comparison or IN becomes the opposite one, as the kernel's own parser does.
ExprPtr negate(ExprPtr operand);

// Doris' CAST: NULL where the value does not convert.
ExprPtr cast(ExprPtr child, duckdb::LogicalType type);
// The kernel's CAST: an error where the value does not convert.
inline ExprPtr strict_cast(ExprPtr child, duckdb::LogicalType type) {
  return duckdb::make_uniq<duckdb::CastExpression>(std::move(type), std::move(child));
}
inline ExprPtr when(ExprPtr condition, ExprPtr then, ExprPtr otherwise) {
  auto result = duckdb::make_uniq<duckdb::CaseExpression>();
  duckdb::CaseCheck check;
  check.when_expr = std::move(condition);
  check.then_expr = std::move(then);
  result->case_checks.push_back(std::move(check));
  result->else_expr = std::move(otherwise);
  return result;
}

// The value of a constant tree, or null.
inline const duckdb::Value* constant_value(const duckdb::ParsedExpression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::CONSTANT) return nullptr;
  return &expression.Cast<duckdb::ConstantExpression>().value;
}
// The text of a constant string, or null.
inline const std::string* constant_text(const duckdb::ParsedExpression& expression) {
  const duckdb::Value* value = constant_value(expression);
  if (!value || value->IsNull() || value->type().id() != duckdb::LogicalTypeId::VARCHAR) return nullptr;
  return &duckdb::StringValue::Get(*value);
}
// The value of a constant whole number, or nullopt.
std::optional<int64_t> constant_integer(const duckdb::ParsedExpression& expression);

// What INTERVAL was written: one in units of days or longer, or one with hours or shorter units (a constant of those
// that has no microseconds is inside a cast, to be told from the former); kNone: the tree is no INTERVAL literal.
enum class IntervalKind : uint8_t { kNone, kDays, kTime };
IntervalKind interval_kind(const duckdb::ParsedExpression& expression);

}  // namespace sluice::dialect::tree
