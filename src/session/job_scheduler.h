// SPDX-License-Identifier: Apache-2.0
// JobScheduler: what runs without a client: the INSERTs of CREATE JOB, and refreshes of materialised views ON SCHEDULE
// and ON COMMIT. Jobs are rows of internal.__sluice.jobs and survive a restart; their tasks are kept in memory. A run
// is a session of its own, of the job's definer; refreshes belong to the server. Runs that came due while the server
// was down are not made up for. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/result.h"
#include "kernel/host.h"
#include "session/session.h"

namespace sluice::session {

struct JobDefinition {
  using Time = std::chrono::system_clock::time_point;
  uint64_t id = 0;
  std::string name;
  std::string database;
  std::string user;               // the definer
  std::string account;            // the definer's, "'u'@'%'"
  std::chrono::seconds every{0};  // 0: once
  std::string strategy;           // "EVERY 1 DAY STARTS ..", for jobs()
  Time starts;                    // the first run
  std::optional<Time> ends;
  std::string comment;
  std::string sql;
  std::string status = "RUNNING";  // PAUSED, FINISHED
  Time created;
  uint64_t succeeded = 0;
  uint64_t failed = 0;
  uint64_t canceled = 0;
};

struct JobTask {
  using Time = std::chrono::system_clock::time_point;
  uint64_t id = 0;
  uint64_t job_id = 0;
  std::string job_name;
  std::string status = "RUNNING";  // SUCCESS, FAILED, CANCELED
  std::string error;
  std::string user;
  uint64_t rows = 0;
  Time created;
  std::optional<Time> ended;
};

// The program of sessions that refresh a view because of a commit.
inline constexpr const char* kCommitTrigger = "commit";

class JobScheduler {
 public:
  explicit JobScheduler(Services& services) : services_(services) {}
  ~JobScheduler() { stop(); }
  JobScheduler(const JobScheduler&) = delete;
  JobScheduler& operator=(const JobScheduler&) = delete;

  // Reads the jobs that are stored and begins to run what is due. Errors: the kernel's.
  Status start();
  // Interrupts what runs and waits for it. Nothing runs afterwards.
  void stop();

  // Errors: 1105 a job of that name is there; the kernel's.
  Status create(JobDefinition job);
  // Errors: 1105 no such job; not in a state for it.
  Status pause(const std::string& name);
  Status resume(const std::string& name);
  // Whether there was one.
  Result<bool> drop(const std::string& name);
  Status cancel_task(const std::string& name, uint64_t task);
  std::vector<JobDefinition> jobs() const;
  std::vector<JobTask> tasks() const;

  // The views with a schedule, and those refreshed on commit, are to be looked for anew.
  void views_changed();

 private:
  using Clock = std::chrono::system_clock;
  using TableName = kernel::WrittenTables::value_type;  // database, name
  static constexpr size_t kMaxTasks = 100;              // kept of one job
  static constexpr size_t kMaxRunning = 8;              // sessions at once
  struct Entry {
    JobDefinition job;
    std::optional<Clock::time_point> next;  // nothing: paused, or done
    std::deque<JobTask> tasks;              // the newest first
    bool running = false;
  };
  struct View {
    std::string database;
    std::string name;
    std::optional<std::chrono::seconds> every;  // else on commit
    Clock::time_point next;
    std::vector<TableName> sources;  // of those on commit
    bool due = false;                // a source was written
    bool running = false;
  };
  struct Run {
    std::unique_ptr<Session> session;
    std::thread thread;
    std::string job;  // empty: a view's
    uint64_t job_id = 0;
    uint64_t task = 0;
    TableName view;
    bool ended = false;
  };

  void loop();
  std::vector<View> read_views();
  void start_due_locked(Clock::time_point now);
  void run_job_locked(Entry& entry);
  void run_locked(std::unique_ptr<Run> run, ClientIdentity identity, const std::string& database, std::string sql);
  void ended(Run& run, const Result<uint64_t>& rows);
  void reap(std::unique_lock<std::mutex>& lock, bool all);
  Status store(const JobDefinition& job);
  Status set_status(const std::string& name, const char* from, const char* to);
  // Of a task, or of all (0); whether one ran.
  bool cancel_locked(Entry& entry, uint64_t task);
  // kernel::Host::CommitWatcher
  void written(const kernel::WrittenTables& tables);
  static std::optional<Clock::time_point> next_run(const JobDefinition& job, Clock::time_point now);

  Services& services_;
  std::mutex changing_mutex_;  // one change of the stored jobs at a time; taken first
  std::mutex written_mutex_;   // guards written_; taken last
  std::set<TableName> written_;
  mutable std::mutex mutex_;  // guards what follows; never held while the kernel is used
  std::condition_variable changed_;
  bool started_ = false;
  bool stopping_ = false;
  bool views_stale_ = false;
  std::map<std::string, Entry> jobs_;
  std::vector<View> views_;
  std::vector<std::unique_ptr<Run>> runs_;
  std::thread thread_;
};

}  // namespace sluice::session
