// SPDX-License-Identifier: Apache-2.0
#include "base/text_pattern.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(TextPattern, TakesTheShortestText) {
  PatternParts parts;
  ASSERT_TRUE(match_pattern("Table '%' has % columns", "Table 'a b' has 3 columns", parts));
  EXPECT_EQ(parts[0], "a b");
  EXPECT_EQ(parts[1], "3");
  EXPECT_EQ(fill_pattern("$2 in $1, $", parts), "3 in a b, $");
  ASSERT_TRUE(match_pattern("%.%", "a.b.c", parts));
  EXPECT_EQ(parts[0], "a");
  EXPECT_EQ(parts[1], "b.c");
  ASSERT_TRUE(match_pattern("all of %", "all of ", parts));
  EXPECT_EQ(parts[0], "");
}

TEST(TextPattern, NeedsAllOfIt) {
  PatternParts parts;
  EXPECT_FALSE(match_pattern("Table '%'", "Table 'a' and more", parts));
  EXPECT_FALSE(match_pattern("Table '%'", "a Table 'a'", parts));
  EXPECT_FALSE(match_pattern("", "x", parts));
  EXPECT_TRUE(match_pattern("", "", parts));
  // The last words are the text's end, also when they come before.
  ASSERT_TRUE(match_pattern("% end", "the end of the end", parts));
  EXPECT_EQ(parts[0], "the end of the");
}

}  // namespace
}  // namespace sluice
