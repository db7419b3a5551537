// SPDX-License-Identifier: Apache-2.0
// Session: one client's conversation: database, variables, transaction, prepared statements, current statement.
// Owned by its door's connection. One call at a time (the door sees to it) from any thread, except interrupt(),
// which any thread may call at any moment. Calls marked "worker" may block and must not run on a network thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/trace.h"
#include "session/outcome.h"

namespace sluice::session {

class Services;  // what all sessions share: kernel, users, plan cache, running statements, audit (session/services.h)
class SessionVariables;
class SessionState;
struct RunningEntry;

// Who the client is, as its door established it.
struct ClientIdentity {
  std::string user;           // authenticated user name, e.g. "root"
  std::string host;           // the client's address as text, e.g. "127.0.0.1"
  std::string account;        // the matched account, "'root'@'%'"
  std::string door;           // "mysql" or "http"
  std::string program;        // connection attribute program_name or the HTTP user agent; may be empty
  std::string tls_version{};  // "TLSv1.3"; empty without TLS
  std::string tls_cipher{};   // "TLS_AES_256_GCM_SHA384"; empty without TLS
};

// Why a running statement is stopped; decides the error its client sees.
enum class Interrupt : uint8_t {
  kKillQuery,       // KILL QUERY: 1317, the session lives on
  kKillConnection,  // KILL: 1317 for the statement, then the door closes the connection
  kTimeout,         // query_timeout passed: 3024
  kShutdown,        // the server stops: 1053
  kClientGone,      // nobody waits for the answer
};

// A statement prepared for repeated execution (COM_STMT_PREPARE). Belongs to its session.
class PreparedStatement {
 public:
  virtual ~PreparedStatement() = default;
  virtual uint16_t parameter_count() const = 0;
  // The result's columns; empty when the statement returns no rows or they are not known before execution.
  virtual const std::vector<Column>& columns() const = 0;
};

// What the list of running statements shows and KILL ends: a session, or a load that no session runs.
class Listed {
 public:
  // Any thread, both.
  virtual RunningEntry describe() const = 0;
  virtual void interrupt(Interrupt reason) = 0;

 protected:
  ~Listed() = default;
};

class Session final : public Listed {
 public:
  // `connection_id` is the handshake's id, unique in this process, the one that KILL takes.
  Session(Services& services, uint32_t connection_id, ClientIdentity client);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  uint32_t connection_id() const;
  const ClientIdentity& client() const;
  // The selected database, empty when none is.
  const std::string& database() const;
  // For the status flags of MySQL's OK and EOF packets.
  bool in_transaction() const;
  bool autocommit() const;
  // Whether sql_mode holds NO_BACKSLASH_ESCAPES (another status flag).
  bool no_backslash_escapes() const;

  // Selects a database: "db" or "catalog.db". Errors: 1049 unknown database.
  Status use(std::string_view database);

  // The byte ranges of the statements in `sql` (split at ';' outside strings and comments; empty ones left out).
  // Never fails: text that does not lex is one statement, whose execution then tells the error.
  std::vector<std::string_view> split(std::string_view sql) const;

  // The text that the statements to come are parts of, in order: their errors count lines from its begin. It must
  // outlive their answers.
  void set_whole_text(std::string_view text);
  // An error of a door about a statement's text, as clients see it.
  Error client_error(Error error);

  // Answers a statement that needs no kernel (constants, variables, SET, USE) at once, or gives nullopt: then
  // execute() must be called with the same text. Never blocks: for network threads.
  std::optional<Result<Outcome>> answer_at_once(std::string_view sql);

  // Runs one statement. Worker. The RowStream of its Outcome must be destroyed before the next call.
  Result<Outcome> execute(std::string_view sql);

  // Prepares one statement with '?' parameters. Worker. Errors: as execute(); 1390 more than 65,535 parameters.
  Result<std::shared_ptr<PreparedStatement>> prepare(std::string_view sql);
  // Runs a prepared statement; `parameters` has parameter_count() values, typed as the client sent them. Worker.
  Result<Outcome> execute(PreparedStatement& statement, std::vector<duckdb::Value> parameters);
  // The same as answer_at_once for a prepared statement.
  std::optional<Result<Outcome>> answer_at_once(PreparedStatement& statement,
                                                const std::vector<duckdb::Value>& parameters);

  // COM_RESET_CONNECTION: rolls back, forgets variables, user variables, temporary tables. Worker.
  void reset();
  // COM_CHANGE_USER after the door authenticated the new user: reset() and a new identity. Worker.
  void change_user(ClientIdentity client);

  // Stops the running statement, if any, as soon as it notices. Any thread.
  void interrupt(Interrupt reason) override;
  // Set once by the door: called (any thread) when somebody kills this connection.
  void on_kill(std::function<void()> close_connection);

  // Warnings of the last statement, as SHOW WARNINGS gives them.
  uint16_t warning_count() const;

  // The session's system variables, for what doors obey (wait_timeout, net_write_timeout).
  const SessionVariables& variables() const;
  // What the handshake established, e.g. its character set.
  SessionVariables& variables();
  // The trace that the next statement belongs to.
  void set_trace(TraceContext trace);

  // The session as others see it. Any thread.
  RunningEntry describe() const override;

 private:
  Result<Outcome> execute_text(std::string_view sql);
  Result<std::shared_ptr<PreparedStatement>> prepare_text(std::string_view sql);

  std::unique_ptr<SessionState> state_;
};

}  // namespace sluice::session
