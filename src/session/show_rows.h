// SPDX-License-Identifier: Apache-2.0
// The parts SHOW is made of: answers by topic, and what they share. Internal to src/session; thread rule as show.h.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "kernel/catalog_facts.h"
#include "session/show.h"

namespace sluice::session {

inline duckdb::Value text(std::string_view value) { return duckdb::Value(std::string(value)); }
inline duckdb::Value number(int64_t value) { return duckdb::Value::BIGINT(value); }
inline duckdb::Value no_text() { return duckdb::Value(duckdb::LogicalType::VARCHAR); }
inline duckdb::Value no_number() { return duckdb::Value(duckdb::LogicalType::BIGINT); }

// A table without rows whose columns are text, but those that are written "#name" numbers.
Table table_of(std::initializer_list<std::string_view> columns);

// Rows that LIKE, WHERE and LIMIT let through. LIKE looks at column `like_column`, without regard to case.
Status filter(const dialect::ShowStatement& show, size_t like_column, Table& table, ShowContext& context);
// MySQL's LIKE over whole characters: % any text, _ one character, backslash takes the next one as it is; letters of
// ASCII in any case.
bool matches_like(std::string_view text, std::string_view pattern);

// The database that a statement means, as it was created. Errors: 1046, 1049, 5085 unknown catalog.
Result<std::string> database_of(const dialect::QualifiedName& name, ShowContext& context);
// The table or view that it means. Errors: those of database_of(), 1146.
Result<kernel::RelationFacts> relation_of(const dialect::QualifiedName& name, ShowContext& context);

// show_catalog.cc
Result<Table> show_databases(const dialect::ShowStatement& show, ShowContext& context);
Result<Table> show_tables(const dialect::ShowStatement& show, ShowContext& context);
Result<Table> show_table_status(const dialect::ShowStatement& show, ShowContext& context);
Result<Table> show_columns(const dialect::ShowStatement& show, ShowContext& context);
Result<Table> show_index(const dialect::ShowStatement& show, ShowContext& context);
Result<Table> show_catalogs(ShowContext& context);

// show_partitions.cc
Result<Table> show_partitions(const dialect::ShowStatement& show, ShowContext& context);

// show_create.cc
Result<Table> show_create_table(const dialect::ShowStatement& show, ShowContext& context);
Result<Table> show_create_view(const dialect::ShowStatement& show, ShowContext& context);
Result<Table> show_create_database(const dialect::ShowStatement& show, ShowContext& context);

// show_server.cc
Table show_variables(const dialect::ShowStatement& show, ShowContext& context);
Table show_status(ShowContext& context);
// SHOW QUERY PROFILE, SHOW LOAD PROFILE ['/' | '/id'] (profiles.cc)
Result<Table> show_profiles(const dialect::ShowStatement& show, ShowContext& context);
// A row of SHOW PROCESSLIST and information_schema.processlist. `asking`: it is the client's own.
std::vector<duckdb::Value> process_row(const Services& services, const RunningEntry& entry, bool asking,
                                       std::string_view statement);
Table show_processlist(const dialect::ShowStatement& show, ShowContext& context);
Table show_warnings(bool errors_only, ShowContext& context);
Table count_warnings(bool errors_only, ShowContext& context);
Table show_engines();
Table show_charsets();
Table show_collations();
Table show_plugins();

// show_families.cc
Result<Table> show_family(const dialect::ShowStatement& show, ShowContext& context);
Result<Table> show_alter_jobs(const dialect::ShowStatement& show, ShowContext& context);
// show_indexes.cc
Result<Table> show_all_indexes(const dialect::ShowStatement& show, ShowContext& context);
Result<Table> show_function_type(const dialect::ShowStatement& show, ShowContext& context);

// alias_functions.cc
Result<Table> show_functions(const dialect::ShowStatement& show, ShowContext& context);
Result<Table> show_create_function(const dialect::ShowStatement& show, ShowContext& context);

// show_accounts.cc
Table show_privileges();
Result<Table> show_grants(const dialect::ShowStatement& show, ShowContext& context);
Table show_block_rules(const dialect::ShowStatement& show, ShowContext& context, Table table);
Table show_user_properties(const dialect::ShowStatement& show, ShowContext& context, Table table);
Table show_roles(ShowContext& context);
Table show_row_policies(const dialect::ShowStatement& show, ShowContext& context);
Result<Table> show_create_user(const dialect::ShowStatement& show, ShowContext& context);

}  // namespace sluice::session
