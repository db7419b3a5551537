// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/embedded/windows.h"

#include <algorithm>
#include <map>

namespace sluice::timeseries {

std::vector<Window> cut_windows(std::span<const Extent> by_min, uint64_t most) {
  std::vector<Window> windows = {{by_min[0].min, by_min[0].max, {}}};
  std::multimap<int64_t, uint32_t> open;  // pieces that reach up to here, by their max
  uint64_t open_points = 0;
  uint64_t points = 0;  // of the last window
  int64_t max = by_min[0].max;
  for (uint32_t i = 0; i < by_min.size(); ++i) {
    const Extent& piece = by_min[i];
    for (; !open.empty() && open.begin()->first < piece.min; open.erase(open.begin()))
      open_points -= by_min[open.begin()->second].points;
    if (points >= most && piece.min > windows.back().min && open_points <= most / 2) {
      windows.back().max = piece.min - 1;
      Window next{piece.min, 0, {}};
      for (const auto& [end, number] : open) next.pieces.push_back(number);
      std::sort(next.pieces.begin(), next.pieces.end());
      windows.push_back(std::move(next));
      points = open_points;
    }
    windows.back().pieces.push_back(i);
    points += piece.points;
    open.emplace(piece.max, i);
    open_points += piece.points;
    max = std::max(max, piece.max);
  }
  windows.back().max = max;
  return windows;
}

}  // namespace sluice::timeseries
