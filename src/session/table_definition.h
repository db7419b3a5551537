// SPDX-License-Identifier: Apache-2.0
// A table's whole definition, read from the kernel's catalog, changed, and written back: with the kernel's own ALTER
// where that does, else by making the table anew with its rows. Internal to src/session; thread rule as Session.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "dialect/statement.h"
#include "duckdb/parser/constraints/list.hpp"
#include "duckdb/parser/parsed_data/create_index_info.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "kernel/catalog_facts.h"
#include "kernel/connection.h"
#include "kernel/table_model.h"

namespace sluice::session {

// Error 1105 with Doris' frame around the sentence.
Error ddl_error(const std::string& sentence);
// 1060, 1054, 1091: of columns and keys.
Error unknown_column(const std::string& name, const std::string& table);

struct TableColumn {
  duckdb::ColumnDefinition definition{std::string(), duckdb::LogicalType::INVALID};
  bool not_null = false;
  std::string source;  // the column's name in the stored table; empty: it is new
  bool retyped = false;

  const std::string& name() const { return definition.Name(); }
  kernel::ColumnModel model() const { return kernel::decode_column(definition.Comment()); }
};

struct TableDefinition {
  std::string catalog, schema;  // where the kernel has it
  std::string database;
  std::string name;
  bool temporary = false;
  std::vector<TableColumn> columns;
  std::vector<std::vector<std::string>> uniques;  // UNIQUE constraints
  std::vector<std::string> primary_key;
  std::vector<duckdb::unique_ptr<duckdb::ParsedExpression>> checks;
  std::vector<duckdb::unique_ptr<duckdb::CreateIndexInfo>> indexes;  // made by CREATE UNIQUE INDEX
  kernel::TableModel model;
  duckdb::InsertionOrderPreservingMap<std::string> tags;
  uint64_t rows = 0;  // an estimate

  TableColumn* find(const std::string& column);
  // Index in `columns`. Error 1054.
  Result<size_t> at(const std::string& column) const;
};

// Errors: 1146; 1347 when it is a view.
Result<TableDefinition> read_definition(kernel::Connection& kernel, const std::string& database,
                                        const std::string& name);

// The value as one of the column's type: Doris' conversion, an error where it cannot be.
duckdb::unique_ptr<duckdb::ParsedExpression> stored_as(duckdb::unique_ptr<duckdb::ParsedExpression> value,
                                                       const duckdb::LogicalType& type);

// Runs inside an open transaction. The new table takes the place of the old: rows in their order, constraints,
// comments, tags and indexes.
Status rebuild_table(kernel::Connection& kernel, const TableDefinition& definition);
// Comments of the table alone.
Status store_model(kernel::Connection& kernel, const TableDefinition& definition);
// After CREATE TABLE .. AS, whose columns only the kernel found out: the keys of a table with duplicates that names
// none.
Status note_default_keys(kernel::Connection& kernel, const std::string& database, const std::string& name);
Status rename_table(kernel::Connection& kernel, const TableDefinition& definition, const std::string& to);
// A copy of it, with its rows, in another schema of the same catalog.
Status move_table(kernel::Connection& kernel, TableDefinition definition, const std::string& schema);
Status drop_table(kernel::Connection& kernel, const TableDefinition& definition);

// Runs one tree to its end.
Status run_tree(kernel::Connection& kernel, duckdb::unique_ptr<duckdb::SQLStatement> tree);

// "INDEX `i` (`c`) USING INVERTED" -> i; "`r` (`a`, `b`)" -> r.
std::string name_in_line(std::string_view line);
std::vector<std::string> columns_in_line(std::string_view line);

}  // namespace sluice::session
