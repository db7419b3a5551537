// SPDX-License-Identifier: Apache-2.0
#include "session/system_rows.h"

#include "kernel/system_views.h"
#include "session/materialized_views.h"
#include "session/server_rows.h"
#include "session/services.h"
#include "session/show_accounts.h"
#include "session/show_rows.h"

namespace sluice::session {
namespace {

using duckdb::Value;
using Kind = kernel::SystemRows::Kind;
using Rows = kernel::SystemRows::Rows;

// The kernel leaves out what its client may not see.
Rows process_rows(const Services& services) {
  Rows rows;
  for (const RunningEntry& entry : services.running.snapshot())
    rows.push_back(process_row(services, entry, false, entry.statement));
  return rows;
}

std::string view_note(const kernel::RelationFacts& view, const char* name) {
  const std::string* found = view.model.note("async", name);
  return found ? *found : std::string();
}

std::string job_name(const kernel::RelationFacts& view) { return "inner_mtmv_" + view_note(view, "id"); }

Rows view_rows(Services& services) {
  Rows rows;
  kernel::Connection connection(services.kernel);
  for (const auto& view : list_materialized_views(connection)) {
    const std::string state = view_note(view, "state");
    const bool changed = view.model.note("async", "changed") != nullptr;
    const bool readable = is_readable(connection, view) && !changed;
    const std::string partition = view_note(view, "partition");
    rows.push_back({text(view.database), Value::BIGINT(std::atoll(view_note(view, "id").c_str())), text(view.name),
                    text(job_name(view)),
                    text(!readable         ? "SCHEMA_CHANGE"
                         : state == "INIT" ? "INIT"
                                           : "NORMAL"),
                    text(readable  ? ""
                         : changed ? "a table that the view reads was changed"
                                   : "a table that the view reads is gone"),
                    text(state),
                    text("BUILD " + view_note(view, "build") + " REFRESH " + view_note(view, "refresh") + " " +
                         view_note(view, "trigger")),
                    text(view_note(view, "query")), text("EnvInfo{ctlId='0', dbName='" + view.database + "'}"),
                    text(view_note(view, "properties")),
                    text(partition.empty()
                             ? "MTMVPartitionInfo{partitionType=SELF_MANAGE}"
                             : "MTMVPartitionInfo{partitionType=FOLLOW_BASE_TABLE, partitionCol='" + partition + "'}"),
                    Value::BOOLEAN(readable && state == "SUCCESS")});
  }
  return rows;
}

Rows job_rows(Services& services) {
  Rows rows;
  kernel::Connection connection(services.kernel);
  for (const auto& view : list_materialized_views(connection)) {
    const std::string id = view_note(view, "id");
    const std::string trigger = view_note(view, "trigger");
    const std::string status = view_note(view, "job");
    rows.push_back({text(id), text(job_name(view)), text(id), text(view.name), text("0"), text(view.database),
                    text(trigger.starts_with("ON SCHEDULE") ? "RECURRING"
                         : trigger == "ON COMMIT"           ? "ON_COMMIT"
                                                            : "MANUAL"),
                    text(trigger), text(status.empty() ? "RUNNING" : status), text(view_note(view, "created"))});
  }
  return rows;
}

std::string text_of(const std::optional<JobDefinition::Time>& when) { return when ? time_text(*when) : std::string(); }

Rows insert_job_rows(Services& services) {
  Rows rows;
  for (const JobDefinition& job : services.jobs.jobs()) {
    rows.push_back({text(std::to_string(job.id)), text(job.name), text(job.user),
                    text(job.every.count() > 0 ? "RECURRING" : "ONE_TIME"), text(job.strategy), text(job.status),
                    text(job.sql), text(time_text(job.created)), text(std::to_string(job.succeeded)),
                    text(std::to_string(job.failed)), text(std::to_string(job.canceled)), text(job.comment)});
  }
  return rows;
}

Rows insert_task_rows(Services& services) {
  Rows rows;
  for (const JobTask& task : services.jobs.tasks()) {
    const std::string label = std::to_string(task.job_id) + "_" + std::to_string(task.id);
    const std::string statistic = "{\"LoadedRows\":" + std::to_string(task.rows) + "}";
    rows.push_back({text(std::to_string(task.id)), text(std::to_string(task.job_id)), text(task.job_name), text(label),
                    text(task.status), text(task.error), text(time_text(task.created)), text(time_text(task.created)),
                    text(text_of(task.ended)), text(""), text(task.status == "SUCCESS" ? statistic : ""),
                    text(task.user)});
  }
  return rows;
}

Rows task_rows(Services& services) {
  Rows rows;
  kernel::Connection connection(services.kernel);
  const auto views = list_materialized_views(connection);
  for (const RefreshTask& task : services.schema_jobs.tasks()) {
    auto view = std::ranges::find_if(
        views, [&](const auto& known) { return known.database == task.database && known.name == task.view; });
    if (view == views.end()) continue;
    const std::string id = view_note(*view, "id");
    std::string partitions;
    for (const auto& name : task.partitions) partitions += (partitions.empty() ? "\"" : ",\"") + name + "\"";
    if (task.partitions.empty()) partitions = "\"" + task.view + "\"";
    partitions = "[" + partitions + "]";
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(task.ended - task.began).count();
    rows.push_back({text(std::to_string(task.id)), text(id), text(job_name(*view)), text(id), text(task.view),
                    text("0"), text(task.database), text(task.failed ? "FAILED" : "SUCCESS"), text(task.error),
                    text(time_text(task.began)), text(time_text(task.began)), text(time_text(task.ended)),
                    text(std::to_string(took)), text("{\"triggerMode\":\"" + task.trigger + "\"}"), text(task.mode),
                    text(partitions), text(task.failed ? "[]" : partitions),
                    text(task.failed ? "0.00% (0/1)" : "100.00% (1/1)"), text("")});
  }
  // The newest first: those of one second are in this order already when they are sorted by their time.
  std::reverse(rows.begin(), rows.end());
  return rows;
}

}  // namespace

kernel::SystemRows::Rows variable_rows(const std::vector<VariableRow>& variables) {
  Rows rows;
  for (const VariableRow& row : variables)
    rows.push_back({text(row.name), text(row.value), text(row.default_value), text(row.changed ? "1" : "0")});
  return rows;
}

SystemRowsProvider::SystemRowsProvider(Services& services) : services_(services) {
  kernel::SystemRows& rows = services.kernel.system_rows();
  rows.provide(Kind::kAccounts, [&services] { return account_rows(services.access); });
  rows.provide(Kind::kPrivileges, [&services] { return privilege_rows(services.access); });
  rows.provide(Kind::kProcesses, [&services] { return process_rows(services); });
  rows.provide(Kind::kGlobalVariables, [&services] { return variable_rows(services.variables.list()); });
  rows.provide(Kind::kMaterializedViews, [&services] { return view_rows(services); });
  rows.provide(Kind::kViewJobs, [&services] { return job_rows(services); });
  rows.provide(Kind::kInsertJobs, [&services] { return insert_job_rows(services); });
  rows.provide(Kind::kInsertTasks, [&services] { return insert_task_rows(services); });
  rows.provide(Kind::kViewTasks, [&services] { return task_rows(services); });
  rows.provide(Kind::kFrontends, [&services] { return frontend_table(services).rows; });
  rows.provide(Kind::kBackends, [&services] { return backend_table(services).rows; });
  rows.provide(Kind::kFrontendDisks, [&services] { return disk_table(services).rows; });
}

SystemRowsProvider::~SystemRowsProvider() {
  for (Kind kind : {Kind::kAccounts, Kind::kPrivileges, Kind::kProcesses, Kind::kGlobalVariables,
                    Kind::kMaterializedViews, Kind::kViewJobs, Kind::kViewTasks, Kind::kInsertJobs, Kind::kInsertTasks,
                    Kind::kFrontends, Kind::kBackends, Kind::kFrontendDisks})
    services_.kernel.system_rows().provide(kind, {});
}

}  // namespace sluice::session
