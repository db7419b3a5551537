// SPDX-License-Identifier: Apache-2.0
// FROM: tables, derived tables, joins, VALUES rows, table functions.
#include <algorithm>

#include "base/error_place.h"
#include "dialect/expression.h"
#include "dialect/lateral_view.h"
#include "dialect/literals.h"
#include "dialect/names.h"
#include "dialect/query.h"
#include "dialect/table_clauses.h"
#include "dialect/table_function.h"
#include "dialect/tree.h"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "kernel/distinct_names.h"
#include "kernel/hidden_scan.h"
#include "kernel/index_scan.h"
#include "kernel/partition_scan.h"

namespace sluice::dialect {
namespace {

using LiftScope = ParseContext::LiftScope;

// What stands in parentheses: a query, or tables.
struct Inside {
  NodePtr query;
  TablePtr table;
};

Parsed<TablePtr> continue_joins(ParseContext& c, TablePtr left);

// Words that follow a table and are no alias although they are not reserved.
bool at_table_option(const ParseContext& c) {
  return (c.is("PARTITION"_kw) || c.is("TABLET"_kw) || c.is("TABLESAMPLE"_kw) || c.is("PARTITIONS"_kw)) &&
         c.is(TokenKind::kLeftParen, 1);
}

// PARTITION (p, ..), PARTITION p, TEMPORARY PARTITION (p): at a bare word `partition` an alias may stand.
bool at_partitions(const ParseContext& c) {
  const size_t ahead = c.is("TEMPORARY"_kw) ? 1 : 0;
  return (c.is("PARTITION"_kw, ahead) || c.is("PARTITIONS"_kw, ahead)) &&
         (c.is(TokenKind::kLeftParen, ahead + 1) || (c.is("PARTITION"_kw, ahead) && at_name(c, ahead + 1)));
}

// [AS] alias [(column, ..)]
Parsed<void> parse_table_alias(ParseContext& c, duckdb::TableRef& table) {
  if (at_table_option(c)) return {};
  bool as = c.accept("AS"_kw);
  if (!as && !at_name(c)) return {};
  table.alias = TRY(parse_name_or_string(c, "an alias"));
  if (c.is(TokenKind::kLeftParen) && table.type != duckdb::TableReferenceType::BASE_TABLE) {
    for (auto& column : TRY(parse_name_list(c))) table.column_name_alias.push_back(std::move(column));
  }
  return {};
}

// USE INDEX (a), FORCE KEY FOR JOIN (b): the kernel chooses itself.
Parsed<void> skip_index_hints(ParseContext& c) {
  while ((c.is("USE"_kw) || c.is("FORCE"_kw) || c.is("IGNORE"_kw)) && (c.is("INDEX"_kw, 1) || c.is("KEY"_kw, 1))) {
    c.advance();
    c.advance();
    if (c.accept("FOR"_kw)) {
      if (!c.accept("JOIN"_kw)) {
        if (!c.accept("ORDER"_kw)) TRY(c.expect("GROUP"_kw));
        TRY(c.expect("BY"_kw));
      }
    }
    TRY(c.expect(TokenKind::kLeftParen, "'(' and index names"));
    while (!c.is(TokenKind::kRightParen)) {
      if (!c.accept("PRIMARY"_kw)) TRY(parse_name(c, "an index name"));
      if (!c.accept(TokenKind::kComma)) break;
    }
    TRY(c.expect(TokenKind::kRightParen, "')'"));
    c.accept(TokenKind::kComma);
  }
  return {};
}

Parsed<void> refuse_table_options(ParseContext& c) {
  if (at_table_option(c))
    return c.unsupported(std::string(keyword_text(c.peek().keyword)) + " (..) after a table name");
  if (c.is("FOR"_kw) && (c.is_word("VERSION", 1) || c.is("TIME"_kw, 1) || c.is("SYSTEM"_kw, 1))) {
    return c.unsupported("reading an older version of a table");
  }
  return {};
}

// Views of the kernel that it finds under names without a database, whatever database is selected.
bool is_kernel_view(const std::string& name) {
  const std::string lower = duckdb::StringUtil::Lower(name);
  return lower.starts_with("duckdb_") || lower.starts_with("sqlite_") || lower.starts_with("pragma_") ||
         lower.starts_with("pg_");
}

Parsed<TablePtr> parse_base_table(ParseContext& c) {
  Token where = c.peek();
  QualifiedName written = TRY(parse_qualified_name(c, "a table name"));
  // The selected database may have a table of that name; nothing else is meant.
  if (written.database.empty() && is_kernel_view(written.name)) {
    if (const SessionValues* session = c.session()) written.database = session->database();
  }
  KernelName name = kernel_name(std::move(written));
  if (at_partitions(c)) {
    const PartitionNames partitions = TRY(parse_partition_names(c));
    TablePtr scan =
        kernel::partition_scan(name.catalog, name.schema, name.name, partitions.names, partitions.temporary);
    scan->query_location = where.begin;
    TRY(parse_table_alias(c, *scan));
    TRY(refuse_table_options(c));
    TRY(skip_index_hints(c));
    return scan;
  }
  // t INDEX v of Doris reads the materialised view or rollup v.
  if (c.is("INDEX"_kw) && at_name(c, 1)) {
    c.advance();
    const std::string index = TRY(parse_name(c, "a materialized view or rollup"));
    TablePtr scan = kernel::index_scan(name.catalog, name.schema, name.name, index);
    scan->query_location = where.begin;
    TRY(parse_table_alias(c, *scan));
    TRY(refuse_table_options(c));
    TRY(skip_index_hints(c));
    return scan;
  }
  const auto named_by_with = [&] {
    return name.schema.empty() && std::ranges::any_of(c.with_names, [&](const std::string& known) {
             return duckdb::StringUtil::CIEquals(known, name.name);
           });
  };
  const bool hides = !c.doris_columns().empty() || (c.query_begin && kernel::may_store_hidden_columns(name.name));
  if (hides && name.catalog != SYSTEM_CATALOG && !named_by_with()) {
    TablePtr scan = kernel::hidden_scan(name.catalog, name.schema, name.name, c.doris_columns());
    scan->query_location = where.begin;
    TRY(parse_table_alias(c, *scan));
    TRY(refuse_table_options(c));
    TRY(skip_index_hints(c));
    return scan;
  }
  auto table = duckdb::make_uniq<duckdb::BaseTableRef>();
  table->catalog_name = std::move(name.catalog);
  table->schema_name = std::move(name.schema);
  table->table_name = std::move(name.name);
  table->query_location = where.begin;
  TRY(refuse_table_options(c));
  TRY(parse_table_alias(c, *table));
  TRY(refuse_table_options(c));
  TRY(skip_index_hints(c));
  return table;
}

// The SELECT that gives a query's columns their names; null: it has none.
duckdb::SelectNode* naming_select(duckdb::QueryNode& node) {
  if (node.type == duckdb::QueryNodeType::SET_OPERATION_NODE)
    return naming_select(*node.Cast<duckdb::SetOperationNode>().children[0]);
  return node.type == duckdb::QueryNodeType::SELECT_NODE ? &node.Cast<duckdb::SelectNode>() : nullptr;
}

// The names of the columns that are no *.
std::vector<std::string> written_names(const duckdb::SelectNode& select) {
  std::vector<std::string> names;
  for (const auto& item : select.select_list) {
    if (item->GetExpressionClass() == duckdb::ExpressionClass::STAR) continue;
    const bool column = item->GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF;
    names.push_back(item->HasAlias() ? item->GetAlias()
                    : column         ? item->Cast<duckdb::ColumnRefExpression>().GetColumnName()
                                     : item->ToString());
  }
  return names;
}

// A name that two columns of a query have; empty: none. What a * gives is not known here.
std::string repeated_name(duckdb::QueryNode& node) {
  const auto* select = naming_select(node);
  if (!select) return {};
  duckdb::case_insensitive_set_t names;
  for (const std::string& name : written_names(*select)) {
    if (!names.insert(name).second) return name;
  }
  return {};
}

// Has a * that stands for columns of several tables, or beside other columns, checked when its columns are known.
void check_star(duckdb::SelectNode& select, const std::string& view) {
  const bool joined = select.from_table && select.from_table->type == duckdb::TableReferenceType::JOIN;
  if (!joined && select.select_list.size() < 2) return;
  duckdb::unique_ptr<duckdb::ParsedExpression>* found = nullptr;
  for (auto& item : select.select_list) {
    if (item->GetExpressionClass() != duckdb::ExpressionClass::STAR) continue;
    const auto& star = item->Cast<duckdb::StarExpression>();
    const bool plain = star.relation_name.empty() && !star.columns && !star.expr && star.replace_list.empty();
    if (!plain || found) return;  // t.*, u.*: their columns are never seen together
    found = &item;
  }
  if (found)
    *found = kernel::star_of_distinct_names((*found)->Cast<duckdb::StarExpression>(), written_names(select), view);
}

Parsed<TablePtr> derived_table(ParseContext& c, NodePtr node) {
  const std::string repeated = repeated_name(*node);
  auto table = duckdb::make_uniq<duckdb::SubqueryRef>(as_statement(std::move(node)));
  TRY(parse_table_alias(c, *table));
  if (table->alias.empty())
    return c.failure(sql_error(Code::kInvalidArgument, 1248, "Every derived table must have its own alias"));
  if (!repeated.empty() && table->column_name_alias.empty()) {
    return c.failure(
        sql_error(Code::kInvalidArgument, 1060,
                  "Duplicated inline view column alias: '" + repeated + "' in inline view: '" + table->alias + "'"));
  }
  auto* select = naming_select(*table->subquery->node);
  if (select && table->column_name_alias.empty()) check_star(*select, table->alias);
  TRY(refuse_table_options(c));
  return table;
}

// Between '(' and ')': ((SELECT ..) UNION ..) is a query, ((SELECT ..) a JOIN b) are tables.
Parsed<Inside> parse_inside(ParseContext& c) {
  ParseContext::Nested nested(c);
  TRY(nested.check());
  Inside inside;
  if (c.at_query_start()) {
    inside.query = TRY(parse_query_node(c));
  } else if (c.at_parenthesised_query()) {
    c.advance();
    inside = TRY(parse_inside(c));
    TRY(c.expect(TokenKind::kRightParen, "')'"));
    if (inside.query && at_query_continuation(c)) {
      inside.query = TRY(continue_query(c, std::move(inside.query)));
    } else if (!inside.query || !c.is(TokenKind::kRightParen)) {
      if (inside.query) inside.table = TRY(derived_table(c, std::move(inside.query)));
      inside.table = TRY(continue_joins(c, std::move(inside.table)));
    }
  } else {
    inside.table = TRY(parse_from(c));
  }
  return inside;
}

Parsed<TablePtr> parse_plain_table(ParseContext& c) {
  c.accept("LATERAL"_kw);  // the kernel finds out itself whether a derived table needs it
  if (c.is(TokenKind::kLeftParen)) {
    c.advance();
    Inside inside = TRY(parse_inside(c));
    TRY(c.expect(TokenKind::kRightParen, "')'"));
    if (inside.query) return derived_table(c, std::move(inside.query));
    return std::move(inside.table);
  }
  if (c.is(TokenKind::kLeftBrace) && c.is_word("OJ", 1)) {  // {oj a LEFT OUTER JOIN b ON ..} of ODBC and JDBC
    ParseContext::Nested nested(c);
    TRY(nested.check());
    c.advance();
    c.advance();
    TablePtr joined = TRY(parse_joined_table(c));
    TRY(c.expect(TokenKind::kRightBrace, "'}'"));
    return joined;
  }
  if (c.is("JSON_TABLE"_kw) && c.is(TokenKind::kLeftParen, 1)) return c.unsupported("JSON_TABLE");
  if (c.accept("DUAL"_kw)) return duckdb::make_uniq<duckdb::EmptyTableRef>();
  if (at_name(c) && c.is(TokenKind::kLeftParen, 1)) return parse_table_function(c);
  return parse_base_table(c);
}

Parsed<TablePtr> parse_table(ParseContext& c) {
  TablePtr table = TRY(parse_plain_table(c));
  return parse_lateral_views(c, std::move(table));
}

struct JoinKind {
  duckdb::JoinType type = duckdb::JoinType::INNER;
  bool cross = false;
  bool swap = false;  // RIGHT SEMI and RIGHT ANTI: the kernel keeps rows of the left side
};

// The words before and with JOIN; nullopt when the cursor is at none.
Parsed<std::optional<JoinKind>> parse_join_kind(ParseContext& c) {
  JoinKind kind;
  if (c.accept("STRAIGHT_JOIN"_kw)) return std::optional(kind);
  if (c.is("NATURAL"_kw))
    return c.failure(sql_error(Code::kInvalidArgument, 1105,
                               "errCode = 2, detailMessage = mismatched input 'NATURAL': name the columns of the join "
                               "by USING (..)"));
  bool left = c.is("LEFT"_kw);
  bool right = c.is("RIGHT"_kw);
  if (left || right) {
    c.advance();
    kind.type = left ? duckdb::JoinType::LEFT : duckdb::JoinType::RIGHT;
    bool semi = c.accept("SEMI"_kw);
    if (semi || c.accept("ANTI"_kw)) {
      kind.type = semi ? duckdb::JoinType::SEMI : duckdb::JoinType::ANTI;
      kind.swap = right;
    } else {
      c.accept("OUTER"_kw);
    }
  } else if (c.accept("FULL"_kw)) {
    kind.type = duckdb::JoinType::OUTER;
    c.accept("OUTER"_kw);
  } else if (c.accept("SEMI"_kw)) {
    kind.type = duckdb::JoinType::SEMI;
  } else if (c.accept("ANTI"_kw)) {
    kind.type = duckdb::JoinType::ANTI;
  } else if (c.accept("CROSS"_kw)) {
    kind.cross = true;
  } else if (!c.accept("INNER"_kw) && !c.is("JOIN"_kw)) {
    return std::optional<JoinKind>();
  }
  TRY(c.expect("JOIN"_kw));
  return std::optional(kind);
}

bool has_subquery(const duckdb::ParsedExpression& expression) {
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::SUBQUERY) return true;
  bool found = false;
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const duckdb::ParsedExpression& child) { found = found || has_subquery(child); });
  return found;
}

