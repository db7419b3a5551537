// SPDX-License-Identifier: Apache-2.0
// PERCENTILE and its relatives, and functions of QUANTILE_STATE values. A QUANTILE_STATE is stored as: one byte 1 (the
// version), four bytes of compression as FLOAT, then a byte that tells the form: 0 and four bytes n and n DOUBLEs, or
// 1 and a digest (quantile_digest.h). Little endian.
#include <cmath>
#include <cstring>

#include "duckdb/common/vector_operations/binary_executor.hpp"
#include "functions/aggregate_state.h"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/quantile_digest.h"
#include "functions/type_names.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;

void check_rank(double rank) {
  if (!(rank >= 0 && rank <= 1)) {
    throw duckdb::InvalidInputException("quantile in func percentile should in [0, 1], but real data is: %s",
                                        std::to_string(rank));
  }
}

// Between the two numbers next to the rank, in proportion. `values` is sorted.
double interpolated(const std::vector<double>& values, double rank) {
  const double position = static_cast<double>(values.size() - 1) * rank;
  const double below = std::floor(position);
  const double low = values[static_cast<size_t>(below)];
  const double high = values[static_cast<size_t>(std::ceil(position))];
  if (low == high) return low;
  return low + (high - low) * (position - below);
}

// ---- exact

struct Exact {
  struct State {
    std::vector<double> values;
    std::vector<double> ranks;
  };
  static constexpr bool kSkipNulls = true;
  static constexpr bool kKeys = false;
  static void merge(State& into, const State& from) {
    into.values.insert(into.values.end(), from.values.begin(), from.values.end());
    if (into.ranks.empty()) into.ranks = from.ranks;
  }
};

struct Percentile : Exact {
  static void add(State& state, const Rows& rows, idx_t row) {
    if (state.ranks.empty()) {
      state.ranks.push_back(rows.get<double>(1, row));
      check_rank(state.ranks[0]);
    }
    state.values.push_back(rows.get<double>(0, row));
  }
  static void finish(const State* state, Vector& result, idx_t row) {
    if (!state) return set_null(result, row);
    std::vector<double> sorted = state->values;
    std::sort(sorted.begin(), sorted.end());
    set_value(result, row, interpolated(sorted, state->ranks[0]));
  }
};

// The ranks are the same for all rows: they are read once a group.
struct PercentileArray : Exact {
  static void add(State& state, const Rows& rows, idx_t row) {
    if (state.ranks.empty()) {
      const auto list = rows.get<duckdb::list_entry_t>(1, row);
      for (idx_t i = 0; i < list.length; ++i) {
        const auto* rank = rows.element<double>(1, list.offset + i);
        if (!rank) {
          throw duckdb::InvalidInputException("quantiles in func percentile_array should not have null");
        }
        check_rank(*rank);
        state.ranks.push_back(*rank);
      }
    }
    state.values.push_back(rows.get<double>(0, row));
  }
  static void finish(const State* state, Vector& result, idx_t row) {
    if (!state) {
      set_list(result, row, 0);
      return;
    }
    std::vector<double> sorted = state->values;
    std::sort(sorted.begin(), sorted.end());
    const idx_t at = set_list(result, row, state->ranks.size());
    for (size_t i = 0; i < state->ranks.size(); ++i) {
      set_value(duckdb::ListVector::GetEntry(result), at + i, interpolated(sorted, state->ranks[i]));
    }
  }
};

// ---- approximate

// percentile_approx(value, rank[, compression]), percentile_approx_weighted(value, weight, rank[, compression]).
template <bool weighted>
struct PercentileApprox {
  struct State {
    std::optional<QuantileDigest> digest;
    float rank = 0;
  };
  static constexpr bool kSkipNulls = true;
  static constexpr bool kKeys = false;
  static void add(State& state, const Rows& rows, idx_t row) {
    constexpr idx_t kRank = weighted ? 2 : 1;
    if (!state.digest) {
      const double rank = rows.get<double>(kRank, row);
      check_rank(rank);
      state.rank = static_cast<float>(rank);
      double compression = QuantileDigest::kDefaultCompression;
      if (rows.columns() > kRank + 1) compression = rows.get<double>(kRank + 1, row);
      if (!(compression >= 2048 && compression <= 10000)) compression = QuantileDigest::kDefaultCompression;
      state.digest.emplace(static_cast<float>(compression));
    }
    const auto value = static_cast<float>(rows.get<double>(0, row));
    state.digest->add(value, weighted ? static_cast<float>(rows.get<double>(1, row)) : 1.0F);
  }
  static void merge(State& into, const State& from) {
    if (!from.digest) return;
    if (into.digest)
      into.digest->merge(*from.digest);
    else
      into = from;
  }
  static void finish(const State* state, Vector& result, idx_t row) {
    const float value = state && state->digest ? state->digest->quantile(state->rank) : NAN;
    if (std::isnan(value))
      set_null(result, row);
    else
      set_value(result, row, static_cast<double>(value));
  }
};

