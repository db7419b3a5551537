// SPDX-License-Identifier: Apache-2.0
// Functions that make arrays, maps and structs: ARRAY, ARRAY_RANGE, ARRAY_REPEAT, ARRAY_ZIP, MAP, STRUCT, and the text
// of an array with ARRAY_JOIN.
#include "duckdb/common/types/interval.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/array_rows.h"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/registry.h"
#include "functions/type_coercion.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::list_entry_t;
using duckdb::Vector;

// Elements that ARRAY_RANGE, ARRAY_REPEAT and their like make in one row at most, as in Doris.
constexpr int64_t kMostElements = 1'000'000;
// And in a block of rows: a row of elements for each of 2048 rows would be gigabytes.
constexpr int64_t kMostOfBlock = 100 * kMostElements;

void check_elements(int64_t count, const char* name) {
  if (count >= 0 && count <= kMostElements) return;
  throw duckdb::InvalidInputException("%s() makes 0 to %d elements, not %d", name, kMostElements, count);
}

void check_block(int64_t count) {
  if (count <= kMostOfBlock) return;
  throw duckdb::OutOfRangeException("Arrays of more than %d elements for one block of rows are too large",
                                    kMostOfBlock);
}

LogicalType common_element(const Call& call, size_t first, size_t step) {
  LogicalType type = LogicalType::SQLNULL;
  for (size_t i = first; i < call.arguments.size(); i += step) type = common_type(type, call.arguments[i]->return_type);
  return type;
}

// A type that stays open ([], [NULL]) has none yet: it takes the others' beside it.
BoundPtr expand_array(Call& call) {
  const LogicalType type = common_element(call, 0, 1);
  for (size_t i = 0; i < call.arguments.size(); ++i) convert_at(call, i, type);
  return bind_native(call.context, "list_value", std::move(call.arguments));
}

// ---- maps and structs

// map(k1, v1, k2, v2, ..): of equal keys the last stays, at the place of the first.
void run_map(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  const size_t pairs = input.ColumnCount() / 2;
  std::vector<std::unique_ptr<Keys>> keys;
  for (size_t i = 0; i < pairs; ++i) keys.push_back(std::make_unique<Keys>(input.data[2 * i], count));
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* rows = FlatVector::GetData<list_entry_t>(result);
  duckdb::ListVector::Reserve(result, count * pairs);
  Vector& key_vector = duckdb::MapVector::GetKeys(result);
  Vector& value_vector = duckdb::MapVector::GetValues(result);
  idx_t size = 0;
  const auto copy = [](Vector& from, idx_t row, Vector& to, idx_t at) {
    duckdb::sel_t index = static_cast<duckdb::sel_t>(row);
    duckdb::SelectionVector one(&index);
    duckdb::VectorOperations::Copy(from, to, one, 1, 0, at);
  };
  for (idx_t row = 0; row < count; ++row) {
    rows[row] = {size, 0};
    for (size_t i = 0; i < pairs; ++i) {
      bool first = true;
      size_t last = i;
      for (size_t j = 0; j < pairs; ++j) {
        if (j == i || (*keys[j])[row] != (*keys[i])[row]) continue;
        if (j < i) first = false;
        last = std::max(last, j);
      }
      if (!first) continue;
      copy(input.data[2 * i], row, key_vector, size);
      copy(input.data[2 * last + 1], row, value_vector, size);
      ++size;
    }
    rows[row].length = size - rows[row].offset;
  }
  duckdb::ListVector::SetListSize(result, size);
  finish(input, result);
}

BoundPtr expand_map(Call& call) {
  if (call.arguments.size() % 2 != 0) throw duckdb::BinderException("MAP() takes keys and values in turn");
  const LogicalType key = settled(common_element(call, 0, 2));
  const LogicalType value = settled(common_element(call, 1, 2));
  if (call.arguments.empty()) {
    return constant(duckdb::Value::MAP(key, value, duckdb::vector<duckdb::Value>(), duckdb::vector<duckdb::Value>()));
  }
  for (size_t i = 0; i < call.arguments.size(); ++i) convert_at(call, i, i % 2 == 0 ? key : value);
  return bind_body(call, LogicalType::MAP(key, value), run_map);
}

