// SPDX-License-Identifier: Apache-2.0
#include "timeseries/engine/merge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>

#include "timeseries/engine/operator_base.h"
#include "timeseries/engine/stored_points.h"

namespace sluice::timeseries {
namespace {

using Item = std::tuple<int64_t, int64_t, uint64_t>;  // time, order of the number, value

class InBatches : public PointSource {
 public:
  InBatches(Points points, size_t batch) : points_(std::move(points)), batch_(batch) {}
  Status next(Points& into) override {
    into.clear();
    const size_t end = std::min(points_.size(), at_ + batch_);
    into.append(points_, at_, end);
    at_ = end;
    return {};
  }

 private:
  const Points points_;
  const size_t batch_;
  size_t at_ = 0;
};

std::vector<Item> read(PointSource& source) {
  std::vector<Item> items;
  for (Points batch;;) {
    EXPECT_TRUE(source.next(batch).has_value());
    if (batch.empty()) return items;
    for (size_t i = 0; i < batch.size(); ++i)
      items.emplace_back(batch.time(i), java_order(batch.number(i)), batch.values()[i]);
  }
}

// Sources of random length, some after each other, some at the same times.
void check(uint64_t seed, Order order, bool mixed) {
  std::mt19937_64 random(seed);
  PointSources sources;
  std::vector<Item> expected;
  const size_t count = 1 + random() % 20;
  for (size_t i = 0; i < count; ++i) {
    Points points;
    const size_t size = random() % 300;
    int64_t time = static_cast<int64_t>(random() % 3 == 0 ? i * 10'000 : random() % 100) - 50;
    for (size_t j = 0; j < size; ++j) {
      time += 1 + static_cast<int64_t>(random() % 3);
      if (mixed && i % 2 == 0)
        points.add_long(time, static_cast<int64_t>(random() % 9) - 4);
      else
        points.add_double(time, static_cast<double>(random() % 9) / 2 - 2);
    }
    Points ordered;
    for (size_t j = 0; j < size; ++j) {
      const size_t from = order == Order::kAscending ? j : size - 1 - j;
      ordered.add_from(points, from);
      expected.emplace_back(points.time(from), java_order(points.number(from)), points.values()[from]);
    }
    sources.push_back(std::make_unique<InBatches>(std::move(ordered), 1 + random() % 100));
  }
  auto merged = merge_sources(std::move(sources), order);
  auto found = read(*merged);
  const auto before = [&](const Item& a, const Item& b) {
    const auto left = std::tie(std::get<0>(a), std::get<1>(a));
    const auto right = std::tie(std::get<0>(b), std::get<1>(b));
    return order == Order::kAscending ? left < right : right < left;
  };
  EXPECT_TRUE(std::is_sorted(found.begin(), found.end(), before)) << seed;
  std::sort(expected.begin(), expected.end());
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, expected) << seed;
}

TEST(Merge, SortsByTimeAndNumber) {
  for (uint64_t seed = 1; seed < 60; ++seed)
    for (const auto order : {Order::kAscending, Order::kDescending})
      for (const bool mixed : {false, true}) check(seed, order, mixed);
}

TEST(Merge, OneSourceIsPassedOnAndNoneIsEmpty) {
  PointSources one;
  one.push_back(std::make_unique<StoredPoints>(std::make_shared<Points>()));
  const auto* source = one.front().get();
  EXPECT_EQ(merge_sources(std::move(one), Order::kAscending).get(), source);
  EXPECT_TRUE(read(*merge_sources({}, Order::kAscending)).empty());
}

TEST(Merge, NumbersSortAsJavaSortsThem) {
  PointSources sources;
  for (const double value : {1.0, -0.0, std::numeric_limits<double>::quiet_NaN(), 0.0, -1.0}) {
    auto points = std::make_shared<Points>();
    points->add_double(std::numeric_limits<int64_t>::max(), value);
    sources.push_back(std::make_unique<StoredPoints>(points));
  }
  const auto found = read(*merge_sources(std::move(sources), Order::kAscending));
  ASSERT_EQ(found.size(), 5u);
  EXPECT_EQ(std::get<2>(found[0]), std::bit_cast<uint64_t>(-1.0));
  EXPECT_EQ(std::get<2>(found[1]), std::bit_cast<uint64_t>(-0.0));
  EXPECT_EQ(std::get<2>(found[2]), std::bit_cast<uint64_t>(0.0));
  EXPECT_EQ(std::get<2>(found[3]), std::bit_cast<uint64_t>(1.0));
}

TEST(Merge, TextsKeepTheOrderOfTime) {
  PointSources sources;
  for (const int64_t first : {2, 1}) {
    auto points = std::make_shared<Points>();
    points->add_text(first, "a" + std::to_string(first));
    points->add_text(first + 10, "b" + std::to_string(first));
    sources.push_back(std::make_unique<StoredPoints>(points));
  }
  auto merged = merge_sources(std::move(sources), Order::kAscending);
  std::string texts;
  for (Points batch;;) {
    ASSERT_TRUE(merged->next(batch).has_value());
    if (batch.empty()) break;
    for (size_t i = 0; i < batch.size(); ++i) texts += std::string(batch.text(i)) + " ";
  }
  EXPECT_EQ(texts, "a1 a2 b1 b2 ");
}

class Failing : public PointSource {
 public:
  Status next(Points& into) override {
    into.clear();
    if (++calls_ == 2) return fail(Code::kDataLoss, "damaged");
    into.add_long(calls_, 1);
    return {};
  }

 private:
  int calls_ = 0;
};

TEST(Merge, FailuresOfASourceComeThrough) {
  PointSources sources;
  sources.push_back(std::make_unique<Failing>());
  sources.push_back(std::make_unique<StoredPoints>(std::make_shared<Points>()));
  auto merged = merge_sources(std::move(sources), Order::kAscending);
  Points batch;
  Status status = merged->next(batch);
  while (status && !batch.empty()) status = merged->next(batch);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code(), Code::kDataLoss);
}

}  // namespace
}  // namespace sluice::timeseries
