// SPDX-License-Identifier: Apache-2.0
#include "functions/nested_conversion.h"

#include "duckdb/common/vector_operations/unary_executor.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/array_rows.h"
#include "functions/conversion.h"
#include "functions/json_extract.h"
#include "functions/plan_copies.h"
#include "functions/text_to_nested.h"
#include "functions/type_names.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::list_entry_t;
using duckdb::string_t;
using duckdb::Vector;

// How the parts of a nested type convert: an expression over the reference 0 for each (the element; key and value; the
// fields).
struct PartConversions : duckdb::FunctionData {
  duckdb::unique_ptr<FunctionData> Copy() const override {
    auto result = duckdb::make_uniq<PartConversions>();
    for (const auto& conversion : conversions) result->conversions.push_back(conversion->Copy());
    return result;
  }
  bool Equals(const FunctionData& other) const override {
    return duckdb::Expression::ListEquals(conversions, other.Cast<PartConversions>().conversions);
  }
  BoundList conversions;
};

struct PartExecutors : duckdb::FunctionLocalState {
  std::vector<std::unique_ptr<duckdb::ExpressionExecutor>> executors;
};

duckdb::unique_ptr<duckdb::FunctionLocalState> make_executors(ExpressionState& state,
                                                              const duckdb::BoundFunctionExpression&,
                                                              duckdb::FunctionData* data) {
  auto result = duckdb::make_uniq<PartExecutors>();
  for (const auto& conversion : data->Cast<PartConversions>().conversions) {
    result->executors.push_back(std::make_unique<duckdb::ExpressionExecutor>(state.GetContext(), *conversion));
  }
  return result;
}

// Converts `count` values of a vector into `to`, which has room for them.
void convert_values(duckdb::ExpressionExecutor& executor, Vector& from, idx_t count, Vector& to) {
  for (idx_t offset = 0; offset < count; offset += STANDARD_VECTOR_SIZE) {
    const idx_t size = std::min<idx_t>(STANDARD_VECTOR_SIZE, count - offset);
    DataChunk chunk;
    chunk.InitializeEmpty({from.GetType()});
    Vector part(from, offset, offset + size);
    chunk.data[0].Reference(part);
    chunk.SetCardinality(size);
    Vector converted(to.GetType(), size);
    executor.ExecuteExpression(chunk, converted);
    duckdb::VectorOperations::Copy(converted, to, size, 0, offset);
  }
}

duckdb::ExpressionExecutor& executor_of(ExpressionState& state, size_t index) {
  auto& local = duckdb::ExecuteFunctionState::GetFunctionState(state)->Cast<PartExecutors>();
  return *local.executors[index];
}

