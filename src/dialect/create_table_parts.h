// SPDX-License-Identifier: Apache-2.0
// What CREATE TABLE says, while it is read, and what becomes of it. Lives on the stack of the parser; one thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "dialect/statements.h"
#include "duckdb/parser/constraints/list.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "kernel/partitions.h"

namespace sluice::dialect {

using Columns = std::vector<std::string>;
using Trees = std::vector<std::unique_ptr<duckdb::SQLStatement>>;

struct TableParts {
  duckdb::unique_ptr<duckdb::CreateTableInfo> info;
  Columns primary_key;  // MySQL's, from wherever it was written
  std::vector<Columns> unique_keys;
  std::set<std::string> not_null;  // columns, in lower case
  kernel::TableModel model;
  std::vector<kernel::WrittenPartition> partitions;
  std::map<std::string, uint64_t> first_numbers;  // of AUTO_INCREMENT columns
  bool doris = false;                             // something that only Doris has was written
};

duckdb::unique_ptr<duckdb::UniqueConstraint> key_constraint(const Columns& columns, bool primary);
std::unique_ptr<duckdb::SQLStatement> create_statement(duckdb::unique_ptr<duckdb::CreateTableInfo> info);

// The columns that Doris makes keys of when nothing says which: the first ones, of at most 36 bytes and three columns,
// up to the first text.
Columns default_keys(const duckdb::ColumnList& columns);
// Doris' model from all that was written: which columns are keys, how the others aggregate, the bounds of partitions.
Parsed<void> finish_model(ParseContext& c, TableParts& table);
// Properties that no table has.
Parsed<void> check_table_properties(ParseContext& c, const TableParts& table);
// What Doris refuses of such a table.
Parsed<void> check_table(ParseContext& c, const TableParts& table);
// A sequence of the kernel for each AUTO_INCREMENT column; its name goes into the column's model.
Trees make_sequences(ParseContext& c, TableParts& table);
// CREATE TABLE .. AS: the kernel finds the columns; what Doris says of them is noted after.
Body create_as(ParseContext& c, TableParts& table, KernelStatement statement);

}  // namespace sluice::dialect
