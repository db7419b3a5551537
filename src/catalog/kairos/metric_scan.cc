// SPDX-License-Identifier: Apache-2.0
#include "catalog/kairos/metric_scan.h"

#include "catalog/kairos/row_columns.h"
#include "catalog/kairos/scan_predicates.h"
#include "duckdb/parallel/task_scheduler.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/storage/statistics/node_statistics.hpp"
#include "kernel/errors.h"

namespace sluice::catalog::kairos {
namespace {

using duckdb::ClientContext;
using duckdb::DataChunk;
using duckdb::idx_t;
using duckdb::make_uniq;

// Rows of the store that one thread takes at a time hold at least so many points together.
constexpr uint64_t kTaskPoints = 16'384;
// Of a series without better knowledge.
constexpr idx_t kGuessedPoints = 1'000;

struct ScanState final : SharedRows {
  std::vector<OutputColumn> outputs;
};

struct ThreadState final : ThreadRows {
  explicit ThreadState(timeseries::Zone zone) : writer(std::move(zone)) {}
  RowWriter writer;
  size_t at = 0;
};

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> init_scan(ClientContext& context,
                                                               duckdb::TableFunctionInitInput& input) {
  auto state = make_uniq<ScanState>();
  state->open(context, input);
  for (const idx_t id : input.column_ids)
    state->outputs.push_back(output_column(*input.bind_data->Cast<ScanData>().table, id));
  return state;
}

duckdb::unique_ptr<duckdb::LocalTableFunctionState> init_thread(duckdb::ExecutionContext& context,
                                                                duckdb::TableFunctionInitInput&,
                                                                duckdb::GlobalTableFunctionState*) {
  return make_uniq<ThreadState>(zone_of(context.client));
}

void scan(ClientContext&, duckdb::TableFunctionInput& input, DataChunk& output) {
  auto& state = input.global_state->Cast<ScanState>();
  auto& local = input.local_state->Cast<ThreadState>();
  size_t filled = 0;
  while (filled < STANDARD_VECTOR_SIZE) {
    if (local.at == local.points.size()) {
      if (local.row_open) {
        local.read(state);
        local.at = 0;
        continue;
      }
      // Chunks do not mix tasks.
      if (local.row == local.end && (filled > 0 || !local.take(state))) break;
      local.row_open = true;
      continue;
    }
    const size_t count = std::min(local.points.size() - local.at, STANDARD_VECTOR_SIZE - filled);
    const bool whole = filled == 0 && count == STANDARD_VECTOR_SIZE;
    local.writer.write(state.outputs, *state.rows[local.row].series, local.points, local.at, count, output, filled,
                       whole);
    for (size_t i = 0; i < state.outputs.size(); ++i) {
      if (!state.outputs[i].point) continue;
      auto* ids = duckdb::FlatVector::GetData<duckdb::hugeint_t>(output.data[i]) + filled;
      for (size_t j = 0; j < count; ++j) ids[j] = point_id(local.row, local.points.time(local.at + j));
    }
    local.at += count;
    filled += count;
  }
  output.SetCardinality(filled);
}

double progress(ClientContext&, const duckdb::FunctionData*, const duckdb::GlobalTableFunctionState* global) {
  const auto& state = global->Cast<SharedRows>();
  return state.points == 0 ? 100.0
                           : 100.0 * static_cast<double>(state.read.load(std::memory_order_relaxed)) /
                                 static_cast<double>(state.points);
}

duckdb::OperatorPartitionData partition(ClientContext&, duckdb::TableFunctionGetPartitionInput& input) {
  return duckdb::OperatorPartitionData(input.local_state->Cast<ThreadRows>().task);
}

duckdb::BindInfo bind_info(const duckdb::optional_ptr<duckdb::FunctionData> data) {
  return duckdb::BindInfo(*data->Cast<ScanData>().entry);
}

duckdb::unique_ptr<duckdb::NodeStatistics> cardinality(ClientContext&, const duckdb::FunctionData* data) {
  return make_uniq<duckdb::NodeStatistics>(data->Cast<ScanData>().table->series * kGuessedPoints);
}

duckdb::InsertionOrderPreservingMap<std::string> describe(duckdb::TableFunctionToStringInput& input) {
  const auto& data = input.bind_data->Cast<ScanData>();
  duckdb::InsertionOrderPreservingMap<std::string> text;
  text["Metric"] = data.table->metric;
  const auto bound = [](int64_t at, int64_t none) { return at == none ? std::string("-") : std::to_string(at); };
  text["Milliseconds"] = bound(data.first(), timeseries::kMinTime) + " to " + bound(data.last(), timeseries::kMaxTime);
  std::string tags;
  for (const auto& predicate : data.predicates)
    tags += (tags.empty() ? "" : " AND ") + predicate.tag + ": " + predicate.condition->ToString();
  if (!tags.empty()) text["Series"] = tags;
  if (data.edge.count > 0) text["Points"] = (data.edge.last ? "last " : "first ") + std::to_string(data.edge.count);
  return text;
}

}  // namespace

void SharedRows::open(ClientContext& context, duckdb::TableFunctionInitInput& input) {
  const auto& data = input.bind_data->Cast<ScanData>();
  const auto range = enough(context, data, input.column_ids).value_or(std::pair(data.first(), data.last()));
  auto found = rows_of(context, data, {range.first, range.second});
  if (!found) kernel::throw_to_kernel(found.error());
  rows = std::move(*found);
  if (auto* const read = data.read_rows.get())
    for (const auto& row : rows) read->push_back({row.series, row.points});
  uint64_t in_task = kTaskPoints;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (in_task >= kTaskPoints) {
      tasks.push_back(i);
      in_task = 0;
    }
    in_task += rows[i].points;
    points += rows[i].points;
  }
  tasks.push_back(rows.size());
  columns.assign(input.column_ids.begin(), input.column_ids.end());
}

