// SPDX-License-Identifier: Apache-2.0
#include "session/statement_text.h"

#include <algorithm>

#include "dialect/lexer.h"
#include "dialect/literals.h"
#include "duckdb/common/string_util.hpp"
#include "functions/nested_aggregate.h"
#include "functions/registry.h"

namespace sluice::session {
namespace {

using dialect::Token;
using dialect::TokenKind;
using dialect::operator""_kw;

// Longer texts get line and position alone.
constexpr size_t kMostLexedBytes = 4 << 20;

bool same(std::string_view left, std::string_view right) {
  return duckdb::StringUtil::CIEquals(std::string(left), std::string(right));
}

}  // namespace

void TextPlace::advance(std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      ++line;
      position = 0;
    } else if ((static_cast<uint8_t>(c) & 0xc0) != 0x80) {
      ++position;
    }
  }
}

std::string TextPlace::text() const {
  return "(line " + std::to_string(line) + ", pos " + std::to_string(position) + ")";
}

StatementText::StatementText(std::string_view sql, const dialect::ParseOptions& options, TextPlace start)
    : sql_(sql), start_(start) {
  if (sql.size() > kMostLexedBytes) return;
  dialect::Lexer lexer(sql, options);
  for (Token token = lexer.next(); token.kind != TokenKind::kEnd && token.kind != TokenKind::kInvalid;
       token = lexer.next())
    tokens_.push_back(token);
}

TextPlace StatementText::place(size_t offset) const {
  TextPlace place = start_;
  place.advance(sql_.substr(0, offset));
  return place;
}

bool StatementText::word_at(size_t index, std::string_view word) const {
  return is(index, TokenKind::kWord) && same(sql_.substr(tokens_[index].begin, tokens_[index].length), word);
}

size_t StatementText::index_of(size_t offset) const {
  const auto found = std::ranges::lower_bound(tokens_, offset, {}, &Token::begin);
  return found != tokens_.end() && found->begin == offset ? static_cast<size_t>(found - tokens_.begin()) : kNone;
}

std::string StatementText::name(size_t index) const {
  if (index >= tokens_.size()) return {};
  const Token& token = tokens_[index];
  const std::string_view text = sql_.substr(token.begin, token.length);
  if (token.kind == TokenKind::kQuotedIdentifier) return dialect::identifier_value(text, token);
  if (token.kind == TokenKind::kString) return dialect::string_value(text, token);
  return std::string(text);
}

std::string StatementText::name_at(size_t offset) const { return name(index_of(offset)); }

std::string StatementText::token_at(size_t offset) const {
  const size_t index = index_of(offset);
  if (index == kNone) return {};
  return std::string(sql_.substr(tokens_[index].begin, tokens_[index].length));
}

std::string StatementText::name_after(size_t offset, size_t ahead) const {
  const size_t index = index_of(offset);
  return index == kNone ? std::string() : name(index + ahead);
}

std::optional<size_t> StatementText::find(std::string_view wanted) const {
  if (wanted.empty()) return std::nullopt;
  for (size_t i = 0; i < tokens_.size(); ++i) {
    if (same(name(i), wanted)) return tokens_[i].begin;
  }
  return std::nullopt;
}

size_t StatementText::call_at(std::string_view function, size_t offset) const {
  size_t index = index_of(offset);
  if (index == kNone) return offset;
  const auto& registry = functions::Registry::instance();
  const auto* wanted = registry.find(duckdb::StringUtil::Lower(std::string(function)));
  const auto names_it = [&](size_t at) {
    if (!is(at + 1, TokenKind::kLeftParen)) return false;
    const std::string written = duckdb::StringUtil::Lower(name(at));
    return same(written, function) || (wanted && registry.find(written) == wanted);
  };
  if (names_it(index)) return offset;
  for (size_t open = opening(index); open != kNone && open > 0; open = opening(open)) {
    if (names_it(open - 1)) return tokens_[open - 1].begin;
    if (is(open - 1, TokenKind::kWord) && !is(open - 1, TokenKind::kLeftParen)) break;
  }
  return offset;
}

