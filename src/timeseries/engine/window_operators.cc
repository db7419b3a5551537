// SPDX-License-Identifier: Apache-2.0
// sma, trim and the limit of a group: what depends on a point's place among the others.
// Source of truth: KairosDB's SmaAggregator, TrimAggregator and LimitAggregator.
#include <algorithm>

#include "timeseries/engine/operator_base.h"
#include "timeseries/engine/operators.h"

namespace sluice::timeseries {
namespace {

class LimitOperator : public Operator {
 public:
  LimitOperator(Input input, uint32_t limit) : Operator(std::move(input)), left_(limit) {}

  Status fill(Points& into) override {
    if (left_ == 0 || !TRY(read())) return {};
    const size_t count = std::min<size_t>(left_, batch().size());
    left_ -= static_cast<uint32_t>(count);
    if (count == batch().size())
      std::swap(into, batch());
    else
      into.append(batch(), 0, count);
    return {};
  }

 private:
  uint32_t left_;
};

class TrimOperator : public Operator {
 public:
  TrimOperator(Input input, TrimAggregator::Side side)
      : Operator(std::move(input)),
        skip_first_(side == TrimAggregator::Side::kFirst || side == TrimAggregator::Side::kBoth),
        skip_last_(side == TrimAggregator::Side::kLast || side == TrimAggregator::Side::kBoth) {}

  Status fill(Points& into) override {
    while (into.empty() && TRY(read())) {
      const size_t begin = skip_first_ ? 1 : 0;
      skip_first_ = false;
      if (begin == batch().size()) continue;
      if (!skip_last_) {
        into.append(batch(), begin, batch().size());
        continue;
      }
      // The last point of a batch is the group's last one until another batch comes.
      into.append(held_, 0, held_.size());
      into.append(batch(), begin, batch().size() - 1);
      held_.clear();
      held_.add_from(batch(), batch().size() - 1);
    }
    return {};
  }

 private:
  bool skip_first_;
  const bool skip_last_;
  Points held_;
};

// The mean of the last `size` points; each sum is made anew from the oldest on, as in KairosDB.
class SmaOperator : public Operator {
 public:
  SmaOperator(Input input, size_t size) : Operator(std::move(input)), size_(size) {}

  Status fill(Points& into) override {
    while (into.empty() && TRY(read())) {
      numbers_.set(batch());
      const size_t end = behind_null_ == 0 ? numbers_.before_null() : 0;
      const size_t kept = window_.size();  // points before this batch, at most size_ - 1
      window_.insert(window_.end(), numbers_.data(), numbers_.data() + end);
      if (window_.size() >= size_) {
        add_means(into, kept);
        window_.erase(window_.begin(), window_.end() - static_cast<ptrdiff_t>(size_ - 1));
      }
      // The first full window with a null point in it fails; there may be none.
      behind_null_ += batch().size() - end;
      if (behind_null_ != 0 && window_.size() + behind_null_ >= size_)
        return fail(Code::kFailedPrecondition, Numbers::kNullPoint);
    }
    return {};
  }

 private:
  void add_means(Points& into, size_t kept) {
    const size_t count = window_.size() - size_ + 1;
    const size_t first = size_ - 1 - kept;  // of the batch: the point whose window is the first full one
    sums_.assign(count, 0.0);
    // All windows take a step together: independent sums, each in its own order.
    constexpr size_t kTogether = 512;
    for (size_t begin = 0; begin < count; begin += kTogether) {
      const size_t end = std::min(count, begin + kTogether);
      for (size_t step = 0; step < size_; ++step)
        for (size_t i = begin; i < end; ++i) sums_[i] += window_[i + step];
    }
    const auto divisor = static_cast<double>(size_);
    for (size_t i = 0; i < count; ++i) into.add_double(batch().time(first + i), sums_[i] / divisor);
  }

  const size_t size_;
  Numbers numbers_;
  std::vector<double> window_;
  std::vector<double> sums_;
  size_t behind_null_ = 0;  // points from the first null one on
};

// KairosDB's answer to a negative size: the mean of no points.
class NoMeans : public Operator {
 public:
  using Operator::Operator;

  Status fill(Points& into) override {
    if (!TRY(read())) return {};
    for (const int64_t time : batch().times()) into.add_double(time, std::numeric_limits<double>::quiet_NaN());
    return {};
  }
};

}  // namespace

Input make_limit(Input input, uint32_t limit) { return std::make_unique<LimitOperator>(std::move(input), limit); }

Input make_trim(Input input, TrimAggregator::Side side) {
  return std::make_unique<TrimOperator>(std::move(input), side);
}

Result<Input> make_sma(Input input, int size) {
  if (size == 0) return fail(Code::kFailedPrecondition, "");
  if (size < 0) return Input(std::make_unique<NoMeans>(std::move(input)));
  return Input(std::make_unique<SmaOperator>(std::move(input), static_cast<size_t>(size)));
}

}  // namespace sluice::timeseries
