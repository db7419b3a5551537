// SPDX-License-Identifier: Apache-2.0
// CREATE, ALTER, DROP SQL_BLOCK_RULE; SET PROPERTY of a user; CLEAN LABEL.
#include "dialect/literals.h"
#include "dialect/names.h"
#include "dialect/statements.h"

namespace sluice::dialect {

Body parse_block_rule(ParseContext& c, BlockRuleStatement::What what) {
  using What = BlockRuleStatement::What;
  BlockRuleStatement rule;
  rule.what = what;
  if (what == What::kCreate) rule.if_not_exists = TRY(parse_if_not_exists(c));
  if (what == What::kDrop) rule.if_exists = TRY(parse_if_exists(c));
  do {
    rule.names.push_back(TRY(parse_name(c, "a name for the rule")));
  } while (what == What::kDrop && c.accept(TokenKind::kComma));
  if (what != What::kDrop && c.is("PROPERTIES"_kw)) rule.properties = TRY(parse_properties(c));
  return rule;
}

Body parse_user_property(ParseContext& c) {
  UserPropertyStatement statement;
  if (c.accept("FOR"_kw)) statement.user = TRY(parse_name_or_string(c, "a user"));
  do {
    std::string key = TRY(parse_name_or_string(c, "a property in quotes"));
    TRY(c.expect(TokenKind::kEqual, "'='"));
    std::string value = TRY(parse_name_or_string(c, "a value in quotes"));
    statement.properties.emplace_back(duckdb::StringUtil::Lower(key), std::move(value));
  } while (c.accept(TokenKind::kComma));
  return statement;
}

Body parse_clean_label(ParseContext& c) {
  c.advance();
  if (!c.accept_word("LABEL")) return c.expected("LABEL");
  CleanLabelStatement statement;
  if (!c.is("FROM"_kw)) statement.label = TRY(parse_name(c, "a label"));
  if (!c.accept("FROM"_kw)) TRY(c.expect("IN"_kw));
  statement.database = TRY(parse_database_name(c));
  return statement;
}

}  // namespace sluice::dialect
