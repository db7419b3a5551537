// SPDX-License-Identifier: Apache-2.0
// Routes: which request is asked for by a method and a path. Pure functions over a table.
// Source of truth: facts 1.1; KairosDB's @Path annotations. Differs from KairosDB: PUT /datapoints, DELETE
// /datapoints/query, /tagnames and /tagvalues (as up to 1.2), OpenTSDB's /api/put, /metrics.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::door::kairos {

enum class RouteKind : uint8_t {
  kNotFound,
  kWrongMethod,  // Route::allow tells the right ones
  kBadPath,
  kAllow,      // OPTIONS of what has no preflight of CORS
  kPreflight,  // OPTIONS for CORS
  kIndexPage,
  kMetrics,
  kVersion,
  kHealthCheck,
  kHealthStatus,
  kDatapoints,
  kOpentsdbPut,
  kIndexTags,
  kQuery,
  kQueryTags,
  kDelete,
  kDeleteMetric,
  kMetricNames,
  kTagNames,
  kTagValues,
  kFeatures,
  kFeature,
  kServiceKeys,
  kKeys,
  kValue,
  kSetValue,
  kDeleteValue,
  kRunningQueries,
  kKillQuery,
  kScheduledJobs,
  kRollups,
};

// KairosDB's server.type: what a server may be told not to do.
enum class Role : uint8_t { kAny, kIngest, kQuery, kDelete };

struct Route {
  RouteKind kind = RouteKind::kNotFound;
  Role role = Role::kAny;
  std::string_view name;               // the pattern, for metrics: "/api/v1/metric/{}"
  std::string allow;                   // "POST,OPTIONS"
  std::vector<std::string> arguments;  // the variable segments, decoded
};

// `path` as sent, without the query. A slash at its end does not count.
Route find_route(std::string_view method, std::string_view path);

}  // namespace sluice::door::kairos
