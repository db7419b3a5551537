// SPDX-License-Identifier: Apache-2.0
// TimeCells: the stretches of time in which all steps (time_steps.h) stay the same, found as points come.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "catalog/kairos/time_steps.h"
#include "timeseries/zone.h"

namespace sluice::catalog::kairos {

class StepValues;
class KeptValues;

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
  std::unique_ptr<StepValues> values_;
  std::unique_ptr<KeptValues> kept_;
  std::vector<Cell> cells_;  // sorted, apart from each other
  size_t last_ = 0;          // the cell that was found last
  size_t searches_ = 0;
  std::vector<Cell> singles_;  // the points that come next, when they are cells
  size_t next_single_ = 0;
  static constexpr size_t kNone = static_cast<size_t>(-1);
  size_t first_single_ = kNone;  // where values of singles begin, when there are any
};

}  // namespace sluice::catalog::kairos
