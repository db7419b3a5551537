// SPDX-License-Identifier: Apache-2.0
#include "functions/array_rows.h"

#include "duckdb/function/create_sort_key.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/conversion.h"
#include "functions/text_to_value.h"
#include "functions/type_coercion.h"
#include "functions/type_names.h"
#include "functions/types.h"

namespace sluice::functions {

using duckdb::idx_t;

LogicalType settled(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::SQLNULL:
      return LogicalType::BOOLEAN;
    case LogicalTypeId::LIST:
      return LogicalType::LIST(settled(duckdb::ListType::GetChildType(type)));
    case LogicalTypeId::MAP:
      return LogicalType::MAP(settled(duckdb::MapType::KeyType(type)), settled(duckdb::MapType::ValueType(type)));
    case LogicalTypeId::STRUCT: {
      duckdb::child_list_t<LogicalType> fields;
      for (const auto& field : duckdb::StructType::GetChildTypes(type)) {
        fields.emplace_back(field.first, settled(field.second));
      }
      return LogicalType::STRUCT(std::move(fields));
    }
    default:
      return type;
  }
}

void convert_at(Call& call, size_t index, const LogicalType& type) {
  call.arguments[index] = convert(call.context, std::move(call.arguments[index]), type);
}

void to_array(Call& call, size_t index) {
  const LogicalType type = call.arguments[index]->return_type;
  switch (type.id()) {
    case LogicalTypeId::LIST:
      return convert_at(call, index, settled(type));
    case LogicalTypeId::SQLNULL:
      return convert_at(call, index, LogicalType::LIST(LogicalType::BOOLEAN));
    case LogicalTypeId::VARCHAR:
      if (const auto text = constant_of(call.context, *call.arguments[index]); text && !text->IsNull()) {
        const std::string& written = duckdb::StringValue::Get(*text);
        const size_t first = written.find_first_not_of(" \t\n");
        if (first != written.npos && written[first] != '[') {
          throw duckdb::BinderException(
              "Can not find the compatibility function signature: %s(); '%s' as its argument %d is no array",
              std::string(call.name), written, index + 1);
        }
      }
      return convert_at(call, index, LogicalType::LIST(is_json(type) ? type : LogicalType::VARCHAR));
    default:
      throw duckdb::BinderException("%s() takes an array as its argument %d, not %s",
                                    duckdb::StringUtil::Upper(std::string(call.name)), index + 1,
                                    duckdb::StringUtil::Upper(type_name(type)));
  }
}

const LogicalType& element_type(const Call& call, size_t index) {
  return duckdb::ListType::GetChildType(call.arguments[index]->return_type);
}

LogicalType to_arrays_alike(Call& call) {
  // NULL and [] take the others' type.
  LogicalType element = LogicalType::SQLNULL;
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    const LogicalType type = call.arguments[i]->return_type;
    if (type.id() != LogicalTypeId::LIST) to_array(call, i);
    if (type.id() != LogicalTypeId::SQLNULL) element = common_type(element, element_type(call, i));
  }
  const LogicalType array = LogicalType::LIST(settled(element));
  for (size_t i = 0; i < call.arguments.size(); ++i) convert_at(call, i, array);
  return array;
}

// The smallest integer type from INT on that holds the number.
static LogicalType smallest_type(const duckdb::hugeint_t& number) {
  if (number >= duckdb::hugeint_t(INT32_MIN) && number <= duckdb::hugeint_t(INT32_MAX)) return LogicalType::INTEGER;
  const bool fits = number >= duckdb::hugeint_t(INT64_MIN) && number <= duckdb::hugeint_t(INT64_MAX);
  return fits ? LogicalType::BIGINT : LogicalType::HUGEINT;
}

LogicalType to_array_and_element(Call& call, size_t array, size_t value) {
  LogicalType element = call.arguments[value]->return_type;
  const LogicalType type = call.arguments[array]->return_type;
  if (type.id() != LogicalTypeId::LIST) to_array(call, array);
  if (type.id() != LogicalTypeId::SQLNULL) element = common_type(element_type(call, array), element);
  // A number written as text beside numbers is one.
  if (is_text(call.arguments[value]->return_type) && is_number(element_type(call, array))) {
    auto text = constant_of(call.context, *call.arguments[value]);
    if (text && !text->IsNull()) {
      if (auto whole = text_to_integer(duckdb::StringValue::Get(*text))) {
        element = common_type(element_type(call, array), smallest_type(*whole));
      } else if (text_to_double(duckdb::StringValue::Get(*text))) {
        element = LogicalType::DOUBLE;
      }
    }
  }
  element = settled(element);
  convert_at(call, array, LogicalType::LIST(element));
  convert_at(call, value, element);
  return LogicalType::LIST(element);
}

