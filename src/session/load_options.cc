// SPDX-License-Identifier: Apache-2.0
#include "session/load_options.h"

namespace sluice::session {

Result<std::string> load_separator(std::string_view text) {
  const auto bad = [](std::string why) { return fail(sql_error(Code::kInvalidArgument, 1105, std::move(why))); };
  auto hex = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string result;
  if (text.size() > 2 && text[0] == '\\' && (text[1] == 'x' || text[1] == 'X')) {
    // All that follows are hex digits: \x01, \x0102.
    const std::string_view digits = text.substr(2);
    if (digits.size() % 2 != 0) return bad("an even number of hexadecimal digits must follow \\x");
    for (size_t i = 0; i < digits.size(); i += 2) {
      if (hex(digits[i]) < 0 || hex(digits[i + 1]) < 0) return bad("hexadecimal digits must follow \\x");
      result += static_cast<char>(hex(digits[i]) * 16 + hex(digits[i + 1]));
    }
    return result;
  }
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      result += text[i];
      continue;
    }
    switch (text[++i]) {
      case 't':
        result += '\t';
        break;
      case 'n':
        result += '\n';
        break;
      case 'r':
        result += '\r';
        break;
      case '0':
        result += '\0';
        break;
      case '\\':
        result += '\\';
        break;
      default:
        result += '\\';
        result += text[i];
    }
  }
  return result;
}

std::unique_ptr<duckdb::ParsedExpression> all_rows() {
  return std::make_unique<duckdb::ConstantExpression>(duckdb::Value::BOOLEAN(true));
}

}  // namespace sluice::session
