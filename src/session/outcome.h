// SPDX-License-Identifier: Apache-2.0
// What a statement gives back: the contract between sessions and doors. A door turns an Outcome into its wire
// format; it never needs to know how the answer came about.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "functions/moment_digits.h"
#include "pch/pch.h"

namespace sluice::session {

// One column of a result. `type` is the kernel's; doors map it to theirs.
struct Column {
  std::string name;  // as printed: the alias, the column's name or the expression's own text
  duckdb::LogicalType type;
  std::string table;                         // alias of the table a plain column reference came from; empty otherwise
  std::string org_table;                     // that table's own name
  std::string org_name;                      // the column's own name
  std::string schema;                        // that table's database
  std::optional<uint8_t> fraction_digits{};  // of a DATETIME(n): n
  functions::MomentDigits moment_digits{};   // n of the DATETIMEs inside an ARRAY, MAP or STRUCT; may be empty
  bool is_string = false;                    // a column declared as STRING
};

// A statement without rows.
struct Done {
  uint64_t affected_rows = 0;
  uint64_t last_insert_id = 0;
  uint16_t warnings = 0;
  std::string info;  // MySQL's OK info text, e.g. "Records: 3  Duplicates: 0  Warnings: 0"
};

// Rows known in full when the statement returns: SHOW, constants, variables. Each row has columns.size() values.
struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<duckdb::Value>> rows;
};

// Rows produced while they are read. Not thread-safe: one caller at a time, any thread.
// Destroying it early ends the statement and frees what it holds.
class RowStream {
 public:
  virtual ~RowStream() = default;
  virtual const std::vector<Column>& columns() const = 0;
  // The next chunk (1 to 2,048 rows, owned by the stream and valid until the next call), or null at the end.
  // Blocks while the kernel works: call it on a worker thread. After an error or null it is not called again.
  virtual Result<duckdb::DataChunk*> next() = 0;
};

// Takes the bytes of one load (LOAD DATA LOCAL INFILE, stream load) as they arrive. One caller at a time.
// Destroying it before finish() rolls the load back whole.
class LoadSink {
 public:
  virtual ~LoadSink() = default;
  // Hands over the next bytes; blocks while the loader is behind (back-pressure). Worker thread only.
  // An error means the load has failed: feed no more, call finish() for the reason.
  virtual Status write(std::string_view bytes) = 0;
  // No more bytes: waits for the load, commits, gives the counts. Exactly once.
  virtual Result<Done> finish() = 0;
};

// LOAD DATA LOCAL INFILE: the door asks its client for `filename` and feeds `sink`.
struct LocalInfile {
  std::string filename;
  std::unique_ptr<LoadSink> sink;
};

using Outcome = std::variant<Done, Table, std::unique_ptr<RowStream>, LocalInfile>;

}  // namespace sluice::session
