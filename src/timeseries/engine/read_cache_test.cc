// SPDX-License-Identifier: Apache-2.0
#include "timeseries/engine/read_cache.h"

#include <gtest/gtest.h>

namespace sluice::timeseries {
namespace {

using std::chrono::seconds;

std::shared_ptr<const CachedRows> rows(size_t points) {
  auto column = std::make_shared<Points>();
  column->reserve(points);
  for (size_t i = 0; i < points; ++i) column->add_long(static_cast<int64_t>(i), 1);
  auto made = std::make_shared<CachedRows>();
  made->push_back({nullptr, std::move(column)});
  return made;
}

TEST(ReadCache, KeepsRowsForTheAgeThatIsAskedFor) {
  auto now = ReadCache::Clock::now();
  ReadCache cache(1 << 20, [&] { return now; });
  EXPECT_EQ(cache.find("a", seconds(10)), nullptr);
  cache.put("a", rows(5));
  now += seconds(5);
  ASSERT_NE(cache.find("a", seconds(6)), nullptr);
  EXPECT_EQ(cache.find("a", seconds(6))->front().points->size(), 5u);
  EXPECT_EQ(cache.find("a", seconds(5)), nullptr);
  EXPECT_EQ(cache.find("b", seconds(6)), nullptr);
}

TEST(ReadCache, ForgetsWhatWasUsedLongestAgo) {
  ReadCache cache(10'000);
  cache.put("a", rows(200));
  cache.put("b", rows(200));
  ASSERT_NE(cache.find("a", seconds(60)), nullptr);
  cache.put("c", rows(200));
  EXPECT_NE(cache.find("a", seconds(60)), nullptr);
  EXPECT_EQ(cache.find("b", seconds(60)), nullptr);
  EXPECT_NE(cache.find("c", seconds(60)), nullptr);
  EXPECT_LE(cache.bytes(), 10'000u);
}

TEST(ReadCache, DoesNotKeepWhatIsTooLarge) {
  ReadCache cache(10'000);
  cache.put("a", rows(10));
  cache.put("a", rows(1000));
  EXPECT_EQ(cache.find("a", seconds(60)), nullptr);
  EXPECT_EQ(cache.bytes(), 0u);
}

}  // namespace
}  // namespace sluice::timeseries
