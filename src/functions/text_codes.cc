// SPDX-License-Identifier: Apache-2.0
// Text as codes and numbers in other bases: HEX, CONV, BIN, TO_BASE64, URL_ENCODE, CHAR, UUID. Text may hold bytes that
// are no UTF-8.
#include <openssl/rand.h>

#include <iconv.h>

#include "duckdb/common/types/uuid.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/characters.h"
#include "functions/conversion.h"
#include "functions/decimals.h"
#include "functions/families.h"
#include "functions/overload.h"
#include "functions/rows.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

constexpr char kHexDigits[] = "0123456789ABCDEF";

std::string in_base(uint64_t number, unsigned base) {
  std::string backwards;
  do {
    const auto digit = static_cast<int>(number % base);
    backwards += static_cast<char>(digit < 10 ? '0' + digit : 'A' + digit - 10);
    number /= base;
  } while (number > 0);
  return {backwards.rbegin(), backwards.rend()};
}

std::string hex_number(int64_t number) { return in_base(static_cast<uint64_t>(number), 16); }
std::string hex_text(std::string_view text) {
  std::string result;
  result.reserve(text.size() * 2);
  for (char c : text) {
    result += kHexDigits[static_cast<unsigned char>(c) >> 4];
    result += kHexDigits[static_cast<unsigned char>(c) & 15];
  }
  return result;
}
int hex_value(char c) {
  if (is_decimal_digit(c)) return c - '0';
  const char letter = upper_letter(c);
  return letter >= 'A' && letter <= 'F' ? letter - 'A' + 10 : -1;
}
// '' for text that is no bytes in base 16.
std::string unhex(std::string_view text) {
  std::string result;
  if (text.size() % 2 != 0) return result;
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return {};
    result += static_cast<char>(high * 16 + low);
  }
  return result;
}
BoundPtr expand_hex(Call& call) {
  const bool number = is_number(call.arguments[0]->return_type);
  const LogicalType type = number ? LogicalType::BIGINT : LogicalType::VARCHAR;
  BoundList children;
  children.push_back(convert(call.context, std::move(call.arguments[0]), type));
  return bind_private(call.context, "hex", {type}, LogicalType::VARCHAR,
                      number ? run_rows<hex_number> : run_rows<hex_text>, std::move(children));
}

std::string bin(int64_t number) { return in_base(static_cast<uint64_t>(number), 2); }
std::string oct(int64_t number) { return in_base(static_cast<uint64_t>(number), 8); }

// The number that begins the text in base `from`, written in base `to`; a negative base means numbers with a sign.
std::optional<std::string> conv(std::string_view text, int64_t from, int64_t to) {
  const auto valid = [](int64_t base) { return (base >= 2 && base <= 36) || (base <= -2 && base >= -36); };
  if (!valid(from) || !valid(to)) return std::nullopt;
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  const auto base = static_cast<uint64_t>(std::abs(from));
  uint64_t number = 0;
  bool overflow = false;
  for (char c : text) {
    uint64_t digit = 99;
    if (is_decimal_digit(c))
      digit = static_cast<uint64_t>(c - '0');
    else if (is_letter(c))
      digit = static_cast<uint64_t>(upper_letter(c) - 'A') + 10;
    if (digit >= base) break;
    overflow |= __builtin_mul_overflow(number, base, &number) || __builtin_add_overflow(number, digit, &number);
  }
  if (overflow) {
    number = std::numeric_limits<uint64_t>::max();
    negative = false;
  }
  if (negative) number = -number;
  if (to > 0) return in_base(number, static_cast<unsigned>(to));
  const auto with_sign = static_cast<int64_t>(number);
  if (with_sign >= 0) return in_base(number, static_cast<unsigned>(-to));
  return "-" + in_base(-number, static_cast<unsigned>(-to));
}

// ---- characters by their codes

int32_t ascii(std::string_view text) { return text.empty() ? 0 : static_cast<unsigned char>(text[0]); }
// All bytes of the first character.
int64_t ord(std::string_view text) {
  int64_t code = 0;
  for (size_t i = 0; !text.empty() && i < character_size(text, 0); ++i)
    code = code * 256 + static_cast<unsigned char>(text[i]);
  return code;
}
// The bytes of each number; NULLs are left out.
std::string char_of(std::span<const std::optional<int64_t>> codes) {
  std::string result;
  for (const auto& code : codes) {
    if (!code) continue;
    const auto number = static_cast<uint32_t>(*code);
    for (unsigned shift = 24; shift > 0; shift -= 8) {
      if (number >> shift) result += static_cast<char>((number >> shift) & 0xFF);
    }
    result += static_cast<char>(number & 0xFF);
  }
  return result;
}

