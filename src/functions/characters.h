// SPDX-License-Identifier: Apache-2.0
// Text in characters of UTF-8. Bytes that are no UTF-8 count as characters of their own. Pure functions: no thread
// rule.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::functions {

// Bytes of the character that begins at `at`.
inline size_t character_size(std::string_view text, size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  const size_t size = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF8 ? 4 : 1;
  return size <= text.size() - at ? size : 1;
}

inline bool is_ascii(std::string_view text) {
  unsigned char bits = 0;
  for (char c : text) bits |= static_cast<unsigned char>(c);
  return bits < 0x80;
}

inline int64_t character_count(std::string_view text) {
  if (is_ascii(text)) return static_cast<int64_t>(text.size());
  int64_t count = 0;
  for (size_t at = 0; at < text.size(); at += character_size(text, at)) ++count;
  return count;
}

// The byte at which the character number `index` (from 0) begins; the text's end when it has fewer.
inline size_t byte_of_character(std::string_view text, int64_t index) {
  if (index <= 0) return 0;
  size_t at = 0;
  for (; index > 0 && at < text.size(); --index) at += character_size(text, at);
  return at;
}

// `count` characters from the character number `from` (from 0).
inline std::string_view characters(std::string_view text, int64_t from, int64_t count) {
  const size_t begin = byte_of_character(text, from);
  const std::string_view rest = text.substr(begin);
  return rest.substr(0, byte_of_character(rest, count));
}

// The code point that begins at `at`, and its bytes; a broken sequence counts as one byte.
struct CodePoint {
  uint32_t value = 0;
  size_t size = 1;
};
inline CodePoint code_point(std::string_view text, size_t at) {
  const auto byte = static_cast<uint8_t>(text[at]);
  const size_t size = byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
  if (size == 1 || at + size > text.size()) return {byte, 1};
  uint32_t value = byte & (0xffu >> (size + 1));
  for (size_t i = 1; i < size; ++i) value = value << 6 | (static_cast<uint8_t>(text[at + i]) & 0x3fu);
  return {value, size};
}

inline char upper_letter(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
inline char lower_letter(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
inline bool is_decimal_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace sluice::functions
