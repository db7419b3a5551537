// SPDX-License-Identifier: Apache-2.0
// ALTER DATABASE .. RENAME.
#include "duckdb/parser/parsed_data/create_schema_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "kernel/catalog_facts.h"
#include "session/session_state.h"
#include "session/table_definition.h"

namespace sluice::session {

Result<Outcome> SessionState::rename_database(const dialect::RenameDatabaseStatement& statement) {
  // The kernel cannot rename a schema, and its tables cannot move between schemas.
  const std::string database = TRY(own_database({statement.database.catalog, statement.database.database, {}}));
  std::optional<std::string> found;
  bool taken = false;
  TRY(connection().with_context([&](duckdb::ClientContext& context) -> Status {
    found = kernel::find_database(context, database);
    taken = kernel::find_database(context, statement.to).has_value();
    return {};
  }));
  if (!found) return fail(sql_error(Code::kNotFound, 1049, "Unknown database '" + database + "'"));
  if (taken) return fail(sql_error(Code::kAlreadyExists, 1007, "Database '" + statement.to + "' already exists"));
  TRY(in_own_transaction([&] { return move_database(*found, statement.to); }));
  if (database_ == *found) {
    database_ = statement.to;
    const kernel::SchemaName stored = kernel::kernel_schema(database_);
    TRY(connection().set_schema(stored.catalog, stored.schema));
    std::lock_guard lock(run_lock);
    shown_database = database_;
  }
  return Outcome(Done{});
}

// All tables and functions are copied into a schema of the new name.
Status SessionState::move_database(const std::string& from, const std::string& to) {
  const kernel::SchemaName target = kernel::kernel_schema(to);
  auto create = duckdb::make_uniq<duckdb::CreateStatement>();
  auto info = duckdb::make_uniq<duckdb::CreateSchemaInfo>();
  info->catalog = target.catalog;
  info->schema = target.schema;
  create->info = std::move(info);
  TRY(run_tree(connection(), std::move(create)));
  std::vector<kernel::RelationFacts> relations;
  TRY(connection().with_context([&](duckdb::ClientContext& context) -> Status {
    relations = kernel::list_relations(context, from);
    return {};
  }));
  for (const auto& relation : relations) {
    if (relation.view)
      return fail(ddl_error("A database with views cannot be renamed: drop the view " + relation.name + " first"));
    if (relation.temporary) continue;
    TRY(move_table(connection(), TRY(read_definition(connection(), from, relation.name)), target.schema));
  }
  TRY(move_functions(from, to));
  auto drop = duckdb::make_uniq<duckdb::DropStatement>();
  drop->info->type = duckdb::CatalogType::SCHEMA_ENTRY;
  drop->info->catalog = target.catalog;
  drop->info->name = kernel::kernel_schema(from).schema;
  drop->info->cascade = true;
  return run_tree(connection(), std::move(drop));
}

}  // namespace sluice::session
