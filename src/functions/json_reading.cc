// SPDX-License-Identifier: Apache-2.0
// Functions that read JSON: JSON_PARSE, JSON_EXTRACT and its typed forms, GET_JSON_*, subscripts of VARIANT.
#include "duckdb/common/operator/cast_operators.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/array_rows.h"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/json_document.h"
#include "functions/json_extract.h"
#include "functions/registry.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::string_t;
using duckdb::Vector;

[[noreturn]] void bad_path(std::string_view path) {
  throw duckdb::InvalidInputException("Json path error: Invalid Json Path for value: %s", std::string(path));
}

// Calls `use(value, row)` for rows whose document (argument 0) has something at the path (argument 1); gives true where
// it wrote a result. The others are NULL.
template <typename T, typename Use>
void run_at_path(DataChunk& input, Vector& result, bool strict, Use use) {
  const idx_t count = rows_of(input);
  ValueRows<string_t> documents(input.data[0], count);
  const bool has_path = input.ColumnCount() > 1;
  ValueRows<string_t> paths(input.data[has_path ? 1 : 0], count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  T* results = FlatVector::GetData<T>(result);
  JsonDocument document;
  JsonPaths parsed;
  for (idx_t row = 0; row < count; ++row) {
    bool written = false;
    if (documents.valid(row) && paths.valid(row) && document.parse(view(documents[row]))) {
      const JsonPath* path = parsed.get(has_path ? view(paths[row]) : "$");
      if (!path && strict) bad_path(view(paths[row]));
      yy::yyjson_val* value = path ? find_json(document.root(), *path) : nullptr;
      written = value && use(value, path, document.root(), results[row]);
    }
    if (!written) FlatVector::SetNull(result, row, true);
  }
  finish(input, result);
}

// ---- one value as JSON or text

// Several values, of a path with wildcards, become an array.
void write_found(std::string& out, yy::yyjson_val* root, const JsonPath& path, yy::yyjson_val* first, bool unquoted) {
  if (!path.has_wildcard) return unquoted ? write_json_unquoted(out, first) : write_json(out, first);
  std::vector<yy::yyjson_val*> found;
  find_all_json(root, path, found);
  out += '[';
  for (size_t i = 0; i < found.size(); ++i) {
    if (i > 0) out += ',';
    write_json(out, found[i]);
  }
  out += ']';
}

enum class Form : uint8_t { kJson, kText, kOldText };

template <Form form>
void run_extract(DataChunk& input, ExpressionState&, Vector& result) {
  std::string out;
  run_at_path<string_t>(input, result, form != Form::kOldText,
                        [&](yy::yyjson_val* value, const JsonPath* path, yy::yyjson_val* root, string_t& text) {
                          if (form == Form::kOldText && !path->has_wildcard && yy::yyjson_is_null(value)) return false;
                          out.clear();
                          write_found(out, root, *path, value, form != Form::kJson);
                          text = duckdb::StringVector::AddString(result, out);
                          return true;
                        });
}

// An array of what the paths lead to; NULL when nothing was found or a path is NULL.
void run_extract_many(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  std::vector<ValueRows<string_t>> columns;
  for (auto& column : input.data) columns.emplace_back(column, count);
  std::vector<JsonPaths> parsed(columns.size());
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* texts = FlatVector::GetData<string_t>(result);
  JsonDocument document;
  std::vector<yy::yyjson_val*> found;
  std::string out;
  for (idx_t row = 0; row < count; ++row) {
    bool valid = true;
    for (const auto& column : columns) valid &= column.valid(row);
    found.clear();
    if (valid && document.parse(view(columns[0][row]))) {
      for (size_t i = 1; i < columns.size(); ++i) {
        const JsonPath* path = parsed[i].get(view(columns[i][row]));
        if (!path) bad_path(view(columns[i][row]));
        find_all_json(document.root(), *path, found);
      }
    }
    if (found.empty()) {
      FlatVector::SetNull(result, row, true);
      continue;
    }
    out = "[";
    for (size_t i = 0; i < found.size(); ++i) {
      if (i > 0) out += ',';
      write_json(out, found[i]);
    }
    out += ']';
    texts[row] = duckdb::StringVector::AddString(result, out);
  }
  finish(input, result);
}

// ---- values of a type: only what is of that type already

bool number_of(yy::yyjson_val* value, const JsonPath*, yy::yyjson_val*, int32_t& out) {
  if (!yy::yyjson_is_int(value)) return false;
  const int64_t number = yy::yyjson_get_sint(value);
  if (number < INT32_MIN || number > INT32_MAX) return false;
  out = static_cast<int32_t>(number);
  return true;
}
bool number_of(yy::yyjson_val* value, const JsonPath*, yy::yyjson_val*, int64_t& out) {
  if (!yy::yyjson_is_int(value)) return false;
  if (yy::yyjson_is_uint(value) && yy::yyjson_get_uint(value) > INT64_MAX) return false;
  out = yy::yyjson_get_sint(value);
  return true;
}
bool number_of(yy::yyjson_val* value, const JsonPath*, yy::yyjson_val*, double& out) {
  auto number = json_number(value);
  if (!number) return false;
  out = *number;
  return true;
}
bool number_of(yy::yyjson_val* value, const JsonPath*, yy::yyjson_val*, duckdb::hugeint_t& out) {
  if (yy::yyjson_is_raw(value)) {
    const string_t digits(yy::yyjson_get_raw(value), static_cast<uint32_t>(yy::yyjson_get_len(value)));
    return duckdb::TryCast::Operation<string_t, duckdb::hugeint_t>(digits, out);
  }
  if (!yy::yyjson_is_int(value)) return false;
  out = yy::yyjson_is_uint(value) ? duckdb::Hugeint::Convert(yy::yyjson_get_uint(value))
                                  : duckdb::Hugeint::Convert(yy::yyjson_get_sint(value));
  return true;
}
bool number_of(yy::yyjson_val* value, const JsonPath*, yy::yyjson_val*, bool& out) {
  out = yy::yyjson_get_bool(value);
  return yy::yyjson_is_bool(value);
}

template <typename T, bool strict>
void run_number(DataChunk& input, ExpressionState&, Vector& result) {
  run_at_path<T>(input, result, strict, [](yy::yyjson_val* value, const JsonPath* path, yy::yyjson_val* root, T& out) {
    return number_of(value, path, root, out);
  });
}

void run_isnull(DataChunk& input, ExpressionState&, Vector& result) {
  run_at_path<bool>(input, result, true, [](yy::yyjson_val* value, const JsonPath*, yy::yyjson_val*, bool& out) {
    out = yy::yyjson_is_null(value);
    return true;
  });
}

// ---- binding

BoundPtr with_paths(Call& call, LogicalType result, duckdb::scalar_function_t run) {
  call.arguments[0] = to_json(call.context, std::move(call.arguments[0]));
  for (size_t i = 1; i < call.arguments.size(); ++i) convert_at(call, i, LogicalType::VARCHAR);
  return bind_body(call, std::move(result), std::move(run));
}

template <auto run, LogicalTypeId type>
BoundPtr expand_typed(Call& call) {
  return with_paths(call, LogicalType(type), run);
}

BoundPtr expand_extract(Call& call) {
  if (call.arguments.size() == 2) return with_paths(call, LogicalType::JSON(), run_extract<Form::kJson>);
  return with_paths(call, LogicalType::JSON(), run_extract_many);
}

BoundPtr expand_extract_no_quotes(Call& call) {
  if (call.arguments.size() == 2) return with_paths(call, LogicalType::VARCHAR, run_extract<Form::kText>);
  return with_paths(call, LogicalType::VARCHAR, run_extract_many);
}

// ---- parsing

// Errors of text that is no JSON.
void run_parse_strict(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ValueRows<string_t> texts(input.data[0], count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* parsed = FlatVector::GetData<string_t>(result);
  JsonDocument document;
  std::string out;
  for (idx_t row = 0; row < count; ++row) {
    if (!texts.valid(row)) {
      FlatVector::SetNull(result, row, true);
      continue;
    }
    if (!document.parse(view(texts[row]))) {
      throw duckdb::InvalidInputException("Parse json document failed: not JSON, or nested more than %d levels: %s",
                                          JsonDocument::kMostLevels, texts[row].GetString().substr(0, 100));
    }
    out.clear();
    write_json(out, document.root());
    parsed[row] = duckdb::StringVector::AddString(result, out);
  }
  finish(input, result);
}

BoundPtr expand_parse(Call& call) {
  if (is_json(call.arguments[0]->return_type)) return std::move(call.arguments[0]);
  convert_at(call, 0, LogicalType::VARCHAR);
  return bind_body(call, LogicalType::JSON(), run_parse_strict);
}

BoundPtr expand_parse_or_null(Call& call) {
  convert_at(call, 0, LogicalType::VARCHAR);
  return to_json(call.context, std::move(call.arguments[0]));
}

// The second argument's JSON (of '{}' when there is none) where the first is none.
BoundPtr expand_parse_or_value(Call& call) {
  convert_at(call, 0, LogicalType::VARCHAR);
  BoundPtr text = call.arguments[0]->Copy();
  BoundPtr parsed = to_json(call.context, std::move(call.arguments[0]));
  BoundPtr otherwise = call.arguments.size() > 1 ? std::move(call.arguments[1]) : constant(duckdb::Value("{}"));
  otherwise = to_json(call.context, convert(call.context, std::move(otherwise), LogicalType::VARCHAR));
  auto either = duckdb::make_uniq<duckdb::BoundOperatorExpression>(duckdb::ExpressionType::OPERATOR_COALESCE,
                                                                   LogicalType::JSON());
  either->children.push_back(std::move(parsed));
  either->children.push_back(std::move(otherwise));
  return choose(is_null(std::move(text)), constant(duckdb::Value(LogicalType::JSON())), std::move(either));
}

// ---- subscripts

// v['key'], v[0]: keys are names, not paths; integers count from 0.
void run_subscript(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ValueRows<string_t> documents(input.data[0], count);
  ValueRows<string_t> keys(input.data[1], count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* texts = FlatVector::GetData<string_t>(result);
  JsonDocument document;
  std::string out;
  for (idx_t row = 0; row < count; ++row) {
    yy::yyjson_val* value = nullptr;
    if (documents.valid(row) && keys.valid(row) && document.parse(view(documents[row]))) {
      value = yy::yyjson_obj_getn(document.root(), keys[row].GetData(), keys[row].GetSize());
      if (!value && yy::yyjson_is_arr(document.root())) {
        uint64_t index = 0;
        if (duckdb::TryCast::Operation<string_t, uint64_t>(keys[row], index)) {
          value = yy::yyjson_arr_get(document.root(), index);
        }
      }
    }
    if (!value || yy::yyjson_is_null(value)) {
      FlatVector::SetNull(result, row, true);
      continue;
    }
    out.clear();
    write_json(out, value);
    texts[row] = duckdb::StringVector::AddString(result, out);
  }
  finish(input, result);
}

}  // namespace

BoundPtr json_element(Call& call) {
  convert_at(call, 1, LogicalType::VARCHAR);
  return bind_body(call, LogicalType::JSON(), run_subscript);
}

void add_json_reading(Registry& registry) {
  registry.add("json_parse", "The text as JSON; an error when it is none.")
      .alias("jsonb_parse")
      .alias("json_parse_nullable")
      .alias("jsonb_parse_nullable")
      .alias("json_parse_notnull")
      .alias("jsonb_parse_notnull")
      .expanded(1, 1, "JSON json_parse(VARCHAR)", expand_parse);
  auto& or_null = registry.add("json_parse_error_to_null", "The text as JSON; NULL when it is none.");
  or_null.expanded(1, 1, "JSON json_parse_error_to_null(VARCHAR)", expand_parse_or_null);
  for (const char* name :
       {"jsonb_parse_error_to_null", "json_parse_nullable_error_to_null", "jsonb_parse_nullable_error_to_null",
        "json_parse_error_to_invalid", "jsonb_parse_error_to_invalid", "json_parse_nullable_error_to_invalid",
        "jsonb_parse_nullable_error_to_invalid", "json_parse_notnull_error_to_invalid",
        "jsonb_parse_notnull_error_to_invalid"}) {
    or_null.alias(name);
  }
  auto& or_value = registry.add("json_parse_error_to_value", "The text as JSON; the other text when it is none.");
  or_value.expanded(1, 2, "JSON json_parse_error_to_value(VARCHAR, VARCHAR)", expand_parse_or_value);
  for (const char* name :
       {"jsonb_parse_error_to_value", "json_parse_nullable_error_to_value", "jsonb_parse_nullable_error_to_value",
        "json_parse_notnull_error_to_value", "jsonb_parse_notnull_error_to_value"}) {
    or_value.alias(name);
  }
  registry.add("json_extract", "The value at the path; an array of the values at several paths.")
      .alias("jsonb_extract")
      .expanded(2, 255, "JSON json_extract(JSON, VARCHAR, ...)", expand_extract);
  registry.add("json_extract_no_quotes", "The value at the path; strings without quotes.")
      .alias("jsonb_extract_no_quotes")
      .expanded(2, 255, "VARCHAR json_extract_no_quotes(JSON, VARCHAR, ...)", expand_extract_no_quotes);
  registry.add("json_extract_string", "The value at the path as text without quotes.")
      .alias("jsonb_extract_string")
      .alias("json_value")
      .expanded(2, 2, "VARCHAR json_extract_string(JSON, VARCHAR)",
                expand_typed<run_extract<Form::kText>, LogicalTypeId::VARCHAR>);
  registry.add("get_json_string", "The value at the path as text without quotes; NULL for a null and a bad path.")
      .expanded(2, 2, "VARCHAR get_json_string(VARCHAR, VARCHAR)",
                expand_typed<run_extract<Form::kOldText>, LogicalTypeId::VARCHAR>);
  registry.add("json_extract_int", "The INT at the path; NULL for other values.")
      .alias("jsonb_extract_int")
      .expanded(2, 2, "INT json_extract_int(JSON, VARCHAR)",
                expand_typed<run_number<int32_t, true>, LogicalTypeId::INTEGER>);
  registry.add("json_extract_bigint", "The BIGINT at the path; NULL for other values.")
      .alias("jsonb_extract_bigint")
      .expanded(2, 2, "BIGINT json_extract_bigint(JSON, VARCHAR)",
                expand_typed<run_number<int64_t, true>, LogicalTypeId::BIGINT>);
  registry.add("json_extract_largeint", "The LARGEINT at the path; NULL for other values.")
      .alias("jsonb_extract_largeint")
      .expanded(2, 2, "LARGEINT json_extract_largeint(JSON, VARCHAR)",
                expand_typed<run_number<duckdb::hugeint_t, true>, LogicalTypeId::HUGEINT>);
  registry.add("json_extract_double", "The number at the path; NULL for other values.")
      .alias("jsonb_extract_double")
      .expanded(2, 2, "DOUBLE json_extract_double(JSON, VARCHAR)",
                expand_typed<run_number<double, true>, LogicalTypeId::DOUBLE>);
  registry.add("json_extract_bool", "The BOOLEAN at the path; NULL for other values.")
      .alias("jsonb_extract_bool")
      .expanded(2, 2, "BOOLEAN json_extract_bool(JSON, VARCHAR)",
                expand_typed<run_number<bool, true>, LogicalTypeId::BOOLEAN>);
  registry.add("json_extract_isnull", "Whether the value at the path is null; NULL when there is none.")
      .alias("jsonb_extract_isnull")
      .expanded(2, 2, "BOOLEAN json_extract_isnull(JSON, VARCHAR)", expand_typed<run_isnull, LogicalTypeId::BOOLEAN>);
  registry.add("get_json_int", "The INT at the path; NULL for other values and a bad path.")
      .expanded(2, 2, "INT get_json_int(VARCHAR, VARCHAR)",
                expand_typed<run_number<int32_t, false>, LogicalTypeId::INTEGER>);
  registry.add("get_json_bigint", "The BIGINT at the path; NULL for other values and a bad path.")
      .expanded(2, 2, "BIGINT get_json_bigint(VARCHAR, VARCHAR)",
                expand_typed<run_number<int64_t, false>, LogicalTypeId::BIGINT>);
  registry.add("get_json_double", "The number at the path; NULL for other values and a bad path.")
      .expanded(2, 2, "DOUBLE get_json_double(VARCHAR, VARCHAR)",
                expand_typed<run_number<double, false>, LogicalTypeId::DOUBLE>);
  registry.add("get_json_bool", "The BOOLEAN at the path; NULL for other values and a bad path.")
      .expanded(2, 2, "BOOLEAN get_json_bool(VARCHAR, VARCHAR)",
                expand_typed<run_number<bool, false>, LogicalTypeId::BOOLEAN>);
}

}  // namespace sluice::functions
