// SPDX-License-Identifier: Apache-2.0
#include "session/session_state.h"

#include "base/log.h"
#include "kernel/catalog_facts.h"
#include "kernel/plan_text.h"
#include "session/system_rows.h"

namespace sluice::session {

using dialect::KernelStatement;

namespace {

constexpr size_t kMaxShownStatementBytes = 64 << 10;
constexpr size_t kMaxWarnings = 64;

}  // namespace

SessionState::SessionState(Services& shared, Session& session, uint32_t connection_id, ClientIdentity identity)
    : services(shared),
      self(session),
      id(connection_id),
      client(std::move(identity)),
      variables(shared.variables, [this](const VariableDefinition& variable,
                                         const VariableValue& value) { return obey(variable, value); }),
      state_since(std::chrono::system_clock::now()) {}

SessionState::~SessionState() = default;

Result<duckdb::Value> SessionState::system_variable(dialect::VariableScope scope, std::string_view name) const {
  const bool global = scope == dialect::VariableScope::kGlobal;
  auto value = TRY(variables.get(name, global ? std::optional(scope) : std::nullopt));
  return to_kernel(definition(TRY(find_variable(name))), value);
}

duckdb::Value SessionState::user_variable(std::string_view name) const {
  auto found = user_variables.find(duckdb::StringUtil::Lower(std::string(name)));
  return found == user_variables.end() ? duckdb::Value() : found->second;
}

dialect::ParseOptions SessionState::parse_options(bool lift_literals) const {
  const SqlModes modes = variables.sql_modes();
  dialect::ParseOptions options;
  options.no_backslash_escapes = (modes & kNoBackslashEscapes) != 0;
  options.ansi_quotes = (modes & kAnsiQuotes) != 0;
  options.pipes_as_concat = (modes & kPipesAsConcat) != 0;
  options.lift_literals = lift_literals;
  options.show_hidden_columns = variables.show_hidden_columns();
  options.http_stream_file = http_stream_file;
  options.session = this;
  return options;
}

void SessionState::begin(std::string_view sql, bool runs_in_kernel) {
  started_ = std::chrono::steady_clock::now();
  services.statement_count.fetch_add(1, std::memory_order_relaxed);
  if (services.audit.enabled()) audited_sql = sql;
  find_start(sql);
  if (!runs_in_kernel) return;
  warnings_before = std::exchange(warnings, {});
  const auto timeout = variables.query_timeout();
  {
    std::lock_guard lock(run_lock);
    running_sql.assign(sql.substr(0, kMaxShownStatementBytes));
    query_number = next_query_number();
    running_trace = has_next_trace ? next_trace.trace_id_hex() : std::string();
    state_since = std::chrono::system_clock::now();
    interrupted.reset();
    in_kernel = true;
    kernel_to_interrupt = kernel.get();
  }
  services.running.watch(id, timeout.count() > 0 ? started_ + timeout : std::chrono::steady_clock::time_point::max());
}

void SessionState::end(uint64_t rows, const Error* error) {
  uint64_t ended_query = 0;
  std::string trace;
  {
    std::lock_guard lock(run_lock);
    if (in_kernel) {
      in_kernel = false;
      kernel_to_interrupt = nullptr;
      running_sql.clear();
      if (running_sql.capacity() > 4096) running_sql.shrink_to_fit();
      ended_query = std::exchange(query_number, 0);
      trace = std::exchange(running_trace, {});
      state_since = std::chrono::system_clock::now();
    }
  }
  if (ended_query != 0) {
    services.running.unwatch(id);
    services.statement_seconds.observe(std::chrono::steady_clock::now() - started_);
  }
  if (ended_query != 0) last_query_number_ = ended_query;
  if (std::exchange(profiled_, false)) keep_profile(ended_query, error);
  if (error) services.failed_statement_count.fetch_add(1, std::memory_order_relaxed);
  has_next_trace = false;
  found_rows_ = rows;
  row_count_ = error ? -1 : static_cast<int64_t>(rows);
  if (error) {
    const int number = error->origin() == Origin::kMysql ? error->native_code() : 1105;
    warn("Error", number, error->message());
  }
  if (!services.audit.enabled()) return;
  AuditEntry entry;
  entry.started = std::chrono::system_clock::now();
  entry.duration = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - started_);
  entry.started -= entry.duration;
  entry.connection_id = id;
  entry.user = client.user;
  entry.host = client.host;
  entry.door = client.door;
  entry.database = database_;
  if (ended_query != 0) entry.query_id = query_id_text(ended_query);
  entry.trace_id = std::move(trace);
  entry.statement = std::move(audited_sql);
  entry.rows = rows;
  if (error) {
    entry.error_code = error->origin() == Origin::kMysql ? error->native_code() : 1105;
    entry.error = error->message();
  }
  services.audit.record(std::move(entry));
}

