// SPDX-License-Identifier: Apache-2.0
#include "timeseries/memory_store.h"

#include <gtest/gtest.h>

#include "timeseries/store_contract_test.h"
#include "timeseries/value_pattern.h"

namespace sluice::timeseries {

struct MemoryStoreHolder {
  static constexpr bool kClock = true;
  Store& store() { return store_; }
  void reopen() {}
  void pass(int64_t seconds) { now_ += seconds * 1000; }

 private:
  int64_t now_ = 1'700'000'000'000;
  MemoryStore store_{{.now = [this] { return now_; }}};
};
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreContract, MemoryStoreHolder);

namespace {

TEST(MemoryStore, RowsOfNegativeTimesMayHoldTimesApart) {
  MemoryStore store;
  const auto series = *store.series("m", PointType::kLong, Tags({{"a", "b"}}));
  WriteBatch batch;
  batch.add_long(series, -kRowWidth, 1);
  batch.add_long(series, -kRowWidth + 7, 2);
  batch.add_long(series, -kRowWidth / 2, 3);
  ASSERT_TRUE(store.write(batch).has_value());
  ReadOptions options;
  options.limit = 1;
  const auto rows = store.read({"m", -2 * kRowWidth, 0, {}}, options);
  ASSERT_TRUE(rows.has_value());
  EXPECT_EQ(rows->size(), 2u);  // -width and -width / 2 share the row -width
}

TEST(MemoryServiceStore, KeepsValues) {
  int64_t now = 5;
  MemoryServiceStore store([&] { return now; });
  EXPECT_FALSE(store.modified("s", "k")->has_value());
  ASSERT_TRUE(store.put("s", "k", "one", "1").has_value());
  now = 6;
  ASSERT_TRUE(store.put("s", "k", "other", "2").has_value());
  EXPECT_EQ((*store.get("s", "k", "one"))->value, "1");
  EXPECT_EQ((*store.get("s", "k", "one"))->modified, 5);
  EXPECT_FALSE(store.get("s", "k", "none")->has_value());
  EXPECT_EQ(*store.keys("s", "k", "o"), (std::vector<std::string>{"one", "other"}));
  EXPECT_EQ(*store.keys("s", "k", "ot"), (std::vector<std::string>{"other"}));
  EXPECT_EQ(*store.service_keys("s"), (std::vector<std::string>{"k"}));
  EXPECT_EQ(*store.modified("s", "k"), 6);
  ASSERT_TRUE(store.erase("s", "k", "one").has_value());
  EXPECT_FALSE(store.get("s", "k", "one")->has_value());
}

TEST(ValuePattern, MatchesWholeValues) {
  const auto pattern = ValuePattern::compile("h[12]|web.*");
  ASSERT_TRUE(pattern.has_value());
  EXPECT_TRUE(pattern->matches("h1"));
  EXPECT_TRUE(pattern->matches("web"));
  EXPECT_FALSE(pattern->matches("h12"));
  EXPECT_FALSE(pattern->matches("xweb"));
  EXPECT_FALSE(ValuePattern::compile("(").has_value());
}

}  // namespace
}  // namespace sluice::timeseries