void run_struct(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto& fields = duckdb::StructVector::GetEntries(result);
  for (size_t i = 0; i < fields.size(); ++i) {
    duckdb::VectorOperations::Copy(input.data[i], *fields[i], count, 0, 0);
  }
  if (input.AllConstant()) result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
}

BoundPtr make_struct(Call& call, const std::vector<std::string>& names) {
  duckdb::child_list_t<LogicalType> fields;
  for (size_t i = 0; i < names.size(); ++i) {
    const LogicalType type = settled(call.arguments[i]->return_type);
    convert_at(call, i, type);
    fields.emplace_back(names[i], type);
  }
  return bind_body(call, LogicalType::STRUCT(std::move(fields)), run_struct);
}

BoundPtr expand_struct(Call& call) {
  // Without names it converts by place to a STRUCT with names; its text has col1, col2, ..
  return make_struct(call, std::vector<std::string>(call.arguments.size()));
}

// named_struct('a', 1, 'b', 2)
BoundPtr expand_named_struct(Call& call) {
  if (call.arguments.size() % 2 != 0) throw duckdb::BinderException("NAMED_STRUCT() takes names and values in turn");
  std::vector<std::string> names;
  BoundList values;
  for (size_t i = 0; i < call.arguments.size(); i += 2) {
    auto name = constant_of(call.context, *call.arguments[i]);
    if (!name || name->IsNull() || !is_text(name->type()) || duckdb::StringValue::Get(*name).empty()) {
      throw duckdb::BinderException("The names of NAMED_STRUCT() are constant texts");
    }
    for (const auto& other : names) {
      if (duckdb::StringUtil::CIEquals(other, duckdb::StringValue::Get(*name))) {
        throw duckdb::BinderException("NAMED_STRUCT() has the name %s twice", other);
      }
    }
    names.push_back(duckdb::StringValue::Get(*name));
    values.push_back(std::move(call.arguments[i + 1]));
  }
  call.arguments = std::move(values);
  return make_struct(call, names);
}

// ---- sequences

