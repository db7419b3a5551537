// SPDX-License-Identifier: Apache-2.0
// Connection: one client context of the kernel: search path, transaction, running statement. Used by one thread at a
// time (any thread); interrupt() and progress() by any thread at any moment. Blocking: worker threads only.
// The kernel's connection behind it is made at the first use and again after the host reopened the database; an open
// transaction and temporary tables are lost then, and the statement that finds out says so.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "functions/asked_digits.h"
#include "kernel/execution.h"
#include "kernel/host.h"
#include "kernel/moment_digits.h"
#include "kernel/system_views.h"
#include "kernel/table_writes.h"
#include "kernel/viewer.h"
#include "pch/pch.h"

namespace sluice::kernel {

class Connection;

// The answer to one statement, produced while it is read. Belongs to one Connection, which runs nothing else until
// this is destroyed; destroying it early ends the statement.
class Answer {
 public:
  ~Answer();
  const std::vector<std::string>& names() const { return names_; }
  const duckdb::vector<duckdb::LogicalType>& types() const { return types_; }
  // Whether there are rows to read, or only changed_rows() (INSERT, UPDATE, DELETE) or nothing (DDL).
  duckdb::StatementReturnType return_type() const { return return_type_; }
  // Rows inserted, updated or deleted; 0 otherwise.
  uint64_t changed_rows() const { return changed_rows_; }
  // The n of the DATETIME(n) of the columns; fewer entries where nothing is known of the others.
  const std::vector<functions::MomentDigits>& moment_digits() const { return moment_digits_; }
  // The next chunk, owned by the Answer until the next call; null at the end. Vectors may be flat, constant or
  // dictionary: read them through UnifiedVectorFormat.
  Result<duckdb::DataChunk*> next();

 private:
  friend class Connection;
  explicit Answer(Host& host) : host_(host) {}

  Host& host_;
  Connection* connection_ = nullptr;  // null once detached by the host or finished
  std::vector<std::string> names_;
  duckdb::vector<duckdb::LogicalType> types_;
  std::vector<functions::MomentDigits> moment_digits_;
  duckdb::StatementReturnType return_type_ = duckdb::StatementReturnType::NOTHING;
  uint64_t changed_rows_ = 0;
  uint64_t rows_read_ = 0;
  bool large_ = false;  // counted in the host's large_results_
  duckdb::unique_ptr<duckdb::QueryResult> result_;
  duckdb::unique_ptr<duckdb::DataChunk> chunk_;
};

// A statement prepared in one Connection. Survives schema changes (the kernel binds it again), not a reopened database.
class Prepared {
 public:
  uint32_t parameter_count() const;
  // Empty when unknown before the parameters' types are.
  const std::vector<std::string>& names() const { return names_; }
  const duckdb::vector<duckdb::LogicalType>& types() const { return types_; }
  const std::vector<functions::MomentDigits>& moment_digits() const { return moment_digits_; }  // as of an Answer
  duckdb::StatementReturnType return_type() const;
  // False after the host reopened the database, and for plans that go stale: prepare again.
  bool usable_in(const Connection& connection) const;

 private:
  friend class Connection;
  duckdb::unique_ptr<duckdb::PreparedStatement> statement_;
  std::weak_ptr<duckdb::DuckDB> instance_;
  WriteEffects effects_;  // of a write; the plan of one that reads its table goes stale
  WrittenTables written_;
  std::vector<std::string> names_;
  duckdb::vector<duckdb::LogicalType> types_;
  std::vector<functions::MomentDigits> moment_digits_;
};

class Connection {
 public:
  explicit Connection(Host& host);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Runs one statement tree; `parameters` fill its placeholders "1", "2", ...
  Result<std::unique_ptr<Answer>> run(duckdb::unique_ptr<duckdb::SQLStatement> statement,
                                      std::vector<duckdb::Value> parameters = {});
  // Both give writes the meaning that the model of their table demands (kernel/table_writes.h).
  Result<std::unique_ptr<Prepared>> prepare(duckdb::unique_ptr<duckdb::SQLStatement> statement);
  Result<std::unique_ptr<Answer>> run(Prepared& prepared, const std::vector<duckdb::Value>& parameters);

  // Selects where unqualified names are looked up. Errors: 1049 no such schema.
  Status set_schema(const std::string& catalog, const std::string& schema);
  // Selects none, as at the start.
  void clear_schema();
  // The zone of NOW(), CURRENT_DATE and TIMESTAMP WITH TIME ZONE: "SYSTEM", "+08:00" or a name of the tz database.
  // Errors: 1298 unknown zone; the former one stays.
  Status set_time_zone(const std::string& zone);
  Result<bool> schema_exists(const std::string& catalog, const std::string& schema);

