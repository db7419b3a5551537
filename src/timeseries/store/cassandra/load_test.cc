// SPDX-License-Identifier: Apache-2.0
// Loads that test/cassandra disturbs from outside: it stops and kills Cassandra, and kills this program. What it must
// know comes in variables SLUICE_CASSANDRA_..; tests are skipped without.
#include <fstream>
#include <thread>

#include "timeseries/store/cassandra/store_for_tests.h"

namespace sluice::timeseries::cassandra {
namespace {

constexpr int64_t kBatch = 100;  // points

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

class CassandraStoreLoad : public testing::Test {
 protected:
  bool has(const char* name) { return cassandra_address() != nullptr && !variable(name).empty(); }
  Status write(StoreWorld& world, int64_t number) {
    WriteBatch batch;
    for (int64_t i = 0; i < kBatch; ++i) {
      const auto series = world.store->series("load", PointType::kLong, Tags({{"host", std::to_string(i % 10)}}));
      batch.add_long(*series, number * kBatch + i, number);
    }
    return world.store->write(batch);
  }
  uint64_t count(StoreWorld& world) {
    auto rows = world.store->read({"load", 0, kMaxTime, {}}, {});
    EXPECT_TRUE(rows.has_value()) << rows.error().describe();
    uint64_t points = 0;
    if (rows)
      for (const auto& row : *rows) points += row.points;
    return points;
  }
};

TEST_F(CassandraStoreLoad, SurvivesAnOutage) {
  if (!has("SLUICE_CASSANDRA_STOP_FILE")) GTEST_SKIP() << "nobody stops Cassandra here";
  StoreWorld world("sluice_outage_test");
  world.empty_tables();
  world.open();
  int64_t number = 0;
  bool failed = false;
  while (!std::filesystem::exists(variable("SLUICE_CASSANDRA_STOP_FILE"))) {
    const auto written = write(world, number);
    ASSERT_TRUE(written.has_value()) << written.error().describe();
    ++number;
    failed = failed || !world.store->state().delivery;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  EXPECT_TRUE(failed);
  const auto flushed = world.store->flush(Deadline::after(std::chrono::minutes(3)));
  ASSERT_TRUE(flushed.has_value()) << flushed.error().describe();
  EXPECT_EQ(count(world), static_cast<uint64_t>(number * kBatch));
  EXPECT_EQ(world.store->state().lost_points, 0u);
  EXPECT_TRUE(world.store->state().delivery.has_value());
}

TEST_F(CassandraStoreLoad, WritesUntilKilled) {
  if (!has("SLUICE_CASSANDRA_ACKNOWLEDGED")) GTEST_SKIP() << "is run by test/cassandra, which kills it";
  StoreWorld world("sluice_kill_test");
  world.empty_tables();
  world.settings.queue_folder = variable("SLUICE_CASSANDRA_FOLDER");
  world.open();
  std::ofstream acknowledged(variable("SLUICE_CASSANDRA_ACKNOWLEDGED"));
  for (int64_t number = 0;; ++number) {
    ASSERT_TRUE(write(world, number).has_value());
    acknowledged << number << std::endl;
  }
}

TEST_F(CassandraStoreLoad, HasWhatWasAcknowledged) {
  if (!has("SLUICE_CASSANDRA_ACKNOWLEDGED")) GTEST_SKIP() << "is run by test/cassandra, which killed a writer";
  std::ifstream in(variable("SLUICE_CASSANDRA_ACKNOWLEDGED"));
  int64_t last = -1;
  for (int64_t number = 0; in >> number;) last = number;
  ASSERT_GE(last, 0);
  StoreWorld world("sluice_kill_test");
  world.settings.queue_folder = variable("SLUICE_CASSANDRA_FOLDER");
  world.open();
  world.flush();
  EXPECT_GE(count(world), static_cast<uint64_t>((last + 1) * kBatch));
  EXPECT_EQ(world.store->state().lost_queue_bytes, 0u);
}

}  // namespace
}  // namespace sluice::timeseries::cassandra
