// SPDX-License-Identifier: Apache-2.0
#include "kernel/catalog_facts.h"

#include <set>

#include "duckdb/catalog/catalog_entry/index_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/view_catalog_entry.hpp"
#include "duckdb/parser/constraints/list.hpp"
#include "duckdb/storage/table_storage_info.hpp"
#include "functions/type_names.h"
#include "functions/types.h"
#include "kernel/alias_functions.h"
#include "kernel/errors.h"
#include "kernel/foreign_catalogs.h"
#include "kernel/host.h"
#include "kernel/partitions.h"
#include "kernel/view_types.h"
#include "kernel/viewer.h"

namespace sluice::kernel {
namespace {

using duckdb::CatalogEntry;
using duckdb::CatalogType;
using duckdb::ClientContext;
using duckdb::SchemaCatalogEntry;

bool is_name(std::string_view text, std::string_view name) {
  return duckdb::StringUtil::CIEquals(std::string(text), std::string(name));
}

std::vector<CatalogEntry*> entries_of(ClientContext& context, SchemaCatalogEntry& schema, CatalogType type) {
  std::vector<CatalogEntry*> entries;
  const bool ours = schema.ParentCatalog().GetName() == kSystemCatalog;
  schema.Scan(context, type, [&](CatalogEntry& entry) {
    // The kernel offers views of its own (duckdb_tables, ..) in each `main`.
    if (!entry.deleted && (ours || !entry.internal)) entries.push_back(&entry);
  });
  return entries;
}

SchemaCatalogEntry* find_schema(ClientContext& context, std::string_view database) {
  SchemaName name = kernel_schema(database);
  return duckdb::Catalog::GetSchema(context, name.catalog, name.schema, duckdb::OnEntryNotFound::RETURN_NULL).get();
}

// Schemas that the kernel or the server made for themselves. `main` exists in each catalog and cannot be dropped: it
// counts once somebody put a table into it.
bool is_hidden(ClientContext& context, SchemaCatalogEntry& schema) {
  if (schema.name == "main") return entries_of(context, schema, CatalogType::TABLE_ENTRY).empty();
  return schema.name == kServerSchema || schema.name == kFunctionSchema || schema.name == "information_schema" ||
         schema.name == "pg_catalog";
}

RelationFacts summarise(ClientContext& context, CatalogEntry& entry, std::string_view database) {
  RelationFacts facts;
  facts.database = database;
  facts.name = entry.name;
  facts.temporary = entry.temporary && !is_system_database(database);
  facts.view = entry.type == CatalogType::VIEW_ENTRY;
  if (facts.view) {
    facts.comment = decode_column(entry.comment).comment;
  } else {
    facts.model = decode_table(entry.comment);
    facts.comment = facts.model.comment;
    auto cardinality = entry.Cast<duckdb::TableCatalogEntry>().GetStorageInfo(context).cardinality;
    if (cardinality.IsValid()) facts.rows = cardinality.GetIndex();
  }
  return facts;
}

// A key's name as MySQL makes it: after its first column, with a number when that is taken.
std::string constraint_name(const std::vector<std::string>& columns, std::set<std::string>& taken) {
  std::string name = columns.front();
  for (int i = 2; !taken.insert(duckdb::StringUtil::Lower(name)).second; ++i)
    name = columns.front() + "_" + std::to_string(i);
  return name;
}

void add_constraint_keys(const duckdb::TableCatalogEntry& table, RelationFacts& facts, std::set<std::string>& taken) {
  for (const auto& constraint : table.GetConstraints()) {
    switch (constraint->type) {
      case duckdb::ConstraintType::UNIQUE: {
        const auto& unique = constraint->Cast<duckdb::UniqueConstraint>();
        KeyFacts key;
        key.unique = true;
        key.constraint = true;
        key.primary = unique.IsPrimaryKey();
        if (unique.HasIndex())
          key.columns.push_back(table.GetColumn(unique.GetIndex()).Name());
        else
          key.columns.assign(unique.GetColumnNames().begin(), unique.GetColumnNames().end());
        key.name = key.primary ? "PRIMARY" : constraint_name(key.columns, taken);
        facts.keys.insert(key.primary ? facts.keys.begin() : facts.keys.end(), std::move(key));
        break;
      }
      case duckdb::ConstraintType::CHECK:
        facts.checks.push_back(expression_text(*constraint->Cast<duckdb::CheckConstraint>().expression));
        break;
      default:
        break;
    }
  }
}

KeyFacts index_facts(const duckdb::IndexCatalogEntry& index) {
  KeyFacts key;
  key.name = index.name;
  key.unique = index.IsUnique();
  for (const auto& expression : index.parsed_expressions) {
    bool column = expression->GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF;
    key.columns.push_back(column ? expression->Cast<duckdb::ColumnRefExpression>().GetColumnName()
                                 : expression_text(*expression));
  }
  return key;
}

ColumnKey key_of(const RelationFacts& facts, const std::string& column) {
  ColumnKey result = ColumnKey::kNone;
  for (const KeyFacts& key : facts.keys) {
    for (size_t i = 0; i < key.columns.size(); ++i) {
      if (!is_name(key.columns[i], column)) continue;
      if (key.primary) return ColumnKey::kPrimary;
      if (i > 0) continue;
      bool alone = key.unique && key.columns.size() == 1;
      if (alone)
        result = ColumnKey::kUnique;
      else if (result == ColumnKey::kNone)
        result = ColumnKey::kMultiple;
    }
  }
  return result;
}

void add_table_columns(const duckdb::TableCatalogEntry& table, RelationFacts& facts) {
  std::set<size_t> not_null;
  for (const auto& constraint : table.GetConstraints()) {
    if (constraint->type == duckdb::ConstraintType::NOT_NULL)
      not_null.insert(constraint->Cast<duckdb::NotNullConstraint>().index.index);
  }
  for (const auto& column : table.GetColumns().Logical()) {
    ColumnModel model = decode_column(column.Comment());
    if (model.hidden) continue;
    ColumnFacts& added = facts.columns.emplace_back();
    added.name = column.Name();
    added.type = column.Type();
    added.key = key_of(facts, added.name);
    added.nullable = added.key != ColumnKey::kPrimary && !not_null.contains(column.Logical().index);
    added.model = std::move(model);
    added.comment = added.model.comment;
    added.default_value = default_text(column);
    if (column.Generated()) added.generated = generated_text(column);
  }
}

void add_view_columns(ClientContext& context, duckdb::ViewCatalogEntry& view, RelationFacts& facts) {
  try {
    view.BindView(context);
  } catch (const std::exception&) {
    // A view over a table that is gone: it has a name and a definition, but no columns.
  }
  auto columns = view.GetColumnInfo();
  if (!columns) return;
  for (size_t i = 0; i < columns->names.size(); ++i) {
    ColumnFacts& added = facts.columns.emplace_back();
    added.name = i < view.aliases.size() ? view.aliases[i] : columns->names[i];
    added.type = columns->types[i];
    added.comment = decode_column(view.GetColumnComment(i)).comment;
  }
  if (is_system_database(facts.database)) {
    for (ColumnFacts& column : facts.columns) {
      if (functions::is_text(column.type)) column.model.type = declared_system_type(facts.name, column.name);
    }
  } else if (view.query) {
    auto types = declared_view_types(context, *view.query, facts.database, facts.columns.size());
    for (size_t i = 0; i < types.size(); ++i) facts.columns[i].model = std::move(types[i]);
  }
}

std::string definition_of(const duckdb::ViewCatalogEntry& view) {
  auto tag = view.tags.find(kDefinitionTag);
  if (tag != view.tags.end()) return tag->second;
  return view.query ? dialect_text(view.query->ToString()) : std::string();
}

using Indexes = std::vector<CatalogEntry*>;

RelationFacts describe(ClientContext& context, CatalogEntry& entry, std::string_view database, const Indexes& indexes) {
  RelationFacts facts = summarise(context, entry, database);
  if (facts.view) {
    auto& view = entry.Cast<duckdb::ViewCatalogEntry>();
    add_view_columns(context, view, facts);
    facts.definition = definition_of(view);
    facts.aliases.assign(view.aliases.begin(), view.aliases.end());
    return facts;
  }
  auto& table = entry.Cast<duckdb::TableCatalogEntry>();
  std::set<std::string> taken;
  std::vector<KeyFacts> added;
  for (CatalogEntry* candidate : indexes) {
    auto& index = candidate->Cast<duckdb::IndexCatalogEntry>();
    if (!is_name(index.GetTableName(), entry.name)) continue;
    taken.insert(duckdb::StringUtil::Lower(index.name));
    added.push_back(index_facts(index));
  }
  add_constraint_keys(table, facts, taken);
  facts.keys.insert(facts.keys.end(), std::make_move_iterator(added.begin()), std::make_move_iterator(added.end()));
  add_table_columns(table, facts);
  facts.model = decode_table(entry.comment);
  for (ColumnFacts& column : facts.columns) {
    if (column.generated.empty()) continue;
    if (facts.model.note("not_null", column.name)) column.nullable = false;
    if (const std::string* written = facts.model.note("generated", column.name)) column.generated = *written;
  }
  facts.partition_types = partition_types(facts.model, table.GetColumns());
  return facts;
}

bool is_relation(const CatalogEntry& entry) {
  return entry.type == CatalogType::TABLE_ENTRY || entry.type == CatalogType::VIEW_ENTRY;
}

std::vector<CatalogEntry*> relations_of(ClientContext& context, SchemaCatalogEntry& schema) {
  auto entries = entries_of(context, schema, CatalogType::TABLE_ENTRY);
  std::erase_if(entries, [](const CatalogEntry* entry) {
    return !is_relation(*entry) || entry->name.starts_with(kDroppedPrefix);
  });
  std::sort(entries.begin(), entries.end(),
            [](const CatalogEntry* a, const CatalogEntry* b) { return a->name < b->name; });
  return entries;
}

std::vector<std::string> foreign_tables(const ForeignDatabase& database) {
  for (const auto& catalog : foreign_catalogs()) {
    if (catalog.name != database.catalog || !catalog.tables) continue;
    auto names = catalog.tables(database.database);
    if (!names) throw_to_kernel(names.error());
    return std::move(*names);
  }
  return {};
}

}  // namespace

std::string ColumnFacts::type_text() const { return model.type.empty() ? functions::type_name(type) : model.type; }

SchemaName kernel_schema(std::string_view database) {
  if (is_name(database, "information_schema")) return {kSystemCatalog, kInformationSchema};
  if (is_name(database, "mysql")) return {kSystemCatalog, kMysqlSchema};
  if (auto foreign = foreign_database(database)) return {std::move(foreign->catalog), std::move(foreign->database)};
  return {kInternalCatalog, std::string(database)};
}

bool is_system_database(std::string_view database) {
  return is_name(database, "information_schema") || is_name(database, "mysql");
}

std::string_view to_string(ColumnKey key) {
  switch (key) {
    case ColumnKey::kPrimary:
      return "PRI";
    case ColumnKey::kUnique:
      return "UNI";
    case ColumnKey::kMultiple:
      return "MUL";
    case ColumnKey::kNone:
      break;
  }
  return "";
}

std::vector<std::string> list_databases(ClientContext& context) {
  std::vector<std::string> names{"information_schema", "mysql"};
  for (auto& schema : duckdb::Catalog::GetSchemas(context, kInternalCatalog)) {
    if (!is_hidden(context, schema.get())) names.push_back(schema.get().name);
  }
  if (const auto viewer = viewer_of(context))
    std::erase_if(names, [&](const std::string& name) { return !viewer->sees_database(name); });
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::optional<std::string> find_database(ClientContext& context, std::string_view database) {
  if (is_system_database(database)) return duckdb::StringUtil::Lower(std::string(database));
  if (const auto foreign = foreign_database(database)) {
    const auto viewer = viewer_of(context);
    const bool known = find_schema(context, database) && (!viewer || viewer->sees_database(foreign->text()));
    return known ? std::optional(foreign->text()) : std::nullopt;
  }
  SchemaCatalogEntry* schema = find_schema(context, database);
  bool usable = schema && (schema->name == "main" || !is_hidden(context, *schema));
  if (const auto viewer = viewer_of(context); usable && viewer) usable = viewer->sees_database(schema->name);
  return usable ? std::optional(schema->name) : std::nullopt;
}

std::vector<RelationFacts> list_relations(ClientContext& context, std::string_view database) {
  std::vector<RelationFacts> result;
  SchemaCatalogEntry* schema = find_schema(context, database);
  if (!schema) return result;
  const auto viewer = viewer_of(context);
  if (const auto foreign = foreign_database(database)) {
    for (auto& name : foreign_tables(*foreign)) {
      if (viewer && !viewer->sees_relation(database, name)) continue;
      RelationFacts& facts = result.emplace_back();
      facts.database = database;
      facts.name = std::move(name);
    }
    return result;
  }
  for (CatalogEntry* entry : relations_of(context, *schema)) {
    if (!viewer || viewer->sees_relation(database, entry->name)) result.push_back(summarise(context, *entry, database));
  }
  return result;
}

std::vector<RelationFacts> describe_relations(ClientContext& context, std::string_view database) {
  std::vector<RelationFacts> result;
  SchemaCatalogEntry* schema = find_schema(context, database);
  if (!schema) return result;
  const Indexes indexes = entries_of(context, *schema, CatalogType::INDEX_ENTRY);
  const auto viewer = viewer_of(context);
  for (CatalogEntry* entry : relations_of(context, *schema)) {
    if (!viewer || viewer->sees_relation(database, entry->name))
      result.push_back(describe(context, *entry, database, indexes));
  }
  return result;
}

std::optional<RelationFacts> describe_relation(ClientContext& context, std::string_view database,
                                               std::string_view name) {
  const std::string wanted(name);
  const duckdb::EntryLookupInfo lookup(CatalogType::TABLE_ENTRY, wanted);
  const SchemaName stored = kernel_schema(database);
  if (const auto viewer = viewer_of(context); viewer && !viewer->sees_relation(database, name)) return std::nullopt;
  for (const auto& [catalog, schema] : {SchemaName{TEMP_CATALOG, DEFAULT_SCHEMA}, stored}) {
    auto entry = duckdb::Catalog::GetEntry(context, catalog, schema, lookup, duckdb::OnEntryNotFound::RETURN_NULL);
    if (!entry || !is_relation(*entry) || (entry->internal && catalog != kSystemCatalog)) continue;
    auto& home = duckdb::Catalog::GetSchema(context, catalog, schema);
    return describe(context, *entry, database, entries_of(context, home, CatalogType::INDEX_ENTRY));
  }
  return std::nullopt;
}

std::vector<functions::MomentDigits> declared_moments(const duckdb::TableCatalogEntry& table,
                                                      const std::vector<std::string>& columns) {
  // Tables without a key model keep all digits that they are given.
  const bool rounds = decode_table(table.comment).keys != KeyModel::kNone;
  std::vector<functions::MomentDigits> declared;
  for (const std::string& name : columns) {
    const auto& column = table.GetColumn(name);
    functions::MomentDigits digits(functions::count_moments(column.Type()));
    const std::string type = decode_column(column.Comment()).type;
    constexpr std::string_view kDatetime = "datetime(";
    if (column.Type().id() == duckdb::LogicalTypeId::TIMESTAMP) {
      if (type.starts_with(kDatetime)) digits[0] = static_cast<uint8_t>(type[kDatetime.size()] - '0');
      if (type.empty() && rounds) digits[0] = 0;
    } else if (rounds) {
      // The other DATETIMEs inside are TIMESTAMP_S and TIMESTAMP_MS.
      digits.assign(digits.size(), 6);
    }
    declared.push_back(std::move(digits));
  }
  return declared;
}

std::vector<DeclaredColumn> declared_columns(duckdb::ClientContext& context, std::string_view database,
                                             const std::string& table, const std::vector<std::string>& columns) {
  std::vector<DeclaredColumn> declared(columns.size());
  const SchemaName stored = kernel_schema(database);
  const duckdb::EntryLookupInfo lookup(duckdb::CatalogType::TABLE_ENTRY, table);
  auto entry =
      duckdb::Catalog::GetEntry(context, stored.catalog, stored.schema, lookup, duckdb::OnEntryNotFound::RETURN_NULL);
  if (!entry || entry->type != duckdb::CatalogType::TABLE_ENTRY || entry->internal) return declared;
  if (duckdb::Catalog::GetEntry(context, TEMP_CATALOG, DEFAULT_SCHEMA, lookup, duckdb::OnEntryNotFound::RETURN_NULL))
    return declared;  // a temporary table hides it
  const auto& found = entry->Cast<duckdb::TableCatalogEntry>();
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!found.ColumnExists(columns[i])) continue;
    const auto& column = found.GetColumn(columns[i]);
    if (column.Type().id() == duckdb::LogicalTypeId::TIMESTAMP)
      declared[i].fraction_digits = declared_moments(found, {columns[i]})[0][0];
    if (column.Type().id() == duckdb::LogicalTypeId::DATE) declared[i].fraction_digits = 0;
    declared[i].is_string = decode_column(column.Comment()).type.empty() && functions::is_text(column.Type());
  }
  return declared;
}

}  // namespace sluice::kernel
