// SPDX-License-Identifier: Apache-2.0
#include "kernel/system_functions.h"

#include "base/log.h"
#include "duckdb/parser/parsed_data/create_schema_info.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "functions/registry.h"
#include "functions/types.h"
#include "kernel/catalog_facts.h"
#include "kernel/charsets.h"
#include "kernel/column_rows.h"
#include "kernel/date_arithmetic.h"
#include "kernel/deleted_rows.h"
#include "kernel/distinct_names.h"
#include "kernel/file_scan.h"
#include "kernel/foreign_catalogs.h"
#include "kernel/hidden_scan.h"
#include "kernel/index_scan.h"
#include "kernel/insert_values.h"
#include "kernel/partition_scan.h"
#include "kernel/plan_rules.h"
#include "kernel/row_function.h"
#include "kernel/server_functions.h"
#include "kernel/table_writes.h"
#include "kernel/viewer.h"

namespace sluice::kernel {
namespace {

using duckdb::ClientContext;
using duckdb::LogicalType;
using duckdb::Value;
using Rows = SystemRows::Rows;

constexpr const char* kEngine = "OLAP";

Value text(std::string_view value) { return Value(std::string(value)); }
Value number(int64_t value) { return Value::BIGINT(value); }
Value no_text() { return Value(LogicalType::VARCHAR); }
Value no_number() { return Value(LogicalType::BIGINT); }
Value no_time() { return Value(LogicalType::TIMESTAMP); }

// The one database, and the one table, whose rows the statement wants, when it says so.
struct Only {
  std::optional<std::string> database;
  std::optional<std::string> table;
};

std::vector<std::string> databases(ClientContext& context, const Only& only) {
  std::vector<std::string> names = list_databases(context);
  if (only.database) std::erase_if(names, [&](const std::string& name) { return name != *only.database; });
  return names;
}

// A database of another system. Its schema is shown as "kairos.default", which is what clients write that know
// databases only; "default" where the statement asks for it so.
struct ShownDatabase {
  std::string name;
  std::string catalog;
  std::string shown;
};
std::vector<ShownDatabase> foreign_databases(ClientContext& context, const Only& only) {
  std::vector<ShownDatabase> found;
  for (const auto& catalog : foreign_catalogs()) {
    for (const auto& database : catalog.databases) {
      const std::string name = catalog.name + "." + database;
      if (only.database && *only.database != database && *only.database != name) continue;
      if (find_database(context, name)) found.push_back({name, catalog.name, only.database.value_or(name)});
    }
  }
  return found;
}

// Of a system that cannot be asked nothing is shown, unless the statement is about it: the others' tables are there.
std::vector<RelationFacts> foreign_relations(ClientContext& context, const ShownDatabase& database, const Only& only,
                                             std::vector<RelationFacts> (*list)(ClientContext&, std::string_view)) {
  try {
    return list(context, database.name);
  } catch (const std::exception& exception) {
    if (only.database) throw;
    static log::RateLimit limit;
    limit.warn("the tables of a catalog cannot be listed",
               {{"database", database.name}, {"reason", duckdb::ErrorData(exception).RawMessage()}});
    return {};
  }
}

struct SystemFunction {
  using Asked = Only;
  static Only asked(const duckdb::vector<Value>&) { return {}; }  // note_database() finds more