// ---- base 64 and URLs

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string to_base64(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); i += 3) {
    const size_t count = std::min<size_t>(3, text.size() - i);
    uint32_t bits = 0;
    for (size_t j = 0; j < 3; ++j) bits = bits << 8 | (j < count ? static_cast<unsigned char>(text[i + j]) : 0u);
    for (size_t j = 0; j < 4; ++j) result += j <= count ? kBase64[(bits >> (18 - 6 * j)) & 63] : '=';
  }
  return result;
}
std::optional<std::string> from_base64(std::string_view text) {
  std::string result;
  if (text.size() % 4 != 0) return std::nullopt;
  size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  uint32_t bits = 0;
  size_t count = 0;
  for (char c : text.substr(0, text.size() - padding)) {
    const size_t value = kBase64.find(c);
    if (value == kBase64.npos) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(value);
    if (++count % 4 != 0) continue;
    for (unsigned shift : {16u, 8u, 0u}) result += static_cast<char>((bits >> shift) & 0xFF);
    bits = 0;
  }
  if (padding == 1) {
    result += static_cast<char>((bits >> 10) & 0xFF);
    result += static_cast<char>((bits >> 2) & 0xFF);
  } else if (padding == 2) {
    result += static_cast<char>((bits >> 4) & 0xFF);
  }
  return result;
}

std::string url_encode(std::string_view text) {
  std::string result;
  for (char c : text) {
    if (is_letter(c) || is_decimal_digit(c) || c == '-' || c == '_' || c == '.' || c == '*') {
      result += c;
    } else if (c == ' ') {
      result += '+';
    } else {
      result += '%';
      result += kHexDigits[static_cast<unsigned char>(c) >> 4];
      result += kHexDigits[static_cast<unsigned char>(c) & 15];
    }
  }
  return result;
}
std::optional<std::string> url_decode(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      result += ' ';
    } else if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      result += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

// CONVERT_TO(text, 'gbk'): bytes that order as that character set does.
std::string convert_to(std::string_view text, std::string_view charset) {
  if (!duckdb::StringUtil::CIEquals(std::string(charset), "gbk")) {
    throw duckdb::InvalidInputException("convert_to() knows the character set gbk only, not '%s'",
                                        std::string(charset));
  }
  iconv_t converter = iconv_open("GBK", "UTF-8");
  if (converter == reinterpret_cast<iconv_t>(-1))
    throw duckdb::InvalidInputException("This system has no conversion to GBK");
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const size_t size = character_size(text, at);
    char character[8] = {};
    text.copy(character, size, at);
    char bytes[8] = {};
    char* in = character;
    char* out = bytes;
    size_t in_left = size;
    size_t out_left = sizeof bytes;
    if (iconv(converter, &in, &in_left, &out, &out_left) == static_cast<size_t>(-1))
      result += text.substr(at, size);
    else
      result.append(bytes, sizeof bytes - out_left);
    at += size;
  }
  iconv_close(converter);
  return result;
}

// Before the sort key is made: ASCII as three digits each, which are less than all other characters in every language.
std::string before_han(std::string_view text) {
  std::string result;
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    if (code >= 128) {
      result += byte;
      continue;
    }
    for (int unit : {100, 10, 1}) result += static_cast<char>('0' + code / unit % 10);
  }
  return result;
}

// CONVERT(x USING gbk) in ORDER BY: ASCII by its bytes, then Chinese as pinyin, by ICU's Chinese collation.
BoundPtr expand_gbk_order(Call& call) {
  BoundPtr text = convert(call.context, std::move(call.arguments[0]), LogicalType::VARCHAR);
  BoundList arguments;
  arguments.push_back(std::move(text));
  text = bind_private(call.context, "before_han", {LogicalType::VARCHAR}, LogicalType::VARCHAR, run_rows<before_han>,
                      std::move(arguments));
  arguments.clear();
  arguments.push_back(std::move(text));
  arguments.push_back(duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value("zh_cn")));
  return bind_native(call.context, "icu_sort_key", std::move(arguments));
}
BoundPtr expand_gbk_text(Call& call) { return std::move(call.arguments[0]); }

// ---- random

