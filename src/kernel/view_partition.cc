// SPDX-License-Identifier: Apache-2.0
#include "kernel/view_partition.h"

#include <algorithm>
#include <set>

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "duckdb/planner/operator/list.hpp"
#include "duckdb/planner/planner.hpp"
#include "functions/asked_digits.h"
#include "kernel/table_model.h"

namespace sluice::kernel {
namespace {

using duckdb::ColumnBinding;
using duckdb::Expression;
using duckdb::ExpressionClass;
using duckdb::JoinType;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;

// The column that an expression is, or is rounded from (date_trunc); null: another one.
const duckdb::BoundColumnRefExpression* column_of(const Expression& expression) {
  switch (expression.GetExpressionClass()) {
    case ExpressionClass::BOUND_COLUMN_REF:
      return &expression.Cast<duckdb::BoundColumnRefExpression>();
    case ExpressionClass::BOUND_CAST:
      return column_of(*expression.Cast<duckdb::BoundCastExpression>().child);
    case ExpressionClass::BOUND_FUNCTION: {
      const auto& call = expression.Cast<duckdb::BoundFunctionExpression>();
      if (call.function.name.find("date_trunc") == std::string::npos) return nullptr;
      for (const auto& child : call.children) {
        if (const auto* column = column_of(*child)) return column;
      }
      return nullptr;
    }
    default:
      return nullptr;
  }
}

void collect_tables(const LogicalOperator& plan, std::set<const duckdb::TableCatalogEntry*>& tables) {
  if (plan.type == LogicalOperatorType::LOGICAL_GET) {
    if (const auto table = plan.Cast<duckdb::LogicalGet>().GetTable()) tables.insert(table.get());
  }
  for (const auto& child : plan.children) collect_tables(*child, tables);
}

// Follows one column down to its table.
class Source {
 public:
  // False: refused() says why.
  bool follow(LogicalOperator& plan, ColumnBinding column) {
    switch (plan.type) {
      case LogicalOperatorType::LOGICAL_GET:
        return at_table(plan.Cast<duckdb::LogicalGet>(), column);
      case LogicalOperatorType::LOGICAL_PROJECTION:
        return through(*plan.expressions[column.column_index], *plan.children[0]);
      case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY: {
        const auto& aggregate = plan.Cast<duckdb::LogicalAggregate>();
        if (column.table_index != aggregate.group_index)
          return refuse("group by sets is empty, doesn't contain the target partition");
        return through(*aggregate.groups[column.column_index], *plan.children[0]);
      }
      case LogicalOperatorType::LOGICAL_WINDOW:
        return through_window(plan.Cast<duckdb::LogicalWindow>(), column);
      case LogicalOperatorType::LOGICAL_COMPARISON_JOIN:
      case LogicalOperatorType::LOGICAL_DELIM_JOIN:
      case LogicalOperatorType::LOGICAL_DEPENDENT_JOIN:
      case LogicalOperatorType::LOGICAL_ANY_JOIN:
        return through_join(plan, plan.Cast<duckdb::LogicalJoin>().join_type, column);
      case LogicalOperatorType::LOGICAL_CROSS_PRODUCT:
        return through_join(plan, JoinType::INNER, column);
      case LogicalOperatorType::LOGICAL_UNION: {
        for (const auto& child : plan.children) {
          if (!follow(*child, child->GetColumnBindings()[column.column_index])) return false;
        }
        return true;
      }
      case LogicalOperatorType::LOGICAL_ORDER_BY:
      case LogicalOperatorType::LOGICAL_LIMIT:
      case LogicalOperatorType::LOGICAL_TOP_N:
        return refuse("The plan contains invalid node");
      case LogicalOperatorType::LOGICAL_FILTER:
      case LogicalOperatorType::LOGICAL_DISTINCT:
        return follow(*plan.children[0], column);
      default:
        return true;  // not told
    }
  }
  const std::string& refused() const { return refused_; }

 private:
  bool refuse(std::string why) {
    refused_ = std::move(why);
    return false;
  }

  bool through(const Expression& expression, LogicalOperator& child) {
    const auto* column = column_of(expression);
    return column ? follow(child, column->binding) : refuse("partition column is not found");
  }

  bool through_window(const duckdb::LogicalWindow& plan, const ColumnBinding& column) {
    if (column.table_index == plan.window_index) return refuse("partition column is not found");
    for (const auto& expression : plan.expressions) {
      const auto& partitions = expression->Cast<duckdb::BoundWindowExpression>().partitions;
      const bool by_it = std::ranges::any_of(partitions, [&](const auto& partition) {
        const auto* by = column_of(*partition);
        return by && by->binding == column;
      });
      if (!by_it) return refuse("window partition sets doesn't contain the target partition");
    }
    return follow(*plan.children[0], column);
  }

  bool through_join(LogicalOperator& join, JoinType type, const ColumnBinding& column) {
    const auto left = join.children[0]->GetColumnBindings();
    const bool on_left = std::ranges::find(left, column) != left.end();
    const bool generates_nulls =
        type == JoinType::OUTER ||
        (on_left ? type == JoinType::RIGHT : type == JoinType::LEFT || type == JoinType::SINGLE);
    if (generates_nulls) return refuse("partition column is in un supported join null generate side");
    if (!follow(*join.children[on_left ? 0 : 1], column)) return false;
    std::set<const duckdb::TableCatalogEntry*> others;
    collect_tables(*join.children[on_left ? 1 : 0], others);
    return !others.contains(table_) || refuse("self join doesn't support partition update");
  }

  bool at_table(const duckdb::LogicalGet& scan, const ColumnBinding& column) {
    const auto table = scan.GetTable();
    if (!table) return true;  // another catalog's, or a table function
    table_ = table.get();
    const TableModel model = decode_table(table->comment);
    if (model.keys == KeyModel::kNone) return true;
    if (model.partitioned == PartitionKind::kNone) return refuse("related base table is not partition table");
    const std::string name = scan.GetColumnName(scan.GetColumnIds()[column.column_index]);
    const bool by_it = std::ranges::any_of(model.partition_columns, [&](const std::string& partition) {
      return duckdb::StringUtil::CIEquals(partition, name);
    });
    return by_it || refuse("related base table partition columns doesn't contain the mv partition column");
  }

  std::string refused_;
  const duckdb::TableCatalogEntry* table_ = nullptr;  // where follow() ended
};

}  // namespace

std::string refused_partition(duckdb::ClientContext& context, const duckdb::SQLStatement& query, size_t column) {
  if (const auto asked = context.registered_state->Get<functions::AskedDigits>(functions::AskedDigits::kKey))
    asked->begin(false);
  duckdb::Planner planner(context);
  planner.CreatePlan(query.Copy());
  if (!planner.plan) return {};
  const auto columns = planner.plan->GetColumnBindings();
  Source source;
  return column >= columns.size() || source.follow(*planner.plan, columns[column]) ? std::string() : source.refused();
}

}  // namespace sluice::kernel