// Subqueries in the condition of a LEFT JOIN, which the kernel does not take there: the right side becomes the rows for
// which the condition holds, LATERAL to the left.
void filter_right_side(duckdb::JoinRef& join) {
  const bool named = join.right->type == duckdb::TableReferenceType::BASE_TABLE || !join.right->alias.empty();
  if (join.type != duckdb::JoinType::LEFT || !join.condition || !named || !has_subquery(*join.condition)) return;
  std::string alias = join.right->alias;
  if (alias.empty()) alias = join.right->Cast<duckdb::BaseTableRef>().table_name;
  auto select = duckdb::make_uniq<duckdb::SelectNode>();
  select->select_list.push_back(duckdb::make_uniq<duckdb::StarExpression>());
  select->from_table = std::move(join.right);
  select->where_clause = std::move(join.condition);
  join.right = duckdb::make_uniq<duckdb::SubqueryRef>(as_statement(std::move(select)), std::move(alias));
  join.condition = tree::constant(duckdb::Value::BOOLEAN(true));
}

Parsed<TablePtr> continue_joins(ParseContext& c, TablePtr left) {
  for (;;) {
    TRY(refuse_table_options(c));
    auto kind = TRY(parse_join_kind(c));
    if (!kind) return left;
    // [shuffle], [broadcast]: how Doris should send rows.
    if (c.is(TokenKind::kLeftBracket) && c.is(TokenKind::kWord, 1) && c.is(TokenKind::kRightBracket, 2)) {
      c.advance();
      c.advance();
      c.advance();
    }
    auto join = duckdb::make_uniq<duckdb::JoinRef>(duckdb::JoinRefType::REGULAR);
    join->query_location = c.peek().begin;
    join->type = kind->type;
    join->left = std::move(left);
    join->right = TRY(parse_table(c));
    if (kind->swap) std::swap(join->left, join->right);
    if (kind->cross && c.is("ON"_kw))
      return c.syntax_error("CROSS JOIN can't be used with ON clause; write INNER JOIN");
    if (c.accept("ON"_kw)) {
      LiftScope allowed(c, LiftScope::Rule::kAllow);
      join->condition = tree::condition(TRY(parse_expression(c)));
      filter_right_side(*join);
    } else if (c.accept("USING"_kw)) {
      for (auto& column : TRY(parse_name_list(c))) join->using_columns.push_back(std::move(column));
    } else if (kind->cross || kind->type == duckdb::JoinType::INNER) {
      join->ref_type = duckdb::JoinRefType::CROSS;
    } else {
      return c.expected("ON or USING after the joined table");
    }
    TRY(c.add_level());
    left = std::move(join);
  }
}

}  // namespace

