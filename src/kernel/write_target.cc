// SPDX-License-Identifier: Apache-2.0
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/parser/constraints/not_null_constraint.hpp"
#include "duckdb/parser/constraints/unique_constraint.hpp"
#include "kernel/insert_batch.h"

namespace sluice::kernel {

using duckdb::Value;

duckdb::TableCatalogEntry* find_table(duckdb::ClientContext& context, const std::string& catalog,
                                      const std::string& schema, const std::string& name) {
  const duckdb::EntryLookupInfo lookup(duckdb::CatalogType::TABLE_ENTRY, name);
  auto entry = duckdb::Catalog::GetEntry(context, catalog, schema, lookup, duckdb::OnEntryNotFound::RETURN_NULL);
  if (!entry || entry->type != duckdb::CatalogType::TABLE_ENTRY) return nullptr;
  return &entry->Cast<duckdb::TableCatalogEntry>();
}

bool has_model(duckdb::TableCatalogEntry& table) {
  if (is_encoded(table.comment)) return true;
  for (const auto& column : table.GetColumns().Logical()) {
    if (is_encoded(column.Comment())) return true;
  }
  return false;
}

WriteTarget target_of(duckdb::TableCatalogEntry& table) {
  WriteTarget target;
  target.catalog = table.ParentCatalog().GetName();
  target.schema = table.ParentSchema().name;
  target.name = table.name;
  target.model = decode_table(table.comment);
  std::set<size_t> not_null;
  for (const auto& constraint : table.GetConstraints()) {
    if (constraint->type == duckdb::ConstraintType::NOT_NULL) {
      not_null.insert(constraint->Cast<duckdb::NotNullConstraint>().index.index);
    } else if (constraint->type == duckdb::ConstraintType::UNIQUE) {
      const auto& unique = constraint->Cast<duckdb::UniqueConstraint>();
      if (!unique.IsPrimaryKey()) continue;
      for (const auto& index : unique.GetLogicalIndexes(table.GetColumns())) not_null.insert(index.index);
    }
  }
  for (const auto& column : table.GetColumns().Logical()) {
    if (column.Generated()) continue;
    WriteColumn& added = target.columns.emplace_back();
    added.name = column.Name();
    added.type = column.Type();
    added.model = decode_column(column.Comment());
    added.not_null = not_null.contains(column.Logical().index);
    added.has_default = column.HasDefaultValue();
    added.default_value = added.has_default ? column.DefaultValue().Copy() : constant(Value(column.Type()));
  }
  target.partition_types = partition_types(target.model, table.GetColumns());
  return target;
}

NamedPartitions take_partitions(duckdb::TableRef* ref) {
  NamedPartitions result;
  if (!ref || ref->type != duckdb::TableReferenceType::BASE_TABLE) return result;
  result.names.assign(ref->column_name_alias.begin(), ref->column_name_alias.end());
  ref->column_name_alias.clear();
  result.temporary = !result.names.empty() && result.names.front() == kTemporaryPartitions;
  if (result.temporary) result.names.erase(result.names.begin());
  return result;
}

}  // namespace sluice::kernel
