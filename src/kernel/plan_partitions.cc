// SPDX-License-Identifier: Apache-2.0
// Which partitions can hold rows for the filters of a scan. What a filter says of other columns, or in other ways than
// comparing the first partition column with constants, rules nothing out.
#include <algorithm>

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/common/string_util.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_comparison_expression.hpp"
#include "duckdb/planner/expression/bound_conjunction_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_operator_expression.hpp"
#include "duckdb/planner/filter/list.hpp"
#include "kernel/partitions.h"
#include "kernel/plan_writer.h"

namespace sluice::kernel {
namespace {

using duckdb::ExpressionType;
using duckdb::TableFilterType;
using duckdb::Value;

// The values of the first partition column that a partition holds.
struct Span {
  bool listed = false;
  std::vector<Value> values;   // of LIST; a NULL among them stands for itself
  std::optional<Value> lower;  // of RANGE: at least
  std::optional<Value> upper;  // below; at most when `closed`
  bool closed = false;         // further columns decide at the upper bound
};

bool counts(const duckdb::LogicalType& type) { return type.IsIntegral() || type.id() == duckdb::LogicalTypeId::DATE; }

// Whether the partition can hold a value for which `value comparison constant` is true.
bool may_compare(const Span& span, ExpressionType comparison, const Value& constant) {
  if (constant.IsNull()) return false;
  if (span.listed) {
    const duckdb::ConstantFilter filter(comparison, constant);
    return std::ranges::any_of(span.values,
                               [&](const Value& value) { return !value.IsNull() && filter.Compare(value); });
  }
  const bool above_lower = !span.lower || constant >= *span.lower;
  const bool below_upper = !span.upper || constant < *span.upper || (span.closed && constant == *span.upper);
  switch (comparison) {
    case ExpressionType::COMPARE_EQUAL:
      return above_lower && below_upper;
    case ExpressionType::COMPARE_LESSTHAN:
      return !span.lower || *span.lower < constant;
    case ExpressionType::COMPARE_LESSTHANOREQUALTO:
      return above_lower;
    case ExpressionType::COMPARE_GREATERTHANOREQUALTO:
      return below_upper;
    case ExpressionType::COMPARE_GREATERTHAN: {
      if (!below_upper) return false;
      if (!span.upper || span.closed || !counts(constant.type())) return true;
      // Whole numbers and days: nothing lies between the last one and the bound.
      Value number, bound;
      const auto as_number = [](const Value& value) {
        return value.type().id() == duckdb::LogicalTypeId::DATE ? Value::BIGINT(value.GetValue<duckdb::date_t>().days)
                                                                : value;
      };
      if (!as_number(constant).DefaultTryCastAs(duckdb::LogicalType::HUGEINT, number, nullptr) ||
          !as_number(*span.upper).DefaultTryCastAs(duckdb::LogicalType::HUGEINT, bound, nullptr))
        return true;
      return number.GetValue<duckdb::hugeint_t>() + duckdb::hugeint_t(1) < bound.GetValue<duckdb::hugeint_t>();
    }
    default:
      return true;
  }
}

bool may_be_null(const Span& span) {
  if (span.listed) return std::ranges::any_of(span.values, [](const Value& value) { return value.IsNull(); });
  return !span.lower.has_value();
}

bool may_pass(const Span& span, const duckdb::TableFilter& filter) {
  switch (filter.filter_type) {
    case TableFilterType::CONSTANT_COMPARISON: {
      const auto& constant = filter.Cast<duckdb::ConstantFilter>();
      return may_compare(span, constant.comparison_type, constant.constant);
    }
    case TableFilterType::IN_FILTER: {
      const auto& values = filter.Cast<duckdb::InFilter>().values;
      return std::ranges::any_of(
          values, [&](const Value& value) { return may_compare(span, ExpressionType::COMPARE_EQUAL, value); });
    }
    case TableFilterType::IS_NULL:
      return may_be_null(span);
    case TableFilterType::CONJUNCTION_AND:
      return std::ranges::all_of(filter.Cast<duckdb::ConjunctionAndFilter>().child_filters,
                                 [&](const auto& child) { return may_pass(span, *child); });
    case TableFilterType::CONJUNCTION_OR:
      return std::ranges::any_of(filter.Cast<duckdb::ConjunctionOrFilter>().child_filters,
                                 [&](const auto& child) { return may_pass(span, *child); });
    case TableFilterType::OPTIONAL_FILTER: {
      // A copy of a condition that stands elsewhere as well.
      const auto& child = filter.Cast<duckdb::OptionalFilter>().child_filter;
      return !child || may_pass(span, *child);
    }
    default:
      return true;
  }
}

bool is_column(const duckdb::Expression& expression, duckdb::ColumnBinding column) {
  return expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF &&
         expression.Cast<duckdb::BoundColumnRefExpression>().binding == column;
}

const Value* constant(const duckdb::Expression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_CONSTANT) return nullptr;
  return &expression.Cast<duckdb::BoundConstantExpression>().value;
}

bool may_pass(const Span& span, const duckdb::Expression& expression, duckdb::ColumnBinding column) {
  switch (expression.GetExpressionClass()) {
    case duckdb::ExpressionClass::BOUND_COMPARISON: {
      const auto& compared = expression.Cast<duckdb::BoundComparisonExpression>();
      if (is_column(*compared.left, column) && constant(*compared.right))
        return may_compare(span, expression.GetExpressionType(), *constant(*compared.right));
      if (is_column(*compared.right, column) && constant(*compared.left))
        return may_compare(span, duckdb::FlipComparisonExpression(expression.GetExpressionType()),
                           *constant(*compared.left));
      return true;
    }
    case duckdb::ExpressionClass::BOUND_CONJUNCTION: {
      const auto& children = expression.Cast<duckdb::BoundConjunctionExpression>().children;
      const auto passes = [&](const auto& child) { return may_pass(span, *child, column); };
      return expression.GetExpressionType() == ExpressionType::CONJUNCTION_AND ? std::ranges::all_of(children, passes)
                                                                               : std::ranges::any_of(children, passes);
    }
    case duckdb::ExpressionClass::BOUND_OPERATOR: {
      const auto& children = expression.Cast<duckdb::BoundOperatorExpression>().children;
      if (children.empty() || !is_column(*children[0], column)) return true;
      if (expression.GetExpressionType() == ExpressionType::OPERATOR_IS_NULL) return may_be_null(span);
      if (expression.GetExpressionType() != ExpressionType::COMPARE_IN) return true;
      return std::any_of(children.begin() + 1, children.end(), [&](const auto& child) {
        const Value* value = constant(*child);
        return !value || may_compare(span, ExpressionType::COMPARE_EQUAL, *value);
      });
    }
    default:
      return true;
  }
}

std::optional<Value> bound(const Bound& from, const duckdb::LogicalType& type) {
  Value value;
  if (from.empty() || !from[0] || !Value(*from[0]).DefaultTryCastAs(type, value, nullptr)) return std::nullopt;
  return value;
}

Span span_of(const TableModel& model, const Partition& partition, const duckdb::LogicalType& type) {
  Span span;
  span.listed = model.partitioned == PartitionKind::kList;
  if (span.listed) {
    for (const Bound& tuple : partition.values) span.values.push_back(bound(tuple, type).value_or(Value(type)));
    return span;
  }
  span.lower = bound(partition.lower, type);
  span.upper = bound(partition.upper, type);
  span.closed = model.partition_columns.size() > 1;
  return span;
}

}  // namespace

