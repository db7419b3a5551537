// SPDX-License-Identifier: Apache-2.0
#include "timeseries/traffic_details.h"

#include <gtest/gtest.h>

namespace sluice::timeseries {
namespace {

SeriesRef series(const char* metric, const char* host) {
  return std::make_shared<const Series>(metric, PointType::kLong, Tags({{"host", host}}));
}

TEST(TrafficDetails, CountsPointsByMetric) {
  TrafficDetails details;
  WriteBatch batch;
  const auto a = series("a", "1"), other_a = series("a", "2"), b = series("b", "1"), own = series("kairosdb.x", "1");
  for (const auto& one : {a, a, b, other_a, own, a}) batch.add_long(one, 1, 1);
  details.add_points(batch);
  EXPECT_TRUE(details.take().points.empty()) << "nobody wants to know";
  details.start();
  details.add_points(batch);
  details.add_points(batch);
  EXPECT_EQ(details.take().points, (std::unordered_map<std::string, uint64_t>{{"a", 8}, {"b", 2}}));
  EXPECT_TRUE(details.take().points.empty());
}

TEST(TrafficDetails, MethodsStayAndQueriesGo) {
  TrafficDetails details;
  details.start();
  details.add_request("query");
  details.add_request("query");
  details.add_request("check");
  details.add(QueryReport{1, 2, true, {}});
  auto taken = details.take();
  EXPECT_EQ(taken.requests, (std::map<std::string, uint64_t, std::less<>>{{"check", 1}, {"query", 2}}));
  ASSERT_EQ(taken.queries.size(), 1u);
  EXPECT_TRUE(taken.queries[0].failed);
  taken = details.take();
  EXPECT_EQ(taken.requests, (std::map<std::string, uint64_t, std::less<>>{{"check", 0}, {"query", 0}}));
  EXPECT_TRUE(taken.queries.empty());
  for (size_t i = 0; i < TrafficDetails::kMostQueries + 5; ++i) details.add(QueryReport());
  EXPECT_EQ(details.take().queries.size(), TrafficDetails::kMostQueries);
}

}  // namespace
}  // namespace sluice::timeseries
