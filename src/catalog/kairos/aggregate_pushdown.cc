// SPDX-License-Identifier: Apache-2.0
#include "catalog/kairos/aggregate_pushdown.h"

#include "catalog/kairos/metric_cells.h"
#include "catalog/kairos/scan_predicates.h"
#include "duckdb/optimizer/optimizer_extension.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "duckdb/planner/operator/logical_filter.hpp"
#include "duckdb/planner/operator/logical_get.hpp"

namespace sluice::catalog::kairos {
namespace {

using duckdb::AggregateFunction;
using duckdb::Expression;
using duckdb::ExpressionClass;
using duckdb::LogicalGet;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;
using duckdb::LogicalType;
using ExpressionPtr = duckdb::unique_ptr<Expression>;

// ---- aggregates of partial results

struct CountState {
  int64_t count;
};
struct AddCounts {
  template <class STATE>
  static void Initialize(STATE& state) {
    state.count = 0;
  }
  template <class INPUT, class STATE, class OP>
  static void Operation(STATE& state, const INPUT& input, duckdb::AggregateUnaryInput&) {
    state.count += input;
  }
  template <class INPUT, class STATE, class OP>
  static void ConstantOperation(STATE& state, const INPUT& input, duckdb::AggregateUnaryInput&, duckdb::idx_t count) {
    state.count += input * static_cast<int64_t>(count);
  }
  template <class STATE, class OP>
  static void Combine(const STATE& source, STATE& target, duckdb::AggregateInputData&) {
    target.count += source.count;
  }
  template <class T, class STATE>
  static void Finalize(STATE& state, T& target, duckdb::AggregateFinalizeData&) {
    target = state.count;
  }
  static bool IgnoreNull() { return true; }
};

struct AverageState {
  double sum;
  int64_t count;
};
struct AverageOfSums {
  template <class STATE>
  static void Initialize(STATE& state) {
    state = {0, 0};
  }
  template <class A, class B, class STATE, class OP>
  static void Operation(STATE& state, const A& sum, const B& count, duckdb::AggregateBinaryInput&) {
    state.sum += sum;
    state.count += count;
  }
  template <class STATE, class OP>
  static void Combine(const STATE& source, STATE& target, duckdb::AggregateInputData&) {
    target.sum += source.sum;
    target.count += source.count;
  }
  template <class T, class STATE>
  static void Finalize(STATE& state, T& target, duckdb::AggregateFinalizeData& data) {
    if (state.count == 0)
      data.ReturnNull();
    else
      target = state.sum / static_cast<double>(state.count);
  }
  static bool IgnoreNull() { return true; }
};

AggregateFunction add_counts() {
  auto function = AggregateFunction::UnaryAggregate<CountState, int64_t, int64_t, AddCounts>(LogicalType::BIGINT,
                                                                                             LogicalType::BIGINT);
  function.name = "add_counts";
  function.SetOrderDependent(duckdb::AggregateOrderDependent::NOT_ORDER_DEPENDENT);
  return function;
}
AggregateFunction average_of_sums() {
  auto function = AggregateFunction::BinaryAggregate<AverageState, double, int64_t, double, AverageOfSums>(
      LogicalType::DOUBLE, LogicalType::BIGINT, LogicalType::DOUBLE);
  function.name = "average_of_sums";
  function.SetOrderDependent(duckdb::AggregateOrderDependent::NOT_ORDER_DEPENDENT);
  return function;
}

// ---- the plan

// How one aggregate is made of partial results.
struct Replacement {
  enum class How : uint8_t { kStays, kCount, kAverage, kSame };
  How how = How::kStays;
  Partial partial = Partial::kPoints;
};

class Pushdown {
 public:
  Pushdown(duckdb::ClientContext& context, duckdb::LogicalAggregate& aggregate, LogicalGet& get)
      : context_(context),
        aggregate_(aggregate),
        get_(get),
        data_(get.bind_data->Cast<ScanData>()),
        table_(data_.table),
        columns_(context, get, *table_) {}

