// SPDX-License-Identifier: Apache-2.0
// RollupStore: roll-up tasks, their statuses and the hosts that run them, in the service store, where and how KairosDB
// keeps them, so that servers of both kinds share them. Thread-safe; calls block.
// Source of truth: RollUpTasksStoreImpl, RollupTaskStatusStoreImpl, RollUpAssignmentStoreImpl, HostManager.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "timeseries/rollup/status.h"
#include "timeseries/rollup/task.h"
#include "timeseries/store.h"

namespace sluice::timeseries {

// Names in Java's order, in which coordinators choose and balance.
struct JavaOrder {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return compare_java(a, b) < 0; }
};
// Host id (a random UUID, kept over restarts) by task id, and host name by host id.
using RollupAssignments = std::map<std::string, std::string, JavaOrder>;
using RollupHosts = std::map<std::string, std::string, JavaOrder>;

class RollupStore {
 public:
  // Options for a query that is parsed now. Called from any thread.
  using ParserOptions = std::function<QueryParserOptions()>;

  RollupStore(ServiceStore& store, ParserOptions options) : store_(store), options_(std::move(options)) {}

  QueryParserOptions parser_options() const { return options_(); }

  // ---- tasks. Errors: the store's; kDataLoss for what does not parse.
  Status put_task(const RollupTask& task);
  Result<std::optional<RollupTask>> task(std::string_view id);
  Result<std::vector<std::string>> task_ids();
  Status erase_task(std::string_view id);
  // Milliseconds of the last change of any task; 0: never.
  Result<int64_t> tasks_modified();

  // ---- statuses
  Status put_status(std::string_view id, const RollupStatus& status);
  Result<std::optional<RollupStatus>> status(std::string_view id);
  Status erase_status(std::string_view id);

  // ---- which host runs which task
  Result<RollupAssignments> assignments();
  Status assign(std::string_view task, std::string_view host);
  Status unassign(std::string_view task);
  Result<int64_t> assignments_modified();

  // ---- hosts
  // Says that the host lives, takes hosts away that were silent for longer than `inactive_ms`, and returns the others.
  Result<RollupHosts> beat(std::string_view host_id, std::string_view name, int64_t now, int64_t inactive_ms);
  Status leave(std::string_view host_id);

 private:
  ServiceStore& store_;
  const ParserOptions options_;
};

}  // namespace sluice::timeseries
