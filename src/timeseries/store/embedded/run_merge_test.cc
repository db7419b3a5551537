// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/embedded/run_merge.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace sluice::timeseries {
namespace {

struct Runs {
  void add(std::vector<int64_t> run) {
    std::vector<uint64_t> written;
    for (const int64_t time : run) {
      written.push_back(number);
      expected[time] = number++;
    }
    times.push_back(std::move(run));
    values.push_back(std::move(written));
  }
  RunMerge merge() const {
    RunMerge merge;
    for (size_t i = 0; i < times.size(); ++i) merge.add(times[i], values[i]);
    return merge;
  }
  std::vector<std::vector<int64_t>> times;
  std::vector<std::vector<uint64_t>> values;
  std::map<int64_t, uint64_t> expected;
  uint64_t number = 0;
};

std::map<int64_t, uint64_t> all(RunMerge merge, size_t most) {
  std::map<int64_t, uint64_t> points;
  while (!merge.done()) {
    const auto stretch = merge.next(most);
    EXPECT_GT(stretch.times.size(), 0u);
    EXPECT_LE(stretch.times.size(), most);
    EXPECT_EQ(stretch.times.size(), stretch.values.size());
    for (size_t i = 0; i < stretch.times.size(); ++i) {
      EXPECT_TRUE(points.empty() || points.rbegin()->first < stretch.times[i]);
      points.emplace(stretch.times[i], stretch.values[i]);
    }
  }
  return points;
}

TEST(RunMerge, NothingIsDone) { EXPECT_TRUE(RunMerge().done()); }

TEST(RunMerge, StretchesAreAsLongAsTheyCanBe) {
  Runs runs;
  runs.add({0, 1, 2, 20, 21});
  runs.add({10, 11});
  auto merge = runs.merge();
  EXPECT_EQ(merge.next(100).times.size(), 3u);
  EXPECT_EQ(merge.next(100).times.size(), 2u);
  EXPECT_EQ(merge.next(100).times.size(), 2u);
  EXPECT_TRUE(merge.done());
}

TEST(RunMerge, OfOneTimeTheLastOneCounts) {
  Runs runs;
  runs.add({5, 6, 7});
  runs.add({4, 5, 7, 9});
  runs.add({5});
  EXPECT_EQ(all(runs.merge(), 100), runs.expected);
}

TEST(RunMerge, AnyRuns) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 500; ++round) {
    Runs runs;
    for (uint64_t count = 1 + random() % 8; count > 0; --count) {
      std::vector<int64_t> run{static_cast<int64_t>(random() % 200) - 100};
      const int64_t step = 1 + static_cast<int64_t>(random() % 5);
      for (uint64_t more = random() % 60; more > 0; --more)
        run.push_back(run.back() + 1 + static_cast<int64_t>(random() % static_cast<uint64_t>(step)));
      runs.add(run);
    }
    ASSERT_EQ(all(runs.merge(), 1 + random() % 40), runs.expected);
    auto merge = runs.merge();
    if (random() % 2) merge.next(1 + random() % 40);
    const int64_t from = static_cast<int64_t>(random() % 400) - 150;
    merge.skip_to(from);
    for (const auto& [time, value] : all(merge, 1000)) {
      ASSERT_GE(time, from);
      ASSERT_EQ(value, runs.expected[time]);
    }
  }
}

}  // namespace
}  // namespace sluice::timeseries
