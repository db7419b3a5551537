// SPDX-License-Identifier: Apache-2.0
// Routes: which handler a method and path lead to. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::door::http {

enum class RouteKind : uint8_t {
  kNotFound,
  kWrongMethod,  // the path exists for `allow`
  kBadPath,      // broken percent-encoding
  kLive,         // GET /health/live
  kReady,        // GET /health/ready
  kDorisHealth,  // GET /api/health
  kMetrics,      // GET /metrics
  kListQueries,  // GET /api/queries
  kKillQuery,    // DELETE /api/queries/{id}, POST /api/queries/{id}/kill
  kQuery,        // POST /api/query
  kStreamLoad,   // PUT /api/{database}/{table}/_stream_load
  kHttpStream,   // PUT /api/_http_stream
  kTwoPhase,     // PUT /api/{database}/_stream_load_2pc, /api/{database}/{table}/_stream_load_2pc
  kLoadErrors,   // GET /api/_load_error_log?file=
  kProfile,      // GET /api/profile?query_id=
  kProfileText,  // GET /api/profile/text?query_id=
};

struct Route {
  RouteKind kind = RouteKind::kNotFound;
  std::string_view name = "none";      // for metrics and spans: "/api/query"
  std::string_view allow = {};         // with kWrongMethod
  std::vector<std::string> arguments;  // decoded path segments: {id} or {database, table}
};

Route find_route(std::string_view method, std::string_view path);

}  // namespace sluice::door::http
