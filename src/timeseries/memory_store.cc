// SPDX-License-Identifier: Apache-2.0
#include "timeseries/memory_store.h"

#include <algorithm>
#include <chrono>

#include "timeseries/value_pattern.h"

namespace sluice::timeseries {
namespace {

int64_t system_time() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

bool has_text(PointType type) { return type == PointType::kString || type == PointType::kComplex; }

struct JavaLess {
  bool operator()(const std::string& a, const std::string& b) const { return compare_java(a, b) < 0; }
};

class CopiedPoints : public PointSource {
 public:
  CopiedPoints(Points points, size_t batch) : points_(std::move(points)), batch_(batch) {}

  Status next(Points& into) override {
    into.clear();
    const size_t end = std::min(points_.size(), place_ + batch_);
    into.append(points_, place_, end);
    place_ = end;
    return {};
  }

 private:
  const Points points_;
  const size_t batch_;
  size_t place_ = 0;
};

}  // namespace

MemoryStore::MemoryStore(MemoryStoreOptions options) : options_(std::move(options)) {}

int64_t MemoryStore::now() const { return options_.now ? options_.now() : system_time(); }

Result<SeriesRef> MemoryStore::series(std::string_view metric, PointType type, const Tags& tags) {
  const std::lock_guard lock(mutex_);
  auto& stored = metrics_[std::string(metric)][Key(type, tags.all())];
  if (!stored.series) {
    stored.series = std::make_shared<const Series>(std::string(metric), type, tags);
    by_series_[stored.series.get()] = &stored;
  }
  return stored.series;
}

Status MemoryStore::write(const WriteBatch& batch) {
  const std::lock_guard lock(mutex_);
  const int64_t now_ms = now();
  for (const auto& point : batch.points()) {
    auto& stored = *by_series_.at(point.series);
    const bool text = has_text(point.series->type());
    const uint32_t ttl = point.ttl != 0 ? point.ttl : options_.default_ttl;
    stored.points.insert_or_assign(point.time, Point{text ? 0 : point.value, std::string(text ? batch.text(point) : ""),
                                                     ttl == 0 ? kMaxTime : now_ms + int64_t{ttl} * 1000});
    names_.insert(point.series->metric());
  }
  return {};
}

void MemoryStore::add(const Stored& stored, std::map<int64_t, Point>::const_iterator point, Points& into) const {
  const auto& [time, value] = *point;
  switch (stored.series->type()) {
    case PointType::kString:
      return into.add_text(time, value.text);
    case PointType::kComplex: {
      double parts[2];
      value.text.copy(reinterpret_cast<char*>(parts), sizeof parts);
      return into.add_complex(time, parts[0], parts[1]);
    }
    case PointType::kDouble:
      return into.add_double(time, std::bit_cast<double>(value.value));
    default:
      return into.add_long(time, static_cast<int64_t>(value.value));
  }
}

Row MemoryStore::make_row(const Stored& stored, std::vector<std::map<int64_t, Point>::const_iterator> found,
                          const ReadOptions& options) const {
  if (options.order == Order::kDescending) std::reverse(found.begin(), found.end());
  if (options.limit != 0 && found.size() > options.limit) found.resize(options.limit);
  Points points;
  for (const auto& point : found) add(stored, point, points);
  const uint64_t count = points.size();
  return {stored.series, count, std::make_unique<CopiedPoints>(std::move(points), options_.batch_points)};
}

Result<std::vector<Row>> MemoryStore::read(const SeriesQuery& query, const ReadOptions& options) {
  const auto matcher = TRY(TagMatcher::make(query.tags, options_.pattern_prefix));
  const std::lock_guard lock(mutex_);
  const int64_t now_ms = now();
  std::vector<Row> rows;
  uint64_t count = 0;
  const auto metric = metrics_.find(query.metric);
  if (metric == metrics_.end() || query.start > query.end) return rows;
  for (const auto& [key, stored] : metric->second) {
    TRY(options.check_stop());
    if (!matcher.matches(stored.series->tags())) continue;
    // Rows in the order of their points. With negative times a row may hold times apart from each other.
    std::map<int64_t, std::vector<std::map<int64_t, Point>::const_iterator>> found;
    const auto end = stored.points.upper_bound(query.end);
    for (auto point = stored.points.lower_bound(query.start); point != end; ++point)
      if (point->second.expires > now_ms) found[options.limit == 0 ? 0 : row_time(point->first)].push_back(point);
    for (auto& [time, points] : found) {
      rows.push_back(make_row(stored, std::move(points), options));
      count += rows.back().points;
    }
    TRY(options.check_points(count));
  }
  return rows;
}

Result<std::vector<SeriesRef>> MemoryStore::find_series(const SeriesQuery& query, const ReadOptions& options) {
  const auto matcher = TRY(TagMatcher::make(query.tags, options_.pattern_prefix));
  const std::lock_guard lock(mutex_);
  const int64_t now_ms = now();
  std::vector<SeriesRef> found;
  const auto metric = metrics_.find(query.metric);
  if (metric == metrics_.end() || query.start > query.end) return found;
  const int64_t first_row = query.start < kMinTime / 2 ? query.start : row_time(query.start);
  for (const auto& [key, stored] : metric->second) {
    TRY(options.check_stop());
    if (!matcher.matches(stored.series->tags())) continue;
    if (std::any_of(stored.points.begin(), stored.points.end(), [&](const auto& point) {
          const int64_t row = row_time(point.first);
          return point.second.expires > now_ms && row >= first_row && row <= query.end;
        }))
      found.push_back(stored.series);
  }
  return found;
}

Result<std::vector<std::string>> MemoryStore::metric_names(std::string_view prefix) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& name : names_)
    if (name.starts_with(prefix)) names.push_back(name);
  std::sort(names.begin(), names.end(), JavaLess());
  return names;
}

