// SPDX-License-Identifier: Apache-2.0
// merge_sources: the points of many sources as one, by time and, at one time, by number. One thread.
// Source of truth: KairosDB's SortingDataPointGroup. Points of equal time and number come in the order of their sources
// (in KairosDB in no order); no point is dropped.
#pragma once

#include <memory>
#include <vector>

#include "timeseries/store.h"

namespace sluice::timeseries {

using PointSources = std::vector<std::unique_ptr<PointSource>>;

// Each source is sorted in `order`. None: an empty source; one: that source itself.
std::unique_ptr<PointSource> merge_sources(PointSources sources, Order order);

}  // namespace sluice::timeseries
