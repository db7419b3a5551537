// SPDX-License-Identifier: Apache-2.0
// RollupTask: queries that run at an interval and whose results become points of other metrics; read from JSON and kept
// as JSON. Pure functions. Source of truth: KairosDB's RollupTask, Rollup, QueryParser.parseRollupTask.
// Differs from Java because tasks would get lost or stop others there: a task that is changed keeps its id even where
// the new JSON has none, an "id" deeper in the JSON counts as none, and an interval needs a unit.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "timeseries/query.h"
#include "timeseries/request/query_parser.h"

namespace sluice::timeseries {

struct Rollup {
  std::string save_as;
  std::optional<std::string> time_zone;  // of the sampling periods; nullopt: the server's default
  Query query;                           // each metric has a range aggregator, and ends with the SaveAsAggregator
};

struct RollupTask {
  std::string id;
  std::string name;
  Duration interval;  // of any value: negative ones and 0 never run
  std::vector<Rollup> rollups;
  std::string json;      // as it is stored and answered: with "id" in front when it came without
  int64_t modified = 0;  // milliseconds since 1970; of stored ones
};

// `id`: of a task that is there already; nullopt: that of the JSON, or a new one. Faults: kValidation (answered with
// 400), others (500).
Java<RollupTask> parse_rollup_task(std::string_view json, const std::optional<std::string>& id,
                                   const QueryParserOptions& options);

// A random UUID.
std::string new_rollup_id();

// Appends `text` between quotes as Gson escapes it by default: <, >, &, = and ' too.
void append_gson_string(std::string& json, std::string_view text);

}  // namespace sluice::timeseries
