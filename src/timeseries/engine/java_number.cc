// SPDX-License-Identifier: Apache-2.0
#include "timeseries/engine/java_number.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "timeseries/engine/java_digits.h"

namespace sluice::timeseries {
namespace {

constexpr char kPairs[] =
    "000102030405060708091011121314151617181920212223242526272829303132333435363738394041424344454647484950515253545556"
    "57"
    "5859606162636465666768697071727374757677787980818283848586878889909192939495969798"
    "99";

char* write_short(char* out, uint32_t value) {
  char text[10];
  char* at = text + sizeof text;
  while (value >= 100) {
    at -= 2;
    std::memcpy(at, kPairs + value % 100 * 2, 2);
    value /= 100;
  }
  if (value >= 10) {
    at -= 2;
    std::memcpy(at, kPairs + value * 2, 2);
  } else {
    *--at = static_cast<char>('0' + value);
  }
  const size_t length = static_cast<size_t>(text + sizeof text - at);
  std::memcpy(out, at, length);
  return out + length;
}

char* write_unsigned(char* out, uint64_t value) {
  constexpr uint64_t kEight = 100'000'000;
  if (value < kEight) return write_short(out, static_cast<uint32_t>(value));
  const uint64_t high = value / kEight;
  const auto low = static_cast<uint32_t>(value % kEight);
  if (high < kEight) return write_eight_digits(write_short(out, static_cast<uint32_t>(high)), low);
  out = write_short(out, static_cast<uint32_t>(high / kEight));
  return write_eight_digits(write_eight_digits(out, static_cast<uint32_t>(high % kEight)), low);
}

bool is_power_of_two(double value) { return (std::bit_cast<uint64_t>(value) & 0xF'FFFF'FFFF'FFFF) == 0; }

// The digits of a finite value above 0, with the fewest digits wherever Java has no others.
Digits find_digits(double value) {
  if (value >= 0x1p53 || value < 1e-290 || (value < 1 && is_power_of_two(value))) return java_digits(value);
  Digits digits;
  if (const auto whole = static_cast<uint64_t>(value); static_cast<double>(whole) == value) {
    digits.count = static_cast<int>(write_unsigned(digits.text, whole) - digits.text);
    digits.exponent = digits.count;
  } else {
    // "d.dddE+xx"
    char text[kNumberChars];
    const char* end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
    const char* mark = std::find(static_cast<const char*>(text), end, 'e');
    digits.text[0] = text[0];
    digits.count = 1;
    if (text[1] == '.') {
      std::memcpy(digits.text + 1, text + 2, static_cast<size_t>(mark - text - 2));
      digits.count = static_cast<int>(mark - text - 1);
    }
    int exponent = 0;
    std::from_chars(mark + 2, end, exponent);
    digits.exponent = (mark[1] == '-' ? -exponent : exponent) + 1;
  }
  while (digits.count > 1 && digits.text[digits.count - 1] == '0') --digits.count;
  return digits;
}

// Digits as Java places them; `point_zero`: ".0" stays after whole numbers.
char* place(char* out, const Digits& digits, bool point_zero) {
  const int exponent = digits.exponent;
  const auto copy = [&](int from, int to) {
    std::memcpy(out, digits.text + from, static_cast<size_t>(to - from));
    out += to - from;
  };
  if (exponent > 0 && exponent < 8) {
    const int whole = std::min(digits.count, exponent);
    copy(0, whole);
    for (int i = whole; i < exponent; ++i) *out++ = '0';
    if (digits.count > exponent) {
      *out++ = '.';
      copy(exponent, digits.count);
    } else if (point_zero) {
      *out++ = '.';
      *out++ = '0';
    }
    return out;
  }
  if (exponent <= 0 && exponent > -3) {
    *out++ = '0';
    *out++ = '.';
    for (int i = exponent; i < 0; ++i) *out++ = '0';
    copy(0, digits.count);
    return out;
  }
  copy(0, 1);
  *out++ = '.';
  if (digits.count > 1)
    copy(1, digits.count);
  else
    *out++ = '0';
  *out++ = 'E';
  return write_long(out, exponent - 1);
}

}  // namespace

char* write_eight_digits(char* out, uint32_t value) {
  const uint32_t high = value / 10'000;
  const uint32_t low = value % 10'000;
  std::memcpy(out, kPairs + high / 100 * 2, 2);
  std::memcpy(out + 2, kPairs + high % 100 * 2, 2);
  std::memcpy(out + 4, kPairs + low / 100 * 2, 2);
  std::memcpy(out + 6, kPairs + low % 100 * 2, 2);
  return out + 8;
}

char* write_long(char* out, int64_t value) {
  auto magnitude = static_cast<uint64_t>(value);
  if (value < 0) {
    *out++ = '-';
    magnitude = 0 - magnitude;
  }
  return write_unsigned(out, magnitude);
}

char* write_json_double(char* out, double value) {
  if (std::signbit(value)) {
    *out++ = '-';
    value = -value;
  }
  if (value < 1e7) {
    const auto whole = static_cast<uint32_t>(value);
    if (static_cast<double>(whole) == value) return write_short(out, whole);
    if (value >= 1e-3 && !is_power_of_two(value)) {
      // Most values have up to three decimals: value * 1000 is whole and, divided, gives the value again. Such a
      // decimal of at most 15 digits is the shortest there is.
      const double scaled = std::nearbyint(value * 1000);
      if (scaled / 1000 != value) return std::to_chars(out, out + kNumberChars, value, std::chars_format::fixed).ptr;
      const auto thousandths = static_cast<uint64_t>(scaled);
      out = write_short(out, static_cast<uint32_t>(thousandths / 1000));
      const auto rest = static_cast<uint32_t>(thousandths % 1000);
      *out++ = '.';
      *out++ = static_cast<char>('0' + rest / 100);
      std::memcpy(out, kPairs + rest % 100 * 2, 2);
      if (out[1] != '0') return out + 2;
      return out[0] != '0' ? out + 1 : out;
    }
  }
  return place(out, find_digits(value), false);
}

std::string java_double(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  std::string sign = std::signbit(value) ? "-" : "";
  if (value == 0) return sign + "0.0";
  char text[kNumberChars];
  return sign.append(text, place(text, find_digits(std::fabs(value)), true));
}

}  // namespace sluice::timeseries