  // False: nothing was changed.
  bool run(const std::vector<duckdb::LogicalFilter*>& filters) {
    if (aggregate_.grouping_sets.size() > 1 || !aggregate_.grouping_functions.empty()) return false;
    for (const auto& group : aggregate_.groups)
      if (!collect_steps(*group, columns_, steps_, earthly_)) return false;
    for (const auto* filter : filters) {
      for (const auto& condition : filter->expressions)
        if (!collect_steps(*condition, columns_, steps_, earthly_)) return false;
    }
    std::vector<Replacement> replacements;
    for (const auto& expression : aggregate_.expressions) {
      const auto replacement = replacement_of(*expression);
      if (!replacement) return false;
      replacements.push_back(*replacement);
    }
    read_cells(filters);
    for (size_t i = 0; i < replacements.size(); ++i) replace(aggregate_.expressions[i], replacements[i]);
    return true;
  }

 private:
  const MetricColumn* plain(const Expression& expression) const {
    if (expression.GetExpressionClass() != ExpressionClass::BOUND_COLUMN_REF) return nullptr;
    return columns_.find(expression.Cast<duckdb::BoundColumnRefExpression>());
  }

  std::optional<Replacement> replacement_of(const Expression& expression) {
    using How = Replacement::How;
    if (expression.GetExpressionClass() != ExpressionClass::BOUND_AGGREGATE) return std::nullopt;
    const auto& call = expression.Cast<duckdb::BoundAggregateExpression>();
    if (call.filter || call.order_bys || call.children.size() > 1) return std::nullopt;
    // Those of Doris' library have their names behind "d_".
    const std::string name = call.function.name.starts_with("d_") ? call.function.name.substr(2) : call.function.name;
    if (call.children.empty()) {
      if (name != "count_star" && name != "count") return std::nullopt;
      return Replacement{How::kCount, Partial::kPoints};
    }
    const Expression* argument = call.children[0].get();
    const bool extreme = name == "min" || name == "max";
    // Of what is the same for all points of a cell.
    StepList steps;
    bool earthly = false;
    if ((extreme || call.IsDistinct()) && collect_steps(*argument, columns_, steps, earthly)) {
      for (auto& step : steps) steps_.push_back(std::move(step));
      earthly_ |= earthly;
      return Replacement{};
    }
    if (call.IsDistinct() && !extreme) return std::nullopt;
    bool as_double = false;
    if (argument->GetExpressionClass() == ExpressionClass::BOUND_CAST && argument->return_type == LogicalType::DOUBLE) {
      argument = argument->Cast<duckdb::BoundCastExpression>().child.get();
      as_double = true;
    }
    const auto* column = plain(*argument);
    if (!column) return std::nullopt;
    const bool numbers = data_.table->value_type != timeseries::PointType::kString;
    switch (column->kind) {
      case ColumnKind::kTime:
        if (as_double || !extreme) return std::nullopt;
        return Replacement{How::kSame, name == "min" ? Partial::kFirst : Partial::kLast};
      case ColumnKind::kValue:
        if (name == "count" && !as_double) return Replacement{How::kCount, Partial::kValues};
        if (!numbers) return std::nullopt;
        if (name == "avg" && argument->return_type != LogicalType::DOUBLE && !as_double) return std::nullopt;
        if (name == "avg") return Replacement{How::kAverage, Partial::kSumDouble};
        if (as_double) return std::nullopt;
        // Sums of longs wrap around in Doris' library only.
        if (name == "sum" && call.return_type != argument->return_type) return std::nullopt;
        if (name == "sum") return Replacement{How::kSame, Partial::kSum};
        if (extreme) return Replacement{How::kSame, name == "min" ? Partial::kMin : Partial::kMax};
        return std::nullopt;
      case ColumnKind::kText:
        if (name == "count" && !as_double) return Replacement{How::kCount, Partial::kTexts};
        return std::nullopt;
      default:
        return std::nullopt;
    }
  }

