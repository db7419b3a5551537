// SPDX-License-Identifier: Apache-2.0
// What all parts of the parser share while they read one statement: the cursor over its tokens, the error, the guards
// against hostile nesting, the literals that become parameters. Lives on the stack of parse(); one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/result.h"
#include "dialect/parser.h"
#include "dialect/token.h"
#include "pch/pch.h"

namespace sluice::dialect {

// A parse step failed; the error is in the context. One byte instead of a whole Error on every return path.
struct [[nodiscard]] Failed {};
template <typename T>
using Parsed = tl::expected<T, Failed>;

using ExprPtr = duckdb::unique_ptr<duckdb::ParsedExpression>;
using ExprList = duckdb::vector<ExprPtr>;

}  // namespace sluice::dialect

namespace sluice {
// For TRY in functions that return Parsed<T>.
inline tl::unexpected<dialect::Failed> fail(dialect::Failed failed) { return tl::unexpected<dialect::Failed>(failed); }
namespace detail {
template <typename T>
T&& take(dialect::Parsed<T>& parsed) {
  return std::move(*parsed);
}
inline void take(dialect::Parsed<void>&) {}
}  // namespace detail
}  // namespace sluice

namespace sluice::dialect {

class ParseContext {
 public:
  // Reads all tokens. Failure (failed() is true) when the text does not lex.
  ParseContext(std::string_view sql, const ParseOptions& options);

  // --- the cursor
  const Token& peek(size_t ahead = 0) const {
    size_t index = at_ + ahead;
    return index < tokens_.size() ? tokens_[index] : tokens_.back();
  }
  void advance() {
    if (at_ + 1 < tokens_.size()) ++at_;
  }
  size_t mark() const { return at_; }
  void return_to(size_t mark) { at_ = mark; }
  // A closing parenthesis, or the end, that belongs to the one around token `from`.
  size_t end_of_level(size_t from) const;
  // A word or quoted identifier as the name that it is.
  std::string name_at(size_t token) const;
  // Some token is WINDOW.
  bool has_window_clause();
  const Token& peek_at(size_t index) const { return tokens_[index]; }
  bool is(TokenKind kind, size_t ahead = 0) const { return peek(ahead).kind == kind; }
  bool is(Keyword keyword, size_t ahead = 0) const { return peek(ahead).keyword == keyword; }
  template <typename... Words>
  bool is_any(Words... words) const {
    return (is(words) || ...);
  }
  bool accept(TokenKind kind) { return is(kind) && (advance(), true); }
  bool accept(Keyword keyword) { return is(keyword) && (advance(), true); }
  // Both words, or none.
  bool accept(Keyword first, Keyword second) { return is(first) && is(second, 1) && (advance(), advance(), true); }
  Parsed<void> expect(TokenKind kind, std::string_view what);
  Parsed<void> expect(Keyword keyword);
  // Takes the first '>' of a '>>' at the cursor, which then is a '>'.
  bool split_shift_right();
  bool at_end() const { return is(TokenKind::kEnd) || is(TokenKind::kSemicolon); }
  // The opening parenthesis at the cursor belongs to a query: after it (and further ones) stands SELECT, WITH, VALUES.
  bool at_parenthesised_query() const;
  bool at_query_start(size_t ahead = 0) const;

  // --- texts
  std::string_view text(const Token& token) const { return sql_.substr(token.begin, token.length); }
  std::string_view sql() const { return sql_; }
  // The text from token `first` to the one before the cursor, as it was written.
  std::string_view text_since(size_t first) const;
  // Text of the statement as a name: bytes that are not UTF-8 (in a _binary'..' literal) become '?'.
  std::string as_name(std::string_view text) const;
  // Compares a word that need not be a keyword, in any case.
  bool is_word(std::string_view upper_case, size_t ahead = 0) const;
  bool accept_word(std::string_view upper_case);

  // --- errors. Each notes the error and gives what a Parsed<T> function returns.
  // 1064: "... expected <expected>, found ..": at the cursor.
  tl::unexpected<Failed> expected(std::string_view expected) const;
  // 1064 with an own sentence, at the cursor or at a token.
  tl::unexpected<Failed> syntax_error(std::string_view sentence) const;
  tl::unexpected<Failed> syntax_error(std::string_view sentence, const Token& where) const;
  // 1235: understood, but not offered; `what` names it.
  tl::unexpected<Failed> unsupported(std::string_view what) const;
  tl::unexpected<Failed> failure(Error error) const;
  bool failed() const { return error_.has_value(); }
  Error take_error() { return std::move(*error_); }

  // --- guards. Enter at every construct that nests; the destructor leaves.
  class Nested {
   public:
    explicit Nested(ParseContext& context) : context_(context) { ++context_.depth_; }
    ~Nested() { --context_.depth_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;
    Parsed<void> check() const { return context_.check_depth(); }

   private:
    ParseContext& context_;
  };
  // A query inside an expression. The kernel's planning time doubles with each level of them.
  class NestedQuery {
   public:
    explicit NestedQuery(ParseContext& context) : context_(context) { ++context_.query_depth_; }
    ~NestedQuery() { --context_.query_depth_; }
    NestedQuery(const NestedQuery&) = delete;
    NestedQuery& operator=(const NestedQuery&) = delete;
    Parsed<void> check() const { return context_.check_query_depth(); }

