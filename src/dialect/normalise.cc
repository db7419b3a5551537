// SPDX-License-Identifier: Apache-2.0
#include "dialect/lexer.h"
#include "dialect/literals.h"
#include "dialect/parser.h"

namespace sluice::dialect {
namespace {

constexpr size_t kUsualLiterals = 4;

// What stands for a literal in the key: texts whose literals are of other kinds are other statements.
std::string_view mark_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::kString:
      return "?s";
    case TokenKind::kInteger:
      return "?i";
    case TokenKind::kDecimal:
      return "?d";
    case TokenKind::kFloat:
      return "?f";
    default:
      return "?x";
  }
}

}  // namespace

std::optional<Normalised> normalise(std::string_view sql, const ParseOptions& options) {
  Normalised result;
  Lexer lexer(sql, options);
  size_t copied = std::string_view::npos;  // the text up to here is in the key
  size_t end = 0;                          // after the last token
  try {
    for (;;) {
      Token token = lexer.next();
      if (token.kind == TokenKind::kEnd) break;
      if (token.kind == TokenKind::kInvalid) return std::nullopt;
      if (copied == std::string_view::npos) {
        copied = token.begin;
        result.key.reserve(sql.size() - copied + 16);
      }
      end = token.begin + token.length;
      if (token.kind == TokenKind::kPlaceholder) result.has_placeholder = true;
      if (!is_literal(token.kind)) continue;
      auto value = literal_value(sql.substr(token.begin, token.length), token);
      if (!value) return std::nullopt;
      if (result.values.empty()) result.values.reserve(kUsualLiterals);
      result.values.push_back(std::move(*value));
      result.key.append(sql, copied, token.begin - copied);
      result.key += mark_of(token.kind);
      copied = end;
    }
  } catch (const std::exception&) {
    return std::nullopt;  // a string that is not UTF-8
  }
  if (copied != std::string_view::npos) result.key.append(sql, copied, end - copied);
  return result;
}

}  // namespace sluice::dialect
