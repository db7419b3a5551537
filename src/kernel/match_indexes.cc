// SPDX-License-Identifier: Apache-2.0
// Which inverted index lies over the column that a MATCH searches.
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/logical_operator_visitor.hpp"
#include "duckdb/planner/operator/list.hpp"
#include "functions/match.h"
#include "kernel/index_line.h"
#include "kernel/plan_rules.h"
#include "kernel/table_model.h"

namespace sluice::kernel {
namespace {

using duckdb::Expression;
using duckdb::ExpressionClass;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;
using duckdb::StringUtil;

using Calls = std::vector<Expression*>;
// Which operator gives the columns of a table index.
using Sources = std::unordered_map<uint64_t, const LogicalOperator*>;

void collect_matches(Expression& expression, Calls& calls) {
  if (functions::match_without_parser(expression)) calls.push_back(&expression);
  duckdb::ExpressionIterator::EnumerateChildren(expression, [&](Expression& child) { collect_matches(child, calls); });
}

void collect_matches(LogicalOperator& op, Calls& calls) {
  duckdb::LogicalOperatorVisitor::EnumerateExpressions(
      op, [&](duckdb::unique_ptr<Expression>* expression) { collect_matches(**expression, calls); });
  for (auto& child : op.children) collect_matches(*child, calls);
}

void collect_sources(const LogicalOperator& op, Sources& sources) {
  switch (op.type) {
    case LogicalOperatorType::LOGICAL_GET:
      sources[op.Cast<duckdb::LogicalGet>().table_index] = &op;
      break;
    case LogicalOperatorType::LOGICAL_PROJECTION:
      sources[op.Cast<duckdb::LogicalProjection>().table_index] = &op;
      break;
    case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY:
      sources[op.Cast<duckdb::LogicalAggregate>().group_index] = &op;
      break;
    case LogicalOperatorType::LOGICAL_CTE_REF:
      sources[op.Cast<duckdb::LogicalCTERef>().table_index] = &op;
      break;
    case LogicalOperatorType::LOGICAL_MATERIALIZED_CTE:
      sources[op.Cast<duckdb::LogicalMaterializedCTE>().table_index] = &op;
      break;
    default:
      break;
  }
  for (const auto& child : op.children) collect_sources(*child, sources);
}

struct Column {
  const duckdb::TableCatalogEntry* table = nullptr;
  std::string name;
};

std::optional<Column> column_of(const Expression& expression, const Sources& sources);

std::optional<Column> column_of(duckdb::ColumnBinding binding, const Sources& sources) {
  const auto found = sources.find(binding.table_index);
  if (found == sources.end()) return std::nullopt;
  switch (found->second->type) {
    case LogicalOperatorType::LOGICAL_GET: {
      // GetTable() does not change it.
      auto& get = const_cast<LogicalOperator*>(found->second)->Cast<duckdb::LogicalGet>();
      const auto table = get.GetTable();
      const auto& ids = get.GetColumnIds();
      if (!table || binding.column_index >= ids.size() || ids[binding.column_index].IsVirtualColumn())
        return std::nullopt;
      return Column{table.get(), get.names[ids[binding.column_index].GetPrimaryIndex()]};
    }
    case LogicalOperatorType::LOGICAL_PROJECTION:
      if (binding.column_index >= found->second->expressions.size()) return std::nullopt;
      return column_of(*found->second->expressions[binding.column_index], sources);
    case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY: {
      const auto& groups = found->second->Cast<duckdb::LogicalAggregate>().groups;
      if (binding.column_index >= groups.size()) return std::nullopt;
      return column_of(*groups[binding.column_index], sources);
    }
    case LogicalOperatorType::LOGICAL_CTE_REF: {
      const auto cte = sources.find(found->second->Cast<duckdb::LogicalCTERef>().cte_index);
      if (cte == sources.end() || cte->second->type != LogicalOperatorType::LOGICAL_MATERIALIZED_CTE)
        return std::nullopt;
      const auto bindings = cte->second->children[0]->GetColumnBindings();
      if (binding.column_index >= bindings.size()) return std::nullopt;
      return column_of(bindings[binding.column_index], sources);
    }
    default:
      return std::nullopt;
  }
}

std::optional<Column> column_of(const Expression& expression, const Sources& sources) {
  switch (expression.GetExpressionClass()) {
    case ExpressionClass::BOUND_COLUMN_REF:
      return column_of(expression.Cast<duckdb::BoundColumnRefExpression>().binding, sources);
    case ExpressionClass::BOUND_CAST:
      return column_of(*expression.Cast<duckdb::BoundCastExpression>().child, sources);
    default:
      return std::nullopt;
  }
}

std::optional<functions::TextAnalysis> analysis_of(const Column& column) {
  const TableModel model = decode_table(column.table->comment);
  for (const std::string& line : model.indexes) {
    const IndexLine index = index_of(line);
    const bool over_it = std::ranges::any_of(
        index.columns, [&](const std::string& name) { return StringUtil::CIEquals(name, column.name); });
    if (index.kind == "INVERTED" && over_it) return functions::text_analysis(index.properties);
  }
  return std::nullopt;
}

}  // namespace

void bind_match_indexes(duckdb::ClientContext& context, LogicalOperator& plan) {
  Calls calls;
  collect_matches(plan, calls);
  if (calls.empty()) return;
  Sources sources;
  collect_sources(plan, sources);
  for (Expression* call : calls) {
    const auto column = column_of(*functions::match_without_parser(*call), sources);
    if (!column) continue;
    if (auto analysis = analysis_of(*column)) functions::use_analysis(context, *call, *analysis);
  }
}

}  // namespace sluice::kernel
