// SPDX-License-Identifier: Apache-2.0
// SET in all its forms.
#include "dialect/expression.h"
#include "dialect/literals.h"
#include "dialect/names.h"
#include "dialect/statements.h"
#include "dialect/tree.h"

namespace sluice::dialect {
namespace {

using Assignment = SetStatement::Assignment;

Assignment assignment(VariableScope scope, std::string name, ExprPtr value) {
  Assignment result;
  result.scope = scope;
  result.name = std::move(name);
  result.value = std::move(value);
  return result;
}

// The right side of an assignment: DEFAULT is null, a bare word is a string.
Parsed<ExprPtr> parse_value(ParseContext& c, bool system_variable) {
  bool word_ends = c.is(TokenKind::kComma, 1) || c.is(TokenKind::kEnd, 1) || c.is(TokenKind::kSemicolon, 1);
  if (system_variable && word_ends) {
    if (c.accept("DEFAULT"_kw)) return ExprPtr();
    bool constant = c.is_any("NULL"_kw, "TRUE"_kw, "FALSE"_kw);
    if (!constant && (c.is(TokenKind::kWord) || c.is(TokenKind::kQuotedIdentifier))) {
      std::string word = identifier_value(c.text(c.peek()), c.peek());
      c.advance();
      return tree::text(std::move(word));
    }
  }
  return parse_expression(c);
}

// NAMES cs [COLLATE co], CHARACTER SET cs: the session's character sets; DEFAULT is null.
Parsed<void> parse_names(ParseContext& c, SetStatement& set) {
  ExprPtr charset;
  if (!c.accept("DEFAULT"_kw)) {
    if (c.accept("BINARY"_kw))
      charset = tree::text("binary");
    else
      charset = tree::text(TRY(parse_name_or_string(c, "a character set")));
  }
  for (const char* name : {"character_set_client", "character_set_connection", "character_set_results"}) {
    set.assignments.push_back(assignment(VariableScope::kSession, name, charset ? charset->Copy() : nullptr));
  }
  if (c.accept("COLLATE"_kw)) {
    ExprPtr collation;
    if (!c.accept("DEFAULT"_kw)) collation = tree::text(TRY(parse_name_or_string(c, "a collation")));
    set.assignments.push_back(assignment(VariableScope::kSession, "collation_connection", std::move(collation)));
  }
  return {};
}

// TRANSACTION ISOLATION LEVEL x, READ ONLY|WRITE
Parsed<void> parse_transaction(ParseContext& c, VariableScope scope, SetStatement& set) {
  do {
    if (c.accept("READ"_kw)) {
      bool only = c.accept("ONLY"_kw);
      if (!only) TRY(c.expect("WRITE"_kw));
      set.assignments.push_back(assignment(scope, "transaction_read_only", tree::integer(only ? 1 : 0)));
      continue;
    }
    TRY(c.expect("ISOLATION"_kw));
    TRY(c.expect("LEVEL"_kw));
    const char* level = nullptr;
    if (c.accept("REPEATABLE"_kw)) {
      TRY(c.expect("READ"_kw));
      level = "REPEATABLE-READ";
    } else if (c.accept("READ"_kw)) {
      level = c.is("COMMITTED"_kw) ? "READ-COMMITTED" : "READ-UNCOMMITTED";
      if (!c.accept("COMMITTED"_kw)) TRY(c.expect("UNCOMMITTED"_kw));
    } else {
      TRY(c.expect("SERIALIZABLE"_kw));
      level = "SERIALIZABLE";
    }
    set.assignments.push_back(assignment(scope, "transaction_isolation", tree::text(level)));
  } while (c.accept(TokenKind::kComma));
  return {};
}

Parsed<void> expect_assign(ParseContext& c) {
  if (c.accept(TokenKind::kAssign)) return {};
  return c.expect(TokenKind::kEqual, "'=' after the variable");
}

// A variable's name; MySQL's structured ones (a.b) keep their dot.
Parsed<std::string> parse_variable_name(ParseContext& c) {
  std::string name = TRY(parse_name_after_dot(c, "a variable name"));
  while (c.accept(TokenKind::kDot)) {
    name += '.';
    name += TRY(parse_name_after_dot(c, "a variable name"));
  }
  return duckdb::StringUtil::Lower(name);
}

Parsed<void> parse_assignment(ParseContext& c, VariableScope& scope, SetStatement& set) {
  if (c.is(TokenKind::kUserVariable)) {
    Token token = c.peek();
    std::string_view written = c.text(token).substr(1);
    bool quoted = written[0] == '\'' || written[0] == '"' || written[0] == '`';
    std::string name = quoted ? string_value(c.text(token), token) : std::string(written);
    c.advance();
    TRY(expect_assign(c));
    set.assignments.push_back(assignment(VariableScope::kUser, std::move(name), TRY(parse_value(c, false))));
    return {};
  }
  // The scope word of the statement holds for the assignments that follow.
  if (c.accept("TRANSACTION"_kw)) return parse_transaction(c, VariableScope::kTransaction, set);
  if (c.accept("GLOBAL"_kw) || c.accept("PERSIST"_kw))
    scope = VariableScope::kGlobal;
  else if (c.accept("SESSION"_kw) || c.accept("LOCAL"_kw))
    scope = VariableScope::kSession;
  if (c.accept("TRANSACTION"_kw)) return parse_transaction(c, scope, set);
  VariableScope own_scope = scope;
  if (c.accept(TokenKind::kAtAt)) {
    own_scope = VariableScope::kSession;
    bool global = c.is("GLOBAL"_kw) || c.is("PERSIST"_kw);
    if ((global || c.is("SESSION"_kw) || c.is("LOCAL"_kw)) && c.is(TokenKind::kDot, 1)) {
      own_scope = global ? VariableScope::kGlobal : VariableScope::kSession;
      c.advance();
      c.advance();
    }
  } else if (c.accept("NAMES"_kw)) {
    return parse_names(c, set);
  } else if (c.accept("CHARACTER"_kw, "SET"_kw) || c.accept("CHARSET"_kw)) {
    return parse_names(c, set);
  }
  std::string name = TRY(parse_variable_name(c));
  TRY(expect_assign(c));
  set.assignments.push_back(assignment(own_scope, std::move(name), TRY(parse_value(c, true))));
  return {};
}

}  // namespace

Body parse_unset(ParseContext& c) {
  c.advance();
  SetStatement set;
  VariableScope scope = VariableScope::kSession;
  if (c.accept("GLOBAL"_kw))
    scope = VariableScope::kGlobal;
  else if (!c.accept("SESSION"_kw))
    c.accept("LOCAL"_kw);
  TRY(c.expect("VARIABLE"_kw));
  if (c.accept("ALL"_kw)) {
    set.reset_all = scope;
    return set;
  }
  std::string name = duckdb::StringUtil::Lower(TRY(parse_name(c, "a variable or ALL")));
  set.assignments.push_back(assignment(scope, std::move(name), nullptr));
  return set;
}

Body parse_set(ParseContext& c) {
  c.advance();
  if (c.is("PASSWORD"_kw) && (c.is(TokenKind::kEqual, 1) || c.is("FOR"_kw, 1))) {
    c.advance();
    return parse_set_password(c);
  }
  if (c.is_word("PROPERTY") && !c.is(TokenKind::kEqual, 1)) {
    c.advance();
    return parse_user_property(c);
  }
  if (c.accept("DEFAULT"_kw)) return c.unsupported("SET DEFAULT ROLE");
  if (c.is("ROLE"_kw)) return c.unsupported("SET ROLE");
  SetStatement set;
  VariableScope scope = VariableScope::kSession;
  do {
    TRY(parse_assignment(c, scope, set));
  } while (c.accept(TokenKind::kComma));
  return set;
}

}  // namespace sluice::dialect
