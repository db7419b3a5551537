// SPDX-License-Identifier: Apache-2.0
// Shipment: what was taken out of the queue at once, as cells sorted by partition, and the parcels (batches) in which
// it goes to Cassandra. Points of one partition travel together: Cassandra applies a batch of one partition as one
// mutation, which is what costs it least.
// RowBook: which partitions are known, and which of their row keys and names were written. One thread for both.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "timeseries/store/cassandra/cassandra_series.h"
#include "timeseries/store/cassandra/cluster.h"
#include "timeseries/store/cassandra/queue_record.h"

namespace sluice::timeseries::cassandra {

inline constexpr int64_t kForEver = INT64_MAX;

// Something of the index that was written: with which stamp, and until when it lives (seconds since 1970).
struct Written {
  int64_t stamp = INT64_MIN;
  int64_t until = INT64_MIN;
  bool covers(int64_t erased, int64_t needed_until) const { return stamp > erased && until >= needed_until; }
};

struct Partition {
  CassandraSeriesRef series;
  int64_t row_time;
  std::string key;
  int64_t token;
  Written row_key;
};
using PartitionRef = std::shared_ptr<Partition>;

class RowBook {
 public:
  explicit RowBook(size_t cached_series) : cached_(cached_series) {}

  struct Entry {
    CassandraSeriesRef series;
    std::vector<PartitionRef> partitions;
    uint64_t used = 0;  // round
  };
  Entry& entry(const QueuedSeries& series);
  const PartitionRef& partition(Entry& entry, int64_t row_time);
  Written& row_time(const std::string& metric, int64_t row_time);
  // Between shipments: forgets what was not used lately when there is too much.
  void next_round();

 private:
  const size_t cached_;
  uint64_t round_ = 1;
  std::string key_;
  std::unordered_map<std::string, Entry> entries_;      // by identity
  std::unordered_map<std::string, Written> row_times_;  // by metric, 00, row time
};

struct Parcel {
  enum class Kind : uint8_t { kPoints, kRowKeys, kRowTimes, kNames };
  struct Slice {
    uint32_t row;    // in Shipment::rows()
    uint32_t begin;  // of cells; of kRowKeys the TTL of the row key
    uint32_t end;
  };
  Kind kind;
  std::vector<Slice> slices;
  class Shipment* shipment = nullptr;
  uint32_t attempts = 0;
  std::chrono::steady_clock::time_point sent{};  // the last time

  size_t statements() const;
};

class Shipment {
 public:
  Shipment(const CassandraSettings& settings, const Cluster& cluster, RowBook& book)
      : settings_(settings), cluster_(cluster), book_(book) {}

  void clear();
  // Adds the points of a record; a damaged one is left out from the damage on.
  void add(std::string_view record, int64_t now_ms);
  // Sorts, and makes the parcels. `least_stamp`: all cells get a later stamp. `erased`: of the last erasure.
  void pack(int64_t least_stamp, int64_t erased, int64_t now_ms, std::vector<std::unique_ptr<Parcel>>& parcels);

  // Fills a batch with a parcel's statements.
  void load(const Parcel& parcel, cql::Batch& batch);
  // Halves a parcel that is too large; false: it has one statement.
  static bool split(Parcel& parcel, std::unique_ptr<Parcel>& other);

  int64_t stamp() const { return stamp_; }        // milliseconds, of all cells
  size_t cells() const { return cells_.size(); }  // before pack()
  uint64_t dropped() const { return dropped_; }

  size_t parcels_left = 0;

 private:
  struct Cell {
    uint32_t row;
    uint32_t column;
    uint32_t ttl;
    uint64_t value;  // of texts: a place in text_, as in Points
  };
  struct Row {
    PartitionRef partition;
    uint32_t begin = 0;  // of cells_
    uint32_t end = 0;
    uint32_t most_ttl = 0;
    bool for_ever = false;
  };

  bool ttl_of(const QueuedPoint& point, int64_t now_ms, uint32_t& ttl);
  void sort();
  void pack_index(int64_t erased, int64_t now_ms, std::vector<std::unique_ptr<Parcel>>& parcels);
  void pack_points(std::vector<std::unique_ptr<Parcel>>& parcels);
  std::unique_ptr<Parcel> parcel(Parcel::Kind kind);

  const CassandraSettings& settings_;
  const Cluster& cluster_;
  RowBook& book_;
  int64_t stamp_ = 0;
  uint64_t dropped_ = 0;
  std::vector<Row> rows_;
  std::vector<Cell> cells_;
  std::vector<Cell> sorted_;
  std::string text_;
  std::string value_;
  std::unordered_map<const Partition*, uint32_t> row_numbers_;
};

}  // namespace sluice::timeseries::cassandra
