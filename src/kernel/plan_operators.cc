// SPDX-License-Identifier: Apache-2.0
// Operators with one input, set operations, common table expressions and writes.
#include <algorithm>
#include <set>

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "kernel/plan_writer.h"

namespace sluice::kernel {
namespace {

using duckdb::Expression;
using duckdb::ExpressionClass;
using duckdb::LogicalOperatorType;

constexpr const char* kDistinct = "qualifier=DISTINCT";

std::string cardinality_line(const PlanNode& node) {
  return "cardinality=" + std::to_string(node.cardinality.value_or(0));
}

// The guard of a scalar subquery: CASE WHEN count(*) > 1 THEN error(..) ELSE first(x) END over an aggregate.
bool asserts_one_row(const duckdb::LogicalProjection& plan) {
  if (plan.children[0]->type != LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY) return false;
  return std::ranges::any_of(plan.expressions, [](const auto& expression) {
    return expression->GetExpressionClass() == ExpressionClass::BOUND_CASE &&
           &without_wrapping(*expression) != expression.get();
  });
}

// Whether a projection gives its input's columns as they are, in whatever order.
bool passes_through(duckdb::LogicalProjection& plan) {
  const auto bindings = plan.children[0]->GetColumnBindings();
  if (bindings.size() != plan.expressions.size()) return false;
  std::set<duckdb::idx_t> used;
  for (const auto& wrapped : plan.expressions) {
    const Expression& expression = without_wrapping(*wrapped);
    if (expression.GetExpressionClass() != ExpressionClass::BOUND_COLUMN_REF) return false;
    const auto found = std::ranges::find(bindings, expression.Cast<duckdb::BoundColumnRefExpression>().binding);
    if (found == bindings.end()) return false;
    used.insert(static_cast<duckdb::idx_t>(found - bindings.begin()));
  }
  return used.size() == bindings.size();
}

}  // namespace

PlanNode PlanWriter::projection(duckdb::LogicalProjection& plan) {
  if (asserts_one_row(plan)) {
    PlanNode below = node(*plan.children[0]);
    name_columns(plan.table_index, plan.expressions);
    PlanNode out = made(plan, "AssertNumRows", "PhysicalAssertNumRows", "VASSERT NUMBER OF ROWS");
    out.arguments = "assertNumRowsElement=(desiredNumOfRows=1, assertion=EQ)";
    out.lines.push_back("assert number of rows: EQ 1");
    // What counts the rows is no aggregate of the statement's.
    while (below.name == "Aggregate" || below.name == "Project") {
      if (below.children.empty()) break;
      const bool counted = below.name == "Aggregate";
      PlanNode next = std::move(below.children[0]);
      below = std::move(next);
      if (counted) break;
    }
    out.children.push_back(std::move(below));
    return out;
  }
  const bool through = passes_through(plan);
  PlanNode child = node(*plan.children[0]);
  name_columns(plan.table_index, plan.expressions);
  if (through) return child;
  // Two in a row are one: that of the scan only leaves columns out.
  if (child.name == "Project" && child.lines.empty()) {
    PlanNode below = std::move(child.children[0]);
    child = std::move(below);
  }
  std::vector<std::string> items;
  for (const auto& expression : plan.expressions) items.push_back(names_.item(*expression));
  const std::string projects = joined(items, ", ");
  PlanNode out = over(std::move(child), "Project", "projects=[" + projects + "]", "PhysicalProject");
  out.lines.push_back("final projections: " + projects);
  return out;
}

PlanNode PlanWriter::filtered(PlanNode child, const std::vector<std::string>& texts, const std::string& text) {
  PlanNode out = over(std::move(child), "Filter", "predicates=" + joined(texts, " AND "), "filter(" + text + ")");
  out.title = "VSELECT";
  out.lines.push_back("predicates: " + joined(texts, " AND "));
  return out;
}

PlanNode PlanWriter::filter(duckdb::LogicalFilter& plan) {
  if (plan.children[0]->type == LogicalOperatorType::LOGICAL_GET)
    return scan(plan.children[0]->Cast<duckdb::LogicalGet>(), &plan.expressions);
  PlanNode child = node(*plan.children[0]);
  if (plan.expressions.empty()) return child;
  std::vector<std::string> parts;
  for (const auto& expression : plan.expressions) parts.push_back(names_.text(*expression, true));
  std::ranges::sort(parts);
  PlanNode out = filtered(std::move(child), parts, joined(parts, " and "));
  out.cardinality = made(plan, {}, {}, {}).cardinality;
  return out;
}

PlanNode PlanWriter::aggregate(duckdb::LogicalAggregate& plan) {
  PlanNode child = node(*plan.children[0]);
  PlanNode out = made(plan, "Aggregate", "hashAgg[GLOBAL]", "VAGGREGATE (update finalize)");
  out.shapes.emplace_back("hashAgg[LOCAL]");
  const std::string groups = texts(plan.groups);
  const std::string outputs = texts(plan.expressions);
  out.arguments = "groupByExpr=[" + groups + "], outputExpr=[" + groups +
                  (groups.empty() || outputs.empty() ? "" : ", ") + outputs + "]";
  out.lines.push_back("output: " + outputs);
  out.lines.push_back("group by: " + groups);
  if (plan.grouping_sets.size() > 1) {
    // ROLLUP, CUBE and GROUPING SETS: the sets, by the columns that each has.
    std::vector<std::string> sets;
    for (const auto& set : plan.grouping_sets) {
      std::vector<std::string> columns;
      for (const auto index : set) columns.push_back(names_.text(*plan.groups[index], false));
      sets.push_back("(" + joined(columns, ", ") + ")");
    }
    out.shapes.emplace_back("PhysicalRepeat");
    out.lines.push_back("repeat: [" + joined(sets, ", ") + "]");
  }
  out.lines.push_back(cardinality_line(out));
  name_columns(plan.group_index, plan.groups);
  name_columns(plan.aggregate_index, plan.expressions);
  for (size_t i = 0; i < plan.grouping_functions.size(); ++i) {
    std::vector<std::string> columns;
    for (const auto index : plan.grouping_functions[i]) columns.push_back(names_.text(*plan.groups[index], false));
    names_.set(duckdb::ColumnBinding(plan.groupings_index, i),
               {{}, (columns.size() > 1 ? "grouping_id(" : "grouping(") + joined(columns, ", ") + ")"});
  }
  out.children.push_back(std::move(child));
  return out;
}

PlanNode PlanWriter::distinct(duckdb::LogicalDistinct& plan) {
  PlanNode child = node(*plan.children[0]);
  // These give no row twice by themselves.
  if (child.name == "Except" || child.name == "Intersect") {
    child.arguments = kDistinct;
    return child;
  }
  PlanNode out = made(plan, "Aggregate", "hashAgg[GLOBAL]", "VAGGREGATE (update finalize)");
  out.shapes.emplace_back("hashAgg[LOCAL]");
  const std::string groups = texts(plan.distinct_targets);
  out.arguments = "groupByExpr=[" + groups + "], outputExpr=[" + groups + "]";
  out.lines = {"output: ", "group by: " + groups, cardinality_line(out)};
  out.children.push_back(std::move(child));
  return out;
}

PlanNode PlanWriter::window(duckdb::LogicalWindow& plan) {
  PlanNode child = node(*plan.children[0]);
  PlanNode out = made(plan, "Window", "PhysicalWindow", "VANALYTIC");
  bool sorts = false;
  for (const auto& expression : plan.expressions) {
    const auto& call = expression->Cast<duckdb::BoundWindowExpression>();
    sorts = sorts || !call.partitions.empty() || !call.orders.empty();
    const std::string text = names_.text(*expression, false);
    out.lines.push_back("functions: [" + text.substr(0, text.rfind(" OVER(")) + "]");
    if (!call.partitions.empty()) out.lines.push_back("partition by: " + texts(call.partitions));
    std::vector<std::string> orders;
    for (const auto& order : call.orders) orders.push_back(plan_order(order, names_));
    if (!orders.empty()) out.lines.push_back("order by: " + joined(orders, ", "));
  }
  out.arguments = "windows=[" + texts(plan.expressions) + "]";
  if (sorts) out.shapes.emplace_back("PhysicalQuickSort[LOCAL_SORT]");
  out.lines.push_back(cardinality_line(out));
  name_columns(plan.window_index, plan.expressions);
  out.children.push_back(std::move(child));
  return out;
}

PlanNode PlanWriter::sorted(duckdb::LogicalOperator& plan) {
  PlanNode child = node(*plan.children[0]);
  const bool top = plan.type == LogicalOperatorType::LOGICAL_TOP_N;
  const auto& orders = top ? plan.Cast<duckdb::LogicalTopN>().orders : plan.Cast<duckdb::LogicalOrder>().orders;
  std::vector<std::string> keys;
  for (const auto& order : orders) keys.push_back(plan_order(order, names_));
  PlanNode out = made(plan, top ? "TopN" : "QuickSort",
                      top ? "PhysicalTopN[MERGE_SORT]" : "PhysicalQuickSort[MERGE_SORT]", top ? "VTOP-N" : "VSORT");
  out.shapes.emplace_back(top ? "PhysicalTopN[LOCAL_SORT]" : "PhysicalQuickSort[LOCAL_SORT]");
  out.arguments = "orderKeys=(" + joined(keys, ", ") + ")";
  out.lines.push_back("order by: " + joined(keys, ", "));
  if (top) {
    const auto& topped = plan.Cast<duckdb::LogicalTopN>();
    out.arguments += ", limit=" + std::to_string(topped.limit) + ", offset=" + std::to_string(topped.offset);
    out.lines.push_back("algorithm: heap sort");
    out.lines.push_back("offset: " + std::to_string(topped.offset));
    out.lines.push_back("limit: " + std::to_string(topped.limit));
  } else {
    out.arguments += ", phase=LOCAL_SORT";
    out.lines.push_back("algorithm: full sort");
    out.lines.push_back("offset: 0");
  }
  out.children.push_back(std::move(child));
  return out;
}

PlanNode PlanWriter::limit(duckdb::LogicalLimit& plan) {
  const auto value = [this](const duckdb::BoundLimitNode& limit) -> std::string {
    switch (limit.Type()) {
      case duckdb::LimitNodeType::CONSTANT_VALUE:
        return std::to_string(limit.GetConstantValue());
      case duckdb::LimitNodeType::EXPRESSION_VALUE:
        return names_.text(limit.GetValueExpression(), false);
      default:
        return {};
    }
  };
  const std::string rows = value(plan.limit_val);
  std::string offset = value(plan.offset_val);
  if (offset.empty()) offset = "0";
  PlanNode child = node(*plan.children[0]);
  PlanNode out = over(std::move(child), "Limit", "limit=" + rows + ", offset=" + offset, "PhysicalLimit[GLOBAL]");
  out.cardinality = made(plan, {}, {}, {}).cardinality;
  out.shapes.emplace_back("PhysicalLimit[LOCAL]");
  if (!rows.empty()) out.lines.push_back("limit: " + rows);
  if (offset != "0") out.lines.push_back("offset: " + offset);
  return out;
}

PlanNode PlanWriter::set_operation(duckdb::LogicalOperator& plan) {
  auto& operation = plan.Cast<duckdb::LogicalSetOperation>();
  const bool unites = plan.type == LogicalOperatorType::LOGICAL_UNION;
  const bool except = plan.type == LogicalOperatorType::LOGICAL_EXCEPT;
  std::vector<PlanNode> inputs;
  for (auto& child : plan.children) {
    inputs.push_back(node(*child));
    // a UNION ALL b UNION ALL c is one of three; of EXCEPT only the first input can be one, and neither keeps rows
    // twice.
    const PlanNode& last = inputs.back();
    const bool same =
        !last.children.empty() && (unites   ? last.name == "Union" && operation.setop_all
                                   : except ? last.name == "Except" && last.arguments == kDistinct && inputs.size() == 1
                                            : last.name == "Intersect" && last.arguments == kDistinct);
    if (!same) continue;
    PlanNode inner = std::move(inputs.back());
    inputs.pop_back();
    for (auto& grandchild : inner.children) inputs.push_back(std::move(grandchild));
  }
  const auto bindings = plan.children[0]->GetColumnBindings();
  for (size_t i = 0; i < bindings.size() && i < operation.column_count; ++i) {
    const PlanColumn* known = names_.find(bindings[i]);
    names_.set(duckdb::ColumnBinding(operation.table_index, i),
               {{}, known ? known->text : "column_" + std::to_string(i)});
  }
  const char* name = unites ? "Union" : except ? "Except" : "Intersect";
  PlanNode out = made(plan, name, "Physical" + std::string(name),
                      unites   ? "VUNION"
                      : except ? "VEXCEPT"
                               : "VINTERSECT");
  out.arguments = std::string("qualifier=") + (operation.setop_all ? "ALL" : "DISTINCT");
  out.lines.push_back(cardinality_line(out));
  out.children = std::move(inputs);
  return out;
}

PlanNode PlanWriter::common_table(duckdb::LogicalOperator& plan) {
  const auto number = [&](duckdb::idx_t index) {
    return std::to_string(common_tables_.try_emplace(index, common_tables_.size()).first->second);
  };
  switch (plan.type) {
    case LogicalOperatorType::LOGICAL_CTE_REF: {
      auto& reference = plan.Cast<duckdb::LogicalCTERef>();
      // The optimizer leaves columns out of both sides, but not of the list of names.
      const bool named = reference.bound_columns.size() == reference.chunk_types.size();
      const auto& produced = produced_[reference.cte_index];
      for (size_t i = 0; i < reference.chunk_types.size(); ++i) {
        std::string name = named && !reference.bound_columns[i].starts_with("__") ? reference.bound_columns[i]
                           : i < produced.size()                                  ? produced[i]
                                                                                  : std::string();
        if (name.empty()) name = "column_" + std::to_string(i);
        names_.set(duckdb::ColumnBinding(reference.table_index, i), {{}, std::move(name)});
      }
      const std::string id = number(reference.cte_index);
      PlanNode out = made(plan, "CteConsumer", "PhysicalCteConsumer ( cteId=CTEId#" + id + " )", "VCTE SCAN");
      out.arguments = "cteId=CTEId#" + id;
      out.lines.push_back("cte: " + id);
      return out;
    }
    case LogicalOperatorType::LOGICAL_DELIM_GET: {
      PlanNode out = made(plan, "CteConsumer", "PhysicalCteConsumer ( correlated rows )", "VCTE SCAN");
      out.arguments = "correlated rows";
      out.lines.emplace_back("distinct values of the outer rows");
      return out;
    }
    default:
      break;
  }
  auto& table = plan.Cast<duckdb::LogicalCTE>();
  const std::string id = number(table.table_index);
  const bool recursive = plan.type == LogicalOperatorType::LOGICAL_RECURSIVE_CTE;
  PlanNode producer = node(*plan.children[0]);
  for (const auto& binding : plan.children[0]->GetColumnBindings()) {
    const PlanColumn* known = names_.find(binding);
    produced_[table.table_index].push_back(known ? known->text : std::string());
  }
  if (recursive) {
    const auto bindings = plan.children[0]->GetColumnBindings();
    for (size_t i = 0; i < bindings.size(); ++i) {
      const PlanColumn* known = names_.find(bindings[i]);
      names_.set(duckdb::ColumnBinding(table.table_index, i),
                 {{}, known ? known->text : "column_" + std::to_string(i)});
    }
  }
  PlanNode consumer = node(*plan.children[1]);
  if (recursive) {
    PlanNode out = made(plan, "RecursiveUnion", "PhysicalRecursiveUnion ( cteId=CTEId#" + id + " )", "VRECURSIVE CTE");
    out.arguments = "cteId=CTEId#" + id;
    out.lines.push_back("cte: " + id);
    out.children.push_back(std::move(producer));
    out.children.push_back(std::move(consumer));
    return out;
  }
  PlanNode made_once =
      over(std::move(producer), "CteProducer", "cteId=CTEId#" + id, "PhysicalCteProducer ( cteId=CTEId#" + id + " )");
  PlanNode out = made(plan, "CteAnchor", "PhysicalCteAnchor ( cteId=CTEId#" + id + " )", "VCTE");
  out.arguments = "cteId=CTEId#" + id;
  out.lines.push_back("cte: " + id);
  out.children.push_back(std::move(made_once));
  out.children.push_back(std::move(consumer));
  return out;
}

PlanNode PlanWriter::unnest(duckdb::LogicalUnnest& plan) {
  PlanNode child = node(*plan.children[0]);
  PlanNode out = made(plan, "Generate", "PhysicalGenerate", "VTABLE FUNCTION NODE");
  const std::string functions = texts(plan.expressions);
  out.arguments = "generators=[" + functions + "]";
  out.lines = {"table function: " + functions, cardinality_line(out)};
  name_columns(plan.unnest_index, plan.expressions);
  out.children.push_back(std::move(child));
  return out;
}

PlanNode PlanWriter::written(duckdb::LogicalOperator& plan, const duckdb::TableCatalogEntry& table) {
  sink_table_ = plan_table(table);
  const std::string shape = "PhysicalOlapTableSink[" + table.name + "]";
  if (plan.children.empty()) {
    PlanNode out = made(plan, "OlapTableSink", shape, {});
    out.arguments = "table=" + sink_table_;
    return out;
  }
  PlanNode child = node(*plan.children[0]);
  return over(std::move(child), "OlapTableSink", "table=" + sink_table_, shape);
}

}  // namespace sluice::kernel
