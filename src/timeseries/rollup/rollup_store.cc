// SPDX-License-Identifier: Apache-2.0
#include "timeseries/rollup/rollup_store.h"

namespace sluice::timeseries {
namespace {

constexpr std::string_view kRollups = "_Rollups";
constexpr std::string_view kConfig = "Config";
constexpr std::string_view kStatus = "Status";
constexpr std::string_view kAssignment = "Assignment";
constexpr std::string_view kHosts = "_Hosts";
constexpr std::string_view kActive = "Active";

}  // namespace

Status RollupStore::put_task(const RollupTask& task) { return store_.put(kRollups, kConfig, task.id, task.json); }

Result<std::optional<RollupTask>> RollupStore::task(std::string_view id) {
  const auto value = TRY(store_.get(kRollups, kConfig, id));
  if (!value || value->value.empty()) return std::optional<RollupTask>();
  auto task = parse_rollup_task(value->value, std::string(id), options_());
  if (!task)
    return fail(Error(Code::kDataLoss, "Failed to read rollups from the keystore")
                    .with_cause(Error(Code::kDataLoss, to_text(task.error()))));
  task->modified = value->modified;
  return std::optional<RollupTask>(std::move(*task));
}

Result<std::vector<std::string>> RollupStore::task_ids() { return store_.keys(kRollups, kConfig, ""); }

Status RollupStore::erase_task(std::string_view id) { return store_.erase(kRollups, kConfig, id); }

Result<int64_t> RollupStore::tasks_modified() { return TRY(store_.modified(kRollups, kConfig)).value_or(0); }

Status RollupStore::put_status(std::string_view id, const RollupStatus& status) {
  return store_.put(kRollups, kStatus, id, status.stored_json());
}

Result<std::optional<RollupStatus>> RollupStore::status(std::string_view id) {
  const auto value = TRY(store_.get(kRollups, kStatus, id));
  if (!value) return std::optional<RollupStatus>();
  auto status = parse_rollup_status(value->value, options_().compat);
  if (!status) return fail(Code::kDataLoss, "Could not deserialize the status for id " + std::string(id));
  return std::optional<RollupStatus>(std::move(*status));
}

Status RollupStore::erase_status(std::string_view id) { return store_.erase(kRollups, kStatus, id); }

Result<RollupAssignments> RollupStore::assignments() {
  RollupAssignments found;
  for (const std::string& task : TRY(store_.keys(kRollups, kAssignment, "")))
    if (auto value = TRY(store_.get(kRollups, kAssignment, task))) found[task] = std::move(value->value);
  return found;
}

Status RollupStore::assign(std::string_view task, std::string_view host) {
  return store_.put(kRollups, kAssignment, task, host);
}

Status RollupStore::unassign(std::string_view task) { return store_.erase(kRollups, kAssignment, task); }

Result<int64_t> RollupStore::assignments_modified() { return TRY(store_.modified(kRollups, kAssignment)).value_or(0); }

Result<RollupHosts> RollupStore::beat(std::string_view host_id, std::string_view name, int64_t now,
                                      int64_t inactive_ms) {
  TRY(store_.put(kHosts, host_id, name, "active"));
  TRY(store_.put(kHosts, kActive, host_id, name));
  RollupHosts hosts;
  for (const std::string& id : TRY(store_.keys(kHosts, kActive, ""))) {
    auto value = TRY(store_.get(kHosts, kActive, id));
    if (!value) continue;
    if (value->modified + inactive_ms < now && id != host_id)
      TRY(store_.erase(kHosts, kActive, id));
    else
      hosts[id] = std::move(value->value);
  }
  return hosts;
}

Status RollupStore::leave(std::string_view host_id) { return store_.erase(kHosts, kActive, host_id); }

}  // namespace sluice::timeseries
