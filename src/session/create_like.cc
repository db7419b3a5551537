// SPDX-License-Identifier: Apache-2.0
// CREATE TABLE .. LIKE: the definition of a table is taken from the kernel's catalog when the statement runs.
#include "duckdb/catalog/catalog_entry/index_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/common/string_util.hpp"
#include "duckdb/parser/constraints/unique_constraint.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "kernel/catalog_facts.h"
#include "kernel/deleted_rows.h"
#include "kernel/hidden_scan.h"
#include "session/no_database.h"
#include "session/session_state.h"

namespace sluice::session {
namespace {

using duckdb::CatalogType;
using TableInfo = duckdb::unique_ptr<duckdb::CreateTableInfo>;

// The columns of a unique index when it is made of columns alone, else none.
duckdb::vector<std::string> unique_columns(const duckdb::IndexCatalogEntry& index) {
  duckdb::vector<std::string> columns;
  if (!index.IsUnique()) return columns;
  for (const auto& expression : index.parsed_expressions) {
    if (expression->GetExpressionClass() != duckdb::ExpressionClass::COLUMN_REF) return {};
    columns.push_back(expression->Cast<duckdb::ColumnRefExpression>().GetColumnName());
  }
  return columns;
}

// What makes a table: columns with types, defaults and comments, NOT NULL, keys, checks. A unique index becomes a key;
// other indexes, whose names are those of a whole database, are left out.
Result<TableInfo> definition_of(duckdb::ClientContext& context, const std::string& database, const std::string& name) {
  duckdb::optional_ptr<duckdb::CatalogEntry> entry;
  // A temporary table hides one of the same name.
  for (const auto& place : {kernel::SchemaName{TEMP_CATALOG, DEFAULT_SCHEMA}, kernel::kernel_schema(database)}) {
    entry = duckdb::Catalog::GetEntry(context, place.catalog, place.schema, {CatalogType::TABLE_ENTRY, name},
                                      duckdb::OnEntryNotFound::RETURN_NULL);
    if (entry) break;
  }
  if (!entry) return fail(sql_error(Code::kNotFound, 1146, "Table '" + database + "." + name + "' doesn't exist"));
  if (entry->type != CatalogType::TABLE_ENTRY) {
    return fail(sql_error(Code::kInvalidArgument, 1347, "'" + database + "." + name + "' is not BASE TABLE"));
  }
  auto& table = entry->Cast<duckdb::TableCatalogEntry>();
  TableInfo info(static_cast<duckdb::CreateTableInfo*>(table.GetInfo().release()));
  info->dependencies = {};
  if (auto model = kernel::decode_table(info->comment); model.temporary_rows()) {
    model.remove_note("temporary", "rows");
    std::erase_if(model.partitions, [](const kernel::Partition& partition) { return partition.temporary; });
    info->comment = kernel::encode(model);
  }
  if (auto model = kernel::decode_table(info->comment); kernel::remembers_deletions(model)) {
    kernel::remember_deletions(model);
    info->comment = kernel::encode(model);
  }
  table.schema.Scan(context, CatalogType::INDEX_ENTRY, [&](duckdb::CatalogEntry& found) {
    const auto& index = found.Cast<duckdb::IndexCatalogEntry>();
    if (!duckdb::StringUtil::CIEquals(index.GetTableName(), table.name)) return;
    auto columns = unique_columns(index);
    if (!columns.empty())
      info->constraints.push_back(duckdb::make_uniq<duckdb::UniqueConstraint>(std::move(columns), false));
  });
  return info;
}

}  // namespace

Result<Outcome> SessionState::create_like(const dialect::CreateLikeStatement& statement) {
  auto database_of = [&](const dialect::QualifiedName& name) -> Result<std::string> {
    if (!name.catalog.empty() && !duckdb::StringUtil::CIEquals(name.catalog, kernel::kInternalCatalog))
      return fail(sql_error(Code::kNotFound, 5085, "Unknown catalog '" + name.catalog + "'"));
    const std::string& database = name.database.empty() ? database_ : name.database;
    if (database.empty()) return fail(no_database_selected());
    return database;
  };
  const std::string source = TRY(database_of(statement.source));
  TableInfo info;
  TRY(connection().with_context([&](duckdb::ClientContext& context) -> Status {
    info = TRY(definition_of(context, source, statement.source.name));
    return {};
  }));
  kernel::SchemaName target;
  if (!statement.temporary) target = kernel::kernel_schema(TRY(database_of(statement.table)));
  info->catalog = target.catalog;
  info->schema = target.schema;
  info->table = statement.table.name;
  kernel::note_new_name(info->table);
  info->temporary = statement.temporary;
  info->on_conflict = statement.if_not_exists ? duckdb::OnCreateConflict::IGNORE_ON_CONFLICT
                                              : duckdb::OnCreateConflict::ERROR_ON_CONFLICT;
  auto tree = duckdb::make_uniq<duckdb::CreateStatement>();
  tree->info = std::move(info);
  return run_kernel(std::move(tree), dialect::KernelStatement::Effect::kSchema, {});
}

}  // namespace sluice::session
