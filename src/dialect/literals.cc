// SPDX-License-Identifier: Apache-2.0
#include "dialect/literals.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/sql_text.h"
#include "duckdb/common/types/hugeint.hpp"
#include "duckdb/common/types/uhugeint.hpp"
#include "functions/decimal256.h"

namespace sluice::dialect {
namespace {

using duckdb::Value;

constexpr size_t kMaxDecimalDigits = 38;
constexpr size_t kInt64Digits = 18;  // digits that always fit

std::optional<Value> double_value(std::string_view digits, bool negative) {
  double value = 0;
  auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (problem != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return Value::DOUBLE(negative ? -value : value);
}

template <typename T>
bool fits(int64_t value) {
  return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

std::optional<Value> integer_value(std::string_view digits, bool negative) {
  int64_t value = 0;
  auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (problem == std::errc()) {
    if (negative) value = -value;
    // The smallest type that holds it, as in Doris.
    if (fits<int8_t>(value)) return Value::TINYINT(static_cast<int8_t>(value));
    if (fits<int16_t>(value)) return Value::SMALLINT(static_cast<int16_t>(value));
    if (fits<int32_t>(value)) return Value::INTEGER(static_cast<int32_t>(value));
    return Value::BIGINT(value);
  }
  std::string text = negative ? "-" + std::string(digits) : std::string(digits);
  if (digits.size() <= 20) {
    if (text == "-9223372036854775808") return Value::BIGINT(std::numeric_limits<int64_t>::min());
  }
  Value wide(text);
  for (const auto& type : {duckdb::LogicalType::HUGEINT, duckdb::LogicalType::UHUGEINT}) {
    Value result;
    std::string error;
    if (wide.DefaultTryCastAs(type, result, &error, true)) return result;
  }
  if (auto decimal = functions::decimal256_literal(text)) return decimal;
  return double_value(digits, negative);
}

std::optional<Value> decimal_value(std::string_view text, bool negative) {
  size_t digits = text.size() - 1;
  size_t point = text.find('.');
  auto scale = static_cast<uint8_t>(std::min(digits - point, kMaxDecimalDigits));
  if (point == 0) ++digits;  // .5 is 0.5
  if (digits > kMaxDecimalDigits) {
    auto wide = functions::decimal256_literal(negative ? "-" + std::string(text) : std::string(text));
    return wide ? wide : double_value(text, negative);
  }
  auto width = static_cast<uint8_t>(digits);
  if (digits <= kInt64Digits) {
    int64_t value = 0;
    for (char c : text) {
      if (c != '.') value = value * 10 + (c - '0');
    }
    return Value::DECIMAL(negative ? -value : value, width, scale);
  }
  Value result;
  std::string error;
  Value written(negative ? "-" + std::string(text) : std::string(text));
  if (written.DefaultTryCastAs(duckdb::LogicalType::DECIMAL(width, scale), result, &error, true)) return result;
  return double_value(text, negative);
}

std::optional<Value> number_value(std::string_view text, TokenKind kind, bool negative) {
  switch (kind) {
    case TokenKind::kInteger:
      return integer_value(text, negative);
    case TokenKind::kDecimal:
      return decimal_value(text, negative);
    default:
      return double_value(text, negative);
  }
}

std::string_view digits_of(std::string_view token_text) {
  if (token_text.back() == '\'') return token_text.substr(2, token_text.size() - 3);
  return token_text.substr(2);
}

unsigned hex_digit(char c) {
  if (c <= '9') return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>((c | 0x20) - 'a' + 10);
}

}  // namespace

std::string string_value(std::string_view token_text, const Token& token) {
  size_t open = 0;
  while (token_text[open] != '\'' && token_text[open] != '"' && token_text[open] != '`') ++open;
  char quote = token_text[open];
  std::string_view body = token_text.substr(open + 1, token_text.size() - open - 2);
  if (!(token.flags & Token::kEscaped)) return std::string(body);
  bool backslashes = !(token.flags & Token::kRaw);
  std::string value;
  value.reserve(body.size());
  for (size_t i = 0; i < body.size(); ++i) {
    char c = body[i];
    if (c == quote) {
      ++i;  // doubled
    } else if (c == '\\' && backslashes && i + 1 < body.size()) {
      c = body[++i];
      if (c == '%' || c == '_') {
        value += '\\';
      } else {
        c = unescaped(c);
      }
    }
    value += c;
  }
  return value;
}

std::string identifier_value(std::string_view token_text, const Token& token) {
  if (token.kind != TokenKind::kQuotedIdentifier) return std::string(token_text);
  std::string_view body = token_text.substr(1, token_text.size() - 2);
  std::string value(body);
  if (token.flags & Token::kEscaped) {
    value.clear();
    for (size_t i = 0; i < body.size(); ++i) {
      value += body[i];
      if (body[i] == token_text[0]) ++i;
    }
  }
  return value;
}

std::string binary_value(std::string_view token_text, const Token& token) {
  std::string_view digits = digits_of(token_text);
  std::string bytes;
  if (token.kind == TokenKind::kHex) {
    unsigned byte = 0;
    bool high_is_there = digits.size() % 2 != 0;  // an odd number of digits: the first stands for 0d
    for (char c : digits) {
      byte = byte << 4 | hex_digit(c);
      if (high_is_there) {
        bytes += static_cast<char>(byte);
        byte = 0;
      }
      high_is_there = !high_is_there;
    }
    return bytes;
  }
  size_t bits = digits.size() % 8 == 0 ? 0 : 8 - digits.size() % 8;  // bits of the first byte that are not written
  unsigned byte = 0;
  for (char c : digits) {
    byte = byte << 1 | static_cast<unsigned>(c - '0');
    if (++bits == 8) {
      bytes += static_cast<char>(byte);
      byte = 0;
      bits = 0;
    }
  }
  return bytes;
}

std::optional<Value> literal_value(std::string_view token_text, const Token& token) {
  switch (token.kind) {
    case TokenKind::kString:
      return Value(string_value(token_text, token));
    case TokenKind::kHex: {
      std::string bytes = binary_value(token_text, token);
      return Value::BLOB(reinterpret_cast<duckdb::const_data_ptr_t>(bytes.data()), bytes.size());
    }
    case TokenKind::kBit: {
      std::string_view digits = digits_of(token_text);
      if (digits.size() > 63) {
        std::string bytes = binary_value(token_text, token);
        return Value::BLOB(reinterpret_cast<duckdb::const_data_ptr_t>(bytes.data()), bytes.size());
      }
      int64_t value = 0;
      for (char c : digits) value = value << 1 | (c - '0');
      return Value::BIGINT(value);
    }
    default:
      return number_value(token_text, token.kind, false);
  }
}

std::optional<Value> negative_literal_value(std::string_view token_text, const Token& token) {
  return number_value(token_text, token.kind, true);
}

}  // namespace sluice::dialect