  // Takes the right to write a table whose rows merge by key, as its writes do: for a transaction that is to begin only
  // then. Given back by the end of that transaction, or of the next statement outside of one. Errors: 1205 after
  // `longest_wait`, 1213.
  Status lock_merging(const std::string& catalog, const std::string& schema, const std::string& table,
                      std::chrono::seconds longest_wait);
  Status begin();
  Status commit();
  Status rollback();
  bool in_transaction();
  // Whether a statement failed inside the transaction, so that only rollback is possible.
  bool transaction_invalidated();

  // How the writes that follow treat wrong rows and columns that are not named.
  void set_write_rules(const WriteRules& rules);

  // Who answers for the client's own variables: as rows of the system views, and whether one is true (of those that
  // are true or false, by its name in lower case). Called while a statement of this connection runs.
  void set_own_variables(SystemRows::Provider rows, std::function<bool(std::string_view)> is_on);
  // What the client may see of the catalog; null: everything. Not while an Answer is read.
  void set_viewer(std::shared_ptr<const Viewer> viewer);
  // What the statements that are run or prepared from now on may read; null: everything.
  void set_guard(std::shared_ptr<const ReadGuard> guard);

  // Runs `work` with the kernel's context inside a transaction (the open one, or one of its own that is committed
  // after). For code of ours that reads or writes through the kernel's C++ interfaces. Kernel exceptions become Errors.
  Status with_context(const std::function<Status(duckdb::ClientContext&)>& work);

  // Of the columns of the statement that was run last, or of the table that it created of a query; see Answer.
  std::vector<functions::MomentDigits> moment_digits();

  // Frees the kernel's connection when it holds no state (no transaction); it is made again when needed.
  void release_if_idle();

  // Makes the running statement fail with 1317 soon. A statement that begins later is not touched.
  void interrupt();
  // Percent of the running statement, -1 unknown.
  double progress() const { return progress_.percent(); }

  Host& host() { return host_; }

 private:
  friend class Host;
  friend class Answer;
  friend class Prepared;

  Status ensure_locked();
  // Where names without a schema are looked up; `schema` empty: no database is selected.
  void search_in_locked(const std::string& catalog, const std::string& schema);
  // As rewrite_write().
  WriteEffects rewrite_locked(duckdb::unique_ptr<duckdb::SQLStatement>& statement);
  // Takes the merged table for this writer when there is one; end_statement_locked() gives it back after the
  // transaction. Forgets what is to be forgotten.
  Status begin_write_locked(const WriteEffects& effects);
  void end_statement_locked();
  Status apply_time_zone_locked(const std::string& kernel_zone);
  Error failed_locked(const duckdb::ErrorData& error);
  Result<std::unique_ptr<Answer>> start_locked(duckdb::unique_ptr<duckdb::PendingQueryResult> pending);
  Result<duckdb::DataChunk*> next(Answer& answer);
  void finish(Answer& answer);
  // The host takes the kernel away (fatal error): interrupts a running call, or drops the kernel's objects when none
  // runs. Never waits. True when something was dropped.
  bool try_detach();
  void drop_kernel_locked();

  Host& host_;

  mutable std::mutex mutex_;  // held for the length of every call into the kernel; guards what follows
  std::shared_ptr<duckdb::DuckDB> instance_;
  std::unique_ptr<duckdb::Connection> kernel_;
  Answer* answer_ = nullptr;  // the open answer, if any
  std::string catalog_;       // of set_schema, to restore after a reopening
  std::string schema_;
  std::string time_zone_;  // the kernel's name of the zone; empty: the process's
  bool lost_transaction_ = false;
  WriteRules write_rules_;
  const duckdb::shared_ptr<OwnRows> own_rows_ = duckdb::make_shared_ptr<OwnRows>();
  const duckdb::shared_ptr<ResultDigits> result_digits_ = duckdb::make_shared_ptr<ResultDigits>();
  const duckdb::shared_ptr<functions::AskedDigits> asked_digits_ = duckdb::make_shared_ptr<functions::AskedDigits>();
  const duckdb::shared_ptr<ViewerState> viewer_ = duckdb::make_shared_ptr<ViewerState>();
  std::optional<uint64_t> transaction_began_;  // TableLocks::now() at the begin of the open transaction
  WrittenTables written_;                      // in it, or by the statement that runs; while somebody watches

  Progress progress_;

  std::mutex context_mutex_;  // guards context_ only; taken last, held for a moment
  duckdb::shared_ptr<duckdb::ClientContext> context_;
};

}  // namespace sluice::kernel
