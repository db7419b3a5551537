// SPDX-License-Identifier: Apache-2.0
#include "kernel/error_names.h"

#include <utility>

#include "functions/registry.h"

namespace sluice::kernel {
namespace {

constexpr std::pair<std::string_view, std::string_view> kNames[] = {
    {"INT8", "TINYINT"},
    {"INT16", "SMALLINT"},
    {"INT32", "INT"},
    {"INT64", "BIGINT"},
    {"INT128", "LARGEINT"},
    {"UINT8", "TINYINT UNSIGNED"},
    {"UINT16", "SMALLINT UNSIGNED"},
    {"UINT32", "INT UNSIGNED"},
    {"UINT64", "BIGINT UNSIGNED"},
    {"INTEGER", "INT"},
    {"HUGEINT", "LARGEINT"},
    {"UTINYINT", "TINYINT UNSIGNED"},
    {"USMALLINT", "SMALLINT UNSIGNED"},
    {"UINTEGER", "INT UNSIGNED"},
    {"UBIGINT", "BIGINT UNSIGNED"},
    {"UHUGEINT", "LARGEINT UNSIGNED"},
    {"BOOL", "BOOLEAN"},
    {"INTEGER_LITERAL", "INT"},
    {"STRING_LITERAL", "VARCHAR"},
    {"SQLNULL", "NULL"},
    {"TIMESTAMP", "DATETIME"},
    {"TIMESTAMP_S", "DATETIME"},
    {"TIMESTAMP_MS", "DATETIME(3)"},
    {"TIMESTAMP_NS", "DATETIME"},
    {"BLOB", "STRING"},
    {"EXCLUDE", "EXCEPT"},
    {"~~", "LIKE"},
    {"!~~", "NOT LIKE"},
    {"like_escape", "LIKE"},
    {"not_like_escape", "NOT LIKE"},
    {"regexp_matches", "REGEXP"},
    {"struct_extract", "struct_element"},
};

constexpr std::string_view kSchemas[] = {"\"system\".doris.", "system.doris.", "system.main.",
                                         "\"system\".main.",  "doris.",        "main."};

bool in_word(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '~' || c == '!';
}

std::string_view our_name(std::string_view word) {
  for (const auto& [kernel, ours] : kNames) {
    if (word == kernel) return ours;
  }
  const bool of_doris = word.starts_with("d_") && functions::Registry::instance().find(word.substr(2));
  return of_doris ? word.substr(2) : word;
}

}  // namespace

std::string with_our_names(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    bool dropped = false;
    if (result.empty() || !in_word(result.back())) {
      for (const std::string_view schema : kSchemas) {
        if (!text.starts_with(schema)) continue;
        text.remove_prefix(schema.size());
        dropped = true;
        break;
      }
    }
    if (dropped) continue;
    const char quote = text[0];
    if (quote == '\'' || quote == '"') {
      // An apostrophe inside a word begins nothing.
      const size_t end = text.find(quote, 1);
      if (end != std::string_view::npos && (result.empty() || !in_word(result.back()))) {
        result += text.substr(0, end + 1);
        text.remove_prefix(end + 1);
        continue;
      }
    }
    size_t end = 0;
    while (end < text.size() && in_word(text[end])) ++end;
    if (end == 0) {
      result += text[0];
      text.remove_prefix(1);
      continue;
    }
    std::string name(our_name(text.substr(0, end)));
    text.remove_prefix(end);
    while (text.starts_with("[]")) {
      name = "ARRAY<" + name + ">";
      text.remove_prefix(2);
    }
    result += name;
  }
  return result;
}

}  // namespace sluice::kernel
