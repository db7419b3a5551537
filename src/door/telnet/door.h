// SPDX-License-Identifier: Apache-2.0
// Door: KairosDB's telnet server, which collectors of OpenTSDB speak to as well (PROTOCOL.md). Owned by src/server,
// which starts it after the store and stops it before. start() and stop() from one thread; connections run as
// coroutines on the network threads, lines are read and stored on the workers.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/executor.h"
#include "door/telnet/intake.h"
#include "net/listeners.h"
#include "timeseries/store.h"
#include "timeseries/traffic.h"

namespace sluice::door::telnet {

struct DoorOptions {
  std::vector<net::ListenAddress> addresses;  // at least one; port 4242 by custom
  uint32_t max_connections = 1024;            // each address; one may hold some 30 MB of names of series
  Intake::Options intake;
};

class Door {
 public:
  // All must outlive the door.
  Door(DoorOptions options, timeseries::Store& store, timeseries::Traffic& traffic, WorkerPool& workers,
       NetworkThreads& threads);
  ~Door();  // stop() without grace
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  // Listens on all addresses. Errors: those of the first that fails; then none is listened on.
  Status start();
  // Reads no more; whole lines that were read are stored, for which a store that pushes back has until `deadline`.
  // Returns when no connection is left.
  void stop(Deadline deadline);

  // The real ports, in the order of the addresses.
  std::vector<uint16_t> ports() const { return listeners_.ports(); }
  uint32_t connections() const { return listeners_.connections(); }

 private:
  awaitable<void> serve(std::unique_ptr<net::Stream> stream, net::Admission admission);
  // Stores the whole lines of `bytes` and says how many bytes they are; waits while the store pushes back.
  awaitable<Result<size_t>> take(Intake& intake, std::string_view bytes);

  const DoorOptions options_;
  timeseries::Store& store_;
  timeseries::Traffic& traffic_;
  WorkerPool& workers_;
  NetworkThreads& threads_;
  std::atomic<Deadline::Clock::rep> stop_at_{0};  // of the deadline of stop(); 0: not stopping
  net::Listeners listeners_;
};

}  // namespace sluice::door::telnet
