// SPDX-License-Identifier: Apache-2.0
#include "kernel/catalog_text.h"

#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "functions/registry.h"

namespace sluice::kernel {
namespace {

using duckdb::ExpressionClass;
using duckdb::ExpressionType;
using duckdb::ParsedExpression;
using ExprPtr = duckdb::unique_ptr<ParsedExpression>;

struct Operator {
  std::string_view function;
  const char* symbol;  // of a binary or unary operator; null: `comparison`
  ExpressionType comparison = ExpressionType::INVALID;
};
constexpr Operator kOperators[] = {
    {"add", "+"},
    {"subtract", "-"},
    {"multiply", "*"},
    {"divide", "/"},
    {"int_divide", "DIV"},
    {"mod", "%"},
    {"bitand", "&"},
    {"bitor", "|"},
    {"bitxor", "^"},
    {"bitnot", "~"},
    {"negative", "-"},
    {"eq", nullptr, ExpressionType::COMPARE_EQUAL},
    {"ne", nullptr, ExpressionType::COMPARE_NOTEQUAL},
    {"lt", nullptr, ExpressionType::COMPARE_LESSTHAN},
    {"le", nullptr, ExpressionType::COMPARE_LESSTHANOREQUALTO},
    {"gt", nullptr, ExpressionType::COMPARE_GREATERTHAN},
    {"ge", nullptr, ExpressionType::COMPARE_GREATERTHANOREQUALTO},
};

ExprPtr case_of(duckdb::vector<ExprPtr> parts) {
  auto result = duckdb::make_uniq<duckdb::CaseExpression>();
  for (size_t i = 0; i + 1 < parts.size(); i += 2) {
    duckdb::CaseCheck check;
    check.when_expr = std::move(parts[i]);
    check.then_expr = std::move(parts[i + 1]);
    result->case_checks.push_back(std::move(check));
  }
  result->else_expr =
      parts.size() % 2 != 0 ? std::move(parts.back()) : duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value());
  return result;
}

// add_date_interval(x, i) and its kin (date_arithmetic.h), as the function of the interval's unit.
ExprPtr shift_of(const std::string& function, duckdb::vector<ExprPtr> parts) {
  const char* const sign = function.starts_with("add_") ? "_add" : "_sub";
  std::string unit;
  ExprPtr count;
  if (parts.size() == 2 && parts[1]->GetExpressionClass() == ExpressionClass::CONSTANT) {
    const duckdb::Value& interval = parts[1]->Cast<duckdb::ConstantExpression>().value;
    if (!interval.IsNull() && interval.type().id() == duckdb::LogicalTypeId::INTERVAL) {
      const auto [months, days, micros] = duckdb::IntervalValue::Get(interval);
      constexpr int64_t kMicrosPerSecond = 1'000'000;
      const bool seconds = micros % kMicrosPerSecond == 0;
      unit = months != 0 ? "months" : days != 0 ? "days" : seconds ? "seconds" : "microseconds";
      const int64_t amount = months != 0 ? months : days != 0 ? days : seconds ? micros / kMicrosPerSecond : micros;
      count = duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value::BIGINT(amount));
    }
  } else if (parts.size() == 2 && parts[1]->GetExpressionClass() == ExpressionClass::FUNCTION) {
    auto& maker = parts[1]->Cast<duckdb::FunctionExpression>();
    if (maker.function_name.starts_with("to_") && maker.children.size() == 1) {
      unit = maker.function_name.substr(3);
      count = std::move(maker.children[0]);
      // What the parser put around it for the kernel's function.
      if (count->GetExpressionClass() == ExpressionClass::CAST) {
        auto& cast = count->Cast<duckdb::CastExpression>();
        if (cast.cast_type == duckdb::LogicalType::BIGINT) count = std::move(cast.child);
      }
    }
  }
  if (!count) return duckdb::make_uniq<duckdb::FunctionExpression>(function, std::move(parts));
  duckdb::vector<ExprPtr> shifted;
  shifted.push_back(std::move(parts[0]));
  shifted.push_back(std::move(count));
  return duckdb::make_uniq<duckdb::FunctionExpression>(unit + sign, std::move(shifted));
}

// The tree with operators, CASE and CAST where Doris' calls stood.
ExprPtr as_written(ExprPtr expression) {
  duckdb::ParsedExpressionIterator::EnumerateChildren(*expression,
                                                      [](ExprPtr& child) { child = as_written(std::move(child)); });
  if (expression->GetExpressionClass() != ExpressionClass::FUNCTION) return expression;
  auto& call = expression->Cast<duckdb::FunctionExpression>();
  if (call.schema != "doris") return expression;
  auto& parts = call.children;
  const std::string prefix = functions::kernel_name("");
  if (!call.function_name.starts_with(prefix)) return shift_of(call.function_name, std::move(parts));
  const std::string name = call.function_name.substr(prefix.size());
  if (name == "truth") return std::move(parts[0]);
  if (name == "case") return case_of(std::move(parts));
  if (name == "cast" && parts[1]->GetExpressionClass() == ExpressionClass::CONSTANT) {
    duckdb::LogicalType type = parts[1]->Cast<duckdb::ConstantExpression>().value.type();
    return duckdb::make_uniq<duckdb::CastExpression>(std::move(type), std::move(parts[0]));
  }
  if (name == "in" || name == "not_in") {
    const auto type = name == "in" ? ExpressionType::COMPARE_IN : ExpressionType::COMPARE_NOT_IN;
    return duckdb::make_uniq<duckdb::OperatorExpression>(type, std::move(parts));
  }
  if (name == "between") {
    return duckdb::make_uniq<duckdb::BetweenExpression>(std::move(parts[0]), std::move(parts[1]), std::move(parts[2]));
  }
  for (const Operator& known : kOperators) {
    if (name != known.function) continue;
    if (!known.symbol) {
      return duckdb::make_uniq<duckdb::ComparisonExpression>(known.comparison, std::move(parts[0]),
                                                             std::move(parts[1]));
    }
    auto result = duckdb::make_uniq<duckdb::FunctionExpression>(known.symbol, std::move(parts));
    result->is_operator = true;
    return result;
  }
  return duckdb::make_uniq<duckdb::FunctionExpression>(name, std::move(parts));
}

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
    const bool minus = call.function_name == "-" || call.function_name == functions::kernel_name("negative");
    if (!minus || call.children.size() != 1) return std::nullopt;
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

std::string expression_text(const ParsedExpression& expression) {
  return dialect_text(as_written(expression.Copy())->ToString());
}

std::string generated_text(const duckdb::ColumnDefinition& column) {
  const ParsedExpression& expression = column.GeneratedExpression();
  if (expression.GetExpressionClass() != ExpressionClass::CAST) return expression_text(expression);
  const auto& cast = expression.Cast<duckdb::CastExpression>();
  return expression_text(cast.cast_type == column.Type() ? *cast.child : expression);
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
  std::string text = expression_text(expression);
  return DefaultText{text, "(" + text + ")"};
}

}  // namespace sluice::kernel
