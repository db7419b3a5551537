// SPDX-License-Identifier: Apache-2.0
// MetricTable: the columns that a metric has as a table. Made from the metric's series, immutable, shared by threads.
//
//   time   DATETIME(3) in the session's time zone; NULL outside of the years 0 to 9999
//   value  DOUBLE; BIGINT when all series hold longs; STRING when none holds numbers
//   text   as value_text, STRING, only where numbers and texts (or complex numbers, as JSON) are mixed
//   a column a tag, STRING, NULL where a series has no such tag
//   tags   MAP<STRING, STRING> of all tags
//
// The kernel compares names of columns without case, KairosDB does not: of a tag whose name is taken (by a column
// before it, or by a tag that differs in case only) the column is called tag_<name>; if that is taken too, or holds a
// zero byte, the tag is in `tags` alone.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pch/pch.h"
#include "timeseries/series.h"

namespace sluice::catalog::kairos {

enum class ColumnKind : uint8_t { kTime, kValue, kText, kTag, kTags };

struct MetricColumn {
  std::string name;
  ColumnKind kind;
  duckdb::LogicalType type;
  std::string declared;  // the type in Doris' words
  std::string tag;       // of kTag: the tag's name
};

struct MetricTable {
  std::string metric;
  std::vector<MetricColumn> columns;
  timeseries::PointType value_type = timeseries::PointType::kDouble;  // kLong, kDouble or kString: what `value` holds
  size_t series = 0;                                                  // when it was looked at

  std::optional<size_t> find(ColumnKind kind) const;
  bool operator==(const MetricTable& other) const;
};
using MetricTableRef = std::shared_ptr<const MetricTable>;

// Of which types a metric's points are.
struct HeldTypes {
  bool longs = false;
  bool doubles = false;
  bool texts = false;  // or complex numbers
  void add(timeseries::PointType type);
};

// `tags` in any order, with doubles. A metric without any series has doubles.
MetricTable make_metric_table(std::string metric, HeldTypes types, std::vector<std::string> tags);
MetricTable make_metric_table(std::string metric, const std::vector<timeseries::SeriesRef>& series);

}  // namespace sluice::catalog::kairos
