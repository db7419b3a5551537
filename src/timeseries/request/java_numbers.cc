// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/java_numbers.h"

#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <string>

namespace sluice::timeseries {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

tl::unexpected<Fault> bad_input(std::string_view text) {
  return raise(FaultClass::kNumberFormat, "For input string: \"" + std::string(text) + "\"");
}

template <typename T>
Java<T> parse_whole(std::string_view text) {
  std::string_view digits = text;
  if (!digits.empty() && digits[0] == '+') digits.remove_prefix(1);
  T value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  // "+-5" is no number, though "-5" is.
  const bool two_signs = digits.size() != text.size() && !digits.empty() && digits[0] == '-';
  if (error != std::errc() || end != digits.data() + digits.size() || two_signs) return bad_input(text);
  return value;
}

// Exponents beyond this make zero or infinity whatever the digits, of which there are at most this many too.
constexpr int64_t kHugeExponent = 1'000'000'000;

// Reads a hexadecimal number ("0x" is gone): digits, a point, 'p' and an exponent, which Java wants.
bool parse_hex(std::string_view text, double& value) {
  const size_t p = text.find_first_of("pP");
  if (p == std::string_view::npos) return false;
  const std::string_view digits = text.substr(0, p);
  std::string_view exponent = text.substr(p + 1);
  bool any = false;
  bool point = false;
  for (const char c : digits) {
    if (c == '.') {
      if (point) return false;
      point = true;
    } else if (std::isxdigit(static_cast<unsigned char>(c))) {
      any = true;
    } else {
      return false;
    }
  }
  if (!any) return false;
  if (!exponent.empty() && exponent[0] == '+') exponent.remove_prefix(1);
  if (exponent.empty()) return false;
  for (const char c : exponent.substr(exponent[0] == '-' ? 1 : 0))
    if (!digit(c)) return false;
  if (exponent == "-") return false;
  const std::string plain = std::string(digits) + "p" + std::string(exponent);
  const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), value, std::chars_format::hex);
  if (error == std::errc::result_out_of_range)
    value = exponent[0] == '-' ? 0 : std::numeric_limits<double>::infinity();
  else if (error != std::errc())
    return false;
  return end == plain.data() + plain.size();
}

// Splits a decimal text (sign, digits, point, exponent) for BigDecimal.
struct Decimal {
  bool negative = false;
  std::string digits;  // without leading zeros
  int64_t scale = 0;   // value = digits * 10^-scale
};

// Nullptr, or what BigDecimal says. The text is a number of JSON's grammar.
const char* split(std::string_view text, Decimal& out) {
  size_t i = 0;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) out.negative = text[i++] == '-';
  bool point = false;
  for (; i < text.size() && (digit(text[i]) || text[i] == '.'); ++i) {
    if (text[i] == '.') {
      point = true;
      continue;
    }
    if (point) ++out.scale;
    if (text[i] != '0' || !out.digits.empty()) out.digits += text[i];
  }
  if (i == text.size()) return nullptr;
  std::string_view exponent = text.substr(i + 1);
  const bool small = !exponent.empty() && exponent[0] == '-';
  if (small || (!exponent.empty() && exponent[0] == '+')) exponent.remove_prefix(1);
  exponent.remove_prefix(std::min(exponent.find_first_not_of('0'), exponent.size()));
  if (exponent.size() > 10) return "Too many nonzero exponent digits.";
  int64_t value = 0;
  if (!exponent.empty()) std::from_chars(exponent.data(), exponent.data() + exponent.size(), value);
  if (small) value = -value;
  if (value != static_cast<int32_t>(value)) return "Exponent overflow.";
  out.scale -= value;
  if (out.scale != static_cast<int32_t>(out.scale)) return "Scale out of range.";
  return nullptr;
}

// The low 64 bits of the whole part.
uint64_t low_bits(const Decimal& decimal) {
  const auto size = static_cast<int64_t>(decimal.digits.size());
  if (decimal.scale >= size || decimal.scale <= -64) return 0;  // a fraction only; a multiple of 2^64
  const int64_t whole = std::min(size, size - decimal.scale);
  uint64_t value = 0;
  for (int64_t i = 0; i < whole; ++i)
    value = value * 10 + static_cast<uint64_t>(decimal.digits[static_cast<size_t>(i)] - '0');
  for (int64_t i = decimal.scale; i < 0; ++i) value *= 10;
  return decimal.negative ? 0 - value : value;
}

}  // namespace

Java<int64_t> parse_long(std::string_view text) { return parse_whole<int64_t>(text); }
Java<int32_t> parse_int(std::string_view text) { return parse_whole<int32_t>(text); }

