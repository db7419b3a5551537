// SPDX-License-Identifier: Apache-2.0
// FilteredStore: a store before which points of some metrics are dropped; clients are told nothing. Everything else is
// the other store's. Thread-safe. Source of truth: KairosDB's FilterPlugin (service.filter).
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "timeseries/store_wrapper.h"
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

class FilteredStore final : public StoreWrapper {
 public:
  // `store` must outlive it.
  FilteredStore(Store& store, MetricFilter dropped) : StoreWrapper(store), dropped_(std::move(dropped)) {}

  Result<SeriesRef> series(std::string_view metric, PointType type, const Tags& tags) override;
  Status write(const WriteBatch& batch) override;

 private:
  const MetricFilter dropped_;
  std::atomic<bool> any_ = false;  // a series that is dropped was asked for
};

}  // namespace sluice::timeseries
