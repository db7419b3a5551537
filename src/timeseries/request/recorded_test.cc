// SPDX-License-Identifier: Apache-2.0
// The recorded requests to real KairosDB servers, as far as parsing answers them: every body of data points, and every
// query that is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "timeseries/request/datapoints_parser.h"
#include "timeseries/request/features.h"
#include "timeseries/request/point_recorder.h"
#include "timeseries/request/query_parser.h"
#include "timeseries/request/query_processors.h"
#include "timeseries/request/recorded_for_tests.h"

namespace sluice::timeseries {
namespace {

// Fail when they run, not before.
const std::set<std::string> kRuntimeFaults = {"gaps-sum", "filter-noop", "q-samp0", "d-result"};

void replay(std::string_view file, Compat compat, size_t piece) {
  PointRecorder store;
  size_t bodies = 0;
  size_t refused = 0;
  for (const RecordedCase& wanted : read_cases(file)) {
    ParseOutcome outcome{200, {}};
    if (wanted.path == "/api/v1/datapoints") {
      ++bodies;
      DatapointsParser parser(store, {.compat = compat});
      for (size_t at = 0; piece != 0 && at < wanted.body.size(); at += piece)
        ASSERT_TRUE(parser.feed(wanted.body.substr(at, piece), false));
      ASSERT_TRUE(parser.feed(piece == 0 ? wanted.body : "", true));
      outcome = parser.outcome();
    } else if (wanted.path.starts_with("/api/v1/datapoints/query")) {
      const auto query = parse_query(wanted.body, {.compat = compat, .now = 1'795'220'000'000, .is_zone = {}});
      if (!query) outcome = query.error();
      refused += !query;
      if (kRuntimeFaults.contains(wanted.name)) {
        EXPECT_TRUE(query) << wanted.name;
        continue;
      }
    } else {
      continue;
    }
    EXPECT_EQ(outcome.status, wanted.status) << wanted.name;
    if (wanted.status >= 300) EXPECT_EQ(errors_json(outcome), wanted.response) << wanted.name;
  }
  EXPECT_EQ(bodies, 47u);
  EXPECT_EQ(refused, 20u);
  // What the last cases read back.
  const std::set<std::string> points(store.points.begin(), store.points.end());
  for (const char* point :
       {"gb3|{}|104|long:6|0", "5|{b=c}|104|long:6|0", "gb|{b=c}|93|long:0|0", "gb|{b=c}|94|long:7766279631452241919|0",
        "gb|{b=c}|83|string:true|0", "gb|{b=7}|103|long:6|0", "gb|{b=ttl}|105|long:6|3600", "gb|{b=c}|97|long:4|0"})
    EXPECT_TRUE(points.contains(point)) << point;
}

TEST(Recorded, Answers13) {
  replay("recorded-1.3-cassandra.jsonl", Compat::kV13, 0);
  replay("recorded-1.3-h2.jsonl", Compat::kV13, 5);
}

TEST(Recorded, Answers14) {
  replay("recorded-1.4-cassandra.jsonl", Compat::kV14, 0);
  replay("recorded-1.4-h2.jsonl", Compat::kV14, 3);
}

TEST(Recorded, DatasetIsTaken) {
  PointRecorder store;
  DatapointsParser parser(store, {});
  ASSERT_TRUE(parser.feed(read_recorded("dataset.json"), true));
  EXPECT_EQ(parser.outcome().status, 204) << errors_json(parser.outcome());
  EXPECT_GT(store.points.size(), 1000u);
}

TEST(Features, AreTheRecordedOnes) {
  const auto want = parse_document(read_recorded("features-1.3.0-1.json"), Compat::kV14);
  const auto got = parse_document(features_json(), Compat::kV14);
  ASSERT_TRUE(want && got);
  EXPECT_EQ(got->to_json(), want->to_json());
  const auto aggregators = feature_json("Aggregators");
  ASSERT_TRUE(aggregators);
  // KairosDB 1.3.0-1 sorts these by name.
  std::vector<std::pair<std::string, std::string>> by_name;
  for (const auto& processor : want->items()[1].find("properties")->items())
    by_name.emplace_back(processor.find("name")->text(), processor.to_json());
  std::ranges::sort(by_name);
  const auto sorted = parse_document(*aggregators, Compat::kV14);
  ASSERT_EQ(sorted->items().size(), by_name.size());
  for (size_t i = 0; i < by_name.size(); ++i) EXPECT_EQ(sorted->items()[i].to_json(), by_name[i].second);
}

TEST(Features, UnknownOnesAreNotFound) {
  const auto unknown = feature_json("Bogus");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().status, 404);
  EXPECT_EQ(errors_json(unknown.error()), R"({"errors":["Unknown feature 'bogus'"]})");
}

// What is described can be set in a query.
TEST(Features, AreWhatQueriesTake) {
  size_t count = 0;
  for (const FeatureFamily& family : feature_families()) {
    const auto kind = family.name == "group_by" ? ProcessorFamily::kGroupBy : ProcessorFamily::kAggregator;
    EXPECT_EQ(family_name(kind), family.name);
    for (const FeatureProcessor& processor : family.processors) {
      ++count;
      EXPECT_TRUE(is_processor(kind, processor.name)) << processor.name;
      for (const FeatureField& field : processor.fields)
        EXPECT_TRUE(is_property(kind, processor.name, field.name)) << processor.name << " " << field.name;
    }
  }
  EXPECT_EQ(count, 25u);
}

}  // namespace
}  // namespace sluice::timeseries
