// SPDX-License-Identifier: Apache-2.0
// Which host runs which roll-up task. Pure functions. Source of truth: KairosDB's AssignmentCoordinator and
// ScoreBalancingAlgorithm: all coordinators of a cluster must come to the same result, or tasks would go to and fro.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "timeseries/rollup/rollup_store.h"

namespace sluice::timeseries {

// The load that a task is: the more often it runs, the more. Differs from Java, which fails here and assigns nothing
// more, for intervals in milliseconds: they count as those of seconds.
int64_t rollup_score(Duration interval);

// Each task, in the order of ids, goes to the host with the least score so far; of equal ones the one that came down to
// it last stays in front, as Java's stable sort leaves it. No hosts: no assignments.
RollupAssignments balance_rollups(const RollupHosts& hosts, const std::map<std::string, int64_t, JavaOrder>& scores);

}  // namespace sluice::timeseries
