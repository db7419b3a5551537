// SPDX-License-Identifier: Apache-2.0
// Every such function is ARRAY_MAP of its lambda and a function over the array that this gives, as in Doris:
// ARRAY_COUNT(f, a) is ARRAY_COUNT(ARRAY_MAP(f, a)). Several arrays become one of structs, whose fields the lambda's
// parameters then are.
#include "dialect/lambda_call.h"

#include "dialect/tree.h"
#include "duckdb/parser/expression/lambda_expression.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"

namespace sluice::dialect {
namespace {

using duckdb::ExpressionClass;
using duckdb::ExpressionType;

bool is_lambda(const duckdb::ParsedExpression& expression) {
  return expression.GetExpressionClass() == ExpressionClass::LAMBDA;
}

std::vector<std::string> parameters_of(const duckdb::LambdaExpression& lambda) {
  std::string error;
  std::vector<std::string> names;
  for (const auto& column : lambda.ExtractColumnRefExpressions(error)) {
    names.push_back(column.get().Cast<duckdb::ColumnRefExpression>().GetColumnName());
  }
  return names;
}

ExprPtr column(const std::string& name) { return duckdb::make_uniq<duckdb::ColumnRefExpression>(name); }
ExprPtr field(ExprPtr operand, const std::string& name) {
  return tree::op(ExpressionType::STRUCT_EXTRACT, tree::list(std::move(operand), tree::text(name)));
}

// Parameters as what stands for them: themselves, or (with `row`) the row's fields "1", "2", ..; x.f is field f of x.
class Substitution {
 public:
  Substitution(std::vector<std::string> names, std::string row) : names_(std::move(names)), row_(std::move(row)) {}

  void apply(ExprPtr& expression) {
    if (expression->GetExpressionClass() == ExpressionClass::COLUMN_REF) return replace(expression);
    if (!is_lambda(*expression)) {
      duckdb::ParsedExpressionIterator::EnumerateChildren(*expression, [&](ExprPtr& child) { apply(child); });
      return;
    }
    // Parameters of an inner lambda hide ours.
    auto& lambda = expression->Cast<duckdb::LambdaExpression>();
    std::vector<std::string> kept = names_;
    for (const auto& hidden : parameters_of(lambda)) {
      for (auto& name : names_) {
        if (duckdb::StringUtil::CIEquals(name, hidden)) name.clear();
      }
    }
    apply(lambda.expr);
    names_ = std::move(kept);
  }

 private:
  void replace(ExprPtr& expression) {
    const auto& written = expression->Cast<duckdb::ColumnRefExpression>().column_names;
    for (size_t i = 0; i < names_.size(); ++i) {
      if (names_[i].empty() || !duckdb::StringUtil::CIEquals(written[0], names_[i])) continue;
      if (row_.empty() && written.size() == 1) return;
      ExprPtr value = row_.empty() ? column(names_[i]) : field(column(row_), std::to_string(i + 1));
      for (size_t part = 1; part < written.size(); ++part) value = field(std::move(value), written[part]);
      expression = std::move(value);
      return;
    }
  }

