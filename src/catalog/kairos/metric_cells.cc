// SPDX-License-Identifier: Apache-2.0
#include "catalog/kairos/metric_cells.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "catalog/kairos/row_columns.h"

namespace sluice::catalog::kairos {
namespace {

using duckdb::ClientContext;
using duckdb::DataChunk;
using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::make_uniq;
using duckdb::Vector;
using timeseries::Points;
using timeseries::PointType;

// What the points of a cell have together.
struct CellRow {
  int64_t first = 0;
  int64_t last = 0;
  size_t step_values = 0;
  int64_t points = 0;
  int64_t values = 0;
  int64_t texts = 0;
  int64_t long_sum = 0;
  int64_t long_min = std::numeric_limits<int64_t>::max();
  int64_t long_max = std::numeric_limits<int64_t>::min();
  int64_t nans = 0;
  double sum = 0;
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();

  void add(double value) {
    ++values;
    sum += value;
    nans += std::isnan(value);
    if (value < min) min = value;
    if (value > max) max = value;
  }
  // Bits of doubles. The same as one after the other, in registers.
  void add(std::span<const uint64_t> column) {
    double in_all = sum, least = min, greatest = max;
    int64_t no_numbers = 0;
    for (const uint64_t bits : column) {
      const auto value = std::bit_cast<double>(bits);
      in_all += value;
      no_numbers += value != value;
      least = value < least ? value : least;
      greatest = value > greatest ? value : greatest;
    }
    sum = in_all;
    min = least;
    max = greatest;
    nans += no_numbers;
    values += static_cast<int64_t>(column.size());
  }
  void add(int64_t value) {
    ++values;
    sum += static_cast<double>(value);
    long_sum = static_cast<int64_t>(static_cast<uint64_t>(long_sum) + static_cast<uint64_t>(value));
    long_min = std::min(long_min, value);
    long_max = std::max(long_max, value);
  }
  // NaN is the greatest value of all.
  double least() const { return nans == values ? std::numeric_limits<double>::quiet_NaN() : min; }
  double greatest() const { return nans > 0 ? std::numeric_limits<double>::quiet_NaN() : max; }
};

void add_points(const Points& points, size_t from, size_t to, PointType value_type, CellRow& row) {
  if (points.uniform() && points.uniform_type() == PointType::kDouble && value_type == PointType::kDouble) {
    row.add({points.values().data() + from, to - from});
    return;
  }
  for (size_t i = from; i < to; ++i) {
    const PointType type = points.type(i);
    const bool number = type == PointType::kLong || type == PointType::kDouble;
    if (!number) row.texts += type == PointType::kString || type == PointType::kComplex;
    if (value_type == PointType::kString)
      row.values += number || type == PointType::kString || type == PointType::kComplex;
    else if (value_type == PointType::kLong && type == PointType::kLong)
      row.add(points.long_value(i));
    else if (value_type == PointType::kDouble && number)
      row.add(points.number(i));
  }
}

struct CellsState final : SharedRows {
  struct Output {
    std::optional<Partial> partial;
    std::optional<size_t> step;
    OutputColumn column;
  };
  std::vector<Output> outputs;
};

struct ThreadCells final : ThreadRows {
  ThreadCells(ClientContext& context, const CellsData& data)
      : writer(zone_of(context)), cells(context, data.steps, data.earthly, zone_of(context)) {}
  RowWriter writer;
  TimeCells cells;
  std::vector<CellRow> made;  // of the row at `of`
  size_t given = 0;           // of these
  size_t of = 0;
  CellRow open;  // the cell that goes on
  TimeCells::Cell bounds{0, 0, 0};
  bool any_open = false;
};

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> init_cells(ClientContext& context,
                                                                duckdb::TableFunctionInitInput& input) {
  const auto& data = input.bind_data->Cast<CellsData>();
  auto state = make_uniq<CellsState>();
  state->open(context, input);
  const size_t columns = data.table->columns.size();
  for (const idx_t id : input.column_ids) {
    CellsState::Output output;
    if (id >= columns && id < columns + kPartials)
      output.partial = static_cast<Partial>(id - columns);
    else if (id >= columns + kPartials && id < columns + kPartials + data.steps.size())
      output.step = id - columns - kPartials;
    else
      output.column = output_column(*data.table, id);
    state->outputs.push_back(std::move(output));
  }
  return state;
}

duckdb::unique_ptr<duckdb::LocalTableFunctionState> init_thread(duckdb::ExecutionContext& context,
                                                                duckdb::TableFunctionInitInput& input,
                                                                duckdb::GlobalTableFunctionState*) {
  return make_uniq<ThreadCells>(context.client, input.bind_data->Cast<CellsData>());
}

// The first of the rising times, from `begin` on, that is not before `time`. Cells are short: looks near `begin` first.
size_t first_from(const std::vector<int64_t>& times, size_t begin, int64_t time) {
  size_t step = 1;
  while (begin + step < times.size() && times[begin + step] < time) {
    begin += step;
    step *= 2;
  }
  const auto at = times.begin() + static_cast<ptrdiff_t>(begin);
  const auto end = times.begin() + static_cast<ptrdiff_t>(std::min(times.size(), begin + step + 1));
  return static_cast<size_t>(std::lower_bound(at, end, time) - times.begin());
}

void end_cell(ThreadCells& local) {
  if (!local.any_open) return;
  local.made.push_back(local.open);
  local.any_open = false;
}

// Cells of one batch of points. The last one stays open: the next batch may go on with it.
void add_batch(ThreadCells& local, PointType value_type) {
  const Points& points = local.points;
  const auto& times = points.times();
  const size_t values = local.cells.forget_singles(local.open.step_values);
  if (local.any_open) local.open.step_values = values;
  for (size_t i = 0; i < points.size();) {
    if (!local.any_open || points.time(i) >= local.bounds.end || points.time(i) < local.bounds.begin) {
      end_cell(local);
      local.bounds = local.cells.find(std::span(times).subspan(i));
      local.open = CellRow();
      local.open.first = points.time(i);
      local.open.step_values = local.bounds.values;
      local.any_open = true;
    }
    const size_t end = first_from(times, i + 1, local.bounds.end);
    add_points(points, i, end, value_type, local.open);
    local.open.points += static_cast<int64_t>(end - i);
    local.open.last = times[end - 1];
    i = end;
  }
}

template <typename T, typename Get>
void fill(std::span<const CellRow> rows, Vector& into, size_t at, Get get) {
  auto* out = FlatVector::GetData<T>(into) + at;
  for (size_t i = 0; i < rows.size(); ++i) out[i] = get(rows[i]);
}

void write_partial(Partial partial, PointType type, std::span<const CellRow> rows, Vector& into, size_t at,
                   const RowWriter& writer) {
  const bool longs = type == PointType::kLong;
  switch (partial) {
    case Partial::kPoints:
      return fill<int64_t>(rows, into, at, [](const CellRow& row) { return row.points; });
    case Partial::kValues:
      return fill<int64_t>(rows, into, at, [](const CellRow& row) { return row.values; });
    case Partial::kTexts:
      return fill<int64_t>(rows, into, at, [](const CellRow& row) { return row.texts; });
    case Partial::kFirst:
    case Partial::kLast: {
      std::vector<int64_t> times(rows.size());
      for (size_t i = 0; i < rows.size(); ++i) times[i] = partial == Partial::kFirst ? rows[i].first : rows[i].last;
      return writer.times(times, into, at);
    }
    case Partial::kSumDouble:
      fill<double>(rows, into, at, [](const CellRow& row) { return row.sum; });
      break;
    case Partial::kSum:
      if (longs)
        fill<int64_t>(rows, into, at, [](const CellRow& row) { return row.long_sum; });
      else
        fill<double>(rows, into, at, [](const CellRow& row) { return row.sum; });
      break;
    case Partial::kMin:
      if (longs)
        fill<int64_t>(rows, into, at, [](const CellRow& row) { return row.long_min; });
      else
        fill<double>(rows, into, at, [](const CellRow& row) { return row.least(); });
      break;
    case Partial::kMax:
      if (longs)
        fill<int64_t>(rows, into, at, [](const CellRow& row) { return row.long_max; });
      else
        fill<double>(rows, into, at, [](const CellRow& row) { return row.greatest(); });
      break;
  }
  for (size_t i = 0; i < rows.size(); ++i)
    if (rows[i].values == 0) FlatVector::SetNull(into, at + i, true);
}

void write_rows(const CellsState& state, const CellsData& data, ThreadCells& local, size_t count, DataChunk& output,
                size_t at) {
  const std::span<const CellRow> rows = std::span(local.made).subspan(local.given, count);
  const auto& series = *state.rows[local.of].series;
  const bool whole = at == 0 && count == STANDARD_VECTOR_SIZE;
  for (size_t i = 0; i < state.outputs.size(); ++i) {
    Vector& into = output.data[i];
    const auto& wanted = state.outputs[i];
    if (wanted.partial) {
      write_partial(*wanted.partial, data.table->value_type, rows, into, at, local.writer);
      continue;
    }
    if (wanted.step) {
      std::vector<size_t> values(rows.size());
      for (size_t row = 0; row < rows.size(); ++row) values[row] = rows[row].step_values;
      local.cells.write(*wanted.step, values, into, at);
      continue;
    }
    const auto& column = wanted.column;
    if (column.row_id || column.kind == ColumnKind::kValue || column.kind == ColumnKind::kText)
      into.Reference(duckdb::Value(into.GetType()));
    else if (column.kind == ColumnKind::kTime)
      write_partial(Partial::kFirst, data.table->value_type, rows, into, at, local.writer);
    else
      RowWriter::tags(column, series, count, into, at, whole);
  }
}

void scan_cells(ClientContext&, duckdb::TableFunctionInput& input, DataChunk& output) {
  const auto& data = input.bind_data->Cast<CellsData>();
  auto& state = input.global_state->Cast<CellsState>();
  auto& local = input.local_state->Cast<ThreadCells>();
  size_t filled = 0;
  while (filled < STANDARD_VECTOR_SIZE) {
    if (local.given < local.made.size()) {
      const size_t count = std::min(local.made.size() - local.given, STANDARD_VECTOR_SIZE - filled);
      write_rows(state, data, local, count, output, filled);
      local.given += count;
      filled += count;
      continue;
    }
    local.made.clear();
    local.given = 0;
    if (!local.row_open) {
      if (local.row == local.end && (filled > 0 || !local.take(state))) break;
      local.row_open = true;
      local.of = local.row;
    }
    local.read(state);
    if (local.row_open)
      add_batch(local, data.table->value_type);
    else
      end_cell(local);
  }
  output.SetCardinality(filled);
}

}  // namespace

duckdb::unique_ptr<duckdb::FunctionData> CellsData::Copy() const {
  auto copy = make_uniq<CellsData>(metrics, table, entry);
  copy->copy_predicates(*this);
  for (const auto& step : steps) copy->steps.push_back(step->Copy());
  copy->earthly = earthly;
  return copy;
}

bool CellsData::Equals(const FunctionData& other_data) const {
  const auto& other = other_data.Cast<CellsData>();
  if (!ScanData::Equals(other_data) || steps.size() != other.steps.size()) return false;
  for (size_t i = 0; i < steps.size(); ++i)
    if (!steps[i]->Equals(*other.steps[i])) return false;
  return true;
}

duckdb::TableFunction metric_cells() {
  duckdb::TableFunction function("metric_cells", {}, scan_cells, nullptr, init_cells, init_thread);
  share_callbacks(function);
  return function;
}

PartialColumn partial_column(const MetricTable& table, Partial partial) {
  const LogicalType value = table.columns[*table.find(ColumnKind::kValue)].type;
  switch (partial) {
    case Partial::kPoints:
      return {"points", LogicalType::BIGINT};
    case Partial::kValues:
      return {"values", LogicalType::BIGINT};
    case Partial::kTexts:
      return {"texts", LogicalType::BIGINT};
    case Partial::kSum:
      return {"sum", value};
    case Partial::kSumDouble:
      return {"double sum", LogicalType::DOUBLE};
    case Partial::kMin:
      return {"min", value};
    case Partial::kMax:
      return {"max", value};
    case Partial::kFirst:
      return {"first", LogicalType::TIMESTAMP};
    case Partial::kLast:
      break;
  }
  return {"last", LogicalType::TIMESTAMP};
}

}  // namespace sluice::catalog::kairos
