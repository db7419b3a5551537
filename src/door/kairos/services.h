// SPDX-License-Identifier: Apache-2.0
// What the REST door of time series works with: stores, engine, workers, and hooks of other parts. Plain data; all of
// it must outlive the door.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/executor.h"
#include "base/result.h"
#include "timeseries/engine/engine.h"
#include "timeseries/store.h"
#include "timeseries/traffic.h"

namespace sluice::door::kairos {

struct HookAnswer {
  unsigned status = 200;
  std::string body;  // JSON; empty: none
};
// Roll-ups: everything below /api/v1/rollups. `rest` is what follows that, decoded ("", "/id", "/status/id"), `query`
// what follows '?' (not decoded). Runs on a worker and may block. Nullopt: there is nothing of that name (404).
using RollupHook = std::function<std::optional<HookAnswer>(std::string_view method, std::string_view rest,
                                                           std::string_view query, std::string_view body)>;
// Who may come in, beside or instead of one user and password: false is answered with 401, an error with 503. Called on
// a worker; may block.
struct AuthorizeRequest {
  std::string authorization;  // the header as it came; empty: none
  std::string method;
  std::string path;    // with the query
  std::string client;  // its address
};
using AuthorizeHook = std::function<Result<bool>(const AuthorizeRequest&)>;

struct Services {
  timeseries::Store& store;
  timeseries::ServiceStore& service_values;
  timeseries::Engine& engine;
  timeseries::Traffic& traffic;
  WorkerPool& writers;     // writes and deletes, which wait while the store pushes back
  WorkerPool& queries;     // as many as may run at once
  WorkerPool& short_work;  // health, names, metadata: answered though writers and queries are stuck
  RollupHook rollups;      // empty: there are none
};

}  // namespace sluice::door::kairos
