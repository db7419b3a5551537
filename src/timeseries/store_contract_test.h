// SPDX-License-Identifier: Apache-2.0
// What every Store answers, as a suite of typed tests. A store's own test instantiates it with a class that makes it:
//   struct MyStoreHolder {
//     Store& store();                       // the same object until reopen()
//     void reopen();                        // closes and opens the store; does nothing where nothing can be closed
//     void pass(int64_t seconds);           // moves the store's clock; only used when kClock
//     static constexpr bool kClock = true;  // false: the store's clock cannot be moved, tests of TTL are skipped
//     static bool available();              // may be missing; false: all tests are skipped
//   };
//   INSTANTIATE_TYPED_TEST_SUITE_P(My, StoreContract, MyStoreHolder);
// One thread. Source of truth: store.h.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "timeseries/store.h"

namespace sluice::timeseries {

// A row that was read whole: tags as "a=b,c=d", and its points as text.
struct ReadRow {
  std::string tags;
  PointType type;
  uint64_t announced;
  std::vector<std::pair<int64_t, std::string>> points;
  bool operator==(const ReadRow&) const = default;
};

template <typename Holder>
class StoreContract : public testing::Test {
 protected:
  using Values = std::vector<std::pair<int64_t, std::string>>;

  void SetUp() override {
    if constexpr (requires { Holder::available(); })
      if (!Holder::available()) GTEST_SKIP() << "what this store needs is not here";
  }
  Store& store() { return holder_.store(); }
  void reopen() { holder_.reopen(); }
  bool has_clock() const { return Holder::kClock; }
  void pass(int64_t seconds) { holder_.pass(seconds); }

  static std::string tag_text(const Tags& tags) {
    std::string text;
    for (const auto& [name, value] : tags.all()) text += (text.empty() ? "" : ",") + name + "=" + value;
    return text;
  }

  SeriesRef series(std::string_view metric, PointType type, std::vector<Tags::Tag> tags) {
    auto made = store().series(metric, type, Tags(std::move(tags)));
    EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().message());
    return made ? *made : nullptr;
  }
  void write(const WriteBatch& batch) {
    const auto status = store().write(batch);
    EXPECT_TRUE(status.has_value()) << (status ? "" : status.error().message());
  }
  void write_longs(const SeriesRef& into, const std::vector<std::pair<int64_t, int64_t>>& points, uint32_t ttl = 0) {
    WriteBatch batch;
    for (const auto& [time, value] : points) batch.add_long(into, time, value, ttl);
    write(batch);
  }

  static std::string value_text(const Points& points, size_t i) {
    switch (points.type(i)) {
      case PointType::kLong:
        return std::to_string(points.long_value(i));
      case PointType::kDouble:
        return "d" + std::to_string(points.double_value(i));
      case PointType::kString:
        return "s" + std::string(points.text(i));
      default:
        return "?" + std::to_string(points.text(i).size());
    }
  }
  static ReadRow read_row(Row& row) {
    ReadRow read{tag_text(row.series->tags()), row.series->type(), row.points, {}};
    for (Points batch;;) {
      const auto status = row.source->next(batch);
      EXPECT_TRUE(status.has_value()) << (status ? "" : status.error().message());
      if (!status || batch.empty()) return read;
      for (size_t i = 0; i < batch.size(); ++i) read.points.emplace_back(batch.time(i), value_text(batch, i));
    }
  }
  // Rows sorted by tags, type and first point.
  std::vector<ReadRow> read_rows(const SeriesQuery& query, const ReadOptions& options = {}) {
    auto rows = store().read(query, options);
    EXPECT_TRUE(rows.has_value()) << (rows ? "" : rows.error().message());
    std::vector<ReadRow> read;
    if (!rows) return read;
    for (auto& row : *rows) {
      read.push_back(read_row(row));
      EXPECT_EQ(read.back().announced, read.back().points.size());
      EXPECT_FALSE(read.back().points.empty());
    }
    std::sort(read.begin(), read.end(), [](const ReadRow& a, const ReadRow& b) {
      return std::tie(a.tags, a.type, a.points) < std::tie(b.tags, b.type, b.points);
    });
    return read;
  }
  // The points of the only series that the query finds, over all of its rows.
  Values read_values(const SeriesQuery& query, const ReadOptions& options = {}) {
    Values values;
    for (const auto& row : read_rows(query, options)) values.insert(values.end(), row.points.begin(), row.points.end());
    std::sort(values.begin(), values.end());
    if (options.order == Order::kDescending) std::reverse(values.begin(), values.end());
    return values;
  }
  std::vector<std::string> found_tags(const SeriesQuery& query) {
    const auto found = store().find_series(query, {});
    EXPECT_TRUE(found.has_value());
    std::vector<std::string> tags;
    if (found)
      for (const auto& one : *found) tags.push_back(tag_text(one->tags()));
    std::sort(tags.begin(), tags.end());
    return tags;
  }

