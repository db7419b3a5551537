// SPDX-License-Identifier: Apache-2.0
// A statement's text as its errors see it: where a byte is in lines, which clause it is in, where a name stands.
// Made when a statement has failed; the text must outlive it. One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/parser.h"
#include "dialect/token.h"

namespace sluice::session {

// A place as Doris counts: lines from 1, characters in the line from 0.
struct TextPlace {
  size_t line = 1;
  size_t position = 0;

  // The place after `text` that begins here.
  void advance(std::string_view text);
  std::string text() const;  // "(line 1, pos 7)"
};

class StatementText {
 public:
  // `start`: where `sql` begins in what the client sent.
  StatementText(std::string_view sql, const dialect::ParseOptions& options, TextPlace start);

  TextPlace place(size_t offset) const;
  // Whether the statement begins with this word, in any case.
  bool begins_with(std::string_view word) const { return word_at(0, word); }
  bool second_is(std::string_view word) const { return word_at(1, word); }

  // The token that begins at `offset` as a name (quotes taken off) or as it stands; empty when none begins there.
  std::string name_at(size_t offset) const;
  // The token as it stands.
  std::string token_at(size_t offset) const;
  // The name of the token `ahead` places after it.
  std::string name_after(size_t offset, size_t ahead) const;
  // The first token that is this name or this string.
  std::optional<size_t> find(std::string_view name) const;
  // Where the statement's first token is.
  size_t begin() const { return tokens_.empty() ? 0 : tokens_[0].begin; }
  // The call that begins at `offset`, with its OVER: "sum(k)".
  std::string call_text(size_t offset) const;
  // Where the call of this function begins whose first argument is at `offset`; `offset` when it is written otherwise.
  size_t call_at(std::string_view function, size_t offset) const;

  // The operator of Doris' plan that `offset` belongs to: PROJECT, FILTER, AGGREGATE, SORT, HAVING, JOIN or
  // ONE_ROW_RELATION. Empty outside a query.
  std::string_view clause(size_t offset) const;

 private:
  static constexpr size_t kNone = static_cast<size_t>(-1);
  bool word_at(size_t index, std::string_view word) const;
  bool is(size_t index, dialect::TokenKind kind) const { return index < tokens_.size() && tokens_[index].kind == kind; }
  size_t index_of(size_t offset) const;
  // After the parenthesis that closes the one at `open`.
  size_t after_parenthesis(size_t open) const;
  std::string name(size_t index) const;
  // The parenthesis that is open before `index`; kNone: none.
  size_t opening(size_t index) const;
  bool opens_query(size_t parenthesis) const;
  std::string_view select_clause(size_t select) const;

  std::string_view sql_;
  TextPlace start_;
  std::vector<dialect::Token> tokens_;  // none of very long texts; without the kEnd
};

}  // namespace sluice::session
