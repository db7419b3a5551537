// SPDX-License-Identifier: Apache-2.0
#include "functions/set_order.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sluice::functions {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

// The values in the order of a set, as text.
std::string ordered(const LogicalType& type, const std::vector<Value>& values, uint8_t degree = kArraySetDegree) {
  duckdb::Vector vector(type, std::max<size_t>(values.size(), 1));
  for (size_t i = 0; i < values.size(); ++i) vector.SetValue(i, values[i]);
  const SetPlaces places(vector, values.size());
  std::vector<SetPlace> all;
  for (size_t i = 0; i < values.size(); ++i) all.push_back(places[i]);
  std::string text;
  for (const size_t index : set_order(all, degree)) text += (text.empty() ? "" : " ") + values[index].ToString();
  return text;
}

TEST(SetOrder, Numbers) {
  EXPECT_EQ(ordered(LogicalType::TINYINT, {1, 2, 3, 4}), "3 2 1 4");
  EXPECT_EQ(ordered(LogicalType::INTEGER, {10005, 1, 2, 3}), "3 10005 2 1");
  EXPECT_EQ(ordered(LogicalType::BIGINT, {5, 0}), "0 5");
  EXPECT_EQ(ordered(LogicalType::BIGINT, {1, 2, 3, 4}, kCollectSetDegree), "4 2 1 3");
  EXPECT_EQ(ordered(LogicalType::DECIMAL(2, 1), {Value::DECIMAL(int16_t{20}, 2, 1), Value::DECIMAL(int16_t{10}, 2, 1)}),
            "1.0 2.0");
}

TEST(SetOrder, MomentsInAnyUnit) {
  const std::vector<Value> dates{Value::DATE(2023, 2, 6), Value::DATE(2023, 2, 5), Value::DATE(2023, 2, 7)};
  EXPECT_EQ(ordered(LogicalType::DATE, dates), "2023-02-07 2023-02-06 2023-02-05");
  const auto first = Value::TIMESTAMP(2022, 8, 31, 12, 0, 0, 999000);
  const auto second = Value::TIMESTAMP(2022, 10, 15, 10, 30, 0, 999000);
  EXPECT_EQ(ordered(LogicalType::TIMESTAMP, {first, second}), second.ToString() + " " + first.ToString());
  EXPECT_EQ(ordered(LogicalType::TIMESTAMP_MS,
                    {first.DefaultCastAs(LogicalType::TIMESTAMP_MS), second.DefaultCastAs(LogicalType::TIMESTAMP_MS)}),
            second.ToString() + " " + first.ToString());
}

TEST(SetOrder, Texts) {
  EXPECT_EQ(ordered(LogicalType::VARCHAR, {"c", "b", "a"}), "b c a");
  EXPECT_EQ(ordered(LogicalType::VARCHAR, {"ab", "cd", "efg"}, kCollectSetDegree), "efg cd ab");
}

TEST(SetOrder, KeepsAllWhenTheTableGrows) {
  std::vector<SetPlace> places;
  for (uint64_t i = 0; i < 1000; ++i) places.push_back({i % 7, false});  // all in one chain
  std::vector<size_t> order = set_order(places, kCollectSetDegree);
  std::ranges::sort(order);
  ASSERT_EQ(order.size(), places.size());
  for (size_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], i);
}

}  // namespace
}  // namespace sluice::functions
