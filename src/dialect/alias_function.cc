// SPDX-License-Identifier: Apache-2.0
// CREATE ALIAS FUNCTION f(types) WITH PARAMETER (names) AS call, and DROP FUNCTION f(types).
#include <set>

#include "dialect/expression.h"
#include "dialect/names.h"
#include "dialect/special_call.h"
#include "dialect/statements.h"
#include "dialect/tree.h"
#include "dialect/types.h"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "functions/type_names.h"

namespace sluice::dialect {
namespace {

using What = AliasFunctionStatement::What;
using duckdb::StringUtil;

// GLOBAL, or words of Doris that mean what is meant without them.
bool is_scope(const ParseContext& c) { return c.is_word("GLOBAL") || c.is_word("SESSION") || c.is_word("LOCAL"); }

Parsed<TypeName> parse_parameter_type(ParseContext& c) {
  TypeName type = TRY(parse_cast_type(c));
  type.length.reset();  // arguments are not cut
  return type;
}

std::string type_text(const TypeName& type) {
  if (!type.fraction_digits) return type.declared.empty() ? functions::type_name(type.type) : type.declared;
  return *type.fraction_digits == 0 ? "datetime" : "datetime(" + std::to_string(*type.fraction_digits) + ")";
}

Parsed<std::vector<TypeName>> parse_types(ParseContext& c) {
  std::vector<TypeName> types;
  TRY(c.expect(TokenKind::kLeftParen, "'(' and the types of the parameters"));
  if (c.accept(TokenKind::kRightParen)) return types;
  do {
    types.push_back(TRY(parse_parameter_type(c)));
  } while (c.accept(TokenKind::kComma));
  TRY(c.expect(TokenKind::kRightParen, "',' or ')' after a type"));
  return types;
}

duckdb::vector<std::string> texts_of(const std::vector<TypeName>& types) {
  duckdb::vector<std::string> texts;
  for (const TypeName& type : types) texts.push_back(type_text(type));
  return texts;
}

// The parameters in a body.
struct Parameters {
  const duckdb::vector<std::string>& names;
  const std::vector<TypeName>& types;
  std::set<size_t> used;
  std::string unknown;  // a column that is none of them
};

// Each parameter becomes a cast of it to its type. `hidden`: of lambdas around.
void type_parameters(ExprPtr& expression, Parameters& parameters, const std::set<std::string>& hidden) {
  expression->SetQueryLocation(duckdb::optional_idx());
  if (expression->GetExpressionClass() == duckdb::ExpressionClass::LAMBDA) {
    auto& lambda = expression->Cast<duckdb::LambdaExpression>();
    std::set<std::string> inner = hidden;
    std::string problem;
    for (const auto& name : lambda.ExtractColumnRefExpressions(problem))
      inner.insert(StringUtil::Lower(name.get().Cast<duckdb::ColumnRefExpression>().GetColumnName()));
    return type_parameters(lambda.expr, parameters, inner);
  }
  if (expression->GetExpressionClass() != duckdb::ExpressionClass::COLUMN_REF) {
    duckdb::ParsedExpressionIterator::EnumerateChildren(
        *expression, [&](ExprPtr& child) { type_parameters(child, parameters, hidden); });
    return;
  }
  const auto& column = expression->Cast<duckdb::ColumnRefExpression>();
  const std::string name = StringUtil::Lower(column.GetColumnName());
  if (hidden.contains(name)) return;
  for (size_t i = 0; i < parameters.names.size() && !column.IsQualified(); ++i) {
    if (parameters.names[i] != name) continue;
    parameters.used.insert(i);
    expression = make_cast(duckdb::make_uniq<duckdb::ColumnRefExpression>(name), parameters.types[i]);
    return;
  }
  parameters.unknown = column.ToString();
}

bool has_query(const duckdb::ParsedExpression& expression) {
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::SUBQUERY) return true;
  bool found = false;
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const duckdb::ParsedExpression& child) { found = found || has_query(child); });
  return found;
}

