// SPDX-License-Identifier: Apache-2.0
// Time steps: expressions over a metric's `time` that stay the same for a while (UNIX_TIMESTAMP(time) DIV 60 * 60,
// date_trunc(time, 'hour'), time >= '..'), and the cells of time in which all of them do. Points of a cell need not be
// told apart by a statement that reads `time` through steps only. No form is known by its looks: a step is built of
// functions that never go back while time goes on, so that equal values at both ends of a cell prove that it is one
// there; the values themselves are the kernel's own.
#pragma once

#include <vector>

#include "catalog/kairos/metric_table.h"
#include "timeseries/zone.h"

namespace sluice::catalog::kairos {

using StepList = std::vector<duckdb::unique_ptr<duckdb::Expression>>;

// Says what a bound column is.
class ColumnResolver {
 public:
  virtual ~ColumnResolver() = default;
  // Null: not a column of the metric.
  virtual const MetricColumn* find(const duckdb::BoundColumnRefExpression& column) const = 0;
};

// Whether `expression` reads only tags, and `time` through steps only; these are added, with the reference 0 for
// `time`. `earthly`: some step is one only in the years that UNIX_TIMESTAMP() knows.
bool collect_steps(const duckdb::Expression& expression, const ColumnResolver& columns, StepList& steps, bool& earthly);

// Cells of time, found as points come. One thread.
class TimeCells {
 public:
  struct Cell {
    int64_t begin;  // milliseconds since 1970
    int64_t end;    // not in it
  };
  TimeCells(duckdb::ClientContext& context, const StepList& steps, bool earthly, timeseries::Zone zone);
  ~TimeCells();

  // The cell of times[0]. The times that follow, ascending, are those that will be asked about next.
  Cell find(std::span<const int64_t> times);

 private:
  class Values;

  bool in_domain(int64_t time) const;
  // The part of time around `time` in which local time runs evenly and steps are steps.
  Cell span_of(int64_t time) const;
  bool predict(std::span<const int64_t> times, const Cell& span);
  Cell search(int64_t time, const Cell& span);
  // Of the times [from, to], all with the value of `from` up to some point: the last such one.
  int64_t last_equal(int64_t from, int64_t to);

  duckdb::ClientContext& context_;
  const bool earthly_;
  timeseries::Zone zone_;
  std::unique_ptr<Values> values_;
  std::vector<Cell> cells_;  // sorted, apart from each other
  size_t last_ = 0;          // the cell that was found last
  size_t searches_ = 0;
};

}  // namespace sluice::catalog::kairos
