// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/opentsdb_put.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "timeseries/request/point_recorder.h"

namespace sluice::timeseries {
namespace {

using testing::ElementsAre;

struct Put {
  OpentsdbOutcome outcome;
  std::vector<std::string> points;
};

Put put(std::string_view body) {
  PointRecorder store;
  SeriesCache cache;
  auto outcome = put_opentsdb(body, store, &cache);
  EXPECT_TRUE(outcome);
  return {std::move(*outcome), std::move(store.points)};
}

TEST(OpentsdbPut, OneOrMany) {
  const auto one = put(R"({"metric":"m","timestamp":1700000000,"value":18,"tags":{"host":"a","dc":5}})");
  EXPECT_EQ(one.outcome.status, 204);
  EXPECT_THAT(one.points, ElementsAre("m|{dc=5, host=a}|1700000000000|long:18|0"));
  const auto two = put(R"([{"metric":"m","timestamp":1700000000123,"value":"1.5","tags":{"h":"a"}},)"
                       R"({"metric":"m","timestamp":"1","value":2e3,"tags":{"h":"a"}}])");
  EXPECT_THAT(two.points,
              ElementsAre("m|{h=a}|1700000000123|double:3ff8000000000000|0", "m|{h=a}|1000|double:409f400000000000|0"));
  EXPECT_EQ(two.outcome.success, 2u);
}

TEST(OpentsdbPut, RightPointsAreStoredBesideWrongOnes) {
  const auto mixed = put(
      R"([{"metric":"","timestamp":1,"value":1,"tags":{"h":"a"}},{"metric":"m","timestamp":0,"value":1,"tags":{"h":"a"}},)"
      R"({"metric":"m","timestamp":1,"value":"x","tags":{"h":"a"}},{"metric":"m","timestamp":1,"value":"NaN.","tags":{"h":"a"}},)"
      R"({"metric":"m","timestamp":1,"value":1},{"metric":"m","timestamp":1,"value":7,"tags":{"h":"a"}},5])");
  EXPECT_EQ(mixed.outcome.status, 400);
  EXPECT_THAT(mixed.points, ElementsAre("m|{h=a}|1000|long:7|0"));
  EXPECT_EQ(mixed.outcome.failed, 6u);
  ASSERT_EQ(mixed.outcome.bad.size(), 6u);
  EXPECT_EQ(mixed.outcome.bad[0].error, "Metric name was empty");
  EXPECT_EQ(mixed.outcome.bad[1].error, "Invalid timestamp");
  EXPECT_EQ(mixed.outcome.bad[3].error, "Unable to parse value to a number");
  EXPECT_EQ(mixed.outcome.bad[4].error, "Missing tags");
  EXPECT_EQ(opentsdb_json(mixed.outcome, false, false),
            R"({"error":{"code":400,"message":"One or more data points had errors"}})");
  EXPECT_EQ(opentsdb_json(mixed.outcome, false, true), R"({"failed":6,"success":1})");
  EXPECT_TRUE(opentsdb_json(mixed.outcome, true, true)
                  .starts_with(R"({"errors":[{"datapoint":{"metric":"","timestamp":1,"value":1,"tags":{"h":"a"}},)"));
}

TEST(OpentsdbPut, BrokenTextKeepsWhatCameBefore) {
  const auto broken = put(R"([{"metric":"m","timestamp":1,"value":7,"tags":{"h":"a"}},{"metric)");
  EXPECT_EQ(broken.outcome.status, 400);
  EXPECT_EQ(broken.outcome.message, "Unable to parse the given JSON");
  EXPECT_EQ(broken.points.size(), 1u);
  EXPECT_EQ(put("[]").outcome.message, "No datapoints found in content");
}

}  // namespace
}  // namespace sluice::timeseries
