// SPDX-License-Identifier: Apache-2.0
// INSERT into tables with generated columns: they count among the columns, and only DEFAULT may stand in their place.
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/parser/tableref/expressionlistref.hpp"
#include "kernel/insert_batch.h"

namespace sluice::kernel {
namespace {

[[noreturn]] void refuse(const std::string& column, const std::string& table) {
  throw duckdb::BinderException("The value specified for generated column '%s' in table '%s' is not allowed.", column,
                                table);
}

}  // namespace

void leave_out_generated(duckdb::TableCatalogEntry& table, duckdb::InsertStatement& insert) {
  if (insert.default_values || !insert.select_statement) return;
  const auto& columns = table.GetColumns();
  bool any = false;
  for (const auto& column : columns.Logical()) any = any || column.Generated();
  if (!any) return;
  const bool listed = !insert.columns.empty();
  std::vector<std::string> names(insert.columns.begin(), insert.columns.end());
  if (!listed) {
    for (const auto& column : columns.Logical()) {
      if (!decode_column(column.Comment()).hidden) names.push_back(column.Name());
    }
  }
  std::vector<size_t> generated;  // places in `names`
  for (size_t i = 0; i < names.size(); ++i) {
    if (columns.ColumnExists(names[i]) && columns.GetColumn(names[i]).Generated()) generated.push_back(i);
  }
  if (generated.empty()) return;
  auto values = insert.GetValuesList();
  if (!values) refuse(names[generated.front()], table.name);
  for (auto& row : values->values) {
    if (row.size() != names.size()) {
      throw duckdb::BinderException("table %s has %llu columns but %llu values were supplied", table.name,
                                    static_cast<unsigned long long>(names.size()),
                                    static_cast<unsigned long long>(row.size()));
    }
    for (const size_t place : generated) {
      if (row[place]->GetExpressionType() != duckdb::ExpressionType::VALUE_DEFAULT) refuse(names[place], table.name);
    }
    for (auto place = generated.rbegin(); place != generated.rend(); ++place)
      row.erase(row.begin() + static_cast<ptrdiff_t>(*place));
  }
  if (!listed) return;
  for (auto place = generated.rbegin(); place != generated.rend(); ++place)
    insert.columns.erase(insert.columns.begin() + static_cast<ptrdiff_t>(*place));
  if (!insert.columns.empty()) return;
  if (values->values.size() > 1)
    throw duckdb::BinderException("INSERT of several rows must name a column that is not generated");
  insert.default_values = true;
  insert.select_statement.reset();
}

}  // namespace sluice::kernel
