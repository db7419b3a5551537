// SPDX-License-Identifier: Apache-2.0
// Reading a metric as sums: one row for each series and cell of time (time_steps.h) with what its points have together.
// A table function that takes the place of a scan; its columns are those of the metric, in which `time` is that of the
// cell's first point, behind them the columns of Partial, and then the values of the steps.
#pragma once

#include "catalog/kairos/metric_scan.h"
#include "catalog/kairos/time_cells.h"

namespace sluice::catalog::kairos {

enum class Partial : uint8_t {
  kPoints,     // BIGINT
  kValues,     // BIGINT: points whose `value` is not NULL
  kTexts,      // BIGINT: points whose `value_text` is not NULL
  kSum,        // of `value`, in its type; wraps around; NULL without values, as those that follow
  kSumDouble,  // DOUBLE: of the values as doubles
  kMin,
  kMax,
  kFirst,  // DATETIME: the earliest `time`
  kLast,
};
inline constexpr size_t kPartials = 9;

struct CellsData final : ScanData {
  using ScanData::ScanData;
  StepList steps;
  bool earthly = false;

  duckdb::unique_ptr<duckdb::FunctionData> Copy() const override;
  bool Equals(const FunctionData& other) const override;
};

duckdb::TableFunction metric_cells();

struct PartialColumn {
  std::string name;
  duckdb::LogicalType type;
};
PartialColumn partial_column(const MetricTable& table, Partial partial);

}  // namespace sluice::catalog::kairos
