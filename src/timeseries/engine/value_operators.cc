// SPDX-License-Identifier: Apache-2.0
// div, scale, score and filter: each point for itself.
// Source of truth: KairosDB's DivideAggregator, ScaleAggregator, ScoreAggregator and FilterAggregator.
#include "timeseries/engine/operator_base.h"
#include "timeseries/engine/operators.h"

namespace sluice::timeseries {
namespace {

// Functions of a number. kReads: of null points they fail.
struct Divide {
  static constexpr bool kReads = true;
  double divisor;
  double operator()(double value) const { return value / divisor; }
};
struct Scale {
  static constexpr bool kReads = true;
  double factor;
  double operator()(double value) const { return value * factor; }
};
struct Score {
  static constexpr bool kReads = true;
  const ScoreAggregator& aggregator;
  double operator()(double value) const {
    size_t score = 0;
    for (const auto& threshold : aggregator.thresholds) {
      // A value equal to a superior threshold is below it, NaN below a superior one and above an inferior one.
      if (value < threshold.value || (!(value > threshold.value) && threshold.superior)) break;
      ++score;
    }
    return static_cast<double>(aggregator.descending ? aggregator.thresholds.size() - score : score);
  }
};
struct NoScore {
  static constexpr bool kReads = false;
  double operator()(double) const { return 0; }
};

template <typename Function>
class MapOperator : public Operator {
 public:
  MapOperator(Input input, Function function) : Operator(std::move(input)), function_(std::move(function)) {}

  Status fill(Points& into) override {
    if (!TRY(read())) return {};
    numbers_.set(batch());
    const size_t size = Function::kReads ? numbers_.before_null() : batch().size();
    const auto tail = into.grow(PointType::kDouble, size);
    std::memcpy(tail.times, batch().times().data(), size * sizeof(int64_t));
    for (size_t i = 0; i < size; ++i) tail.values[i] = std::bit_cast<uint64_t>(function_(numbers_[i]));
    return Function::kReads ? numbers_.checked() : Status();
  }

 private:
  Function function_;
  Numbers numbers_;
};

template <typename Function>
Input mapped(Input input, Function function) {
  return std::make_unique<MapOperator<Function>>(std::move(input), std::move(function));
}

class FilterOperator : public Operator {
 public:
  FilterOperator(Input input, const FilterAggregator& aggregator)
      : Operator(std::move(input)),
        operation_(aggregator.operation),
        text_(std::get_if<std::string>(&aggregator.threshold)),
        number_(std::get_if<double>(&aggregator.threshold)),
        order_(number_ != nullptr ? java_order(*number_) : 0) {}

  Status fill(Points& into) override {
    while (into.empty() && TRY(read())) {
      if (operation_ == FilterAggregator::Operation::kMissing)
        return fail(Code::kFailedPrecondition,
                    "Cannot invoke \"org.kairosdb.core.aggregator.FilterAggregator$FilterOperation.filterData(org."
                    "kairosdb.core.DataPoint, Object)\" because the return value of \"org.kairosdb.core.aggregator."
                    "FilterAggregator.access$200(org.kairosdb.core.aggregator.FilterAggregator)\" is null");
      if (text_ != nullptr) {
        keep(into, batch().size(), [&](size_t i) {
          return batch().type(i) == PointType::kString && !removes(compare_java(batch().text(i), *text_));
        });
      } else if (number_ != nullptr) {
        numbers_.set(batch());
        keep(into, numbers_.before_null(), [&](size_t i) {
          if (batch().type(i) == PointType::kString) return false;
          const int64_t order = java_order(numbers_[i]);
          return !removes(order < order_ ? -1 : order > order_ ? 1 : 0);
        });
        TRY(numbers_.checked());
      }
    }
    return {};
  }

 private:
  // Of the batch's first `count` points.
  template <typename Keeps>
  void keep(Points& into, size_t count, Keeps keeps) {
    size_t from = 0;
    for (size_t i = 0; i < count; ++i) {
      if (keeps(i)) continue;
      into.append(batch(), from, i);
      from = i + 1;
    }
    into.append(batch(), from, count);
  }

  // `comparison` of a point's value with the threshold.
  bool removes(int comparison) const {
    switch (operation_) {
      case FilterAggregator::Operation::kLte:
        return comparison <= 0;
      case FilterAggregator::Operation::kLt:
        return comparison < 0;
      case FilterAggregator::Operation::kGte:
        return comparison >= 0;
      case FilterAggregator::Operation::kGt:
        return comparison > 0;
      case FilterAggregator::Operation::kEqual:
        return comparison == 0;
      default:
        return comparison != 0;
    }
  }

  const FilterAggregator::Operation operation_;
  // Both nullptr: the threshold is neither, which removes all points.
  const std::string* const text_;
  const double* const number_;
  const int64_t order_;
  Numbers numbers_;
};

}  // namespace

Input make_divide(Input input, double divisor) { return mapped(std::move(input), Divide{divisor}); }
Input make_scale(Input input, double factor) { return mapped(std::move(input), Scale{factor}); }

Input make_score(Input input, const ScoreAggregator& aggregator) {
  if (aggregator.thresholds.empty()) return mapped(std::move(input), NoScore{});
  return mapped(std::move(input), Score{aggregator});
}

Input make_filter(Input input, const FilterAggregator& aggregator) {
  return std::make_unique<FilterOperator>(std::move(input), aggregator);
}

}  // namespace sluice::timeseries
