// SPDX-License-Identifier: Apache-2.0
#include "kernel/key_order.h"

#include <gtest/gtest.h>

namespace sluice::kernel {
namespace {

using duckdb::LogicalType;
using duckdb::Value;
using Rows = std::vector<std::vector<Value>>;

KeyOrder order_of(const duckdb::vector<LogicalType>& types, const std::vector<Rows>& chunks) {
  KeyOrder order;
  for (const Rows& rows : chunks) {
    duckdb::DataChunk chunk;
    chunk.Initialize(duckdb::Allocator::DefaultAllocator(), types);
    for (size_t row = 0; row < rows.size(); ++row) {
      for (size_t i = 0; i < types.size(); ++i) chunk.SetValue(i, row, rows[row][i]);
    }
    chunk.SetCardinality(rows.size());
    order.add(chunk);
  }
  return order;
}

bool bigints_ascend(const std::vector<std::vector<int64_t>>& chunks) {
  std::vector<Rows> rows;
  for (const auto& numbers : chunks) {
    Rows& chunk = rows.emplace_back();
    for (int64_t number : numbers) chunk.push_back({Value::BIGINT(number)});
  }
  return order_of({LogicalType::BIGINT}, rows).ascends();
}

TEST(KeyOrder, OneNumber) {
  EXPECT_TRUE(bigints_ascend({}));
  EXPECT_TRUE(bigints_ascend({{5}}));
  EXPECT_TRUE(bigints_ascend({{-3, -1, 0, 7}, {8}, {}, {9, 10}}));
  EXPECT_FALSE(bigints_ascend({{1, 1}}));
  EXPECT_FALSE(bigints_ascend({{1, 3, 2}}));
  EXPECT_FALSE(bigints_ascend({{1, 2}, {2, 3}}));
  EXPECT_FALSE(bigints_ascend({{3, 2}, {4, 5}}));
}

TEST(KeyOrder, LaterColumnsDecideWhereEarlierAreEqual) {
  const duckdb::vector<LogicalType> types{LogicalType::INTEGER, LogicalType::VARCHAR, LogicalType::SMALLINT};
  auto row = [](int32_t a, const char* b, int16_t c) {
    return std::vector<Value>{Value::INTEGER(a), Value(b), Value::SMALLINT(c)};
  };
  EXPECT_TRUE(order_of(types, {{row(1, "a", 1), row(1, "a", 2), row(1, "b", 0), row(2, "a", 0)}}).ascends());
  EXPECT_FALSE(order_of(types, {{row(1, "a", 1), row(1, "a", 1)}}).ascends());
  EXPECT_FALSE(order_of(types, {{row(1, "b", 1), row(1, "a", 2)}}).ascends());
  EXPECT_FALSE(order_of(types, {{row(1, "a", 2), row(1, "b", 0), row(1, "b", 0), row(2, "a", 0)}}).ascends());
  EXPECT_FALSE(order_of(types, {{row(1, "a", 1)}, {row(1, "a", 1)}}).ascends());
}

TEST(KeyOrder, NullStandsAboveAllAndEqualsItself) {
  const Value null{LogicalType::BIGINT};
  EXPECT_TRUE(order_of({LogicalType::BIGINT}, {{{Value::BIGINT(1)}, {null}}}).ascends());
  EXPECT_FALSE(order_of({LogicalType::BIGINT}, {{{null}, {Value::BIGINT(1)}}}).ascends());
  EXPECT_FALSE(order_of({LogicalType::BIGINT}, {{{null}, {null}}}).ascends());
  EXPECT_FALSE(order_of({LogicalType::BIGINT}, {{{null}}, {{null}}}).ascends());
}

TEST(KeyOrder, RunsFollowEachOther) {
  auto of = [](int64_t first, int64_t last) {
    return order_of({LogicalType::BIGINT}, {{{Value::BIGINT(first)}, {Value::BIGINT(last)}}});
  };
  EXPECT_TRUE(of(1, 4).is_below(of(5, 9)));
  EXPECT_FALSE(of(1, 5).is_below(of(5, 9)));
  EXPECT_FALSE(of(6, 7).is_below(of(1, 2)));
}

KeyRange range_of(const LogicalType& type, const std::vector<Value>& values) {
  duckdb::Vector vector(type);
  for (size_t row = 0; row < values.size(); ++row) vector.SetValue(row, values[row]);
  KeyRange range;
  range.add(vector, values.size());
  return range;
}

TEST(KeyRange, LeastAndGreatest) {
  KeyRange range = range_of(LogicalType::BIGINT, {Value::BIGINT(4), Value::BIGINT(-7), Value::BIGINT(5)});
  EXPECT_EQ(range.bounds()->first, Value::BIGINT(-7));
  EXPECT_EQ(range.bounds()->second, Value::BIGINT(5));
  range.add(range_of(LogicalType::BIGINT, {Value::BIGINT(6)}));
  range.add(range_of(LogicalType::BIGINT, {}));
  EXPECT_EQ(range.bounds()->first, Value::BIGINT(-7));
  EXPECT_EQ(range.bounds()->second, Value::BIGINT(6));
  range.add(range_of(LogicalType::BIGINT, {Value::BIGINT(9), Value(LogicalType::BIGINT)}));
  EXPECT_FALSE(range.bounds());
}

TEST(KeyRange, Texts) {
  const KeyRange range = range_of(LogicalType::VARCHAR, {Value("bb"), Value("a"), Value("a text longer than twelve"),
                                                         Value("c text longer than twelve"), Value("")});
  EXPECT_EQ(range.bounds()->first, Value(""));
  EXPECT_EQ(range.bounds()->second, Value("c text longer than twelve"));
}

TEST(KeyRange, NoneOfNothingAndOfOtherTypes) {
  EXPECT_FALSE(range_of(LogicalType::INTEGER, {}).bounds());
  EXPECT_FALSE(range_of(LogicalType::DOUBLE, {Value::DOUBLE(1)}).bounds());
}

}  // namespace
}  // namespace sluice::kernel