Java<double> parse_double(std::string_view text) {
  std::string_view rest = text;
  while (!rest.empty() && static_cast<unsigned char>(rest.front()) <= ' ') rest.remove_prefix(1);
  while (!rest.empty() && static_cast<unsigned char>(rest.back()) <= ' ') rest.remove_suffix(1);
  if (rest.empty()) return raise(FaultClass::kNumberFormat, "empty String");
  const std::string_view trimmed = rest;  // Java trims before it complains
  bool negative = false;
  if (rest[0] == '-' || rest[0] == '+') {
    negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  double value = 0;
  if (rest == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (rest == "Infinity") {
    value = std::numeric_limits<double>::infinity();
    return negative ? -value : value;
  }
  // A second point after digits has a message of its own, unless something else is wrong before it.
  const size_t first_other = rest.find_first_not_of("0123456789.");
  const std::string_view front = rest.substr(0, first_other);
  if (front.find('.') != front.rfind('.')) return raise(FaultClass::kNumberFormat, "multiple points");
  if (rest.size() > 1 && rest[0] == '0' && (rest[1] == 'x' || rest[1] == 'X')) {
    std::string_view hex = rest.substr(2);
    const size_t p = hex.find_first_of("pP");
    const char suffix = hex.empty() ? ' ' : hex.back();
    if (p != std::string_view::npos && (suffix == 'f' || suffix == 'F' || suffix == 'd' || suffix == 'D'))
      hex.remove_suffix(1);
    if (!parse_hex(hex, value)) return bad_input(trimmed);
    return negative ? -value : value;
  }
  if (rest.empty()) return bad_input(trimmed);
  const char suffix = rest.back();
  if (suffix == 'f' || suffix == 'F' || suffix == 'd' || suffix == 'D') rest.remove_suffix(1);
  if (rest.empty() || !(digit(rest[0]) || rest[0] == '.')) return bad_input(trimmed);
  std::string_view checked = rest;
  const size_t e = checked.find_first_of("eE");
  const std::string_view mantissa = checked.substr(0, e);
  if (mantissa.find_first_of("0123456789") == std::string_view::npos) return bad_input(trimmed);
  if (mantissa.find_first_not_of("0123456789.") != std::string_view::npos) return bad_input(trimmed);
  if (e != std::string_view::npos) {
    std::string_view exponent = checked.substr(e + 1);
    if (!exponent.empty() && (exponent[0] == '-' || exponent[0] == '+')) exponent.remove_prefix(1);
    if (exponent.empty() || exponent.find_first_not_of("0123456789") != std::string_view::npos)
      return bad_input(trimmed);
  }
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error == std::errc::result_out_of_range) {
    // Too large or too small: the power of ten of the first digit that is not 0 decides.
    int64_t power = -1;
    const size_t point = std::min(mantissa.find('.'), mantissa.size());
    const size_t first = mantissa.find_first_not_of("0.");
    if (first != std::string_view::npos)
      power = first < point ? static_cast<int64_t>(point - first) : -static_cast<int64_t>(first - point);
    int64_t exponent = 0;
    if (e != std::string_view::npos) {
      std::string_view tail = rest.substr(e + 1);
      if (tail[0] == '+') tail.remove_prefix(1);
      if (std::from_chars(tail.data(), tail.data() + tail.size(), exponent).ec != std::errc())
        exponent = tail[0] == '-' ? -kHugeExponent : kHugeExponent;
    }
    value = power + exponent > 0 ? std::numeric_limits<double>::infinity() : 0;
  }
  return negative ? -value : value;
}

bool parse_plain_double(std::string_view text, double& value) {
  constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty() || text[0] == '.') return false;
  uint64_t mantissa = 0;
  size_t point = text.size();
  for (size_t i = 0; i < text.size(); ++i) {
    if (digit(text[i]))
      mantissa = mantissa * 10 + static_cast<uint64_t>(text[i] - '0');  // wraps where it is not used
    else if (text[i] == '.' && point == text.size())
      point = i;
    else
      return false;
  }
  if (text.size() <= std::size(kPowers) && mantissa <= uint64_t{1} << 53) {
    // Mantissa and power are doubles, so one division is exact to half a unit.
    value = static_cast<double>(mantissa) / kPowers[text.size() - point - (point < text.size())];
  } else if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc()) {
    return false;
  }
  if (negative) value = -value;
  return true;
}

int64_t to_long(double value) {
  if (std::isnan(value)) return 0;
  if (value >= 9223372036854775808.0) return std::numeric_limits<int64_t>::max();
  if (value <= -9223372036854775808.0) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(value);
}

int32_t to_int(double value) {
  if (std::isnan(value)) return 0;
  if (value >= 2147483647.0) return std::numeric_limits<int32_t>::max();
  if (value <= -2147483648.0) return std::numeric_limits<int32_t>::min();
  return static_cast<int32_t>(value);
}

Java<int64_t> number_as_long(std::string_view text) {
  if (const auto value = parse_long(text)) return value;
  Decimal decimal;
  if (const char* wrong = split(text, decimal)) return raise(FaultClass::kNumberFormat, wrong);
  return static_cast<int64_t>(low_bits(decimal));
}

Java<int32_t> number_as_int(std::string_view text) { return static_cast<int32_t>(TRY(number_as_long(text))); }

bool looks_like_number(std::string_view text) {
  if (text.empty()) return false;
  const bool skip = text[0] == '+' || text[0] == '-' || text[0] == '.';
  if (skip && text.size() == 1) return false;
  int points = 0;
  for (size_t i = skip ? 1 : 0; i < text.size(); ++i) {
    if (points > 1) return false;
    if (text[i] == '.')
      ++points;
    else if (!digit(text[i]))
      return false;
  }
  return text.back() != '.';
}

Java<int64_t> parse_strict_long(std::string_view text) {
  if (text.empty()) return raise(FaultClass::kOther, "String index out of range: 0");
  const size_t first = text[0] == '-' ? 1 : 0;
  if (text.size() == first) return raise(FaultClass::kNumberFormat, "Missing digits:  " + std::string(text));
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range)
    return raise(FaultClass::kNumberFormat, "Over/underflow:  " + std::string(text));
  if (error != std::errc() || end != text.data() + text.size())
    return raise(FaultClass::kNumberFormat, "Malformed:  " + std::string(text));
  return value;
}

}  // namespace sluice::timeseries
