// SPDX-License-Identifier: Apache-2.0
// Loads: bytes that arrive from a client become rows of a table. One engine behind stream load (door/http) and LOAD
// DATA LOCAL INFILE (session). The bytes are cut into blocks at record boundaries and parsed by the kernel's own
// threads inside one INSERT, so a load uses all cores and holds about 20 MiB beside what the INSERT itself needs. A
// Load is used by one caller at a time (any worker thread); its INSERT runs on a thread of its own. Meaning of the
// options: Doris' stream load (PROTOCOL.md of door/http says where we differ).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "dialect/statement.h"
#include "kernel/connection.h"
#include "session/outcome.h"

namespace sluice::session {

class LabelReservation;
class LoadRows;
class LoadSource;
struct LoadTable;
class LoadSplitter;
class LoadSpool;
class PreparedLoads;

// One entry of the `columns` list: a field of the data, or (with `value`) a column computed from such fields.
struct LoadColumn {
  std::string name;  // "@x" and names that the table does not have: only for use in expressions
  std::unique_ptr<duckdb::ParsedExpression> value;
};

struct LoadSpec {
  enum class Format : uint8_t { kCsv, kJson, kParquet };
  struct Csv {
    std::string column_separator = "\t";  // 1 to 16 bytes
    std::string line_delimiter = "\n";    // 1 to 16 bytes
    std::optional<char> enclose;          // fields may stand between two of these
    std::optional<char> escape;           // inside enclosed fields; with mysql_escapes everywhere
    bool mysql_escapes = false;           // LOAD DATA: \t \n \0 \Z \\ ... are unescaped in every field
    bool trim_double_quotes = false;      // drops one pair of outer double quotes
    bool keep_cr = false;                 // otherwise a '\r' before the line delimiter '\n' is dropped
    bool empty_as_null = false;           // an empty field is NULL for strings as well
    bool flexible_columns = false;        // LOAD DATA: missing fields are NULL, further ones are ignored
    uint64_t skip_lines = 0;
  };
  struct Json {
    bool by_line = false;            // one document a line
    bool strip_outer_array = false;  // the document is an array of rows
    std::vector<std::string> paths;  // "$.a.b[0]", one a field; empty: by the fields' names
    std::string root;                // path of the row (or array of rows) in a document; empty: the document itself
  };

  dialect::QualifiedName table;  // database and name; the catalog is the server's own
  Format format = Format::kCsv;
  Csv csv;
  Json json;
  std::vector<LoadColumn> columns;  // empty: the table's columns (CSV: in order; JSON, Parquet: by name)
  std::unique_ptr<duckdb::ParsedExpression> where;  // over the resulting columns; others are counted as unselected
  bool into_views = true;                           // tables of materialised views, too
  bool partial_update = false;                      // UNIQUE KEY tables: columns that are not loaded keep their values
  std::unique_ptr<duckdb::ParsedExpression> delete_when;  // UNIQUE KEY tables: such rows delete those of their keys
  std::vector<std::string> partitions;                    // all rows must lie in these; empty: in any
  // Fields behind those of the data, whose values each file's path tells (Load::next_file).
  std::vector<std::string> path_columns;
  std::unique_ptr<duckdb::ParsedExpression> preceding;  // over the fields as text; others are counted as unselected
  // Parquet that the kernel reads where it lies; empty: the bytes come by write(). `path_values` are those of the file.
  std::string file;
  std::vector<std::optional<std::string>> path_values;
  // The field or computed column by whose value later rows win; tables with function_column.sequence_type need one.
  std::string sequence;
  std::optional<uint64_t> bytes;  // how many the client is going to send, when it said so
  double max_filter_ratio = 0;    // 0 to 1: share of bad rows that is left out without failing the load
  // A field that does not convert: the row is bad (true), or the value becomes NULL if the column takes it (false).
  bool strict = true;
  uint64_t max_record_bytes = 64ull << 20;
  uint64_t max_document_bytes = 256ull << 20;  // JSON with a root, not by line: held in memory as a whole
  // The zone of expressions and of times that name none; empty: the server's. Needs a connection of the load's own.
  std::string time_zone;
  // Stored with the rows, so that the load happens at most once; null: none.
  std::shared_ptr<LabelReservation> reservation;
  // The load is only the first of two phases, and `prepare` decides about the second; needs a reservation and a
  // connection of the load's own. Null: the rows are visible when the load ends.
  PreparedLoads* prepare = nullptr;
};

// A row that was left out.
struct LoadComplaint {
  std::string reason;
  std::string record;  // its text, cut at 1 KiB
};

// What became of a load. Times are spans of this load.
struct LoadReport {
  int64_t txn_id = 0;
  uint64_t total_rows = 0;
  uint64_t loaded_rows = 0;
  uint64_t filtered_rows = 0;    // bad ones
  uint64_t unselected_rows = 0;  // dropped by `where`
  uint64_t bytes = 0;
  uint64_t nulled_values = 0;  // with strict = false: values that became NULL because they did not convert
  std::chrono::microseconds begin{0};
  std::chrono::microseconds receive{0};  // waiting for the client's bytes
  std::chrono::microseconds write{0};    // parsing and inserting after the last byte had arrived
  std::chrono::microseconds commit{0};
  std::vector<LoadComplaint> complaints;  // the first kMaxComplaints
};
inline constexpr size_t kMaxComplaints = 50;

// Parses Doris' `columns` value: "a, b, tmp, c = upper(tmp)". Errors: 1064.
Result<std::vector<LoadColumn>> parse_load_columns(const std::string& text);
// Parses a condition. Errors: 1064.
Result<std::unique_ptr<duckdb::ParsedExpression>> parse_load_condition(const std::string& text);
// The spec of LOAD DATA; `database` is used when the statement names none.
Result<LoadSpec> load_spec(const dialect::LoadDataStatement& statement, const std::string& database);

// Whether more than `max_filter_ratio` of the rows are bad. Error 1105.
Status check_load_quality(const LoadReport& report, double max_filter_ratio);

// One load. In an open transaction of `connection` it is part of that; otherwise it has its own, which finish()
// commits.
class Load final : public LoadSink {
 public:
  // Looks at the table and starts the INSERT. Errors: 1049, 1146 no such table, 1054 no such column, 1105 and 1235 for
  // what does not fit together.
  // `connection` must outlive the Load and is not used otherwise until then.
  static Result<std::unique_ptr<Load>> open(kernel::Connection& connection, LoadSpec spec);
  // The same with a connection of its own.
  static Result<std::unique_ptr<Load>> open(std::unique_ptr<kernel::Connection> connection, LoadSpec spec);
  ~Load() override;

