// SPDX-License-Identifier: Apache-2.0
// Host: one node as a session sees it: its connections, kept up by tasks of their own, and its circuit breaker.
// Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/circuit_breaker.h"
#include "client/cassandra/connection.h"

namespace sluice::client::cassandra {

class Host : public std::enable_shared_from_this<Host> {
 public:
  Host(std::shared_ptr<const Settings> settings, Address address, std::string datacenter);

  // Starts the tasks that connect and connect again. `changed` is called when the host came up or went down.
  void start(NetworkThreads& threads, TaskScope& scope, std::function<void()> changed);
  // The node left the cluster: its connections end.
  void remove();

  // The open connection with the fewest requests; null when there is none.
  std::shared_ptr<Connection> pick() const;
  bool is_up() const { return open_.load(std::memory_order_relaxed) > 0; }
  // There is no connection, and the last attempt to make one failed.
  bool is_down() const { return !is_up() && !last_error().empty(); }
  // Requests taken and not finished.
  uint32_t load() const;
  // Tries to connect now instead of at the next time.
  void wake();

  CircuitBreaker& breaker() { return breaker_; }
  const Address& address() const { return address_; }
  const std::string& datacenter() const { return datacenter_; }
  const std::string& name() const { return breaker_.peer(); }
  // Why it could not be connected to the last time; empty once it could.
  std::string last_error() const;

 private:
  awaitable<void> keep_connected(size_t slot, std::shared_ptr<Signal> signal, TaskScope& scope,
                                 std::function<void()> changed);
  void put(size_t slot, std::shared_ptr<Connection> connection);

  const std::shared_ptr<const Settings> settings_;
  const Address address_;
  const std::string datacenter_;
  CircuitBreaker breaker_;
  std::atomic<uint32_t> open_{0};
  std::atomic<bool> removed_{false};

  mutable std::mutex mutex_;
  // Guarded by mutex_:
  std::vector<std::shared_ptr<Connection>> connections_;  // null where there is none at present
  std::vector<std::shared_ptr<Signal>> signals_;          // of the tasks
  std::string last_error_;
};
using HostPtr = std::shared_ptr<Host>;

}  // namespace sluice::client::cassandra
