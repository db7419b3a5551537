// SPDX-License-Identifier: Apache-2.0
// Text as the tokens of an inverted index, by the parsers that Doris' indexes name. Pure functions: no thread rule.
// Source: Doris' documentation of inverted indexes and its regression answers; word boundaries of "unicode" follow
// Unicode Standard Annex 29.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::functions {

enum class TextParser : uint8_t {
  kNone,      // the whole text is one token, as it is
  kEnglish,   // runs of ASCII letters and digits, in lower case
  kUnicode,   // words of Unicode, in lower case and without English stop words; ideographs one by one
  kStandard,  // as kUnicode; what MATCH does without an index
};

// "none", "english", "unicode", "standard", "chinese" (ideographs one by one) in any case; nothing for others.
std::optional<TextParser> text_parser(std::string_view name);

// Tokens in their order. At most 1,000,000: what follows is left out.
std::vector<std::string> text_tokens(std::string_view text, TextParser parser);

}  // namespace sluice::functions
