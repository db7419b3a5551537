// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/embedded/windows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace sluice::timeseries {
namespace {

TEST(Windows, OneWhereLittleIsToBeCut) {
  const std::vector<Extent> pieces = {{0, 10, 5}, {5, 20, 5}};
  const auto windows = cut_windows(pieces, 100);
  ASSERT_EQ(windows.size(), 1u);
  EXPECT_EQ(windows[0].min, 0);
  EXPECT_EQ(windows[0].max, 20);
  EXPECT_EQ(windows[0].pieces, (std::vector<uint32_t>{0, 1}));
}

TEST(Windows, APieceAcrossACutIsInBoth) {
  const std::vector<Extent> pieces = {{0, 12, 10}, {10, 22, 10}, {20, 32, 10}};
  const auto windows = cut_windows(pieces, 20);
  ASSERT_EQ(windows.size(), 2u);
  EXPECT_EQ(windows[0].max, 19);
  EXPECT_EQ(windows[0].pieces, (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(windows[1].min, 20);
  EXPECT_EQ(windows[1].pieces, (std::vector<uint32_t>{1, 2}));
}

TEST(Windows, PiecesThatLieAcrossAllOthersAreNotReadAgainAndAgain) {
  std::vector<Extent> pieces;
  for (int i = 0; i < 1000; ++i) pieces.push_back({i, 1'000'000 + i, 10});
  EXPECT_EQ(cut_windows(pieces, 100).size(), 1u);
}

// Whatever the pieces are: windows join, each piece is in all windows that it touches, and most are small.
TEST(Windows, HoldEveryTimeOfEveryPiece) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<Extent> pieces;
    for (uint64_t i = 0, count = 1 + random() % 60; i < count; ++i) {
      const auto min = static_cast<int64_t>(random() % 500) - 250;
      pieces.push_back({min, min + static_cast<int64_t>(random() % (round % 3 == 0 ? 400 : 20)), 1 + random() % 10});
    }
    std::sort(pieces.begin(), pieces.end(), [](const Extent& a, const Extent& b) { return a.min < b.min; });
    const uint64_t most = 1 + random() % 50;
    const auto windows = cut_windows(pieces, most);
    EXPECT_EQ(windows.front().min, pieces.front().min);
    for (size_t w = 0; w < windows.size(); ++w) {
      if (w > 0) {
        EXPECT_EQ(windows[w].min, windows[w - 1].max + 1);
      }
      EXPECT_LE(windows[w].min, windows[w].max);
      EXPECT_TRUE(std::is_sorted(windows[w].pieces.begin(), windows[w].pieces.end()));
      for (uint32_t i = 0; i < pieces.size(); ++i) {
        const bool touches = pieces[i].min <= windows[w].max && pieces[i].max >= windows[w].min;
        const auto& has = windows[w].pieces;
        EXPECT_TRUE(!touches || std::find(has.begin(), has.end(), i) != has.end()) << w << " " << i;
      }
    }
    int64_t max = pieces.front().max;
    for (const auto& piece : pieces) max = std::max(max, piece.max);
    EXPECT_EQ(windows.back().max, max);
  }
}

}  // namespace
}  // namespace sluice::timeseries
