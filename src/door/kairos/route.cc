// SPDX-License-Identifier: Apache-2.0
#include "door/kairos/route.h"

#include "net/http_path.h"

namespace sluice::door::kairos {
namespace {

struct Pattern {
  std::string_view path;  // "{}" stands for one segment, "{*}" at the end for any number of them
  std::string_view method;
  RouteKind kind;
  Role role = Role::kAny;
};

// Entries of one path stand together; OPTIONS stands where KairosDB answers CORS' preflight.
constexpr Pattern kPatterns[] = {
    {"/api/v1/datapoints", "POST", RouteKind::kDatapoints, Role::kIngest},
    {"/api/v1/datapoints", "PUT", RouteKind::kDatapoints, Role::kIngest},
    {"/api/v1/datapoints", "OPTIONS", RouteKind::kPreflight, Role::kIngest},
    {"/api/v1/datapoints/query", "POST", RouteKind::kQuery, Role::kQuery},
    {"/api/v1/datapoints/query", "GET", RouteKind::kQuery, Role::kQuery},
    {"/api/v1/datapoints/query", "DELETE", RouteKind::kDelete, Role::kDelete},
    {"/api/v1/datapoints/query", "OPTIONS", RouteKind::kPreflight, Role::kQuery},
    {"/api/v1/datapoints/query/tags", "POST", RouteKind::kQueryTags, Role::kQuery},
    {"/api/v1/datapoints/query/tags", "OPTIONS", RouteKind::kPreflight, Role::kQuery},
    {"/api/v1/datapoints/delete", "POST", RouteKind::kDelete, Role::kDelete},
    {"/api/v1/datapoints/delete", "OPTIONS", RouteKind::kPreflight, Role::kDelete},
    {"/api/v1/datapoints/index", "GET", RouteKind::kIndexTags, Role::kIngest},
    {"/api/v1/metric/{}", "DELETE", RouteKind::kDeleteMetric, Role::kDelete},
    {"/api/v1/metric/{}", "OPTIONS", RouteKind::kPreflight, Role::kDelete},
    {"/api/v1/metricnames", "GET", RouteKind::kMetricNames, Role::kQuery},
    {"/api/v1/metricnames", "OPTIONS", RouteKind::kPreflight, Role::kQuery},
    {"/api/v1/tagnames", "GET", RouteKind::kTagNames, Role::kQuery},
    {"/api/v1/tagnames", "OPTIONS", RouteKind::kPreflight, Role::kQuery},
    {"/api/v1/tagvalues", "GET", RouteKind::kTagValues, Role::kQuery},
    {"/api/v1/tagvalues", "OPTIONS", RouteKind::kPreflight, Role::kQuery},
    {"/api/v1/version", "GET", RouteKind::kVersion},
    {"/api/v1/version", "OPTIONS", RouteKind::kPreflight},
    {"/api/v1/health/check", "GET", RouteKind::kHealthCheck},
    {"/api/v1/health/check", "OPTIONS", RouteKind::kPreflight},
    {"/api/v1/health/status", "GET", RouteKind::kHealthStatus},
    {"/api/v1/health/status", "OPTIONS", RouteKind::kPreflight},
    {"/api/v1/features", "GET", RouteKind::kFeatures},
    {"/api/v1/features/{}", "GET", RouteKind::kFeature},
    {"/api/v1/metadata/{}", "GET", RouteKind::kServiceKeys},
    {"/api/v1/metadata/{}/{}", "GET", RouteKind::kKeys},
    {"/api/v1/metadata/{}/{}/{}", "GET", RouteKind::kValue},
    {"/api/v1/metadata/{}/{}/{}", "POST", RouteKind::kSetValue},
    {"/api/v1/metadata/{}/{}/{}", "DELETE", RouteKind::kDeleteValue},
    {"/api/v1/admin/runningqueries", "GET", RouteKind::kRunningQueries},
    {"/api/v1/admin/killquery/{}", "GET", RouteKind::kKillQuery},
    {"/api/v1/admin/scheduledjobs", "GET", RouteKind::kScheduledJobs},
    {"/api/v1/rollups/{*}", "GET", RouteKind::kRollups},
    {"/api/v1/rollups/{*}", "POST", RouteKind::kRollups},
    {"/api/v1/rollups/{*}", "PUT", RouteKind::kRollups},
    {"/api/v1/rollups/{*}", "DELETE", RouteKind::kRollups},
    {"/api/put", "POST", RouteKind::kOpentsdbPut, Role::kIngest},
    {"/api/put", "PUT", RouteKind::kOpentsdbPut, Role::kIngest},
    {"/api/put", "OPTIONS", RouteKind::kPreflight, Role::kIngest},
    {"/metrics", "GET", RouteKind::kMetrics},
    {"/", "GET", RouteKind::kIndexPage},
};

}  // namespace

Route find_route(std::string_view method, std::string_view path) {
  Route route;
  if (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  std::vector<std::string_view> variables;
  bool options = false;
  for (const auto& pattern : kPatterns) {
    if (!net::path_fits(pattern.path, path, variables)) continue;
    route.name = pattern.path;
    if (pattern.method != wanted) {
      if (!route.allow.empty()) route.allow += ',';
      route.allow += pattern.method == "GET" ? "GET,HEAD" : pattern.method;
      options = options || pattern.method == "OPTIONS";
      continue;
    }
    route.kind = pattern.kind;
    route.role = pattern.role;
    if (!net::decode_path_variables(variables, route.arguments)) route.kind = RouteKind::kBadPath;
    return route;
  }
  if (route.allow.empty()) return route;
  if (!options) route.allow += ",OPTIONS";
  route.kind = method == "OPTIONS" ? RouteKind::kAllow : RouteKind::kWrongMethod;
  return route;
}

}  // namespace sluice::door::kairos
