// SPDX-License-Identifier: Apache-2.0
// SessionState: what a Session keeps between calls, and the values that the dialect reads from it. Internal to
// src/session. Thread rule: as Session; only what is marked "run lock" is read by other threads.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dialect/parser.h"
#include "kernel/connection.h"
#include "session/access_check.h"
#include "session/plan_cache.h"
#include "session/running.h"
#include "session/services.h"
#include "session/session.h"
#include "session/statement_text.h"
#include "session/variables.h"
#include "session/warning.h"

namespace sluice::session {

struct TableDefinition;
// The distance between two runs. Errors: 1105 longer than 100 years.
Result<std::chrono::seconds> interval_of(const dialect::Schedule& schedule);

class SessionState final : public dialect::SessionValues {
 public:
  SessionState(Services& services, Session& self, uint32_t connection_id, ClientIdentity client);
  ~SessionState() override;

  // dialect::SessionValues
  Result<duckdb::Value> system_variable(dialect::VariableScope scope, std::string_view name) const override;
  duckdb::Value user_variable(std::string_view name) const override;
  std::string database() const override { return database_; }
  std::string user() const override { return client.user + "@" + client.host; }
  std::string account() const override { return client.account; }
  uint64_t connection_id() const override { return id; }
  uint64_t last_insert_id() const override { return last_insert_id_; }
  uint64_t found_rows() const override { return found_rows_; }
  int64_t row_count() const override { return row_count_; }
  std::string last_query_id() const override;

  dialect::ParseOptions parse_options(bool lift_literals = false) const;

  // What the account may do now. Fetched anew when anything changed, which one atomic read tells.
  const std::shared_ptr<const Rights>& rights();
  // Whether the account may run the statement. Null, or what its reads are to obey: for GuardedReads.
  Result<std::shared_ptr<const StatementGuard>> check_access(const dialect::StatementBody& body);
  Result<std::shared_ptr<const StatementGuard>> check_access(const duckdb::SQLStatement& tree,
                                                             dialect::KernelStatement::Effect effect);

  // Whether a SQL_BLOCK_RULE forbids a statement. `tree`: what its scans are to be looked at of; may be null.
  bool may_be_blocked() { return !client.server && !rights()->block_rules().empty(); }
  Status check_blocked(std::string_view sql, const duckdb::SQLStatement* tree);
  Status check_blocked(std::string_view sql, const dialect::StatementBody& body);

  // A statement begins or ends in the eyes of SHOW PROCESSLIST, KILL, the audit log and the watchdog. Text that was
  // answered at once is not announced, only audited.
  void begin(std::string_view sql, bool in_kernel);
  void end(uint64_t rows, const Error* error);
  // The error that the client is to see: an interruption under the name of its reason, and in Doris' form if the
  // server has it so. `sql`: the statement's text.
  Error translate(Error error, std::string_view sql);
  // The same while rows are read: of the text only what is kept of it.
  Error translate(Error error);
  Error by_reason(Error error);
  void find_start(std::string_view sql);
  void warn(std::string level, int code, std::string message);

  // Runs a parsed statement, if the account may. `sql` is its text; `parameters` fill '?'.
  Result<Outcome> run(dialect::Statement statement, std::string_view sql, std::vector<duckdb::Value> parameters = {});
  Result<Outcome> run_allowed(dialect::Statement statement, std::string_view sql,
                              std::vector<duckdb::Value> parameters);
  // profiles.cc: enable_profile
  void begin_profile();
  void keep_profile(uint64_t ended_query, const Error* error);
  // explain.cc
  Result<Outcome> explain(dialect::ExplainStatement statement);
  Result<Outcome> explain_analyze(dialect::ExplainStatement statement);
  Result<Outcome> run_kernel(duckdb::unique_ptr<duckdb::SQLStatement> tree, dialect::KernelStatement::Effect effect,
                             std::vector<duckdb::Value> parameters);
  // Runs the trees of one statement in one transaction.
  Result<Outcome> run_together(dialect::KernelStatement statement);
  // Reads by key; `taken` stays false when the statement must go the kernel's own way after all.
  Result<Outcome> run_point(const PointSelect& point, const std::vector<duckdb::Value>& parameters, bool& taken);
  Result<Outcome> run_cached(std::shared_ptr<const PlanTemplate> plan, const std::vector<duckdb::Value>& literals,
                             std::string_view sql);
  // The kernel connection, made at the first use.
  kernel::Connection& connection();
  // Before a transaction in which `insert` is not the first statement: it must see what others write before it.
  Status wait_for_writers(const duckdb::InsertStatement& insert);
  // dry_run_query: how many rows the answer has, in their place.
  Result<Outcome> count_rows(kernel::Answer& answer);
  // What of a statement its answer depends on. A query without LIMIT has as many rows as sql_select_limit says, and
  // default_order_by_limit where it has ORDER BY.
  struct AnswerRule {
    duckdb::StatementType type;
    uint64_t most_rows;
  };
  AnswerRule answer_rule(const duckdb::SQLStatement& statement) const;
  // What a kernel answer becomes for doors.
  Result<Outcome> to_outcome(std::unique_ptr<kernel::Answer> answer, std::vector<Column> columns, AnswerRule rule);
  // A variable of the session that is true or false.
  bool is_on(std::string_view name) const;
  kernel::WriteRules write_rules() const;
  // Begins or commits around a statement as autocommit and its effect demand.
  Status prepare_transaction(dialect::KernelStatement::Effect effect);

