// SPDX-License-Identifier: Apache-2.0
#include "kernel/s3_pattern.h"

#include <gtest/gtest.h>

namespace sluice::kernel {
namespace {

TEST(S3Pattern, Matches) {
  struct Case {
    const char *pattern, *key;
    bool matches;
  };
  for (const Case& one : {Case{"a/*.csv", "a/b.csv", true},
                          Case{"a/*.csv", "a/b/c.csv", false},
                          Case{"a/**.csv", "a/b/c.csv", true},
                          Case{"a/?.csv", "a/b.csv", true},
                          Case{"a/?.csv", "a/bc.csv", false},
                          Case{"a?b", "a/b", false},
                          Case{"[a-c]1", "b1", true},
                          Case{"[!a-c]1", "b1", false},
                          Case{"[!a-c]1", "d1", true},
                          Case{"[ac]", "b", false},
                          Case{"{a,b}.csv", "b.csv", true},
                          Case{"{a,b}.csv", "c.csv", false},
                          Case{"f_{1..3}", "f_2", true},
                          Case{"f_{1..3}", "f_4", false},
                          Case{"f_{3..1}", "f_1", true},
                          Case{"{a,b{1,2}}x", "b2x", true},
                          Case{"{a,b{1,2}}x", "bx", false},
                          Case{"{a", "{a", true},
                          Case{"[a", "[a", false},
                          Case{"*", "", true},
                          Case{"a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaa", false}})
    EXPECT_EQ(S3Pattern(one.pattern).matches(one.key), one.matches) << one.pattern << " " << one.key;
}

TEST(S3Pattern, BeginsWith) {
  EXPECT_EQ(S3Pattern("dir/part_{1,2}*").prefix(), "dir/part_");
  EXPECT_EQ(S3Pattern("*").prefix(), "");
  EXPECT_TRUE(S3Pattern::is_one("a[b]"));
  EXPECT_FALSE(S3Pattern::is_one("a.csv"));
}

}  // namespace
}  // namespace sluice::kernel
