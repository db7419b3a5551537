// SPDX-License-Identifier: Apache-2.0
// Joins. The kernel's right input is the one that is built, as in Doris, and all threads share what was built: what
// Doris calls a broadcast.
#include "kernel/plan_writer.h"

namespace sluice::kernel {
namespace {

using duckdb::ExpressionType;
using duckdb::JoinType;
using duckdb::LogicalOperatorType;

const char* join_kind(JoinType type) {
  switch (type) {
    case JoinType::LEFT:
    case JoinType::SINGLE:
      return "LEFT_OUTER_JOIN";
    case JoinType::RIGHT:
      return "RIGHT_OUTER_JOIN";
    case JoinType::OUTER:
      return "FULL_OUTER_JOIN";
    case JoinType::SEMI:
    case JoinType::MARK:
      return "LEFT_SEMI_JOIN";
    case JoinType::ANTI:
      return "LEFT_ANTI_JOIN";
    case JoinType::RIGHT_SEMI:
      return "RIGHT_SEMI_JOIN";
    case JoinType::RIGHT_ANTI:
      return "RIGHT_ANTI_JOIN";
    default:
      return "INNER_JOIN";
  }
}

std::string with_blanks(std::string kind) {
  for (char& c : kind) {
    if (c == '_') c = ' ';
  }
  return kind;
}

const char* symbol(ExpressionType type) {
  switch (type) {
    case ExpressionType::COMPARE_LESSTHAN:
      return " < ";
    case ExpressionType::COMPARE_GREATERTHAN:
      return " > ";
    case ExpressionType::COMPARE_LESSTHANOREQUALTO:
      return " <= ";
    case ExpressionType::COMPARE_GREATERTHANOREQUALTO:
      return " >= ";
    case ExpressionType::COMPARE_NOT_DISTINCT_FROM:
    case ExpressionType::COMPARE_DISTINCT_FROM:
      return " <=> ";
    default:
      return " = ";
  }
}

void collect_duplicates(duckdb::LogicalOperator& plan, std::vector<duckdb::LogicalDelimGet*>& out) {
  if (plan.type == LogicalOperatorType::LOGICAL_DELIM_GET) out.push_back(&plan.Cast<duckdb::LogicalDelimGet>());
  for (auto& child : plan.children) collect_duplicates(*child, out);
}

}  // namespace

void PlanWriter::name_duplicates(duckdb::LogicalOperator& plan, const Expressions& columns) {
  std::vector<duckdb::LogicalDelimGet*> gets;
  collect_duplicates(plan, gets);
  for (const auto* get : gets) {
    for (size_t i = 0; i < columns.size() && i < get->chunk_types.size(); ++i)
      names_.set(duckdb::ColumnBinding(get->table_index, i), names_.column(*columns[i]));
  }
}

void PlanWriter::name_mark(const duckdb::LogicalJoin& join) {
  if (join.join_type == JoinType::MARK) names_.set(duckdb::ColumnBinding(join.mark_index, 0), {{}, "$c$1"});
}

PlanNode PlanWriter::nested_loops(duckdb::LogicalOperator& plan, const std::string& kind,
                                  const std::string& condition) {
  PlanNode out = made(plan, "NestedLoopJoin", "NestedLoopJoin[" + kind + "]" + condition, "VNESTED LOOP JOIN");
  out.arguments = "type=" + kind + ", otherJoinConjuncts=[" + condition + "]";
  out.lines.push_back("join op: " + with_blanks(kind) + "()");
  if (!condition.empty()) out.lines.push_back("join conjuncts: " + condition);
  out.lines.push_back("cardinality=" + std::to_string(out.cardinality.value_or(0)));
  return out;
}

// Rows that were chosen by a few columns get the others by their place in the table.
bool PlanWriter::fetches_rows(const duckdb::LogicalComparisonJoin& join) const {
  if (join.join_type != JoinType::SEMI || join.conditions.size() != 1) return false;
  return names_.text(*join.conditions[0].left, false) == kRowId;
}

PlanNode PlanWriter::join(duckdb::LogicalOperator& plan) {
  std::vector<PlanNode> inputs;
  auto* comparison = dynamic_cast<duckdb::LogicalComparisonJoin*>(&plan);
  if (comparison && !comparison->duplicate_eliminated_columns.empty()) {
    const size_t outer = comparison->delim_flipped ? 1 : 0;
    PlanNode first = node(*plan.children[outer]);
    name_duplicates(*plan.children[1 - outer], comparison->duplicate_eliminated_columns);
    PlanNode second = node(*plan.children[1 - outer]);
    inputs.push_back(std::move(first));
    inputs.insert(outer == 0 ? inputs.end() : inputs.begin(), std::move(second));
  } else {
    for (auto& child : plan.children) inputs.push_back(node(*child));
  }
  PlanNode out;
  if (comparison && fetches_rows(*comparison)) {
    out = made(plan, "LazyMaterialize", "PhysicalLazyMaterialize", "VMATERIALIZE");
    // The scan that gives them, without its own node.
    const PlanNode* scan = &inputs[0];
    while (scan->title.empty() && !scan->children.empty()) scan = &scan->children[0];
    out.arguments = scan->arguments;
    if (!scan->lines.empty()) out.lines.push_back(scan->lines[0]);
    out.children.push_back(std::move(inputs[1]));
    return out;
  }
  if (!comparison) {
    std::string condition;
    std::string kind = "CROSS_JOIN";
    if (plan.type == LogicalOperatorType::LOGICAL_ANY_JOIN) {
      auto& any = plan.Cast<duckdb::LogicalAnyJoin>();
      name_mark(any);
      kind = join_kind(any.join_type);
      if (any.condition) condition = names_.text(*any.condition, true);
    }
    out = nested_loops(plan, kind, condition);
    out.children = std::move(inputs);
    return out;
  }
  std::vector<std::string> equal, other;
  for (const auto& condition : comparison->conditions) {
    const std::string text = "(" + names_.text(*condition.left, true) + symbol(condition.comparison) +
                             names_.text(*condition.right, true) + ")";
    const bool hashes = condition.comparison == ExpressionType::COMPARE_EQUAL ||
                        condition.comparison == ExpressionType::COMPARE_NOT_DISTINCT_FROM;
    const bool negated = condition.comparison == ExpressionType::COMPARE_NOTEQUAL ||
                         condition.comparison == ExpressionType::COMPARE_DISTINCT_FROM;
    (hashes ? equal : other).push_back(negated ? "( not " + text + ")" : text);
  }
  if (comparison->predicate) other.push_back(names_.text(*comparison->predicate, true));
  for (const auto& expression : plan.expressions) other.push_back(names_.text(*expression, true));
  name_mark(*comparison);
  const std::string kind = join_kind(comparison->join_type);
  if (equal.empty()) {
    out = nested_loops(plan, kind, joined(other, " and "));
    out.children = std::move(inputs);
    return out;
  }
  out = made(plan, "HashJoin",
             "hashJoin[" + kind + " broadcast] hashCondition=(" + joined(equal, " and ") + ") otherCondition=(" +
                 joined(other, " and ") + ")",
             "VHASH JOIN");
  out.arguments = "type=" + kind + ", hashJoinConjuncts=[" + joined(equal, ", ") + "], otherJoinConjuncts=[" +
                  joined(other, ", ") + "]";
  out.lines.push_back("join op: " + with_blanks(kind) + "(BROADCAST)[]");
  for (const auto& condition : equal) out.lines.push_back("equal join conjunct: " + condition);
  if (!other.empty()) out.lines.push_back("other join predicates: " + joined(other, " AND "));
  out.lines.push_back("cardinality=" + std::to_string(out.cardinality.value_or(0)));
  out.children = std::move(inputs);
  return out;
}

}  // namespace sluice::kernel