  // statements.cc: what the server answers itself
  Result<Outcome> use(const dialect::UseStatement& statement);
  Result<Outcome> set(const dialect::SetStatement& statement);
  Status take_global(const std::string& name);
  Result<Outcome> transaction(const dialect::TransactionStatement& statement);
  // `only`: READ ONLY or READ WRITE of the statement; otherwise as SET TRANSACTION or the session says.
  Status begin_transaction(std::optional<bool> only);
  // A statement that failed has ended the kernel's transaction. Nothing was written in it: a new one takes its place,
  // as clients that switch autocommit off and only read expect.
  Status revive_transaction();
  Result<Outcome> savepoint(const dialect::SavepointStatement& statement);
  // prepared_text.cc
  Result<Outcome> prepared_text(const dialect::PreparedTextStatement& statement);
  // create_like.cc
  Result<Outcome> create_like(const dialect::CreateLikeStatement& statement);
  // alter_partitions.cc
  Result<Outcome> alter_partitions(const dialect::AlterPartitionsStatement& statement);
  // recycle_bin.cc
  Result<Outcome> recover(const dialect::RecoverStatement& statement);
  // Whether the table of Doris that this DROP means is in the recycle bin now; otherwise it is to be dropped.
  Result<bool> drop_to_bin(const duckdb::DropInfo& drop);
  // Before the rows of INSERT OVERWRITE's partitions leave.
  Status keep_overwritten(const duckdb::DeleteStatement& deletion);
  // insert_labels.cc: INSERT .. WITH LABEL
  Result<Outcome> run_labelled(dialect::KernelStatement statement);
  // alter_table.cc
  Result<Outcome> alter_table(const dialect::AlterTableStatement& statement);
  Result<Outcome> alter_view(dialect::AlterViewStatement statement);
  Result<Outcome> rename_database(const dialect::RenameDatabaseStatement& statement);
  // The database that a name means. Errors: 1046, 5085 unknown catalog.
  Result<std::string> own_database(const dialect::QualifiedName& name) const;
  // Commits an open transaction, as changes of the schema do, and runs `work` in one of its own.
  Status in_own_transaction(const std::function<Status()>& work);
  // materialized_view.cc
  Result<Outcome> materialized_view(dialect::MaterializedViewStatement statement);
  Result<Outcome> change_materialized_view(dialect::MaterializedViewStatement statement);
  Status note_trigger(TableDefinition& table, const dialect::MaterializedViewStatement& view);
  // Whether the column that a view is partitioned by comes from a partition column of one of its tables.
  Status check_partition(const dialect::MaterializedViewStatement& view, const std::string& database,
                         const TableDefinition& table);
  Status create_async_view(dialect::MaterializedViewStatement& view, const std::string& database, bool& created);
  Status create_sync_view(dialect::MaterializedViewStatement& view, const std::string& database);
  Status drop_view(const dialect::MaterializedViewStatement& view, const std::string& database);
  Status replace_view(const dialect::MaterializedViewStatement& view, const std::string& database);
  Result<Outcome> refresh_view(const dialect::MaterializedViewStatement& view, const std::string& database);
  // The rows of the view's query in the place of those that are there.
  // `changed` (may be null) gets the partitions whose rows differ.
  Status fill_view(const TableDefinition& table, duckdb::unique_ptr<duckdb::SQLStatement> query,
                   std::vector<std::string>* changed = nullptr);
  Status move_database(const std::string& from, const std::string& to);
  // alias_functions.cc: ALIAS FUNCTION
  Result<Outcome> alias_function(const dialect::AliasFunctionStatement& statement);
  Status move_functions(const std::string& from, const std::string& to);
  Result<Outcome> load_data(const dialect::LoadDataStatement& statement);
  // broker_load.cc: LOAD LABEL, CLEAN LABEL
  Result<Outcome> broker_load(const dialect::BrokerLoadStatement& statement);
  Result<Outcome> clean_label(const dialect::CleanLabelStatement& statement);
  // Whether what is granted is there; REVOKE need not find it.
  Status check_granted(const dialect::GrantStatement& statement);
  Result<Outcome> row_policy(const dialect::RowPolicyStatement& statement);
  // outfile.cc: SELECT .. INTO OUTFILE, EXPORT
  Result<Outcome> write_outfile(dialect::OutfileStatement statement);
  // job_statements.cc: CREATE JOB, PAUSE JOB, ..
  Result<Outcome> run_job_statement(dialect::JobStatement statement);
  // A time as written, in the session's zone. Errors: 1105 it is none.
  Result<std::chrono::system_clock::time_point> time_of(const std::string& text);
  Result<duckdb::Value> evaluate(const duckdb::ParsedExpression& expression);
  Status obey(const VariableDefinition& variable, const VariableValue& value);
  dialect::Account self_account() const;

