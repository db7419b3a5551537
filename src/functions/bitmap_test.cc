// SPDX-License-Identifier: Apache-2.0
#include "functions/bitmap.h"

#include <gtest/gtest.h>

namespace sluice::functions {
namespace {

Bitmap of(std::string_view text) { return Bitmap::from_text(text).value(); }

TEST(Bitmap, ReadsAndWritesText) {
  EXPECT_EQ(of(" 3, 1,2 ,2").to_text(), "1,2,3");
  EXPECT_EQ(of("").to_text(), "");
  EXPECT_EQ(of("18446744073709551615,0").to_text(), "0,18446744073709551615");
  for (const char* wrong : {"-1", "a", "1,", ",1", "1 2", "18446744073709551616", "1.5"}) {
    EXPECT_FALSE(Bitmap::from_text(wrong)) << wrong;
  }
}

TEST(Bitmap, KeepsItsNumbersInBytesOfEveryForm) {
  for (const char* text : {"", "7", "4294967295", "4294967296", "1,2,3", "1,4294967296,99999999999999"}) {
    const std::string bytes = of(text).to_bytes();
    auto read = Bitmap::from_bytes(bytes);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(read->to_text(), text);
    // No shorter bytes are taken for a bitmap, and none are read beyond their end.
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(Bitmap::from_bytes(std::string_view(bytes).substr(0, size))) << text << " cut at " << size;
    }
  }
  EXPECT_EQ(of("").to_bytes(), std::string(1, '\0'));
  EXPECT_EQ(of("1").to_bytes(), std::string("\1\1\0\0\0", 5));
  EXPECT_EQ(Bitmap::from_bytes(std::string("\5\2\3\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0", 18))->to_text(), "1,3");
  EXPECT_FALSE(Bitmap::from_bytes("\x63"));
}

TEST(Bitmap, ManyNumbersInARowAreFewBytes) {
  Bitmap bitmap;
  for (uint64_t i = 0; i < 100'000; ++i) bitmap.add(i);
  EXPECT_LT(bitmap.to_bytes().size(), 100u);
  EXPECT_EQ(Bitmap::from_bytes(bitmap.to_bytes())->count(), 100'000u);
}

TEST(Bitmap, CombinesSetsThatReachOverBothHalves) {
  const std::string low = "1,2,3";
  const std::string high = "2,3,8589934593";
  Bitmap both = of(low);
  both &= of(high);
  EXPECT_EQ(both.to_text(), "2,3");
  Bitmap any = of(low);
  any |= of(high);
  EXPECT_EQ(any.to_text(), "1,2,3,8589934593");
  EXPECT_EQ(any.maximum(), 8589934593u);
  EXPECT_EQ(any.minimum(), 1u);
  Bitmap one = of(low);
  one ^= of(high);
  EXPECT_EQ(one.to_text(), "1,8589934593");
  Bitmap rest = of(high);
  rest -= of(low);
  EXPECT_EQ(rest.to_text(), "8589934593");
  rest.remove(8589934593);
  EXPECT_TRUE(rest.empty());
  EXPECT_FALSE(rest.contains(1));
}

TEST(Bitmap, VisitsFromAPlaceOn) {
  std::vector<uint64_t> seen;
  of("1,5,9,4294967297").each(5, [&](uint64_t value) {
    seen.push_back(value);
    return seen.size() < 3;
  });
  EXPECT_EQ(seen, (std::vector<uint64_t>{5, 9, 4294967297}));
}

}  // namespace
}  // namespace sluice::functions
