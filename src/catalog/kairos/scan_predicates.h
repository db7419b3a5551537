// SPDX-License-Identifier: Apache-2.0
// What a scan learns from the conditions above it: a range of time, and conditions of single tags, by which the store
// chooses series. The conditions themselves stay with the kernel.
#pragma once

#include "catalog/kairos/metric_scan.h"
#include "catalog/kairos/time_steps.h"

namespace sluice::catalog::kairos {

// The columns of a scan.
class ScanColumns final : public ColumnResolver {
 public:
  ScanColumns(duckdb::ClientContext& context, const duckdb::LogicalGet& get, const MetricTable& table)
      : ColumnResolver(context), get_(get), table_(table) {}
  const MetricColumn* find(const duckdb::BoundColumnRefExpression& column) const override {
    const auto id = column_of(get_, column);
    return id && *id < table_.columns.size() ? &table_.columns[*id] : nullptr;
  }

 private:
  const duckdb::LogicalGet& get_;
  const MetricTable& table_;
};

// The kernel's hook; `data` is a ScanData.
void note_predicates(duckdb::ClientContext& context, duckdb::LogicalGet& get, duckdb::FunctionData* data,
                     duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters);
// The same for one condition.
void note_predicate(duckdb::ClientContext& context, const duckdb::LogicalGet& get, ScanData& data,
                    const duckdb::Expression& filter);

// Puts into `query` which series fulfil the predicates, as filters of tags. False: none does.
Result<bool> choose_series(duckdb::ClientContext& context, timeseries::Store& store, const ScanData& data,
                           const timeseries::ReadOptions& options, timeseries::SeriesQuery& query);

}  // namespace sluice::catalog::kairos
