// SPDX-License-Identifier: Apache-2.0
#include "catalog/kairos/edge_points.h"

#include <algorithm>

#include "catalog/kairos/metric_scan.h"
#include "catalog/kairos/row_columns.h"
#include "catalog/kairos/scan_predicates.h"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/optimizer/optimizer_extension.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/operator/logical_filter.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_projection.hpp"
#include "duckdb/planner/operator/logical_top_n.hpp"
#include "kernel/errors.h"

namespace sluice::catalog::kairos {
namespace {

using duckdb::ClientContext;
using duckdb::Expression;
using duckdb::ExpressionClass;
using duckdb::LogicalGet;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;
using duckdb::LogicalType;
using ExpressionPtr = duckdb::unique_ptr<Expression>;

constexpr uint64_t kMostRows = 10'000;           // of the LIMIT with its OFFSET
constexpr uint64_t kMostCandidates = 2'000'000;  // points that are looked at to find the range
// No change of the clocks is longer; and times this near to the ends of DATETIME may be NULL.
constexpr int64_t kLongestShift = 26 * 3'600'000LL;

// ---- planning

// Columns of the scan become references by place. False: there is something else.
bool refer_by_place(const LogicalGet& get, ExpressionPtr& expression) {
  if (expression->GetExpressionClass() == ExpressionClass::BOUND_SUBQUERY || expression->IsVolatile()) return false;
  if (expression->GetExpressionClass() == ExpressionClass::BOUND_COLUMN_REF) {
    if (!column_of(get, *expression)) return false;
    const auto place = expression->Cast<duckdb::BoundColumnRefExpression>().binding.column_index;
    expression = duckdb::make_uniq<duckdb::BoundReferenceExpression>(expression->return_type, place);
    return true;
  }
  bool fine = true;
  duckdb::ExpressionIterator::EnumerateChildren(*expression,
                                                [&](ExpressionPtr& child) { fine &= refer_by_place(get, child); });
  return fine;
}

void note_limit(duckdb::LogicalTopN& top) {
  if (top.orders.empty() || top.limit > kMostRows || top.offset > kMostRows || top.limit == 0) return;
  const auto& order = top.orders[0];
  const Expression* key = order.expression.get();
  LogicalOperator* at = top.children[0].get();
  for (; at->type == LogicalOperatorType::LOGICAL_PROJECTION; at = at->children[0].get()) {
    const auto& projection = at->Cast<duckdb::LogicalProjection>();
    if (key->GetExpressionClass() != ExpressionClass::BOUND_COLUMN_REF) return;
    const auto& binding = key->Cast<duckdb::BoundColumnRefExpression>().binding;
    if (binding.table_index != projection.table_index) return;
    key = projection.expressions[binding.column_index].get();
  }
  std::vector<const duckdb::LogicalFilter*> filters;
  for (; at->type == LogicalOperatorType::LOGICAL_FILTER; at = at->children[0].get())
    filters.push_back(&at->Cast<duckdb::LogicalFilter>());
  if (at->type != LogicalOperatorType::LOGICAL_GET) return;
  auto& get = at->Cast<LogicalGet>();
  if (get.function.name != "metric_scan") return;
  auto& data = get.bind_data->Cast<ScanData>();
  const auto* column = metric_column(data, column_of(get, *key));
  if (!column || column->kind != ColumnKind::kTime || !data.metrics->options().push_aggregates) return;
  EdgePoints edge;
  for (const auto* filter : filters) {
    for (const auto& condition : filter->expressions) {
      edge.conditions.push_back(condition->Copy());
      if (!refer_by_place(get, edge.conditions.back())) return;
    }
  }
  edge.count = top.limit + top.offset;
  edge.last = order.type == duckdb::OrderType::DESCENDING;
  edge.nulls_first = order.null_order == duckdb::OrderByNullType::NULLS_FIRST;
  data.edge = std::move(edge);
}

void note_limits(LogicalOperator& plan) {
  if (plan.type == LogicalOperatorType::LOGICAL_TOP_N) note_limit(plan.Cast<duckdb::LogicalTopN>());
  for (auto& child : plan.children) note_limits(*child);
}

// ---- before the scan

// The times of candidates that fulfil the conditions.
class Candidates {
 public:
  Candidates(ClientContext& context, const ScanData& data, const duckdb::vector<duckdb::column_t>& column_ids)
      : executor_(context), writer_(zone_of(context)), conditions_(!data.edge.conditions.empty()) {
    if (!conditions_) return;
    duckdb::vector<LogicalType> types;
    for (const auto id : column_ids) {
      columns_.push_back(output_column(*data.table, id));
      types.push_back(columns_.back().point    ? LogicalType::HUGEINT
                      : columns_.back().row_id ? LogicalType::BIGINT
                                               : data.table->columns[id].type);
    }
    chunk_.Initialize(context, types);
    for (const auto& condition : data.edge.conditions) executor_.AddExpression(*condition);
    results_.Initialize(context, duckdb::vector<LogicalType>(data.edge.conditions.size(), LogicalType::BOOLEAN));
  }

