// SPDX-License-Identifier: Apache-2.0
#include "kernel/key_order.h"

#include "duckdb/common/operator/comparison_operators.hpp"
#include "duckdb/common/value_operations/value_operations.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"

namespace sluice::kernel {
namespace {

using duckdb::DataChunk;
using duckdb::idx_t;
using duckdb::PhysicalType;
using duckdb::SelectionVector;
using duckdb::Vector;
using duckdb::VectorOperations;

template <typename T>
bool ascends(Vector& vector, idx_t count) {
  const T* values = duckdb::FlatVector::GetData<T>(vector);
  bool all = true;
  for (idx_t i = 1; i < count; ++i) all &= values[i - 1] < values[i];
  return all;
}

// Whether one column alone tells; most keys begin with a number.
bool numbers_ascend(Vector& vector, idx_t count) {
  if (vector.GetVectorType() != duckdb::VectorType::FLAT_VECTOR || !duckdb::FlatVector::Validity(vector).AllValid())
    return false;
  switch (vector.GetType().InternalType()) {
    case PhysicalType::INT16:
      return ascends<int16_t>(vector, count);
    case PhysicalType::INT32:
      return ascends<int32_t>(vector, count);
    case PhysicalType::INT64:
      return ascends<int64_t>(vector, count);
    default:
      return false;
  }
}

// Each row with the next one, column by column; those that are equal so far go on.
bool rows_ascend(DataChunk& keys) {
  idx_t count = keys.size() - 1;
  SelectionVector rows(count), nexts(count), below(count), rest(count), equal(count);
  for (idx_t i = 0; i < count; ++i) rows.set_index(i, i);
  for (auto& column : keys.data) {
    for (idx_t i = 0; i < count; ++i) nexts.set_index(i, rows.get_index(i) + 1);
    Vector here(column, rows, count);
    Vector next(column, nexts, count);
    const idx_t decided = VectorOperations::DistinctLessThan(here, next, nullptr, count, &below, &rest);
    const idx_t left = count - decided;
    if (left == 0) return true;
    const idx_t same = VectorOperations::NotDistinctFrom(here, next, nullptr, count, &equal, nullptr);
    if (same != left) return false;
    SelectionVector remaining(left);
    for (idx_t i = 0; i < left; ++i) remaining.set_index(i, rows.get_index(equal.get_index(i)));
    rows.Initialize(remaining);
    count = left;
  }
  return false;
}

std::vector<duckdb::Value> row_of(const DataChunk& keys, idx_t row) {
  std::vector<duckdb::Value> values;
  for (idx_t i = 0; i < keys.ColumnCount(); ++i) values.push_back(keys.GetValue(i, row));
  return values;
}

// With NULL above all others, as the kernel compares vectors above.
bool is_less(const std::vector<duckdb::Value>& left, const std::vector<duckdb::Value>& right) {
  for (size_t i = 0; i < left.size(); ++i) {
    if (duckdb::ValueOperations::DistinctLessThan(left[i], right[i])) return true;
    if (duckdb::ValueOperations::DistinctFrom(left[i], right[i])) return false;
  }
  return false;
}

// The rows of the least and the greatest value; nothing when there is a NULL.
template <typename T>
std::optional<std::pair<idx_t, idx_t>> extremes(Vector& column, idx_t count) {
  duckdb::UnifiedVectorFormat format;
  column.ToUnifiedFormat(count, format);
  const T* values = duckdb::UnifiedVectorFormat::GetData<T>(format);
  const bool all_valid = format.validity.AllValid();
  std::pair<idx_t, idx_t> rows{0, 0};
  const T* least = nullptr;
  const T* greatest = nullptr;
  for (idx_t row = 0; row < count; ++row) {
    const idx_t at = format.sel->get_index(row);
    if (!all_valid && !format.validity.RowIsValid(at)) return std::nullopt;
    const T* value = values + at;
    if (!least || duckdb::LessThan::Operation<T>(*value, *least)) least = value, rows.first = row;
    if (!greatest || duckdb::GreaterThan::Operation<T>(*value, *greatest)) greatest = value, rows.second = row;
  }
  return rows;
}

std::optional<std::pair<idx_t, idx_t>> extremes_of(Vector& column, idx_t count) {
  switch (column.GetType().InternalType()) {
    case PhysicalType::INT8:
      return extremes<int8_t>(column, count);
    case PhysicalType::INT16:
      return extremes<int16_t>(column, count);
    case PhysicalType::INT32:
      return extremes<int32_t>(column, count);
    case PhysicalType::INT64:
      return extremes<int64_t>(column, count);
    case PhysicalType::INT128:
      return extremes<duckdb::hugeint_t>(column, count);
    case PhysicalType::VARCHAR:
      return extremes<duckdb::string_t>(column, count);
    default:
      return std::nullopt;
  }
}

}  // namespace

void KeyRange::add(Vector& column, idx_t count) {
  if (unknown_ || count == 0) return;
  const auto rows = extremes_of(column, count);
  KeyRange range;
  if (rows)
    range.bounds_ = {column.GetValue(rows->first), column.GetValue(rows->second)};
  else
    range.unknown_ = true;
  add(range);
}

void KeyRange::add(const KeyRange& other) {
  unknown_ = unknown_ || other.unknown_;
  if (unknown_ || !other.bounds_) return;
  if (!bounds_) {
    bounds_ = other.bounds_;
    return;
  }
  if (duckdb::ValueOperations::DistinctLessThan(other.bounds_->first, bounds_->first))
    bounds_->first = other.bounds_->first;
  if (duckdb::ValueOperations::DistinctGreaterThan(other.bounds_->second, bounds_->second))
    bounds_->second = other.bounds_->second;
}

std::optional<std::pair<duckdb::Value, duckdb::Value>> KeyRange::bounds() const {
  return unknown_ ? std::nullopt : bounds_;
}

void KeyOrder::add(DataChunk& keys) {
  if (!ascends_ || keys.size() == 0) return;
  auto first = row_of(keys, 0);
  ascends_ = last_.empty() || is_less(last_, first);
  if (first_.empty()) first_ = std::move(first);
  if (!ascends_) return;
  if (keys.size() > 1) ascends_ = numbers_ascend(keys.data[0], keys.size()) || rows_ascend(keys);
  last_ = row_of(keys, keys.size() - 1);
}

bool KeyOrder::is_below(const KeyOrder& later) const { return is_less(last_, later.first_); }

}  // namespace sluice::kernel
