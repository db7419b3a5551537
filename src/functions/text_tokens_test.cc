// SPDX-License-Identifier: Apache-2.0
#include "functions/text_tokens.h"

#include <gtest/gtest.h>

namespace sluice::functions {
namespace {

using Tokens = std::vector<std::string>;

Tokens tokens(std::string_view text, const std::vector<std::pair<std::string, std::string>>& properties) {
  const auto analysis = text_analysis(properties);
  return analysis ? text_tokens(text, *analysis) : Tokens{"?"};
}

TEST(TextTokens, FollowTheParser) {
  EXPECT_EQ(tokens("The Big-apple hm_bg.jpg 1.5", {}), Tokens{"The Big-apple hm_bg.jpg 1.5"});
  EXPECT_EQ(tokens("The Big-apple hm_bg", {{"parser", "english"}}), (Tokens{"the", "big", "apple", "hm", "bg"}));
  EXPECT_EQ(tokens("The Big-apple hm_bg.jpg 1.5", {{"PARSER", "Unicode"}}),
            (Tokens{"big", "apple", "hm_bg.jpg", "1.5"}));
  EXPECT_EQ(tokens("x", {{"parser", "nonsense"}}), Tokens{"?"});
}

TEST(TextTokens, MindCaseAndStopWords) {
  EXPECT_EQ(tokens("The End", {{"parser", "unicode"}, {"stopwords", "none"}}), (Tokens{"the", "end"}));
  EXPECT_EQ(tokens("The End", {{"parser", "english"}, {"lower_case", "false"}}), (Tokens{"The", "End"}));
}

TEST(TextTokens, ReplaceCharactersFirst) {
  EXPECT_EQ(tokens("hm_bg.jpg", {{"parser", "unicode"},
                                 {"char_filter_type", "char_replace"},
                                 {"char_filter_pattern", "._"},
                                 {"char_filter_replacement", " "}}),
            (Tokens{"hm", "bg", "jpg"}));
  // Without a type there is no filter; without a parser the text stays as it is.
  EXPECT_EQ(tokens("a_b", {{"parser", "unicode"}, {"char_filter_pattern", "_"}}), Tokens{"a_b"});
  EXPECT_EQ(tokens("a_b", {{"char_filter_type", "char_replace"}, {"char_filter_pattern", "_"}}), Tokens{"a_b"});
}

}  // namespace
}  // namespace sluice::functions
