// SPDX-License-Identifier: Apache-2.0
// Conversions between JSON and other types.
#include <charconv>
#include <cmath>

#include "duckdb/common/operator/cast_operators.hpp"
#include "duckdb/common/vector_operations/unary_executor.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/array_rows.h"
#include "functions/conversion.h"
#include "functions/json_document.h"
#include "functions/json_extract.h"
#include "functions/plan_copies.h"
#include "functions/text_to_value.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::string_t;
using duckdb::UnaryExecutor;
using duckdb::ValidityMask;
using duckdb::Vector;

std::string_view view(const string_t& text) { return {text.GetData(), text.GetSize()}; }

// `write(out, root, text)` for texts that are JSON and for which it gives true; NULL for others.
template <typename Write>
void run_to_text(DataChunk& input, Vector& result, Write write) {
  JsonDocument document;
  std::string out;
  UnaryExecutor::ExecuteWithNulls<string_t, string_t>(
      input.data[0], result, input.size(), [&](const string_t& text, ValidityMask& mask, idx_t row) {
        out.clear();
        if (document.parse(view(text)) && write(out, document.root(), view(text))) {
          return duckdb::StringVector::AddString(result, out);
        }
        mask.SetInvalid(row);
        return string_t();
      });
}

void run_parse(DataChunk& input, ExpressionState&, Vector& result) {
  run_to_text(input, result,
              [](std::string& out, yy::yyjson_val* root, std::string_view) { return write_json(out, root), true; });
}
// An object's text is left as it is: 1.0 within it stays 1.0, while the number alone is 1.
void run_unquote(DataChunk& input, ExpressionState&, Vector& result) {
  run_to_text(input, result, [](std::string& out, yy::yyjson_val* root, std::string_view text) {
    if (yy::yyjson_is_obj(root))
      out = text;
    else
      write_json_unquoted(out, root);
    return true;
  });
}

void run_quote(DataChunk& input, ExpressionState&, Vector& result) {
  std::string out;
  UnaryExecutor::Execute<string_t, string_t>(input.data[0], result, input.size(), [&](const string_t& text) {
    out.clear();
    write_json_string(out, view(text));
    return duckdb::StringVector::AddString(result, out);
  });
}

// Text that is JSON already under JSON's type.
void run_as_json(DataChunk& input, ExpressionState&, Vector& result) { result.Reinterpret(input.data[0]); }

template <typename T>
std::optional<T> to_integer(yy::yyjson_val* value) {
  if (yy::yyjson_is_bool(value)) return T(yy::yyjson_get_bool(value) ? 1 : 0);
  if (yy::yyjson_is_int(value)) {
    if constexpr (std::is_same_v<T, duckdb::hugeint_t>)
      return yy::yyjson_is_uint(value) ? duckdb::Hugeint::Convert(yy::yyjson_get_uint(value))
                                       : duckdb::Hugeint::Convert(yy::yyjson_get_sint(value));
    else
      return static_cast<T>(yy::yyjson_get_uint(value));  // wraps
  }
  std::optional<duckdb::hugeint_t> whole;
  if (yy::yyjson_is_str(value)) whole = text_to_integer({yy::yyjson_get_str(value), yy::yyjson_get_len(value)});
  if (yy::yyjson_is_raw(value)) whole = text_to_integer({yy::yyjson_get_raw(value), yy::yyjson_get_len(value)});
  T result{};
  if (whole) return duckdb::Hugeint::TryCast(*whole, result) ? std::optional<T>(result) : std::nullopt;
  auto number = json_number(value);
  if (!number || !std::isfinite(*number)) return std::nullopt;
  if (!duckdb::TryCast::Operation<double, T>(std::trunc(*number), result)) return std::nullopt;
  return result;
}

std::optional<bool> to_boolean(yy::yyjson_val* value) {
  if (yy::yyjson_is_bool(value)) return yy::yyjson_get_bool(value);
  if (yy::yyjson_is_str(value)) return text_to_boolean({yy::yyjson_get_str(value), yy::yyjson_get_len(value)});
  auto number = json_number(value);
  return number ? std::optional<bool>(*number != 0) : std::nullopt;
}

std::optional<double> to_double(yy::yyjson_val* value) {
  if (yy::yyjson_is_bool(value)) return yy::yyjson_get_bool(value) ? 1.0 : 0.0;
  if (yy::yyjson_is_str(value)) return text_to_double({yy::yyjson_get_str(value), yy::yyjson_get_len(value)});
  return json_number(value);
}

