// SPDX-License-Identifier: Apache-2.0
// Functions of HLL values, and approx_count_distinct.
#include "duckdb/common/vector_operations/unary_executor.hpp"
#include "functions/aggregate_state.h"
#include "functions/base64.h"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/hll.h"
#include "functions/murmur.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::UnaryExecutor;
using duckdb::ValidityMask;

Hll hll_of(const string_t& bytes) {
  auto hll = Hll::from_bytes(view_of(bytes));
  if (!hll) throw duckdb::InvalidInputException("A value of type HLL holds bytes that are no HLL");
  return std::move(*hll);
}

// Empty for NULL.
void run_hash(DataChunk& input, ExpressionState&, Vector& result) {
  Rows rows(input.data.data(), 1, input.size(), false);
  for (idx_t i = 0; i < input.size(); ++i) {
    Hll made;
    if (!rows.is_null(0, i)) made.add(murmur2_64(rows.text(0, i)));
    set_text(result, i, made.to_bytes());
  }
}

void run_empty(DataChunk&, ExpressionState&, Vector& result) {
  result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
  duckdb::ConstantVector::GetData<string_t>(result)[0] =
      duckdb::StringVector::AddStringOrBlob(result, Hll().to_bytes());
}

void run_cardinality(DataChunk& input, ExpressionState&, Vector& result) {
  Rows rows(input.data.data(), 1, input.size(), false);
  for (idx_t i = 0; i < input.size(); ++i) {
    set_value(result, i, rows.is_null(0, i) ? int64_t{0} : hll_of(rows.get<string_t>(0, i)).estimate());
  }
}

void run_to_base64(DataChunk& input, ExpressionState&, Vector& result) {
  UnaryExecutor::Execute<string_t, string_t>(input.data[0], result, input.size(), [&](const string_t& bytes) {
    return duckdb::StringVector::AddString(result, to_base64(view_of(bytes)));
  });
}

void run_from_base64(DataChunk& input, ExpressionState&, Vector& result) {
  UnaryExecutor::ExecuteWithNulls<string_t, string_t>(
      input.data[0], result, input.size(), [&](const string_t& text, ValidityMask& mask, idx_t row) {
        auto bytes = from_base64(view_of(text));
        auto hll = bytes ? Hll::from_bytes(*bytes) : std::nullopt;
        if (hll) return duckdb::StringVector::AddStringOrBlob(result, hll->to_bytes());
        mask.SetInvalid(row);
        return string_t();
      });
}

template <bool count>
struct Union {
  using State = Hll;
  static constexpr bool kSkipNulls = true;
  static constexpr bool kKeys = false;
  static void add(State& state, const Rows& rows, idx_t row) { state.merge(hll_of(rows.get<string_t>(0, row))); }
  static void merge(State& into, const State& from) { into.merge(from); }
  static void finish(const State* state, Vector& result, idx_t row) {
    if (count)
      set_value(result, row, state ? state->estimate() : int64_t{0});
    else
      set_text(result, row, state ? state->to_bytes() : Hll().to_bytes());
  }
};

// The hash of a value's bytes, or of its key where it has no bytes of its own.
struct DistinctTexts {
  using State = Hll;
  static constexpr bool kSkipNulls = true;
  static constexpr bool kKeys = false;
  static void add(State& state, const Rows& rows, idx_t row) { state.add(murmur2_64(rows.text(0, row))); }
  static void merge(State& into, const State& from) { into.merge(from); }
  static void finish(const State* state, Vector& result, idx_t row) {
    set_value(result, row, state ? state->estimate() : int64_t{0});
  }
};
struct DistinctKeys : DistinctTexts {
  static constexpr bool kKeys = true;
  static void add(State& state, const Rows& rows, idx_t row) { state.add(murmur2_64(rows.key(0, row))); }
};
template <typename T>
struct DistinctNumbers : DistinctTexts {
  static void add(State& state, const Rows& rows, idx_t row) {
    const T& value = rows.get<T>(0, row);
    state.add(murmur2_64({reinterpret_cast<const char*>(&value), sizeof(T)}));
  }
};

AggregateFunction bind_distinct(duckdb::ClientContext& context, std::string_view, BoundList& arguments) {
  if (arguments[0]->return_type.id() == LogicalTypeId::SQLNULL) {
    arguments[0] = convert(context, std::move(arguments[0]), LogicalType::BIGINT);
  }
  const LogicalType type = arguments[0]->return_type;
  if (is_object(type)) throw duckdb::BinderException("APPROX_COUNT_DISTINCT() takes no %s", type.GetAlias());
  const LogicalType result = LogicalType::BIGINT;
  switch (type.InternalType()) {
    case duckdb::PhysicalType::INT32:
      return heap_aggregate<DistinctNumbers<int32_t>>({type}, result);
    case duckdb::PhysicalType::INT64:
      return heap_aggregate<DistinctNumbers<int64_t>>({type}, result);
    case duckdb::PhysicalType::INT8:
      return heap_aggregate<DistinctNumbers<int8_t>>({type}, result);
    case duckdb::PhysicalType::INT16:
      return heap_aggregate<DistinctNumbers<int16_t>>({type}, result);
    case duckdb::PhysicalType::INT128:
      return heap_aggregate<DistinctNumbers<duckdb::hugeint_t>>({type}, result);
    case duckdb::PhysicalType::VARCHAR:
      return heap_aggregate<DistinctTexts>({type}, result);
    default:
      return heap_aggregate<DistinctKeys>({type}, result);
  }
}

}  // namespace

void add_hll_functions(Registry& registry) {
  const LogicalType hll = hll_type();
  const LogicalType text = LogicalType::VARCHAR;
  const LogicalType number = LogicalType::BIGINT;
  registry.add("hll_hash", "The sketch of this one value; empty for NULL.").overload({text}, hll, run_hash).own_nulls();
  registry.add("hll_empty", "The empty sketch.").overload({}, hll, run_empty);
  registry.add("hll_cardinality", "The estimated count of different values; 0 for NULL.")
      .overload({hll}, number, run_cardinality)
      .own_nulls();
  registry.add("hll_to_base64", "The sketch in Doris' format as Base64.").overload({hll}, text, run_to_base64);
  registry.add("hll_from_base64", "The sketch that hll_to_base64() wrote; NULL for other text.")
      .overload({text}, hll, run_from_base64);
  registry.add("hll_union", "The sketch of the values of all sketches.")
      .alias("hll_raw_agg")
      .aggregate(heap_aggregate<Union<false>>({hll}, hll));
  registry.add("hll_union_agg", "The estimated count of different values of all sketches.")
      .aggregate(heap_aggregate<Union<true>>({hll}, number));
  registry.add("approx_count_distinct", "The estimated count of different values; exact up to 160.")
      .alias("ndv")
      .aggregate_by(1, 1, "BIGINT approx_count_distinct(ANY)", bind_distinct);
}

}  // namespace sluice::functions
