// SPDX-License-Identifier: Apache-2.0
// TrafficDetails: traffic by its names, for those kairosdb.* self-metrics that have them as tags: queries one by one,
// requests by method, points by metric. Kept until take(). Thread-safe. Source of truth: KairosDB 1.3's ThreadReporter,
// MonitorFilter and DataPointsMonitor.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "timeseries/store.h"

namespace sluice::timeseries {

// A metric of a query.
struct MetricFigures {
  std::string metric;
  uint64_t read_ns = 0;  // until its rows were found
  uint64_t ns = 0;       // until its results were given
  uint64_t points = 0;
  uint64_t rows = 0;
};

struct QueryReport {
  int64_t began = 0;  // milliseconds since 1970
  uint64_t ns = 0;
  bool failed = false;
  std::vector<MetricFigures> metrics;  // those that were answered, in their order
};

class TrafficDetails {
 public:
  // Between two calls of take() no more than these are kept; further ones are not told.
  static constexpr size_t kMostQueries = 10'000;
  static constexpr size_t kMostMetrics = 100'000;

  // Nothing is kept before.
  void start() { on_.store(true, std::memory_order_relaxed); }

  void add(QueryReport query);
  // `method`: as KairosDB counts them, the last part of the path; from a list that has an end.
  void add_request(std::string_view method);
  // Points of each metric but those whose names begin with "kairosdb".
  void add_points(const WriteBatch& batch);

  struct Taken {
    std::vector<QueryReport> queries;
    std::map<std::string, uint64_t, std::less<>> requests;  // each method that ever came
    std::unordered_map<std::string, uint64_t> points;       // by metric
  };
  // What came since the last call.
  Taken take();

 private:
  std::atomic<bool> on_ = false;
  std::mutex mutex_;
  Taken kept_;
};

}  // namespace sluice::timeseries