std::string uuid(duckdb::ClientContext&) {
  unsigned char bytes[16];
  RAND_bytes(bytes, sizeof bytes);
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
  std::string text = duckdb::StringUtil::Lower(hex_text({reinterpret_cast<char*>(bytes), sizeof bytes}));
  for (size_t at : {8, 13, 18, 23}) text.insert(at, 1, '-');
  return text;
}
duckdb::hugeint_t uuid_numeric(duckdb::ClientContext&) {
  duckdb::hugeint_t number;
  RAND_bytes(reinterpret_cast<unsigned char*>(&number.lower), sizeof number.lower);
  RAND_bytes(reinterpret_cast<unsigned char*>(&number.upper), sizeof number.upper);
  return number;
}
std::string int_to_uuid(duckdb::hugeint_t number) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(static_cast<uint64_t>(number.upper) >> shift);
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(number.lower >> shift);
  std::string text = duckdb::StringUtil::Lower(hex_text(bytes));
  for (size_t at : {8, 13, 18, 23}) text.insert(at, 1, '-');
  return text;
}
std::optional<duckdb::hugeint_t> uuid_to_int(std::string_view text) {
  std::string digits;
  for (char c : text) {
    if (c != '-') digits += c;
  }
  const std::string bytes = unhex(digits);
  if (bytes.size() != 16) return std::nullopt;
  duckdb::hugeint_t number;
  uint64_t upper = 0;
  number.lower = 0;
  for (size_t i = 0; i < 8; ++i) upper = upper << 8 | static_cast<unsigned char>(bytes[i]);
  for (size_t i = 8; i < 16; ++i) number.lower = number.lower << 8 | static_cast<unsigned char>(bytes[i]);
  number.upper = static_cast<int64_t>(upper);
  return number;
}
std::optional<std::string> random_bytes(int64_t count) {
  constexpr int64_t kMost = 1 << 20;
  if (count < 0 || count > kMost) throw duckdb::InvalidInputException("random_bytes() makes 0 to %d bytes", kMost);
  std::string bytes(static_cast<size_t>(count), '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count));
  return "0x" + duckdb::StringUtil::Lower(hex_text(bytes));
}

// SLEEP(seconds); KILL QUERY ends it.
bool sleep_seconds(duckdb::ClientContext& context, double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(std::clamp(seconds, 0.0, 86'400.0));
  while (std::chrono::steady_clock::now() < end) {
    if (context.interrupted) throw duckdb::InterruptException();
    const auto left = end - std::chrono::steady_clock::now();
    std::this_thread::sleep_for(std::min<std::chrono::duration<double>>(left, std::chrono::milliseconds(20)));
  }
  return true;
}

}  // namespace

void add_text_codes(Registry& registry) {
  registry.add("hex", "The bytes of text, or a whole number, in base 16.")
      .expanded(1, 1, "VARCHAR hex(BIGINT|VARCHAR)", expand_hex);
  add_rows<unhex>(registry.add("unhex", "The bytes of text in base 16; '' when it is none."));
  add_rows<bin>(registry.add("bin", "The number in base 2."));
  add_rows<oct>(registry.add("oct", "The number in base 8."));
  add_rows<conv>(registry.add("conv", "A number of one base in another one."));
  add_rows<ascii>(registry.add("ascii", "The code of the first byte."));
  add_rows<ord>(registry.add("ord", "The code of the first character's bytes."));
  add_variadic_rows<char_of>(registry.add("char", "The bytes of these codes.").own_nulls());
  add_rows<to_base64>(registry.add("to_base64", "The bytes of text in base 64."));
  add_rows<from_base64>(registry.add("from_base64", "The bytes of text in base 64; NULL when it is none."));
  add_rows<url_encode>(registry.add("url_encode", "The text as a part of a URL."));
  add_rows<url_decode>(registry.add("url_decode", "The text that a part of a URL means."));
  registry.add("gbk_text", "CONVERT(x USING gbk): the text itself.")
      .expanded(1, 1, "VARCHAR gbk_text(VARCHAR)", expand_gbk_text);
  registry.add("gbk_order", "By what ORDER BY CONVERT(x USING gbk) sorts.")
      .expanded(1, 1, "VARCHAR gbk_order(VARCHAR)", expand_gbk_order);
  add_rows<convert_to>(registry.add("convert_to", "The text in the bytes of another character set."));
  add_rows<uuid>(registry.add("uuid", "A random UUID.").volatile_result());
  add_rows<uuid_numeric>(registry.add("uuid_numeric", "A random UUID as a number.").volatile_result());
  add_rows<int_to_uuid>(registry.add("int_to_uuid", "A number as a UUID."));
  add_rows<uuid_to_int>(registry.add("uuid_to_int", "A UUID as a number."));
  add_rows<random_bytes>(registry.add("random_bytes", "So many random bytes in base 16.").volatile_result());
  add_rows<sleep_seconds>(registry.add("sleep", "Waits so many seconds.").volatile_result());
}

}  // namespace sluice::functions
