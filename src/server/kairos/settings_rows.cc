// SPDX-License-Identifier: Apache-2.0
#include "server/kairos/settings_rows.h"

#include "server/setting_rows.h"

namespace sluice::server {
namespace {

using Kind = SettingKind;

constexpr std::string_view kConsistencies = "ANY,ONE,TWO,THREE,QUORUM,ALL,LOCAL_QUORUM,EACH_QUORUM,LOCAL_ONE";

// clang-format off
constexpr SettingDefinition kCassandra[] = {
    setting("timeseries.cassandra.contact_points", Kind::kTextList, "localhost:9042",
        "Hosts of the Cassandra cluster that are asked for the others: host or host:port. For timeseries.store = \"cassandra\"."),
    setting("timeseries.cassandra.keyspace", Kind::kText, "kairosdb", "Keyspace; made with its tables when it is missing."),
    setting("timeseries.cassandra.replication", Kind::kText, "{'class': 'SimpleStrategy','replication_factor' : 1}",
        "Replication of a keyspace that is made, as CQL has it."),
    setting("timeseries.cassandra.user", Kind::kText, "", "User at Cassandra. Empty: none."),
    secret(setting("timeseries.cassandra.password", Kind::kText, "", "The user's password.")),
    setting("timeseries.cassandra.tls", Kind::kBool, "false", "Whether connections to Cassandra are TLS."),
    setting("timeseries.cassandra.tls_ca", Kind::kPath, "", "PEM file with certificates, one of which must have signed Cassandra's. Empty: the system's."),
    setting("timeseries.cassandra.tls_name", Kind::kText, "", "Name that the certificates of all nodes are for. Empty: the address of each."),
    setting("timeseries.cassandra.local_datacenter", Kind::kText, "", "Datacenter whose hosts are asked. Empty: that of the first host that answers."),
    choice("timeseries.cassandra.read_consistency", "ONE", kConsistencies, "How many replicas must answer a read."),
    choice("timeseries.cassandra.write_consistency", "QUORUM", kConsistencies, "How many replicas must have a write."),
    setting("timeseries.cassandra.compression", Kind::kBool, "true", "Whether messages to and from Cassandra are compressed (LZ4)."),
    setting("timeseries.cassandra.tag_indexed_metrics", Kind::kTextList, "",
        "Metrics whose row keys are also found by tag: \"metric\" for all its tags, \"metric:tag\" for one, \"*\" for all metrics."),
    setting("timeseries.cassandra.hidden_name_prefixes", Kind::kTextList, "", "Metrics whose names begin so are not listed by metricnames."),
    setting("timeseries.cassandra.meta_cluster", Kind::kText, "",
        "Cluster for the metadata service and roll-ups, written as those of read_clusters. Empty: the cluster of the points."),
    setting("timeseries.cassandra.read_clusters", Kind::kTextList, "",
        "Further clusters that queries read: \"name=old;contact_points=a b;keyspace=kairosdb;start_time=2001-07-04T12:08-0700;end_time=...\".\n"
        "Also user, password, tls, tls_ca, tls_name, local_datacenter, read_consistency. Values with ; stand in double quotes."),
    setting("timeseries.cassandra.start_async", Kind::kBool, "false", "Whether the server starts without Cassandra and goes on trying to reach it."),
    setting("timeseries.cassandra.align_ttl_with_timestamp", Kind::kBool, "false", "Whether times to live count from a point's time and not from its arrival."),
    setting("timeseries.cassandra.force_default_ttl", Kind::kBool, "false", "Whether timeseries.default_ttl holds whatever points say."),
    setting("timeseries.cassandra.simultaneous_queries", Kind::kInt, "20", "Partitions that one query reads at once.", 1, 1000),
    expert(setting("timeseries.cassandra.connections_per_host", Kind::kInt, "1", "Connections to each host.", 1, 100)),
    expert(setting("timeseries.cassandra.max_requests_per_connection", Kind::kInt, "1024", "Requests under way at once.", 1, 32768)),
    expert(setting("timeseries.cassandra.max_queue_size", Kind::kInt, "500", "Requests that wait for a host beyond those; more fail.", 0, 1'000'000)),
    expert(setting("timeseries.cassandra.max_retries", Kind::kInt, "2", "Repetitions of a request that failed.", 0, 100)),
    expert(setting("timeseries.cassandra.connect_timeout", Kind::kDuration, "5s", "For connecting, TLS and login together.", 1, 3'600'000)),
    expert(setting("timeseries.cassandra.request_timeout", Kind::kDuration, "12s", "For the answer to a request.", 1, 3'600'000)),
    expert(choice("timeseries.cassandra.row_time_unit", "MILLISECONDS", "MILLISECONDS,LEGACY", "Unit of times in rows, of a keyspace that is made. (SECONDS is read: in keyspaces of read_clusters.)")),
    expert(setting("timeseries.cassandra.row_width", Kind::kInt, "1814400000", "Milliseconds of a row, of a keyspace that is made.", 1, INT32_MAX)),
    expert(setting("timeseries.cassandra.data_points_with", Kind::kText, "WITH COMPACT STORAGE", "What follows CREATE TABLE data_points. Empty: nothing.")),
    expert(setting("timeseries.cassandra.cached_series", Kind::kInt, "200000", "Series whose row keys are known to be written.", 1000, 1'000'000'000)),
    setting("timeseries.cassandra.queue_on_disk", Kind::kBool, "true",
        "Whether points on their way to Cassandra lie in files, where they survive the process, and an outage of Cassandra."),
    setting("timeseries.cassandra.queue_folder", Kind::kPath, "", "Folder of these files. Empty: queue in data_dir."),
    setting("timeseries.cassandra.queue_disk", Kind::kSize, "8GiB", "Bytes of these files; more points are refused until Cassandra took some.", 1 << 20),
    setting("timeseries.cassandra.queue_memory", Kind::kSize, "256MiB", "The same without files.", 1 << 20),
    expert(setting("timeseries.cassandra.drain_timeout", Kind::kDuration, "10s",
        "At the end, after shutdown.drain_timeout: how long the queue may still be delivered. On disk the rest waits for the next start.", 0, 3'600'000)),
    expert(setting("timeseries.cassandra.batch_wait", Kind::kDuration, "100ms", "How long few points wait for more.", 0, 60'000)),
    expert(setting("timeseries.cassandra.batch_points", Kind::kInt, "50000", "Points that are sorted and sent together.", 1, 10'000'000)),
    expert(setting("timeseries.cassandra.batches_in_flight", Kind::kInt, "16", "Batches that Cassandra works at.", 1, 1000)),
};

constexpr SettingDefinition kRollups[] = {
    setting("timeseries.rollups.enabled", Kind::kBool, "true", "Whether /api/v1/rollups is there and this server runs roll-up tasks."),
    expert(setting("timeseries.rollups.check_interval", Kind::kDuration, "10s", "Between looks for roll-up tasks that are new or have changed.", 100, 3'600'000)),
    expert(setting("timeseries.rollups.heartbeat", Kind::kDuration, "20s", "Between signs of life of this server to the others that share roll-up tasks; half of timeseries.rollups.inactive at most.", 100, 3'600'000)),
    expert(setting("timeseries.rollups.inactive", Kind::kDuration, "30s", "A server that was silent for so long is taken for dead.", 200, 86'400'000)),
};
// clang-format on

}  // namespace

std::span<const SettingDefinition> cassandra_setting_rows() { return kCassandra; }
std::span<const SettingDefinition> rollup_setting_rows() { return kRollups; }

}  // namespace sluice::server
