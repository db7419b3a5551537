// SPDX-License-Identifier: Apache-2.0
// SelfMetrics: the metrics kairosdb.* that KairosDB stores about itself, into the store that the server serves. A
// thread of its own, which wakes once a period and when it is to end. Source of truth: the names, tags and units of
// KairosDB 1.3's reporters, as a running 1.3.0-1 on Cassandra stores them. Differs from Java: queries are stored with
// their own times, but once a period; kairosdb.jvm.* tell the memory and threads of this process; telnet commands are
// counted together, as put; what describes a Java machine's pools or the insides of Java's Cassandra driver
// (executors, timers, schedulers, write_batch_size by table, the least and largest batch) is left out: /metrics has
// the like.
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
  // What stands before a store, since the start.
  struct Queue {
    uint64_t delivered_points = 0;
    uint64_t batches = 0;
    uint64_t delivery_ns = 0;     // of these batches
    uint64_t waiting_points = 0;  // now
  };
  // All must outlive it. The first points come after one period. `queue`: null: there is none.
  SelfMetrics(timeseries::Store& store, timeseries::Traffic& traffic, const WorkerPool& queries,
              std::chrono::milliseconds period, std::function<Queue()> queue);
  ~SelfMetrics();
  SelfMetrics(const SelfMetrics&) = delete;
  SelfMetrics& operator=(const SelfMetrics&) = delete;

  // Stores one point a metric, of what happened since the last call.
  Status report(int64_t now_ms);

 private:
  class Points;

  void run();
  Status add_queries(Points& points, const std::vector<timeseries::QueryReport>& queries) const;
  Status add_queue(Points& points);

  timeseries::Store& store_;
  timeseries::Traffic& traffic_;
  const WorkerPool& queries_;
  const std::chrono::milliseconds period_;
  const std::function<Queue()> queue_;
  Queue queue_before_;
  const std::string host_;
  std::vector<uint64_t> before_;  // of each count
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sluice::server
