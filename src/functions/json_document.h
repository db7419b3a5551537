// SPDX-License-Identifier: Apache-2.0
// JSON texts as documents, Doris' paths into them, and their compact text: {"a":1,"b":[1.5,"x",null]}. Pure functions
// on yyjson; a document is for one thread.
//   Paths: $, .key, ."key with . in it", .*, [0], [last], [last-1], [-1], [*]; "$.[0]" is "$[0]".
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "yyjson.hpp"

namespace sluice::functions {

namespace yy = duckdb_yyjson;

class JsonDocument {
 public:
  // Levels of nesting that are read; deeper documents count as no JSON.
  static constexpr int kMostLevels = 100;

  // False when the text is no JSON. `text` may go afterwards.
  bool parse(std::string_view text);
  yy::yyjson_val* root() const { return yy::yyjson_doc_get_root(document_.get()); }

 private:
  struct Free {
    void operator()(yy::yyjson_doc* document) const { yy::yyjson_doc_free(document); }
  };
  std::unique_ptr<yy::yyjson_doc, Free> document_;
};

// Appends the compact text. Numbers with a fraction are written shortest: 17.0 is 17.
void write_json(std::string& out, yy::yyjson_val* value);
// A text in quotes, with escapes.
void write_json_string(std::string& out, std::string_view text);
// A string without quotes, everything else as JSON.
void write_json_unquoted(std::string& out, yy::yyjson_val* value);
// The value of a number; nothing for other values.
std::optional<double> json_number(yy::yyjson_val* value);

struct JsonLeg {
  enum class Kind : uint8_t { kKey, kEveryKey, kIndex, kFromEnd, kEveryIndex };
  Kind kind = Kind::kKey;
  std::string key{};   // kKey
  uint64_t index = 0;  // kIndex from 0; kFromEnd: 0 is the last one
};
struct JsonPath {
  std::vector<JsonLeg> legs;
  bool has_wildcard = false;
};
// Nothing for text that is no path.
std::optional<JsonPath> parse_json_path(std::string_view text);

// Keeps the last path that it parsed: most are constants.
class JsonPaths {
 public:
  // Null for text that is no path; good until the next call.
  const JsonPath* get(std::string_view text);

 private:
  std::string text_;
  std::optional<JsonPath> path_;
  bool parsed_ = false;
};

// The value at a path without wildcards (the first with them), or null.
yy::yyjson_val* find_json(yy::yyjson_val* value, const JsonPath& path);
// All values at a path, in the document's order.
void find_all_json(yy::yyjson_val* value, const JsonPath& path, std::vector<yy::yyjson_val*>& found);

}  // namespace sluice::functions
