// SPDX-License-Identifier: Apache-2.0
// Aggregates over metrics read cells instead of points: before the kernel's optimizer, an aggregate right above a scan
// of a metric (and its WHERE) gets a scan of cells below it when groups and conditions read tags, and `time` through
// steps only (time_steps.h). The aggregate stays, over sums of sums. So each expression of the statement is still the
// kernel's, and a cell that is too small costs time, not correctness. Sums of doubles add up in another order, as they
// do between the kernel's threads.
#pragma once

#include "pch/pch.h"

namespace sluice::catalog::kairos {

// Once for each instance.
void push_aggregates(duckdb::DBConfig& config);

}  // namespace sluice::catalog::kairos
