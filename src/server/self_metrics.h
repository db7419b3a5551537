// SPDX-License-Identifier: Apache-2.0
// SelfMetrics: the metrics kairosdb.* that KairosDB stores about itself, into the store that the server serves. A
// thread of its own, which wakes once a period and when it is to end. Source of truth: the names of KairosDB 1.3's
// reporters. Differs from Java: what describes a Java machine, its driver or its queue's files (garbage collection,
// pools, kairosdb.datastore.cassandra.*, kairosdb.queue.* but process_count) is left out, /metrics has the like; sums
// are those of a period; kairosdb.jvm.* tell the memory and threads of this process.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/executor.h"
#include "timeseries/store.h"
#include "timeseries/traffic.h"

namespace sluice::server {

class SelfMetrics {
 public:
  // All must outlive it. The first points come after one period. `delivered`: points that left the queue in front of
  // the store; null: there is none.
  SelfMetrics(timeseries::Store& store, const timeseries::Traffic& traffic, const WorkerPool& queries,
              std::chrono::milliseconds period, std::function<uint64_t()> delivered);
  ~SelfMetrics();
  SelfMetrics(const SelfMetrics&) = delete;
  SelfMetrics& operator=(const SelfMetrics&) = delete;

  // Stores one point a metric, of what happened since the last call.
  Status report(int64_t now_ms);

 private:
  void run();

  timeseries::Store& store_;
  const timeseries::Traffic& traffic_;
  const WorkerPool& queries_;
  const std::chrono::milliseconds period_;
  const std::function<uint64_t()> delivered_;
  uint64_t delivered_before_ = 0;
  const std::string host_;
  std::vector<uint64_t> before_;  // of each count
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sluice::server
