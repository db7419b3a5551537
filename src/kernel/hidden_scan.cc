// SPDX-License-Identifier: Apache-2.0
#include "kernel/hidden_scan.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>

#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/function/table_function.hpp"
#include "duckdb/parser/parsed_data/create_table_function_info.hpp"
#include "kernel/bind_function.h"
#include "kernel/host.h"
#include "kernel/sequence_column.h"
#include "kernel/table_model.h"

namespace sluice::kernel {
namespace {

using duckdb::LogicalType;
using duckdb::make_uniq;
using duckdb::Value;
using ExprPtr = duckdb::unique_ptr<duckdb::ParsedExpression>;

constexpr const char* kFunction = "sluice_hidden_scan";

// The names of tables that may have stored hidden columns, in lower case.
struct Noted {
  std::atomic<bool> any = false;
  std::mutex mutex;
  std::set<std::string> names;  // guarded by mutex
};
Noted& noted() {
  static Noted all;
  return all;
}

// Of this table: kSequenceColumn, stored.
bool stores_sequence(const duckdb::TableCatalogEntry& table) {
  return table.ColumnExists(kSequenceColumn) && decode_column(table.GetColumn(kSequenceColumn).Comment()).hidden;
}

ExprPtr typed(Value value, const LogicalType& type) {
  return make_uniq<duckdb::CastExpression>(type, make_uniq<duckdb::ConstantExpression>(std::move(value)));
}

duckdb::unique_ptr<duckdb::TableRef> replace(duckdb::ClientContext& context, duckdb::TableFunctionBindInput& input) {
  auto table = make_uniq<duckdb::BaseTableRef>();
  table->catalog_name = input.inputs[0].ToString();
  table->schema_name = input.inputs[1].ToString();
  table->table_name = input.inputs[2].ToString();
  const std::string name = table->table_name;
  std::vector<std::string> wanted;
  for (const auto& value : duckdb::ListValue::GetChildren(input.inputs[3])) wanted.push_back(value.ToString());
  const duckdb::EntryLookupInfo lookup(duckdb::CatalogType::TABLE_ENTRY, name);
  auto entry = duckdb::Catalog::GetEntry(context, table->catalog_name, table->schema_name, lookup,
                                         duckdb::OnEntryNotFound::THROW_EXCEPTION);
  auto select = make_uniq<duckdb::SelectNode>();
  select->select_list.push_back(visible_star(*entry));
  if (entry->type == duckdb::CatalogType::TABLE_ENTRY) {
    auto& found = entry->Cast<duckdb::TableCatalogEntry>();
    const TableModel model = decode_table(found.comment);
    const auto add = [&](const char* column, ExprPtr value) {
      if (std::ranges::find(wanted, column) == wanted.end()) return;
      value->SetAlias(column);
      select->select_list.push_back(std::move(value));
    };
    const bool stored = stores_sequence(found);
    if (model.keys == KeyModel::kUnique) {
      add(kDeleteSign, typed(Value::INTEGER(0), LogicalType::TINYINT));
      add(kVersionColumn, typed(Value(LogicalType::SQLNULL), LogicalType::BIGINT));
      const std::string* sequence = model.property(kSequenceColumnProperty);
      if (stored)
        add(kSequenceColumn, make_uniq<duckdb::ColumnRefExpression>(kSequenceColumn));
      else if (sequence && found.ColumnExists(*sequence))
        add(kSequenceColumn, make_uniq<duckdb::ColumnRefExpression>(*sequence));
    }
  }
  select->from_table = std::move(table);
  auto statement = make_uniq<duckdb::SelectStatement>();
  statement->node = std::move(select);
  return make_uniq<duckdb::SubqueryRef>(std::move(statement), name);
}

}  // namespace

duckdb::unique_ptr<duckdb::TableRef> hidden_scan(const std::string& catalog, const std::string& schema,
                                                 const std::string& table, const std::vector<std::string>& columns) {
  duckdb::vector<Value> list;
  for (const auto& column : columns) list.emplace_back(column);
  return bind_table_call(
      kFunction, {Value(catalog), Value(schema), Value(table), Value::LIST(LogicalType::VARCHAR, std::move(list))},
      table);
}

ExprPtr visible_star(const duckdb::CatalogEntry& entry) {
  auto star = make_uniq<duckdb::StarExpression>();
  if (entry.type == duckdb::CatalogType::TABLE_ENTRY && stores_sequence(entry.Cast<duckdb::TableCatalogEntry>()))
    star->exclude_list.insert(duckdb::QualifiedColumnName(kSequenceColumn));
  return star;
}

bool may_store_hidden_columns(const std::string& table) {
  if (!noted().any.load(std::memory_order_acquire)) return false;
  std::lock_guard lock(noted().mutex);
  return noted().names.contains(duckdb::StringUtil::Lower(table));
}

void note_stored_hidden_column(const std::string& table) {
  std::lock_guard lock(noted().mutex);
  noted().names.insert(duckdb::StringUtil::Lower(table));
  noted().any.store(true, std::memory_order_release);
}

void note_new_name(const std::string& table) {
  if (noted().any.load(std::memory_order_acquire)) note_stored_hidden_column(table);
}

void find_stored_hidden_columns(duckdb::ClientContext& context) {
  auto& catalog = duckdb::Catalog::GetCatalog(context, kInternalCatalog);
  for (auto& schema : catalog.GetSchemas(context)) {
    schema.get().Scan(context, duckdb::CatalogType::TABLE_ENTRY, [](duckdb::CatalogEntry& entry) {
      if (entry.type == duckdb::CatalogType::TABLE_ENTRY && stores_sequence(entry.Cast<duckdb::TableCatalogEntry>()))
        note_stored_hidden_column(entry.name);
    });
  }
}

std::vector<ColumnFacts> hidden_columns(const RelationFacts& relation) {
  std::vector<ColumnFacts> columns;
  if (relation.model.keys != KeyModel::kUnique) return columns;
  for (const auto& [name, type] :
       {std::pair(kDeleteSign, LogicalType::TINYINT), std::pair(kVersionColumn, LogicalType::BIGINT)}) {
    ColumnFacts& added = columns.emplace_back();
    added.name = name;
    added.type = type;
    added.nullable = false;
    added.default_value = DefaultText{"0", "'0'"};
  }
  const std::string* type = relation.model.property(kSequenceTypeProperty);
  const std::string* sequence = relation.model.property(kSequenceColumnProperty);
  for (const ColumnFacts& column : relation.columns) {
    if (!sequence || !duckdb::StringUtil::CIEquals(column.name, *sequence)) continue;
    ColumnFacts& added = columns.emplace_back();
    added.name = kSequenceColumn;
    added.type = column.type;
    added.model.type = column.model.type;
    added.default_value = column.default_value;
  }
  if (const auto stored = type ? sequence_type(*type) : std::nullopt) {
    ColumnFacts& added = columns.emplace_back();
    added.name = kSequenceColumn;
    added.type = *stored;
  }
  return columns;
}

void create_hidden_scan(duckdb::ClientContext& context) {
  create_bind_table_function(
      context, kFunction,
      {LogicalType::VARCHAR, LogicalType::VARCHAR, LogicalType::VARCHAR, LogicalType::LIST(LogicalType::VARCHAR)},
      replace);
}

}  // namespace sluice::kernel
