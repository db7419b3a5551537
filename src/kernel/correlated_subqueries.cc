// SPDX-License-Identifier: Apache-2.0
// Which correlated subqueries Doris takes. A scalar one may see the outer query in one place, a filter, by conjuncts
// `own = outer`; above that filter there may be one aggregate without GROUP BY. One of IN may not see it below an
// aggregate, nor end in a LIMIT.
#include "duckdb/planner/expression/list.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/logical_operator_visitor.hpp"
#include "duckdb/planner/operator/list.hpp"
#include "duckdb/planner/operator/logical_dependent_join.hpp"
#include "kernel/plan_rules.h"

namespace sluice::kernel {
namespace {

using duckdb::BinderException;
using duckdb::Expression;
using duckdb::ExpressionClass;
using duckdb::ExpressionType;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;

// What columns an expression has: of the query `level` levels further out, and others.
struct Columns {
  bool outer = false;
  bool own = false;
};

void collect(const Expression& expression, uint64_t level, Columns& columns) {
  if (expression.GetExpressionClass() == ExpressionClass::BOUND_COLUMN_REF) {
    (expression.Cast<duckdb::BoundColumnRefExpression>().depth == level ? columns.outer : columns.own) = true;
    return;
  }
  duckdb::ExpressionIterator::EnumerateChildren(expression,
                                                [&](const Expression& child) { collect(child, level, columns); });
}

Columns columns_of(const Expression& expression, uint64_t level) {
  Columns columns;
  collect(expression, level, columns);
  return columns;
}

bool sees_outer(const LogicalOperator& op, uint64_t level) {
  bool found = false;
  // It does not change the operator; the kernel has no constant form of it.
  duckdb::LogicalOperatorVisitor::EnumerateExpressions(
      const_cast<LogicalOperator&>(op),
      [&](duckdb::unique_ptr<Expression>* child) { found = found || columns_of(**child, level).outer; });
  if (op.type != LogicalOperatorType::LOGICAL_DEPENDENT_JOIN) return found;
  // What a subquery inside passes on to its own subqueries is seen where it is used.
  const auto& join = op.Cast<duckdb::LogicalDependentJoin>();
  found = false;
  for (const auto& child : join.expression_children) found = found || columns_of(*child, level).outer;
  return found;
}

// In the right side of a dependent join the same query is one level further out.
uint64_t level_below(const LogicalOperator& op, size_t child, uint64_t level) {
  return op.type == LogicalOperatorType::LOGICAL_DEPENDENT_JOIN && child == 1 ? level + 1 : level;
}

bool tree_sees_outer(const LogicalOperator& op, uint64_t level) {
  if (sees_outer(op, level)) return true;
  for (size_t i = 0; i < op.children.size(); ++i) {
    if (tree_sees_outer(*op.children[i], level_below(op, i, level))) return true;
  }
  return false;
}

// ---- Conjuncts of the filter of a scalar subquery

void refuse_predicate(const Expression& predicate) {
  throw BinderException("Unsupported correlated subquery with correlated predicate %s", predicate.ToString());
}

// `own = outer`, either way round.
void check_conjunct(const Expression& predicate, uint64_t level) {
  if (!columns_of(predicate, level).outer) return;
  if (predicate.GetExpressionClass() != ExpressionClass::BOUND_COMPARISON) refuse_predicate(predicate);
  const auto& comparison = predicate.Cast<duckdb::BoundComparisonExpression>();
  const Columns left = columns_of(*comparison.left, level);
  const Columns right = columns_of(*comparison.right, level);
  if (!(left.outer && !left.own && !right.outer) && !(right.outer && !right.own && !left.outer))
    refuse_predicate(predicate);
  if (comparison.GetExpressionType() != ExpressionType::COMPARE_EQUAL &&
      comparison.GetExpressionType() != ExpressionType::COMPARE_NOT_DISTINCT_FROM) {
    throw BinderException("scalar subquery's correlatedPredicates's operator must be EQ");
  }
}

std::vector<const Expression*> conjuncts_of(const Expression& expression) {
  if (expression.GetExpressionType() != ExpressionType::CONJUNCTION_AND) return {&expression};
  std::vector<const Expression*> result;
  for (const auto& child : expression.Cast<duckdb::BoundConjunctionExpression>().children) {
    const auto inner = conjuncts_of(*child);
    result.insert(result.end(), inner.begin(), inner.end());
  }
  return result;
}

// (x AND a) OR (x AND b) is x AND (a OR b).
void check_predicate(const Expression& predicate, uint64_t level) {
  if (predicate.GetExpressionType() == ExpressionType::CONJUNCTION_AND) {
    for (const Expression* part : conjuncts_of(predicate)) check_predicate(*part, level);
    return;
  }
  if (predicate.GetExpressionType() != ExpressionType::CONJUNCTION_OR) return check_conjunct(predicate, level);
  const auto& branches = predicate.Cast<duckdb::BoundConjunctionExpression>().children;
  std::vector<std::vector<const Expression*>> parts;
  for (const auto& branch : branches) parts.push_back(conjuncts_of(*branch));
  const auto in_all = [&](const Expression& wanted) {
    return std::ranges::all_of(parts, [&](const auto& branch) {
      return std::ranges::any_of(branch, [&](const Expression* part) { return part->Equals(wanted); });
    });
  };
  for (const auto& branch : parts) {
    for (const Expression* part : branch) {
      if (!columns_of(*part, level).outer) continue;
      if (!in_all(*part)) refuse_predicate(predicate);
      check_conjunct(*part, level);
    }
  }
}

// ---- Scalar subqueries

struct Step {
  const LogicalOperator* op = nullptr;
  bool sees_outer = false;
};

bool is_join(LogicalOperatorType type) {
  return type == LogicalOperatorType::LOGICAL_COMPARISON_JOIN || type == LogicalOperatorType::LOGICAL_ANY_JOIN ||
         type == LogicalOperatorType::LOGICAL_ASOF_JOIN || type == LogicalOperatorType::LOGICAL_CROSS_PRODUCT ||
         type == LogicalOperatorType::LOGICAL_POSITIONAL_JOIN;
}

Step step_of(const LogicalOperator& op, uint64_t level) {
  Step step{&op, sees_outer(op, level)};
  if (!step.sees_outer) return step;
  if (op.type == LogicalOperatorType::LOGICAL_PROJECTION)
    throw BinderException("access outer query's column in project is not supported");
  if (op.type == LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY)
    throw BinderException("access outer query's column in aggregate is not supported");
  if (is_join(op.type)) throw BinderException("access outer query's column in join is not supported");
  if (op.type == LogicalOperatorType::LOGICAL_ORDER_BY)
    throw BinderException("access outer query's column in order by is not supported");
  return step;
}

// From the root to a leaf.
void check_path(const std::vector<Step>& path) {
  size_t seen = 0;
  bool aggregated = false;
  for (auto step = path.rbegin(); step != path.rend(); ++step) {
    if (seen > 0) {
      switch (step->op->type) {
        case LogicalOperatorType::LOGICAL_LIMIT:
          throw BinderException("limit is not supported in correlated subquery");
        case LogicalOperatorType::LOGICAL_UNNEST:
          throw BinderException("access outer query's column before lateral view is not supported");
        case LogicalOperatorType::LOGICAL_WINDOW:
          throw BinderException("access outer query's column before window function is not supported");
        case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY:
          if (aggregated) throw BinderException("access outer query's column before two agg nodes is not supported");
          if (!step->op->Cast<duckdb::LogicalAggregate>().groups.empty())
            throw BinderException("access outer query's column before agg with group by is not supported");
          aggregated = true;
          break;
        default:
          if (is_join(step->op->type))
            throw BinderException("access outer query's column before join is not supported");
          break;
      }
    }
    if (step->sees_outer) ++seen;
  }
  if (seen > 1) throw BinderException("access outer query's column in two places is not supported");
}

void check_scalar(const LogicalOperator& op, uint64_t level, std::vector<Step>& path) {
  path.push_back(step_of(op, level));
  if (path.back().sees_outer && op.type == LogicalOperatorType::LOGICAL_FILTER) {
    for (const auto& predicate : op.expressions) check_predicate(*predicate, level);
  }
  // Subqueries of the subquery are checked for themselves; here only its own plan counts.
  const bool nested = op.type == LogicalOperatorType::LOGICAL_DEPENDENT_JOIN;
  for (size_t i = 0; i < op.children.size() && (i == 0 || !nested); ++i) check_scalar(*op.children[i], level, path);
  if (op.children.empty()) check_path(path);
  path.pop_back();
}

const LogicalOperator* without(const LogicalOperator* op, LogicalOperatorType type) {
  while (op->type == type) op = op->children[0].get();
  return op;
}

// LIMIT 1 and ORDER BY at the end mean nothing more.
const LogicalOperator* without_end(const LogicalOperator* op) {
  if (op->type == LogicalOperatorType::LOGICAL_LIMIT) {
    const auto& limit = op->Cast<duckdb::LogicalLimit>();
    const bool one = limit.limit_val.Type() == duckdb::LimitNodeType::CONSTANT_VALUE &&
                     limit.limit_val.GetConstantValue() == 1 && limit.offset_val.Type() == duckdb::LimitNodeType::UNSET;
    if (!one) throw BinderException("limit is not supported in correlated subquery");
    op = op->children[0].get();
  }
  return without(op, LogicalOperatorType::LOGICAL_ORDER_BY);
}

// ---- Subqueries of IN

bool sees_outer_below_aggregate(const LogicalOperator& op, uint64_t level) {
  if (op.type == LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY) return tree_sees_outer(op, level);
  for (size_t i = 0; i < op.children.size(); ++i) {
    if (sees_outer_below_aggregate(*op.children[i], level_below(op, i, level))) return true;
  }
  return false;
}

void check_subquery(const duckdb::LogicalDependentJoin& join) {
  const LogicalOperator& plan = *join.children[1];
  switch (join.subquery_type) {
    case duckdb::SubqueryType::SCALAR: {
      std::vector<Step> path;
      check_scalar(*without_end(&plan), 1, path);
      break;
    }
    case duckdb::SubqueryType::ANY:
      if (sees_outer_below_aggregate(plan, 1))
        throw BinderException("Unsupported correlated subquery with grouping and/or aggregation");
      if (plan.type == LogicalOperatorType::LOGICAL_LIMIT)
        throw BinderException("Unsupported correlated subquery with a LIMIT clause");
      break;
    case duckdb::SubqueryType::EXISTS:
      if (plan.type == LogicalOperatorType::LOGICAL_LIMIT &&
          plan.Cast<duckdb::LogicalLimit>().offset_val.Type() != duckdb::LimitNodeType::UNSET) {
        throw BinderException("Unsupported correlated subquery with a LIMIT clause with offset > 0");
      }
      break;
    default:
      break;
  }
}

// Where the first column of the outer query was written.
void find_outer(const Expression& expression, uint64_t level, duckdb::optional_idx& place) {
  if (place.IsValid()) return;
  if (expression.GetExpressionClass() == ExpressionClass::BOUND_COLUMN_REF) {
    if (expression.Cast<duckdb::BoundColumnRefExpression>().depth == level) place = expression.GetQueryLocation();
    return;
  }
  duckdb::ExpressionIterator::EnumerateChildren(expression,
                                                [&](const Expression& child) { find_outer(child, level, place); });
}

void find_outer(const LogicalOperator& op, uint64_t level, duckdb::optional_idx& place) {
  for (const auto& expression : op.expressions) find_outer(*expression, level, place);
  for (size_t i = 0; i < op.children.size(); ++i) find_outer(*op.children[i], level_below(op, i, level), place);
}

void check_in_place(const duckdb::LogicalDependentJoin& join) {
  try {
    check_subquery(join);
  } catch (const std::exception& exception) {
    duckdb::ErrorData error(exception);
    duckdb::optional_idx place;
    find_outer(*join.children[1], 1, place);
    if (place.IsValid()) error.AddQueryLocation(place);
    error.Throw();
  }
}

}  // namespace

void check_correlated_subqueries(const LogicalOperator& plan) {
  if (plan.type == LogicalOperatorType::LOGICAL_DEPENDENT_JOIN) {
    const auto& join = plan.Cast<duckdb::LogicalDependentJoin>();
    if (!join.is_lateral_join) check_in_place(join);
  }
  for (const auto& child : plan.children) check_correlated_subqueries(*child);
}

}  // namespace sluice::kernel