  static SeriesQuery query(std::string metric, int64_t start, int64_t end, std::vector<TagFilter> tags = {}) {
    return {std::move(metric), start, end, std::move(tags)};
  }
  static SeriesQuery all(std::string metric) { return query(std::move(metric), -4 * kRowWidth, kMaxTime); }

 private:
  Holder holder_;
};

TYPED_TEST_SUITE_P(StoreContract);

TYPED_TEST_P(StoreContract, AnEmptyStoreHasNothing) {
  EXPECT_TRUE(this->read_rows(this->all("m")).empty());
  EXPECT_TRUE(this->found_tags(this->all("m")).empty());
  EXPECT_TRUE(this->store().metric_names("")->empty());
  EXPECT_TRUE(this->store().tag_names()->empty());
  EXPECT_TRUE(this->store().tag_values()->empty());
  EXPECT_TRUE(this->store().erase(this->all("m")).has_value());
  EXPECT_TRUE(this->store().erase_metric("m").has_value());
  EXPECT_TRUE(this->store().check(Deadline::never()).has_value());
}

TYPED_TEST_P(StoreContract, BoundsOfTimeAreInclusive) {
  this->write_longs(this->series("m", PointType::kLong, {{"a", "b"}}), {{10, 1}, {20, 2}, {30, 3}, {40, 4}});
  using Values = std::vector<std::pair<int64_t, std::string>>;
  EXPECT_EQ(this->read_values(this->query("m", 20, 30)), (Values{{20, "2"}, {30, "3"}}));
  EXPECT_EQ(this->read_values(this->query("m", 21, 29)), (Values{}));
  EXPECT_EQ(this->read_values(this->query("m", 40, kMaxTime)), (Values{{40, "4"}}));
  EXPECT_EQ(this->read_values(this->query("m", kMinTime, 10)), (Values{{10, "1"}}));
  EXPECT_EQ(this->read_values(this->query("m", 30, 20)), (Values{}));
}

TYPED_TEST_P(StoreContract, TheLastPointOfATimeWins) {
  const auto series = this->series("m", PointType::kLong, {{"a", "b"}});
  this->write_longs(series, {{30, 1}, {10, 2}, {20, 3}, {10, 4}});
  this->write_longs(series, {{20, 5}, {5, 6}});
  using Values = std::vector<std::pair<int64_t, std::string>>;
  const Values expected{{5, "6"}, {10, "4"}, {20, "5"}, {30, "1"}};
  EXPECT_EQ(this->read_values(this->all("m")), expected);
  this->reopen();
  EXPECT_EQ(this->read_values(this->all("m")), expected);
}

