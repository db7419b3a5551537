// SPDX-License-Identifier: Apache-2.0
// Aggregates of statistics, of bits and of truth: most are the kernel's over arguments of Doris' types.
#include <cmath>

#include "duckdb/catalog/catalog_entry/aggregate_function_catalog_entry.hpp"
#include "duckdb/function/function_binder.hpp"
#include "functions/aggregate_state.h"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/native_aggregate.h"
#include "functions/type_names.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

template <const char* (*Name)()>
AggregateFunction bind_doubles(duckdb::ClientContext& context, std::string_view, BoundList& arguments) {
  duckdb::vector<LogicalType> types;
  for (auto& argument : arguments) {
    if (is_object(argument->return_type) || argument->return_type.IsNested()) {
      throw duckdb::BinderException("%s() takes numbers", duckdb::StringUtil::Upper(Name()));
    }
    argument = convert(context, std::move(argument), LogicalType::DOUBLE);
    types.push_back(LogicalType::DOUBLE);
  }
  return native_aggregate(context, Name(), types);
}

// No text and no truth becomes a number here.
template <const char* (*Name)()>
AggregateFunction bind_regression(duckdb::ClientContext& context, std::string_view name, BoundList& arguments) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const LogicalType& type = arguments[i]->return_type;
    if (is_number(type) || type.id() == LogicalTypeId::SQLNULL) continue;
    throw duckdb::BinderException("%s requires numeric for %s parameter, not %s", std::string(name),
                                  i == 0 ? "first" : "second", duckdb::StringUtil::Upper(type_name(type)));
  }
  return bind_doubles<Name>(context, name, arguments);
}

template <const char* (*Name)()>
AggregateFunction bind_bits(duckdb::ClientContext& context, std::string_view, BoundList& arguments) {
  if (!is_integer(arguments[0]->return_type)) {
    const bool truth = arguments[0]->return_type.id() == LogicalTypeId::BOOLEAN;
    arguments[0] = convert(context, std::move(arguments[0]), truth ? LogicalType::TINYINT : LogicalType::BIGINT);
  }
  return native_aggregate(context, Name(), {arguments[0]->return_type});
}

template <const char* (*Name)()>
AggregateFunction bind_truth(duckdb::ClientContext& context, std::string_view, BoundList& arguments) {
  arguments[0] = convert(context, std::move(arguments[0]), LogicalType::BOOLEAN);
  return native_aggregate(context, Name(), {LogicalType::BOOLEAN});
}

#define SLUICE_NATIVE(name) \
  const char* name() { return #name; }
SLUICE_NATIVE(regr_slope)
SLUICE_NATIVE(regr_intercept)
SLUICE_NATIVE(bit_and)
SLUICE_NATIVE(bit_or)
SLUICE_NATIVE(bit_xor)
SLUICE_NATIVE(bool_and)
SLUICE_NATIVE(bool_or)
#undef SLUICE_NATIVE

// ---- skewness and kurtosis of the population, from sums of powers as in Doris

struct Powers {
  struct State {
    double sums[5] = {};  // of x^0 to x^4
    double mean(int power) const { return sums[power] / sums[0]; }
    double variance() const { return std::max(0.0, (sums[2] - sums[1] * sums[1] / sums[0]) / sums[0]); }
  };
  static constexpr bool kSkipNulls = true;
  static constexpr bool kKeys = false;
  static void add(State& state, const Rows& rows, idx_t row) {
    const double value = rows.get<double>(0, row);
    double power = 1;
    for (double& sum : state.sums) {
      sum += power;
      power *= value;
    }
  }
  static void merge(State& into, const State& from) {
    for (int i = 0; i < 5; ++i) into.sums[i] += from.sums[i];
  }
  static void set(Vector& result, idx_t row, double value) {
    if (std::isfinite(value))
      set_value(result, row, value);
    else
      set_null(result, row);
  }
};

struct Skewness : Powers {
  static void finish(const State* state, Vector& result, idx_t row) {
    if (!state) return set_null(result, row);
    const auto& s = state->sums;
    const double third = (s[3] - (3 * s[2] - 2 * s[1] * s[1] / s[0]) * s[1] / s[0]) / s[0];
    set(result, row, third / std::pow(state->variance(), 1.5));
  }
};

struct Kurtosis : Powers {
  static void finish(const State* state, Vector& result, idx_t row) {
    if (!state) return set_null(result, row);
    const auto& s = state->sums;
    const double fourth = (s[4] - (4 * s[3] - (6 * s[2] - 3 * s[1] * s[1] / s[0]) * s[1] / s[0]) * s[1] / s[0]) / s[0];
    set(result, row, fourth / (state->variance() * state->variance()) - 3);
  }
};

// ---- pairs

// 0 where one side does not vary.
struct Correlation {
  struct State {
    double count = 0;
    double x = 0;
    double y = 0;
    double xy = 0;
    double xx = 0;
    double yy = 0;
  };
  static constexpr bool kSkipNulls = true;
  static constexpr bool kKeys = false;
  static void add(State& state, const Rows& rows, idx_t row) {
    const double x = rows.get<double>(0, row);
    const double y = rows.get<double>(1, row);
    state.count += 1;
    state.x += x;
    state.y += y;
    state.xy += x * y;
    state.xx += x * x;
    state.yy += y * y;
  }
  static void merge(State& into, const State& from) {
    into.count += from.count;
    into.x += from.x;
    into.y += from.y;
    into.xy += from.xy;
    into.xx += from.xx;
    into.yy += from.yy;
  }
  static void finish(const State* state, Vector& result, idx_t row) {
    if (!state) return set_null(result, row);
    const double x = state->count * state->xx - state->x * state->x;
    const double y = state->count * state->yy - state->y * state->y;
    const double both = state->count * state->xy - state->x * state->y;
    set_value(result, row, x > 0 && y > 0 ? both / std::sqrt(x * y) : 0.0);
  }
};

struct WeightedAverage {
  struct State {
    double sum = 0;
    double weight = 0;
  };
  static constexpr bool kSkipNulls = true;
  static constexpr bool kKeys = false;
  static void add(State& state, const Rows& rows, idx_t row) {
    const double weight = rows.get<double>(1, row);
    state.sum += rows.get<double>(0, row) * weight;
    state.weight += weight;
  }
  static void merge(State& into, const State& from) {
    into.sum += from.sum;
    into.weight += from.weight;
  }
  static void finish(const State* state, Vector& result, idx_t row) {
    if (!state || state->weight == 0)
      set_null(result, row);
    else
      set_value(result, row, state->sum / state->weight);
  }
};

// Whether an odd count of values is true.
struct BoolXor {
  using State = bool;
  static constexpr bool kSkipNulls = true;
  static constexpr bool kKeys = false;
  static void add(State& state, const Rows& rows, idx_t row) { state ^= rows.get<bool>(0, row); }
  static void merge(State& into, const State& from) { into ^= from; }
  static void finish(const State* state, Vector& result, idx_t row) {
    if (!state)
      set_null(result, row);
    else
      set_value(result, row, *state);
  }
};

}  // namespace

