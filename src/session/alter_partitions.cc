// SPDX-License-Identifier: Apache-2.0
// ALTER TABLE .. ADD, DROP, RENAME, MODIFY PARTITION: the table's model is read, changed and written back, and rows of
// a dropped partition leave, in one transaction.
#include <ctime>

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/common/string_util.hpp"
#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "kernel/catalog_facts.h"
#include "session/no_database.h"
#include "session/session_state.h"

namespace sluice::session {
namespace {

using Change = dialect::AlterPartitionsStatement::Change;
using What = dialect::AlterPartitionsStatement::What;

Error no_such_partition(const std::string& name) {
  return sql_error(Code::kNotFound, 1507,
                   "errCode = 2, detailMessage = Error in list of partitions to DROP: " + name + " does not exist");
}

Status apply(kernel::TableModel& model, const Change& change, const std::vector<duckdb::LogicalType>& types) {
  const auto& wanted = change.written.partition;
  switch (change.what) {
    case What::kAdd:
      if (change.if_exists && model.find_partition(wanted.name, wanted.temporary)) return {};
      return kernel::add_written(model, change.written, types);
    case What::kDrop:
      if (!model.find_partition(wanted.name, wanted.temporary)) {
        if (change.if_exists || model.auto_partitions) return {};
        return fail(no_such_partition(wanted.name));
      }
      std::erase_if(model.partitions, [&](const kernel::Partition& partition) {
        return partition.temporary == wanted.temporary && duckdb::StringUtil::CIEquals(partition.name, wanted.name);
      });
      return {};
    case What::kRename: {
      auto* partition = model.find_partition(wanted.name, wanted.temporary);
      if (!partition) return fail(no_such_partition(wanted.name));
      if (model.find_partition(change.new_name, wanted.temporary))
        return fail(sql_error(Code::kAlreadyExists, 1517, "Duplicate partition name " + change.new_name));
      partition->name = change.new_name;
      return {};
    }
    case What::kModify:
      if (!wanted.name.empty() && !model.find_partition(wanted.name, wanted.temporary))
        return fail(no_such_partition(wanted.name));
      return {};
  }
  return {};
}

}  // namespace

Result<Outcome> SessionState::alter_partitions(const dialect::AlterPartitionsStatement& statement) {
  const std::string database = statement.table.database.empty() ? database_ : statement.table.database;
  if (database.empty()) return fail(no_database_selected());
  if (!statement.table.catalog.empty() &&
      !duckdb::StringUtil::CIEquals(statement.table.catalog, kernel::kInternalCatalog))
    return fail(sql_error(Code::kNotFound, 5085, "Unknown catalog '" + statement.table.catalog + "'"));
  const kernel::SchemaName schema = kernel::kernel_schema(database);
  TRY(prepare_transaction(dialect::KernelStatement::Effect::kSchema));
  TRY(connection().begin());
  auto done = [&]() -> Status {
    for (const Change& change : statement.changes) {
      kernel::TableModel model;
      bool drops_rows = false;
      TRY(connection().with_context([&](duckdb::ClientContext& context) -> Status {
        auto entry = duckdb::Catalog::GetEntry(context, schema.catalog, schema.schema,
                                               {duckdb::CatalogType::TABLE_ENTRY, statement.table.name},
                                               duckdb::OnEntryNotFound::RETURN_NULL);
        if (!entry || entry->type != duckdb::CatalogType::TABLE_ENTRY)
          return fail(
              sql_error(Code::kNotFound, 1146, "Table '" + database + "." + statement.table.name + "' doesn't exist"));
        model = kernel::decode_table(entry->comment);
        if (model.partitioned == kernel::PartitionKind::kNone) {
          return fail(sql_error(Code::kInvalidArgument, 1105,
                                "errCode = 2, detailMessage = Table " + statement.table.name + " is not partitioned"));
        }
        const auto& wanted = change.written.partition;
        drops_rows = change.what == What::kDrop && !wanted.temporary &&
                     (model.auto_partitions || model.find_partition(wanted.name, false));
        auto& columns = entry->Cast<duckdb::TableCatalogEntry>().GetColumns();
        return apply(model, change, kernel::partition_types(model, columns));
      }));
      if (drops_rows) {
        auto deletion = duckdb::make_uniq<duckdb::DeleteStatement>();
        auto table = duckdb::make_uniq<duckdb::BaseTableRef>();
        table->catalog_name = schema.catalog;
        table->schema_name = schema.schema;
        table->table_name = statement.table.name;
        table->column_name_alias.push_back(change.written.partition.name);
        deletion->table = std::move(table);
        TRY(connection().run(std::move(deletion)));
      }
      auto alter = duckdb::make_uniq<duckdb::AlterStatement>();
      alter->info = duckdb::make_uniq<duckdb::SetCommentInfo>(
          duckdb::CatalogType::TABLE_ENTRY, schema.catalog, schema.schema, statement.table.name, kernel::encode(model),
          duckdb::OnEntryNotFound::THROW_EXCEPTION);
      TRY(connection().run(std::move(alter)));
    }
    return connection().commit();
  }();
  services.kernel.schema_changed();
  if (!done) {
    static_cast<void>(connection().rollback());
    return fail(std::move(done.error()));
  }
  return Outcome(Done{});
}

}  // namespace sluice::session
