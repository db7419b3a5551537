// SPDX-License-Identifier: Apache-2.0
// Running a roll-up's query over the sampling periods of a range of time. Blocks; any thread.
// Source of truth: KairosDB's RollupProcessorImpl and RollupUtil. Differs from Java because results would be wrong or
// missing there: a period ends before the next one begins (Java rolls the first point of the next period up alone and
// overwrites its result with that), periods follow the zone's days across changes of its offset, weeks are a unit, and
// periods before the query's start count as well.
#pragma once

#include <atomic>
#include <string>

#include "timeseries/engine/engine.h"
#include "timeseries/rollup/task.h"

namespace sluice::timeseries {

struct RollUpOptions {
  std::string default_zone = "UTC";              // of roll-ups without a zone
  const std::atomic<bool>* cancelled = nullptr;  // looked at all the time; then kCancelled
  uint64_t periods_at_once = 10'000;             // that one query covers, where that gives the same points
};

// Rolls up all periods of the query's last range aggregator that have a part of [start, end]. Returns how many points
// came out. Errors: those of the engine and of the calendar.
Result<uint64_t> roll_up(Engine& engine, const Rollup& rollup, const MetricQuery& metric, int64_t start, int64_t end,
                         const RollUpOptions& options);

// The sampling of the last range aggregator.
Duration last_sampling(const MetricQuery& metric);

// Where a run begins that follows no other: an interval and a sampling before now.
int64_t first_start(const RollupTask& task, const MetricQuery& metric, int64_t now);

// The time of the newest number of a metric before `now`; nullopt: there is none.
Result<std::optional<int64_t>> last_rolled_up(Engine& engine, const std::string& metric, int64_t now);

}  // namespace sluice::timeseries
