// SPDX-License-Identifier: Apache-2.0
// Cuts SQL text into tokens, one at a time and without allocating. The parser, normalise() and split() all use it,
// so they agree on what a token is. Source of truth: MySQL's lexical rules; Doris' where they are wider
// ('--' needs no blank after it when one stands before it; R'..' strings). One thread.
#pragma once

#include <string_view>

#include "dialect/token.h"

namespace sluice::dialect {

struct ParseOptions;

class Lexer {
 public:
  // `text` must outlive the lexer and be shorter than 4 GiB.
  Lexer(std::string_view text, const ParseOptions& options);

  // The next token. After the last one kEnd, as often as asked. After kInvalid the lexer stands still.
  Token next();

  // After kInvalid: what is wrong, for the error text.
  std::string_view problem() const { return problem_; }

 private:
  // Skips blanks and comments. False when a comment has no end.
  bool skip_blanks();
  Token word(uint32_t begin);
  Token number(uint32_t begin);
  Token quoted(uint32_t begin, uint32_t quote_at, TokenKind kind, bool backslash_escapes);
  Token quoted_identifier(uint32_t begin);
  Token digits_in_quotes(uint32_t begin, TokenKind kind);
  Token user_variable(uint32_t begin);
  Token punctuation(uint32_t begin);
  Token make(uint32_t begin, uint32_t end, TokenKind kind);
  Token invalid(uint32_t begin, std::string_view problem);
  char at(uint32_t index) const { return index < size_ ? text_[index] : '\0'; }

  const char* text_;
  uint32_t size_;
  uint32_t position_ = 0;
  bool backslash_escapes_;
  bool ansi_quotes_;
  bool in_version_comment_ = false;  // inside /*! .. */, whose contents count
  bool after_dot_ = false;           // the last token was a dot with nothing between: a digit starts a name
  std::string_view problem_;
};

}  // namespace sluice::dialect
