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
  explicit ColumnResolver(duckdb::ClientContext& context) : context_(context) {}
  virtual ~ColumnResolver() = default;
  duckdb::ClientContext& context() const { return context_; }
  // Null: not a column of the metric.
  virtual const MetricColumn* find(const duckdb::BoundColumnRefExpression& column) const = 0;

 private:
  duckdb::ClientContext& context_;
};

// Whether `expression` reads only tags, and `time` through steps only; these are added, with the reference 0 for
// `time`. `earthly`: some step is one only in the years that UNIX_TIMESTAMP() knows.
bool collect_steps(const duckdb::Expression& expression, const ColumnResolver& columns, StepList& steps, bool& earthly);

// Puts columns in the places of steps: `column_of(i)` for steps[i].
void replace_steps(duckdb::unique_ptr<duckdb::Expression>& expression, const ColumnResolver& columns,
                   const StepList& steps,
                   const std::function<duckdb::unique_ptr<duckdb::Expression>(size_t)>& column_of);

// The milliseconds since 1970, both inclusive, in which a condition that goes one way with time, or time BETWEEN two
// values, can be true. A day more on each side where the zone's clocks change.
struct TrueRange {
  int64_t start;
  int64_t end;
  bool outside;  // it is true of times that UNIX_TIMESTAMP() does not know, too
};
// Nothing: it is no such condition, or is true at all times.
std::optional<TrueRange> true_range(const duckdb::Expression& condition, const ColumnResolver& columns,
                                    const timeseries::Zone& zone);

// Cells of time, found as points come. One thread.
class TimeCells {
 public:
  struct Cell {
    int64_t begin;  // milliseconds since 1970
    int64_t end;    // not in it
    size_t values;  // where those of its steps are
  };
  TimeCells(duckdb::ClientContext& context, const StepList& steps, bool earthly, timeseries::Zone zone);
  ~TimeCells();

  // The cell of times[0]. The times that follow, ascending, are those that will be asked about next.
  Cell find(std::span<const int64_t> times);
  // The values of step `step` in the cells that have these `values`, into the rows from `at` on.
  void write(size_t step, std::span<const size_t> values, duckdb::Vector& into, size_t at) const;
  // Where the only step, a condition, is true; as true_range().
  std::optional<TrueRange> true_range();
  // Before the points of a batch: of the cells that were given out only that with these `values` is still needed.
  // Returns where they are now.
  size_t forget_singles(size_t values);

 private:
  class Values;
  class Kept;

  bool in_domain(int64_t time) const;
  // The part of time around `time` in which local time runs evenly and steps are steps.
  Cell span_of(int64_t time) const;
  bool predict(std::span<const int64_t> times, const Cell& span);
  Cell search(int64_t time, const Cell& span);
  // Each point a cell of its own, which nobody remembers.
  Cell single(std::span<const int64_t> times);
  // Of the times [from, to], all with the value of `from` up to some point: the last such one.
  int64_t last_equal(int64_t from, int64_t to);

  duckdb::ClientContext& context_;
  const bool earthly_;
  timeseries::Zone zone_;
  std::unique_ptr<Values> values_;
  std::unique_ptr<Kept> kept_;
  std::vector<Cell> cells_;  // sorted, apart from each other
  size_t last_ = 0;          // the cell that was found last
  size_t searches_ = 0;
  std::vector<Cell> singles_;  // the points that come next, when they are cells
  size_t next_single_ = 0;
  static constexpr size_t kNone = static_cast<size_t>(-1);
  size_t first_single_ = kNone;  // where values of singles begin, when there are any
};

}  // namespace sluice::catalog::kairos
