// SPDX-License-Identifier: Apache-2.0
// What the families of array functions share: arguments as arrays of one element type, rows of an array vector, keys by
// which elements of any type are compared. Internal to src/functions; thread rule of the binder and the executor.
// Elements compare as ORDER BY does: NULL equals NULL and is the smallest.
#pragma once

#include <string_view>
#include <vector>

#include "functions/overload.h"
#include "functions/registry.h"

namespace sluice::functions {

// ---- binding

// The type with BOOLEAN in place of "no type yet" ([], [NULL]), at any depth.
LogicalType settled(const LogicalType& type);
// Makes argument `index` an array: text is read as one, NULL is one of no type. BinderException for others.
void to_array(Call& call, size_t index);
const LogicalType& element_type(const Call& call, size_t index);
// All arguments as arrays of one element type; gives the array type.
LogicalType to_arrays_alike(Call& call);
// The arguments `array` and `value` as array and element of one type; gives the array type.
LogicalType to_array_and_element(Call& call, size_t array, size_t value);
// Converts argument `index`.
void convert_at(Call& call, size_t index, const LogicalType& type);
// A private function over all arguments of the call as they are; it sees NULLs.
BoundPtr bind_body(Call& call, LogicalType result, duckdb::scalar_function_t run);
// A NULL or other constant.
BoundPtr constant(duckdb::Value value);
// CASE WHEN condition THEN value ELSE otherwise END.
BoundPtr choose(BoundPtr condition, BoundPtr value, BoundPtr otherwise);
BoundPtr is_null(BoundPtr value);

// ---- running

// As many rows as must be computed: one when all arguments are constant. `finish` then marks the result.
duckdb::idx_t rows_of(duckdb::DataChunk& input);
void finish(duckdb::DataChunk& input, duckdb::Vector& result);

class ArrayRows {
 public:
  ArrayRows(duckdb::Vector& arrays, duckdb::idx_t count);
  bool valid(duckdb::idx_t row) const { return rows_.validity.RowIsValid(rows_.sel->get_index(row)); }
  const duckdb::list_entry_t& operator[](duckdb::idx_t row) const { return entries_[rows_.sel->get_index(row)]; }
  duckdb::Vector& elements() const { return elements_; }
  duckdb::idx_t element_count() const { return element_count_; }

 private:
  duckdb::Vector& elements_;
  duckdb::idx_t element_count_;
  duckdb::UnifiedVectorFormat rows_;
  const duckdb::list_entry_t* entries_;
};

// A vector of plain values.
template <typename T>
class ValueRows {
 public:
  ValueRows(duckdb::Vector& values, duckdb::idx_t count) {
    values.ToUnifiedFormat(count, rows_);
    data_ = duckdb::UnifiedVectorFormat::GetData<T>(rows_);
  }
  bool valid(duckdb::idx_t row) const { return rows_.validity.RowIsValid(rows_.sel->get_index(row)); }
  const T& operator[](duckdb::idx_t row) const { return data_[rows_.sel->get_index(row)]; }

 private:
  duckdb::UnifiedVectorFormat rows_;
  const T* data_;
};

// Bytes that are equal for equal values and order like them.
class Keys {
 public:
  Keys(duckdb::Vector& values, duckdb::idx_t count, bool descending = false);
  std::string_view operator[](duckdb::idx_t index) const { return {texts_[index].GetData(), texts_[index].GetSize()}; }
  bool valid(duckdb::idx_t index) const { return values_.validity.RowIsValid(values_.sel->get_index(index)); }

 private:
  duckdb::Vector keys_;
  duckdb::UnifiedVectorFormat values_;
  const duckdb::string_t* texts_;
};

// An array result whose elements are picked from those of the arguments, row by row.
class ArrayResult {
 public:
  ArrayResult(duckdb::Vector& result, duckdb::idx_t count);
  void null(duckdb::idx_t row);
  void begin(duckdb::idx_t row);
  // The element of `source` at `index`.
  void pick(duckdb::Vector& source, duckdb::idx_t index);
  // Elements [from, from + count) of `source`.
  void pick_range(duckdb::Vector& source, duckdb::idx_t from, duckdb::idx_t count);
  void end(duckdb::idx_t row);
  // Writes what is still noted.
  void flush();

 private:
  duckdb::Vector& result_;
  duckdb::list_entry_t* entries_;
  duckdb::Vector* source_ = nullptr;
  std::vector<duckdb::sel_t> picked_;  // of source_, not written yet
  duckdb::idx_t size_ = 0;             // with those
};

// `count` is rows_of(input), or the size of the input where rows of equal arguments differ (random order). Gives rows
// for which `valid(row)` does not hold NULL and the others the array that `make(row, built)` picks.
template <typename Valid, typename Make>
void make_arrays(duckdb::DataChunk& input, duckdb::Vector& result, duckdb::idx_t count, Valid valid, Make make) {
  ArrayResult built(result, count);
  for (duckdb::idx_t row = 0; row < count; ++row) {
    if (!valid(row)) {
      built.null(row);
      continue;
    }
    built.begin(row);
    make(row, built);
    built.end(row);
  }
  built.flush();
  if (count == rows_of(input)) finish(input, result);
}

}  // namespace sluice::functions
