// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/embedded/embedded_store.h"

#include <gtest/gtest.h>
#include <rocksdb/perf_context.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "base/failpoint.h"
#include "timeseries/store_contract_test.h"

namespace sluice::timeseries {
namespace {

std::string fresh_folder() {
  std::string name = std::filesystem::temp_directory_path() / "embedded_store_test_XXXXXX";
  EXPECT_NE(::mkdtemp(name.data()), nullptr);
  return name;
}

// How the points of the contract lie: in the log and in memory, in blocks, or in blocks that were joined.
enum class Form { kLog, kBlocks, kJoined };

template <Form kForm>
struct EmbeddedHolder {
  EmbeddedHolder() : folder(fresh_folder()) { open(); }
  ~EmbeddedHolder() {
    embedded.reset();
    std::filesystem::remove_all(folder);
  }
  void open() {
    EmbeddedSettings settings;
    settings.folder = folder;
    settings.background = false;
    settings.now = [this] { return now; };
    auto opened = EmbeddedStore::open(settings);
    ASSERT_TRUE(opened.has_value()) << opened.error().describe();
    embedded = std::move(*opened);
  }
  Store& store() {
    // Between the calls of a test, so that reads meet every form.
    if (kForm == Form::kBlocks) EXPECT_TRUE(embedded->seal().has_value());
    if (kForm == Form::kJoined) EXPECT_TRUE(embedded->compact().has_value());
    return *embedded;
  }
  void reopen() {
    embedded.reset();
    open();
  }
  void pass(int64_t seconds) { now += seconds * 1000; }
  static constexpr bool kClock = true;

  std::string folder;
  int64_t now = 1'700'000'000'000;
  std::unique_ptr<EmbeddedStore> embedded;
};

INSTANTIATE_TYPED_TEST_SUITE_P(EmbeddedLog, StoreContract, EmbeddedHolder<Form::kLog>);
INSTANTIATE_TYPED_TEST_SUITE_P(EmbeddedBlocks, StoreContract, EmbeddedHolder<Form::kBlocks>);
INSTANTIATE_TYPED_TEST_SUITE_P(EmbeddedJoined, StoreContract, EmbeddedHolder<Form::kJoined>);

class EmbeddedStoreTest : public testing::Test {
 protected:
  EmbeddedStoreTest() : folder_(fresh_folder()) {
    settings_.folder = folder_;
    settings_.background = false;
    settings_.patience = std::chrono::seconds(0);
    settings_.now = [this] { return now_; };
  }
  ~EmbeddedStoreTest() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  Status open() {
    store_.reset();
    auto opened = EmbeddedStore::open(settings_);
    if (!opened) return fail(opened.error());
    store_ = std::move(*opened);
    return {};
  }
  SeriesRef series(std::string_view metric, PointType type = PointType::kDouble) {
    return *store_->series(metric, type, Tags({{"host", "a"}}));
  }
  Status write(const SeriesRef& series, int64_t begin, int64_t end, int64_t step = 1000) {
    WriteBatch batch;
    for (int64_t time = begin; time < end; time += step) batch.add_double(series, time, static_cast<double>(time) / 8);
    return store_->write(batch);
  }
  size_t count(const std::string& metric, int64_t begin = kMinTime, int64_t end = kMaxTime) {
    auto rows = store_->read({metric, begin, end, {}}, {});
    EXPECT_TRUE(rows) << rows.error().describe();
    size_t count = 0;
    for (auto& row : *rows)
      for (Points points;;) {
        const auto status = row.source->next(points);
        EXPECT_TRUE(status) << status.error().describe();
        if (!status || points.empty()) break;
        count += points.size();
      }
    return count;
  }

