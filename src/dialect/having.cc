// SPDX-License-Identifier: Apache-2.0
// What HAVING means beyond the kernel's: without GROUP BY and aggregates a filter over the columns of the result, by
// their aliases (MySQL); over window functions what elsewhere is QUALIFY (Doris).
#include "dialect/query.h"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "functions/registry.h"

namespace sluice::dialect {
namespace {

using duckdb::ExpressionClass;
using duckdb::ParsedExpression;

// Whether something in it may be an aggregate: a call by name, a subquery, a window. Operators are none.
bool may_aggregate(const ParsedExpression& expression) {
  switch (expression.GetExpressionClass()) {
    case ExpressionClass::FUNCTION: {
      const auto& call = expression.Cast<duckdb::FunctionExpression>();
      if (call.is_operator) break;
      if (call.schema != "doris") return true;
      const auto* function = functions::Registry::instance().find(std::string_view(call.function_name).substr(2));
      if (!function || function->is_aggregate()) return true;
      break;
    }
    case ExpressionClass::WINDOW:
      return true;
    default:
      break;
  }
  bool found = false;
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const ParsedExpression& child) { found = found || may_aggregate(child); });
  return found;
}

// Puts what an alias stands for in its place.
void resolve_aliases(ExprPtr& expression, const ExprList& select_list) {
  if (expression->GetExpressionClass() == ExpressionClass::COLUMN_REF) {
    const auto& names = expression->Cast<duckdb::ColumnRefExpression>().column_names;
    if (names.size() != 1) return;
    for (const ExprPtr& item : select_list) {
      if (item->HasAlias() && duckdb::StringUtil::CIEquals(item->GetAlias(), names[0])) {
        expression = item->Copy();
        expression->ClearAlias();
        return;
      }
    }
    return;
  }
  duckdb::ParsedExpressionIterator::EnumerateChildren(*expression,
                                                      [&](ExprPtr& child) { resolve_aliases(child, select_list); });
}

// Windows inside aggregates are another matter (select_rules.cc).
bool has_window(const ParsedExpression& expression) {
  if (expression.GetExpressionClass() == ExpressionClass::WINDOW) return true;
  if (is_aggregate(expression)) return false;
  bool found = false;
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const ParsedExpression& child) { found = found || has_window(child); });
  return found;
}

void add_condition(ExprPtr& conditions, ExprPtr condition) {
  if (!conditions) {
    conditions = std::move(condition);
    return;
  }
  conditions = duckdb::make_uniq<duckdb::ConjunctionExpression>(duckdb::ExpressionType::CONJUNCTION_AND,
                                                                std::move(conditions), std::move(condition));
}

}  // namespace

void having_windows_as_qualify(duckdb::SelectNode& select) {
  if (!select.having) return;
  ExprPtr resolved = select.having->Copy();
  resolve_aliases(resolved, select.select_list);
  if (!has_window(*resolved)) return;
  select.qualify = std::move(resolved);
  select.having.reset();
}

void having_as_where(duckdb::SelectNode& select) {
  if (!select.having || !select.groups.group_expressions.empty() || may_aggregate(*select.having)) return;
  for (const ExprPtr& item : select.select_list) {
    if (may_aggregate(*item)) return;
  }
  ExprPtr condition = std::move(select.having);
  resolve_aliases(condition, select.select_list);
  add_condition(select.where_clause, std::move(condition));
}

}  // namespace sluice::dialect
