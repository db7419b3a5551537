// SPDX-License-Identifier: Apache-2.0
// Queue records: what one write() leaves in the queue: its time, its series, its points. A record stands for itself, so
// that a damaged one takes no other with it. Numbers are varints (varint.h), texts have their length before them:
//   "SLQ1"  <time of writing: u64, milliseconds>  <count of series> { <type: 1> <metric> <tag string> }
//   { <head> [<series>] [<time>] [<ttl>] <value> } to the end
// `head` says what follows: bit 0: another series than the point's before, its number; 1: another time, the zigzag
// difference; 2: another TTL, seconds; 3: the value is a zigzag varint; 4: a text; else 8 bytes, little endian.
// Pure functions but for RecordWriter; decoders take any bytes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "timeseries/store.h"
#include "timeseries/store/cassandra/cassandra_series.h"

namespace sluice::timeseries::cassandra {

inline constexpr std::string_view kRecordMagic = "SLQ1";

// Makes records; keeps its memory. One thread.
class RecordWriter {
 public:
  // Appends the record of a batch to `out`. Series must be CassandraSeries.
  void write(const WriteBatch& batch, uint64_t stamp, ByteBuffer& out);

 private:
  uint32_t number_of(const Series* series);

  struct Slot {
    const Series* series = nullptr;
    uint32_t number = 0;
    uint64_t round = 0;
  };
  std::vector<Slot> slots_;  // a hash table of the series of this record
  uint64_t round_ = 0;
  std::vector<const Series*> series_;
};

struct QueuedSeries {
  PointType type;
  std::string_view metric;
  std::string_view tags;  // tag string
};
struct QueuedPoint {
  uint32_t series;  // in RecordReader::series()
  int64_t time;
  uint64_t value;
  std::string_view text;  // of kString and kComplex
  uint32_t ttl;
};

class RecordReader {
 public:
  explicit RecordReader(std::string_view record) : in_(record) {}
  // Reads what stands before the points. kDataLoss.
  Status open();
  uint64_t stamp() const { return stamp_; }
  const std::vector<QueuedSeries>& series() const { return series_; }
  bool at_end() const { return in_.at_end(); }
  // kDataLoss.
  Status next(QueuedPoint& point);

 private:
  ByteReader in_;
  uint64_t stamp_ = 0;
  std::vector<QueuedSeries> series_;
  uint32_t at_series_ = 0;
  int64_t time_ = 0;
  uint32_t ttl_ = 0;
};

}  // namespace sluice::timeseries::cassandra
