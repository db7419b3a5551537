// SPDX-License-Identifier: Apache-2.0
#include "catalog/kairos/metric_deletes.h"

#include <algorithm>
#include <map>

#include "catalog/kairos/metric_scan.h"
#include "duckdb/execution/physical_operator.hpp"
#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/operator/logical_delete.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "kernel/errors.h"

namespace sluice::catalog::kairos {
namespace {

using duckdb::ClientContext;
using duckdb::DataChunk;
using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::make_uniq;
using timeseries::SeriesRange;
using timeseries::SeriesRef;

// Of one statement: 8 bytes of memory a point.
constexpr size_t kMostPoints = 50'000'000;
// Stretches: each is a deletion of its own in the store.
constexpr size_t kMostRanges = 10'000;

struct Found : duckdb::GlobalSinkState {
  std::vector<std::vector<int64_t>> times;  // of each row of the store
  size_t points = 0;
  uint64_t erased = 0;
};

// A series and its rows of the store, by number.
struct SeriesRows {
  SeriesRef series;
  std::vector<size_t> rows;
};
using SeriesKey = std::pair<timeseries::PointType, std::vector<timeseries::Tags::Tag>>;
SeriesKey key_of(const timeseries::Series& series) { return {series.type(), series.tags().all()}; }

// The stretches of a row in which all points are among `wanted`, which is sorted.
Status add_runs(timeseries::PointSource& source, const SeriesRef& series, const std::vector<int64_t>& wanted,
                std::vector<SeriesRange>& into) {
  timeseries::Points points;
  bool open = false;
  for (;;) {
    TRY(source.next(points));
    if (points.empty()) return {};
    for (const int64_t time : points.times()) {
      if (!std::binary_search(wanted.begin(), wanted.end(), time)) {
        open = false;
      } else if (open) {
        into.back().end = time;
      } else {
        if (into.size() >= kMostRanges)
          return fail(Code::kResourceExhausted, "the points to delete lie in more than " + std::to_string(kMostRanges) +
                                                    " places among others: delete them in parts");
        into.push_back({series, time, time});
        open = true;
      }
    }
  }
}

class MetricDelete final : public duckdb::PhysicalOperator {
 public:
  MetricDelete(duckdb::PhysicalPlan& plan, duckdb::LogicalDelete& deletion, idx_t id_column, const KairosTable& table,
               int64_t first, int64_t last, std::shared_ptr<const ReadRows> read)
      : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, deletion.types, deletion.estimated_cardinality),
        id_column_(id_column),
        metrics_(table.metrics()),
        table_(table.table()),
        first_(first),
        last_(last),
        read_(std::move(read)) {}

  std::string GetName() const override { return "METRIC_DELETE"; }
  bool IsSink() const override { return true; }
  bool IsSource() const override { return true; }

  duckdb::unique_ptr<duckdb::GlobalSinkState> GetGlobalSinkState(ClientContext&) const override {
    return make_uniq<Found>();
  }
  duckdb::SinkResultType Sink(duckdb::ExecutionContext&, DataChunk& chunk,
                              duckdb::OperatorSinkInput& input) const override {
    auto& found = input.global_state.Cast<Found>();
    duckdb::UnifiedVectorFormat ids;
    chunk.data[id_column_].ToUnifiedFormat(chunk.size(), ids);
    const auto* id = duckdb::UnifiedVectorFormat::GetData<duckdb::hugeint_t>(ids);
    for (idx_t i = 0; i < chunk.size(); ++i) {
      const auto& point = id[ids.sel->get_index(i)];
      const auto row = static_cast<size_t>(point.upper);
      if (row >= found.times.size()) found.times.resize(row + 1);
      found.times[row].push_back(static_cast<int64_t>(point.lower));
    }
    found.points += chunk.size();
    if (found.points > kMostPoints)
      throw duckdb::InvalidInputException("DELETE of more than %llu points of a metric: delete them in parts",
                                          static_cast<unsigned long long>(kMostPoints));
    return duckdb::SinkResultType::NEED_MORE_INPUT;
  }
  duckdb::SinkFinalizeType Finalize(duckdb::Pipeline&, duckdb::Event&, ClientContext& context,
                                    duckdb::OperatorSinkFinalizeInput& input) const override {
    auto& found = input.global_state.Cast<Found>();
    auto done = metrics_->with_store([&](timeseries::Store& store) -> Status {
      const auto ranges = TRY(ranges_of(context, store, found));
      return ranges.empty() ? Status() : store.erase_ranges(ranges);
    });
    // Tags may be gone, or the metric itself.
    metrics_->forget(table_->metric);
    if (!done) kernel::throw_to_kernel(done.error());
    return duckdb::SinkFinalizeType::READY;
  }
  duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext&, DataChunk& chunk,
                                           duckdb::OperatorSourceInput&) const override {
    chunk.SetCardinality(1);
    chunk.SetValue(0, 0, duckdb::Value::BIGINT(static_cast<int64_t>(sink_state->Cast<Found>().erased)));
    return duckdb::SourceResultType::FINISHED;
  }

