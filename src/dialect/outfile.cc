// SPDX-License-Identifier: Apache-2.0
// SELECT .. INTO OUTFILE and EXPORT TABLE: rows into files of the server.
#include "dialect/expression.h"
#include "dialect/names.h"
#include "dialect/query.h"
#include "dialect/statements.h"
#include "dialect/table_clauses.h"
#include "dialect/tree.h"
#include "kernel/partition_scan.h"

namespace sluice::dialect {
namespace {

std::string taken_property(Properties& properties, std::string_view key) {
  for (auto it = properties.begin(); it != properties.end(); ++it) {
    if (it->first != key) continue;
    std::string value = std::move(it->second);
    properties.erase(it);
    return value;
  }
  return {};
}

// "a, `b`": the columns that EXPORT is to write; all without them.
Parsed<std::vector<ExprPtr>> exported_columns(ParseContext& c, const std::string& list, const Token& where) {
  std::vector<ExprPtr> columns;
  if (list.empty()) columns.push_back(duckdb::make_uniq<duckdb::StarExpression>());
  for (std::string name : list.empty() ? std::vector<std::string>() : duckdb::StringUtil::Split(list, ',')) {
    duckdb::StringUtil::Trim(name);
    if (name.size() > 2 && name.front() == '`' && name.back() == '`') name = name.substr(1, name.size() - 2);
    if (name.empty()) return c.syntax_error("the property \"columns\" is a list of column names", where);
    columns.push_back(duckdb::make_uniq<duckdb::ColumnRefExpression>(name));
  }
  return columns;
}

}  // namespace

Body parse_into_outfile(ParseContext& c, std::unique_ptr<duckdb::SQLStatement> query) {
  c.advance();
  c.advance();
  if (c.parameter_count() > 0) return c.unsupported("'?' in SELECT .. INTO OUTFILE");
  OutfileStatement outfile;
  outfile.query = std::move(query);
  outfile.url = TRY(parse_string(c, "a URL in quotes: \"file:///directory/prefix_\""));
  if (c.accept("FORMAT"_kw)) {
    TRY(c.expect("AS"_kw));
    outfile.format = duckdb::StringUtil::Upper(TRY(parse_name_or_string(c, "CSV, CSV_WITH_NAMES or PARQUET")));
  }
  if (c.is("PROPERTIES"_kw)) outfile.properties = TRY(parse_properties(c));
  if (c.is("FIELDS"_kw) || c.is("COLUMNS"_kw) || c.is("LINES"_kw))
    return c.unsupported("FIELDS and LINES after INTO OUTFILE; write PROPERTIES (\"column_separator\" = \",\")");
  return outfile;
}

Body parse_export(ParseContext& c) {
  c.advance();
  TRY(c.expect("TABLE"_kw));
  OutfileStatement outfile;
  auto& exported = outfile.exported.emplace();
  exported.table = TRY(parse_qualified_name(c, "a table name"));
  const KernelName name = kernel_name(exported.table);
  auto select = duckdb::make_uniq<duckdb::SelectNode>();
  const PartitionNames partitions = TRY(parse_partition_names(c));
  if (partitions.names.empty()) {
    auto table = duckdb::make_uniq<duckdb::BaseTableRef>();
    table->catalog_name = name.catalog;
    table->schema_name = name.schema;
    table->table_name = name.name;
    select->from_table = std::move(table);
  } else {
    exported.partitions = partitions.names;
    select->from_table =
        kernel::partition_scan(name.catalog, name.schema, name.name, partitions.names, partitions.temporary);
  }
  if (c.accept("WHERE"_kw)) {
    const size_t first = c.mark();
    select->where_clause = tree::condition(TRY(parse_expression(c)));
    exported.where = std::string(c.text_since(first));
  }
  TRY(c.expect("TO"_kw));
  outfile.url = TRY(parse_string(c, "a URL in quotes: \"file:///directory/prefix_\""));
  const Token where = c.peek();
  if (c.is("PROPERTIES"_kw)) outfile.properties = TRY(parse_properties(c));
  if (c.accept("WITH"_kw)) {
    if (!c.accept_word("S3")) return c.unsupported("EXPORT to HDFS or a broker");
    for (auto& property : TRY(parse_property_list(c))) outfile.properties.push_back(std::move(property));
  }
  outfile.format = duckdb::StringUtil::Upper(taken_property(outfile.properties, "format"));
  for (auto& column : TRY(exported_columns(c, taken_property(outfile.properties, "columns"), where)))
    select->select_list.push_back(std::move(column));
  outfile.query = as_statement(std::move(select));
  return outfile;
}

}  // namespace sluice::dialect
