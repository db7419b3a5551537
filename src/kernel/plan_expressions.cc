// SPDX-License-Identifier: Apache-2.0
#include "kernel/plan_expressions.h"

#include <algorithm>

#include "duckdb/common/string_util.hpp"
#include "duckdb/planner/bound_result_modifier.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "functions/registry.h"
#include "functions/type_names.h"

namespace sluice::kernel {
namespace {

using duckdb::Expression;
using duckdb::ExpressionClass;
using duckdb::ExpressionType;
using duckdb::StringUtil;

std::string quoted(const std::string& text) { return "'" + StringUtil::Replace(text, "'", "''") + "'"; }

const char* comparison(ExpressionType type) {
  switch (type) {
    case ExpressionType::COMPARE_LESSTHAN:
      return "<";
    case ExpressionType::COMPARE_GREATERTHAN:
      return ">";
    case ExpressionType::COMPARE_LESSTHANOREQUALTO:
      return "<=";
    case ExpressionType::COMPARE_GREATERTHANOREQUALTO:
      return ">=";
    case ExpressionType::COMPARE_DISTINCT_FROM:
    case ExpressionType::COMPARE_NOT_DISTINCT_FROM:
      return "<=>";
    default:
      return "=";
  }
}

// The name of a column that the binder or the optimizer made up.
bool made_up(const std::string& name) {
  return name.empty() || name[0] == functions::kWrittenCall || name.find('(') != std::string::npos ||
         name.starts_with("__") || name.starts_with("#") || name == "rowid" || name.find("::") != std::string::npos ||
         name == "SUBQUERY";
}

bool is_symbol(const std::string& name) {
  return !name.empty() &&
         name.find_first_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos;
}

// Of Doris' operators that are functions here, "d_divide" and "add_decimals".
std::string_view arithmetic_symbol(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> kSymbols[] = {
      {"multiply", "*"}, {"divide", "/"}, {"int_divide", "DIV"}, {"div", "DIV"},
      {"mod", "%"},      {"add", "+"},    {"subtract", "-"}};
  if (name.starts_with("d_")) name.remove_prefix(2);
  if (name.ends_with("_decimals")) name.remove_suffix(9);
  for (const auto& [called, symbol] : kSymbols) {
    if (called == name) return symbol;
  }
  return {};
}

// The function's constant as text, for patterns.
const duckdb::Value* constant_of(const Expression& expression) {
  if (expression.GetExpressionClass() != ExpressionClass::BOUND_CONSTANT) return nullptr;
  return &expression.Cast<duckdb::BoundConstantExpression>().value;
}

std::string boundary(duckdb::WindowBoundary kind, const std::string& offset) {
  using enum duckdb::WindowBoundary;
  switch (kind) {
    case UNBOUNDED_PRECEDING:
      return "UNBOUNDED_PRECEDING";
    case UNBOUNDED_FOLLOWING:
      return "UNBOUNDED_FOLLOWING";
    case EXPR_PRECEDING_ROWS:
    case EXPR_PRECEDING_RANGE:
    case EXPR_PRECEDING_GROUPS:
      return offset + " PRECEDING";
    case EXPR_FOLLOWING_ROWS:
    case EXPR_FOLLOWING_RANGE:
    case EXPR_FOLLOWING_GROUPS:
      return offset + " FOLLOWING";
    default:
      return "CURRENT_ROW";
  }
}

bool counts_rows(duckdb::WindowBoundary kind) {
  using enum duckdb::WindowBoundary;
  return kind == CURRENT_ROW_ROWS || kind == EXPR_PRECEDING_ROWS || kind == EXPR_FOLLOWING_ROWS;
}

std::string window_name(const duckdb::BoundWindowExpression& window) {
  if (window.aggregate) return plan_function(window.aggregate->name);
  switch (window.GetExpressionType()) {
    case ExpressionType::WINDOW_ROW_NUMBER:
      return "row_number";
    case ExpressionType::WINDOW_RANK:
      return "rank";
    case ExpressionType::WINDOW_RANK_DENSE:
      return "dense_rank";
    case ExpressionType::WINDOW_PERCENT_RANK:
      return "percent_rank";
    case ExpressionType::WINDOW_CUME_DIST:
      return "cume_dist";
    case ExpressionType::WINDOW_NTILE:
      return "ntile";
    case ExpressionType::WINDOW_LEAD:
      return "lead";
    case ExpressionType::WINDOW_LAG:
      return "lag";
    case ExpressionType::WINDOW_FIRST_VALUE:
      return "first_value";
    case ExpressionType::WINDOW_LAST_VALUE:
      return "last_value";
    case ExpressionType::WINDOW_NTH_VALUE:
      return "nth_value";
    default:
      return "window";
  }
}

}  // namespace

void PlanNames::set(duckdb::ColumnBinding binding, PlanColumn column) {
  columns_[{binding.table_index, binding.column_index}] = std::move(column);
}

const PlanColumn* PlanNames::find(duckdb::ColumnBinding binding) const {
  auto found = columns_.find({binding.table_index, binding.column_index});
  return found == columns_.end() ? nullptr : &found->second;
}

const Expression& without_wrapping(const Expression& expression) {
  if (expression.GetExpressionClass() == ExpressionClass::BOUND_FUNCTION) {
    const auto& call = expression.Cast<duckdb::BoundFunctionExpression>();
    const std::string& name = call.function.name;
    if (!call.children.empty() && (name.starts_with("__internal_") || name == "constant_or_null" ||
                                   name == "non_nullable" || name == "d_non_nullable"))
      return without_wrapping(*call.children[0]);
  }
  if (expression.GetExpressionClass() == ExpressionClass::BOUND_CASE) {
    const auto& choice = expression.Cast<duckdb::BoundCaseExpression>();
    if (choice.case_checks.size() == 1) {
      const Expression* then = choice.case_checks[0].then_expr.get();
      if (then->GetExpressionClass() == ExpressionClass::BOUND_CAST)
        then = then->Cast<duckdb::BoundCastExpression>().child.get();
      if (then->GetExpressionClass() == ExpressionClass::BOUND_FUNCTION &&
          then->Cast<duckdb::BoundFunctionExpression>().function.name == "error")
        return without_wrapping(*choice.else_expr);
    }
  }
  return expression;
}

std::string PlanNames::list(const duckdb::vector<duckdb::unique_ptr<Expression>>& expressions) const {
  std::string out;
  for (const auto& expression : expressions) out += (out.empty() ? "" : ", ") + text(*expression, false);
  return out;
}

PlanColumn PlanNames::column(const Expression& wrapped) const {
  const Expression& expression = without_wrapping(wrapped);
  const std::string alias = wrapped.HasAlias() ? wrapped.GetAlias() : std::string();
  if (expression.GetExpressionClass() == ExpressionClass::BOUND_COLUMN_REF) {
    const PlanColumn* known = find(expression.Cast<duckdb::BoundColumnRefExpression>().binding);
    if (known && (made_up(alias) || alias == known->text)) return *known;
  }
  if (!made_up(alias)) return {{}, alias};
  return {{}, text(expression, false)};
}

std::string PlanNames::text(const Expression& wrapped, bool qualified) const {
  const Expression& expression = without_wrapping(wrapped);
  if (expression.HasAlias() && expression.GetAlias().starts_with(functions::kWrittenCall))
    return expression.GetAlias().substr(1);
  switch (expression.GetExpressionClass()) {
    case ExpressionClass::BOUND_COLUMN_REF: {
      const auto& reference = expression.Cast<duckdb::BoundColumnRefExpression>();
      const PlanColumn* known = find(reference.binding);
      if (!known) return made_up(reference.GetAlias()) ? "column" : reference.GetAlias();
      return qualified && !known->table.empty() ? known->table + "." + known->text : known->text;
    }
    case ExpressionClass::BOUND_CONSTANT:
      return plan_value(expression.Cast<duckdb::BoundConstantExpression>().value);
    case ExpressionClass::BOUND_COMPARISON: {
      const auto& compared = expression.Cast<duckdb::BoundComparisonExpression>();
      const std::string body = "(" + text(*compared.left, qualified) + " " +
                               comparison(expression.GetExpressionType()) + " " + text(*compared.right, qualified) +
                               ")";
      const bool negated = expression.GetExpressionType() == ExpressionType::COMPARE_NOTEQUAL ||
                           expression.GetExpressionType() == ExpressionType::COMPARE_DISTINCT_FROM;
      return negated ? "( not " + body + ")" : body;
    }
    case ExpressionClass::BOUND_CONJUNCTION: {
      const auto& joined = expression.Cast<duckdb::BoundConjunctionExpression>();
      if (const std::string chosen = choice_text(joined); !chosen.empty()) return chosen;
      const char* word = expression.GetExpressionType() == ExpressionType::CONJUNCTION_AND ? " AND " : " OR ";
      std::string out;
      for (const auto& child : joined.children) out += (out.empty() ? "" : word) + text(*child, qualified);
      return "(" + out + ")";
    }
    case ExpressionClass::BOUND_BETWEEN: {
      const auto& between = expression.Cast<duckdb::BoundBetweenExpression>();
      const std::string input = text(*between.input, qualified);
      return "((" + input + (between.lower_inclusive ? " >= " : " > ") + text(*between.lower, qualified) + ") AND (" +
             input + (between.upper_inclusive ? " <= " : " < ") + text(*between.upper, qualified) + "))";
    }
    case ExpressionClass::BOUND_CAST: {
      const auto& cast = expression.Cast<duckdb::BoundCastExpression>();
      return "cast(" + text(*cast.child, false) + " as " + plan_type(cast.return_type) + ")";
    }
    case ExpressionClass::BOUND_OPERATOR:
      return operator_text(expression, qualified);
    case ExpressionClass::BOUND_CASE:
      return case_text(expression);
    case ExpressionClass::BOUND_FUNCTION:
    case ExpressionClass::BOUND_AGGREGATE:
      return call_text(expression);
    case ExpressionClass::BOUND_WINDOW:
      return window_text(expression);
    case ExpressionClass::BOUND_UNNEST:
      return "explode(" + text(*expression.Cast<duckdb::BoundUnnestExpression>().child, false) + ")";
    case ExpressionClass::BOUND_SUBQUERY: {
      const auto& subquery = expression.Cast<duckdb::BoundSubqueryExpression>();
      if (subquery.subquery_type == duckdb::SubqueryType::EXISTS) return "exists (subquery)";
      if (subquery.subquery_type == duckdb::SubqueryType::NOT_EXISTS) return "( not exists (subquery))";
      if (subquery.subquery_type == duckdb::SubqueryType::ANY) return list(subquery.children) + " IN (subquery)";
      return "(subquery)";
    }
    case ExpressionClass::BOUND_PARAMETER:
      return "?";
    case ExpressionClass::BOUND_DEFAULT:
      return "DEFAULT";
    default:
      return "column";
  }
}

// a = 1 OR a = 2, as the optimizer writes a IN (1, 2); empty: it is something else.
std::string PlanNames::choice_text(const duckdb::BoundConjunctionExpression& joined) const {
  if (joined.GetExpressionType() != ExpressionType::CONJUNCTION_OR) return {};
  std::string column, values;
  for (const auto& child : joined.children) {
    if (child->GetExpressionType() != ExpressionType::COMPARE_EQUAL) return {};
    const auto& compared = child->Cast<duckdb::BoundComparisonExpression>();
    const duckdb::Value* value = constant_of(*compared.right);
    if (!value) return {};
    const std::string left = text(*compared.left, false);
    if (!column.empty() && left != column) return {};
    column = left;
    values += (values.empty() ? "" : ", ") + plan_value(*value);
  }
  return column + " IN (" + values + ")";
}

std::string PlanNames::operator_text(const Expression& expression, bool qualified) const {
  const auto& op = expression.Cast<duckdb::BoundOperatorExpression>();
  const auto first = [&](bool with_table) { return text(*op.children[0], with_table); };
  switch (expression.GetExpressionType()) {
    case ExpressionType::OPERATOR_NOT:
      return "( not " + first(qualified) + ")";
    case ExpressionType::OPERATOR_IS_NULL:
      return first(false) + " IS NULL";
    case ExpressionType::OPERATOR_IS_NOT_NULL:
      return "( not " + first(false) + " IS NULL)";
    case ExpressionType::COMPARE_IN:
    case ExpressionType::COMPARE_NOT_IN: {
      std::string values;
      for (size_t i = 1; i < op.children.size(); ++i)
        values += (values.empty() ? "" : ", ") + text(*op.children[i], false);
      const std::string body = first(false) + " IN (" + values + ")";
      return expression.GetExpressionType() == ExpressionType::COMPARE_IN ? body : "( not " + body + ")";
    }
    case ExpressionType::OPERATOR_COALESCE:
      return "coalesce(" + list(op.children) + ")";
    case ExpressionType::ARRAY_CONSTRUCTOR:
      return "array(" + list(op.children) + ")";
    case ExpressionType::ARRAY_EXTRACT:
      return "element_at(" + list(op.children) + ")";
    case ExpressionType::STRUCT_EXTRACT:
      return "struct_element(" + list(op.children) + ")";
    case ExpressionType::ARRAY_SLICE:
      return "array_slice(" + list(op.children) + ")";
    case ExpressionType::GROUPING_FUNCTION:
      return "grouping(" + list(op.children) + ")";
    default:
      return op.children.size() == 1 ? first(false) : "(" + list(op.children) + ")";
  }
}

std::string PlanNames::case_text(const Expression& expression) const {
  const auto& choice = expression.Cast<duckdb::BoundCaseExpression>();
  std::string out = "CASE";
  for (const auto& check : choice.case_checks)
    out += " WHEN " + text(*check.when_expr, false) + " THEN " + text(*check.then_expr, false);
  return out + " ELSE " + text(*choice.else_expr, false) + " END";
}

std::string PlanNames::call_text(const Expression& expression) const {
  if (expression.GetExpressionClass() == ExpressionClass::BOUND_AGGREGATE) {
    const auto& call = expression.Cast<duckdb::BoundAggregateExpression>();
    const std::string name = plan_function(call.function.name);
    if (call.function.name == "first" && call.children.size() == 1) return text(*call.children[0], false);
    std::string arguments = call.function.name == "count_star" ? "*" : list(call.children);
    if (call.aggr_type == duckdb::AggregateType::DISTINCT) arguments = "DISTINCT " + arguments;
    if (call.order_bys) {
      std::string orders;
      for (const auto& order : call.order_bys->orders)
        orders += (orders.empty() ? "" : ", ") + plan_order(order, *this);
      arguments += " ORDER BY " + orders;
    }
    std::string out = name + "(" + arguments + ")";
    if (call.filter) out += " FILTER (WHERE " + text(*call.filter, false) + ")";
    return out;
  }
  const auto& call = expression.Cast<duckdb::BoundFunctionExpression>();
  const std::string& name = call.function.name;
  const auto& children = call.children;
  if (children.size() == 2) {
    const std::string left = text(*children[0], false);
    const duckdb::Value* constant = constant_of(*children[1]);
    const bool pattern = constant && !constant->IsNull() && constant->type().id() == duckdb::LogicalTypeId::VARCHAR;
    if (name == "~~" || name == "~~~" || name == "like_escape" || name == "~~*")
      return "(" + left + " like " + text(*children[1], false) + ")";
    if (name == "!~~" || name == "!~~*") return "( not (" + left + " like " + text(*children[1], false) + "))";
    if (pattern && name == "prefix") return "(" + left + " like " + quoted(constant->ToString() + "%") + ")";
    if (pattern && name == "suffix") return "(" + left + " like " + quoted("%" + constant->ToString()) + ")";
    if (pattern && name == "contains") return "(" + left + " like " + quoted("%" + constant->ToString() + "%") + ")";
    if (name == "regexp_matches" || name == "regexp_full_match")
      return "(" + left + " regexp " + text(*children[1], false) + ")";
    if (const std::string_view symbol = arithmetic_symbol(name); !symbol.empty())
      return "(" + left + " " + std::string(symbol) + " " + text(*children[1], false) + ")";
    if (name == "||") return "concat(" + list(children) + ")";
    if (is_symbol(name))
      return "(" + left + " " + (name == "//" ? "DIV" : name) + " " + text(*children[1], false) + ")";
  }
  if (is_symbol(name)) return children.size() == 1 ? name + text(*children[0], false) : "(" + list(children) + ")";
  return plan_function(name) + "(" + list(children) + ")";
}

std::string PlanNames::item(const Expression& expression) const {
  const std::string alias = expression.HasAlias() ? expression.GetAlias() : std::string();
  const auto kind = without_wrapping(expression).GetExpressionClass();
  const bool shown = kind == ExpressionClass::BOUND_COLUMN_REF || kind == ExpressionClass::BOUND_CONSTANT;
  const bool usable = !alias.empty() && alias[0] != functions::kWrittenCall && !alias.starts_with("__") &&
                      !alias.starts_with("#") && !(alias.starts_with("d_") && alias.find('(') != std::string::npos) &&
                      alias.find("::") == std::string::npos && alias != "SUBQUERY";
  return shown || !usable ? text(expression, false) : alias;
}

std::string PlanNames::window_text(const Expression& expression) const {
  const auto& window = expression.Cast<duckdb::BoundWindowExpression>();
  const bool star = window.aggregate && window.aggregate->name == "count_star";
  std::string arguments = star ? "*" : list(window.children);
  if (window.offset_expr) arguments += ", " + text(*window.offset_expr, false);
  if (window.default_expr) arguments += ", " + text(*window.default_expr, false);
  std::string out = window_name(window) + "(" + (window.distinct ? "DISTINCT " : "") + arguments + ") OVER(";
  std::string body;
  if (!window.partitions.empty()) body = "PARTITION BY " + list(window.partitions);
  if (!window.orders.empty()) {
    std::string orders;
    for (const auto& order : window.orders) orders += (orders.empty() ? "" : ", ") + plan_order(order, *this);
    body += (body.empty() ? "" : " ") + ("ORDER BY " + orders);
  }
  if (window.start != duckdb::WindowBoundary::INVALID && window.aggregate) {
    const auto offset = [&](const auto& from) { return from ? text(*from, false) : std::string(); };
    body += (body.empty() ? "" : " ") +
            std::string(counts_rows(window.start) || counts_rows(window.end) ? "ROWS" : "RANGE") + " BETWEEN " +
            boundary(window.start, offset(window.start_expr)) + " AND " + boundary(window.end, offset(window.end_expr));
  }
  return out + body + ")";
}

bool has_unnamed(const Expression& expression) {
  if (expression.GetExpressionClass() == ExpressionClass::BOUND_SUBQUERY) return true;
  if (expression.GetExpressionClass() == ExpressionClass::BOUND_COLUMN_REF) return made_up(expression.GetAlias());
  bool found = false;
  duckdb::ExpressionIterator::EnumerateChildren(expression,
                                                [&](const Expression& child) { found = found || has_unnamed(child); });
  return found;
}

std::string plan_order(const duckdb::BoundOrderByNode& order, const PlanNames& names) {
  const bool descending = order.type == duckdb::OrderType::DESCENDING;
  std::string out = names.text(*order.expression, false) + (descending ? " DESC" : " ASC");
  // Doris' default: NULL is below everything.
  if (order.null_order == duckdb::OrderByNullType::NULLS_FIRST && descending) out += " NULLS FIRST";
  if (order.null_order == duckdb::OrderByNullType::NULLS_LAST && !descending) out += " NULLS LAST";
  return out;
}

std::string plan_type(const duckdb::LogicalType& type) {
  switch (type.id()) {
    case duckdb::LogicalTypeId::DECIMAL:
      return "DECIMALV3(" + std::to_string(duckdb::DecimalType::GetWidth(type)) + ", " +
             std::to_string(duckdb::DecimalType::GetScale(type)) + ")";
    case duckdb::LogicalTypeId::DATE:
      return "DATEV2";
    case duckdb::LogicalTypeId::TIMESTAMP:
      return "DATETIMEV2(6)";
    case duckdb::LogicalTypeId::VARCHAR:
      if (!type.HasAlias()) return "TEXT";
      break;
    default:
      break;
  }
  return StringUtil::Upper(functions::type_name(type));
}

std::string plan_value(const duckdb::Value& value) {
  if (value.IsNull()) return "NULL";
  switch (value.type().id()) {
    case duckdb::LogicalTypeId::BOOLEAN:
      return value.GetValue<bool>() ? "TRUE" : "FALSE";
    case duckdb::LogicalTypeId::VARCHAR:
    case duckdb::LogicalTypeId::DATE:
    case duckdb::LogicalTypeId::TIMESTAMP:
    case duckdb::LogicalTypeId::TIMESTAMP_TZ:
    case duckdb::LogicalTypeId::TIME:
    case duckdb::LogicalTypeId::BLOB:
    case duckdb::LogicalTypeId::INTERVAL:
      return quoted(value.ToString());
    default:
      return value.ToString();
  }
}

}  // namespace sluice::kernel
