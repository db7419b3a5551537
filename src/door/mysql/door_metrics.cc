// SPDX-License-Identifier: Apache-2.0
#include "door/mysql/door_metrics.h"

#include <string>
#include <utility>

namespace sluice::door::mysql {
namespace {

constexpr std::pair<Command, const char*> kNames[] = {
    {Command::kQuit, "quit"},
    {Command::kInitDb, "init_db"},
    {Command::kQuery, "query"},
    {Command::kFieldList, "field_list"},
    {Command::kCreateDb, "create_db"},
    {Command::kDropDb, "drop_db"},
    {Command::kStatistics, "statistics"},
    {Command::kProcessInfo, "process_info"},
    {Command::kProcessKill, "process_kill"},
    {Command::kDebug, "debug"},
    {Command::kPing, "ping"},
    {Command::kChangeUser, "change_user"},
    {Command::kStmtPrepare, "stmt_prepare"},
    {Command::kStmtExecute, "stmt_execute"},
    {Command::kStmtSendLongData, "stmt_send_long_data"},
    {Command::kStmtClose, "stmt_close"},
    {Command::kStmtReset, "stmt_reset"},
    {Command::kSetOption, "set_option"},
    {Command::kStmtFetch, "stmt_fetch"},
    {Command::kResetConnection, "reset_connection"},
};

}  // namespace

DoorMetrics::DoorMetrics(Metrics& registry)
    : open_connections(registry.gauge("sluice_mysql_connections_open", "Connections of MySQL clients that are open.")),
      connections(
          registry.counter("sluice_mysql_connections_total", "Connections of MySQL clients that were accepted.")),
      refused_connections(registry.counter("sluice_mysql_connections_refused_total",
                                           "Connections that were refused because too many were open.")),
      login_failures(registry.counter("sluice_mysql_login_failures_total", "Logins that were denied.")),
      bytes_received(registry.counter("sluice_mysql_received_bytes_total", "Bytes received from MySQL clients.")),
      bytes_sent(registry.counter("sluice_mysql_sent_bytes_total", "Bytes sent to MySQL clients.")),
      statement_seconds(registry.histogram("sluice_mysql_statement_seconds",
                                           "From a statement's arrival to the last byte of its answer.",
                                           latency_buckets())),
      registry_(registry) {
  auto command = [&](const char* name) {
    return &registry.counter("sluice_mysql_commands_total", "Commands of MySQL clients.", {{"command", name}});
  };
  commands_.fill(command("other"));
  for (auto [code, name] : kNames) commands_[static_cast<uint8_t>(code)] = command(name);
}

void DoorMetrics::error(uint16_t number) {
  registry_.counter("sluice_mysql_errors_total", "Errors sent to MySQL clients.", {{"errno", std::to_string(number)}})
      .add();
}

}  // namespace sluice::door::mysql
