// SPDX-License-Identifier: Apache-2.0
#include "kernel/moment_digits.h"

#include <algorithm>
#include <unordered_map>

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "duckdb/planner/logical_operator_visitor.hpp"
#include "duckdb/planner/operator/list.hpp"
#include "functions/asked_digits.h"
#include "kernel/catalog_facts.h"

namespace sluice::kernel {
namespace {

using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;
using functions::MomentDigits;
using Columns = std::vector<MomentDigits>;

bool reads_table(const LogicalOperator& plan) {
  if (plan.type == LogicalOperatorType::LOGICAL_GET) return true;
  return std::ranges::any_of(plan.children, [](const auto& child) { return reads_table(*child); });
}

class Inference {
 public:
  Inference(duckdb::ClientContext& context, const LogicalOperator& plan)
      : known_{context, [this](const auto& column) { return of_binding(column.binding); }, reads_table(plan)} {}

  // Children before what reads them; the right side of a dependent join after the left one, which it may read.
  void visit(LogicalOperator& op) {
    for (size_t i = 0; i < op.children.size(); ++i) {
      visit(*op.children[i]);
      if (i == 0) note_common_table(op);
    }
    duckdb::LogicalOperatorVisitor::EnumerateExpressions(op, [&](duckdb::unique_ptr<duckdb::Expression>* expression) {
      functions::show_moment_digits(*expression, known_);
      functions::answer_asked_digits(**expression, known_);
    });
    note(op);
  }

  Columns of_result(LogicalOperator& op) {
    Columns columns;
    for (const auto& binding : op.GetColumnBindings()) columns.push_back(of_binding(binding));
    return columns;
  }

 private:
  MomentDigits of_binding(const duckdb::ColumnBinding& binding) const {
    const auto table = tables_.find(binding.table_index);
    if (table == tables_.end() || binding.column_index >= table->second.size()) return {};
    return table->second[binding.column_index];
  }

  template <typename Expressions>
  Columns of(const Expressions& expressions) const {
    Columns columns;
    for (const auto& expression : expressions) columns.push_back(functions::moment_digits(*expression, known_));
    return columns;
  }

  // What WITH defines is read in the second child.
  void note_common_table(LogicalOperator& op) {
    if (op.type != LogicalOperatorType::LOGICAL_MATERIALIZED_CTE &&
        op.type != LogicalOperatorType::LOGICAL_RECURSIVE_CTE)
      return;
    tables_[op.Cast<duckdb::LogicalCTE>().table_index] = of_result(*op.children[0]);
  }

  void note(LogicalOperator& op) {
    switch (op.type) {
      case LogicalOperatorType::LOGICAL_GET:
        return note_scan(op.Cast<duckdb::LogicalGet>());
      case LogicalOperatorType::LOGICAL_PROJECTION:
        tables_[op.Cast<duckdb::LogicalProjection>().table_index] = of(op.expressions);
        return;
      case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY: {
        const auto& aggregate = op.Cast<duckdb::LogicalAggregate>();
        tables_[aggregate.group_index] = of(aggregate.groups);
        tables_[aggregate.aggregate_index] = of(aggregate.expressions);
        return;
      }
      case LogicalOperatorType::LOGICAL_WINDOW:
        tables_[op.Cast<duckdb::LogicalWindow>().window_index] = of(op.expressions);
        return;
      case LogicalOperatorType::LOGICAL_UNNEST:
        tables_[op.Cast<duckdb::LogicalUnnest>().unnest_index] = of(op.expressions);
        return;
      case LogicalOperatorType::LOGICAL_CTE_REF: {
        const auto& common = op.Cast<duckdb::LogicalCTERef>();
        tables_[common.table_index] = tables_[common.cte_index];
        return;
      }
      case LogicalOperatorType::LOGICAL_UNION:
      case LogicalOperatorType::LOGICAL_EXCEPT:
      case LogicalOperatorType::LOGICAL_INTERSECT: {
        std::vector<Columns> parts;
        for (const auto& child : op.children) parts.push_back(of_result(*child));
        tables_[op.Cast<duckdb::LogicalSetOperation>().table_index] = widest_columns(parts);
        return;
      }
      case LogicalOperatorType::LOGICAL_EXPRESSION_GET: {
        const auto& rows = op.Cast<duckdb::LogicalExpressionGet>();
        std::vector<Columns> parts;
        for (const auto& row : rows.expressions) parts.push_back(of(row));
        tables_[rows.table_index] = widest_columns(parts);
        return;
      }
      default:
        return;
    }
  }

  void note_scan(const duckdb::LogicalGet& scan) {
    const auto& ids = scan.GetColumnIds();
    std::vector<size_t> places;
    std::vector<std::string> names;
    for (size_t i = 0; i < ids.size(); ++i) {
      if (ids[i].IsVirtualColumn() || functions::count_moments(scan.GetColumnType(ids[i])) == 0) continue;
      places.push_back(i);
      names.push_back(scan.GetColumnName(ids[i]));
    }
    const auto table = scan.GetTable();
    if (!table || names.empty()) return;
    auto declared = declared_moments(*table, names);
    Columns& columns = tables_[scan.table_index];
    columns.resize(ids.size());
    for (size_t i = 0; i < places.size(); ++i) columns[places[i]] = std::move(declared[i]);
  }

  static Columns widest_columns(const std::vector<Columns>& parts) {
    Columns found;
    for (size_t column = 0; !parts.empty() && column < parts[0].size(); ++column) {
      std::vector<MomentDigits> same;
      for (const auto& part : parts) same.push_back(column < part.size() ? part[column] : MomentDigits());
      const bool alike = std::ranges::all_of(same, [&](const auto& one) { return one.size() == same[0].size(); });
      found.push_back(alike ? functions::widest(same) : MomentDigits());
    }
    return found;
  }

  std::unordered_map<duckdb::idx_t, Columns> tables_;  // by table index
  const functions::MomentContext known_;
};

}  // namespace

void settle_moment_digits(duckdb::ClientContext& context, LogicalOperator& plan) {
  Inference inference(context, plan);
  inference.visit(plan);
  if (const auto asked = context.registered_state->Get<functions::AskedDigits>(functions::AskedDigits::kKey))
    asked->settle();
  const auto result = context.registered_state->Get<ResultDigits>(ResultDigits::kKey);
  if (!result) return;
  const bool stores = plan.type == LogicalOperatorType::LOGICAL_CREATE_TABLE && !plan.children.empty();
  result->columns = inference.of_result(stores ? *plan.children[0] : plan);
}

}  // namespace sluice::kernel
