// SPDX-License-Identifier: Apache-2.0
// CREATE and DROP of everything but tables' columns; RENAME TABLE.
#include "dialect/expression.h"
#include "dialect/names.h"
#include "dialect/query.h"
#include "dialect/statements.h"
#include "dialect/tree.h"
#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "duckdb/parser/parsed_data/create_index_info.hpp"
#include "duckdb/parser/parsed_data/create_schema_info.hpp"
#include "duckdb/parser/parsed_data/create_view_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "kernel/catalog_facts.h"
#include "kernel/hidden_scan.h"

namespace sluice::dialect {
namespace {

using Effect = KernelStatement::Effect;

std::unique_ptr<duckdb::SQLStatement> create_statement(duckdb::unique_ptr<duckdb::CreateInfo> info) {
  auto create = duckdb::make_uniq<duckdb::CreateStatement>();
  create->info = std::move(info);
  return create;
}

duckdb::OnCreateConflict on_conflict(bool if_not_exists, bool or_replace = false) {
  if (or_replace) return duckdb::OnCreateConflict::REPLACE_ON_CONFLICT;
  return if_not_exists ? duckdb::OnCreateConflict::IGNORE_ON_CONFLICT : duckdb::OnCreateConflict::ERROR_ON_CONFLICT;
}

// After CREATE DATABASE.
Body parse_create_database(ParseContext& c) {
  bool if_not_exists = TRY(parse_if_not_exists(c));
  QualifiedName name = TRY(parse_database_name(c));
  auto info = duckdb::make_uniq<duckdb::CreateSchemaInfo>();
  info->catalog = name.catalog.empty() ? kInternalCatalog : name.catalog;
  info->schema = name.database;
  info->on_conflict = on_conflict(if_not_exists);
  // DEFAULT CHARACTER SET .., COLLATE .., PROPERTIES (..): mean nothing here.
  if (c.is_any("DEFAULT"_kw, "CHARACTER"_kw, "CHARSET"_kw, "COLLATE"_kw, "PROPERTIES"_kw) || c.is_word("ENCRYPTION")) {
    skip_to_end(c);
  }
  return kernel_statement(create_statement(std::move(info)), Effect::kSchema);
}

// ALTER VIEW v MODIFY COMMENT 'x' | RENAME w
Body parse_view_change(ParseContext& c, KernelName name) {
  duckdb::AlterEntryData entry(name.catalog, name.schema, name.name, duckdb::OnEntryNotFound::THROW_EXCEPTION);
  auto alter = std::make_unique<duckdb::AlterStatement>();
  if (c.accept("RENAME"_kw)) {
    c.accept("TO"_kw);
    alter->info = duckdb::make_uniq<duckdb::RenameViewInfo>(entry, TRY(parse_qualified_name(c, "the new name")).name);
  } else {
    TRY(c.expect("MODIFY"_kw));
    TRY(c.expect("COMMENT"_kw));
    alter->info = duckdb::make_uniq<duckdb::SetCommentInfo>(
        duckdb::CatalogType::VIEW_ENTRY, entry.catalog, entry.schema, entry.name,
        duckdb::Value(TRY(parse_string(c, "a comment"))), duckdb::OnEntryNotFound::THROW_EXCEPTION);
  }
  return kernel_statement(std::move(alter), Effect::kSchema);
}

// After CREATE [OR REPLACE] VIEW and ALTER VIEW.
Body parse_create_view(ParseContext& c, bool or_replace, bool must_exist = false) {
  bool if_not_exists = TRY(parse_if_not_exists(c));
  KernelName name = kernel_name(TRY(parse_qualified_name(c, "a view name")));
  auto info = duckdb::make_uniq<duckdb::CreateViewInfo>();
  info->catalog = name.catalog;
  info->schema = name.schema;
  info->view_name = name.name;
  if (or_replace && if_not_exists)
    return c.syntax_error("[OR REPLACE] and [IF NOT EXISTS] cannot used at the same time");
  info->on_conflict = on_conflict(if_not_exists, or_replace);
  if (must_exist && c.is_any("MODIFY"_kw, "RENAME"_kw, "SET"_kw)) return parse_view_change(c, std::move(name));
  if (c.accept(TokenKind::kLeftParen)) {
    do {
      info->aliases.push_back(TRY(parse_name(c, "a column name")));
      if (c.accept("COMMENT"_kw)) TRY(parse_string(c, "a comment"));
    } while (c.accept(TokenKind::kComma));
    TRY(c.expect(TokenKind::kRightParen, "',' or ')'"));
  }
  if (c.accept("COMMENT"_kw)) info->comment = duckdb::Value(TRY(parse_string(c, "a comment")));
  TRY(c.expect("AS"_kw));
  size_t first = c.mark();
  info->query = TRY(parse_query(c));
  info->tags[kernel::kDefinitionTag] = std::string(c.text_since(first));
  if (c.is("WITH"_kw)) return c.unsupported("WITH CHECK OPTION");
  if (must_exist) return AlterViewStatement{create_statement(std::move(info))};
  return kernel_statement(create_statement(std::move(info)), Effect::kSchema);
}

// After CREATE UNIQUE INDEX: a constraint that the kernel keeps.
Body parse_create_unique_index(ParseContext& c) {
  bool if_not_exists = TRY(parse_if_not_exists(c));
  auto info = duckdb::make_uniq<duckdb::CreateIndexInfo>();
  info->index_name = TRY(parse_name(c, "an index name"));
  if (c.accept("USING"_kw)) c.advance();
  TRY(c.expect("ON"_kw));
  KernelName name = kernel_name(TRY(parse_qualified_name(c, "a table name")));
  info->catalog = name.catalog;
  info->schema = name.schema;
  info->table = name.name;
  info->index_type = "ART";
  info->on_conflict = on_conflict(if_not_exists);
  info->constraint_type = duckdb::IndexConstraintType::UNIQUE;
  for (const auto& column : TRY(parse_name_list(c))) {
    info->expressions.push_back(duckdb::make_uniq<duckdb::ColumnRefExpression>(column, name.name));
    info->parsed_expressions.push_back(info->expressions.back()->Copy());
  }
  skip_to_end(c);
  return kernel_statement(create_statement(std::move(info)), Effect::kSchema);
}

// After CREATE INDEX: ADD INDEX of ALTER TABLE, and as that one noted with the table. The kernel's zone maps do its
// work.
Body parse_create_index(ParseContext& c) {
  AlterTableStatement alter;
  auto& clause = alter.clauses.emplace_back();
  clause.what = AlterTableStatement::What::kAddIndex;
  clause.if_not_exists = TRY(parse_if_not_exists(c));
  clause.name = TRY(parse_name(c, "an index name"));
  if (c.accept("USING"_kw)) clause.text = TRY(parse_name(c, "a kind of index"));
  TRY(c.expect("ON"_kw));
  alter.table = TRY(parse_qualified_name(c, "a table name"));
  clause.columns = TRY(parse_name_list(c));
  TRY(parse_index_options(c, clause));
  skip_to_end(c);  // ALGORITHM, LOCK of MySQL
  return alter;
}

KernelStatement drop_statement(duckdb::CatalogType type, const KernelName& name, bool if_exists) {
  auto drop = duckdb::make_uniq<duckdb::DropStatement>();
  drop->info->type = type;
  drop->info->catalog = name.catalog;
  drop->info->schema = name.schema;
  drop->info->name = name.name;
  drop->info->if_not_found =
      if_exists ? duckdb::OnEntryNotFound::RETURN_NULL : duckdb::OnEntryNotFound::THROW_EXCEPTION;
  KernelStatement statement;
  statement.tree = std::move(drop);
  statement.effect = Effect::kSchema;
  return statement;
}

// After DROP TABLE and DROP VIEW: one or more names.
Body parse_drop_relations(ParseContext& c, duckdb::CatalogType type) {
  bool if_exists = TRY(parse_if_exists(c));
  std::optional<KernelStatement> statement;
  do {
    KernelStatement drop = drop_statement(type, kernel_name(TRY(parse_qualified_name(c, "a name"))), if_exists);
    if (!statement)
      statement = std::move(drop);
    else
      statement->rest.push_back(std::move(drop.tree));
  } while (c.accept(TokenKind::kComma));
  statement->to_bin = type == duckdb::CatalogType::TABLE_ENTRY && statement->rest.empty();
  for (;;) {
    if (c.accept("FORCE"_kw))
      statement->to_bin = false;
    else if (!c.accept("RESTRICT"_kw) && !c.accept("CASCADE"_kw))
      break;
  }
  return std::move(*statement);
}

// After DROP DATABASE.
Body parse_drop_database(ParseContext& c) {
  bool if_exists = TRY(parse_if_exists(c));
  QualifiedName name = TRY(parse_database_name(c));
  KernelName target;
  target.catalog = name.catalog.empty() ? kInternalCatalog : name.catalog;
  target.name = name.database;
  KernelStatement drop = drop_statement(duckdb::CatalogType::SCHEMA_ENTRY, target, if_exists);
  drop.tree->Cast<duckdb::DropStatement>().info->cascade = true;  // with its tables, as in MySQL
  c.accept("FORCE"_kw);
  return drop;
}

// After DROP INDEX: name ON table.
Body parse_drop_index(ParseContext& c) {
  AlterTableStatement alter;
  auto& clause = alter.clauses.emplace_back();
  clause.what = AlterTableStatement::What::kDropIndex;
  clause.if_exists = TRY(parse_if_exists(c));
  clause.name = TRY(parse_name(c, "an index name"));
  TRY(c.expect("ON"_kw));
  alter.table = TRY(parse_qualified_name(c, "a table name"));
  skip_to_end(c);
  return alter;
}

// ALGORITHM = x, DEFINER = x, SQL SECURITY x before VIEW.
void skip_view_options(ParseContext& c) {
  for (;;) {
    if (c.accept("ALGORITHM"_kw)) {
      c.accept(TokenKind::kEqual);
      c.advance();
    } else if (c.accept("DEFINER"_kw)) {
      c.accept(TokenKind::kEqual);
      c.advance();
      c.accept(TokenKind::kUserVariable);
    } else if (c.accept("SQL"_kw, "SECURITY"_kw)) {
      c.advance();
    } else {
      return;
    }
  }
}

}  // namespace

Body parse_create(ParseContext& c) {
  c.advance();
  bool or_replace = c.accept("OR"_kw, "REPLACE"_kw);
  bool temporary = c.accept("TEMPORARY"_kw);
  if (c.accept("TABLE"_kw)) {
    if (or_replace) return c.unsupported("CREATE OR REPLACE TABLE");
    return parse_create_table(c, temporary);
  }
  if (temporary) return c.expected("TABLE after TEMPORARY");
  if (c.accept("DATABASE"_kw) || c.accept("SCHEMA"_kw)) return parse_create_database(c);
  if (c.accept("MATERIALIZED"_kw, "VIEW"_kw)) return parse_create_materialized_view(c, or_replace);
  skip_view_options(c);
  if (c.accept("VIEW"_kw)) return parse_create_view(c, or_replace);
  bool unique = c.is("UNIQUE"_kw) && c.is("INDEX"_kw, 1);
  if (unique) c.advance();
  if (c.accept("INDEX"_kw)) return unique ? parse_create_unique_index(c) : parse_create_index(c);
  if (c.accept("USER"_kw)) return parse_create_user(c);
  if (c.accept("ROLE"_kw)) return parse_role(c, RoleStatement::What::kCreate);
  if (c.is("ROW"_kw) && c.is_word("POLICY", 1)) return parse_create_row_policy(c);
  if (c.accept_word("JOB")) return parse_create_job(c);
  if (at_function(c)) return parse_create_function(c);
  if (c.accept_word("SQL_BLOCK_RULE")) return parse_block_rule(c, BlockRuleStatement::What::kCreate);
  if (!c.is(TokenKind::kWord) || c.peek().keyword == kNoKeyword) return c.expected("what to create: TABLE, VIEW, ..");
  return c.unsupported("CREATE " + std::string(c.text(c.peek())));
}

Body parse_drop(ParseContext& c) {
  c.advance();
  c.accept("TEMPORARY"_kw);
  if (c.accept("TABLE"_kw) || c.accept("TABLES"_kw)) return parse_drop_relations(c, duckdb::CatalogType::TABLE_ENTRY);
  if (c.accept("VIEW"_kw)) return parse_drop_relations(c, duckdb::CatalogType::VIEW_ENTRY);
  if (c.accept("MATERIALIZED"_kw, "VIEW"_kw)) return parse_drop_materialized_view(c);
  if (c.accept("DATABASE"_kw) || c.accept("SCHEMA"_kw)) return parse_drop_database(c);
  if (c.accept("INDEX"_kw)) return parse_drop_index(c);
  if (c.accept("USER"_kw)) return parse_drop_user(c);
  if (c.is("PREPARE"_kw)) return parse_deallocate(c);
  if (c.accept("ROLE"_kw)) return parse_role(c, RoleStatement::What::kDrop);
  if (c.is("ROW"_kw) && c.is_word("POLICY", 1)) return parse_drop_row_policy(c);
  if (c.accept_word("JOB")) return parse_job_by_name(c, JobStatement::What::kDrop);
  if (at_function(c)) return parse_drop_function(c);
  if (c.accept_word("SQL_BLOCK_RULE")) return parse_block_rule(c, BlockRuleStatement::What::kDrop);
  if (!c.is(TokenKind::kWord) || c.peek().keyword == kNoKeyword) return c.expected("what to drop: TABLE, VIEW, ..");
  return c.unsupported("DROP " + std::string(c.text(c.peek())));
}

Body parse_alter_view(ParseContext& c) {
  // What CREATE OR REPLACE does, to a view that is there. A comment that is not written anew stays (session).
  return parse_create_view(c, true, true);
}

Body parse_alter_database(ParseContext& c) {
  QualifiedName name = TRY(parse_database_name(c));
  if (c.accept("RENAME"_kw)) {
    c.accept("TO"_kw);
    RenameDatabaseStatement rename{name, {}};
    rename.to = TRY(parse_name(c, "the new name"));
    return rename;
  }
  // CHARACTER SET ..: text is UTF-8 always. SET DATA QUOTA, REPLICA QUOTA, PROPERTIES (..): no quotas here.
  skip_to_end(c);
  UseStatement check{std::move(name.catalog), std::move(name.database)};
  check.only_check = true;
  return check;
}

Body parse_alter_system(ParseContext& c) {
  return c.unsupported("ALTER " + std::string(keyword_text(c.peek().keyword)) + ": this server is one process");
}

Body parse_job_statement(ParseContext& c) {
  using View = MaterializedViewStatement::What;
  const Token verb = c.peek();
  c.advance();
  switch (verb.keyword) {
    case "REFRESH"_kw:
      if (c.accept("MATERIALIZED"_kw, "VIEW"_kw)) return parse_refresh_materialized_view(c);
      // REFRESH CATALOG, DATABASE, TABLE: metadata of other systems that Doris keeps; nothing is kept here.
      if (c.is_any("CATALOG"_kw, "DATABASE"_kw, "TABLE"_kw)) {
        skip_to_end(c);
        return NoOpStatement{};
      }
      return c.expected("MATERIALIZED VIEW, CATALOG, DATABASE or TABLE");
    case "PAUSE"_kw:
    case "RESUME"_kw: {
      const bool job = c.accept("MATERIALIZED"_kw, "VIEW"_kw) && c.accept_word("JOB");
      if (job) return parse_materialized_view_job(c, verb.keyword == "PAUSE"_kw ? View::kPause : View::kResume);
      if (c.accept_word("JOB"))
        return parse_job_by_name(c,
                                 verb.keyword == "PAUSE"_kw ? JobStatement::What::kPause : JobStatement::What::kResume);
      return c.unsupported(std::string(keyword_text(verb.keyword)) + " of other jobs than those of materialized views");
    }
    case "CANCEL"_kw:
      if (c.accept("MATERIALIZED"_kw, "VIEW"_kw)) {
        if (!c.accept_word("TASK")) return c.expected("TASK");
        return parse_materialized_view_job(c, View::kCancel);
      }
      if (c.accept_word("TASK")) return parse_job_by_name(c, JobStatement::What::kCancelTask);
      if (c.is("ALTER"_kw) || c.is("BUILD"_kw)) {
        // CANCEL ALTER TABLE COLUMN FROM t: what was asked for has been done already.
        while (!c.at_end() && !c.is("FROM"_kw) && !c.is("ON"_kw)) c.advance();
        if (!c.accept("FROM"_kw)) TRY(c.expect("ON"_kw));
        AlterTableStatement alter;
        alter.table = TRY(parse_qualified_name(c, "a table name"));
        alter.cancel = true;
        skip_to_end(c);
        return alter;
      }
      return c.unsupported("CANCEL " + std::string(c.text(c.peek())));
    default: {  // BUILD INDEX i ON t [PARTITION (..)]
      AlterTableStatement alter;
      auto& clause = alter.clauses.emplace_back();
      clause.what = AlterTableStatement::What::kBuildIndex;
      TRY(c.expect("INDEX"_kw));
      if (!c.is("ON"_kw)) clause.name = TRY(parse_name(c, "an index name"));
      TRY(c.expect("ON"_kw));
      alter.table = TRY(parse_qualified_name(c, "a table name"));
      skip_to_end(c);
      return alter;
    }
  }
}

Body parse_rename(ParseContext& c) {
  c.advance();
  if (!c.accept("TABLE"_kw)) return c.unsupported("RENAME " + std::string(c.text(c.peek())));
  std::optional<KernelStatement> statement;
  do {
    KernelName from = kernel_name(TRY(parse_qualified_name(c, "a table name")));
    TRY(c.expect("TO"_kw));
    KernelName to = kernel_name(TRY(parse_qualified_name(c, "a table name")));
    if (!to.schema.empty() && to.schema != from.schema) return c.unsupported("moving a table to another database");
    kernel::note_new_name(to.name);
    auto alter = std::make_unique<duckdb::AlterStatement>();
    alter->info = duckdb::make_uniq<duckdb::RenameTableInfo>(
        duckdb::AlterEntryData(from.catalog, from.schema, from.name, duckdb::OnEntryNotFound::THROW_EXCEPTION),
        to.name);
    if (!statement) {
      statement.emplace();
      statement->tree = std::move(alter);
      statement->effect = Effect::kSchema;
    } else {
      statement->rest.push_back(std::move(alter));
    }
  } while (c.accept(TokenKind::kComma));
  return std::move(*statement);
}

}  // namespace sluice::dialect