Parsed<std::string> parse_alias(ParseContext& c) {
  bool as = c.accept("AS"_kw);
  if (!as && !at_name(c)) return std::string();
  return parse_name_or_string(c, "an alias");
}

Parsed<TablePtr> parse_joined_table(ParseContext& c) {
  TablePtr table = TRY(parse_table(c));
  return continue_joins(c, std::move(table));
}

Parsed<TablePtr> parse_from(ParseContext& c) {
  TablePtr left = TRY(parse_joined_table(c));
  while (c.accept(TokenKind::kComma)) {
    auto join = duckdb::make_uniq<duckdb::JoinRef>(duckdb::JoinRefType::CROSS);
    join->is_implicit = true;
    join->left = std::move(left);
    join->right = TRY(parse_joined_table(c));
    TRY(c.add_level());
    left = std::move(join);
  }
  return left;
}

Parsed<duckdb::unique_ptr<duckdb::ExpressionListRef>> parse_value_rows(ParseContext& c, bool allow_default) {
  auto rows = duckdb::make_uniq<duckdb::ExpressionListRef>();
  rows->alias = "valueslist";
  uint32_t height = c.height();
  do {
    c.accept("ROW"_kw);
    const size_t begin = c.peek().begin;
    TRY(c.expect(TokenKind::kLeftParen, "'(' and a row of values"));
    ExprList row;
    if (!rows->values.empty()) row.reserve(rows->values[0].size());
    while (!c.is(TokenKind::kRightParen)) {
      size_t first = c.mark();
      if (allow_default && c.is("DEFAULT"_kw) && !c.is(TokenKind::kLeftParen, 1)) {
        c.advance();
        row.push_back(duckdb::make_uniq<duckdb::DefaultExpression>());
      } else {
        c.set_height(0);
        ExprPtr value = TRY(parse_expression(c));
        height = std::max(height, c.height());
        bool single = c.mark() == first + 1 && is_literal(c.peek_at(first).kind) && c.may_lift() &&
                      c.peek_at(first).kind != TokenKind::kHex && c.peek_at(first).kind != TokenKind::kBit;
        row.push_back(single ? c.lifted(first) : std::move(value));
      }
      if (!c.accept(TokenKind::kComma)) break;
    }
    TRY(c.expect(TokenKind::kRightParen, "',' or ')' in the row of values"));
    if (!rows->values.empty() && rows->values[0].size() != row.size()) {
      return c.failure(with_place(
          sql_error(Code::kInvalidArgument, 1136,
                    "Column count doesn't match value count at row " + std::to_string(rows->values.size() + 1)),
          begin));
    }
    rows->values.push_back(std::move(row));
  } while (c.accept(TokenKind::kComma));
  c.set_height(height);
  return rows;
}

}  // namespace sluice::dialect
