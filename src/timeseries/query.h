// SPDX-License-Identifier: Apache-2.0
// Query: what a KairosDB query asks for, after parsing and checking. Plain data: made by query_parser (JSON), by
// roll-ups and by the SQL catalog; run by the engine. Source of truth: KairosDB's QueryParser and the aggregators'
// setters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "timeseries/store.h"

namespace sluice::timeseries {

enum class TimeUnit : uint8_t { kMilliseconds, kSeconds, kMinutes, kHours, kDays, kWeeks, kMonths, kYears };

struct Duration {
  int64_t value = 1;  // not negative
  TimeUnit unit = TimeUnit::kMilliseconds;
};

// ---- aggregators. Each takes the points of a group in the query's order and gives points.

enum class RangeFunction : uint8_t {
  kAvg,
  kSum,
  kMin,
  kMax,
  kCount,
  kDev,
  kFirst,
  kLast,
  kPercentile,
  kLeastSquares,
  kGaps,
};

// Cuts time into buckets of `sampling`, from `start` on, and gives a value (or two: least_squares) a bucket.
struct RangeAggregator {
  enum class DevReturn : uint8_t { kValue, kPositive, kNegative };

  RangeFunction function = RangeFunction::kSum;
  Duration sampling;
  bool align_sampling = true;  // the first bucket starts where the unit does (hours and shorter ones: at midnight)
  bool align_start_time = false;
  bool align_end_time = false;
  bool trim = false;                         // kGaps only: no gaps before the first and after the last point
  int64_t start = 0;                         // of the query, or as the aggregator's own property says
  int64_t end = 0;                           // kGaps: the last bucket; at most the time of parsing
  std::string zone;                          // IANA name; empty: UTC
  double percentile = 0;                     // kPercentile: 0 < p <= 1
  DevReturn dev_return = DevReturn::kValue;  // kDev
  int dev_count = 1;                         // kDev
};

struct DiffAggregator {};
struct RateAggregator {
  Duration sampling;
  std::string zone;
};
struct SamplerAggregator {
  TimeUnit unit = TimeUnit::kMilliseconds;
  std::string zone;
};
struct DivideAggregator {
  double divisor = 1;  // not 0
};
struct ScaleAggregator {
  double factor = 0;
};
struct SmaAggregator {
  int size = 0;  // below 1: the aggregator fails when it runs, as KairosDB's does
};
struct TrimAggregator {
  enum class Side : uint8_t { kNone, kFirst, kLast, kBoth };
  Side side = Side::kNone;
};
struct FilterAggregator {
  enum class Operation : uint8_t { kMissing, kLte, kLt, kGte, kGt, kEqual, kNotEqual };
  Operation operation = Operation::kMissing;  // kMissing: fails when it meets a point
  // Points of a type that cannot be compared with it are removed; monostate: with no point can it be.
  std::variant<double, std::string, std::monostate> threshold = 0.0;
};
struct ScoreAggregator {
  struct Threshold {
    double value = 0;
    bool superior = true;  // points of this very value are below it (superior) or above (inferior)
  };
  std::vector<Threshold> thresholds;  // sorted; of one value the inferior one first
  bool descending = false;
};
// Writes each point that passes to another metric.
struct SaveAsAggregator {
  std::string metric;
  std::vector<std::pair<std::string, std::string>> tags;
  uint32_t ttl = 0;
  bool add_saved_from = true;
  std::vector<std::string> tags_to_keep;  // those of the tag group_by: kept where a group has one value of them
};

using Aggregator =
    std::variant<RangeAggregator, DiffAggregator, RateAggregator, SamplerAggregator, DivideAggregator, ScaleAggregator,
                 SmaAggregator, TrimAggregator, FilterAggregator, ScoreAggregator, SaveAsAggregator>;

// ---- group-bys

struct TagGroupBy {
  std::vector<std::string> tags;         // not empty
  std::optional<std::string> failure{};  // the first row to be grouped fails with it: a name is not a text
};
struct TimeGroupBy {
  Duration range_size;
  int group_count = 0;
  int64_t start = 0;  // of the query
};
struct ValueGroupBy {
  int64_t range_size = 0;
};
struct BinGroupBy {
  std::vector<double> bins;  // as given
  bool missing = false;      // none were given: the first point fails with another text
};
using GroupBy = std::variant<TagGroupBy, TimeGroupBy, ValueGroupBy, BinGroupBy>;

// ---- the query

struct MetricQuery {
  SeriesQuery series;
  std::optional<std::string> alias;  // answers carry it since 1.4
  bool exclude_tags = false;
  uint32_t limit = 0;  // of each row read, and of each group before its first aggregator; 0: none
  Order order = Order::kAscending;
  std::vector<Aggregator> aggregators;
  std::vector<GroupBy> group_bys;  // of several TagGroupBy only the first counts
  std::string cache_key;           // the same text: the same points (times as written, name, tags)
};

struct Query {
  std::vector<MetricQuery> metrics;
  uint32_t cache_seconds = 0;
  std::string time_zone;  // IANA name; empty: the server's default
};

}  // namespace sluice::timeseries
