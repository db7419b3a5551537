// SPDX-License-Identifier: Apache-2.0
// What Doris reads otherwise than the kernel in a SELECT whose parts are all there: * over USING, names of columns in
// GROUP BY and ORDER BY, several DISTINCT aggregates, aggregates over window functions.
#include "dialect/function_call.h"
#include "dialect/query.h"
#include "dialect/tree.h"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "functions/registry.h"

namespace sluice::dialect {
namespace {

using duckdb::ExpressionClass;
using duckdb::ParsedExpression;
using duckdb::StringUtil;

// ---- *

// The names under which the tables of FROM give their columns, in their order; false when one has none.
bool collect_tables(const duckdb::TableRef& table, std::vector<std::string>& names, bool& has_using) {
  if (table.type == duckdb::TableReferenceType::JOIN) {
    const auto& join = table.Cast<duckdb::JoinRef>();
    has_using |= !join.using_columns.empty();
    if (!collect_tables(*join.left, names, has_using)) return false;
    if (join.type == duckdb::JoinType::SEMI || join.type == duckdb::JoinType::ANTI) return true;
    return collect_tables(*join.right, names, has_using);
  }
  std::string name = table.alias;
  if (name.empty() && table.type == duckdb::TableReferenceType::BASE_TABLE)
    name = table.Cast<duckdb::BaseTableRef>().table_name;
  const bool known = std::ranges::any_of(names, [&](const auto& other) { return StringUtil::CIEquals(other, name); });
  if (name.empty() || known) return false;
  names.push_back(std::move(name));
  return true;
}

// The kernel shows a column of USING once; Doris shows those of both sides, each in its place.
void expand_star(duckdb::SelectNode& select) {
  std::vector<std::string> tables;
  bool has_using = false;
  if (!select.from_table || !collect_tables(*select.from_table, tables, has_using) || !has_using) return;
  ExprList list;
  for (ExprPtr& item : select.select_list) {
    const bool star = item->GetExpressionClass() == ExpressionClass::STAR;
    const auto* written = star ? &item->Cast<duckdb::StarExpression>() : nullptr;
    if (!star || !written->relation_name.empty() || !written->exclude_list.empty() || !written->replace_list.empty()) {
      list.push_back(std::move(item));
      continue;
    }
    for (const std::string& table : tables) list.push_back(duckdb::make_uniq<duckdb::StarExpression>(table));
  }
  select.select_list = std::move(list);
}

// ---- Several DISTINCT aggregates

// The arguments of an aggregate with DISTINCT; count(DISTINCT a, b) counts rows that have both.
ExprList distinct_arguments(const duckdb::FunctionExpression& call) {
  ExprList arguments;
  const bool guarded = call.children.size() == 1 && call.children[0]->GetExpressionClass() == ExpressionClass::CASE;
  const ParsedExpression* row = guarded ? call.children[0]->Cast<duckdb::CaseExpression>().else_expr.get() : nullptr;
  const bool rows = row && row->GetExpressionClass() == ExpressionClass::FUNCTION &&
                    row->Cast<duckdb::FunctionExpression>().function_name == "row";
  for (const auto& child : rows ? row->Cast<duckdb::FunctionExpression>().children : call.children) {
    if (child->GetExpressionClass() != ExpressionClass::CONSTANT) arguments.push_back(child->Copy());
  }
  return arguments;
}

struct DistinctCall {
  std::string function;
  ExprList arguments;
};

void collect_distinct(const ParsedExpression& expression, std::vector<DistinctCall>& found) {
  const auto expression_class = expression.GetExpressionClass();
  if (expression_class == ExpressionClass::SUBQUERY) return;
  if (expression_class == ExpressionClass::FUNCTION) {
    const auto& call = expression.Cast<duckdb::FunctionExpression>();
    if (call.distinct) found.push_back({call.function_name, distinct_arguments(call)});
  }
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const ParsedExpression& child) { collect_distinct(child, found); });
}

// An aggregate with DISTINCT that Doris takes beside others of other arguments.
bool joins_distinct(const std::string& function) {
  for (const char* name : {"count", "count_distinct", "sum", "avg", "group_concat", "string_agg"}) {
    if (function == name || function == std::string("d_") + name) return true;
  }
  return false;
}

bool same_set(const ExprList& left, const ExprList& right) {
  const auto within = [](const ExprList& inner, const ExprList& outer) {
    return std::ranges::all_of(inner, [&](const ExprPtr& wanted) {
      return std::ranges::any_of(outer, [&](const ExprPtr& other) { return other->Equals(*wanted); });
    });
  };
  return within(left, right) && within(right, left);
}