TYPED_TEST_P(StoreContract, EveryTypeComesBackAsItWas) {
  const std::vector<Tags::Tag> tags{{"a", "b"}};
  const auto longs = this->series("m", PointType::kLong, tags);
  const auto doubles = this->series("m", PointType::kDouble, tags);
  const auto texts = this->series("m", PointType::kString, tags);
  const auto complex = this->series("m", PointType::kComplex, tags);
  WriteBatch batch;
  batch.add_long(longs, 1, std::numeric_limits<int64_t>::min());
  batch.add_long(longs, 2, std::numeric_limits<int64_t>::max());
  batch.add_double(doubles, 1, -0.0);
  batch.add_double(doubles, 2, std::numeric_limits<double>::quiet_NaN());
  batch.add_double(doubles, 3, 4.9e-324);
  batch.add_text(texts, 1, "");
  batch.add_text(texts, 2, std::string("\xC3\xA9\0 x", 5));
  batch.add_complex(complex, 1, 1.5, -2.5);
  this->write(batch);
  this->reopen();
  auto rows = this->store().read(this->all("m"), {});
  ASSERT_TRUE(rows.has_value());
  ASSERT_EQ(rows->size(), 4u);
  for (auto& row : *rows) {
    Points points;
    ASSERT_TRUE(row.source->next(points).has_value());
    ASSERT_EQ(points.size(), row.points);
    ASSERT_EQ(points.type(0), row.series->type());
    switch (row.series->type()) {
      case PointType::kLong:
        EXPECT_EQ(points.long_value(0), std::numeric_limits<int64_t>::min());
        EXPECT_EQ(points.long_value(1), std::numeric_limits<int64_t>::max());
        break;
      case PointType::kDouble:
        EXPECT_EQ(points.values()[0], std::bit_cast<uint64_t>(-0.0));
        EXPECT_TRUE(points.double_value(1) != points.double_value(1));
        EXPECT_EQ(points.double_value(2), 4.9e-324);
        break;
      case PointType::kString:
        EXPECT_EQ(points.text(0), "");
        EXPECT_EQ(points.text(1), std::string_view("\xC3\xA9\0 x", 5));
        break;
      default: {
        double parts[2];
        ASSERT_EQ(points.text(0).size(), sizeof parts);
        points.text(0).copy(reinterpret_cast<char*>(parts), sizeof parts);
        EXPECT_EQ(parts[0], 1.5);
        EXPECT_EQ(parts[1], -2.5);
      }
    }
  }
}

TYPED_TEST_P(StoreContract, LongsAndDoublesOfATimeAreTwoPoints) {
  WriteBatch batch;
  batch.add_long(this->series("m", PointType::kLong, {{"a", "b"}}), 7, 1);
  batch.add_double(this->series("m", PointType::kDouble, {{"a", "b"}}), 7, 2);
  this->write(batch);
  EXPECT_EQ(this->read_rows(this->all("m")).size(), 2u);
}

TYPED_TEST_P(StoreContract, OrderAndLimitAreOfARow) {
  const auto series = this->series("m", PointType::kLong, {{"a", "b"}});
  const int64_t row = 10 * kRowWidth;
  this->write_longs(series, {{row - 2, 1}, {row - 1, 2}, {row, 3}, {row + 1, 4}, {row + 2, 5}, {row + kRowWidth, 6}});
  using Values = std::vector<std::pair<int64_t, std::string>>;
  ReadOptions options;
  EXPECT_EQ(this->read_values(this->all("m"), options).size(), 6u);
  options.limit = 2;
  EXPECT_EQ(this->read_values(this->all("m"), options),
            (Values{{row - 2, "1"}, {row - 1, "2"}, {row, "3"}, {row + 1, "4"}, {row + kRowWidth, "6"}}));
  options.order = Order::kDescending;
  EXPECT_EQ(this->read_values(this->all("m"), options),
            (Values{{row + kRowWidth, "6"}, {row + 2, "5"}, {row + 1, "4"}, {row - 1, "2"}, {row - 2, "1"}}));
  options.limit = 0;
  for (const auto& read : this->read_rows(this->all("m"), options))
    EXPECT_TRUE(std::is_sorted(read.points.rbegin(), read.points.rend()));
}

TYPED_TEST_P(StoreContract, NegativeTimesAreTimes) {
  const auto series = this->series("m", PointType::kLong, {{"a", "b"}});
  this->write_longs(series, {{-5, 1}, {-kRowWidth, 2}, {-kRowWidth - 1, 3}, {-1, 4}, {0, 5}, {1, 6}});
  using Values = std::vector<std::pair<int64_t, std::string>>;
  EXPECT_EQ(this->read_values(this->query("m", -2 * kRowWidth, 10)),
            (Values{{-kRowWidth - 1, "3"}, {-kRowWidth, "2"}, {-5, "1"}, {-1, "4"}, {0, "5"}, {1, "6"}}));
  EXPECT_EQ(this->read_values(this->query("m", -5, 0)), (Values{{-5, "1"}, {-1, "4"}, {0, "5"}}));
}

