// SPDX-License-Identifier: Apache-2.0
#include "dialect/keywords.h"

namespace sluice::dialect {
namespace {

constexpr size_t kTableSize = 2048;  // a power of two, about four times the number of words
constexpr size_t kLongestKeyword = [] {
  size_t longest = 0;
  for (size_t i = 0; i < kKeywordCount; ++i) {
    size_t length = keyword_text(static_cast<Keyword>(i)).size();
    longest = length > longest ? length : longest;
  }
  return longest;
}();

// Upper case of a letter; other characters of identifiers map to something that no keyword has or to themselves.
constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

constexpr uint32_t hash_of(std::string_view word) {
  uint32_t hash = 2166136261u ^ static_cast<uint32_t>(word.size());
  for (char c : word) hash = (hash ^ static_cast<uint8_t>(upper(c))) * 16777619u;
  return hash ^ (hash >> 15);
}

// Open addressing with linear steps.
constexpr std::array<uint16_t, kTableSize> kTable = [] {
  std::array<uint16_t, kTableSize> table{};
  for (auto& slot : table) slot = static_cast<uint16_t>(kNoKeyword);
  for (size_t i = 0; i < kKeywordCount; ++i) {
    size_t at = hash_of(keyword_text(static_cast<Keyword>(i))) % kTableSize;
    while (table[at] != static_cast<uint16_t>(kNoKeyword)) at = (at + 1) % kTableSize;
    table[at] = static_cast<uint16_t>(i);
  }
  return table;
}();

}  // namespace

Keyword find_keyword(std::string_view word) {
  if (word.size() < 2 || word.size() > kLongestKeyword) return kNoKeyword;
  for (size_t at = hash_of(word) % kTableSize;; at = (at + 1) % kTableSize) {
    Keyword keyword = static_cast<Keyword>(kTable[at]);
    if (keyword == kNoKeyword) return keyword;
    std::string_view text = keyword_text(keyword);
    if (text.size() != word.size()) continue;
    size_t i = 0;
    while (i < text.size() && upper(word[i]) == text[i]) ++i;
    if (i == text.size()) return keyword;
  }
}

}  // namespace sluice::dialect
