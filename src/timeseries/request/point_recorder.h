// SPDX-License-Identifier: Apache-2.0
// PointRecorder: a store for tests of parsers. Remembers what is written, in order, as text; reads nothing. One thread.
#pragma once

#include <cinttypes>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "timeseries/store.h"

namespace sluice::timeseries {

class PointRecorder final : public Store {
 public:
  // "metric|{tag=value, ..}|time|type:value|ttl", doubles as the hexadecimal digits of their bits.
  std::vector<std::string> points;
  size_t lookups = 0;
  Status write_status;

  Result<SeriesRef> series(std::string_view metric, PointType type, const Tags& tags) override {
    ++lookups;
    std::string text;
    for (const auto& [name, value] : tags.all()) text += (text.empty() ? "" : ", ") + name + "=" + value;
    auto& ref = series_[{std::string(metric), type, text}];
    if (!ref) ref = std::make_shared<const Series>(std::string(metric), type, tags);
    return ref;
  }

  Status write(const WriteBatch& batch) override {
    if (!write_status) return write_status;
    for (const NewPoint& point : batch.points()) {
      std::string text = point.series->metric() + "|{";
      bool first = true;
      for (const auto& [name, value] : point.series->tags().all()) {
        text += (first ? "" : ", ") + name + "=" + value;
        first = false;
      }
      text += "}|" + std::to_string(point.time) + "|" + std::string(api_name(point.series->type())) + ":";
      char bits[32];
      std::snprintf(bits, sizeof bits, "%" PRIx64, point.value);
      if (point.series->type() == PointType::kLong)
        text += std::to_string(static_cast<int64_t>(point.value));
      else if (point.series->type() == PointType::kDouble)
        text += bits;
      else
        text += batch.text(point);
      points.push_back(text + "|" + std::to_string(point.ttl));
    }
    return {};
  }

  Result<std::vector<Row>> read(const SeriesQuery&, const ReadOptions&) override { return std::vector<Row>(); }
  Result<std::vector<SeriesRef>> find_series(const SeriesQuery&, const ReadOptions&) override {
    return std::vector<SeriesRef>();
  }
  Result<std::vector<std::string>> metric_names(std::string_view) override { return std::vector<std::string>(); }
  Result<std::vector<std::string>> tag_names() override { return std::vector<std::string>(); }
  Result<std::vector<std::string>> tag_values() override { return std::vector<std::string>(); }
  Status erase(const SeriesQuery&) override { return {}; }
  Status erase_metric(std::string_view) override { return {}; }
  Status index_tags(const SeriesQuery&) override { return {}; }
  Status check(Deadline) override { return {}; }

 private:
  std::map<std::tuple<std::string, PointType, std::string>, SeriesRef> series_;
};

}  // namespace sluice::timeseries