  Services& services;
  Session& self;
  const uint32_t id;
  ClientIdentity client;
  SessionVariables variables;
  std::unique_ptr<kernel::Connection> kernel;
  std::shared_ptr<const Rights> known_rights;
  uint64_t rights_generation = 0;               // Access::generation() that known_rights are of
  std::shared_ptr<const StatementGuard> guard;  // of the statement that runs
  std::vector<Warning> warnings;                // of the statement that runs or ran last
  std::vector<Warning> warnings_before;         // of the one before, while SHOW WARNINGS may ask for them
  std::unordered_map<std::string, duckdb::Value> user_variables;  // names in lower case
  std::string database_;
  uint64_t last_insert_id_ = 0;
  uint64_t found_rows_ = 0;
  int64_t row_count_ = -1;
  uint64_t last_query_number_ = 0;  // 0: none yet
  // enable_profile: the kernel counts and times the running statement's operators; end() keeps what it found.
  bool profiled_ = false;
  std::string profiled_sql_;
  bool in_transaction = false;         // mirrors the kernel's, without asking it
  bool read_only = false;              // of the open transaction
  std::optional<bool> next_read_only;  // SET TRANSACTION READ ONLY: of the next one
  uint64_t writes = 0;                 // statements that wrote in the open transaction
  // Of the open transaction, the oldest first. The kernel has none: one can be returned to while nothing was written
  // after it.
  struct Savepoint {
    std::string name;  // lower case
    uint64_t writes = 0;
  };
  std::vector<Savepoint> savepoints;
  // PREPARE: texts by lower-case name.
  struct PreparedText {
    std::string sql;
    uint32_t parameters = 0;
  };
  std::map<std::string, PreparedText> prepared_texts;
  TraceContext next_trace;
  bool has_next_trace = false;

  std::string http_stream_file;  // of execute_http_stream()

  // A parse that answer_at_once() made in vain, for the execute() that follows with the same text.
  std::string parsed_text;
  std::optional<dialect::Statement> parsed;

  // Plans of this session's kernel connection for templates whose plan may be kept, least recently used last.
  struct KeptPlan {
    std::shared_ptr<const PlanTemplate> plan;
    std::string types;
    std::unique_ptr<kernel::Prepared> prepared;
  };
  std::list<KeptPlan> kept_plans;

  std::function<void()> close_connection;

  // Dropped while it was selected; when it is made anew it is selected again: in Doris a session keeps the name.
  std::string left_database;

  // What other threads read.
  mutable std::mutex run_lock;
  std::string running_sql;                            // run lock
  std::string shown_database;                         // run lock
  uint64_t query_number = 0;                          // run lock; 0: idle
  bool in_kernel = false;                             // run lock: between begin() and end()
  kernel::Connection* kernel_to_interrupt = nullptr;  // run lock
  std::string running_trace;                          // run lock
  std::chrono::system_clock::time_point state_since;  // run lock
  std::optional<Interrupt> interrupted;               // run lock
  const std::chrono::system_clock::time_point logged_in = std::chrono::system_clock::now();
  std::chrono::steady_clock::time_point started_;
  std::string audited_sql;
  // Session::set_whole_text(), and where in it the running statement begins.
  std::string_view whole_text_;
  size_t start_offset_ = 0;
  TextPlace start_;
};

// While it lives, what the session's kernel connection plans obeys the guard.
class GuardedReads {
 public:
  GuardedReads(SessionState& session, std::shared_ptr<const StatementGuard> guard) : session_(session) {
    if (!guard) return;
    session_.guard = std::move(guard);
    session_.connection().set_guard(session_.guard);
    set_ = true;
  }
  ~GuardedReads() {
    if (!set_) return;
    session_.guard.reset();
    session_.connection().set_guard(nullptr);
  }
  GuardedReads(const GuardedReads&) = delete;
  GuardedReads& operator=(const GuardedReads&) = delete;
  // The error that the guard caused, if it did, in the place of the kernel's.
  static Error translate(const std::shared_ptr<const StatementGuard>& guard, Error error) {
    auto denied = guard ? guard->denied() : std::nullopt;
    return denied ? std::move(*denied) : std::move(error);
  }

 private:
  SessionState& session_;
  bool set_ = false;
};

}  // namespace sluice::session