TYPED_TEST_P(StoreContract, FiltersChooseSeries) {
  for (const auto& [host, dc] : std::vector<std::pair<std::string, std::string>>{{"h0", "x"}, {"h1", "y"}, {"h2", "x"}})
    this->write_longs(this->series("m", PointType::kLong, {{"host", host}, {"dc", dc}}), {{1, 1}});
  this->write_longs(this->series("m", PointType::kLong, {{"dc", "x"}}), {{1, 1}});
  this->write_longs(this->series("n", PointType::kLong, {{"host", "h0"}, {"dc", "x"}}), {{1, 1}});
  const auto tags = [&](std::vector<TagFilter> filters) {
    std::vector<std::string> found;
    for (const auto& row : this->read_rows(this->query("m", 0, 10, filters))) found.push_back(row.tags);
    EXPECT_EQ(this->found_tags(this->query("m", 0, 10, filters)), found);
    return found;
  };
  using Found = std::vector<std::string>;
  EXPECT_EQ(tags({}), (Found{"dc=x", "dc=x,host=h0", "dc=x,host=h2", "dc=y,host=h1"}));
  EXPECT_EQ(tags({{"host", {"h0", "h1"}}}), (Found{"dc=x,host=h0", "dc=y,host=h1"}));
  EXPECT_EQ(tags({{"host", {"h0", "h1"}}, {"dc", {"x"}}}), (Found{"dc=x,host=h0"}));
  EXPECT_EQ(tags({{"host", {"regex:h[12]"}}}), (Found{"dc=x,host=h2", "dc=y,host=h1"}));
  EXPECT_EQ(tags({{"host", {"regex:[12]"}}}), (Found{}));
  EXPECT_EQ(tags({{"host", {"h0", "regex:.*2"}}}), (Found{"dc=x,host=h0", "dc=x,host=h2"}));
  // Of several patterns the last one counts.
  EXPECT_EQ(tags({{"host", {"h1", "regex:.*0", "regex:.*2"}}}), (Found{"dc=x,host=h2", "dc=y,host=h1"}));
  EXPECT_EQ(tags({{"nope", {"regex:.*"}}}), (Found{}));
  EXPECT_FALSE(this->store().read(this->query("m", 0, 10, {{"host", {"regex:["}}}), {}).has_value());
}

TYPED_TEST_P(StoreContract, SeriesWithoutTagsAndWithOddOnes) {
  this->write_longs(this->series("m", PointType::kLong, {}), {{1, 1}});
  this->write_longs(this->series("o d:=\xC3\xA9", PointType::kLong, {{"k:=1", "v:=2 \xC3\xA9"}, {"z", "\xE4\xB8\xAD"}}),
                    {{1, 2}});
  this->reopen();
  EXPECT_EQ(this->read_rows(this->all("m")), (std::vector<ReadRow>{{"", PointType::kLong, 1, {{1, "1"}}}}));
  EXPECT_EQ(this->read_rows(this->query("o d:=\xC3\xA9", 0, 9, {{"k:=1", {"v:=2 \xC3\xA9"}}})),
            (std::vector<ReadRow>{{"k:=1=v:=2 \xC3\xA9,z=\xE4\xB8\xAD", PointType::kLong, 1, {{1, "2"}}}}));
}

TYPED_TEST_P(StoreContract, SeriesAreFoundByTheirRows) {
  this->write_longs(this->series("m", PointType::kLong, {{"a", "1"}}), {{10 * kRowWidth + 5, 1}});
  this->write_longs(this->series("m", PointType::kLong, {{"a", "2"}}), {{12 * kRowWidth, 1}});
  using Found = std::vector<std::string>;
  // The row of the first began before the query's start; so KairosDB names it.
  EXPECT_EQ(this->found_tags(this->query("m", 10 * kRowWidth + 100, 12 * kRowWidth)), (Found{"a=1", "a=2"}));
  EXPECT_EQ(this->found_tags(this->query("m", 11 * kRowWidth, 12 * kRowWidth)), (Found{"a=2"}));
  EXPECT_EQ(this->found_tags(this->query("m", 0, 12 * kRowWidth - 1)), (Found{"a=1"}));
}

