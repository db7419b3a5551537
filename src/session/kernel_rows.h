// SPDX-License-Identifier: Apache-2.0
// RowStreams over what the kernel gives, and the columns' metadata. Internal to src/session.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/connection.h"
#include "session/outcome.h"

namespace sluice::session {

class SessionState;

// Where a result column comes from, for the table and schema names in MySQL's column definitions.
struct ColumnOrigin {
  std::string schema;
  std::string table;  // as named in the statement
  std::string org_table;
  std::string org_name;
};
// One entry a select item that is a plain column of a base table; nullopt for the others. Empty when the statement is
// no plain SELECT, or has a star among other items. A single `*` over one table gives one entry, without org_name.
std::vector<std::optional<ColumnOrigin>> column_origins(const duckdb::SQLStatement& tree, const std::string& database);

// How many digits of a second TIMEDIFF(a, b) shows: as many as these columns are declared with, but at least `least`.
struct TimeDigits {
  uint8_t least = 0;
  std::vector<ColumnOrigin> columns;
};
// One entry a select item, as above; nullopt for items that are none, and where the digits are not known.
std::vector<std::optional<TimeDigits>> time_digits(const duckdb::SQLStatement& tree, const std::string& database);

std::vector<Column> make_columns(const std::vector<std::string>& names,
                                 const duckdb::vector<duckdb::LogicalType>& types,
                                 const std::vector<std::optional<ColumnOrigin>>& origins);

// Fills in what the tables' declarations say of the columns: DATETIME(n), STRING, and the digits of times.
void declare_columns(kernel::Connection& kernel, std::vector<Column>& columns,
                     const std::vector<std::optional<TimeDigits>>& times = {});

// Fills in what is inferred of the statement's plan, as an Answer has it.
void declare_moments(std::vector<Column>& columns, const std::vector<functions::MomentDigits>& digits);

// "INTEGER,VARCHAR,": a kernel plan that is kept serves values of these types only.
std::string type_signature(const std::vector<duckdb::Value>& values);
// Gives the placeholders of INSERT ... VALUES the types of their values (CAST(? AS type)), so that the kernel binds the
// statement once and keeps its plan.
void type_parameters(duckdb::SQLStatement& insert, const std::vector<duckdb::Value>& values);

// Rows of a running statement. Ends the statement in the session when it is read to its end, fails or is dropped.
class KernelRows final : public RowStream {
 public:
  KernelRows(SessionState& session, std::unique_ptr<kernel::Answer> answer, std::vector<Column> columns,
             uint64_t max_rows)
      : session_(session), answer_(std::move(answer)), columns_(std::move(columns)), rows_left_(max_rows) {}
  ~KernelRows() override;

  const std::vector<Column>& columns() const override { return columns_; }
  Result<duckdb::DataChunk*> next() override;

 private:
  void end(const Error* error);

  SessionState& session_;
  std::unique_ptr<kernel::Answer> answer_;
  std::vector<Column> columns_;
  uint64_t rows_left_;
  uint64_t rows_ = 0;
  bool ended_ = false;
};

// Rows that are there already.
class ChunkRows final : public RowStream {
 public:
  ChunkRows(SessionState& session, duckdb::unique_ptr<duckdb::DataChunk> chunk, const std::vector<Column>& columns)
      : session_(session), chunk_(std::move(chunk)), columns_(columns) {}
  ~ChunkRows() override;

  const std::vector<Column>& columns() const override { return columns_; }
  Result<duckdb::DataChunk*> next() override;

 private:
  SessionState& session_;
  duckdb::unique_ptr<duckdb::DataChunk> chunk_;
  std::vector<Column> columns_;
  bool given_ = false;
  bool ended_ = false;
};

}  // namespace sluice::session
