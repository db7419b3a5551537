// SPDX-License-Identifier: Apache-2.0
// x IN (query), x = ANY (query): x and what the query gives, in the type in which Doris compares them. Uncorrelated
// ones are joins by now, correlated ones dependent joins whose conditions come later.
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/operator/list.hpp"
#include "duckdb/planner/operator/logical_dependent_join.hpp"
#include "functions/sought.h"
#include "kernel/plan_rules.h"

namespace sluice::kernel {
namespace {

using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;
using functions::BoundPtr;

// The column of the query, below the casts that the binder made.
BoundPtr* find_column(BoundPtr& expression) {
  if (expression->GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF) return &expression;
  BoundPtr* found = nullptr;
  duckdb::ExpressionIterator::EnumerateChildren(*expression, [&](BoundPtr& child) {
    if (!found) found = find_column(child);
  });
  return found;
}

// x IN (query of a BITMAP column): x is one of the numbers in them. The query gives these, one a row, in place of
// `column`, which becomes a reference to them.
void unnest_bitmaps(duckdb::PlannerExtensionInput& input, duckdb::unique_ptr<LogicalOperator>& query,
                    BoundPtr& column) {
  duckdb::vector<BoundPtr> arrays;
  arrays.push_back(functions::numbers_of(input.context, std::move(column)));
  const duckdb::LogicalType array = arrays[0]->return_type;
  const duckdb::LogicalType number = duckdb::ListType::GetChildType(array);
  const auto table = input.binder.GenerateTableIndex();
  auto projection = duckdb::make_uniq<duckdb::LogicalProjection>(table, std::move(arrays));
  projection->AddChild(std::move(query));
  auto numbers = duckdb::make_uniq<duckdb::BoundUnnestExpression>(number);
  numbers->child = duckdb::make_uniq<duckdb::BoundColumnRefExpression>(array, duckdb::ColumnBinding(table, 0));
  auto unnest = duckdb::make_uniq<duckdb::LogicalUnnest>(input.binder.GenerateTableIndex());
  unnest->expressions.push_back(std::move(numbers));
  unnest->AddChild(std::move(projection));
  column = duckdb::make_uniq<duckdb::BoundColumnRefExpression>(number, duckdb::ColumnBinding(unnest->unnest_index, 0));
  query = std::move(unnest);
}

void settle_join(duckdb::PlannerExtensionInput& input, duckdb::LogicalComparisonJoin& join) {
  for (auto& condition : join.conditions) {
    BoundPtr* value = functions::find_sought(condition.left);
    BoundPtr* column = value ? find_column(condition.right) : nullptr;
    if (!column) continue;
    BoundPtr left = std::move(*value);
    BoundPtr right = std::move(*column);
    if (join.conditions.size() == 1 && functions::is_sought_in(right->return_type))
      unnest_bitmaps(input, join.children[1], right);
    functions::compare_alike(input.context, left, right);
    condition.left = std::move(left);
    condition.right = std::move(right);
  }
}

// The kernel compares the query's first columns: a projection converts them.
void settle_dependent_join(duckdb::PlannerExtensionInput& input, duckdb::LogicalDependentJoin& join) {
  LogicalOperator& query = *join.children[1];
  duckdb::vector<BoundPtr> columns;
  bool converted = false;
  for (size_t i = 0; i < join.expression_children.size(); ++i) {
    BoundPtr* value = functions::find_sought(join.expression_children[i]);
    if (!value) continue;
    if (columns.empty()) {
      query.ResolveOperatorTypes();
      const auto bindings = query.GetColumnBindings();
      for (size_t column = 0; column < bindings.size(); ++column)
        columns.push_back(duckdb::make_uniq<duckdb::BoundColumnRefExpression>(query.types[column], bindings[column]));
    }
    if (i >= columns.size()) continue;
    BoundPtr left = std::move(*value);
    functions::compare_alike(input.context, left, columns[i]);
    converted = converted || columns[i]->GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF;
    join.child_types[i] = join.child_targets[i] = columns[i]->return_type;
    join.expression_children[i] = std::move(left);
  }
  if (!converted) return;
  auto projection = duckdb::make_uniq<duckdb::LogicalProjection>(input.binder.GenerateTableIndex(), std::move(columns));
  projection->AddChild(std::move(join.children[1]));
  join.children[1] = std::move(projection);
}

}  // namespace

void settle_sought_values(duckdb::PlannerExtensionInput& input, LogicalOperator& plan) {
  for (auto& child : plan.children) settle_sought_values(input, *child);
  if (plan.type == LogicalOperatorType::LOGICAL_COMPARISON_JOIN) {
    auto& join = plan.Cast<duckdb::LogicalComparisonJoin>();
    if (join.join_type == duckdb::JoinType::MARK) settle_join(input, join);
  }
  if (plan.type == LogicalOperatorType::LOGICAL_DEPENDENT_JOIN)
    settle_dependent_join(input, plan.Cast<duckdb::LogicalDependentJoin>());
}

}  // namespace sluice::kernel
