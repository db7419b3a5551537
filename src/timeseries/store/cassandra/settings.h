// SPDX-License-Identifier: Apache-2.0
// Settings of the Cassandra store. Plain data. Behind each: the property of Java KairosDB that it stands for, below
// kairosdb.datastore.cassandra. unless it begins otherwise; "own" has none there.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "client/cassandra/settings.h"
#include "timeseries/store.h"
#include "timeseries/store/cassandra/row_spec.h"
#include "timeseries/store/cassandra/tag_index.h"

namespace sluice::timeseries {

// One cluster. Names of properties are below write_cluster., meta_cluster. and read_clusters[].
struct ClusterSettings {
  std::string name = "write_cluster";                                                // name
  std::string keyspace = "kairosdb";                                                 // keyspace; letters, digits, '_'
  std::string replication = "{'class': 'SimpleStrategy','replication_factor' : 1}";  // replication; CQL as it stands
  // cql_host_list (contact_points, port), local_dc_name (local_datacenter), protocol_compression (compression),
  // auth.user_name and .password (auth), use_ssl (tls), connections_per_host.local (connections_per_host),
  // max_requests_per_connection.local, max_queue_size, request_retry_count (max_retries). `keyspace` is not used.
  client::cassandra::Settings connection;
  client::cassandra::Consistency read_consistency = client::cassandra::Consistency::kOne;  // read_consistency_level
  client::cassandra::Consistency write_consistency =
      client::cassandra::Consistency::kQuorum;  // write_consistency_level
  // Also for what concerns row keys and names; own: KairosDB uses write_consistency_level for them.
  client::cassandra::Consistency index_consistency = client::cassandra::Consistency::kQuorum;
  int64_t start_time = kMinTime;  // start_time: milliseconds; queries that end before leave the cluster out
  int64_t end_time = kMaxTime;    // end_time: those that begin behind it
  cassandra::TagIndex tag_index;  // tag_indexed_row_key_lookup_metrics
  // row_time_unit, row_width: of a keyspace that has no `spec` yet.
  cassandra::RowSpec new_spec;
};

struct CassandraSettings {
  ClusterSettings write;
  std::vector<ClusterSettings> meta;   // meta_cluster; none: `write`; at most one
  std::vector<ClusterSettings> reads;  // read_clusters
  // table_create_with: what follows a CREATE TABLE, by the table's name.
  std::map<std::string, std::string, std::less<>> table_create_with{{"data_points", "WITH COMPACT STORAGE"}};
  bool start_async = false;  // start_async: open() succeeds without Cassandra, and goes on trying

  uint32_t datapoint_ttl = 0;                       // datapoint_ttl: seconds; 0: for ever
  bool align_datapoint_ttl_with_timestamp = false;  // align_datapoint_ttl_with_timestamp: from the point's time on
  bool force_default_datapoint_ttl = false;         // force_default_datapoint_ttl: whatever points say
  // kairosdb.metric_index_filter.prefix: names that begin so are not listed by metricnames.
  std::vector<std::string> hidden_name_prefixes;
  std::string pattern_prefix = "regex:";  // kairosdb.queries.regex_prefix

  size_t cached_series = 200'000;  // row_key_cache_size, string_cache_size: series whose row keys are known as written

  uint32_t simultaneous_queries = 20;         // simultaneous_cql_queries: partitions read at once by one query
  uint64_t query_limit = 0;                   // query_limit: points of one query; 0: no limit
  std::chrono::seconds query_time_limit{0};   // query_time_limit_sec; 0: no limit
  int32_t page_rows = 20'000;                 // own: cells of one answer
  uint64_t max_scanned_row_keys = 2'000'000;  // own: what tag_names() and tag_values() look at

  // ---- the queue between write() and Cassandra

  // kairosdb.queue_processor.class: points are acknowledged when they are in files (FileQueueProcessor) or in memory
  // (MemoryQueueProcessor), where they do not survive the process.
  bool queue_on_disk = true;
  std::string queue_folder;  // kairosdb.queue_processor.queue_path
  enum class Sync : uint8_t { kNever, kInterval, kAlways };
  Sync queue_sync = Sync::kInterval;  // own: safe from the end of the machine; KairosDB: kNever
  std::chrono::milliseconds queue_sync_interval{1000};
  uint64_t queue_disk_bytes = 8ull << 30;     // own; more: write() fails with kResourceExhausted
  uint64_t queue_memory_bytes = 256u << 20;   // own: the same without files. KairosDB: memory_queue_size, points
  std::chrono::milliseconds batch_wait{100};  // min_batch_wait: how long few points wait for more
  size_t batch_points = 50'000;               // batch_size: what is sorted and sent together
  size_t batch_bytes = 40'000;      // own: of a batch over several partitions, as Cassandra's batch_size_fail_threshold
                                    // counts them; batches of one partition are free of it
  size_t partition_points = 2'000;  // own: of a batch of one partition
  uint32_t batches_in_flight = 16;  // kairosdb.ingest_executor.thread_count
  std::chrono::milliseconds drain{10'000};  // own: how long closing waits for the queue to be delivered
};

}  // namespace sluice::timeseries
