// SPDX-License-Identifier: Apache-2.0
#include "kernel/merge_order.h"

#include "duckdb/optimizer/optimizer_extension.hpp"
#include "duckdb/planner/operator/logical_comparison_join.hpp"
#include "duckdb/planner/operator/logical_order.hpp"

namespace sluice::kernel {
namespace {

using duckdb::JoinType;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;
using Plan = duckdb::unique_ptr<LogicalOperator>;

// What people look at without ORDER BY. Sorting more rows takes a considerable part of the time of merging them.
constexpr duckdb::idx_t kMostRows = 100'000;

// The join of the batch and the table, below projections that rename its columns; null: there is none that adds rows.
Plan* join_below(Plan& plan) {
  Plan* at = &plan;
  while ((*at)->type == LogicalOperatorType::LOGICAL_PROJECTION && (*at)->children.size() == 1)
    at = &(*at)->children[0];
  return (*at)->type == LogicalOperatorType::LOGICAL_COMPARISON_JOIN ? at : nullptr;
}

void sort(duckdb::ClientContext& context, Plan& plan) {
  if (plan->children.size() != 1) return;
  Plan* join = join_below(plan->children[0]);
  if (!join || (*join)->EstimateCardinality(context) > kMostRows) return;
  auto& conditions = (*join)->Cast<duckdb::LogicalComparisonJoin>();
  // Of which side all rows come: the batch.
  const bool right = conditions.join_type == JoinType::RIGHT;
  if (!right && conditions.join_type != JoinType::LEFT) return;
  duckdb::vector<duckdb::BoundOrderByNode> orders;
  const auto bindings = (*join)->GetColumnBindings();
  for (const auto& condition : conditions.conditions) {
    const auto& key = right ? *condition.right : *condition.left;
    if (key.GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) return;
    // The join may keep a key to itself.
    const auto& binding = key.Cast<duckdb::BoundColumnRefExpression>().binding;
    if (std::find(bindings.begin(), bindings.end(), binding) == bindings.end()) return;
    orders.emplace_back(duckdb::OrderType::ASCENDING, duckdb::OrderByNullType::NULLS_FIRST, key.Copy());
  }
  if (orders.empty()) return;
  auto sorted = duckdb::make_uniq<duckdb::LogicalOrder>(std::move(orders));
  sorted->SetEstimatedCardinality((*join)->EstimateCardinality(context));
  sorted->children.push_back(std::move(*join));
  sorted->ResolveOperatorTypes();
  *join = std::move(sorted);
}

void optimise(duckdb::OptimizerExtensionInput& input, Plan& plan) {
  if (plan->type == LogicalOperatorType::LOGICAL_MERGE_INTO) return sort(input.context, plan);
}

}  // namespace

void sort_merged_rows(duckdb::DBConfig& config) {
  duckdb::OptimizerExtension extension;
  extension.optimize_function = optimise;
  duckdb::OptimizerExtension::Register(config, std::move(extension));
}

}  // namespace sluice::kernel
