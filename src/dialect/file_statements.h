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

}  // namespace sluice::dialect
