// SPDX-License-Identifier: Apache-2.0
// FilteredStore: a store before which points of some metrics are dropped; clients are told nothing. Everything else is
// the other store's. Thread-safe. Source of truth: KairosDB's FilterPlugin (service.filter).
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "timeseries/store.h"
#include "timeseries/value_pattern.h"

namespace sluice::timeseries {

// Names of metrics: any of these. Immutable.
class MetricFilter {
 public:
  // Errors: a pattern that is none (java.util.regex's are RE2's here, for the whole name).
  static Result<MetricFilter> make(std::vector<std::string> names, std::vector<std::string> prefixes,
                                   const std::vector<std::string>& patterns);
  bool empty() const { return names_.empty() && prefixes_.empty() && patterns_.empty(); }
  bool matches(std::string_view metric) const;

 private:
  std::vector<std::string> names_;  // sorted
  std::vector<std::string> prefixes_;
  std::vector<ValuePattern> patterns_;
};

class FilteredStore final : public Store {
 public:
  // `store` must outlive it.
  FilteredStore(Store& store, MetricFilter dropped) : store_(store), dropped_(std::move(dropped)) {}

  Result<SeriesRef> series(std::string_view metric, PointType type, const Tags& tags) override;
  Status write(const WriteBatch& batch) override;
  Status flush(Deadline deadline) override { return store_.flush(deadline); }

  Result<std::vector<Row>> read(const SeriesQuery& query, const ReadOptions& options) override {
    return store_.read(query, options);
  }
  Result<std::vector<SeriesRef>> find_series(const SeriesQuery& query, const ReadOptions& options) override {
    return store_.find_series(query, options);
  }
  Result<std::vector<std::string>> metric_names(std::string_view prefix) override {
    return store_.metric_names(prefix);
  }
  Result<std::vector<std::string>> tag_names() override { return store_.tag_names(); }
  Result<std::vector<std::string>> tag_values() override { return store_.tag_values(); }
  Status erase(const SeriesQuery& query) override { return store_.erase(query); }
  Status erase_metric(std::string_view metric) override { return store_.erase_metric(metric); }
  Status erase_ranges(std::span<const SeriesRange> ranges) override { return store_.erase_ranges(ranges); }
  Status index_tags(const SeriesQuery& query) override { return store_.index_tags(query); }
  Status check(Deadline deadline) override { return store_.check(deadline); }

 private:
  Store& store_;
  const MetricFilter dropped_;
  std::atomic<bool> any_ = false;  // a series that is dropped was asked for
};

}  // namespace sluice::timeseries
