// SPDX-License-Identifier: Apache-2.0
// What a scan learns from the conditions above it: a range of time, and conditions of single tags, by which the store
// chooses series. The conditions themselves stay with the kernel.
#pragma once

#include "catalog/kairos/metric_scan.h"

namespace sluice::catalog::kairos {

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
