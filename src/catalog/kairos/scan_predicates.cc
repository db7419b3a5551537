// SPDX-License-Identifier: Apache-2.0
#include "catalog/kairos/scan_predicates.h"

#include <set>

#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/operator/logical_get.hpp"

namespace sluice::catalog::kairos {
namespace {

using duckdb::ClientContext;
using duckdb::Expression;
using duckdb::ExpressionClass;
using duckdb::ExpressionType;
using duckdb::LogicalGet;
using duckdb::LogicalTypeId;
using duckdb::Value;
using ExpressionPtr = duckdb::unique_ptr<Expression>;

constexpr int64_t kDay = 86'400'000;

// The one column that the expression reads. Nothing: none, several, or something that is no column of the scan.
struct Reads {
  std::set<size_t> columns;
  bool other = false;
};
void collect(const LogicalGet& get, const Expression& expression, Reads& reads) {
  if (expression.IsVolatile() || expression.GetExpressionClass() == ExpressionClass::BOUND_SUBQUERY ||
      expression.GetExpressionClass() == ExpressionClass::BOUND_PARAMETER)
    reads.other = true;
  if (expression.GetExpressionClass() == ExpressionClass::BOUND_COLUMN_REF) {
    if (const auto column = column_of(get, expression))
      reads.columns.insert(*column);
    else
      reads.other = true;
    return;
  }
  duckdb::ExpressionIterator::EnumerateChildren(expression,
                                                [&](const Expression& child) { collect(get, child, reads); });
}

void refer_to_first(ExpressionPtr& expression) {
  if (expression->GetExpressionClass() == ExpressionClass::BOUND_COLUMN_REF) {
    expression = duckdb::make_uniq<duckdb::BoundReferenceExpression>(expression->return_type, 0);
    return;
  }
  duckdb::ExpressionIterator::EnumerateChildren(*expression, [](ExpressionPtr& child) { refer_to_first(child); });
}

// Microseconds of the time zone.
std::optional<int64_t> moment_of(ClientContext& context, const Expression& expression) {
  if (!expression.IsFoldable()) return std::nullopt;
  Value value;
  if (!duckdb::ExpressionExecutor::TryEvaluateScalar(context, expression, value) || value.IsNull() ||
      value.type().id() != LogicalTypeId::TIMESTAMP)
    return std::nullopt;
  const auto moment = value.GetValueUnsafe<duckdb::timestamp_t>();
  if (!duckdb::Timestamp::IsFinite(moment)) return std::nullopt;
  return moment.value;
}

// The earliest and latest milliseconds whose local time can be `local` or, in a gap, is next to it.
std::pair<int64_t, int64_t> instants_of(const timeseries::Zone& zone, int64_t local) {
  const int64_t before = zone.offset(local - kDay);
  const int64_t after = zone.offset(local + kDay);
  const int64_t next = zone.next_transition(local - kDay);
  const bool even = zone.fixed() || next == local - kDay || next >= local + kDay;
  if (before == after && even) return {local - before, local - before};
  // Near a transition: the kernel looks at each point anyway.
  return {local - std::max(before, after) - kDay, local - std::min(before, after) + kDay};
}

void keep_from(ClientContext& context, ScanData& data, int64_t micros) {
  const int64_t local = micros / 1000 - (micros % 1000 < 0 ? 1 : 0);
  if (local < -1'000'000 * kDay || local > 4'000'000 * kDay) return;
  data.start = std::max(data.start, instants_of(zone_of(context), local).first);
}
void keep_until(ClientContext& context, ScanData& data, int64_t micros) {
  const int64_t local = micros / 1000 + (micros % 1000 > 0 ? 1 : 0);
  if (local < -1'000'000 * kDay || local > 4'000'000 * kDay) return;
  data.end = std::min(data.end, instants_of(zone_of(context), local).second);
}

bool is_time(const LogicalGet& get, const ScanData& data, const Expression& expression) {
  const auto* column = metric_column(data, column_of(get, expression));
  return column && column->kind == ColumnKind::kTime;
}

bool note_time(ClientContext& context, const LogicalGet& get, ScanData& data, const Expression& filter) {
  if (filter.GetExpressionClass() == ExpressionClass::BOUND_BETWEEN) {
    const auto& between = filter.Cast<duckdb::BoundBetweenExpression>();
    if (!is_time(get, data, *between.input)) return false;
    if (const auto lower = moment_of(context, *between.lower)) keep_from(context, data, *lower);
    if (const auto upper = moment_of(context, *between.upper)) keep_until(context, data, *upper);
    return true;
  }
  if (filter.GetExpressionClass() != ExpressionClass::BOUND_COMPARISON) return false;
  const auto& comparison = filter.Cast<duckdb::BoundComparisonExpression>();
  const bool flipped = is_time(get, data, *comparison.right);
  if (!flipped && !is_time(get, data, *comparison.left)) return false;
  const auto moment = moment_of(context, flipped ? *comparison.left : *comparison.right);
  if (!moment) return false;
  const auto type = flipped ? duckdb::FlipComparisonExpression(filter.GetExpressionType()) : filter.GetExpressionType();
  switch (type) {
    case ExpressionType::COMPARE_EQUAL:
      keep_from(context, data, *moment);
      keep_until(context, data, *moment);
      return true;
    case ExpressionType::COMPARE_GREATERTHAN:
    case ExpressionType::COMPARE_GREATERTHANOREQUALTO:
      keep_from(context, data, *moment);
      return true;
    case ExpressionType::COMPARE_LESSTHAN:
    case ExpressionType::COMPARE_LESSTHANOREQUALTO:
      keep_until(context, data, *moment);
      return true;
    default:
      return false;
  }
}

// The values of `tag = 'x'` and `tag IN ('x', 'y')`, which need no look at the series.
std::optional<std::vector<std::string>> listed_values(const Expression& condition) {
  std::vector<std::string> values;
  const auto add = [&](const Expression& expression) {
    if (expression.GetExpressionClass() != ExpressionClass::BOUND_CONSTANT) return false;
    const auto& value = expression.Cast<duckdb::BoundConstantExpression>().value;
    if (value.IsNull() || value.type().id() != LogicalTypeId::VARCHAR) return false;
    values.push_back(duckdb::StringValue::Get(value));
    return true;
  };
  const auto is_column = [](const Expression& expression) {
    return expression.GetExpressionClass() == ExpressionClass::BOUND_REF;
  };
  if (condition.GetExpressionType() == ExpressionType::COMPARE_EQUAL) {
    const auto& comparison = condition.Cast<duckdb::BoundComparisonExpression>();
    if (is_column(*comparison.left) && add(*comparison.right)) return values;
    if (is_column(*comparison.right) && add(*comparison.left)) return values;
    return std::nullopt;
  }
  if (condition.GetExpressionType() != ExpressionType::COMPARE_IN) return std::nullopt;
  const auto& list = condition.Cast<duckdb::BoundOperatorExpression>();
  if (!is_column(*list.children[0])) return std::nullopt;
  for (size_t i = 1; i < list.children.size(); ++i)
    if (!add(*list.children[i])) return std::nullopt;
  return values;
}

// Which of `values` fulfil the condition. Conditions that fail for one of them choose nothing: the kernel then tells.
std::optional<std::vector<std::string>> fulfilling(ClientContext& context, const Expression& condition,
                                                   const std::set<std::string>& values, bool missing) {
  std::vector<std::string> chosen;
  duckdb::DataChunk input;
  input.Initialize(context, {duckdb::LogicalType::VARCHAR}, 1);
  duckdb::ExpressionExecutor executor(context, condition);
  const auto holds = [&](const Value& value) {
    input.Reset();
    input.SetValue(0, 0, value);
    input.SetCardinality(1);
    duckdb::Vector result(condition.return_type);
    executor.ExecuteExpression(input, result);
    const Value held = result.GetValue(0);
    return !held.IsNull() && duckdb::BooleanValue::Get(held);
  };
  try {
    if (missing && holds(Value(duckdb::LogicalType::VARCHAR))) return std::nullopt;
    for (const auto& value : values)
      if (duckdb::Value::StringIsValid(value) && holds(Value(value))) chosen.push_back(value);
  } catch (const duckdb::Exception&) {
    return std::nullopt;
  }
  return chosen;
}

}  // namespace

void note_predicate(ClientContext& context, const LogicalGet& get, ScanData& data, const Expression& filter) {
  if (filter.GetExpressionType() == ExpressionType::CONJUNCTION_AND) {
    for (const auto& child : filter.Cast<duckdb::BoundConjunctionExpression>().children)
      note_predicate(context, get, data, *child);
    return;
  }
  if (note_time(context, get, data, filter)) return;
  if (const auto range = true_range(filter, ScanColumns(context, get, *data.table), zone_of(context))) {
    auto& start = range->outside ? data.earthly_start : data.start;
    auto& end = range->outside ? data.earthly_end : data.end;
    start = std::max(start, range->start);
    end = std::min(end, range->end);
    data.earthly_only |= !range->outside;
    return;
  }
  Reads reads;
  collect(get, filter, reads);
  if (reads.other || reads.columns.size() != 1 || filter.return_type.id() != LogicalTypeId::BOOLEAN) return;
  const auto* column = metric_column(data, *reads.columns.begin());
  if (!column || column->kind != ColumnKind::kTag) return;
  ExpressionPtr condition = filter.Copy();
  refer_to_first(condition);
  for (const auto& known : data.predicates)
    if (known.tag == column->tag && known.condition->Equals(*condition)) return;
  data.predicates.push_back({column->tag, std::move(condition)});
}

void note_predicates(ClientContext& context, LogicalGet& get, duckdb::FunctionData* data,
                     duckdb::vector<ExpressionPtr>& filters) {
  for (const auto& filter : filters) note_predicate(context, get, data->Cast<ScanData>(), *filter);
}

Result<bool> choose_series(ClientContext& context, timeseries::Store& store, const ScanData& data,
                           const timeseries::ReadOptions& options, timeseries::SeriesQuery& query) {
  const std::string& prefix = data.metrics->options().pattern_prefix;
  const auto is_pattern = [&](const std::string& value) { return !prefix.empty() && value.starts_with(prefix); };
  const auto choose = [&](const std::string& tag, std::vector<std::string> values) {
    if (values.empty()) return false;
    if (std::ranges::none_of(values, is_pattern)) query.tags.push_back({tag, std::move(values)});
    return true;
  };
  std::vector<const TagPredicate*> others;
  for (const auto& predicate : data.predicates) {
    if (auto values = listed_values(*predicate.condition)) {
      if (!choose(predicate.tag, std::move(*values))) return false;
    } else {
      others.push_back(&predicate);
    }
  }
  if (others.empty()) return true;
  const auto series = TRY(store.find_series(query, options));
  for (const auto* predicate : others) {
    std::set<std::string> values;
    bool missing = false;
    for (const auto& one : series) {
      const std::string* value = one->tags().find(predicate->tag);
      if (value)
        values.insert(*value);
      else
        missing = true;
    }
    auto chosen = fulfilling(context, *predicate->condition, values, missing);
    if (chosen && !choose(predicate->tag, std::move(*chosen))) return false;
  }
  return true;
}

}  // namespace sluice::catalog::kairos
