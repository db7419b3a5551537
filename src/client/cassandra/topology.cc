// SPDX-License-Identifier: Apache-2.0
#include "client/cassandra/topology.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace sluice::client::cassandra {

namespace {

constexpr size_t kMaxNodes = 60'000;  // indexes are 16 bits

int parse_factor(const std::string& text) {
  // "3/1" is three replicas, one of them transient: it holds data, too, while it is not repaired.
  int factor = 0;
  std::from_chars(text.data(), text.data() + text.size(), factor);
  return std::max(factor, 0);
}

bool contains(const std::vector<uint16_t>& nodes, size_t from, uint16_t node) {
  return std::find(nodes.begin() + static_cast<ptrdiff_t>(from), nodes.end(), node) != nodes.end();
}

}  // namespace

Replication parse_replication(const std::vector<std::pair<std::string, std::string>>& options) {
  Replication replication;
  for (auto& [name, value] : options) {
    if (name == "class") {
      replication.strategy = value.substr(value.rfind('.') + 1);
    } else if (name == "replication_factor") {
      replication.factors[""] = parse_factor(value);
    } else {
      replication.factors[name] = parse_factor(value);
    }
  }
  return replication;
}

Topology::Topology(std::vector<Node> nodes, const std::map<std::string, Replication>& keyspaces)
    : nodes_(std::move(nodes)) {
  if (nodes_.size() > kMaxNodes) nodes_.resize(kMaxNodes);
  std::map<std::string, std::set<std::string>> racks;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    for (int64_t token : nodes_[i].tokens) ring_.push_back({token, static_cast<uint16_t>(i)});
    if (nodes_[i].tokens.empty()) continue;
    racks[nodes_[i].datacenter].insert(nodes_[i].rack);
    ++datacenters_[nodes_[i].datacenter];
  }
  for (auto& [datacenter, names] : racks) racks_[datacenter] = names.size();
  std::sort(ring_.begin(), ring_.end(), [](const RingEntry& a, const RingEntry& b) { return a.token < b.token; });
  std::vector<std::pair<Replication, std::shared_ptr<const Placement>>> placed;
  for (auto& [name, replication] : keyspaces) {
    auto same = std::find_if(placed.begin(), placed.end(), [&](auto& entry) { return entry.first == replication; });
    if (same == placed.end()) same = placed.insert(placed.end(), {replication, place(replication)});
    keyspaces_[name] = same->second;
  }
}

std::span<const uint16_t> Topology::replicas(std::string_view keyspace, int64_t token) const {
  auto found = keyspaces_.find(keyspace);
  if (found == keyspaces_.end() || ring_.empty()) return {};
  auto entry = std::lower_bound(ring_.begin(), ring_.end(), token,
                                [](const RingEntry& ring, int64_t wanted) { return ring.token < wanted; });
  const size_t range = entry == ring_.end() ? 0 : static_cast<size_t>(entry - ring_.begin());
  const Placement& placement = *found->second;
  const uint32_t first = placement.first[range];
  return std::span(placement.nodes).subspan(first, placement.first[range + 1] - first);
}

std::shared_ptr<const Topology::Placement> Topology::place(const Replication& replication) const {
  auto placement = std::make_shared<Placement>();
  for (size_t range = 0; range < ring_.size(); ++range) {
    placement->first.push_back(static_cast<uint32_t>(placement->nodes.size()));
    if (replication.strategy == "NetworkTopologyStrategy") {
      by_datacenter(range, replication.factors, placement->nodes);
    } else if (auto factor = replication.factors.find(""); factor != replication.factors.end()) {
      simple(range, factor->second, placement->nodes);
    }
  }
  placement->first.push_back(static_cast<uint32_t>(placement->nodes.size()));
  return placement;
}

// The next `factor` nodes of the ring.
void Topology::simple(size_t range, int factor, std::vector<uint16_t>& out) const {
  const size_t from = out.size();
  for (size_t i = 0; i < ring_.size() && out.size() - from < static_cast<size_t>(factor); ++i) {
    const uint16_t node = ring_[(range + i) % ring_.size()].node;
    if (!contains(out, from, node)) out.push_back(node);
  }
}

// In each datacenter the next nodes of the ring, one of each rack before a second of any: those of racks that are
// already taken wait until each rack has one.
void Topology::by_datacenter(size_t range, const std::map<std::string, int>& factors,
                             std::vector<uint16_t>& out) const {
  struct Wanted {
    int replicas = 0;
    size_t racks_left = 0;
    std::set<std::string> racks;
    std::vector<uint16_t> waiting;
  };
  std::map<std::string, Wanted> wanted;
  size_t missing = 0;
  for (auto& [datacenter, factor] : factors) {
    auto nodes = datacenters_.find(datacenter);
    if (nodes == datacenters_.end() || factor == 0) continue;
    Wanted& entry = wanted[datacenter];
    entry.replicas = std::min(factor, nodes->second);
    entry.racks_left = racks_.at(datacenter);
    missing += static_cast<size_t>(entry.replicas);
  }
  const size_t from = out.size();
  for (size_t i = 0; i < ring_.size() && missing > 0; ++i) {
    const uint16_t index = ring_[(range + i) % ring_.size()].node;
    const Node& node = nodes_[index];
    auto found = wanted.find(node.datacenter);
    if (found == wanted.end() || found->second.replicas == 0 || contains(out, from, index)) continue;
    Wanted& datacenter = found->second;
    auto take = [&](uint16_t taken) {
      out.push_back(taken);
      --datacenter.replicas;
      --missing;
    };
    if (datacenter.racks_left == 0) {
      take(index);
      continue;
    }
    if (datacenter.racks.contains(node.rack)) {
      if (!contains(datacenter.waiting, 0, index)) datacenter.waiting.push_back(index);
      continue;
    }
    datacenter.racks.insert(node.rack);
    --datacenter.racks_left;
    take(index);
    if (datacenter.racks_left > 0) continue;
    for (size_t w = 0; w < datacenter.waiting.size() && datacenter.replicas > 0; ++w) take(datacenter.waiting[w]);
  }
}

}  // namespace sluice::client::cassandra
