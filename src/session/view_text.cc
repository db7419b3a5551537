// SPDX-License-Identifier: Apache-2.0
#include "session/view_text.h"

#include <algorithm>
#include <map>

#include "base/sql_text.h"
#include "dialect/lexer.h"
#include "dialect/parser.h"
#include "dialect/token.h"
#include "duckdb/parser/expression/list.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/query_node/list.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "duckdb/parser/tableref/list.hpp"
#include "kernel/distinct_names.h"

namespace sluice::session {
namespace {

using dialect::Token;
using dialect::TokenKind;
using dialect::operator""_kw;
using duckdb::ExpressionClass;
using duckdb::ParsedExpression;
using duckdb::StringUtil;

using Names = std::vector<std::string>;

// What one table of FROM gives.
struct Source {
  std::string alias;  // empty: a stored table under its own name
  NamedColumns table{};
  std::optional<Names> columns{};  // nothing: not known
  bool hidden = false;             // a column of it is not shown by *

  bool is(const duckdb::vector<std::string>& qualifier) const {
    if (!alias.empty()) return qualifier.size() == 1 && StringUtil::CIEquals(qualifier[0], alias);
    const size_t size = qualifier.size();
    return StringUtil::CIEquals(qualifier[size - 1], table.name) &&
           (size < 2 || StringUtil::CIEquals(qualifier[size - 2], table.database));
  }
  bool has(const std::string& column) const {
    return columns && std::ranges::any_of(*columns, [&](const auto& own) { return StringUtil::CIEquals(own, column); });
  }
  std::string prefix() const {
    if (!alias.empty()) return quoted_name(alias);
    return "`internal`." + quoted_name(table.database) + "." + quoted_name(table.name);
  }
  // The column as it was created.
  std::string full(const std::string& column) const {
    for (const std::string& own : *columns) {
      if (StringUtil::CIEquals(own, column)) return prefix() + "." + quoted_name(own);
    }
    return prefix() + "." + quoted_name(column);
  }
};
using Sources = std::vector<Source>;

// One SELECT, and those around it that a subquery sees.
struct Scope {
  Sources sources{};
  Names aliases{};     // of the select list
  Names parameters{};  // of lambdas
  const Scope* outer = nullptr;
};

bool holds(const Names& names, const std::string& wanted) {
  return std::ranges::any_of(names, [&](const auto& name) { return StringUtil::CIEquals(name, wanted); });
}

class Rewriter {
 public:
  Rewriter(const std::string& text, const ColumnsOf& columns_of) : text_(text), columns_of_(columns_of) {}

  // The names of the query's columns, when they are known.
  std::optional<Names> query(const duckdb::QueryNode& node, const Scope* outer, std::map<std::string, Source> ctes);
  std::string text() const;

 private:
  std::optional<Names> select(const duckdb::SelectNode& node, const Scope* outer,
                              const std::map<std::string, Source>& ctes);
  void collect(const duckdb::TableRef& table, Scope& scope, const std::map<std::string, Source>& ctes);
  void conditions(const duckdb::TableRef& table, const Scope& scope, const std::map<std::string, Source>& ctes);
  void expression(const ParsedExpression& found, const Scope& scope, const std::map<std::string, Source>& ctes,
                  bool alias_first);
  void column(const duckdb::ColumnRefExpression& found, const Scope& scope, bool alias_first);
  void star(const duckdb::StarExpression& found, const Scope& scope, std::optional<Names>& columns);
  // The name a.b.c at `begin` becomes `written`; a * may be its last part, with what it leaves out.
  void change(const duckdb::optional_idx& begin, std::string written);

