// SPDX-License-Identifier: Apache-2.0
// All settings. The order is the one of `sluice config` and of the example file; a table's settings stand together.
#include <iterator>
#include <vector>

#include "server/kairos/settings_rows.h"
#include "server/settings.h"

namespace sluice::server {
namespace {

using Kind = SettingKind;

constexpr SettingDefinition setting(std::string_view key, Kind kind, std::string_view value, std::string_view doc,
                                    int64_t min = INT64_MIN, int64_t max = INT64_MAX) {
  SettingDefinition it;
  it.key = key;
  it.kind = kind;
  it.default_text = value;
  it.doc = doc;
  it.min = min;
  it.max = max;
  return it;
}
constexpr SettingDefinition choice(std::string_view key, std::string_view value, std::string_view choices,
                                   std::string_view doc) {
  SettingDefinition it = setting(key, Kind::kChoice, value, doc);
  it.choices = choices;
  return it;
}
constexpr SettingDefinition secret(SettingDefinition it) {
  it.secret = true;
  return it;
}
constexpr SettingDefinition expert(SettingDefinition it) {
  it.expert = true;
  return it;
}

constexpr int64_t kKiB = 1024;
constexpr int64_t kMiB = 1024 * kKiB;
constexpr int64_t kSecond = 1000;
constexpr int64_t kDay = 24 * 3600 * kSecond;

// clang-format off
constexpr SettingDefinition kTable[] = {
    setting("data_dir", Kind::kPath, "sluice-data",
            "Directory of everything that is stored. Made when it is missing. Empty: nothing is stored, all is gone at exit."),

    setting("mysql.enabled", Kind::kBool, "true", "Whether MySQL clients are served."),
    setting("mysql.listen", Kind::kTextList, "*",
            "Addresses for MySQL clients: an IP address, a host name, \"*\" (all of IPv4), \"::\" (all of both) or \"unix:/path\".\n"
            "Until a user with a password exists, the server listens on loopback only, whatever stands here."),
    setting("mysql.port", Kind::kInt, "9030", "TCP port for MySQL clients; 0 lets the system choose.", 0, 65535),
    choice("mysql.error_codes", "doris", "doris,mysql",
           "Whose numbers and texts errors of statements have, over MySQL's protocol and HTTP. doris: as Doris sends them, nearly all 1105.\n"
           "mysql: MySQL's, for programs that tell errors apart by number (1054, 1064, 1146, ..)."),
    expert(setting("mysql.login_timeout", Kind::kDuration, "10s", "A client that has not logged in after so long is disconnected.", kSecond, 3600 * kSecond)),

    setting("http.enabled", Kind::kBool, "true", "Whether HTTP (health, metrics, SQL over HTTP, stream load) is served."),
    setting("http.listen", Kind::kTextList, "*", "Addresses for HTTP, written as in mysql.listen and restricted to loopback in the same way."),
    setting("http.port", Kind::kInt, "8030", "TCP port for HTTP; 0 lets the system choose.", 0, 65535),

    choice("tls.mode", "optional", "off,optional,required",
           "off: plain text only. optional: clients choose. required: TCP clients without TLS are refused. Applies to the MySQL door."),
    setting("tls.cert", Kind::kPath, "",
            "PEM file with the certificate chain, leaf first. Empty: a self-signed certificate is made in the data directory.\n"
            "Read again on SIGHUP and when the file changes."),
    setting("tls.key", Kind::kPath, "", "PEM file with the certificate's private key, not encrypted."),
    setting("tls.client_ca", Kind::kPath, "", "PEM file with the authorities whose client certificates are accepted. Empty: none are asked for."),
    setting("tls.require_client_cert", Kind::kBool, "false", "Whether TLS clients must show a certificate that tls.client_ca accepts."),
    choice("tls.min_version", "1.2", "1.2,1.3", "The oldest TLS version that is spoken."),
    setting("tls.http", Kind::kBool, "false", "Whether the HTTP port speaks HTTPS (with the same certificate) instead of HTTP."),

    secret(setting("access.initial_root_password", Kind::kText, "",
                   "Password of root when the data directory is made; later changes have no effect. Best given as an environment variable.")),

    setting("memory.ceiling", Kind::kMemory, "90%",
            "Memory that the process may ask the system for. kernel.memory_limit does not count all that a statement makes (arrays of\n"
            "arrays, long texts): one that reaches the ceiling fails, and the process lives.", 256 * kMiB),

    setting("kernel.memory_limit", Kind::kMemory, "75%", "Memory that queries may use: a size, or a share of the machine's or container's memory.", 64 * kMiB),
    setting("kernel.cache_keep", Kind::kDuration, "1m",
            "Blocks of tables that nobody read for this long leave memory (the system's page cache still has them); 0: only at the memory limit.\n"
            "While a result of more than a million rows is sent, they do not grow beyond what was there before it (at least 64 MB).", 0, 365 * kDay),
    setting("kernel.threads", Kind::kInt, "0", "Threads that work on queries; 0: one a core.", 0, 1024),
    expert(setting("kernel.optimizer", Kind::kBool, "true", "Whether plans are optimized. Off only to find out whether a wrong answer is the optimizer's.")),
    setting("kernel.temp_dir", Kind::kPath, "", "Where queries spill what does not fit into memory. Empty: <data_dir>/tmp."),
    setting("kernel.temp_limit", Kind::kSize, "0", "Disk space that spilling may use; 0: 90 % of what is free.", 0),

    expert(setting("sql.workers", Kind::kInt, "128", "Statements that may run at the same time; further ones wait.", 1, 4096)),
    expert(setting("sql.queue", Kind::kInt, "10000", "Statements that may wait; further ones are refused.", 1, 10'000'000)),
    setting("sql.query_timeout", Kind::kDuration, "15m", "Default of the variable query_timeout: longer statements are stopped; 0: never.", 0, 365 * kDay),
    setting("sql.time_zone", Kind::kText, "SYSTEM", "Default of the variable time_zone: SYSTEM, an offset (+08:00) or a name (Europe/Berlin)."),

    setting("limits.max_connections", Kind::kInt, "8192", "Connections of MySQL clients at the same time; as many again for HTTP.", 1, 1'000'000),
    setting("limits.max_packet", Kind::kSize, "1GiB", "Longest MySQL packet (max_allowed_packet).", 16 * kKiB, 1024 * kMiB),
    setting("limits.max_statement", Kind::kSize, "64MiB", "Longest SQL text.", 4 * kKiB, 1024 * kMiB),

    setting("files.allowed_roots", Kind::kPathList, "",
            "Directories whose files SQL may read and write (read_csv('/data/x.csv'), COPY, LOAD DATA). None by default."),

    setting("files.s3_endpoints", Kind::kTextList, "",
            "Hosts, with their ports, that the table function s3() may read from (s3.eu-west-1.amazonaws.com). None by default."),

    setting("plan_cache.enabled", Kind::kBool, "true", "Whether plans of statements that differ only in literals are reused."),
    expert(setting("plan_cache.entries", Kind::kInt, "4096", "Forms of statements that are remembered, for all sessions together.", 1, 10'000'000)),

    setting("load.label_keep", Kind::kDuration, "3d", "How long labels of finished loads are remembered: a load with the same label is refused.", 60 * kSecond, 3650 * kDay),
    setting("load.prepared_timeout", Kind::kDuration, "1h",
            "A stream load with two_phase_commit that is neither committed nor aborted within this time is aborted.", kSecond, 3650 * kDay),
    setting("load.max_running", Kind::kInt, "64", "Stream loads at the same time; each holds a thread. Further ones are told to come back (503).", 1, 10'000),

    choice("log.level", "info", "trace,debug,info,warn,error,off", "How much is logged."),
    choice("log.format", "text", "text,json", "One line of text or one JSON object an event."),
    setting("log.file", Kind::kPath, "", "Empty: standard error. Otherwise appended to; SIGHUP opens it anew."),
    setting("log.rotate_size", Kind::kSize, "100MiB", "A longer log file is renamed; 0: never.", 0),
    setting("log.rotate_keep", Kind::kInt, "5", "Renamed log files that are kept.", 0, 1000),

    setting("audit.file", Kind::kPath, "", "One JSON object for each statement, login and load is appended to this file. Empty: no audit."),
    setting("audit.rotate_size", Kind::kSize, "256MiB", "A longer audit file is renamed; 0: never.", 0),
    setting("audit.rotate_keep", Kind::kInt, "8", "Renamed audit files that are kept.", 0, 1000),
    setting("audit.max_statement", Kind::kSize, "16KiB", "Longer statements are cut in the audit.", 64, 64 * kMiB),
    expert(setting("audit.queue", Kind::kInt, "16384", "Entries that may wait for the disk; further ones are dropped and counted.", 16, 10'000'000)),

    setting("otlp.endpoint", Kind::kText, "", "OpenTelemetry collector (OTLP over HTTP) that spans are sent to, e.g. http://127.0.0.1:4318. Empty: none."),
    setting("otlp.sample", Kind::kRatio, "0.01", "Share of traces that begin here and are sent; those that clients begin follow the client.", 0, 1),

    expert(setting("network.threads", Kind::kInt, "0", "Threads for network traffic; 0: one for two cores, at least 1, at most 16.", 0, 256)),
    setting("shutdown.drain_timeout", Kind::kDuration, "10s", "After SIGTERM running statements may go on for so long; then they are stopped.", 0, 3600 * kSecond),
};
// clang-format on

}  // namespace

std::span<const SettingDefinition> setting_table() {
  static const std::vector<SettingDefinition> all = [] {
    std::vector<SettingDefinition> rows(std::begin(kTable), std::end(kTable));
    // Behind the table's other settings, as TOML wants tables inside a table; at the end when it has none.
    auto at = rows.end();
    for (auto row = rows.begin(); row != rows.end(); ++row)
      if (row->key.starts_with("timeseries.")) at = row + 1;
    for (const auto more : {cassandra_setting_rows(), rollup_setting_rows()})
      at = rows.insert(at, more.begin(), more.end()) + static_cast<ptrdiff_t>(more.size());
    return rows;
  }();
  return all;
}

}  // namespace sluice::server
