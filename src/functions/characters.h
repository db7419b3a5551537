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

inline char upper_letter(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
inline char lower_letter(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
inline bool is_decimal_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace sluice::functions
