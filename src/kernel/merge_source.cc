// SPDX-License-Identifier: Apache-2.0
#include "kernel/merge_source.h"

#include "functions/registry.h"

namespace sluice::kernel {
namespace {

using duckdb::make_uniq;
using duckdb::Value;

duckdb::vector<ExprPtr> children_of(std::vector<ExprPtr> arguments) {
  duckdb::vector<ExprPtr> children;
  for (auto& argument : arguments) children.push_back(std::move(argument));
  return children;
}

ExprPtr named(ExprPtr expression, const std::string& name) {
  expression->SetAlias(name);
  return expression;
}

ExprPtr is_null(ExprPtr operand) {
  return make_uniq<duckdb::OperatorExpression>(duckdb::ExpressionType::OPERATOR_IS_NULL, std::move(operand));
}

ExprPtr when(ExprPtr condition, ExprPtr then, ExprPtr otherwise) {
  auto result = make_uniq<duckdb::CaseExpression>();
  duckdb::CaseCheck check;
  check.when_expr = std::move(condition);
  check.then_expr = std::move(then);
  result->case_checks.push_back(std::move(check));
  result->else_expr = std::move(otherwise);
  return result;
}

// Doris' aggregate functions that merge objects.
const char* object_aggregate(const std::string& aggregation) {
  if (aggregation == "BITMAP_UNION") return "bitmap_union";
  if (aggregation == "HLL_UNION") return "hll_union";
  if (aggregation == "QUANTILE_UNION") return "quantile_union";
  return nullptr;
}

ExprPtr aggregate_of(const WriteColumn& column) {
  const std::string& how = column.model.aggregation;
  auto value = [&] { return ExprPtr(make_uniq<duckdb::ColumnRefExpression>(column.name)); };
  auto order = [] { return ExprPtr(make_uniq<duckdb::ColumnRefExpression>(kRowNumber)); };
  if (const char* name = object_aggregate(how))
    return cast(doris_call(functions::kernel_name(name), arguments_of(value())), column.type);
  if (how == "GENERIC") {
    // Of what function the states are makes no difference to their union.
    auto function = make_uniq<duckdb::ConstantExpression>(Value("any_value"));
    ExprPtr both_states = doris_call(functions::kernel_name("agg_union"), arguments_of(std::move(function), value()));
    // As Doris reads them: what was stored, whose number is 0, behind what comes new.
    auto is_stored = make_uniq<duckdb::ComparisonExpression>(duckdb::ExpressionType::COMPARE_EQUAL, order(),
                                                             constant(Value::BIGINT(0)));
    auto orders = make_uniq<duckdb::OrderModifier>();
    const auto by = [&](ExprPtr expression) {
      orders->orders.emplace_back(duckdb::OrderType::ASCENDING, duckdb::OrderByNullType::NULLS_FIRST,
                                  std::move(expression));
    };
    by(std::move(is_stored));
    by(order());
    both_states->Cast<duckdb::FunctionExpression>().order_bys = std::move(orders);
    return cast(std::move(both_states), column.type);
  }
  if (how == "SUM") return cast(call("sum", arguments_of(value())), column.type);
  if (how == "MIN") return call("min", arguments_of(value()));
  if (how == "MAX") return call("max", arguments_of(value()));
  if (how == "REPLACE_IF_NOT_NULL") return call("arg_max", arguments_of(value(), order()));
  return call("arg_max_null", arguments_of(value(), order()));
}

}  // namespace

const WriteColumn* WriteTarget::find(const std::string& column) const {
  for (const auto& known : columns) {
    if (duckdb::StringUtil::CIEquals(known.name, column)) return &known;
  }
  return nullptr;
}

bool WriteTarget::has_keys() const {
  return std::any_of(columns.begin(), columns.end(), [](const WriteColumn& column) { return column.model.key; });
}

ExprPtr call(const std::string& name, std::vector<ExprPtr> arguments) {
  return make_uniq<duckdb::FunctionExpression>(name, children_of(std::move(arguments)));
}

ExprPtr doris_call(const std::string& kernel_name, std::vector<ExprPtr> arguments) {
  return make_uniq<duckdb::FunctionExpression>("system", "doris", kernel_name, children_of(std::move(arguments)));
}

ExprPtr both(ExprPtr left, ExprPtr right) {
  if (!left) return right;
  if (!right) return left;
  return make_uniq<duckdb::ConjunctionExpression>(duckdb::ExpressionType::CONJUNCTION_AND, std::move(left),
                                                  std::move(right));
}

TablePtr subquery(SelectPtr select, const char* alias) {
  auto statement = make_uniq<duckdb::SelectStatement>();
  statement->node = std::move(select);
  return make_uniq<duckdb::SubqueryRef>(std::move(statement), alias);
}

SelectPtr last_by_sequence(const WriteTarget& target, const std::vector<const WriteColumn*>& columns, bool has_sign,
                           const WriteColumn& sequence, TablePtr rows) {
  auto rank = make_uniq<duckdb::WindowExpression>(duckdb::ExpressionType::WINDOW_ROW_NUMBER, "", "", "row_number");
  rank->start = duckdb::WindowBoundary::UNBOUNDED_PRECEDING;
  rank->end = duckdb::WindowBoundary::CURRENT_ROW_RANGE;
  for (const auto& column : target.columns) {
    if (column.model.key) rank->partitions.push_back(make_uniq<duckdb::ColumnRefExpression>(column.name));
  }
  auto by = [&](const std::string& name) {
    rank->orders.emplace_back(duckdb::OrderType::DESCENDING, duckdb::OrderByNullType::NULLS_LAST,
                              make_uniq<duckdb::ColumnRefExpression>(name));
  };
  by(sequence.name);
  by(kRowNumber);
  auto select = make_uniq<duckdb::SelectNode>();
  for (const WriteColumn* column : columns)
    select->select_list.push_back(make_uniq<duckdb::ColumnRefExpression>(column->name));
  if (has_sign) select->select_list.push_back(make_uniq<duckdb::ColumnRefExpression>(kDeleteSign));
  select->qualify = make_uniq<duckdb::ComparisonExpression>(duckdb::ExpressionType::COMPARE_EQUAL, std::move(rank),
                                                            constant(Value::BIGINT(1)));
  select->from_table = std::move(rows);
  return select;
}

SelectPtr aggregated(const WriteTarget& target, TablePtr rows) {
  auto select = make_uniq<duckdb::SelectNode>();
  duckdb::GroupingSet set;
  for (const auto& column : target.columns) {
    if (column.model.key) {
      set.insert(select->groups.group_expressions.size());
      select->groups.group_expressions.push_back(make_uniq<duckdb::ColumnRefExpression>(column.name));
      select->select_list.push_back(make_uniq<duckdb::ColumnRefExpression>(column.name));
    } else {
      select->select_list.push_back(named(aggregate_of(column), column.name));
    }
  }
  select->groups.grouping_sets.push_back(std::move(set));
  select->from_table = std::move(rows);
  return select;
}

ExprPtr merged_value(const WriteColumn& column) {
  const std::string& how = column.model.aggregation;
  auto stored = [&] { return column_of(column.name, "__t"); };
  auto added = [&] { return column_of(column.name, "__s"); };
  if (how == "SUM") {
    auto sum = make_uniq<duckdb::FunctionExpression>("+", children_of(arguments_of(stored(), added())));
    sum->is_operator = true;
    return when(is_null(stored()), added(), when(is_null(added()), stored(), cast(std::move(sum), column.type)));
  }
  if (how == "MIN") return call("least", arguments_of(stored(), added()));
  if (how == "MAX") return call("greatest", arguments_of(stored(), added()));
  if (how == "REPLACE_IF_NOT_NULL") return when(is_null(added()), stored(), added());
  return added();
}

bool aggregates_in_order(const WriteTarget& target) {
  return std::any_of(target.columns.begin(), target.columns.end(), [](const WriteColumn& column) {
    const std::string& how = column.model.aggregation;
    return !column.model.key && how != "SUM" && how != "MIN" && how != "MAX" && !object_aggregate(how);
  });
}

bool aggregates_with_stored_rows(const WriteTarget& target) {
  return std::any_of(target.columns.begin(), target.columns.end(), [](const WriteColumn& column) {
    return column.model.aggregation == "GENERIC" || object_aggregate(column.model.aggregation) != nullptr;
  });
}

}  // namespace sluice::kernel
