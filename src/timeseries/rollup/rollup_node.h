// SPDX-License-Identifier: Apache-2.0
// RollupNode: one server's part in the roll-ups of a cluster: its heartbeats, as coordinator (the host with the least
// id) the assignment of tasks, and the schedule of the tasks that are its own. The clock is given; RollupService calls
// these functions. beat(), check() and leave() belong to one thread, run_due() and next_due() to any.
// Source of truth: KairosDB's HostManager, AssignmentCoordinator, SchedulingManager, RollUpJob; Java servers may be
// members of the same cluster.
// Differs from Java because runs would be lost there: a task that is overdue runs at once, not an interval later; a
// failed run is made up for by the next one; each query of a task goes on where itself ended; a run covers what came
// while the one before it worked; a task that does not parse leaves the others alone.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "timeseries/calendar.h"
#include "timeseries/engine/engine.h"
#include "timeseries/rollup/rollup_store.h"

namespace sluice::timeseries {

struct RollupNodeOptions {
  std::string host_id;    // a UUID that stays; see server_id()
  std::string host_name;  // for people
  std::string zone = "UTC";
  std::chrono::milliseconds inactive{30'000};  // a host that was silent for longer is taken for dead
  std::function<int64_t()> now;                // milliseconds since 1970; empty: the system's clock
};

class RollupNode {
 public:
  // All must outlive the node. The zone must exist.
  RollupNode(Engine& engine, RollupStore& store, RollupNodeOptions options);

  // To be called every 20 seconds: says that this host lives; as coordinator assigns tasks when hosts came or went.
  Status beat();
  // To be called every 10 seconds: as coordinator assigns tasks when some changed; then takes up and lays down tasks.
  Status check();
  // Runs tasks that are due, one after the other; each is run by one thread only. Returns how many ran.
  size_t run_due();
  // When the next task is due, milliseconds since 1970; nullopt: none is scheduled.
  std::optional<int64_t> next_due() const;
  // Makes running tasks end soon; what they lack is done by the next run.
  void cancel() { cancelled_ = true; }
  // Says that this host is gone, so that others need not wait for it.
  Status leave();

  bool coordinator() const { return coordinator_; }

  struct Figures {
    uint64_t runs = 0;      // of queries
    uint64_t failures = 0;  // of them
    uint64_t points = 0;    // saved
    uint64_t tasks = 0;     // scheduled here
  };
  Figures figures() const;

 private:
  struct Scheduled {
    std::shared_ptr<const RollupTask> task;
    std::optional<int64_t> next;  // nullopt: never
    bool running = false;
  };

  Status rebalance();
  Status take_up(const std::string& id);
  std::optional<int64_t> after(const RollupTask& task, int64_t time) const;
  void run(const RollupTask& task, std::optional<int64_t> next);
  Result<int64_t> start_of(const RollupTask& task, const Rollup& rollup, const MetricQuery& metric,
                           const std::optional<RollupStatus>& before, int64_t now);

  Engine& engine_;
  RollupStore& store_;
  const RollupNodeOptions options_;
  const Zone zone_;
  std::atomic<bool> cancelled_ = false;

  // Of beat() and check().
  RollupHosts hosts_;
  std::atomic<bool> coordinator_ = false;
  int64_t balanced_tasks_ = -1;  // when tasks had changed last, as of the last assignment
  int64_t seen_assignments_ = -1;
  int64_t seen_tasks_ = -1;

  mutable std::mutex mutex_;
  std::map<std::string, Scheduled> schedule_;
  Figures figures_;
};

// The id in the file, which is made when it is missing. Errors: the file cannot be read or written.
Result<std::string> server_id(const std::string& file);

}  // namespace sluice::timeseries