// DISTINCT aggregates over different arguments: what Doris says of those that it does not take together; empty:
// nothing.
std::string refused_distinct(const duckdb::SelectNode& select) {
  std::vector<DistinctCall> found;
  for (const ExprPtr& item : select.select_list) collect_distinct(*item, found);
  if (select.having) collect_distinct(*select.having, found);
  const bool differ = std::ranges::any_of(
      found, [&](const DistinctCall& call) { return !same_set(call.arguments, found[0].arguments); });
  if (!differ) return {};
  if (std::ranges::any_of(found, [](const DistinctCall& call) { return call.arguments.size() > 1; }))
    return "The query contains multi count distinct or sum distinct, each can't have multi columns";
  const auto other = std::ranges::find_if_not(found, joins_distinct, &DistinctCall::function);
  if (other == found.end()) return {};
  const std::string& name = other->function;
  return (name.starts_with("d_") ? name.substr(2) : name) + "(DISTINCT) can't support multi distinct.";
}

// GROUPING() or GROUPING_ID().
bool has_grouping(const ParsedExpression& expression) {
  if (expression.GetExpressionType() == duckdb::ExpressionType::GROUPING_FUNCTION) return true;
  if (expression.GetExpressionClass() == ExpressionClass::SUBQUERY) return false;
  bool found = false;
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const ParsedExpression& child) { found = found || has_grouping(child); });
  return found;
}

// ---- Aggregates over window functions

bool has_aggregate(const ParsedExpression& expression) {
  if (is_aggregate(expression)) return true;
  bool found = false;
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const ParsedExpression& child) { found = found || has_aggregate(child); });
  return found;
}

// Puts names in place of the window functions inside aggregates; `windows` are those with their names as aliases.
void take_windows(ExprPtr& expression, bool inside, ExprList& windows) {
  const auto expression_class = expression->GetExpressionClass();
  if (expression_class == ExpressionClass::SUBQUERY) return;
  if (expression_class == ExpressionClass::WINDOW) {
    if (!inside || has_aggregate(*expression)) return;
    const std::string name = "__window_" + std::to_string(windows.size());
    expression->SetAlias(name);
    windows.push_back(std::move(expression));
    expression = duckdb::make_uniq<duckdb::ColumnRefExpression>(name);
    return;
  }
  inside = inside || is_aggregate(*expression);
  duckdb::ParsedExpressionIterator::EnumerateChildren(*expression,
                                                      [&](ExprPtr& child) { take_windows(child, inside, windows); });
}

// sum(rank() OVER (..)): the windows are over the rows before they are grouped, so they become columns of FROM. Over
// several tables the kernel's error stays: names like t.c would not be known above the subquery.
Parsed<void> lift_windows(ParseContext& c, duckdb::SelectNode& select) {
  std::vector<std::string> tables;
  bool has_using = false;
  if (!collect_tables(*select.from_table, tables, has_using) || tables.size() != 1) return {};
  ExprList windows;
  for (ExprPtr& item : select.select_list) {
    std::string alias = item->GetAlias();
    take_windows(item, false, windows);
    item->SetAlias(std::move(alias));
  }
  if (select.having) take_windows(select.having, false, windows);
  if (windows.empty()) return {};
  auto rows = duckdb::make_uniq<duckdb::SelectNode>();
  rows->select_list.push_back(duckdb::make_uniq<duckdb::StarExpression>());
  for (ExprPtr& window : windows) rows->select_list.push_back(std::move(window));
  rows->from_table = std::move(select.from_table);
  rows->where_clause = std::move(select.where_clause);
  auto subquery = duckdb::make_uniq<duckdb::SubqueryRef>(as_statement(std::move(rows)));
  subquery->alias = tables[0];
  select.from_table = std::move(subquery);
  return c.add_level();
}

// ---- Names

const duckdb::ColumnRefExpression* column(const ParsedExpression& expression) {
  if (expression.GetExpressionClass() != ExpressionClass::COLUMN_REF) return nullptr;
  return &expression.Cast<duckdb::ColumnRefExpression>();
}

const std::string& shown_name(const ParsedExpression& item) {
  const auto* selected = column(item);
  return item.HasAlias() || !selected ? item.GetAlias() : selected->GetColumnName();
}

// Where the first item of a name stands that several items have, from 1; else 0.
size_t first_of_several(const duckdb::SelectNode& select, const ParsedExpression& wanted) {
  const auto* name = column(wanted);
  if (!name || name->IsQualified()) return 0;
  size_t first = 0;
  for (size_t i = 0; i < select.select_list.size(); ++i) {
    const ParsedExpression& item = *select.select_list[i];
    if (item.GetExpressionClass() == ExpressionClass::STAR) return 0;  // positions are not known
    if (!StringUtil::CIEquals(shown_name(item), name->GetColumnName())) continue;
    if (first > 0) return first;
    first = i + 1;
  }
  return 0;
}

// The column t.name of the select list that an unqualified name means: the only item of this name.
ExprPtr* selected_column(duckdb::SelectNode& select, const ParsedExpression& wanted) {
  const auto* name = column(wanted);
  if (!name || name->IsQualified()) return nullptr;
  ExprPtr* found = nullptr;
  for (ExprPtr& item : select.select_list) {
    const auto* selected = column(*item);
    if (!StringUtil::CIEquals(shown_name(*item), name->GetColumnName())) continue;
    if (found || item->HasAlias() || !selected->IsQualified()) return nullptr;
    found = &item;
  }
  return found;
}