// ---- QUANTILE_STATE

class QuantileState {
 public:
  static constexpr float kDefaultCompression = 2048;
  static constexpr size_t kMaxValues = 2048;

  explicit QuantileState(float compression = kDefaultCompression) : compression_(compression) {}

  void add(double value) {
    values_.push_back(value);
    if (digest_ || values_.size() > kMaxValues) to_digest();
  }
  void merge(const QuantileState& other) {
    for (double value : other.values_) add(value);
    if (!other.digest_) return;
    to_digest();
    digest_->merge(*other.digest_);
  }
  // Nothing when no value was added.
  std::optional<double> quantile(double rank) const {
    if (digest_) return static_cast<double>(digest_->quantile(static_cast<float>(rank)));
    if (values_.empty()) return std::nullopt;
    std::vector<double> sorted = values_;
    std::sort(sorted.begin(), sorted.end());
    return interpolated(sorted, rank);
  }
  std::string to_bytes() const {
    std::string bytes(1, kVersion);
    const auto put = [&](const auto& value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof(value)); };
    put(compression_);
    bytes += static_cast<char>(digest_ ? 1 : 0);
    if (digest_) {
      digest_->append_to(bytes);
      return bytes;
    }
    put(static_cast<uint32_t>(values_.size()));
    for (double value : values_) put(value);
    return bytes;
  }
  static std::optional<QuantileState> from_bytes(std::string_view bytes) {
    constexpr size_t kHead = 1 + sizeof(float) + 1;
    if (bytes.size() < kHead || bytes[0] != kVersion) return std::nullopt;
    QuantileState result;
    std::memcpy(&result.compression_, bytes.data() + 1, sizeof(float));
    const char form = bytes[kHead - 1];
    bytes.remove_prefix(kHead);
    if (form == 1) {
      result.digest_ = QuantileDigest::take_from(bytes);
      return result.digest_ ? std::optional(std::move(result)) : std::nullopt;
    }
    uint32_t count = 0;
    if (form != 0 || bytes.size() < sizeof(count)) return std::nullopt;
    std::memcpy(&count, bytes.data(), sizeof(count));
    bytes.remove_prefix(sizeof(count));
    if (bytes.size() / sizeof(double) < count) return std::nullopt;
    result.values_.resize(count);
    if (count > 0) std::memcpy(result.values_.data(), bytes.data(), count * sizeof(double));
    return result;
  }

 private:
  static constexpr char kVersion = 1;

  void to_digest() {
    if (!digest_) digest_.emplace(compression_);
    for (double value : values_) digest_->add(static_cast<float>(value));
    values_.clear();
  }

  float compression_;
  std::vector<double> values_;
  std::optional<QuantileDigest> digest_;
};

QuantileState state_of(const string_t& bytes) {
  auto state = QuantileState::from_bytes(view_of(bytes));
  if (!state) throw duckdb::InvalidInputException("A value of type QUANTILE_STATE holds bytes that are none");
  return std::move(*state);
}

// Empty for NULL.
void run_to_state(DataChunk& input, ExpressionState&, Vector& result) {
  Rows rows(input.data.data(), input.ColumnCount(), input.size(), false);
  for (idx_t i = 0; i < input.size(); ++i) {
    float compression = QuantileState::kDefaultCompression;
    if (rows.columns() > 1 && !rows.is_null(1, i)) {
      const auto wanted = rows.get<float>(1, i);
      if (wanted >= 2048 && wanted <= 10000) compression = wanted;
    }
    QuantileState made(compression);
    if (!rows.is_null(0, i)) made.add(rows.get<double>(0, i));
    set_text(result, i, made.to_bytes());
  }
}

