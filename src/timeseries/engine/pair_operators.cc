// SPDX-License-Identifier: Apache-2.0
// diff, rate and sampler: from each point and the one before it.
// Source of truth: KairosDB's DiffAggregator, RateAggregator and SamplerAggregator.
#include "timeseries/engine/operator_base.h"
#include "timeseries/engine/operators.h"

#pragma clang fp contract(off)

namespace sluice::timeseries {
namespace {

// `Change` gives the value of a point from two times and two numbers.
template <typename Change>
class PairOperator : public Operator {
 public:
  PairOperator(Input input, Change change) : Operator(std::move(input)), change_(std::move(change)) {}

  Status fill(Points& into) override {
    while (into.empty() && TRY(read())) {
      numbers_.set(batch());
      if (null_) return fail(Code::kFailedPrecondition, Numbers::kNullPoint);
      const size_t end = numbers_.before_null();
      const size_t first = seen_ ? 0 : 1;
      if (!seen_) time_ = batch().time(0), number_ = numbers_[0];
      // The number of the first point is read together with the second one's.
      null_ = !seen_ && end == 0 && batch().size() == 1;
      seen_ = true;
      into.reserve(batch().size());
      for (size_t i = first; i < end; ++i) {
        const int64_t time = batch().time(i);
        into.add_double(time, TRY(change_(time_, time, number_, numbers_[i])));
        time_ = time;
        number_ = numbers_[i];
      }
      if (!null_) TRY(numbers_.checked());
    }
    return {};
  }

 private:
  Change change_;
  Numbers numbers_;
  bool seen_ = false;
  bool null_ = false;  // the one point that was seen is null
  int64_t time_ = 0;   // of the point before
  double number_ = 0;
};

template <typename Change>
Input made(Input input, Change change) {
  return std::make_unique<PairOperator<Change>>(std::move(input), std::move(change));
}

double passed(int64_t from, int64_t to) {
  return static_cast<double>(static_cast<int64_t>(static_cast<uint64_t>(to) - static_cast<uint64_t>(from)));
}

// A change by the time between the points, times the sampling's length.
template <typename Amount>
Input made_rate(Input input, SamplingLength length, const char* name, Amount amount) {
  return made(std::move(input),
              [length = std::move(length), fixed = static_cast<double>(length.fixed_length()), name, amount](
                  int64_t from, int64_t to, double before, double after) -> Result<double> {
                if (from == to)
                  return fail(Code::kFailedPrecondition,
                              "The " + std::string(name) +
                                  " aggregator cannot compute rate for data points with the same time stamp.  You must "
                                  "precede " +
                                  name + " with another aggregator.");
                const double rate = amount(before, after) / passed(from, to);
                return rate * (fixed != 0 ? fixed : static_cast<double>(TRY(length.from(from))));
              });
}

}  // namespace

Input make_diff(Input input) {
  return made(std::move(input),
              [](int64_t, int64_t, double before, double after) -> Result<double> { return after - before; });
}

Input make_rate(Input input, SamplingLength length) {
  return made_rate(std::move(input), std::move(length), "rate",
                   [](double before, double after) { return after - before; });
}

Input make_sampler(Input input, SamplingLength length) {
  return made_rate(std::move(input), std::move(length), "sampler", [](double, double after) { return after; });
}

}  // namespace sluice::timeseries
