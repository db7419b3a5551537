// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/cassandra/cassandra_store.h"

#include <thread>

#include "timeseries/store/cassandra/store_for_tests.h"
#include "timeseries/store_contract_test.h"

namespace sluice::timeseries {
namespace {

using cassandra::StoreWorld;

// Reads what it wrote at once.
class FlushingStore : public Store {
 public:
  explicit FlushingStore(const std::unique_ptr<StoreWorld>& world) : world_(world) {}
  Result<SeriesRef> series(std::string_view metric, PointType type, const Tags& tags) override {
    return inner().series(metric, type, tags);
  }
  Status write(const WriteBatch& batch) override {
    TRY(inner().write(batch));
    return inner().flush(Deadline::after(std::chrono::seconds(60)));
  }
  Result<std::vector<Row>> read(const SeriesQuery& query, const ReadOptions& options) override {
    return inner().read(query, options);
  }
  Result<std::vector<SeriesRef>> find_series(const SeriesQuery& query, const ReadOptions& options) override {
    return inner().find_series(query, options);
  }
  Result<std::vector<std::string>> metric_names(std::string_view prefix) override {
    return inner().metric_names(prefix);
  }
  Result<std::vector<std::string>> tag_names() override { return inner().tag_names(); }
  Result<std::vector<std::string>> tag_values() override { return inner().tag_values(); }
  Status erase(const SeriesQuery& query) override { return inner().erase(query); }
  Status erase_metric(std::string_view metric) override { return inner().erase_metric(metric); }
  Status erase_ranges(std::span<const SeriesRange> ranges) override { return inner().erase_ranges(ranges); }
  Status index_tags(const SeriesQuery& query) override { return inner().index_tags(query); }
  Status check(Deadline deadline) override { return inner().check(deadline); }

 private:
  CassandraStore& inner() { return *world_->store; }
  const std::unique_ptr<StoreWorld>& world_;
};

struct CassandraHolder {
  CassandraHolder() {
    if (!available()) return;
    world = std::make_unique<StoreWorld>();
    world->empty_tables();
    world->open();
  }
  Store& store() { return flushing; }
  void reopen() {
    world->close();
    world->open();
  }
  void pass(int64_t) {}
  static constexpr bool kClock = false;
  static bool available() { return cassandra::cassandra_address() != nullptr; }
  std::unique_ptr<StoreWorld> world;
  FlushingStore flushing{world};
};

}  // namespace

INSTANTIATE_TYPED_TEST_SUITE_P(Cassandra, StoreContract, CassandraHolder);

namespace {

class CassandraStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    if (cassandra::cassandra_address() == nullptr) GTEST_SKIP() << "SLUICE_CASSANDRA names no server";
    world_ = std::make_unique<StoreWorld>();
    world_->empty_tables();
  }
  void open() { world_->open(); }
  SeriesRef series(const std::string& metric, std::vector<Tags::Tag> tags, PointType type = PointType::kLong) {
    return *world_->store->series(metric, type, Tags(std::move(tags)));
  }
  void write(const SeriesRef& into, int64_t time, int64_t value, uint32_t ttl = 0) {
    WriteBatch batch;
    batch.add_long(into, time, value, ttl);
    const auto written = world_->store->write(batch);
    ASSERT_TRUE(written.has_value()) << written.error().describe();
  }
  uint64_t count(const std::string& metric, std::vector<TagFilter> tags = {}) {
    auto rows = world_->store->read({metric, kMinTime, kMaxTime, std::move(tags)}, {});
    EXPECT_TRUE(rows.has_value()) << rows.error().describe();
    uint64_t sum = 0;
    for (const auto& row : *rows) sum += row.points;
    return sum;
  }
  std::string table(const std::string& name) { return world_->settings.write.keyspace + "." + name; }

  std::unique_ptr<StoreWorld> world_;
};