TYPED_TEST_P(StoreContract, NamesAreSortedAsJavaSortsThem) {
  for (const std::string name : {"b", "a", "\xF0\x9F\x98\x80", "\xEF\xBF\xBD", "ab"})
    this->write_longs(this->series(name, PointType::kLong, {{"t" + name, "v" + name}}), {{1, 1}});
  this->reopen();
  using Names = std::vector<std::string>;
  EXPECT_EQ(*this->store().metric_names(""), (Names{"a", "ab", "b", "\xF0\x9F\x98\x80", "\xEF\xBF\xBD"}));
  EXPECT_EQ(*this->store().metric_names("a"), (Names{"a", "ab"}));
  EXPECT_EQ(*this->store().tag_names(), (Names{"ta", "tab", "tb", "t\xF0\x9F\x98\x80", "t\xEF\xBF\xBD"}));
  EXPECT_EQ(*this->store().tag_values(), (Names{"va", "vab", "vb", "v\xF0\x9F\x98\x80", "v\xEF\xBF\xBD"}));
}

TYPED_TEST_P(StoreContract, ErasedPointsAreGone) {
  const auto one = this->series("m", PointType::kLong, {{"a", "1"}});
  const auto two = this->series("m", PointType::kLong, {{"a", "2"}});
  this->write_longs(one, {{10, 1}, {20, 2}, {30, 3}});
  this->write_longs(two, {{10, 1}, {20, 2}, {30, 3}});
  ASSERT_TRUE(this->store().erase(this->query("m", 20, 25, {{"a", {"1"}}})).has_value());
  using Values = std::vector<std::pair<int64_t, std::string>>;
  const auto of = [&](const std::string& value) {
    return this->read_values(this->query("m", 0, 99, {{"a", {value}}}));
  };
  EXPECT_EQ(of("1"), (Values{{10, "1"}, {30, "3"}}));
  EXPECT_EQ(of("2"), (Values{{10, "1"}, {20, "2"}, {30, "3"}}));
  this->reopen();
  EXPECT_EQ(of("1"), (Values{{10, "1"}, {30, "3"}}));
  ASSERT_TRUE(this->store().erase(this->query("m", 0, kMaxTime)).has_value());
  EXPECT_EQ(of("2"), (Values{}));
  EXPECT_TRUE(this->found_tags(this->all("m")).empty());
  // What is written later is not touched.
  this->write_longs(this->series("m", PointType::kLong, {{"a", "1"}}), {{20, 9}});
  this->reopen();
  EXPECT_EQ(of("1"), (Values{{20, "9"}}));
}

TYPED_TEST_P(StoreContract, RangesOfSeriesAreErased) {
  const auto one = this->series("m", PointType::kLong, {{"a", "1"}});
  const auto more = this->series("m", PointType::kLong, {{"a", "1"}, {"b", "1"}});
  const auto text = this->series("m", PointType::kString, {{"a", "1"}});
  const int64_t far = 3 * kRowWidth;
  for (const auto& series : {one, more}) this->write_longs(series, {{10, 1}, {20, 2}, {30, 3}, {far, 4}, {far + 9, 5}});
  WriteBatch batch;
  batch.add_text(text, 20, "x");
  this->write(batch);
  this->reopen();
  const auto again = this->series("m", PointType::kLong, {{"a", "1"}});
  const SeriesRange ranges[] = {{again, 20, 20}, {again, 30, far}};
  ASSERT_TRUE(this->store().erase_ranges(ranges).has_value());
  ASSERT_TRUE(this->store().erase_ranges({}).has_value());
  using Values = std::vector<std::pair<int64_t, std::string>>;
  std::map<std::string, Values> found;
  for (int round = 0; round < 2; ++round) {
    found.clear();
    for (const auto& row : this->read_rows(this->all("m"))) {
      auto& values = found[row.tags + (row.type == PointType::kString ? " text" : "")];
      values.insert(values.end(), row.points.begin(), row.points.end());
    }
    EXPECT_EQ(found["a=1"], (Values{{10, "1"}, {far + 9, "5"}}));
    EXPECT_EQ(found["a=1,b=1"], (Values{{10, "1"}, {20, "2"}, {30, "3"}, {far, "4"}, {far + 9, "5"}}));
    EXPECT_EQ(found["a=1 text"].size(), 1u);
    this->reopen();
  }
}

TYPED_TEST_P(StoreContract, AnErasedMetricLosesItsName) {
  this->write_longs(this->series("m", PointType::kLong, {{"a", "1"}}), {{10, 1}, {-20, 2}});
  this->write_longs(this->series("mm", PointType::kLong, {{"a", "1"}}), {{10, 1}});
  ASSERT_TRUE(this->store().erase_metric("m").has_value());
  this->reopen();
  EXPECT_EQ(*this->store().metric_names(""), (std::vector<std::string>{"mm"}));
  EXPECT_TRUE(this->read_rows(this->all("m")).empty());
  EXPECT_EQ(this->read_rows(this->all("mm")).size(), 1u);
  this->write_longs(this->series("m", PointType::kLong, {{"a", "1"}}), {{11, 1}});
  EXPECT_EQ(this->store().metric_names("")->size(), 2u);
}

