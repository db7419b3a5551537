// SPDX-License-Identifier: Apache-2.0
#include "kernel/catalog_text.h"

#include "duckdb/parser/parsed_expression_iterator.hpp"

namespace sluice::kernel {
namespace {

using duckdb::ExpressionClass;
using duckdb::ParsedExpression;

const ParsedExpression& without_casts(const ParsedExpression& expression) {
  const ParsedExpression* inner = &expression;
  while (inner->GetExpressionClass() == ExpressionClass::CAST)
    inner = inner->Cast<duckdb::CastExpression>().child.get();
  return *inner;
}

// The constant that an expression is: a literal, with a cast around or a minus before it.
std::optional<std::string> constant_text(const ParsedExpression& expression) {
  const ParsedExpression& inner = without_casts(expression);
  if (inner.GetExpressionClass() == ExpressionClass::CONSTANT) {
    const duckdb::Value& value = inner.Cast<duckdb::ConstantExpression>().value;
    if (value.IsNull()) return std::nullopt;
    if (value.type().id() == duckdb::LogicalTypeId::BOOLEAN) return value.GetValue<bool>() ? "1" : "0";
    return value.ToString();
  }
  if (inner.GetExpressionClass() == ExpressionClass::FUNCTION) {
    const auto& call = inner.Cast<duckdb::FunctionExpression>();
    if (call.function_name != "-" || call.children.size() != 1) return std::nullopt;
    auto operand = constant_text(*call.children[0]);
    if (operand) return "-" + *operand;
  }
  return std::nullopt;
}

bool is_null_constant(const ParsedExpression& expression) {
  const ParsedExpression& inner = without_casts(expression);
  return inner.GetExpressionClass() == ExpressionClass::CONSTANT &&
         inner.Cast<duckdb::ConstantExpression>().value.IsNull();
}

// Whether some function of the kernel that gives the present moment is called, at any depth.
bool calls_now(const ParsedExpression& expression) {
  if (expression.GetExpressionClass() == ExpressionClass::FUNCTION) {
    const std::string& name = expression.Cast<duckdb::FunctionExpression>().function_name;
    for (const char* now :
         {"now", "get_current_timestamp", "current_timestamp", "current_localtimestamp", "transaction_timestamp"}) {
      if (duckdb::StringUtil::CIEquals(name, now)) return true;
    }
  }
  if (expression.GetExpressionClass() == ExpressionClass::COLUMN_REF) {
    return duckdb::StringUtil::CIEquals(expression.Cast<duckdb::ColumnRefExpression>().GetColumnName(),
                                        "current_timestamp");
  }
  bool found = false;
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const ParsedExpression& child) { found |= calls_now(child); });
  return found;
}

}  // namespace

std::string quoted_name(std::string_view name) {
  std::string result = "`";
  for (char c : name) {
    if (c == '`') result += '`';
    result += c;
  }
  return result + "`";
}

std::string quoted_string(std::string_view text) {
  std::string result = "'";
  for (char c : text) {
    switch (c) {
      case '\'':
        result += "''";
        break;
      case '\\':
        result += "\\\\";
        break;
      case '\n':
        result += "\\n";
        break;
      case '\r':
        result += "\\r";
        break;
      case '\0':
        result += "\\0";
        break;
      default:
        result += c;
    }
  }
  return result + "'";
}

std::string dialect_text(std::string_view kernel_text) {
  std::string result;
  for (size_t i = 0; i < kernel_text.size(); ++i) {
    const char quote = kernel_text[i];
    if (quote != '\'' && quote != '"') {
      result += quote;
      continue;
    }
    std::string inside;
    for (++i; i < kernel_text.size(); ++i) {
      if (kernel_text[i] == quote) {
        if (i + 1 == kernel_text.size() || kernel_text[i + 1] != quote) break;
        ++i;
      }
      inside += kernel_text[i];
    }
    result += quote == '"' ? quoted_name(inside) : quoted_string(inside);
  }
  return result;
}

std::optional<DefaultText> default_text(const duckdb::ColumnDefinition& column) {
  if (column.Generated() || !column.HasDefaultValue()) return std::nullopt;
  const ParsedExpression& expression = column.DefaultValue();
  if (is_null_constant(expression)) return std::nullopt;
  if (auto constant = constant_text(expression)) return DefaultText{*constant, quoted_string(*constant)};
  if (calls_now(expression)) {
    if (column.Type().id() == duckdb::LogicalTypeId::DATE) return DefaultText{"CURRENT_DATE", "CURRENT_DATE"};
    return DefaultText{"CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP"};
  }
  std::string text = dialect_text(expression.ToString());
  return DefaultText{text, "(" + text + ")"};
}

}  // namespace sluice::kernel
