// SPDX-License-Identifier: Apache-2.0
// What a LOAD LABEL says of its files and rows, as a LoadSpec for each table. Pure functions: any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/decompress.h"
#include "base/result.h"
#include "dialect/file_statements.h"
#include "session/load.h"

namespace sluice::session {

// PROPERTIES (..) of the whole statement.
struct BrokerLoadOptions {
  std::chrono::seconds timeout{0};  // 0: that of other statements
  double max_filter_ratio = 0;      // of all rows of all tables
  bool strict = false;
  bool partial_columns = false;
  std::string time_zone;  // empty: the session's
  uint64_t skip_lines = 0;
  bool trim_double_quotes = false;
};
// Errors: 1105 in Doris' words, 1235 what is not offered.
Result<BrokerLoadOptions> read_broker_load_options(const dialect::BrokerLoadStatement& statement);

// How one of the files is to be loaded; the table's database is filled in where none is written. Bad rows never fail
// it: how many the statement takes is counted over all of its loads. Errors: 1105, 1064, 1235.
Result<LoadSpec> broker_load_spec(const dialect::BrokerLoadStatement::Part& part, const BrokerLoadOptions& options,
                                  const std::string& database, const std::string& url);

// How a file is compressed: as written, else by its name.
std::optional<Compression> broker_load_compression(const dialect::BrokerLoadStatement::Part& part,
                                                   const std::string& key);

// The values of the folders `name=value` of a key, for each of the names: the last folders, between which there may be
// others of that form. NULL is __HIVE_DEFAULT_PARTITION__; %2F and the like are decoded. Error 1105.
Result<std::vector<std::optional<std::string>>> path_values(const std::string& key,
                                                            const std::vector<std::string>& names);

}  // namespace sluice::session