// A whole second is far more than the delivery of one point takes.
TEST_F(CassandraStoreTest, CellsAreStampedInMilliseconds) {
  open();
  const int64_t before = cassandra::Stamps::now();
  write(series("m", {{"a", "b"}}), 1000, 5);
  write(series("m", {{"a", "b"}}), 2000, 5, 3600);
  world_->flush();
  const auto rows = world_->query("SELECT column1, WRITETIME(value), TTL(value) FROM " + table("data_points"));
  ASSERT_EQ(rows.size(), 2u);
  auto cursor = rows.cursor();
  while (cursor.next()) {
    EXPECT_GE(*cursor[1].int64(), before);
    EXPECT_LE(*cursor[1].int64(), cassandra::Stamps::now());
    if (cursor[0].bytes() == std::string_view("\0\0\x07\xD0", 4)) {
      EXPECT_LE(*cursor[2].int32(), 3600);
      EXPECT_GE(*cursor[2].int32(), 3590);
    } else {
      EXPECT_TRUE(cursor[2].is_null());
    }
  }
  // All of the index, once.
  EXPECT_EQ(world_->query("SELECT * FROM " + table("row_keys")).size(), 1u);
  EXPECT_EQ(world_->query("SELECT * FROM " + table("row_key_time_index")).size(), 1u);
  EXPECT_EQ(world_->query("SELECT * FROM " + table("string_index")).size(), 1u);
}

TEST_F(CassandraStoreTest, PointsWithTtlExpire) {
  open();
  write(series("m", {{"a", "b"}}), 1000, 5, 2);
  write(series("m", {{"a", "b"}}), 2000, 5);
  world_->flush();
  EXPECT_EQ(count("m"), 2u);
  std::this_thread::sleep_for(std::chrono::milliseconds(3100));
  EXPECT_EQ(count("m"), 1u);
}

TEST_F(CassandraStoreTest, TheIndexByTagFindsWhatTheTableOfRowKeysDoes) {
  world_->settings.write.tag_index = cassandra::TagIndex({{"m", {"host"}}, {"all", {}}});
  open();
  for (int i = 0; i < 20; ++i)
    for (const std::string metric : {"m", "all"})
      write(series(metric, {{"host", "h" + std::to_string(i)}, {"dc", "d" + std::to_string(i % 2)}}), 1000, i);
  world_->flush();
  for (const std::string metric : {"m", "all"}) {
    EXPECT_EQ(count(metric), 20u);
    EXPECT_EQ(count(metric, {{"host", {"h1", "h7"}}}), 2u);
    EXPECT_EQ(count(metric, {{"host", {"h1", "h7"}}, {"dc", {"d0"}}}), 0u);
    EXPECT_EQ(count(metric, {{"dc", {"d1"}}}), 10u);
    EXPECT_EQ(count(metric, {{"host", {"h1", "regex:h7"}}}), 2u);
  }
  EXPECT_EQ(world_->query("SELECT * FROM " + table("tag_indexed_row_keys")).size(), 60u);
  world_->query("TRUNCATE " + table("tag_indexed_row_keys"));
  ASSERT_TRUE(world_->store->index_tags({"m", 0, kMaxTime, {}}).has_value());
  EXPECT_EQ(count("m", {{"host", {"h1", "h7"}}}), 2u);
  ASSERT_TRUE(world_->store->erase_metric("m").has_value());
  // What is left are the partitions' static columns.
  const auto left = world_->query("SELECT data_type FROM " + table("tag_indexed_row_keys"));
  auto cursor = left.cursor();
  while (cursor.next()) EXPECT_TRUE(cursor[0].is_null());
}

TEST_F(CassandraStoreTest, AnOldKeyspaceIsLegacy) {
  const std::string keyspace = "sluice_legacy_test";
  world_->settings.write.keyspace = keyspace;
  world_->query("DROP KEYSPACE IF EXISTS " + keyspace);
  open();
  world_->close();
  world_->query("TRUNCATE " + keyspace + ".spec");
  world_->query("INSERT INTO " + keyspace +
                ".string_index (key, column1, value) VALUES (textAsBlob('metric_names'), 'm', 0x00)");
  open();
  const auto spec = world_->query("SELECT value FROM " + keyspace +
                                  ".spec WHERE spec_type='cluster_config' AND name='row_time_unit'");
  auto cursor = spec.cursor();
  ASSERT_TRUE(cursor.next());
  EXPECT_EQ(cursor[0].text(), "LEGACY");
  write(series("m", {{"a", "b"}}), 1000, 5);
  world_->flush();
  EXPECT_EQ(
      world_
          ->query("SELECT * FROM " + keyspace + ".data_points WHERE key = " + std::string("0x6d0000000000000000") +
                  "00000b6b6169726f735f6c6f6e67613d623a AND column1 = 0x000007d0")
          .size(),
      1u);
  // A row of the first KairosDB: found through row_key_index only; a long and a float.
  const std::string key = "0x6d000000000000000000613d633a";
  world_->query("INSERT INTO " + keyspace + ".row_key_index (key, column1, value) VALUES (0x6d, " + key + ", 0x00)", 5);
  world_->query(
      "INSERT INTO " + keyspace + ".data_points (key, column1, value) VALUES (" + key + ", 0x000007d0, 0x0102)", 5);
  world_->query(
      "INSERT INTO " + keyspace + ".data_points (key, column1, value) VALUES (" + key + ", 0x000007d3, 0x013fc00000)",
      5);
  EXPECT_EQ(count("m"), 3u);
  EXPECT_EQ(count("m", {{"a", {"c"}}}), 2u);
  ASSERT_TRUE(world_->store->erase({"m", 0, 1001, {{"a", {"c"}}}}).has_value());
  EXPECT_EQ(count("m"), 1u);
  world_->close();
  world_->query("DROP KEYSPACE " + keyspace);
}

