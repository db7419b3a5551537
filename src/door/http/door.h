// SPDX-License-Identifier: Apache-2.0
// Door: HTTP on one or more addresses: health, metrics, running statements, SQL over HTTP and stream load
// (PROTOCOL.md). Owned by src/server, which starts it after the session services and stops it before them. start() and
// stop() from one thread; requests run as coroutines on the network threads, everything that blocks on the workers.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/executor.h"
#include "base/metrics.h"
#include "base/result.h"
#include "door/http/credentials.h"
#include "door/http/error_logs.h"
#include "net/http_door.h"
#include "net/tls.h"
#include "session/load_labels.h"
#include "session/load_prepared.h"
#include "session/services.h"

namespace sluice::door::http {

class Request;

struct DoorOptions {
  std::vector<net::ListenAddress> addresses;  // at least one; port 8030 by custom
  uint32_t max_connections = 4096;            // each address
  uint32_t max_loads = 64;                    // stream loads at once; each holds a thread; more get 503
  std::chrono::seconds label_keep = session::LoadLabels::kDefaultKeep;
  std::chrono::seconds prepared_timeout = session::PreparedLoads::kDefaultTimeout;
  net::HttpServerOptions http;
  std::function<bool()> ready;  // whether the rest of the server is, for /health/ready; empty: it is. Any thread.
};

class Door {
 public:
  // All must outlive the door. With `tls` every connection must speak TLS.
  Door(DoorOptions options, session::Services& services, NetworkThreads& threads, std::shared_ptr<net::TlsContext> tls);
  ~Door();  // stop() without grace
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  // Listens on all addresses. Errors: those of the first that fails; then none is listened on.
  Status start();
  // /health/ready says 503 from now on, and so do new queries and loads; running ones may end until `deadline`, then
  // they are interrupted. After that nobody is listened to any more. Returns when no connection is left.
  void stop(Deadline deadline);

  // The real ports, in the order of the addresses.
  std::vector<uint16_t> ports() const { return listening_.ports(); }

 private:
  friend class Request;

  const DoorOptions options_;
  session::Services& services_;
  session::LoadLabels labels_;
  session::PreparedLoads prepared_;
  Credentials credentials_;
  ErrorLogs error_logs_;
  std::atomic<uint32_t> loads_{0};
  Counter& load_rows_;
  Counter& load_bytes_;
  Gauge& loads_running_;
  net::HttpDoor listening_;
};

}  // namespace sluice::door::http
