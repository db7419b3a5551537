// SPDX-License-Identifier: Apache-2.0
#include "door/kairos/route.h"

#include <gtest/gtest.h>

namespace sluice::door::kairos {
namespace {

TEST(Routes, PathsAndMethods) {
  EXPECT_EQ(find_route("POST", "/api/v1/datapoints").kind, RouteKind::kDatapoints);
  EXPECT_EQ(find_route("POST", "/api/v1/datapoints/").kind, RouteKind::kDatapoints);
  EXPECT_EQ(find_route("PUT", "/api/v1/datapoints").kind, RouteKind::kDatapoints);
  EXPECT_EQ(find_route("DELETE", "/api/v1/datapoints/query").kind, RouteKind::kDelete);
  EXPECT_EQ(find_route("DELETE", "/api/v1/datapoints/query").role, Role::kDelete);
  EXPECT_EQ(find_route("HEAD", "/api/v1/version").kind, RouteKind::kVersion);
  EXPECT_EQ(find_route("GET", "/").kind, RouteKind::kIndexPage);
  for (const char* path : {"", "api", "/api", "/api/v1", "/api/v1/nosuch", "/api/v1/metric", "/api/v1/metric/",
                           "/api/v1/metadata", "/api/v1/metadata/a/b/c/d", "/api/v1/datapoints/query/tags/x"})
    EXPECT_EQ(find_route("GET", path).kind, RouteKind::kNotFound) << path;
}

TEST(Routes, Arguments) {
  const Route metric = find_route("DELETE", "/api/v1/metric/a%2Fb%20%C3%A9+");
  EXPECT_EQ(metric.kind, RouteKind::kDeleteMetric);
  EXPECT_EQ(metric.arguments, std::vector<std::string>{"a/b é+"});
  EXPECT_EQ(find_route("DELETE", "/api/v1/metric/%zz").kind, RouteKind::kBadPath);
  EXPECT_EQ(find_route("GET", "/api/v1/metadata/a/b/c").arguments, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(find_route("GET", "/api/v1/rollups").arguments, std::vector<std::string>{""});
  EXPECT_EQ(find_route("GET", "/api/v1/rollups/status/x").arguments, std::vector<std::string>{"status/x"});
}

TEST(Routes, WrongMethods) {
  const Route route = find_route("GET", "/api/v1/datapoints");
  EXPECT_EQ(route.kind, RouteKind::kWrongMethod);
  EXPECT_EQ(route.allow, "POST,PUT,OPTIONS");
  EXPECT_EQ(find_route("POST", "/api/v1/features").allow, "GET,HEAD,OPTIONS");
  EXPECT_EQ(find_route("OPTIONS", "/api/v1/features").kind, RouteKind::kAllow);
  EXPECT_EQ(find_route("OPTIONS", "/api/v1/metric/x").kind, RouteKind::kPreflight);
  EXPECT_EQ(find_route("OPTIONS", "/api/put").kind, RouteKind::kPreflight);
}

}  // namespace
}  // namespace sluice::door::kairos
