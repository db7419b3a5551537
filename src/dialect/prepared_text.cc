// SPDX-License-Identifier: Apache-2.0
// PREPARE, EXECUTE and DEALLOCATE PREPARE as statements.
#include "dialect/expression.h"
#include "dialect/literals.h"
#include "dialect/names.h"
#include "dialect/statements.h"

namespace sluice::dialect {
namespace {

// @name, @'name'
Parsed<std::string> parse_variable_name(ParseContext& c) {
  if (!c.is(TokenKind::kUserVariable)) return c.expected("a variable like @a");
  const Token token = c.peek();
  const std::string_view written = c.text(token).substr(1);
  const bool quoted = !written.empty() && (written[0] == '\'' || written[0] == '"' || written[0] == '`');
  c.advance();
  return quoted ? string_value(c.text(token), token) : std::string(written);
}

}  // namespace

Body parse_prepare(ParseContext& c) {
  c.advance();
  PreparedTextStatement statement;
  statement.what = PreparedTextStatement::What::kPrepare;
  statement.name = TRY(parse_name(c, "a statement name"));
  TRY(c.expect("FROM"_kw));
  if (c.is(TokenKind::kUserVariable)) {
    const std::string variable = TRY(parse_variable_name(c));
    const SessionValues* session = c.session();
    if (!session) return tl::unexpected<Failed>(Failed{});
    statement.sql = session->user_variable(variable).ToString();
  } else {
    statement.sql = TRY(parse_string(c, "a statement's text"));
  }
  return statement;
}

Body parse_execute(ParseContext& c) {
  c.advance();
  PreparedTextStatement statement;
  statement.what = PreparedTextStatement::What::kExecute;
  statement.name = TRY(parse_name(c, "a statement name"));
  if (c.accept("USING"_kw)) {
    do {
      statement.variables.push_back(TRY(parse_variable_name(c)));
    } while (c.accept(TokenKind::kComma));
  }
  return statement;
}

Body parse_deallocate(ParseContext& c) {
  c.accept("DEALLOCATE"_kw);
  TRY(c.expect("PREPARE"_kw));
  PreparedTextStatement statement;
  statement.what = PreparedTextStatement::What::kDeallocate;
  statement.name = TRY(parse_name(c, "a statement name"));
  return statement;
}

}  // namespace sluice::dialect
