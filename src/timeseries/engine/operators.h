// SPDX-License-Identifier: Apache-2.0
// Operators: the aggregators of a query as point sources that read a point source, a batch at a time. One thread.
// An operator's failure carries the text of the Java exception (KairosDB answers with 500); an empty message stands for
// an exception without one, which answers show as null.
// Source of truth: KairosDB's package core.aggregator; sums, deviations and percentiles are equal to the last bit.
#pragma once

#include <memory>
#include <vector>

#include "timeseries/calendar.h"
#include "timeseries/engine/group_tags.h"
#include "timeseries/query.h"

namespace sluice::timeseries {

using Input = std::unique_ptr<PointSource>;

// What a pipeline knows beside its points.
struct PipelineContext {
  Store* store = nullptr;  // save_as writes to it
  const MetricQuery* query = nullptr;
  const GroupTags* tags = nullptr;  // of the group; outlives the pipeline
  const std::atomic<bool>* cancelled = nullptr;
  Deadline deadline = Deadline::never();
};

// The aggregators of one metric of a query, ready to be applied to each of its groups.
class Pipeline {
 public:
  // Fails where a bucket's origin does not exist in the aggregator's zone. The query must outlive the pipeline.
  static Result<Pipeline> make(const MetricQuery& query);

  // The limit and then all aggregators that take the group's points, on `input`. Each looks whether the query may go
  // on: a chain of them may read much and give little.
  Result<Input> apply(Input input, PointGroup group, const PipelineContext& context);

  // How many values a percentile keeps of a bucket; of more it keeps a random sample of that many.
  static constexpr size_t kMaxBucketValues = size_t{1} << 25;

 private:
  // Prepared once a metric.
  struct Prepared {
    const Aggregator* aggregator;
    Zone zone;
    int64_t origin = 0;                     // RangeAggregator
    std::shared_ptr<bool> trimmed_already;  // gaps with trim: only the first group's start is trimmed, as in KairosDB
  };
  uint32_t limit_ = 0;
  std::vector<Prepared> prepared_;
};

// ---- the operators, by family

Input make_limit(Input input, uint32_t limit);
Input make_range(Input input, const RangeAggregator& aggregator, Buckets buckets);
// `started`: shared by the groups of a metric.
Input make_gaps(Input input, const RangeAggregator& aggregator, Buckets buckets, std::shared_ptr<bool> started);
Input make_diff(Input input);
Input make_rate(Input input, SamplingLength length);
Input make_sampler(Input input, SamplingLength length);
Input make_divide(Input input, double divisor);
Input make_scale(Input input, double factor);
Input make_score(Input input, const ScoreAggregator& aggregator);
Input make_filter(Input input, const FilterAggregator& aggregator);
Input make_trim(Input input, TrimAggregator::Side side);
// Fails at once when the size is 0.
Result<Input> make_sma(Input input, int size);
// The same points, as long as the query may run. Errors: kCancelled, kDeadlineExceeded.
Input make_checked(Input input, const std::atomic<bool>* cancelled, Deadline deadline);
Result<Input> make_save_as(Input input, const SaveAsAggregator& aggregator, const PipelineContext& context);

}  // namespace sluice::timeseries
