// SPDX-License-Identifier: Apache-2.0
// Points as columns of the kernel: copies times and values into vectors, tags once a run of points. One thread.
#pragma once

#include <vector>

#include "catalog/kairos/metric_table.h"
#include "timeseries/points.h"
#include "timeseries/series.h"
#include "timeseries/zone.h"

namespace sluice::catalog::kairos {

struct OutputColumn {
  ColumnKind kind = ColumnKind::kTime;
  bool row_id = false;  // one of the kernel's own, which has nothing to say
  bool point = false;   // which point it is, for DELETE; the scan fills it
  timeseries::PointType value_type = timeseries::PointType::kDouble;
  std::string tag;
};
// Of a column id of the kernel.
OutputColumn output_column(const MetricTable& table, duckdb::idx_t id);

// Times that DATETIME has, in milliseconds of the time zone: the years 0 to 9999.
inline constexpr int64_t kFirstLocal = -62'167'219'200'000;
inline constexpr int64_t kLastLocal = 253'402'300'799'999;

// {"real":1.5,"imaginary":-2.0} of the bytes of a complex value.
std::string complex_text(std::string_view bytes);
std::string number_text(double value);
// Null where the series has no such tag.
duckdb::Value tag_value(const timeseries::Series& series, const std::string& tag);
duckdb::Value tags_value(const timeseries::Series& series);

class RowWriter {
 public:
  explicit RowWriter(timeseries::Zone zone) : zone_(std::move(zone)) {}

  // Points [from, from + count) of `series` into the rows from `at` on. `whole`: these are all rows of the chunk.
  void write(const std::vector<OutputColumn>& columns, const timeseries::Series& series,
             const timeseries::Points& points, size_t from, size_t count, duckdb::DataChunk& chunk, size_t at,
             bool whole);
  // Local time of milliseconds since 1970, NULL where DATETIME has none.
  void times(std::span<const int64_t> times, duckdb::Vector& into, size_t at) const;
  // The value of a tag, or all tags, of one series in `count` rows.
  static void tags(const OutputColumn& column, const timeseries::Series& series, size_t count, duckdb::Vector& into,
                   size_t at, bool whole);

 private:
  const timeseries::Zone zone_;
};

}  // namespace sluice::catalog::kairos
