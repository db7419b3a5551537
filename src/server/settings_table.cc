// SPDX-License-Identifier: Apache-2.0
// All settings. The order is the one of `sluice config` and of the example file; a table's settings stand together.
#include <iterator>
#include <vector>

#include "server/kairos/settings_rows.h"
#include "server/setting_rows.h"
#include "server/settings.h"

namespace sluice::server {
namespace {

using Kind = SettingKind;

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

    setting("timeseries.enabled", Kind::kBool, "true",
            "Whether time series are served: KairosDB's REST API and telnet protocol, and the store behind them."),
    setting("timeseries.roles", Kind::kTextList, "all",
            "What this process does of KairosDB's API: all, or some of ingest, query and delete (KairosDB's server.type).\n"
            "`sluice serve --roles ingest` is the same. Without ingest there is no telnet door."),
    choice("timeseries.compat", "1.4", "1.3,1.4",
           "Which KairosDB is answered as, where they differ: 1.3 is the release 1.3.0-1, 1.4 the last state of its sources."),
    choice("timeseries.store", "embedded", "embedded,cassandra",
           "Where points are. embedded: on local disk in <data_dir>/timeseries (in memory without data_dir)."),
    setting("timeseries.listen", Kind::kTextList, "127.0.0.1",
            "Addresses for KairosDB's REST API, written as in mysql.listen. \"*\" lets other machines in: then whoever reaches the\n"
            "port may read, write and delete, as with KairosDB, unless timeseries.user is set."),
    setting("timeseries.port", Kind::kInt, "8080",
            "TCP port for it; 0 lets the system choose. When the default one is taken, the server starts without this door, and says so.", 0, 65535),
    setting("timeseries.telnet", Kind::kBool, "true", "Whether KairosDB's telnet protocol (and OpenTSDB's put) is served."),
    setting("timeseries.telnet_listen", Kind::kTextList, "", "Addresses for it. Empty: those of timeseries.listen."),
    setting("timeseries.telnet_port", Kind::kInt, "4242", "TCP port for it; 0 lets the system choose. A taken default is treated as that of timeseries.port.", 0, 65535),
    setting("timeseries.telnet_max_line", Kind::kSize, "1KiB", "Longer telnet lines are dropped (KairosDB's telnetserver.max_command_size).", 64, kMiB),
    setting("timeseries.max_connections", Kind::kInt, "4096", "Connections of the REST API at the same time; a quarter of it for telnet.", 1, 1'000'000),
    setting("timeseries.tls", Kind::kBool, "false", "Whether the REST API speaks HTTPS, with the certificate of tls.cert, instead of HTTP."),
    setting("timeseries.user", Kind::kText, "", "User that requests must name (HTTP basic authentication). Empty: none is asked for."),
    secret(setting("timeseries.password", Kind::kText, "", "The user's password. Best given as an environment variable.")),
    setting("timeseries.auth_url", Kind::kText, "",
            "Who else may come in says this URL, asked with the request's Authorization, X-Original-Method, X-Original-URI and\n"
            "X-Forwarded-For: 2xx lets it in, 401 and 403 do not, all else is answered 503. Empty: nobody is asked."),
    expert(setting("timeseries.auth_keep", Kind::kDuration, "10s", "How long its answer to the same question holds.", 0, 3600 * kSecond)),
    expert(setting("timeseries.auth_timeout", Kind::kDuration, "5s", "How long it has for an answer.", 1, 600 * kSecond)),
    setting("timeseries.rate_limit", Kind::kInt, "0", "Requests a second that one client address may make; further ones are answered 429. 0: no limit.", 0, 10'000'000),
    setting("timeseries.cors_origin", Kind::kText, "*", "Pages of which origin may call the API from a browser (Access-Control-Allow-Origin). Empty: none but its own."),
    setting("timeseries.healthy_status", Kind::kInt, "204", "Status of /api/v1/health/check while all is well.", 200, 299),
    choice("timeseries.sync", "interval", "always,interval,never",
            "When points are safe from the end of the machine; from the end of the process they are once acknowledged.\n"
            "always: before they are acknowledged. interval: within timeseries.sync_interval. never: when the system writes its cache."),
    expert(setting("timeseries.sync_interval", Kind::kDuration, "1s", "See timeseries.sync.", 10, 3600 * kSecond)),
    setting("timeseries.default_ttl", Kind::kDuration, "0", "How long points live that come without a ttl; 0: for ever.", 0, 36500 * kDay),
    setting("timeseries.retention", Kind::kDuration, "0", "Points older than this are dropped, whatever their ttl; 0: none.", 0, 36500 * kDay),
    setting("timeseries.memory", Kind::kSize, "256MiB", "Memory for points that are not in blocks yet, and as much log. Writers wait when it is full.", 16 * kMiB, 1024 * 1024 * kMiB),
    setting("timeseries.block_cache", Kind::kSize, "64MiB", "Memory for blocks that were read.", kMiB, 1024 * 1024 * kMiB),
    setting("timeseries.query_cache", Kind::kSize, "512MiB", "Memory for what queries with cache_time read.", 0, 1024 * 1024 * kMiB),
    setting("timeseries.query_timeout", Kind::kDuration, "0", "Longer queries fail (500); 0: none.", 0, 365 * kDay),
    setting("timeseries.slow_query", Kind::kDuration, "0", "Queries that take as long are logged (KairosDB's log.queries); 0: none.", 0, 365 * kDay),
    setting("timeseries.max_query_points", Kind::kInt, "0", "A metric of a query that would read more points fails (500); 0: no limit.", 0),
    setting("timeseries.concurrent_queries", Kind::kInt, "16", "Queries that run at the same time; further ones wait.", 1, 1024),
    expert(setting("timeseries.waiting_queries", Kind::kInt, "1000", "Queries that may wait; further ones are refused (503).", 1, 1'000'000)),
    setting("timeseries.max_body", Kind::kSize, "1GiB", "Longest body of POST /api/v1/datapoints, after decompression.", kKiB, 1024 * 1024 * kMiB),
    expert(setting("timeseries.max_gzip_ratio", Kind::kInt, "200", "A compressed body beyond 16 MiB that grows by more than this factor is refused.", 2, 100'000)),
    setting("timeseries.max_query", Kind::kSize, "16MiB", "Longest body of other requests.", kKiB, 1024 * kMiB),
    setting("timeseries.return_query", Kind::kBool, "false", "Whether answers repeat their query (KairosDB's queries.return_query_in_response)."),
    setting("timeseries.regex_prefix", Kind::kText, "regex:", "Values of tag filters that begin so are regular expressions. Empty: none are."),
    setting("timeseries.time_zone", Kind::kText, "UTC", "Time zone of queries that name none."),
    setting("timeseries.drop_metrics", Kind::kTextList, "", "Points of these metrics are dropped when they come (KairosDB's filter.list)."),
    setting("timeseries.drop_prefixes", Kind::kTextList, "", "The same for metrics whose names begin so (filter.prefix)."),
    setting("timeseries.drop_patterns", Kind::kTextList, "", "The same for metrics whose whole names are matched by these regular expressions (filter.regex)."),
    setting("timeseries.self_metrics", Kind::kDuration, "1m", "How often the metrics kairosdb.* about this server are stored; 0: never.", 0, kDay),

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
