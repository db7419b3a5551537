// SPDX-License-Identifier: Apache-2.0
// Listeners: the listeners of one door, on all of its addresses. Used by one thread, as Listener is.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/deadline.h"
#include "base/executor.h"
#include "base/result.h"
#include "net/listener.h"

namespace sluice::net {

class Listeners {
 public:
  // Listens on all `addresses` and begins to accept; says each in the log. Errors: those of the first that fails; then
  // none is listened on. Once, or again after clear().
  Status start(NetworkThreads& threads, const std::vector<ListenAddress>& addresses, const Listener::Options& options,
               const Listener::Handler& handler);
  // As of Listener, for all.
  void stop();
  void cancel_connections();
  bool wait(Deadline deadline);
  // Waits for what is left of connections.
  void clear() { listeners_.clear(); }

  bool empty() const { return listeners_.empty(); }
  std::vector<uint16_t> ports() const;  // the real ones, in the order of the addresses
  uint32_t connections() const;

 private:
  std::vector<std::unique_ptr<Listener>> listeners_;
};

}  // namespace sluice::net
