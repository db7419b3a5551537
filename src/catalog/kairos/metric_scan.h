// SPDX-License-Identifier: Apache-2.0
// Reading a metric as rows: a table function of the kernel. Predicates on time narrow the range that is read, those on
// one tag choose series; both stay with the kernel, too, which decides about each row. Threads share the series.
#pragma once

#include <memory>
#include <vector>

#include "catalog/kairos/edge_points.h"
#include "catalog/kairos/kairos_catalog.h"
#include "catalog/kairos/metric_deletes.h"
#include "duckdb/function/table_function.hpp"
#include "timeseries/zone.h"

namespace sluice::catalog::kairos {

// A condition over the value of one tag, as a bound expression whose column is the reference 0.
struct TagPredicate {
  std::string tag;
  duckdb::unique_ptr<duckdb::Expression> condition;
};

struct ScanData : duckdb::TableFunctionData {
  ScanData(MetricsRef metrics, MetricTableRef table, KairosTable* entry)
      : metrics(std::move(metrics)), table(std::move(table)), entry(entry) {}

  const MetricsRef metrics;
  const MetricTableRef table;
  KairosTable* const entry;  // of the transaction; for binding only
  // Milliseconds since 1970, both inclusive; at most what the predicates let through.
  int64_t start = timeseries::kMinTime;
  int64_t end = timeseries::kMaxTime;
  // The same of conditions that are also true of times that UNIX_TIMESTAMP() does not know; they hold when another one
  // is not.
  int64_t earthly_start = timeseries::kMinTime;
  int64_t earthly_end = timeseries::kMaxTime;
  bool earthly_only = false;
  std::vector<TagPredicate> predicates;
  EdgePoints edge;
  // Of a DELETE: gets the rows of the store that are read. Not copied.
  std::shared_ptr<ReadRows> read_rows;

  int64_t first() const { return earthly_only ? std::max(start, earthly_start) : start; }
  int64_t last() const { return earthly_only ? std::min(end, earthly_end) : end; }
  void copy_predicates(const ScanData& other);
  duckdb::unique_ptr<duckdb::FunctionData> Copy() const override;
  bool Equals(const FunctionData& other) const override;
};

duckdb::TableFunction metric_scan(duckdb::ClientContext& context, KairosTable& table,
                                  duckdb::unique_ptr<duckdb::FunctionData>& bind_data);

// The column that `expression` reads of a scan, when it is a plain reference to it.
std::optional<size_t> column_of(const duckdb::LogicalGet& get, const duckdb::Expression& expression);

// The session's time zone.
timeseries::Zone zone_of(duckdb::ClientContext& context);

// Of a column id of the scan: whether it is one of the metric.
const MetricColumn* metric_column(const ScanData& data, std::optional<size_t> id);

// What threads share: series and who reads which. Rows of the store are taken in tasks, whose numbers are the kernel's
// batches.
struct SharedRows : duckdb::GlobalTableFunctionState {
  std::vector<timeseries::Row> rows;
  std::vector<size_t> tasks;  // where each begins in `rows`; the end of the last one follows
  std::atomic<size_t> next{0};
  uint64_t points = 0;
  std::atomic<uint64_t> read{0};  // of these
  std::vector<duckdb::idx_t> columns;
  duckdb::idx_t MaxThreads() const override { return std::max<duckdb::idx_t>(tasks.size() - 1, 1); }
  void open(duckdb::ClientContext& context, duckdb::TableFunctionInitInput& input);
};
struct ThreadRows : duckdb::LocalTableFunctionState {
  size_t task = 0;
  size_t row = 0;
  size_t end = 0;  // of the task
  bool row_open = false;
  timeseries::Points points;
  // The next task of `shared`; false: there is none.
  bool take(SharedRows& shared);
  // The next points of the open row; none at its end, where the row is closed.
  void read(SharedRows& shared);
};
// Function pointers that both ways of reading share.
void share_callbacks(duckdb::TableFunction& function);

// Rows of the store that a scan reads, or less of them. Errors of the store.
struct ReadPart {
  int64_t start;
  int64_t end;
  uint32_t limit = 0;  // points of a row of the store; 0: all
  bool last = false;   // the last ones
  uint64_t most = 0;   // more points: kResourceExhausted; 0: no bound
};
Result<std::vector<timeseries::Row>> rows_of(duckdb::ClientContext& context, const ScanData& data,
                                             const ReadPart& part);

}  // namespace sluice::catalog::kairos
