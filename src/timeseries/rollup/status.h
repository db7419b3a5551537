// SPDX-License-Identifier: Apache-2.0
// RollupStatus: what became of a roll-up task's last run, as JSON in the service store and in answers. Plain data.
// Source of truth: KairosDB's RollupTaskStatus and RollupQueryMetricStatus, which Gson writes and reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "timeseries/compat.h"
#include "timeseries/request/java_fault.h"
#include "timeseries/zone.h"

namespace sluice::timeseries {

struct RollupQueryStatus {
  std::string metric;
  std::string last_executed;  // rollup_time_text()
  int64_t points = 0;         // that were saved
  int64_t execution_ms = 0;
  std::optional<std::string> error;
  // Milliseconds since 1970: up to where the roll-up is complete; the next run begins there. 0: it never ran.
  int64_t last_time = 0;
};

struct RollupStatus {
  std::vector<RollupQueryStatus> queries;
  std::string host;  // that runs the task
  std::string next_scheduled;

  // As the service store has it ("executingHost").
  std::string stored_json() const;
  // As GET /rollups/status/{id} answers it ("executing_host").
  std::string answer_json() const;
  // Where a query of the task has to go on; 0: at no known place.
  int64_t last_time(std::string_view metric) const;
};

// What stored_json() wrote, here or in Java. Unknown fields are ignored.
Java<RollupStatus> parse_rollup_status(std::string_view json, Compat compat);

// "21 Nov 2026 09:42:16 PM" in the zone, hours from 00 to 11; "Never" for 0.
std::string rollup_time_text(int64_t time, const Zone& zone);
// yyyy-MM-dd-HH-mm-ss-SSS as java.text.SimpleDateFormat reads it: numbers of any length and size, what follows is
// ignored. Nullopt: it does not parse.
std::optional<int64_t> parse_rollup_time(std::string_view text, const Zone& zone);

}  // namespace sluice::timeseries
