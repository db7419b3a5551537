// SPDX-License-Identifier: Apache-2.0
#include "catalog/kairos/metric_table.h"

#include <set>
#include <unordered_set>

namespace sluice::catalog::kairos {

using duckdb::LogicalType;
using timeseries::PointType;

std::optional<size_t> MetricTable::find(ColumnKind kind) const {
  for (size_t i = 0; i < columns.size(); ++i)
    if (columns[i].kind == kind) return i;
  return std::nullopt;
}

bool MetricTable::operator==(const MetricTable& other) const {
  if (metric != other.metric || value_type != other.value_type || columns.size() != other.columns.size()) return false;
  for (size_t i = 0; i < columns.size(); ++i) {
    const auto& a = columns[i];
    const auto& b = other.columns[i];
    if (a.name != b.name || a.kind != b.kind || a.type != b.type || a.tag != b.tag) return false;
  }
  return true;
}

void HeldTypes::add(PointType type) {
  switch (type) {
    case PointType::kLong:
    case PointType::kLongNano:
      longs = true;
      break;
    case PointType::kString:
    case PointType::kComplex:
      texts = true;
      break;
    default:
      doubles = true;  // kLegacy holds both
  }
}

MetricTable make_metric_table(std::string metric, HeldTypes types, std::vector<std::string> tags) {
  MetricTable table;
  table.metric = std::move(metric);
  std::set<std::string> taken;
  const auto take = [&](const std::string& name) { return taken.insert(duckdb::StringUtil::Lower(name)).second; };
  const auto add = [&](const char* name, ColumnKind kind, LogicalType type, const char* declared) {
    take(name);
    table.columns.push_back({name, kind, std::move(type), declared, {}});
  };
  add("time", ColumnKind::kTime, LogicalType::TIMESTAMP, "datetime(3)");
  const bool numbers = types.longs || types.doubles || !types.texts;
  table.value_type = !numbers                        ? PointType::kString
                     : types.longs && !types.doubles ? PointType::kLong
                                                     : PointType::kDouble;
  switch (table.value_type) {
    case PointType::kLong:
      add("value", ColumnKind::kValue, LogicalType::BIGINT, "");
      break;
    case PointType::kString:
      add("value", ColumnKind::kValue, LogicalType::VARCHAR, "");
      break;
    default:
      add("value", ColumnKind::kValue, LogicalType::DOUBLE, "");
  }
  if (numbers && types.texts) add("value_text", ColumnKind::kText, LogicalType::VARCHAR, "");
  take("tags");
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  for (auto& tag : tags) {
    if (tag.empty() || tag.find('\0') != std::string::npos) continue;
    std::string name = tag;
    if (!take(name)) {
      name = "tag_" + tag;
      if (!take(name)) continue;
    }
    table.columns.push_back({std::move(name), ColumnKind::kTag, LogicalType::VARCHAR, "", std::move(tag)});
  }
  add("tags", ColumnKind::kTags, LogicalType::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR), "");
  return table;
}

MetricTable make_metric_table(std::string metric, const std::vector<timeseries::SeriesRef>& series) {
  HeldTypes types;
  std::unordered_set<std::string_view> names;
  for (const auto& one : series) {
    types.add(one->type());
    for (const auto& tag : one->tags().all()) names.insert(tag.first);
  }
  MetricTable table = make_metric_table(std::move(metric), types, {names.begin(), names.end()});
  table.series = series.size();
  return table;
}

}  // namespace sluice::catalog::kairos
