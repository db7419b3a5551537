// SPDX-License-Identifier: Apache-2.0
// RollupPart: roll-ups in the server: store, node, threads and API of src/timeseries/rollup put together from settings.
// Owned by the part of the server that owns the engine, whose thread calls start() and stop(); handle() is called from
// workers.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "server/settings.h"
#include "timeseries/rollup/rollup_api.h"
#include "timeseries/rollup/rollup_service.h"

namespace sluice::server {

class RollupPart {
 public:
  // What the settings of the doors say about queries.
  struct Queries {
    timeseries::Compat compat = timeseries::Compat::kV14;
    std::string zone = "UTC";
  };

  // Errors: the server's id cannot be kept in data_dir.
  static Result<std::unique_ptr<RollupPart>> make(const Settings& settings, Queries queries, timeseries::Engine& engine,
                                                  timeseries::ServiceStore& values);
  ~RollupPart();  // stop()

  void start();
  // Ends running tasks and back-fills and waits for them.
  void stop();

  // `query` is what follows '?' of the request, not decoded.
  timeseries::RollupAnswer handle(std::string_view method, std::string_view path, std::string_view query,
                                  std::string_view body);

 private:
  RollupPart(timeseries::Engine& engine, timeseries::ServiceStore& values, Queries queries,
             timeseries::RollupNodeOptions node, timeseries::RollupServiceOptions service);

  std::atomic<bool> stopping_ = false;
  timeseries::RollupStore store_;
  timeseries::RollupNode node_;
  timeseries::RollupService service_;
  timeseries::RollupApi api_;
  std::vector<Metrics::Registration> metrics_;
};

}  // namespace sluice::server
