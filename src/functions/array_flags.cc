// SPDX-License-Identifier: Apache-2.0
// Functions over an array and a condition for each element. A lambda becomes such an array of conditions in the tree
// (src/dialect/lambda_call.cc): ARRAY_FILTER, ARRAY_COUNT, ARRAY_EXISTS, ARRAY_FIRST_INDEX, ARRAY_SPLIT, ..
#include "duckdb/planner/expression/list.hpp"
#include "functions/array_rows.h"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/registry.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::list_entry_t;
using duckdb::Vector;

// Makes argument `index` an ARRAY<BOOLEAN>.
void to_flags(Call& call, size_t index) {
  to_array(call, index);
  convert_at(call, index, LogicalType::LIST(LogicalType::BOOLEAN));
}

// An ARRAY<BOOLEAN>; NULL elements count as false.
class Flags {
 public:
  Flags(Vector& vector, idx_t count) : arrays(vector, count), flags_(arrays.elements(), arrays.element_count()) {}
  bool operator()(idx_t index) const { return flags_.valid(index) && flags_[index]; }
  ArrayRows arrays;

 private:
  ValueRows<bool> flags_;
};

// ---- numbers of a row: `fold(flags, entry)`; 0 of a NULL

template <typename Fold>
void run_number(DataChunk& input, Vector& result, Fold fold) {
  const idx_t count = rows_of(input);
  Flags flags(input.data[0], count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  int64_t* numbers = FlatVector::GetData<int64_t>(result);
  for (idx_t row = 0; row < count; ++row) {
    numbers[row] = flags.arrays.valid(row) ? fold(flags, flags.arrays[row]) : 0;
  }
  finish(input, result);
}

void run_count(DataChunk& input, ExpressionState&, Vector& result) {
  run_number(input, result, [](const Flags& flags, const list_entry_t& entry) {
    int64_t sum = 0;
    for (idx_t i = 0; i < entry.length; ++i) sum += flags(entry.offset + i) ? 1 : 0;
    return sum;
  });
}

void run_first_index(DataChunk& input, ExpressionState&, Vector& result) {
  run_number(input, result, [](const Flags& flags, const list_entry_t& entry) {
    for (idx_t i = 0; i < entry.length; ++i) {
      if (flags(entry.offset + i)) return static_cast<int64_t>(i) + 1;
    }
    return int64_t{0};
  });
}

void run_last_index(DataChunk& input, ExpressionState&, Vector& result) {
  run_number(input, result, [](const Flags& flags, const list_entry_t& entry) {
    for (idx_t i = entry.length; i > 0; --i) {
      if (flags(entry.offset + i - 1)) return static_cast<int64_t>(i);
    }
    return int64_t{0};
  });
}

template <auto run>
BoundPtr expand_number(Call& call) {
  to_flags(call, 0);
  return bind_body(call, LogicalType::BIGINT, run);
}

BoundPtr expand_exists(Call& call) {
  to_flags(call, 0);
  return std::move(call.arguments[0]);
}

// Whether all (any) elements fulfil the condition; NULL when only NULL ones could change that.
template <bool all>
void run_match(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArrayRows arrays(input.data[0], count);
  ValueRows<bool> flags(arrays.elements(), arrays.element_count());
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  bool* matches = FlatVector::GetData<bool>(result);
  for (idx_t row = 0; row < count; ++row) {
    bool unknown = !arrays.valid(row);
    matches[row] = all;
    for (idx_t i = 0; arrays.valid(row) && i < arrays[row].length; ++i) {
      const idx_t index = arrays[row].offset + i;
      if (!flags.valid(index)) {
        unknown = true;
      } else if (flags[index] != all) {
        matches[row] = !all;
        unknown = false;
        break;
      }
    }
    if (unknown) FlatVector::SetNull(result, row, true);
  }
  finish(input, result);
}

template <bool all>
BoundPtr expand_match(Call& call) {
  to_flags(call, 0);
  return bind_body(call, LogicalType::BOOLEAN, run_match<all>);
}

// ---- elements by condition

void run_filter(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArrayRows arrays(input.data[0], count);
  Flags flags(input.data[1], count);
  make_arrays(
      input, result, count, [&](idx_t row) { return arrays.valid(row) && flags.arrays.valid(row); },
      [&](idx_t row, ArrayResult& built) {
        const auto entry = arrays[row];
        const auto by = flags.arrays[row];
        for (idx_t i = 0; i < std::min(entry.length, by.length); ++i) {
          if (flags(by.offset + i)) built.pick(arrays.elements(), entry.offset + i);
        }
      });
}

BoundPtr expand_filter(Call& call) {
  to_array(call, 0);
  to_flags(call, 1);
  const LogicalType type = call.arguments[0]->return_type;
  return bind_body(call, type, run_filter);
}

// Arrays of neighbours: a new one begins before (after) each element with the condition.
template <bool after>
void run_split(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArrayRows arrays(input.data[0], count);
  Flags flags(input.data[1], count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* rows = FlatVector::GetData<list_entry_t>(result);
  // The inner arrays refer to the elements of the argument.
  std::vector<list_entry_t> parts;
  for (idx_t row = 0; row < count; ++row) {
    rows[row] = {parts.size(), 0};
    if (!arrays.valid(row) || !flags.arrays.valid(row)) {
      FlatVector::SetNull(result, row, true);
      continue;
    }
    const auto entry = arrays[row];
    const auto by = flags.arrays[row];
    if (entry.length != by.length) {
      throw duckdb::InvalidInputException("array_split() needs as many conditions as elements in each row");
    }
    bool begin = true;
    for (idx_t i = 0; i < entry.length; ++i) {
      const bool flag = flags(by.offset + i);
      if (begin || (!after && flag)) parts.push_back({entry.offset + i, 0});
      ++parts.back().length;
      begin = after && flag;
    }
    rows[row].length = parts.size() - rows[row].offset;
  }
  duckdb::ListVector::Reserve(result, parts.size());
  Vector& inner = duckdb::ListVector::GetEntry(result);
  ArrayResult built(inner, parts.size());
  for (idx_t i = 0; i < parts.size(); ++i) {
    built.begin(i);
    built.pick_range(arrays.elements(), parts[i].offset, parts[i].length);
    built.end(i);
  }
  built.flush();
  duckdb::ListVector::SetListSize(result, parts.size());
  finish(input, result);
}

template <bool after>
BoundPtr expand_split(Call& call) {
  to_array(call, 0);
  to_flags(call, 1);
  const LogicalType type = LogicalType::LIST(call.arguments[0]->return_type);
  return bind_body(call, type, run_split<after>);
}

// array_apply(array, '>', value): the elements that compare so.
using Comparison = bool (*)(int);
Comparison comparison_of(const std::string& text) {
  if (text == "=") return [](int order) { return order == 0; };
  if (text == "!=") return [](int order) { return order != 0; };
  if (text == "<") return [](int order) { return order < 0; };
  if (text == "<=") return [](int order) { return order <= 0; };
  if (text == ">") return [](int order) { return order > 0; };
  if (text == ">=") return [](int order) { return order >= 0; };
  return nullptr;
}

void run_apply(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArrayRows arrays(input.data[0], count);
  Keys keys(arrays.elements(), arrays.element_count());
  ValueRows<duckdb::string_t> operators(input.data[1], count);
  Keys values(input.data[2], count);
  make_arrays(
      input, result, count, [&](idx_t row) { return arrays.valid(row) && operators.valid(row) && values.valid(row); },
      [&](idx_t row, ArrayResult& built) {
        const Comparison fits = comparison_of(operators[row].GetString());
        if (!fits) throw duckdb::InvalidInputException("array_apply() knows the operators =, !=, <, <=, > and >=");
        const auto entry = arrays[row];
        for (idx_t i = entry.offset; i < entry.offset + entry.length; ++i) {
          if (keys.valid(i) && fits(keys[i].compare(values[row]))) built.pick(arrays.elements(), i);
        }
      });
}

// Only numbers and moments compare with a value that is written as text: as such.
BoundPtr expand_apply(Call& call) {
  to_array(call, 0);
  const LogicalType element = element_type(call, 0);
  if (is_text(element) || element.IsNested())
    throw duckdb::BinderException("array_apply() takes arrays of numbers and dates");
  if (is_text(call.arguments[2]->return_type)) {
    if (is_moment(element)) convert_at(call, 2, LogicalType::TIMESTAMP);
    if (element.id() == LogicalTypeId::DECIMAL) convert_at(call, 2, LogicalType::DECIMAL(38, 9));
  }
  const LogicalType type = to_array_and_element(call, 0, 2);
  convert_at(call, 1, LogicalType::VARCHAR);
  return bind_body(call, type, run_apply);
}

}  // namespace

void add_array_flags(Registry& registry) {
  registry.add("array_filter", "The elements for which the condition is true.")
      .expanded(2, 2, "ARRAY<T> array_filter(lambda, ARRAY<T>, ...), array_filter(ARRAY<T>, ARRAY<BOOLEAN>)",
                expand_filter);
  registry.add("array_count", "For how many elements the condition is true.")
      .expanded(1, 1, "BIGINT array_count(lambda, ARRAY, ...), array_count(ARRAY<BOOLEAN>)", expand_number<run_count>);
  registry.add("array_exists", "For each element whether the condition is true.")
      .expanded(1, 1, "ARRAY<BOOLEAN> array_exists(lambda, ARRAY, ...), array_exists(ARRAY<BOOLEAN>)", expand_exists);
  registry.add("array_first_index", "The position of the first element with the condition, from 1; 0 without one.")
      .expanded(1, 1, "BIGINT array_first_index(lambda, ARRAY, ...)", expand_number<run_first_index>);
  registry.add("array_last_index", "The position of the last element with the condition, from 1; 0 without one.")
      .expanded(1, 1, "BIGINT array_last_index(lambda, ARRAY, ...)", expand_number<run_last_index>);
  registry.add("array_match_all", "Whether the condition is true for all elements.")
      .expanded(1, 1, "BOOLEAN array_match_all(lambda, ARRAY, ...)", expand_match<true>);
  registry.add("array_match_any", "Whether the condition is true for an element.")
      .expanded(1, 1, "BOOLEAN array_match_any(lambda, ARRAY, ...)", expand_match<false>);
  registry.add("array_split", "The array cut before each element with the condition.")
      .expanded(2, 2, "ARRAY<ARRAY<T>> array_split(lambda, ARRAY<T>, ...), array_split(ARRAY<T>, ARRAY<BOOLEAN>)",
                expand_split<false>);
  registry.add("array_reverse_split", "The array cut after each element with the condition.")
      .expanded(2, 2, "ARRAY<ARRAY<T>> array_reverse_split(lambda, ARRAY<T>, ...)", expand_split<true>);
  registry.add("array_apply", "The elements that compare with the value as the operator says.")
      .expanded(3, 3, "ARRAY<T> array_apply(ARRAY<T>, VARCHAR, T)", expand_apply);
}

}  // namespace sluice::functions
