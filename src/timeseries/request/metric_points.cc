// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/metric_points.h"

#include <bit>
#include <charconv>
#include <cstring>

namespace sluice::timeseries {
namespace {

// A plain point is shorter, but for strings and white space, which look at the end themselves.
constexpr ptrdiff_t kMargin = 96;
// Powers of ten that are doubles.
constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                              1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr uint64_t kExactMantissa = uint64_t{1} << 53;
constexpr int kMaxDigits = 18;  // always fit an int64

bool digit(char c) { return c >= '0' && c <= '9'; }
bool white(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// Eight digits at once, or false.
bool eight_digits(const char* at, uint64_t& value) {
  uint64_t bytes;
  std::memcpy(&bytes, at, sizeof bytes);
  if (((bytes & 0xF0F0F0F0F0F0F0F0) | (((bytes + 0x0606060606060606) & 0xF0F0F0F0F0F0F0F0) >> 4)) != 0x3333333333333333)
    return false;
  bytes -= 0x3030303030303030;
  bytes = bytes * 10 + (bytes >> 8);
  bytes =
      ((bytes & 0x000000FF000000FF) * 0x000F424000000064 + ((bytes >> 16 & 0x000000FF000000FF) * 0x0000271000000001)) >>
      32;
  value = value * 100'000'000 + bytes;
  return true;
}

// Appends the digits at `at` to value; at most two groups of eight and a few more are taken.
const char* digits(const char* at, uint64_t& value) {
  const char* const begin = at;
  if (eight_digits(at, value)) {
    at += 8;
    if (eight_digits(at, value)) at += 8;
  }
  while (digit(*at) && at - begin < 2 * kMaxDigits) value = value * 10 + static_cast<uint64_t>(*at++ - '0');
  return at;
}

// A whole number as JSON writes it, up to kMaxDigits digits and not "-0"; nullptr: it is none.
const char* whole(const char* at, int64_t& value) {
  const bool negative = *at == '-';
  at += negative;
  const char* const begin = at;
  uint64_t number = 0;
  at = digits(at, number);
  const auto length = at - begin;
  if (length == 0 || length > kMaxDigits || (*begin == '0' && (length > 1 || negative))) return nullptr;
  value = negative ? -static_cast<int64_t>(number) : static_cast<int64_t>(number);
  return at;
}

// A number with a point, at whose first character `at` is; nullptr: none that this reader takes.
const char* fraction(const char* at, double& value) {
  const char* const begin = at;
  const bool negative = *at == '-';
  at += negative;
  const char* const first = at;
  uint64_t mantissa = 0;
  at = digits(at, mantissa);
  const auto before = at - first;
  if (before == 0 || before > kMaxDigits || (*first == '0' && before > 1) || *at != '.') return nullptr;
  const char* const point = at++;
  at = digits(at, mantissa);
  const auto after = at - point - 1;
  if (after == 0 || digit(*at)) return nullptr;
  const bool exponent = *at == 'e' || *at == 'E';
  if (!exponent && before + after <= kMaxDigits && mantissa <= kExactMantissa) {
    // Both are doubles, so one division is exact to half a unit.
    value = static_cast<double>(mantissa) / kPowers[after];
    if (negative) value = -value;
    return at;
  }
  if (exponent) {
    ++at;
    at += *at == '-' || *at == '+';
    const char* const exponent_begin = at;
    while (digit(*at) && at - exponent_begin < 4) ++at;
    if (at == exponent_begin || digit(*at)) return nullptr;
  }
  const auto [end, error] = std::from_chars(begin, at, value);
  return error == std::errc() && end == at ? at : nullptr;
}

}  // namespace

void MetricPoints::clear() {
  times_.clear();
  values_.clear();
  kinds_.clear();
  seen_ = 0;
}

void MetricPoints::read_plain(JsonReader& reader, std::string_view text, size_t origin) {
  if (!reader.between_values()) return;
  const char* const base = text.data();
  const char* const end = base + text.size();
  const char* at = base + reader.position();
  const char* done = at;
  const auto skip = [end](const char* p) {
    while (end - p > kMargin && white(*p)) ++p;
    return p;
  };
  bool first = reader.at_first();
  uint32_t count = 0;
  while (end - at > kMargin) {
    at = skip(at);
    if (!first) {
      if (*at != ',') break;
      at = skip(at + 1);
    }
    if (*at != '[') break;
    at = skip(at + 1);
    int64_t time = 0;
    at = end - at > kMargin ? whole(at, time) : nullptr;
    if (!at) break;
    at = skip(at);
    if (*at != ',') break;
    at = skip(at + 1);
    if (end - at <= kMargin) break;
    Kind kind = Kind::kLong;
    uint64_t value = 0;
    int64_t number = 0;
    if (*at == '"') {
      const char* const begin = ++at;
      while (at < end && *at != '"' && *at != '\\') ++at;
      const auto length = static_cast<uint64_t>(at - begin);
      if (end - at <= kMargin || *at != '"' || length > kMaxTextBytes) break;
      ++at;
      kind = Kind::kText;
      value = (static_cast<uint64_t>(begin - base) - origin) << 24 | length;
    } else if (const char* after = whole(at, number); after && (*after == ']' || white(*after))) {
      value = static_cast<uint64_t>(number);
      at = after;
    } else {
      double real = 0;
      at = fraction(at, real);
      if (!at) break;
      kind = Kind::kDouble;
      value = std::bit_cast<uint64_t>(real);
    }
    at = skip(at);
    if (*at != ']') break;
    done = ++at;
    first = false;
    ++count;
    add(kind, time, value);
  }
  reader.advance_to(static_cast<size_t>(done - base), count);
}

bool MetricPoints::read_any(JsonReader& reader, size_t origin) {
  const JsonToken token = reader.peek();
  if (token == JsonToken::kFault) return false;
  size_t begin = reader.position();
  if (token == JsonToken::kNull) {
    if (!reader.next_null()) return false;
    add(Kind::kOther, 0, 0);  // no text: a null
    return true;
  }
  if (!reader.begin_array()) return false;
  --begin;
  JsonValue ignored;
  while (reader.has_next())
    if (!read_value(reader, ignored)) return false;
  if (!reader.end_array()) return false;
  const size_t length = reader.position() - begin;
  if (length > kMaxTextBytes) return reader.refuse("A data point has more than 16 MiB");
  add(Kind::kOther, 0, (begin - origin) << 24 | length);
  return true;
}

bool MetricPoints::enough_for(std::string_view type) const {
  if (type == "long") return !has(Kind::kDouble);
  if (type == "string") return !has(Kind::kDouble) && !has(Kind::kLong);
  return true;
}

}  // namespace sluice::timeseries
