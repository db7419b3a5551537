// SPDX-License-Identifier: Apache-2.0
// What the query of a materialised view that is kept with its table may be.
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "session/materialized_views.h"

namespace sluice::session {
namespace {

using duckdb::StringUtil;

void collect_columns(const duckdb::ParsedExpression& expression, std::vector<std::string>& columns) {
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF) {
    columns.push_back(expression.Cast<duckdb::ColumnRefExpression>().GetColumnName());
    return;
  }
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const duckdb::ParsedExpression& child) { collect_columns(child, columns); });
}

}  // namespace

Status check_view_of_table(const duckdb::SelectNode& query, const TableDefinition& table) {
  const auto selected = [&](const duckdb::ParsedExpression& wanted) {
    const bool name = wanted.GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF;
    const std::string alias = name ? wanted.Cast<duckdb::ColumnRefExpression>().GetColumnName() : wanted.ToString();
    return std::ranges::any_of(query.select_list, [&](const auto& column) {
      return column->Equals(wanted) || StringUtil::CIEquals(column->GetAlias(), alias) ||
             (name && column->GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF &&
              StringUtil::CIEquals(column->template Cast<duckdb::ColumnRefExpression>().GetColumnName(), alias));
    });
  };
  for (const auto& expression : query.groups.group_expressions) {
    if (expression->GetExpressionClass() == duckdb::ExpressionClass::CONSTANT || selected(*expression)) continue;
    return fail(ddl_error("The group by expression " + expression->ToString() + " is not in select list"));
  }
  if (table.model.keys != kernel::KeyModel::kAggregate || !query.where_clause) return {};
  std::vector<std::string> columns;
  collect_columns(*query.where_clause, columns);
  for (const std::string& name : columns) {
    auto column = std::ranges::find_if(
        table.columns, [&](const TableColumn& candidate) { return StringUtil::CIEquals(candidate.name(), name); });
    if (column != table.columns.end() && !column->model().key)
      return fail(ddl_error("The where clause contained aggregate column is not supported: " + name));
  }
  return {};
}

}  // namespace sluice::session
