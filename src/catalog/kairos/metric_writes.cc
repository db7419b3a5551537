// SPDX-License-Identifier: Apache-2.0
#include "catalog/kairos/metric_writes.h"

namespace sluice::catalog::kairos {

MetricTableRef with_written_columns(duckdb::ClientContext&, const std::string&, MetricTableRef table) { return table; }

duckdb::PhysicalOperator& plan_insert(duckdb::ClientContext&, duckdb::PhysicalPlanGenerator&, duckdb::LogicalInsert&,
                                      duckdb::optional_ptr<duckdb::PhysicalOperator>) {
  refuse("INSERT");
}
duckdb::PhysicalOperator& plan_delete(duckdb::ClientContext&, duckdb::PhysicalPlanGenerator&, duckdb::LogicalDelete&,
                                      duckdb::PhysicalOperator&) {
  refuse("DELETE");
}

}  // namespace sluice::catalog::kairos
