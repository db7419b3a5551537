// SPDX-License-Identifier: Apache-2.0
// SHOW DATABASES, TABLES, TABLE STATUS, COLUMNS, INDEX, CATALOGS and DESC.
#include "functions/type_names.h"
#include "functions/types.h"
#include "kernel/charsets.h"
#include "kernel/foreign_catalogs.h"
#include "kernel/hidden_scan.h"
#include "kernel/table_properties.h"
#include "session/show_rows.h"
#include "session/table_definition.h"

namespace sluice::session {
namespace {

constexpr const char* kEngine = "OLAP";

Status check_catalog(const std::string& catalog) {
  if (catalog.empty() || kernel::is_foreign_catalog(catalog) ||
      duckdb::StringUtil::CIEquals(catalog, kernel::kInternalCatalog))
    return {};
  return fail(sql_error(Code::kNotFound, 5085, "Unknown catalog '" + catalog + "'"));
}

duckdb::Value table_type(const kernel::RelationFacts& relation) {
  if (kernel::is_system_database(relation.database)) return text("SYSTEM VIEW");
  return text(relation.view ? "VIEW" : "BASE TABLE");
}

Result<std::vector<kernel::RelationFacts>> relations_of(const std::string& database, ShowContext& context) {
  std::vector<kernel::RelationFacts> relations;
  TRY(context.kernel.with_context([&](duckdb::ClientContext& kernel) -> Status {
    relations = kernel::list_relations(kernel, database);
    return {};
  }));
  return relations;
}

duckdb::Value default_cell(const kernel::ColumnFacts& column) {
  return column.default_value ? text(column.default_value->shown) : no_text();
}

Table describe(const kernel::RelationFacts& relation, bool with_hidden) {
  Table table = table_of({"Field", "Type", "Null", "Key", "Default", "Extra"});
  const bool doris = relation.model.keys != kernel::KeyModel::kNone;
  const auto blooms = kernel::bloom_columns(relation.model);
  // Rows of such tables are merged when they are read.
  const bool replaces = relation.model.keys == kernel::KeyModel::kUnique && !kernel::merges_on_write(relation.model);
  const auto add = [&](const kernel::ColumnFacts& column) {
    const bool key = doris ? column.model.key : column.key == kernel::ColumnKey::kPrimary;
    std::string extra = column.model.aggregation;
    if (extra.empty() && !key) extra = replaces ? "REPLACE" : "NONE";
    if (column.model.auto_increment && doris) extra += extra.empty() ? "AUTO_INCREMENT" : ",AUTO_INCREMENT";
    if (!column.generated.empty() && doris) extra += ",STORED GENERATED";
    if (std::ranges::any_of(blooms, [&](const auto& name) { return duckdb::StringUtil::CIEquals(name, column.name); }))
      extra += extra.empty() ? "BLOOM_FILTER" : ",BLOOM_FILTER";
    if (relation.view) extra.clear();
    // Objects have no NULL in Doris, but an empty one.
    const bool object = doris && functions::is_object(column.type);
    auto default_value = default_cell(column);
    if (doris && functions::is_bitmap(column.type)) default_value = text(std::string_view("\0", 1));
    if (doris && functions::is_hll(column.type)) default_value = text("");
    table.rows.push_back({text(column.name), text(column.type_text()), text(column.nullable && !object ? "Yes" : "No"),
                          text(key ? "true" : "false"), std::move(default_value), text(extra)});
  };
  std::ranges::for_each(relation.columns, add);
  if (with_hidden) std::ranges::for_each(kernel::hidden_columns(relation), add);
  return table;
}

Table columns_of(const kernel::RelationFacts& relation, bool full) {
  Table table =
      full ? table_of({"Field", "Type", "Collation", "Null", "Key", "Default", "Extra", "Privileges", "Comment"})
           : table_of({"Field", "Type", "Null", "Key", "Default", "Extra"});
  for (const auto& column : relation.columns) {
    auto& row = table.rows.emplace_back();
    row = {text(column.name), text(column.type_text())};
    if (full) {
      const bool is_text = column.type.id() == duckdb::LogicalTypeId::VARCHAR && !column.type.IsJSONType();
      row.push_back(is_text ? text(kernel::kTableCollation) : no_text());
    }
    row.push_back(text(column.nullable ? "YES" : "NO"));
    row.push_back(text(kernel::to_string(column.key)));
    row.push_back(default_cell(column));
    row.push_back(text(column.generated.empty() ? "" : "VIRTUAL GENERATED"));
    if (full) {
      row.push_back(text("select,insert,update,references"));
      row.push_back(text(column.comment));
    }
  }
  return table;
}

}  // namespace

Table table_of(std::initializer_list<std::string_view> columns) {
  Table table;
  for (std::string_view name : columns) {
    const bool is_number = name.front() == '#';
    if (is_number) name.remove_prefix(1);
    Column& column = table.columns.emplace_back();
    column.name = name;
    column.type = is_number ? duckdb::LogicalType::BIGINT : duckdb::LogicalType::VARCHAR;
  }
  return table;
}

Result<std::string> database_of(const dialect::QualifiedName& name, ShowContext& context) {
  TRY(check_catalog(name.catalog));
  std::string wanted = name.database.empty() ? context.database : name.database;
  if (auto foreign = kernel::foreign_database(name.catalog, name.database, context.database)) wanted = foreign->text();
  if (wanted.empty()) return fail(sql_error(Code::kFailedPrecondition, 1046, "No database selected"));
  std::optional<std::string> found;
  TRY(context.kernel.with_context([&](duckdb::ClientContext& kernel) -> Status {
    found = kernel::find_database(kernel, wanted);
    return {};
  }));
  if (!found) return fail(sql_error(Code::kNotFound, 1049, "Unknown database '" + wanted + "'"));
  return *found;
}

Result<kernel::RelationFacts> relation_of(const dialect::QualifiedName& name, ShowContext& context) {
  const std::string database = TRY(database_of(name, context));
  std::optional<kernel::RelationFacts> found;
  TRY(context.kernel.with_context([&](duckdb::ClientContext& kernel) -> Status {
    found = kernel::describe_relation(kernel, database, name.name);
    return {};
  }));
  if (!found) return fail(sql_error(Code::kNotFound, 1146, "Table '" + database + "." + name.name + "' doesn't exist"));
  return std::move(*found);
}

Result<Table> show_databases(const dialect::ShowStatement& show, ShowContext& context) {
  TRY(check_catalog(show.object.catalog));
  Table table = table_of({"Database"});
  // Those of the catalog that is named, or of the current one.
  const auto current = kernel::foreign_database(context.database);
  const std::string catalog =
      duckdb::StringUtil::Lower(show.object.catalog.empty() && current ? current->catalog : show.object.catalog);
  for (const auto& foreign : kernel::foreign_catalogs()) {
    if (foreign.name != catalog) continue;
    for (const auto& name : foreign.databases)
      if (context.rights.sees_database(catalog + "." + name)) table.rows.push_back({text(name)});
    return table;
  }
  TRY(context.kernel.with_context([&](duckdb::ClientContext& kernel) -> Status {
    for (const std::string& name : kernel::list_databases(kernel)) table.rows.push_back({text(name)});
    return {};
  }));
  return table;
}

Result<Table> show_tables(const dialect::ShowStatement& show, ShowContext& context) {
  const std::string database = TRY(database_of(show.object, context));
  const auto foreign = kernel::foreign_database(database);
  const std::string name_column = "Tables_in_" + (foreign ? foreign->database : database);
  Table table = show.full ? table_of({name_column, "Table_type", "Storage_format", "Inverted_index_storage_format"})
                          : table_of({name_column});
  for (const auto& relation : TRY(relations_of(database, context))) {
    auto& row = table.rows.emplace_back();
    row.push_back(text(relation.name));
    // Tables here have none of Doris' storage formats; it writes NONE for those that have not, too.
    if (show.full) row.insert(row.end(), {table_type(relation), text("NONE"), text("NONE")});
  }
  return table;
}

Result<Table> show_table_status(const dialect::ShowStatement& show, ShowContext& context) {
  const std::string database = TRY(database_of(show.object, context));
  Table table = table_of({"Name", "Engine", "#Version", "Row_format", "#Rows", "#Avg_row_length", "#Data_length",
                          "#Max_data_length", "#Index_length", "#Data_free", "#Auto_increment", "Create_time",
                          "Update_time", "Check_time", "Collation", "#Checksum", "Create_options", "Comment"});
  for (const auto& relation : TRY(relations_of(database, context))) {
    const bool stored = !relation.view;
    table.rows.push_back({text(relation.name), stored ? text(kEngine) : no_text(), stored ? number(10) : no_number(),
                          no_text(), relation.rows ? number(static_cast<int64_t>(*relation.rows)) : no_number(),
                          no_number(), no_number(), no_number(), no_number(), no_number(), no_number(), no_text(),
                          no_text(), no_text(), stored ? text(kernel::kTableCollation) : no_text(), no_number(),
                          stored ? text("") : no_text(),
                          text(relation.view && relation.comment.empty() ? "VIEW" : relation.comment)});
  }
  return table;
}

Result<Table> show_columns(const dialect::ShowStatement& show, ShowContext& context) {
  const kernel::RelationFacts relation = TRY(relation_of(show.object, context));
  return show.describe ? describe(relation, context.variables.show_hidden_columns()) : columns_of(relation, show.full);
}

Result<Table> show_index(const dialect::ShowStatement& show, ShowContext& context) {
  const kernel::RelationFacts relation = TRY(relation_of(show.object, context));
  Table table = table_of({"Table", "#Non_unique", "Key_name", "#Seq_in_index", "Column_name", "Collation",
                          "#Cardinality", "#Sub_part", "Packed", "Null", "Index_type", "Comment", "Properties"});
  for (const auto& key : relation.keys) {
    for (size_t i = 0; i < key.columns.size(); ++i) {
      auto column = std::ranges::find(relation.columns, key.columns[i], &kernel::ColumnFacts::name);
      const bool nullable = column != relation.columns.end() && column->nullable;
      const bool counted = key.unique && key.columns.size() == 1 && relation.rows;
      table.rows.push_back({text(relation.name), number(key.unique ? 0 : 1), text(key.name),
                            number(static_cast<int64_t>(i + 1)), text(key.columns[i]), text("A"),
                            counted ? number(static_cast<int64_t>(*relation.rows)) : no_number(), no_number(),
                            no_text(), text(nullable ? "YES" : ""), text("BTREE"), text(""), text("")});
    }
  }
  // Of a table in MySQL's manner they have MySQL's kind.
  const bool plain = relation.model.keys == kernel::KeyModel::kNone;
  for (const std::string& line : relation.model.indexes) {
    const auto columns = columns_in_line(line);
    const size_t using_at = line.find(" USING ");
    std::string kind = using_at == std::string::npos ? (plain ? "BTREE" : "INVERTED") : line.substr(using_at + 7);
    kind = kind.substr(0, kind.find(' '));
    const size_t properties = line.find(" PROPERTIES");
    const size_t comment = line.find(" COMMENT ");
    std::string shown = properties == std::string::npos ? "" : line.substr(properties + 11);
    if (comment != std::string::npos && properties != std::string::npos && comment > properties)
      shown = line.substr(properties + 11, comment - properties - 11);
    std::string remark = comment == std::string::npos ? "" : line.substr(comment + 9);
    if (remark.size() >= 2) remark = remark.substr(1, remark.size() - 2);
    for (size_t i = 0; i < columns.size(); ++i) {
      table.rows.push_back({text(relation.name), plain ? number(1) : no_number(), text(name_in_line(line)),
                            number(static_cast<int64_t>(i + 1)), text(columns[i]), plain ? text("A") : no_text(),
                            no_number(), no_number(), no_text(), no_text(), text(kind), text(remark), text(shown)});
    }
  }
  return table;
}

Result<Table> show_catalogs(ShowContext& context) {
  Table table = table_of({"#CatalogId", "CatalogName", "Type", "IsCurrent", "CreateTime", "LastUpdateTime", "Comment"});
  const auto current = kernel::foreign_database(context.database);
  table.rows.push_back({number(0), text(kernel::kInternalCatalog), text("internal"), text(current ? "" : "yes"),
                        no_text(), no_text(), text("Databases of this server")});
  for (int64_t id = 1; const auto& catalog : kernel::foreign_catalogs()) {
    table.rows.push_back({number(id++), text(catalog.name), text(catalog.type),
                          text(current && current->catalog == catalog.name ? "yes" : ""), no_text(), no_text(),
                          text(catalog.comment)});
  }
  return table;
}

}  // namespace sluice::session
