// SPDX-License-Identifier: Apache-2.0
#include "session/server_rows.h"

#include <set>
#include <thread>

#include "functions/registry.h"
#include "kernel/catalog_facts.h"
#include "session/schema_jobs.h"
#include "session/show_rows.h"

namespace sluice::session {
namespace {

std::string variable_text(Services& services, std::string_view name) {
  auto id = find_variable(name);
  return id ? to_text(definition(*id), services.variables.get(*id)) : std::string();
}

int64_t port_number(Services& services) {
  int64_t port = 0;
  for (char c : variable_text(services, "port")) {
    if (c >= '0' && c <= '9') port = port * 10 + (c - '0');
  }
  return port;
}

std::string started_text(Services& services) {
  const auto ago = std::chrono::steady_clock::now() - services.started;
  return time_text(std::chrono::system_clock::now() -
                   std::chrono::duration_cast<std::chrono::system_clock::duration>(ago));
}

}  // namespace

Table frontend_table(Services& services) {
  Table table = table_of({"Name", "Host", "EditLogPort", "HttpPort", "QueryPort", "RpcPort", "ArrowFlightSqlPort",
                          "Role", "IsMaster", "ClusterId", "Join", "Alive", "ReplayedJournalId", "LastStartTime",
                          "LastHeartbeat", "IsHelper", "ErrMsg", "Version", "CurrentConnected"});
  const std::string host = variable_text(services, "hostname");
  table.rows.push_back({text("fe_" + host), text(host), text("0"), text("0"),
                        text(std::to_string(port_number(services))), text("0"), text("-1"), text("FOLLOWER"),
                        text("true"), text("0"), text("true"), text("true"), text("0"), text(started_text(services)),
                        text(time_text(std::chrono::system_clock::now())), text("true"), text(""),
                        text(variable_text(services, "version")), text("Yes")});
  return table;
}

Table backend_table(Services& services) {
  Table table = table_of({"#BackendId",
                          "Host",
                          "#HeartbeatPort",
                          "#BePort",
                          "#HttpPort",
                          "#BrpcPort",
                          "#ArrowFlightSqlPort",
                          "LastStartTime",
                          "LastHeartbeat",
                          "Alive",
                          "SystemDecommissioned",
                          "#TabletNum",
                          "DataUsedCapacity",
                          "TrashUsedCapacity",
                          "AvailCapacity",
                          "TotalCapacity",
                          "UsedPct",
                          "MaxDiskUsedPct",
                          "RemoteUsedCapacity",
                          "Tag",
                          "ErrMsg",
                          "Version",
                          "Status",
                          "#HeartbeatFailureCounter",
                          "NodeRole",
                          "#CpuCores",
                          "Memory"});
  const std::string host = variable_text(services, "hostname");
  const uint64_t memory = services.kernel.memory_limit_bytes();
  table.rows.push_back({number(kBackendId),
                        text(host),
                        number(0),
                        number(0),
                        number(0),
                        number(0),
                        number(-1),
                        text(started_text(services)),
                        text(time_text(std::chrono::system_clock::now())),
                        text("true"),
                        text("false"),
                        number(1),
                        text("0.000 "),
                        text("0.000 "),
                        text("1.000 GB"),
                        text("1.000 GB"),
                        text("0.00 %"),
                        text("0.00 %"),
                        text("0.000 "),
                        text("{\"location\" : \"default\"}"),
                        text(""),
                        text(variable_text(services, "version")),
                        text("{\"isQueryDisabled\":false,\"isLoadDisabled\":false}"),
                        number(0),
                        text("mix"),
                        number(std::max(1U, std::thread::hardware_concurrency())),
                        text(std::to_string(memory / (1024 * 1024 * 1024)) + ".00 GB")});
  return table;
}

Table disk_table(Services& services) {
  Table table =
      table_of({"Name", "Host", "DirType", "Dir", "FileSystem", "Capacity", "Used", "Available", "UseRate", "MountOn"});
  const std::string host = variable_text(services, "hostname");
  table.rows.push_back({text("fe_" + host), text(host), text("meta"), text(services.kernel.options().data_dir.string()),
                        text(""), text("0"), text("0"), text("0"), text("0%"), text("/")});
  return table;
}

Table builtin_functions() {
  Table table = table_of({"Function Name"});
  std::set<std::string> names;
  for (const auto& function : functions::Registry::instance().all()) names.insert(function->name);
  for (const auto& name : names) table.rows.push_back({text(name)});
  return table;
}

}  // namespace sluice::session
