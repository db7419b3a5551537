// SPDX-License-Identifier: Apache-2.0
#include "session/view_columns.h"

#include "functions/types.h"

namespace sluice::session {
namespace {

using duckdb::ExpressionClass;
using duckdb::LogicalTypeId;
using duckdb::ParsedExpression;
using duckdb::StringUtil;

const duckdb::FunctionExpression* call_of(const ParsedExpression& expression) {
  if (expression.GetExpressionClass() != ExpressionClass::FUNCTION) return nullptr;
  return &expression.Cast<duckdb::FunctionExpression>();
}

// The function's name in Doris.
std::string name_of(const duckdb::FunctionExpression& call) {
  const std::string& name = call.function_name;
  return call.schema == "doris" && name.starts_with("d_") ? name.substr(2) : name;
}

const duckdb::LogicalType* type_of(const ParsedExpression& expression, const TableDefinition& table) {
  if (expression.GetExpressionClass() != ExpressionClass::COLUMN_REF) return nullptr;
  const std::string& name = expression.Cast<duckdb::ColumnRefExpression>().GetColumnName();
  for (const TableColumn& column : table.columns) {
    if (StringUtil::CIEquals(column.name(), name)) return &column.definition.Type();
  }
  return nullptr;
}

std::string text_of(const ParsedExpression& expression) {
  if (expression.GetExpressionClass() == ExpressionClass::COLUMN_REF)
    return "`" + expression.Cast<duckdb::ColumnRefExpression>().GetColumnName() + "`";
  return expression.HasAlias() ? expression.GetAlias() : expression.ToString();
}

std::string cast_to(const std::string& text, const char* type) { return "CAST(" + text + " AS " + type + ")"; }

// What is added up.
std::string summed(const ParsedExpression& argument, const TableDefinition& table) {
  const auto* type = type_of(argument, table);
  const std::string text = text_of(argument);
  if (!type) return text;
  switch (type->id()) {
    case LogicalTypeId::BOOLEAN:
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
      return cast_to(text, "BIGINT");
    case LogicalTypeId::FLOAT:
      return cast_to(text, "DOUBLE");
    default:
      return text;
  }
}

// hll_hash(x) and to_bitmap(x) over a column.
std::string hashed(const ParsedExpression& argument, const TableDefinition& table) {
  const auto* inner = call_of(argument);
  if (!inner || inner->children.size() != 1) return text_of(argument);
  const std::string name = name_of(*inner);
  const auto* type = type_of(*inner->children[0], table);
  std::string text = text_of(*inner->children[0]);
  if (name == "hll_hash") {
    if (type && !functions::is_text(*type)) text = cast_to(text, "varchar(65533)");
    return "hll_hash(" + text + ")";
  }
  if (name == "to_bitmap") {
    if (type && functions::is_integer(*type) && type->id() != LogicalTypeId::BIGINT) text = cast_to(text, "BIGINT");
    return "to_bitmap_with_check(" + text + ")";
  }
  return name + "(" + text + ")";
}

ViewColumn aggregate(const duckdb::FunctionExpression& call, const TableDefinition& table) {
  ViewColumn column;
  const std::string name = name_of(call);
  if (name == "count_star" || (name == "count" && call.children.size() == 1)) {
    column.aggregation = "SUM";
    const std::string counted = name == "count" ? text_of(*call.children[0]) : "1";
    column.definition = "CASE WHEN " + counted + " IS NULL THEN 0 ELSE 1 END";
  } else if (call.children.size() == 1 && (name == "sum" || name == "min" || name == "max")) {
    column.aggregation = StringUtil::Upper(name);
    column.definition = name == "sum" ? summed(*call.children[0], table) : text_of(*call.children[0]);
  } else if (call.children.size() == 1 && (name == "hll_union" || name == "bitmap_union")) {
    column.aggregation = StringUtil::Upper(name);
    column.definition = hashed(*call.children[0], table);
  }
  if (!column.aggregation.empty()) column.name = "mva_" + column.aggregation + "__" + column.definition;
  return column;
}

}  // namespace

std::vector<ViewColumn> view_columns(const duckdb::SelectNode& query, const TableDefinition& table) {
  std::vector<ViewColumn> columns;
  for (const auto& item : query.select_list) {
    ViewColumn column;
    if (item->GetExpressionClass() == ExpressionClass::COLUMN_REF) {
      const std::string& name = item->Cast<duckdb::ColumnRefExpression>().GetColumnName();
      column = {"mv_" + name, "`" + name + "`", ""};
    } else if (const auto* call = call_of(*item)) {
      column = aggregate(*call, table);
    }
    if (column.name.empty()) {
      column.definition = text_of(*item);
      column.name = "mv_" + column.definition;
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

}  // namespace sluice::session
