// SPDX-License-Identifier: Apache-2.0
// CREATE TABLE of MySQL and of Doris. Keys become constraints of the kernel: PRIMARY KEY and Doris' UNIQUE KEY(..)
// model its PRIMARY KEY, MySQL's UNIQUE [KEY] its UNIQUE. Distribution, partitions, engines, secondary indexes and
// character sets are read and have no effect.
#include "dialect/expression.h"
#include "dialect/names.h"
#include "dialect/query.h"
#include "dialect/statements.h"
#include "dialect/tree.h"
#include "dialect/types.h"
#include "duckdb/parser/constraints/list.hpp"
#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"

namespace sluice::dialect {
namespace {

using Effect = KernelStatement::Effect;
using Columns = std::vector<std::string>;

struct TableParts {
  duckdb::unique_ptr<duckdb::CreateTableInfo> info;
  Columns primary_key;  // from wherever it was written
  std::vector<Columns> unique_keys;
};

// '(' .. ')' with whatever is between; Doris writes [a, b) for half-open ranges of partitions.
Parsed<void> skip_parentheses(ParseContext& c) {
  TRY(c.expect(TokenKind::kLeftParen, "'('"));
  for (size_t open = 1; open > 0; c.advance()) {
    if (c.is(TokenKind::kEnd)) return c.expected("')'");
    if (c.is(TokenKind::kLeftParen) || c.is(TokenKind::kLeftBracket)) ++open;
    if (c.is(TokenKind::kRightParen) || c.is(TokenKind::kRightBracket)) --open;
  }
  return {};
}

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

// INDEX i (c) USING INVERTED PROPERTIES(..) COMMENT '..', KEY (c), FULLTEXT KEY f (c): nothing to build.
Parsed<void> skip_index(ParseContext& c) {
  if (!c.accept("INDEX"_kw)) c.accept("KEY"_kw);
  TRY(parse_if_not_exists(c));
  if (!c.is(TokenKind::kLeftParen) && !c.is("USING"_kw)) TRY(parse_name(c, "an index name"));
  if (c.accept("USING"_kw)) c.advance();
  TRY(skip_parentheses(c));
  while (!c.is(TokenKind::kComma) && !c.is(TokenKind::kRightParen) && !c.at_end()) {
    if (c.is(TokenKind::kLeftParen))
      TRY(skip_parentheses(c));
    else
      c.advance();
  }
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
      TRY(skip_index(c));
      return true;
    case "INDEX"_kw:
    case "KEY"_kw:
      TRY(skip_index(c));
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
  if (parts.not_null) info.constraints.push_back(duckdb::make_uniq<duckdb::NotNullConstraint>(index));
  if (parts.check) info.constraints.push_back(duckdb::make_uniq<duckdb::CheckConstraint>(std::move(parts.check)));
  if (parts.primary_key) TRY(set_primary_key(c, table, {name}));
  if (parts.unique) table.unique_keys.push_back({name});
  info.columns.AddColumn(std::move(parts.column));
  return {};
}

Parsed<void> parse_table_elements(ParseContext& c, TableParts& table) {
  TRY(c.expect(TokenKind::kLeftParen, "'(' and columns"));
  do {
    if (!TRY(parse_table_constraint(c, table))) TRY(add_column(c, table));
  } while (c.accept(TokenKind::kComma));
  return c.expect(TokenKind::kRightParen, "',' or ')' after a column");
}

// PARTITION BY RANGE (c) (PARTITION p VALUES ..), AUTO PARTITION BY ..: read over.
Parsed<void> skip_partitions(ParseContext& c) {
  TRY(c.expect("BY"_kw));
  bool seen = false;
  for (;;) {
    if (c.is(TokenKind::kLeftParen)) {
      TRY(skip_parentheses(c));
      seen = true;
    } else if (c.is_any("RANGE"_kw, "LIST"_kw, "HASH"_kw, "LINEAR"_kw, "KEY"_kw, "COLUMNS"_kw) ||
               (!seen && c.is(TokenKind::kWord) && !c.at_end())) {
      c.advance();
    } else if (c.accept("PARTITIONS"_kw)) {
      TRY(parse_unsigned(c, "a number of partitions"));
    } else {
      break;
    }
  }
  if (!seen) return c.expected("'(' and partition columns");
  return {};
}

// DISTRIBUTED BY HASH(c) BUCKETS 8 | BY RANDOM BUCKETS AUTO
Parsed<void> skip_distribution(ParseContext& c) {
  TRY(c.expect("BY"_kw));
  if (c.accept("HASH"_kw))
    TRY(parse_name_list(c));
  else
    TRY(c.expect("RANDOM"_kw));
  if (c.accept("BUCKETS"_kw) && !c.accept("AUTO"_kw)) TRY(parse_unsigned(c, "a number of buckets"));
  return {};
}

// One option after the columns; false when none stands here.
Parsed<bool> parse_table_option(ParseContext& c, TableParts& table) {
  c.accept(TokenKind::kComma);
  switch (c.peek().keyword) {
    case "UNIQUE"_kw:
      c.advance();
      TRY(c.expect("KEY"_kw));
      TRY(parse_primary_key(c, table));
      return true;
    case "DUPLICATE"_kw:
      c.advance();
      TRY(c.expect("KEY"_kw));
      TRY(parse_name_list(c));
      return true;
    case "AGGREGATE"_kw:
      return c.unsupported("AGGREGATE KEY tables");
    case "CLUSTER"_kw:
      c.advance();
      if (!c.accept("BY"_kw)) TRY(c.expect("KEY"_kw));
      TRY(parse_name_list(c));
      return true;
    case "AUTO"_kw:
      c.advance();
      TRY(c.expect("PARTITION"_kw));
      TRY(skip_partitions(c));
      return true;
    case "PARTITION"_kw:
      c.advance();
      TRY(skip_partitions(c));
      return true;
    case "DISTRIBUTED"_kw:
      c.advance();
      TRY(skip_distribution(c));
      return true;
    case "ROLLUP"_kw:
      c.advance();
      TRY(skip_parentheses(c));
      return true;
    case "PROPERTIES"_kw:
      TRY(skip_properties(c));
      return true;
    case "COMMENT"_kw:
      c.advance();
      c.accept(TokenKind::kEqual);
      table.info->comment = duckdb::Value(TRY(parse_string(c, "a comment")));
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

duckdb::unique_ptr<duckdb::UniqueConstraint> key_constraint(const Columns& columns, bool primary) {
  duckdb::vector<std::string> names(columns.begin(), columns.end());
  return duckdb::make_uniq<duckdb::UniqueConstraint>(std::move(names), primary);
}

std::unique_ptr<duckdb::SQLStatement> create_statement(duckdb::unique_ptr<duckdb::CreateTableInfo> info) {
  auto create = std::make_unique<duckdb::CreateStatement>();
  create->info = std::move(info);
  return create;
}

// Column names without types: CREATE TABLE t (a, b) AS SELECT ..
bool at_plain_names(const ParseContext& c) {
  return c.is(TokenKind::kLeftParen) && at_name(c, 1) &&
         (c.is(TokenKind::kComma, 2) || c.is(TokenKind::kRightParen, 2));
}

}  // namespace

Parsed<ColumnParts> parse_column_definition(ParseContext& c) {
  ColumnParts parts;
  std::string name = TRY(parse_name(c, "a column name"));
  TypeName type = TRY(parse_column_type(c));
  parts.column = duckdb::ColumnDefinition(std::move(name), type.type);
  for (;;) {
    switch (c.peek().keyword) {
      case "NOT"_kw:
        c.advance();
        TRY(c.expect("NULL"_kw));
        parts.not_null = true;
        break;
      case "NULL"_kw:
        c.advance();
        break;
      case "PRIMARY"_kw:
        c.advance();
        TRY(c.expect("KEY"_kw));
        parts.primary_key = true;
        break;
      case "UNIQUE"_kw:
        c.advance();
        c.accept("KEY"_kw);
        parts.unique = true;
        break;
      case "KEY"_kw:
        c.advance();
        parts.key = true;
        break;
      case "DEFAULT"_kw: {
        c.advance();
        // A bare function name, a literal or (expression); operators need the parentheses.
        parts.column.SetDefaultValue(TRY(parse_operand(c)));
        break;
      }
      case "ON"_kw:
        c.advance();
        TRY(c.expect("UPDATE"_kw));
        return c.unsupported("ON UPDATE CURRENT_TIMESTAMP");
      case "AUTO_INCREMENT"_kw:
        c.advance();
        if (c.accept(TokenKind::kLeftParen)) {
          TRY(parse_unsigned(c, "the first number"));
          TRY(c.expect(TokenKind::kRightParen, "')'"));
        }
        break;
      case "COMMENT"_kw:
        c.advance();
        parts.column.SetComment(duckdb::Value(TRY(parse_string(c, "a comment"))));
        break;
      case "COLLATE"_kw:
        c.advance();
        TRY(parse_name_or_string(c, "a collation"));
        break;
      case "CHECK"_kw:
        c.advance();
        TRY(c.expect(TokenKind::kLeftParen, "'('"));
        parts.check = TRY(parse_expression(c));
        TRY(c.expect(TokenKind::kRightParen, "')'"));
        break;
      case "GENERATED"_kw:
        c.advance();
        if (!c.accept_word("ALWAYS")) return c.expected("ALWAYS");
        TRY(c.expect("AS"_kw));
        [[fallthrough]];
      case "AS"_kw: {
        if (c.is("AS"_kw)) c.advance();
        TRY(c.expect(TokenKind::kLeftParen, "'(' and an expression"));
        parts.column.SetGeneratedExpression(TRY(parse_expression(c)));
        TRY(c.expect(TokenKind::kRightParen, "')'"));
        if (!c.accept("VIRTUAL"_kw)) c.accept("STORED"_kw);
        break;
      }
      case "REFERENCES"_kw:
        while (!c.is(TokenKind::kComma) && !c.is(TokenKind::kRightParen) && !c.at_end()) {
          if (c.is(TokenKind::kLeftParen))
            TRY(skip_parentheses(c));
          else
            c.advance();
        }
        break;
      case "INVISIBLE"_kw:
      case "VISIBLE"_kw:
        c.advance();
        break;
      default:
        // SUM, MAX, REPLACE, .. of an aggregate table
        for (const char* aggregate :
             {"SUM", "MAX", "MIN", "REPLACE", "REPLACE_IF_NOT_NULL", "HLL_UNION", "BITMAP_UNION"}) {
          if (c.is_word(aggregate)) return c.unsupported("columns that aggregate (" + std::string(aggregate) + ")");
        }
        return parts;
    }
  }
}

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
    if (!table.primary_key.empty()) info.constraints.push_back(key_constraint(table.primary_key, true));
    for (const Columns& columns : table.unique_keys) info.constraints.push_back(key_constraint(columns, false));
    statement.tree = create_statement(std::move(table.info));
    return statement;
  }
  if (typed_columns) return c.unsupported("CREATE TABLE .. AS with column types");
  info.query = TRY(parse_query(c));
  if (!table.primary_key.empty()) {
    auto alter = std::make_unique<duckdb::AlterStatement>();
    alter->info = duckdb::make_uniq<duckdb::AddConstraintInfo>(
        duckdb::AlterEntryData(info.catalog, info.schema, info.table, duckdb::OnEntryNotFound::THROW_EXCEPTION),
        key_constraint(table.primary_key, true));
    statement.rest.push_back(std::move(alter));
  }
  statement.tree = create_statement(std::move(table.info));
  return statement;
}

}  // namespace sluice::dialect