BoundPtr bind_body(Call& call, LogicalType result, duckdb::scalar_function_t run) {
  std::vector<LogicalType> types;
  for (const auto& argument : call.arguments) types.push_back(argument->return_type);
  return bind_private(call.context, kernel_name(call.name), std::move(types), std::move(result), std::move(run),
                      std::move(call.arguments), Nulls::kOwn);
}

BoundPtr constant(duckdb::Value value) { return duckdb::make_uniq<duckdb::BoundConstantExpression>(std::move(value)); }

BoundPtr choose(BoundPtr condition, BoundPtr value, BoundPtr otherwise) {
  const LogicalType type = value->return_type;
  auto result = duckdb::make_uniq<duckdb::BoundCaseExpression>(type);
  duckdb::BoundCaseCheck check;
  check.when_expr = std::move(condition);
  check.then_expr = std::move(value);
  result->case_checks.push_back(std::move(check));
  result->else_expr = std::move(otherwise);
  return result;
}

BoundPtr is_null(BoundPtr value) {
  auto result = duckdb::make_uniq<duckdb::BoundOperatorExpression>(duckdb::ExpressionType::OPERATOR_IS_NULL,
                                                                   LogicalType::BOOLEAN);
  result->children.push_back(std::move(value));
  return result;
}

idx_t rows_of(duckdb::DataChunk& input) {
  return input.AllConstant() ? std::min<idx_t>(input.size(), 1) : input.size();
}

void finish(duckdb::DataChunk& input, duckdb::Vector& result) {
  if (input.AllConstant()) result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
}

ArrayRows::ArrayRows(duckdb::Vector& arrays, idx_t count)
    : elements_(duckdb::ListVector::GetEntry(arrays)), element_count_(duckdb::ListVector::GetListSize(arrays)) {
  arrays.ToUnifiedFormat(count, rows_);
  entries_ = duckdb::UnifiedVectorFormat::GetData<duckdb::list_entry_t>(rows_);
}

Keys::Keys(duckdb::Vector& values, idx_t count, bool descending) : keys_(LogicalType::BLOB, std::max<idx_t>(count, 1)) {
  values.ToUnifiedFormat(count, values_);
  const duckdb::OrderModifiers order(
      descending ? duckdb::OrderType::DESCENDING : duckdb::OrderType::ASCENDING,
      descending ? duckdb::OrderByNullType::NULLS_LAST : duckdb::OrderByNullType::NULLS_FIRST);
  if (count > 0) duckdb::CreateSortKeyHelpers::CreateSortKey(values, count, order, keys_);
  keys_.Flatten(count);
  texts_ = duckdb::FlatVector::GetData<duckdb::string_t>(keys_);
}

ArrayResult::ArrayResult(duckdb::Vector& result, idx_t) : result_(result) {
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  entries_ = duckdb::FlatVector::GetData<duckdb::list_entry_t>(result);
  duckdb::ListVector::SetListSize(result, 0);
}

void ArrayResult::null(idx_t row) {
  entries_[row] = {size_, 0};
  duckdb::FlatVector::SetNull(result_, row, true);
}

void ArrayResult::begin(idx_t row) { entries_[row].offset = size_; }

void ArrayResult::pick(duckdb::Vector& source, idx_t index) {
  if (source_ != &source) {
    flush();
    source_ = &source;
  }
  picked_.push_back(static_cast<duckdb::sel_t>(index));
  ++size_;
}

void ArrayResult::pick_range(duckdb::Vector& source, idx_t from, idx_t count) {
  for (idx_t i = 0; i < count; ++i) pick(source, from + i);
}

void ArrayResult::end(idx_t row) { entries_[row].length = size_ - entries_[row].offset; }

void ArrayResult::flush() {
  if (picked_.empty()) return;
  duckdb::ListVector::Reserve(result_, size_);
  duckdb::SelectionVector selection(picked_.data());
  duckdb::VectorOperations::Copy(*source_, duckdb::ListVector::GetEntry(result_), selection, picked_.size(), 0,
                                 size_ - picked_.size());
  duckdb::ListVector::SetListSize(result_, size_);
  picked_.clear();
}

}  // namespace sluice::functions