// Nobody writes such keyspaces here: rows of milliseconds are made, and then said to be of seconds.
TEST_F(CassandraStoreTest, AKeyspaceInSecondsIsReadBesideTheOwn) {
  constexpr int64_t kRow = 1'814'400'000 * int64_t{937};
  const ClusterSettings own = world_->settings.write;
  ClusterSettings old = own;
  old.keyspace = "sluice_seconds_test";
  old.new_spec = *cassandra::RowSpec::parse("MILLISECONDS", "1814400");
  world_->query("DROP KEYSPACE IF EXISTS " + old.keyspace);
  world_->settings.write = old;
  open();
  write(series("m", {{"a", "b"}}), kRow + 5, 50);
  write(series("m", {{"a", "b"}}), kRow + 1'814'399, 60);
  world_->flush();
  world_->close();
  world_->query("INSERT INTO " + old.keyspace +
                ".spec (spec_type, name, value) VALUES ('cluster_config', 'row_time_unit', 'SECONDS')");
  world_->settings.write = own;
  world_->settings.reads = {old};
  open();
  write(series("m", {{"a", "b"}}), kRow + 7000, 70);
  world_->flush();
  std::vector<std::pair<int64_t, int64_t>> found;
  auto rows = world_->store->read({"m", kRow, kRow + 1'814'400'000, {}}, {});
  ASSERT_TRUE(rows.has_value()) << rows.error().describe();
  for (auto& row : *rows)
    for (Points points; row.source->next(points) && !points.empty();)
      for (size_t i = 0; i < points.size(); ++i) found.emplace_back(points.time(i), points.long_value(i));
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, (std::vector<std::pair<int64_t, int64_t>>{
                       {kRow + 5000, 50}, {kRow + 7000, 70}, {kRow + 1'814'399'000, 60}}));
  auto some = world_->store->read({"m", kRow + 5001, kRow + 1'814'398'999, {}}, {});
  ASSERT_TRUE(some.has_value());
  uint64_t count = 0;
  for (const auto& row : *some) count += row.points;
  EXPECT_EQ(count, 1u);
  world_->close();
  world_->query("DROP KEYSPACE " + old.keyspace);
}

TEST_F(CassandraStoreTest, WhatIsDamagedIsLeftOut) {
  open();
  write(series("m", {{"a", "b"}}), 1000, 5);
  world_->flush();
  const int64_t stamp = cassandra::Stamps::now();
  const std::string row_keys = "INSERT INTO " + table("row_keys") +
                               " (metric, table_name, row_time, data_type, tags) VALUES ('m', 'data_points', 0, ";
  world_->query(row_keys + "'plugin_type', {'a': 'b'})", stamp);
  world_->query("INSERT INTO " + table("row_key_index") +
                    " (key, column1, value) VALUES (0x6d, 0x6d000000000000000000000b6b61, 0x00)",
                stamp);
  world_->query("INSERT INTO " + table("data_points") +
                    " (key, column1, value) VALUES (0x6d000000000000000000000b6b6169726f735f6c6f6e67613d623a, "
                    "0x000003e9, 0xffff)",
                stamp);
  EXPECT_EQ(count("m"), 1u);
}

TEST_F(CassandraStoreTest, LargeBatchesOfManySeriesArrive) {
  open();
  WriteBatch batch;
  for (int i = 0; i < 3000; ++i) {
    const auto into = series("m" + std::to_string(i % 40), {{"host", "h" + std::to_string(i)}}, PointType::kString);
    for (int64_t j = 0; j < 10; ++j) batch.add_text(into, j, std::string(static_cast<size_t>(i % 100), 'x'));
  }
  ASSERT_TRUE(world_->store->write(batch).has_value());
  world_->flush();
  uint64_t sum = 0;
  for (int i = 0; i < 40; ++i) sum += count("m" + std::to_string(i));
  EXPECT_EQ(sum, 30'000u);
  EXPECT_EQ(world_->store->state().delivered_points, 30'000u);
  EXPECT_EQ(world_->store->state().lost_points, 0u);
}

// Cassandra takes 16 MiB at once.
TEST_F(CassandraStoreTest, LongTextsOfOneSeriesArrive) {
  open();
  WriteBatch batch;
  const auto into = series("m", {{"a", "b"}}, PointType::kString);
  for (int64_t i = 0; i < 500; ++i) batch.add_text(into, i, std::string(65'000, static_cast<char>('a' + i % 26)));
  ASSERT_TRUE(world_->store->write(batch).has_value());
  world_->flush();
  EXPECT_EQ(count("m"), 500u);
  EXPECT_EQ(world_->store->state().lost_points, 0u);
}

TEST_F(CassandraStoreTest, KeysThatAreTooLongTakeNothingWithThem) {
  open();
  write(series(std::string(70'000, 'x'), {{"a", "b"}}), 1000, 5);
  write(series("m", {{"a", std::string(65'500, 'x')}}), 1000, 5);
  write(series("m", {{"a", "b"}}), 1000, 5);
  world_->flush();
  EXPECT_EQ(count("m", {{"a", {"b"}}}), 1u);
}

TEST_F(CassandraStoreTest, TheQueueOutlivesTheStore) {
  world_->settings.drain = std::chrono::seconds(0);
  world_->settings.batch_wait = std::chrono::seconds(30);
  open();
  for (int i = 0; i < 100; ++i) write(series("m", {{"a", "b"}}), i, i);
  EXPECT_NE(world_->store->state().queue_bytes, 0u);
  EXPECT_EQ(count("m"), 0u);
  world_->close();
  world_->settings.batch_wait = std::chrono::milliseconds(1);
  open();
  world_->flush();
  EXPECT_EQ(count("m"), 100u);
}

TEST_F(CassandraStoreTest, ServiceValues) {
  open();
  CassandraStore& store = *world_->store;
  EXPECT_FALSE(store.modified("s", "k")->has_value());
  EXPECT_FALSE(store.get("s", "k", "a")->has_value());
  const int64_t before = cassandra::Stamps::now();
  for (const std::string key : {"b", "a", "ab", "c"}) ASSERT_TRUE(store.put("s", "k", key, "v" + key).has_value());
  ASSERT_TRUE(store.put("s", "l", "x", "").has_value());
  EXPECT_EQ((*store.get("s", "k", "ab"))->value, "vab");
  EXPECT_GE((*store.get("s", "k", "ab"))->modified, before);
  EXPECT_EQ((*store.get("s", "l", "x"))->value, "");
  using Names = std::vector<std::string>;
  EXPECT_EQ(*store.keys("s", "k", ""), (Names{"a", "ab", "b", "c"}));
  EXPECT_EQ(*store.keys("s", "k", "a"), (Names{"a", "ab"}));
  auto services = *store.service_keys("s");
  std::sort(services.begin(), services.end());
  EXPECT_EQ(services, (Names{"k", "l"}));
  EXPECT_GE(**store.modified("s", "k"), before);
  EXPECT_LE(**store.modified("s", "k"), cassandra::Stamps::now() + 1000);
  ASSERT_TRUE(store.erase("s", "l", "x").has_value());
  EXPECT_EQ(*store.keys("s", "l", ""), Names());
  EXPECT_FALSE(store.get("s", "l", "x")->has_value());
  EXPECT_EQ(*store.service_keys("s"), (Names{"k"}));
  ASSERT_TRUE(store.put("s", "l", "x", "again").has_value());
  EXPECT_EQ((*store.get("s", "l", "x"))->value, "again");
}

}  // namespace
}  // namespace sluice::timeseries
