// SPDX-License-Identifier: Apache-2.0
// Host: the one DuckDB instance of the process. An in-memory instance is opened first, everything of ours is registered
// in it, then the data file is attached as the catalog `internal`; so stored expressions always find our functions.
// When the kernel declares its database unusable (a defect of the kernel or ours), the host closes it and opens it anew
// without ending the process: open connections are cut from it and reconnect at their next statement.
// Owned by src/server; outlives every Connection. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/result.h"
#include "kernel/system_views.h"
#include "kernel/table_locks.h"
#include "pch/pch.h"

namespace sluice::kernel {

class Connection;

// The catalog that holds the server's own databases (a MySQL database is a schema of it), under Doris' name for it.
inline constexpr const char* kInternalCatalog = "internal";
// The schema of `internal` that holds the server's own tables (load labels); hidden from clients.
inline constexpr const char* kServerSchema = "__sluice";

struct HostOptions {
  std::filesystem::path data_dir;                    // holds kernel.duckdb and its WAL; empty: everything in memory
  std::filesystem::path temp_dir;                    // spill files; empty: "<data_dir>/tmp", or none without a data_dir
  uint64_t memory_limit_bytes = 0;                   // 0: the kernel's default, 80 % of RAM
  uint64_t temp_limit_bytes = 0;                     // 0: the kernel's default, 90 % of the free disk
  std::chrono::seconds cache_keep{60};               // table blocks unread for longer leave memory; 0: never
  uint32_t threads = 0;                              // 0: one a core
  bool optimizer = true;                             // false: plans as bound, to tell an optimizer's error from others
  std::vector<std::filesystem::path> allowed_roots;  // directories whose files SQL may read and write; none by default
};

// Schemas and names of tables.
using WrittenTables = std::vector<std::pair<std::string, std::string>>;

class Host {
 public:
  // Errors: kUnavailable when another process has the data file open, kDataLoss when it cannot be read.
  static Result<std::unique_ptr<Host>> open(HostOptions options);
  // Ends open statements, checkpoints and closes. Every Connection must be destroyed before.
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // A new connection with no database selected. While the database is being reopened this waits up to 5 s, then
  // gives kUnavailable.
  Result<std::unique_ptr<Connection>> connect();

  // False while the database is being reopened after a fatal error.
  bool ready() const { return ready_.load(std::memory_order_acquire); }
  // How often the database was reopened since the start.
  uint64_t reopen_count() const { return reopen_count_.load(std::memory_order_relaxed); }
  const HostOptions& options() const { return options_; }
  // Where loads may keep files that the kernel is to read; empty when there is no temp_dir.
  std::filesystem::path load_spool_dir() const {
    return options_.temp_dir.empty() ? std::filesystem::path() : options_.temp_dir / "loads";
  }
  // Grows with every change of the schema that this process makes (DDL); for caches of plans.
  uint64_t schema_version() const { return schema_version_.load(std::memory_order_acquire); }
  void schema_changed() { schema_version_.fetch_add(1, std::memory_order_acq_rel); }

  // `watcher` is told which tables a transaction wrote, once it ended (also when that failed). Called with locks held:
  // it must not use the kernel. Null: nobody watches, which costs writes nothing.
  using CommitWatcher = std::function<void(const WrittenTables&)>;
  void watch_commits(CommitWatcher watcher);

  // Who writes tables whose rows merge by key.
  TableLocks& table_locks() { return table_locks_; }

  // Where the sessions' side registers what information_schema shows of it.
  SystemRows& system_rows() { return *system_rows_; }

  // Bytes the kernel's buffer manager holds, and its limit.
  uint64_t memory_used_bytes();
  uint64_t memory_limit_bytes();
  uint32_t thread_count();

  // Writes the WAL into the data file. Errors: kConflict while transactions run.
  Status checkpoint();

 private:
  friend class Connection;
  friend class Answer;
  explicit Host(HostOptions options);

  Result<std::shared_ptr<duckdb::DuckDB>> open_instance();
  std::shared_ptr<duckdb::DuckDB> instance();
  // The current instance for a new kernel connection; waits while it is being reopened.
  Result<std::shared_ptr<duckdb::DuckDB>> wait_for_instance();
  // Called by connections that saw a fatal error of `failed`.
  void report_fatal(const duckdb::DatabaseInstance* failed, const std::string& message);
  // Body of keeper_: reopens a failed database, gives unread table blocks back once a second.
  void keep();
  void reopen_locked(std::unique_lock<std::mutex>& lock);
  void release_unread_blocks();
  void enlist(Connection* connection);
  void delist(Connection* connection);

  const HostOptions options_;
  const std::shared_ptr<SystemRows> system_rows_ = std::make_shared<SystemRows>();
  TableLocks table_locks_;
  std::atomic<bool> ready_{false};
  std::atomic<uint64_t> reopen_count_{0};
  std::atomic<uint64_t> schema_version_{1};
  std::atomic<bool> commits_watched_{false};
  std::mutex watcher_mutex_;  // guards commit_watcher_; taken last
  CommitWatcher commit_watcher_;
  void tell_commit(const WrittenTables& tables);
  std::atomic<int> large_results_{0};        // answers being read that have passed kLargeResultRows
  uint64_t tables_before_large_result_ = 0;  // bytes of table blocks when there was none; the keeper's own

  mutable std::mutex mutex_;  // guards what follows; a Connection may hold its own while taking this one, so under this
                              // one a Connection's is only tried, never waited for
  std::condition_variable changed_;
  std::shared_ptr<duckdb::DuckDB> instance_;
  std::unordered_set<Connection*> connections_;
  bool failed_ = false;
  bool stopping_ = false;
  std::thread keeper_;
};

}  // namespace sluice::kernel
