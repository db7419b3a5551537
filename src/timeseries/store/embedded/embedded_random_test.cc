// SPDX-License-Identifier: Apache-2.0
// Random writes, erasures, seals, compactions, restarts: after each, the store answers as MemoryStore does.
// More: SLUICE_STORE_ROUNDS=500 timeseries_test --gtest_filter='EmbeddedRandom*'. A failure names its seed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>

#include "timeseries/memory_store.h"
#include "timeseries/store/embedded/embedded_store.h"

namespace sluice::timeseries {
namespace {

class Model {
 public:
  explicit Model(uint64_t seed) : random_(seed), with_ttl_(seed % 2 == 0) {
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    MemoryStoreOptions options;
    options.now = [this] { return now_; };
    memory_ = std::make_unique<MemoryStore>(options);
    open();
  }
  ~Model() {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  void step() {
    switch (random(14)) {
      case 0:
        ASSERT_TRUE(store_->seal());
        break;
      case 1:
        ASSERT_TRUE(store_->compact());
        break;
      case 2:
        reopen();
        break;
      case 3:
        erase();
        break;
      case 4:
        if (random(5) == 0) erase_metric();
        break;
      case 5:
        now_ += 1000 * static_cast<int64_t>(random(40));
        break;
      default:
        write();
        break;
    }
    compare();
  }

 private:
  uint64_t random(uint64_t below) { return random_() % below; }

  void open() {
    EmbeddedSettings settings;
    settings.folder = folder_;
    settings.background = false;
    settings.sync = EmbeddedSettings::Sync::kNever;
    // Sometimes a replay has to seal.
    settings.head_bytes = random(3) == 0 ? 4000 : 256u << 20;
    settings.patience = std::chrono::seconds(0);
    settings.merged_points = random(2) == 0 ? 1 + random(40) : 512 * 1024;
    settings.cached_series = random(3) == 0 ? 2 : 1000;
    settings.now = [this] { return now_; };
    small_memory_ = settings.head_bytes == 4000;
    auto opened = EmbeddedStore::open(settings);
    ASSERT_TRUE(opened) << opened.error().describe();
    store_ = std::move(*opened);
  }
  void reopen() {
    held_.clear();
    store_.reset();
    open();
  }

  struct Name {
    std::string metric;
    PointType type;
    Tags tags;
  };
  Name random_name() {
    const PointType types[] = {PointType::kLong, PointType::kDouble, PointType::kString};
    std::vector<Tags::Tag> tags{{"host", "h" + std::to_string(random(3))}};
    if (random(2)) tags.emplace_back("dc", random(2) ? "x" : "y");
    return {random(2) ? "m" : "mm", types[random(3)], Tags(tags)};
  }
  int64_t random_time() {
    if (run_left_ > 0) {
      --run_left_;
      return run_time_ += 1000;
    }
    switch (random(12)) {
      case 0:
        return static_cast<int64_t>(random(100)) - 50;
      case 2:
        // A stretch of time as another client sends it: some before, between or over what is there.
        run_left_ = random(300);
        return run_time_ = last_time_ + (static_cast<int64_t>(random(1000)) - 800) * 1000;
      case 1:
        return static_cast<int64_t>(random(5)) * kRowWidth + static_cast<int64_t>(random(3)) - 1;
      default:
        return last_time_ += 1 + static_cast<int64_t>(random(3)) * 1000;
    }
  }
  void write() {
    WriteBatch left, right;
    const size_t series = 1 + random(3);
    for (size_t s = 0; s < series; ++s) {
      const Name name = random_name();
      const auto a = *memory_->series(name.metric, name.type, name.tags);
      const auto b = *store_->series(name.metric, name.type, name.tags);
      if (random(2)) held_.push_back(b);
      const size_t points = random(10) == 0 ? 3000 + random(9000) : random(30);
      const auto ttl = static_cast<uint32_t>(with_ttl_ && random(3) == 0 ? 1 + random(100) : 0);
      for (size_t i = 0; i < points; ++i) {
        const int64_t time = random_time();
        const uint64_t value = random(100'000);
        switch (name.type) {
          case PointType::kLong:
            left.add_long(a, time, static_cast<int64_t>(value), ttl);
            right.add_long(b, time, static_cast<int64_t>(value), ttl);
            break;
          case PointType::kDouble:
            left.add_double(a, time, static_cast<double>(value) / 100, ttl);
            right.add_double(b, time, static_cast<double>(value) / 100, ttl);
            break;
          default:
            left.add_text(a, time, std::string(value % 20, 'a') + std::to_string(value), ttl);
            right.add_text(b, time, std::string(value % 20, 'a') + std::to_string(value), ttl);
            break;
        }
      }
    }
    if (small_memory_) ASSERT_TRUE(store_->seal());
    ASSERT_TRUE(memory_->write(left));
    const auto written = store_->write(right);
    ASSERT_TRUE(written) << written.error().describe();
  }
  SeriesQuery random_query() {
    SeriesQuery query{random(2) ? "m" : "mm", random_time(), random_time(), {}};
    if (random(3) == 0) query.start = kMinTime;
    if (random(3) == 0) query.end = kMaxTime;
    if (random(3) == 0) query.tags.push_back({"host", {"h" + std::to_string(random(4)), "h1"}});
    if (random(4) == 0) query.tags.push_back({"dc", {random(2) ? "regex:[xz]" : "y"}});
    return query;
  }
  void erase() {
    const auto query = random_query();
    ASSERT_TRUE(memory_->erase(query));
    ASSERT_TRUE(store_->erase(query));
  }
  void erase_metric() {
    const std::string metric = random(2) ? "m" : "mm";
    ASSERT_TRUE(memory_->erase_metric(metric));
    ASSERT_TRUE(store_->erase_metric(metric));
  }

  static std::string name_of(const Series& series) {
    std::string text = series.metric() + " " + std::string(api_name(series.type()));
    for (const auto& [name, value] : series.tags().all()) text += " " + name + "=" + value;
    return text;
  }
  // Points by series, in the order of the answer; with a limit, of rows in any order.
  using Answer = std::map<std::string, std::vector<std::pair<int64_t, std::string>>>;
  static Answer answer(Store& store, const SeriesQuery& query, const ReadOptions& options) {
    Answer answer;
    auto rows = store.read(query, options);
    EXPECT_TRUE(rows) << rows.error().describe();
    if (!rows) return answer;
    for (auto& row : *rows) {
      auto& points = answer[name_of(*row.series)];
      uint64_t count = 0;
      for (Points batch;;) {
        const auto status = row.source->next(batch);
        EXPECT_TRUE(status) << status.error().describe();
        if (!status || batch.empty()) break;
        count += batch.size();
        for (size_t i = 0; i < batch.size(); ++i)
          points.emplace_back(batch.time(i), batch.type(i) == PointType::kString ? std::string(batch.text(i))
                                                                                 : std::to_string(batch.values()[i]));
      }
      EXPECT_EQ(count, row.points);
      EXPECT_GT(count, 0u);
      if (options.limit != 0) std::sort(points.begin(), points.end());
    }
    return answer;
  }
  static std::vector<std::string> found(Store& store, const SeriesQuery& query) {
    std::vector<std::string> names;
    const auto found = store.find_series(query, {});
    EXPECT_TRUE(found);
    for (const auto& series : *found) names.push_back(name_of(*series));
    std::sort(names.begin(), names.end());
    return names;
  }
  void compare() {
    const auto query = random_query();
    ReadOptions options;
    if (random(2)) options.order = Order::kDescending;
    if (random(3) == 0) options.limit = static_cast<uint32_t>(1 + random(20));
    ASSERT_EQ(answer(*store_, query, options), answer(*memory_, query, options))
        << query.metric << " " << query.start << ".." << query.end << " limit " << options.limit;
    ASSERT_EQ(found(*store_, query), found(*memory_, query));
    ASSERT_EQ(*store_->metric_names(""), *memory_->metric_names(""));
    if (with_ttl_) return;
    ASSERT_EQ(*store_->tag_names(), *memory_->tag_names());
    ASSERT_EQ(*store_->tag_values(), *memory_->tag_values());
  }

  std::mt19937_64 random_;
  const bool with_ttl_;
  bool small_memory_ = false;
  int64_t now_ = 1'700'000'000'000;
  int64_t last_time_ = 2 * kRowWidth;
  int64_t run_time_ = 0;
  uint64_t run_left_ = 0;
  std::string folder_ = std::filesystem::temp_directory_path() / "embedded_random_test_XXXXXX";
  std::unique_ptr<MemoryStore> memory_;
  std::unique_ptr<EmbeddedStore> store_;
  std::vector<SeriesRef> held_;  // as doors hold them
};

TEST(EmbeddedRandom, AnswersAsTheStoreInMemory) {
  const char* wanted = std::getenv("SLUICE_STORE_ROUNDS");
  const uint64_t rounds = wanted ? std::strtoull(wanted, nullptr, 10) : 6;
  const char* first = std::getenv("SLUICE_STORE_SEED");
  const uint64_t seed = first ? std::strtoull(first, nullptr, 10) : 1;
  for (uint64_t round = seed; round < seed + rounds; ++round) {
    SCOPED_TRACE("SLUICE_STORE_SEED=" + std::to_string(round));
    Model model(round);
    for (int i = 0; i < 60; ++i) {
      model.step();
      if (testing::Test::HasFatalFailure() || testing::Test::HasNonfatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace sluice::timeseries
