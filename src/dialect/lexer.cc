// SPDX-License-Identifier: Apache-2.0
#include "dialect/lexer.h"

#include <array>
#include <cstring>

#include "dialect/parser.h"

namespace sluice::dialect {
namespace {

// /*!NNNNN .. */ counts for servers of at least that version; ours says 5.7.99.
constexpr uint32_t kOwnVersion = 50799;

enum CharClass : uint8_t { kOther = 0, kBlank = 1, kDigit = 2, kLetter = 4, kHexDigit = 8 };

constexpr std::array<uint8_t, 256> kClasses = [] {
  std::array<uint8_t, 256> classes{};
  for (char c : {' ', '\t', '\n', '\r', '\f', '\v'}) classes[static_cast<uint8_t>(c)] = kBlank;
  for (int c = '0'; c <= '9'; ++c) classes[c] = kDigit | kHexDigit;
  for (int c = 'a'; c <= 'z'; ++c) classes[c] = classes[c - 32] = kLetter;
  for (int c = 'a'; c <= 'f'; ++c) classes[c] = classes[c - 32] = kLetter | kHexDigit;
  classes['_'] = classes['$'] = kLetter;
  for (int c = 0x80; c <= 0xff; ++c) classes[c] = kLetter;
  return classes;
}();

bool has_class(char c, uint8_t classes) { return (kClasses[static_cast<uint8_t>(c)] & classes) != 0; }
bool is_blank(char c) { return has_class(c, kBlank); }
bool is_digit(char c) { return has_class(c, kDigit); }
bool is_name_part(char c) { return has_class(c, kLetter | kDigit); }

}  // namespace

Lexer::Lexer(std::string_view text, const ParseOptions& options)
    : text_(text.data()),
      size_(static_cast<uint32_t>(text.size())),
      backslash_escapes_(!options.no_backslash_escapes),
      ansi_quotes_(options.ansi_quotes) {}

Token Lexer::make(uint32_t begin, uint32_t end, TokenKind kind) {
  position_ = end;
  Token token;
  token.begin = begin;
  token.length = end - begin;
  token.kind = kind;
  return token;
}

Token Lexer::invalid(uint32_t begin, std::string_view problem) {
  problem_ = problem;
  position_ = begin;
  Token token;
  token.begin = begin;
  token.length = size_ - begin;
  token.kind = TokenKind::kInvalid;
  return token;
}

bool Lexer::skip_blanks() {
  for (;;) {
    char c = at(position_);
    if (is_blank(c)) {
      ++position_;
      continue;
    }
    switch (c) {
      case '#':
        break;
      case '-': {
        if (at(position_ + 1) != '-') return true;
        bool blank_before = position_ == 0 || is_blank(text_[position_ - 1]);
        bool blank_after = position_ + 2 >= size_ || static_cast<uint8_t>(text_[position_ + 2]) <= ' ';
        if (!blank_before && !blank_after) return true;  // 5--1
        break;
      }
      case '/': {
        if (at(position_ + 1) != '*') return true;
        if (at(position_ + 2) == '!') {
          uint32_t cursor = position_ + 3;
          uint32_t version = 0;
          while (is_digit(at(cursor)) && cursor < position_ + 9) version = version * 10 + (text_[cursor++] - '0');
          if (version <= kOwnVersion && !in_version_comment_) {
            in_version_comment_ = true;
            position_ = cursor;
            continue;
          }
        }
        std::string_view rest(text_ + position_ + 2, size_ - position_ - 2);
        size_t end = rest.find("*/");
        if (end == std::string_view::npos) {
          problem_ = "a comment that begins with '/*' has no '*/'";
          return false;
        }
        position_ += static_cast<uint32_t>(end) + 4;
        continue;
      }
      case '*':
        if (!in_version_comment_ || at(position_ + 1) != '/') return true;
        in_version_comment_ = false;
        position_ += 2;
        continue;
      default:
        return true;
    }
    // A comment to the end of the line.
    const void* end = std::memchr(text_ + position_, '\n', size_ - position_);
    position_ = end ? static_cast<uint32_t>(static_cast<const char*>(end) - text_) + 1 : size_;
  }
}

Token Lexer::next() {
  bool after_dot = after_dot_;
  after_dot_ = false;
  uint32_t before = position_;
  if (!skip_blanks()) return invalid(position_, problem_);
  uint32_t begin = position_;
  if (begin >= size_) return make(size_, size_, TokenKind::kEnd);
  char c = text_[begin];
  if (after_dot && before == begin && is_name_part(c)) return word(begin);
  if (has_class(c, kLetter)) {
    if (at(begin + 1) == '\'') {
      switch (c) {
        case 'x':
        case 'X':
          return digits_in_quotes(begin, TokenKind::kHex);
        case 'b':
        case 'B':
          return digits_in_quotes(begin, TokenKind::kBit);
        case 'n':
        case 'N':
          return quoted(begin, begin + 1, TokenKind::kString, backslash_escapes_);
        case 'r':
        case 'R':
          return quoted(begin, begin + 1, TokenKind::kString, false);
        default:
          break;
      }
    }
    return word(begin);
  }
  if (is_digit(c)) return number(begin);
  switch (c) {
    case '\'':
      return quoted(begin, begin, TokenKind::kString, backslash_escapes_);
    case '"':
      if (ansi_quotes_) return quoted_identifier(begin);
      return quoted(begin, begin, TokenKind::kString, backslash_escapes_);
    case '`':
      return quoted_identifier(begin);
    case '@':
      return user_variable(begin);
    case '.':
      if (is_digit(at(begin + 1)) && !(before == begin && begin > 0 && is_name_part(text_[begin - 1]))) {
        return number(begin);
      }
      return punctuation(begin);
    default:
      return punctuation(begin);
  }
}

Token Lexer::word(uint32_t begin) {
  uint32_t end = begin + 1;
  while (end < size_ && is_name_part(text_[end])) ++end;
  Token token = make(begin, end, TokenKind::kWord);
  token.keyword = find_keyword(std::string_view(text_ + begin, end - begin));
  return token;
}

Token Lexer::number(uint32_t begin) {
  uint32_t end = begin;
  if (text_[begin] == '0' && (at(begin + 1) == 'x' || at(begin + 1) == 'b')) {
    bool hex = text_[begin + 1] == 'x';
    end = begin + 2;
    while (end < size_ && (hex ? has_class(text_[end], kHexDigit) : text_[end] == '0' || text_[end] == '1')) ++end;
    if (end > begin + 2 && !is_name_part(at(end))) return make(begin, end, hex ? TokenKind::kHex : TokenKind::kBit);
    return word(begin);
  }
  while (end < size_ && is_digit(text_[end])) ++end;
  TokenKind kind = TokenKind::kInteger;
  if (at(end) == '.') {
    kind = TokenKind::kDecimal;
    ++end;
    while (end < size_ && is_digit(text_[end])) ++end;
  }
  if (at(end) == 'e' || at(end) == 'E') {
    uint32_t exponent = end + 1;
    if (at(exponent) == '+' || at(exponent) == '-') ++exponent;
    if (is_digit(at(exponent))) {
      while (exponent < size_ && is_digit(text_[exponent])) ++exponent;
      kind = TokenKind::kFloat;
      end = exponent;
    }
  }
  // A name may begin with digits (1st, 2024_q1), not with a decimal number.
  if (end < size_ && is_name_part(text_[end]) && kind == TokenKind::kInteger) return word(begin);
  return make(begin, end, kind);
}

Token Lexer::quoted(uint32_t begin, uint32_t quote_at, TokenKind kind, bool backslash_escapes) {
  char quote = text_[quote_at];
  uint8_t flags = backslash_escapes ? 0 : Token::kRaw;
  uint32_t cursor = quote_at + 1;
  while (cursor < size_) {
    char c = text_[cursor];
    if (c == '\\' && backslash_escapes) {
      flags |= Token::kEscaped;
      cursor += 2;
      continue;
    }
    if (c == quote) {
      if (at(cursor + 1) != quote) {
        Token token = make(begin, cursor + 1, kind);
        token.flags = flags;
        return token;
      }
      flags |= Token::kEscaped;
      ++cursor;
    }
    ++cursor;
  }
  return invalid(begin,
                 quote == '"' ? "a string that begins with '\"' has no end" : "a string that begins with ' has no end");
}

Token Lexer::quoted_identifier(uint32_t begin) {
  char quote = text_[begin];
  uint8_t flags = 0;
  for (uint32_t cursor = begin + 1; cursor < size_; ++cursor) {
    if (text_[cursor] != quote) continue;
    if (at(cursor + 1) == quote) {
      flags |= Token::kEscaped;
      ++cursor;
      continue;
    }
    if (cursor == begin + 1) return invalid(begin, "a quoted name is empty");
    // The kernel compares names up to the first NUL.
    if (std::memchr(text_ + begin, '\0', cursor - begin)) return invalid(begin, "a quoted name holds a NUL character");
    Token token = make(begin, cursor + 1, TokenKind::kQuotedIdentifier);
    token.flags = flags;
    return token;
  }
  return invalid(begin, "a quoted name has no end");
}

Token Lexer::digits_in_quotes(uint32_t begin, TokenKind kind) {
  bool hex = kind == TokenKind::kHex;
  uint32_t end = begin + 2;
  while (end < size_ && (hex ? has_class(text_[end], kHexDigit) : text_[end] == '0' || text_[end] == '1')) ++end;
  if (at(end) != '\'') return invalid(begin, hex ? "x'..' may hold hex digits only" : "b'..' may hold 0 and 1 only");
  if (hex && (end - begin) % 2 != 0) return invalid(begin, "x'..' needs an even number of digits");
  return make(begin, end + 1, kind);
}

Token Lexer::user_variable(uint32_t begin) {
  char c = at(begin + 1);
  if (c == '@') return make(begin, begin + 2, TokenKind::kAtAt);
  if (c == '\'' || c == '"' || c == '`') {
    Token token =
        c == '`' ? quoted_identifier(begin + 1) : quoted(begin + 1, begin + 1, TokenKind::kString, backslash_escapes_);
    if (token.kind == TokenKind::kInvalid) return token;
    token.kind = TokenKind::kUserVariable;
    token.begin = begin;
    ++token.length;
    return token;
  }
  uint32_t end = begin + 1;
  while (end < size_ && (is_name_part(text_[end]) || text_[end] == '.')) ++end;
  if (end == begin + 1) return invalid(begin, "'@' must be followed by a name");
  return make(begin, end, TokenKind::kUserVariable);
}

Token Lexer::punctuation(uint32_t begin) {
  char next = at(begin + 1);
  auto one = [&](TokenKind kind) { return make(begin, begin + 1, kind); };
  auto two = [&](TokenKind kind) { return make(begin, begin + 2, kind); };
  switch (text_[begin]) {
    case ',':
      return one(TokenKind::kComma);
    case '(':
      return one(TokenKind::kLeftParen);
    case ')':
      return one(TokenKind::kRightParen);
    case '[':
      return one(TokenKind::kLeftBracket);
    case ']':
      return one(TokenKind::kRightBracket);
    case '{':
      return one(TokenKind::kLeftBrace);
    case '}':
      return one(TokenKind::kRightBrace);
    case ';':
      return one(TokenKind::kSemicolon);
    case '+':
      return one(TokenKind::kPlus);
    case '*':
      return one(TokenKind::kStar);
    case '/':
      return one(TokenKind::kSlash);
    case '%':
      return one(TokenKind::kPercent);
    case '^':
      return one(TokenKind::kCaret);
    case '~':
      return one(TokenKind::kTilde);
    case '?':
      return one(TokenKind::kPlaceholder);
    case '.':
      after_dot_ = true;
      return one(TokenKind::kDot);
    case '-':
      if (next != '>') return one(TokenKind::kMinus);
      if (at(begin + 2) == '>') return make(begin, begin + 3, TokenKind::kLongArrow);
      return two(TokenKind::kArrow);
    case ':':
      return next == '=' ? two(TokenKind::kAssign) : one(TokenKind::kColon);
    case '=':
      return next == '=' ? two(TokenKind::kEqual) : one(TokenKind::kEqual);
    case '!':
      return next == '=' ? two(TokenKind::kNotEqual) : one(TokenKind::kBang);
    case '&':
      return next == '&' ? two(TokenKind::kAndAnd) : one(TokenKind::kAmpersand);
    case '|':
      return next == '|' ? two(TokenKind::kOrOr) : one(TokenKind::kPipe);
    case '<':
      if (next == '=' && at(begin + 2) == '>') return make(begin, begin + 3, TokenKind::kNullSafeEqual);
      if (next == '=') return two(TokenKind::kLessEqual);
      if (next == '>') return two(TokenKind::kNotEqual);
      return next == '<' ? two(TokenKind::kShiftLeft) : one(TokenKind::kLess);
    case '>':
      if (next == '=') return two(TokenKind::kGreaterEqual);
      return next == '>' ? two(TokenKind::kShiftRight) : one(TokenKind::kGreater);
    default:
      return invalid(begin, "this character has no meaning in SQL");
  }
}

}  // namespace sluice::dialect