// array_range(end), (start, end), (start, end, step): NULL for negative bounds and steps below 1.
void run_range(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  const size_t columns = input.ColumnCount();
  ValueRows<int32_t> starts(input.data[0], count);
  ValueRows<int32_t> ends(input.data[columns > 1 ? 1 : 0], count);
  ValueRows<int32_t> steps(input.data[columns > 2 ? 2 : 0], count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* rows = FlatVector::GetData<list_entry_t>(result);
  idx_t size = 0;
  for (idx_t row = 0; row < count; ++row) {
    rows[row] = {size, 0};
    const bool valid = starts.valid(row) && ends.valid(row) && steps.valid(row);
    const int64_t start = !valid || columns == 1 ? 0 : starts[row];
    const int64_t end = valid ? ends[row] : 0;
    const int64_t step = valid && columns > 2 ? steps[row] : 1;
    if (!valid || start < 0 || end < 0 || step <= 0) {
      FlatVector::SetNull(result, row, true);
      continue;
    }
    const int64_t length = end > start ? (end - start + step - 1) / step : 0;
    check_elements(length, "array_range");
    check_block(static_cast<int64_t>(size) + length);
    duckdb::ListVector::Reserve(result, size + static_cast<idx_t>(length));
    auto* numbers = FlatVector::GetData<int32_t>(duckdb::ListVector::GetEntry(result));
    for (int64_t i = 0; i < length; ++i) numbers[size++] = static_cast<int32_t>(start + i * step);
    rows[row].length = static_cast<idx_t>(length);
  }
  duckdb::ListVector::SetListSize(result, size);
  finish(input, result);
}

// 0, 1, .. below a number: what EXPLODE_NUMBERS makes rows of.
void run_numbers(DataChunk& input, ExpressionState&, Vector& result) {
  constexpr int64_t kMostNumbers = 50'000'000;
  const idx_t count = rows_of(input);
  ValueRows<int64_t> ends(input.data[0], count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* rows = FlatVector::GetData<list_entry_t>(result);
  idx_t size = 0;
  for (idx_t row = 0; row < count; ++row) {
    rows[row] = {size, 0};
    if (!ends.valid(row)) {
      FlatVector::SetNull(result, row, true);
      continue;
    }
    const auto length = static_cast<idx_t>(std::max<int64_t>(ends[row], 0));
    if (length > kMostNumbers || size + length > 2 * kMostNumbers) {
      throw duckdb::OutOfRangeException("explode_numbers() makes at most %d rows of one", kMostNumbers);
    }
    duckdb::ListVector::Reserve(result, size + length);
    auto* numbers = FlatVector::GetData<int32_t>(duckdb::ListVector::GetEntry(result));
    for (idx_t i = 0; i < length; ++i) numbers[size++] = static_cast<int32_t>(i);
    rows[row].length = length;
  }
  duckdb::ListVector::SetListSize(result, size);
  finish(input, result);
}

BoundPtr expand_numbers(Call& call) {
  convert_at(call, 0, LogicalType::BIGINT);
  return bind_body(call, LogicalType::LIST(LogicalType::INTEGER), run_numbers);
}

// Of how many steps the first moment is before the second. As Doris counts: whole units of the step (years, ..,
// seconds), then steps that begin in them.
// `longest`: 14 days count as 2 weeks and 24 months as 2 years.
int64_t steps_between(duckdb::timestamp_t start, duckdb::timestamp_t end, const duckdb::interval_t& step,
                      bool longest) {
  if (end <= start) return 0;
  int64_t units = 0;
  int64_t size = 1;
  if (step.months > 0) {
    int64_t months = duckdb::Interval::GetAge(end, start).months;
    const bool years = longest && step.months % 12 == 0;
    units = years ? months / 12 : months;
    size = years ? step.months / 12 : step.months;
  } else {
    int64_t unit = duckdb::Interval::MICROS_PER_DAY;
    if (step.days > 0) {
      size = longest && step.days % 7 == 0 ? step.days / 7 : step.days;
      unit *= step.days / size;
    } else {
      for (const int64_t known : {duckdb::Interval::MICROS_PER_HOUR, duckdb::Interval::MICROS_PER_MINUTE,
                                  duckdb::Interval::MICROS_PER_SEC, int64_t{1}}) {
        unit = known;
        if (step.micros % unit == 0) break;
      }
      size = step.micros / unit;
    }
    units = (end.value - start.value) / unit;
  }
  return (units + size - 1) / size;
}

// The same between moments; the step is an interval.
template <bool in_days_or_months>
void run_moment_range(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  const bool stepped = input.ColumnCount() > 2;
  ValueRows<duckdb::timestamp_t> starts(input.data[0], count);
  ValueRows<duckdb::timestamp_t> ends(input.data[1], count);
  std::optional<ValueRows<duckdb::interval_t>> steps;
  if (stepped) steps.emplace(input.data[2], count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* rows = FlatVector::GetData<list_entry_t>(result);
  idx_t size = 0;
  for (idx_t row = 0; row < count; ++row) {
    rows[row] = {size, 0};
    const duckdb::interval_t day{0, 1, 0};
    const bool valid = starts.valid(row) && ends.valid(row) && (!steps || steps->valid(row));
    const duckdb::interval_t step = valid && steps ? (*steps)[row] : day;
    if (!valid || step.months < 0 || step.days < 0 || step.micros < 0 ||
        (step.months == 0 && step.days == 0 && step.micros == 0)) {
      FlatVector::SetNull(result, row, true);
      continue;
    }
    const int64_t length = steps_between(starts[row], ends[row], step, !in_days_or_months);
    duckdb::timestamp_t at = starts[row];
    for (int64_t i = 0; i < length; ++i, at = duckdb::Interval::Add(at, step)) {
      check_elements(static_cast<int64_t>(++rows[row].length), "array_range");
      duckdb::ListVector::Reserve(result, size + 1);
      FlatVector::GetData<duckdb::timestamp_t>(duckdb::ListVector::GetEntry(result))[size++] = at;
    }
  }
  duckdb::ListVector::SetListSize(result, size);
  finish(input, result);
}

BoundPtr expand_range(Call& call) {
  bool moments = false;
  for (const auto& argument : call.arguments) {
    moments |= is_moment(argument->return_type) || argument->return_type.id() == LogicalTypeId::INTERVAL;
  }
  if (moments && call.arguments.size() > 1) {
    for (size_t i = 0; i < 2; ++i) {
      convert_at(call, i, LogicalType::TIMESTAMP_S);
      convert_at(call, i, LogicalType::TIMESTAMP);
    }
    if (call.arguments.size() > 2 && call.arguments[2]->return_type.id() != LogicalTypeId::INTERVAL) {
      throw duckdb::BinderException("The step of ARRAY_RANGE() between moments is an INTERVAL");
    }
    const auto& step = *call.arguments.back();
    const bool plain = step.GetExpressionClass() == duckdb::ExpressionClass::BOUND_FUNCTION &&
                       (step.Cast<duckdb::BoundFunctionExpression>().function.name == "to_days" ||
                        step.Cast<duckdb::BoundFunctionExpression>().function.name == "to_months");
    return bind_body(call, LogicalType::LIST(LogicalType::TIMESTAMP),
                     plain ? run_moment_range<true> : run_moment_range<false>);
  }
  for (size_t i = 0; i < call.arguments.size(); ++i) convert_at(call, i, LogicalType::INTEGER);
  return bind_body(call, LogicalType::LIST(LogicalType::INTEGER), run_range);
}

// The value (argument `value`) so often as the other argument says.
template <size_t value>
void run_repeat(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ValueRows<int64_t> counts(input.data[1 - value], count);
  int64_t total = 0;
  make_arrays(
      input, result, count, [](idx_t) { return true; },
      [&](idx_t row, ArrayResult& built) {
        const int64_t times = counts.valid(row) ? counts[row] : 0;
        check_elements(times, "array_repeat");
        total += times;
        check_block(total);
        for (int64_t i = 0; i < times; ++i) built.pick(input.data[value], row);
      });
}

template <size_t value>
BoundPtr expand_repeat(Call& call) {
  convert_at(call, 1 - value, LogicalType::BIGINT);
  const LogicalType type = settled(call.arguments[value]->return_type);
  convert_at(call, value, type);
  return bind_body(call, LogicalType::LIST(type), run_repeat<value>);
}

// ---- several arrays as one of structs

void run_zip(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  std::vector<ArrayRows> arrays;
  for (auto& column : input.data) arrays.emplace_back(column, count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* rows = FlatVector::GetData<list_entry_t>(result);
  std::vector<std::vector<duckdb::sel_t>> picked(arrays.size());
  idx_t size = 0;
  for (idx_t row = 0; row < count; ++row) {
    rows[row] = {size, 0};
    bool valid = true;
    for (const auto& array : arrays) valid &= array.valid(row);
    if (!valid) {
      FlatVector::SetNull(result, row, true);
      continue;
    }
    const idx_t length = arrays[0][row].length;
    for (size_t a = 0; a < arrays.size(); ++a) {
      if (arrays[a][row].length != length) {
        throw duckdb::InvalidInputException(
            "The arrays must have as many elements as each other in each row: %d and %d", length,
            arrays[a][row].length);
      }
      for (idx_t i = 0; i < length; ++i) picked[a].push_back(static_cast<duckdb::sel_t>(arrays[a][row].offset + i));
    }
    rows[row].length = length;
    size += length;
  }
  duckdb::ListVector::Reserve(result, size);
  auto& fields = duckdb::StructVector::GetEntries(duckdb::ListVector::GetEntry(result));
  for (size_t a = 0; a < arrays.size() && size > 0; ++a) {
    duckdb::SelectionVector selection(picked[a].data());
    duckdb::VectorOperations::Copy(arrays[a].elements(), *fields[a], selection, size, 0, 0);
  }
  duckdb::ListVector::SetListSize(result, size);
  finish(input, result);
}

BoundPtr expand_zip(Call& call) {
  duckdb::child_list_t<LogicalType> fields;
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    to_array(call, i);
    fields.emplace_back(std::to_string(i + 1), element_type(call, i));
  }
  return bind_body(call, LogicalType::LIST(LogicalType::STRUCT(std::move(fields))), run_zip);
}

// The operand of a lambda: an array of any type.
BoundPtr expand_as_array(Call& call) {
  to_array(call, 0);
  return std::move(call.arguments[0]);
}

// ---- text

// The text of a decimal without zeros at its end.
std::string_view trimmed_decimal(std::string_view text) {
  if (text.find('.') == text.npos) return text;
  while (text.ends_with('0')) text.remove_suffix(1);
  if (text.ends_with('.')) text.remove_suffix(1);
  return text;
}

template <bool decimals>
void run_join(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArrayRows arrays(input.data[0], count);
  ValueRows<duckdb::string_t> elements(arrays.elements(), arrays.element_count());
  ValueRows<duckdb::string_t> separators(input.data[1], count);
  const bool replaced = input.ColumnCount() > 2;
  ValueRows<duckdb::string_t> replacements(input.data[replaced ? 2 : 1], count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* texts = FlatVector::GetData<duckdb::string_t>(result);
  std::string text;
  for (idx_t row = 0; row < count; ++row) {
    if (!arrays.valid(row) || !separators.valid(row) || !replacements.valid(row)) {
      FlatVector::SetNull(result, row, true);
      continue;
    }
    text.clear();
    bool first = true;
    for (idx_t i = arrays[row].offset; i < arrays[row].offset + arrays[row].length; ++i) {
      const bool null = !elements.valid(i);
      if (null && (!replaced || replacements[row].GetSize() == 0)) continue;
      const duckdb::string_t& written = null ? replacements[row] : elements[i];
      std::string_view part(written.GetData(), written.GetSize());
      if (decimals && !null) part = trimmed_decimal(part);
      if (!first) text.append(separators[row].GetData(), separators[row].GetSize());
      text.append(part);
      first = false;
    }
    texts[row] = duckdb::StringVector::AddString(result, text);
  }
  finish(input, result);
}

BoundPtr expand_join(Call& call) {
  to_array(call, 0);
  const bool decimals = element_type(call, 0).id() == LogicalTypeId::DECIMAL;
  convert_at(call, 0, LogicalType::LIST(LogicalType::VARCHAR));
  for (size_t i = 1; i < call.arguments.size(); ++i) convert_at(call, i, LogicalType::VARCHAR);
  return bind_body(call, LogicalType::VARCHAR, decimals ? run_join<true> : run_join<false>);
}

}  // namespace

void add_array_making(Registry& registry) {
  registry.add("array", "An array of the values.").expanded(0, 255, "ARRAY<T> array(T, ...)", expand_array);
  registry.add("map", "A map of keys and values in turn; of equal keys the last counts.")
      .expanded(0, 255, "MAP<K, V> map(K, V, ...)", expand_map);
  registry.add("struct", "A STRUCT of the values, with the names col1, col2, ..")
      .expanded(1, 255, "STRUCT struct(ANY, ...)", expand_struct);
  registry.add("named_struct", "A STRUCT of names and values in turn.")
      .expanded(2, 255, "STRUCT named_struct(VARCHAR, ANY, ...)", expand_named_struct);
  registry.add("array_range", "The numbers from 0 or a start up to an end, which is not among them.")
      .alias("sequence")
      .expanded(1, 3, "ARRAY array_range(INT), array_range(INT|DATETIME, INT|DATETIME[, INT|INTERVAL])", expand_range);
  registry.add("exploded_numbers", "The numbers from 0 up to an end, which is not among them.")
      .expanded(1, 1, "ARRAY<INT> exploded_numbers(BIGINT)", expand_numbers);
  registry.add("array_repeat", "An array of the value so many times.")
      .expanded(2, 2, "ARRAY<T> array_repeat(T, BIGINT)", expand_repeat<0>);
  registry.add("array_with_constant", "An array of so many times the value.")
      .expanded(2, 2, "ARRAY<T> array_with_constant(BIGINT, T)", expand_repeat<1>);
  registry.add("array_zip", "An array of structs of the arrays' elements at each place.")
      .expanded(1, 255, "ARRAY<STRUCT> array_zip(ARRAY, ...)", expand_zip);
  registry.add("array_operand", "The argument as an array.")
      .expanded(1, 1, "ARRAY array_operand(ANY)", expand_as_array);
  registry.add("array_join", "The elements as text with a text between them; NULL ones left out or replaced.")
      .expanded(2, 3, "VARCHAR array_join(ARRAY, VARCHAR[, VARCHAR])", expand_join);
}

}  // namespace sluice::functions
