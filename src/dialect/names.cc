// SPDX-License-Identifier: Apache-2.0
#include "dialect/names.h"

#include "dialect/literals.h"
#include "duckdb/common/string_util.hpp"
#include "kernel/catalog_facts.h"
#include "kernel/host.h"

namespace sluice::dialect {
namespace {

// The server's own tables and the kernel's own catalogs do not exist for clients.
Parsed<void> refuse_hidden(ParseContext& c, const QualifiedName& name) {
  using duckdb::StringUtil;
  if (StringUtil::CIEquals(name.database, kernel::kServerSchema)) {
    return c.failure(sql_error(Code::kNotFound, 1049, "Unknown database '" + name.database + "'"));
  }
  for (const char* catalog : {kernel::kSystemCatalog, TEMP_CATALOG, "memory"}) {
    if (StringUtil::CIEquals(name.catalog, catalog))
      return c.failure(sql_error(Code::kNotFound, 5085, "Unknown catalog '" + name.catalog + "'"));
  }
  return {};
}

}  // namespace

bool at_name(const ParseContext& c, size_t ahead) {
  const Token& token = c.peek(ahead);
  return token.kind == TokenKind::kQuotedIdentifier || (token.kind == TokenKind::kWord && !is_reserved(token.keyword));
}

Parsed<std::string> parse_name(ParseContext& c, std::string_view what) {
  if (!at_name(c)) {
    if (c.is(TokenKind::kWord)) {
      return c.syntax_error("expected " + std::string(what) + "; '" + std::string(c.text(c.peek())) +
                            "' is a reserved word and needs backticks");
    }
    return c.expected(what);
  }
  std::string name = identifier_value(c.text(c.peek()), c.peek());
  c.advance();
  return name;
}

Parsed<std::string> parse_name_after_dot(ParseContext& c, std::string_view what) {
  if (!c.is(TokenKind::kWord) && !c.is(TokenKind::kQuotedIdentifier)) return c.expected(what);
  std::string name = identifier_value(c.text(c.peek()), c.peek());
  c.advance();
  return name;
}

Parsed<std::string> parse_name_or_string(ParseContext& c, std::string_view what) {
  if (c.is(TokenKind::kString)) {
    std::string name = string_value(c.text(c.peek()), c.peek());
    c.advance();
    return name;
  }
  return parse_name(c, what);
}

Parsed<QualifiedName> parse_qualified_name(ParseContext& c, std::string_view what) {
  QualifiedName name;
  // `.t` of ODBC clients means t.
  c.accept(TokenKind::kDot);
  name.name = TRY(parse_name(c, what));
  if (c.accept(TokenKind::kDot)) {
    name.database = std::move(name.name);
    name.name = TRY(parse_name_after_dot(c, what));
    if (c.accept(TokenKind::kDot)) {
      name.catalog = std::move(name.database);
      name.database = std::move(name.name);
      name.name = TRY(parse_name_after_dot(c, what));
    }
  }
  TRY(refuse_hidden(c, name));
  return name;
}

Parsed<QualifiedName> parse_database_name(ParseContext& c) {
  QualifiedName name;
  name.database = TRY(parse_name(c, "a database name"));
  if (c.accept(TokenKind::kDot)) {
    name.catalog = std::move(name.database);
    name.database = TRY(parse_name_after_dot(c, "a database name"));
  }
  TRY(refuse_hidden(c, name));
  return name;
}

Parsed<std::vector<std::string>> parse_name_list(ParseContext& c) {
  std::vector<std::string> names;
  TRY(c.expect(TokenKind::kLeftParen, "'(' before the list of columns"));
  do {
    names.push_back(TRY(parse_name(c, "a column name")));
    if (c.accept(TokenKind::kDot)) names.back() = TRY(parse_name_after_dot(c, "a column name"));
    if (c.is(TokenKind::kLeftParen) && c.is(TokenKind::kInteger, 1) && c.is(TokenKind::kRightParen, 2)) {
      c.advance();
      c.advance();
      c.advance();
    }
    if (!c.accept("ASC"_kw)) c.accept("DESC"_kw);
  } while (c.accept(TokenKind::kComma));
  TRY(c.expect(TokenKind::kRightParen, "',' or ')' in the list of columns"));
  return names;
}

KernelName kernel_name(QualifiedName name) {
  KernelName result{std::move(name.catalog), std::move(name.database), std::move(name.name)};
  if (result.schema.empty()) return result;
  bool internal = result.catalog.empty() || result.catalog == kInternalCatalog;
  if (!internal) return result;
  kernel::SchemaName stored = kernel::kernel_schema(result.schema);
  result.catalog = std::move(stored.catalog);
  result.schema = std::move(stored.schema);
  return result;
}

}  // namespace sluice::dialect
