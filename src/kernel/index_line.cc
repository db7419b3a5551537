// SPDX-License-Identifier: Apache-2.0
#include "kernel/index_line.h"

#include "pch/pch.h"

namespace sluice::kernel {
namespace {

using duckdb::StringUtil;

// The words of a line; what is in quotes of any kind is one word.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  for (size_t at = 0; at < line.size();) {
    const char first = line[at];
    std::string word;
    if (first == '`' || first == '"' || first == '\'') {
      for (++at; at < line.size(); ++at) {
        if (line[at] == '\\' && first != '`' && at + 1 < line.size()) {
          ++at;
        } else if (line[at] == first) {
          if (at + 1 >= line.size() || line[at + 1] != first) break;
          ++at;
        }
        word += line[at];
      }
      ++at;
    } else if (StringUtil::CharacterIsSpace(first)) {
      ++at;
      continue;
    } else {
      const auto in_word = [](char c) {
        return StringUtil::CharacterIsAlphaNumeric(c) || c == '_' || static_cast<uint8_t>(c) >= 0x80;
      };
      do {
        word += line[at++];
      } while (at < line.size() && in_word(line[at]) && in_word(word.back()));
    }
    words.push_back(std::move(word));
  }
  return words;
}

}  // namespace

IndexLine index_of(std::string_view line) {
  IndexLine index;
  const std::vector<std::string> words = words_of(line);
  size_t at = 0;
  const auto is = [&](const char* word) { return at < words.size() && StringUtil::CIEquals(words[at], word); };
  if (is("INDEX")) ++at;
  if (is("IF")) at += 3;  // IF NOT EXISTS
  if (at < words.size() && words[at] != "(") index.name = words[at];
  while (at < words.size() && words[at] != "(") ++at;
  for (++at; at < words.size() && words[at] != ")"; ++at) {
    if (words[at] != ",") index.columns.push_back(words[at]);
  }
  for (; at < words.size(); ++at) {
    if (is("USING") && at + 1 < words.size()) index.kind = StringUtil::Upper(words[at + 1]);
    if (!is("PROPERTIES") || at + 1 >= words.size() || words[at + 1] != "(") continue;
    for (at += 2; at + 2 < words.size() && words[at] != ")";) {
      if (words[at] == ",") {
        ++at;
        continue;
      }
      index.properties.emplace_back(words[at], words[at + 2]);
      at += 3;
    }
  }
  return index;
}

}  // namespace sluice::kernel
