// SPDX-License-Identifier: Apache-2.0
#include "session/table_definition.h"

#include "base/sql_text.h"
#include "dialect/create_table_parts.h"
#include "dialect/tree.h"
#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/index_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "duckdb/parser/parsed_data/comment_on_column_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "duckdb/storage/table_storage_info.hpp"
#include "kernel/hidden_scan.h"

namespace sluice::session {
namespace {

using duckdb::CatalogType;
using duckdb::StringUtil;

// No table of a client has this name: parts of names are never longer.
constexpr const char* kRebuildPrefix = "__sluice_rebuild_";

// CREATE TABLE notes its rollups as they were written: "(r1 (a, b), r2 (a))". One entry each is easier to change.
void split_rollups(kernel::TableModel& model) {
  std::vector<std::string> split;
  for (const std::string& written : model.rollups) {
    if (!written.starts_with('(')) {
      split.push_back(written);
      continue;
    }
    size_t begin = 1;
    int open = 0;
    bool quoted = false;
    for (size_t i = 1; i < written.size(); ++i) {
      if (written[i] == '`') quoted = !quoted;
      if (quoted) continue;
      const bool ends = open == 0 && (written[i] == ',' || written[i] == ')');
      if (written[i] == '(') ++open;
      if (written[i] == ')') --open;
      if (!ends) continue;
      std::string rollup = written.substr(begin, i - begin);
      StringUtil::Trim(rollup);
      if (!rollup.empty()) split.push_back(std::move(rollup));
      begin = i + 1;
    }
  }
  model.rollups = std::move(split);
}

void read_constraints(const duckdb::TableCatalogEntry& table, TableDefinition& definition) {
  for (const auto& constraint : table.GetConstraints()) {
    switch (constraint->type) {
      case duckdb::ConstraintType::NOT_NULL:
        definition.columns[constraint->Cast<duckdb::NotNullConstraint>().index.index].not_null = true;
        break;
      case duckdb::ConstraintType::UNIQUE: {
        const auto& unique = constraint->Cast<duckdb::UniqueConstraint>();
        std::vector<std::string> columns;
        if (unique.HasIndex())
          columns.push_back(table.GetColumn(unique.GetIndex()).Name());
        else
          columns.assign(unique.GetColumnNames().begin(), unique.GetColumnNames().end());
        if (unique.IsPrimaryKey())
          definition.primary_key = std::move(columns);
        else
          definition.uniques.push_back(std::move(columns));
        break;
      }
      case duckdb::ConstraintType::CHECK:
        definition.checks.push_back(constraint->Cast<duckdb::CheckConstraint>().expression->Copy());
        break;
      default:
        break;
    }
  }
}

void read_indexes(duckdb::ClientContext& context, duckdb::TableCatalogEntry& table, TableDefinition& definition) {
  table.schema.Scan(context, CatalogType::INDEX_ENTRY, [&](duckdb::CatalogEntry& found) {
    auto& index = found.Cast<duckdb::IndexCatalogEntry>();
    if (!StringUtil::CIEquals(index.GetTableName(), table.name)) return;
    auto info = index.GetInfo();
    definition.indexes.emplace_back(static_cast<duckdb::CreateIndexInfo*>(info.release()));
  });
}

duckdb::unique_ptr<duckdb::UniqueConstraint> key_constraint(const std::vector<std::string>& columns, bool primary) {
  duckdb::vector<std::string> names(columns.begin(), columns.end());
  return duckdb::make_uniq<duckdb::UniqueConstraint>(std::move(names), primary);
}

duckdb::unique_ptr<duckdb::SQLStatement> create_tree(const TableDefinition& definition, const std::string& name) {
  auto info = duckdb::make_uniq<duckdb::CreateTableInfo>();
  info->catalog = definition.catalog;
  info->schema = definition.schema;
  info->table = name;
  info->temporary = definition.temporary;
  info->on_conflict = duckdb::OnCreateConflict::ERROR_ON_CONFLICT;
  // Without the model: rows are copied as they are, not merged as writes of clients would be.
  info->tags = definition.tags;
  for (size_t i = 0; i < definition.columns.size(); ++i) {
    const auto& column = definition.columns[i];
    info->columns.AddColumn(column.definition.Copy());
    if (column.not_null)
      info->constraints.push_back(duckdb::make_uniq<duckdb::NotNullConstraint>(duckdb::LogicalIndex(i)));
  }
  if (!definition.primary_key.empty()) info->constraints.push_back(key_constraint(definition.primary_key, true));
  for (const auto& unique : definition.uniques) info->constraints.push_back(key_constraint(unique, false));
  for (const auto& check : definition.checks)
    info->constraints.push_back(duckdb::make_uniq<duckdb::CheckConstraint>(check->Copy()));
  auto tree = duckdb::make_uniq<duckdb::CreateStatement>();
  tree->info = std::move(info);
  return tree;
}

// INSERT INTO rebuilt (columns) SELECT .. FROM the stored table: casts where types changed, defaults for new columns.
duckdb::unique_ptr<duckdb::SQLStatement> copy_tree(const TableDefinition& definition, const std::string& target) {
  auto select = duckdb::make_uniq<duckdb::SelectNode>();
  auto insert = duckdb::make_uniq<duckdb::InsertStatement>();
  for (const auto& column : definition.columns) {
    if (column.definition.Generated()) continue;
    duckdb::unique_ptr<duckdb::ParsedExpression> value;
    if (column.source.empty()) {
      if (!column.definition.HasDefaultValue()) continue;
      value = column.definition.DefaultValue().Copy();
    } else {
      value = duckdb::make_uniq<duckdb::ColumnRefExpression>(column.source);
    }
    if (column.retyped || column.source.empty()) value = stored_as(std::move(value), column.definition.Type());
    select->select_list.push_back(std::move(value));
    insert->columns.push_back(column.name());
  }
  auto table = duckdb::make_uniq<duckdb::BaseTableRef>();
  table->catalog_name = definition.catalog;
  table->schema_name = definition.schema;
  table->table_name = definition.name;
  select->from_table = std::move(table);
  insert->catalog = definition.catalog;
  insert->schema = definition.schema;
  insert->table = target;
  insert->select_statement = duckdb::make_uniq<duckdb::SelectStatement>();
  insert->select_statement->node = std::move(select);
  return insert;
}

duckdb::unique_ptr<duckdb::SQLStatement> rename_tree(const TableDefinition& definition, const std::string& from,
                                                     const std::string& to) {
  auto alter = duckdb::make_uniq<duckdb::AlterStatement>();
  alter->info = duckdb::make_uniq<duckdb::RenameTableInfo>(
      duckdb::AlterEntryData(definition.catalog, definition.schema, from, duckdb::OnEntryNotFound::THROW_EXCEPTION),
      to);
  return alter;
}

duckdb::unique_ptr<duckdb::SQLStatement> drop_tree(const TableDefinition& definition, CatalogType type,
                                                   const std::string& name) {
  auto drop = duckdb::make_uniq<duckdb::DropStatement>();
  drop->info->type = type;
  drop->info->catalog = definition.catalog;
  drop->info->schema = definition.schema;
  drop->info->name = name;
  return drop;
}

// The kernel lets no table be dropped or renamed whose indexes depend on it.
Status drop_indexes(kernel::Connection& kernel, const TableDefinition& definition) {
  for (const auto& index : definition.indexes)
    TRY(run_tree(kernel, drop_tree(definition, CatalogType::INDEX_ENTRY, index->index_name)));
  return {};
}

Status make_indexes(kernel::Connection& kernel, const TableDefinition& definition, const std::string& table) {
  for (const auto& index : definition.indexes) {
    auto info = index->Copy();
    auto& copy = info->Cast<duckdb::CreateIndexInfo>();
    copy.table = table;
    copy.dependencies = {};
    // The catalog keeps the parsed expressions; the binder wants both.
    if (copy.expressions.empty())
      for (const auto& expression : copy.parsed_expressions) copy.expressions.push_back(expression->Copy());
    for (auto* list : {&copy.expressions, &copy.parsed_expressions}) {
      for (auto& expression : *list) {
        if (expression->GetExpressionClass() != duckdb::ExpressionClass::COLUMN_REF) continue;
        expression = duckdb::make_uniq<duckdb::ColumnRefExpression>(
            expression->Cast<duckdb::ColumnRefExpression>().GetColumnName(), table);
      }
    }
    auto create = duckdb::make_uniq<duckdb::CreateStatement>();
    create->info = std::move(info);
    TRY(run_tree(kernel, std::move(create)));
  }
  return {};
}

}  // namespace

duckdb::unique_ptr<duckdb::ParsedExpression> stored_as(duckdb::unique_ptr<duckdb::ParsedExpression> value,
                                                       const duckdb::LogicalType& type) {
  return dialect::tree::doris("store", std::move(value), dialect::tree::constant(duckdb::Value(type)));
}

Error ddl_error(const std::string& sentence) {
  return sql_error(Code::kInvalidArgument, 1105, "errCode = 2, detailMessage = " + sentence);
}

Error unknown_column(const std::string& name, const std::string& table) {
  return sql_error(Code::kNotFound, 1054, "Unknown column '" + name + "' in '" + table + "'");
}

TableColumn* TableDefinition::find(const std::string& column) {
  for (auto& candidate : columns) {
    if (StringUtil::CIEquals(candidate.name(), column)) return &candidate;
  }
  return nullptr;
}

Result<size_t> TableDefinition::at(const std::string& column) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (StringUtil::CIEquals(columns[i].name(), column)) return i;
  }
  return fail(unknown_column(column, name));
}

