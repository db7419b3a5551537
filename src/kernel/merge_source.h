// SPDX-License-Identifier: Apache-2.0
// WriteTarget: the table that a statement writes, as the rewriting of writes needs it; and small makers of trees.
// Plain data, alive while one statement is rewritten.
#pragma once

#include <string>
#include <vector>

#include "kernel/table_model.h"
#include "pch/pch.h"

namespace sluice::kernel {

using ExprPtr = duckdb::unique_ptr<duckdb::ParsedExpression>;
using TablePtr = duckdb::unique_ptr<duckdb::TableRef>;
using SelectPtr = duckdb::unique_ptr<duckdb::SelectNode>;

struct WriteColumn {
  std::string name;
  duckdb::LogicalType type;
  ColumnModel model;
  ExprPtr default_value;  // never null: NULL of the type when none was declared
  bool not_null = false;
  bool has_default = false;
};

struct WriteTarget {
  std::string catalog, schema, name;
  TableModel model;
  std::vector<WriteColumn> columns;  // without generated ones
  std::vector<duckdb::LogicalType> partition_types;
  // Generated columns that are NOT NULL, with what they are made of.
  std::vector<std::pair<std::string, ExprPtr>> never_null;

  const WriteColumn* find(const std::string& column) const;
  bool has_keys() const;
  bool merges() const { return (model.keys == KeyModel::kUnique || model.keys == KeyModel::kAggregate) && has_keys(); }
};

inline ExprPtr column_of(const std::string& name, const char* table) {
  return duckdb::make_uniq<duckdb::ColumnRefExpression>(name, table);
}
inline ExprPtr constant(duckdb::Value value) { return duckdb::make_uniq<duckdb::ConstantExpression>(std::move(value)); }
inline ExprPtr cast(ExprPtr child, const duckdb::LogicalType& type) {
  return duckdb::make_uniq<duckdb::CastExpression>(type, std::move(child));
}
ExprPtr call(const std::string& name, std::vector<ExprPtr> arguments);
// In system.doris.
ExprPtr doris_call(const std::string& kernel_name, std::vector<ExprPtr> arguments);
template <typename... Args>
std::vector<ExprPtr> arguments_of(Args... arguments) {
  std::vector<ExprPtr> list;
  (list.push_back(std::move(arguments)), ...);
  return list;
}
ExprPtr both(ExprPtr left, ExprPtr right);  // either may be null
TablePtr subquery(SelectPtr select, const char* alias);

// Rows of a batch, merged among themselves: a table of `columns` (and kDeleteSign when `has_sign`). `rows` has them
// and the column kRowNumber, in the order in which they were written.
inline constexpr const char* kRowNumber = "__row";
SelectPtr last_by_sequence(const WriteTarget& target, const std::vector<const WriteColumn*>& columns, bool has_sign,
                           const WriteColumn& sequence, TablePtr rows);
SelectPtr aggregated(const WriteTarget& target, TablePtr rows);
// The value of an aggregate column after rows of the batch came: from `__t`, the table, and `__s`, the batch.
ExprPtr merged_value(const WriteColumn& column);
// Whether the order of the batch's rows decides some column of aggregated().
bool aggregates_in_order(const WriteTarget& target);
// Whether existing rows take part in the aggregation of the batch: no function merges two values of such columns.
bool aggregates_with_stored_rows(const WriteTarget& target);

}  // namespace sluice::kernel
