// SPDX-License-Identifier: Apache-2.0
// Functions that look for elements of arrays or take some of them: ARRAY_SIZE, ELEMENT_AT, ARRAY_SLICE, ARRAY_CONTAINS,
// ..
#include "functions/array_rows.h"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/json_extract.h"
#include "functions/registry.h"
#include "functions/type_coercion.h"
#include "functions/type_names.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::Vector;

// ---- sizes

void run_size(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ValueRows<duckdb::list_entry_t> arrays(input.data[0], count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* sizes = FlatVector::GetData<int64_t>(result);
  for (idx_t row = 0; row < count; ++row) {
    if (arrays.valid(row))
      sizes[row] = static_cast<int64_t>(arrays[row].length);
    else
      FlatVector::SetNull(result, row, true);
  }
  finish(input, result);
}

BoundPtr expand_size(Call& call) {
  if (call.arguments[0]->return_type.id() != LogicalTypeId::MAP) to_array(call, 0);
  return bind_body(call, LogicalType::BIGINT, run_size);
}

// ---- looking for a value

// Calls `found(row, position)` for elements that equal the row's value, until it gives false.
template <typename Found>
void search(DataChunk& input, idx_t count, Found found) {
  ArrayRows arrays(input.data[0], count);
  Keys keys(arrays.elements(), arrays.element_count());
  Keys wanted(input.data[1], count);
  for (idx_t row = 0; row < count; ++row) {
    if (!arrays.valid(row)) continue;
    const auto entry = arrays[row];
    const std::string_view key = wanted[row];
    for (idx_t i = 0; i < entry.length; ++i) {
      if (keys[entry.offset + i] == key && !found(row, i)) break;
    }
  }
}

template <typename T>
T* prepared(DataChunk& input, idx_t count, Vector& result) {
  ValueRows<duckdb::list_entry_t> arrays(input.data[0], count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  T* values = FlatVector::GetData<T>(result);
  for (idx_t row = 0; row < count; ++row) {
    values[row] = T();
    if (!arrays.valid(row)) FlatVector::SetNull(result, row, true);
  }
  return values;
}

void run_contains(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  bool* contained = prepared<bool>(input, count, result);
  search(input, count, [&](idx_t row, idx_t) { return contained[row] = true, false; });
  finish(input, result);
}

void run_position(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  int64_t* positions = prepared<int64_t>(input, count, result);
  search(input, count, [&](idx_t row, idx_t at) { return positions[row] = static_cast<int64_t>(at) + 1, false; });
  finish(input, result);
}

void run_countequal(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  int64_t* counts = prepared<int64_t>(input, count, result);
  search(input, count, [&](idx_t row, idx_t) { return ++counts[row], true; });
  finish(input, result);
}

template <auto run, LogicalTypeId type>
BoundPtr expand_search(Call& call) {
  to_array_and_element(call, 0, 1);
  return bind_body(call, LogicalType(type), run);
}

void run_remove(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArrayRows arrays(input.data[0], count);
  Keys keys(arrays.elements(), arrays.element_count());
  Keys wanted(input.data[1], count);
  make_arrays(
      input, result, count, [&](idx_t row) { return arrays.valid(row); },
      [&](idx_t row, ArrayResult& built) {
        const auto entry = arrays[row];
        for (idx_t i = entry.offset; i < entry.offset + entry.length; ++i) {
          if (keys[i] != wanted[row]) built.pick(arrays.elements(), i);
        }
      });
}

BoundPtr expand_remove(Call& call) {
  const LogicalType type = to_array_and_element(call, 0, 1);
  return bind_body(call, type, run_remove);
}

// ---- by position

// The element that the position means: from 1, negative ones from the end; nothing outside and for 0.
std::optional<idx_t> element_at(const duckdb::list_entry_t& entry, int64_t position) {
  const auto size = static_cast<int64_t>(entry.length);
  if (position > 0 && position <= size) return entry.offset + static_cast<idx_t>(position - 1);
  if (position < 0 && position >= -size) return entry.offset + static_cast<idx_t>(size + position);
  return std::nullopt;
}

// Copies one element a row, NULL where `index` has none.
void gather(Vector& elements, idx_t element_count, const std::vector<std::optional<idx_t>>& indexes, Vector& result) {
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  if (element_count == 0) {
    for (idx_t row = 0; row < indexes.size(); ++row) FlatVector::SetNull(result, row, true);
    return;
  }
  std::vector<duckdb::sel_t> picked;
  for (const auto& index : indexes) picked.push_back(static_cast<duckdb::sel_t>(index.value_or(0)));
  duckdb::SelectionVector selection(picked.data());
  duckdb::VectorOperations::Copy(elements, result, selection, picked.size(), 0, 0);
  for (idx_t row = 0; row < indexes.size(); ++row) {
    if (!indexes[row]) FlatVector::SetNull(result, row, true);
  }
}

void run_element(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArrayRows arrays(input.data[0], count);
  ValueRows<int64_t> positions(input.data[1], count);
  std::vector<std::optional<idx_t>> indexes(count);
  for (idx_t row = 0; row < count; ++row) {
    if (arrays.valid(row) && positions.valid(row)) indexes[row] = element_at(arrays[row], positions[row]);
  }
  gather(arrays.elements(), arrays.element_count(), indexes, result);
  finish(input, result);
}

// The last value of a key: where it is there twice, the later one counts.
void run_map_element(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArrayRows maps(input.data[0], count);
  auto& pairs = duckdb::StructVector::GetEntries(maps.elements());
  Keys keys(*pairs[0], maps.element_count());
  Keys wanted(input.data[1], count);
  std::vector<std::optional<idx_t>> indexes(count);
  for (idx_t row = 0; row < count; ++row) {
    if (!maps.valid(row)) continue;
    const auto entry = maps[row];
    for (idx_t i = entry.offset; i < entry.offset + entry.length && !indexes[row]; ++i) {
      if (keys[i] == wanted[row]) indexes[row] = i;
    }
  }
  gather(*pairs[1], maps.element_count(), indexes, result);
  finish(input, result);
}

BoundPtr expand_struct_element(Call& call);

BoundPtr expand_element(Call& call) {
  const LogicalType type = call.arguments[0]->return_type;
  if (type.id() == LogicalTypeId::MAP) {
    const LogicalType map = settled(type);
    const LogicalType key = duckdb::MapType::KeyType(map);
    convert_at(call, 0, map);
    const LogicalType compared = comparison_type(key, call.arguments[1]->return_type);
    if (compared == key) {
      convert_at(call, 1, key);
    } else {
      convert_at(call, 0, LogicalType::MAP(compared, duckdb::MapType::ValueType(map)));
      convert_at(call, 1, compared);
    }
    return bind_body(call, duckdb::MapType::ValueType(map), run_map_element);
  }
  if (type.id() == LogicalTypeId::STRUCT) return expand_struct_element(call);
  if (is_json(type)) return json_element(call);
  to_array(call, 0);
  convert_at(call, 1, LogicalType::BIGINT);
  const LogicalType element = element_type(call, 0);
  return bind_body(call, element, run_element);
}

// An element as a row of an answer has it: text of VARIANT without quotes.
BoundPtr expand_element_value(Call& call) {
  if (is_json(call.arguments[0]->return_type)) convert_at(call, 0, LogicalType::VARCHAR);
  return std::move(call.arguments[0]);
}

// struct_element(s, 'name'), struct_element(s, 1): constant names and positions from 1.
BoundPtr expand_struct_element(Call& call) {
  const LogicalType type = call.arguments[0]->return_type;
  if (type.id() == LogicalTypeId::SQLNULL) return constant(duckdb::Value());
  if (type.id() != LogicalTypeId::STRUCT) {
    throw duckdb::BinderException("A STRUCT is wanted, not %s", duckdb::StringUtil::Upper(type_name(type)));
  }
  auto wanted = constant_of(call.context, *call.arguments[1]);
  if (!wanted || wanted->IsNull()) throw duckdb::BinderException("A field of a STRUCT is named by a constant");
  const auto& fields = duckdb::StructType::GetChildTypes(type);
  size_t index = fields.size();
  if (is_integer(wanted->type())) {
    const int64_t position = wanted->DefaultCastAs(LogicalType::BIGINT).GetValue<int64_t>();
    if (position >= 1 && static_cast<size_t>(position) <= fields.size()) index = static_cast<size_t>(position - 1);
  } else {
    const std::string name = wanted->ToString();
    for (size_t i = 0; i < fields.size(); ++i) {
      const std::string& own = fields[i].first;
      if (duckdb::StringUtil::CIEquals(own.empty() ? "col" + std::to_string(i + 1) : own, name)) index = i;
    }
  }
  if (index == fields.size()) {
    throw duckdb::BinderException("The STRUCT has no field %s", wanted->ToString());
  }
  BoundList children;
  children.push_back(std::move(call.arguments[0]));
  children.push_back(constant(duckdb::Value::BIGINT(static_cast<int64_t>(index + 1))));
  return bind_native(call.context, "struct_extract_at", std::move(children));
}

// Elements from `offset` on (from 1, negative ones from the end), at most `length`; none outside.
void run_slice(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArrayRows arrays(input.data[0], count);
  ValueRows<int64_t> offsets(input.data[1], count);
  const bool limited = input.ColumnCount() > 2;
  ValueRows<int64_t> lengths(input.data[limited ? 2 : 1], count);
  make_arrays(
      input, result, count, [&](idx_t row) { return arrays.valid(row) && offsets.valid(row) && lengths.valid(row); },
      [&](idx_t row, ArrayResult& built) {
        const auto entry = arrays[row];
        const int64_t length = limited ? lengths[row] : INT64_MAX;
        if (auto first = element_at(entry, offsets[row]); first && length > 0) {
          const idx_t rest = entry.offset + entry.length - *first;
          built.pick_range(arrays.elements(), *first, std::min<idx_t>(rest, static_cast<idx_t>(length)));
        }
      });
}

BoundPtr expand_slice(Call& call) {
  to_array(call, 0);
  for (size_t i = 1; i < call.arguments.size(); ++i) convert_at(call, i, LogicalType::BIGINT);
  const LogicalType type = call.arguments[0]->return_type;
  return bind_body(call, type, run_slice);
}

// ---- ends

template <bool front>
void run_pop(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArrayRows arrays(input.data[0], count);
  make_arrays(
      input, result, count, [&](idx_t row) { return arrays.valid(row); },
      [&](idx_t row, ArrayResult& built) {
        const auto entry = arrays[row];
        if (entry.length > 1) built.pick_range(arrays.elements(), entry.offset + (front ? 1 : 0), entry.length - 1);
      });
}

template <bool front>
void run_push(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArrayRows arrays(input.data[0], count);
  make_arrays(
      input, result, count, [&](idx_t row) { return arrays.valid(row); },
      [&](idx_t row, ArrayResult& built) {
        const auto entry = arrays[row];
        if (front) built.pick(input.data[1], row);
        built.pick_range(arrays.elements(), entry.offset, entry.length);
        if (!front) built.pick(input.data[1], row);
      });
}

template <auto run>
BoundPtr expand_same(Call& call) {
  to_array(call, 0);
  const LogicalType type = call.arguments[0]->return_type;
  return bind_body(call, type, run);
}

template <auto run>
BoundPtr expand_push(Call& call) {
  const LogicalType type = to_array_and_element(call, 0, 1);
  return bind_body(call, type, run);
}

// ---- joining

void run_concat(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  std::vector<ArrayRows> arrays;
  for (auto& column : input.data) arrays.emplace_back(column, count);
  make_arrays(
      input, result, count,
      [&](idx_t row) { return std::ranges::all_of(arrays, [&](const ArrayRows& array) { return array.valid(row); }); },
      [&](idx_t row, ArrayResult& built) {
        for (const auto& array : arrays) built.pick_range(array.elements(), array[row].offset, array[row].length);
      });
}

BoundPtr expand_concat(Call& call) {
  const LogicalType type = to_arrays_alike(call);
  return bind_body(call, type, run_concat);
}

void run_flatten(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArrayRows outer(input.data[0], count);
  ArrayRows inner(outer.elements(), outer.element_count());
  make_arrays(
      input, result, count, [&](idx_t row) { return outer.valid(row); },
      [&](idx_t row, ArrayResult& built) {
        for (idx_t i = outer[row].offset; i < outer[row].offset + outer[row].length; ++i) {
          if (inner.valid(i)) built.pick_range(inner.elements(), inner[i].offset, inner[i].length);
        }
      });
}

BoundPtr expand_flatten(Call& call) {
  to_array(call, 0);
  while (element_type(call, 0).id() == LogicalTypeId::LIST) {
    const LogicalType type = element_type(call, 0);
    BoundPtr flat = bind_body(call, type, run_flatten);
    call.arguments.clear();
    call.arguments.push_back(std::move(flat));
  }
  return std::move(call.arguments[0]);
}

}  // namespace

void add_array_elements(Registry& registry) {
  registry.add("array_size", "The number of elements of an array or map.")
      .alias("size")
      .alias("cardinality")
      .alias("map_size")
      .expanded(1, 1, "BIGINT array_size(ARRAY|MAP)", expand_size);
  registry.add("array_contains", "Whether an element equals the value; NULL equals NULL.")
      .expanded(2, 2, "BOOLEAN array_contains(ARRAY<T>, T)", expand_search<run_contains, LogicalTypeId::BOOLEAN>);
  registry.add("array_position", "The position of the first element that equals the value, from 1; 0 without one.")
      .expanded(2, 2, "BIGINT array_position(ARRAY<T>, T)", expand_search<run_position, LogicalTypeId::BIGINT>);
  registry.add("countequal", "How many elements equal the value.")
      .expanded(2, 2, "BIGINT countequal(ARRAY<T>, T)", expand_search<run_countequal, LogicalTypeId::BIGINT>);
  registry.add("array_remove", "The array without the elements that equal the value.")
      .expanded(2, 2, "ARRAY<T> array_remove(ARRAY<T>, T)", expand_remove);
  registry.add("element_at", "An element of an array by position (negative from the end), a map's value by key.")
      .expanded(2, 2, "ANY element_at(ARRAY|MAP|STRUCT, ANY)", expand_element);
  registry.add("element_value", "The value; a string of a VARIANT without quotes.")
      .expanded(1, 1, "ANY element_value(ANY)", expand_element_value);
  registry.add("struct_element", "A field of a STRUCT by name or position from 1.")
      .expanded(2, 2, "ANY struct_element(STRUCT, VARCHAR|INT)", expand_struct_element);
  registry.add("array_slice", "The elements from a position on (negative from the end), at most so many.")
      .expanded(2, 3, "ARRAY<T> array_slice(ARRAY<T>, BIGINT[, BIGINT])", expand_slice);
  registry.add("array_popback", "The array without its last element.")
      .expanded(1, 1, "ARRAY<T> array_popback(ARRAY<T>)", expand_same<run_pop<false>>);
  registry.add("array_popfront", "The array without its first element.")
      .expanded(1, 1, "ARRAY<T> array_popfront(ARRAY<T>)", expand_same<run_pop<true>>);
  registry.add("array_pushback", "The array and the value after it.")
      .expanded(2, 2, "ARRAY<T> array_pushback(ARRAY<T>, T)", expand_push<run_push<false>>);
  registry.add("array_pushfront", "The value and the array after it.")
      .expanded(2, 2, "ARRAY<T> array_pushfront(ARRAY<T>, T)", expand_push<run_push<true>>);
  registry.add("array_concat", "All elements of the arrays in a row; NULL when an array is NULL.")
      .expanded(1, 255, "ARRAY<T> array_concat(ARRAY<T>, ...)", expand_concat);
  registry.add("array_flatten", "The elements of arrays of arrays, of any depth, as one array.")
      .alias("flatten")
      .expanded(1, 1, "ARRAY array_flatten(ARRAY)", expand_flatten);
}

}  // namespace sluice::functions