  void add(const timeseries::Series& series, const timeseries::Points& points) {
    for (size_t from = 0; from < points.size(); from += STANDARD_VECTOR_SIZE)
      add_some(series, points, from, std::min<size_t>(points.size() - from, STANDARD_VECTOR_SIZE));
  }
  std::vector<int64_t>& times() { return times_; }

 private:
  void add_some(const timeseries::Series& series, const timeseries::Points& points, size_t from, size_t count) {
    if (conditions_) {
      chunk_.Reset();
      writer_.write(columns_, series, points, from, count, chunk_, 0, count == STANDARD_VECTOR_SIZE);
      chunk_.SetCardinality(count);
      results_.Reset();
      executor_.Execute(chunk_, results_);
    }
    for (size_t i = 0; i < count; ++i) {
      const int64_t time = points.time(from + i);
      if (time >= kFirstLocal + kLongestShift && time <= kLastLocal - kLongestShift && holds(i)) times_.push_back(time);
    }
  }
  bool holds(size_t row) {
    for (auto& result : results_.data) {
      const auto value = result.GetValue(row);
      if (value.IsNull() || !duckdb::BooleanValue::Get(value)) return false;
    }
    return true;
  }

  duckdb::ExpressionExecutor executor_;
  RowWriter writer_;
  const bool conditions_;
  std::vector<OutputColumn> columns_;
  duckdb::DataChunk chunk_;
  duckdb::DataChunk results_;
  std::vector<int64_t> times_;
};

// Where `time` is the last that is wanted: up to which instant local times come before it, too.
int64_t with_shift(const timeseries::Zone& zone, int64_t time, bool last) {
  const int64_t change = last ? zone.previous_transition(time) : zone.next_transition(time);
  if (change == time || (last ? time - change : change - time) > kLongestShift) return time;
  return last ? time - kLongestShift : time + kLongestShift;
}

}  // namespace

void push_limits(duckdb::DBConfig& config) {
  duckdb::OptimizerExtension extension;
  extension.optimize_function = [](duckdb::OptimizerExtensionInput&, duckdb::unique_ptr<LogicalOperator>& plan) {
    note_limits(*plan);
  };
  duckdb::OptimizerExtension::Register(config, std::move(extension));
}

std::optional<std::pair<int64_t, int64_t>> enough(ClientContext& context, const ScanData& data,
                                                  const duckdb::vector<duckdb::column_t>& column_ids) {
  const EdgePoints& edge = data.edge;
  // Times that are NULL lie at the other end.
  if (edge.count == 0 || (edge.last && edge.nulls_first)) return std::nullopt;
  const auto read = [&](int64_t start, int64_t end, size_t limit) -> std::vector<timeseries::Row> {
    auto rows = rows_of(context, data, {start, end, static_cast<uint32_t>(limit), edge.last, kMostCandidates});
    if (rows) return std::move(*rows);
    if (rows.error().code() != Code::kResourceExhausted) kernel::throw_to_kernel(rows.error());
    return {};
  };
  const int64_t ends = kLastLocal - kLongestShift;
  if (!edge.last && edge.nulls_first && data.last() > ends && !read(ends, data.last(), 1).empty()) return std::nullopt;
  auto rows = read(data.first(), data.last(), edge.count);
  uint64_t all = 0;
  for (const auto& row : rows) all += row.points;
  if (all < edge.count) return std::nullopt;
  Candidates candidates(context, data, column_ids);
  timeseries::Points points;
  try {
    for (auto& row : rows) {
      for (;;) {
        if (auto status = row.source->next(points); !status) kernel::throw_to_kernel(status.error());
        if (points.empty()) break;
        candidates.add(*row.series, points);
      }
      row.source.reset();
    }
  } catch (const duckdb::Exception&) {
    return std::nullopt;  // a condition fails for a row: the kernel says so, or never comes to it
  }
  auto& times = candidates.times();
  if (times.size() < edge.count) return std::nullopt;
  const auto wanted = times.begin() + static_cast<ptrdiff_t>(edge.count - 1);
  const timeseries::Zone zone = zone_of(context);
  if (edge.last) {
    std::nth_element(times.begin(), wanted, times.end(), std::greater<>());
    return std::pair(std::max(data.first(), with_shift(zone, *wanted, true)), data.last());
  }
  std::nth_element(times.begin(), wanted, times.end());
  return std::pair(data.first(), std::min(data.last(), with_shift(zone, *wanted, false)));
}

}  // namespace sluice::catalog::kairos
