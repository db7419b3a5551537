// SPDX-License-Identifier: Apache-2.0
// Settings of a session with one Cassandra cluster. Values; checked by Session::open.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/circuit_breaker.h"
#include "client/cassandra/auth.h"
#include "client/cassandra/notation.h"
#include "net/tls.h"

namespace sluice::client::cassandra {

// In which order the replicas of a partition are asked.
enum class ReplicaOrder : uint8_t {
  kTopological,  // the first replica first: what suits writes, whose batches are made by host
  kRandom,       // spreads reads
};

struct Settings {
  std::vector<std::string> contact_points{"127.0.0.1:9042"};  // host or host:port; [v6]:port
  uint16_t port = 9042;                                       // of contact points without one, and of nodes
  std::string local_datacenter;                               // empty: that of the first node that answers
  uint32_t used_hosts_per_remote_datacenter = 0;              // asked when no local one can be
  std::string keyspace;                                       // of statements that name none; empty: none

  std::shared_ptr<AuthProvider> auth;    // null: none; a server that asks is then an error
  std::shared_ptr<net::TlsContext> tls;  // null: plain
  std::string tls_name;                  // that certificates must be for; empty: the address that is connected to
  bool compression = true;               // LZ4, where the server has it
  std::string client_name = "sluice";    // shown in system_views.clients

  Consistency consistency = Consistency::kLocalQuorum;  // of requests that say none
  ReplicaOrder replica_order = ReplicaOrder::kTopological;

  uint32_t connections_per_host = 1;            // 1 to 100
  uint32_t max_requests_per_connection = 1024;  // in flight at once; 1 to 32,768
  uint32_t max_queue_size = 500;                // requests of one host waiting beyond these; more: kResourceExhausted
  uint32_t max_response_bytes = 256u << 20;

  std::chrono::milliseconds connect_timeout{5'000};  // of connecting, TLS and the start-up messages together
  std::chrono::milliseconds request_timeout{12'000};
  std::chrono::milliseconds heartbeat_interval{30'000};  // a connection that was silent for so long is asked
  std::chrono::milliseconds heartbeat_timeout{5'000};
  uint32_t max_retries = 2;    // of one request, after the first attempt
  uint32_t max_orphans = 256;  // requests given up whose answers never came, of one connection; more: it is replaced
  CircuitBreaker::Options breaker{};
  // False: open() gives a session at once, which goes on looking for the cluster.
  bool wait_for_cluster = true;
};

// "host:port", "host", "[::1]:9042", "::1". kInvalidArgument.
struct Address {
  std::string host;
  uint16_t port = 0;
};
Result<Address> parse_address(const std::string& text, uint16_t default_port);
// Ranges of all numbers.
Status check(const Settings& settings);

}  // namespace sluice::client::cassandra