  void read_cells(const std::vector<duckdb::LogicalFilter*>& filters) {
    auto cells = duckdb::make_uniq<CellsData>(data_.metrics, data_.table, data_.entry);
    cells->copy_predicates(data_);
    cells->steps = std::move(steps_);
    cells->earthly = earthly_;
    // Conditions tell the range of time before steps take their places.
    for (const auto* filter : filters) {
      for (const auto& condition : filter->expressions) note_predicate(context_, get_, *cells, *condition);
    }
    get_.bind_data = std::move(cells);
    get_.function = metric_cells();
    for (size_t i = 0; i < kPartials; ++i) {
      const PartialColumn column = partial_column(*table_, static_cast<Partial>(i));
      get_.returned_types.push_back(column.type);
      get_.names.push_back(column.name);
    }
    const StepList& steps = get_.bind_data->Cast<CellsData>().steps;
    for (size_t i = 0; i < steps.size(); ++i) {
      get_.returned_types.push_back(steps[i]->return_type);
      get_.names.push_back("step " + std::to_string(i + 1));
    }
    const auto step = [&](size_t i) { return column(table_->columns.size() + kPartials + i); };
    for (auto& group : aggregate_.groups) replace_steps(group, columns_, steps, step);
    for (auto* filter : filters) {
      for (auto& condition : filter->expressions) replace_steps(condition, columns_, steps, step);
    }
  }

  ExpressionPtr partial(Partial wanted) { return column(table_->columns.size() + static_cast<size_t>(wanted)); }
  ExpressionPtr column(size_t id) {
    size_t at = 0;
    while (at < get_.GetColumnIds().size() &&
           (get_.GetColumnIds()[at].IsVirtualColumn() || get_.GetColumnIds()[at].GetPrimaryIndex() != id))
      ++at;
    if (at == get_.GetColumnIds().size()) get_.AddColumnId(id);
    return duckdb::make_uniq<duckdb::BoundColumnRefExpression>(get_.returned_types[id],
                                                               duckdb::ColumnBinding(get_.table_index, at));
  }

  void replace(ExpressionPtr& expression, const Replacement& replacement) {
    auto& call = expression->Cast<duckdb::BoundAggregateExpression>();
    using How = Replacement::How;
    if (replacement.how == How::kStays) return;
    if (replacement.how == How::kSame) {
      call.children[0] = partial(replacement.partial);
      return;
    }
    duckdb::vector<ExpressionPtr> arguments;
    arguments.push_back(partial(replacement.partial));
    if (replacement.how == How::kAverage) arguments.push_back(partial(Partial::kValues));
    const std::string alias = expression->GetAlias();
    expression = duckdb::make_uniq<duckdb::BoundAggregateExpression>(
        replacement.how == How::kCount ? add_counts() : average_of_sums(), std::move(arguments), nullptr, nullptr,
        duckdb::AggregateType::NON_DISTINCT);
    expression->SetAlias(alias);
  }

  duckdb::ClientContext& context_;
  duckdb::LogicalAggregate& aggregate_;
  LogicalGet& get_;
  const ScanData& data_;  // until read_cells()
  const MetricTableRef table_;
  const ScanColumns columns_;
  StepList steps_;
  bool earthly_ = false;
};

void push(duckdb::ClientContext& context, LogicalOperator& plan) {
  if (plan.type == LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY) {
    std::vector<duckdb::LogicalFilter*> filters;
    LogicalOperator* at = plan.children[0].get();
    while (at->type == LogicalOperatorType::LOGICAL_FILTER) {
      filters.push_back(&at->Cast<duckdb::LogicalFilter>());
      at = at->children[0].get();
    }
    if (at->type == LogicalOperatorType::LOGICAL_GET) {
      auto& get = at->Cast<LogicalGet>();
      if (get.function.name == "metric_scan" && get.bind_data->Cast<ScanData>().metrics->options().push_aggregates &&
          Pushdown(context, plan.Cast<duckdb::LogicalAggregate>(), get).run(filters))
        plan.ResolveOperatorTypes();
      return;
    }
  }
  for (auto& child : plan.children) push(context, *child);
}

void optimise(duckdb::OptimizerExtensionInput& input, duckdb::unique_ptr<LogicalOperator>& plan) {
  push(input.context, *plan);
}

}  // namespace

void push_aggregates(duckdb::DBConfig& config) {
  duckdb::OptimizerExtension extension;
  extension.pre_optimize_function = optimise;
  duckdb::OptimizerExtension::Register(config, std::move(extension));
}

}  // namespace sluice::catalog::kairos
