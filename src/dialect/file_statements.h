// SPDX-License-Identifier: Apache-2.0
// What the parser makes of statements that write files: SELECT .. INTO OUTFILE, EXPORT TABLE.
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
  struct Part {
    std::vector<std::string> urls;
    QualifiedName table;
    // Runs once `source` stands for the files: INSERT INTO t (..) SELECT .. FROM source.
    std::vector<std::string> columns;                           // of the file, in order; empty: those of the table
    std::vector<std::pair<std::string, std::string>> mappings;  // SET (column = expression), as written
    std::string where;                                          // as written; empty: all rows
    std::string column_separator;                               // as written; empty: a tab
    std::string line_delimiter;
    std::string format;  // upper case; empty: by the file's name
    std::vector<std::string> partitions;
  };
  std::string label;
  std::string database;  // empty: the selected one
  std::vector<Part> parts;
  std::vector<std::pair<std::string, std::string>> storage;  // WITH S3 (..)
  std::vector<std::pair<std::string, std::string>> properties;
};

}  // namespace sluice::dialect