  const char* name;
  const char* database_column;  // an equality on it leaves one database to read; null: no such column
  std::vector<RowColumn> columns;
  void (*fill)(ClientContext& context, const SystemRows& source, const Only& only, Rows& rows);
};

const LogicalType kText = LogicalType::VARCHAR;
const LogicalType kNumber = LogicalType::BIGINT;
const LogicalType kTime = LogicalType::TIMESTAMP;

// ---- what the catalog holds

void fill_databases(ClientContext& context, const SystemRows&, const Only& only, Rows& rows) {
  for (const std::string& name : databases(context, only)) rows.push_back({text(name)});
  for (const auto& database : foreign_databases(context, only)) rows.push_back({text(database.shown)});
}

Value table_type(const RelationFacts& relation) {
  if (is_system_database(relation.database)) return text("SYSTEM VIEW");
  if (relation.view) return text("VIEW");
  return text(relation.temporary ? "TEMPORARY" : "BASE TABLE");
}

void fill_tables(ClientContext& context, const SystemRows&, const Only& only, Rows& rows) {
  for (const std::string& database : databases(context, only)) {
    for (const RelationFacts& relation : list_relations(context, database)) {
      const bool table = !relation.view;
      rows.push_back({text("internal"),
                      text(database),
                      text(relation.name),
                      table_type(relation),
                      table ? text(kEngine) : no_text(),
                      table ? number(10) : no_number(),
                      no_text(),
                      relation.rows ? number(static_cast<int64_t>(*relation.rows)) : no_number(),
                      relation.rows == 0 ? number(0) : no_number(),
                      no_number(),
                      no_number(),
                      no_number(),
                      no_number(),
                      no_number(),
                      no_time(),
                      no_time(),
                      no_time(),
                      table ? text(kTableCollation) : no_text(),
                      no_number(),
                      table ? text("") : no_text(),
                      text(relation.view && relation.comment.empty() ? "VIEW" : relation.comment)});
    }
  }
  for (const auto& database : foreign_databases(context, only)) {
    for (const RelationFacts& relation : foreign_relations(context, database, only, list_relations)) {
      if (only.table && *only.table != relation.name) continue;
      rows.push_back({text(database.catalog),
                      text(database.shown),
                      text(relation.name),
                      text("BASE TABLE"),
                      text("EXTERNAL"),
                      number(10),
                      no_text(),
                      no_number(),
                      no_number(),
                      no_number(),
                      no_number(),
                      no_number(),
                      no_number(),
                      no_number(),
                      no_time(),
                      no_time(),
                      no_time(),
                      text(kTableCollation),
                      no_number(),
                      text(""),
                      text("")});
    }
  }
}

void add_columns(const RelationFacts& relation, Rows& rows) {
  for (size_t i = 0; i < relation.columns.size(); ++i) rows.push_back(column_row(relation, relation.columns[i], i + 1));
}

void fill_columns(ClientContext& context, const SystemRows&, const Only& only, Rows& rows) {
  for (const std::string& database : databases(context, only)) {
    for (const RelationFacts& relation : describe_relations(context, database)) {
      add_columns(relation, rows);
    }
  }
  for (const auto& database : foreign_databases(context, only)) {
    const size_t first = rows.size();
    if (only.table) {
      if (const auto relation = describe_relation(context, database.name, *only.table)) add_columns(*relation, rows);
    } else {
      for (const RelationFacts& relation : foreign_relations(context, database, only, describe_relations))
        add_columns(relation, rows);
    }
    for (size_t row = first; row < rows.size(); ++row) {
      rows[row][0] = text(database.catalog);
      rows[row][1] = text(database.shown);
    }
  }
}

void fill_keys(ClientContext& context, const SystemRows&, const Only& only, Rows& rows) {
  for (const std::string& database : databases(context, only)) {
    if (is_system_database(database)) continue;
    for (const RelationFacts& relation : describe_relations(context, database)) {
      for (const KeyFacts& key : relation.keys) {
        for (size_t i = 0; i < key.columns.size(); ++i) {
          auto column = std::ranges::find(relation.columns, key.columns[i], &ColumnFacts::name);
          const bool nullable = column != relation.columns.end() && column->nullable;
          // Of a unique key over one column the number of different values is that of the rows.
          const bool counted = key.unique && key.columns.size() == 1 && relation.rows;
          rows.push_back({text("def"), text(database), text(relation.name), number(key.unique ? 0 : 1), text(database),
                          text(key.name), number(static_cast<int64_t>(i + 1)), text(key.columns[i]), text("A"),
                          counted ? number(static_cast<int64_t>(*relation.rows)) : no_number(), no_number(), no_text(),
                          text(nullable ? "YES" : ""), text("BTREE"), text(""), text(""),
                          Value::BOOLEAN(key.constraint)});
        }
      }
    }
  }
}

void fill_views(ClientContext& context, const SystemRows&, const Only& only, Rows& rows) {
  const auto viewer = viewer_of(context);
  for (const std::string& database : databases(context, only)) {
    if (is_system_database(database)) continue;
    for (const RelationFacts& relation : describe_relations(context, database)) {
      if (!relation.view) continue;
      const bool shown = !viewer || viewer->sees_definition(database, relation.name);
      rows.push_back({text(database), text(relation.name), text(shown ? relation.definition : std::string())});
    }
  }
}

void fill_checks(ClientContext& context, const SystemRows&, const Only& only, Rows& rows) {
  for (const std::string& database : databases(context, only)) {
    if (is_system_database(database)) continue;
    for (const RelationFacts& relation : describe_relations(context, database)) {
      for (size_t i = 0; i < relation.checks.size(); ++i) {
        rows.push_back({text(database), text(relation.name), text(relation.name + "_chk_" + std::to_string(i + 1)),
                        text(relation.checks[i])});
      }
    }
  }
}

// ---- constants

void fill_charsets(ClientContext&, const SystemRows&, const Only&, Rows& rows) {
  for (const Charset& charset : charsets()) {
    rows.push_back(
        {text(charset.name), text(charset.default_collation), text(charset.description), number(charset.max_bytes)});
  }
}

void fill_collations(ClientContext&, const SystemRows&, const Only&, Rows& rows) {
  for (const Collation& collation : collations()) {
    rows.push_back({text(collation.name), text(collation.charset), number(collation.id),
                    text(is_default(collation) ? "Yes" : ""), text("Yes"), number(collation.sort_bytes)});
  }
}

// ---- what the sessions' side provides

template <SystemRows::Kind kind>
void fill_provided(ClientContext&, const SystemRows& source, const Only&, Rows& rows) {
  rows = source.rows(kind);
}

// Those of the session whose statement this is; of none: the global ones.
void fill_own_variables(ClientContext& context, const SystemRows& source, const Only&, Rows& rows) {
  const auto own = context.registered_state->Get<OwnRows>(OwnRows::kKey);
  rows = own && own->variables ? own->variables() : source.rows(SystemRows::Kind::kGlobalVariables);
}

// Those about users whom the client may know of; column `user_column` has their names.
template <SystemRows::Kind kind, size_t user_column>
void fill_of_users(ClientContext& context, const SystemRows& source, const Only&, Rows& rows) {
  rows = source.rows(kind);
  if (const auto viewer = viewer_of(context))
    std::erase_if(rows, [&](const auto& row) { return !viewer->sees_user(row[user_column].ToString()); });
}

const std::vector<SystemFunction>& system_functions() {
  static const std::vector<SystemFunction> functions{
      {"catalog_databases", "name", {{"name", kText}}, fill_databases},
      {"catalog_tables",
       "TABLE_SCHEMA",
       {{"TABLE_CATALOG", kText},
        {"TABLE_SCHEMA", kText},
        {"TABLE_NAME", kText},
        {"TABLE_TYPE", kText},
        {"ENGINE", kText},
        {"VERSION", kNumber},
        {"ROW_FORMAT", kText},
        {"TABLE_ROWS", kNumber},
        {"AVG_ROW_LENGTH", kNumber},
        {"DATA_LENGTH", kNumber},
        {"MAX_DATA_LENGTH", kNumber},
        {"INDEX_LENGTH", kNumber},
        {"DATA_FREE", kNumber},
        {"AUTO_INCREMENT", kNumber},
        {"CREATE_TIME", kTime},
        {"UPDATE_TIME", kTime},
        {"CHECK_TIME", kTime},
        {"TABLE_COLLATION", kText},
        {"CHECKSUM", kNumber},
        {"CREATE_OPTIONS", kText},
        {"TABLE_COMMENT", kText}},
       fill_tables},
      {"catalog_columns",
       "TABLE_SCHEMA",
       {{"TABLE_CATALOG", kText},
        {"TABLE_SCHEMA", kText},
        {"TABLE_NAME", kText},
        {"COLUMN_NAME", kText},
        {"ORDINAL_POSITION", kNumber},
        {"COLUMN_DEFAULT", kText},
        {"IS_NULLABLE", kText},
        {"DATA_TYPE", kText},
        {"CHARACTER_MAXIMUM_LENGTH", kNumber},
        {"CHARACTER_OCTET_LENGTH", kNumber},
        {"NUMERIC_PRECISION", kNumber},
        {"NUMERIC_SCALE", kNumber},
        {"DATETIME_PRECISION", kNumber},
        {"CHARACTER_SET_NAME", kText},
        {"COLLATION_NAME", kText},
        {"COLUMN_TYPE", kText},
        {"COLUMN_KEY", kText},
        {"EXTRA", kText},
        {"PRIVILEGES", kText},
        {"COLUMN_COMMENT", kText},
        {"GENERATION_EXPRESSION", kText}},
       fill_columns},
      {"catalog_keys",
       "TABLE_SCHEMA",
       {{"TABLE_CATALOG", kText},
        {"TABLE_SCHEMA", kText},
        {"TABLE_NAME", kText},
        {"NON_UNIQUE", kNumber},
        {"INDEX_SCHEMA", kText},
        {"INDEX_NAME", kText},
        {"SEQ_IN_INDEX", kNumber},
        {"COLUMN_NAME", kText},
        {"COLLATION", kText},
        {"CARDINALITY", kNumber},
        {"SUB_PART", kNumber},
        {"PACKED", kText},
        {"NULLABLE", kText},
        {"INDEX_TYPE", kText},
        {"COMMENT", kText},
        {"INDEX_COMMENT", kText},
        {"is_constraint", LogicalType::BOOLEAN}},
       fill_keys},
      {"catalog_views", "database", {{"database", kText}, {"name", kText}, {"definition", kText}}, fill_views},
      {"catalog_checks",
       "database",
       {{"database", kText}, {"table_name", kText}, {"name", kText}, {"condition", kText}},
       fill_checks},
      {"charsets",
       nullptr,
       {{"CHARACTER_SET_NAME", kText}, {"DEFAULT_COLLATE_NAME", kText}, {"DESCRIPTION", kText}, {"MAXLEN", kNumber}},
       fill_charsets},
      {"collations",
       nullptr,
       {{"COLLATION_NAME", kText},
        {"CHARACTER_SET_NAME", kText},
        {"ID", kNumber},
        {"IS_DEFAULT", kText},
        {"IS_COMPILED", kText},
        {"SORTLEN", kNumber}},
       fill_collations},
      {"accounts",
       nullptr,
       {{"user", kText},
        {"host", kText},
        {"plugin", kText},
        {"privileges", kText},
        {"expiration_seconds", kNumber},
        {"password_creation_time", kText},
        {"history_num", kNumber},
        {"num_failed_login", kNumber},
        {"password_lock_seconds", kNumber},
        {"failed_login_counter", kNumber},
        {"locked", kText}},
       fill_of_users<SystemRows::Kind::kAccounts, 0>},
      {"privileges",
       nullptr,
       {{"level", kText},
        {"user", kText},
        {"grantee", kText},
        {"database", kText},
        {"name", kText},
        {"column_name", kText},
        {"privilege", kText},
        {"grantable", kText}},
       fill_of_users<SystemRows::Kind::kPrivileges, 1>},
      {"processes",
       nullptr,
       {{"CURRENT_CONNECTED", kText},
        {"ID", kNumber},
        {"USER", kText},
        {"HOST", kText},
        {"LOGIN_TIME", kText},
        {"CATALOG", kText},
        {"DB", kText},
        {"COMMAND", kText},
        {"TIME", kNumber},
        {"STATE", kText},
        {"QUERY_ID", kText},
        {"INFO", kText},
        {"FE", kText},
        {"CLOUD_CLUSTER", kText}},
       fill_of_users<SystemRows::Kind::kProcesses, 2>},
      {"global_variables",
       nullptr,
       {{"VARIABLE_NAME", kText}, {"VARIABLE_VALUE", kText}, {"DEFAULT_VALUE", kText}, {"CHANGED", kText}},
       fill_provided<SystemRows::Kind::kGlobalVariables>},
      {"session_variables",
       nullptr,
       {{"VARIABLE_NAME", kText}, {"VARIABLE_VALUE", kText}, {"DEFAULT_VALUE", kText}, {"CHANGED", kText}},
       fill_own_variables},
  };
  return functions;
}

using Frame = RowFunction<SystemFunction>;

// Notes WHERE TABLE_SCHEMA = 'x' and TABLE_NAME = 'y', so that others are not read; the filter itself stays with the
// kernel.
void note_database(ClientContext&, duckdb::LogicalGet& get, duckdb::FunctionData* bind_data,
                   duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) {
  auto& data = bind_data->Cast<Frame::Data>();
  const SystemFunction& function = data.definition;
  const char* wanted = function.database_column;
  if (!wanted) return;
  for (const auto& filter : filters) {
    if (filter->GetExpressionType() != duckdb::ExpressionType::COMPARE_EQUAL) continue;
    const auto& comparison = filter->Cast<duckdb::BoundComparisonExpression>();
    const auto* column = comparison.left.get();
    const auto* constant = comparison.right.get();
    if (column->GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) std::swap(column, constant);
    if (column->GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF ||
        constant->GetExpressionClass() != duckdb::ExpressionClass::BOUND_CONSTANT) {
      continue;
    }
    const auto& binding = column->Cast<duckdb::BoundColumnRefExpression>().binding;
    const auto& value = constant->Cast<duckdb::BoundConstantExpression>().value;
    if (binding.table_index != get.table_index || value.IsNull() || value.type().id() != duckdb::LogicalTypeId::VARCHAR)
      continue;
    const size_t index = get.GetColumnIds()[binding.column_index].GetPrimaryIndex();
    if (index < function.columns.size() && std::string_view(function.columns[index].name) == wanted) {
      data.asked.database = value.GetValue<std::string>();
    } else if (index < function.columns.size() && std::string_view(function.columns[index].name) == "TABLE_NAME") {
      data.asked.table = value.GetValue<std::string>();
    }
  }
}

}  // namespace

void create_system_functions(ClientContext& context, std::shared_ptr<SystemRows> rows) {
  auto& catalog = duckdb::Catalog::GetSystemCatalog(context);
  auto transaction = duckdb::CatalogTransaction::GetSystemTransaction(*context.db);
  duckdb::CreateSchemaInfo schema;
  schema.schema = "doris";
  schema.internal = true;
  schema.on_conflict = duckdb::OnCreateConflict::IGNORE_ON_CONFLICT;
  catalog.CreateSchema(transaction, schema);
  for (const SystemFunction& function : system_functions()) {
    auto definition = Frame::make(function, 0, rows);
    definition.pushdown_complex_filter = note_database;
    Frame::create(context, definition);
  }
  create_server_functions(context, rows);
  create_date_arithmetic(context);
  create_write_functions(context);
  create_deleted_rows(context);
  create_insert_values(context);
  create_partition_scan(context);
  create_index_scan(context);
  create_hidden_scan(context);
  create_distinct_names(context);
  create_file_scan(context);
  register_plan_rules(duckdb::DBConfig::GetConfig(context));
  functions::create_types(context);
  functions::create_functions(context);
}

}  // namespace sluice::kernel
