// SPDX-License-Identifier: Apache-2.0
#include "door/http/route.h"

#include "net/http_path.h"

namespace sluice::door::http {
namespace {

struct Pattern {
  std::string_view path;  // "{}" stands for one segment
  std::string_view methods;
  RouteKind kind;
};

// The first that fits the path and the method wins.
constexpr Pattern kPatterns[] = {
    {"/health/live", "GET, HEAD", RouteKind::kLive},
    {"/health/ready", "GET, HEAD", RouteKind::kReady},
    {"/metrics", "GET, HEAD", RouteKind::kMetrics},
    {"/api/health", "GET, HEAD", RouteKind::kDorisHealth},
    {"/api/queries", "GET", RouteKind::kListQueries},
    {"/api/queries/{}", "DELETE", RouteKind::kKillQuery},
    {"/api/queries/{}/kill", "POST", RouteKind::kKillQuery},
    {"/api/query", "POST", RouteKind::kQuery},
    {"/api/_load_error_log", "GET", RouteKind::kLoadErrors},
    {"/api/profile", "GET", RouteKind::kProfile},
    {"/api/profile/text", "GET", RouteKind::kProfileText},
    {"/api/_http_stream", "PUT", RouteKind::kHttpStream},
    {"/api/{}/{}/_stream_load", "PUT", RouteKind::kStreamLoad},
    {"/api/{}/_stream_load_2pc", "PUT", RouteKind::kTwoPhase},
    {"/api/{}/{}/_stream_load_2pc", "PUT", RouteKind::kTwoPhase},
};

bool allows(std::string_view methods, std::string_view method) {
  while (!methods.empty()) {
    const size_t at = methods.find(", ");
    if (methods.substr(0, at) == method) return true;
    methods = at == std::string_view::npos ? std::string_view() : methods.substr(at + 2);
  }
  return false;
}

}  // namespace

Route find_route(std::string_view method, std::string_view path) {
  Route route;
  std::vector<std::string_view> variables;
  for (const auto& pattern : kPatterns) {
    if (!net::path_fits(pattern.path, path, variables)) continue;
    route.name = pattern.path;
    if (!allows(pattern.methods, method)) {
      route.kind = RouteKind::kWrongMethod;
      route.allow = pattern.methods;
      continue;
    }
    route.kind = pattern.kind;
    if (!net::decode_path_variables(variables, route.arguments)) route.kind = RouteKind::kBadPath;
    return route;
  }
  return route;
}

}  // namespace sluice::door::http
