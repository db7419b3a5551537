// SPDX-License-Identifier: Apache-2.0
// ALTER TABLE .. ADD, DROP, RENAME, MODIFY, REPLACE PARTITION: the table's model is read, changed and written back, and
// rows of a dropped partition leave, in one transaction. Rows of temporary partitions lie in a table of the server's.
#include <algorithm>

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/common/string_util.hpp"
#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "duckdb/storage/table_storage_info.hpp"
#include "kernel/catalog_facts.h"
#include "kernel/dynamic_partition.h"
#include "kernel/foreign_catalogs.h"
#include "kernel/table_writes.h"
#include "session/alteration.h"
#include "session/load_labels.h"
#include "session/no_database.h"
#include "session/recycle_bin.h"
#include "session/server_tables.h"
#include "session/session_state.h"

namespace sluice::session {
namespace {

using Change = dialect::AlterPartitionsStatement::Change;
using What = dialect::AlterPartitionsStatement::What;

Error no_such_partition(const std::string& name) {
  return sql_error(Code::kNotFound, 1507,
                   "errCode = 2, detailMessage = Error in list of partitions to DROP: " + name + " does not exist");
}

using Types = std::vector<duckdb::LogicalType>;

Status check_names(const kernel::TableModel& model, const std::vector<std::string>& names, bool temporary) {
  for (const auto& name : names) {
    if (!model.find_partition(name, temporary)) return fail(no_such_partition(name));
  }
  return {};
}

// What the named partitions hold together: the values of lists, ranges with those that touch in one.
std::vector<std::string> covered(const kernel::TableModel& model, const std::vector<std::string>& names, bool temporary,
                                 const Types& types) {
  kernel::TableModel together;
  together.partitioned = model.partitioned;
  for (const auto& name : names) {
    together.partitions.push_back(*model.find_partition(name, temporary));
    together.partitions.back().temporary = false;
  }
  std::vector<std::string> result;
  if (model.partitioned == kernel::PartitionKind::kList) {
    for (auto& partition : together.partitions) {
      for (auto& value : partition.values) {
        kernel::Partition one;
        one.values = {value};
        result.push_back(kernel::partition_text(model, one, types));
      }
    }
  } else {
    for (const auto& range : kernel::joined_ranges(together, types))
      result.push_back(kernel::partition_text(model, range, types));
  }
  std::ranges::sort(result);
  return result;
}

Status replace(kernel::TableModel& model, const Change& change, const Types& types) {
  TRY(check_names(model, change.replaced, false));
  TRY(check_names(model, change.by, true));
  if (change.strict_range && covered(model, change.replaced, false, types) != covered(model, change.by, true, types)) {
    return fail(sql_error(Code::kInvalidArgument, 1105,
                          "errCode = 2, detailMessage = The temporary partitions do not hold exactly what the replaced "
                          "ones hold: 2 range lists are not strictly matched"));
  }
  const bool take_names = !change.keep_temporary_names && change.replaced.size() == change.by.size();
  std::vector<kernel::Partition> added;
  for (size_t i = 0; i < change.by.size(); ++i) {
    added.push_back(*model.find_partition(change.by[i], true));
    added.back().temporary = false;
    if (take_names) added.back().name = model.find_partition(change.replaced[i], false)->name;
  }
  auto listed = [](const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::any_of(names, [&](const auto& known) { return duckdb::StringUtil::CIEquals(known, name); });
  };
  std::erase_if(model.partitions, [&](const kernel::Partition& partition) {
    return listed(partition.temporary ? change.by : change.replaced, partition.name);
  });
  for (auto& partition : added) TRY(kernel::add_partition(model, std::move(partition), false, types));
  return {};
}

Status apply(kernel::TableModel& model, const Change& change, const Types& types) {
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
      if (change.of_index) return {};
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
    case What::kReplace:
      return replace(model, change, types);
  }
  return {};
}

duckdb::unique_ptr<duckdb::BaseTableRef> reference(const kernel::SchemaName& schema, const std::string& table) {
  auto ref = duckdb::make_uniq<duckdb::BaseTableRef>();
  ref->catalog_name = schema.catalog;
  ref->schema_name = schema.schema;
  ref->table_name = table;
  return ref;
}

Status delete_rows(kernel::Connection& kernel, const kernel::SchemaName& schema, const std::string& table,
                   const std::vector<std::string>& partitions, bool temporary) {
  auto deletion = duckdb::make_uniq<duckdb::DeleteStatement>();
  auto ref = reference(schema, table);
  if (temporary) ref->column_name_alias.emplace_back(kernel::kTemporaryPartitions);
  for (const auto& name : partitions) ref->column_name_alias.push_back(name);
  deletion->table = std::move(ref);
  return run_tree(kernel, std::move(deletion));
}

}  // namespace