Result<TableDefinition> read_definition(kernel::Connection& kernel, const std::string& database,
                                        const std::string& name) {
  TableDefinition definition;
  definition.database = database;
  const kernel::SchemaName stored = kernel::kernel_schema(database);
  TRY(kernel.with_context([&](duckdb::ClientContext& context) -> Status {
    const duckdb::EntryLookupInfo lookup(CatalogType::TABLE_ENTRY, name);
    for (const auto& [catalog, schema] : {kernel::SchemaName{TEMP_CATALOG, DEFAULT_SCHEMA}, stored}) {
      auto entry = duckdb::Catalog::GetEntry(context, catalog, schema, lookup, duckdb::OnEntryNotFound::RETURN_NULL);
      if (!entry || (entry->internal && catalog != kernel::kSystemCatalog)) continue;
      if (entry->type != CatalogType::TABLE_ENTRY)
        return fail(sql_error(Code::kInvalidArgument, 1347, "'" + database + "." + name + "' is not BASE TABLE"));
      auto& table = entry->Cast<duckdb::TableCatalogEntry>();
      definition.catalog = catalog;
      definition.schema = schema;
      definition.name = table.name;
      definition.temporary = table.temporary;
      definition.model = kernel::decode_table(table.comment);
      split_rollups(definition.model);
      definition.tags = table.tags;
      for (const auto& column : table.GetColumns().Logical()) {
        TableColumn& added = definition.columns.emplace_back();
        added.definition = column.Copy();
        added.source = column.Name();
      }
      read_constraints(table, definition);
      read_indexes(context, table, definition);
      auto cardinality = table.GetStorageInfo(context).cardinality;
      if (cardinality.IsValid()) definition.rows = cardinality.GetIndex();
      return {};
    }
    return fail(sql_error(Code::kNotFound, 1146, "Table '" + database + "." + name + "' doesn't exist"));
  }));
  return definition;
}

