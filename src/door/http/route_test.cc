// SPDX-License-Identifier: Apache-2.0
#include "door/http/route.h"

#include <gtest/gtest.h>

#include "door/http/http_error.h"

namespace sluice::door::http {
namespace {

TEST(Route, FindsTheHandler) {
  EXPECT_EQ(find_route("GET", "/health/live").kind, RouteKind::kLive);
  EXPECT_EQ(find_route("HEAD", "/metrics").kind, RouteKind::kMetrics);
  EXPECT_EQ(find_route("POST", "/api/query").kind, RouteKind::kQuery);
  EXPECT_EQ(find_route("GET", "/api/queries").kind, RouteKind::kListQueries);
  Route load = find_route("PUT", "/api/my%20db/t%2Fx/_stream_load");
  EXPECT_EQ(load.kind, RouteKind::kStreamLoad);
  EXPECT_EQ(load.arguments, (std::vector<std::string>{"my db", "t/x"}));
  EXPECT_EQ(find_route("PUT", "/api/_http_stream").kind, RouteKind::kHttpStream);
  Route kill = find_route("DELETE", "/api/queries/ab-cd");
  EXPECT_EQ(kill.kind, RouteKind::kKillQuery);
  EXPECT_EQ(kill.arguments[0], "ab-cd");
  EXPECT_EQ(find_route("POST", "/api/queries/7/kill").kind, RouteKind::kKillQuery);
}

TEST(Route, RefusesTheRest) {
  EXPECT_EQ(find_route("GET", "/").kind, RouteKind::kNotFound);
  EXPECT_EQ(find_route("GET", "").kind, RouteKind::kNotFound);
  EXPECT_EQ(find_route("GET", "*").kind, RouteKind::kNotFound);
  EXPECT_EQ(find_route("GET", "/api/queryx").kind, RouteKind::kNotFound);
  EXPECT_EQ(find_route("PUT", "/api//t/_stream_load").kind, RouteKind::kNotFound);
  EXPECT_EQ(find_route("PUT", "/api/%zz/t/_stream_load").kind, RouteKind::kBadPath);
  Route wrong = find_route("GET", "/api/query");
  EXPECT_EQ(wrong.kind, RouteKind::kWrongMethod);
  EXPECT_EQ(wrong.allow, "POST");
}

TEST(HttpError, StatusNumberAndState) {
  const Error missing = sql_error(Code::kNotFound, 1146, "Table 'a\"b' doesn't exist");
  EXPECT_EQ(http_status(missing), 404u);
  EXPECT_EQ(error_json(missing), "{\"code\":1146,\"sqlstate\":\"42S02\",\"message\":\"Table 'a\\\"b' doesn't exist\"}");
  EXPECT_EQ(http_status(sql_error(Code::kCancelled, 1053, "")), 503u);
  EXPECT_EQ(http_status(sql_error(Code::kCancelled, 1317, "")), 409u);
  EXPECT_EQ(error_number(Error(Code::kInternal, "x")), 1105);
  EXPECT_EQ(sqlstate(4242), "HY000");
}

TEST(HttpError, JsonStrings) {
  std::string out;
  append_json_string(std::string_view("a\"\\\n\t\x01\0z\xC3\xA9\xFF\xE2\x82\xED\xA0\x80\xF0\x9F\x98\x80", 20), out);
  EXPECT_EQ(out,
            "\"a\\\"\\\\\\n\\t\\u0001\\u0000z\xC3\xA9\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\xF0\x9F\x98\x80\"");
}

}  // namespace
}  // namespace sluice::door::http
