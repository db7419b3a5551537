// SPDX-License-Identifier: Apache-2.0
// RowSpec: how a cluster cuts series into rows, and what its column names are: the cluster's `spec` table says it.
// A value; pure functions; any thread. Source of truth: KairosDB's RowSpec.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "timeseries/store.h"

namespace sluice::timeseries::cassandra {

enum class RowUnit : uint8_t {
  kMilliseconds,
  kLegacy,   // milliseconds, shifted left by one: the lowest bit said once that a value is a float
  kSeconds,  // read only: KairosDB takes the width of such clusters, given in seconds, for milliseconds
};

struct RowSpec {
  static constexpr int64_t kMaxWidth = INT32_MAX;

  RowUnit unit = RowUnit::kMilliseconds;
  int64_t width = kRowWidth;  // as `spec` has it: milliseconds, of kSeconds seconds; 1 to kMaxWidth

  // Of the two texts of `spec`. kFailedPrecondition: what Sluice does not know.
  static Result<RowSpec> parse(const std::string& unit, const std::string& width);
  std::string unit_name() const;

  int64_t width_ms() const { return unit == RowUnit::kSeconds ? width * 1000 : width; }
  int64_t row_time(int64_t time) const { return timeseries::row_time(time, width); }
  // The row time of `time`, and for times so far back that it does not fit the time itself.
  int64_t first_row(int64_t time) const { return time < kMinTime / 2 ? time : row_time(time); }
  // The least row time that a point at `start` or later may have. Below first_row() only for negative times, whose rows
  // do not rise with time (differs from Java, which does not find such points).
  int64_t least_row(int64_t start) const;

  uint32_t column(int64_t row, int64_t time) const {
    const auto offset = static_cast<uint64_t>(time) - static_cast<uint64_t>(row);
    if (unit == RowUnit::kSeconds) return static_cast<uint32_t>(static_cast<int64_t>(offset) / 1000);
    return static_cast<uint32_t>(unit == RowUnit::kLegacy ? offset << 1 : offset);
  }
  int64_t time(int64_t row, uint32_t column) const {
    int64_t offset = static_cast<int32_t>(column);
    if (unit == RowUnit::kSeconds) offset *= 1000;
    if (unit == RowUnit::kLegacy) offset = column >> 1;
    return static_cast<int64_t>(static_cast<uint64_t>(row) + static_cast<uint64_t>(offset));
  }

  // Columns of a row that may hold points of [start, end]; the last one is inclusive and has its lowest bit set where
  // that bit is none of the time.
  struct Columns {
    uint32_t first;
    uint32_t last;
    bool any;
  };
  Columns columns(int64_t row, int64_t start, int64_t end) const;
  // Whether all points that the row may have lie in [start, end].
  bool covers(int64_t row, int64_t start, int64_t end) const {
    return start <= row && (row > kMaxTime - width_ms() || end >= row + width_ms() - 1);
  }
};

}  // namespace sluice::timeseries::cassandra
