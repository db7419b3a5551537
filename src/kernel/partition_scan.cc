// SPDX-License-Identifier: Apache-2.0
#include "kernel/partition_scan.h"

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/common/string_util.hpp"
#include "duckdb/function/table_function.hpp"
#include "duckdb/parser/parsed_data/create_table_function_info.hpp"
#include "kernel/bind_function.h"
#include "kernel/hidden_scan.h"
#include "kernel/host.h"
#include "kernel/partitions.h"

namespace sluice::kernel {
namespace {

using duckdb::LogicalType;
using duckdb::make_uniq;
using duckdb::Value;

constexpr const char* kFunction = "sluice_partition_scan";

duckdb::unique_ptr<duckdb::TableRef> replace(duckdb::ClientContext& context, duckdb::TableFunctionBindInput& input) {
  auto text = [&](size_t i) { return input.inputs[i].ToString(); };
  const std::string name = text(2);
  std::vector<std::string> names;
  for (const auto& value : duckdb::ListValue::GetChildren(input.inputs[3])) names.push_back(value.ToString());
  const bool temporary = input.inputs[4].GetValue<bool>();
  const duckdb::EntryLookupInfo lookup(duckdb::CatalogType::TABLE_ENTRY, name);
  auto entry = duckdb::Catalog::GetEntry(context, text(0), text(1), lookup, duckdb::OnEntryNotFound::THROW_EXCEPTION);
  auto table = make_uniq<duckdb::BaseTableRef>();
  table->catalog_name = text(0);
  table->schema_name = text(1);
  table->table_name = name;
  auto select = make_uniq<duckdb::SelectNode>();
  select->select_list.push_back(visible_star(*entry));
  if (entry->type == duckdb::CatalogType::TABLE_ENTRY) {
    auto& found = entry->Cast<duckdb::TableCatalogEntry>();
    const TableModel model = decode_table(found.comment);
    if (temporary && model.temporary_rows()) {
      table->schema_name = kServerSchema;
      table->table_name = *model.temporary_rows();
    }
    if (model.partitioned == PartitionKind::kNone) {
      for (const auto& wanted : names) {
        if (!duckdb::StringUtil::CIEquals(wanted, found.name))
          throw duckdb::BinderException("partition: %s is not exists on table %s", wanted, found.name);
      }
    } else {
      select->where_clause =
          in_partitions(model, names, temporary, partition_types(model, found.GetColumns()), std::string());
    }
  }
  select->from_table = std::move(table);
  auto statement = make_uniq<duckdb::SelectStatement>();
  statement->node = std::move(select);
  return make_uniq<duckdb::SubqueryRef>(std::move(statement), name);
}

}  // namespace

duckdb::unique_ptr<duckdb::TableRef> partition_scan(const std::string& catalog, const std::string& schema,
                                                    const std::string& table, const std::vector<std::string>& names,
                                                    bool temporary) {
  duckdb::vector<Value> list;
  for (const auto& name : names) list.emplace_back(name);
  return bind_table_call(kFunction,
                         {Value(catalog), Value(schema), Value(table),
                          Value::LIST(LogicalType::VARCHAR, std::move(list)), Value::BOOLEAN(temporary)},
                         table);
}

void create_partition_scan(duckdb::ClientContext& context) {
  create_bind_table_function(context, kFunction,
                             {LogicalType::VARCHAR, LogicalType::VARCHAR, LogicalType::VARCHAR,
                              LogicalType::LIST(LogicalType::VARCHAR), LogicalType::BOOLEAN},
                             replace);
}

}  // namespace sluice::kernel
