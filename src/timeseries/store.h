// SPDX-License-Identifier: Apache-2.0
// Store: where points and series are. Two implementations: store/embedded (RocksDB) and store/cassandra. Thread-safe;
// calls block and belong on workers. The engine reads through it, doors and roll-ups write.
// Source of truth of what a store must answer: KairosDB's Datastore interface as the Cassandra store implements it.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "timeseries/points.h"
#include "timeseries/series.h"

namespace sluice::timeseries {

inline constexpr int64_t kMinTime = std::numeric_limits<int64_t>::min();
inline constexpr int64_t kMaxTime = std::numeric_limits<int64_t>::max();
// KairosDB cuts a series into rows of three weeks, and applies a query's limit to each row.
inline constexpr int64_t kRowWidth = 1'814'400'000;
// The start of the row of a time. For negative times it is no grid: KairosDB subtracts |time| % kRowWidth.
constexpr int64_t row_time(int64_t time, int64_t width = kRowWidth) {
  const int64_t rest = time % width;
  return time - (rest < 0 ? -rest : rest);
}

// ---- writing

struct NewPoint {
  const Series* series;  // of this store; kept alive by the batch
  int64_t time;          // milliseconds
  uint64_t value;        // as Points::values(); texts lie in the batch
  uint32_t ttl;          // seconds; 0: the store's default
};

// Points on their way into a store, in the order in which they came. One thread.
class WriteBatch {
 public:
  void add_long(const SeriesRef& series, int64_t time, int64_t value, uint32_t ttl = 0);
  void add_double(const SeriesRef& series, int64_t time, double value, uint32_t ttl = 0);
  void add_text(const SeriesRef& series, int64_t time, std::string_view value, uint32_t ttl = 0);
  void add_complex(const SeriesRef& series, int64_t time, double real, double imaginary, uint32_t ttl = 0);
  // A column of numbers of one series; values as Points::values(), as many as times.
  void add_numbers(const SeriesRef& series, std::span<const int64_t> times, std::span<const uint64_t> values,
                   uint32_t ttl = 0);

  size_t size() const { return points_.size(); }
  bool empty() const { return points_.empty(); }
  const std::vector<NewPoint>& points() const { return points_; }
  std::string_view text(const NewPoint& point) const;
  void clear();  // keeps the memory

 private:
  void add(const SeriesRef& series, int64_t time, uint64_t value, uint32_t ttl);

  std::vector<NewPoint> points_;
  std::vector<SeriesRef> series_;  // keeps the series alive; one entry for a run of points of one series
  std::string text_;
};

// ---- reading

// A tag and the values it may have. Values are compared whole; those that begin with the regular-expression prefix of
// the settings ("regex:") are patterns for the whole value.
struct TagFilter {
  std::string name;
  std::vector<std::string> values;  // at least one; any of them
};

struct SeriesQuery {
  std::string metric;
  int64_t start = 0;            // inclusive
  int64_t end = kMaxTime;       // inclusive
  std::vector<TagFilter> tags;  // all of them
};

enum class Order : uint8_t { kAscending, kDescending };

// A stretch of one series, both ends inclusive.
struct SeriesRange {
  SeriesRef series;
  int64_t start = kMinTime;
  int64_t end = kMaxTime;
};

struct ReadOptions {
  Order order = Order::kAscending;
  uint32_t limit = 0;  // points a row at most; 0: all
  Deadline deadline = Deadline::never();
  const std::atomic<bool>* cancelled = nullptr;
  uint64_t max_points = 0;  // more: kResourceExhausted; 0: no limit

