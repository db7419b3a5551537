// SPDX-License-Identifier: Apache-2.0
#include "door/http/route.h"

#include "net/http.h"

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

std::string_view next_segment(std::string_view& rest) {
  const size_t at = rest.find('/');
  std::string_view segment = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return segment;
}

bool allows(std::string_view methods, std::string_view method) {
  while (!methods.empty()) {
    const size_t at = methods.find(", ");
    if (methods.substr(0, at) == method) return true;
    methods = at == std::string_view::npos ? std::string_view() : methods.substr(at + 2);
  }
  return false;
}

// Whether `path` has the pattern's shape; then its variable segments, not decoded.
bool fits(std::string_view pattern, std::string_view path, std::vector<std::string_view>& variables) {
  variables.clear();
  pattern.remove_prefix(1);
  path.remove_prefix(1);
  while (!pattern.empty() || !path.empty()) {
    if (pattern.empty() || path.empty()) return false;
    const std::string_view expected = next_segment(pattern);
    const std::string_view segment = next_segment(path);
    if (expected == "{}") {
      if (segment.empty()) return false;
      variables.push_back(segment);
    } else if (expected != segment) {
      return false;
    }
  }
  return true;
}

}  // namespace

Route find_route(std::string_view method, std::string_view path) {
  Route route;
  if (path.empty() || path[0] != '/') return route;
  std::vector<std::string_view> variables;
  for (const auto& pattern : kPatterns) {
    if (!fits(pattern.path, path, variables)) continue;
    route.name = pattern.path;
    if (!allows(pattern.methods, method)) {
      route.kind = RouteKind::kWrongMethod;
      route.allow = pattern.methods;
      continue;
    }
    route.kind = pattern.kind;
    for (std::string_view variable : variables) {
      auto decoded = net::percent_decode(variable, false);
      if (!decoded) {
        route.kind = RouteKind::kBadPath;
        return route;
      }
      route.arguments.push_back(std::move(*decoded));
    }
    return route;
  }
  return route;
}

}  // namespace sluice::door::http
