// SPDX-License-Identifier: Apache-2.0
#include "kernel/index_scan.h"

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/function/table_function.hpp"
#include "duckdb/parser/parsed_data/create_table_function_info.hpp"
#include "duckdb/parser/parser.hpp"
#include "kernel/bind_function.h"
#include "kernel/table_model.h"

namespace sluice::kernel {
namespace {

using duckdb::LogicalType;
using duckdb::make_uniq;
using duckdb::StringUtil;
using duckdb::Value;

constexpr const char* kFunction = "sluice_index_scan";
constexpr char kBetweenNames = '\t';
constexpr char kAfterNames = '\n';

duckdb::unique_ptr<duckdb::SelectStatement> everything_of(duckdb::unique_ptr<duckdb::TableRef> table) {
  auto select = make_uniq<duckdb::SelectNode>();
  select->select_list.push_back(make_uniq<duckdb::StarExpression>());
  select->from_table = std::move(table);
  auto statement = make_uniq<duckdb::SelectStatement>();
  statement->node = std::move(select);
  return statement;
}

// The query of a note, over this table; null when the text is none.
duckdb::unique_ptr<duckdb::SelectStatement> query_of(const std::string& text, duckdb::BaseTableRef& table) {
  duckdb::Parser parser;
  parser.ParseQuery(text);
  if (parser.statements.size() != 1 || parser.statements[0]->type != duckdb::StatementType::SELECT_STATEMENT)
    return nullptr;
  auto query = duckdb::unique_ptr_cast<duckdb::SQLStatement, duckdb::SelectStatement>(std::move(parser.statements[0]));
  if (query->node->type != duckdb::QueryNodeType::SELECT_NODE) return nullptr;
  auto& from = query->node->Cast<duckdb::SelectNode>().from_table;
  auto copy = table.Copy();
  copy->alias = from->alias;
  from = std::move(copy);
  return query;
}

duckdb::unique_ptr<duckdb::TableRef> replace(duckdb::ClientContext& context, duckdb::TableFunctionBindInput& input) {
  auto table = make_uniq<duckdb::BaseTableRef>();
  table->catalog_name = input.inputs[0].ToString();
  table->schema_name = input.inputs[1].ToString();
  table->table_name = input.inputs[2].ToString();
  const std::string name = table->table_name;
  const duckdb::EntryLookupInfo lookup(duckdb::CatalogType::TABLE_ENTRY, name);
  auto entry = duckdb::Catalog::GetEntry(context, table->catalog_name, table->schema_name, lookup,
                                         duckdb::OnEntryNotFound::THROW_EXCEPTION);
  const std::string index = input.inputs[3].ToString();
  if (entry->type == duckdb::CatalogType::TABLE_ENTRY) {
    const TableModel model = decode_table(entry->Cast<duckdb::TableCatalogEntry>().comment);
    const std::string* note = model.note(kIndexQuery, index);
    const size_t end = note && model.note("mv", index) ? note->find(kAfterNames) : std::string::npos;
    if (end != std::string::npos) {
      if (auto query = query_of(note->substr(end + 1), *table)) {
        auto result = make_uniq<duckdb::SubqueryRef>(std::move(query), name);
        for (auto& column : StringUtil::Split(note->substr(0, end), kBetweenNames))
          result->column_name_alias.push_back(std::move(column));
        return result;
      }
    }
    const auto names_it = [&](const std::string& rollup) {
      return StringUtil::Contains(StringUtil::Lower(rollup), StringUtil::Lower(index));
    };
    if (!model.note("mv", index) && !StringUtil::CIEquals(index, name) && !std::ranges::any_of(model.rollups, names_it))
      throw duckdb::BinderException("table %s has no materialized view or rollup %s", name, index);
  }
  return make_uniq<duckdb::SubqueryRef>(everything_of(std::move(table)), name);
}

}  // namespace

duckdb::unique_ptr<duckdb::TableRef> index_scan(const std::string& catalog, const std::string& schema,
                                                const std::string& table, const std::string& index) {
  return bind_table_call(kFunction, {Value(catalog), Value(schema), Value(table), Value(index)}, table);
}

std::string index_query(const std::vector<std::string>& columns, const duckdb::SQLStatement& query) {
  std::string names;
  for (const std::string& column : columns) names += (names.empty() ? "" : std::string(1, kBetweenNames)) + column;
  return names + kAfterNames + query.ToString();
}

void create_index_scan(duckdb::ClientContext& context) {
  create_bind_table_function(context, kFunction,
                             {LogicalType::VARCHAR, LogicalType::VARCHAR, LogicalType::VARCHAR, LogicalType::VARCHAR},
                             replace);
}

}  // namespace sluice::kernel
