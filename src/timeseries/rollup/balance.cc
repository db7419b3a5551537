// SPDX-License-Identifier: Apache-2.0
#include "timeseries/rollup/balance.h"

#include <algorithm>
#include <vector>

namespace sluice::timeseries {

int64_t rollup_score(Duration interval) {
  switch (interval.unit) {
    case TimeUnit::kMilliseconds:
      return 121;
    case TimeUnit::kSeconds:
      return 121 - interval.value;
    case TimeUnit::kMinutes:
      return 61 - interval.value;
    default:
      return 1;
  }
}

RollupAssignments balance_rollups(const RollupHosts& hosts, const std::map<std::string, int64_t, JavaOrder>& scores) {
  RollupAssignments assignments;
  if (hosts.empty()) return assignments;
  std::vector<std::pair<int64_t, std::string>> loads;
  for (const auto& [id, name] : hosts) loads.emplace_back(0, id);
  for (const auto& [task, score] : scores) {
    loads.front().first += score;
    assignments[task] = loads.front().second;
    // Back into its place: before those with the same load.
    const auto behind = std::lower_bound(loads.begin() + 1, loads.end(), loads.front().first,
                                         [](const auto& load, int64_t score) { return load.first < score; });
    std::rotate(loads.begin(), loads.begin() + 1, behind);
  }
  return assignments;
}

}  // namespace sluice::timeseries
