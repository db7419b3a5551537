// SPDX-License-Identifier: Apache-2.0
// CassandraStore: the store of KairosDB: the same tables, keys and bytes, so that Java KairosDB may read and write the
// same keyspace meanwhile. How it works: README.md beside this file. Thread-safe; calls block: on workers only, never
// on a network thread.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "timeseries/store.h"
#include "timeseries/store/cassandra/delivery.h"
#include "timeseries/store/cassandra/row_finder.h"
#include "timeseries/store/cassandra/settings.h"

namespace sluice::timeseries {

class CassandraStore : public Store, public ServiceStore {
 public:
  // Connects (unless start_async), makes keyspace and tables when they are missing, and begins to deliver what the
  // queue still has. `threads` run and outlive the store. Errors: kUnavailable, kUnauthenticated, kInvalidArgument,
  // kFailedPrecondition (a row spec that is not known, or that can only be read), those of the queue's folder.
  static Result<std::unique_ptr<CassandraStore>> open(NetworkThreads& threads, CassandraSettings settings);
  // Delivers the queue for settings.drain at most.
  ~CassandraStore() override;

  Result<SeriesRef> series(std::string_view metric, PointType type, const Tags& tags) override;
  // Acknowledged when the queue has the points; they can be read a moment later (settings.batch_wait).
  Status write(const WriteBatch& batch) override;
  Result<std::vector<Row>> read(const SeriesQuery& query, const ReadOptions& options) override;
  Result<std::vector<SeriesRef>> find_series(const SeriesQuery& query, const ReadOptions& options) override;
  Result<std::vector<std::string>> metric_names(std::string_view prefix) override;
  // Those of row keys, and those that KairosDB before 1.3 noted: all row keys are looked at.
  Result<std::vector<std::string>> tag_names() override;
  Result<std::vector<std::string>> tag_values() override;
  // What was acknowledged before is delivered first, and then erased. kDeadlineExceeded: it could not be delivered.
  Status erase(const SeriesQuery& query) override;
  Status erase_metric(std::string_view metric) override;
  Status erase_ranges(std::span<const SeriesRange> ranges) override;
  Status index_tags(const SeriesQuery& query) override;
  Status check(Deadline deadline) override;

  Status put(std::string_view service, std::string_view service_key, std::string_view key,
             std::string_view value) override;
  Result<std::optional<ServiceValue>> get(std::string_view service, std::string_view service_key,
                                          std::string_view key) override;
  Result<std::vector<std::string>> service_keys(std::string_view service) override;
  Result<std::vector<std::string>> keys(std::string_view service, std::string_view service_key,
                                        std::string_view prefix) override;
  Status erase(std::string_view service, std::string_view service_key, std::string_view key) override;
  Result<std::optional<int64_t>> modified(std::string_view service, std::string_view service_key) override;

  // Waits until what was acknowledged before can be read. kDeadlineExceeded.
  Status flush(Deadline deadline) override { return queue_->flush(deadline); }

  struct State {
    uint64_t queue_bytes;       // acknowledged and not delivered
    uint64_t queue_points;      // about as many points
    uint64_t delivered_points;  // since open()
    uint64_t lost_points;       // dropped, or refused by Cassandra
    uint64_t lost_queue_bytes;  // damaged
    uint64_t batches;           // sent, and answered or given up
    uint64_t delivery_ns;       // from the sending of each of them to its end
    Status delivery;            // an error: Cassandra does not take points now
  };
  State state() const;

 private:
  explicit CassandraStore(CassandraSettings settings);
  Status connect(NetworkThreads& threads);
  cassandra::Cluster& meta() { return meta_ ? *meta_ : *write_; }
  // Those whose range of time a query touches, ready.
  Result<std::vector<cassandra::Cluster*>> clusters_of(const SeriesQuery& query, Deadline deadline);
  ReadOptions limited(const ReadOptions& options) const;
  Status read_rows(cassandra::Cluster& cluster, std::vector<cassandra::FoundRow> found, const SeriesQuery& query,
                   const ReadOptions& options, uint64_t& points, std::vector<Row>& rows);
  Status erase_rows(cassandra::Cluster& cluster, const SeriesQuery& query, int64_t stamp);
  Status names_of(std::string_view key, std::string_view prefix, std::vector<std::string>& names);
  Result<std::vector<std::string>> tag_texts(bool values);

  const CassandraSettings settings_;
  cassandra::Stamps stamps_;
  cassandra::ClusterPtr write_;
  cassandra::ClusterPtr meta_;  // null: write_
  std::vector<cassandra::ClusterPtr> reads_;
  std::unique_ptr<cassandra::WriteQueue> queue_;
  std::unique_ptr<cassandra::Delivery> delivery_;

  std::mutex series_mutex_;
  std::unordered_map<std::string, cassandra::CassandraSeriesRef> series_;  // by identity; bounded
};

}  // namespace sluice::timeseries