void run_empty(DataChunk&, ExpressionState&, Vector& result) {
  result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
  duckdb::ConstantVector::GetData<string_t>(result)[0] =
      duckdb::StringVector::AddStringOrBlob(result, QuantileState().to_bytes());
}

void run_percent(DataChunk& input, ExpressionState&, Vector& result) {
  duckdb::BinaryExecutor::ExecuteWithNulls<string_t, double, double>(
      input.data[0], input.data[1], result, input.size(),
      [](const string_t& bytes, double rank, duckdb::ValidityMask& mask, idx_t row) {
        if (!(rank >= 0 && rank <= 1)) {
          throw duckdb::InvalidInputException("The rank of QUANTILE_PERCENT() goes from 0 to 1, %s is outside",
                                              std::to_string(rank));
        }
        auto value = state_of(bytes).quantile(rank);
        if (!value) mask.SetInvalid(row);
        return value.value_or(0);
      });
}

struct Union {
  using State = QuantileState;
  static constexpr bool kSkipNulls = true;
  static constexpr bool kKeys = false;
  static void add(State& state, const Rows& rows, idx_t row) { state.merge(state_of(rows.get<string_t>(0, row))); }
  static void merge(State& into, const State& from) { into.merge(from); }
  static void finish(const State* state, Vector& result, idx_t row) {
    set_text(result, row, state ? state->to_bytes() : QuantileState().to_bytes());
  }
};

// DECIMALs count by their whole part, as in Doris.
template <typename Operation>
AggregateFunction bind_exact(duckdb::ClientContext& context, std::string_view, BoundList& arguments) {
  constexpr bool kMany = std::is_same_v<Operation, PercentileArray>;
  const LogicalType number = LogicalType::DOUBLE;
  const LogicalType ranks = kMany ? LogicalType::LIST(number) : number;
  if (is_object(arguments[0]->return_type) || arguments[0]->return_type.IsNested()) {
    throw duckdb::BinderException("PERCENTILE() takes numbers, not %s",
                                  duckdb::StringUtil::Upper(type_name(arguments[0]->return_type)));
  }
  if (arguments[0]->return_type.id() == LogicalTypeId::DECIMAL) {
    arguments[0] = convert(context, std::move(arguments[0]), LogicalType::BIGINT);
  }
  arguments[0] = convert(context, std::move(arguments[0]), number);
  arguments[1] = convert(context, std::move(arguments[1]), ranks);
  return heap_aggregate<Operation>({number, ranks}, ranks);
}

}  // namespace

void add_quantile_functions(Registry& registry) {
  const LogicalType state = quantile_state_type();
  const LogicalType number = LogicalType::DOUBLE;
  registry.add("percentile", "The value at a rank from 0 to 1, exact, between its two neighbours in proportion.")
      .aggregate_by(2, 2, "DOUBLE percentile(NUMBER, DOUBLE rank)", bind_exact<Percentile>);
  registry.add("percentile_array", "percentile() for each rank of an array.")
      .aggregate_by(2, 2, "ARRAY<DOUBLE> percentile_array(NUMBER, ARRAY<DOUBLE> ranks)", bind_exact<PercentileArray>);
  registry.add("percentile_approx", "The value near a rank from 0 to 1, by a t-digest.")
      .aggregate(heap_aggregate<PercentileApprox<false>>({number, number}, number))
      .aggregate(heap_aggregate<PercentileApprox<false>>({number, number, number}, number));
  registry.add("percentile_approx_weighted", "percentile_approx() of values that count as often as their weight says.")
      .aggregate(heap_aggregate<PercentileApprox<true>>({number, number, number}, number))
      .aggregate(heap_aggregate<PercentileApprox<true>>({number, number, number, number}, number));
  registry.add("to_quantile_state", "The state of this one number; empty for NULL.")
      .overload({number}, state, run_to_state)
      .overload({number, LogicalType::FLOAT}, state, run_to_state)
      .own_nulls();
  registry.add("quantile_state_empty", "The empty state.").overload({}, state, run_empty);
  registry.add("quantile_percent", "The value at a rank from 0 to 1; NULL of the empty state.")
      .overload({state, number}, number, run_percent);
  registry.add("quantile_union", "The state of the numbers of all states.")
      .aggregate(heap_aggregate<Union>({state}, state));
}

}  // namespace sluice::functions
