// SPDX-License-Identifier: Apache-2.0
#include "dialect/query.h"

#include <algorithm>

#include "dialect/assigned_variables.h"
#include "dialect/expression.h"
#include "dialect/names.h"
#include "dialect/tree.h"

namespace sluice::dialect {
namespace {

using duckdb::ParsedExpression;
using LiftScope = ParseContext::LiftScope;

// SELECT * FROM (node): for a node that has a LIMIT or a WITH already and gets another.
NodePtr wrapped(NodePtr node) {
  auto select = duckdb::make_uniq<duckdb::SelectNode>();
  select->select_list.push_back(duckdb::make_uniq<duckdb::StarExpression>());
  select->from_table = duckdb::make_uniq<duckdb::SubqueryRef>(as_statement(std::move(node)));
  return select;
}

bool has_order_or_limit(const duckdb::QueryNode& node) {
  return std::any_of(node.modifiers.begin(), node.modifiers.end(), [](const auto& modifier) {
    return modifier->type != duckdb::ResultModifierType::DISTINCT_MODIFIER;
  });
}

// DISTINCT and the words without meaning here that MySQL allows after SELECT.
bool parse_select_options(ParseContext& c) {
  bool distinct = false;
  for (;;) {
    switch (c.peek().keyword) {
      case "DISTINCT"_kw:
      case "DISTINCTROW"_kw:
        distinct = true;
        break;
      case "ALL"_kw:
      case "HIGH_PRIORITY"_kw:
      case "STRAIGHT_JOIN"_kw:
      case "SQL_SMALL_RESULT"_kw:
      case "SQL_BIG_RESULT"_kw:
      case "SQL_BUFFER_RESULT"_kw:
      case "SQL_CACHE"_kw:
      case "SQL_NO_CACHE"_kw:
      case "SQL_CALC_FOUND_ROWS"_kw:
        break;
      default:
        return distinct;
    }
    c.advance();
  }
}

// EXCEPT (a, b) and REPLACE (x AS a) after '*'.
Parsed<void> parse_star_changes(ParseContext& c, duckdb::StarExpression& star) {
  if (c.is("EXCEPT"_kw) && c.is(TokenKind::kLeftParen, 1) && !c.at_query_start(2)) {
    c.advance();
    for (auto& name : TRY(parse_name_list(c))) star.exclude_list.insert(duckdb::QualifiedColumnName(name));
  }
  if (c.is("REPLACE"_kw) && c.is(TokenKind::kLeftParen, 1)) {
    c.advance();
    c.advance();
    do {
      ExprPtr value = TRY(parse_expression(c));
      TRY(c.expect("AS"_kw));
      std::string name = TRY(parse_name(c, "a column name"));
      star.replace_list[name] = std::move(value);
    } while (c.accept(TokenKind::kComma));
    TRY(c.expect(TokenKind::kRightParen, "',' or ')'"));
  }
  return {};
}

// *, t.*, db.t.*: null when something else stands here.
Parsed<ExprPtr> parse_star(ParseContext& c) {
  size_t names = 0;
  while (names < 3 && (c.is(TokenKind::kWord, 2 * names) || c.is(TokenKind::kQuotedIdentifier, 2 * names)) &&
         c.is(TokenKind::kDot, 2 * names + 1)) {
    ++names;
  }
  if (!c.is(TokenKind::kStar, 2 * names)) return ExprPtr();
  const uint32_t begin = c.peek().begin;
  if (names > 0 && !at_name(c)) return c.expected("a table name before '.*'");
  std::string table;
  for (size_t i = 0; i < names; ++i) {
    table = TRY(parse_name_after_dot(c, "a table name"));
    c.advance();
  }
  auto star = duckdb::make_uniq<duckdb::StarExpression>(table);
  star->SetQueryLocation(begin);
  c.advance();
  TRY(parse_star_changes(c, *star));
  return star;
}

// abs(a) -> abs; what is no call has a name of its kind. `head` is the first token.
std::string_view expression_name(ParseContext& c, const ParsedExpression& item, const Token& head, bool at_call,
                                 std::string_view written) {
  switch (item.GetExpressionClass()) {
    case duckdb::ExpressionClass::CONSTANT:
      return "literal";
    case duckdb::ExpressionClass::CASE:
      return "casewhen";
    case duckdb::ExpressionClass::WINDOW:
      return "windowexpression";
    default:
      break;
  }
  // Whether the first parenthesis ends with the item.
  int depth = 0;
  size_t closed = 0;
  for (size_t i = 0; i < written.size() && closed == 0; ++i) {
    if (written[i] == '(') ++depth;
    if (written[i] == ')' && --depth == 0) closed = i + 1;
  }
  if (!at_call || closed != written.size()) return "expression";
  // A cast to VARCHAR(n) cuts the text.
  if (head.keyword == "CAST"_kw && !tree::is_doris(item, "cast") && !tree::is_doris(item, "round_datetime"))
    return "substring";
  return c.text(head);
}

Parsed<ExprPtr> parse_select_item(ParseContext& c, std::optional<size_t> named_place) {
  if (c.is(TokenKind::kStar) || c.is(TokenKind::kDot, 1)) {
    ExprPtr star = TRY(parse_star(c));
    if (star) return star;
  }
  size_t first = c.mark();
  const Token head = c.peek();
  const bool at_call = c.is(TokenKind::kLeftParen, 1);
  ExprPtr item = TRY(parse_expression(c));
  std::string_view written = c.text_since(first);
  bool as = c.accept("AS"_kw);
  if (as || at_name(c) || c.is(TokenKind::kString)) {
    item->SetAlias(TRY(parse_name_or_string(c, "an alias")));
  } else if (item->GetExpressionClass() != duckdb::ExpressionClass::COLUMN_REF) {
    item->SetAlias(c.as_name(written));
    if (named_place) {
      const std::string_view name = expression_name(c, *item, head, at_call, written);
      item->SetAlias("__" + duckdb::StringUtil::Lower(std::string(name)) + "_" + std::to_string(*named_place));
    }
  }
  return item;
}

// INTO after a SELECT's list or at the end. OUTFILE follows a whole statement: parse_statement() takes it.
Parsed<void> refuse_into(ParseContext& c) {
  if (!c.is("INTO"_kw) || c.is("OUTFILE"_kw, 1)) return {};
  if (c.is("DUMPFILE"_kw, 1)) return c.unsupported("SELECT .. INTO DUMPFILE");
  return c.unsupported("SELECT .. INTO variables");
}

// *, without the hidden columns that the query names elsewhere: COLUMNS(c -> NOT starts_with(c, '__DORIS_')).
void leave_out_doris_columns(duckdb::StarExpression& star) {
  if (!star.exclude_list.empty() || !star.replace_list.empty()) return;
  auto visible = duckdb::make_uniq<duckdb::LambdaExpression>(
      duckdb::vector<std::string>{"c"},
      tree::op(duckdb::ExpressionType::OPERATOR_NOT,
               tree::list(tree::function("starts_with", duckdb::make_uniq<duckdb::ColumnRefExpression>("c"),
                                         tree::text("__DORIS_")))));
  star.columns = true;
  star.expr =
      tree::function("list_filter", duckdb::make_uniq<duckdb::StarExpression>(star.relation_name), std::move(visible));
}

// At SELECT: up to HAVING.
Parsed<NodePtr> parse_select(ParseContext& c) {
  if (!c.query_begin) c.query_begin = c.mark();
  const size_t outer_windows = c.windows.size();
  find_windows(c);
  c.advance();
  const bool named = std::exchange(c.names_expressions, false);
  auto select = duckdb::make_uniq<duckdb::SelectNode>();
  if (parse_select_options(c)) select->modifiers.push_back(duckdb::make_uniq<duckdb::DistinctModifier>());
  const bool assigns = c.has_assignments();
  const bool outer_list = std::exchange(c.in_list_with_assignments, assigns);
  {
    LiftScope forbidden(c, LiftScope::Rule::kForbidInside);
    do {
      const auto place = named ? std::optional(select->select_list.size()) : std::nullopt;
      select->select_list.push_back(TRY(parse_select_item(c, place)));
    } while (c.accept(TokenKind::kComma));
  }
  c.in_list_with_assignments = false;
  // Without rows it would be nothing but SET.
  if (assigns && TRY(resolve_assignments(c, select->select_list)) && !c.is("FROM"_kw))
    return c.unsupported("':=' without FROM; use SET @name = ...");
  TRY(refuse_into(c));
  if (c.accept("FROM"_kw)) {
    LiftScope off(c, LiftScope::Rule::kOff);
    const size_t hidden = c.hidden_columns.size();
    select->from_table = TRY(parse_from(c));
    for (auto& item : select->select_list) {
      if (item->GetExpressionClass() != duckdb::ExpressionClass::STAR) continue;
      auto& star = item->Cast<duckdb::StarExpression>();
      if (!c.options().show_hidden_columns && !c.doris_columns().empty()) leave_out_doris_columns(star);
      if (!star.relation_name.empty()) continue;
      for (size_t i = hidden; i < c.hidden_columns.size(); ++i) {
        star.exclude_list.insert(duckdb::QualifiedColumnName(c.hidden_columns[i]));
      }
    }
    c.hidden_columns.resize(hidden);
  } else {
    select->from_table = duckdb::make_uniq<duckdb::EmptyTableRef>();
  }
  if (c.accept("WHERE"_kw)) {
    LiftScope allowed(c, LiftScope::Rule::kAllow);
    select->where_clause = tree::condition(TRY(parse_expression(c)));
  }
  bool grouping_sets = false;
  if (c.accept("GROUP"_kw)) {
    TRY(c.expect("BY"_kw));
    grouping_sets = TRY(parse_group_by(c, *select));
  }
  LiftScope forbidden(c, LiftScope::Rule::kForbidInside);
  if (c.accept("HAVING"_kw)) {
    select->having = tree::condition(TRY(parse_expression(c)));
    having_windows_as_qualify(*select);
    having_as_where(*select);
  }
  TRY(apply_select_rules(c, *select, grouping_sets));
  if (c.accept("WINDOW"_kw)) TRY(parse_window_clause(c));
  c.windows.resize(outer_windows);
  c.in_list_with_assignments = outer_list;
  return select;
}

// A LIMIT's number: an unsigned literal or a placeholder.
Parsed<ExprPtr> parse_limit_number(ParseContext& c) {
  if (c.is(TokenKind::kPlaceholder) || c.is(TokenKind::kAtAt) || c.is(TokenKind::kUserVariable))
    return parse_operand(c);
  uint64_t number = TRY(parse_unsigned(c, "a number of rows"));
  // MySQL clients write 18446744073709551615 for "no limit".
  auto capped = static_cast<int64_t>(std::min<uint64_t>(number, INT64_MAX));
  return tree::constant(duckdb::Value::BIGINT(capped));
}

Parsed<NodePtr> parse_values_query(ParseContext& c) {
  c.advance();
  auto select = duckdb::make_uniq<duckdb::SelectNode>();
  select->from_table = TRY(parse_value_rows(c, false));
  select->select_list.push_back(duckdb::make_uniq<duckdb::StarExpression>());
  return select;
}

// The query of WITH RECURSIVE name AS (..): a UNION whose second part may read `name`.
NodePtr recursive_node(NodePtr node, const std::string& name, const duckdb::vector<std::string>& columns) {
  if (node->type != duckdb::QueryNodeType::SET_OPERATION_NODE) return node;
  auto& set = node->Cast<duckdb::SetOperationNode>();
  if (set.setop_type != duckdb::SetOperationType::UNION) return node;
  auto result = duckdb::make_uniq<duckdb::RecursiveCTENode>();
  result->ctename = name;
  result->union_all = set.setop_all;
  result->aliases = columns;
  result->cte_map = std::move(set.cte_map);
  result->right = std::move(set.children.back());
  set.children.pop_back();
  if (set.children.size() == 1) {
    result->left = std::move(set.children[0]);
  } else {
    set.cte_map = duckdb::CommonTableExpressionMap();
    result->left = std::move(node);
  }
  return result;
}

// WITH c (a, b) AS (SELECT 1): more names than columns, where their number is known.
Parsed<void> check_labels(ParseContext& c, const duckdb::QueryNode& node, size_t labels, const Token& where) {
  const auto count = column_count(node);
  if (!count || labels <= *count) return {};
  return c.syntax_error(
      "WITH gives " + std::to_string(labels) + " column names to a query of " + std::to_string(*count), where);
}

}  // namespace

Parsed<NodePtr> parse_modifiers(ParseContext& c, NodePtr node) {
  LiftScope forbidden(c, LiftScope::Rule::kForbidInside);
  if ((c.is("ORDER"_kw) || c.is("LIMIT"_kw)) && has_order_or_limit(*node)) node = wrapped(std::move(node));
  if (c.accept("ORDER"_kw)) {
    TRY(c.expect("BY"_kw));
    auto order = duckdb::make_uniq<duckdb::OrderModifier>();
    order->orders = TRY(parse_order_list(c));
    if (node->type == duckdb::QueryNodeType::SELECT_NODE) {
      for (auto& entry : order->orders) bind_order(node->Cast<duckdb::SelectNode>(), entry.expression);
    }
    if (c.has_long_names && node->type == duckdb::QueryNodeType::SELECT_NODE) {
      auto& select = node->Cast<duckdb::SelectNode>();
      select.modifiers.push_back(std::move(order));
      shorten_columns(c, select);
      order =
          duckdb::unique_ptr_cast<duckdb::ResultModifier, duckdb::OrderModifier>(std::move(select.modifiers.back()));
      select.modifiers.pop_back();
    }
    // A constant that is no position orders nothing, and the kernel refuses it.
    const auto columns = column_count(*node);
    std::erase_if(order->orders, [&](const duckdb::OrderByNode& entry) {
      const duckdb::Value* value = tree::constant_value(*entry.expression);
      if (!value) return false;
      const auto place = tree::constant_integer(*entry.expression);
      return !place || (columns && (*place < 1 || static_cast<size_t>(*place) > *columns));
    });
    if (!order->orders.empty()) node->modifiers.push_back(std::move(order));
  }
  if (c.accept("LIMIT"_kw)) {
    auto limit = duckdb::make_uniq<duckdb::LimitModifier>();
    ExprPtr first = TRY(parse_limit_number(c));
    if (c.accept(TokenKind::kComma)) {
      limit->offset = std::move(first);
      limit->limit = TRY(parse_limit_number(c));
    } else {
      limit->limit = std::move(first);
      if (c.accept("OFFSET"_kw)) limit->offset = TRY(parse_limit_number(c));
    }
    node->modifiers.push_back(std::move(limit));
  }
  TRY(refuse_into(c));
  if (c.is("PROCEDURE"_kw)) return c.unsupported("PROCEDURE ANALYSE");
  while (c.is("FOR"_kw) && (c.is("UPDATE"_kw, 1) || c.is("SHARE"_kw, 1))) {
    c.advance();
    c.advance();
    if (c.accept("OF"_kw)) {
      do {
        TRY(parse_qualified_name(c, "a table name"));
      } while (c.accept(TokenKind::kComma));
    }
    if (!c.accept("NOWAIT"_kw)) c.accept("SKIP"_kw, "LOCKED"_kw);
  }
  if (c.accept("LOCK"_kw)) {
    TRY(c.expect("IN"_kw));
    TRY(c.expect("SHARE"_kw));
    TRY(c.expect("MODE"_kw));
  }
  return node;
}

Parsed<NodePtr> parse_term(ParseContext& c) {
  if (c.is("SELECT"_kw)) return parse_select(c);
  if (c.is("VALUES"_kw)) return parse_values_query(c);
  if (!c.is(TokenKind::kLeftParen)) return c.expected("SELECT, VALUES, WITH or a query in parentheses");
  ParseContext::Nested nested(c);
  TRY(nested.check());
  c.advance();
  NodePtr node = TRY(parse_query_node(c));
  TRY(c.expect(TokenKind::kRightParen, "')' after the query"));
  return node;
}

QueryPtr as_statement(NodePtr node) {
  auto statement = duckdb::make_uniq<duckdb::SelectStatement>();
  statement->node = std::move(node);
  return statement;
}

NodePtr with_ctes(NodePtr node, duckdb::CommonTableExpressionMap ctes) {
  if (ctes.map.empty()) return node;
  if (!node->cte_map.map.empty()) node = wrapped(std::move(node));
  node->cte_map = std::move(ctes);
  return node;
}

Parsed<NodePtr> parse_query_node(ParseContext& c, duckdb::CommonTableExpressionMap ctes) {
  ParseContext::Nested nested(c);
  TRY(nested.check());
  uint32_t height = c.height();
  c.set_height(0);
  const bool named = std::exchange(c.names_expressions, false);
  TRY(parse_with(c, ctes));
  c.names_expressions = named;
  NodePtr node = TRY(parse_term(c));
  c.names_expressions = false;
  node = TRY(continue_query(c, std::move(node)));
  node = with_ctes(std::move(node), std::move(ctes));
  c.set_height(std::max(height, c.height()));
  TRY(c.add_level());
  return node;
}

Parsed<QueryPtr> parse_query(ParseContext& c) { return as_statement(TRY(parse_query_node(c))); }

Parsed<QueryPtr> parse_parenthesised_query(ParseContext& c) {
  TRY(c.expect(TokenKind::kLeftParen, "'(' and a query"));
  ParseContext::NestedQuery level(c);
  TRY(level.check());
  QueryPtr query = TRY(parse_query(c));
  TRY(c.expect(TokenKind::kRightParen, "')' after the query"));
  return query;
}

Parsed<void> parse_with(ParseContext& c, duckdb::CommonTableExpressionMap& ctes) {
  if (!c.accept("WITH"_kw)) return {};
  LiftScope off(c, LiftScope::Rule::kOff);
  bool recursive = c.accept("RECURSIVE"_kw);
  do {
    auto info = duckdb::make_uniq<duckdb::CommonTableExpressionInfo>();
    Token where = c.peek();
    std::string name = TRY(parse_name(c, "a name for the query"));
    if (c.is(TokenKind::kLeftParen)) {
      for (auto& column : TRY(parse_name_list(c))) info->aliases.push_back(std::move(column));
    }
    TRY(c.expect("AS"_kw));
    TRY(c.expect(TokenKind::kLeftParen, "'(' and a query"));
    if (recursive) c.with_names.push_back(name);
    NodePtr node = TRY(parse_query_node(c));
    TRY(c.expect(TokenKind::kRightParen, "')' after the query"));
    if (recursive) node = recursive_node(std::move(node), name, info->aliases);
    TRY(check_labels(c, *node, info->aliases.size(), where));
    info->query = as_statement(std::move(node));
    if (ctes.map.find(name) != ctes.map.end()) {
      return c.syntax_error("WITH has the name '" + name + "' twice", where);
    }
    ctes.map[name] = std::move(info);
    c.with_names.push_back(name);
  } while (c.accept(TokenKind::kComma));
  return {};
}

}  // namespace sluice::dialect
