// SPDX-License-Identifier: Apache-2.0
// Which alias of the statement a scan of the plan stands for: the plan itself does not say.
#include <algorithm>

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/common/string_util.hpp"
#include "duckdb/parser/common_table_expression_info.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/query_node/list.hpp"
#include "duckdb/parser/statement/list.hpp"
#include "duckdb/parser/tableref/list.hpp"
#include "duckdb/planner/expression/bound_subquery_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "kernel/plan_writer.h"

namespace sluice::kernel {
namespace {

using duckdb::StringUtil;

class AliasCollector {
 public:
  WrittenAliases found;

  void query(const duckdb::QueryNode& node) {
    for (const auto& [name, table] : node.cte_map.map) {
      if (table->query && table->query->node) query(*table->query->node);
    }
    switch (node.type) {
      case duckdb::QueryNodeType::SELECT_NODE: {
        const auto& select = node.Cast<duckdb::SelectNode>();
        if (select.from_table) table(*select.from_table);
        expression(select.where_clause.get());
        for (const auto& group : select.groups.group_expressions) expression(group.get());
        expression(select.having.get());
        expression(select.qualify.get());
        for (const auto& item : select.select_list) expression(item.get());
        break;
      }
      case duckdb::QueryNodeType::SET_OPERATION_NODE:
        for (const auto& child : node.Cast<duckdb::SetOperationNode>().children) query(*child);
        break;
      case duckdb::QueryNodeType::RECURSIVE_CTE_NODE: {
        const auto& recursive = node.Cast<duckdb::RecursiveCTENode>();
        query(*recursive.left);
        query(*recursive.right);
        break;
      }
      default:
        break;
    }
  }

  void table(const duckdb::TableRef& from) {
    switch (from.type) {
      case duckdb::TableReferenceType::BASE_TABLE: {
        const auto& base = from.Cast<duckdb::BaseTableRef>();
        found[StringUtil::Lower(base.table_name)].push_back(base.alias.empty() ? base.table_name : base.alias);
        break;
      }
      case duckdb::TableReferenceType::JOIN: {
        const auto& join = from.Cast<duckdb::JoinRef>();
        table(*join.left);
        table(*join.right);
        expression(join.condition.get());
        break;
      }
      case duckdb::TableReferenceType::SUBQUERY:
        query(*from.Cast<duckdb::SubqueryRef>().subquery->node);
        break;
      default:
        break;
    }
  }

  void expression(const duckdb::ParsedExpression* from) {
    if (!from) return;
    duckdb::ParsedExpressionIterator::EnumerateChildren(
        *from, [this](const duckdb::ParsedExpression& child) { expression(&child); });
    if (from->GetExpressionClass() == duckdb::ExpressionClass::SUBQUERY)
      query(*from->Cast<duckdb::SubqueryExpression>().subquery->node);
  }
};

// The scans of each table by their numbers.
using Scans = std::map<std::string, std::vector<duckdb::idx_t>>;

void collect_scans(const duckdb::LogicalOperator& plan, Scans& scans) {
  if (plan.type == duckdb::LogicalOperatorType::LOGICAL_GET) {
    const auto& get = plan.Cast<duckdb::LogicalGet>();
    if (const auto table = get.GetTable()) scans[StringUtil::Lower(table->name)].push_back(get.table_index);
  }
  for (const auto& child : plan.children) collect_scans(*child, scans);
  const std::function<void(const duckdb::Expression&)> visit = [&](const duckdb::Expression& expression) {
    if (expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_SUBQUERY) {
      const auto& subquery = expression.Cast<duckdb::BoundSubqueryExpression>();
      if (subquery.subquery.plan) collect_scans(*subquery.subquery.plan, scans);
    }
    duckdb::ExpressionIterator::EnumerateChildren(expression, visit);
  };
  for (const auto& expression : plan.expressions) visit(*expression);
}

}  // namespace

WrittenAliases written_aliases(const duckdb::SQLStatement& statement) {
  AliasCollector collector;
  switch (statement.type) {
    case duckdb::StatementType::SELECT_STATEMENT:
      collector.query(*statement.Cast<duckdb::SelectStatement>().node);
      break;
    case duckdb::StatementType::INSERT_STATEMENT: {
      const auto& insert = statement.Cast<duckdb::InsertStatement>();
      if (insert.select_statement) collector.query(*insert.select_statement->node);
      break;
    }
    default:
      break;
  }
  return std::move(collector.found);
}

ScanAliases scan_aliases(const WrittenAliases& written, const duckdb::LogicalOperator& plan) {
  Scans scans;
  collect_scans(plan, scans);
  ScanAliases result;
  for (auto& [table, indexes] : scans) {
    const auto known = written.find(table);
    if (known == written.end()) continue;
    const auto& aliases = known->second;
    std::ranges::sort(indexes);
    const bool same = std::ranges::all_of(aliases, [&](const auto& alias) { return alias == aliases.front(); });
    // A view or a CTE that is used twice has more scans than names: those of its tables stay.
    if (!same && aliases.size() != indexes.size()) continue;
    for (size_t i = 0; i < indexes.size(); ++i) result[indexes[i]] = same ? aliases.front() : aliases[i];
  }
  return result;
}

}  // namespace sluice::kernel