  std::vector<std::string> names_;
  std::string row_;
};

struct LambdaArguments {
  duckdb::unique_ptr<duckdb::LambdaExpression> lambda;  // of one parameter
  ExprPtr operand;                                      // the array that it runs over
  ExprPtr first;                                        // the first array
  bool single = false;
};

// The lambda may be the first or the last argument.
Parsed<LambdaArguments> take_arguments(ParseContext& c, Call& call) {
  LambdaArguments result;
  ExprList arrays;
  for (auto& argument : call.args) {
    if (!is_lambda(*argument)) {
      arrays.push_back(tree::doris("array_operand", std::move(argument)));
    } else if (result.lambda) {
      return c.syntax_error("a function takes one lambda", call.where);
    } else {
      result.lambda.reset(static_cast<duckdb::LambdaExpression*>(argument.release()));
    }
  }
  std::vector<std::string> names = parameters_of(*result.lambda);
  if (names.size() != arrays.size()) {
    return c.syntax_error("the lambda of " + duckdb::StringUtil::Upper(call.name) + "() has " +
                              std::to_string(names.size()) + " parameters for " + std::to_string(arrays.size()) +
                              " arrays",
                          call.where);
  }
  result.first = arrays[0]->Copy();
  result.single = arrays.size() == 1;
  // A name that no column or outer parameter has.
  const std::string row = result.single ? "" : "__lambda_row_" + std::to_string(call.where.begin);
  Substitution(std::move(names), row).apply(result.lambda->expr);
  if (result.single) {
    result.operand = std::move(arrays[0]);
  } else {
    result.operand = tree::doris_call("array_zip", std::move(arrays));
    result.lambda =
        duckdb::make_uniq<duckdb::LambdaExpression>(duckdb::vector<std::string>{row}, std::move(result.lambda->expr));
  }
  return result;
}

ExprPtr mapped(LambdaArguments arguments) {
  return tree::doris("array_operand", tree::function("list_transform", std::move(arguments.operand),
                                                     ExprPtr(std::move(arguments.lambda))));
}

ExprPtr filtered(LambdaArguments arguments) {
  if (!arguments.single) {
    ExprPtr first = std::move(arguments.first);
    return tree::doris("array_filter", std::move(first), mapped(std::move(arguments)));
  }
  arguments.lambda->expr = tree::condition(std::move(arguments.lambda->expr));
  return tree::function("list_filter", std::move(arguments.operand), ExprPtr(std::move(arguments.lambda)));
}

}  // namespace

bool has_lambda(const Call& call) {
  for (const auto& argument : call.args) {
    if (is_lambda(*argument)) return true;
  }
  return false;
}

Parsed<ExprPtr> build_lambda_call(ParseContext& c, Call& call) {
  LambdaArguments arguments = TRY(take_arguments(c, call));
  const std::string& name = call.name;
  if (name == "array_map" || name == "array_transform") return mapped(std::move(arguments));
  if (name == "array_filter") return filtered(std::move(arguments));
  if (name == "array_first") return tree::doris("element_at", filtered(std::move(arguments)), tree::integer(1));
  if (name == "array_last") return tree::doris("element_at", filtered(std::move(arguments)), tree::integer(-1));
  for (const char* known :
       {"array_exists", "array_count", "array_first_index", "array_last_index", "array_match_all", "array_match_any"}) {
    if (name == known) return tree::doris(name, mapped(std::move(arguments)));
  }
  for (const char* known : {"array_sortby", "array_split", "array_reverse_split"}) {
    if (name != known) continue;
    ExprPtr first = std::move(arguments.first);
    return tree::doris(name, std::move(first), mapped(std::move(arguments)));
  }
  return c.syntax_error(duckdb::StringUtil::Upper(name) + "() takes no lambda", call.where);
}

ExprPtr make_lambda(const duckdb::ParsedExpression& parameters, ExprPtr body) {
  const auto simple_name = [](const duckdb::ParsedExpression& expression) -> std::optional<std::string> {
    if (expression.GetExpressionClass() != ExpressionClass::COLUMN_REF) return std::nullopt;
    const auto& names = expression.Cast<duckdb::ColumnRefExpression>().column_names;
    return names.size() == 1 ? std::optional<std::string>(names[0]) : std::nullopt;
  };
  duckdb::vector<std::string> names;
  if (auto name = simple_name(parameters)) {
    names.push_back(*name);
  } else if (parameters.GetExpressionClass() == ExpressionClass::FUNCTION) {
    const auto& row = parameters.Cast<duckdb::FunctionExpression>();
    if (row.function_name != "row") return nullptr;
    for (const auto& child : row.children) {
      auto part = simple_name(*child);
      if (!part) return nullptr;
      names.push_back(*part);
    }
  } else {
    return nullptr;
  }
  return duckdb::make_uniq<duckdb::LambdaExpression>(std::move(names), std::move(body));
}

}  // namespace sluice::dialect
