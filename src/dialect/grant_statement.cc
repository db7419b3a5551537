// SPDX-License-Identifier: Apache-2.0
// GRANT, REVOKE; CREATE, ALTER, DROP ROLE; CREATE, DROP, SHOW ROW POLICY.
#include "dialect/expression.h"
#include "dialect/literals.h"
#include "dialect/names.h"
#include "dialect/statements.h"

namespace sluice::dialect {
namespace {

// ROLE 'r' | account
Parsed<Grantee> parse_grantee(ParseContext& c) {
  Grantee grantee;
  if (c.is("ROLE"_kw) && (c.is(TokenKind::kString, 1) || at_name(c, 1))) {
    c.advance();
    grantee.role = TRY(parse_name_or_string(c, "a role"));
    if (grantee.role.empty()) return c.syntax_error("the name of a role is empty");
    return grantee;
  }
  grantee.account = TRY(parse_account(c));
  return grantee;
}

// A word of two in MySQL (SHOW VIEW, CREATE USER, GRANT OPTION), or a name of Doris (SELECT_PRIV).
Parsed<GrantStatement::Privilege> parse_privilege(ParseContext& c) {
  GrantStatement::Privilege privilege;
  if (!c.is(TokenKind::kWord) && !c.is(TokenKind::kQuotedIdentifier)) return c.expected("a privilege");
  privilege.name = duckdb::StringUtil::Upper(identifier_value(c.text(c.peek()), c.peek()));
  c.advance();
  while (c.is(TokenKind::kWord) && !c.is_any("ON"_kw, "TO"_kw, "FROM"_kw)) {
    privilege.name += ' ';
    privilege.name += duckdb::StringUtil::Upper(std::string(c.text(c.peek())));
    c.advance();
  }
  if (c.is(TokenKind::kLeftParen)) privilege.columns = TRY(parse_name_list(c));
  return privilege;
}

// *, db, db.*, db.t, ctl.*.*, ctl.db.*, ctl.db.t.
Parsed<void> parse_object(ParseContext& c, GrantStatement& statement) {
  std::vector<std::string> parts;
  do {
    if (c.accept(TokenKind::kStar))
      parts.emplace_back();
    else if (parts.empty())
      parts.push_back(TRY(parse_name(c, "a table, a database or '*'")));
    else
      parts.push_back(TRY(parse_name_after_dot(c, "a name or '*'")));
  } while (parts.size() < 3 && c.accept(TokenKind::kDot));
  // After a star only stars can follow.
  for (size_t i = 1; i < parts.size(); ++i) {
    if (parts[i - 1].empty() && !parts[i].empty()) return c.syntax_error("after '*' only '*' can follow");
  }
  if (parts.size() == 1) {
    // A name alone is a database, and * all there is, as in Doris; in MySQL both are about the selected database.
    statement.object.database = std::move(parts[0]);
    statement.written_database = !statement.object.database.empty();
  } else if (parts.size() == 2) {
    statement.object.database = std::move(parts[0]);
    statement.object.name = std::move(parts[1]);
    statement.written_database = !statement.object.database.empty();
  } else {
    statement.object = {std::move(parts[0]), std::move(parts[1]), std::move(parts[2])};
  }
  return {};
}

Parsed<void> parse_on(ParseContext& c, GrantStatement& statement) {
  using On = GrantStatement::On;
  const auto named = [&](On on) -> Parsed<void> {
    statement.on = on;
    if (c.accept(TokenKind::kStar))
      statement.name = "%";
    else
      statement.name = TRY(parse_name_or_string(c, "a name in quotes"));
    return {};
  };
  const bool two = c.is(TokenKind::kWord, 1) || c.is(TokenKind::kString, 1) || c.is(TokenKind::kStar, 1) ||
                   c.is(TokenKind::kQuotedIdentifier, 1);
  if (two && c.accept("RESOURCE"_kw)) return named(On::kResource);
  if (c.is_word("WORKLOAD") && c.is("GROUP"_kw, 1)) {
    c.advance();
    c.advance();
    return named(On::kWorkloadGroup);
  }
  const bool compute_group = c.is_word("COMPUTE") && c.is("GROUP"_kw, 1);
  const bool vault = c.is("STORAGE"_kw) && c.is_word("VAULT", 1);
  if (compute_group || vault) {
    c.advance();
    c.advance();
    return named(On::kElsewhere);
  }
  if (two && (c.accept("CLUSTER"_kw) || c.accept_word("STAGE"))) return named(On::kElsewhere);
  if (two) c.accept("TABLE"_kw);
  return parse_object(c, statement);
}

}  // namespace

Body parse_grant(ParseContext& c, bool revoke) {
  c.advance();
  GrantStatement statement;
  statement.revoke = revoke;
  const Keyword before_grantee = revoke ? "FROM"_kw : "TO"_kw;
  if (c.is(TokenKind::kString)) {
    statement.on = GrantStatement::On::kRoles;
    do {
      statement.roles.push_back(TRY(parse_string(c, "a role in quotes")));
    } while (c.accept(TokenKind::kComma));
    TRY(c.expect(before_grantee));
    statement.grantee.account = TRY(parse_account(c));
    return statement;
  }
  do {
    statement.privileges.push_back(TRY(parse_privilege(c)));
  } while (c.accept(TokenKind::kComma));
  // Roles without quotes: GRANT r, s TO u.
  if (c.is(before_grantee)) {
    statement.on = GrantStatement::On::kRoles;
    return c.syntax_error("after a privilege comes ON; the name of a role is written in quotes");
  }
  TRY(c.expect("ON"_kw));
  TRY(parse_on(c, statement));
  TRY(c.expect(before_grantee));
  statement.grantee = TRY(parse_grantee(c));
  if (!revoke && c.accept("WITH"_kw, "GRANT"_kw)) {
    TRY(c.expect("OPTION"_kw));
    statement.privileges.push_back({"GRANT_PRIV", {}});
  }
  return statement;
}

Body parse_role(ParseContext& c, RoleStatement::What what) {
  RoleStatement statement;
  statement.what = what;
  if (what == RoleStatement::What::kCreate) statement.if_not_exists = TRY(parse_if_not_exists(c));
  if (what == RoleStatement::What::kDrop) statement.if_exists = TRY(parse_if_exists(c));
  statement.name = TRY(parse_name_or_string(c, "a role"));
  if (what == RoleStatement::What::kDrop) return statement;
  if (what == RoleStatement::What::kAlter && !c.is("COMMENT"_kw)) return c.expected("COMMENT");
  if (c.accept("COMMENT"_kw)) statement.comment = TRY(parse_string(c, "a comment"));
  return statement;
}

Body parse_create_row_policy(ParseContext& c) {
  c.advance();
  c.advance();
  RowPolicyStatement statement;
  statement.if_not_exists = TRY(parse_if_not_exists(c));
  statement.name = TRY(parse_name(c, "the name of a policy"));
  TRY(c.expect("ON"_kw));
  c.accept("TABLE"_kw);
  statement.table = TRY(parse_qualified_name(c, "a table name"));
  TRY(c.expect("AS"_kw));
  statement.restrictive = c.is_word("RESTRICTIVE");
  if (!statement.restrictive && !c.is_word("PERMISSIVE")) return c.expected("RESTRICTIVE or PERMISSIVE");
  c.advance();
  TRY(c.expect("TO"_kw));
  statement.grantee = TRY(parse_grantee(c));
  TRY(c.expect("USING"_kw));
  TRY(c.expect(TokenKind::kLeftParen, "'(' and the condition"));
  const size_t first = c.mark();
  ExprPtr condition = TRY(parse_expression(c));
  statement.condition = std::string(c.text_since(first));
  TRY(c.expect(TokenKind::kRightParen, "')'"));
  if (condition->HasSubquery()) return c.unsupported("queries in the condition of a row policy");
  statement.statement = std::string(c.sql());
  return statement;
}

Body parse_drop_row_policy(ParseContext& c) {
  c.advance();
  c.advance();
  RowPolicyStatement statement;
  statement.drop = true;
  statement.if_exists = TRY(parse_if_exists(c));
  statement.name = TRY(parse_name(c, "the name of a policy"));
  TRY(c.expect("ON"_kw));
  c.accept("TABLE"_kw);
  statement.table = TRY(parse_qualified_name(c, "a table name"));
  statement.for_anybody = !c.accept("FOR"_kw);
  if (!statement.for_anybody) statement.grantee = TRY(parse_grantee(c));
  return statement;
}

Parsed<void> parse_show_row_policies(ParseContext& c, ShowStatement& show) {
  c.advance();
  c.advance();
  show.what = ShowStatement::What::kRowPolicies;
  if (c.accept("FOR"_kw)) {
    Grantee grantee = TRY(parse_grantee(c));
    show.words = std::move(grantee.role);
    show.account = std::move(grantee.account);
    show.full = show.words.empty() && !show.account;  // FOR CURRENT_USER
  }
  return parse_show_filter(c, show);
}

}  // namespace sluice::dialect
