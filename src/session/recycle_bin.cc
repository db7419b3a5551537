// SPDX-License-Identifier: Apache-2.0
#include "session/recycle_bin.h"

#include "base/sql_text.h"
#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "kernel/partition_scan.h"
#include "kernel/partitions.h"
#include "session/load_labels.h"
#include "session/load_store.h"
#include "session/server_tables.h"
#include "session/session_state.h"

namespace sluice::session {
namespace {

using duckdb::make_uniq;
using duckdb::StringUtil;
using duckdb::Value;

constexpr size_t kMostEntries = 200;

Result<bool> has_bin(kernel::Connection& kernel) {
  return !TRY(first_row(kernel,
                        "SELECT 1 FROM duckdb_tables() WHERE database_name = 'internal' AND schema_name = "
                        "'__sluice' AND table_name = 'recycle_bin'"))
              .empty();
}

Status make_bin(kernel::Connection& kernel) {
  if (TRY(has_bin(kernel))) return {};
  TRY(run_load_sql(kernel, "CREATE SCHEMA IF NOT EXISTS internal.__sluice"));
  TRY(run_load_sql(
      kernel,
      "CREATE TABLE IF NOT EXISTS internal.__sluice.recycle_bin(id BIGINT, is_partition BOOLEAN, database "
      "VARCHAR, table_name VARCHAR, name VARCHAR, stored VARCHAR, model VARCHAR, dropped_at TIMESTAMPTZ)"));
  return {};
}

Status forget(kernel::Connection& kernel, int64_t id) {
  TRY(run_load_sql(kernel, "DELETE FROM internal.__sluice.recycle_bin WHERE id = $1", {Value::BIGINT(id)}));
  return {};
}

Status drop_stored(kernel::Connection& kernel, const std::string& schema, const std::string& table) {
  auto drop = make_uniq<duckdb::DropStatement>();
  drop->info->type = duckdb::CatalogType::TABLE_ENTRY;
  drop->info->catalog = kernel::kInternalCatalog;
  drop->info->schema = schema;
  drop->info->name = table;
  drop->info->if_not_found = duckdb::OnEntryNotFound::RETURN_NULL;
  return run_tree(kernel, std::move(drop));
}

Status drop_surplus(kernel::Connection& kernel) {
  const auto entries = TRY(list_bin(kernel));
  const auto late = TRY(first_row(kernel,
                                  "SELECT coalesce(max(id), 0) FROM internal.__sluice.recycle_bin WHERE dropped_at < "
                                  "now() - to_seconds($1)",
                                  {Value::BIGINT(kTrashSeconds)}));
  const int64_t last_late = late.empty() ? 0 : late[0].GetValue<int64_t>();
  for (size_t i = 0; i < entries.size(); ++i) {
    if (i < kMostEntries && entries[i].id > last_late) continue;
    TRY(drop_stored(kernel, entries[i].partition ? kernel::kServerSchema : entries[i].database, entries[i].stored));
    TRY(forget(kernel, entries[i].id));
  }
  return {};
}

Status note_entry(kernel::Connection& kernel, const BinEntry& entry) {
  TRY(run_load_sql(kernel, "INSERT INTO internal.__sluice.recycle_bin VALUES ($1, $2, $3, $4, $5, $6, $7, now())",
                   {Value::BIGINT(entry.id), Value::BOOLEAN(entry.partition), Value(entry.database), Value(entry.table),
                    Value(entry.name), Value(entry.stored), Value(entry.model)}));
  return {};
}

// The newest entry that the statement means.
Result<BinEntry> find_entry(kernel::Connection& kernel, const std::string& database,
                            const dialect::RecoverStatement& statement) {
  const bool partition = statement.what == dialect::RecoverStatement::What::kPartition;
  const std::string& name = partition ? statement.partition : statement.table.name;
  TRY(make_bin(kernel));
  for (auto& entry : TRY(list_bin(kernel))) {
    if (entry.partition != partition || entry.database != database) continue;
    if (!StringUtil::CIEquals(entry.table, statement.table.name)) continue;
    if (partition && !StringUtil::CIEquals(entry.name, name)) continue;
    if (statement.id && *statement.id != static_cast<uint64_t>(entry.id)) continue;
    return std::move(entry);
  }
  if (partition)
    return fail(ddl_error("No partition named '" + name + "' of table " + statement.table.name +
                          " is in the recycle bin: it was not dropped, dropped with FORCE, or its time is over"));
  return fail(ddl_error("Unknown table '" + name + "' in the recycle bin of database " + database +
                        ": it was not dropped, dropped with FORCE, or its time is over"));
}

duckdb::unique_ptr<duckdb::BaseTableRef> reference(const std::string& schema, const std::string& table) {
  auto ref = make_uniq<duckdb::BaseTableRef>();
  ref->catalog_name = kernel::kInternalCatalog;
  ref->schema_name = schema;
  ref->table_name = table;
  return ref;
}

duckdb::unique_ptr<duckdb::SelectStatement> select_all(duckdb::unique_ptr<duckdb::TableRef> from,
                                                       kernel::Condition where) {
  auto select = make_uniq<duckdb::SelectNode>();
  select->select_list.push_back(make_uniq<duckdb::StarExpression>());
  select->from_table = std::move(from);
  select->where_clause = std::move(where);
  auto statement = make_uniq<duckdb::SelectStatement>();
  statement->node = std::move(select);
  return statement;
}

}  // namespace

Status copy_rows(kernel::Connection& kernel, const std::string& name, duckdb::unique_ptr<duckdb::TableRef> from,
                 kernel::Condition where) {
  auto info = make_uniq<duckdb::CreateTableInfo>();
  info->catalog = kernel::kInternalCatalog;
  info->schema = kernel::kServerSchema;
  info->table = name;
  info->query = select_all(std::move(from), std::move(where));
  auto create = make_uniq<duckdb::CreateStatement>();
  create->info = std::move(info);
  return run_tree(kernel, std::move(create));
}

Status insert_rows(kernel::Connection& kernel, const std::string& database, const std::string& table,
                   const std::string& stored, kernel::Condition where) {
  auto insert = make_uniq<duckdb::InsertStatement>();
  insert->catalog = kernel::kInternalCatalog;
  insert->schema = database;
  insert->table = table;
  // By name: the table may have other columns by now.
  const TableDefinition definition = TRY(read_definition(kernel, database, table));
  insert->select_statement = select_all(reference(kernel::kServerSchema, stored), std::move(where));
  auto& list = insert->select_statement->node->Cast<duckdb::SelectNode>().select_list;
  list.clear();
  for (const auto& column : definition.columns) {
    if (column.definition.Generated()) continue;
    insert->columns.push_back(column.name());
    list.push_back(make_uniq<duckdb::ColumnRefExpression>(column.name()));
  }
  return run_tree(kernel, std::move(insert));
}

Status make_server_schema(kernel::Connection& kernel) {
  TRY(run_load_sql(kernel, "CREATE SCHEMA IF NOT EXISTS internal.__sluice"));
  return {};
}

Status drop_server_table(kernel::Connection& kernel, const std::string& table) {
  return drop_stored(kernel, kernel::kServerSchema, table);
}

Status empty_bin(kernel::Connection& kernel) {
  if (!TRY(has_bin(kernel))) return {};
  TRY(kernel.begin());
  Status done = drop_surplus(kernel);
  if (done) done = kernel.commit();
  if (!done && kernel.in_transaction()) static_cast<void>(kernel.rollback());
  return done;
}

Status keep_table(kernel::Connection& kernel, const TableDefinition& table) {
  TRY(make_bin(kernel));
  BinEntry entry;
  entry.id = LoadLabels::next_txn_id();
  entry.database = table.database;
  entry.table = table.name;
  entry.stored = kernel::kDroppedPrefix + std::to_string(entry.id);
  TRY(rename_table(kernel, table, entry.stored));
  return note_entry(kernel, entry);
}

Status keep_partition(kernel::Connection& kernel, const std::string& database, const std::string& table,
                      const kernel::TableModel& model, const std::string& partition) {
  const kernel::Partition* found = model.find_partition(partition, false);
  if (!found) return {};
  TRY(make_bin(kernel));
  BinEntry entry;
  entry.id = LoadLabels::next_txn_id();
  entry.partition = true;
  entry.database = database;
  entry.table = table;
  entry.name = found->name;
  entry.stored = kernel::kDroppedPrefix + std::to_string(entry.id);
  kernel::TableModel alone;
  alone.partitioned = model.partitioned;
  alone.partitions.push_back(*found);
  entry.model = kernel::encode_whole(alone).ToString();
  TRY(copy_rows(kernel, entry.stored,
                kernel::partition_scan(kernel::kInternalCatalog, database, table, {found->name}, false), nullptr));
  return note_entry(kernel, entry);
}

Status recover_table(kernel::Connection& kernel, const std::string& database,
                     const dialect::RecoverStatement& statement) {
  const BinEntry entry = TRY(find_entry(kernel, database, statement));
  const std::string& name = statement.new_name.empty() ? entry.table : statement.new_name;
  if (read_definition(kernel, database, name)) return fail(ddl_error("Table[" + name + "] already exists"));
  auto stored = TRY(read_definition(kernel, database, entry.stored));
  TRY(rename_table(kernel, stored, name));
  return forget(kernel, entry.id);
}

Status recover_partition(kernel::Connection& kernel, const std::string& database,
                         const dialect::RecoverStatement& statement) {
  TableDefinition table = TRY(read_definition(kernel, database, statement.table.name));
  const BinEntry entry = TRY(find_entry(kernel, database, statement));
  kernel::TableModel alone = kernel::decode_table(Value(entry.model));
  if (alone.partitions.empty()) return fail(ddl_error("The recycle bin's entry of " + entry.name + " is damaged"));
  kernel::Partition partition = std::move(alone.partitions.front());
  if (!statement.new_name.empty()) partition.name = statement.new_name;
  if (table.model.find_partition(partition.name, false))
    return fail(ddl_error("partition[" + partition.name + "] already exist in table[" + table.name + "]"));
  if (alone.partitioned != table.model.partitioned)
    return fail(ddl_error("Table " + table.name + " has other partitions than " + partition.name + " was of"));
  std::vector<duckdb::LogicalType> types;
  for (const std::string& column : table.model.partition_columns)
    types.push_back(table.columns[TRY(table.at(column))].definition.Type());
  TRY(kernel::add_partition(table.model, std::move(partition), false, types));
  TRY(store_model(kernel, table));
  TRY(insert_rows(kernel, database, table.name, entry.stored, nullptr));
  TRY(drop_server_table(kernel, entry.stored));
  return forget(kernel, entry.id);
}

Result<std::vector<BinEntry>> list_bin(kernel::Connection& kernel) {
  std::vector<BinEntry> entries;
  const auto known = TRY(first_row(kernel,
                                   "SELECT 1 FROM duckdb_tables() WHERE database_name = 'internal' AND schema_name = "
                                   "'__sluice' AND table_name = 'recycle_bin'"));
  if (known.empty()) return entries;
  auto answer = TRY(run_load_sql(kernel,
                                 "SELECT id, is_partition, database, table_name, name, stored, model, "
                                 "strftime(dropped_at, '%Y-%m-%d %H:%M:%S') FROM internal.__sluice.recycle_bin ORDER "
                                 "BY id DESC"));
  for (;;) {
    auto* chunk = TRY(answer->next());
    if (!chunk) return entries;
    for (duckdb::idx_t row = 0; row < chunk->size(); ++row) {
      auto text = [&](duckdb::idx_t column) { return chunk->GetValue(column, row).ToString(); };
      BinEntry& entry = entries.emplace_back();
      entry.id = chunk->GetValue(0, row).GetValue<int64_t>();
      entry.partition = chunk->GetValue(1, row).GetValue<bool>();
      entry.database = text(2);
      entry.table = text(3);
      entry.name = text(4);
      entry.stored = text(5);
      entry.model = text(6);
      entry.dropped_at = text(7);
    }
  }
}

Result<Outcome> SessionState::recover(const dialect::RecoverStatement& statement) {
  if (statement.what == dialect::RecoverStatement::What::kDatabase)
    return fail(ddl_error("Database " + statement.table.database +
                          " is not in the recycle bin: dropped databases are not kept, only tables and partitions"));
  const std::string database = TRY(own_database(statement.table));
  TRY(in_own_transaction([&]() -> Status {
    return statement.what == dialect::RecoverStatement::What::kTable
               ? recover_table(connection(), database, statement)
               : recover_partition(connection(), database, statement);
  }));
  return Outcome(Done{});
}

Result<bool> SessionState::drop_to_bin(const duckdb::DropInfo& drop) {
  if (drop.type != duckdb::CatalogType::TABLE_ENTRY || drop.catalog == TEMP_CATALOG) return false;
  const std::string database = drop.schema.empty() ? database_ : drop.schema;
  if (database.empty() || database == kernel::kServerSchema) return false;
  auto table = read_definition(connection(), database, drop.name);
  if (!table || table->temporary) return false;
  if (table->model.is_materialized_view()) {
    const std::string name = table->database + "." + table->name;
    return fail(sql_error(Code::kInvalidArgument, 1347,
                          "'" + name + "' is not TABLE. Use 'DROP MATERIALIZED VIEW " + name + "'."));
  }
  if (table->model.keys == kernel::KeyModel::kNone) return false;
  // When it cannot be kept (another session changes the bin at this moment), it is dropped for good.
  return in_own_transaction([&]() -> Status { return keep_table(connection(), *table); }).has_value();
}

Status SessionState::keep_overwritten(const duckdb::DeleteStatement& deletion) {
  const auto& ref = deletion.table->Cast<duckdb::BaseTableRef>();
  const std::string database = ref.schema_name.empty() ? database_ : ref.schema_name;
  auto table = read_definition(connection(), database, ref.table_name);
  if (!table || table->temporary || table->rows > kMostKeptRows || table->model.auto_partitions) return {};
  if (table->model.partitioned == kernel::PartitionKind::kNone) return {};
  std::vector<std::string> names(ref.column_name_alias.begin(), ref.column_name_alias.end());
  if (!names.empty() && names.front() == kernel::kOverwrittenPartitions) return {};
  if (names.empty()) {
    for (const auto& partition : table->model.partitions) {
      if (!partition.temporary) names.push_back(partition.name);
    }
  }
  for (const std::string& name : names) TRY(keep_partition(connection(), database, table->name, table->model, name));
  return {};
}

}  // namespace sluice::session
