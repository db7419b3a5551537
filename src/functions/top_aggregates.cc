// SPDX-License-Identifier: Apache-2.0
// The commonest values, and counts of values as JSON: TOPN, COUNT_BY_ENUM, HISTOGRAM.
#include <cmath>
#include <unordered_map>

#include "base/json_text.h"
#include "functions/aggregate_state.h"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/types.h"
#include "functions/value_text.h"

namespace sluice::functions {
namespace {

// ---- topn

using Counts = std::unordered_map<std::string, uint64_t>;

struct TopState {
  Counts counts;
  size_t wanted = 0;
};

// Most frequent first; of equal counts the largest value.
std::vector<std::pair<uint64_t, std::string_view>> ranking(const TopState& state) {
  std::vector<std::pair<uint64_t, std::string_view>> result;
  for (const auto& [value, count] : state.counts) result.emplace_back(count, value);
  std::sort(result.begin(), result.end(), std::greater<>());
  result.resize(std::min(result.size(), state.wanted));
  return result;
}

size_t wanted_of(const Rows& rows, idx_t column, idx_t row) {
  const auto wanted = rows.get<int32_t>(column, row);
  if (wanted <= 0) throw duckdb::InvalidInputException("TOPN() wants a number of values above 0, not %d", wanted);
  return static_cast<size_t>(wanted);
}

struct Top {
  using State = TopState;
  static constexpr bool kSkipNulls = true;
  static void merge(State& into, const State& from) {
    into.wanted = std::max(into.wanted, from.wanted);
    for (const auto& [value, count] : from.counts) into.counts[value] += count;
  }
};

// topn(text, n[, rate]): {"text":count, ..}
struct TopText : Top {
  static constexpr bool kKeys = false;
  static void add(State& state, const Rows& rows, idx_t row) {
    state.wanted = wanted_of(rows, 1, row);
    ++state.counts[std::string(rows.text(0, row))];
  }
  static void finish(const State* state, Vector& result, idx_t row) {
    if (!state) return set_null(result, row);
    std::string json = "{";
    for (const auto& [count, value] : ranking(*state)) {
      if (json.size() > 1) json += ',';
      append_json_string(json, value);
      json += ':' + std::to_string(count);
    }
    set_text(result, row, json + "}");
  }
};

// topn_array(value, n[, rate]), topn_weighted(value, weight, n[, rate])
template <bool weighted>
struct TopArray : Top {
  static constexpr bool kKeys = true;
  static void add(State& state, const Rows& rows, idx_t row) {
    state.wanted = wanted_of(rows, weighted ? 2 : 1, row);
    const int64_t weight = weighted ? rows.get<int64_t>(1, row) : 1;
    if (weight > 0) state.counts[std::string(rows.key(0, row))] += static_cast<uint64_t>(weight);
  }
  static void finish(const State* state, Vector& result, idx_t row) {
    if (!state) return set_null(result, row);
    const auto ranked = ranking(*state);
    const idx_t at = set_list(result, row, ranked.size());
    for (size_t i = 0; i < ranked.size(); ++i) {
      decode_key(ranked[i].second, duckdb::ListVector::GetEntry(result), at + i);
    }
  }
};

void to_integer(duckdb::ClientContext& context, BoundList& arguments, size_t from) {
  for (size_t i = from; i < arguments.size(); ++i) {
    arguments[i] = convert(context, std::move(arguments[i]), LogicalType::INTEGER);
  }
}

std::vector<LogicalType> types_of(const BoundList& arguments) {
  std::vector<LogicalType> types;
  for (const auto& argument : arguments) types.push_back(argument->return_type);
  return types;
}

AggregateFunction bind_topn(duckdb::ClientContext& context, std::string_view, BoundList& arguments) {
  arguments[0] = convert(context, std::move(arguments[0]), LogicalType::VARCHAR);
  to_integer(context, arguments, 1);
  return heap_aggregate<TopText>(types_of(arguments), LogicalType::VARCHAR);
}

template <bool weighted>
AggregateFunction bind_topn_array(duckdb::ClientContext& context, std::string_view, BoundList& arguments) {
  if (arguments[0]->return_type.id() == LogicalTypeId::SQLNULL) {
    arguments[0] = convert(context, std::move(arguments[0]), LogicalType::VARCHAR);
  }
  if (weighted) {
    arguments[1] = convert(context, std::move(arguments[1]), LogicalType::BIGINT);
    if (arguments[0]->return_type.id() == LogicalTypeId::DECIMAL) {
      arguments[0] = convert(context, std::move(arguments[0]), LogicalType::DOUBLE);
    }
  }
  to_integer(context, arguments, weighted ? 2 : 1);
  const LogicalType element = arguments[0]->return_type;
  return heap_aggregate<TopArray<weighted>>(types_of(arguments), LogicalType::LIST(element));
}

// ---- count_by_enum

// [{"cbe":{"value":count, ..},"notnull":n,"null":n,"all":n}, ..], an object an argument.
struct CountByEnum {
  struct Column {
    Counts counts;
    uint64_t nulls = 0;
    uint64_t values = 0;
  };
  using State = std::vector<Column>;
  static constexpr bool kSkipNulls = false;
  static constexpr bool kKeys = false;
  static void add(State& state, const Rows& rows, idx_t row) {
    state.resize(rows.columns());
    for (idx_t i = 0; i < rows.columns(); ++i) {
      if (rows.is_null(i, row)) {
        ++state[i].nulls;
      } else {
        ++state[i].counts[std::string(rows.text(i, row))];
        ++state[i].values;
      }
    }
  }
  static void merge(State& into, const State& from) {
    into.resize(std::max(into.size(), from.size()));
    for (size_t i = 0; i < from.size(); ++i) {
      for (const auto& [value, count] : from[i].counts) into[i].counts[value] += count;
      into[i].nulls += from[i].nulls;
      into[i].values += from[i].values;
    }
  }
  static void finish(const State* state, Vector& result, idx_t row) {
    std::string json = "[";
    for (size_t i = 0; state && i < state->size(); ++i) {
      const Column& column = (*state)[i];
      json += i > 0 ? ",{\"cbe\":{" : "{\"cbe\":{";
      bool first = true;
      for (const auto& [value, count] : column.counts) {
        if (!first) json += ',';
        first = false;
        append_json_string(json, value);
        json += ':' + std::to_string(count);
      }
      json += "},\"notnull\":" + std::to_string(column.values) + ",\"null\":" + std::to_string(column.nulls) +
              ",\"all\":" + std::to_string(column.values + column.nulls) + "}";
    }
    set_text(result, row, json + "]");
  }
};

// ---- histogram

// The buckets hold about equally many rows; a value is in one bucket only.
struct Histogram {
  struct Value {
    std::string text;
    uint64_t count = 0;
  };
  struct State {
    std::map<std::string, Value> values;  // by key
    size_t buckets = kDefaultBuckets;
  };
  static constexpr size_t kDefaultBuckets = 128;
  static constexpr bool kSkipNulls = true;
  static constexpr bool kKeys = true;

