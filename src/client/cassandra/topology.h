// SPDX-License-Identifier: Apache-2.0
// Topology: the nodes of a cluster, the ring of their tokens, and who holds which partition. Immutable; any thread.
// Made anew from system.local, system.peers and system_schema.keyspaces when the cluster says that something changed.
// Source of truth: SimpleStrategy and NetworkTopologyStrategy of Cassandra (calculateNaturalReplicas).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::client::cassandra {

struct Node {
  std::string address;  // where clients connect to, as text
  uint16_t port = 0;
  std::string host_id;  // of system.local and system.peers, 32 hexadecimal digits; empty: not known yet
  std::string datacenter;
  std::string rack;
  std::string version;  // "5.0.5"
  std::vector<int64_t> tokens;

  std::string name() const { return address + ":" + std::to_string(port); }
};

// How a keyspace is replicated, as system_schema.keyspaces holds it: the class and its options.
struct Replication {
  std::string strategy;                // the class without its package
  std::map<std::string, int> factors;  // by datacenter; SimpleStrategy: one of the name ""
  bool operator==(const Replication&) const = default;
};
Replication parse_replication(const std::vector<std::pair<std::string, std::string>>& options);

class Topology {
 public:
  Topology(std::vector<Node> nodes, const std::map<std::string, Replication>& keyspaces);

  const std::vector<Node>& nodes() const { return nodes_; }
  bool has_keyspace(std::string_view name) const { return keyspaces_.find(name) != keyspaces_.end(); }
  // Indexes into nodes(), the first replica first. Empty: the keyspace is not known or has no replicas by token.
  std::span<const uint16_t> replicas(std::string_view keyspace, int64_t token) const;

 private:
  // Replicas of each range of the ring; keyspaces with equal replication share one.
  struct Placement {
    std::vector<uint32_t> first;  // by range; one more than there are ranges
    std::vector<uint16_t> nodes;
  };
  struct RingEntry {
    int64_t token;
    uint16_t node;
  };

  std::shared_ptr<const Placement> place(const Replication& replication) const;
  void simple(size_t range, int factor, std::vector<uint16_t>& out) const;
  void by_datacenter(size_t range, const std::map<std::string, int>& factors, std::vector<uint16_t>& out) const;

  std::vector<Node> nodes_;
  std::vector<RingEntry> ring_;             // by token; a range ends with its token, inclusive
  std::map<std::string, size_t> racks_;     // number of racks by datacenter
  std::map<std::string, int> datacenters_;  // number of nodes with tokens by datacenter
  std::map<std::string, std::shared_ptr<const Placement>, std::less<>> keyspaces_;
};
using TopologyPtr = std::shared_ptr<const Topology>;

}  // namespace sluice::client::cassandra