   private:
    ParseContext& context_;
  };
  // Height of the expression or query tree that was read since the height was last set: left-deep chains (a+b+c) nest
  // without recursion here, but the kernel recurses over the tree.
  uint32_t height() const { return height_; }
  void set_height(uint32_t height) { height_ = height; }
  Parsed<void> add_level();

  // --- literals and parameters
  const ParseOptions& options() const { return options_; }
  ExprPtr placeholder();  // for '?'
  // Whether a literal here may become a parameter. `token_index` must be a literal.
  bool may_lift() const { return lift_; }
  ExprPtr lifted(size_t token_index);
  // Where literals may become parameters. `forbid` holds for everything inside; `allow` turns lifting on or off for
  // a part, unless forbidden further out.
  class LiftScope {
   public:
    enum class Rule { kAllow, kOff, kForbidInside };
    LiftScope(ParseContext& context, Rule rule)
        : context_(context), lift_(context.lift_), permitted_(context.lift_permitted_) {
      if (rule == Rule::kForbidInside) context.lift_permitted_ = false;
      context.lift_ = rule == Rule::kAllow && context.lift_permitted_;
    }
    ~LiftScope() {
      context_.lift_ = lift_;
      context_.lift_permitted_ = permitted_;
    }
    LiftScope(const LiftScope&) = delete;
    LiftScope& operator=(const LiftScope&) = delete;

   private:
    ParseContext& context_;
    bool lift_;
    bool permitted_;
  };
  uint32_t parameter_count() const { return parameter_count_; }
  std::vector<LiteralSlot> take_slots() { return std::move(slots_); }

  // --- the session
  // Null with an error noted when the caller gave none. Marks the statement as session dependent.
  const SessionValues* session();
  bool session_dependent() const { return session_dependent_; }
  void depends_on_session() { session_dependent_ = true; }

  // Of __DORIS_DELETE_SIGN__ and its kind: those that the query which begins at the token `query_begin` names, or all
  // when * is to show them.
  const std::vector<std::string>& doris_columns();
  std::optional<size_t> query_begin;    // of the outermost SELECT
  std::vector<std::string> with_names;  // of all WITH clauses so far

  // WINDOW w AS (..) of the SELECTs around the cursor, the innermost last: names and the tokens of their '('. They
  // stand behind where they are used.
  struct NamedWindow {
    std::string name;
    size_t token = 0;
  };
  std::vector<NamedWindow> windows;

  // Columns of the tables in the current FROM that '*' does not show (table_function.cc).
  std::vector<std::string> hidden_columns;

  // Inside the list of a SELECT with a ':=' (assigned_variables.h).
  bool in_list_with_assignments = false;
  // Some token is ':='.
  bool has_assignments() const;
  // Of CREATE TABLE .. AS in Doris' manner: the next SELECT's expressions without alias are called
  // __<function>_<place>.
  bool names_expressions = false;

  // Some column was written with a database.
  bool has_long_names = false;

  // INSERT .. VALUES (..) AS name ON DUPLICATE KEY UPDATE: `name`.c then means the new row.
  std::string insert_row_alias;
  // ON DUPLICATE KEY UPDATE: VALUES(c) is the new row's c, not a query.
  bool values_is_function = false;

 private:
  std::optional<std::vector<std::string>> doris_columns_;
  std::optional<bool> has_window_clause_;
  static constexpr uint32_t kMaxQueryDepth = 12;
  Parsed<void> check_depth() const;
  Parsed<void> check_query_depth() const;
  tl::unexpected<Failed> note(std::string_view sentence, const Token& where) const;

  std::string_view sql_;
  const ParseOptions& options_;
  std::vector<Token> tokens_;  // ends with one kEnd
  size_t at_ = 0;
  bool valid_utf8_;                     // the whole text
  mutable std::optional<Error> error_;  // the first one
  uint32_t depth_ = 0;
  uint32_t query_depth_ = 0;
  uint32_t height_ = 0;
  const char* lowest_stack_;  // addresses below: too deep for this thread's stack
  uint32_t parameter_count_ = 0;
  std::vector<uint32_t> literal_tokens_;  // token index of each literal; only with lift_literals
  std::vector<LiteralSlot> slots_;
  bool lift_ = false;
  bool lift_permitted_ = false;
  bool session_dependent_ = false;
};

inline std::optional<uint64_t> small_integer(std::string_view digits) {
  uint64_t value = 0;
  for (char c : digits) {
    auto digit = static_cast<uint64_t>(c - '0');
    if (c < '0' || c > '9' || value > (UINT64_MAX - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

}  // namespace sluice::dialect
