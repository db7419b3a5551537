// SPDX-License-Identifier: Apache-2.0
// INSERT, REPLACE, UPDATE, DELETE, TRUNCATE, LOAD DATA.
#include "dialect/expression.h"
#include "dialect/literals.h"
#include "dialect/names.h"
#include "dialect/query.h"
#include "dialect/statements.h"
#include "dialect/table_clauses.h"
#include "dialect/tree.h"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "kernel/table_writes.h"

namespace sluice::dialect {
namespace {

using LiftScope = ParseContext::LiftScope;
using Effect = KernelStatement::Effect;

duckdb::unique_ptr<duckdb::BaseTableRef> table_reference(const KernelName& name) {
  auto table = duckdb::make_uniq<duckdb::BaseTableRef>();
  table->catalog_name = name.catalog;
  table->schema_name = name.schema;
  table->table_name = name.name;
  return table;
}

// PARTITION (p, ..) after a table's name: the names go where the kernel's side finds them (kernel/table_writes.h).
Parsed<PartitionNames> parse_partitions(ParseContext& c, duckdb::TableRef& table) {
  PartitionNames partitions = TRY(parse_partition_names(c));
  if (partitions.temporary) table.column_name_alias.emplace_back(kernel::kTemporaryPartitions);
  for (const auto& name : partitions.names) table.column_name_alias.push_back(name);
  return partitions;
}

// a = 1, t.b = DEFAULT, ..; where `table` is not empty, it is the only one that a column may name.
Parsed<duckdb::unique_ptr<duckdb::UpdateSetInfo>> parse_assignments(ParseContext& c, const std::string& table = {}) {
  auto info = duckdb::make_uniq<duckdb::UpdateSetInfo>();
  do {
    QualifiedName column = TRY(parse_qualified_name(c, "a column name"));
    if (!table.empty() && !column.database.empty() && !duckdb::StringUtil::CIEquals(column.database, table)) {
      return c.failure(sql_error(Code::kNotFound, 1054,
                                 "column in assignment list is invalid, " + column.database + "." + column.name));
    }
    if (!c.accept(TokenKind::kAssign)) TRY(c.expect(TokenKind::kEqual, "'=' after the column"));
    info->columns.push_back(std::move(column.name));
    if (c.is("DEFAULT"_kw) && !c.is(TokenKind::kLeftParen, 1)) {
      c.advance();
      info->expressions.push_back(duckdb::make_uniq<duckdb::DefaultExpression>());
      continue;
    }
    size_t first = c.mark();
    ExprPtr value = TRY(parse_expression(c));
    bool single = c.may_lift() && c.mark() == first + 1 && is_literal(c.peek_at(first).kind) &&
                  c.peek_at(first).kind != TokenKind::kHex && c.peek_at(first).kind != TokenKind::kBit;
    info->expressions.push_back(single ? c.lifted(first) : std::move(value));
  } while (c.accept(TokenKind::kComma));
  return info;
}

// INSERT .. SET a = 1, b = 2
Parsed<void> parse_insert_set(ParseContext& c, duckdb::InsertStatement& insert) {
  LiftScope allowed(c, LiftScope::Rule::kAllow);
  auto assignments = TRY(parse_assignments(c));
  auto rows = duckdb::make_uniq<duckdb::ExpressionListRef>();
  rows->alias = "valueslist";
  insert.columns = std::move(assignments->columns);
  rows->values.push_back(std::move(assignments->expressions));
  auto select = duckdb::make_uniq<duckdb::SelectNode>();
  select->from_table = std::move(rows);
  select->select_list.push_back(duckdb::make_uniq<duckdb::StarExpression>());
  insert.select_statement = as_statement(std::move(select));
  return {};
}

Parsed<void> parse_insert_values(ParseContext& c, duckdb::InsertStatement& insert) {
  LiftScope allowed(c, LiftScope::Rule::kAllow);
  c.advance();
  auto rows = TRY(parse_value_rows(c, true));
  if (rows->values.size() == 1 && rows->values[0].empty()) {  // VALUES (): a row of defaults
    insert.default_values = true;
    return {};
  }
  auto select = duckdb::make_uniq<duckdb::SelectNode>();
  select->from_table = std::move(rows);
  select->select_list.push_back(duckdb::make_uniq<duckdb::StarExpression>());
  insert.select_statement = as_statement(std::move(select));
  return {};
}

// ON DUPLICATE KEY UPDATE a = VALUES(a), ..
Parsed<duckdb::unique_ptr<duckdb::OnConflictInfo>> parse_on_duplicate(ParseContext& c) {
  LiftScope off(c, LiftScope::Rule::kForbidInside);
  auto conflict = duckdb::make_uniq<duckdb::OnConflictInfo>();
  conflict->action_type = duckdb::OnConflictAction::UPDATE;
  c.values_is_function = true;
  conflict->set_info = TRY(parse_assignments(c));
  c.values_is_function = false;
  return conflict;
}

// FIELDS|COLUMNS TERMINATED BY 'x' [OPTIONALLY] ENCLOSED BY 'x' ESCAPED BY 'x'
Parsed<void> parse_load_fields(ParseContext& c, LoadDataStatement& load) {
  for (;;) {
    if (c.accept("TERMINATED"_kw)) {
      TRY(c.expect("BY"_kw));
      load.fields_terminated_by = TRY(parse_string(c, "the separator as a string"));
      continue;
    }
    c.accept_word("OPTIONALLY");
    bool enclosed = c.accept("ENCLOSED"_kw);
    if (!enclosed && !c.accept("ESCAPED"_kw)) return {};
    TRY(c.expect("BY"_kw));
    Token where = c.peek();
    std::string value = TRY(parse_string(c, "one character as a string"));
    if (value.size() > 1) return c.syntax_error("this must be one character", where);
    std::optional<char> character;
    if (!value.empty()) character = value[0];
    (enclosed ? load.enclosed_by : load.escaped_by) = character;
  }
}

// WITH LABEL l, WITH LABEL 'l', WITH LABEL `db`.`l`
Parsed<void> parse_label(ParseContext& c, std::string& label) {
  if (!c.accept("WITH"_kw, "LABEL"_kw)) return {};
  if (c.is(TokenKind::kString))
    label = TRY(parse_string(c, "a label"));
  else
    label = TRY(parse_qualified_name(c, "a label")).name;
  return {};
}

// INSERT OVERWRITE: the rows of the table, or of its partitions that are named, give way to those of the query, which
// may read the table itself.
Body overwrite_table(duckdb::unique_ptr<duckdb::InsertStatement> insert, const PartitionNames& partitions) {
  auto deletion = duckdb::make_uniq<duckdb::DeleteStatement>();
  deletion->table = insert->table_ref->Copy();
  KernelStatement statement;
  statement.effect = Effect::kWrite;
  statement.overwrites = !partitions.temporary;
  const bool from_values = insert->GetValuesList() || !insert->select_statement;
  if (from_values && !partitions.all) {
    if (!partitions.any()) insert->table_ref.reset();
    statement.tree = std::move(deletion);
    statement.rest.push_back(std::move(insert));
    return statement;
  }
  if (partitions.all) {  // those partitions that get rows; see rewrite_delete()
    deletion->table->column_name_alias.push_back(kernel::kOverwrittenPartitions);
    for (const auto& column : insert->columns) deletion->table->column_name_alias.push_back(column);
  }
  if (!partitions.any() || partitions.all) insert->table_ref.reset();
  auto info = duckdb::make_uniq<duckdb::CreateTableInfo>();
  info->temporary = true;
  info->catalog = TEMP_CATALOG;
  info->schema = DEFAULT_SCHEMA;
  info->table = kernel::kOverwriteRows;
  info->on_conflict = duckdb::OnCreateConflict::REPLACE_ON_CONFLICT;
  info->query = std::move(insert->select_statement);
  auto create = std::make_unique<duckdb::CreateStatement>();
  create->info = std::move(info);
  statement.tree = std::move(create);
  auto rows = duckdb::make_uniq<duckdb::BaseTableRef>();
  rows->catalog_name = TEMP_CATALOG;
  rows->schema_name = DEFAULT_SCHEMA;
  rows->table_name = kernel::kOverwriteRows;
  auto select = duckdb::make_uniq<duckdb::SelectNode>();
  select->select_list.push_back(duckdb::make_uniq<duckdb::StarExpression>());
  select->from_table = std::move(rows);
  insert->select_statement = as_statement(std::move(select));
  auto drop = duckdb::make_uniq<duckdb::DropStatement>();
  drop->info->type = duckdb::CatalogType::TABLE_ENTRY;
  drop->info->catalog = TEMP_CATALOG;
  drop->info->schema = DEFAULT_SCHEMA;
  drop->info->name = kernel::kOverwriteRows;
  statement.rest.push_back(std::move(deletion));
  statement.rest.push_back(std::move(insert));
  statement.rest.push_back(std::move(drop));
  return statement;
}

}  // namespace

Body parse_insert(ParseContext& c, duckdb::CommonTableExpressionMap ctes) {
  bool replace = c.is("REPLACE"_kw);
  c.advance();
  bool ignore = false;
  for (;;) {
    if (c.accept("IGNORE"_kw))
      ignore = true;
    else if (!c.accept("LOW_PRIORITY"_kw) && !c.accept("DELAYED"_kw) && !c.accept("HIGH_PRIORITY"_kw))
      break;
  }
  const bool overwrite = c.accept("OVERWRITE"_kw);
  c.accept("INTO"_kw);
  c.accept("TABLE"_kw);
  KernelName name = kernel_name(TRY(parse_qualified_name(c, "a table name")));
  auto insert = duckdb::make_uniq<duckdb::InsertStatement>();
  insert->table_ref = table_reference(name);
  const PartitionNames partitions = TRY(parse_partitions(c, *insert->table_ref));
  std::string label;
  insert->catalog = name.catalog;
  insert->schema = name.schema;
  insert->table = name.name;
  TRY(parse_label(c, label));
  if (c.is(TokenKind::kLeftParen) && !c.at_parenthesised_query()) {
    if (c.is(TokenKind::kRightParen, 1)) {
      c.advance();
      c.advance();
    } else {
      for (auto& column : TRY(parse_name_list(c))) insert->columns.push_back(std::move(column));
    }
  }
  TRY(parse_label(c, label));
  // [HINT] of Doris: [shuffle]
  if (c.is(TokenKind::kLeftBracket) && c.is(TokenKind::kWord, 1) && c.is(TokenKind::kRightBracket, 2)) {
    c.advance();
    c.advance();
    c.advance();
  }
  if (c.is("VALUES"_kw) || c.is("VALUE"_kw)) {
    TRY(parse_insert_values(c, *insert));
  } else if (c.accept("SET"_kw)) {
    TRY(parse_insert_set(c, *insert));
  } else if (c.at_query_start() || c.is(TokenKind::kLeftParen)) {
    insert->select_statement = as_statement(TRY(parse_query_node(c, std::move(ctes))));
  } else {
    return c.expected("VALUES, SET or a query");
  }
  bool conflict_target = replace || ignore;
  if (c.accept("AS"_kw)) c.insert_row_alias = TRY(parse_name(c, "an alias for the new row"));
  if (c.accept("ON"_kw)) {
    TRY(c.expect("DUPLICATE"_kw));
    TRY(c.expect("KEY"_kw));
    TRY(c.expect("UPDATE"_kw));
    if (replace) return c.syntax_error("REPLACE has no ON DUPLICATE KEY UPDATE");
    insert->on_conflict_info = TRY(parse_on_duplicate(c));
    conflict_target = true;
  } else if (conflict_target) {
    insert->on_conflict_info = duckdb::make_uniq<duckdb::OnConflictInfo>();
    insert->on_conflict_info->action_type =
        replace ? duckdb::OnConflictAction::REPLACE : duckdb::OnConflictAction::NOTHING;
  }
  if (conflict_target && partitions.any()) return c.unsupported("PARTITION (..) together with a key's conflicts");
  if (overwrite) return overwrite_table(std::move(insert), partitions);
  if (!conflict_target && !partitions.any()) insert->table_ref.reset();
  KernelStatement statement;
  statement.tree = std::move(insert);
  statement.effect = Effect::kWrite;
  statement.label = std::move(label);
  return statement;
}

Body parse_update(ParseContext& c, duckdb::CommonTableExpressionMap ctes) {
  c.advance();
  c.accept("LOW_PRIORITY"_kw);
  if (c.accept("IGNORE"_kw)) return c.unsupported("UPDATE IGNORE");
  auto update = duckdb::make_uniq<duckdb::UpdateStatement>();
  update->cte_map = std::move(ctes);
  TablePtr tables = TRY(parse_from(c));
  if (tables->type != duckdb::TableReferenceType::BASE_TABLE) return c.unsupported("UPDATE of more than one table");
  const auto& target = tables->Cast<duckdb::BaseTableRef>();
  const std::string target_name = target.alias.empty() ? target.table_name : target.alias;
  update->table = std::move(tables);
  TRY(c.expect("SET"_kw));
  {
    LiftScope allowed(c, LiftScope::Rule::kAllow);
    update->set_info = TRY(parse_assignments(c, target_name));
  }
  if (c.accept("FROM"_kw)) update->from_table = TRY(parse_from(c));
  if (c.accept("WHERE"_kw)) {
    LiftScope allowed(c, LiftScope::Rule::kAllow);
    update->set_info->condition = tree::condition(TRY(parse_expression(c)));
  }
  if (c.is("ORDER"_kw) || c.is("LIMIT"_kw)) return c.unsupported("UPDATE with ORDER BY or LIMIT");
  return kernel_statement(std::move(update), Effect::kWrite);
}

Body parse_delete(ParseContext& c, duckdb::CommonTableExpressionMap ctes) {
  c.advance();
  while (c.accept("LOW_PRIORITY"_kw) || c.accept("QUICK"_kw) || c.accept("IGNORE"_kw)) {
  }
  if (!c.is("FROM"_kw) && !at_name(c)) return c.expected("FROM");
  if (!c.is("FROM"_kw)) return c.unsupported("DELETE of rows of more than one table; use DELETE FROM t USING ..");
  c.advance();
  auto deletion = duckdb::make_uniq<duckdb::DeleteStatement>();
  deletion->cte_map = std::move(ctes);
  auto table = table_reference(kernel_name(TRY(parse_qualified_name(c, "a table name"))));
  TRY(parse_partitions(c, *table));
  if (c.accept("AS"_kw) || at_name(c)) table->alias = TRY(parse_name(c, "an alias"));
  deletion->table = std::move(table);
  if (c.accept("USING"_kw)) {
    do {
      deletion->using_clauses.push_back(TRY(parse_joined_table(c)));
    } while (c.accept(TokenKind::kComma));
  }
  if (c.accept("WHERE"_kw)) {
    LiftScope allowed(c, LiftScope::Rule::kAllow);
    deletion->condition = tree::condition(TRY(parse_expression(c)));
  }
  if (c.is("ORDER"_kw) || c.is("LIMIT"_kw)) return c.unsupported("DELETE with ORDER BY or LIMIT");
  return kernel_statement(std::move(deletion), Effect::kWrite);
}

Body parse_truncate(ParseContext& c) {
  c.advance();
  c.accept("TABLE"_kw);
  auto deletion = duckdb::make_uniq<duckdb::DeleteStatement>();
  deletion->table = table_reference(kernel_name(TRY(parse_qualified_name(c, "a table name"))));
  TRY(parse_partitions(c, *deletion->table));
  c.accept("FORCE"_kw);
  return kernel_statement(std::move(deletion), Effect::kSchema);
}

Body parse_load(ParseContext& c) {
  c.advance();
  if (c.accept_word("LABEL")) return parse_broker_load(c);
  if (!c.is("DATA"_kw)) return c.unsupported("LOAD other than LOAD DATA");
  c.advance();
  LoadDataStatement load;
  if (!c.accept("LOW_PRIORITY"_kw)) c.accept("CONCURRENT"_kw);
  load.local = c.accept("LOCAL"_kw);
  TRY(c.expect("INFILE"_kw));
  load.filename = TRY(parse_string(c, "a file name in quotes"));
  if (!c.accept("REPLACE"_kw)) c.accept("IGNORE"_kw);
  TRY(c.expect("INTO"_kw));
  TRY(c.expect("TABLE"_kw));
  load.table = TRY(parse_qualified_name(c, "a table name"));
  if (TRY(parse_partition_names(c)).any()) return c.unsupported("LOAD DATA into PARTITION (..)");
  if (c.accept("CHARACTER"_kw, "SET"_kw) || c.accept("CHARSET"_kw)) TRY(parse_name_or_string(c, "a character set"));
  while (c.is("FIELDS"_kw) || c.is("COLUMNS"_kw)) {
    c.advance();
    TRY(parse_load_fields(c, load));
  }
  if (c.accept("LINES"_kw)) {
    for (;;) {
      if (c.accept("STARTING"_kw)) return c.unsupported("LOAD DATA with LINES STARTING BY");
      if (!c.accept("TERMINATED"_kw)) break;
      TRY(c.expect("BY"_kw));
      load.lines_terminated_by = TRY(parse_string(c, "the line end as a string"));
    }
  }
  if (c.accept("IGNORE"_kw)) {
    load.ignore_lines = TRY(parse_unsigned(c, "a number of lines"));
    if (!c.accept("LINES"_kw)) TRY(c.expect("ROWS"_kw));
  }
  if (c.accept(TokenKind::kLeftParen)) {
    do {
      if (c.is(TokenKind::kUserVariable)) {
        load.columns.emplace_back(c.text(c.peek()));
        c.advance();
      } else {
        load.columns.push_back(TRY(parse_name(c, "a column name")));
      }
    } while (c.accept(TokenKind::kComma));
    TRY(c.expect(TokenKind::kRightParen, "',' or ')'"));
  }
  if (c.is("SET"_kw)) return c.unsupported("LOAD DATA with SET");
  TRY(skip_properties(c));
  return load;
}

}  // namespace sluice::dialect
