// SPDX-License-Identifier: Apache-2.0
#include "server/kairos/java_settings.h"

namespace sluice::server {
namespace {

using C = JavaConversion;

constexpr std::string_view kJvm = "concerns the JVM or its web server";
constexpr std::string_view kOwnThreads = "the number of threads follows the machine";
constexpr std::string_view kNoPlugins = "modules of Java cannot be loaded";
constexpr std::string_view kTlsFiles =
    "export the key store as PEM (openssl pkcs12) and name the files in tls.cert and tls.key";
constexpr std::string_view kOldMetrics = "timeseries.slow_query logs slow queries, /metrics has the figures of all";

// clang-format off
constexpr JavaSetting kTable[] = {
    {"server.type", C::kRoles, "timeseries.roles", ""},
    {"server.guid", C::kIgnored, "", "a server's id lies in its data_dir"},
    {"hostname", C::kIgnored, "", "the system's host name is used"},
    {"metric-prefix", C::kUnsupported, "", "self-metrics are named kairosdb.*"},

    {"service.telnet", C::kModule, "timeseries.telnet", ""},
    {"service.http", C::kModule, "timeseries.enabled", ""},
    {"service.reporter", C::kReporter, "timeseries.self_metrics", ""},
    {"service.datastore", C::kStore, "timeseries.store", ""},
    {"service.health", C::kIgnored, "", "health checks are always there"},
    {"service.rollups", C::kModule, "timeseries.rollups.enabled", ""},
    {"service.filter", C::kIgnored, "", "with it filter.list, .prefix and .regex are timeseries.drop_metrics, .drop_prefixes and .drop_patterns"},
    {"service.oauth", C::kUnsupported, "", "OAuth 1 is not offered: timeseries.user and timeseries.password, or a proxy"},
    {"service.remote", C::kUnsupported, "", "points are not forwarded: let the collector send them twice"},
    {"service.demo", C::kIgnored, "", "demonstration only"},
    {"service.blast", C::kIgnored, "", "load test only"},
    {"service.*", C::kUnsupported, "", kNoPlugins},

    {"telnetserver.port", C::kNumber, "timeseries.telnet_port", ""},
    {"telnetserver.address", C::kList, "timeseries.telnet_listen", ""},
    {"telnetserver.max_command_size", C::kNumber, "timeseries.telnet_max_line", ""},
    {"telnetserver.commands", C::kIgnored, "", "put, putm, puts and version are always there"},

    {"jetty.port", C::kNumber, "timeseries.port", ""},
    {"jetty.address", C::kList, "timeseries.listen", ""},
    {"jetty.socket_idle_timeout", C::kIgnored, "", "idle connections are closed after the same 120 s"},
    {"jetty.static_web_root", C::kUnsupported, "", "KairosDB's web pages are not served: a web server can"},
    {"jetty.show_stacktrace", C::kIgnored, "", kJvm},
    {"jetty.ssl.port", C::kUnsupported, "", "timeseries.tls = true makes timeseries.port speak TLS"},
    {"jetty.ssl.keystore.*", C::kUnsupported, "", kTlsFiles},
    {"jetty.ssl.truststore.*", C::kUnsupported, "", kTlsFiles},
    {"jetty.ssl.*", C::kIgnored, "", "versions and ciphers of TLS are those of tls.*"},
    {"jetty.basic_auth.user", C::kText, "timeseries.user", ""},
    {"jetty.basic_auth.password", C::kText, "timeseries.password", ""},
    {"jetty.auth_module_name", C::kUnsupported, "", "JAAS is Java's: timeseries.user and timeseries.password, or a proxy"},
    {"jetty.request_logging.*", C::kIgnored, "", "log.* and audit.* say what is logged"},
    {"jetty.threads.*", C::kIgnored, "", kOwnThreads},

    {"datapoints.factory.long", C::kIgnored, "", "always there"},
    {"datapoints.factory.double", C::kIgnored, "", "always there"},
    {"datapoints.factory.string", C::kIgnored, "", "always there"},
    {"datapoints.factory.*", C::kUnsupported, "", "points of other types than long, double and string are refused"},
    {"reporter.schedule", C::kEveryMinute, "timeseries.self_metrics", ""},
    {"reporter.ttl", C::kIgnored, "", "self-metrics have timeseries.default_ttl"},
    {"reporter.*", C::kIgnored, "", kJvm},
    {"metrics.*", C::kUnsupported, "", "self-metrics carry the host only"},

    {"datastore.concurrentQueryThreads", C::kNumber, "timeseries.concurrent_queries", ""},
    {"datastore.h2.database_path", C::kIgnored, "", "the embedded store lies in data_dir; move points with `sluice kairos export` and `import`"},
    {"datastore.remote.*", C::kUnsupported, "", "points are not forwarded: let the collector send them twice"},

    {"datastore.cassandra.cql_host_list", C::kList, "timeseries.cassandra.contact_points", ""},
    {"datastore.cassandra.host_list", C::kUnsupported, "", "hosts of Thrift: write those of CQL (port 9042) into timeseries.cassandra.contact_points"},
    {"datastore.cassandra.keyspace", C::kText, "timeseries.cassandra.keyspace", ""},
    {"datastore.cassandra.replication", C::kText, "timeseries.cassandra.replication", ""},
    {"datastore.cassandra.read_consistency_level", C::kText, "timeseries.cassandra.read_consistency", ""},
    {"datastore.cassandra.write_consistency_level", C::kText, "timeseries.cassandra.write_consistency", ""},
    {"datastore.cassandra.local_datacenter", C::kText, "timeseries.cassandra.local_datacenter", ""},
    {"datastore.cassandra.local_dc_name", C::kText, "timeseries.cassandra.local_datacenter", ""},
    {"datastore.cassandra.protocol_compression", C::kCompression, "timeseries.cassandra.compression", ""},
    {"datastore.cassandra.request_retry_count", C::kNumber, "timeseries.cassandra.max_retries", ""},
    {"datastore.cassandra.connections_per_host.*", C::kIgnored, "", "one connection carries what Java's pool does: timeseries.cassandra.connections_per_host"},
    {"datastore.cassandra.max_requests_per_connection.*", C::kIgnored, "", "timeseries.cassandra.max_requests_per_connection: 1024, as few connections are used"},
    {"datastore.cassandra.max_queue_size", C::kNumber, "timeseries.cassandra.max_queue_size", ""},
    {"datastore.cassandra.auth.user_name", C::kText, "timeseries.cassandra.user", ""},
    {"datastore.cassandra.auth.password", C::kText, "timeseries.cassandra.password", ""},
    {"datastore.cassandra.auth.*", C::kUnsupported, "", "only user_name and password are sent to Cassandra"},
    {"datastore.cassandra.use_ssl", C::kBool, "timeseries.cassandra.tls", ""},
    {"datastore.cassandra.connection_timeout", C::kMilliseconds, "timeseries.cassandra.connect_timeout", ""},
    {"datastore.cassandra.read_timeout", C::kMilliseconds, "timeseries.cassandra.request_timeout", ""},
    {"datastore.cassandra.create_schema", C::kIgnored, "", "what is missing is made, what is there stays"},
    {"datastore.cassandra.tag_indexed_row_key_lookup_metrics", C::kTagIndex, "timeseries.cassandra.tag_indexed_metrics", ""},
    {"datastore.cassandra.row_time_unit", C::kText, "timeseries.cassandra.row_time_unit", ""},
    {"datastore.cassandra.row_width", C::kNumber, "timeseries.cassandra.row_width", ""},
    {"datastore.cassandra.name", C::kIgnored, "", "a name in the driver's metrics"},

    {"datastore.cassandra.table_create_with.data_points", C::kText, "timeseries.cassandra.data_points_with", ""},
    {"datastore.cassandra.table_create_with.*", C::kIgnored, "", "only what data_points is made with can be said; make other tables before the first start"},
    {"datastore.cassandra.simultaneous_cql_queries", C::kNumber, "timeseries.cassandra.simultaneous_queries", ""},
    {"datastore.cassandra.query_reader_threads", C::kIgnored, "", kOwnThreads},
    {"datastore.cassandra.query_limit", C::kNumber, "timeseries.max_query_points", ""},
    {"datastore.cassandra.query_time_limit_sec", C::kSeconds, "timeseries.query_timeout", ""},
    {"datastore.cassandra.row_key_cache_size", C::kIgnored, "", "timeseries.cassandra.cached_series: a series takes less memory here"},
    {"datastore.cassandra.string_cache_size", C::kIgnored, "", "timeseries.cassandra.cached_series holds names, too"},
    {"datastore.cassandra.datapoint_ttl", C::kSeconds, "timeseries.default_ttl", ""},
    {"datastore.cassandra.align_datapoint_ttl_with_timestamp", C::kBool, "timeseries.cassandra.align_ttl_with_timestamp", ""},
    {"datastore.cassandra.force_default_datapoint_ttl", C::kBool, "timeseries.cassandra.force_default_ttl", ""},
    {"datastore.cassandra.start_async", C::kBool, "timeseries.cassandra.start_async", ""},
    // Examples that are switched off by their name in the shipped file.
    {"datastore.cassandra.read_clusters_not.*", C::kIgnored, "", "switched off by its name"},
    {"datastore.cassandra.read_clusters_not", C::kIgnored, "", "switched off by its name"},

    {"oauth.*", C::kUnsupported, "", "OAuth 1 is not offered: timeseries.user and timeseries.password, or a proxy"},

    {"query_cache.keep_cache_files", C::kIgnored, "", "cache_time of queries always works: timeseries.query_cache"},
    {"query_cache.cache_file_cleaner_schedule", C::kIgnored, "", "the cache is memory, not files"},
    {"query_cache.cache_dir", C::kIgnored, "", "the cache is memory, not files"},
    {"log.queries.enable", C::kIgnored, "", "with it greater_than is timeseries.slow_query"},
    {"log.queries.greater_than", C::kIgnored, "", "with enable it is timeseries.slow_query"},
    {"log.queries.*", C::kIgnored, "", kOldMetrics},
    {"queries.aggregate_stats", C::kIgnored, "", kOldMetrics},
    {"queries.regex_prefix", C::kText, "timeseries.regex_prefix", ""},
    {"queries.return_query_in_response", C::kBool, "timeseries.return_query", ""},
    {"health.healthyResponseCode", C::kNumber, "timeseries.healthy_status", ""},

    {"queue_processor.class", C::kQueueClass, "timeseries.cassandra.queue_on_disk", ""},
    {"queue_processor.batch_size", C::kIgnored, "", "timeseries.cassandra.batch_points: batches are cut by partition and bytes"},
    {"queue_processor.min_batch_size", C::kIgnored, "", "timeseries.cassandra.batch_wait alone decides"},
    {"queue_processor.min_batch_wait", C::kMilliseconds, "timeseries.cassandra.batch_wait", ""},
    {"queue_processor.memory_queue_size", C::kIgnored, "", "timeseries.cassandra.queue_memory, in bytes"},
    {"queue_processor.seconds_till_checkpoint", C::kIgnored, "", "the queue knows what was delivered"},
    {"queue_processor.queue_path", C::kPath, "timeseries.cassandra.queue_folder", ""},
    {"queue_processor.page_size", C::kIgnored, "", "the queue's files have an own size; timeseries.cassandra.queue_disk bounds them"},
    {"ingest_executor.thread_count", C::kNumber, "timeseries.cassandra.batches_in_flight", ""},

    {"host_service_manager.check_delay_time_millseconds", C::kMilliseconds, "timeseries.rollups.heartbeat", ""},
    {"host_service_manager.inactive_time_seconds", C::kSeconds, "timeseries.rollups.inactive", ""},
    {"rollups.server_assignment.check_update_delay_millseconds", C::kMilliseconds, "timeseries.rollups.check_interval", ""},
    {"filter.list", C::kList, "timeseries.drop_metrics", ""},
    {"filter.prefix", C::kList, "timeseries.drop_prefixes", ""},
    {"filter.regex", C::kList, "timeseries.drop_patterns", ""},
    {"eventbus.*", C::kIgnored, "", "there is no event bus"},
    {"metric_index_filter.prefix", C::kList, "timeseries.cassandra.hidden_name_prefixes", ""},
    {"demo.*", C::kIgnored, "", "demonstration only"},
    {"blast.*", C::kIgnored, "", "load test only"},
};
// clang-format on

}  // namespace

std::span<const JavaSetting> java_settings() { return kTable; }

const JavaSetting* find_java_setting(std::string_view key) {
  // The properties of the one cluster moved below write_cluster with 1.3.
  constexpr std::string_view kCassandra = "datastore.cassandra.";
  constexpr std::string_view kWriteCluster = "datastore.cassandra.write_cluster.";
  std::string moved;
  if (key.starts_with(kWriteCluster)) {
    moved.append(kCassandra).append(key.substr(kWriteCluster.size()));
    key = moved;
  }
  const JavaSetting* family = nullptr;
  for (const JavaSetting& row : kTable) {
    if (row.key == key) return &row;
    if (!row.key.ends_with(".*")) continue;
    const std::string_view front = row.key.substr(0, row.key.size() - 1);
    if (key.starts_with(front) && (!family || family->key.size() < row.key.size())) family = &row;
  }
  return family;
}

}  // namespace sluice::server
