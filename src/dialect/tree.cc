// SPDX-License-Identifier: Apache-2.0
#include "dialect/tree.h"

namespace sluice::dialect::tree {

using duckdb::ExpressionType;

namespace {

// Comparisons by their Doris names, each beside its opposite.
struct NamedComparison {
  ExpressionType type;
  const char* name;
  const char* opposite;
};
constexpr NamedComparison kComparisons[] = {
    {ExpressionType::COMPARE_EQUAL, "eq", "ne"},
    {ExpressionType::COMPARE_NOTEQUAL, "ne", "eq"},
    {ExpressionType::COMPARE_LESSTHAN, "lt", "ge"},
    {ExpressionType::COMPARE_GREATERTHANOREQUALTO, "ge", "lt"},
    {ExpressionType::COMPARE_GREATERTHAN, "gt", "le"},
    {ExpressionType::COMPARE_LESSTHANOREQUALTO, "le", "gt"},
    {ExpressionType::COMPARE_NOT_DISTINCT_FROM, "eq_for_null", "ne_for_null"},
    {ExpressionType::COMPARE_DISTINCT_FROM, "ne_for_null", "eq_for_null"},
    {ExpressionType::COMPARE_IN, "in", "not_in"},
    {ExpressionType::COMPARE_NOT_IN, "not_in", "in"},
};

// The entry that a call of Doris' comparison stands for, or null.
const NamedComparison* named_comparison(const duckdb::ParsedExpression& expression) {
  for (const auto& entry : kComparisons) {
    if (is_doris(expression, entry.name)) return &entry;
  }
  return nullptr;
}

// Trees that are BOOLEAN by what they are.
bool is_condition(const duckdb::ParsedExpression& expression) {
  switch (expression.GetExpressionClass()) {
    case duckdb::ExpressionClass::COMPARISON:
    case duckdb::ExpressionClass::CONJUNCTION:
    case duckdb::ExpressionClass::BETWEEN:
    case duckdb::ExpressionClass::PARAMETER:
      return true;
    case duckdb::ExpressionClass::SUBQUERY: {
      const auto type = expression.Cast<duckdb::SubqueryExpression>().subquery_type;
      return type != duckdb::SubqueryType::SCALAR;
    }
    case duckdb::ExpressionClass::OPERATOR:
      switch (expression.GetExpressionType()) {
        case ExpressionType::OPERATOR_NOT:
        case ExpressionType::OPERATOR_IS_NULL:
        case ExpressionType::OPERATOR_IS_NOT_NULL:
        case ExpressionType::COMPARE_IN:
        case ExpressionType::COMPARE_NOT_IN:
          return true;
        default:
          return false;
      }
    case duckdb::ExpressionClass::FUNCTION: {
      const auto& name = expression.Cast<duckdb::FunctionExpression>().function_name;
      return named_comparison(expression) || is_doris(expression, "between") || is_doris(expression, "truth") ||
             name == "~~" || name == "!~~" || name == "like_escape" || name == "not_like_escape" ||
             name == "regexp_matches";
    }
    default:
      return false;
  }
}

}  // namespace

bool is_doris(const duckdb::ParsedExpression& expression, std::string_view name) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::FUNCTION) return false;
  const auto& call = expression.Cast<duckdb::FunctionExpression>();
  return call.schema == "doris" && call.function_name.size() == name.size() + 2 &&
         std::string_view(call.function_name).substr(2) == name;
}

ExprPtr comparison(ExpressionType type, ExprPtr left, ExprPtr right) {
  for (const auto& entry : kComparisons) {
    if (entry.type == type) return doris(entry.name, std::move(left), std::move(right));
  }
  return compare(type, std::move(left), std::move(right));
}

ExprPtr condition(ExprPtr operand) {
  if (is_condition(*operand)) return operand;
  if (const duckdb::Value* value = constant_value(*operand)) {
    if (value->type().id() == duckdb::LogicalTypeId::BOOLEAN) return operand;
  }
  return doris("truth", std::move(operand));
}

ExprPtr cast(ExprPtr child, duckdb::LogicalType type) {
  return doris("cast", std::move(child), constant(duckdb::Value(std::move(type))));
}

ExprPtr negate(ExprPtr operand) {
  ExpressionType type = operand->GetExpressionType();
  if (type == ExpressionType::COMPARE_IN) {
    operand->SetExpressionTypeUnsafe(ExpressionType::COMPARE_NOT_IN);
    return operand;
  }
  bool comparison = operand->GetExpressionClass() == duckdb::ExpressionClass::COMPARISON;
  if (comparison) {
    operand->SetExpressionTypeUnsafe(duckdb::NegateComparisonExpression(type));
    return operand;
  }
  if (const auto* named = named_comparison(*operand)) {
    operand->Cast<duckdb::FunctionExpression>().function_name = functions::kernel_name(named->opposite);
    return operand;
  }
  return op(ExpressionType::OPERATOR_NOT, list(condition(std::move(operand))));
}

std::optional<int64_t> constant_integer(const duckdb::ParsedExpression& expression) {
  const duckdb::Value* value = constant_value(expression);
  if (!value || value->IsNull()) return std::nullopt;
  switch (value->type().id()) {
    case duckdb::LogicalTypeId::TINYINT:
      return duckdb::TinyIntValue::Get(*value);
    case duckdb::LogicalTypeId::SMALLINT:
      return duckdb::SmallIntValue::Get(*value);
    case duckdb::LogicalTypeId::INTEGER:
      return duckdb::IntegerValue::Get(*value);
    case duckdb::LogicalTypeId::BIGINT:
      return duckdb::BigIntValue::Get(*value);
    default:
      return std::nullopt;
  }
}

IntervalKind interval_kind(const duckdb::ParsedExpression& expression) {
  if (const duckdb::Value* value = constant_value(expression)) {
    if (value->type().id() != duckdb::LogicalTypeId::INTERVAL || value->IsNull()) return IntervalKind::kNone;
    return duckdb::IntervalValue::Get(*value).micros == 0 ? IntervalKind::kDays : IntervalKind::kTime;
  }
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::CAST) {
    const bool interval = expression.Cast<duckdb::CastExpression>().cast_type.id() == duckdb::LogicalTypeId::INTERVAL;
    return interval ? IntervalKind::kTime : IntervalKind::kNone;
  }
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::FUNCTION) return IntervalKind::kNone;
  const auto& name = expression.Cast<duckdb::FunctionExpression>().function_name;
  for (const char* maker : {"to_years", "to_quarters", "to_months", "to_weeks", "to_days"}) {
    if (name == maker) return IntervalKind::kDays;
  }
  for (const char* maker : {"to_hours", "to_minutes", "to_seconds", "to_microseconds"}) {
    if (name == maker) return IntervalKind::kTime;
  }
  return IntervalKind::kNone;
}

}  // namespace sluice::dialect::tree
