// SPDX-License-Identifier: Apache-2.0
// PlanWriter: one walk over a logical plan that makes its PlanTree. Internal to src/kernel; thread rule of the binder.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "duckdb/planner/operator/list.hpp"
#include "kernel/plan_expressions.h"
#include "kernel/plan_text.h"

namespace sluice::kernel {

// What the statement calls the table that a scan reads, by the scan's table index.
using ScanAliases = std::map<duckdb::idx_t, std::string>;
// The aliases of a statement's tables, in the order in which the binder meets them, per table in lower case.
using WrittenAliases = std::map<std::string, std::vector<std::string>>;
WrittenAliases written_aliases(const duckdb::SQLStatement& statement);
// `plan`: as bound.
ScanAliases scan_aliases(const WrittenAliases& written, const duckdb::LogicalOperator& plan);

// "1/3 (p1)": the partitions that can hold rows for the filters of a scan; empty: they are not known by name.
std::string scanned_partitions(const duckdb::LogicalGet& scan,
                               const std::vector<const duckdb::Expression*>& conditions);

// Doris' name of a row's place in its table.
inline constexpr const char* kRowId = "__DORIS_ROWID_COL__";

class PlanWriter {
 public:
  PlanWriter(duckdb::ClientContext& context, ScanAliases aliases) : context_(context), aliases_(std::move(aliases)) {}

  PlanTree write(duckdb::LogicalOperator& plan, const duckdb::vector<std::string>& names,
                 const duckdb::vector<duckdb::LogicalType>& types);

 private:
  using Expressions = duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>;

  PlanNode node(duckdb::LogicalOperator& plan);
  PlanNode made(duckdb::LogicalOperator& plan, std::string name, std::string shape, std::string title);
  // plan_scans.cc
  // `above`: conditions of a filter over the scan.
  PlanNode scan(duckdb::LogicalGet& get, const Expressions* above);
  PlanNode table_function(duckdb::LogicalGet& get);
  std::vector<std::string> filter_texts(const duckdb::LogicalGet& get);
  PlanNode constants(duckdb::LogicalOperator& plan);
  // plan_joins.cc
  PlanNode join(duckdb::LogicalOperator& plan);
  PlanNode nested_loops(duckdb::LogicalOperator& plan, const std::string& kind, const std::string& condition);
  bool fetches_rows(const duckdb::LogicalComparisonJoin& join) const;
  void name_duplicates(duckdb::LogicalOperator& plan, const Expressions& columns);
  void name_mark(const duckdb::LogicalJoin& join);
  // plan_operators.cc
  PlanNode projection(duckdb::LogicalProjection& plan);
  PlanNode filter(duckdb::LogicalFilter& plan);
  PlanNode filtered(PlanNode child, const std::vector<std::string>& texts, const std::string& text);
  PlanNode aggregate(duckdb::LogicalAggregate& plan);
  PlanNode distinct(duckdb::LogicalDistinct& plan);
  PlanNode window(duckdb::LogicalWindow& plan);
  PlanNode sorted(duckdb::LogicalOperator& plan);
  PlanNode limit(duckdb::LogicalLimit& plan);
  PlanNode set_operation(duckdb::LogicalOperator& plan);
  PlanNode common_table(duckdb::LogicalOperator& plan);
  PlanNode unnest(duckdb::LogicalUnnest& plan);
  PlanNode written(duckdb::LogicalOperator& plan, const duckdb::TableCatalogEntry& table);

  std::string texts(const Expressions& expressions, bool qualified = false) const;
  void name_columns(duckdb::idx_t table_index, const Expressions& expressions);

  duckdb::ClientContext& context_;
  ScanAliases aliases_;
  PlanNames names_;
  std::map<duckdb::idx_t, size_t> common_tables_;               // their numbers in the answer
  std::map<duckdb::idx_t, std::vector<std::string>> produced_;  // names of their columns
  std::string sink_table_;                                      // of a write
};

// "internal.db.t" without the catalog; databases by the names that clients use.
std::string plan_table(const duckdb::TableCatalogEntry& table);
// A node above another one.
PlanNode over(PlanNode child, std::string name, std::string arguments, std::string shape);
std::string joined(const std::vector<std::string>& parts, const char* between);

}  // namespace sluice::kernel
