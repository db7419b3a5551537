// SPDX-License-Identifier: Apache-2.0
#include "kernel/merge_order.h"

#include "duckdb/optimizer/optimizer_extension.hpp"
#include "duckdb/planner/operator/logical_comparison_join.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_merge_into.hpp"
#include "duckdb/planner/operator/logical_order.hpp"
#include "kernel/last_rows.h"

namespace sluice::kernel {
namespace {

using duckdb::JoinType;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;
using Plan = duckdb::unique_ptr<LogicalOperator>;

// What people look at without ORDER BY. Sorting more rows takes a considerable part of the time of merging them.
constexpr duckdb::idx_t kMostRows = 100'000;
// Each change of a row reads the 2,048 rows around it, once for all that follow each other. Rows of such tables may be
// changed in any order.
constexpr duckdb::idx_t kSmallTable = 16'384;

// The join of the batch and the table, below projections that rename its columns; null: there is none that adds rows.
Plan* join_below(Plan& plan) {
  Plan* at = &plan;
  while ((*at)->type == LogicalOperatorType::LOGICAL_PROJECTION && (*at)->children.size() == 1)
    at = &(*at)->children[0];
  return (*at)->type == LogicalOperatorType::LOGICAL_COMPARISON_JOIN ? at : nullptr;
}

// Where the join gives the row ids of the table; null: it does not, or under another name.
const duckdb::BoundColumnRefExpression* row_id_of(duckdb::LogicalMergeInto& merge, LogicalOperator& join) {
  auto& projection = *merge.children[0];
  if (projection.type != LogicalOperatorType::LOGICAL_PROJECTION || projection.children[0].get() != &join ||
      merge.row_id_start >= projection.expressions.size())
    return nullptr;
  const auto& expression = *projection.expressions[merge.row_id_start];
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) return nullptr;
  return &expression.Cast<duckdb::BoundColumnRefExpression>();
}

void sort(duckdb::ClientContext& context, duckdb::LogicalMergeInto& merge, Plan& join) {
  auto& conditions = join->Cast<duckdb::LogicalComparisonJoin>();
  const bool right = conditions.join_type == JoinType::RIGHT;  // the side of the batch
  duckdb::vector<duckdb::BoundOrderByNode> orders;
  const auto bindings = join->GetColumnBindings();
  auto by = [&](const duckdb::Expression& column, duckdb::OrderByNullType nulls) {
    // The join may keep a key to itself.
    const auto& binding = column.Cast<duckdb::BoundColumnRefExpression>().binding;
    if (std::find(bindings.begin(), bindings.end(), binding) == bindings.end()) return false;
    orders.emplace_back(duckdb::OrderType::ASCENDING, nulls, column.Copy());
    return true;
  };
  const auto* row_id = row_id_of(merge, *join);
  if (row_id && !by(*row_id, duckdb::OrderByNullType::NULLS_LAST)) return;
  for (const auto& condition : conditions.conditions) {
    const auto& key = right ? *condition.right : *condition.left;
    if (key.GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) return;
    if (!by(key, duckdb::OrderByNullType::NULLS_FIRST)) return;
  }
  if (orders.empty()) return;
  auto sorted = duckdb::make_uniq<duckdb::LogicalOrder>(std::move(orders));
  sorted->SetEstimatedCardinality(join->EstimateCardinality(context));
  sorted->children.push_back(std::move(join));
  sorted->ResolveOperatorTypes();
  join = std::move(sorted);
}

// Makes the batch the side that is hashed: the table is then read in its order, and so are its rows changed.
void hash_batch(LogicalOperator& plan) {
  auto& join = plan.Cast<duckdb::LogicalComparisonJoin>();
  std::swap(join.children[0], join.children[1]);
  std::swap(join.left_projection_map, join.right_projection_map);
  for (auto& condition : join.conditions) {
    std::swap(condition.left, condition.right);
    condition.comparison = duckdb::FlipComparisonExpression(condition.comparison);
  }
  join.join_type = JoinType::RIGHT;
  join.join_stats.clear();
  join.filter_pushdown.reset();
  join.ResolveOperatorTypes();
}

// The kernel tells the scan of the table which keys come only where it compares them by '=': keys that may be NULL, it
// does not.
void tell_keys(LogicalOperator& plan) {
  auto& join = plan.Cast<duckdb::LogicalComparisonJoin>();
  if (join.filter_pushdown || join.children[0]->type != LogicalOperatorType::LOGICAL_GET) return;
  auto& scan = join.children[0]->Cast<duckdb::LogicalGet>();
  if (!scan.function.filter_pushdown) return;
  tell_scan(*join.children[1], scan, [&](const duckdb::ColumnBinding& binding) -> std::optional<duckdb::idx_t> {
    for (const auto& condition : join.conditions) {
      if (condition.left->GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF ||
          condition.right->GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF)
        continue;
      const auto& column = condition.left->Cast<duckdb::BoundColumnRefExpression>();
      if (condition.right->Cast<duckdb::BoundColumnRefExpression>().binding == binding &&
          column.binding.table_index == scan.table_index)
        return column.binding.column_index;
    }
    return std::nullopt;
  });
}

void arrange(duckdb::ClientContext& context, duckdb::LogicalMergeInto& merge) {
  if (merge.children.size() != 1) return;
  Plan* join = join_below(merge.children[0]);
  if (!join) return;
  const JoinType type = (*join)->Cast<duckdb::LogicalComparisonJoin>().join_type;
  if (type != JoinType::RIGHT && type != JoinType::LEFT) return;
  if (type == JoinType::LEFT && (*join)->children[1]->EstimateCardinality(context) > kSmallTable) hash_batch(**join);
  if ((*join)->Cast<duckdb::LogicalComparisonJoin>().join_type == JoinType::RIGHT) tell_keys(**join);
  if ((*join)->EstimateCardinality(context) <= kMostRows) sort(context, merge, *join);
}

void optimise(duckdb::OptimizerExtensionInput& input, Plan& plan) {
  if (plan->type == LogicalOperatorType::LOGICAL_MERGE_INTO)
    arrange(input.context, plan->Cast<duckdb::LogicalMergeInto>());
}

}  // namespace

void sort_merged_rows(duckdb::DBConfig& config) {
  duckdb::OptimizerExtension extension;
  extension.optimize_function = optimise;
  duckdb::OptimizerExtension::Register(config, std::move(extension));
}

}  // namespace sluice::kernel
