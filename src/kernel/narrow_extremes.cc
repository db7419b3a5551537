// SPDX-License-Identifier: Apache-2.0
#include "kernel/narrow_extremes.h"

#include "duckdb/catalog/catalog_entry/aggregate_function_catalog_entry.hpp"
#include "duckdb/function/function_binder.hpp"
#include "duckdb/optimizer/optimizer.hpp"
#include "duckdb/optimizer/optimizer_extension.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/expression/list.hpp"
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

void narrow(duckdb::OptimizerExtensionInput& input, Plan& plan) {
  for (auto& child : plan->children) narrow(input, child);
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

}  // namespace

void narrow_extremes(duckdb::DBConfig& config) {
  duckdb::OptimizerExtension extension;
  extension.pre_optimize_function = narrow;
  duckdb::OptimizerExtension::Register(config, std::move(extension));
}

}  // namespace sluice::kernel
