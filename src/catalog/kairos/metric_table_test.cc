// SPDX-License-Identifier: Apache-2.0
#include "catalog/kairos/metric_table.h"

#include <gtest/gtest.h>

namespace sluice::catalog::kairos {
namespace {

using timeseries::PointType;
using timeseries::Tags;

std::string columns_of(const MetricTable& table) {
  std::string text;
  for (const auto& column : table.columns) {
    text += (text.empty() ? "" : ", ") + column.name + " " + column.type.ToString();
    if (!column.tag.empty() && column.tag != column.name) text += " (" + column.tag + ")";
  }
  return text;
}

MetricTable table(std::vector<std::pair<PointType, std::vector<Tags::Tag>>> series) {
  std::vector<timeseries::SeriesRef> list;
  for (auto& [type, tags] : series) list.push_back(std::make_shared<timeseries::Series>("m", type, Tags(tags)));
  return make_metric_table("m", list);
}

TEST(MetricTable, ValueHasTheTypeOfTheSeries) {
  EXPECT_EQ(columns_of(table({{PointType::kLong, {{"a", "1"}}}})),
            "time TIMESTAMP, value BIGINT, a VARCHAR, tags MAP(VARCHAR, VARCHAR)");
  EXPECT_EQ(columns_of(table({{PointType::kLong, {}}, {PointType::kDouble, {}}})),
            "time TIMESTAMP, value DOUBLE, tags MAP(VARCHAR, VARCHAR)");
  EXPECT_EQ(columns_of(table({{PointType::kLegacy, {}}})), "time TIMESTAMP, value DOUBLE, tags MAP(VARCHAR, VARCHAR)");
  EXPECT_EQ(columns_of(table({{PointType::kString, {}}})), "time TIMESTAMP, value VARCHAR, tags MAP(VARCHAR, VARCHAR)");
  EXPECT_EQ(columns_of(table({{PointType::kComplex, {}}, {PointType::kLong, {}}})),
            "time TIMESTAMP, value BIGINT, value_text VARCHAR, tags MAP(VARCHAR, VARCHAR)");
  EXPECT_EQ(columns_of(table({})), "time TIMESTAMP, value DOUBLE, tags MAP(VARCHAR, VARCHAR)");
}

TEST(MetricTable, TagsWhoseNamesAreTakenAreCalledOtherwise) {
  EXPECT_EQ(
      columns_of(table({{PointType::kLong, {{"Time", "1"}, {"host", "x"}}}, {PointType::kLong, {{"HOST", "y"}}}})),
      "time TIMESTAMP, value BIGINT, HOST VARCHAR, tag_Time VARCHAR (Time), tag_host VARCHAR (host), "
      "tags MAP(VARCHAR, VARCHAR)");
  // Both names are taken, or it cannot be a name.
  EXPECT_EQ(
      columns_of(table({{PointType::kLong, {{"A", "1"}, {"a", "2"}, {"tag_a", "3"}, {std::string("z\0", 2), "4"}}}})),
      "time TIMESTAMP, value BIGINT, A VARCHAR, tag_a VARCHAR (a), tag_tag_a VARCHAR (tag_a), "
      "tags MAP(VARCHAR, VARCHAR)");
}

TEST(MetricTable, TablesAreComparedByTheirColumns) {
  EXPECT_EQ(table({{PointType::kLong, {{"a", "1"}}}}), table({{PointType::kLong, {{"a", "2"}}}}));
  EXPECT_FALSE(table({{PointType::kLong, {{"a", "1"}}}}) == table({{PointType::kLong, {{"b", "1"}}}}));
  EXPECT_FALSE(table({{PointType::kLong, {{"a", "1"}}}}) == table({{PointType::kDouble, {{"a", "1"}}}}));
}

}  // namespace
}  // namespace sluice::catalog::kairos
