// SPDX-License-Identifier: Apache-2.0
// System variables: one table of definitions (variables_table.cc), their global values, and what a session changed.
// GlobalVariables: one per process, thread-safe. SessionVariables: one per session, follows the session's thread rule.
// Names, kinds and defaults come from SHOW VARIABLES of a Doris 3 frontend, widened by what MySQL 5.7 clients ask for.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "dialect/statement.h"
#include "pch/pch.h"

namespace sluice::session {

// monostate is SQL's NULL (only where a variable allows it: character_set_results).
// kSqlMode holds its flags as int64_t, kEnum, kCharset, kCollation and kTimeZone their text.
using VariableValue = std::variant<std::monostate, bool, int64_t, double, std::string>;

enum class VariableKind : uint8_t { kBool, kInt, kDouble, kString, kEnum, kCharset, kCollation, kSqlMode, kTimeZone };

// Where a variable lives.
enum class VariableHome : uint8_t {
  kBoth,     // a session has its own value, which starts as the global one
  kGlobal,   // one value for the process; SET without GLOBAL gives 1229
  kSession,  // no global value; SET GLOBAL gives 1228
};

using VariableId = uint16_t;  // index into variable_table(); stable within one build only

struct VariableDefinition {
  std::string_view name;  // lower case
  VariableKind kind = VariableKind::kString;
  VariableHome home = VariableHome::kBoth;
  bool read_only = false;  // for clients: 1238
  std::string_view default_text;
  int64_t min = INT64_MIN;  // kInt: values outside are clamped, with a warning, as MySQL does
  int64_t max = INT64_MAX;
  std::string_view choices;  // kEnum: "A,B,C", matched without regard to case
  std::string_view twin;     // another name of the same variable, set together: tx_isolation, transaction_isolation
};

// All definitions, sorted by name.
std::span<const VariableDefinition> variable_table();
// By name in any case. Doris' prefixes experimental_ and deprecated_ may be left out or added. Error 1193.
Result<VariableId> find_variable(std::string_view name);
const VariableDefinition& definition(VariableId id);

// A value as SHOW VARIABLES prints it; booleans in the words of their default (true/false, ON/OFF or 1/0), NULL as "".
std::string to_text(const VariableDefinition& variable, const VariableValue& value);
// A value as SELECT @@name gives it, with the type that clients expect (BOOLEAN, BIGINT, DOUBLE, VARCHAR).
duckdb::Value to_kernel(const VariableDefinition& variable, const VariableValue& value);
// The right-hand side of SET, once evaluated.
VariableValue from_kernel(const duckdb::Value& value);

// sql_mode as flags, one bit a mode. These decide how text is read or written.
using SqlModes = uint64_t;
inline constexpr SqlModes kPipesAsConcat = 1ull << 1;
inline constexpr SqlModes kAnsiQuotes = 1ull << 2;
inline constexpr SqlModes kNoBackslashEscapes = 1ull << 20;
// Parses and normalises a list like "ansi, STRICT_TRANS_TABLES". Error 1231.
Result<SqlModes> parse_sql_mode(std::string_view text);
std::string sql_mode_text(SqlModes modes);
// "SYSTEM", "+08:00" (from "+8:00"), or the name as given; nullopt when the text is neither. Offsets -13:59 to +14:00.
std::optional<std::string> normalise_time_zone(std::string_view text);

// What SET did besides succeeding.
struct SetResult {
  std::string warning;  // text of MySQL's warning 1292 when the value was clamped; empty otherwise
};

// One row of SHOW VARIABLES.
struct VariableRow {
  std::string_view name;
  std::string value;
  std::string default_value;
  bool changed = false;  // differs from the default
};

class GlobalVariables {
 public:
  using Values = std::vector<VariableValue>;  // indexed by VariableId

  GlobalVariables();

