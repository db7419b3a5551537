// SPDX-License-Identifier: Apache-2.0
// Cluster: a session with one Cassandra cluster, its keyspace and tables (made when they are missing), its row spec and
// the prepared statements. Thread-safe; ready() and calls of others block.
// Source of truth: KairosDB's ClusterConnection.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "client/cassandra/session.h"
#include "timeseries/store/cassandra/settings.h"

namespace sluice::timeseries::cassandra {

namespace cql = client::cassandra;

// What the cluster is for: tables are made only where points or service values are written.
struct ClusterRoles {
  bool write = false;
  bool meta = false;
};

struct Statements {
  // ? of inserts in the order of the columns; the last one of those with a TTL: seconds.
  cql::StatementPtr insert_point, insert_point_ttl;
  cql::StatementPtr insert_row_key, insert_row_time, insert_tag_row, insert_name;
  cql::StatementPtr points, points_descending, points_limit, points_descending_limit;
  cql::StatementPtr row_times, row_keys, tag_rows, old_row_keys, names, names_between, all_tags;
  cql::StatementPtr delete_points, delete_row, delete_row_key, delete_tag_row, delete_row_time;
  cql::StatementPtr delete_old_row_key, delete_old_row_keys, delete_name;
  cql::StatementPtr put_value, get_value, list_keys, list_keys_between, list_service_keys, delete_value;
  cql::StatementPtr touch_service, modified;
};

class Cluster {
 public:
  // Connects unless settings.connection.wait_for_cluster is false. `threads` outlive it.
  static Result<std::shared_ptr<Cluster>> open(NetworkThreads& threads, ClusterSettings settings, ClusterRoles roles,
                                               const CassandraSettings& store);
  ~Cluster();
  void close();

  // Makes the schema and prepares what is not yet done. OK: the methods below may be called. Cheap when it is ready.
  Status ready(Deadline deadline = Deadline::never());
  bool is_ready() const { return ready_.load(std::memory_order_acquire); }

  // Only when ready:
  const RowSpec& spec() const { return spec_; }
  const Statements& statements() const { return statements_; }
  // The table of points has a default TTL: every insert says its own, 0 included, as KairosDB does.
  bool always_say_ttl() const { return table_ttl_; }

  cql::Session& session() { return *session_; }
  const ClusterSettings& settings() const { return settings_; }
  const std::string& keyspace() const { return keyspace_; }  // as Cassandra writes it
  bool in_range(int64_t start, int64_t end) const {
    return !(end < settings_.start_time || start > settings_.end_time);
  }

  // All rows of a request, page after page; f(cursor) for each. Stops at the first error.
  template <typename F>
  Status each(const cql::Execute& request, F f) {
    std::string paging_state;
    do {
      const cql::Rows rows = TRY(session_->execute_and_wait(request, paging_state));
      auto cursor = rows.cursor();
      while (cursor.next()) TRY(f(cursor));
      paging_state = rows.paging_state();
    } while (!paging_state.empty());
    return {};
  }
  cql::RequestOptions reading(Deadline deadline = Deadline::never()) const;
  // `stamp`: milliseconds, of the written cells.
  cql::RequestOptions writing(int64_t stamp, Deadline deadline = Deadline::never()) const;

 private:
  Cluster(ClusterSettings settings, ClusterRoles roles, const CassandraSettings& store);
  Status make_schema(Deadline deadline);
  Status read_spec(Deadline deadline);
  Status read_table_ttl(Deadline deadline);
  Status prepare();
  Result<cql::Rows> query(const std::string& text, Deadline deadline);

  const ClusterSettings settings_;
  const ClusterRoles roles_;
  const std::string keyspace_;
  const std::map<std::string, std::string, std::less<>> create_with_;
  cql::SessionPtr session_;
  std::timed_mutex mutex_;  // of ready()
  std::atomic<bool> ready_ = false;
  RowSpec spec_;
  bool table_ttl_ = false;
  Statements statements_;
};
using ClusterPtr = std::shared_ptr<Cluster>;

}  // namespace sluice::timeseries::cassandra
