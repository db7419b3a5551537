// SPDX-License-Identifier: Apache-2.0
// Door: KairosDB's REST API on one or more addresses (PROTOCOL.md). Owned by src/server, which starts it after the
// store and stops it before. start() and stop() from one thread; requests run as coroutines on the network threads,
// everything that blocks on the workers of Services.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/executor.h"
#include "door/kairos/rate_limit.h"
#include "door/kairos/running_queries.h"
#include "door/kairos/services.h"
#include "net/http_door.h"
#include "net/tls.h"
#include "timeseries/compat.h"
#include "timeseries/request/series_cache.h"

namespace sluice::door::kairos {

class Request;

// KairosDB's server.type. What is off is answered 403.
struct Roles {
  bool ingest = true;
  bool query = true;
  bool remove = true;
};

struct DoorOptions {
  std::vector<net::ListenAddress> addresses;  // at least one; port 8080 by custom
  uint32_t max_connections = 4096;            // each address
  Roles roles;
  timeseries::Compat compat = timeseries::Compat::kV14;
  std::string version;                         // of /version: "KairosDB 1.4.0"
  std::string default_zone = "UTC";            // of queries without time_zone
  unsigned healthy_status = 204;               // of /health/check
  std::string cors_origin = "*";               // Access-Control-Allow-Origin; empty: none
  uint64_t max_body_bytes = 1ull << 30;        // of data points, after decompression
  uint32_t max_gzip_ratio = 200;               // of a body that became larger than 16 MiB
  uint64_t max_query_bytes = 16u << 20;        // bodies of all other requests
  std::chrono::milliseconds query_timeout{0};  // 0: none
  bool return_query = false;                   // answers repeat their query
  std::chrono::milliseconds slow_query{0};     // queries that take as long are logged; 0: none
  std::string user;                            // empty: no authentication, unless `authorize` is set
  std::string password;
  AuthorizeHook authorize;
  uint32_t requests_per_second = 0;  // of a client address; 0: no limit
  net::HttpServerOptions http;
};

class Door {
 public:
  // All must outlive the door. With `tls` every connection must speak TLS.
  Door(DoorOptions options, Services services, NetworkThreads& threads, std::shared_ptr<net::TlsContext> tls);
  ~Door();  // stop() without grace
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  // Listens on all addresses. Errors: those of the first that fails; then none is listened on.
  Status start() { return listening_.start(); }
  // /health/check fails from now on and new work is refused (503); what runs may end until `deadline`, then it is
  // interrupted. After that nobody is listened to any more. Returns when no connection is left.
  void stop(Deadline deadline) { listening_.stop(deadline); }

  // The real ports, in the order of the addresses.
  std::vector<uint16_t> ports() const { return listening_.ports(); }
  size_t running_queries() const { return running_.size(); }

 private:
  friend class Request;
  class CacheLease;

  // By the one user and password; the hook is asked besides.
  bool is_user(const net::HttpRequest& request) const;
  std::unique_ptr<timeseries::SeriesCache> take_cache();
  void give_back(std::unique_ptr<timeseries::SeriesCache> cache);

  const DoorOptions options_;
  const Services services_;
  RateLimit rate_;
  RunningQueries running_;
  std::atomic<uint32_t> large_bodies_{0};  // of data points, being read

  std::mutex mutex_;
  std::vector<std::unique_ptr<timeseries::SeriesCache>> caches_;  // guarded by mutex_
  net::HttpDoor listening_;
};

}  // namespace sluice::door::kairos