  VariableValue get(VariableId id) const;
  // SET GLOBAL. Takes effect in sessions that start later. Errors: 1193, 1228, 1231, 1232, 1238.
  Result<SetResult> set(std::string_view name, const VariableValue& value);
  // SET GLOBAL name = DEFAULT.
  Status set_default(std::string_view name);
  // The server's own facts (version_comment, port, hostname, max_connections, ...): read-only ones too; becomes the
  // default. For the start, before sessions exist. The name must exist and the value fit.
  void establish(std::string_view name, VariableValue value);
  // Called before a new global value is stored; an error refuses it (an unknown time zone, say). Set at start.
  void on_set(std::function<Status(const VariableDefinition&, const VariableValue&)> check);

  std::vector<VariableRow> list() const;
  // The values of this moment; never changes afterwards.
  std::shared_ptr<const Values> snapshot() const;
  const VariableValue& default_of(VariableId id) const { return defaults_[id]; }

 private:
  Status store(VariableId id, VariableValue value);

  mutable std::mutex mutex_;
  std::shared_ptr<const Values> values_;  // guarded by mutex_; replaced whole
  Values defaults_;                       // constant once sessions exist
  std::function<Status(const VariableDefinition&, const VariableValue&)> check_;
};

// Holds only what differs from the global values of the login: about 100 bytes when nothing was set.
class SessionVariables {
 public:
  // Called before a new value is stored, so that the session can obey it or refuse it. Variables that change together
  // (a twin; query_timeout with max_execution_time; character_set_connection with its collation) each get a call.
  using OnSet = std::function<Status(const VariableDefinition&, const VariableValue&)>;

  explicit SessionVariables(GlobalVariables& globals, OnSet on_set = {});

  // The session's value; of a variable without one (VariableHome::kGlobal) the global value.
  VariableValue get(VariableId id) const;
  // @@name, @@session.name, @@global.name. Errors: 1193; 1238 for @@global of a session-only variable, 1238 for
  // @@session of a global-only one.
  Result<VariableValue> get(std::string_view name, std::optional<dialect::VariableScope> scope) const;

  // SET [SESSION] name = value. Errors: 1193, 1229, 1231, 1232, 1238.
  Result<SetResult> set(std::string_view name, const VariableValue& value);
  // SET name = DEFAULT: the global value.
  Status set_default(std::string_view name);
  // What the session itself established (a transaction's isolation at start, the charset of the handshake); no checks
  // but kind.
  void establish(std::string_view name, VariableValue value);
  // COM_RESET_CONNECTION: forgets all changes and takes the global values of now. Calls on_set for each that was
  // changed.
  void reset();

  std::vector<VariableRow> list() const;

  // The variables that Sluice itself obeys.
  std::chrono::milliseconds query_timeout() const;  // 0: none; set by query_timeout (s) and max_execution_time (ms)
  std::chrono::seconds wait_timeout() const;
  uint64_t sql_select_limit() const;        // UINT64_MAX: none
  uint64_t default_order_by_limit() const;  // the same
  uint64_t exec_mem_limit_bytes() const;
  bool autocommit() const;
  bool transaction_read_only() const;
  SqlModes sql_modes() const;
  bool show_hidden_columns() const;
  const std::string& time_zone() const;  // as normalise_time_zone() writes it

  // Grows with every change: a cache made from these values is stale when the number differs.
  uint64_t version() const { return version_; }

 private:
  const VariableValue* changed(VariableId id) const;
  const VariableValue& own(VariableId id) const;
  uint64_t row_limit(VariableId id) const;
  Status check_settable(const VariableDefinition& variable) const;
  Status store(VariableId id, VariableValue value);
  void put(VariableId id, VariableValue value);

  GlobalVariables& globals_;
  std::shared_ptr<const GlobalVariables::Values> base_;        // the global values of the login
  std::vector<std::pair<VariableId, VariableValue>> changes_;  // sorted by id
  OnSet on_set_;
  uint64_t version_ = 0;
};

}  // namespace sluice::session
