// SPDX-License-Identifier: Apache-2.0
// Aggregates whose state is an object on the heap, made from three functions on it. Internal to src/functions; a state
// belongs to one thread at a time, as the kernel does it.
//
//   struct Operation {
//     struct State {..};                                                       // made with the group's first row
//     static void add(State& state, const Rows& rows, idx_t row);
//     static void merge(State& into, const State& from);                       // `from` stays as it is
//     static void finish(const State* state, Vector& result, idx_t row);       // null: no row was added
//     static constexpr bool kSkipNulls = true;                                 // rows with a NULL do not count
//     static constexpr bool kKeys = false;                                     // whether `add` asks for Rows::key
//   };
#pragma once

#include <deque>

#include "duckdb/function/aggregate_function.hpp"
#include "duckdb/function/create_sort_key.hpp"
#include "functions/registry.h"

namespace sluice::functions {

using duckdb::AggregateFunction;
using duckdb::AggregateInputData;
using duckdb::idx_t;
using duckdb::string_t;
using duckdb::Vector;

inline std::string_view view_of(const string_t& text) { return {text.GetData(), text.GetSize()}; }

// Keys of the kernel's sorts stand for values of any type: equal and ordered as those are.
inline duckdb::OrderModifiers key_order() {
  return {duckdb::OrderType::ASCENDING, duckdb::OrderByNullType::NULLS_FIRST};
}

// The arguments of one update.
class Rows {
 public:
  Rows(Vector inputs[], idx_t columns, idx_t count, bool with_keys)
      : formats_(columns), keys_(with_keys ? columns : 0), columns_(columns) {
    for (idx_t i = 0; i < columns; ++i) {
      inputs[i].ToUnifiedFormat(count, formats_[i]);
      if (inputs[i].GetType().id() == LogicalTypeId::LIST) {
        elements_.resize(columns);
        lists_.resize(columns);
        lists_[i] = &duckdb::ListVector::GetEntry(inputs[i]);
        list_sizes_.resize(columns);
        list_sizes_[i] = duckdb::ListVector::GetListSize(inputs[i]);
        lists_[i]->ToUnifiedFormat(list_sizes_[i], elements_[i]);
      }
      if (!with_keys) continue;
      key_vectors_.emplace_back(LogicalType::BLOB, count);
      duckdb::CreateSortKeyHelpers::CreateSortKey(inputs[i], count, key_order(), key_vectors_.back());
      key_vectors_.back().ToUnifiedFormat(count, keys_[i]);
    }
  }

  idx_t columns() const { return columns_; }
  bool is_null(idx_t column, idx_t row) const {
    return !formats_[column].validity.RowIsValid(formats_[column].sel->get_index(row));
  }
  bool has_null(idx_t row) const {
    for (idx_t i = 0; i < columns_; ++i) {
      if (is_null(i, row)) return true;
    }
    return false;
  }
  template <typename T>
  const T& get(idx_t column, idx_t row) const {
    return duckdb::UnifiedVectorFormat::GetData<T>(formats_[column])[formats_[column].sel->get_index(row)];
  }
  std::string_view text(idx_t column, idx_t row) const { return view_of(get<string_t>(column, row)); }
  // An element of an array, at list_entry_t::offset and after it; null for NULL.
  template <typename T>
  const T* element(idx_t column, idx_t place) const {
    const auto& format = elements_[column];
    const idx_t at = format.sel->get_index(place);
    return format.validity.RowIsValid(at) ? duckdb::UnifiedVectorFormat::GetData<T>(format) + at : nullptr;
  }
  // The same as a key of the kernel's sorts.
  std::string_view element_key(idx_t column, idx_t place) const {
    if (element_keys_.empty()) {
      const idx_t size = list_sizes_[column];
      key_vectors_.emplace_back(LogicalType::BLOB, size);
      duckdb::CreateSortKeyHelpers::CreateSortKey(*lists_[column], size, key_order(), key_vectors_.back());
      element_keys_.resize(1);
      key_vectors_.back().ToUnifiedFormat(size, element_keys_[0]);
    }
    const auto& format = element_keys_[0];
    return view_of(duckdb::UnifiedVectorFormat::GetData<string_t>(format)[format.sel->get_index(place)]);
  }
  // The value as a key of the kernel's sorts.
  std::string_view key(idx_t column, idx_t row) const {
    const auto& format = keys_[column];
    return view_of(duckdb::UnifiedVectorFormat::GetData<string_t>(format)[format.sel->get_index(row)]);
  }