Status run_tree(kernel::Connection& kernel, duckdb::unique_ptr<duckdb::SQLStatement> tree) {
  auto answer = TRY(kernel.run(std::move(tree)));
  while (TRY(answer->next())) {
  }
  return {};
}

Status rebuild_table(kernel::Connection& kernel, const TableDefinition& definition) {
  const std::string target = kRebuildPrefix + definition.name;
  TRY(run_tree(kernel, create_tree(definition, target)));
  TRY(run_tree(kernel, copy_tree(definition, target)));
  TRY(drop_indexes(kernel, definition));
  TRY(run_tree(kernel, drop_tree(definition, CatalogType::TABLE_ENTRY, definition.name)));
  TRY(run_tree(kernel, rename_tree(definition, target, definition.name)));
  TRY(make_indexes(kernel, definition, definition.name));
  return store_model(kernel, definition);
}

Status store_model(kernel::Connection& kernel, const TableDefinition& definition) {
  auto alter = duckdb::make_uniq<duckdb::AlterStatement>();
  alter->info = duckdb::make_uniq<duckdb::SetCommentInfo>(
      CatalogType::TABLE_ENTRY, definition.catalog, definition.schema, definition.name,
      kernel::encode_whole(definition.model), duckdb::OnEntryNotFound::THROW_EXCEPTION);
  return run_tree(kernel, std::move(alter));
}

