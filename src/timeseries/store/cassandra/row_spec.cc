// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/cassandra/row_spec.h"

#include <algorithm>
#include <charconv>

namespace sluice::timeseries::cassandra {

Result<RowSpec> RowSpec::parse(const std::string& unit, const std::string& width) {
  RowSpec spec;
  if (unit == "MILLISECONDS")
    spec.unit = RowUnit::kMilliseconds;
  else if (unit == "LEGACY")
    spec.unit = RowUnit::kLegacy;
  else if (unit == "SECONDS")
    spec.unit = RowUnit::kSeconds;
  else
    return fail(Code::kFailedPrecondition, "the cluster's spec has an unknown row_time_unit '" + unit + "'");
  const char* const end = width.data() + width.size();
  const auto [rest, wrong] = std::from_chars(width.data(), end, spec.width);
  if (wrong != std::errc() || rest != end || spec.width < 1 || spec.width > kMaxWidth)
    return fail(Code::kFailedPrecondition, "the cluster's spec has an unusable row_width '" + width + "'");
  return spec;
}

std::string RowSpec::unit_name() const {
  switch (unit) {
    case RowUnit::kLegacy:
      return "LEGACY";
    case RowUnit::kSeconds:
      return "SECONDS";
    default:
      return "MILLISECONDS";
  }
}

int64_t RowSpec::least_row(int64_t start) const {
  if (start >= 0) return row_time(start);
  if (start < kMinTime / 4) return kMinTime;
  // In [-(k + 1) * width + 1, -k * width] the row is 2 * time + k * width: it rises within, and falls from one such
  // stretch to the one above.
  const int64_t k = -start / width;
  const int64_t above = -(k + 1) * width + 2;
  return k == 0 ? row_time(start) : std::min(row_time(start), above);
}

RowSpec::Columns RowSpec::columns(int64_t row, int64_t start, int64_t end) const {
  const int64_t last_time = row > kMaxTime - width_ms() ? kMaxTime : row + width_ms();
  if (end < row || start > last_time) return {0, 0, false};
  Columns range{start <= row ? 0 : column(row, start), column(row, std::min(end, last_time)), true};
  if (unit == RowUnit::kLegacy) range.last |= 1;
  // The second that `start` lies in began before it.
  if (start > row && time(row, range.first) < start) ++range.first;
  return range;
}

}  // namespace sluice::timeseries::cassandra
