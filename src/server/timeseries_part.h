// SPDX-License-Identifier: Apache-2.0
// TimeseriesPart: time series in the server: the store, the engine over it, KairosDB's two doors, self-metrics. Owned
// by Server, whose thread calls everything here.
#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/executor.h"
#include "base/metrics.h"
#include "base/result.h"
#include "door/kairos/services.h"
#include "net/listener.h"
#include "net/tls.h"
#include "server/settings.h"
#include "timeseries/engine/engine.h"
#include "timeseries/store.h"
#include "timeseries/traffic.h"

namespace sluice::door::kairos {
class Door;
}
namespace sluice::door::telnet {
class Door;
}

namespace sluice::server {

class RollupPart;
class SelfMetrics;

class TimeseriesPart {
 public:
  explicit TimeseriesPart(const Settings& settings);
  ~TimeseriesPart();
  TimeseriesPart(const TimeseriesPart&) = delete;
  TimeseriesPart& operator=(const TimeseriesPart&) = delete;

  bool enabled() const { return enabled_; }
  // Opens the store in a thread of its own: beside the kernel, which takes about as long.
  void begin_open();
  // Waits for the store and makes the engine.
  Status finish_open();
  // `tls` may be nullptr. A default port that is taken is a warning, any other an error.
  Status start_doors(NetworkThreads& threads, std::shared_ptr<net::TlsContext> tls);
  // What runs may end until `drain`; then nothing uses the store any more but through store() and engine().
  void stop_doors(Deadline drain);
  void close();

  // From finish_open() to close(); only when enabled().
  timeseries::Store& store() { return *store_; }
  timeseries::Engine& engine() { return *engine_; }
  timeseries::ServiceStore& service_values() { return *service_values_; }

  // The real ports; 0: that door is off.
  uint16_t rest_port() const;
  uint16_t telnet_port() const;
  // Lines for the banner.
  std::string banner() const;

 private:
  struct Opened;

  Result<std::unique_ptr<Opened>> open() const;
  Result<std::vector<net::ListenAddress>> addresses(std::string_view list_key, std::string_view port_key) const;
  // The status of a door's start: OK with a note where only the default port is taken.
  Status started(Status status, std::string_view port_key, std::string_view what);
  void register_metrics();

  const Settings& settings_;
  const bool enabled_;
  std::future<Result<std::unique_ptr<Opened>>> opening_;
  std::unique_ptr<Opened> opened_;
  std::unique_ptr<timeseries::Store> filtered_;  // before the store that was opened, when metrics are dropped
  std::unique_ptr<timeseries::Store> counted_;   // before that one
  timeseries::Store* store_ = nullptr;
  timeseries::ServiceStore* service_values_ = nullptr;
  timeseries::Traffic traffic_;
  std::unique_ptr<timeseries::ReadCache> cache_;
  std::unique_ptr<timeseries::Engine> engine_;
  std::unique_ptr<WorkerPool> writers_;
  std::unique_ptr<WorkerPool> queries_;
  std::unique_ptr<WorkerPool> short_work_;
  std::unique_ptr<RollupPart> rollups_;
  std::unique_ptr<door::kairos::Door> rest_;
  std::unique_ptr<door::telnet::Door> telnet_;
  std::unique_ptr<SelfMetrics> self_metrics_;
  std::vector<std::string> notes_;  // about doors that are off
  std::vector<Metrics::Registration> metrics_;
};

}  // namespace sluice::server