  // Errors: kCancelled, kDeadlineExceeded.
  Status check_stop() const;
  // Errors: kResourceExhausted, when `points` are more than max_points.
  Status check_points(uint64_t points) const;
};

// What work of some milliseconds looks at before it goes on. Errors: kCancelled, kDeadlineExceeded.
Status check_stop(const std::atomic<bool>* cancelled, Deadline deadline);

// The points of one row, batch after batch, in the order of the query; no time twice. Lives no longer than its store.
class PointSource {
 public:
  virtual ~PointSource() = default;
  // Clears `into` and puts the next points there, some thousands; none at the end. One thread at a time; other sources
  // of that read() may be in use on other threads. Errors: kDataLoss, kUnavailable, kCancelled, kDeadlineExceeded.
  virtual Status next(Points& into) = 0;
};

struct Row {
  SeriesRef series;
  uint64_t points = 0;  // exactly what `source` gives
  std::unique_ptr<PointSource> source;
};

class Store {
 public:
  virtual ~Store() = default;

  // The series of that name, made when it is new. Cheap for series that are written often.
  virtual Result<SeriesRef> series(std::string_view metric, PointType type, const Tags& tags) = 0;
  // When it returns without error the points are acknowledged: they survive the end of the process, and of the machine
  // as far as the setting of fsync says. The last point of a series and time wins, also inside a batch. Errors:
  // kResourceExhausted (queue or disk full: ask the client to wait), kUnavailable.
  virtual Status write(const WriteBatch& batch) = 0;

  // Waits until what was written before is read: stores that write behind what they acknowledge. kDeadlineExceeded: it
  // is going to be read later.
  virtual Status flush(Deadline deadline);

  // Rows that have points of the query. Series whose rows are not cut (limit 0) may come as one row.
  // Errors: kResourceExhausted beyond max_points, and as PointSource::next.
  virtual Result<std::vector<Row>> read(const SeriesQuery& query, const ReadOptions& options) = 0;
  // Series that have a row in the range of the query; cheaper than read().
  virtual Result<std::vector<SeriesRef>> find_series(const SeriesQuery& query, const ReadOptions& options) = 0;

  // Sorted with compare_java.
  virtual Result<std::vector<std::string>> metric_names(std::string_view prefix) = 0;
  virtual Result<std::vector<std::string>> tag_names() = 0;
  virtual Result<std::vector<std::string>> tag_values() = 0;

  // Deletes the points of a query, or a metric whole, its name included. Points written later are not touched.
  virtual Status erase(const SeriesQuery& query) = 0;
  virtual Status erase_metric(std::string_view metric) = 0;
  // Deletes these points and no others. Series of one metric, of one another as often as wanted; ranges of one series
  // do not overlap. kUnsupported: this store cannot.
  virtual Status erase_ranges(std::span<const SeriesRange> ranges);
  // Writes what look-ups by tag need for the rows of a query (GET /datapoints/index); nothing in stores without.
  virtual Status index_tags(const SeriesQuery& query) = 0;

  // OK when a small read is answered: /health.
  virtual Status check(Deadline deadline) = 0;
};

// Values by service, service key and key: the metadata service, roll-up tasks, hosts. KairosDB's service_index.
struct ServiceValue {
  std::string key;
  std::string value;
  int64_t modified;  // milliseconds
};

class ServiceStore {
 public:
  virtual ~ServiceStore() = default;
  virtual Status put(std::string_view service, std::string_view service_key, std::string_view key,
                     std::string_view value) = 0;
  // Nullopt: there is none.
  virtual Result<std::optional<ServiceValue>> get(std::string_view service, std::string_view service_key,
                                                  std::string_view key) = 0;
  virtual Result<std::vector<std::string>> service_keys(std::string_view service) = 0;
  virtual Result<std::vector<std::string>> keys(std::string_view service, std::string_view service_key,
                                                std::string_view prefix) = 0;
  virtual Status erase(std::string_view service, std::string_view service_key, std::string_view key) = 0;
  // Milliseconds of the last change of anything under a service key; nullopt: never.
  virtual Result<std::optional<int64_t>> modified(std::string_view service, std::string_view service_key) = 0;
};

}  // namespace sluice::timeseries
