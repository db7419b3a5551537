// SPDX-License-Identifier: Apache-2.0
// Series index: which series there are, in RocksDB; those in use in memory. Answers names, tags and filters without
// reading points. A series gets its number when it is first asked for, and its entries when it is first written.
// Thread-safe; enroll() and remove() one at a time (the store's commit lock).
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "timeseries/store.h"
#include "timeseries/store/embedded/database.h"
#include "timeseries/store/embedded/head.h"
#include "timeseries/store/embedded/keys.h"

namespace sluice::timeseries {

// A series of the embedded store. There is one object of a number at most.
class StoredSeries : public Series, public std::enable_shared_from_this<StoredSeries> {
 public:
  StoredSeries(uint32_t number, bool enrolled, std::string metric, PointType type, Tags tags)
      : Series(std::move(metric), type, std::move(tags)), number(number), enrolled(enrolled) {}

  const uint32_t number;
  // It is in the index. Written under the commit lock.
  mutable std::atomic<bool> enrolled;
  // Guarded by the store's head lock.
  mutable Head head;
  // No block is longer (last time - first time) than the greater of both: of those found by a reader that looked at
  // all (-1: nobody did), and of those written since this object was made.
  mutable std::atomic<int64_t> width_found = -1;
  mutable std::atomic<int64_t> width_written = 0;
};
using StoredRef = std::shared_ptr<const StoredSeries>;

class SeriesIndex {
 public:
  // `cached`: series that are kept in memory though nobody uses them.
  SeriesIndex(Database& database, std::string pattern_prefix, size_t cached);
  // Numbers go on where they ended.
  Status load();

  Result<StoredRef> series(std::string_view metric, PointType type, const Tags& tags);
  // Null: there is none of that number.
  Result<StoredRef> by_number(uint32_t number);
  // Series of the metric that pass all filters, as long as `options` let it look. Errors also: kInvalidArgument (no
  // pattern), kCancelled, kDeadlineExceeded.
  Result<std::vector<StoredRef>> find(std::string_view metric, const std::vector<TagFilter>& filters,
                                      const ReadOptions& options = {});
  // Sorted with compare_java.
  Result<std::vector<std::string>> metric_names(std::string_view prefix) const;
  Result<std::vector<std::string>> tag_names() const { return first_texts(keys::kTagName); }
  Result<std::vector<std::string>> tag_values() const { return first_texts(keys::kTagValue); }

  // Makes the entries of series.
  Status enroll(std::span<const StoredSeries* const> series);
  // The same when a log is replayed: they may be known or not.
  Status enroll(const std::vector<std::pair<uint32_t, std::string_view>>& identities);
  // Removes them; not the names of the metrics. Many at once cost less.
  Status remove(std::span<const StoredSeries* const> series);
  Status forget_metric(std::string_view metric);

 private:
  StoredRef add_locked(uint32_t number, bool enrolled, std::string identity);
  void evict_locked();
  Result<std::vector<std::string>> first_texts(char kind) const;
  Result<std::vector<uint32_t>> numbers(std::string_view metric, const TagFilter& filter, bool patterns,
                                        const ReadOptions& options) const;
  bool is_pattern(std::string_view value) const {
    return !pattern_prefix_.empty() && value.starts_with(pattern_prefix_);
  }

  // Puts the key of a name, unless it was lately.
  void put_name(rocksdb::WriteBatch& batch, std::string key);

  Database& database_;
  const std::string pattern_prefix_;
  const size_t cached_;

  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<StoredSeries>> by_identity_;
  std::unordered_map<uint32_t, const StoredSeries*> by_number_;  // the same series
  size_t evict_above_;
  uint64_t next_number_ = 1;

  std::unordered_set<std::string> named_;  // keys of names that are there; under the commit lock
};

}  // namespace sluice::timeseries
