// SPDX-License-Identifier: Apache-2.0
// Traffic: what the doors of time series did since the start, for /metrics and for the kairosdb.* self-metrics.
// Updated once a request or a batch, from any thread.
#pragma once

#include <atomic>
#include <cstdint>

#include "timeseries/traffic_details.h"

namespace sluice::timeseries {

struct Traffic {
  using Count = std::atomic<uint64_t>;

  Count ingest_requests = 0;  // over HTTP
  Count ingest_points = 0;    // over HTTP, handed to the store
  Count ingest_ns = 0;        // time of these requests from their head to their answer
  Count requests = 0;         // of HTTP, all
  Count failed_requests = 0;  // of these, answered with 500 and above

  Count telnet_points = 0;
  Count telnet_dropped = 0;  // lines that are no point and no command
  Count telnet_batches = 0;

  Count queries = 0;
  Count failed_queries = 0;
  Count query_ns = 0;
  Count query_points = 0;  // read from the store or the cache
  Count query_rows = 0;
  Count cached_points = 0;  // of query_points: from the cache

  TrafficDetails details;

  static void add(Count& count, uint64_t n) { count.fetch_add(n, std::memory_order_relaxed); }
  static double read(const Count& count) { return static_cast<double>(count.load(std::memory_order_relaxed)); }
};

}  // namespace sluice::timeseries