  std::string folder_;
  int64_t now_ = 1'700'000'000'000;
  EmbeddedSettings settings_;
  std::unique_ptr<EmbeddedStore> store_;
};

TEST_F(EmbeddedStoreTest, OneProcessHasAFolder) {
  ASSERT_TRUE(open());
  const auto second = EmbeddedStore::open(settings_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::kFailedPrecondition) << second.error().describe();
}

TEST_F(EmbeddedStoreTest, AFolderThatCannotBeMadeIsAnError) {
  settings_.folder = "/proc/no/such/place";
  EXPECT_FALSE(open());
}

TEST_F(EmbeddedStoreTest, PointsWaitInMemoryUntilBlocksCanBeWritten) {
  settings_.head_bytes = 100'000;
  ASSERT_TRUE(open());
  const auto to = series("m");
  ASSERT_TRUE(write(to, 0, 10'000'000));  // fills the memory
  const auto refused = write(to, 10'000'000, 10'001'000);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kResourceExhausted);
  for (const char* place : {"store.log.create", "store.seal", "store.blocks.write", "store.blocks.flush"}) {
    failpoint::ScopedFailpoint fault(place, "error(no room)");
    EXPECT_FALSE(store_->seal()) << place;
    EXPECT_EQ(count("m"), 10'000u) << place;
    EXPECT_FALSE(write(to, 10'000'000, 10'001'000)) << place;
  }
  ASSERT_TRUE(store_->seal());
  ASSERT_TRUE(write(to, 10'000'000, 10'001'000));
  EXPECT_EQ(count("m"), 10'001u);
  ASSERT_TRUE(open());
  EXPECT_EQ(count("m"), 10'001u);
}

TEST_F(EmbeddedStoreTest, RefusedPointsAreNotThere) {
  ASSERT_TRUE(open());
  const auto to = series("m");
  {
    failpoint::ScopedFailpoint fault("store.log.write", "error(no room)");
    EXPECT_FALSE(write(to, 0, 1000));
    EXPECT_TRUE(store_->metric_names("")->empty());
  }
  ASSERT_TRUE(write(to, 1000, 2000));
  EXPECT_EQ(count("m"), 1u);
  ASSERT_TRUE(open());
  EXPECT_EQ(count("m"), 1u);
}

TEST_F(EmbeddedStoreTest, MemoryIsCountedRightWhenAnErasureMakesItLarger) {
  settings_.head_bytes = 100'000;
  ASSERT_TRUE(open());
  const auto text = series("m", PointType::kString);
  WriteBatch batch;
  batch.add_text(text, 1, "small", 0);
  // These two lie in one chunk behind it; without it each has its own.
  batch.add_text(text, 2, std::string(300, 'a'), 0);
  batch.add_text(text, 3, std::string(200, 'b'), 0);
  ASSERT_TRUE(store_->write(batch));
  ASSERT_TRUE(store_->erase({"m", 1, 1, {}}));
  ASSERT_TRUE(store_->seal());
  ASSERT_TRUE(write(series("n"), 0, 10'000));
  EXPECT_EQ(count("m"), 2u);
  EXPECT_EQ(count("n"), 10u);
}

TEST_F(EmbeddedStoreTest, AnErasureThatFailsLeavesWhatWasThere) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(write(series("m"), 0, 100'000));
  ASSERT_TRUE(store_->seal());
  {
    failpoint::ScopedFailpoint fault("store.log.write", "error(no room)");
    EXPECT_FALSE(store_->erase({"m", 10'000, 20'000, {}}));
  }
  EXPECT_EQ(count("m"), 100u);
  ASSERT_TRUE(store_->erase({"m", 10'000, 20'000, {}}));
  EXPECT_EQ(count("m"), 89u);
}

TEST_F(EmbeddedStoreTest, LatePointsAreJoined) {
  ASSERT_TRUE(open());
  const auto to = series("m");
  for (int64_t part = 0; part < 20; ++part) {
    ASSERT_TRUE(write(to, part * 1000, 20'000'000, 20'000));  // each part lies between the points of the others
    ASSERT_TRUE(store_->seal());
  }
  EXPECT_EQ(count("m"), 20'000u);
  ASSERT_TRUE(store_->compact());
  EXPECT_EQ(count("m"), 20'000u);
  EXPECT_EQ(count("m", 5'000'000, 5'999'999), 1000u);
  // Regular times and values with a step: some bytes a block remain.
  EXPECT_LT(store_->statistics().block_bytes, 20'000u);
  ASSERT_TRUE(open());
  EXPECT_EQ(count("m"), 20'000u);
}

// What is read of the disk to find series that nobody holds, not how long it takes.
TEST_F(EmbeddedStoreTest, ManySeriesAreFoundWithoutReadingTheIndexAgain) {
  constexpr int kSeries = 60'000;
  settings_.cache_bytes = 4u << 20;
  ASSERT_TRUE(open());
  for (int begin = 0; begin < kSeries; begin += 10'000) {
    WriteBatch batch;
    for (int i = begin; i < begin + 10'000; ++i) {
      std::vector<Tags::Tag> tags = {{"host", "h" + std::to_string(i)}, {"dc", "d" + std::to_string(i % 10)}};
      for (const char* more : {"a", "b", "c", "d", "e", "f"}) tags.emplace_back(more, std::to_string(i % 1000));
      auto made = store_->series("m", PointType::kLong, Tags(std::move(tags)));
      ASSERT_TRUE(made);
      batch.add_long(*made, now_, i);
    }
    ASSERT_TRUE(store_->write(batch));
  }
  ASSERT_TRUE(store_->compact());
  ASSERT_TRUE(open());
  rocksdb::get_perf_context()->Reset();
  EXPECT_EQ(store_->find_series({"m", kMinTime, kMaxTime, {{"dc", {"d3"}}}}, {})->size(), kSeries / 10u);
  EXPECT_EQ(store_->find_series({"m", kMinTime, kMaxTime, {}}, {})->size(), static_cast<size_t>(kSeries));
  EXPECT_LT(rocksdb::get_perf_context()->block_read_byte, 200u << 20);
}

// Points that are sent again, and others between them: one cluster of all blocks, read and joined piece by piece.
TEST_F(EmbeddedStoreTest, LargeClustersAreMergedByWindows) {
  constexpr int64_t kPoints = 200'000;
  settings_.merged_points = 20'000;
  ASSERT_TRUE(open());
  const auto series = *store_->series("m", PointType::kDouble, Tags({{"host", "a"}}));
  const auto value = [](int64_t time, int64_t round) { return static_cast<double>(time * 10 + round); };
  for (int64_t round = 0; round < 3; ++round) {
    WriteBatch batch;
    for (int64_t i = 0; i < kPoints; ++i) batch.add_double(series, 6 * i + (round == 1 ? 3 : 0), value(i, round));
    ASSERT_TRUE(store_->write(batch));
    if (round < 2) {
      ASSERT_TRUE(store_->seal());  // the last round stays in memory
    }
  }
  const auto check = [&](Order order) {
    ReadOptions options;
    options.order = order;
    auto rows = store_->read({"m", 300, 6 * kPoints - 300, {}}, options);
    ASSERT_TRUE(rows.has_value());
    ASSERT_EQ(rows->size(), 1u);
    EXPECT_EQ((*rows)[0].points, 2u * (kPoints - 100) + 1);
    int64_t expected = order == Order::kAscending ? 300 : 6 * kPoints - 300;
    for (Points points;;) {
      ASSERT_TRUE((*rows)[0].source->next(points));
      if (points.empty()) break;
      for (size_t i = 0; i < points.size(); ++i) {
        ASSERT_EQ(points.time(i), expected);
        ASSERT_EQ(points.double_value(i), value(expected / 6, expected % 6 == 0 ? 2 : 1));
        expected += order == Order::kAscending ? 3 : -3;
      }
    }
    EXPECT_EQ(expected, order == Order::kAscending ? 6 * kPoints - 297 : 297);
  };
  const auto check_both = [&] {
    check(Order::kAscending);
    check(Order::kDescending);
  };
  check_both();
  ASSERT_TRUE(store_->seal());
  check_both();
  const auto before = store_->statistics().block_bytes;
  ASSERT_TRUE(store_->compact());
  EXPECT_LT(store_->statistics().block_bytes, before);
  check_both();
  ASSERT_TRUE(open());
  check_both();
  EXPECT_EQ(count("m"), 2u * kPoints);
}

TEST_F(EmbeddedStoreTest, TheSearchForSeriesCanBeStopped) {
  ASSERT_TRUE(open());
  WriteBatch batch;
  for (int i = 0; i < 3'000; ++i)
    batch.add_long(*store_->series("m", PointType::kLong, Tags({{"host", "h" + std::to_string(i)}})), now_, i);
  ASSERT_TRUE(store_->write(batch));
  const std::atomic<bool> cancelled = true;
  ReadOptions options;
  options.cancelled = &cancelled;
  const std::vector<TagFilter> nobody = {{"host", {"regex:nobody"}}};
  EXPECT_EQ(store_->find_series({"m", kMinTime, kMaxTime, nobody}, options).error().code(), Code::kCancelled);
  options.cancelled = nullptr;
  EXPECT_TRUE(store_->find_series({"m", kMinTime, kMaxTime, nobody}, options)->empty());
}

TEST_F(EmbeddedStoreTest, OldBlocksAreDropped) {
  settings_.retention = std::chrono::hours(24);
  ASSERT_TRUE(open());
  const int64_t day = 24 * 3600 * 1000;
  ASSERT_TRUE(write(series("old"), now_ - 3 * day, now_ - 2 * day, 60'000));
  ASSERT_TRUE(write(series("new"), now_ - day / 2, now_, 60'000));
  ASSERT_TRUE(write(series("both"), now_ - 2 * day, now_, 60'000));
  // They are not seen before anybody drops them.
  EXPECT_EQ(count("old"), 0u);
  EXPECT_EQ(count("both"), 1440u);
  EXPECT_TRUE(store_->find_series({"old", kMinTime, kMaxTime, {}}, {})->empty());
  ASSERT_TRUE(store_->compact());
  EXPECT_EQ(count("both"), 1440u);
  EXPECT_EQ(count("old"), 0u);
  EXPECT_EQ(count("new"), 720u);
  EXPECT_TRUE(store_->find_series({"old", kMinTime, kMaxTime, {}}, {})->empty());
  // Its series may come again.
  ASSERT_TRUE(write(series("old"), now_, now_ + 1000));
  ASSERT_TRUE(open());
  EXPECT_EQ(count("old"), 1u);
}

TEST_F(EmbeddedStoreTest, ExpiredBlocksGiveTheirRoomBack) {
  ASSERT_TRUE(open());
  WriteBatch batch;
  const auto to = series("m");
  for (int64_t i = 0; i < 1000; ++i) batch.add_double(to, i, static_cast<double>(i * i) / 7, 3600);
  ASSERT_TRUE(store_->write(batch));
  ASSERT_TRUE(store_->compact());
  EXPECT_EQ(count("m"), 1000u);
  now_ += 3'601'000;
  EXPECT_EQ(count("m"), 0u);
  ASSERT_TRUE(store_->compact());
  EXPECT_TRUE(store_->tag_names()->empty());
  ASSERT_TRUE(open());
  EXPECT_EQ(count("m"), 0u);
}

TEST_F(EmbeddedStoreTest, ADamagedBlockIsAnErrorOfItsSeriesOnly) {
  ASSERT_TRUE(open());
  std::mt19937_64 random(7);
  for (int i = 0; i < 3; ++i) {  // each fills a block of RocksDB's
    const auto to = series("m" + std::to_string(i));
    WriteBatch batch;
    for (int64_t k = 0; k < 8000; ++k) batch.add_double(to, k * 1000, static_cast<double>(random() % 1'000'000) / 100);
    ASSERT_TRUE(store_->write(batch));
  }
  ASSERT_TRUE(store_->compact());
  store_.reset();
  // The file of blocks is the largest; its middle belongs to the second series.
  std::filesystem::path file;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/blocks"))
    if (file.empty() || entry.file_size() > std::filesystem::file_size(file)) file = entry.path();
  {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(static_cast<std::streamoff>(std::filesystem::file_size(file) / 2));
    stream.write("damaged!", 8);
  }
  ASSERT_TRUE(open());
  auto rows = store_->read({"m1", kMinTime, kMaxTime, {}}, {});
  ASSERT_TRUE(rows);
  Points points;
  const auto status = rows->front().source->next(points);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), Code::kDataLoss);
  EXPECT_EQ(count("m0"), 8000u);
  EXPECT_EQ(count("m2"), 8000u);
}

TEST_F(EmbeddedStoreTest, LongSeriesAreReadByTheirPart) {
  ASSERT_TRUE(open());
  const auto to = series("m");
  for (int64_t part = 0; part < 10; ++part) {
    ASSERT_TRUE(write(to, part * 30'000'000, (part + 1) * 30'000'000));
    ASSERT_TRUE(store_->seal());
  }
  ASSERT_TRUE(open());
  EXPECT_EQ(count("m", 100'000'000, 100'009'999), 10u);
  EXPECT_EQ(count("m", 299'999'000, kMaxTime), 1u);
  EXPECT_EQ(count("m", kMinTime, 0), 1u);
  ReadOptions options;
  options.limit = 3;
  options.order = Order::kDescending;
  auto rows = store_->read({"m", kMinTime, kMaxTime, {}}, options);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1u);
  Points points;
  ASSERT_TRUE(rows->front().source->next(points));
  EXPECT_EQ(points.times(), (std::vector<int64_t>{299'999'000, 299'998'000, 299'997'000}));
}

TEST_F(EmbeddedStoreTest, TheBackgroundSealsAndTidies) {
  settings_.background = true;
  settings_.head_bytes = 200'000;
  settings_.patience = std::chrono::seconds(20);
  settings_.idle = std::chrono::seconds(0);
  ASSERT_TRUE(open());
  const auto to = series("m");
  for (int64_t part = 0; part < 100; ++part) ASSERT_TRUE(write(to, part * 1'000'000, (part + 1) * 1'000'000));
  for (int i = 0; i < 400 && store_->statistics().log_bytes > 1000; ++i) ::usleep(50'000);
  EXPECT_EQ(store_->statistics().head_bytes, 0u);
  EXPECT_LT(store_->statistics().log_bytes, 1000u);
  EXPECT_EQ(count("m"), 100'000u);
}

// For the sanitizers: everything at once.
TEST_F(EmbeddedStoreTest, ManyThreadsAtOnce) {
  settings_.background = true;
  settings_.head_bytes = 500'000;
  settings_.patience = std::chrono::seconds(20);
  settings_.idle = std::chrono::seconds(0);
  settings_.cached_series = 4;
  settings_.now = nullptr;
  ASSERT_TRUE(open());
  std::atomic<bool> done = false;
  std::vector<std::thread> threads;
  for (int w = 0; w < 3; ++w)
    threads.emplace_back([&, w] {
      for (int64_t k = 0; k < 60; ++k) {
        const auto own =
            *store_->series("own" + std::to_string(w), PointType::kDouble, Tags({{"k", std::to_string(k % 5)}}));
        const auto shared = *store_->series("shared", PointType::kDouble, Tags({{"k", std::to_string(k % 5)}}));
        ASSERT_TRUE(write(own, k * 500'000, (k + 1) * 500'000));
        ASSERT_TRUE(write(shared, k * 500'000, (k + 1) * 500'000));
      }
    });
  std::thread eraser([&] {
    while (!done) {
      ASSERT_TRUE(store_->erase({"shared", 1'000'000, 5'000'000, {{"k", {"3"}}}}));
      ASSERT_TRUE(store_->erase_metric("none"));
      ::usleep(5000);
    }
  });
  std::thread reader([&] {
    while (!done) {
      for (const char* metric : {"own0", "own1", "shared"}) count(metric);
      ASSERT_TRUE(store_->find_series({"shared", 0, kMaxTime, {{"k", {"regex:[1-3]"}}}}, {}));
      ASSERT_TRUE(store_->metric_names(""));
    }
  });
  for (auto& thread : threads) thread.join();
  done = true;
  eraser.join();
  reader.join();
  for (int w = 0; w < 3; ++w) EXPECT_EQ(count("own" + std::to_string(w)), 30'000u);
  ASSERT_TRUE(store_->erase({"shared", 1'000'000, 5'000'000, {}}));
  EXPECT_EQ(count("shared"), 30'000u - 4001);
  ASSERT_TRUE(open());
  EXPECT_EQ(count("shared"), 30'000u - 4001);
}

TEST_F(EmbeddedStoreTest, ServiceValues) {
  ASSERT_TRUE(open());
  using Names = std::vector<std::string>;
  EXPECT_EQ(*store_->get("s", "k", "a"), std::nullopt);
  EXPECT_EQ(*store_->modified("s", "k"), std::nullopt);
  ASSERT_TRUE(store_->put("s", "k", "a", "one"));
  ASSERT_TRUE(store_->put("s", "k", "ab", std::string("\0\xFF", 2)));
  ASSERT_TRUE(store_->put("s", "l", "b", "two"));
  ASSERT_TRUE(store_->put("ss", "k", "c", "three"));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ((*store_->get("s", "k", "a"))->value, "one");
    EXPECT_EQ((*store_->get("s", "k", "ab"))->value, std::string("\0\xFF", 2));
    EXPECT_EQ((*store_->get("s", "k", "ab"))->modified, now_);
    EXPECT_EQ(*store_->service_keys("s"), (Names{"k", "l"}));
    EXPECT_EQ(*store_->keys("s", "k", ""), (Names{"a", "ab"}));
    EXPECT_EQ(*store_->keys("s", "k", "ab"), (Names{"ab"}));
    EXPECT_EQ(*store_->modified("s", "k"), now_);
    ASSERT_TRUE(open());
  }
  now_ += 1000;
  ASSERT_TRUE(store_->erase("s", "k", "a"));
  ASSERT_TRUE(store_->erase("s", "k", "none"));
  EXPECT_EQ(*store_->modified("s", "l"), now_ - 1000);
  ASSERT_TRUE(store_->seal());
  ASSERT_TRUE(open());
  EXPECT_EQ(*store_->keys("s", "k", ""), (Names{"ab"}));
  EXPECT_EQ(*store_->modified("s", "k"), now_);
  EXPECT_EQ(*store_->service_keys("none"), (Names{}));
}

}  // namespace
}  // namespace sluice::timeseries
