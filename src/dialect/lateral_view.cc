// SPDX-License-Identifier: Apache-2.0
// A LATERAL VIEW becomes a join with SELECT unnest(array) that sees the tables before it; the OUTER forms and functions
// make [NULL] of arrays without elements, so that it is always an inner join, which the kernel flattens.
#include "dialect/lateral_view.h"

#include "dialect/expression.h"
#include "dialect/function_call.h"
#include "dialect/names.h"
#include "dialect/tree.h"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/query_node/select_node.hpp"

namespace sluice::dialect {
namespace {

struct TableGenerator {
  std::string_view name;   // without _outer
  const char* array_name;  // Doris' function that makes the array
  uint8_t arguments;
  bool of_plain;  // its argument is no array or map
};
constexpr TableGenerator kGenerators[] = {
    {"explode", "exploded", 1, false},
    {"explode_split", "exploded_text", 2, true},
    {"explode_numbers", "exploded_numbers", 1, true},
    {"explode_bitmap", "bitmap_to_array", 1, true},
    {"explode_map", "map_entries", 1, false},
    {"posexplode", "exploded_positions", 1, false},
    {"explode_variant_array", "exploded_json", 1, true},
    {"explode_json_array_int", "exploded_json_int", 1, true},
    {"explode_json_array_double", "exploded_json_double", 1, true},
    {"explode_json_array_string", "exploded_json_string", 1, true},
    {"explode_json_array_json", "exploded_json", 1, true},
    {"explode_json_object", "exploded_members", 1, true},
};

const TableGenerator* find_generator(std::string_view name) {
  for (const auto& generator : kGenerators) {
    if (generator.name == name) return &generator;
  }
  return nullptr;
}

// SELECT unnest(array) AS column; of several columns each one field of the array's structs.
duckdb::unique_ptr<duckdb::SelectStatement> select_elements(ExprPtr array, bool outer,
                                                            const std::vector<std::string>& columns) {
  auto node = duckdb::make_uniq<duckdb::SelectNode>();
  for (size_t i = 0; i < columns.size(); ++i) {
    ExprPtr part = array->Copy();
    if (columns.size() > 1) {
      part = tree::doris("exploded_part", std::move(part), tree::integer(static_cast<int32_t>(i + 1)));
    }
    if (outer) part = tree::doris("exploded_outer", std::move(part));
    ExprPtr element = tree::function("unnest", std::move(part));
    element->SetAlias(columns[i]);
    node->select_list.push_back(std::move(element));
  }
  node->from_table = duckdb::make_uniq<duckdb::EmptyTableRef>();
  auto statement = duckdb::make_uniq<duckdb::SelectStatement>();
  statement->node = std::move(node);
  return statement;
}

bool has_column(const duckdb::ParsedExpression& expression) {
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF) return true;
  bool found = false;
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const duckdb::ParsedExpression& child) { found |= has_column(child); });
  return found;
}

// The views over one table of FROM.
struct Views {
  TablePtr table;
  duckdb::JoinRef* first = nullptr;  // the join of the first view; its left side is the table without views
  std::string array_column;          // of with_array_column(), once it is there
};

// A second table of one row, whose only column is an array. The kernel makes a plain UNNEST of a join that sees an
// array of the left side, but removes duplicates of other columns first and then joins by them, which loses the order.
// It stands below all views: between two of them it would hide the first one's join from that rule of the kernel.
ExprPtr with_array_column(ParseContext& c, Views& views, const Token& where, ExprPtr array) {
  if (views.array_column.empty()) {
    views.array_column = "__lateral_" + std::to_string(where.begin);
    auto node = duckdb::make_uniq<duckdb::SelectNode>();
    ExprPtr empty = tree::doris_call("array", {});
    empty->SetAlias(views.array_column);
    node->select_list.push_back(std::move(empty));
    node->from_table = duckdb::make_uniq<duckdb::EmptyTableRef>();
    auto statement = duckdb::make_uniq<duckdb::SelectStatement>();
    statement->node = std::move(node);
    auto row = duckdb::make_uniq<duckdb::SubqueryRef>(std::move(statement));
    row->alias = views.array_column;
    auto join = duckdb::make_uniq<duckdb::JoinRef>(duckdb::JoinRefType::CROSS);
    TablePtr& below = views.first ? views.first->left : views.table;
    join->left = std::move(below);
    join->right = std::move(row);
    below = std::move(join);
    c.hidden_columns.push_back(views.array_column);
  }
  return tree::doris("exploded_beside", std::move(array),
                     ExprPtr(duckdb::make_uniq<duckdb::ColumnRefExpression>(views.array_column)));
}

Parsed<void> parse_lateral_view(ParseContext& c, Views& views) {
  ParseContext::LiftScope off(c, ParseContext::LiftScope::Rule::kOff);
  bool outer = c.accept("OUTER"_kw);
  const Token where = c.peek();
  std::string name = duckdb::StringUtil::Lower(TRY(parse_name(c, "a function like EXPLODE")));
  const TableGenerator* generator = find_generator(name);
  constexpr std::string_view kOuter = "_outer";
  if (!generator && name.ends_with(kOuter)) {
    outer = true;
    name.resize(name.size() - kOuter.size());
    generator = find_generator(name);
  }
  if (!generator) return c.syntax_error("this is no function for LATERAL VIEW", where);
  TRY(c.expect(TokenKind::kLeftParen, "'('"));
  ExprList arguments;
  if (!c.is(TokenKind::kRightParen)) arguments = TRY(parse_expression_list(c));
  TRY(c.expect(TokenKind::kRightParen, "',' or ')'"));
  if (arguments.size() != generator->arguments) {
    return c.syntax_error(duckdb::StringUtil::Upper(name) + "() takes " + std::to_string(generator->arguments) +
                              " argument(s), not " + std::to_string(arguments.size()),
                          where);
  }
  std::string alias = TRY(parse_name(c, "a name for the view's table"));
  TRY(c.expect("AS"_kw));
  std::vector<std::string> columns;
  do {
    columns.push_back(TRY(parse_name(c, "a column name")));
  } while (c.accept(TokenKind::kComma));
  Call call;
  call.name = generator->array_name;
  call.args = std::move(arguments);
  call.where = where;
  ExprPtr array = TRY(build_call(c, std::move(call)));
  if (generator->of_plain && has_column(*array)) {
    array = with_array_column(c, views, where, std::move(array));
    TRY(c.add_level());
  }
  auto view = duckdb::make_uniq<duckdb::SubqueryRef>(select_elements(std::move(array), outer, columns));
  view->alias = std::move(alias);
  auto join = duckdb::make_uniq<duckdb::JoinRef>(duckdb::JoinRefType::CROSS);
  join->query_location = where.begin;
  join->left = std::move(views.table);
  join->right = std::move(view);
  if (!views.first) views.first = join.get();
  views.table = std::move(join);
  return c.add_level();
}

}  // namespace

Parsed<TablePtr> parse_lateral_views(ParseContext& c, TablePtr table) {
  Views views;
  views.table = std::move(table);
  while (c.is("LATERAL"_kw) && c.is("VIEW"_kw, 1)) {
    c.advance();
    c.advance();
    TRY(parse_lateral_view(c, views));
  }
  return std::move(views.table);
}

}  // namespace sluice::dialect
