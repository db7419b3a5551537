// SPDX-License-Identifier: Apache-2.0
// Scans of tables with their filters and partitions, table functions, and rows of constants.
#include <algorithm>

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/filter/list.hpp"
#include "kernel/plan_writer.h"
#include "kernel/table_model.h"

namespace sluice::kernel {
namespace {

using duckdb::TableFilterType;

// Columns that only a filter reads have no binding of their own: they get one beyond those of the scan.
constexpr duckdb::idx_t kFilteredColumns = 1 << 20;

// A filter as an expression over `column`; without what the kernel adds for its own use. Several: all must hold.
void filter_expressions(const duckdb::TableFilter& filter, const duckdb::Expression& column,
                        std::vector<duckdb::unique_ptr<duckdb::Expression>>& out) {
  switch (filter.filter_type) {
    case TableFilterType::OPTIONAL_FILTER:
    case TableFilterType::DYNAMIC_FILTER:
    case TableFilterType::BLOOM_FILTER:
      return;
    case TableFilterType::CONJUNCTION_AND:
      for (const auto& child : filter.Cast<duckdb::ConjunctionAndFilter>().child_filters)
        filter_expressions(*child, column, out);
      return;
    default:
      out.push_back(filter.ToExpression(column));
  }
}

// HASH(`k`) BUCKETS 3
uint64_t buckets_of(const std::string& distribution) {
  constexpr uint64_t kAuto = 10;
  const size_t at = distribution.find("BUCKETS ");
  const uint64_t written = at == std::string::npos ? 0 : std::strtoull(distribution.c_str() + at + 8, nullptr, 10);
  return written == 0 ? kAuto : written;
}

}  // namespace

std::vector<std::string> PlanWriter::filter_texts(const duckdb::LogicalGet& get) {
  std::vector<std::string> out;
  for (const auto& [index, filter] : get.table_filters.filters) {
    if (index >= get.names.size()) continue;
    const duckdb::ColumnBinding binding(get.table_index, kFilteredColumns + index);
    const auto alias = aliases_.find(get.table_index);
    const auto table = get.GetTable();
    names_.set(binding, {alias != aliases_.end() ? alias->second : table ? table->name : "", get.names[index]});
    const duckdb::BoundColumnRefExpression column(get.names[index], get.returned_types[index], binding);
    std::vector<duckdb::unique_ptr<duckdb::Expression>> expressions;
    filter_expressions(*filter, column, expressions);
    for (const auto& expression : expressions) out.push_back(names_.text(*expression, true));
  }
  return out;
}

PlanNode PlanWriter::table_function(duckdb::LogicalGet& get) {
  const std::string name = plan_function(get.function.name);
  std::vector<std::string> parameters;
  for (const auto& value : get.parameters) parameters.push_back(plan_value(value));
  PlanNode out = made(get, "TVFRelation", "PhysicalTVFRelation[" + name + "]", "VDataGenScanNode");
  out.arguments = "function=" + name + "(" + joined(parameters, ", ") + ")";
  out.lines.push_back("table value function: " + name);
  if (!get.children.empty()) out.children.push_back(node(*get.children[0]));
  return out;
}

PlanNode PlanWriter::scan(duckdb::LogicalGet& get, const Expressions* above) {
  const auto table = get.GetTable();
  const auto alias = aliases_.find(get.table_index);
  const std::string shown = alias != aliases_.end() ? alias->second : table ? table->name : std::string();
  const auto& ids = get.GetColumnIds();
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto index = ids[i].GetPrimaryIndex();
    const std::string name = index < get.names.size() ? get.names[index] : kRowId;
    names_.set(duckdb::ColumnBinding(get.table_index, i), {shown, name});
  }
  std::vector<std::string> predicates = filter_texts(get);
  std::vector<const duckdb::Expression*> conditions;
  if (above) {
    for (const auto& condition : *above) {
      predicates.push_back(names_.text(*condition, true));
      conditions.push_back(condition.get());
    }
  }
  std::ranges::sort(predicates);
  PlanNode out =
      table ? made(get, "OlapScan", "PhysicalOlapScan[" + table->name + "]", "VOlapScanNode") : table_function(get);
  if (table) {
    const std::string full = plan_table(*table);
    out.arguments = "qualified=internal." + full;
    out.lines.push_back("TABLE: " + full + "(" + table->name + "), PREAGGREGATION: ON");
    if (!predicates.empty()) out.lines.push_back("PREDICATES: " + joined(predicates, " AND "));
    const std::string partitions = scanned_partitions(get, conditions);
    if (!partitions.empty()) out.lines.push_back("partitions=" + partitions);
    auto& size = out.scan.emplace();
    size.rows = out.cardinality.value_or(0);
    const TableModel model = decode_table(table->comment);
    if (!partitions.empty())
      size.partitions = std::strtoull(partitions.c_str(), nullptr, 10);
    else
      size.partitions = std::max<uint64_t>(model.partitions.size(), 1);
    size.tablets = size.partitions * (model.distribution.empty() ? 1 : buckets_of(model.distribution));
    out.lines.push_back("cardinality=" + std::to_string(out.cardinality.value_or(0)) + ", numNodes=1");
  } else if (!predicates.empty()) {
    out.lines.push_back("PREDICATES: " + joined(predicates, " AND "));
  }
  if (!predicates.empty()) {
    std::string text = joined(predicates, " and ");
    out = over(std::move(out), "Filter", "predicates=" + joined(predicates, " AND "), "filter(" + text + ")");
  }
  // Rows that are only counted have no column.
  std::vector<std::string> columns;
  for (const auto& binding : get.GetColumnBindings()) {
    const PlanColumn* known = names_.find(binding);
    if (known && known->text != kRowId) columns.push_back(known->text);
  }
  if (table && !columns.empty() && columns.size() < get.names.size()) {
    out = over(std::move(out), "Project", "projects=[" + joined(columns, ", ") + "]", "PhysicalProject");
  }
  return out;
}

