// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/cassandra/pages.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace sluice::timeseries::cassandra {
namespace {

// Times of any sign, falling; doubles that are decimals, and that are none.
Points doubles(int64_t first, size_t count) {
  Points points;
  for (size_t i = 0; i < count; ++i) {
    const auto n = static_cast<double>(i);
    const double value = i % 1000 == 0 ? std::numeric_limits<double>::quiet_NaN() : i % 7 == 0 ? -0.0 : n * 0.25;
    points.add_double(first - static_cast<int64_t>(i) * 1000, value);
  }
  return points;
}

Points longs(size_t count) {
  Points points;
  for (size_t i = 0; i < count; ++i) {
    const auto n = static_cast<int64_t>(i);
    points.add_long(n, i % 2 == 0 ? std::numeric_limits<int64_t>::min() + n : std::numeric_limits<int64_t>::max() - n);
  }
  return points;
}

void expect_same(const Points& given, const Points& added) {
  ASSERT_EQ(given.times(), added.times());
  ASSERT_EQ(given.values(), added.values());
  for (size_t i = 0; i < added.size(); ++i) ASSERT_EQ(given.type(i), added.type(i));
}

TEST(CassandraPages, GivesWhatWasAddedPageByPage) {
  std::vector<Points> added = {doubles(10'000'000, 20'000), doubles(-5, 1), longs(20'000), longs(3)};
  Points mixed;
  mixed.add_long(1, 2);
  mixed.add_double(2, 0.5);
  added.push_back(mixed);
  Points texts;
  texts.add_text(1, "a text");
  texts.add_text(2, "");
  added.push_back(texts);
  for (const bool packed : {false, true}) {
    Pages pages;
    uint64_t points = 0;
    for (const auto& page : added) {
      pages.add(page, packed);
      pages.add(Points(), packed);  // an empty page is no end
      points += page.size();
    }
    EXPECT_EQ(pages.points(), points);
    Points given;
    for (const auto& page : added) {
      ASSERT_TRUE(pages.next(given));
      expect_same(given, page);
      if (page.uniform_type() == PointType::kString) {
        EXPECT_EQ(given.text(0), "a text");
      }
    }
    ASSERT_TRUE(pages.next(given));
    EXPECT_TRUE(given.empty());
    EXPECT_EQ(pages.memory(), 0u);
  }
}

TEST(CassandraPages, PackedOnesAreSmall) {
  Pages plain, packed;
  for (int i = 0; i < 10; ++i) {
    plain.add(doubles(i * 20'000'000, 20'000), false);
    packed.add(doubles(i * 20'000'000, 20'000), true);
  }
  EXPECT_GE(plain.memory(), 200'000u * 16);
  EXPECT_LT(packed.memory(), plain.memory() / 4);
}

}  // namespace
}  // namespace sluice::timeseries::cassandra
