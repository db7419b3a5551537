// SPDX-License-Identifier: Apache-2.0
#include "dialect/parse_context.h"

#include <pthread.h>

#include <algorithm>

#include "base/error_place.h"
#include "dialect/lexer.h"

namespace sluice::dialect {
namespace {

constexpr int kParseError = 1064;
constexpr int kNotSupported = 1235;
// Below this much free stack nesting is refused, whatever ParseOptions::max_depth says.
constexpr size_t kStackReserve = 96 * 1024;
// A statement with more literals than this is not worth a cached plan: none is lifted.
constexpr size_t kMaxLiftedLiterals = 64;
constexpr size_t kNearCharacters = 80;

// The lowest address of this thread's stack that may be used by parsing.
const char* lowest_usable_stack() {
  thread_local const char* lowest = [] {
    pthread_attr_t attributes;
    void* address = nullptr;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return static_cast<const char*>(nullptr);
    pthread_attr_getstack(&attributes, &address, &size);
    pthread_attr_destroy(&attributes);
    return static_cast<const char*>(address) + std::min(kStackReserve, size / 2);
  }();
  return lowest;
}

struct Position {
  size_t line = 1;
  size_t column = 1;  // characters, not bytes
};
Position position_of(std::string_view sql, size_t offset) {
  Position position;
  for (size_t i = 0; i < offset && i < sql.size(); ++i) {
    auto byte = static_cast<uint8_t>(sql[i]);
    if (byte == '\n') {
      ++position.line;
      position.column = 1;
    } else if ((byte & 0xc0) != 0x80) {
      ++position.column;
    }
  }
  return position;
}

// Up to kNearCharacters of text, cut at a character's end.
std::string near_text(std::string_view sql, size_t offset) {
  std::string_view rest = sql.substr(std::min(offset, sql.size()));
  if (rest.size() <= kNearCharacters) return std::string(rest);
  size_t end = kNearCharacters;
  while (end > 0 && (static_cast<uint8_t>(rest[end]) & 0xc0) == 0x80) --end;
  return std::string(rest.substr(0, end)) + "...";
}

bool same_word(std::string_view word, std::string_view upper_case) {
  if (word.size() != upper_case.size()) return false;
  for (size_t i = 0; i < word.size(); ++i) {
    char c = word[i];
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    if (c != upper_case[i]) return false;
  }
  return true;
}

}  // namespace

ParseContext::ParseContext(std::string_view sql, const ParseOptions& options)
    : sql_(sql),
      options_(options),
      valid_utf8_(duckdb::Value::StringIsValid(sql.data(), sql.size())),
      lowest_stack_(lowest_usable_stack()) {
  tokens_.reserve(std::min<size_t>(sql.size() / 4 + 8, 1 << 16));
  Lexer lexer(sql, options);
  size_t literals = 0;
  for (;;) {
    Token token = lexer.next();
    if (token.kind == TokenKind::kInvalid) {
      (void)note(lexer.problem(), token);
      tokens_.emplace_back();
      return;
    }
    if (is_literal(token.kind)) ++literals;
    bool name = token.kind == TokenKind::kWord || token.kind == TokenKind::kQuotedIdentifier;
    if (!valid_utf8_ && name && !duckdb::Value::StringIsValid(sql.data() + token.begin, token.length)) {
      (void)note("this name is not UTF-8", token);
      tokens_.emplace_back();
      return;
    }
    tokens_.push_back(token);
    if (token.kind == TokenKind::kEnd) break;
  }
  if (!options.lift_literals) return;
  slots_.resize(literals);
  for (uint32_t i = 0; i < literals; ++i) slots_[i].ordinal = i;
  if (literals > kMaxLiftedLiterals) return;
  lift_permitted_ = true;
  literal_tokens_.reserve(literals);
  for (uint32_t i = 0; i < tokens_.size(); ++i) {
    if (is_literal(tokens_[i].kind)) literal_tokens_.push_back(i);
  }
}

Parsed<void> ParseContext::expect(TokenKind kind, std::string_view what) {
  if (accept(kind)) return {};
  return expected(what);
}

Parsed<void> ParseContext::expect(Keyword keyword) {
  if (accept(keyword)) return {};
  return expected(keyword_text(keyword));
}

bool ParseContext::split_shift_right() {
  if (!is(TokenKind::kShiftRight)) return false;
  Token& token = tokens_[at_];
  token.kind = TokenKind::kGreater;
  ++token.begin;
  --token.length;
  return true;
}

bool ParseContext::at_query_start(size_t ahead) const {
  switch (peek(ahead).keyword) {
    case "SELECT"_kw:
    case "WITH"_kw:
      return true;
    case "VALUES"_kw:
      return !values_is_function;
    default:
      return false;
  }
}

bool ParseContext::has_assignments() const {
  return std::ranges::any_of(tokens_, [](const Token& token) { return token.kind == TokenKind::kAssign; });
}

bool ParseContext::at_parenthesised_query() const {
  size_t ahead = 0;
  while (is(TokenKind::kLeftParen, ahead) && ahead <= options_.max_depth) ++ahead;
  return ahead > 0 && at_query_start(ahead);
}

std::string_view ParseContext::text_since(size_t first) const {
  const Token& begin = tokens_[first];
  const Token& last = tokens_[at_ > first ? at_ - 1 : first];
  return sql_.substr(begin.begin, last.begin + last.length - begin.begin);
}

std::string ParseContext::as_name(std::string_view text) const {
  std::string name(text);
  if (valid_utf8_ || duckdb::Value::StringIsValid(name)) return name;
  for (char& c : name) c = static_cast<uint8_t>(c) < 0x80 ? c : '?';
  return name;
}

bool ParseContext::is_word(std::string_view upper_case, size_t ahead) const {
  const Token& token = peek(ahead);
  return token.kind == TokenKind::kWord && same_word(text(token), upper_case);
}

bool ParseContext::accept_word(std::string_view upper_case) { return is_word(upper_case) && (advance(), true); }

tl::unexpected<Failed> ParseContext::note(std::string_view sentence, const Token& where) const {
  if (!error_) {
    Position position = position_of(sql_, where.begin);
    std::string message = "You have an error in your SQL syntax: ";
    message += sentence;
    message +=
        where.begin >= sql_.size() ? " at the end of the statement" : " near '" + near_text(sql_, where.begin) + "'";
    message += " at line " + std::to_string(position.line) + ", position " + std::to_string(position.column);
    error_ = with_place(sql_error(Code::kInvalidArgument, kParseError, std::move(message)), where.begin);
  }
  return tl::unexpected<Failed>(Failed{});
}

tl::unexpected<Failed> ParseContext::expected(std::string_view expected) const {
  std::string sentence = "expected ";
  sentence += expected;
  return note(sentence, peek());
}

tl::unexpected<Failed> ParseContext::syntax_error(std::string_view sentence) const { return note(sentence, peek()); }

tl::unexpected<Failed> ParseContext::syntax_error(std::string_view sentence, const Token& where) const {
  return note(sentence, where);
}

tl::unexpected<Failed> ParseContext::unsupported(std::string_view what) const {
  if (!error_) {
    error_ =
        with_place(sql_error(Code::kUnsupported, kNotSupported, "This version does not support " + std::string(what)),
                   peek().begin);
  }
  return tl::unexpected<Failed>(Failed{});
}

tl::unexpected<Failed> ParseContext::failure(Error error) const {
  // What is found at the end, of the statement as a whole, is about some name in it.
  if (!error_) error_ = with_place(std::move(error), at_end() ? kSomewhere : peek().begin);
  return tl::unexpected<Failed>(Failed{});
}

Parsed<void> ParseContext::check_depth() const {
  char here;
  if (depth_ <= options_.max_depth && &here > lowest_stack_) return {};
  return syntax_error("the statement is nested too deeply");
}

Parsed<void> ParseContext::check_query_depth() const {
  if (query_depth_ <= kMaxQueryDepth) return {};
  return syntax_error("the statement is nested too deeply: more than " + std::to_string(kMaxQueryDepth) +
                      " levels of subqueries");
}

Parsed<void> ParseContext::add_level() {
  if (++height_ <= options_.max_depth) return {};
  return syntax_error("the statement is nested too deeply");
}

ExprPtr ParseContext::placeholder() {
  auto parameter = duckdb::make_uniq<duckdb::ParameterExpression>();
  parameter->identifier = std::to_string(++parameter_count_);
  return parameter;
}

ExprPtr ParseContext::lifted(size_t token_index) {
  auto found = std::lower_bound(literal_tokens_.begin(), literal_tokens_.end(), token_index);
  auto parameter = placeholder();
  parameter->SetQueryLocation(tokens_[token_index].begin);
  LiteralSlot& slot = slots_[static_cast<size_t>(found - literal_tokens_.begin())];
  slot.fixed = false;
  slot.parameter = parameter_count_;
  return parameter;
}

const SessionValues* ParseContext::session() {
  session_dependent_ = true;
  if (!options_.session) (void)syntax_error("variables and session functions have no value here");
  return options_.session;
}

}  // namespace sluice::dialect
