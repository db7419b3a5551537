// SPDX-License-Identifier: Apache-2.0
// Functions that make or change JSON: JSON_ARRAY, JSON_OBJECT, JSON_QUOTE, JSON_SET, JSON_INSERT, JSON_REPLACE.
#include "duckdb/planner/expression/list.hpp"
#include "functions/array_rows.h"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/json_document.h"
#include "functions/json_extract.h"
#include "functions/json_rows.h"
#include "functions/registry.h"
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

// ---- making

void append_part(std::string& out, const Texts& column, idx_t row) {
  if (column.valid(row))
    out += view(column[row]);
  else
    out += "null";
}

void run_array(DataChunk& input, ExpressionState&, Vector& result) {
  run_texts(input, result, [](const std::vector<Texts>& columns, idx_t row, std::string& out) {
    out = "[";
    for (size_t i = 0; i < columns.size(); ++i) {
      if (i > 0) out += ',';
      append_part(out, columns[i], row);
    }
    out += ']';
    return true;
  });
}

void run_object(DataChunk& input, ExpressionState&, Vector& result) {
  run_texts(input, result, [](const std::vector<Texts>& columns, idx_t row, std::string& out) {
    out = "{";
    for (size_t i = 0; i < columns.size(); i += 2) {
      if (!columns[i].valid(row)) {
        throw duckdb::InvalidInputException(
            "function json_object can not input null value , JSON documents may not contain NULL member names.");
      }
      if (i > 0) out += ',';
      write_json_string(out, view(columns[i][row]));
      out += ':';
      append_part(out, columns[i + 1], row);
    }
    out += '}';
    return true;
  });
}

// A value of an array or object that is made; JSON becomes a string of its text, as Doris has it.
void to_member(Call& call, size_t index) {
  if (is_json(call.arguments[index]->return_type)) convert_at(call, index, LogicalType::VARCHAR);
  call.arguments[index] = to_json_part(call.context, std::move(call.arguments[index]));
}

BoundPtr expand_array(Call& call) {
  if (call.arguments.empty()) return convert(call.context, constant(duckdb::Value("[]")), LogicalType::JSON());
  for (size_t i = 0; i < call.arguments.size(); ++i) to_member(call, i);
  return bind_body(call, LogicalType::JSON(), run_array);
}

BoundPtr expand_object(Call& call) {
  if (call.arguments.empty()) return convert(call.context, constant(duckdb::Value("{}")), LogicalType::JSON());
  if (call.arguments.size() % 2 != 0) throw duckdb::BinderException("JSON_OBJECT() takes keys and values in turn");
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    if (i % 2 == 0)
      convert_at(call, i, LogicalType::VARCHAR);
    else
      to_member(call, i);
  }
  return bind_body(call, LogicalType::JSON(), run_object);
}

void run_quote(DataChunk& input, ExpressionState&, Vector& result) {
  run_texts(input, result, [](const std::vector<Texts>& columns, idx_t row, std::string& out) {
    if (!columns[0].valid(row)) return false;
    write_json_string(out, view(columns[0][row]));
    return true;
  });
}

// The content of a JSON string; other text stays as it is.
void run_unquote(DataChunk& input, ExpressionState&, Vector& result) {
  JsonDocument document;
  run_texts(input, result, [&](const std::vector<Texts>& columns, idx_t row, std::string& out) {
    if (!columns[0].valid(row)) return false;
    const std::string_view text = view(columns[0][row]);
    const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
    if (quoted && document.parse(text) && yy::yyjson_is_str(document.root()))
      write_json_unquoted(out, document.root());
    else
      out = text;
    return true;
  });
}

template <auto run>
BoundPtr expand_text(Call& call) {
  // JSON as it is written, with quotes.
  if (!is_json(call.arguments[0]->return_type)) convert_at(call, 0, LogicalType::VARCHAR);
  return bind_body(call, LogicalType::VARCHAR, run);
}

// ---- changing

enum class Change : uint8_t { kSet, kInsert, kReplace };

struct FreeMutable {
  void operator()(yy::yyjson_mut_doc* document) const { yy::yyjson_mut_doc_free(document); }
};
struct FreeDocument {
  void operator()(yy::yyjson_doc* document) const { yy::yyjson_doc_free(document); }
};

bool existing_allowed(Change change) { return change != Change::kInsert; }
bool missing_allowed(Change change) { return change != Change::kReplace; }

