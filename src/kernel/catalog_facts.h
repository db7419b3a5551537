// SPDX-License-Identifier: Apache-2.0
// What the catalog holds, in the terms of MySQL: databases, tables, columns, keys. Read by SHOW and by
// information_schema, so that both say the same. Source of truth: the kernel's catalog, as the context's transaction
// sees it. Call inside Connection::with_context or inside a kernel function; thread rule of the context.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "functions/moment_digits.h"
#include "kernel/catalog_text.h"
#include "kernel/table_model.h"
#include "pch/pch.h"

namespace sluice::kernel {

// The kernel's own catalog, which SQL cannot change; these schemas of it are the databases `information_schema` and
// `mysql`.
inline constexpr const char* kSystemCatalog = "system";
inline constexpr const char* kInformationSchema = "mysql_information_schema";
inline constexpr const char* kMysqlSchema = "mysql_schema";
// Tables whose names begin so were dropped and can be recovered; nobody sees them (session/recycle_bin.h).
inline constexpr const char* kDroppedPrefix = "__sluice_dropped_";
// The tag of a view that holds its query's text, set by whoever creates the view.
inline constexpr const char* kDefinitionTag = "definition";

// Where the kernel keeps a database of clients: a schema of `internal`, or of `system` for the two system databases
// (named in any case).
struct SchemaName {
  std::string catalog;
  std::string schema;
};
SchemaName kernel_schema(std::string_view database);
bool is_system_database(std::string_view database);

enum class ColumnKey : uint8_t { kNone, kPrimary, kUnique, kMultiple };
std::string_view to_string(ColumnKey key);  // "", "PRI", "UNI", "MUL"

struct ColumnFacts {
  std::string name;
  duckdb::LogicalType type;
  bool nullable = true;
  ColumnKey key = ColumnKey::kNone;
  std::optional<DefaultText> default_value;
  std::string generated;  // the expression of a generated column, else empty
  std::string comment;
  ColumnModel model;  // what Doris' CREATE TABLE said of it
  // As declared: "varchar(10)", "int".
  std::string type_text() const;
};

// A primary key, a UNIQUE constraint or an index.
struct KeyFacts {
  std::string name;  // "PRIMARY", or as MySQL would name it
  bool unique = false;
  bool primary = false;
  bool constraint = false;           // false: made by CREATE INDEX
  std::vector<std::string> columns;  // in key order; the text of an expression where it is none
};

// One table or view.
struct RelationFacts {
  std::string database;
  std::string name;
  bool view = false;
  bool temporary = false;
  std::string comment;
  TableModel model;              // tables only; the keys of a table that is none of Doris are kNone
  std::optional<uint64_t> rows;  // tables only; an estimate while others write
  // What follows is filled by describe() only.
  std::vector<ColumnFacts> columns;
  std::vector<KeyFacts> keys;        // the primary key first
  std::vector<std::string> checks;   // conditions of CHECK constraints
  std::string definition;            // the query of a view, as its author wrote it when that is known
  std::vector<std::string> aliases;  // the columns in CREATE VIEW v (a, b)
  std::vector<duckdb::LogicalType> partition_types;
};

// Names of all databases that clients see, sorted; the two system databases among them.
std::vector<std::string> list_databases(duckdb::ClientContext& context);
// The database's name as it was created when clients may see it, else nothing.
std::optional<std::string> find_database(duckdb::ClientContext& context, std::string_view database);

// Tables and views of a database that exists, sorted by name, without their columns.
std::vector<RelationFacts> list_relations(duckdb::ClientContext& context, std::string_view database);
// The same with everything.
std::vector<RelationFacts> describe_relations(duckdb::ClientContext& context, std::string_view database);
// One of them with everything; a temporary table hides one of the same name.
std::optional<RelationFacts> describe_relation(duckdb::ClientContext& context, std::string_view database,
                                               std::string_view name);

// What the declarations of a table's columns say beyond the kernel's types.
struct DeclaredColumn {
  std::optional<uint8_t> fraction_digits;  // n of DATETIME(n); 0 of a DATETIME that holds no more
  bool is_string = false;                  // STRING, neither CHAR nor VARCHAR
};
// In the order of `columns`; nothing of unknown names.
std::vector<DeclaredColumn> declared_columns(duckdb::ClientContext& context, std::string_view database,
                                             const std::string& table, const std::vector<std::string>& columns);

// The n of the DATETIMEs in these columns, in their order.
std::vector<functions::MomentDigits> declared_moments(const duckdb::TableCatalogEntry& table,
                                                      const std::vector<std::string>& columns);

}  // namespace sluice::kernel
