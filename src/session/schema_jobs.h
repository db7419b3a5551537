// SPDX-License-Identifier: Apache-2.0
// What SHOW ALTER TABLE, jobs() and tasks() tell: the changes of tables and the refreshes of materialised views since
// the start. They are done when their statement returns, so each is kept as finished. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace sluice::session {

struct SchemaJob {
  enum class Kind : uint8_t { kColumn, kRollup, kMaterializedView };
  Kind kind = Kind::kColumn;
  uint64_t id = 0;
  std::string database;
  std::string table;
  std::string index;  // the rollup or view; for kColumn the table
  std::chrono::system_clock::time_point began;
  std::chrono::system_clock::time_point ended;
};

struct RefreshTask {
  uint64_t id = 0;
  std::string database;
  std::string view;
  std::string trigger = "MANUAL";  // SYSTEM, COMMIT
  std::string mode;                // COMPLETE, PARTIAL, NOT_REFRESH
  bool failed = false;
  std::string error;
  std::vector<std::string> partitions;  // that were to be refreshed
  std::chrono::system_clock::time_point began;
  std::chrono::system_clock::time_point ended;
};

class SchemaJobs {
 public:
  // Numbers of jobs, tasks and the things that SHOW numbers: one sequence, as in Doris.
  uint64_t next_id();
  // One that was given out before the start.
  void at_least(uint64_t id);
  void add(SchemaJob job);
  void add(RefreshTask task);
  // Of one database and kind, oldest first.
  std::vector<SchemaJob> list(SchemaJob::Kind kind, const std::string& database) const;
  std::vector<RefreshTask> tasks() const;
  // A view has another name now, or is gone.
  void rename_view(const std::string& database, const std::string& from, const std::string& to);

 private:
  static constexpr size_t kMaxKept = 2000;  // of jobs and of tasks; older ones are forgotten
  mutable std::mutex mutex_;
  uint64_t last_id_ = 10000;
  std::deque<SchemaJob> jobs_;
  std::deque<RefreshTask> tasks_;
};

// "2026-11-21 03:14:15", in the server's time zone.
std::string time_text(std::chrono::system_clock::time_point when);

}  // namespace sluice::session