Result<Outcome> SessionState::alter_partitions(const dialect::AlterPartitionsStatement& statement) {
  const std::string database = statement.table.database.empty() ? database_ : statement.table.database;
  if (database.empty()) return fail(no_database_selected());
  if (kernel::foreign_database(statement.table.catalog, statement.table.database, database_))
    return fail(sql_error(Code::kUnsupported, 1235, "ALTER TABLE is for tables of the catalog internal"));
  if (!statement.table.catalog.empty() &&
      !duckdb::StringUtil::CIEquals(statement.table.catalog, kernel::kInternalCatalog))
    return fail(sql_error(Code::kNotFound, 5085, "Unknown catalog '" + statement.table.catalog + "'"));
  const kernel::SchemaName schema = kernel::kernel_schema(database);
  TRY(prepare_transaction(dialect::KernelStatement::Effect::kSchema));
  TRY(connection().begin());
  auto done = [&]() -> Status {
    for (const Change& change : statement.changes) {
      kernel::TableModel model, old;
      Types types;
      uint64_t rows = 0;
      bool drops_rows = false;
      TRY(connection().with_context([&](duckdb::ClientContext& context) -> Status {
        auto entry = duckdb::Catalog::GetEntry(context, schema.catalog, schema.schema,
                                               {duckdb::CatalogType::TABLE_ENTRY, statement.table.name},
                                               duckdb::OnEntryNotFound::RETURN_NULL);
        if (!entry || entry->type != duckdb::CatalogType::TABLE_ENTRY)
          return fail(
              sql_error(Code::kNotFound, 1146, "Table '" + database + "." + statement.table.name + "' doesn't exist"));
        model = kernel::decode_table(entry->comment);
        if (model.is_materialized_view())
          return fail(ddl_error("Not allowed to perform current operation on async materialized view"));
        TRY(check_state(model, statement.table.name));
        // A table without partitions has one, of its own name.
        const std::string& named = change.written.partition.name;
        if (model.partitioned == kernel::PartitionKind::kNone && change.what == What::kModify &&
            (named.empty() || duckdb::StringUtil::CIEquals(named, entry->name))) {
          return {};
        }
        if (model.partitioned == kernel::PartitionKind::kNone) {
          return fail(sql_error(Code::kInvalidArgument, 1105,
                                "errCode = 2, detailMessage = Table " + statement.table.name + " is not partitioned"));
        }
        const auto& dropped = change.written.partition;
        if ((change.what == What::kAdd || change.what == What::kDrop) && !dropped.temporary && !change.of_index &&
            kernel::has_dynamic_partitions(model)) {
          return fail(ddl_error("Cannot add/drop partition on a Dynamic Partition Table, Use command `ALTER TABLE " +
                                statement.table.name + " SET (\"dynamic_partition.enable\" = \"false\")` firstly."));
        }
        drops_rows =
            change.what == What::kDrop && !change.of_index &&
            ((model.auto_partitions && !dropped.temporary) || model.find_partition(dropped.name, dropped.temporary));
        auto& table = entry->Cast<duckdb::TableCatalogEntry>();
        types = kernel::partition_types(model, table.GetColumns());
        rows = table.GetStorageInfo(context).cardinality.IsValid()
                   ? table.GetStorageInfo(context).cardinality.GetIndex()
                   : 0;
        old = model;
        return apply(model, change, types);
      }));
      const auto& wanted = change.written.partition;
      auto keep = [&](const std::vector<std::string>& names) -> Status {
        if (change.force || rows > kMostKeptRows) return {};
        for (const auto& name : names)
          TRY(keep_partition(connection(), schema.schema, statement.table.name, old, name));
        return {};
      };
      // What reads or writes partitions by name comes before the new model, which has others.
      if (drops_rows) {
        if (!wanted.temporary) TRY(keep({wanted.name}));
        TRY(delete_rows(connection(), schema, statement.table.name, {wanted.name}, wanted.temporary));
      }
      if (change.what == What::kAdd && wanted.temporary && !model.temporary_rows()) {
        const std::string name = "temporary_" + std::to_string(LoadLabels::next_txn_id());
        TRY(make_server_schema(connection()));
        TRY(copy_rows(connection(), name, reference(schema, statement.table.name),
                      duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value::BOOLEAN(false))));
        model.set_note("temporary", "rows", name);
      }
      if (change.what == What::kReplace) {
        TRY(keep(change.replaced));
        TRY(delete_rows(connection(), schema, statement.table.name, change.replaced, false));
      }
      auto alter = duckdb::make_uniq<duckdb::AlterStatement>();
      alter->info = duckdb::make_uniq<duckdb::SetCommentInfo>(
          duckdb::CatalogType::TABLE_ENTRY, schema.catalog, schema.schema, statement.table.name, kernel::encode(model),
          duckdb::OnEntryNotFound::THROW_EXCEPTION);
      TRY(connection().run(std::move(alter)));
      if (change.what != What::kReplace || !old.temporary_rows()) continue;
      auto replacing = [&] { return kernel::in_partitions(old, change.by, true, types, ""); };
      TRY(insert_rows(connection(), schema.schema, statement.table.name, *old.temporary_rows(), replacing()));
      auto deletion = duckdb::make_uniq<duckdb::DeleteStatement>();
      deletion->table = reference({schema.catalog, kernel::kServerSchema}, *old.temporary_rows());
      deletion->condition = replacing();
      TRY(run_tree(connection(), std::move(deletion)));
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
