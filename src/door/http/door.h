// SPDX-License-Identifier: Apache-2.0
// Door: HTTP on one or more addresses: health, metrics, running statements, SQL over HTTP and stream load
// (PROTOCOL.md). Owned by src/server, which starts it after the session services and stops it before them. start() and
// stop() from one thread; requests run as coroutines on the network threads, everything that blocks on the workers.
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
#include "base/metrics.h"
#include "base/result.h"
#include "door/http/credentials.h"
#include "door/http/error_logs.h"
#include "net/http.h"
#include "net/listener.h"
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
};

// Something that runs for a request and can be ended from outside: a load or a session.
class RunningWork {
 public:
  virtual ~RunningWork() = default;
  // The server stops. Any thread; must not block.
  virtual void stop() = 0;
  // Whether the server waits for its end before it stops.
  virtual bool is_waited_for() const = 0;
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
  std::vector<uint16_t> ports() const;

 private:
  friend class Request;

  awaitable<void> serve(std::unique_ptr<net::Stream> stream, net::Admission admission);
  void enlist(RunningWork* work);
  void delist(RunningWork* work);

  const DoorOptions options_;
  session::Services& services_;
  NetworkThreads& threads_;
  const std::shared_ptr<net::TlsContext> tls_;
  session::LoadLabels labels_;
  session::PreparedLoads prepared_;
  Credentials credentials_;
  ErrorLogs error_logs_;
  std::atomic<bool> stopping_{false};  // no new work
  std::atomic<bool> closing_{false};   // no further request on any connection
  std::atomic<uint32_t> loads_{0};
  Counter& load_rows_;
  Counter& load_bytes_;
  Gauge& loads_running_;

  std::mutex mutex_;
  std::vector<RunningWork*> running_;  // guarded by mutex_
  bool interrupting_ = false;          // guarded by mutex_: what is enlisted from now on is stopped at once
  std::vector<std::unique_ptr<net::Listener>> listeners_;
};

}  // namespace sluice::door::http