  // value, its text[, count of buckets]
  static void add(State& state, const Rows& rows, idx_t row) {
    if (rows.columns() > 2) {
      const auto buckets = rows.get<int32_t>(2, row);
      if (buckets <= 0) throw duckdb::InvalidInputException("Invalid max_num_buckets %d", buckets);
      state.buckets = static_cast<size_t>(buckets);
    }
    Value& value = state.values[std::string(rows.key(0, row))];
    if (value.count++ == 0) value.text = rows.text(1, row);
  }
  static void merge(State& into, const State& from) {
    into.buckets = from.buckets;
    for (const auto& [key, value] : from.values) {
      Value& own = into.values[key];
      own.text = value.text;
      own.count += value.count;
    }
  }

  static bool fits(const State& state, size_t rows_of_bucket) {
    size_t used = 1;
    size_t rows = 0;
    for (const auto& [key, value] : state.values) {
      rows += value.count;
      if (rows > rows_of_bucket) {
        ++used;
        rows = value.count;
      }
      if (used > state.buckets) return false;
    }
    return true;
  }
  // The fewest rows that buckets must take so that there are no more than wanted, found in few steps.
  static size_t rows_of_bucket(const State& state) {
    size_t total = 0;
    for (const auto& [key, value] : state.values) total += value.count;
    if (state.buckets == 1) return total;
    size_t enough = 2 * total / (state.buckets - 1) + 1;
    size_t few = 0;
    constexpr int kSteps = 10;
    for (int step = 0; step < kSteps && enough > few + 1; ++step) {
      const size_t middle = (enough + few) / 2;
      (fits(state, middle) ? enough : few) = middle;
    }
    return enough;
  }
  static void finish(const State* state, Vector& result, idx_t row) {
    if (!state || state->values.empty()) return set_text(result, row, "{\"num_buckets\":0,\"buckets\":[]}");
    const size_t most = rows_of_bucket(*state);
    std::string buckets;
    size_t made = 0;
    size_t different = 0;
    uint64_t rows = 0;
    uint64_t before = 0;
    size_t left = state->values.size();
    auto lower = state->values.begin();
    for (auto at = state->values.begin(); at != state->values.end(); ++at) {
      ++different;
      --left;
      rows += at->second.count;
      const auto next = std::next(at);
      if (next != state->values.end() && left > state->buckets - made - 1 && rows + next->second.count <= most)
        continue;
      buckets += made > 0 ? ",{\"lower\":" : "{\"lower\":";
      append_json_string(buckets, lower->second.text);
      buckets += ",\"upper\":";
      append_json_string(buckets, at->second.text);
      buckets += ",\"ndv\":" + std::to_string(different) + ",\"count\":" + std::to_string(rows) +
                 ",\"pre_sum\":" + std::to_string(before) + "}";
      ++made;
      before += rows;
      rows = 0;
      different = 0;
      lower = next;
    }
    set_text(result, row, "{\"num_buckets\":" + std::to_string(made) + ",\"buckets\":[" + buckets + "]}");
  }
};

AggregateFunction bind_histogram(duckdb::ClientContext& context, std::string_view, BoundList& arguments) {
  if (arguments[0]->return_type.id() == LogicalTypeId::SQLNULL) {
    arguments[0] = convert(context, std::move(arguments[0]), LogicalType::VARCHAR);
  }
  to_integer(context, arguments, 1);
  BoundPtr text = convert(context, arguments[0]->Copy(), LogicalType::VARCHAR);
  arguments.insert(arguments.begin() + 1, std::move(text));
  return heap_aggregate<Histogram>(types_of(arguments), LogicalType::VARCHAR);
}

// linear_histogram(value, width[, offset])
struct LinearHistogram {
  struct State {
    std::map<int64_t, uint64_t> buckets;
    double width = 0;
    double offset = 0;
  };
  static constexpr int64_t kMostBuckets = 1'000'000;
  static constexpr bool kSkipNulls = true;
  static constexpr bool kKeys = false;
  static void add(State& state, const Rows& rows, idx_t row) {
    state.width = rows.get<double>(1, row);
    state.offset = rows.columns() > 2 ? rows.get<double>(2, row) : 0;
    if (!(state.width > 0)) throw duckdb::InvalidInputException("Invalid interval, interval should be larger than 0");
    if (!(state.offset >= 0 && state.offset < state.width)) {
      throw duckdb::InvalidInputException("Invalid offset, offset should be in [0, interval)");
    }
    const double bucket = std::floor((rows.get<double>(0, row) - state.offset) / state.width);
    constexpr double kLimit = std::numeric_limits<int32_t>::max();
    if (!(bucket > -kLimit && bucket < kLimit)) {
      throw duckdb::InvalidInputException("A value exceeds the bucket range limit");
    }
    ++state.buckets[static_cast<int64_t>(bucket)];
  }
  static void merge(State& into, const State& from) {
    into.width = from.width;
    into.offset = from.offset;
    for (const auto& [bucket, count] : from.buckets) into.buckets[bucket] += count;
  }
  static std::string number(double value) {
    std::string text = number_text(value);
    // JSON's writer shows that it is no whole number's type.
    if (text.find_first_of(".en") == std::string::npos) text += ".0";
    return text;
  }
  static void finish(const State* state, Vector& result, idx_t row) {
    if (!state || state->buckets.empty()) return set_text(result, row, "{\"num_buckets\":0,\"buckets\":[]}");
    const int64_t first = state->buckets.begin()->first;
    const int64_t last = state->buckets.rbegin()->first;
    if (last - first >= kMostBuckets) {
      throw duckdb::InvalidInputException("LINEAR_HISTOGRAM() would have more than %d buckets: take wider ones",
                                          kMostBuckets);
    }
    std::string json = "{\"num_buckets\":" + std::to_string(last - first + 1) + ",\"buckets\":[";
    double lower = static_cast<double>(first) * state->width + state->offset;
    uint64_t total = 0;
    for (int64_t bucket = first; bucket <= last; ++bucket) {
      auto found = state->buckets.find(bucket);
      const uint64_t count = found == state->buckets.end() ? 0 : found->second;
      total += count;
      const double upper = lower + state->width;
      json += std::string(bucket > first ? "," : "") + "{\"lower\":" + number(lower) + ",\"upper\":" + number(upper) +
              ",\"count\":" + std::to_string(count) + ",\"acc_count\":" + std::to_string(total) + "}";
      lower = upper;
    }
    set_text(result, row, json + "]}");
  }
};

}  // namespace

void add_top_aggregates(Registry& registry) {
  const LogicalType number = LogicalType::DOUBLE;
  registry.add("topn", "The commonest texts and their counts as JSON.")
      .aggregate_by(2, 3, "STRING topn(STRING, INT count[, INT rate])", bind_topn);
  registry.add("topn_array", "The commonest values.")
      .aggregate_by(2, 3, "ARRAY topn_array(ANY, INT count[, INT rate])", bind_topn_array<false>);
  registry.add("topn_weighted", "The values whose weights have the largest sums.")
      .aggregate_by(3, 4, "ARRAY topn_weighted(ANY, BIGINT weight, INT count[, INT rate])", bind_topn_array<true>);
  registry.add("count_by_enum", "The count of each text, of NULLs and of all rows, for each argument, as JSON.")
      .aggregate(heap_aggregate<CountByEnum>({}, LogicalType::VARCHAR, LogicalType::VARCHAR));
  registry.add("histogram", "At most 128, or the second argument, buckets of about equally many values, as JSON.")
      .alias("hist")
      .aggregate_by(1, 2, "STRING histogram(ANY[, INT buckets])", bind_histogram);
  registry.add("linear_histogram", "Buckets of equal width, as JSON.")
      .aggregate(heap_aggregate<LinearHistogram>({number, number}, LogicalType::VARCHAR))
      .aggregate(heap_aggregate<LinearHistogram>({number, number, number}, LogicalType::VARCHAR));
}

}  // namespace sluice::functions
