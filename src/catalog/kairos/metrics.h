// SPDX-License-Identifier: Apache-2.0
// Metrics: what the catalog asks the store for, with a short memory of how metrics look. Thread-safe; calls block.
// Outlives the store in the kernel: after close() every question is kUnavailable.
#pragma once

#include <chrono>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "catalog/kairos/metric_table.h"
#include "timeseries/store.h"

namespace sluice::catalog::kairos {

struct CatalogOptions {
  std::string pattern_prefix = "regex:";  // of the store's tag filters: values that begin so are not handed to it
  // How long new tags and types may go unseen that others write. Longer where looking takes long: 20 times as long.
  std::chrono::milliseconds remember{1000};
  bool push_aggregates = true;  // false: the kernel adds up every point, to compare answers
};

class Metrics {
 public:
  Metrics(timeseries::Store& store, CatalogOptions options) : options_(std::move(options)), store_(&store) {}

  // After the last call into the store has returned.
  void close();
  const CatalogOptions& options() const { return options_; }

  // Calls `use` with the store, which is there until it returns. Errors: kUnavailable after close().
  template <typename Use>
  auto with_store(Use&& use) -> decltype(use(std::declval<timeseries::Store&>())) {
    std::shared_lock lock(store_mutex_);
    if (!store_) return fail(Code::kUnavailable, "the time-series store is closed");
    return use(*store_);
  }

  // Null: there is no such metric.
  Result<MetricTableRef> find(const std::string& metric);
  // Sorted, without those whose names are no UTF-8 or hold a zero byte.
  Result<std::vector<std::string>> names();
  // The next find() looks again.
  void forget(const std::string& metric);

 private:
  using Clock = std::chrono::steady_clock;
  struct Known {
    MetricTableRef table;
    Clock::time_point until;
  };
  Result<MetricTableRef> look(const std::string& metric);

  static constexpr size_t kMostKnown = 10'000;

  const CatalogOptions options_;
  std::shared_mutex store_mutex_;
  timeseries::Store* store_;
  std::mutex mutex_;  // guards known_
  std::unordered_map<std::string, Known> known_;
};

}  // namespace sluice::catalog::kairos
