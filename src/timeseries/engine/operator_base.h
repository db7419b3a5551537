// SPDX-License-Identifier: Apache-2.0
// What operators share: reading a batch of the input, failing behind the points made before, and numbers as a column of
// doubles. One thread.
#pragma once

#include <bit>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "timeseries/store.h"

namespace sluice::timeseries {

// Points that an operator gives at a time, where it has the choice.
inline constexpr size_t kOperatorBatch = 4096;

class Operator : public PointSource {
 public:
  explicit Operator(std::unique_ptr<PointSource> input) : input_(std::move(input)) {}

  // A failure comes behind the points made before it, as from KairosDB's iterators: what takes them may fail earlier.
  Status next(Points& into) final {
    into.clear();
    if (failure_) return tl::unexpected(*failure_);
    auto filled = fill(into);
    if (filled || into.empty()) return filled;
    failure_ = std::move(filled).error();
    return {};
  }

 protected:
  // Appends points, none at the end; before an Error those that come first.
  virtual Status fill(Points& into) = 0;

  // Replaces batch(); false at the end of the input.
  Result<bool> read() {
    TRY(input_->next(batch_));
    return !batch_.empty();
  }
  const Points& batch() const { return batch_; }
  Points& batch() { return batch_; }

 private:
  std::unique_ptr<PointSource> input_;
  Points batch_;
  std::optional<Error> failure_;
};

// The numbers of a batch, as Java's getDoubleValue() gives them.
class Numbers {
 public:
  // The text of the exception that a null point throws.
  static constexpr const char* kNullPoint =
      "No aggregator can be chained after org.kairosdb.core.aggregator.DataGapsMarkingAggregator";

  // Null points are 0 here, see checked().
  void set(const Points& points) {
    values_.resize(points.size());
    first_null_ = points.size();
    if (points.uniform() && points.uniform_type() == PointType::kDouble) {
      std::memcpy(values_.data(), points.values().data(), points.size() * sizeof(double));
    } else if (points.uniform() && points.uniform_type() == PointType::kLong) {
      for (size_t i = 0; i < points.size(); ++i) values_[i] = static_cast<double>(points.long_value(i));
    } else {
      for (size_t i = points.size(); i-- > 0;) {
        values_[i] = points.number(i);
        if (points.type(i) == PointType::kNull) first_null_ = i;
      }
    }
  }
  // How many numbers come before the first null point.
  size_t before_null() const { return first_null_; }
  // Fails when there are null points: Java's aggregators cannot read them.
  Status checked() const {
    if (first_null_ == values_.size()) return {};
    return fail(Code::kFailedPrecondition, kNullPoint);
  }
  const double* data() const { return values_.data(); }
  double operator[](size_t i) const { return values_[i]; }

 private:
  std::vector<double> values_;
  size_t first_null_ = 0;
};

// Java's Double.compare as an order of integers: -0.0 before 0.0, NaN (all of them one) after everything.
inline int64_t java_order(double value) {
  if (value != value) return std::numeric_limits<int64_t>::max();
  const auto bits = std::bit_cast<int64_t>(value);
  return bits < 0 ? bits ^ std::numeric_limits<int64_t>::max() : bits;
}

}  // namespace sluice::timeseries