bool has_group(const duckdb::SelectNode& select, const std::string& wanted) {
  return std::ranges::any_of(select.groups.group_expressions, [&](const ExprPtr& group) {
    const auto* name = column(*group);
    return name && StringUtil::CIEquals(name->GetColumnName(), wanted);
  });
}

// Whether it needs a column that is no group.
bool has_ungrouped(const duckdb::SelectNode& select, const ParsedExpression& expression) {
  if (const auto* name = column(expression)) return !has_group(select, name->GetColumnName());
  bool found = false;
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const ParsedExpression& child) { found = found || has_ungrouped(select, child); });
  return found;
}

// The item whose alias a name in ORDER BY surely means: GROUP BY has it, and if it were a column there, the item would
// need columns that are not grouped.
const ParsedExpression* grouped_item(const duckdb::SelectNode& select, const ParsedExpression& wanted) {
  const auto* name = column(wanted);
  if (!name || name->IsQualified() || !has_group(select, name->GetColumnName())) return nullptr;
  for (const ExprPtr& item : select.select_list) {
    if (!item->HasAlias() || !StringUtil::CIEquals(item->GetAlias(), name->GetColumnName())) continue;
    return has_ungrouped(select, *item) ? item.get() : nullptr;
  }
  return nullptr;
}

// The kernel knows aliases in ORDER BY, but not inside aggregates: min(alias) becomes min(what it stands for).
void bind_aliases(const duckdb::SelectNode& select, ParsedExpression& expression) {
  duckdb::ParsedExpressionIterator::EnumerateChildren(expression, [&](ExprPtr& child) {
    if (const ParsedExpression* item = grouped_item(select, *child)) {
      child = item->Copy();
      child->ClearAlias();
      return;
    }
    if (child->GetExpressionClass() != ExpressionClass::SUBQUERY) bind_aliases(select, *child);
  });
}

}  // namespace

bool is_aggregate(const ParsedExpression& expression) {
  if (expression.GetExpressionClass() != ExpressionClass::FUNCTION) return false;
  const auto& call = expression.Cast<duckdb::FunctionExpression>();
  if (call.schema == "doris") {
    const auto* function = functions::Registry::instance().find(std::string_view(call.function_name).substr(2));
    return function && function->is_aggregate();
  }
  for (const char* name : {"min", "max", "count", "count_star", "sum", "avg", "any_value"}) {
    if (call.function_name == name) return true;
  }
  return std::ranges::any_of(aggregate_functions(), [&](const FunctionEntry& entry) {
    return call.function_name == (entry.kernel_name ? entry.kernel_name : entry.name);
  });
}

Parsed<void> apply_select_rules(ParseContext& c, duckdb::SelectNode& select, bool grouping_sets) {
  if (const std::string refused = refused_distinct(select); !refused.empty())
    return c.failure(sql_error(Code::kInvalidArgument, 1105, "errCode = 2, detailMessage = " + refused));
  const bool grouping = std::ranges::any_of(select.select_list, [](const auto& item) { return has_grouping(*item); });
  if (!grouping_sets && (grouping || (select.having && has_grouping(*select.having)))) {
    return c.failure(sql_error(Code::kInvalidArgument, 1105,
                               "errCode = 2, detailMessage = only GROUP BY GROUPING SETS, ROLLUP and CUBE can contain "
                               "GROUPING() and GROUPING_ID()"));
  }
  if (c.has_long_names) shorten_columns(c, select);
  expand_star(select);
  TRY(lift_windows(c, select));
  for (ExprPtr& group : select.groups.group_expressions) {
    if (const ExprPtr* selected = selected_column(select, *group)) group = (*selected)->Copy();
  }
  return {};
}

std::optional<size_t> column_count(const duckdb::QueryNode& node) {
  if (node.type != duckdb::QueryNodeType::SELECT_NODE) return std::nullopt;
  const auto& list = node.Cast<duckdb::SelectNode>().select_list;
  const bool star =
      std::ranges::any_of(list, [](const auto& item) { return item->GetExpressionClass() == ExpressionClass::STAR; });
  return star ? std::nullopt : std::optional(list.size());
}

void bind_order(duckdb::SelectNode& select, ExprPtr& wanted) {
  // CONVERT(x USING gbk) is there for its order, that of the pronunciation.
  if (tree::is_doris(*wanted, "gbk_text")) {
    wanted = tree::doris("gbk_order", std::move(wanted->Cast<duckdb::FunctionExpression>().children[0]));
    return;
  }
  if (const size_t position = first_of_several(select, *wanted)) {
    wanted = tree::integer(static_cast<int32_t>(position));
    return;
  }
  if (const ExprPtr* selected = selected_column(select, *wanted)) {
    (*selected)->SetAlias((*selected)->Cast<duckdb::ColumnRefExpression>().GetColumnName());
    return;
  }
  bind_aliases(select, *wanted);
}

}  // namespace sluice::dialect