AggregateFunction native_aggregate(duckdb::ClientContext& context, const std::string& name,
                                   const duckdb::vector<LogicalType>& types) {
  auto& entry = duckdb::Catalog::GetSystemCatalog(context).GetEntry<duckdb::AggregateFunctionCatalogEntry>(
      context, DEFAULT_SCHEMA, name);
  duckdb::ErrorData error;
  auto index = duckdb::FunctionBinder(context).BindFunction(name, entry.functions, types, error);
  if (!index.IsValid()) error.Throw();
  return entry.functions.GetFunctionByOffset(index.GetIndex());
}

void add_moment_aggregates(Registry& registry) {
  const LogicalType number = LogicalType::DOUBLE;
  registry.add("regr_slope", "The slope of the line through the points (second, first argument).")
      .aggregate_by(2, 2, "DOUBLE regr_slope(NUMBER y, NUMBER x)", bind_regression<regr_slope>);
  registry.add("regr_intercept", "Where the line through the points (second, first argument) is at 0.")
      .aggregate_by(2, 2, "DOUBLE regr_intercept(NUMBER y, NUMBER x)", bind_regression<regr_intercept>);
  registry.add("skewness", "The skewness of the population; NULL when all values are equal.")
      .alias("skew")
      .alias("skew_pop")
      .aggregate(heap_aggregate<Skewness>({number}, number));
  registry.add("kurtosis", "The excess kurtosis of the population; NULL when all values are equal.")
      .alias("kurt")
      .alias("kurt_pop")
      .aggregate(heap_aggregate<Kurtosis>({number}, number));
  registry.add("corr", "Pearson's correlation; 0 when one side does not vary.")
      .aggregate(heap_aggregate<Correlation>({number, number}, number));
  registry.add("avg_weighted", "The average of values that count as their weights say.")
      .aggregate(heap_aggregate<WeightedAverage>({number, number}, number));
  registry.add("group_bit_and", "The bits that all numbers have.")
      .alias("bit_and")
      .aggregate_by(1, 1, "INTEGER group_bit_and(INTEGER)", bind_bits<bit_and>);
  registry.add("group_bit_or", "The bits that some number has.")
      .alias("bit_or")
      .aggregate_by(1, 1, "INTEGER group_bit_or(INTEGER)", bind_bits<bit_or>);
  registry.add("group_bit_xor", "The bits that an odd count of numbers has.")
      .alias("bit_xor")
      .aggregate_by(1, 1, "INTEGER group_bit_xor(INTEGER)", bind_bits<bit_xor>);
  registry.add("bool_and", "Whether all values are true.")
      .alias("booland_agg")
      .aggregate_by(1, 1, "BOOLEAN bool_and(BOOLEAN)", bind_truth<bool_and>);
  registry.add("bool_or", "Whether some value is true.")
      .alias("boolor_agg")
      .aggregate_by(1, 1, "BOOLEAN bool_or(BOOLEAN)", bind_truth<bool_or>);
  registry.add("bool_xor", "Whether an odd count of values is true.")
      .alias("boolxor_agg")
      .aggregate(heap_aggregate<BoolXor>({LogicalType::BOOLEAN}, LogicalType::BOOLEAN));
}

}  // namespace sluice::functions
