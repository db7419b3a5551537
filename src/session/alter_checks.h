// SPDX-License-Identifier: Apache-2.0
// What Doris allows ALTER TABLE to do to the columns of a table with a key model; tables in MySQL's manner have no such
// rules. Pure functions: no thread rule. Errors: 1105 with Doris' frame.
#pragma once

#include "session/table_definition.h"

namespace sluice::session {

Status check_new_column(const TableDefinition& table, const TableColumn& column);
// A column that is to have another name. Errors 1105: a generated column is made of it.
Status check_renamed_column(const TableDefinition& table, const std::string& name);
Status check_dropped_column(const TableDefinition& table, const TableColumn& column);
Status check_changed_column(const TableDefinition& table, const TableColumn& old, const TableColumn& changed);
// The order of all columns: keys first.
Status check_order(const TableDefinition& table, const std::vector<TableColumn>& columns);
// `keys`: of DUPLICATE KEY (..), when it was written.
Status check_rollup(const TableDefinition& table, const std::vector<std::string>& columns,
                    const std::vector<std::string>& keys);
Status check_properties(const TableDefinition& table);
Status check_new_index(const TableDefinition& table, const std::string& name, const std::vector<std::string>& columns,
                       const std::vector<std::pair<std::string, std::string>>& properties);

// Whether a clause may be said of a materialised view with rows of its own.
Status check_on_view(const dialect::AlterTableStatement::Clause& clause);

// Where a new column goes that is not placed: keys after the last key, others at the end.
size_t place_of_new_column(const TableDefinition& table, const TableColumn& column);
// MODIFY COLUMN says a column anew, but not all of it.
void keep_unwritten(const TableColumn& old, TableColumn& changed);
// What rows that are there get for a new column that may not be NULL; null when the type has no such value.
duckdb::unique_ptr<duckdb::ParsedExpression> zero_of(const duckdb::LogicalType& type);

}  // namespace sluice::session
