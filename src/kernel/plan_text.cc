// SPDX-License-Identifier: Apache-2.0
#include "kernel/plan_text.h"

#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/main/client_config.hpp"
#include "duckdb/optimizer/optimizer.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/planner.hpp"
#include "functions/asked_digits.h"
#include "functions/registry.h"
#include "kernel/catalog_facts.h"
#include "kernel/plan_writer.h"

namespace sluice::kernel {

using duckdb::LogicalOperatorType;

std::string joined(const std::vector<std::string>& parts, const char* between) {
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : between) + part;
  return out;
}

std::string plan_table(const duckdb::TableCatalogEntry& table) {
  std::string database = table.ParentSchema().name;
  if (database == kInformationSchema) database = "information_schema";
  if (database == kMysqlSchema) database = "mysql";
  return database + "." + table.name;
}

PlanNode over(PlanNode child, std::string name, std::string arguments, std::string shape) {
  PlanNode node;
  node.name = std::move(name);
  node.arguments = std::move(arguments);
  if (!shape.empty()) node.shapes.push_back(std::move(shape));
  node.cardinality = child.cardinality;
  node.children.push_back(std::move(child));
  return node;
}

PlanNode PlanWriter::made(duckdb::LogicalOperator& plan, std::string name, std::string shape, std::string title) {
  PlanNode node;
  node.name = std::move(name);
  if (!shape.empty()) node.shapes.push_back(std::move(shape));
  node.title = std::move(title);
  node.cardinality = plan.has_estimated_cardinality ? plan.estimated_cardinality : plan.EstimateCardinality(context_);
  return node;
}

std::string PlanWriter::texts(const Expressions& expressions, bool qualified) const {
  std::vector<std::string> parts;
  for (const auto& expression : expressions) parts.push_back(names_.text(*expression, qualified));
  return joined(parts, ", ");
}

void PlanWriter::name_columns(duckdb::idx_t table_index, const Expressions& expressions) {
  for (size_t i = 0; i < expressions.size(); ++i)
    names_.set(duckdb::ColumnBinding(table_index, i), names_.column(*expressions[i]));
}

PlanTree PlanWriter::write(duckdb::LogicalOperator& plan, const duckdb::vector<std::string>& names,
                           const duckdb::vector<duckdb::LogicalType>& types) {
  PlanTree tree;
  tree.root = node(plan);
  if (!sink_table_.empty()) {
    tree.sink = "OLAP TABLE SINK";
    tree.sink_lines = {"TABLE: " + sink_table_};
    return tree;
  }
  tree.sink = "VRESULT SINK";
  tree.sink_lines = {"MYSQL_PROTOCAL"};
  for (size_t i = 0; i < names.size(); ++i) {
    tree.outputs.push_back(names[i]);
    tree.types.push_back(plan_type(types[i]));
  }
  PlanNode sink = over(std::move(tree.root), "ResultSink", "outputExprs=[" + joined(tree.outputs, ", ") + "]",
                       "PhysicalResultSink");
  tree.root = std::move(sink);
  return tree;
}

