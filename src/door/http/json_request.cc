// SPDX-License-Identifier: Apache-2.0
#include "door/http/json_request.h"

#include <memory>

#include "yyjson.hpp"

namespace sluice::door::http {
namespace {

namespace yy = duckdb_yyjson;

struct FreeDocument {
  void operator()(yy::yyjson_doc* document) const { yy::yyjson_doc_free(document); }
};
using Document = std::unique_ptr<yy::yyjson_doc, FreeDocument>;

Document parse(std::string_view json, yy::yyjson_read_err& error) {
  return Document(
      yy::yyjson_read_opts(const_cast<char*>(json.data()), json.size(), yy::YYJSON_READ_NOFLAG, nullptr, &error));
}

tl::unexpected<Error> wrong(std::string what) { return fail(sql_error(Code::kInvalidArgument, 1105, std::move(what))); }

Result<std::string> text_of(yy::yyjson_val* value, std::string_view name) {
  if (!yy::yyjson_is_str(value)) return wrong("\"" + std::string(name) + "\" must be a string");
  return std::string(yy::yyjson_get_str(value), yy::yyjson_get_len(value));
}

Result<duckdb::Value> parameter(yy::yyjson_val* value, size_t index) {
  switch (yy::yyjson_get_type(value)) {
    case YYJSON_TYPE_NULL:
      return duckdb::Value();
    case YYJSON_TYPE_BOOL:
      return duckdb::Value::BOOLEAN(yy::yyjson_get_bool(value));
    case YYJSON_TYPE_STR:
      return duckdb::Value(std::string(yy::yyjson_get_str(value), yy::yyjson_get_len(value)));
    case YYJSON_TYPE_NUM:
      if (yy::yyjson_is_sint(value)) return duckdb::Value::BIGINT(yy::yyjson_get_sint(value));
      if (yy::yyjson_is_uint(value)) {
        const uint64_t number = yy::yyjson_get_uint(value);
        return number <= INT64_MAX ? duckdb::Value::BIGINT(static_cast<int64_t>(number))
                                   : duckdb::Value::UBIGINT(number);
      }
      return duckdb::Value::DOUBLE(yy::yyjson_get_real(value));
    default:
      return wrong("parameter " + std::to_string(index + 1) + " must be a string, number, boolean or null");
  }
}

}  // namespace

Result<QueryRequest> parse_query_request(std::string_view json) {
  yy::yyjson_read_err error{};
  const Document document = parse(json, error);
  if (!document)
    return wrong("the body is not JSON: " + std::string(error.msg) + " at byte " + std::to_string(error.pos));
  yy::yyjson_val* root = yy::yyjson_doc_get_root(document.get());
  if (!yy::yyjson_is_obj(root)) return wrong("the body must be a JSON object with the member \"sql\"");
  QueryRequest request;
  size_t index, max;
  yy::yyjson_val *key, *value;
  yyjson_obj_foreach(root, index, max, key, value) {
    const std::string name(yy::yyjson_get_str(key), yy::yyjson_get_len(key));
    if (name == "sql") {
      request.sql = TRY(text_of(value, name));
    } else if (name == "database") {
      request.database = TRY(text_of(value, name));
    } else if (name == "format") {
      request.format = TRY(text_of(value, name));
    } else if (name == "timeout_ms") {
      if (!yy::yyjson_is_uint(value) || yy::yyjson_get_uint(value) > UINT32_MAX)
        return wrong("\"timeout_ms\" must be a whole number from 0");
      if (yy::yyjson_get_uint(value) > 0) request.timeout = std::chrono::milliseconds(yy::yyjson_get_uint(value));
    } else if (name == "params") {
      if (!yy::yyjson_is_arr(value)) return wrong("\"params\" must be an array");
      request.has_params = true;
      size_t i, count;
      yy::yyjson_val* element;
      yyjson_arr_foreach(value, i, count, element) { request.params.push_back(TRY(parameter(element, i))); }
    } else {
      return wrong("unknown member \"" + name.substr(0, 100) +
                   "\"; known are sql, database, params, format, timeout_ms");
    }
  }
  if (request.sql.empty()) return wrong("the member \"sql\" is missing or empty");
  return request;
}

std::optional<std::vector<std::string>> parse_string_array(std::string_view json) {
  yy::yyjson_read_err error{};
  const Document document = parse(json, error);
  if (!document) return std::nullopt;
  yy::yyjson_val* root = yy::yyjson_doc_get_root(document.get());
  if (!yy::yyjson_is_arr(root)) return std::nullopt;
  std::vector<std::string> result;
  size_t index, max;
  yy::yyjson_val* value;
  yyjson_arr_foreach(root, index, max, value) {
    if (!yy::yyjson_is_str(value)) return std::nullopt;
    result.emplace_back(yy::yyjson_get_str(value), yy::yyjson_get_len(value));
  }
  return result;
}

}  // namespace sluice::door::http