size_t StatementText::after_parenthesis(size_t open) const {
  size_t depth = 0;
  for (size_t i = open; i < tokens_.size(); ++i) {
    if (is(i, TokenKind::kLeftParen)) ++depth;
    if (is(i, TokenKind::kRightParen) && --depth == 0) return i + 1;
  }
  return tokens_.size();
}

std::string StatementText::call_text(size_t offset) const {
  const size_t first = index_of(offset);
  if (first == kNone || !is(first + 1, TokenKind::kLeftParen)) return {};
  size_t end = after_parenthesis(first + 1);
  if (word_at(end, "OVER") && is(end + 1, TokenKind::kLeftParen)) end = after_parenthesis(end + 1);
  const Token& last = tokens_[end - 1];
  return std::string(sql_.substr(offset, last.begin + last.length - offset));
}

size_t StatementText::opening(size_t index) const {
  size_t depth = 0;
  while (index-- > 0) {
    if (is(index, TokenKind::kRightParen)) ++depth;
    if (!is(index, TokenKind::kLeftParen)) continue;
    if (depth == 0) return index;
    --depth;
  }
  return kNone;
}

bool StatementText::opens_query(size_t parenthesis) const {
  size_t first = parenthesis + 1;
  while (is(first, TokenKind::kLeftParen)) ++first;
  return word_at(first, "SELECT") || word_at(first, "WITH") || word_at(first, "VALUES");
}

std::string_view StatementText::select_clause(size_t select) const {
  size_t depth = 0;
  bool reads = false;
  bool in_list = true;
  for (size_t i = select + 1; i < tokens_.size(); ++i) {
    if (is(i, TokenKind::kLeftParen)) ++depth;
    if (is(i, TokenKind::kRightParen) && depth-- == 0) break;
    if (depth > 0 || !is(i, TokenKind::kWord)) continue;
    switch (tokens_[i].keyword) {
      case "FROM"_kw:
        reads = true;
        in_list = false;
        break;
      case "GROUP"_kw:
        return "AGGREGATE";
      case "UNION"_kw:
      case "EXCEPT"_kw:
      case "INTERSECT"_kw:
        return reads ? "PROJECT" : "ONE_ROW_RELATION";
      default:
        if (in_list && is(i + 1, TokenKind::kLeftParen) &&
            functions::is_aggregate_name(duckdb::StringUtil::Lower(name(i)))) {
          if (!word_at(after_parenthesis(i + 1), "OVER")) return "AGGREGATE";
        }
    }
  }
  return reads ? "PROJECT" : "ONE_ROW_RELATION";
}

std::string_view StatementText::clause(size_t offset) const {
  size_t index = index_of(offset);
  if (index == kNone) return {};
  size_t depth = 0;
  while (index-- > 0) {
    if (is(index, TokenKind::kRightParen)) ++depth;
    if (is(index, TokenKind::kLeftParen) && depth > 0)
      --depth;
    else if (depth > 0 || !is(index, TokenKind::kWord))
      continue;
    switch (tokens_[index].keyword) {
      case "SELECT"_kw:
        return select_clause(index);
      case "WHERE"_kw:
        return "FILTER";
      case "HAVING"_kw:
        return "HAVING";
      case "ON"_kw:
      case "USING"_kw:
        return "JOIN";
      case "LATERAL"_kw:
        return "GENERATE";
      case "GROUP"_kw:
        return "AGGREGATE";
      case "ORDER"_kw: {
        // Inside OVER (..) or a call it belongs to what stands around it.
        const size_t parenthesis = opening(index);
        if (parenthesis == kNone || opens_query(parenthesis)) return "SORT";
        break;
      }
      case "SET"_kw:
        return "PROJECT";
      default:
        break;
    }
  }
  return {};
}

}  // namespace sluice::session