// After AS. Doris takes a call or a CAST, no operators.
Parsed<void> parse_body(ParseContext& c, AliasFunctionStatement& statement, const std::vector<TypeName>& types) {
  const std::string signature =
      "Alias function [" + statement.name.name + "(" + StringUtil::Join(statement.types, ", ") + ")]";
  const size_t first = c.mark();
  size_t name = 0;
  while (c.is(TokenKind::kDot, name + 1)) name += 2;
  const bool call = c.is(TokenKind::kLeftParen, name + 1) && !c.is(TokenKind::kLeftParen);
  const size_t end = call ? c.end_of_level(first + name + 2) : first;
  ExprPtr body = TRY(parse_expression(c));
  if (!call || c.mark() != end + 1)
    return c.syntax_error("Not supported expr type: an alias function stands for a call or a CAST");
  if (has_query(*body)) return c.syntax_error("an alias function takes no queries");
  if (c.session_dependent()) return c.syntax_error("an alias function takes no values of the session");
  Parameters parameters{statement.parameters, types, {}, {}};
  type_parameters(body, parameters, {});
  if (!parameters.unknown.empty())
    return c.syntax_error("Unknown column '" + parameters.unknown + "' in alias function: it sees its parameters only");
  for (size_t i = 0; i < statement.parameters.size(); ++i) {
    if (!parameters.used.contains(i))
      return c.syntax_error(signature + " do not contain parameter [" + statement.parameters[i] + "]");
  }
  statement.body.reset(body.release());
  statement.text = std::string(c.text_since(first));
  return {};
}

}  // namespace

Parsed<duckdb::vector<std::string>> parse_parameter_types(ParseContext& c) { return texts_of(TRY(parse_types(c))); }

bool at_function(const ParseContext& c) {
  const size_t at = is_scope(c) ? 1 : 0;
  return c.is_word("FUNCTION", at) || (c.is_word("ALIAS", at) && c.is_word("FUNCTION", at + 1));
}

Body parse_create_function(ParseContext& c) {
  AliasFunctionStatement statement;
  statement.global = c.is_word("GLOBAL");
  if (is_scope(c)) c.advance();
  if (!c.accept_word("ALIAS")) return c.unsupported("CREATE FUNCTION with code of its own: CREATE ALIAS FUNCTION is");
  c.advance();
  statement.unless = TRY(parse_if_not_exists(c));
  statement.name = TRY(parse_qualified_name(c, "a function name"));
  statement.name.name = StringUtil::Lower(statement.name.name);
  const auto types = TRY(parse_types(c));
  statement.types = texts_of(types);
  TRY(c.expect("WITH"_kw));
  if (!c.accept_word("PARAMETER")) return c.expected("PARAMETER");
  TRY(c.expect(TokenKind::kLeftParen, "'(' and the names of the parameters"));
  if (!c.accept(TokenKind::kRightParen)) {
    do {
      statement.parameters.push_back(StringUtil::Lower(TRY(parse_name(c, "a parameter's name"))));
    } while (c.accept(TokenKind::kComma));
    TRY(c.expect(TokenKind::kRightParen, "',' or ')' after a parameter"));
  }
  const std::set<std::string> names(statement.parameters.begin(), statement.parameters.end());
  if (statement.parameters.size() != types.size())
    return c.syntax_error("Alias function [" + statement.name.name + "] args number is not equal to parameters number");
  if (names.size() != types.size())
    return c.syntax_error("Alias function [" + statement.name.name + "] has duplicate parameters");
  TRY(c.expect("AS"_kw));
  TRY(parse_body(c, statement, types));
  return statement;
}

Body parse_drop_function(ParseContext& c) {
  AliasFunctionStatement statement;
  statement.what = What::kDrop;
  statement.global = c.is_word("GLOBAL");
  if (is_scope(c)) c.advance();
  c.advance();
  statement.unless = TRY(parse_if_exists(c));
  statement.name = TRY(parse_qualified_name(c, "a function name"));
  statement.name.name = StringUtil::Lower(statement.name.name);
  statement.types = TRY(parse_parameter_types(c));
  return statement;
}

}  // namespace sluice::dialect