void SessionState::warn(std::string level, int code, std::string message) {
  if (warnings.size() < kMaxWarnings) warnings.push_back({std::move(level), code, std::move(message)});
}

kernel::Connection& SessionState::connection() {
  if (!kernel) {
    kernel = std::make_unique<kernel::Connection>(services.kernel);
    kernel->set_own_variables([this] { return variable_rows(variables.list()); },
                              [this](std::string_view name) {
                                auto value = variables.get(name, std::nullopt);
                                const bool* on = value ? std::get_if<bool>(&*value) : nullptr;
                                return on && *on;
                              });
    const auto& own = rights();
    kernel->set_viewer(own->unlimited() ? nullptr : own);
    if (auto zoned = kernel->set_time_zone(variables.time_zone()); !zoned)
      log::warn("time zone", {{"error", zoned.error().describe()}});
    if (!database_.empty()) {
      // The database may have been dropped since; statements that need it then say so.
      const kernel::SchemaName stored = kernel::kernel_schema(database_);
      static_cast<void>(kernel->set_schema(stored.catalog, stored.schema));
    }
    std::lock_guard lock(run_lock);
    if (in_kernel) kernel_to_interrupt = kernel.get();
  }
  return *kernel;
}

bool SessionState::is_on(std::string_view name) const {
  const auto value = system_variable(dialect::VariableScope::kSession, name);
  return value && !value->IsNull() && value->GetValue<bool>();
}

kernel::WriteRules SessionState::write_rules() const {
  kernel::WriteRules rules;
  rules.strict = is_on("enable_insert_strict");
  rules.partial_update = is_on("enable_unique_key_partial_update");
  rules.partial_adds = !rules.strict;
  rules.into_views = is_on("allow_modify_materialized_view_data");
  return rules;
}

Status SessionState::revive_transaction() {
  if (!in_transaction || writes > 0 || !kernel || !kernel->transaction_invalidated()) return {};
  in_transaction = false;
  TRY(connection().rollback());
  TRY(connection().begin());
  in_transaction = true;
  return {};
}

Status SessionState::prepare_transaction(KernelStatement::Effect effect) {
  TRY(revive_transaction());
  // TRUNCATE is a change of the schema that writes.
  if (effect != KernelStatement::Effect::kRead) connection().set_write_rules(write_rules());
  if (effect != KernelStatement::Effect::kRead && (in_transaction ? read_only : variables.transaction_read_only())) {
    return fail(sql_error(Code::kFailedPrecondition, 1792, "Cannot execute statement in a READ ONLY transaction."));
  }
  if (effect == KernelStatement::Effect::kSchema) {
    if (in_transaction) {
      in_transaction = false;
      TRY(connection().commit());
    }
    return {};
  }
  if (!in_transaction && !variables.autocommit()) {
    TRY(begin_transaction(std::nullopt));
  }
  if (effect == KernelStatement::Effect::kWrite) ++writes;
  return {};
}

const std::shared_ptr<const Rights>& SessionState::rights() {
  if (client.server && known_rights) return known_rights;
  if (client.server) {
    known_rights =
        std::make_shared<const Rights>(client.user, built_in_grants(kAdminRole), std::vector<const RowPolicy*>());
    return known_rights;
  }
  const uint64_t now = services.access.generation();
  if (now == rights_generation && known_rights) return known_rights;
  known_rights = services.access.rights(client.account);
  rights_generation = now;
  if (kernel) kernel->set_viewer(known_rights->unlimited() ? nullptr : known_rights);
  return known_rights;
}