template <typename T, typename Convert>
void run_to_value(DataChunk& input, Vector& result, Convert convert) {
  JsonDocument document;
  UnaryExecutor::ExecuteWithNulls<string_t, T>(input.data[0], result, input.size(),
                                               [&](const string_t& text, ValidityMask& mask, idx_t row) -> T {
                                                 std::optional<T> value;
                                                 if (document.parse(view(text))) value = convert(document.root());
                                                 if (value) return *value;
                                                 mask.SetInvalid(row);
                                                 return T();
                                               });
}

template <typename T>
void run_to_integer(DataChunk& input, ExpressionState&, Vector& result) {
  run_to_value<T>(input, result, to_integer<T>);
}
void run_to_boolean(DataChunk& input, ExpressionState&, Vector& result) {
  run_to_value<bool>(input, result, to_boolean);
}
void run_to_double(DataChunk& input, ExpressionState&, Vector& result) {
  run_to_value<double>(input, result, to_double);
}

void run_elements(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ValueRows<string_t> texts(input.data[0], count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* rows = FlatVector::GetData<duckdb::list_entry_t>(result);
  JsonDocument document;
  std::string out;
  idx_t size = 0;
  for (idx_t row = 0; row < count; ++row) {
    rows[row] = {size, 0};
    if (!texts.valid(row) || !document.parse(view(texts[row])) || !yy::yyjson_is_arr(document.root())) {
      FlatVector::SetNull(result, row, true);
      continue;
    }
    const idx_t length = yy::yyjson_arr_size(document.root());
    duckdb::ListVector::Reserve(result, size + length);
    Vector& elements = duckdb::ListVector::GetEntry(result);
    size_t index = 0;
    size_t most = 0;
    yy::yyjson_val* child = nullptr;
    yyjson_arr_foreach(document.root(), index, most, child) {
      if (yy::yyjson_is_null(child)) {
        FlatVector::SetNull(elements, size++, true);
        continue;
      }
      out.clear();
      write_json(out, child);
      FlatVector::GetData<string_t>(elements)[size++] = duckdb::StringVector::AddString(elements, out);
    }
    rows[row].length = length;
  }
  duckdb::ListVector::SetListSize(result, size);
  finish(input, result);
}

BoundPtr one(const char* name, BoundPtr value, LogicalType result, duckdb::scalar_function_t run) {
  BoundList arguments;
  arguments.push_back(std::move(value));
  return json_body(name, std::move(arguments), std::move(result), std::move(run));
}

// The type with the names col1, col2, .. for the fields of structs that have none.
LogicalType with_names(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::LIST:
      return LogicalType::LIST(with_names(duckdb::ListType::GetChildType(type)));
    case LogicalTypeId::MAP:
      return LogicalType::MAP(duckdb::MapType::KeyType(type), with_names(duckdb::MapType::ValueType(type)));
    case LogicalTypeId::STRUCT: {
      duckdb::child_list_t<LogicalType> fields;
      for (const auto& [name, field] : duckdb::StructType::GetChildTypes(type)) {
        fields.emplace_back(name.empty() ? "col" + std::to_string(fields.size() + 1) : name, with_names(field));
      }
      return LogicalType::STRUCT(std::move(fields));
    }
    default:
      return type;
  }
}

BoundPtr as_json(BoundPtr text) { return one("as_json", std::move(text), LogicalType::JSON(), run_as_json); }

// The number in JSON's text as the nearest BIGINT; nothing for other values.
std::optional<int64_t> nearest_integer(std::string_view json) {
  if (json.empty() || (json[0] != '-' && (json[0] < '0' || json[0] > '9'))) return std::nullopt;
  int64_t whole = 0;
  const auto end = std::from_chars(json.data(), json.data() + json.size(), whole);
  const int64_t limit = json[0] == '-' ? INT64_MIN : INT64_MAX;
  if (end.ptr == json.data() + json.size()) return end.ec == std::errc() ? whole : limit;
  double number = 0;
  if (std::from_chars(json.data(), json.data() + json.size(), number).ec != std::errc()) return limit;
  if (std::abs(number) >= 0x1p63) return limit;
  return static_cast<int64_t>(number);
}

void run_integers(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArrayRows arrays(input.data[0], count);
  ValueRows<string_t> elements(arrays.elements(), arrays.element_count());
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* rows = FlatVector::GetData<duckdb::list_entry_t>(result);
  for (idx_t row = 0; row < count; ++row) {
    rows[row] = arrays.valid(row) ? arrays[row] : duckdb::list_entry_t();
    if (!arrays.valid(row)) FlatVector::SetNull(result, row, true);
  }
  duckdb::ListVector::Reserve(result, arrays.element_count());
  Vector& numbers = duckdb::ListVector::GetEntry(result);
  for (idx_t i = 0; i < arrays.element_count(); ++i) {
    const auto number = elements.valid(i) ? nearest_integer(view(elements[i])) : std::nullopt;
    if (number)
      FlatVector::GetData<int64_t>(numbers)[i] = *number;
    else
      FlatVector::SetNull(numbers, i, true);
  }
  duckdb::ListVector::SetListSize(result, arrays.element_count());
  finish(input, result);
}

}  // namespace

