// SPDX-License-Identifier: Apache-2.0
#include "catalog/kairos/metrics.h"

#include <algorithm>

namespace sluice::catalog::kairos {
namespace {

constexpr int kLookFactor = 20;

timeseries::SeriesQuery all_of(const std::string& metric) {
  return {metric, timeseries::kMinTime, timeseries::kMaxTime, {}};
}

bool nameable(const std::string& name) {
  return !name.empty() && name.find('\0') == std::string::npos && duckdb::Value::StringIsValid(name);
}

}  // namespace

void Metrics::close() {
  std::unique_lock lock(store_mutex_);
  store_ = nullptr;
}

Result<MetricTableRef> Metrics::find(const std::string& metric) {
  const auto begin = Clock::now();
  {
    std::lock_guard lock(mutex_);
    const auto found = known_.find(metric);
    if (found != known_.end() && found->second.until > begin) return found->second.table;
  }
  auto table = TRY(look(metric));
  const auto end = Clock::now();
  std::lock_guard lock(mutex_);
  if (!table) {
    known_.erase(metric);
    return table;
  }
  if (known_.size() >= kMostKnown) known_.clear();
  auto& known = known_[metric];
  // The same object while nothing changed: plans compare it.
  if (!known.table || !(*known.table == *table)) known.table = std::move(table);
  known.until = end + std::max<Clock::duration>(options_.remember, (end - begin) * kLookFactor);
  return known.table;
}

Result<MetricTableRef> Metrics::look(const std::string& metric) {
  if (!nameable(metric)) return MetricTableRef();
  return with_store([&](timeseries::Store& store) -> Result<MetricTableRef> {
    const auto series = TRY(store.find_series(all_of(metric), {}));
    if (series.empty()) {
      // Names outlive their points.
      const auto names = TRY(store.metric_names(metric));
      if (std::ranges::find(names, metric) == names.end()) return MetricTableRef();
    }
    return std::make_shared<const MetricTable>(make_metric_table(metric, series));
  });
}

Result<std::vector<std::string>> Metrics::names() {
  auto names = TRY(with_store([](timeseries::Store& store) { return store.metric_names(""); }));
  std::erase_if(names, [](const std::string& name) { return !nameable(name); });
  return names;
}

void Metrics::forget(const std::string& metric) {
  std::lock_guard lock(mutex_);
  known_.erase(metric);
}

}  // namespace sluice::catalog::kairos