Status note_default_keys(kernel::Connection& kernel, const std::string& database, const std::string& name) {
  TableDefinition definition = TRY(read_definition(kernel, database, name));
  if (definition.model.keys != kernel::KeyModel::kDuplicate || !definition.model.key_order.empty()) return {};
  duckdb::ColumnList columns;
  for (const auto& column : definition.columns) columns.AddColumn(column.definition.Copy());
  definition.model.key_order = dialect::default_keys(columns);
  if (definition.model.key_order.empty()) return {};
  for (const std::string& key : definition.model.key_order) {
    kernel::ColumnModel model = definition.find(key)->model();
    model.key = true;
    auto alter = duckdb::make_uniq<duckdb::AlterStatement>();
    auto comment = duckdb::make_uniq<duckdb::SetColumnCommentInfo>(definition.catalog, definition.schema,
                                                                   definition.name, key, kernel::encode_whole(model),
                                                                   duckdb::OnEntryNotFound::THROW_EXCEPTION);
    comment->catalog_entry_type = CatalogType::TABLE_ENTRY;
    alter->info = std::move(comment);
    TRY(run_tree(kernel, std::move(alter)));
  }
  return store_model(kernel, definition);
}

Status rename_table(kernel::Connection& kernel, const TableDefinition& definition, const std::string& to) {
  kernel::note_new_name(to);
  TRY(drop_indexes(kernel, definition));
  TRY(run_tree(kernel, rename_tree(definition, definition.name, to)));
  return make_indexes(kernel, definition, to);
}

Status move_table(kernel::Connection& kernel, TableDefinition definition, const std::string& schema) {
  const std::string from = std::exchange(definition.schema, schema);
  TRY(run_tree(kernel, create_tree(definition, definition.name)));
  definition.schema = from;
  auto copy = copy_tree(definition, definition.name);
  copy->Cast<duckdb::InsertStatement>().schema = schema;
  TRY(run_tree(kernel, std::move(copy)));
  definition.schema = schema;
  for (auto& index : definition.indexes) index->schema = schema;
  TRY(make_indexes(kernel, definition, definition.name));
  return store_model(kernel, definition);
}

Status drop_table(kernel::Connection& kernel, const TableDefinition& definition) {
  return run_tree(kernel, drop_tree(definition, CatalogType::TABLE_ENTRY, definition.name));
}

std::string name_in_line(std::string_view line) {
  while (line.starts_with(' ')) line.remove_prefix(1);
  if (line.size() > 6 && StringUtil::CIEquals(std::string(line.substr(0, 6)), "INDEX ")) {
    line.remove_prefix(6);
    while (line.starts_with(' ')) line.remove_prefix(1);
  }
  std::string name;
  if (!line.starts_with('`')) return std::string(line.substr(0, line.find_first_of(" (")));
  for (size_t i = 1; i < line.size(); ++i) {
    if (line[i] == '`') {
      if (i + 1 >= line.size() || line[i + 1] != '`') break;
      ++i;
    }
    name += line[i];
  }
  return name;
}

std::vector<std::string> columns_in_line(std::string_view line) {
  std::vector<std::string> columns;
  const size_t begin = line.find('(');
  const size_t end = line.find(')', begin == std::string_view::npos ? 0 : begin);
  if (begin == std::string_view::npos || end == std::string_view::npos) return columns;
  for (const std::string& part : StringUtil::Split(std::string(line.substr(begin + 1, end - begin - 1)), ','))
    columns.push_back(name_in_line(part));
  return columns;
}

}  // namespace sluice::session
