// SPDX-License-Identifier: Apache-2.0
#include "client/cassandra/topology.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/cassandra/retry_table.h"
#include "client/cassandra/token.h"

namespace sluice::client::cassandra {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string repeated(std::string_view text, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += text;
  return out;
}

// The vectors that other drivers test with; negative bytes are where implementations differ.
TEST(Token, Vectors) {
  EXPECT_EQ(token_of(""), 0);
  EXPECT_EQ(token_of("123"), -7468325962851647638);
  EXPECT_EQ(token_of(repeated(std::string_view("\x00\xff\x10\xfa\x99", 5), 10)), 5837342703291459765);
  EXPECT_EQ(token_of(repeated("\xfe", 8)), -8927430733708461935);
  EXPECT_EQ(token_of(repeated("\x10", 8)), 1446172840243228796);
  EXPECT_EQ(token_of("9223372036854775807"), 7162290910810015547);
}

Node node(std::string datacenter, std::string rack, std::vector<int64_t> tokens) {
  Node made;
  made.datacenter = std::move(datacenter);
  made.rack = std::move(rack);
  made.tokens = std::move(tokens);
  return made;
}

std::vector<int> replicas(const Topology& topology, int64_t token, std::string_view keyspace = "ks") {
  auto span = topology.replicas(keyspace, token);
  return {span.begin(), span.end()};
}

TEST(TopologyTest, SimpleStrategyGoesRoundTheRing) {
  Topology topology({node("dc", "r", {0, 300}), node("dc", "r", {100}), node("dc", "r", {200})},
                    {{"ks", parse_replication({{"class", "org.apache.cassandra.locator.SimpleStrategy"},
                                               {"replication_factor", "2"}})},
                     {"all", parse_replication({{"class", "SimpleStrategy"}, {"replication_factor", "9"}})},
                     {"system", parse_replication({{"class", "LocalStrategy"}})}});
  EXPECT_THAT(replicas(topology, -5), ElementsAre(0, 1));
  EXPECT_THAT(replicas(topology, 0), ElementsAre(0, 1));
  EXPECT_THAT(replicas(topology, 1), ElementsAre(1, 2));
  EXPECT_THAT(replicas(topology, 100), ElementsAre(1, 2));
  EXPECT_THAT(replicas(topology, 101), ElementsAre(2, 0));
  // 300 and, around the end, 0 are of the same node.
  EXPECT_THAT(replicas(topology, 250), ElementsAre(0, 1));
  EXPECT_THAT(replicas(topology, 301), ElementsAre(0, 1));
  EXPECT_THAT(replicas(topology, 150, "all"), ElementsAre(2, 0, 1));
  EXPECT_THAT(replicas(topology, 150, "system"), IsEmpty());
  EXPECT_THAT(replicas(topology, 150, "unknown"), IsEmpty());
}

TEST(TopologyTest, NetworkTopologyTakesOneOfEachRackFirst) {
  const auto nts = parse_replication(
      {{"class", "org.apache.cassandra.locator.NetworkTopologyStrategy"}, {"a", "3"}, {"b", "1"}, {"gone", "2"}});
  Topology topology({node("a", "r1", {0}), node("a", "r1", {10}), node("b", "r1", {20}), node("a", "r2", {30}),
                     node("a", "r2", {40}), node("b", "r1", {50})},
                    {{"ks", nts}});
  // From 0: r1's first; its second waits; b's; r2's first completes the racks of a, then the one that waited.
  EXPECT_THAT(replicas(topology, 0), ElementsAre(0, 2, 3, 1));
  EXPECT_THAT(replicas(topology, 31), ElementsAre(4, 5, 0, 1));
}

TEST(TopologyTest, FewerNodesThanReplicasAndTransientOnes) {
  Topology topology({node("a", "r1", {0}), node("a", "r1", {10})},
                    {{"ks", parse_replication({{"class", "NetworkTopologyStrategy"}, {"a", "3/1"}})}});
  EXPECT_THAT(replicas(topology, 5), ElementsAre(1, 0));
  EXPECT_THAT(replicas(Topology({}, {{"ks", {}}}), 5), IsEmpty());
}

ServerError error(ErrorCode code, std::string write_type = "", int received = 0, int required = 1, bool data = false) {
  ServerError made;
  made.code = code;
  made.write_type = std::move(write_type);
  made.received = received;
  made.required = required;
  made.data_present = data;
  return made;
}

TEST(RetryTable, Decisions) {
  EXPECT_EQ(decide(error(ErrorCode::kOverloaded), false, 3), Decision::kNextHost);
  EXPECT_EQ(decide(error(ErrorCode::kUnavailable), false, 0), Decision::kNextHost);
  EXPECT_EQ(decide(error(ErrorCode::kUnavailable), true, 1), Decision::kFail);
  EXPECT_EQ(decide(error(ErrorCode::kReadTimeout, "", 2, 2, false), true, 0), Decision::kSameHost);
  EXPECT_EQ(decide(error(ErrorCode::kReadTimeout, "", 2, 2, false), true, 1), Decision::kNextHost);
  EXPECT_EQ(decide(error(ErrorCode::kReadTimeout, "", 1, 2, true), true, 0), Decision::kNextHost);
  EXPECT_EQ(decide(error(ErrorCode::kWriteTimeout, "BATCH_LOG"), false, 0), Decision::kSameHost);
  EXPECT_EQ(decide(error(ErrorCode::kWriteTimeout, "UNLOGGED_BATCH"), true, 0), Decision::kNextHost);
  EXPECT_EQ(decide(error(ErrorCode::kWriteTimeout, "SIMPLE"), false, 0), Decision::kFail);
  EXPECT_EQ(decide(error(ErrorCode::kServerError), false, 0), Decision::kFail);
  EXPECT_EQ(decide(error(ErrorCode::kWriteFailure), true, 0), Decision::kFail);
  EXPECT_EQ(decide(error(ErrorCode::kInvalid), true, 0), Decision::kFail);
}

}  // namespace
}  // namespace sluice::client::cassandra
