// SPDX-License-Identifier: Apache-2.0
// StoreWrapper: a store that hands everything on to another one; what stands before a store overrides what it changes.
#pragma once

#include <string>
#include <vector>

#include "timeseries/store.h"

namespace sluice::timeseries {

class StoreWrapper : public Store {
 public:
  // `store` must outlive it.
  explicit StoreWrapper(Store& store) : store_(store) {}

  Result<SeriesRef> series(std::string_view metric, PointType type, const Tags& tags) override {
    return store_.series(metric, type, tags);
  }
  Status write(const WriteBatch& batch) override { return store_.write(batch); }
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

 protected:
  Store& store_;
};

}  // namespace sluice::timeseries
