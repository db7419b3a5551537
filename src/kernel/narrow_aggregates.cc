// SPDX-License-Identifier: Apache-2.0
#include "kernel/narrow_aggregates.h"

#include <algorithm>

#include "duckdb/catalog/catalog_entry/aggregate_function_catalog_entry.hpp"
#include "duckdb/function/function_binder.hpp"
#include "duckdb/optimizer/optimizer.hpp"
#include "duckdb/optimizer/optimizer_extension.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "duckdb/planner/operator/logical_projection.hpp"

namespace sluice::kernel {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using Plan = duckdb::unique_ptr<duckdb::LogicalOperator>;
using ExpressionPtr = duckdb::unique_ptr<duckdb::Expression>;

// Bits of the values; 0: no integer.
int bits(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::TINYINT:
      return 7;
    case LogicalTypeId::SMALLINT:
      return 15;
    case LogicalTypeId::INTEGER:
      return 31;
    case LogicalTypeId::BIGINT:
      return 63;
    case LogicalTypeId::UBIGINT:
      return 64;
    case LogicalTypeId::HUGEINT:
      return 127;
    default:
      return 0;
  }
}

// The number below a cast that loses nothing and keeps the order; null: there is none.
ExpressionPtr* narrower(duckdb::Expression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_AGGREGATE) return nullptr;
  auto& call = expression.Cast<duckdb::BoundAggregateExpression>();
  if (call.children.size() != 1 || (call.function.name != "max" && call.function.name != "min")) return nullptr;
  if (call.children[0]->GetExpressionClass() != duckdb::ExpressionClass::BOUND_CAST) return nullptr;
  auto& cast = call.children[0]->Cast<duckdb::BoundCastExpression>();
  const int from = bits(cast.child->return_type);
  if (from == 0 || from >= bits(cast.return_type)) return nullptr;
  return &cast.child;
}

ExpressionPtr over(duckdb::ClientContext& context, duckdb::BoundAggregateExpression& call, ExpressionPtr number) {
  auto& entry = duckdb::Catalog::GetSystemCatalog(context).GetEntry<duckdb::AggregateFunctionCatalogEntry>(
      context, DEFAULT_SCHEMA, call.function.name);
  duckdb::FunctionBinder binder(context);
  duckdb::ErrorData error;
  const auto function = binder.BindFunction(entry.name, entry.functions, {number->return_type}, error);
  if (!function.IsValid()) error.Throw();
  duckdb::vector<ExpressionPtr> children;
  children.push_back(std::move(number));
  return binder.BindAggregateFunction(entry.functions.GetFunctionByOffset(function.GetIndex()), std::move(children),
                                      std::move(call.filter), call.aggr_type);
}

void narrow_extremes(duckdb::OptimizerExtensionInput& input, Plan& plan) {
  for (auto& child : plan->children) narrow_extremes(input, child);
  if (plan->type != duckdb::LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY) return;
  auto& aggregate = plan->Cast<duckdb::LogicalAggregate>();
  if (!aggregate.groups.empty() || !aggregate.grouping_functions.empty()) return;
  const duckdb::idx_t index = input.optimizer.binder.GenerateTableIndex();
  bool any = false;
  duckdb::vector<ExpressionPtr> results;
  for (auto& expression : aggregate.expressions) {
    const LogicalType type = expression->return_type;
    const std::string alias = expression->GetAlias();
    if (auto* number = narrower(*expression)) {
      any = true;
      ExpressionPtr taken = std::move(*number);
      expression = over(input.context, expression->Cast<duckdb::BoundAggregateExpression>(), std::move(taken));
    }
    ExpressionPtr result = duckdb::make_uniq<duckdb::BoundColumnRefExpression>(
        expression->return_type, duckdb::ColumnBinding(index, results.size()));
    result = duckdb::BoundCastExpression::AddCastToType(input.context, std::move(result), type);
    result->SetAlias(alias);
    results.push_back(std::move(result));
  }
  if (!any) return;
  auto projection = duckdb::make_uniq<duckdb::LogicalProjection>(aggregate.aggregate_index, std::move(results));
  aggregate.aggregate_index = index;
  aggregate.ResolveOperatorTypes();
  projection->children.push_back(std::move(plan));
  projection->ResolveOperatorTypes();
  plan = std::move(projection);
}

// ---- sums