PlanNode PlanWriter::constants(duckdb::LogicalOperator& plan) {
  switch (plan.type) {
    case duckdb::LogicalOperatorType::LOGICAL_EMPTY_RESULT: {
      // The scans that named these columns are gone.
      const auto& bindings = plan.Cast<duckdb::LogicalEmptyResult>().bindings;
      for (size_t i = 0; i < bindings.size(); ++i) names_.set(bindings[i], {{}, "column_" + std::to_string(i)});
      return made(plan, "EmptyRelation", "PhysicalEmptyRelation", "VEMPTYSET");
    }
    case duckdb::LogicalOperatorType::LOGICAL_EXPRESSION_GET: {
      auto& get = plan.Cast<duckdb::LogicalExpressionGet>();
      PlanNode out = made(plan, "Union", "PhysicalUnion", "VUNION");
      std::vector<std::string> rows;
      for (const auto& row : get.expressions) {
        if (rows.size() == 100) break;  // of a long VALUES the rest is like them
        rows.push_back("(" + texts(row) + ")");
      }
      out.arguments = "constantExprsList=[" + joined(rows, ", ") + "]";
      out.lines.push_back("constant exprs: ");
      for (const auto& row : rows) out.lines.push_back("    " + row.substr(1, row.size() - 2));
      for (size_t i = 0; i < get.expr_types.size(); ++i)
        names_.set(duckdb::ColumnBinding(get.table_index, i), {{}, "column_" + std::to_string(i)});
      return out;
    }
    case duckdb::LogicalOperatorType::LOGICAL_CHUNK_GET: {
      auto& get = plan.Cast<duckdb::LogicalColumnDataGet>();
      PlanNode out = made(plan, "Union", "PhysicalUnion", "VUNION");
      out.lines.push_back("constant exprs: " + std::to_string(get.collection->Count()) + " rows");
      for (size_t i = 0; i < get.chunk_types.size(); ++i)
        names_.set(duckdb::ColumnBinding(get.table_index, i), {{}, "column_" + std::to_string(i)});
      return out;
    }
    default:
      return made(plan, "OneRowRelation", "PhysicalOneRowRelation", "VUNION");
  }
}

}  // namespace sluice::kernel