  const std::string& text_;
  const ColumnsOf& columns_of_;
  struct Change {
    size_t end;
    std::string written;
  };
  std::map<size_t, Change> changes_;
};

void Rewriter::change(const duckdb::optional_idx& begin, std::string written) {
  if (!begin.IsValid() || begin.GetIndex() >= text_.size()) return;
  const size_t at = begin.GetIndex();
  dialect::Lexer lexer(std::string_view(text_).substr(at), dialect::ParseOptions());
  size_t end = 0;
  for (bool name = true;; name = !name) {
    const Token token = lexer.next();
    const bool last = token.kind == TokenKind::kStar;
    const bool word = token.kind == TokenKind::kWord || token.kind == TokenKind::kQuotedIdentifier;
    if (name ? !(word || last) : token.kind != TokenKind::kDot) break;
    if (name) end = at + token.begin + token.length;
    if (!last) continue;
    // * EXCEPT (a, b)
    const Token except = lexer.next();
    const std::string word_text = text_.substr(at + except.begin, except.length);
    if (except.kind != TokenKind::kWord || !StringUtil::CIEquals(word_text, "except")) break;
    for (Token inside = lexer.next(); inside.kind != TokenKind::kEnd; inside = lexer.next()) {
      end = at + inside.begin + inside.length;
      if (inside.kind == TokenKind::kRightParen) break;
    }
    break;
  }
  if (end > at) changes_[at] = {end, std::move(written)};
}

std::string Rewriter::text() const {
  std::string result;
  size_t done = 0;
  for (const auto& [begin, change] : changes_) {
    if (begin < done) continue;
    result += text_.substr(done, begin - done) + change.written;
    done = change.end;
  }
  return result + text_.substr(done);
}

void Rewriter::column(const duckdb::ColumnRefExpression& found, const Scope& scope, bool alias_first) {
  const auto& names = found.column_names;
  const std::string& name = names.back();
  const duckdb::vector<std::string> qualifier(names.begin(), names.end() - 1);
  if (qualifier.empty() && (holds(scope.parameters, name) || (alias_first && holds(scope.aliases, name)))) return;
  for (const Scope* at = &scope; at; at = at->outer) {
    const Source* source = nullptr;
    for (const Source& candidate : at->sources) {
      if (!qualifier.empty() ? !candidate.is(qualifier) : candidate.columns && !candidate.has(name)) continue;
      if (source || !candidate.columns || !candidate.has(name)) return;  // of several, or nobody knows
      source = &candidate;
    }
    if (source) return change(found.GetQueryLocation(), source->full(name));
    if (qualifier.empty() && holds(at->aliases, name)) return;
  }
}

void Rewriter::star(const duckdb::StarExpression& found, const Scope& scope, std::optional<Names>& columns) {
  std::string written;
  bool known =
      found.replace_list.empty() && ((!found.columns && !found.expr) || kernel::is_star_of_distinct_names(found));
  const auto left_out = [&](const std::string& name) {
    return std::ranges::any_of(found.exclude_list,
                               [&](const auto& excluded) { return StringUtil::CIEquals(excluded.column, name); });
  };
  for (const Source& source : scope.sources) {
    if (!found.relation_name.empty() && !source.is({found.relation_name})) continue;
    known = known && source.columns;
    if (!known) break;
    for (const std::string& name : *source.columns) {
      if (left_out(name)) continue;
      written += (written.empty() ? "" : ", ") + source.full(name);
      if (columns) columns->push_back(name);
    }
  }
  if (known && !written.empty())
    change(found.GetQueryLocation(), written);
  else
    columns.reset();
}

void Rewriter::expression(const ParsedExpression& found, const Scope& scope, const std::map<std::string, Source>& ctes,
                          bool alias_first) {
  switch (found.GetExpressionClass()) {
    case ExpressionClass::COLUMN_REF:
      return column(found.Cast<duckdb::ColumnRefExpression>(), scope, alias_first);
    case ExpressionClass::SUBQUERY: {
      const auto& subquery = found.Cast<duckdb::SubqueryExpression>();
      if (subquery.child) expression(*subquery.child, scope, ctes, alias_first);
      query(*subquery.subquery->node, &scope, ctes);
      return;
    }
    case ExpressionClass::LAMBDA: {
      const auto& lambda = found.Cast<duckdb::LambdaExpression>();
      Scope inner = scope;
      std::string ignored;
      for (const auto& parameter : lambda.ExtractColumnRefExpressions(ignored))
        inner.parameters.push_back(parameter.get().Cast<duckdb::ColumnRefExpression>().GetColumnName());
      expression(*lambda.expr, inner, ctes, alias_first);
      return;
    }
    default:
      duckdb::ParsedExpressionIterator::EnumerateChildren(
          found, [&](const ParsedExpression& child) { expression(child, scope, ctes, alias_first); });
  }
}

// Of JOIN .. ON, once all tables are there.
void Rewriter::conditions(const duckdb::TableRef& table, const Scope& scope,
                          const std::map<std::string, Source>& ctes) {
  if (table.type != duckdb::TableReferenceType::JOIN) return;
  const auto& join = table.Cast<duckdb::JoinRef>();
  conditions(*join.left, scope, ctes);
  conditions(*join.right, scope, ctes);
  if (join.condition) expression(*join.condition, scope, ctes, false);
}

void Rewriter::collect(const duckdb::TableRef& table, Scope& scope, const std::map<std::string, Source>& ctes) {
  Source source;
  source.alias = table.alias;
  switch (table.type) {
    case duckdb::TableReferenceType::EMPTY_FROM:
      return;
    case duckdb::TableReferenceType::JOIN: {
      const auto& join = table.Cast<duckdb::JoinRef>();
      collect(*join.left, scope, ctes);
      collect(*join.right, scope, ctes);
      return;
    }
    case duckdb::TableReferenceType::BASE_TABLE: {
      const auto& base = table.Cast<duckdb::BaseTableRef>();
      const auto cte = ctes.find(StringUtil::Lower(base.table_name));
      if (base.schema_name.empty() && cte != ctes.end()) {
        source.columns = cte->second.columns;
        if (source.alias.empty()) source.alias = cte->second.alias;
        break;
      }
      auto stored = columns_of_(base.schema_name, base.table_name);
      if (!stored) {
        if (source.alias.empty()) source.alias = base.table_name;
        break;
      }
      source.columns = stored->columns;
      source.table = std::move(*stored);
      Source plain = source;
      plain.alias.clear();
      change(table.query_location, plain.prefix());
      break;
    }
    case duckdb::TableReferenceType::SUBQUERY: {
      // A derived table may read those before it.
      Scope before = scope;
      source.columns = query(*table.Cast<duckdb::SubqueryRef>().subquery->node, &before, ctes);
      break;
    }
    default:
      break;
  }
  if (source.columns) {
    for (size_t i = 0; i < std::min(table.column_name_alias.size(), source.columns->size()); ++i)
      (*source.columns)[i] = table.column_name_alias[i];
  }
  scope.sources.push_back(std::move(source));
}

std::optional<Names> Rewriter::select(const duckdb::SelectNode& node, const Scope* outer,
                                      const std::map<std::string, Source>& ctes) {
  Scope scope;
  scope.outer = outer;
  for (const auto& item : node.select_list) {
    if (item->HasAlias()) scope.aliases.push_back(item->GetAlias());
  }
  if (node.from_table) {
    collect(*node.from_table, scope, ctes);
    conditions(*node.from_table, scope, ctes);
  }
  std::optional<Names> columns = Names();
  for (const auto& item : node.select_list) {
    if (item->GetExpressionClass() == ExpressionClass::STAR) {
      star(item->Cast<duckdb::StarExpression>(), scope, columns);
      continue;
    }
    expression(*item, scope, ctes, false);
    if (columns) columns->push_back(item->HasAlias() ? item->GetAlias() : item->GetName());
  }
  if (node.where_clause) expression(*node.where_clause, scope, ctes, false);
  for (const auto& group : node.groups.group_expressions) expression(*group, scope, ctes, false);
  if (node.having) expression(*node.having, scope, ctes, true);
  for (const auto& modifier : node.modifiers) {
    if (modifier->type != duckdb::ResultModifierType::ORDER_MODIFIER) continue;
    for (const auto& order : modifier->Cast<duckdb::OrderModifier>().orders)
      expression(*order.expression, scope, ctes, true);
  }
  return columns;
}

std::optional<Names> Rewriter::query(const duckdb::QueryNode& node, const Scope* outer,
                                     std::map<std::string, Source> ctes) {
  for (const auto& [name, entry] : node.cte_map.map) {
    Source source;
    source.alias = name;
    ctes[StringUtil::Lower(name)] = source;  // of WITH RECURSIVE: its columns are not known inside
    source.columns = query(*entry->query->node, outer, ctes);
    if (source.columns) {
      for (size_t i = 0; i < std::min(entry->aliases.size(), source.columns->size()); ++i)
        (*source.columns)[i] = entry->aliases[i];
    }
    ctes[StringUtil::Lower(name)] = std::move(source);
  }
  switch (node.type) {
    case duckdb::QueryNodeType::SELECT_NODE:
      return select(node.Cast<duckdb::SelectNode>(), outer, ctes);
    case duckdb::QueryNodeType::SET_OPERATION_NODE: {
      std::optional<Names> columns;
      bool first = true;
      for (const auto& child : node.Cast<duckdb::SetOperationNode>().children) {
        auto own = query(*child, outer, ctes);
        if (std::exchange(first, false)) columns = std::move(own);
      }
      return columns;
    }
    case duckdb::QueryNodeType::RECURSIVE_CTE_NODE: {
      const auto& recursive = node.Cast<duckdb::RecursiveCTENode>();
      auto columns = query(*recursive.left, outer, ctes);
      query(*recursive.right, outer, ctes);
      return columns;
    }
    default:
      return std::nullopt;
  }
}

// ---- Aliases

struct Item {
  size_t begin = 0;
  size_t end = 0;  // of its expression
  size_t with_alias = 0;
  size_t past = 0;  // the token after it
};

// The items of a select list: `tokens` after SELECT. Nothing when one is a *.
std::optional<std::vector<Item>> items_of(const std::vector<Token>& tokens, size_t at) {
  std::vector<Item> items;
  size_t first = at;
  int depth = 0;
  const auto end_of = [&](size_t token) { return size_t{tokens[token].begin} + tokens[token].length; };
  const auto finish = [&](size_t past) {
    if (past == first || tokens[past - 1].kind == TokenKind::kStar) return false;
    Item item{tokens[first].begin, end_of(past - 1), end_of(past - 1), past};
    const size_t count = past - first;
    const auto is_name = [&](const Token& token) {
      return token.kind == TokenKind::kQuotedIdentifier || token.kind == TokenKind::kString ||
             (token.kind == TokenKind::kWord && token.keyword != "END"_kw &&
              (token.keyword == dialect::kNoKeyword || !dialect::is_reserved(token.keyword)));
    };
    if (count > 2 && tokens[past - 2].keyword == "AS"_kw) {
      item.end = end_of(past - 3);
    } else if (count > 1 && is_name(tokens[past - 1])) {
      const Token& before = tokens[past - 2];
      const bool ends = is_name(before) || dialect::is_literal(before.kind) || before.kind == TokenKind::kRightParen ||
                        before.kind == TokenKind::kRightBracket || before.keyword == "END"_kw ||
                        before.keyword == "NULL"_kw;
      if (ends) item.end = end_of(past - 2);
    }
    items.push_back(item);
    return true;
  };
  for (; at < tokens.size(); ++at) {
    const Token& token = tokens[at];
    if (token.kind == TokenKind::kLeftParen || token.kind == TokenKind::kLeftBracket) ++depth;
    const bool closes = token.kind == TokenKind::kRightParen || token.kind == TokenKind::kRightBracket;
    if (closes && depth > 0) {
      --depth;
      continue;
    }
    if (depth > 0) continue;
    if (token.kind == TokenKind::kComma) {
      if (!finish(at)) return std::nullopt;
      first = at + 1;
      continue;
    }
    const bool clause = token.kind == TokenKind::kWord &&
                        (token.keyword == "FROM"_kw || token.keyword == "WHERE"_kw || token.keyword == "GROUP"_kw ||
                         token.keyword == "HAVING"_kw || token.keyword == "ORDER"_kw || token.keyword == "LIMIT"_kw ||
                         token.keyword == "UNION"_kw || token.keyword == "EXCEPT"_kw || token.keyword == "MINUS"_kw ||
                         token.keyword == "INTERSECT"_kw);
    if (closes || clause || token.kind == TokenKind::kEnd || token.kind == TokenKind::kSemicolon) break;
  }
  if (at >= tokens.size() || !finish(at)) return std::nullopt;
  return items;
}

}  // namespace

std::string query_with_full_names(const std::string& query, const ColumnsOf& columns_of) {
  auto statement = dialect::parse(query, dialect::ParseOptions());
  if (!statement) return query;
  const auto* kernel = std::get_if<dialect::KernelStatement>(&statement->body);
  if (!kernel || !kernel->tree || kernel->tree->type != duckdb::StatementType::SELECT_STATEMENT) return query;
  Rewriter rewriter(query, columns_of);
  rewriter.query(*kernel->tree->Cast<duckdb::SelectStatement>().node, nullptr, {});
  return rewriter.text();
}

std::optional<std::string> query_with_aliases(const std::string& query, const std::vector<std::string>& aliases) {
  dialect::Lexer lexer(query, dialect::ParseOptions());
  std::vector<Token> tokens;
  do {
    tokens.push_back(lexer.next());
    if (tokens.back().kind == TokenKind::kInvalid) return std::nullopt;
  } while (tokens.back().kind != TokenKind::kEnd);
  // The first SELECT that is not inside WITH.
  const bool with = tokens[0].keyword == "WITH"_kw;
  size_t at = 0;
  for (int depth = 0; at < tokens.size(); ++at) {
    if (tokens[at].kind == TokenKind::kLeftParen) ++depth;
    if (tokens[at].kind == TokenKind::kRightParen) --depth;
    if (tokens[at].keyword == "SELECT"_kw && (!with || depth == 0)) break;
  }
  if (at == tokens.size()) return std::nullopt;
  ++at;
  while (tokens[at].keyword == "DISTINCT"_kw || tokens[at].keyword == "ALL"_kw) ++at;
  const auto items = items_of(tokens, at);
  if (!items || items->size() != aliases.size()) return std::nullopt;
  // HAVING and ORDER BY may use the aliases that would go.
  for (const Item& item : *items) {
    if (item.end == item.with_alias) continue;
    const auto spelling = [&](const Token& token) {
      std::string name(query.substr(token.begin, token.length));
      std::erase(name, '`');
      return name;
    };
    const std::string alias = spelling(tokens[item.past - 1]);
    for (size_t i = items->back().past; i < tokens.size(); ++i) {
      if (StringUtil::CIEquals(spelling(tokens[i]), alias)) return std::nullopt;
    }
  }
  std::string result = query.substr(0, items->front().begin);
  for (size_t i = 0; i < items->size(); ++i) {
    const Item& item = (*items)[i];
    result += (i > 0 ? ", " : "") + query.substr(item.begin, item.end - item.begin) + " AS " + quoted_name(aliases[i]);
  }
  return result + query.substr(items->back().with_alias);
}

}  // namespace sluice::session
