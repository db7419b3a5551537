// SPDX-License-Identifier: Apache-2.0
// Windows: stretches of time into which pieces of a series that overlap are cut, so that they need not all be in memory
// to be merged. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sluice::timeseries {

// A block, or a stretch of points in memory.
struct Extent {
  int64_t min;  // of the times, inclusive
  int64_t max;
  uint64_t points;
};

struct Window {
  int64_t min;  // inclusive
  int64_t max;
  std::vector<uint32_t> pieces;  // that have points there, and maybe before or behind: numbers of extents, rising
};

// `by_min`: sorted by min, at least one. Windows follow one another without a gap, and hold all times of all pieces.
// A window ends when its pieces have `most` points, as soon as those that reach beyond its end have no more than half
// of that: where many pieces lie across all others, windows have more points, for no piece is to be read again and
// again.
std::vector<Window> cut_windows(std::span<const Extent> by_min, uint64_t most);

}  // namespace sluice::timeseries