// The child that a leg means, or null; `where` becomes its index in an array, which may be its size.
yy::yyjson_mut_val* child_at(yy::yyjson_mut_val* value, const JsonLeg& leg, size_t& where) {
  if (leg.kind == JsonLeg::Kind::kKey) {
    return yy::yyjson_mut_is_obj(value) ? yy::yyjson_mut_obj_getn(value, leg.key.data(), leg.key.size()) : nullptr;
  }
  const bool from_end = leg.kind == JsonLeg::Kind::kFromEnd;
  const size_t size = yy::yyjson_mut_is_arr(value) ? yy::yyjson_mut_arr_size(value) : 1;
  if (from_end)
    where = leg.index < size ? size - 1 - leg.index : 0;
  else
    where = std::min<size_t>(leg.index, size);
  if (leg.index >= size) return nullptr;
  return yy::yyjson_mut_is_arr(value) ? yy::yyjson_mut_arr_get(value, where) : value;
}

// Puts `value` at the path; whether something new may be made or replaced is the change's affair. A value that is no
// array counts as an array of itself where an index behind it is asked for.
yy::yyjson_mut_val* changed(yy::yyjson_mut_doc* document, yy::yyjson_mut_val* at, const JsonPath& path, size_t leg,
                            yy::yyjson_mut_val* value, Change change) {
  if (leg == path.legs.size()) return existing_allowed(change) ? value : at;
  const JsonLeg& step = path.legs[leg];
  const bool last = leg + 1 == path.legs.size();
  size_t where = 0;
  yy::yyjson_mut_val* child = child_at(at, step, where);
  if (child && child == at) return changed(document, at, path, leg + 1, value, change);
  if (step.kind == JsonLeg::Kind::kKey) {
    if (!yy::yyjson_mut_is_obj(at) || (!child && (!last || !missing_allowed(change)))) return at;
    yy::yyjson_mut_val* made = child ? changed(document, child, path, leg + 1, value, change) : value;
    if (made == child) return at;
    yy::yyjson_mut_val* key = yy::yyjson_mut_strncpy(document, step.key.data(), step.key.size());
    if (child)
      yy::yyjson_mut_obj_replace(at, key, made);
    else
      yy::yyjson_mut_obj_add(at, key, made);
    return at;
  }
  if (child) {
    yy::yyjson_mut_val* made = changed(document, child, path, leg + 1, value, change);
    if (made != child) yy::yyjson_mut_arr_replace(at, where, made);
    return at;
  }
  if (!last || !missing_allowed(change)) return at;
  if (!yy::yyjson_mut_is_arr(at)) {
    yy::yyjson_mut_val* array = yy::yyjson_mut_arr(document);
    yy::yyjson_mut_arr_append(array, at);
    at = array;
  }
  if (step.kind == JsonLeg::Kind::kIndex)
    yy::yyjson_mut_arr_append(at, value);
  else
    yy::yyjson_mut_arr_prepend(at, value);
  return at;
}

template <Change change>
void run_change(DataChunk& input, ExpressionState&, Vector& result) {
  JsonDocument document;
  JsonDocument part;
  std::vector<JsonPaths> parsed(input.ColumnCount());
  run_texts(input, result, [&](const std::vector<Texts>& columns, idx_t row, std::string& out) {
    if (!columns[0].valid(row) || !document.parse(view(columns[0][row]))) return false;
    std::unique_ptr<yy::yyjson_mut_doc, FreeMutable> edited(yy::yyjson_mut_doc_new(nullptr));
    yy::yyjson_mut_val* root = yy::yyjson_val_mut_copy(edited.get(), document.root());
    for (size_t i = 1; i + 1 < columns.size(); i += 2) {
      if (!columns[i].valid(row)) return false;
      const JsonPath* path = parsed[i].get(view(columns[i][row]));
      if (!path || path->has_wildcard) {
        throw duckdb::InvalidInputException("Json path error: Invalid Json Path for value: %s",
                                            columns[i][row].GetString());
      }
      const bool valid = columns[i + 1].valid(row) && part.parse(view(columns[i + 1][row]));
      yy::yyjson_mut_val* value =
          valid ? yy::yyjson_val_mut_copy(edited.get(), part.root()) : yy::yyjson_mut_null(edited.get());
      root = changed(edited.get(), root, *path, 0, value, change);
    }
    std::unique_ptr<yy::yyjson_doc, FreeDocument> fixed(yy::yyjson_mut_val_imut_copy(root, nullptr));
    write_json(out, yy::yyjson_doc_get_root(fixed.get()));
    return true;
  });
}

