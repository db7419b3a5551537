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

}  // namespace sluice::catalog::kairos
