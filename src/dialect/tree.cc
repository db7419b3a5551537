// SPDX-License-Identifier: Apache-2.0
#include "dialect/tree.h"

namespace sluice::dialect::tree {

using duckdb::ExpressionType;

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
  return op(ExpressionType::OPERATOR_NOT, list(std::move(operand)));
}

std::optional<int64_t> constant_integer(const duckdb::ParsedExpression& expression) {
  const duckdb::Value* value = constant_value(expression);
  if (!value || value->IsNull()) return std::nullopt;
  switch (value->type().id()) {
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
