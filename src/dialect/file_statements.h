// SPDX-License-Identifier: Apache-2.0
// What the parser makes of statements that write files, SELECT .. INTO OUTFILE and EXPORT TABLE, and of LOAD LABEL.
// Plain data: no thread rule.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dialect/table_statements.h"
#include "pch/pch.h"

namespace sluice::dialect {

// SELECT .. INTO OUTFILE 'url' [FORMAT AS f] [PROPERTIES (..)], and EXPORT TABLE, which is the same for a table.
struct OutfileStatement {
  struct Export {
    QualifiedName table;
    std::vector<std::string> partitions;  // as written; empty: all
    std::string where;                    // as written
  };
  std::unique_ptr<duckdb::SQLStatement> query;
  std::string url;
  std::string format;  // as written, upper case; empty: CSV
  std::vector<std::pair<std::string, std::string>> properties;
  std::optional<Export> exported;
};

// LOAD LABEL l (DATA INFILE(..) INTO TABLE t .., ..) WITH S3 (..) [PROPERTIES (..)]
struct BrokerLoadStatement {
  using Expression = duckdb::unique_ptr<duckdb::ParsedExpression>;
  enum class Merge : uint8_t { kAppend, kDelete, kMerge };
  struct Part {
    Merge merge = Merge::kAppend;
    std::vector<std::string> urls;
    QualifiedName table;
    std::vector<std::string> partitions;
    std::string column_separator;  // as written; empty: a tab
    std::string line_delimiter;
    std::string format;                                        // upper case; empty: by the file's name
    std::string compression;                                   // lower case; empty: by the file's name
    std::vector<std::string> columns;                          // of the file, in order; empty: those of the table
    std::vector<std::string> path_columns;                     // COLUMNS FROM PATH AS
    std::vector<std::pair<std::string, Expression>> mappings;  // SET (column = expression)
    Expression preceding;                                      // over the file's fields, before SET; null: all rows
    Expression where;                                          // over the table's columns; null: all rows
    Expression delete_on;                                      // with kMerge
    std::string sequence;                                      // ORDER BY
    std::vector<std::pair<std::string, std::string>> properties;
  };
  std::string label;
  std::string database;  // empty: the selected one
  std::vector<Part> parts;
  std::vector<std::pair<std::string, std::string>> storage;  // WITH S3 (..)
  std::vector<std::pair<std::string, std::string>> properties;
};

}  // namespace sluice::dialect
