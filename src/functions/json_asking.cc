// SPDX-License-Identifier: Apache-2.0
// Functions that ask about JSON: JSON_CONTAINS, JSON_LENGTH, JSON_KEYS, JSON_TYPE, JSON_VALID, JSON_SEARCH, ..
#include "duckdb/planner/expression/list.hpp"
#include "functions/array_rows.h"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/json_document.h"
#include "functions/json_extract.h"
#include "functions/registry.h"
#include "functions/text_rows.h"
#include "functions/type_names.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::string_t;
using duckdb::Vector;
using Texts = TextRows;

// ---- asking

// The value at the path in the last argument (the root without one), or null.
struct Target {
  JsonDocument document;
  JsonPaths paths;

  yy::yyjson_val* find(const Texts& documents, const Texts* path, idx_t row) {
    if (!documents.valid(row) || (path && !path->valid(row))) return nullptr;
    const JsonPath* steps = paths.get(path ? view((*path)[row]) : "$");
    if (!steps) {
      throw duckdb::InvalidInputException("Json path error: Invalid Json Path for value: %s", (*path)[row].GetString());
    }
    return document.parse(view(documents[row])) ? find_json(document.root(), *steps) : nullptr;
  }
};

// `ask(value or null, columns, row)` gives a value or nothing; `path` is the argument with the path.
template <typename T, typename Ask>
void run_asking(DataChunk& input, Vector& result, size_t path, Ask ask) {
  const idx_t count = rows_of(input);
  const auto columns = text_columns(input, count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  T* answers = FlatVector::GetData<T>(result);
  Target target;
  for (idx_t row = 0; row < count; ++row) {
    yy::yyjson_val* value = target.find(columns[0], path < columns.size() ? &columns[path] : nullptr, row);
    std::optional<T> answer = ask(value, columns, row);
    if (answer)
      answers[row] = *answer;
    else
      FlatVector::SetNull(result, row, true);
  }
  finish(input, result);
}

void run_length(DataChunk& input, ExpressionState&, Vector& result) {
  run_asking<int32_t>(input, result, 1,
                      [](yy::yyjson_val* value, const std::vector<Texts>&, idx_t) -> std::optional<int32_t> {
                        if (!value) return std::nullopt;
                        if (yy::yyjson_is_arr(value)) return static_cast<int32_t>(yy::yyjson_arr_size(value));
                        if (yy::yyjson_is_obj(value)) return static_cast<int32_t>(yy::yyjson_obj_size(value));
                        return 1;
                      });
}

void run_exists(DataChunk& input, ExpressionState&, Vector& result) {
  run_asking<bool>(input, result, 1,
                   [](yy::yyjson_val* value, const std::vector<Texts>& columns, idx_t row) -> std::optional<bool> {
                     if (!columns[0].valid(row) || !columns[1].valid(row)) return std::nullopt;
                     return value != nullptr;
                   });
}

std::string_view type_of(yy::yyjson_val* value) {
  switch (yy::yyjson_get_type(value)) {
    case YYJSON_TYPE_NULL:
      return "null";
    case YYJSON_TYPE_BOOL:
      return "bool";
    case YYJSON_TYPE_STR:
      return "string";
    case YYJSON_TYPE_ARR:
      return "array";
    case YYJSON_TYPE_OBJ:
      return "object";
    case YYJSON_TYPE_RAW:
      return "largeint";
    default:
      break;
  }
  if (yy::yyjson_is_real(value)) return "double";
  if (yy::yyjson_is_uint(value) && yy::yyjson_get_uint(value) > INT64_MAX) return "largeint";
  const int64_t number = yy::yyjson_get_sint(value);
  return number >= INT32_MIN && number <= INT32_MAX ? "int" : "bigint";
}

void run_type(DataChunk& input, ExpressionState&, Vector& result) {
  run_asking<string_t>(input, result, 1,
                       [&](yy::yyjson_val* value, const std::vector<Texts>&, idx_t) -> std::optional<string_t> {
                         if (!value) return std::nullopt;
                         const std::string_view name = type_of(value);
                         return duckdb::StringVector::AddString(result, name.data(), name.size());
                       });
}

// Whether all of `part` is in `value`: keys with values that contain, elements in any order, equal scalars.
bool contains(yy::yyjson_val* value, yy::yyjson_val* part) {
  size_t index = 0;
  size_t count = 0;
  yy::yyjson_val* key = nullptr;
  yy::yyjson_val* child = nullptr;
  if (yy::yyjson_is_arr(value)) {
    const auto any = [&](yy::yyjson_val* wanted) {
      size_t i = 0;
      size_t most = 0;
      yy::yyjson_val* element = nullptr;
      yyjson_arr_foreach(value, i, most, element) {
        if (contains(element, wanted)) return true;
      }
      return false;
    };
    if (!yy::yyjson_is_arr(part)) return any(part);
    yyjson_arr_foreach(part, index, count, child) {
      if (!any(child)) return false;
    }
    return true;
  }
  if (yy::yyjson_is_obj(value)) {
    if (!yy::yyjson_is_obj(part)) return false;
    yyjson_obj_foreach(part, index, count, key, child) {
      yy::yyjson_val* mine = yy::yyjson_obj_getn(value, yy::yyjson_get_str(key), yy::yyjson_get_len(key));
      if (!mine || !contains(mine, child)) return false;
    }
    return true;
  }
  auto left = json_number(value);
  auto right = json_number(part);
  if (left && right && (yy::yyjson_is_real(value) || yy::yyjson_is_real(part))) return *left == *right;
  return yy::yyjson_equals(value, part);
}

void run_contains(DataChunk& input, ExpressionState&, Vector& result) {
  JsonDocument part;
  run_asking<bool>(input, result, 2,
                   [&](yy::yyjson_val* value, const std::vector<Texts>& columns, idx_t row) -> std::optional<bool> {
                     if (!value || !columns[1].valid(row) || !part.parse(view(columns[1][row]))) return std::nullopt;
                     return contains(value, part.root());
                   });
}

void run_valid(DataChunk& input, ExpressionState&, Vector& result) {
  JsonDocument document;
  const idx_t count = rows_of(input);
  Texts texts(input.data[0], count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* answers = FlatVector::GetData<int32_t>(result);
  for (idx_t row = 0; row < count; ++row) {
    if (texts.valid(row))
      answers[row] = document.parse(view(texts[row])) ? 1 : 0;
    else
      FlatVector::SetNull(result, row, true);
  }
  finish(input, result);
}

void run_keys(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  const auto columns = text_columns(input, count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* rows = FlatVector::GetData<duckdb::list_entry_t>(result);
  Target target;
  idx_t size = 0;
  for (idx_t row = 0; row < count; ++row) {
    rows[row] = {size, 0};
    yy::yyjson_val* value = target.find(columns[0], columns.size() > 1 ? &columns[1] : nullptr, row);
    if (!yy::yyjson_is_obj(value)) {
      FlatVector::SetNull(result, row, true);
      continue;
    }
    rows[row].length = yy::yyjson_obj_size(value);
    duckdb::ListVector::Reserve(result, size + rows[row].length);
    Vector& keys = duckdb::ListVector::GetEntry(result);
    size_t index = 0;
    size_t most = 0;
    yy::yyjson_val* key = nullptr;
    yy::yyjson_val* child = nullptr;
    yyjson_obj_foreach(value, index, most, key, child) {
      FlatVector::GetData<string_t>(keys)[size++] =
          duckdb::StringVector::AddString(keys, yy::yyjson_get_str(key), yy::yyjson_get_len(key));
    }
  }
  duckdb::ListVector::SetListSize(result, size);
  finish(input, result);
}

// LIKE with \ as its escape character.
bool like(std::string_view text, std::string_view pattern) {
  size_t t = 0;
  size_t p = 0;
  size_t star = std::string_view::npos;
  size_t star_text = 0;
  while (t < text.size()) {
    const bool escaped = p + 1 < pattern.size() && pattern[p] == '\\';
    if (p < pattern.size() && pattern[p] == '%') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() &&
               (escaped ? pattern[p + 1] == text[t] : pattern[p] == '_' || pattern[p] == text[t])) {
      // '_' stands for a character, which may be several bytes.
      const bool any = !escaped && pattern[p] == '_';
      p += escaped ? 2 : 1;
      ++t;
      while (any && t < text.size() && (static_cast<unsigned char>(text[t]) & 0xC0) == 0x80) ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

// Paths of the strings that match; `one` stops at the first.
void find_texts(yy::yyjson_val* value, std::string_view pattern, bool one, const std::string& path,
                std::vector<std::string>& found) {
  size_t index = 0;
  size_t count = 0;
  yy::yyjson_val* key = nullptr;
  yy::yyjson_val* child = nullptr;
  if (one && !found.empty()) return;
  if (yy::yyjson_is_str(value) && like({yy::yyjson_get_str(value), yy::yyjson_get_len(value)}, pattern)) {
    found.push_back(path);
  } else if (yy::yyjson_is_arr(value)) {
    yyjson_arr_foreach(value, index, count, child) {
      find_texts(child, pattern, one, path + "[" + std::to_string(index) + "]", found);
    }
  } else if (yy::yyjson_is_obj(value)) {
    yyjson_obj_foreach(value, index, count, key, child) {
      find_texts(child, pattern, one, path + "." + std::string(yy::yyjson_get_str(key), yy::yyjson_get_len(key)),
                 found);
    }
  }
}

void run_search(DataChunk& input, ExpressionState&, Vector& result) {
  JsonDocument document;
  run_texts(input, result, [&](const std::vector<Texts>& columns, idx_t row, std::string& out) {
    if (!columns[0].valid(row) || !columns[1].valid(row)) return false;
    const std::string mode = duckdb::StringUtil::Lower(columns[1][row].GetString());
    if (mode != "one" && mode != "all") {
      throw duckdb::InvalidInputException("the one_or_all argument %s is not one not all", mode);
    }
    if (!columns[2].valid(row)) return false;
    std::vector<std::string> found;
    if (document.parse(view(columns[0][row]))) {
      find_texts(document.root(), view(columns[2][row]), mode == "one", "$", found);
    }
    if (found.empty()) return false;
    if (found.size() > 1) out += '[';
    for (size_t i = found.size(); i > 0; --i) {
      if (i < found.size()) out += ',';
      write_json_string(out, found[i - 1]);
    }
    if (found.size() > 1) out += ']';
    return true;
  });
}

// The first argument as JSON, `part` too, the others as text.
BoundPtr ask(Call& call, LogicalType result, duckdb::scalar_function_t run, size_t part = 0) {
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    if (i == 0 || i == part)
      call.arguments[i] = to_json(call.context, std::move(call.arguments[i]));
    else
      convert_at(call, i, LogicalType::VARCHAR);
  }
  return bind_body(call, std::move(result), std::move(run));
}

template <auto run, LogicalTypeId type>
BoundPtr expand_ask(Call& call) {
  return ask(call, LogicalType(type), run);
}
BoundPtr expand_contains(Call& call) { return ask(call, LogicalType::BOOLEAN, run_contains, 1); }
BoundPtr expand_keys(Call& call) { return ask(call, LogicalType::LIST(LogicalType::VARCHAR), run_keys); }
BoundPtr expand_search(Call& call) { return ask(call, LogicalType::JSON(), run_search); }
BoundPtr expand_valid(Call& call) {
  if (!is_json(call.arguments[0]->return_type)) convert_at(call, 0, LogicalType::VARCHAR);
  return bind_body(call, LogicalType::INTEGER, run_valid);
}

}  // namespace

void add_json_asking(Registry& registry) {
  registry.add("json_length", "The number of elements or members at the path; 1 for a scalar.")
      .alias("jsonb_length")
      .expanded(1, 2, "INT json_length(JSON[, VARCHAR])", expand_ask<run_length, LogicalTypeId::INTEGER>);
  registry.add("json_exists_path", "Whether the document has something at the path.")
      .alias("jsonb_exists_path")
      .expanded(2, 2, "BOOLEAN json_exists_path(JSON, VARCHAR)", expand_ask<run_exists, LogicalTypeId::BOOLEAN>);
  registry.add("json_type", "null, bool, int, bigint, largeint, double, string, array or object.")
      .alias("jsonb_type")
      .expanded(1, 2, "VARCHAR json_type(JSON[, VARCHAR])", expand_ask<run_type, LogicalTypeId::VARCHAR>);
  registry.add("json_contains", "Whether the value at the path contains all of the other document.")
      .alias("jsonb_contains")
      .expanded(2, 3, "BOOLEAN json_contains(JSON, JSON[, VARCHAR])", expand_contains);
  registry.add("json_keys", "The keys of the object at the path; NULL for other values.")
      .alias("jsonb_keys")
      .expanded(1, 2, "ARRAY<VARCHAR> json_keys(JSON[, VARCHAR])", expand_keys);
  registry.add("json_valid", "1 when the text is JSON, else 0.")
      .alias("jsonb_valid")
      .expanded(1, 1, "INT json_valid(VARCHAR)", expand_valid);
  registry.add("json_search", "The paths of the strings that match, of 'one' or 'all'; the last one first.")
      .expanded(3, 3, "JSON json_search(JSON, VARCHAR, VARCHAR)", expand_search);
}

}  // namespace sluice::functions
