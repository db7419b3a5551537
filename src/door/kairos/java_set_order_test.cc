// SPDX-License-Identifier: Apache-2.0
#include "door/kairos/java_set_order.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sluice::door::kairos {
namespace {

TEST(JavaSetOrder, AsRecorded) {
  const std::vector<std::string> recorded = {"gold.day", "gold.long", "gold.mix", "gold.lnum",
                                             "gold.row", "gold.miss", "gold.num", "gold.odd name:=é",
                                             "gold.str", "gold.neg",  "gold.dup", "gold.dbl"};
  auto strings = recorded;
  std::sort(strings.begin(), strings.end());
  ASSERT_NE(strings, recorded);
  sort_as_java_set(strings);
  EXPECT_EQ(strings, recorded);
}

TEST(JavaSetOrder, EveryStringStays) {
  std::vector<std::string> strings;
  for (int i = 0; i < 1000; ++i) strings.push_back("metric." + std::to_string(i) + "\xF0\x9F\x98\x80");
  auto sorted = strings;
  sort_as_java_set(strings);
  EXPECT_NE(strings, sorted);
  std::sort(strings.begin(), strings.end());
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(strings, sorted);
}

}  // namespace
}  // namespace sluice::door::kairos
