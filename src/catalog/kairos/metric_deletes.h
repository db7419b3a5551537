// SPDX-License-Identifier: Apache-2.0
// DELETE from a metric, whatever its conditions are: the scan tells of each row which point it is, the sink gathers
// them, and the store erases stretches of series that hold these points and no others. Points are gone when the
// statement ends; a ROLLBACK does not bring them back. A point that is written meanwhile between two that are deleted
// is deleted with them.
#pragma once

#include "catalog/kairos/kairos_catalog.h"

namespace sluice::catalog::kairos {

// The kernel's row id of a metric: HUGEINT, the row of the store in its upper half, the time in its lower half.
inline constexpr duckdb::column_t kPointColumn = duckdb::column_t{1} << 63 | 0x51;  // above VIRTUAL_COLUMN_START

// What a scan that is part of a DELETE read: series of the rows of the store, and how many points each has.
struct ReadRow {
  timeseries::SeriesRef series;
  uint64_t points;
};
using ReadRows = std::vector<ReadRow>;

duckdb::hugeint_t point_id(size_t row, int64_t time);

duckdb::PhysicalOperator& plan_delete(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                      duckdb::LogicalDelete& deletion);

}  // namespace sluice::catalog::kairos
