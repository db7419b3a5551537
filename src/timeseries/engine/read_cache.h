// SPDX-License-Identifier: Apache-2.0
// ReadCache: what queries with cache_time read from the store, in memory. Thread-safe; entries are shared and never
// change. Differs from KairosDB, whose cache holds nothing with its default settings, and whose keys leave out limit
// and order.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "timeseries/store.h"

namespace sluice::timeseries {

struct CachedRow {
  SeriesRef series;
  std::shared_ptr<const Points> points;
};
using CachedRows = std::vector<CachedRow>;

class ReadCache {
 public:
  using Clock = std::chrono::steady_clock;

  // `max_bytes` of points; when there are more, what was used longest ago goes. `now`: for tests.
  explicit ReadCache(size_t max_bytes, std::function<Clock::time_point()> now = Clock::now);

  // Rows that were read at most `max_age` ago; nullptr: none.
  std::shared_ptr<const CachedRows> find(const std::string& key, std::chrono::seconds max_age);
  // Rows that were read just now. Those larger than max_entry_bytes() are not kept.
  void put(const std::string& key, std::shared_ptr<const CachedRows> rows);

  size_t max_entry_bytes() const { return max_bytes_ / 2; }
  size_t bytes() const;

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const CachedRows> rows;
    Clock::time_point read;
    size_t bytes;
  };

  void remove(std::list<Entry>::iterator entry);

  const size_t max_bytes_;
  const std::function<Clock::time_point()> now_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // used last first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_key_;
  size_t bytes_ = 0;
};

}  // namespace sluice::timeseries
