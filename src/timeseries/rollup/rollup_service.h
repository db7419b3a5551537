// SPDX-License-Identifier: Apache-2.0
// RollupService: the threads of a RollupNode: one beats and checks, one runs tasks, so that a long run does not make
// this host look dead. start() and stop() belong to one thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "timeseries/rollup/rollup_node.h"

namespace sluice::timeseries {

struct RollupServiceOptions {
  std::chrono::milliseconds beat{20'000};   // between heartbeats; must be less than RollupNodeOptions::inactive
  std::chrono::milliseconds check{10'000};  // between looks for tasks that are new or have changed
};

class RollupService {
 public:
  // The node must outlive the service.
  RollupService(RollupNode& node, RollupServiceOptions options) : node_(node), options_(options) {}
  ~RollupService() { stop(); }
  RollupService(const RollupService&) = delete;
  RollupService& operator=(const RollupService&) = delete;

  void start();
  // Ends running tasks and waits for that; tells the cluster that this host is gone.
  void stop();
  // A task was changed here: look at once.
  void wake();

 private:
  using Clock = std::chrono::steady_clock;

  void watch();
  void run();

  RollupNode& node_;
  const RollupServiceOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  uint64_t wakes_ = 0;      // of the watching thread
  uint64_t schedules_ = 0;  // tells the running thread that the schedule may be another
  std::thread watcher_;
  std::thread runner_;
};

}  // namespace sluice::timeseries
