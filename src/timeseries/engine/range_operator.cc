// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "timeseries/engine/java_number.h"
#include "timeseries/engine/range_functions.h"

#pragma clang fp contract(off)

namespace sluice::timeseries {

void PercentileFunction::add(const Points&, const Numbers& numbers, size_t begin, size_t end) {
  const size_t room = Pipeline::kMaxBucketValues - values_.size();
  const size_t kept = begin + std::min(end - begin, room);
  values_.insert(values_.end(), numbers.data() + begin, numbers.data() + kept);
  count_ += kept - begin;
  for (size_t i = kept; i < end; ++i) {
    const uint64_t place = std::uniform_int_distribution<uint64_t>(0, count_++)(random_);
    if (place < values_.size()) values_[place] = numbers[i];
  }
}

Status PercentileFunction::finish(int64_t time, Points& into) {
  if (percentile_ < 0 || percentile_ > 1)
    return fail(Code::kInvalidArgument, java_double(percentile_) + " is not in [0..1]");
  const size_t count = values_.size();
  const double position = percentile_ * static_cast<double>(count + 1);
  const auto less = [](double a, double b) { return java_order(a) < java_order(b); };
  double value;
  if (position < 1) {
    value = *std::min_element(values_.begin(), values_.end(), less);
  } else if (position >= static_cast<double>(count)) {
    value = *std::max_element(values_.begin(), values_.end(), less);
  } else {
    // The values on both sides of the position, counted from 1.
    const auto above = values_.begin() + static_cast<ptrdiff_t>(position);
    std::nth_element(values_.begin(), above, values_.end(), less);
    const double lower = *std::max_element(values_.begin(), above, less);
    value = lower + (position - std::floor(position)) * (*above - lower);
  }
  into.add_double(time, value);
  return {};
}

void LeastSquaresFunction::reset() {
  first_two_.clear();
  count_ = 0;
  start_ = stop_ = -1;
  sum_x_ = sum_y_ = mean_x_ = mean_y_ = sum_xx_ = sum_xy_ = 0;
}

void LeastSquaresFunction::add(const Points& points, const Numbers& numbers, size_t begin, size_t end) {
  for (size_t i = begin; i < end; ++i) {
    if (count_ < 2) first_two_.add_from(points, i);
    const int64_t time = points.time(i);
    stop_ = time;
    if (start_ == -1) start_ = time;  // a bucket that begins at -1 starts at its second point, as in KairosDB
    const auto x = static_cast<double>(time);
    const double y = numbers[i];
    if (count_ == 0) {
      mean_x_ = x;
      mean_y_ = y;
    } else {
      const auto n = static_cast<double>(count_);
      const double weight = n / (1.0 + n);
      const double dx = x - mean_x_;
      const double dy = y - mean_y_;
      sum_xx_ += dx * dx * weight;
      sum_xy_ += dx * dy * weight;
      mean_x_ += dx / (1.0 + n);
      mean_y_ += dy / (1.0 + n);
    }
    sum_x_ += x;
    sum_y_ += y;
    ++count_;
  }
}

Status LeastSquaresFunction::finish(int64_t, Points& into) {
  if (count_ <= 2) {
    into.append(first_two_, 0, first_two_.size());
    return {};
  }
  const double slope = std::fabs(sum_xx_) < 10 * std::numeric_limits<double>::denorm_min()
                           ? std::numeric_limits<double>::quiet_NaN()
                           : sum_xy_ / sum_xx_;
  const double intercept = (sum_y_ - slope * sum_x_) / static_cast<double>(count_);
  for (const int64_t at : {start_, stop_}) into.add_double(at, intercept + slope * static_cast<double>(at));
  return {};
}

namespace {

// Finds buckets one after the other; those of fixed length mostly without a division.
class BucketCursor {
 public:
  explicit BucketCursor(Buckets buckets) : buckets_(std::move(buckets)), length_(buckets_.fixed_length()) {}

  Status move_to(int64_t time) {
    if (time >= end_ && length_ != 0) {
      int64_t after;
      if (!__builtin_add_overflow(end_, length_, &after) && time < after) {
        bucket_ = {end_, after};
        end_ = after;
        return {};
      }
    }
    bucket_ = TRY(buckets_.bucket(time));
    end_ = bucket_.end > buckets_.origin() ? bucket_.end : kMaxTime;
    return {};
  }
  const Buckets::Bucket& bucket() const { return bucket_; }

