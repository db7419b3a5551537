// SPDX-License-Identifier: Apache-2.0
#include "timeseries/rollup/roll_up.h"

#include <algorithm>

#include "timeseries/calendar.h"

namespace sluice::timeseries {
namespace {

// Counts, and remembers the newest time.
class Counter : public ResultSink {
 public:
  Status begin_metric(const MetricQuery&, uint64_t) override { return {}; }
  Status begin_group(const ResultGroup&) override { return {}; }
  Status points(const Points& points) override {
    count += points.size();
    for (size_t i = 0; i < points.size(); ++i)
      if (group_of(points.type(i)) == PointGroup::kNumber) newest = std::max(newest.value_or(kMinTime), points.time(i));
    return {};
  }
  Status end_group() override { return {}; }
  Status end_metric() override { return {}; }

  uint64_t count = 0;
  std::optional<int64_t> newest;
};

RangeAggregator* last_range(MetricQuery& metric) {
  for (auto at = metric.aggregators.rbegin(); at != metric.aggregators.rend(); ++at)
    if (auto* const range = std::get_if<RangeAggregator>(&*at)) return range;
  return nullptr;
}

// Whether a query over many periods gives the points of one query for each: buckets do, as they end where periods do;
// what looks at neighbours, counts points or fills gaps does not.
bool joins_periods(const MetricQuery& metric) {
  if (metric.limit > 0 || metric.order != Order::kAscending) return false;
  size_t ranges = 0;
  for (const Aggregator& aggregator : metric.aggregators) {
    const auto* const range = std::get_if<RangeAggregator>(&aggregator);
    if (!range && !std::holds_alternative<SaveAsAggregator>(aggregator)) return false;
    if (!range) continue;
    if (++ranges > 1 || range->function == RangeFunction::kGaps) return false;
  }
  return std::all_of(metric.group_bys.begin(), metric.group_bys.end(),
                     [](const GroupBy& one) { return std::holds_alternative<TagGroupBy>(one); });
}

// The query over one piece of time, at whose start a period begins.
void set_range(MetricQuery& metric, const RangeAggregator* last, int64_t origin, int64_t start, int64_t end) {
  metric.series.start = start;
  metric.series.end = end;
  for (Aggregator& aggregator : metric.aggregators) {
    auto* const range = std::get_if<RangeAggregator>(&aggregator);
    if (!range) continue;
    // Buckets before the origin are two wide, as in Java: the origin must not lie behind the points.
    range->start = range == last ? origin : std::min(range->start, start);
    range->end = end;
  }
}

}  // namespace

Duration last_sampling(const MetricQuery& metric) {
  MetricQuery copy = metric;
  const RangeAggregator* const last = last_range(copy);
  return last ? last->sampling : Duration();
}

int64_t first_start(const RollupTask& task, const MetricQuery& metric, int64_t now) {
  return relative_time(relative_time(now, task.interval), last_sampling(metric));
}

Result<uint64_t> roll_up(Engine& engine, const Rollup& rollup, const MetricQuery& metric, int64_t start, int64_t end,
                         const RollUpOptions& options) {
  Query query;
  query.time_zone = rollup.query.time_zone;
  query.metrics.push_back(metric);
  MetricQuery& piece = query.metrics.front();
  RangeAggregator* const last = last_range(piece);
  if (!last) return fail(Code::kInvalidArgument, "Roll-up must have at least one Range aggregator");
  const std::string& zone_name = rollup.time_zone.value_or(options.default_zone);
  const auto zone = Zone::find(zone_name);
  if (!zone) return fail(Code::kInvalidArgument, zone_name + " is not a valid time zone");
  last->zone = zone_name;
  last->align_sampling = true;

  const int64_t origin = TRY(align_to_unit(std::min(metric.series.start, start), last->sampling.unit, *zone));
  const Buckets periods(origin, last->sampling, *zone);
  const int64_t all_end = TRY(periods.bucket(end)).end;
  const uint64_t at_once = joins_periods(piece) ? std::max<uint64_t>(options.periods_at_once, 1) : 1;
  Counter counter;
  QueryRun run;
  run.cancelled = options.cancelled;
  for (int64_t from = TRY(periods.bucket(start)).start; from < all_end;) {
    int64_t to = from;
    for (uint64_t i = 0; i < at_once && to < all_end; ++i) {
      const int64_t next = TRY(periods.bucket(to)).end;
      if (next <= to) return fail(Code::kOutOfRange, "the sampling periods do not advance");
      to = next;
    }
    if (options.cancelled && options.cancelled->load(std::memory_order_relaxed))
      return fail(Code::kCancelled, "the roll-up was stopped");
    set_range(piece, last, origin, from, to - 1);
    TRY(engine.run(query, run, counter));
    from = to;
  }
  return counter.count;
}

Result<std::optional<int64_t>> last_rolled_up(Engine& engine, const std::string& metric, int64_t now) {
  Query query;
  query.metrics.emplace_back();
  MetricQuery& piece = query.metrics.front();
  piece.series = {metric, 0, now, {}};
  piece.limit = 1;
  piece.order = Order::kDescending;
  Counter counter;
  TRY(engine.run(query, {}, counter));
  return counter.newest;
}

}  // namespace sluice::timeseries
