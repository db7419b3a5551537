// SPDX-License-Identifier: Apache-2.0
// RollupApi: /api/v1/rollups as functions of a request, for the REST door. Thread-safe; calls block and belong on
// workers (a back-fill may take long). Source of truth: KairosDB's RollUpResource.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "timeseries/engine/engine.h"
#include "timeseries/rollup/rollup_store.h"

namespace sluice::timeseries {

struct RollupAnswer {
  int status = 200;
  std::string body;  // JSON; empty: none
  // "application/json; charset=UTF-8" with KairosDB's headers against caching; false: those of its 400 answers,
  // "application/json" alone. Of the HTTP server's own answers (404, 405, and 500 without a body) neither.
  bool as_result = true;
};

struct RollupApiOptions {
  std::string zone = "UTC";                     // of times in requests and of roll-ups without a zone
  std::function<int64_t()> now;                 // milliseconds since 1970; empty: the system's clock
  std::function<void()> changed;                // called after tasks were changed; may be empty
  const std::atomic<bool>* stopping = nullptr;  // ends back-fills
};

class RollupApi {
 public:
  using Parameters = std::vector<std::pair<std::string, std::string>>;

  // Both must outlive the object.
  RollupApi(Engine& engine, RollupStore& store, RollupApiOptions options);

  // `path` is what follows /api/v1/rollups, decoded: "", "/{id}", "/status/{id}", "/backfill/{id}".
  RollupAnswer handle(std::string_view method, std::string_view path, const Parameters& parameters,
                      std::string_view body);

 private:
  RollupAnswer create(std::string_view body);
  RollupAnswer list();
  RollupAnswer get(std::string_view id);
  RollupAnswer update(std::string_view id, std::string_view body);
  RollupAnswer erase(std::string_view id);
  RollupAnswer status(std::string_view id);
  RollupAnswer backfill(std::string_view id, const Parameters& parameters);
  RollupAnswer stored(const RollupTask& task);
  RollupAnswer failed(const Error& error) const;

  Engine& engine_;
  RollupStore& store_;
  const RollupApiOptions options_;
  const Zone zone_;
};

}  // namespace sluice::timeseries
