// SPDX-License-Identifier: Apache-2.0
// Expressions of the kernel's plans in Doris' words. Internal to src/kernel; thread rule of the binder.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "duckdb/planner/column_binding.hpp"
#include "duckdb/planner/expression.hpp"
#include "pch/pch.h"

namespace sluice::kernel {

// What a column of an operator is called.
struct PlanColumn {
  std::string table;  // the table or its alias; empty: none
  std::string text;   // the column's name, or the text of what it is computed from
};

class PlanNames {
 public:
  void set(duckdb::ColumnBinding binding, PlanColumn column);
  const PlanColumn* find(duckdb::ColumnBinding binding) const;

  // `qualified`: columns that are compared by themselves come with their table, as in Doris' SHAPE PLAN.
  std::string text(const duckdb::Expression& expression, bool qualified) const;
  // An item of a select list: as it was written, when that is known.
  std::string item(const duckdb::Expression& expression) const;
  // What a column computed by `expression` is called.
  PlanColumn column(const duckdb::Expression& expression) const;

 private:
  std::string call_text(const duckdb::Expression& expression) const;
  std::string choice_text(const duckdb::BoundConjunctionExpression& joined) const;
  std::string operator_text(const duckdb::Expression& expression, bool qualified) const;
  std::string window_text(const duckdb::Expression& expression) const;
  std::string case_text(const duckdb::Expression& expression) const;
  std::string list(const duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& expressions) const;

  std::map<std::pair<duckdb::idx_t, duckdb::idx_t>, PlanColumn> columns_;
};

// "DECIMALV3(15, 2)", "DATEV2".
std::string plan_type(const duckdb::LogicalType& type);
std::string plan_value(const duckdb::Value& value);
// Whether it reads a column without a name of the statement's, or a subquery: only the plan tells what that is.
bool has_unnamed(const duckdb::Expression& expression);
// A function of the kernel as Doris calls it.
std::string plan_function(const std::string& name);
// "k1 ASC", "k1 DESC", with NULLS where Doris would have them elsewhere.
std::string plan_order(const duckdb::BoundOrderByNode& order, const PlanNames& names);

// Whether it only repeats its first child: what the optimizer adds to make values smaller, and the guard of scalar
// subqueries.
const duckdb::Expression& without_wrapping(const duckdb::Expression& expression);

}  // namespace sluice::kernel