TYPED_TEST_P(StoreContract, PointsExpire) {
  if (!this->has_clock()) GTEST_SKIP() << "this store's clock cannot be moved";
  const auto series = this->series("m", PointType::kLong, {{"a", "b"}});
  this->write_longs(series, {{10, 1}, {20, 2}}, 60);
  this->write_longs(series, {{20, 3}, {30, 4}});
  this->pass(59);
  EXPECT_EQ(this->read_values(this->all("m")).size(), 3u);
  this->pass(2);
  using Values = std::vector<std::pair<int64_t, std::string>>;
  EXPECT_EQ(this->read_values(this->all("m")), (Values{{20, "3"}, {30, "4"}}));
  this->reopen();
  EXPECT_EQ(this->read_values(this->all("m")), (Values{{20, "3"}, {30, "4"}}));
}

TYPED_TEST_P(StoreContract, ReadsCanBeStopped) {
  this->write_longs(this->series("m", PointType::kLong, {{"a", "b"}}), {{10, 1}, {20, 2}, {30, 3}});
  ReadOptions options;
  options.max_points = 2;
  const auto read_error = [&]() -> Code {
    auto rows = this->store().read(this->all("m"), options);
    if (!rows) return rows.error().code();
    for (auto& row : *rows)
      for (Points batch;;) {
        const auto status = row.source->next(batch);
        if (!status) return status.error().code();
        if (batch.empty()) break;
      }
    return Code::kInternal;
  };
  EXPECT_EQ(read_error(), Code::kResourceExhausted);
  options = {};
  const std::atomic<bool> cancelled = true;
  options.cancelled = &cancelled;
  EXPECT_EQ(read_error(), Code::kCancelled);
  options = {};
  options.deadline = Deadline::after(std::chrono::seconds(-1));
  EXPECT_EQ(read_error(), Code::kDeadlineExceeded);
}

TYPED_TEST_P(StoreContract, ManyPointsComeInBatches) {
  const auto series = this->series("m", PointType::kDouble, {{"a", "b"}});
  WriteBatch batch;
  for (int64_t i = 0; i < 50'000; ++i) batch.add_double(series, i * 1000, static_cast<double>(i) / 8);
  this->write(batch);
  for (const auto order : {Order::kAscending, Order::kDescending}) {
    ReadOptions options;
    options.order = order;
    auto rows = this->store().read(this->query("m", 1000, 48'000'000), options);
    ASSERT_TRUE(rows.has_value());
    ASSERT_EQ(rows->size(), 1u);
    EXPECT_EQ(rows->front().points, 48'000u);
    int64_t expected = order == Order::kAscending ? 1000 : 48'000'000;
    size_t count = 0;
    for (Points points;;) {
      ASSERT_TRUE(rows->front().source->next(points).has_value());
      if (points.empty()) break;
      count += points.size();
      for (size_t i = 0; i < points.size(); ++i) {
        ASSERT_EQ(points.time(i), expected);
        ASSERT_EQ(points.double_value(i), static_cast<double>(expected / 1000) / 8);
        expected += order == Order::kAscending ? 1000 : -1000;
      }
    }
    EXPECT_EQ(count, 48'000u);
  }
}

REGISTER_TYPED_TEST_SUITE_P(StoreContract, AnEmptyStoreHasNothing, BoundsOfTimeAreInclusive, TheLastPointOfATimeWins,
                            EveryTypeComesBackAsItWas, LongsAndDoublesOfATimeAreTwoPoints, OrderAndLimitAreOfARow,
                            NegativeTimesAreTimes, FiltersChooseSeries, SeriesWithoutTagsAndWithOddOnes,
                            SeriesAreFoundByTheirRows, NamesAreSortedAsJavaSortsThem, ErasedPointsAreGone,
                            RangesOfSeriesAreErased, AnErasedMetricLosesItsName, PointsExpire, ReadsCanBeStopped,
                            ManyPointsComeInBatches);

}  // namespace sluice::timeseries