bool ThreadRows::take(SharedRows& shared) {
  const size_t next = shared.next.fetch_add(1, std::memory_order_relaxed);
  if (next + 1 >= shared.tasks.size()) return false;
  task = next;
  row = shared.tasks[next];
  end = shared.tasks[next + 1];
  return true;
}

void ThreadRows::read(SharedRows& shared) {
  auto& from = shared.rows[row];
  auto status = from.source->next(points);
  if (!status) kernel::throw_to_kernel(status.error());
  shared.read.fetch_add(points.size(), std::memory_order_relaxed);
  if (!points.empty()) return;
  from.source.reset();
  row_open = false;
  ++row;
}

void ScanData::copy_predicates(const ScanData& other) {
  start = other.start;
  end = other.end;
  earthly_start = other.earthly_start;
  earthly_end = other.earthly_end;
  earthly_only = other.earthly_only;
  for (const auto& predicate : other.predicates) predicates.push_back({predicate.tag, predicate.condition->Copy()});
  edge.count = other.edge.count;
  edge.last = other.edge.last;
  edge.nulls_first = other.edge.nulls_first;
  for (const auto& condition : other.edge.conditions) edge.conditions.push_back(condition->Copy());
}

duckdb::unique_ptr<duckdb::FunctionData> ScanData::Copy() const {
  auto copy = make_uniq<ScanData>(metrics, table, entry);
  copy->copy_predicates(*this);
  return copy;
}

bool ScanData::Equals(const FunctionData& other_data) const {
  const auto& other = other_data.Cast<ScanData>();
  if (edge.count != 0 || other.edge.count != 0) return false;
  if (table != other.table || first() != other.first() || last() != other.last() ||
      predicates.size() != other.predicates.size())
    return false;
  for (size_t i = 0; i < predicates.size(); ++i) {
    if (predicates[i].tag != other.predicates[i].tag ||
        !predicates[i].condition->Equals(*other.predicates[i].condition))
      return false;
  }
  return true;
}

void share_callbacks(duckdb::TableFunction& function) {
  function.projection_pushdown = true;
  function.verify_serialization = false;
  function.pushdown_complex_filter = note_predicates;
  function.table_scan_progress = progress;
  function.get_partition_data = partition;
  function.get_bind_info = bind_info;
  function.cardinality = cardinality;
  function.to_string = describe;
}

duckdb::TableFunction metric_scan(ClientContext&, KairosTable& table,
                                  duckdb::unique_ptr<duckdb::FunctionData>& bind_data) {
  bind_data = make_uniq<ScanData>(table.metrics(), table.table(), &table);
  duckdb::TableFunction function("metric_scan", {}, scan, nullptr, init_scan, init_thread);
  share_callbacks(function);
  return function;
}

std::optional<size_t> column_of(const duckdb::LogicalGet& get, const duckdb::Expression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) return std::nullopt;
  const auto& column = expression.Cast<duckdb::BoundColumnRefExpression>();
  if (column.depth > 0 || column.binding.table_index != get.table_index ||
      column.binding.column_index >= get.GetColumnIds().size())
    return std::nullopt;
  const auto& id = get.GetColumnIds()[column.binding.column_index];
  if (id.IsVirtualColumn()) return std::nullopt;
  return id.GetPrimaryIndex();
}

const MetricColumn* metric_column(const ScanData& data, std::optional<size_t> id) {
  return id && *id < data.table->columns.size() ? &data.table->columns[*id] : nullptr;
}

timeseries::Zone zone_of(ClientContext& context) {
  duckdb::Value value;
  if (!context.TryGetCurrentSetting("TimeZone", value) || value.IsNull()) return {};
  auto zone = timeseries::Zone::find(value.ToString());
  if (!zone) throw duckdb::InvalidInputException("the time zone '%s' is not known to metrics", value.ToString());
  return *zone;
}

Result<std::vector<timeseries::Row>> rows_of(ClientContext& context, const ScanData& data, const ReadPart& part) {
  if (part.start > part.end) return std::vector<timeseries::Row>();
  timeseries::ReadOptions options;
  options.limit = part.limit;
  options.max_points = part.most;
  if (part.last) options.order = timeseries::Order::kDescending;
  options.cancelled = &context.interrupted;
  return data.metrics->with_store([&](timeseries::Store& store) -> Result<std::vector<timeseries::Row>> {
    timeseries::SeriesQuery query{data.table->metric, part.start, part.end, {}};
    if (!TRY(choose_series(context, store, data, options, query))) return std::vector<timeseries::Row>();
    return store.read(query, options);
  });
}

}  // namespace sluice::catalog::kairos
