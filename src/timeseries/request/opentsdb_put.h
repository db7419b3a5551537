// SPDX-License-Identifier: Apache-2.0
// The body of OpenTSDB's POST /api/put into points: one object or an array of {metric, timestamp, value, tags}. Right
// points are stored whatever the others are. Blocks in the store.
// Source of truth: OpenTSDB 2.4's documentation of /api/put.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "timeseries/request/series_cache.h"
#include "timeseries/store.h"

namespace sluice::timeseries {

struct OpentsdbOutcome {
  struct Bad {
    std::string point;  // as JSON
    std::string error;
  };
  static constexpr size_t kMaxBad = 1000;  // that are named; `failed` counts all

  int status = 204;     // 400: a point or the body is wrong
  std::string message;  // of status 400
  uint64_t success = 0;
  uint64_t failed = 0;
  std::vector<Bad> bad;
};

// Timestamps of up to 10 digits are seconds, others milliseconds. `cache` may be nullptr. Errors are the store's.
Result<OpentsdbOutcome> put_opentsdb(std::string_view body, Store& store, SeriesCache* cache = nullptr);

// The answer's body as OpenTSDB writes it: the error, or with ?summary and ?details the counts and the bad points.
std::string opentsdb_json(const OpentsdbOutcome& outcome, bool details, bool summary);

}  // namespace sluice::timeseries
