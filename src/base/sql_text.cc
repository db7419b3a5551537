// SPDX-License-Identifier: Apache-2.0
#include "base/sql_text.h"

namespace sluice {

std::string quoted_name(std::string_view name) {
  std::string result = "`";
  for (char c : name) {
    if (c == '`') result += '`';
    result += c;
  }
  return result + "`";
}

std::string quoted_string(std::string_view text) {
  std::string result = "'";
  for (char c : text) {
    switch (c) {
      case '\'':
        result += "''";
        break;
      case '\\':
        result += "\\\\";
        break;
      case '\n':
        result += "\\n";
        break;
      case '\r':
        result += "\\r";
        break;
      case '\0':
        result += "\\0";
        break;
      default:
        result += c;
    }
  }
  return result + "'";
}

char unescaped(char c) {
  switch (c) {
    case '0':
      return '\0';
    case 'b':
      return '\b';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'Z':
      return '\x1a';
    default:
      return c;
  }
}

}  // namespace sluice
