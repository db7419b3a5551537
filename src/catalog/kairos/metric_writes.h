// SPDX-License-Identifier: Apache-2.0
// Writing points by SQL: INSERT INTO kairos.default.metric (time, value, tag, ..., tags).
#pragma once

#include "catalog/kairos/kairos_catalog.h"

namespace sluice::catalog::kairos {

// The columns that the running INSERT names belong to the metric while it is bound, and the metric need not be there.
MetricTableRef with_written_columns(duckdb::ClientContext& context, const std::string& metric, MetricTableRef table);

duckdb::PhysicalOperator& plan_insert(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                      duckdb::LogicalInsert& insert,
                                      duckdb::optional_ptr<duckdb::PhysicalOperator> plan);

}  // namespace sluice::catalog::kairos
