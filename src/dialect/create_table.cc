// SPDX-License-Identifier: Apache-2.0
// CREATE TABLE of MySQL and of Doris. Keys become constraints of the kernel: PRIMARY KEY and Doris' UNIQUE KEY(..) of
// columns that are NOT NULL its PRIMARY KEY, MySQL's UNIQUE [KEY] its UNIQUE. Doris' key model, partitions,
// distribution and properties become the table's model (kernel/table_model.h). Engines, MySQL's secondary indexes and
// character sets are read and have no effect.

#include "dialect/create_table_parts.h"
#include "dialect/expression.h"
#include "dialect/names.h"
#include "dialect/query.h"
#include "dialect/statements.h"
#include "dialect/table_clauses.h"
#include "dialect/tree.h"
#include "dialect/types.h"
#include "duckdb/parser/constraints/list.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"

namespace sluice::dialect {
namespace {

using Effect = KernelStatement::Effect;

Parsed<void> set_primary_key(ParseContext& c, TableParts& table, Columns columns) {
  if (!table.primary_key.empty()) {
    return c.failure(sql_error(Code::kInvalidArgument, 1068, "Multiple primary key defined"));
  }
  table.primary_key = std::move(columns);
  return {};
}

Parsed<void> parse_primary_key(ParseContext& c, TableParts& table) {
  Columns columns = TRY(parse_name_list(c));
  return set_primary_key(c, table, std::move(columns));
}

// INDEX i (c) USING INVERTED PROPERTIES(..) COMMENT '..', KEY k (c), FULLTEXT KEY f (c): nothing to build, but those
// with a name are listed.
Parsed<void> skip_index(ParseContext& c, TableParts& table) {
  const size_t first = c.mark();
  const bool index = c.accept("INDEX"_kw);
  const bool key = !index && c.accept("KEY"_kw);
  const size_t name = c.mark();
  TRY(parse_if_not_exists(c));
  const bool named = !c.is(TokenKind::kLeftParen) && !c.is("USING"_kw);
  if (!c.is(TokenKind::kLeftParen) && !c.is("USING"_kw)) TRY(parse_name(c, "an index name"));
  if (c.accept("USING"_kw)) c.advance();
  TRY(skip_parentheses(c));
  while (!c.is(TokenKind::kComma) && !c.is(TokenKind::kRightParen) && !c.at_end()) {
    if (c.is(TokenKind::kLeftParen))
      TRY(skip_parentheses(c));
    else
      c.advance();
  }
  if (index && named) table.model.indexes.emplace_back(c.text_since(first));
  if (key && named) table.model.indexes.push_back("INDEX " + std::string(c.text_since(name)));
  return {};
}

// PRIMARY KEY (..), UNIQUE KEY name (..), CHECK (..), FOREIGN KEY .., INDEX ..; false when a column stands here.
Parsed<bool> parse_table_constraint(ParseContext& c, TableParts& table) {
  bool named = c.accept("CONSTRAINT"_kw);
  if (named && at_name(c)) TRY(parse_name(c, "a constraint name"));
  switch (c.peek().keyword) {
    case "PRIMARY"_kw:
      c.advance();
      TRY(c.expect("KEY"_kw));
      if (c.accept("USING"_kw)) c.advance();
      TRY(parse_primary_key(c, table));
      if (c.accept("USING"_kw)) c.advance();
      return true;
    case "UNIQUE"_kw:
      c.advance();
      if (!c.accept("KEY"_kw)) c.accept("INDEX"_kw);
      if (!c.is(TokenKind::kLeftParen) && !c.is("USING"_kw)) TRY(parse_name(c, "an index name"));
      if (c.accept("USING"_kw)) c.advance();
      table.unique_keys.push_back(TRY(parse_name_list(c)));
      if (c.accept("USING"_kw)) c.advance();
      if (c.accept("COMMENT"_kw)) TRY(parse_string(c, "a comment"));
      return true;
    case "CHECK"_kw: {
      c.advance();
      TRY(c.expect(TokenKind::kLeftParen, "'('"));
      ExprPtr condition = TRY(parse_expression(c));
      TRY(c.expect(TokenKind::kRightParen, "')'"));
      table.info->constraints.push_back(duckdb::make_uniq<duckdb::CheckConstraint>(std::move(condition)));
      if (c.accept("NOT"_kw, "ENFORCED"_kw))
        table.info->constraints.pop_back();
      else
        c.accept("ENFORCED"_kw);
      return true;
    }
    case "FOREIGN"_kw:
      while (!c.is(TokenKind::kComma) && !c.is(TokenKind::kRightParen) && !c.at_end()) {
        if (c.is(TokenKind::kLeftParen))
          TRY(skip_parentheses(c));
        else
          c.advance();
      }
      return true;
    case "FULLTEXT"_kw:
    case "SPATIAL"_kw:
      if (!c.is("KEY"_kw, 1) && !c.is("INDEX"_kw, 1)) return false;
      c.advance();
      TRY(skip_index(c, table));
      return true;
    case "INDEX"_kw:
    case "KEY"_kw:
      TRY(skip_index(c, table));
      return true;
    default:
      if (named) return c.expected("PRIMARY KEY, UNIQUE, CHECK or FOREIGN KEY");
      return false;
  }
}

Parsed<void> add_column(ParseContext& c, TableParts& table) {
  ColumnParts parts = TRY(parse_column_definition(c));
  std::string name = parts.column.Name();
  auto& info = *table.info;
  if (info.columns.ColumnExists(name)) {
    return c.failure(sql_error(Code::kInvalidArgument, 1060, "Duplicate column name '" + name + "'"));
  }
  duckdb::LogicalIndex index(info.columns.LogicalColumnCount());
  if (parts.column.Generated()) table.model.set_note("generated", name, std::move(parts.generated));
  if (parts.not_null && parts.column.Generated()) {
    // The kernel has no constraints over such columns: writes look at it (kernel/insert_batch.h).
    table.model.set_note("not_null", name, "generated");
  } else if (parts.not_null) {
    info.constraints.push_back(duckdb::make_uniq<duckdb::NotNullConstraint>(index));
    table.not_null.insert(duckdb::StringUtil::Lower(name));
  }
  if (parts.check) info.constraints.push_back(duckdb::make_uniq<duckdb::CheckConstraint>(std::move(parts.check)));
  if (parts.first_number) table.first_numbers[name] = *parts.first_number;
  if (parts.primary_key) TRY(set_primary_key(c, table, {name}));
  if (parts.unique) table.unique_keys.push_back({name});
  info.columns.AddColumn(std::move(parts.column));
  return {};
}

Parsed<void> parse_table_elements(ParseContext& c, TableParts& table) {
  TRY(c.expect(TokenKind::kLeftParen, "'(' and columns"));
  do {
    if (!TRY(parse_table_constraint(c, table))) TRY(add_column(c, table));
    if (c.is(TokenKind::kComma) && c.is(TokenKind::kRightParen, 1)) c.advance();  // Doris lets a comma end the list
  } while (c.accept(TokenKind::kComma));
  return c.expect(TokenKind::kRightParen, "',' or ')' after a column");
}

Parsed<void> set_keys(ParseContext& c, TableParts& table, kernel::KeyModel model) {
  TRY(c.expect("KEY"_kw));
  table.doris = true;
  table.model.keys = model;
  if (c.is(TokenKind::kLeftParen) && c.is(TokenKind::kRightParen, 1)) {  // a table without keys
    c.advance();
    c.advance();
    return {};
  }
  table.model.key_order = TRY(parse_name_list(c));
  return {};
}

// One option after the columns; false when none stands here.
Parsed<bool> parse_table_option(ParseContext& c, TableParts& table) {
  c.accept(TokenKind::kComma);
  switch (c.peek().keyword) {
    case "UNIQUE"_kw:
      c.advance();
      TRY(set_keys(c, table, kernel::KeyModel::kUnique));
      return true;
    case "DUPLICATE"_kw:
      c.advance();
      TRY(set_keys(c, table, kernel::KeyModel::kDuplicate));
      return true;
    case "AGGREGATE"_kw:
      c.advance();
      TRY(set_keys(c, table, kernel::KeyModel::kAggregate));
      return true;
    case "CLUSTER"_kw:
      c.advance();
      if (!c.accept("BY"_kw)) TRY(c.expect("KEY"_kw));
      table.model.cluster_by = TRY(parse_name_list(c));
      table.doris = true;
      return true;
    case "AUTO"_kw:
      c.advance();
      TRY(c.expect("PARTITION"_kw));
      table.doris = true;
      TRY(parse_partition_by(c, true, table.model, table.partitions));
      return true;
    case "PARTITION"_kw:
      c.advance();
      TRY(parse_partition_by(c, false, table.model, table.partitions));
      return true;
    case "DISTRIBUTED"_kw:
      c.advance();
      table.doris = true;
      table.model.distribution = TRY(parse_distribution(c));
      return true;
    case "ROLLUP"_kw: {
      c.advance();
      const size_t first = c.mark();
      TRY(skip_parentheses(c));
      table.doris = true;
      table.model.rollups.emplace_back(c.text_since(first));
      return true;
    }
    case "PROPERTIES"_kw:
      c.advance();
      table.doris = true;
      table.model.properties = TRY(parse_property_list(c));
      return true;
    case "COMMENT"_kw:
      c.advance();
      c.accept(TokenKind::kEqual);
      table.model.comment = TRY(parse_string(c, "a comment"));
      return true;
    case "AS"_kw:
    case "SELECT"_kw:
    case "WITH"_kw:
    case "IGNORE"_kw:
    case "REPLACE"_kw:
      return false;
    default:
      break;
  }
  // ENGINE = x, DEFAULT CHARSET = x, CHARACTER SET x, AUTO_INCREMENT = n, ..
  if (!c.is(TokenKind::kWord)) return false;
  c.accept("DEFAULT"_kw);
  if (!c.accept("CHARACTER"_kw, "SET"_kw)) {
    if (!c.is(TokenKind::kWord)) return c.expected("a table option");
    c.advance();
  }
  c.accept(TokenKind::kEqual);
  if (c.is(TokenKind::kWord) || c.is(TokenKind::kQuotedIdentifier) || is_literal(c.peek().kind)) {
    c.advance();
    return true;
  }
  return c.expected("the value of a table option");
}

// Column names without types: CREATE TABLE t (a, b) AS SELECT ..
bool at_plain_names(const ParseContext& c) {
  return c.is(TokenKind::kLeftParen) && at_name(c, 1) &&
         (c.is(TokenKind::kComma, 2) || c.is(TokenKind::kRightParen, 2));
}

}  // namespace

Body parse_create_table(ParseContext& c, bool temporary) {
  TableParts table;
  table.info = duckdb::make_uniq<duckdb::CreateTableInfo>();
  bool if_not_exists = TRY(parse_if_not_exists(c));
  QualifiedName written = TRY(parse_qualified_name(c, "a table name"));
  bool like_in_parentheses = c.is(TokenKind::kLeftParen) && c.is("LIKE"_kw, 1);
  if (c.is("LIKE"_kw) || like_in_parentheses) {
    CreateLikeStatement like;
    c.advance();
    if (like_in_parentheses) c.advance();
    like.table = std::move(written);
    like.source = TRY(parse_qualified_name(c, "a table name"));
    like.temporary = temporary;
    like.if_not_exists = if_not_exists;
    if (like_in_parentheses) TRY(c.expect(TokenKind::kRightParen, "')'"));
    if (c.accept("WITH"_kw)) skip_to_end(c);  // WITH ROLLUP of Doris
    return like;
  }

  KernelName name = kernel_name(std::move(written));
  auto& info = *table.info;
  info.temporary = temporary;
  info.catalog = temporary ? std::string() : name.catalog;
  info.schema = temporary ? std::string() : name.schema;
  info.table = name.name;
  info.on_conflict =
      if_not_exists ? duckdb::OnCreateConflict::IGNORE_ON_CONFLICT : duckdb::OnCreateConflict::ERROR_ON_CONFLICT;
  KernelStatement statement;
  statement.effect = Effect::kSchema;

  bool typed_columns = false;
  if (at_plain_names(c)) {
    for (auto& column : TRY(parse_name_list(c))) {
      info.columns.AddColumn(duckdb::ColumnDefinition(column, duckdb::LogicalType::UNKNOWN));
    }
  } else if (c.is(TokenKind::kLeftParen) && !c.at_parenthesised_query()) {
    typed_columns = true;
    TRY(parse_table_elements(c, table));
  }
  while (!c.at_end() && !c.is(TokenKind::kLeftParen) && TRY(parse_table_option(c, table))) {
  }
  if (!c.accept("IGNORE"_kw)) c.accept("REPLACE"_kw);
  bool as = c.accept("AS"_kw);
  if (!as && !c.at_query_start() && !c.is(TokenKind::kLeftParen)) {
    if (!typed_columns) {
      return c.failure(sql_error(Code::kInvalidArgument, 1113, "A table must have at least 1 column"));
    }
    if (info.columns.empty()) {
      return c.failure(sql_error(Code::kInvalidArgument, 1113, "A table must have at least 1 column"));
    }
    TRY(finish_model(c, table));
    if (!table.primary_key.empty()) info.constraints.push_back(key_constraint(table.primary_key, true));
    for (const Columns& columns : table.unique_keys) info.constraints.push_back(key_constraint(columns, false));
    auto sequences = make_sequences(c, table);
    statement.tree = create_statement(std::move(table.info));
    for (auto& sequence : sequences) {  // first the sequences
      statement.rest.push_back(std::move(statement.tree));
      statement.tree = std::move(sequence);
    }
    return statement;
  }
  if (typed_columns && !as && !c.at_query_start() && !c.at_parenthesised_query())
    return c.expected("the end of the statement");
  if (typed_columns) return c.unsupported("CREATE TABLE .. AS with column types");
  TRY(check_table_properties(c, table));
  c.names_expressions = table.doris && info.columns.empty();
  info.query = TRY(parse_query(c));
  if (const auto count = column_count(*info.query->node);
      count && !info.columns.empty() && *count != info.columns.LogicalColumnCount()) {
    return c.failure(
        sql_error(Code::kInvalidArgument, 1353,
                  "ctas column size is not equal to the query's: " + std::to_string(info.columns.LogicalColumnCount()) +
                      " instead of " + std::to_string(*count)));
  }
  return create_as(c, table, std::move(statement));
}

}  // namespace sluice::dialect