Result<std::shared_ptr<const StatementGuard>> SessionState::check_access(const dialect::StatementBody& body) {
  if (rights()->unlimited()) return std::shared_ptr<const StatementGuard>();
  AccessCheck check(known_rights, client, database_);
  TRY(check.statement(body));
  // Only what reads for the client: a table that ALTER writes anew keeps all its rows, and TRUNCATE leaves none.
  const auto* tree = std::get_if<KernelStatement>(&body);
  const bool reads = tree || std::holds_alternative<dialect::ExplainStatement>(body) ||
                     std::holds_alternative<dialect::ShowStatement>(body) ||
                     std::holds_alternative<dialect::OutfileStatement>(body) ||
                     std::holds_alternative<dialect::SetStatement>(body);
  const bool truncates = tree && tree->effect == KernelStatement::Effect::kSchema &&
                         tree->tree->type == duckdb::StatementType::DELETE_STATEMENT;
  return reads && !truncates ? check.guard() : nullptr;
}

Result<std::shared_ptr<const StatementGuard>> SessionState::check_access(const duckdb::SQLStatement& tree,
                                                                         KernelStatement::Effect effect) {
  if (rights()->unlimited()) return std::shared_ptr<const StatementGuard>();
  AccessCheck check(known_rights, client, database_);
  TRY(check.tree(tree, effect));
  const bool truncates =
      effect == KernelStatement::Effect::kSchema && tree.type == duckdb::StatementType::DELETE_STATEMENT;
  return truncates ? nullptr : check.guard();
}

Status SessionState::check_blocked(std::string_view sql, const duckdb::SQLStatement* tree) {
  const BlockRules& rules = rights()->block_rules();
  TRY(rules.check_text(sql));
  if (!tree || !rules.limit_scans()) return {};
  const std::function<Status(const kernel::PlanNode&)> visit = [&](const kernel::PlanNode& node) -> Status {
    if (node.scan) {
      TRY(rules.check_scan({static_cast<int64_t>(node.scan->partitions), static_cast<int64_t>(node.scan->tablets),
                            static_cast<int64_t>(node.scan->rows)}));
    }
    for (const auto& child : node.children) TRY(visit(child));
    return {};
  };
  kernel::PlanTree plan;
  // What cannot be planned is refused by what runs it.
  const auto planned = connection().with_context([&](duckdb::ClientContext& context) -> Status {
    plan = kernel::plan_tree(context, tree->Copy(), true);
    return {};
  });
  return planned ? visit(plan.root) : Status();
}

Status SessionState::check_blocked(std::string_view sql, const dialect::StatementBody& body) {
  if (const auto* statement = std::get_if<KernelStatement>(&body)) {
    const auto type = statement->tree->type;
    const bool view = type == duckdb::StatementType::CREATE_STATEMENT &&
                      statement->tree->Cast<duckdb::CreateStatement>().info->type == duckdb::CatalogType::VIEW_ENTRY;
    if (statement->effect == KernelStatement::Effect::kSchema && !view) return {};
    return check_blocked(sql, view ? nullptr : statement->tree.get());
  }
  if (const auto* explained = std::get_if<dialect::ExplainStatement>(&body))
    return check_blocked(sql, explained->tree.get());
  if (const auto* outfile = std::get_if<dialect::OutfileStatement>(&body))
    return check_blocked(sql, outfile->exported ? nullptr : outfile->query.get());
  const bool names_others = std::holds_alternative<dialect::AlterViewStatement>(body) ||
                            std::holds_alternative<dialect::CreateLikeStatement>(body);
  return names_others ? check_blocked(sql, nullptr) : Status();
}

dialect::Account SessionState::self_account() const {
  // client.account is "'user'@'pattern'", as access made it.
  const size_t middle = client.account.rfind("'@'");
  if (middle == std::string::npos) return {client.user, "%"};
  return {client.user, client.account.substr(middle + 3, client.account.size() - middle - 4)};
}

}  // namespace sluice::session
