// SPDX-License-Identifier: Apache-2.0
// SHOW VARIABLES, STATUS, PROCESSLIST, WARNINGS, ENGINES, CHARSET, COLLATION, PLUGINS.
#include "kernel/charsets.h"
#include "session/schema_jobs.h"
#include "session/show_rows.h"

namespace sluice::session {
namespace {

constexpr size_t kShortStatementCharacters = 100;

int64_t seconds_since(std::chrono::system_clock::time_point when) {
  return std::max<int64_t>(
      0, std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now() - when).count());
}

// The first characters of UTF-8 text.
std::string_view shortened(std::string_view text, size_t characters) {
  size_t at = 0;
  for (; at < text.size(); ++at) {
    const bool starts = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
    if (starts && characters-- == 0) break;
  }
  return text.substr(0, at);
}

std::string server_name(const Services& services) {
  auto id = find_variable("hostname");
  return id ? to_text(definition(*id), services.variables.get(*id)) : std::string();
}

}  // namespace

Table show_variables(const dialect::ShowStatement& show, ShowContext& context) {
  Table table = table_of({"Variable_name", "Value", "Default_Value", "#Changed"});
  const bool global = show.scope == dialect::VariableScope::kGlobal;
  for (const VariableRow& row : global ? context.services.variables.list() : context.variables.list()) {
    table.rows.push_back({text(row.name), text(row.value), text(row.default_value), number(row.changed ? 1 : 0)});
  }
  return table;
}

Table show_status(ShowContext& context) {
  Services& services = context.services;
  Table table = table_of({"Variable_name", "Value"});
  auto add_text = [&](std::string_view name, std::string_view value) {
    table.rows.push_back({text(name), text(value)});
  };
  auto add = [&](std::string_view name, uint64_t value) { add_text(name, std::to_string(value)); };
  const auto uptime =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - services.started);
  const uint64_t statements = services.statement_count.load(std::memory_order_relaxed);
  add("Kernel_memory_limit_bytes", services.kernel.memory_limit_bytes());
  add("Kernel_memory_used_bytes", services.kernel.memory_used_bytes());
  add("Kernel_reopen_count", services.kernel.reopen_count());
  add("Kernel_threads", services.kernel.thread_count());
  add("Plan_cache_hits", services.plan_cache.hits());
  add("Plan_cache_misses", services.plan_cache.misses());
  add("Queries", statements);
  add("Questions", statements);
  add("Slow_queries", services.slow_statement_count.load(std::memory_order_relaxed));
  add_text("Ssl_cipher", context.client.tls_cipher);
  add_text("Ssl_version", context.client.tls_version);
  add("Threads_connected", services.running.session_count());
  add("Threads_running", services.running.running_count());
  add("Uptime", static_cast<uint64_t>(uptime.count()));
  return table;
}

std::vector<duckdb::Value> process_row(const Services& services, const RunningEntry& entry, bool asking,
                                       std::string_view statement) {
  const bool busy = !entry.statement.empty();
  std::string state = busy ? "RUNNING" : "";
  if (busy && entry.progress >= 0) {
    char percent[16];
    std::snprintf(percent, sizeof percent, " %.0f%%", std::min(entry.progress, 100.0));
    state += percent;
  }
  return {text(asking ? "Yes" : "No"),
          number(entry.connection_id),
          text(entry.client.user),
          text(entry.client.host),
          text(time_text(entry.logged_in)),
          text(kernel::kInternalCatalog),
          text(entry.database),
          text(busy ? "Query" : "Sleep"),
          number(seconds_since(entry.state_since)),
          text(state),
          text(entry.query_id),
          busy ? text(statement) : no_text(),
          text(server_name(services)),
          no_text()};
}

Table show_processlist(const dialect::ShowStatement& show, ShowContext& context) {
  Table table = table_of({"CurrentConnected", "#Id", "User", "Host", "LoginTime", "Catalog", "Db", "Command", "#Time",
                          "State", "QueryId", "Info", "FE", "CloudCluster"});
  for (const RunningEntry& entry : context.services.running.snapshot()) {
    if (entry.client.user != context.client.user && !context.rights.global().has(Privilege::kAdmin)) continue;
    const std::string_view statement =
        show.full ? std::string_view(entry.statement) : shortened(entry.statement, kShortStatementCharacters);
    table.rows.push_back(process_row(context.services, entry, entry.connection_id == context.connection_id, statement));
  }
  return table;
}

Table show_warnings(bool errors_only, ShowContext& context) {
  Table table = table_of({"Level", "#Code", "Message"});
  for (const Warning& warning : context.warnings) {
    if (errors_only && warning.level != "Error") continue;
    table.rows.push_back({text(warning.level), number(warning.code), text(warning.message)});
  }
  return table;
}

Table count_warnings(bool errors_only, ShowContext& context) {
  const size_t count = show_warnings(errors_only, context).rows.size();
  Table table = table_of({errors_only ? "#@@session.error_count" : "#@@session.warning_count"});
  table.rows.push_back({number(static_cast<int64_t>(count))});
  return table;
}

Table show_engines() {
  Table table = table_of({"Engine", "Support", "Comment", "Transactions", "XA", "Savepoints"});
  table.rows.push_back(
      {text("OLAP"), text("DEFAULT"), text("Columnar storage with transactions"), text("YES"), text("NO"), text("NO")});
  return table;
}

Table show_charsets() {
  Table table = table_of({"Charset", "Description", "Default collation", "#Maxlen"});
  // As Doris: it knows this one only, though clients may name others.
  table.rows.push_back({text("utf8mb4"), text("UTF-8 Unicode"), text("utf8mb4_0900_bin"), number(4)});
  return table;
}

Table show_collations() {
  Table table = table_of({"Collation", "Charset", "#Id", "Default", "Compiled", "#Sortlen"});
  for (const kernel::Collation& collation : kernel::collations()) {
    table.rows.push_back({text(collation.name), text(collation.charset), number(collation.id),
                          text(kernel::is_default(collation) ? "Yes" : ""), text("Yes"), number(collation.sort_bytes)});
  }
  return table;
}

Table show_plugins() {
  Table table = table_of({"Name", "Type", "Description", "Version", "JavaVersion", "ClassName", "SoName", "Sources",
                          "Status", "Properties"});
  for (const auto& [name, description] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"caching_sha2_password", "Login with a SHA-256 password"},
           {"mysql_native_password", "Login with a SHA-1 password"}}) {
    table.rows.push_back({text(name), text("AUTHENTICATION"), text(description), no_text(), no_text(), no_text(),
                          no_text(), text("Builtin"), text("INSTALLED"), no_text()});
  }
  return table;
}

}  // namespace sluice::session
