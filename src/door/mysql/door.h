// SPDX-License-Identifier: Apache-2.0
// Door: the server side of the MySQL protocol on one or more addresses. Owned by src/server, which starts it after the
// session services and stops it before them. start() and stop() from one thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_set>
#include <vector>

#include "base/deadline.h"
#include "base/executor.h"
#include "base/result.h"
#include "door/mysql/auth_secrets.h"
#include "door/mysql/door_metrics.h"
#include "door/mysql/login_throttle.h"
#include "net/listeners.h"
#include "net/tls.h"
#include "session/services.h"

namespace sluice::door::mysql {

class Connection;

struct DoorOptions {
  std::vector<net::ListenAddress> addresses;   // at least one; port 9030 by custom
  std::chrono::seconds login_timeout{10};      // from the accepted connection to the end of its login
  std::chrono::seconds net_write_timeout{60};  // for a client to take 256 KiB; overridden by the global variable
  bool require_tls = false;                    // logins without TLS are refused, but over unix sockets
};

class Door {
 public:
  // All must outlive the door. `tls` may be null: no TLS is offered.
  Door(DoorOptions options, session::Services& services, NetworkThreads& threads, std::shared_ptr<net::TlsContext> tls);
  ~Door();  // stop() without grace
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  // Listens on all addresses. Errors: those of the first that fails; then none is listened on.
  Status start();
  // Ends accepting and closes idle connections at once; running statements may end until `deadline`, then they are
  // interrupted and their clients get error 1053. Returns when no connection is left.
  void stop(Deadline deadline);

  // The real ports, in the order of the addresses.
  std::vector<uint16_t> ports() const { return listeners_.ports(); }
  uint32_t connections() const { return open_.load(std::memory_order_relaxed); }

 private:
  friend class Connection;

  awaitable<void> serve(std::unique_ptr<net::Stream> stream, net::Admission admission);
  awaitable<void> refuse(net::Stream& stream);
  void enlist(Connection* connection);
  void delist(Connection* connection);
  // Each open connection looks at what the door's state means for it, on its own thread.
  void wake_connections();

  const DoorOptions options_;
  session::Services& services_;
  NetworkThreads& threads_;
  const std::shared_ptr<net::TlsContext> tls_;
  DoorMetrics metrics_;
  PasswordKey password_key_;
  LoginThrottle throttle_;
  std::atomic<uint32_t> verifying_passwords_{0};
  std::atomic<bool> draining_{false};
  std::atomic<uint32_t> open_{0};
  std::atomic<uint64_t> questions_{0};
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();

  std::mutex mutex_;
  std::unordered_set<Connection*> connections_;  // guarded by mutex_
  net::Listeners listeners_;
};

}  // namespace sluice::door::mysql
