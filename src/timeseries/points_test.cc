// SPDX-License-Identifier: Apache-2.0
#include "timeseries/points.h"

#include <gtest/gtest.h>

#include <cmath>

#include "timeseries/series.h"
#include "timeseries/store.h"

namespace sluice::timeseries {
namespace {

TEST(Points, ColumnOfOneTypeHasNoTypes) {
  Points points;
  points.add_double(5, 1.5);
  points.add_double(6, -0.0);
  EXPECT_TRUE(points.uniform());
  EXPECT_EQ(points.uniform_type(), PointType::kDouble);
  EXPECT_EQ(points.double_value(0), 1.5);
  EXPECT_TRUE(std::signbit(points.double_value(1)));
}

TEST(Points, MixedColumnKeepsEachType) {
  Points points;
  points.add_long(1, -7);
  points.add_double(1, 2.5);
  points.add_text(2, "x y");
  points.add_null(3);
  ASSERT_EQ(points.size(), 4u);
  EXPECT_FALSE(points.uniform());
  EXPECT_EQ(points.type(0), PointType::kLong);
  EXPECT_EQ(points.type(1), PointType::kDouble);
  EXPECT_EQ(points.text(2), "x y");
  EXPECT_EQ(points.type(3), PointType::kNull);
  EXPECT_EQ(points.number(0), -7.0);
  EXPECT_EQ(points.number(2), 0.0);
  Points copy;
  copy.append(points, 1, 3);
  ASSERT_EQ(copy.size(), 2u);
  EXPECT_EQ(copy.text(1), "x y");
  copy.clear();
  copy.add_text(1, "z");
  EXPECT_TRUE(copy.uniform());
}

TEST(Points, AppendedNumbersStayUniform) {
  Points points;
  points.add_long(1, 10);
  Points other;
  other.add_long(2, 20);
  other.add_long(3, 30);
  points.append(other, 0, 2);
  EXPECT_TRUE(points.uniform());
  EXPECT_EQ(points.long_value(2), 30);
  EXPECT_EQ(points.time(2), 3);
}

TEST(Series, OrderIsThatOfUtf16) {
  EXPECT_LT(compare_java("a", "b"), 0);
  EXPECT_GT(compare_java("ab", "a"), 0);
  EXPECT_EQ(compare_java("a", "a"), 0);
  EXPECT_LT(compare_java("\xF0\x9F\x98\x80", "\xEF\xBF\xBD"), 0);  // U+1F600 is D83D DE00, before U+FFFD
  EXPECT_LT(compare_java("\xE4\xB8\xAD", "\xF0\x9F\x98\x80"), 0);  // U+4E2D before D83D
  EXPECT_LT(compare_java("\xF0\x9F\x98\x80", "\xF0\x9F\x98\x81"), 0);
}

TEST(Series, TagsAreSortedAndUnique) {
  const Tags tags({{"host", "a"}, {"dc", "x"}, {"host", "b"}});
  ASSERT_EQ(tags.size(), 2u);
  EXPECT_EQ(tags.all()[0].first, "dc");
  EXPECT_EQ(*tags.find("host"), "b");
  EXPECT_EQ(tags.find("nope"), nullptr);
}

TEST(Store, RowsOfNegativeTimesAreKairosDbs) {
  EXPECT_EQ(row_time(1'700'000'000'000), 1'698'278'400'000);
  EXPECT_EQ(row_time(0), 0);
  EXPECT_EQ(row_time(-5), -10);
  EXPECT_EQ(row_time(-1'814'400'000), -1'814'400'000);
  EXPECT_EQ(row_time(-1'814'400'001), -1'814'400'002);
}

TEST(WriteBatch, KeepsTextsAndOrder) {
  const auto series = std::make_shared<const Series>("m", PointType::kString, Tags({{"a", "b"}}));
  WriteBatch batch;
  batch.add_text(series, 1, "one", 60);
  batch.add_text(series, 2, "");
  ASSERT_EQ(batch.size(), 2u);
  EXPECT_EQ(batch.text(batch.points()[0]), "one");
  EXPECT_EQ(batch.points()[0].ttl, 60u);
  EXPECT_EQ(batch.text(batch.points()[1]), "");
}

}  // namespace
}  // namespace sluice::timeseries