 private:
  std::vector<duckdb::UnifiedVectorFormat> formats_;
  std::vector<duckdb::UnifiedVectorFormat> keys_;
  std::vector<duckdb::UnifiedVectorFormat> elements_;  // of arrays
  std::vector<Vector*> lists_;                         // their children
  std::vector<idx_t> list_sizes_;
  mutable std::vector<duckdb::UnifiedVectorFormat> element_keys_;  // of the one array whose keys are asked for
  mutable std::deque<Vector> key_vectors_;
  idx_t columns_;
};

// Writes the value behind a key.
inline void decode_key(std::string_view key, Vector& result, idx_t row) {
  duckdb::CreateSortKeyHelpers::DecodeSortKey(string_t(key.data(), static_cast<uint32_t>(key.size())), result, row,
                                              key_order());
}

template <typename T>
void set_value(Vector& result, idx_t row, T value) {
  duckdb::FlatVector::GetData<T>(result)[row] = value;
}
inline void set_text(Vector& result, idx_t row, std::string_view text) {
  duckdb::FlatVector::GetData<string_t>(result)[row] =
      duckdb::StringVector::AddStringOrBlob(result, string_t(text.data(), static_cast<uint32_t>(text.size())));
}
inline void set_null(Vector& result, idx_t row) { duckdb::FlatVector::SetNull(result, row, true); }
// Room for `length` elements of the row's array; their place in the child vector.
inline idx_t set_list(Vector& result, idx_t row, idx_t length) {
  const idx_t offset = duckdb::ListVector::GetListSize(result);
  duckdb::ListVector::Reserve(result, offset + length);
  duckdb::ListVector::SetListSize(result, offset + length);
  duckdb::FlatVector::GetData<duckdb::list_entry_t>(result)[row] = {offset, length};
  return offset;
}

template <typename Operation>
struct HeapAggregate {
  using State = typename Operation::State;
  using Slot = State*;

  static idx_t size(const AggregateFunction&) { return sizeof(Slot); }
  static void initialize(const AggregateFunction&, duckdb::data_ptr_t place) {
    *reinterpret_cast<Slot*>(place) = nullptr;
  }
  static State& made(Slot& slot) {
    if (!slot) slot = new State();
    return *slot;
  }
  static void update(Vector inputs[], AggregateInputData&, idx_t columns, Vector& states, idx_t count) {
    const Rows rows(inputs, columns, count, Operation::kKeys);
    duckdb::UnifiedVectorFormat places;
    states.ToUnifiedFormat(count, places);
    auto* slots = duckdb::UnifiedVectorFormat::GetData<Slot*>(places);
    for (idx_t row = 0; row < count; ++row) {
      if (Operation::kSkipNulls && rows.has_null(row)) continue;
      Operation::add(made(*slots[places.sel->get_index(row)]), rows, row);
    }
  }
  static void simple_update(Vector inputs[], AggregateInputData&, idx_t columns, duckdb::data_ptr_t place,
                            idx_t count) {
    const Rows rows(inputs, columns, count, Operation::kKeys);
    for (idx_t row = 0; row < count; ++row) {
      if (Operation::kSkipNulls && rows.has_null(row)) continue;
      Operation::add(made(*reinterpret_cast<Slot*>(place)), rows, row);
    }
  }
  static void combine(Vector& sources, Vector& targets, AggregateInputData&, idx_t count) {
    duckdb::UnifiedVectorFormat from;
    sources.ToUnifiedFormat(count, from);
    auto* source = duckdb::UnifiedVectorFormat::GetData<Slot*>(from);
    auto* target = duckdb::FlatVector::GetData<Slot*>(targets);
    for (idx_t i = 0; i < count; ++i) {
      const Slot state = *source[from.sel->get_index(i)];
      if (!state) continue;
      if (*target[i])
        Operation::merge(**target[i], *state);
      else
        *target[i] = new State(*state);
    }
  }
  static void finalize(Vector& states, AggregateInputData&, Vector& result, idx_t count, idx_t offset) {
    duckdb::UnifiedVectorFormat places;
    states.ToUnifiedFormat(count, places);
    auto* slots = duckdb::UnifiedVectorFormat::GetData<Slot*>(places);
    for (idx_t i = 0; i < count; ++i) {
      Operation::finish(*slots[places.sel->get_index(i)], result, offset + i);
    }
  }
  static void destroy(Vector& states, AggregateInputData&, idx_t count) {
    auto* slots = duckdb::FlatVector::GetData<Slot*>(states);
    for (idx_t i = 0; i < count; ++i) {
      delete *slots[i];
      *slots[i] = nullptr;
    }
  }
};

template <typename Operation>
AggregateFunction heap_aggregate(std::vector<LogicalType> arguments, LogicalType result,
                                 LogicalType further = LogicalType(LogicalTypeId::INVALID)) {
  using Made = HeapAggregate<Operation>;
  AggregateFunction function(duckdb::vector<LogicalType>(std::move(arguments)), std::move(result), Made::size,
                             Made::initialize, Made::update, Made::combine, Made::finalize,
                             duckdb::FunctionNullHandling::SPECIAL_HANDLING, Made::simple_update);
  function.SetStateDestructorCallback(Made::destroy);
  function.varargs = std::move(further);
  return function;
}

}  // namespace sluice::functions