std::string scanned_partitions(const duckdb::LogicalGet& scan,
                               const std::vector<const duckdb::Expression*>& conditions) {
  const auto table = scan.GetTable();
  if (!table) return {};
  const TableModel model = decode_table(table->comment);
  if (model.partitioned == PartitionKind::kNone) return "1/1 (" + table->name + ")";
  if (model.auto_partitions || model.partition_columns.empty()) return {};  // known from the rows alone
  size_t index = scan.names.size();
  for (size_t i = 0; i < scan.names.size(); ++i) {
    if (duckdb::StringUtil::CIEquals(scan.names[i], model.partition_columns[0])) index = i;
  }
  if (index == scan.names.size()) return {};
  const auto& ids = scan.GetColumnIds();
  duckdb::ColumnBinding binding(scan.table_index, duckdb::DConstants::INVALID_INDEX);
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i].GetPrimaryIndex() == index) binding.column_index = i;
  }
  const auto filter = scan.table_filters.filters.find(index);
  std::vector<std::string> names;
  size_t count = 0;
  for (const Partition& partition : model.partitions) {
    if (partition.temporary) continue;
    ++count;
    const Span span = span_of(model, partition, scan.returned_types[index]);
    if (filter != scan.table_filters.filters.end() && !may_pass(span, *filter->second)) continue;
    const bool passes = std::ranges::all_of(
        conditions, [&](const duckdb::Expression* condition) { return may_pass(span, *condition, binding); });
    if (passes) names.push_back(partition.name);
  }
  return std::to_string(names.size()) + "/" + std::to_string(count) + " (" + joined(names, ",") + ")";
}

}  // namespace sluice::kernel
