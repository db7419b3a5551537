// SPDX-License-Identifier: Apache-2.0
// SelfMetrics: the metrics kairosdb.* that KairosDB stores about itself, into the store that the server serves. A
// thread of its own, which wakes once a period and when it is to end. Source of truth: the names of KairosDB 1.3's
// reporters. Differs from Java: what describes a Java machine or a queue that is not here (garbage collection, pools)
// is left out; kairosdb.jvm.* tell the memory and threads of this process.
#pragma once

#include <chrono>
#include <condition_variable>
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
  // All must outlive it. The first points come after one period.
  SelfMetrics(timeseries::Store& store, const timeseries::Traffic& traffic, const WorkerPool& queries,
              std::chrono::milliseconds period);
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
  const std::string host_;
  std::vector<uint64_t> before_;  // of each count
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sluice::server
