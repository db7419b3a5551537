// SPDX-License-Identifier: Apache-2.0
// What a load's options mean for its table: which fields the data has, what types they get, and the INSERT statement
// tree that takes them in. Functions without state.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "session/load.h"
#include "session/load_convert.h"

namespace sluice::session {

struct LoadTableColumn {
  std::string name;
  duckdb::LogicalType type;
  bool not_null = false;
  bool auto_increment = false;
  std::shared_ptr<const duckdb::ParsedExpression> default_value{};  // null: none
};
// The table as it is when the load begins; generated columns are left out.
struct LoadTable {
  std::string catalog;
  std::string database;
  std::string name;
  std::vector<LoadTableColumn> columns;
  std::string sequence;                                          // the column of function_column.sequence_col
  std::optional<duckdb::LogicalType> stored_sequence;            // of function_column.sequence_type: a hidden column
  bool unique = false;                                           // UNIQUE KEY
  bool merges = false;                                           // rows of equal keys become one: their order counts
  bool sorted = false;                                           // rows lie by their keys (DUPLICATE KEY)
  const LoadTableColumn* find(const std::string& column) const;  // without regard to case
};
// Errors: 1049, 1146, 1347 not a table.
Result<LoadTable> look_up_load_table(kernel::Connection& connection, const dialect::QualifiedName& name);

// The fields of the data, in order, as columns of the kernel. `spec.columns` empty: all columns of the table, or with
// `present` (Parquet) those of them. Errors: 1054 an unknown column is computed; 1110 one is named twice.
Result<std::vector<LoadTarget>> load_targets(const LoadSpec& spec, const LoadTable& table);

// What columns of the table take that JSON data does not name: their defaults of this moment.
Status take_defaults(kernel::Connection& connection, const LoadTable& table, std::vector<LoadTarget>& targets);

// INSERT INTO table (...) SELECT ... FROM source [WHERE ...]. Takes the trees out of `spec`.
// `fields`: the columns of `source`. With `cast_fields` their types may differ from the table's (Parquet).
duckdb::unique_ptr<duckdb::SQLStatement> load_insert(LoadSpec& spec, const LoadTable& table,
                                                     const std::vector<std::string>& fields,
                                                     duckdb::unique_ptr<duckdb::TableRef> source, bool cast_fields);

// FROM function(value).
duckdb::unique_ptr<duckdb::TableRef> table_function(const std::string& function, duckdb::Value argument);

}  // namespace sluice::session
