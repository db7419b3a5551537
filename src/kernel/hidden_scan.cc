// SPDX-License-Identifier: Apache-2.0
#include "kernel/hidden_scan.h"

#include <algorithm>

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/function/table_function.hpp"
#include "duckdb/parser/parsed_data/create_table_function_info.hpp"
#include "kernel/bind_function.h"
#include "kernel/table_model.h"

namespace sluice::kernel {
namespace {

using duckdb::LogicalType;
using duckdb::make_uniq;
using duckdb::Value;
using ExprPtr = duckdb::unique_ptr<duckdb::ParsedExpression>;

constexpr const char* kFunction = "sluice_hidden_scan";

ExprPtr typed(Value value, const LogicalType& type) {
  return make_uniq<duckdb::CastExpression>(type, make_uniq<duckdb::ConstantExpression>(std::move(value)));
}

duckdb::unique_ptr<duckdb::TableRef> replace(duckdb::ClientContext& context, duckdb::TableFunctionBindInput& input) {
  auto table = make_uniq<duckdb::BaseTableRef>();
  table->catalog_name = input.inputs[0].ToString();
  table->schema_name = input.inputs[1].ToString();
  table->table_name = input.inputs[2].ToString();
  const std::string name = table->table_name;
  std::vector<std::string> wanted;
  for (const auto& value : duckdb::ListValue::GetChildren(input.inputs[3])) wanted.push_back(value.ToString());
  const duckdb::EntryLookupInfo lookup(duckdb::CatalogType::TABLE_ENTRY, name);
  auto entry = duckdb::Catalog::GetEntry(context, table->catalog_name, table->schema_name, lookup,
                                         duckdb::OnEntryNotFound::THROW_EXCEPTION);
  auto select = make_uniq<duckdb::SelectNode>();
  select->select_list.push_back(make_uniq<duckdb::StarExpression>());
  if (entry->type == duckdb::CatalogType::TABLE_ENTRY) {
    auto& found = entry->Cast<duckdb::TableCatalogEntry>();
    const TableModel model = decode_table(found.comment);
    const auto add = [&](const char* column, ExprPtr value) {
      if (std::ranges::find(wanted, column) == wanted.end()) return;
      value->SetAlias(column);
      select->select_list.push_back(std::move(value));
    };
    if (model.keys == KeyModel::kUnique) {
      add(kDeleteSign, typed(Value::INTEGER(0), LogicalType::TINYINT));
      add(kVersionColumn, typed(Value(LogicalType::SQLNULL), LogicalType::BIGINT));
      const std::string* sequence = model.property("function_column.sequence_col");
      if (sequence && found.ColumnExists(*sequence))
        add(kSequenceColumn, make_uniq<duckdb::ColumnRefExpression>(*sequence));
    }
  }
  select->from_table = std::move(table);
  auto statement = make_uniq<duckdb::SelectStatement>();
  statement->node = std::move(select);
  return make_uniq<duckdb::SubqueryRef>(std::move(statement), name);
}

}  // namespace

duckdb::unique_ptr<duckdb::TableRef> hidden_scan(const std::string& catalog, const std::string& schema,
                                                 const std::string& table, const std::vector<std::string>& columns) {
  duckdb::vector<Value> list;
  for (const auto& column : columns) list.emplace_back(column);
  return bind_table_call(
      kFunction, {Value(catalog), Value(schema), Value(table), Value::LIST(LogicalType::VARCHAR, std::move(list))},
      table);
}

void create_hidden_scan(duckdb::ClientContext& context) {
  create_bind_table_function(
      context, kFunction,
      {LogicalType::VARCHAR, LogicalType::VARCHAR, LogicalType::VARCHAR, LogicalType::LIST(LogicalType::VARCHAR)},
      replace);
}

}  // namespace sluice::kernel
