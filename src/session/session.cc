// SPDX-License-Identifier: Apache-2.0
#include "session/session.h"

#include "base/log.h"
#include "session/constant.h"
#include "session/kernel_rows.h"
#include "session/no_database.h"
#include "session/session_state.h"

namespace sluice::session {

using dialect::KernelStatement;

namespace {

// A statement prepared once: its tree (copied for each execution), or its text when the server itself answers it.
class PreparedInSession final : public PreparedStatement {
 public:
  uint16_t parameter_count() const override { return count; }
  const std::vector<Column>& columns() const override { return known_columns; }

  std::string sql;
  uint16_t count = 0;
  std::vector<Column> known_columns;
  duckdb::unique_ptr<duckdb::SQLStatement> tree;  // null: run the text
  KernelStatement::Effect effect = KernelStatement::Effect::kRead;
  std::shared_ptr<const PointSelect> point;
  uint64_t schema_version = 0;  // of `point`
  std::string database;         // that `point` was made for
  // A table-free plan made for these parameter types.
  std::string kept_types;
  std::unique_ptr<kernel::Prepared> kept;
};

Error too_long(size_t bytes, uint64_t limit) {
  return sql_error(Code::kInvalidArgument, 1153,
                   "The statement has " + std::to_string(bytes) + " bytes, more than the " + std::to_string(limit) +
                       " that this server takes (limits.max_statement)");
}

std::string cache_key(const dialect::Normalised& text, const SessionState& state) {
  std::string key = text.key;
  key += '\0';
  key += state.database_;
  key += '\0';
  key += std::to_string(state.variables.sql_modes());
  if (state.variables.show_hidden_columns()) key += 'h';
  return key;
}

// INSERT ... VALUES: its kernel plan reads no table and may be kept.
bool plan_reads_no_table(const duckdb::SQLStatement& tree) {
  if (tree.type != duckdb::StatementType::INSERT_STATEMENT) return false;
  const auto& insert = tree.Cast<duckdb::InsertStatement>();
  if (!insert.select_statement || insert.on_conflict_info || !insert.returning_list.empty()) return false;
  const auto& node = *insert.select_statement->node;
  if (node.type != duckdb::QueryNodeType::SELECT_NODE) return false;
  const auto& select = node.Cast<duckdb::SelectNode>();
  if (!select.from_table || select.from_table->type != duckdb::TableReferenceType::EXPRESSION_LIST ||
      select.where_clause)
    return false;
  for (const auto& row : select.from_table->Cast<duckdb::ExpressionListRef>().values) {
    for (const auto& cell : row) {
      if (cell->HasSubquery()) return false;
    }
  }
  return true;
}

}  // namespace

Session::Session(Services& services, uint32_t connection_id, ClientIdentity client)
    : state_(std::make_unique<SessionState>(services, *this, connection_id, std::move(client))) {
  services.running.add(connection_id, this);
}

Session::~Session() { state_->services.running.remove(state_->id); }

uint32_t Session::connection_id() const { return state_->id; }
const ClientIdentity& Session::client() const { return state_->client; }
const std::string& Session::database() const { return state_->database_; }
bool Session::in_transaction() const { return state_->in_transaction; }
bool Session::autocommit() const { return state_->variables.autocommit(); }
bool Session::no_backslash_escapes() const { return (state_->variables.sql_modes() & kNoBackslashEscapes) != 0; }
uint16_t Session::warning_count() const {
  return static_cast<uint16_t>(std::min<size_t>(state_->warnings.size(), UINT16_MAX));
}
const SessionVariables& Session::variables() const { return state_->variables; }
SessionVariables& Session::variables() { return state_->variables; }

void Session::set_trace(TraceContext trace) {
  state_->next_trace = std::move(trace);
  state_->has_next_trace = true;
}

void Session::on_kill(std::function<void()> close_connection) {
  std::lock_guard lock(state_->run_lock);
  state_->close_connection = std::move(close_connection);
}

Status Session::use(std::string_view database) {
  const size_t dot = database.find('.');
  const std::string catalog(dot == std::string_view::npos ? std::string_view() : database.substr(0, dot));
  const dialect::UseStatement statement{
      catalog, std::string(dot == std::string_view::npos ? database : database.substr(dot + 1)), false};
  const std::string sql = "USE " + std::string(database);
  state_->find_start(sql);
  if (auto allowed = state_->check_access(dialect::StatementBody(statement)); !allowed)
    return fail(state_->translate(std::move(allowed.error()), sql));
  auto outcome = state_->use(statement);
  if (!outcome) return fail(state_->translate(std::move(outcome.error()), sql));
  return {};
}

void Session::set_whole_text(std::string_view text) {
  state_->whole_text_ = text;
  state_->start_ = {};
  state_->start_offset_ = 0;
}

Error Session::client_error(Error error) { return state_->translate(std::move(error), {}); }

std::vector<std::string_view> Session::split(std::string_view sql) const {
  return dialect::split(sql, state_->parse_options());
}

std::optional<Result<Outcome>> Session::answer_at_once(std::string_view sql) {
  state_->parsed.reset();
  if (!may_be_constants(sql) || state_->may_be_blocked()) return std::nullopt;
  auto statement = dialect::parse(sql, state_->parse_options());
  if (!statement) return std::nullopt;  // execute() tells the error
  if (const auto* kernel = std::get_if<KernelStatement>(&statement->body); kernel && statement->parameter_count == 0) {
    if (auto table = answer_constants(*kernel->tree)) {
      state_->begin(sql, false);
      state_->end(1, nullptr);
      return Result<Outcome>(std::move(*table));
    }
  }
  state_->parsed = std::move(*statement);
  state_->parsed_text = sql;
  return std::nullopt;
}

std::optional<Result<Outcome>> Session::answer_at_once(PreparedStatement& statement,
                                                       const std::vector<duckdb::Value>& parameters) {
  auto& prepared = static_cast<PreparedInSession&>(statement);
  if (!prepared.tree || !parameters.empty() || state_->may_be_blocked()) return std::nullopt;
  auto table = answer_constants(*prepared.tree);
  if (!table) return std::nullopt;
  state_->begin(prepared.sql, false);
  state_->end(1, nullptr);
  return Result<Outcome>(std::move(*table));
}

Result<Outcome> Session::execute(std::string_view sql) {
  SessionState& state = *state_;
  state.begin(sql, true);
  auto result = [&]() -> Result<Outcome> {
    if (sql.size() > state.services.limits.max_statement_bytes)
      return fail(too_long(sql.size(), state.services.limits.max_statement_bytes));
    if (state.parsed && state.parsed_text == sql) {
      dialect::Statement statement = std::move(*state.parsed);
      state.parsed.reset();
      return state.run(std::move(statement), sql);
    }
    return execute_text(sql);
  }();
  if (!result) {
    Error error = state.translate(std::move(result.error()), sql);
    state.end(0, &error);
    return fail(std::move(error));
  }
  // A row stream ends the statement when it is read or dropped; everything else has ended now.
  if (const auto* done = std::get_if<Done>(&*result)) state.end(done->affected_rows, nullptr);
  if (const auto* table = std::get_if<Table>(&*result)) state.end(table->rows.size(), nullptr);
  return result;
}

Result<Outcome> Session::execute_text(std::string_view sql) {
  SessionState& state = *state_;
  PlanCache& cache = state.services.plan_cache;
  if (!cache.enabled() || sql.size() > cache.max_statement_bytes()) {
    return state.run(TRY(dialect::parse(sql, state.parse_options())), sql);
  }
  auto text = dialect::normalise(sql, state.parse_options());
  if (!text || text->has_placeholder) return state.run(TRY(dialect::parse(sql, state.parse_options())), sql);
  std::string key = cache_key(*text, state);
  const uint64_t schema_version = state.services.kernel.schema_version();
  if (auto plan = cache.find(key, text->values, schema_version)) {
    if (!plan->worthwhile()) return state.run(TRY(dialect::parse(sql, state.parse_options())), sql);
    return state.run_cached(plan, text->values, sql);
  }
  auto lifted = dialect::parse(sql, state.parse_options(true));
  if (!lifted) return state.run(TRY(dialect::parse(sql, state.parse_options())), sql);
  auto* kernel = std::get_if<KernelStatement>(&lifted->body);
  if (!kernel || lifted->session_dependent || !kernel->rest.empty() || !kernel->label.empty())
    return state.run(TRY(dialect::parse(sql, state.parse_options())), sql);

  if (state.database_.empty() && needs_database(*kernel->tree)) return fail(no_database_selected());

  auto plan = std::make_shared<PlanTemplate>();
  plan->schema_version = schema_version;
  plan->effect = kernel->effect;
  plan->parameter_literals.resize(lifted->parameter_count);
  for (const auto& slot : lifted->literals) {
    if (slot.fixed) {
      plan->fixed.emplace_back(slot.ordinal, text->values.at(slot.ordinal));
    } else {
      plan->parameter_literals.at(slot.parameter - 1) = slot.ordinal;
    }
  }
  if (kernel->effect == KernelStatement::Effect::kRead) {
    plan->point = TRY(PointSelect::recognise(state.connection(), *kernel->tree, state.database_));
  } else if (lifted->parameter_count > 0 && plan_reads_no_table(*kernel->tree)) {
    plan->tree = std::move(kernel->tree);
  }
  if (!plan->worthwhile()) plan->fixed.clear();  // one entry says it for all literals of this form
  if (!plan->worthwhile()) plan->parameter_literals.clear();
  cache.put(std::move(key), plan);
  if (plan->worthwhile()) return state.run_cached(plan, text->values, sql);
  return state.run(TRY(dialect::parse(sql, state.parse_options())), sql);
}

Result<Done> Session::execute_http_stream(std::string_view sql, const std::string& file) {
  SessionState& state = *state_;
  state.http_stream_file = file;
  auto statement = TRY(dialect::parse(sql, state.parse_options()));
  const auto* insert = std::get_if<KernelStatement>(&statement.body);
  if (!insert || insert->tree->type != duckdb::StatementType::INSERT_STATEMENT)
    return fail(sql_error(Code::kInvalidArgument, 1105,
                          "errCode = 2, detailMessage = http_stream takes INSERT INTO t SELECT .. FROM "
                          "http_stream(..) only"));
  Outcome outcome = TRY(execute(sql));
  const auto* done = std::get_if<Done>(&outcome);
  return done ? *done : Done();
}

Result<std::shared_ptr<PreparedStatement>> Session::prepare(std::string_view sql) {
  state_->find_start(sql);
  auto prepared = prepare_text(sql);
  if (!prepared) return fail(state_->translate(std::move(prepared.error()), sql));
  return prepared;
}

Result<std::shared_ptr<PreparedStatement>> Session::prepare_text(std::string_view sql) {
  SessionState& state = *state_;
  if (sql.size() > state.services.limits.max_statement_bytes)
    return fail(too_long(sql.size(), state.services.limits.max_statement_bytes));
  auto statement = TRY(dialect::parse(sql, state.parse_options()));
  if (statement.parameter_count > UINT16_MAX) {
    return fail(sql_error(Code::kInvalidArgument, 1390, "Prepared statement contains too many placeholders"));
  }
  TRY(state.revive_transaction());
  const auto read_guard = TRY(state.check_access(statement.body));
  GuardedReads reads(state, read_guard);
  auto prepared = std::make_shared<PreparedInSession>();
  prepared->sql = sql;
  prepared->count = static_cast<uint16_t>(statement.parameter_count);
  auto* kernel = std::get_if<KernelStatement>(&statement.body);
  if (!kernel) {
    if (statement.parameter_count > 0) {
      return fail(sql_error(Code::kUnsupported, 1295,
                            "This command is not supported in the prepared statement protocol with parameters"));
    }
    return std::shared_ptr<PreparedStatement>(std::move(prepared));
  }
  // Values of the session would be frozen in the tree: such a statement is parsed at each execution.
  if (!(statement.session_dependent && statement.parameter_count == 0)) {
    // A statement of several trees runs from its text, and so does what is more than its tree.
    if (kernel->rest.empty() && kernel->label.empty() && !kernel->to_bin) {
      prepared->tree = duckdb::unique_ptr<duckdb::SQLStatement>(kernel->tree.release());
      prepared->effect = kernel->effect;
    }
  }
  const duckdb::SQLStatement& tree = prepared->tree ? *prepared->tree : *kernel->tree;
  if (auto constants = answer_constants(tree)) {
    prepared->known_columns = std::move(constants->columns);
    return std::shared_ptr<PreparedStatement>(std::move(prepared));
  }
  if (kernel->effect == KernelStatement::Effect::kSchema)
    return std::shared_ptr<PreparedStatement>(std::move(prepared));
  prepared->schema_version = state.services.kernel.schema_version();
  prepared->database = state.database_;
  if (prepared->tree && kernel->effect == KernelStatement::Effect::kRead && state.services.plan_cache.enabled()) {
    prepared->point = TRY(PointSelect::recognise(state.connection(), tree, state.database_));
    if (prepared->point) {
      prepared->known_columns = prepared->point->columns();
      return std::shared_ptr<PreparedStatement>(std::move(prepared));
    }
  }
  if (state.database_.empty() && needs_database(tree)) return fail(no_database_selected());
  // The kernel checks names and types now, so that errors come at PREPARE, and tells the columns.
  auto origins = column_origins(tree, state.database_);
  auto times = time_digits(tree, state.database_);
  auto copy = tree.Copy();
  auto described = state.connection().prepare(std::move(copy));
  if (!described) return fail(GuardedReads::translate(read_guard, std::move(described.error())));
  if ((*described)->return_type() == duckdb::StatementReturnType::QUERY_RESULT) {
    prepared->known_columns = make_columns((*described)->names(), (*described)->types(), origins);
    declare_columns(state.connection(), prepared->known_columns, times);
    declare_moments(prepared->known_columns, (*described)->moment_digits());
  }
  return std::shared_ptr<PreparedStatement>(std::move(prepared));
}

Result<Outcome> Session::execute(PreparedStatement& statement, std::vector<duckdb::Value> parameters) {
  SessionState& state = *state_;
  auto& prepared = static_cast<PreparedInSession&>(statement);
  if (!prepared.tree) return execute(std::string_view(prepared.sql));
  state.begin(prepared.sql, true);
  std::shared_ptr<const StatementGuard> read_guard;
  auto result = [&]() -> Result<Outcome> {
    read_guard = TRY(state.check_access(*prepared.tree, prepared.effect));
    GuardedReads reads(state, read_guard);
    if (state.may_be_blocked()) TRY(state.check_blocked(prepared.sql, prepared.tree.get()));
    if (prepared.point) {
      const uint64_t schema_version = state.services.kernel.schema_version();
      if (schema_version != prepared.schema_version || prepared.database != state.database_) {
        prepared.point = TRY(PointSelect::recognise(state.connection(), *prepared.tree, state.database_));
        prepared.schema_version = schema_version;
        prepared.database = state.database_;
      }
    }
    if (prepared.point) {
      bool taken = false;
      auto outcome = state.run_point(*prepared.point, parameters, taken);
      if (taken) return outcome;
    }
    if (prepared.count > 0 && state.services.plan_cache.enabled() && plan_reads_no_table(*prepared.tree)) {
      TRY(state.prepare_transaction(prepared.effect));
      std::string types = type_signature(parameters);
      if (!prepared.kept || prepared.kept_types != types || !prepared.kept->usable_in(state.connection())) {
        auto tree = prepared.tree->Copy();
        type_parameters(*tree, parameters);
        prepared.kept = TRY(state.connection().prepare(std::move(tree)));
        prepared.kept_types = std::move(types);
      }
      return state.to_outcome(TRY(state.connection().run(*prepared.kept, parameters)), {},
                              state.answer_rule(*prepared.tree));
    }
    return state.run_kernel(prepared.tree->Copy(), prepared.effect, std::move(parameters));
  }();
  if (!result) {
    Error error = state.translate(GuardedReads::translate(read_guard, std::move(result.error())), prepared.sql);
    state.end(0, &error);
    return fail(std::move(error));
  }
  if (const auto* done = std::get_if<Done>(&*result)) state.end(done->affected_rows, nullptr);
  return result;
}

void Session::reset() {
  SessionState& state = *state_;
  if (state.in_transaction && state.kernel) {
    if (auto rolled_back = state.kernel->rollback(); !rolled_back)
      log::warn("rollback at reset failed", {{"error", rolled_back.error().describe()}});
  }
  state.in_transaction = false;
  state.kept_plans.clear();
  state.kernel.reset();  // with its temporary tables; the next statement makes a new one
  state.variables.reset();
  state.user_variables.clear();
  state.prepared_texts.clear();
  state.warnings.clear();
  state.parsed.reset();
}

void Session::change_user(ClientIdentity client) {
  reset();
  state_->database_.clear();
  state_->known_rights.reset();
  std::lock_guard lock(state_->run_lock);
  state_->client = std::move(client);
  state_->shown_database.clear();
}

void Session::interrupt(Interrupt reason) {
  std::function<void()> close_connection;
  {
    std::lock_guard lock(state_->run_lock);
    if (state_->in_kernel) {
      if (!state_->interrupted) state_->interrupted = reason;
      if (state_->kernel_to_interrupt) state_->kernel_to_interrupt->interrupt();
    }
    if (reason == Interrupt::kKillConnection) close_connection = state_->close_connection;
  }
  if (close_connection) close_connection();
}

RunningEntry Session::describe() const {
  const SessionState& state = *state_;
  std::lock_guard lock(state.run_lock);
  RunningEntry entry;
  entry.connection_id = state.id;
  entry.client = state.client;
  entry.database = state.shown_database;
  entry.logged_in = state.logged_in;
  entry.state_since = state.state_since;
  if (state.in_kernel) {
    entry.statement = state.running_sql;
    entry.query_id = query_id_text(state.query_number);
    entry.trace_id = state.running_trace;
    if (state.kernel_to_interrupt) entry.progress = state.kernel_to_interrupt->progress();
  }
  return entry;
}

}  // namespace sluice::session
