// SPDX-License-Identifier: Apache-2.0
// One lexical unit of SQL text. Plain data; refers to the text by offset, so it is valid as long as the text is.
#pragma once

#include <cstdint>
#include <string_view>

#include "dialect/keywords.h"

namespace sluice::dialect {

enum class TokenKind : uint8_t {
  kEnd,               // after the last one; length 0
  kInvalid,           // the text does not lex from here on: see Lexer::problem()
  kWord,              // unquoted identifier or keyword
  kQuotedIdentifier,  // `..`, and ".." with ANSI_QUOTES
  // Literals: what normalise() takes out. Keep them together: is_literal() compares.
  kString,        // '..', "..", N'..', R'..'
  kInteger,       // 12
  kDecimal,       // 1.5, 1., .5
  kFloat,         // 1e3
  kHex,           // x'..', 0x..
  kBit,           // b'..', 0b..
  kPlaceholder,   // ?
  kUserVariable,  // @name, @'name', @`name`; also the host part of an account
  kAtAt,          // @@ (the name follows as a word)
  kComma,
  kDot,
  kLeftParen,
  kRightParen,
  kLeftBracket,
  kRightBracket,
  kLeftBrace,
  kRightBrace,
  kSemicolon,
  kColon,
  kPlus,
  kMinus,
  kStar,
  kSlash,
  kPercent,
  kCaret,
  kTilde,
  kBang,
  kAmpersand,
  kPipe,
  kShiftLeft,
  kShiftRight,
  kAndAnd,
  kOrOr,
  kEqual,
  kNullSafeEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kAssign,
  kArrow,
  kLongArrow,
};

constexpr bool is_literal(TokenKind kind) { return kind >= TokenKind::kString && kind <= TokenKind::kBit; }

struct Token {
  // The text between the quotes is not the value: it has backslash escapes or doubled quotes.
  static constexpr uint8_t kEscaped = 1;
  static constexpr uint8_t kRaw = 2;  // R'..': no escapes at all

  uint32_t begin = 0;   // bytes from the start of the text
  uint32_t length = 0;  // bytes, quotes and prefix included
  TokenKind kind = TokenKind::kEnd;
  uint8_t flags = 0;
  Keyword keyword = kNoKeyword;  // of a kWord
};

}  // namespace sluice::dialect
