// SPDX-License-Identifier: Apache-2.0
#include "net/http_path.h"

#include <gmock/gmock.h>

#include "net/http_trace.h"

namespace sluice::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(HttpPathTest, VariablesStandForOneSegmentThatIsNotEmpty) {
  std::vector<std::string_view> variables;
  EXPECT_TRUE(path_fits("/api/{}/{}/_load", "/api/a/b%20c/_load", variables));
  EXPECT_THAT(variables, ElementsAre("a", "b%20c"));
  EXPECT_TRUE(path_fits("/api", "/api", variables));
  EXPECT_THAT(variables, IsEmpty());
  for (auto path : {"", "api/a/b/_load", "/api/a/_load", "/api/a//_load", "/api/a/b/_load/x", "/API/a/b/_load"}) {
    EXPECT_FALSE(path_fits("/api/{}/{}/_load", path, variables)) << path;
  }
}

TEST(HttpPathTest, TheRestOfAPathIsOneVariable) {
  std::vector<std::string_view> variables;
  EXPECT_TRUE(path_fits("/rollups/{*}", "/rollups/a/b", variables));
  EXPECT_THAT(variables, ElementsAre("a/b"));
  EXPECT_TRUE(path_fits("/rollups/{*}", "/rollups", variables));
  EXPECT_THAT(variables, ElementsAre(""));
  EXPECT_FALSE(path_fits("/rollups/{*}", "/other/a", variables));
}

TEST(HttpPathTest, VariablesAreDecoded) {
  std::vector<std::string> arguments;
  EXPECT_TRUE(decode_path_variables({"a%2Fb", "c+d"}, arguments));
  EXPECT_THAT(arguments, ElementsAre("a/b", "c+d"));
  EXPECT_FALSE(decode_path_variables({"%zz"}, arguments));
  EXPECT_FALSE(decode_path_variables({"%00"}, arguments));
}

TEST(HttpTraceTest, OnlyIdsThatMayBeEchoedAreTaken) {
  const TraceContext trace = TraceContext::generate(false);
  EXPECT_EQ(request_id({{"X-Request-Id", "a-1"}}, trace), "a-1");
  for (const std::string& bad : {std::string(), std::string("a b"), std::string("a\"b"), std::string("\x01"),
                                 std::string("\xc3\xa4"), std::string(129, 'x')}) {
    EXPECT_EQ(request_id({{"X-Request-Id", bad}}, trace), trace.trace_id_hex()) << bad;
  }
  EXPECT_EQ(request_id({}, trace), trace.trace_id_hex());
}

TEST(HttpTraceTest, ATraceThatIsBrokenIsNone) {
  EXPECT_FALSE(remote_trace({}));
  EXPECT_FALSE(remote_trace({{"traceparent", "00-1"}}));
  const auto parent = TraceContext::generate(true).traceparent();
  const auto trace = remote_trace({{"Traceparent", parent}});
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->traceparent(), parent);
}

}  // namespace
}  // namespace sluice::net