// A DECIMAL of 64 bits that a cast gives more digits and nothing else.
bool is_widened(const duckdb::Expression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_CAST) return false;
  const LogicalType& from = expression.Cast<duckdb::BoundCastExpression>().child->return_type;
  const LogicalType& to = expression.return_type;
  return from.id() == LogicalTypeId::DECIMAL && to.id() == LogicalTypeId::DECIMAL &&
         from.InternalType() == duckdb::PhysicalType::INT64 && to.InternalType() == duckdb::PhysicalType::INT128 &&
         duckdb::DecimalType::GetScale(from) == duckdb::DecimalType::GetScale(to);
}

bool is_sum(const duckdb::Expression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_AGGREGATE) return false;
  const auto& call = expression.Cast<duckdb::BoundAggregateExpression>();
  return call.function.name == "sum" && call.children.size() == 1 && !call.IsDistinct() && !call.order_bys;
}

// References to column `column` of a projection, which has type `narrow` now.
void refer_to_narrow(duckdb::ClientContext& context, ExpressionPtr& expression, const duckdb::ColumnBinding& column,
                     const LogicalType& narrow) {
  const auto is_column = [&](const duckdb::Expression& tested) {
    return tested.GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF &&
           tested.Cast<duckdb::BoundColumnRefExpression>().binding == column;
  };
  const auto reference = [&] { return duckdb::make_uniq<duckdb::BoundColumnRefExpression>(narrow, column); };
  if (expression->GetExpressionClass() == duckdb::ExpressionClass::BOUND_CAST && expression->return_type == narrow &&
      is_column(*expression->Cast<duckdb::BoundCastExpression>().child)) {
    expression = reference();
  } else if (is_column(*expression)) {
    const LogicalType type = expression->return_type;
    expression = duckdb::BoundCastExpression::AddCastToType(context, reference(), type);
  } else {
    duckdb::ExpressionIterator::EnumerateChildren(
        *expression, [&](ExpressionPtr& child) { refer_to_narrow(context, child, column, narrow); });
  }
}

using Readers = std::vector<duckdb::vector<ExpressionPtr>*>;

// The projections right below give columns that are widened as they are: nothing but `readers` reads them.
void narrow_columns(duckdb::ClientContext& context, const Readers& readers, duckdb::LogicalOperator& plan) {
  if (plan.type != duckdb::LogicalOperatorType::LOGICAL_PROJECTION) return;
  auto& below = plan.Cast<duckdb::LogicalProjection>();
  narrow_columns(context, {&below.expressions}, *below.children[0]);
  bool any = false;
  for (size_t i = 0; i < below.expressions.size(); ++i) {
    if (!is_widened(*below.expressions[i])) continue;
    any = true;
    ExpressionPtr narrow = std::move(below.expressions[i]->Cast<duckdb::BoundCastExpression>().child);
    below.expressions[i] = std::move(narrow);
    const duckdb::ColumnBinding column(below.table_index, i);
    for (auto* expressions : readers) {
      for (auto& expression : *expressions)
        refer_to_narrow(context, expression, column, below.expressions[i]->return_type);
    }
  }
  if (any) below.ResolveOperatorTypes();
}

void narrow_sums(duckdb::OptimizerExtensionInput& input, Plan& plan) {
  for (auto& child : plan->children) narrow_sums(input, child);
  if (plan->type != duckdb::LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY) return;
  auto& aggregate = plan->Cast<duckdb::LogicalAggregate>();
  if (std::ranges::none_of(aggregate.expressions, [](const auto& call) { return is_sum(*call); })) return;
  narrow_columns(input.context, {&aggregate.expressions, &aggregate.groups}, *aggregate.children[0]);
  for (auto& expression : aggregate.expressions) {
    if (!is_sum(*expression)) continue;
    auto& call = expression->Cast<duckdb::BoundAggregateExpression>();
    if (!is_widened(*call.children[0])) continue;
    const std::string alias = expression->GetAlias();
    auto& number = call.children[0]->Cast<duckdb::BoundCastExpression>().child;
    constexpr uint8_t kDigitsOfSum = 38;
    if (call.return_type != LogicalType::DECIMAL(kDigitsOfSum, duckdb::DecimalType::GetScale(number->return_type)))
      continue;
    ExpressionPtr taken = std::move(number);
    ExpressionPtr sum = over(input.context, call, std::move(taken));
    sum->SetAlias(alias);
    expression = std::move(sum);
  }
}

}  // namespace

void narrow_aggregates(duckdb::DBConfig& config) {
  duckdb::OptimizerExtension extension;
  extension.pre_optimize_function = narrow_extremes;
  extension.optimize_function = narrow_sums;
  duckdb::OptimizerExtension::Register(config, std::move(extension));
}

}  // namespace sluice::kernel
