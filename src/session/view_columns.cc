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

const duckdb::LogicalType* type_of(const ParsedExpression& expression, const TableDefinition& table) {
  if (expression.GetExpressionClass() != ExpressionClass::COLUMN_REF) return nullptr;
  const std::string& name = expression.Cast<duckdb::ColumnRefExpression>().GetColumnName();
  for (const TableColumn& column : table.columns) {
    if (StringUtil::CIEquals(column.name(), name)) return &column.definition.Type();
  }
  return nullptr;
}

// The sign of an operator that is a function of Doris; null: it is none.
const char* operator_sign(const std::string& name) {
  static constexpr std::pair<const char*, const char*> kSigns[] = {
      {"add", "+"}, {"subtract", "-"}, {"multiply", "*"}, {"divide", "/"}, {"mod", "%"}};
  for (const auto& [function, sign] : kSigns) {
    if (name == function) return sign;
  }
  return nullptr;
}

std::string cast_to(const std::string& text, const char* type) { return "CAST(" + text + " AS " + type + ")"; }

// What is added up.
std::string summed(const ParsedExpression& argument, const TableDefinition& table) {
  const auto* type = type_of(argument, table);
  const std::string text = expression_text(argument);
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
  if (!inner || inner->children.size() != 1) return expression_text(argument);
  const std::string name = doris_name(*inner);
  const auto* type = type_of(*inner->children[0], table);
  std::string text = expression_text(*inner->children[0]);
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
  const std::string name = doris_name(call);
  if (name == "count_star" || (name == "count" && call.children.size() == 1)) {
    column.aggregation = "SUM";
    const std::string counted = name == "count" ? expression_text(*call.children[0]) : "1";
    column.definition = "CASE WHEN " + counted + " IS NULL THEN 0 ELSE 1 END";
  } else if (call.children.size() == 1 && (name == "sum" || name == "min" || name == "max")) {
    column.aggregation = StringUtil::Upper(name);
    column.definition = name == "sum" ? summed(*call.children[0], table) : expression_text(*call.children[0]);
  } else if (call.children.size() == 1 && (name == "hll_union" || name == "bitmap_union")) {
    column.aggregation = StringUtil::Upper(name);
    column.definition = hashed(*call.children[0], table);
  }
  if (!column.aggregation.empty()) column.name = "mva_" + column.aggregation + "__" + column.definition;
  return column;
}

}  // namespace

std::string doris_name(const duckdb::FunctionExpression& call) {
  const std::string& name = call.function_name;
  return call.schema == "doris" && name.starts_with("d_") ? name.substr(2) : name;
}

std::string expression_text(const ParsedExpression& expression) {
  switch (expression.GetExpressionClass()) {
    case ExpressionClass::COLUMN_REF:
      return "`" + expression.Cast<duckdb::ColumnRefExpression>().GetColumnName() + "`";
    case ExpressionClass::CONSTANT: {
      const duckdb::Value& value = expression.Cast<duckdb::ConstantExpression>().value;
      if (value.IsNull()) return "NULL";
      return value.type().id() == LogicalTypeId::VARCHAR ? "'" + value.ToString() + "'" : value.ToString();
    }
    case ExpressionClass::FUNCTION: {
      const auto& call = expression.Cast<duckdb::FunctionExpression>();
      const std::string name = doris_name(call);
      const char* sign = call.children.size() == 2 ? operator_sign(name) : nullptr;
      if (sign)
        return "(" + expression_text(*call.children[0]) + " " + sign + " " + expression_text(*call.children[1]) + ")";
      if (name == "count_star") return "count(*)";
      std::string list = call.distinct ? "DISTINCT " : "";
      for (size_t i = 0; i < call.children.size(); ++i)
        list += (i == 0 ? "" : ", ") + expression_text(*call.children[i]);
      return name + "(" + list + ")";
    }
    default:
      return expression.HasAlias() ? expression.GetAlias() : expression.ToString();
  }
}

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
      // Operators as Doris writes them, other calls as their author did.
      const auto* call = call_of(*item);
      const bool is_operator = call && call->children.size() == 2 && operator_sign(doris_name(*call));
      column.definition = item->HasAlias() && !is_operator ? item->GetAlias() : expression_text(*item);
      // Of columns that are not aggregated, names are without the quotes inside.
      column.name = "mv_" + StringUtil::Replace(column.definition, "`", "");
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

}  // namespace sluice::session
