// SPDX-License-Identifier: Apache-2.0
// One keyspace, written and read by Java KairosDB too: test/cassandra/test_both_ways.py starts it, sends it its part
// over HTTP, and runs these tests between. Skipped without SLUICE_CASSANDRA_BOTH_WAYS=<keyspace>.
#include <gmock/gmock.h>

#include "timeseries/store/cassandra/store_for_tests.h"

namespace sluice::timeseries::cassandra {
namespace {

constexpr int64_t kTime = 1'600'000'000'000;

class CassandraBothWays : public testing::Test {
 protected:
  void SetUp() override {
    const char* const keyspace = std::getenv("SLUICE_CASSANDRA_BOTH_WAYS");
    if (keyspace == nullptr || cassandra_address() == nullptr)
      GTEST_SKIP() << "SLUICE_CASSANDRA and SLUICE_CASSANDRA_BOTH_WAYS name no keyspace";
    world_ = std::make_unique<StoreWorld>(keyspace);
    world_->open();
  }
  // "time=value" of all points, by time.
  std::vector<std::string> texts(const std::string& metric, std::vector<TagFilter> tags = {}) {
    std::vector<std::string> found;
    auto rows = world_->store->read({metric, -4 * kRowWidth, kMaxTime, std::move(tags)}, {});
    EXPECT_TRUE(rows.has_value()) << rows.error().describe();
    if (!rows) return found;
    for (auto& row : *rows)
      for (Points points; row.source->next(points) && !points.empty();)
        for (size_t i = 0; i < points.size(); ++i) {
          std::string text = std::to_string(points.time(i)) + "=";
          if (points.type(i) == PointType::kString)
            text += points.text(i);
          else if (points.type(i) == PointType::kDouble)
            text += std::to_string(points.double_value(i));
          else
            text += std::to_string(points.long_value(i));
          found.push_back(std::move(text));
        }
    return found;
  }
  std::unique_ptr<StoreWorld> world_;
};

TEST_F(CassandraBothWays, Writes) {
  CassandraStore& store = *world_->store;
  WriteBatch batch;
  const Tags tags({{"host", "a"}, {"k:=1", "v:=2 \xC3\xA9"}});
  batch.add_long(*store.series("ours", PointType::kLong, tags), kTime, -7);
  batch.add_long(*store.series("ours", PointType::kLong, tags), -5, 8);
  batch.add_double(*store.series("ours", PointType::kDouble, tags), kTime + 1, 2.5);
  batch.add_text(*store.series("ours", PointType::kString, tags), kTime + 2, "\xF0\x9F\x98\x80 text");
  for (int64_t i = 0; i < 10; ++i)
    batch.add_long(*store.series("ours.cut", PointType::kLong, tags), kTime + i, i, i == 9 ? 3600 : 0);
  ASSERT_TRUE(store.write(batch).has_value());
  world_->flush();
}

TEST_F(CassandraBothWays, ReadsWhatJavaWrote) {
  EXPECT_THAT(texts("java"), testing::UnorderedElementsAre("1600000000000=-7", "1600000000001=2.500000",
                                                           "1600000000002=\xF0\x9F\x98\x80 text", "-5=8"));
  EXPECT_EQ(texts("java", {{"k:=1", {"v:=2 \xC3\xA9"}}}).size(), 4u);
  EXPECT_THAT(*world_->store->metric_names("java"), testing::ElementsAre("java", "java.cut"));
  EXPECT_EQ(texts("java.cut").size(), 10u);
  // Java deleted two of ours.
  EXPECT_EQ(texts("ours.cut").size(), 8u);
}

TEST_F(CassandraBothWays, ErasesWhatJavaWrote) {
  ASSERT_TRUE(world_->store->erase({"java.cut", kTime + 2, kTime + 4, {}}).has_value());
  ASSERT_TRUE(world_->store->erase_metric("java").has_value());
  EXPECT_EQ(texts("java.cut").size(), 7u);
  EXPECT_TRUE(texts("java").empty());
}

}  // namespace
}  // namespace sluice::timeseries::cassandra
