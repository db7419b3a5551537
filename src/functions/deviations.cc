// SPDX-License-Identifier: Apache-2.0
// Variance, standard deviation and covariance of populations and samples. As in Doris, one value deviates by 0, in a
// sample too, and what grows beyond DOUBLE is NaN: no statement fails of it.
#include <cmath>

#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/registry.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::AggregateInputData;
using duckdb::LogicalType;

struct VarianceState {
  uint64_t count = 0;
  double mean = 0;
  double squares = 0;  // the sum of squared distances from the mean
};

// Sums, as in Doris, whose digits the result has.
struct CovarianceState {
  uint64_t count = 0;
  double sum_x = 0;
  double sum_y = 0;
  double products = 0;  // the sum of x * y
};

template <bool kSample>
double spread(double sum, uint64_t count) {
  if (count == 1) return 0;
  const double result = sum / static_cast<double>(kSample ? count - 1 : count);
  return std::isinf(result) ? std::nan("") : result;
}

template <bool kSample, bool kRoot>
struct Variance {
  template <class STATE>
  static void Initialize(STATE& state) {
    state = STATE();
  }
  template <class INPUT, class STATE, class OP>
  static void Operation(STATE& state, const INPUT& input, duckdb::AggregateUnaryInput&) {
    const double count = static_cast<double>(state.count);
    const double distance = input - state.mean;
    const double step = distance / (count + 1);
    state.mean += step;
    state.squares += count * distance * step;
    ++state.count;
  }
  template <class INPUT, class STATE, class OP>
  static void ConstantOperation(STATE& state, const INPUT& input, duckdb::AggregateUnaryInput& unary,
                                duckdb::idx_t count) {
    for (duckdb::idx_t i = 0; i < count; ++i) Operation<INPUT, STATE, OP>(state, input, unary);
  }
  template <class STATE, class OP>
  static void Combine(const STATE& source, STATE& target, AggregateInputData&) {
    if (source.count == 0) return;
    const double here = static_cast<double>(target.count);
    const double there = static_cast<double>(source.count);
    const double distance = target.mean - source.mean;
    target.mean = source.mean + distance * here / (here + there);
    target.squares += source.squares + distance * distance * there * here / (here + there);
    target.count += source.count;
  }
  template <class T, class STATE>
  static void Finalize(STATE& state, T& target, duckdb::AggregateFinalizeData& finalize) {
    if (state.count == 0) return finalize.ReturnNull();
    const double result = spread<kSample>(state.squares, state.count);
    target = kRoot ? std::sqrt(result) : result;
  }
  static bool IgnoreNull() { return true; }
};

template <bool kSample>
struct Covariance {
  template <class STATE>
  static void Initialize(STATE& state) {
    state = STATE();
  }
  template <class X, class Y, class STATE, class OP>
  static void Operation(STATE& state, const X& x, const Y& y, duckdb::AggregateBinaryInput&) {
    state.sum_x += x;
    state.sum_y += y;
    state.products += x * y;
    ++state.count;
  }
  template <class STATE, class OP>
  static void Combine(const STATE& source, STATE& target, AggregateInputData&) {
    target.sum_x += source.sum_x;
    target.sum_y += source.sum_y;
    target.products += source.products;
    target.count += source.count;
  }
  template <class T, class STATE>
  static void Finalize(STATE& state, T& target, duckdb::AggregateFinalizeData& finalize) {
    if (state.count == 0) return finalize.ReturnNull();
    target = 0;
    if (state.count == 1) return;
    const double count = static_cast<double>(state.count);
    const double divisor = kSample ? count - 1 : count;
    target = state.products / divisor - state.sum_x * state.sum_y / (count * divisor);
    if (std::isinf(target)) target = std::nan("");
  }
  static bool IgnoreNull() { return true; }
};

void to_doubles(duckdb::ClientContext& context, std::string_view name, BoundList& arguments) {
  for (auto& argument : arguments) {
    if (is_object(argument->return_type) || argument->return_type.IsNested()) {
      throw duckdb::BinderException("%s() takes numbers", duckdb::StringUtil::Upper(std::string(name)));
    }
    argument = convert(context, std::move(argument), LogicalType::DOUBLE);
  }
}

template <bool kSample, bool kRoot>
duckdb::AggregateFunction bind_variance(duckdb::ClientContext& context, std::string_view name, BoundList& arguments) {
  to_doubles(context, name, arguments);
  return duckdb::AggregateFunction::UnaryAggregate<VarianceState, double, double, Variance<kSample, kRoot>>(
      LogicalType::DOUBLE, LogicalType::DOUBLE);
}

template <bool kSample>
duckdb::AggregateFunction bind_covariance(duckdb::ClientContext& context, std::string_view name, BoundList& arguments) {
  to_doubles(context, name, arguments);
  return duckdb::AggregateFunction::BinaryAggregate<CovarianceState, double, double, double, Covariance<kSample>>(
      LogicalType::DOUBLE, LogicalType::DOUBLE, LogicalType::DOUBLE);
}

}  // namespace

void add_deviation_aggregates(Registry& registry) {
  registry.add("stddev", "The standard deviation of the population.")
      .alias("std")
      .alias("stddev_pop")
      .aggregate_by(1, 1, "DOUBLE stddev(NUMBER)", bind_variance<false, true>);
  registry.add("stddev_samp", "The standard deviation of a sample; 0 for a single value.")
      .aggregate_by(1, 1, "DOUBLE stddev_samp(NUMBER)", bind_variance<true, true>);
  registry.add("variance", "The variance of the population.")
      .alias("var_pop")
      .alias("variance_pop")
      .aggregate_by(1, 1, "DOUBLE variance(NUMBER)", bind_variance<false, false>);
  registry.add("variance_samp", "The variance of a sample; 0 for a single value.")
      .alias("var_samp")
      .aggregate_by(1, 1, "DOUBLE variance_samp(NUMBER)", bind_variance<true, false>);
  registry.add("covar", "The covariance of the population.")
      .alias("covar_pop")
      .aggregate_by(2, 2, "DOUBLE covar(NUMBER, NUMBER)", bind_covariance<false>);
  registry.add("covar_samp", "The covariance of a sample; 0 for a single row.")
      .aggregate_by(2, 2, "DOUBLE covar_samp(NUMBER, NUMBER)", bind_covariance<true>);
}

}  // namespace sluice::functions
