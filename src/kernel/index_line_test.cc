// SPDX-License-Identifier: Apache-2.0
#include "kernel/index_line.h"

#include <gtest/gtest.h>

namespace sluice::kernel {
namespace {

using Properties = std::vector<std::pair<std::string, std::string>>;

TEST(IndexLine, HasNameColumnsKindAndProperties) {
  const IndexLine line = index_of(
      "INDEX `a``b` (`c 1`, d) using ngram_bf PROPERTIES(\"gram_size\" = \"3\", 'x' = 'it''s, )') COMMENT "
      "'(\"no\"=\"1\")'");
  EXPECT_EQ(line.name, "a`b");
  EXPECT_EQ(line.columns, (std::vector<std::string>{"c 1", "d"}));
  EXPECT_EQ(line.kind, "NGRAM_BF");
  EXPECT_EQ(line.properties, (Properties{{"gram_size", "3"}, {"x", "it's, )"}}));
}

TEST(IndexLine, NeedsLittle) {
  const IndexLine line = index_of("INDEX IF NOT EXISTS i(c)");
  EXPECT_EQ(line.name, "i");
  EXPECT_EQ(line.columns, std::vector<std::string>{"c"});
  EXPECT_EQ(line.kind, "INVERTED");
  EXPECT_TRUE(line.properties.empty());
  EXPECT_EQ(index_of("HASH(`k`, l) BUCKETS 3").columns, (std::vector<std::string>{"k", "l"}));
}

TEST(IndexLine, BrokenTextsGiveWhatCanBeRead) {
  for (const char* text : {"", "INDEX", "INDEX i", "INDEX i (", "INDEX i (`a", "INDEX IF", "INDEX i (a) PROPERTIES",
                           "INDEX i (a) PROPERTIES(", "INDEX i (a) PROPERTIES(\"a\" =", "INDEX i (a) USING", "'\\"}) {
    EXPECT_LE(index_of(text).columns.size(), 1u) << text;
    EXPECT_TRUE(index_of(text).properties.empty()) << text;
  }
}

}  // namespace
}  // namespace sluice::kernel
