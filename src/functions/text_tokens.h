// SPDX-License-Identifier: Apache-2.0
// Text as the tokens of an inverted index, by the parsers that Doris' indexes name. Pure functions: no thread rule.
// Source: Doris' documentation of inverted indexes and its regression answers; word boundaries of "unicode" follow
// Unicode Standard Annex 29.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
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

// How an index makes tokens: what its PROPERTIES say.
struct TextAnalysis {
  TextParser parser = TextParser::kStandard;
  bool lower_case = true;
  bool stop_words = true;  // leaves English stop words out, where the parser does so
  std::string replaced;    // bytes of the text that count as `replacement`; not with kNone
  char replacement = ' ';

  bool operator==(const TextAnalysis&) const = default;
};

// Of "parser", "lower_case", "stopwords", "char_filter_type", "char_filter_pattern", "char_filter_replacement"; names
// in any case, others are passed over. Nothing when the parser is none of the known ones.
std::optional<TextAnalysis> text_analysis(const std::vector<std::pair<std::string, std::string>>& properties);

// Tokens in their order. At most 1,000,000: what follows is left out.
std::vector<std::string> text_tokens(std::string_view text, const TextAnalysis& analysis);

}  // namespace sluice::functions
