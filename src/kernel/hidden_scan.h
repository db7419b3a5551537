// SPDX-License-Identifier: Apache-2.0
// A table with the hidden columns that Doris' UNIQUE KEY tables have: __DORIS_DELETE_SIGN__ (0: only live rows are
// kept here), __DORIS_VERSION_COL__ (NULL: rows know no version here) and __DORIS_SEQUENCE_COL__ (the column that
// function_column.sequence_col names, or one that is stored, of function_column.sequence_type). Any thread.
#pragma once

#include <string>
#include <vector>

#include "kernel/catalog_facts.h"
#include "pch/pch.h"

namespace sluice::kernel {

// A FROM entry under the table's name, without stored hidden columns; of these columns (names in upper case) those that
// the table has.
duckdb::unique_ptr<duckdb::TableRef> hidden_scan(const std::string& catalog, const std::string& schema,
                                                 const std::string& table, const std::vector<std::string>& columns);

// A * over the table or view that leaves stored hidden columns out.
duckdb::unique_ptr<duckdb::ParsedExpression> visible_star(const duckdb::CatalogEntry& entry);

// Whether a table of this name, in whatever database, may have stored hidden columns. As long as none has, nobody
// looks.
bool may_store_hidden_columns(const std::string& table);
// Said by whoever makes such a column, before it is there, and of every new name of a table: names that were noted in
// vain cost little.
void note_stored_hidden_column(const std::string& table);
void note_new_name(const std::string& table);
// Looks for them in all tables, when a data file was opened.
void find_stored_hidden_columns(duckdb::ClientContext& context);

// The columns that * does not show, as DESC lists them.
std::vector<ColumnFacts> hidden_columns(const RelationFacts& relation);

// Registers what hidden_scan() stands for.
void create_hidden_scan(duckdb::ClientContext& context);

}  // namespace sluice::kernel