Result<std::vector<std::string>> MemoryStore::tag_names() {
  const std::lock_guard lock(mutex_);
  std::set<std::string, JavaLess> names;
  for (const auto& [metric, all] : metrics_)
    for (const auto& [key, stored] : all)
      if (!stored.points.empty())
        for (const auto& [name, value] : stored.series->tags().all()) names.insert(name);
  return std::vector<std::string>(names.begin(), names.end());
}

Result<std::vector<std::string>> MemoryStore::tag_values() {
  const std::lock_guard lock(mutex_);
  std::set<std::string, JavaLess> values;
  for (const auto& [metric, all] : metrics_)
    for (const auto& [key, stored] : all)
      if (!stored.points.empty())
        for (const auto& [name, value] : stored.series->tags().all()) values.insert(value);
  return std::vector<std::string>(values.begin(), values.end());
}

Status MemoryStore::erase(const SeriesQuery& query) {
  const auto matcher = TRY(TagMatcher::make(query.tags, options_.pattern_prefix));
  const std::lock_guard lock(mutex_);
  const auto metric = metrics_.find(query.metric);
  if (metric == metrics_.end() || query.start > query.end) return {};
  for (auto& [key, stored] : metric->second)
    if (matcher.matches(stored.series->tags()))
      stored.points.erase(stored.points.lower_bound(query.start), stored.points.upper_bound(query.end));
  return {};
}

Status MemoryStore::erase_metric(std::string_view metric) {
  TRY(erase(SeriesQuery{std::string(metric), kMinTime, kMaxTime, {}}));
  const std::lock_guard lock(mutex_);
  names_.erase(std::string(metric));
  return {};
}

Status MemoryStore::erase_ranges(std::span<const SeriesRange> ranges) {
  const std::lock_guard lock(mutex_);
  for (const auto& range : ranges) {
    const auto found = by_series_.find(range.series.get());
    if (found == by_series_.end() || range.start > range.end) continue;
    auto& points = found->second->points;
    points.erase(points.lower_bound(range.start), points.upper_bound(range.end));
  }
  return {};
}

Status MemoryStore::index_tags(const SeriesQuery&) { return {}; }
Status MemoryStore::check(Deadline) { return {}; }

MemoryServiceStore::MemoryServiceStore(std::function<int64_t()> now) : now_(now ? std::move(now) : system_time) {}

Status MemoryServiceStore::put(std::string_view service, std::string_view service_key, std::string_view key,
                               std::string_view value) {
  const std::lock_guard lock(mutex_);
  auto& values = values_[Place(service, service_key)];
  values.modified = now_();
  values.by_key.insert_or_assign(std::string(key), ServiceValue{std::string(key), std::string(value), values.modified});
  return {};
}

Result<std::optional<ServiceValue>> MemoryServiceStore::get(std::string_view service, std::string_view service_key,
                                                            std::string_view key) {
  const std::lock_guard lock(mutex_);
  const auto& values = values_[Place(service, service_key)].by_key;
  const auto found = values.find(std::string(key));
  if (found == values.end()) return std::optional<ServiceValue>();
  return std::optional<ServiceValue>(found->second);
}

Result<std::vector<std::string>> MemoryServiceStore::service_keys(std::string_view service) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> found;
  for (const auto& [place, values] : values_)
    if (place.first == service && !values.by_key.empty()) found.push_back(place.second);
  return found;
}

Result<std::vector<std::string>> MemoryServiceStore::keys(std::string_view service, std::string_view service_key,
                                                          std::string_view prefix) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> found;
  for (const auto& [key, value] : values_[Place(service, service_key)].by_key)
    if (key.starts_with(prefix)) found.push_back(key);
  return found;
}

Status MemoryServiceStore::erase(std::string_view service, std::string_view service_key, std::string_view key) {
  const std::lock_guard lock(mutex_);
  auto& values = values_[Place(service, service_key)];
  if (values.by_key.erase(std::string(key)) != 0) values.modified = now_();
  return {};
}

Result<std::optional<int64_t>> MemoryServiceStore::modified(std::string_view service, std::string_view service_key) {
  const std::lock_guard lock(mutex_);
  const auto found = values_.find(Place(service, service_key));
  if (found == values_.end() || found->second.modified == 0) return std::optional<int64_t>();
  return std::optional<int64_t>(found->second.modified);
}

}  // namespace sluice::timeseries
