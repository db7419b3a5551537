// SPDX-License-Identifier: Apache-2.0
// HttpDoor: what every HTTP door of the server has: addresses, TLS, refusals of too many connections, the work that
// runs, and a stop in order. Owned by the door; start() and stop() from one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/deadline.h"
#include "base/executor.h"
#include "base/result.h"
#include "net/http.h"
#include "net/listeners.h"
#include "net/tls.h"

namespace sluice::net {

// Something that runs for a request and can be ended from outside.
class HttpWork {
 public:
  virtual ~HttpWork() = default;
  // The server stops. Any thread; must not block.
  virtual void stop() = 0;
  // Whether the server waits for its end before it stops.
  virtual bool is_waited_for() const = 0;
};

struct HttpDoorOptions {
  std::string name;  // in logs: "http"
  std::vector<ListenAddress> addresses;
  uint32_t max_connections = 4096;  // each address
  std::string too_many;             // JSON for connections beyond them, answered with 503
  HttpServerOptions server;
};

class HttpDoor {
 public:
  // `threads` must outlive it. With `tls` every connection must speak TLS.
  HttpDoor(HttpDoorOptions options, NetworkThreads& threads, std::shared_ptr<TlsContext> tls, HttpHandler handler);

  // Errors: those of the first address that fails; then none is listened on.
  Status start();
  // is_stopping() from now on. Connections are served, and those of probes answered, until no work that is waited for
  // is left or `deadline` passed; then what runs is stopped. Returns when no connection is left. Again: nothing.
  void stop(Deadline deadline);
  bool is_stopping() const { return stopping_; }

  std::vector<uint16_t> ports() const { return listeners_.ports(); }

  // Any thread. What is enlisted while the rest is being stopped is stopped at once.
  void enlist(HttpWork* work);
  void delist(HttpWork* work);

 private:
  awaitable<void> serve(std::unique_ptr<Stream> stream, Admission admission);
  bool is_idle();

  const HttpDoorOptions options_;
  NetworkThreads& threads_;
  const std::shared_ptr<TlsContext> tls_;
  const HttpHandler handler_;
  std::atomic<bool> stopping_{false};  // no new work
  std::atomic<bool> closing_{false};   // no further request on any connection
  Listeners listeners_;

  std::mutex mutex_;
  // Guarded by mutex_.
  std::unordered_set<HttpWork*> work_;
  bool interrupting_ = false;
};

}  // namespace sluice::net
