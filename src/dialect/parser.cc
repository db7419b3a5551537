// SPDX-License-Identifier: Apache-2.0
#include "dialect/parser.h"

#include "dialect/expression.h"
#include "dialect/lexer.h"
#include "dialect/names.h"
#include "dialect/query.h"
#include "dialect/statements.h"
#include "dialect/tree.h"
#include "duckdb/parser/query_node/list.hpp"

namespace sluice::dialect {
namespace {

constexpr size_t kMaxStatementBytes = size_t{1} << 30;

Body parse_use(ParseContext& c) {
  c.advance();
  QualifiedName name = TRY(parse_database_name(c));
  return UseStatement{std::move(name.catalog), std::move(name.database)};
}

// SWITCH catalog of Doris.
Body parse_switch(ParseContext& c) {
  c.advance();
  UseStatement use;
  use.catalog = TRY(parse_name(c, "a catalog name"));
  return use;
}

Body parse_kill(ParseContext& c) {
  c.advance();
  KillStatement kill;
  kill.query_only = c.accept("QUERY"_kw);
  if (!kill.query_only) c.accept("CONNECTION"_kw);
  Token where = c.peek();
  if (c.is(TokenKind::kString)) {
    auto id = small_integer(TRY(parse_string(c, "a connection id")));
    if (!id) return c.syntax_error("KILL needs the number of a connection", where);
    kill.connection_id = *id;
  } else {
    kill.connection_id = TRY(parse_unsigned(c, "the number of a connection"));
  }
  return kill;
}

Body parse_do(ParseContext& c) {
  // DO expr, ..: a SELECT whose rows nobody wants.
  c.advance();
  auto select = duckdb::make_uniq<duckdb::SelectNode>();
  select->select_list = TRY(parse_expression_list(c));
  select->from_table = duckdb::make_uniq<duckdb::EmptyTableRef>();
  return kernel_statement(as_statement(std::move(select)), KernelStatement::Effect::kRead);
}

// An element v['a'] of a VARIANT is shown without quotes; in queries inside it stays a VARIANT.
void show_elements(duckdb::QueryNode& node) {
  if (node.type == duckdb::QueryNodeType::SET_OPERATION_NODE) {
    for (auto& child : node.Cast<duckdb::SetOperationNode>().children) show_elements(*child);
  }
  if (node.type != duckdb::QueryNodeType::SELECT_NODE) return;
  for (ExprPtr& item : node.Cast<duckdb::SelectNode>().select_list) {
    if (!tree::is_doris(*item, "element_at")) continue;
    std::string alias = item->GetAlias();
    item->ClearAlias();
    item = tree::doris("element_value", std::move(item));
    item->SetAlias(std::move(alias));
  }
}

// What may follow a whole query.
Body finish_query(ParseContext& c, QueryPtr query) {
  show_elements(*query->node);
  if (c.is("INTO"_kw) && c.is("OUTFILE"_kw, 1)) return parse_into_outfile(c, std::move(query));
  return kernel_statement(std::move(query), KernelStatement::Effect::kRead);
}

Body parse_select_statement(ParseContext& c) { return finish_query(c, TRY(parse_query(c))); }

// WITH before SELECT, INSERT (Doris), UPDATE or DELETE.
Body parse_with_statement(ParseContext& c) {
  duckdb::CommonTableExpressionMap ctes;
  TRY(parse_with(c, ctes));
  switch (c.peek().keyword) {
    case "INSERT"_kw:
      return parse_insert(c, std::move(ctes));
    case "UPDATE"_kw:
      return parse_update(c, std::move(ctes));
    case "DELETE"_kw:
      return parse_delete(c, std::move(ctes));
    default:
      break;
  }
  return finish_query(c, as_statement(TRY(parse_query_node(c, std::move(ctes)))));
}

}  // namespace

Body kernel_statement(std::unique_ptr<duckdb::SQLStatement> tree, KernelStatement::Effect effect) {
  KernelStatement statement;
  statement.tree = std::move(tree);
  statement.effect = effect;
  return statement;
}

void skip_to_end(ParseContext& c) {
  while (!c.at_end()) c.advance();
}

Parsed<bool> parse_if_not_exists(ParseContext& c) {
  if (!c.accept("IF"_kw)) return false;
  TRY(c.expect("NOT"_kw));
  TRY(c.expect("EXISTS"_kw));
  return true;
}

Parsed<bool> parse_if_exists(ParseContext& c) {
  if (!c.accept("IF"_kw)) return false;
  TRY(c.expect("EXISTS"_kw));
  return true;
}

Body parse_statement(ParseContext& c) {
  if (c.is(TokenKind::kLeftParen)) return parse_select_statement(c);
  switch (c.peek().keyword) {
    case "SELECT"_kw:
    case "VALUES"_kw:
      return parse_select_statement(c);
    case "WITH"_kw:
      return parse_with_statement(c);
    case "INSERT"_kw:
    case "REPLACE"_kw:
      return parse_insert(c);
    case "UPDATE"_kw:
      return parse_update(c);
    case "DELETE"_kw:
      return parse_delete(c);
    case "TRUNCATE"_kw:
      return parse_truncate(c);
    case "LOAD"_kw:
      return parse_load(c);
    case "CREATE"_kw:
      return parse_create(c);
    case "DROP"_kw:
      return parse_drop(c);
    case "ALTER"_kw:
      c.advance();
      if (c.accept("TABLE"_kw)) return parse_alter_table(c);
      if (c.accept("USER"_kw)) return parse_alter_user(c);
      if (c.accept("ROLE"_kw)) return parse_role(c, RoleStatement::What::kAlter);
      if (c.accept("VIEW"_kw)) return parse_alter_view(c);
      if (c.accept("MATERIALIZED"_kw, "VIEW"_kw)) return parse_alter_materialized_view(c);
      if (c.accept("DATABASE"_kw) || c.accept("SCHEMA"_kw)) return parse_alter_database(c);
      if (c.is("SYSTEM"_kw) || c.is("RESOURCE"_kw)) return parse_alter_system(c);
      if (c.accept_word("SQL_BLOCK_RULE")) return parse_block_rule(c, BlockRuleStatement::What::kAlter);
      if (!c.is(TokenKind::kWord) || c.peek().keyword == kNoKeyword)
        return c.expected("what to alter: TABLE, VIEW, ..");
      return c.unsupported("ALTER " + std::string(c.text(c.peek())));
    case "RENAME"_kw:
      return parse_rename(c);
    case "SHOW"_kw:
      return parse_show(c);
    case "DESC"_kw:
    case "DESCRIBE"_kw:
    case "EXPLAIN"_kw:
      return parse_describe(c);
    case "SET"_kw:
      return parse_set(c);
    case "USE"_kw:
      return parse_use(c);
    case "SWITCH"_kw:
      return parse_switch(c);
    case "KILL"_kw:
      return parse_kill(c);
    case "BEGIN"_kw:
    case "START"_kw:
      return parse_begin(c);
    case "COMMIT"_kw:
      return parse_end_of_transaction(c, TransactionStatement::What::kCommit);
    case "SAVEPOINT"_kw:
      return parse_savepoint(c);
    case "RELEASE"_kw:
      return parse_release_savepoint(c);
    case "PREPARE"_kw:
      return parse_prepare(c);
    case "EXECUTE"_kw:
      return parse_execute(c);
    case "DEALLOCATE"_kw:
      return parse_deallocate(c);
    case "ROLLBACK"_kw:
      return parse_end_of_transaction(c, TransactionStatement::What::kRollback);
    case "DO"_kw:
      return parse_do(c);
    case "LOCK"_kw:
    case "UNLOCK"_kw:
    case "FLUSH"_kw:
    case "SYNC"_kw:
    case "ANALYZE"_kw:
    case "OPTIMIZE"_kw:
      skip_to_end(c);
      return NoOpStatement{};
    case "ADMIN"_kw:
      return parse_admin(c);
    case "UNSET"_kw:
      return parse_unset(c);
    case "REFRESH"_kw:
    case "PAUSE"_kw:
    case "RESUME"_kw:
    case "CANCEL"_kw:
    case "BUILD"_kw:
      return parse_job_statement(c);
    case "GRANT"_kw:
    case "REVOKE"_kw:
      return parse_grant(c, c.is("REVOKE"_kw));
    case "XA"_kw:
    case "HELP"_kw:
    case "RESET"_kw:
    case "REPAIR"_kw:
    case "CHECKSUM"_kw:
      return c.unsupported(std::string(keyword_text(c.peek().keyword)));
    default:
      if (c.is_word("RECOVER")) return parse_recover(c);
      if (c.is_word("EXPORT")) return parse_export(c);
      if (c.is_word("CLEAN")) return parse_clean_label(c);
      return c.expected("a statement like SELECT, INSERT, CREATE, SHOW or SET");
  }
}

Parsed<void> skip_properties(ParseContext& c) {
  if (c.is("PROPERTIES"_kw)) TRY(parse_properties(c));
  return {};
}

Parsed<Properties> parse_properties(ParseContext& c) {
  TRY(c.expect("PROPERTIES"_kw));
  return parse_property_list(c);
}

Parsed<Properties> parse_property_list(ParseContext& c) {
  Properties properties;
  TRY(c.expect(TokenKind::kLeftParen, "'(' and properties"));
  while (!c.is(TokenKind::kRightParen)) {
    std::string key = TRY(parse_name_or_string(c, "a property in quotes"));
    TRY(c.expect(TokenKind::kEqual, "'='"));
    // A value need not be in quotes: numbers, true, false.
    const bool bare = !c.is(TokenKind::kString) && (is_literal(c.peek().kind) || c.is(TokenKind::kWord));
    std::string value;
    if (bare) {
      value = std::string(c.text(c.peek()));
      c.advance();
    } else {
      value = TRY(parse_name_or_string(c, "a value in quotes"));
    }
    properties.emplace_back(duckdb::StringUtil::Lower(key), std::move(value));
    if (!c.accept(TokenKind::kComma)) break;
  }
  TRY(c.expect(TokenKind::kRightParen, "',' or ')'"));
  return properties;
}

Result<Statement> parse(std::string_view sql, const ParseOptions& options) {
  if (sql.size() > kMaxStatementBytes) {
    return fail(sql_error(Code::kResourceExhausted, 1153, "The statement is longer than 1 GiB"));
  }
  try {
    ParseContext c(sql, options);
    if (c.failed()) return fail(c.take_error());
    if (c.at_end()) return fail(sql_error(Code::kInvalidArgument, 1065, "Query was empty"));
    Body body = parse_statement(c);
    if (body) {
      while (c.accept(TokenKind::kSemicolon)) {
      }
      if (!c.is(TokenKind::kEnd)) body = c.expected("the end of the statement");
    }
    if (!body) return fail(c.take_error());
    Statement statement;
    statement.body = std::move(*body);
    statement.parameter_count = c.parameter_count();
    statement.literals = c.take_slots();
    statement.session_dependent = c.session_dependent();
    if (auto* kernel = std::get_if<KernelStatement>(&statement.body)) {
      kernel->tree->stmt_length = sql.size();
      for (uint32_t i = 1; i <= statement.parameter_count; ++i) kernel->tree->named_param_map[std::to_string(i)] = i;
    }
    return statement;
  } catch (const std::exception& problem) {
    // The kernel's tree classes check names, values and UTF-8 themselves.
    duckdb::ErrorData error(problem);
    return fail(sql_error(Code::kInvalidArgument, 1064, "You have an error in your SQL syntax: " + error.RawMessage()));
  }
}

std::vector<std::string_view> split(std::string_view sql, const ParseOptions& options) {
  std::vector<std::string_view> parts;
  Lexer lexer(sql, options);
  size_t begin = std::string_view::npos;  // of the first token of the current part
  size_t end = 0;                         // after its last token
  for (;;) {
    Token token = lexer.next();
    bool last = token.kind == TokenKind::kEnd;
    if (last || token.kind == TokenKind::kSemicolon) {
      if (begin != std::string_view::npos) parts.push_back(sql.substr(begin, end - begin));
      begin = std::string_view::npos;
      if (last) return parts;
      continue;
    }
    if (begin == std::string_view::npos) begin = token.begin;
    end = token.begin + token.length;
    if (token.kind == TokenKind::kInvalid) {
      parts.push_back(sql.substr(begin));
      return parts;
    }
  }
}

}  // namespace sluice::dialect
