// SPDX-License-Identifier: Apache-2.0
#include "functions/text_tokens.h"

#include <algorithm>
#include <cstdint>

#include "functions/characters.h"

namespace sluice::functions {
namespace {

constexpr size_t kMostTokens = 1'000'000;

constexpr std::string_view kStopWords[] = {"a",    "an",   "and",  "are",  "as",   "at",    "be",   "but",   "by",
                                           "for",  "if",   "in",   "into", "is",   "it",    "no",   "not",   "of",
                                           "on",   "or",   "such", "that", "the",  "their", "then", "there", "these",
                                           "they", "this", "to",   "was",  "will", "with"};

// Characters that are words of their own: ideographs, kana, hangul syllables stay together in words.
bool is_ideograph(uint32_t c) {
  return (c >= 0x3040 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x4e00 && c <= 0x9fff) ||
         (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3ffff);
}
// Spaces and punctuation outside ASCII.
bool is_separator(uint32_t c) {
  return (c >= 0x80 && c <= 0xbf && c != 0xaa && c != 0xb5 && c != 0xba) || c == 0xd7 || c == 0xf7 ||
         (c >= 0x2000 && c <= 0x206f) || (c >= 0x2190 && c <= 0x2bff) || (c >= 0x3000 && c <= 0x303f) ||
         (c >= 0xff00 && c <= 0xff0f) || (c >= 0xff1a && c <= 0xff20) || (c >= 0xff3b && c <= 0xff40) ||
         (c >= 0xff5b && c <= 0xff65) || (c >= 0x1f000 && c <= 0x1ffff);
}

enum class Kind : uint8_t { kOther, kLetter, kDigit, kJoiner, kMiddle, kIdeograph };

Kind kind_of(uint32_t c) {
  if (c < 0x80) {
    const auto ascii = static_cast<char>(c);
    if (is_letter(ascii)) return Kind::kLetter;
    if (is_decimal_digit(ascii)) return Kind::kDigit;
    if (ascii == '_') return Kind::kJoiner;
    if (ascii == '.' || ascii == '\'' || ascii == ',' || ascii == ';' || ascii == ':') return Kind::kMiddle;
    return Kind::kOther;
  }
  if (is_ideograph(c)) return Kind::kIdeograph;
  return is_separator(c) ? Kind::kOther : Kind::kLetter;
}

// Whether `middle` keeps a word together between these two (rules WB6, WB7, WB11, WB12).
bool joins(char middle, Kind before, Kind after) {
  if (before == Kind::kLetter && after == Kind::kLetter) return middle == '.' || middle == '\'' || middle == ':';
  if (before == Kind::kDigit && after == Kind::kDigit) {
    return middle == '.' || middle == ',' || middle == ';' || middle == '\'';
  }
  return false;
}

void unicode_tokens(std::string_view text, const TextAnalysis& analysis, std::vector<std::string>& tokens) {
  std::string word;
  Kind last = Kind::kOther;
  const auto flush = [&] {
    const bool stop =
        analysis.stop_words && std::find(std::begin(kStopWords), std::end(kStopWords), word) != std::end(kStopWords);
    const bool only_joiners = word.find_first_not_of('_') == std::string::npos;
    if (!word.empty() && !stop && !only_joiners) tokens.push_back(word);
    word.clear();
    last = Kind::kOther;
  };
  for (size_t at = 0; at < text.size() && tokens.size() < kMostTokens;) {
    const CodePoint c = code_point(text, at);
    const Kind kind = kind_of(c.value);
    switch (kind) {
      case Kind::kLetter:
      case Kind::kDigit:
      case Kind::kJoiner:
        for (size_t i = 0; i < c.size; ++i) word += analysis.lower_case ? lower_letter(text[at + i]) : text[at + i];
        last = kind == Kind::kJoiner && last != Kind::kOther ? last : kind;
        break;
      case Kind::kMiddle: {
        const Kind next = at + 1 < text.size() ? kind_of(code_point(text, at + 1).value) : Kind::kOther;
        if (joins(text[at], last, next))
          word += text[at];
        else
          flush();
        break;
      }
      case Kind::kIdeograph:
        flush();
        tokens.emplace_back(text.substr(at, c.size));
        break;
      case Kind::kOther:
        flush();
        break;
    }
    at += c.size;
  }
  flush();
}

void english_tokens(std::string_view text, const TextAnalysis& analysis, std::vector<std::string>& tokens) {
  std::string word;
  for (size_t at = 0; at <= text.size() && tokens.size() < kMostTokens; ++at) {
    if (at < text.size() && (is_letter(text[at]) || is_decimal_digit(text[at]))) {
      word += analysis.lower_case ? lower_letter(text[at]) : text[at];
    } else if (!word.empty()) {
      tokens.push_back(std::move(word));
      word.clear();
    }
  }
}

}  // namespace

std::optional<TextParser> text_parser(std::string_view name) {
  std::string low;
  for (char c : name) low += lower_letter(c);
  if (low == "none" || low.empty()) return TextParser::kNone;
  if (low == "english") return TextParser::kEnglish;
  if (low == "unicode" || low == "chinese") return TextParser::kUnicode;
  if (low == "standard") return TextParser::kStandard;
  return std::nullopt;
}

std::optional<TextAnalysis> text_analysis(const std::vector<std::pair<std::string, std::string>>& properties) {
  TextAnalysis analysis;
  analysis.parser = TextParser::kNone;
  bool filters = false;
  for (const auto& [written, value] : properties) {
    std::string name;
    for (char c : written) name += lower_letter(c);
    if (name == "parser") {
      const auto parser = text_parser(value);
      if (!parser) return std::nullopt;
      analysis.parser = *parser;
    } else if (name == "lower_case") {
      analysis.lower_case = value != "false";
    } else if (name == "stopwords") {
      analysis.stop_words = value != "none";
    } else if (name == "char_filter_type") {
      filters = value == "char_replace";
    } else if (name == "char_filter_pattern") {
      analysis.replaced = value;
    } else if (name == "char_filter_replacement" && !value.empty()) {
      analysis.replacement = value[0];
    }
  }
  if (!filters) analysis.replaced.clear();
  return analysis;
}

std::vector<std::string> text_tokens(std::string_view text, const TextAnalysis& analysis) {
  std::vector<std::string> tokens;
  std::string filtered;
  if (!analysis.replaced.empty() && analysis.parser != TextParser::kNone) {
    filtered = text;
    for (char& c : filtered) {
      if (analysis.replaced.find(c) != std::string::npos) c = analysis.replacement;
    }
    text = filtered;
  }
  switch (analysis.parser) {
    case TextParser::kNone:
      tokens.emplace_back(text);
      break;
    case TextParser::kEnglish:
      english_tokens(text, analysis, tokens);
      break;
    case TextParser::kUnicode:
    case TextParser::kStandard:
      unicode_tokens(text, analysis, tokens);
      break;
  }
  return tokens;
}

}  // namespace sluice::functions
