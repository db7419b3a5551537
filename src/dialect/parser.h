// SPDX-License-Identifier: Apache-2.0
// SQL text of the MySQL/Doris dialect -> Statement. An own lexer and recursive-descent parser; no text rewriting.
// Functions without state: any thread. Limits protect against hostile input (see ParseOptions).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dialect/statement.h"

namespace sluice::dialect {

// What the text may refer to in the session that sends it.
class SessionValues {
 public:
  virtual ~SessionValues() = default;
  // @@name, @@session.name, @@global.name (`name` in lower case). Error 1193 when there is no such variable.
  virtual Result<duckdb::Value> system_variable(VariableScope scope, std::string_view name) const = 0;
  // @name; NULL when it was never set.
  virtual duckdb::Value user_variable(std::string_view name) const = 0;
  virtual std::string database() const = 0;     // DATABASE(), SCHEMA(); empty when none is selected
  virtual std::string user() const = 0;         // USER(), SESSION_USER(): "root@127.0.0.1"
  virtual std::string account() const = 0;      // CURRENT_USER(): "'root'@'%'"
  virtual uint64_t connection_id() const = 0;   // CONNECTION_ID()
  virtual uint64_t last_insert_id() const = 0;  // LAST_INSERT_ID()
  virtual uint64_t found_rows() const = 0;      // FOUND_ROWS()
  virtual int64_t row_count() const = 0;        // ROW_COUNT()
  // LAST_QUERY_ID(): of the statement before; empty when there was none.
  virtual std::string last_query_id() const { return {}; }
};

struct ParseOptions {
  bool no_backslash_escapes = false;  // sql_mode NO_BACKSLASH_ESCAPES
  bool ansi_quotes = false;           // sql_mode ANSI_QUOTES: "x" is an identifier
  bool pipes_as_concat = false;       // sql_mode PIPES_AS_CONCAT: || is concat, not OR
  bool show_hidden_columns = false;   // * has __DORIS_DELETE_SIGN__ and the like
  // Literals become parameters where the meaning allows it (plan cache); '?' in the text is then an error.
  bool lift_literals = false;
  // Levels of parentheses, calls, CASE, subqueries, and the height of chains (a + b + c ..): more is error 1064 "nested
  // too deeply", never a stack overflow here or in the kernel, whose planner also takes cubic time over such chains.
  // A thread with little stack left refuses earlier. Chains of AND, OR and equal UNIONs do not count.
  uint32_t max_depth = 500;
  std::string http_stream_file;            // what the table function http_stream() reads; empty: there is none
  const SessionValues* session = nullptr;  // null: session functions and variables are errors
};

// Parses exactly one statement (a trailing ';' is allowed).
// Errors: 1064/kInvalidArgument with "... near '<text>' at line L, position P" (L and P from 1, P in characters);
// 1193 unknown variable; 1235/kUnsupported for what is understood but not offered, naming it.
Result<Statement> parse(std::string_view sql, const ParseOptions& options);

// Splits at ';' outside strings, quoted identifiers and comments. Parts are trimmed; empty ones (only blanks or
// comments) are left out. Text that does not lex from some point on is one part to the end.
std::vector<std::string_view> split(std::string_view sql, const ParseOptions& options);

// A statement's text with literals taken out: what the plan cache looks up. No parsing: one pass of the lexer.
struct Normalised {
  // The text as written, from the first token to the last, with ?s, ?i, ?d, ?f or ?x in the place of each literal
  // (string, whole number, with a point, with an exponent, hex or bits). Blanks and case stay: they show in the names
  // of result columns. Holds for one sql_mode.
  std::string key;
  std::vector<duckdb::Value> values;  // the literals in text order, typed as in the trees: INTEGER, BIGINT, HUGEINT,
                                      // DECIMAL(p,s), DOUBLE, VARCHAR, BLOB
  bool has_placeholder = false;       // the text itself holds '?': not for the cache
};
// Nullopt when the text does not lex.
std::optional<Normalised> normalise(std::string_view sql, const ParseOptions& options);

}  // namespace sluice::dialect
