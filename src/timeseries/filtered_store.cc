// SPDX-License-Identifier: Apache-2.0
#include "timeseries/filtered_store.h"

#include <algorithm>
#include <cstring>

namespace sluice::timeseries {
namespace {

// Of a metric that is dropped: no store knows it.
class DroppedSeries final : public Series {
  using Series::Series;
};

bool is_dropped(const Series* series) { return dynamic_cast<const DroppedSeries*>(series) != nullptr; }

void copy(const WriteBatch& batch, const NewPoint& point, const SeriesRef& series, WriteBatch& into) {
  switch (series->type()) {
    case PointType::kString:
      into.add_text(series, point.time, batch.text(point), point.ttl);
      return;
    case PointType::kComplex: {
      double parts[2] = {};
      const auto bytes = batch.text(point);
      std::memcpy(parts, bytes.data(), std::min(bytes.size(), sizeof parts));
      into.add_complex(series, point.time, parts[0], parts[1], point.ttl);
      return;
    }
    default:
      into.add_numbers(series, {&point.time, 1}, {&point.value, 1}, point.ttl);
  }
}

}  // namespace

Result<MetricFilter> MetricFilter::make(std::vector<std::string> names, std::vector<std::string> prefixes,
                                        const std::vector<std::string>& patterns) {
  MetricFilter filter;
  filter.names_ = std::move(names);
  std::sort(filter.names_.begin(), filter.names_.end());
  filter.prefixes_ = std::move(prefixes);
  for (const auto& pattern : patterns) filter.patterns_.push_back(TRY(ValuePattern::compile(pattern)));
  return filter;
}

bool MetricFilter::matches(std::string_view metric) const {
  return std::binary_search(names_.begin(), names_.end(), metric) ||
         std::any_of(prefixes_.begin(), prefixes_.end(),
                     [&](const auto& prefix) { return metric.starts_with(prefix); }) ||
         std::any_of(patterns_.begin(), patterns_.end(), [&](const auto& pattern) { return pattern.matches(metric); });
}

Result<SeriesRef> FilteredStore::series(std::string_view metric, PointType type, const Tags& tags) {
  if (!dropped_.matches(metric)) return store_.series(metric, type, tags);
  any_.store(true, std::memory_order_relaxed);
  return std::make_shared<const DroppedSeries>(std::string(metric), type, tags);
}

Status FilteredStore::write(const WriteBatch& batch) {
  // Whoever writes such a series has asked for it before.
  if (!any_.load(std::memory_order_relaxed)) return store_.write(batch);
  WriteBatch kept;
  const Series* last = nullptr;
  bool dropped = false;
  SeriesRef series;
  for (const NewPoint& point : batch.points()) {
    if (point.series != last) {
      last = point.series;
      dropped = is_dropped(last);
      series = SeriesRef(SeriesRef(), last);  // the batch that was given keeps it alive
    }
    if (!dropped) copy(batch, point, series, kept);
  }
  return kept.empty() ? Status() : store_.write(kept);
}

}  // namespace sluice::timeseries
