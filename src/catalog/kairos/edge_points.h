// SPDX-License-Identifier: Apache-2.0
// ORDER BY time [DESC] .. LIMIT n over a metric reads the first or last points only. The sort stays with the kernel:
// the scan gets a narrower range of time, which has at least n rows that fulfil the conditions, and all rows that sort
// before the last of these.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "pch/pch.h"

namespace sluice::catalog::kairos {

struct ScanData;

// What a sort above the scan needs of it.
struct EdgePoints {
  size_t count = 0;   // 0: everything
  bool last = false;  // those with the greatest times
  bool nulls_first = false;
  // Of the WHERE between; columns are references by their place in the scan's output.
  duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> conditions;
};

// Notes in scans what the sorts right above them need: once for each instance.
void push_limits(duckdb::DBConfig& config);

// The range of time, both inclusive, that is enough. Nullopt: all is needed, or finding out would cost more.
std::optional<std::pair<int64_t, int64_t>> enough(duckdb::ClientContext& context, const ScanData& data,
                                                  const duckdb::vector<duckdb::column_t>& column_ids);

}  // namespace sluice::catalog::kairos
