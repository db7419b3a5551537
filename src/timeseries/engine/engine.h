// SPDX-License-Identifier: Apache-2.0
// Engine: runs queries on a store. Thread-safe: a query runs in the thread that calls and may block; any number at
// once. Source of truth: KairosDB's KairosDatastore and MetricsResource.
//
// An Error of a query becomes KairosDB's 500 with the message (an empty one stands for null); which failures are not
// KairosDB's own shows in the code: kResourceExhausted (limits), kDeadlineExceeded, kCancelled, kUnavailable,
// kDataLoss.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "timeseries/compat.h"
#include "timeseries/engine/answer_text.h"
#include "timeseries/engine/group_tags.h"
#include "timeseries/engine/read_cache.h"
#include "timeseries/query.h"
#include "timeseries/traffic_details.h"

namespace sluice::timeseries {

struct EngineOptions {
  Compat compat = Compat::kV14;
  uint64_t max_points = 0;         // a metric of a query may read; 0: no limit
  size_t hold_bytes = 4 << 20;     // of an answer kept back: failures until then are answered as failures
  size_t piece_bytes = 256 << 10;  // of an answer given to the sink at a time, afterwards
};

// What belongs to one run of a query.
struct QueryRun {
  Deadline deadline = Deadline::never();
  const std::atomic<bool>* cancelled = nullptr;
  std::atomic<size_t>* metric = nullptr;  // which of the query's runs: set while it runs
  std::string_view original_query;        // valid JSON that the answer repeats; empty: it does not

  // Errors: kCancelled, kDeadlineExceeded.
  Status check_stop() const { return timeseries::check_stop(cancelled, deadline); }
};

// What a query did: for self-metrics and logs.
struct QueryFigures {
  uint64_t points = 0;  // read from the store or the cache
  uint64_t rows = 0;
  uint64_t groups = 0;
  uint64_t cached_points = 0;  // of points: from the cache
  std::vector<MetricFigures> metrics;
};

// A group of a metric's result.
struct ResultGroup {
  const MetricQuery* query;
  const GroupTags* tags;
  const std::vector<std::string>* elements;  // of group_by, as JSON
};

// Takes results as points: answers in JSON are one; SQL and roll-ups have their own. Errors end the query.
class ResultSink {
 public:
  virtual ~ResultSink() = default;
  virtual Status begin_metric(const MetricQuery& query, uint64_t sample_size) = 0;
  virtual Status begin_group(const ResultGroup& group) = 0;
  virtual Status points(const Points& points) = 0;
  virtual Status end_group() = 0;
  virtual Status end_metric() = 0;
};

class Engine {
 public:
  // `cache` may be nullptr. Both must outlive the engine.
  Engine(Store& store, ReadCache* cache, EngineOptions options = {});

  // The answer of /api/v1/datapoints/query.
  Status answer(const Query& query, const QueryRun& run, AnswerSink& sink, QueryFigures* figures = nullptr);
  // The answer of /api/v1/datapoints/query/tags.
  Status answer_tags(const Query& query, const QueryRun& run, AnswerSink& sink);
  // The same points without JSON.
  Status run(const Query& query, const QueryRun& run, ResultSink& sink, QueryFigures* figures = nullptr);

  const EngineOptions& options() const { return options_; }

 private:
  struct Rows;
  class MetricRun;

  Result<Rows> read(const MetricQuery& query, uint32_t cache_seconds, const QueryRun& run, QueryFigures& figures);

  Store& store_;
  ReadCache* const cache_;
  const EngineOptions options_;
};

}  // namespace sluice::timeseries