template <Change change>
BoundPtr expand_change(Call& call) {
  if (call.arguments.size() % 2 == 0) {
    throw duckdb::BinderException("%s() takes a document and then paths and values in turn",
                                  duckdb::StringUtil::Upper(std::string(call.name)));
  }
  call.arguments[0] = to_json(call.context, std::move(call.arguments[0]));
  for (size_t i = 1; i < call.arguments.size(); ++i) {
    if (i % 2 == 1)
      convert_at(call, i, LogicalType::VARCHAR);
    else
      call.arguments[i] = to_json_part(call.context, std::move(call.arguments[i]));
  }
  return bind_body(call, LogicalType::JSON(), run_change<change>);
}

// ---- VARIANT

// A member that is null is none.
void drop_nulls(yy::yyjson_mut_val* object) {
  yy::yyjson_mut_obj_iter members;
  yy::yyjson_mut_obj_iter_init(object, &members);
  while (yy::yyjson_mut_val* key = yy::yyjson_mut_obj_iter_next(&members)) {
    yy::yyjson_mut_val* value = yy::yyjson_mut_obj_iter_get_val(key);
    if (yy::yyjson_mut_is_null(value))
      yy::yyjson_mut_obj_iter_remove(&members);
    else if (yy::yyjson_mut_is_obj(value))
      drop_nulls(value);
  }
}

// The text of an object without its nulls; null when there is no room. Freed by free().
char* without_nulls(yy::yyjson_val* root, size_t* length) {
  yy::yyjson_mut_doc* document = yy::yyjson_mut_doc_new(nullptr);
  yy::yyjson_mut_val* copy = document ? yy::yyjson_val_mut_copy(document, root) : nullptr;
  if (copy) drop_nulls(copy);
  char* text = copy ? yy::yyjson_mut_val_write(copy, yy::YYJSON_WRITE_ALLOW_INVALID_UNICODE, length) : nullptr;
  yy::yyjson_mut_doc_free(document);
  return text;
}

// Numbers keep their fraction: 17.0 stays 17.0.
void run_variant(DataChunk& input, ExpressionState&, Vector& result) {
  JsonDocument document;
  run_texts(input, result, [&](const std::vector<Texts>& columns, idx_t row, std::string& out) {
    if (!columns[0].valid(row)) return false;
    const std::string_view written = view(columns[0][row]);
    size_t length = 0;
    char* compact = nullptr;
    if (document.parse(written)) {
      const bool may_drop = yy::yyjson_is_obj(document.root()) && written.find("null") != written.npos;
      compact = may_drop ? without_nulls(document.root(), &length)
                         : yy::yyjson_val_write(document.root(), yy::YYJSON_WRITE_ALLOW_INVALID_UNICODE, &length);
    }
    if (compact)
      out.append(compact, length);
    else
      write_json_string(out, written);
    free(compact);
    return true;
  });
}

BoundPtr expand_variant(Call& call) {
  // JSON is text already; to convert it would cost numbers their form.
  if (!is_json(call.arguments[0]->return_type)) convert_at(call, 0, LogicalType::VARCHAR);
  return bind_body(call, LogicalType::JSON(), run_variant);
}

}  // namespace

void add_json_making(Registry& registry) {
  registry.add("variant_of", "The text as a value of VARIANT: compact when it is JSON, else a string.")
      .expanded(1, 1, "VARIANT variant_of(VARCHAR)", expand_variant);
  registry.add("json_array", "A JSON array of the values.").expanded(0, 255, "JSON json_array(ANY, ...)", expand_array);
  registry.add("json_object", "A JSON object of keys and values in turn.")
      .expanded(0, 255, "JSON json_object(VARCHAR, ANY, ...)", expand_object);
  registry.add("json_quote", "The text as a JSON string, in quotes.")
      .expanded(1, 1, "VARCHAR json_quote(VARCHAR)", expand_text<run_quote>);
  registry.add("json_unquote", "The content of a JSON string; other text as it is.")
      .expanded(1, 1, "VARCHAR json_unquote(VARCHAR)", expand_text<run_unquote>);
  registry.add("json_set", "The document with the values at the paths, replaced or new.")
      .alias("jsonb_set")
      .expanded(3, 255, "JSON json_set(JSON, VARCHAR, ANY, ...)", expand_change<Change::kSet>);
  registry.add("json_insert", "The document with the values at those paths where nothing is.")
      .alias("jsonb_insert")
      .expanded(3, 255, "JSON json_insert(JSON, VARCHAR, ANY, ...)", expand_change<Change::kInsert>);
  registry.add("json_replace", "The document with the values at those paths where something is.")
      .alias("jsonb_replace")
      .expanded(3, 255, "JSON json_replace(JSON, VARCHAR, ANY, ...)", expand_change<Change::kReplace>);
}

}  // namespace sluice::functions
