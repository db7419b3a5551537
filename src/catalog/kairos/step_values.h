// SPDX-License-Identifier: Apache-2.0
// Values of steps (time_steps.h): computed by the kernel at many times at once, and kept for cells. One thread.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "catalog/kairos/time_steps.h"
#include "duckdb/execution/expression_executor.hpp"
#include "timeseries/zone.h"

namespace sluice::catalog::kairos {

class StepValues {
 public:
  // `steps` must outlive it.
  StepValues(duckdb::ClientContext& context, const StepList& steps);

  static constexpr size_t kMost = STANDARD_VECTOR_SIZE;

  // At most kMost times, in milliseconds since 1970. `zone`: of local time, which the steps read.
  void compute(const std::vector<int64_t>& times, const timeseries::Zone& zone);
  const duckdb::vector<duckdb::Vector>& results() const { return output_.data; }
  // Whether all steps have the same values at two of these times.
  bool equal(size_t a, size_t b) const;

 private:
  duckdb::ExpressionExecutor executor_;
  duckdb::DataChunk input_, output_;
};

class KeptValues {
 public:
  explicit KeptValues(const StepList& steps);

  // Those of one of the times that were computed; where they are kept.
  size_t keep(const StepValues& values, size_t row);
  size_t size() const { return size_; }
  // Keeps the first `count`, and that of `also` behind them; where that is then.
  size_t truncate(size_t count, size_t also);
  // The values of step `step` that are kept at `rows`, into the rows of a flat vector from `at` on.
  void write(size_t step, std::span<const size_t> rows, duckdb::Vector& into, size_t at) const;

 private:
  struct Column {
    size_t width = 0;  // bytes; 0: texts
    std::vector<uint8_t> data;
    std::vector<std::string> texts;
    std::vector<uint8_t> valid;
  };
  std::vector<Column> columns_;
  size_t size_ = 0;
};

}  // namespace sluice::catalog::kairos
