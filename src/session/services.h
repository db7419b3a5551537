// SPDX-License-Identifier: Apache-2.0
// Services: what all sessions of a process share. Made by src/server, outlives every session. All parts thread-safe.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/executor.h"
#include "base/metrics.h"
#include "kernel/host.h"
#include "session/access.h"
#include "session/audit.h"
#include "session/dynamic_partitions.h"
#include "session/export_jobs.h"
#include "session/insert_loads.h"
#include "session/job_scheduler.h"
#include "session/plan_cache.h"
#include "session/query_profiles.h"
#include "session/running.h"
#include "session/schema_jobs.h"
#include "session/system_rows.h"
#include "session/variables.h"

namespace sluice::session {

class Services {
 public:
  struct Limits {
    uint32_t max_connections = 8192;
    uint64_t max_statement_bytes = 64ull << 20;  // longer texts: error 1153
    uint64_t max_packet_bytes = 1ull << 30;      // @@max_allowed_packet
  };

  Services(kernel::Host& kernel_host, WorkerPool& worker_pool, Access& access_list, Audit& audit_log, Limits the_limits,
           PlanCache::Options plan_cache_options)
      : kernel(kernel_host),
        workers(worker_pool),
        access(access_list),
        audit(audit_log),
        limits(the_limits),
        plan_cache(plan_cache_options) {}

  kernel::Host& kernel;
  WorkerPool& workers;  // where doors run "worker" calls
  Access& access;
  Audit& audit;
  const Limits limits;
  // mysql.error_codes: errors are Doris', not MySQL's. Set before the doors open.
  bool doris_errors = true;
  PlanCache plan_cache;
  RunningStatements running;
  SchemaJobs schema_jobs;
  ExportJobs exports;
  InsertLoads insert_loads;
  QueryProfiles profiles;
  GlobalVariables variables;  // system variables' global values

  uint32_t next_connection_id() { return ++last_connection_id_; }
  // Statements run since the start, for SHOW STATUS and metrics.
  std::atomic<uint64_t> statement_count{0};
  std::atomic<uint64_t> slow_statement_count{0};
  std::atomic<uint64_t> failed_statement_count{0};
  // Without those that need no kernel and are answered at once.
  Histogram& statement_seconds = Metrics::process().histogram(
      "sluice_statement_seconds", "Time from a statement's text to the end of its answer.", latency_buckets(), {});
  const std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();

 private:
  std::atomic<uint32_t> last_connection_id_{0};

 public:
  DynamicPartitions dynamic_partitions{*this};
  JobScheduler jobs{*this};  // after what its sessions use

 private:
  SystemRowsProvider system_rows_{*this};  // last: uses all others
};

}  // namespace sluice::session
