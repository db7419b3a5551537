// SPDX-License-Identifier: Apache-2.0
#include "kernel/plan_rules.h"

#include "duckdb/planner/expression/list.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/operator/list.hpp"
#include "functions/type_names.h"
#include "functions/types.h"
#include "kernel/moment_digits.h"

namespace sluice::kernel {
namespace {

using duckdb::LogicalOperatorType;
using duckdb::LogicalTypeId;

// No order and no equality in Doris.
bool is_metric(const duckdb::LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::LIST:
    case LogicalTypeId::MAP:
    case LogicalTypeId::STRUCT:
      return true;
    default:
      return functions::is_object(type) || functions::is_json(type);
  }
}

void refuse_metric(const duckdb::Expression& expression) {
  if (!is_metric(expression.return_type)) return;
  throw duckdb::BinderException(
      expression,
      "Doris hll, bitmap, array, map, struct, jsonb, variant column must use with specific function, and don't support "
      "filter, group by or order by. please run 'help hll' or 'help bitmap' or 'help array' or 'help map' or 'help "
      "struct' or 'help jsonb' or 'help variant' in your mysql client.");
}

// DISTINCT keeps the columns of the select list alone: nothing else is left to order by.
void check_distinct(const duckdb::LogicalDistinct& distinct) {
  for (const auto& target : distinct.distinct_targets) refuse_metric(*target);
  if (distinct.distinct_type != duckdb::DistinctType::DISTINCT) return;
  if (distinct.children[0]->type != LogicalOperatorType::LOGICAL_PROJECTION) return;
  const auto& selected = distinct.children[0]->expressions;
  if (selected.size() <= distinct.distinct_targets.size()) return;
  throw duckdb::BinderException(*selected[distinct.distinct_targets.size()],
                                "%s in ORDER BY is not in the select list of SELECT DISTINCT",
                                selected[distinct.distinct_targets.size()]->ToString());
}

void check_aggregate(const duckdb::LogicalAggregate& aggregate) {
  for (const auto& group : aggregate.groups) refuse_metric(*group);
  for (const auto& expression : aggregate.expressions) {
    if (expression->GetExpressionClass() != duckdb::ExpressionClass::BOUND_AGGREGATE) continue;
    const auto& call = expression->Cast<duckdb::BoundAggregateExpression>();
    if (call.children.size() == 1 && (call.function.name == "min" || call.function.name == "max"))
      refuse_metric(*call.children[0]);
  }
}

// Rows of arrays, maps and structs are not hashed in Doris' joins, and a VARIANT has no equality.
void check_join(const duckdb::LogicalComparisonJoin& join) {
  for (const auto& condition : join.conditions) {
    if (condition.comparison != duckdb::ExpressionType::COMPARE_EQUAL) continue;
    const duckdb::LogicalType& type = condition.left->return_type;
    if (functions::is_json(type)) throw duckdb::BinderException("variant type could not in join equal conditions");
    if (type.IsNested())
      throw duckdb::BinderException("columns of type %s can not be joined by =", functions::type_name(type));
  }
}

void check_window(const duckdb::Expression& expression) {
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_WINDOW) {
    const auto& window = expression.Cast<duckdb::BoundWindowExpression>();
    for (const auto& partition : window.partitions) refuse_metric(*partition);
    for (const auto& order : window.orders) refuse_metric(*order.expression);
  }
  duckdb::ExpressionIterator::EnumerateChildren(expression, check_window);
}

void check_plan(duckdb::PlannerExtensionInput& input, duckdb::BoundStatement& statement) {
  if (!statement.plan) return;
  check_grouped_types(*statement.plan);
  check_correlated_subqueries(*statement.plan);
  settle_sought_values(input, *statement.plan);
  bind_match_indexes(input.context, *statement.plan);
  settle_moment_digits(input.context, *statement.plan);
}

}  // namespace

void check_grouped_types(const duckdb::LogicalOperator& plan) {
  switch (plan.type) {
    case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY:
      check_aggregate(plan.Cast<duckdb::LogicalAggregate>());
      break;
    case LogicalOperatorType::LOGICAL_DISTINCT:
      check_distinct(plan.Cast<duckdb::LogicalDistinct>());
      break;
    case LogicalOperatorType::LOGICAL_COMPARISON_JOIN:
      check_join(plan.Cast<duckdb::LogicalComparisonJoin>());
      break;
    case LogicalOperatorType::LOGICAL_ORDER_BY:
      for (const auto& order : plan.Cast<duckdb::LogicalOrder>().orders) refuse_metric(*order.expression);
      break;
    case LogicalOperatorType::LOGICAL_WINDOW:
      for (const auto& expression : plan.expressions) check_window(*expression);
      break;
    default:
      break;
  }
  for (const auto& child : plan.children) check_grouped_types(*child);
}

void register_plan_rules(duckdb::DBConfig& config) {
  duckdb::PlannerExtension extension;
  extension.post_bind_function = check_plan;
  duckdb::PlannerExtension::Register(config, std::move(extension));
}

}  // namespace sluice::kernel
