// SPDX-License-Identifier: Apache-2.0
// MemoryStore and MemoryServiceStore: stores in memory, for tests and as the model of what a store answers: the
// plainest code that does what store.h says. Thread-safe (one mutex; a read copies its points). Nothing survives the
// process.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "timeseries/store.h"

namespace sluice::timeseries {

struct MemoryStoreOptions {
  std::function<int64_t()> now;           // milliseconds since 1970; empty: the system's clock
  uint32_t default_ttl = 0;               // seconds; 0: points stay for ever
  std::string pattern_prefix = "regex:";  // of tag filters' values
  size_t batch_points = 4096;             // of what PointSource::next gives
};

class MemoryStore : public Store {
 public:
  explicit MemoryStore(MemoryStoreOptions options = {});

  Result<SeriesRef> series(std::string_view metric, PointType type, const Tags& tags) override;
  Status write(const WriteBatch& batch) override;
  Result<std::vector<Row>> read(const SeriesQuery& query, const ReadOptions& options) override;
  Result<std::vector<SeriesRef>> find_series(const SeriesQuery& query, const ReadOptions& options) override;
  Result<std::vector<std::string>> metric_names(std::string_view prefix) override;
  Result<std::vector<std::string>> tag_names() override;
  Result<std::vector<std::string>> tag_values() override;
  Status erase(const SeriesQuery& query) override;
  Status erase_metric(std::string_view metric) override;
  Status erase_ranges(std::span<const SeriesRange> ranges) override;
  Status index_tags(const SeriesQuery& query) override;
  Status check(Deadline deadline) override;

 private:
  struct Point {
    uint64_t value;    // as Points::values(), for what is no text
    std::string text;  // of texts and complex numbers
    int64_t expires;   // milliseconds since 1970; kMaxTime: never
  };
  struct Stored {
    SeriesRef series;
    std::map<int64_t, Point> points;
  };
  using Key = std::tuple<PointType, std::vector<Tags::Tag>>;

  int64_t now() const;
  void add(const Stored& stored, std::map<int64_t, Point>::const_iterator point, Points& into) const;
  Row make_row(const Stored& stored, std::vector<std::map<int64_t, Point>::const_iterator> found,
               const ReadOptions& options) const;

  const MemoryStoreOptions options_;
  std::mutex mutex_;
  std::map<std::string, std::map<Key, Stored>, std::less<>> metrics_;
  std::map<const Series*, Stored*> by_series_;
  std::set<std::string> names_;  // of metrics that were written; names outlive their points, as in KairosDB
};

class MemoryServiceStore : public ServiceStore {
 public:
  explicit MemoryServiceStore(std::function<int64_t()> now = {});

  Status put(std::string_view service, std::string_view service_key, std::string_view key,
             std::string_view value) override;
  Result<std::optional<ServiceValue>> get(std::string_view service, std::string_view service_key,
                                          std::string_view key) override;
  Result<std::vector<std::string>> service_keys(std::string_view service) override;
  Result<std::vector<std::string>> keys(std::string_view service, std::string_view service_key,
                                        std::string_view prefix) override;
  Status erase(std::string_view service, std::string_view service_key, std::string_view key) override;
  Result<std::optional<int64_t>> modified(std::string_view service, std::string_view service_key) override;

 private:
  using Place = std::pair<std::string, std::string>;
  struct Values {
    std::map<std::string, ServiceValue> by_key;
    int64_t modified = 0;
  };

  const std::function<int64_t()> now_;
  std::mutex mutex_;
  std::map<Place, Values> values_;
};

}  // namespace sluice::timeseries
