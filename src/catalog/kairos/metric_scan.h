// SPDX-License-Identifier: Apache-2.0
// Reading a metric as rows: a table function of the kernel. Predicates on time narrow the range that is read, those on
// one tag choose series; both stay with the kernel, too, which decides about each row. Threads share the series.
#pragma once

#include <memory>
#include <vector>

#include "catalog/kairos/kairos_catalog.h"
#include "duckdb/function/table_function.hpp"
#include "timeseries/zone.h"

namespace sluice::catalog::kairos {

// A condition over the value of one tag, as a bound expression whose column is the reference 0.
struct TagPredicate {
  std::string tag;
  duckdb::unique_ptr<duckdb::Expression> condition;
};

struct ScanData final : duckdb::TableFunctionData {
  ScanData(MetricsRef metrics, MetricTableRef table, KairosTable* entry)
      : metrics(std::move(metrics)), table(std::move(table)), entry(entry) {}

  const MetricsRef metrics;
  const MetricTableRef table;
  KairosTable* const entry;  // of the transaction; for binding only
  // Milliseconds since 1970, both inclusive; at most what the predicates let through.
  int64_t start = timeseries::kMinTime;
  int64_t end = timeseries::kMaxTime;
  std::vector<TagPredicate> predicates;

  duckdb::unique_ptr<duckdb::FunctionData> Copy() const override;
  bool Equals(const FunctionData& other) const override;
};

duckdb::TableFunction metric_scan(duckdb::ClientContext& context, KairosTable& table,
                                  duckdb::unique_ptr<duckdb::FunctionData>& bind_data);

// The column that `expression` reads of a scan, when it is a plain reference to it.
std::optional<size_t> column_of(const duckdb::LogicalGet& get, const duckdb::Expression& expression);

// The session's time zone.
timeseries::Zone zone_of(duckdb::ClientContext& context);

// Rows of the store that a scan reads. Errors of the store.
Result<std::vector<timeseries::Row>> rows_of(duckdb::ClientContext& context, const ScanData& data);

}  // namespace sluice::catalog::kairos
