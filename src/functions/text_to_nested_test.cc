// SPDX-License-Identifier: Apache-2.0
#include "functions/text_to_nested.h"

#include <gtest/gtest.h>

namespace sluice::functions {
namespace {

std::string shown(const TextPart& part) { return part ? "<" + *part + ">" : "NULL"; }

std::string array(std::string_view text) {
  std::vector<TextPart> elements;
  if (!split_array(text, elements)) return "no array";
  std::string result;
  for (const auto& element : elements) result += shown(element);
  return result;
}

std::string braces(std::string_view text) {
  std::vector<TextPair> pairs;
  if (!split_braces(text, pairs)) return "none";
  std::string result;
  for (const auto& pair : pairs) result += (pair.has_key ? shown(pair.key) + ":" : "") + shown(pair.value);
  return result;
}

TEST(TextToNested, Arrays) {
  EXPECT_EQ(array("[1, 2]"), "<1><2>");
  EXPECT_EQ(array("  [ ]  "), "");
  EXPECT_EQ(array("[null, NULL, \"null\", '']"), "NULLNULL<null><>");
  EXPECT_EQ(array("[a, b,]"), "<a><b><>");
  EXPECT_EQ(array("[[1, 2], {\"a\":[3]}]"), "<[1, 2]><{\"a\":[3]}>");
  EXPECT_EQ(array("['a,b', \"c]d\"]"), "<a,b><c]d>");
  EXPECT_EQ(array("[\"a\\\"b\", 'it\\'s', \"x\\n\"]"), "<a\"b><it's><x\\n>");
}

TEST(TextToNested, OtherTextIsNoArray) {
  for (const char* text : {"", "1", "[1", "1]", "[1]]", "[[1]", "[a,,b]", "[,a]", "[\"a]", "{1}", "[}", "[1\\"}) {
    EXPECT_EQ(array(text), "no array") << text;
  }
}

TEST(TextToNested, Pairs) {
  EXPECT_EQ(braces("{\"a\":1, b : [2, 3], 3:null}"), "<a>:<1><b>:<[2, 3]><3>:NULL");
  EXPECT_EQ(braces("{}"), "");
  EXPECT_EQ(braces("{1, x}"), "<1><x>");
  EXPECT_EQ(braces("{\"a:b\":'c:d'}"), "<a:b>:<c:d>");
  EXPECT_EQ(braces("{null:1}"), "NULL:<1>");
  for (const char* text : {"", "[1]", "{1", "{'a:1}", "{[}"}) EXPECT_EQ(braces(text), "none") << text;
}

}  // namespace
}  // namespace sluice::functions
