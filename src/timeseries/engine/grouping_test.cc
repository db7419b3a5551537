// SPDX-License-Identifier: Apache-2.0
#include "timeseries/engine/grouping.h"

#include <gtest/gtest.h>

#include "timeseries/engine/group_tags.h"
#include "timeseries/engine/stored_points.h"

namespace sluice::timeseries {
namespace {

std::vector<std::string> texts_of(const std::vector<RowGroup>& groups) {
  std::vector<std::string> texts;
  for (const auto& group : groups) {
    std::string text(group_name(group.type));
    for (const auto& [name, value] : group.values) text += " " + name + "=" + value;
    for (const size_t row : group.rows) text += " " + std::to_string(row);
    texts.push_back(text);
  }
  return texts;
}

TEST(Grouping, RowsGoByTypeAndThenByTags) {
  const Series text("m", PointType::kString, Tags({{"host", "b"}}));
  const Series b("m", PointType::kLong, Tags({{"host", "b"}}));
  const Series a("m", PointType::kDouble, Tags({{"host", "a"}}));
  const Series none("m", PointType::kLong, Tags({{"x", "1"}}));
  const Series complex("m", PointType::kComplex, Tags({{"host", "b"}}));
  const std::vector<const Series*> rows{&text, &b, &a, &none, &complex, &b};
  using Texts = std::vector<std::string>;
  EXPECT_EQ(texts_of(group_rows(rows, nullptr)), (Texts{"complex 4", "number 1 2 3 5", "text 0"}));
  const TagGroupBy by{{"host", "host"}};
  EXPECT_EQ(texts_of(group_rows(rows, &by)),
            (Texts{"complex host=b 4", "number host= 3", "number host=a 2", "number host=b 1 5", "text host=b 0"}));
}

TEST(Grouping, TagsOfTheSameTextAreOneGroup) {
  const Series one("m", PointType::kLong, Tags({{"a", "xb"}, {"b", "b"}}));
  const Series other("m", PointType::kLong, Tags({{"a", "xbb"}, {"b", ""}}));
  const TagGroupBy by{{"a", "b"}};
  EXPECT_EQ(texts_of(group_rows({&one, &other}, &by)), (std::vector<std::string>{"number a=xbb b= 0 1"}));
}

std::vector<std::pair<std::vector<int32_t>, size_t>> split(Points points, const std::vector<GroupBy>& by) {
  std::vector<const GroupBy*> all;
  for (const auto& one : by) all.push_back(&one);
  StoredPoints source(std::make_shared<Points>(std::move(points)));
  std::vector<std::pair<std::vector<int32_t>, size_t>> found;
  const auto groups = split_points(source, all);
  EXPECT_TRUE(groups.has_value());
  for (const auto& group : *groups) found.emplace_back(group.numbers, group.points.size());
  return found;
}

TEST(Grouping, PointsGoByTimeValueAndBin) {
  using Found = std::vector<std::pair<std::vector<int32_t>, size_t>>;
  Points points;
  points.add_long(1000, 7);
  points.add_double(2500, -7.9);
  points.add_long(3000, (int64_t{1} << 32) * 5 + 5);
  points.add_text(4000, "x");
  EXPECT_EQ(split(points, {TimeGroupBy{{1, TimeUnit::kSeconds}, 2, 1000}}), (Found{{{0}, 2}, {{1}, 2}}));
  EXPECT_EQ(split(points, {ValueGroupBy{5}}), (Found{{{1}, 2}, {{-1}, 2}}));  // (int) of 2^32 + 1
  EXPECT_EQ(split(points, {BinGroupBy{{0, 7, 10}}}), (Found{{{2}, 1}, {{0}, 1}, {{3}, 1}, {{-1}, 1}}));
  EXPECT_EQ(split(points, {BinGroupBy{{0}}, ValueGroupBy{1000}}).size(), 4u);
}

TEST(Grouping, YearsAre52WeeksAndMonthsThoseOfTheCalendar) {
  Points points;
  points.add_long(52 * int64_t{604'800'000} - 1, 1);
  points.add_long(52 * int64_t{604'800'000}, 1);
  using Found = std::vector<std::pair<std::vector<int32_t>, size_t>>;
  EXPECT_EQ(split(points, {TimeGroupBy{{1, TimeUnit::kYears}, 5, 0}}), (Found{{{0}, 1}, {{1}, 1}}));
  EXPECT_EQ(split(points, {TimeGroupBy{{1, TimeUnit::kMonths}, 5, 0}}), (Found{{{1}, 2}}));  // month 11 of 5
}

TEST(Grouping, ElementsAreJson) {
  const TagGroupBy by{{"host", "a\"b"}};
  RowGroup group;
  group.values = {{"host", "x"}, {"a\"b", ""}};
  EXPECT_EQ(tag_element(by, group), R"({"name":"tag","tags":["host","a\"b"],"group":{"host":"x","a\"b":""}})");
  EXPECT_EQ(type_element(PointGroup::kText), R"({"name":"type","type":"text"})");
  EXPECT_EQ(point_element(BinGroupBy{{1, 2.5, 1e7}}, 3),
            R"({"name":"bin","bins":[1,2.5,1.0E7],"group":{"bin_number":3}})");
  EXPECT_EQ(point_element(ValueGroupBy{5}, -1), R"({"name":"value","range_size":5,"group":{"group_number":-1}})");
  EXPECT_EQ(point_element(TimeGroupBy{{2, TimeUnit::kWeeks}, 3, 0}, 1),
            R"({"name":"time","range_size":{"value":2,"unit":"WEEKS"},"group_count":3,"group":{"group_number":1}})");
}

TEST(GroupTags, AreSortedOrHashed) {
  const Tags one({{"host", "b"}, {"dc", "x"}});
  const Tags other({{"host", "a"}});
  const auto tags = GroupTags::of({&one, &other, &one});
  ASSERT_EQ(tags.all().size(), 2u);
  EXPECT_EQ(tags.all()[0].first, "dc");
  EXPECT_EQ(tags.all()[1].second, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(tags.hashed().all()[0].first, "host");
}

TEST(GroupTags, HashesAreJavas) {
  EXPECT_EQ(java_hash(""), 0u);
  EXPECT_EQ(java_hash("host"), 3'208'616u);
  EXPECT_EQ(java_hash("\xC3\xA9"), 0xE9u);
  EXPECT_EQ(java_hash("\xF0\x9F\x98\x80"), 0xD83Du * 31 + 0xDE00u);
}

}  // namespace
}  // namespace sluice::timeseries
