// SPDX-License-Identifier: Apache-2.0
// Grouping: rows by type and tags, and points by time, value and bin. Free functions; one thread a call.
// Source of truth: KairosDatastore.groupByTypeAndTag, Grouper, and the group-bys of package core.groupby.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "timeseries/query.h"

namespace sluice::timeseries {

// Rows whose points become one group (or several, when points are split further).
struct RowGroup {
  PointGroup type = PointGroup::kNumber;
  // Of the tag group-by: name and value, in the order of the query, no name twice. Empty without one.
  std::vector<std::pair<std::string, std::string>> values;
  std::vector<size_t> rows;  // places among the rows given
};

// By type ("complex", "number", "text") and then by the values of the tags. `by` may be nullptr. Rows without a tag
// have the value "". As in KairosDB the order is that of names and values written one after the other, and rows of
// which that text is the same are one group (with the last row's values).
std::vector<RowGroup> group_rows(const std::vector<const Series*>& rows, const TagGroupBy* by);

// The first tag group-by of a query; nullptr: none.
const TagGroupBy* tag_group_by(const MetricQuery& query);
// All that are not by tag.
std::vector<const GroupBy*> point_group_bys(const MetricQuery& query);

// Points that every group-by gave the same number.
struct SplitGroup {
  std::vector<int32_t> numbers;  // one a group-by
  Points points;
};
// In the order of the groups' first points. `points`: of one RowGroup. Reads all points into memory.
Result<std::vector<SplitGroup>> split_points(PointSource& points, const std::vector<const GroupBy*>& by);

// The elements of answers' group_by as JSON.
std::string tag_element(const TagGroupBy& by, const RowGroup& group);
std::string type_element(PointGroup type);
std::string point_element(const GroupBy& by, int32_t number);

}  // namespace sluice::timeseries
