// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/cassandra/value_codec.h"

#include <bit>
#include <cstring>
#include <optional>

#include "base/bytes.h"
#include "timeseries/store/codec/varint.h"

namespace sluice::timeseries::cassandra {
namespace {

uint8_t byte_at(std::string_view text, size_t i) { return static_cast<uint8_t>(text[i]); }
bool follows(std::string_view text, size_t i) { return i < text.size() && (byte_at(text, i) & 0xC0) == 0x80; }

double double_at(std::string_view bytes, size_t at) {
  uint64_t bits;
  std::memcpy(&bits, bytes.data() + at, sizeof bits);
  return std::bit_cast<double>(sluice::detail::swap_bytes(bits));
}

void append_u64_be(std::string& out, uint64_t value) {
  value = sluice::detail::swap_bytes(value);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::optional<uint64_t> varint_of(std::string_view bytes) {
  uint64_t value = 0;
  unsigned shift = 0;
  for (const char c : bytes) {
    value |= static_cast<uint64_t>(static_cast<uint8_t>(c) & 0x7F) << shift;
    if ((c & 0x80) == 0) return value;
    if ((shift += 7) > 63) break;
  }
  return std::nullopt;
}

void append_surrogate(uint32_t unit, std::string& out) {
  out += static_cast<char>(0xE0 | unit >> 12);
  out += static_cast<char>(0x80 | (unit >> 6 & 0x3F));
  out += static_cast<char>(0x80 | (unit & 0x3F));
}

// The UTF-16 unit of three bytes, or 0.
uint32_t unit_at(std::string_view text, size_t i) {
  if (i + 2 >= text.size() || byte_at(text, i) != 0xED || !follows(text, i + 1) || !follows(text, i + 2)) return 0;
  return 0xD000u | (byte_at(text, i + 1) & 0x3Fu) << 6 | (byte_at(text, i + 2) & 0x3Fu);
}

bool add_legacy(int64_t time, uint32_t column, std::string_view bytes, Points& into) {
  if ((column & 1) == 0) {
    if (bytes.size() > sizeof(uint64_t)) return false;
    uint64_t value = 0;
    for (const char c : bytes) value = value << 8 | static_cast<uint8_t>(c);
    into.add_long(time, static_cast<int64_t>(value));
    return true;
  }
  if (bytes.empty()) return false;
  if (bytes[0] == 1) {
    if (bytes.size() < 1 + sizeof(float)) return false;
    uint32_t bits;
    std::memcpy(&bits, bytes.data() + 1, sizeof bits);
    into.add_double(time, std::bit_cast<float>(sluice::detail::swap_bytes(bits)));
    return true;
  }
  if (bytes.size() < 1 + sizeof(double)) return false;
  into.add_double(time, double_at(bytes, 1));
  return true;
}

}  // namespace

void append_modified_utf8(std::string_view utf8, std::string& out) {
  for (size_t i = 0; i < utf8.size(); ++i) {
    const uint8_t c = byte_at(utf8, i);
    if (c == 0) {
      out += "\xC0\x80";
    } else if ((c & 0xF8) == 0xF0 && follows(utf8, i + 1) && follows(utf8, i + 2) && follows(utf8, i + 3)) {
      const uint32_t point = (c & 7u) << 18 | (byte_at(utf8, i + 1) & 0x3Fu) << 12 |
                             (byte_at(utf8, i + 2) & 0x3Fu) << 6 | (byte_at(utf8, i + 3) & 0x3Fu);
      i += 3;
      if (point < 0x10000 || point > 0x10FFFF) {
        out.append(utf8.substr(i - 3, 4));
        continue;
      }
      append_surrogate(0xD800 + ((point - 0x10000) >> 10), out);
      append_surrogate(0xDC00 + ((point - 0x10000) & 0x3FF), out);
    } else {
      out += static_cast<char>(c);
    }
  }
}

void append_utf8(std::string_view modified, std::string& out) {
  // Plain ASCII is both; zero does not occur.
  for (size_t i = 0; i < modified.size(); ++i) {
    const uint8_t c = byte_at(modified, i);
    if (c == 0xC0 && i + 1 < modified.size() && byte_at(modified, i + 1) == 0x80) {
      out += '\0';
      ++i;
      continue;
    }
    const uint32_t high = c == 0xED ? unit_at(modified, i) : 0;
    const uint32_t low = high >= 0xD800 && high < 0xDC00 ? unit_at(modified, i + 3) : 0;
    if (low >= 0xDC00 && low < 0xE000) {
      const uint32_t point = 0x10000 + ((high - 0xD800) << 10 | (low - 0xDC00));
      out += static_cast<char>(0xF0 | point >> 18);
      out += static_cast<char>(0x80 | (point >> 12 & 0x3F));
      out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
      out += static_cast<char>(0x80 | (point & 0x3F));
      i += 5;
      continue;
    }
    out += static_cast<char>(c);
  }
}

bool append_value(PointType type, uint64_t value, std::string_view text, std::string& out) {
  switch (type) {
    case PointType::kLong:
    case PointType::kLongNano: {
      uint64_t rest = zigzag(static_cast<int64_t>(value));
      for (; rest >= 0x80; rest >>= 7) out += static_cast<char>(rest | 0x80);
      out += static_cast<char>(rest);
      return true;
    }
    case PointType::kDouble:
      append_u64_be(out, value);
      return true;
    case PointType::kComplex: {
      if (text.size() != 2 * sizeof(uint64_t)) return false;
      uint64_t parts[2];
      std::memcpy(parts, text.data(), sizeof parts);
      append_u64_be(out, parts[0]);
      append_u64_be(out, parts[1]);
      return true;
    }
    case PointType::kString: {
      const size_t at = out.size();
      out.append(2, '\0');
      append_modified_utf8(text, out);
      const size_t bytes = out.size() - at - 2;
      if (bytes > kMaxTextValue) {
        out.resize(at);
        return false;
      }
      out[at] = static_cast<char>(bytes >> 8);
      out[at + 1] = static_cast<char>(bytes);
      return true;
    }
    case PointType::kNull:
      return true;
    default:
      return false;
  }
}

bool add_value(PointType type, int64_t time, uint32_t column, std::string_view bytes, Points& into) {
  switch (type) {
    case PointType::kDouble:
      if (bytes.size() < sizeof(double)) return false;
      into.add_double(time, double_at(bytes, 0));
      return true;
    case PointType::kLong:
    case PointType::kLongNano: {
      const auto value = varint_of(bytes);
      if (!value) return false;
      into.add_long(time, unzigzag(*value));
      return true;
    }
    case PointType::kString: {
      if (bytes.size() < 2) return false;
      const size_t length = size_t{byte_at(bytes, 0)} << 8 | byte_at(bytes, 1);
      if (length > bytes.size() - 2) return false;
      thread_local std::string text;
      text.clear();
      append_utf8(bytes.substr(2, length), text);
      into.add_text(time, text);
      return true;
    }
    case PointType::kComplex:
      if (bytes.size() < 2 * sizeof(double)) return false;
      into.add_complex(time, double_at(bytes, 0), double_at(bytes, sizeof(double)));
      return true;
    case PointType::kNull:
      into.add_null(time);
      return true;
    case PointType::kLegacy:
      return add_legacy(time, column, bytes, into);
  }
  return false;
}

}  // namespace sluice::timeseries::cassandra
