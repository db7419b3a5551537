// SPDX-License-Identifier: Apache-2.0
// The statement parsers, by topic. Each begins at the word that names it and leaves the cursor at the statement's end.
#pragma once

#include "dialect/parse_context.h"
#include "dialect/statement.h"
#include "kernel/table_model.h"

namespace sluice::dialect {

using Body = Parsed<StatementBody>;

Body kernel_statement(std::unique_ptr<duckdb::SQLStatement> tree, KernelStatement::Effect effect);

// dml.cc
// `ctes`: of a WITH before the statement.
Body parse_insert(ParseContext& c, duckdb::CommonTableExpressionMap ctes = {});  // INSERT, REPLACE
Body parse_update(ParseContext& c, duckdb::CommonTableExpressionMap ctes = {});
Body parse_delete(ParseContext& c, duckdb::CommonTableExpressionMap ctes = {});
Body parse_truncate(ParseContext& c);
Body parse_load(ParseContext& c);  // LOAD DATA

// outfile.cc
Body parse_into_outfile(ParseContext& c, std::unique_ptr<duckdb::SQLStatement> query);  // at INTO OUTFILE
Body parse_export(ParseContext& c);                                                     // EXPORT TABLE
// job.cc: after the verb and JOB; CANCEL TASK after TASK
Body parse_create_job(ParseContext& c);
Body parse_job_by_name(ParseContext& c, JobStatement::What what);
// EVERY n unit [STARTS 't'] [ENDS 't'] | AT 't': after ON SCHEDULE
Parsed<Schedule> parse_schedule(ParseContext& c);

// transaction.cc
Body parse_begin(ParseContext& c);                                                // BEGIN, START TRANSACTION
Body parse_end_of_transaction(ParseContext& c, TransactionStatement::What what);  // also ROLLBACK TO
Body parse_savepoint(ParseContext& c);
Body parse_release_savepoint(ParseContext& c);
// prepared_text.cc
Body parse_prepare(ParseContext& c);
Body parse_execute(ParseContext& c);
Body parse_deallocate(ParseContext& c);  // at DEALLOCATE, or at PREPARE after DROP

// ddl.cc
Body parse_create(ParseContext& c);
Body parse_drop(ParseContext& c);
Body parse_rename(ParseContext& c);  // RENAME TABLE
// After ALTER:
Body parse_alter_view(ParseContext& c);
Body parse_alter_database(ParseContext& c);
Body parse_alter_system(ParseContext& c);
Body parse_job_statement(ParseContext& c);  // REFRESH, PAUSE, RESUME, CANCEL, BUILD
// create_table.cc: after CREATE [TEMPORARY] TABLE
Body parse_create_table(ParseContext& c, bool temporary);
// A column of CREATE TABLE and ALTER TABLE ADD; the constraints that it carries come with it.
struct ColumnParts {
  duckdb::ColumnDefinition column{std::string(), duckdb::LogicalType::INVALID};
  bool not_null = false;
  bool primary_key = false;
  bool unique = false;
  bool key = false;                      // Doris: c INT KEY
  std::optional<uint64_t> first_number;  // AUTO_INCREMENT(n)
  kernel::ColumnModel model;             // encoded in the column's comment already
  ExprPtr check;
  std::string generated;  // the expression of a generated column, as it was written
};
Parsed<ColumnParts> parse_column_definition(ParseContext& c);
// alter_partitions.cc: after ALTER TABLE t, when what follows is about partitions
bool at_alter_partitions(const ParseContext& c);
Body parse_alter_partitions(ParseContext& c, QualifiedName table);
Body parse_recover(ParseContext& c);  // RECOVER TABLE | PARTITION | DATABASE
// alias_function.cc
// At CREATE's or DROP's words about a function: [GLOBAL] ALIAS FUNCTION, [GLOBAL] FUNCTION
bool at_function(const ParseContext& c);
Body parse_create_function(ParseContext& c);
Body parse_drop_function(ParseContext& c);
// (INT, VARCHAR(10)): as DESC shows them
Parsed<duckdb::vector<std::string>> parse_parameter_types(ParseContext& c);
// alter.cc: after ALTER TABLE
Body parse_alter_table(ParseContext& c);
// USING kind, PROPERTIES (..), COMMENT '..' of an index.
Parsed<void> parse_index_options(ParseContext& c, AlterTableStatement::Clause& clause);

// materialized_view.cc: after CREATE, ALTER, .. MATERIALIZED VIEW
Body parse_create_materialized_view(ParseContext& c, bool or_replace);
Body parse_alter_materialized_view(ParseContext& c);
Body parse_drop_materialized_view(ParseContext& c);
Body parse_refresh_materialized_view(ParseContext& c);
// PAUSE, RESUME: after .. MATERIALIZED VIEW JOB ON; CANCEL: after CANCEL MATERIALIZED VIEW TASK
Body parse_materialized_view_job(ParseContext& c, MaterializedViewStatement::What what);

// show_families.cc: at the word after SHOW or ADMIN SHOW; false when it begins no family.
Parsed<bool> parse_show_family(ParseContext& c, ShowStatement& show);
Body parse_admin(ParseContext& c);
// LIKE 'pattern' | WHERE condition; ORDER BY; LIMIT [offset,] n
Parsed<void> parse_show_filter(ParseContext& c, ShowStatement& show);

// show.cc
Body parse_show(ParseContext& c);
Body parse_describe(ParseContext& c);  // DESC, DESCRIBE, EXPLAIN

// set.cc
Body parse_set(ParseContext& c);
Body parse_unset(ParseContext& c);

// account.cc
// 'user'@'host', user@host, 'user' (of any host), CURRENT_USER() (no account).
Parsed<std::optional<Account>> parse_account(ParseContext& c);
// After the verb and USER:
Body parse_create_user(ParseContext& c);
Body parse_alter_user(ParseContext& c);
Body parse_drop_user(ParseContext& c);
Body parse_set_password(ParseContext& c);  // after SET PASSWORD

// grant_statement.cc
Body parse_grant(ParseContext& c, bool revoke);  // at GRANT, REVOKE
// After the verb and ROLE:
Body parse_role(ParseContext& c, RoleStatement::What what);
// After CREATE ROW POLICY, DROP ROW POLICY:
Body parse_create_row_policy(ParseContext& c);
Body parse_drop_row_policy(ParseContext& c);
// After SHOW ROW POLICY:
Parsed<void> parse_show_row_policies(ParseContext& c, ShowStatement& show);

// block_rule.cc
Body parse_block_rule(ParseContext& c, BlockRuleStatement::What what);  // after the verb and SQL_BLOCK_RULE
Body parse_user_property(ParseContext& c);                              // after SET PROPERTY
Body parse_clean_label(ParseContext& c);                                // at CLEAN

// broker_load.cc: after LOAD LABEL
Body parse_broker_load(ParseContext& c);

// One statement without its end; also EXPLAIN's. (parser.cc)
Body parse_statement(ParseContext& c);

// PROPERTIES ("k" = "v", ..) when the cursor is there.
Parsed<void> skip_properties(ParseContext& c);
using Properties = std::vector<std::pair<std::string, std::string>>;
// The same, kept; keys in lower case.
Parsed<Properties> parse_properties(ParseContext& c);
Parsed<Properties> parse_property_list(ParseContext& c);  // without the word PROPERTIES
// Everything up to the statement's end: for clauses that mean nothing here.
void skip_to_end(ParseContext& c);
// IF NOT EXISTS, IF EXISTS
Parsed<bool> parse_if_not_exists(ParseContext& c);
Parsed<bool> parse_if_exists(ParseContext& c);

}  // namespace sluice::dialect
