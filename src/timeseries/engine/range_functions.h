// SPDX-License-Identifier: Apache-2.0
// The functions of range aggregators: each sees the points of a bucket piece by piece and gives what the bucket
// becomes. One thread. Source of truth: KairosDB's aggregators: order of additions and roundings are theirs, so results
// are equal to the last bit.
//
// A function has: reset(), for a new bucket; add(points, numbers, begin, end), for the next points [begin, end) of a
// batch; finish(time, into), which appends the bucket's points. kNumeric: it reads numbers; kTakesNulls: also of
// batches with null points.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>

#include "timeseries/engine/operator_base.h"
#include "timeseries/engine/operators.h"

// Contracting a * b + c into one rounding would give other last bits than Java.
#pragma clang fp contract(off)

namespace sluice::timeseries {

struct NumericFunction {
  static constexpr bool kNumeric = true;
  static constexpr bool kTakesNulls = false;
};

class SumFunction : public NumericFunction {
 public:
  void reset() { sum_ = 0; }
  void add(const Points&, const Numbers& numbers, size_t begin, size_t end) {
    double sum = sum_;
    for (size_t i = begin; i < end; ++i) sum += numbers[i];
    sum_ = sum;
  }
  Status finish(int64_t time, Points& into) {
    into.add_double(time, sum_);
    return {};
  }

 private:
  double sum_ = 0;
};

// Passes over null points.
class AverageFunction {
 public:
  static constexpr bool kNumeric = true;
  static constexpr bool kTakesNulls = true;

  void reset() { sum_ = 0, count_ = 0; }
  void add(const Points& points, const Numbers& numbers, size_t begin, size_t end) {
    double sum = sum_;
    if (points.uniform() && points.uniform_type() != PointType::kNull) {
      for (size_t i = begin; i < end; ++i) sum += numbers[i];
      count_ += end - begin;
    } else {
      for (size_t i = begin; i < end; ++i) {
        if (points.type(i) == PointType::kNull) continue;
        sum += numbers[i];
        ++count_;
      }
    }
    sum_ = sum;
  }
  Status finish(int64_t time, Points& into) {
    into.add_double(time, sum_ / static_cast<double>(count_));
    return {};
  }

 private:
  double sum_ = 0;
  uint64_t count_ = 0;
};

// Math.min and Math.max: NaN wins, -0.0 is below 0.0. They begin with the largest finite numbers, so a bucket of
// infinities becomes one of these.
template <bool kMax>
class ExtremeFunction : public NumericFunction {
 public:
  void reset() { best_ = kMax ? -std::numeric_limits<double>::max() : std::numeric_limits<double>::max(); }
  void add(const Points&, const Numbers& numbers, size_t begin, size_t end) {
    double best = best_;
    for (size_t i = begin; i < end; ++i) {
      const double value = numbers[i];
      const bool better = kMax ? value > best : value < best;
      if (better || value != value || (value == 0 && best == 0 && std::signbit(value) != kMax)) best = value;
      if (best != best) break;
    }
    best_ = best;
  }
  Status finish(int64_t time, Points& into) {
    into.add_double(time, best_);
    return {};
  }

 private:
  double best_ = 0;
};

class CountFunction {
 public:
  static constexpr bool kNumeric = false;
  static constexpr bool kTakesNulls = true;

  void reset() { count_ = 0; }
  void add(const Points&, const Numbers&, size_t begin, size_t end) { count_ += end - begin; }
  Status finish(int64_t time, Points& into) {
    into.add_long(time, static_cast<int64_t>(count_));
    return {};
  }

 private:
  uint64_t count_ = 0;
};

// Sample standard deviation from running averages of the values and of their squares.
class DeviationFunction : public NumericFunction {
 public:
  explicit DeviationFunction(const RangeAggregator& aggregator)
      : returned_(aggregator.dev_return), times_(aggregator.dev_count) {}

  void reset() { average_ = square_ = 0, count_ = 0; }
  void add(const Points&, const Numbers& numbers, size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const double value = numbers[i];
      const double count = static_cast<double>(++count_);
      average_ += (value - average_) / count;
      square_ += (value * value - square_) / count;
    }
  }
  Status finish(int64_t time, Points& into) {
    const double count = static_cast<double>(count_);
    double deviation = std::sqrt((square_ * count - count * average_ * average_) / static_cast<double>(count_ - 1));
    if (std::isnan(deviation)) deviation = 0;
    if (returned_ == RangeAggregator::DevReturn::kPositive) deviation = average_ + deviation * times_;
    if (returned_ == RangeAggregator::DevReturn::kNegative) deviation = average_ - deviation * times_;
    into.add_double(time, deviation);
    return {};
  }

 private:
  const RangeAggregator::DevReturn returned_;
  const double times_;
  double average_ = 0;
  double square_ = 0;
  uint64_t count_ = 0;
};

class FirstFunction {
 public:
  static constexpr bool kNumeric = false;
  static constexpr bool kTakesNulls = true;

  void reset() { first_.clear(); }
  void add(const Points& points, const Numbers&, size_t begin, size_t end) {
    if (first_.empty() && begin < end) first_.add_from(points, begin);
  }
  Status finish(int64_t time, Points& into) {
    into.add_from(first_, 0, time);
    return {};
  }

 private:
  Points first_;
};

// Keeps the last point's own time, unless the buckets' times are asked for.
class LastFunction {
 public:
  static constexpr bool kNumeric = false;
  static constexpr bool kTakesNulls = true;

  explicit LastFunction(const RangeAggregator& aggregator)
      : aligned_(aggregator.align_start_time || aggregator.align_end_time) {}
  void reset() {}
  void add(const Points& points, const Numbers&, size_t begin, size_t end) {
    if (begin == end) return;
    last_.clear();
    last_.add_from(points, end - 1);
  }
  Status finish(int64_t time, Points& into) {
    into.add_from(last_, 0, aligned_ ? time : last_.time(0));
    return {};
  }

 private:
  const bool aligned_;
  Points last_;
};

// Exact up to Pipeline::kMaxBucketValues values a bucket. Differs from KairosDB, which takes a random sample of more
// than 1,028; up to that many both are equal.
class PercentileFunction : public NumericFunction {
 public:
  explicit PercentileFunction(const RangeAggregator& aggregator) : percentile_(aggregator.percentile) {}

  void reset() { values_.clear(), count_ = 0; }
  void add(const Points&, const Numbers& numbers, size_t begin, size_t end);
  Status finish(int64_t time, Points& into);

 private:
  const double percentile_;
  std::vector<double> values_;
  uint64_t count_ = 0;
  std::mt19937_64 random_{1};
};

// A regression line's values at the first and the last point; of one or two points these themselves.
class LeastSquaresFunction : public NumericFunction {
 public:
  void reset();
  void add(const Points& points, const Numbers& numbers, size_t begin, size_t end);
  Status finish(int64_t time, Points& into);

 private:
  Points first_two_;
  uint64_t count_ = 0;
  int64_t start_ = -1;
  int64_t stop_ = -1;
  double sum_x_ = 0, sum_y_ = 0;
  double mean_x_ = 0, mean_y_ = 0;
  double sum_xx_ = 0, sum_xy_ = 0;  // of deviations from the means
};

}  // namespace sluice::timeseries
