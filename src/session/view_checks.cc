// SPDX-License-Identifier: Apache-2.0
// What the query of a materialised view that is kept with its table may be.
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "session/alteration.h"
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

bool orders_arguments(const duckdb::ParsedExpression& expression) {
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::FUNCTION) {
    const auto& call = expression.Cast<duckdb::FunctionExpression>();
    if (call.order_bys && !call.order_bys->orders.empty()) return true;
  }
  bool found = false;
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const duckdb::ParsedExpression& child) { found = found || orders_arguments(child); });
  return found;
}

// What each column of the view reads, and how that goes with the table's keys.
Status check_selected(const duckdb::SelectNode& query, const TableDefinition& table) {
  const std::string* row_store = table.model.property("store_row_column");
  if (row_store && StringUtil::CIEquals(*row_store, "true"))
    return fail(ddl_error("RowStore table can't create materialized view"));
  const bool groups = !query.groups.group_expressions.empty();
  if (table.model.keys == kernel::KeyModel::kUnique && groups)
    return fail(ddl_error("The materialized view of uniq table must not has grouping columns"));
  if (table.model.keys == kernel::KeyModel::kAggregate && !groups)
    return fail(ddl_error("agg mv must has group by clause"));
  std::vector<std::string> selected;
  for (const auto& item : query.select_list) {
    std::vector<std::string> columns;
    collect_columns(*item, columns);
    if (columns.empty())
      return fail(ddl_error("The materialized view contain constant expr is disallowed, expr: " + item->ToString()));
    if (orders_arguments(*item))
      return fail(ddl_error("The materialized-view do not support aggregate with order by elements."));
    for (const std::string& name : columns) {
      auto column = std::ranges::find_if(
          table.columns, [&](const TableColumn& candidate) { return StringUtil::CIEquals(candidate.name(), name); });
      if (column != table.columns.end() && column->model().auto_increment)
        return fail(ddl_error("The materialized view can not involved auto increment column"));
    }
    selected.insert(selected.end(), columns.begin(), columns.end());
  }
  if (table.model.keys != kernel::KeyModel::kUnique) return {};
  for (const auto& column : table.columns) {
    if (column.model().key && !holds(selected, column.name()))
      return fail(
          ddl_error("The materialized view of uniq table must contain all key columns. column:" + column.name()));
  }
  return {};
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
  TRY(check_selected(query, table));
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