 private:
  const Buckets buckets_;
  const int64_t length_;
  Buckets::Bucket bucket_{0, 0};
  int64_t end_ = kMaxTime;  // of the bucket, where the next one begins; kMaxTime: unknown
};

// In descending order everything after the first point lies before the bucket's end and so in the bucket, as in
// KairosDB.
template <typename Function>
class RangeOperator : public Operator {
 public:
  RangeOperator(Input input, const RangeAggregator& aggregator, Buckets buckets, Function function)
      : Operator(std::move(input)),
        function_(std::move(function)),
        cursor_(std::move(buckets)),
        start_time_(aggregator.align_start_time),
        end_time_(aggregator.align_end_time) {}

  Status fill(Points& into) override {
    while (into.size() < kOperatorBatch) {
      if (at_ == usable_) {
        if (usable_ < batch().size()) {
          if (open_ && batch().time(usable_) >= cursor_.bucket().end) TRY(function_.finish(time_, into));
          return numbers_.checked();
        }
        at_ = usable_ = 0;
        if (!TRY(read())) {
          if (open_) TRY(function_.finish(time_, into));
          open_ = false;
          return {};
        }
        usable_ = batch().size();
        if constexpr (Function::kNumeric) {
          numbers_.set(batch());
          if (!Function::kTakesNulls) usable_ = numbers_.before_null();
        }
        continue;
      }
      if (!open_) TRY(open(batch().time(at_)));
      const int64_t* times = batch().times().data();
      const int64_t end = cursor_.bucket().end;
      size_t stop = at_;
      while (stop < usable_ && times[stop] < end) ++stop;
      function_.add(batch(), numbers_, at_, stop);
      at_ = stop;
      if (stop == usable_) continue;
      TRY(function_.finish(time_, into));
      open_ = false;
    }
    return {};
  }

 private:
  Status open(int64_t time) {
    TRY(cursor_.move_to(time));
    const auto& bucket = cursor_.bucket();
    // KairosDB would give empty buckets without end.
    if (time >= bucket.end) return fail(Code::kOutOfRange, "The range aggregator's buckets end before their points");
    time_ = start_time_ ? bucket.start : end_time_ ? bucket.end : time;
    function_.reset();
    open_ = true;
    return {};
  }

  Function function_;
  BucketCursor cursor_;
  const bool start_time_;
  const bool end_time_;
  Numbers numbers_;
  size_t at_ = 0;      // of batch()
  size_t usable_ = 0;  // points of batch() before the first one that cannot be read
  bool open_ = false;  // points were added to the bucket of cursor_
  int64_t time_ = 0;   // of what the open bucket becomes
};

template <typename Function>
Input made(Input input, const RangeAggregator& aggregator, Buckets buckets, Function function) {
  return std::make_unique<RangeOperator<Function>>(std::move(input), aggregator, std::move(buckets),
                                                   std::move(function));
}

}  // namespace

Input make_range(Input input, const RangeAggregator& aggregator, Buckets buckets) {
  switch (aggregator.function) {
    case RangeFunction::kAvg:
      return made(std::move(input), aggregator, std::move(buckets), AverageFunction());
    case RangeFunction::kSum:
      return made(std::move(input), aggregator, std::move(buckets), SumFunction());
    case RangeFunction::kMin:
      return made(std::move(input), aggregator, std::move(buckets), ExtremeFunction<false>());
    case RangeFunction::kMax:
      return made(std::move(input), aggregator, std::move(buckets), ExtremeFunction<true>());
    case RangeFunction::kCount:
      return made(std::move(input), aggregator, std::move(buckets), CountFunction());
    case RangeFunction::kDev:
      return made(std::move(input), aggregator, std::move(buckets), DeviationFunction(aggregator));
    case RangeFunction::kFirst:
      return made(std::move(input), aggregator, std::move(buckets), FirstFunction());
    case RangeFunction::kLast:
      return made(std::move(input), aggregator, std::move(buckets), LastFunction(aggregator));
    case RangeFunction::kPercentile:
      return made(std::move(input), aggregator, std::move(buckets), PercentileFunction(aggregator));
    case RangeFunction::kLeastSquares:
      return made(std::move(input), aggregator, std::move(buckets), LeastSquaresFunction());
    case RangeFunction::kGaps:
      break;
  }
  return make_gaps(std::move(input), aggregator, std::move(buckets), std::make_shared<bool>(false));
}

}  // namespace sluice::timeseries