// Copies the rows of an array or map vector; gives the number of elements.
idx_t copy_rows(Vector& from, idx_t count, Vector& result) {
  ValueRows<list_entry_t> rows(from, count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* entries = FlatVector::GetData<list_entry_t>(result);
  for (idx_t row = 0; row < count; ++row) {
    entries[row] = {0, 0};
    if (rows.valid(row))
      entries[row] = rows[row];
    else
      FlatVector::SetNull(result, row, true);
  }
  return duckdb::ListVector::GetListSize(from);
}

void run_array(DataChunk& input, ExpressionState& state, Vector& result) {
  const idx_t size = copy_rows(input.data[0], rows_of(input), result);
  duckdb::ListVector::Reserve(result, size);
  convert_values(executor_of(state, 0), duckdb::ListVector::GetEntry(input.data[0]), size,
                 duckdb::ListVector::GetEntry(result));
  duckdb::ListVector::SetListSize(result, size);
  finish(input, result);
}

void run_map(DataChunk& input, ExpressionState& state, Vector& result) {
  const idx_t size = copy_rows(input.data[0], rows_of(input), result);
  duckdb::ListVector::Reserve(result, size);
  convert_values(executor_of(state, 0), duckdb::MapVector::GetKeys(input.data[0]), size,
                 duckdb::MapVector::GetKeys(result));
  convert_values(executor_of(state, 1), duckdb::MapVector::GetValues(input.data[0]), size,
                 duckdb::MapVector::GetValues(result));
  duckdb::ListVector::SetListSize(result, size);
  finish(input, result);
}

void run_struct(DataChunk& input, ExpressionState& state, Vector& result) {
  const idx_t count = rows_of(input);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  duckdb::UnifiedVectorFormat rows;
  input.data[0].ToUnifiedFormat(count, rows);
  for (idx_t row = 0; row < count; ++row) {
    if (!rows.validity.RowIsValid(rows.sel->get_index(row))) FlatVector::SetNull(result, row, true);
  }
  Vector flat(input.data[0].GetType(), std::max<idx_t>(count, 1));
  duckdb::VectorOperations::Copy(input.data[0], flat, count, 0, 0);
  auto& from = duckdb::StructVector::GetEntries(flat);
  auto& to = duckdb::StructVector::GetEntries(result);
  for (size_t i = 0; i < to.size(); ++i) convert_values(executor_of(state, i), *from[i], count, *to[i]);
  finish(input, result);
}

// ---- text

void put(Vector& texts, idx_t at, const TextPart& part) {
  if (part)
    FlatVector::GetData<string_t>(texts)[at] = duckdb::StringVector::AddString(texts, *part);
  else
    FlatVector::SetNull(texts, at, true);
}

void run_text_to_array(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ValueRows<string_t> texts(input.data[0], count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* entries = FlatVector::GetData<list_entry_t>(result);
  std::vector<TextPart> parts;
  idx_t size = 0;
  for (idx_t row = 0; row < count; ++row) {
    entries[row] = {size, 0};
    if (!texts.valid(row) || !split_array({texts[row].GetData(), texts[row].GetSize()}, parts)) {
      FlatVector::SetNull(result, row, true);
      continue;
    }
    entries[row].length = parts.size();
    duckdb::ListVector::Reserve(result, size + parts.size());
    for (const auto& part : parts) put(duckdb::ListVector::GetEntry(result), size++, part);
  }
  duckdb::ListVector::SetListSize(result, size);
  finish(input, result);
}

void run_text_to_map(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ValueRows<string_t> texts(input.data[0], count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* entries = FlatVector::GetData<list_entry_t>(result);
  std::vector<TextPair> pairs;
  idx_t size = 0;
  for (idx_t row = 0; row < count; ++row) {
    entries[row] = {size, 0};
    bool valid = texts.valid(row) && split_braces({texts[row].GetData(), texts[row].GetSize()}, pairs);
    for (size_t i = 0; valid && i < pairs.size(); ++i) valid = pairs[i].has_key;
    if (!valid) {
      FlatVector::SetNull(result, row, true);
      continue;
    }
    entries[row].length = pairs.size();
    duckdb::ListVector::Reserve(result, size + pairs.size());
    for (const auto& pair : pairs) {
      put(duckdb::MapVector::GetKeys(result), size, pair.key);
      put(duckdb::MapVector::GetValues(result), size, pair.value);
      ++size;
    }
  }
  duckdb::ListVector::SetListSize(result, size);
  finish(input, result);
}

// By name where all names are known, else in order; {} has NULL in all fields.
void run_text_to_struct(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ValueRows<string_t> texts(input.data[0], count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  const auto& names = duckdb::StructType::GetChildTypes(result.GetType());
  auto& fields = duckdb::StructVector::GetEntries(result);
  std::vector<TextPair> pairs;
  std::vector<size_t> order;
  for (idx_t row = 0; row < count; ++row) {
    const bool valid = texts.valid(row) && split_braces({texts[row].GetData(), texts[row].GetSize()}, pairs);
    if (valid && pairs.empty()) {
      for (auto& field : fields) FlatVector::SetNull(*field, row, true);
      continue;
    }
    if (!valid || pairs.size() != names.size()) {
      FlatVector::SetNull(result, row, true);
      continue;
    }
    order.clear();
    for (size_t i = 0; i < names.size(); ++i) {
      for (size_t j = 0; j < pairs.size(); ++j) {
        if (!pairs[j].key || !duckdb::StringUtil::CIEquals(*pairs[j].key, names[i].first)) continue;
        order.push_back(j);
        break;
      }
    }
    const bool by_name = order.size() == names.size();
    for (size_t i = 0; i < names.size(); ++i) put(*fields[i], row, pairs[by_name ? order[i] : i].value);
  }
  finish(input, result);
}

// ---- binding

BoundPtr call_one(const char* name, BoundPtr value, const LogicalType& target, duckdb::scalar_function_t run,
                  duckdb::unique_ptr<PartConversions> conversions) {
  duckdb::ScalarFunction function(name, {value->return_type}, target, std::move(run));
  function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  if (conversions) function.SetInitStateCallback(make_executors);
  refuse_copies(function);
  BoundList children;
  children.push_back(std::move(value));
  return duckdb::make_uniq<duckdb::BoundFunctionExpression>(target, std::move(function), std::move(children),
                                                            std::move(conversions));
}

// The lowest bits of a whole number.
template <typename Number>
void run_wrapped(DataChunk& input, ExpressionState&, Vector& result) {
  duckdb::UnaryExecutor::Execute<duckdb::hugeint_t, Number>(
      input.data[0], result, input.size(),
      [](const duckdb::hugeint_t& number) { return static_cast<Number>(number.lower); });
}

duckdb::scalar_function_t wrapping(const LogicalType& target) {
  switch (target.id()) {
    case LogicalTypeId::TINYINT:
      return run_wrapped<int8_t>;
    case LogicalTypeId::SMALLINT:
      return run_wrapped<int16_t>;
    case LogicalTypeId::INTEGER:
      return run_wrapped<int32_t>;
    case LogicalTypeId::BIGINT:
      return run_wrapped<int64_t>;
    default:
      return nullptr;
  }
}

// Inside arrays, maps and structs whole numbers that are too large wrap, as in Doris.
BoundPtr part_conversion(duckdb::ClientContext& context, const LogicalType& from, const LogicalType& to) {
  BoundPtr part = duckdb::make_uniq<duckdb::BoundReferenceExpression>(from, 0U);
  const bool smaller = is_integer(from) && from != to;
  if (auto wrap = smaller ? wrapping(to) : nullptr) {
    BoundList children;
    children.push_back(convert(context, std::move(part), LogicalType::HUGEINT));
    return bind_private(context, "wrapped", {LogicalType::HUGEINT}, to, std::move(wrap), std::move(children));
  }
  return convert(context, std::move(part), to);
}

[[noreturn]] void impossible(const LogicalType& from, const LogicalType& target) {
  throw duckdb::BinderException("%s cannot be converted to %s", duckdb::StringUtil::Upper(type_name(from)),
                                duckdb::StringUtil::Upper(type_name(target)));
}

BoundPtr from_text(BoundPtr value, const LogicalType& target) {
  switch (target.id()) {
    case LogicalTypeId::LIST:
      return call_one("text_to_array", std::move(value), LogicalType::LIST(LogicalType::VARCHAR), run_text_to_array,
                      nullptr);
    case LogicalTypeId::MAP:
      return call_one("text_to_map", std::move(value), LogicalType::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR),
                      run_text_to_map, nullptr);
    default: {
      duckdb::child_list_t<LogicalType> fields;
      for (const auto& field : duckdb::StructType::GetChildTypes(target)) {
        fields.emplace_back(field.first, LogicalType::VARCHAR);
      }
      return call_one("text_to_struct", std::move(value), LogicalType::STRUCT(std::move(fields)), run_text_to_struct,
                      nullptr);
    }
  }
}

}  // namespace

BoundPtr convert_to_nested(duckdb::ClientContext& context, BoundPtr value, const LogicalType& target) {
  if (is_json(value->return_type)) {
    if (target.id() == LogicalTypeId::LIST)
      value = json_elements(std::move(value));
    else
      return duckdb::BoundCastExpression::AddCastToType(context, std::move(value), target, true);
  } else if (is_text(value->return_type)) {
    value = from_text(std::move(value), target);
  }
  const LogicalType from = value->return_type;
  if (from == target) return value;
  if (from.id() != target.id()) impossible(from, target);
  auto parts = duckdb::make_uniq<PartConversions>();
  switch (target.id()) {
    case LogicalTypeId::LIST:
      parts->conversions.push_back(
          part_conversion(context, duckdb::ListType::GetChildType(from), duckdb::ListType::GetChildType(target)));
      return call_one("convert_array", std::move(value), target, run_array, std::move(parts));
    case LogicalTypeId::MAP:
      parts->conversions.push_back(
          part_conversion(context, duckdb::MapType::KeyType(from), duckdb::MapType::KeyType(target)));
      parts->conversions.push_back(
          part_conversion(context, duckdb::MapType::ValueType(from), duckdb::MapType::ValueType(target)));
      return call_one("convert_map", std::move(value), target, run_map, std::move(parts));
    case LogicalTypeId::STRUCT: {
      const auto& from_fields = duckdb::StructType::GetChildTypes(from);
      const auto& to_fields = duckdb::StructType::GetChildTypes(target);
      if (from_fields.size() != to_fields.size()) impossible(from, target);
      for (size_t i = 0; i < to_fields.size(); ++i) {
        parts->conversions.push_back(part_conversion(context, from_fields[i].second, to_fields[i].second));
      }
      return call_one("convert_struct", std::move(value), target, run_struct, std::move(parts));
    }
    default:
      impossible(from, target);
  }
}

}  // namespace sluice::functions
