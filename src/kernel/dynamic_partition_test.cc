// SPDX-License-Identifier: Apache-2.0
#include "kernel/dynamic_partition.h"

#include <gtest/gtest.h>

#include "functions/text_to_value.h"

namespace sluice::kernel {
namespace {

using duckdb::LogicalType;
using Names = std::vector<std::string>;

int64_t at(const std::string& moment) { return functions::text_to_moment(moment)->micros; }

TableModel table(std::vector<std::pair<std::string, std::string>> properties) {
  TableModel model;
  model.keys = KeyModel::kDuplicate;
  model.partitioned = PartitionKind::kRange;
  model.partition_columns = {"d"};
  for (auto& [name, value] : properties) model.properties.emplace_back("dynamic_partition." + name, value);
  return model;
}

Partition range(const std::string& name, const std::string& lower, const std::string& upper) {
  Partition partition;
  partition.name = name;
  if (!lower.empty()) partition.lower = {lower};
  if (!upper.empty()) partition.upper = {upper};
  return partition;
}

// "name [lower, upper)", one entry a partition.
Names texts(const std::vector<Partition>& partitions) {
  Names result;
  for (const auto& partition : partitions)
    result.push_back(partition.name + " [" + *partition.lower[0] + ", " + *partition.upper[0] + ")");
  return result;
}

Names added(const TableModel& model, const std::string& now, const LogicalType& type = LogicalType::DATE) {
  return texts(dynamic_change(model, type, at(now)).added);
}

TEST(DynamicPartition, Days) {
  EXPECT_EQ(added(table({{"time_unit", "DAY"}, {"end", "1"}, {"prefix", "p"}}), "2024-02-28 23:59:59"),
            (Names{"p20240228 [2024-02-28, 2024-02-29)", "p20240229 [2024-02-29, 2024-03-01)"}));
  // History only when it is asked for, and no more of it than is allowed.
  const std::vector<std::pair<std::string, std::string>> history = {
      {"time_unit", "day"}, {"end", "1"}, {"prefix", "p"}, {"start", "-3"}, {"create_history_partition", "true"}};
  EXPECT_EQ(added(table(history), "2024-01-02 00:00:00").size(), 5);
  auto fewer = history;
  fewer.emplace_back("history_partition_num", "1");
  EXPECT_EQ(added(table(fewer), "2024-01-01 12:00:00"),
            (Names{"p20231231 [2023-12-31, 2024-01-01)", "p20240101 [2024-01-01, 2024-01-02)",
                   "p20240102 [2024-01-02, 2024-01-03)"}));
}

TEST(DynamicPartition, HoursOfTheWallClock) {
  const auto model = table({{"time_unit", "HOUR"}, {"end", "2"}, {"prefix", "h"}});
  // The hour that a clock set forward leaves out has a partition that stays empty: no hole, and no two of one name.
  EXPECT_EQ(added(model, "2024-03-31 01:30:00", LogicalType::TIMESTAMP),
            (Names{"h2024033101 [2024-03-31 01:00:00, 2024-03-31 02:00:00)",
                   "h2024033102 [2024-03-31 02:00:00, 2024-03-31 03:00:00)",
                   "h2024033103 [2024-03-31 03:00:00, 2024-03-31 04:00:00)"}));
  EXPECT_EQ(dynamic_change(model, LogicalType::DATE, at("2024-03-31")).not_added,
            "dynamic_partition.time_unit could not be HOUR when type of partition column d is DATE or DATEV2");
}

TEST(DynamicPartition, Weeks) {
  const auto model = table({{"time_unit", "WEEK"}, {"end", "1"}, {"prefix", "w"}});
  // 2019-12-30 is a Monday: week 53 of 2019, not week 1 of 2020.
  EXPECT_EQ(added(model, "2020-01-01"),
            (Names{"w2019_53 [2019-12-30, 2020-01-06)", "w2020_02 [2020-01-06, 2020-01-13)"}));
  const auto thursdays = table({{"time_unit", "WEEK"}, {"end", "1"}, {"prefix", "w"}, {"start_day_of_week", "4"}});
  // A Friday: the week has begun; on Tuesday Doris already makes the one that begins on Thursday.
  EXPECT_EQ(added(thursdays, "2024-05-24")[0], "w2024_21 [2024-05-23, 2024-05-30)");
  EXPECT_EQ(added(thursdays, "2024-05-28")[0], "w2024_22 [2024-05-30, 2024-06-06)");
  // A year of 54 weeks: all names differ.
  const auto sundays = table({{"time_unit", "WEEK"}, {"end", "1"}, {"prefix", "w"}, {"start_day_of_week", "7"}});
  EXPECT_EQ(added(sundays, "2000-12-24"),
            (Names{"w2000_53 [2000-12-24, 2000-12-31)", "w2000_54 [2000-12-31, 2001-01-07)"}));
}

TEST(DynamicPartition, MonthsAndYears) {
  const auto months = table({{"time_unit", "MONTH"}, {"end", "1"}, {"prefix", "m"}, {"start_day_of_month", "25"}});
  EXPECT_EQ(added(months, "2024-01-24"),
            (Names{"m202312 [2023-12-25, 2024-01-25)", "m202401 [2024-01-25, 2024-02-25)"}));
  EXPECT_EQ(added(months, "2024-01-25")[0], "m202401 [2024-01-25, 2024-02-25)");
  const auto plain = table({{"time_unit", "MONTH"}, {"end", "1"}, {"prefix", "m"}});
  EXPECT_EQ(added(plain, "2024-01-31")[1], "m202402 [2024-02-01, 2024-03-01)");
  const auto years = table({{"time_unit", "YEAR"}, {"end", "1"}, {"prefix", "y"}});
  EXPECT_EQ(added(years, "2024-02-29"), (Names{"y2024 [2024-01-01, 2025-01-01)", "y2025 [2025-01-01, 2026-01-01)"}));
}

TEST(DynamicPartition, ColumnTypes) {
  const auto model = table({{"time_unit", "DAY"}, {"end", "1"}, {"prefix", "p"}});
  EXPECT_EQ(added(model, "2024-01-31", LogicalType::INTEGER)[1], "p20240201 [20240201, 20240202)");
  EXPECT_EQ(added(model, "2024-01-31", LogicalType::TIMESTAMP)[0],
            "p20240131 [2024-01-31 00:00:00, 2024-02-01 00:00:00)");
  EXPECT_TRUE(added(model, "2024-01-31", LogicalType::TINYINT).empty());
  EXPECT_FALSE(dynamic_change(model, LogicalType::TINYINT, at("2024-01-31")).not_added.empty());
  EXPECT_EQ(dynamic_change(model, LogicalType::VARCHAR, at("2024-01-31")).not_added,
            "Dynamic Partition Only Support DATE, DATETIME and INTEGER Type Now.");
}

TEST(DynamicPartition, WhatIsThereStays) {
  auto model = table({{"time_unit", "DAY"}, {"end", "2"}, {"prefix", "p"}});
  model.partitions = {range("mine", "2024-01-02", "2024-01-03")};
  // The same range under another name is no reason to complain.
  auto change = dynamic_change(model, LogicalType::DATE, at("2024-01-01"));
  EXPECT_EQ(texts(change.added), (Names{"p20240101 [2024-01-01, 2024-01-02)", "p20240103 [2024-01-03, 2024-01-04)"}));
  EXPECT_EQ(change.not_added, "");
  apply_dynamic_change(model, change, LogicalType::DATE);
  EXPECT_TRUE(dynamic_change(model, LogicalType::DATE, at("2024-01-01 12:00:00")).empty());
  // One that overlaps is.
  model.partitions = {range("wide", "2024-01-02", "2024-01-09")};
  change = dynamic_change(model, LogicalType::DATE, at("2024-01-01"));
  EXPECT_EQ(texts(change.added), (Names{"p20240101 [2024-01-01, 2024-01-02)"}));
  EXPECT_NE(change.not_added.find("is intersected with the range of partition wide"), std::string::npos);
}

TEST(DynamicPartition, WhatIsDropped) {
  auto properties = std::vector<std::pair<std::string, std::string>>{
      {"time_unit", "DAY"}, {"end", "1"}, {"prefix", "p"}, {"start", "-2"}};
  auto model = table(properties);
  model.partitions = {range("oldest", "", "2020-01-01"), range("kept", "2020-01-01", "2020-02-01"),
                      range("gone", "2020-02-02", "2024-01-08"), range("across", "2024-01-08", "2024-01-09"),
                      range("all", "2024-02-01", "")};
  model.partitions.push_back(range("temporary", "2020-01-01", "2020-02-01"));
  model.partitions.back().temporary = true;
  EXPECT_EQ(dynamic_change(model, LogicalType::DATE, at("2024-01-10")).dropped, (Names{"oldest", "kept", "gone"}));
  model.properties.emplace_back("dynamic_partition.reserved_history_periods", "[2020-01-31,2020-02-01]");
  EXPECT_EQ(dynamic_change(model, LogicalType::DATE, at("2024-01-10")).dropped, (Names{"oldest", "gone"}));
  // Both ends of a period belong to it.
  model.properties.back().second = "[2020-02-01,2020-02-02]";
  EXPECT_EQ(dynamic_change(model, LogicalType::DATE, at("2024-01-10")).dropped, (Names{"oldest", "kept"}));
  properties.pop_back();
  auto endless = table(properties);
  endless.partitions = model.partitions;
  EXPECT_TRUE(dynamic_change(endless, LogicalType::DATE, at("2024-01-10")).dropped.empty());
}

TEST(DynamicPartition, SwitchedOff) {
  const auto model = table({{"time_unit", "DAY"}, {"end", "1"}, {"prefix", "p"}, {"enable", "false"}});
  EXPECT_TRUE(dynamic_change(model, LogicalType::DATE, at("2024-01-10")).empty());
  EXPECT_FALSE(dynamic_partition(TableModel()));
}

TEST(DynamicPartition, Periods) {
  using Periods = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(reserved_periods("NULL", PartitionUnit::kDay), Periods());
  EXPECT_EQ(reserved_periods("[2020-01-01,2020-01-02],[2021-01-01,2021-02-28]", PartitionUnit::kWeek),
            (Periods{{"2020-01-01", "2020-01-02"}, {"2021-01-01", "2021-02-28"}}));
  EXPECT_EQ(reserved_periods("[2020-01-01 00:00:00,2020-01-01 05:00:00]", PartitionUnit::kHour),
            (Periods{{"2020-01-01 00:00:00", "2020-01-01 05:00:00"}}));
  for (const char* wrong : {"", "2020-01-01", "[2020-01-01,2020-01-02", "[2020-01-01,]", "[2020-01-01,2020-01-02],",
                            "[2020-13-01,2020-13-02]", "[2020-01-01 00:00:00,2020-01-01 05:00:00]"})
    EXPECT_FALSE(reserved_periods(wrong, PartitionUnit::kDay)) << wrong;
}

TEST(DynamicPartition, Refused) {
  const std::vector<std::pair<std::string, std::string>> good = {{"time_unit", "DAY"}, {"end", "1"}, {"prefix", "p"}};
  EXPECT_EQ(refused_dynamic_partition(table(good)), "");
  struct Case {
    const char* name;
    const char* value;
    const char* reason;
  };
  for (const auto& one :
       {Case{"reserved_history_periods", "", "Dynamic reserved history periods is empty."},
        Case{"reserved_history_periods", "[2020-02-01,2020-01-01]", "The first date is larger than the second date"},
        Case{"reserved_history_periods", "x", "It must be like"}, Case{"start", "0", "start must less than 0"}}) {
    auto properties = good;
    properties.emplace_back(one.name, one.value);
    EXPECT_NE(refused_dynamic_partition(table(properties)).find(one.reason), std::string::npos) << one.value;
  }
  auto odd = good;
  odd[2].second = "1 p";
  EXPECT_NE(refused_dynamic_partition(table(odd)).find("Invalid dynamic partition prefix"), std::string::npos);
}

}  // namespace
}  // namespace sluice::kernel
