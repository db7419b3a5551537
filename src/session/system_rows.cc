// SPDX-License-Identifier: Apache-2.0
#include "session/system_rows.h"

#include "kernel/system_views.h"
#include "session/services.h"

namespace sluice::session {
namespace {

using duckdb::Value;
using Kind = kernel::SystemRows::Kind;
using Rows = kernel::SystemRows::Rows;

Value text(std::string_view value) { return Value(std::string(value)); }

Rows account_rows(const Services& services) {
  Rows rows;
  for (const AccountRecord& account : services.access.list()) {
    rows.push_back({text(account.user), text(account.host_pattern), text(account.plugin)});
  }
  return rows;
}

// Without the statements' texts: the view does not know who asks. SHOW PROCESSLIST does and shows them.
Rows process_rows(const Services& services) {
  Rows rows;
  const auto now = std::chrono::system_clock::now();
  for (const RunningEntry& entry : services.running.snapshot()) {
    const bool busy = !entry.statement.empty();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - entry.state_since).count();
    rows.push_back({Value::BIGINT(entry.connection_id), text(entry.client.user), text(entry.client.host),
                    entry.database.empty() ? Value(duckdb::LogicalType::VARCHAR) : text(entry.database),
                    text(busy ? "Query" : "Sleep"), Value::BIGINT(std::max<int64_t>(0, seconds)),
                    text(busy ? "RUNNING" : ""), Value(duckdb::LogicalType::VARCHAR)});
  }
  return rows;
}

Rows variable_rows(const Services& services) {
  Rows rows;
  for (const VariableRow& row : services.variables.list()) rows.push_back({text(row.name), text(row.value)});
  return rows;
}

}  // namespace

SystemRowsProvider::SystemRowsProvider(Services& services) : services_(services) {
  kernel::SystemRows& rows = services.kernel.system_rows();
  rows.provide(Kind::kAccounts, [&services] { return account_rows(services); });
  rows.provide(Kind::kProcesses, [&services] { return process_rows(services); });
  rows.provide(Kind::kGlobalVariables, [&services] { return variable_rows(services); });
}

SystemRowsProvider::~SystemRowsProvider() {
  for (Kind kind : {Kind::kAccounts, Kind::kProcesses, Kind::kGlobalVariables})
    services_.kernel.system_rows().provide(kind, {});
}

}  // namespace sluice::session