 private:
  Result<std::vector<SeriesRange>> ranges_of(ClientContext& context, timeseries::Store& store, Found& found) const {
    std::map<SeriesKey, SeriesRows> all;
    found.times.resize(read_->size());
    for (size_t row = 0; row < read_->size(); ++row) {
      auto& times = found.times[row];
      std::sort(times.begin(), times.end());
      times.erase(std::unique(times.begin(), times.end()), times.end());
      found.erased += times.size();
      auto& series = all[key_of(*(*read_)[row].series)];
      series.series = (*read_)[row].series;
      series.rows.push_back(row);
    }
    std::vector<SeriesRange> ranges;
    for (const auto& [key, series] : all) {
      const auto is_whole = [&](size_t row) { return found.times[row].size() == (*read_)[row].points; };
      const auto has_any = [&](size_t row) { return !found.times[row].empty(); };
      if (std::ranges::all_of(series.rows, is_whole))
        ranges.push_back({series.series, first_, last_});
      else if (std::ranges::any_of(series.rows, has_any))
        TRY(add_parts(context, store, found, series, ranges));
    }
    return ranges;
  }

  // Looks at the series' points again: which ones lie between those that are to go?
  Status add_parts(ClientContext& context, timeseries::Store& store, const Found& found, const SeriesRows& series,
                   std::vector<SeriesRange>& into) const {
    std::vector<int64_t> wanted;
    for (const size_t row : series.rows) wanted.insert(wanted.end(), found.times[row].begin(), found.times[row].end());
    std::sort(wanted.begin(), wanted.end());
    timeseries::SeriesQuery query{table_->metric, wanted.front(), wanted.back(), {}};
    const std::string& prefix = metrics_->options().pattern_prefix;
    for (const auto& [name, value] : series.series->tags().all())
      if (prefix.empty() || !value.starts_with(prefix)) query.tags.push_back({name, {value}});
    timeseries::ReadOptions options;
    options.cancelled = &context.interrupted;
    auto rows = TRY(store.read(query, options));
    const auto key = key_of(*series.series);
    for (auto& row : rows)
      if (key_of(*row.series) == key) TRY(add_runs(*row.source, row.series, wanted, into));
    return {};
  }

  const idx_t id_column_;
  const MetricsRef metrics_;
  const MetricTableRef table_;
  const int64_t first_, last_;  // what the scan read
  const std::shared_ptr<const ReadRows> read_;
};

// The scan whose points are deleted: the one that gives them.
duckdb::LogicalGet* find_scan(duckdb::LogicalOperator& plan) {
  if (plan.type == duckdb::LogicalOperatorType::LOGICAL_GET) {
    auto& get = plan.Cast<duckdb::LogicalGet>();
    const auto& ids = get.GetColumnIds();
    const bool gives = std::ranges::any_of(
        ids, [](const auto& id) { return id.IsVirtualColumn() && id.GetPrimaryIndex() == kPointColumn; });
    return gives && get.function.name == "metric_scan" ? &get : nullptr;
  }
  for (auto& child : plan.children)
    if (auto* found = find_scan(*child)) return found;
  return nullptr;
}

}  // namespace

duckdb::hugeint_t point_id(size_t row, int64_t time) {
  return {static_cast<int64_t>(row), static_cast<uint64_t>(time)};
}

duckdb::PhysicalOperator& plan_delete(ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                      duckdb::LogicalDelete& deletion) {
  if (deletion.return_chunk) refuse("DELETE with RETURNING");
  const auto& table = deletion.table.Cast<KairosTable>();
  auto* const scan = find_scan(*deletion.children[0]);
  int64_t first = timeseries::kMinTime;
  int64_t last = timeseries::kMaxTime;
  auto read = std::make_shared<ReadRows>();
  if (scan) {
    auto& data = scan->bind_data->Cast<ScanData>();
    data.read_rows = read;
    first = data.first();
    last = data.last();
  }
  auto& rows = planner.CreatePlan(*deletion.children[0]);
  // No scan: the conditions cannot be true.
  const idx_t id_column = deletion.expressions[0]->Cast<duckdb::BoundReferenceExpression>().index;
  auto& result = planner.Make<MetricDelete>(deletion, id_column, table, first, last, std::move(read));
  result.children.push_back(rows);
  (void)context;
  return result;
}

}  // namespace sluice::catalog::kairos