BoundPtr json_body(const char* name, BoundList arguments, LogicalType result, duckdb::scalar_function_t run) {
  duckdb::vector<LogicalType> types;
  for (const auto& argument : arguments) types.push_back(argument->return_type);
  duckdb::ScalarFunction function(name, std::move(types), result, std::move(run));
  function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  refuse_copies(function);
  return duckdb::make_uniq<duckdb::BoundFunctionExpression>(std::move(result), std::move(function),
                                                            std::move(arguments), nullptr);
}

BoundPtr to_json_part(duckdb::ClientContext& context, BoundPtr value) {
  const LogicalType from = value->return_type;
  if (is_json(from)) return value;
  if (from.IsNested()) {
    BoundList arguments;
    value = duckdb::BoundCastExpression::AddCastToType(context, std::move(value), with_names(from));
    arguments.push_back(std::move(value));
    return bind_native(context, "to_json", std::move(arguments));
  }
  switch (from.id()) {
    case LogicalTypeId::SQLNULL:
      return constant(duckdb::Value(LogicalType::JSON()));
    case LogicalTypeId::BOOLEAN:
      return as_json(duckdb::BoundCastExpression::AddCastToType(context, std::move(value), LogicalType::VARCHAR));
    case LogicalTypeId::DECIMAL:
      value = convert(context, std::move(value), LogicalType::DOUBLE);
      return as_json(convert(context, std::move(value), LogicalType::VARCHAR));
    default:
      value = convert(context, std::move(value), LogicalType::VARCHAR);
      if (is_number(from)) return as_json(std::move(value));
      return one("json_quote", std::move(value), LogicalType::JSON(), run_quote);
  }
}

BoundPtr to_json(duckdb::ClientContext& context, BoundPtr value) {
  if (is_text(value->return_type)) return one("json_parse", std::move(value), LogicalType::JSON(), run_parse);
  return to_json_part(context, std::move(value));
}

BoundPtr to_variant(duckdb::ClientContext& context, BoundPtr value) {
  if (!is_text(value->return_type)) return to_json(context, std::move(value));
  auto either = duckdb::make_uniq<duckdb::BoundOperatorExpression>(duckdb::ExpressionType::OPERATOR_COALESCE,
                                                                   LogicalType::JSON());
  either->children.push_back(to_json(context, value->Copy()));
  either->children.push_back(to_json_part(context, std::move(value)));
  return either;
}

BoundPtr from_json(duckdb::ClientContext& context, BoundPtr value, const LogicalType& target) {
  switch (target.id()) {
    case LogicalTypeId::TINYINT:
      return one("json_to_integer", std::move(value), target, run_to_integer<int8_t>);
    case LogicalTypeId::SMALLINT:
      return one("json_to_integer", std::move(value), target, run_to_integer<int16_t>);
    case LogicalTypeId::INTEGER:
      return one("json_to_integer", std::move(value), target, run_to_integer<int32_t>);
    case LogicalTypeId::BIGINT:
      return one("json_to_integer", std::move(value), target, run_to_integer<int64_t>);
    case LogicalTypeId::HUGEINT:
      return one("json_to_integer", std::move(value), target, run_to_integer<duckdb::hugeint_t>);
    case LogicalTypeId::BOOLEAN:
      return one("json_to_boolean", std::move(value), target, run_to_boolean);
    case LogicalTypeId::DOUBLE:
      return one("json_to_double", std::move(value), target, run_to_double);
    case LogicalTypeId::FLOAT:
      return convert(context, one("json_to_double", std::move(value), LogicalType::DOUBLE, run_to_double), target);
    default:
      value = one("json_unquote", std::move(value), LogicalType::VARCHAR, run_unquote);
      return convert(context, std::move(value), target);
  }
}

BoundPtr json_elements(BoundPtr value) {
  return one("json_elements", std::move(value), LogicalType::LIST(LogicalType::JSON()), run_elements);
}

BoundPtr json_integers(BoundPtr elements) {
  return one("json_integers", std::move(elements), LogicalType::LIST(LogicalType::BIGINT), run_integers);
}

}  // namespace sluice::functions