PlanNode PlanWriter::node(duckdb::LogicalOperator& plan) {
  switch (plan.type) {
    case LogicalOperatorType::LOGICAL_GET:
      return scan(plan.Cast<duckdb::LogicalGet>(), nullptr);
    case LogicalOperatorType::LOGICAL_PROJECTION:
      return projection(plan.Cast<duckdb::LogicalProjection>());
    case LogicalOperatorType::LOGICAL_FILTER:
      return filter(plan.Cast<duckdb::LogicalFilter>());
    case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY:
      return aggregate(plan.Cast<duckdb::LogicalAggregate>());
    case LogicalOperatorType::LOGICAL_DISTINCT:
      return distinct(plan.Cast<duckdb::LogicalDistinct>());
    case LogicalOperatorType::LOGICAL_WINDOW:
      return window(plan.Cast<duckdb::LogicalWindow>());
    case LogicalOperatorType::LOGICAL_ORDER_BY:
    case LogicalOperatorType::LOGICAL_TOP_N:
      return sorted(plan);
    case LogicalOperatorType::LOGICAL_LIMIT:
      return limit(plan.Cast<duckdb::LogicalLimit>());
    case LogicalOperatorType::LOGICAL_UNNEST:
      return unnest(plan.Cast<duckdb::LogicalUnnest>());
    case LogicalOperatorType::LOGICAL_UNION:
    case LogicalOperatorType::LOGICAL_EXCEPT:
    case LogicalOperatorType::LOGICAL_INTERSECT:
      return set_operation(plan);
    case LogicalOperatorType::LOGICAL_MATERIALIZED_CTE:
    case LogicalOperatorType::LOGICAL_RECURSIVE_CTE:
    case LogicalOperatorType::LOGICAL_CTE_REF:
    case LogicalOperatorType::LOGICAL_DELIM_GET:
      return common_table(plan);
    case LogicalOperatorType::LOGICAL_COMPARISON_JOIN:
    case LogicalOperatorType::LOGICAL_DELIM_JOIN:
    case LogicalOperatorType::LOGICAL_DEPENDENT_JOIN:
    case LogicalOperatorType::LOGICAL_ASOF_JOIN:
    case LogicalOperatorType::LOGICAL_ANY_JOIN:
    case LogicalOperatorType::LOGICAL_CROSS_PRODUCT:
    case LogicalOperatorType::LOGICAL_POSITIONAL_JOIN:
      return join(plan);
    case LogicalOperatorType::LOGICAL_DUMMY_SCAN:
    case LogicalOperatorType::LOGICAL_EXPRESSION_GET:
    case LogicalOperatorType::LOGICAL_CHUNK_GET:
    case LogicalOperatorType::LOGICAL_EMPTY_RESULT:
      return constants(plan);
    case LogicalOperatorType::LOGICAL_INSERT:
      return written(plan, plan.Cast<duckdb::LogicalInsert>().table);
    case LogicalOperatorType::LOGICAL_UPDATE:
      return written(plan, plan.Cast<duckdb::LogicalUpdate>().table);
    case LogicalOperatorType::LOGICAL_DELETE:
      return written(plan, plan.Cast<duckdb::LogicalDelete>().table);
    case LogicalOperatorType::LOGICAL_MERGE_INTO:
      return written(plan, plan.Cast<duckdb::LogicalMergeInto>().table);
    default:
      break;
  }
  // What Doris has no operator for: its input stands for it.
  if (!plan.children.empty()) return node(*plan.children[0]);
  return made(plan, "OneRowRelation", "PhysicalOneRowRelation", "VUNION");
}

namespace {

std::unique_ptr<duckdb::Planner> bind(duckdb::ClientContext& context, const duckdb::SQLStatement& statement) {
  const PlanNames nothing;
  const functions::WrittenCalls calls([&](const duckdb::Expression& argument) {
    return has_unnamed(argument) ? std::string() : nothing.text(argument, false);
  });
  const auto asked = context.registered_state->Get<functions::AskedDigits>(functions::AskedDigits::kKey);
  if (asked) asked->begin(true);
  while (true) {
    auto planner = std::make_unique<duckdb::Planner>(context);
    try {
      planner->CreatePlan(statement.Copy());
      return planner;
    } catch (const duckdb::BinderException&) {
      if (!asked || !asked->begin_again()) throw;
    }
  }
}

}  // namespace

PlanTree plan_tree(duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::SQLStatement> statement, bool optimized) {
  const WrittenAliases aliases = written_aliases(*statement);
  const auto bound = bind(context, *statement);
  duckdb::Planner& planner = *bound;
  if (!planner.plan) throw duckdb::BinderException("EXPLAIN needs the values of the statement's parameters");
  auto plan = std::move(planner.plan);
  const duckdb::vector<std::string> names = planner.names;
  const duckdb::vector<duckdb::LogicalType> types = planner.types;
  PlanWriter writer(context, scan_aliases(aliases, *plan));
  if (optimized && duckdb::ClientConfig::GetConfig(context).enable_optimizer && plan->RequireOptimizer()) {
    duckdb::Optimizer optimizer(*planner.binder, context);
    plan = optimizer.Optimize(std::move(plan));
  }
  return writer.write(*plan, names, types);
}

}  // namespace sluice::kernel
