// SPDX-License-Identifier: Apache-2.0
// gaps: passes points on and marks empty buckets with null points.
// Source of truth: KairosDB's RangeAggregator (exhaustive) and DataGapsMarkingAggregator.
#include "timeseries/engine/operator_base.h"
#include "timeseries/engine/operators.h"

namespace sluice::timeseries {
namespace {

class GapsOperator : public Operator {
 public:
  GapsOperator(Input input, const RangeAggregator& aggregator, Buckets buckets, std::shared_ptr<bool> started)
      : Operator(std::move(input)),
        trim_(aggregator.trim),
        last_(aggregator.end),
        buckets_(std::move(buckets)),
        started_(std::move(started)),
        expected_(trim_ ? buckets_.origin() : aggregator.start) {}

  Status fill(Points& into) override {
    while (into.size() < kOperatorBatch) {
      if (at_ == batch().size() && !ended_) {
        at_ = 0;
        ended_ = !TRY(read());
      }
      const bool has_point = !ended_;
      if (bucket_end_) {
        // A bucket with points: all of them.
        const size_t from = at_;
        while (at_ < batch().size() && batch().time(at_) < *bucket_end_) ++at_;
        into.append(batch(), from, at_);
        if (at_ == batch().size() && !ended_) continue;
        bucket_end_.reset();
        continue;
      }
      if (!has_point && (trim_ || expected_ > last_)) return {};
      int64_t start = expected_;
      if (trim_ && !*started_) {
        *started_ = true;
        start = batch().time(at_);
      }
      const auto bucket = TRY(buckets_.bucket(start));
      if (bucket.end <= expected_ && bucket.end <= start)
        return fail(Code::kOutOfRange, "The range aggregator's buckets end before they begin");
      expected_ = bucket.end;
      if (has_point && batch().time(at_) < bucket.end)
        bucket_end_ = bucket.end;
      else
        into.add_null(bucket.start);
    }
    return {};
  }

 private:
  const bool trim_;
  const int64_t last_;
  const Buckets buckets_;
  const std::shared_ptr<bool> started_;
  int64_t expected_;                   // in the next bucket
  std::optional<int64_t> bucket_end_;  // of the bucket whose points are being passed on
  size_t at_ = 0;                      // of batch()
  bool ended_ = false;
};

}  // namespace

Input make_gaps(Input input, const RangeAggregator& aggregator, Buckets buckets, std::shared_ptr<bool> started) {
  return std::make_unique<GapsOperator>(std::move(input), aggregator, std::move(buckets), std::move(started));
}

}  // namespace sluice::timeseries
