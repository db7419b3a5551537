// SPDX-License-Identifier: Apache-2.0
#include "timeseries/traffic_details.h"

#include <utility>

namespace sluice::timeseries {

void TrafficDetails::add(QueryReport query) {
  if (!on_.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(mutex_);
  if (kept_.queries.size() < kMostQueries) kept_.queries.push_back(std::move(query));
}

void TrafficDetails::add_request(std::string_view method) {
  if (!on_.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(mutex_);
  const auto found = kept_.requests.find(method);
  if (found != kept_.requests.end())
    ++found->second;
  else
    kept_.requests.emplace(method, 1);
}

void TrafficDetails::add_points(const WriteBatch& batch) {
  if (!on_.load(std::memory_order_relaxed) || batch.empty()) return;
  // Neighbours are mostly of one series, or of one metric.
  std::unordered_map<std::string_view, uint64_t> counts;
  const Series* series = nullptr;
  std::string_view metric;
  uint64_t* count = nullptr;
  for (const NewPoint& point : batch.points()) {
    if (point.series != series) {
      series = point.series;
      if (count == nullptr || series->metric() != metric) {
        metric = series->metric();
        count = &counts[metric];
      }
    }
    ++*count;
  }
  const std::lock_guard lock(mutex_);
  for (const auto& [name, points] : counts) {
    if (name.starts_with("kairosdb")) continue;
    const auto found = kept_.points.find(std::string(name));
    if (found != kept_.points.end())
      found->second += points;
    else if (kept_.points.size() < kMostMetrics)
      kept_.points.emplace(name, points);
  }
}

TrafficDetails::Taken TrafficDetails::take() {
  const std::lock_guard lock(mutex_);
  Taken taken;
  taken.queries = std::exchange(kept_.queries, {});
  taken.points = std::exchange(kept_.points, {});
  taken.requests = kept_.requests;
  for (auto& [method, count] : kept_.requests) count = 0;
  return taken;
}

}  // namespace sluice::timeseries