  Status write(std::string_view bytes) override;
  Result<Done> finish() override;
  // What follows is another file. Not for Parquet. Errors: the one before is incomplete.
  Status next_file(std::vector<std::optional<std::string>> path_values);
  // Makes write() and finish() fail soon; the load is rolled back. Without effect once finish() has begun to commit.
  // Any thread.
  void abort(Error reason);

  // Complete after finish(), also when that failed.
  const LoadReport& report() const { return report_; }

 private:
  Load(kernel::Connection& connection, LoadSpec spec);
  Status start();
  void run_insert(duckdb::unique_ptr<duckdb::SQLStatement> insert);
  // With a transaction of its own on a table whose rows merge: waits until it is the only one that writes the table,
  // then begins, so that it sees the rows of those before. On a thread that may wait.
  Status begin_after_others();
  Status insert_parquet();
  Status still_wanted() const;  // the reason of abort(), if there is one
  Status check_quality();
  Status settle();
  void roll_back();
  void release();

  std::unique_ptr<kernel::Connection> own_connection_;
  kernel::Connection& connection_;
  LoadSpec spec_;
  bool own_transaction_ = false;
  bool begins_late_ = false;  // begin_after_others()
  bool begun_ = false;        // once inserter_ runs, its own until it ends
  bool finished_ = false;
  std::unique_ptr<LoadTable> table_;  // as named in spec_
  std::unique_ptr<LoadTable> into_;   // where the rows go: table_, or the stage of the first phase
  std::mutex settling_mutex_;
  bool settling_ = false;  // guarded by settling_mutex_: the commit has begun, abort() comes too late
  std::shared_ptr<LoadSource> source_;
  bool counts_merged_ = false;              // the INSERT's count says nothing of the rows that were read
  std::shared_ptr<LoadRows> rows_;          // null for Parquet
  std::unique_ptr<LoadSplitter> splitter_;  // null for Parquet
  std::unique_ptr<LoadSpool> spool_;        // Parquet without a file of its own
  uint64_t published_ = 0;                  // id of rows_ for the kernel
  std::thread inserter_;
  Status insert_status_;        // written by inserter_ before it ends
  uint64_t inserted_rows_ = 0;  // the same
  LoadReport report_;
  std::chrono::steady_clock::time_point last_write_end_;
};

// For the doors: the sink of a load in the form that LocalInfile wants.
Result<std::unique_ptr<LoadSink>> open_load(kernel::Connection& connection, LoadSpec spec);

}  // namespace sluice::session
