// SPDX-License-Identifier: Apache-2.0
// How a session runs a statement: which part answers it, what goes to the kernel, from a cached plan or not, and what
// becomes of the kernel's answer.
#include "session/session_state.h"

#include "base/error_place.h"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "kernel/catalog_facts.h"
#include "kernel/dynamic_partition.h"
#include "kernel/table_locks.h"
#include "kernel/table_properties.h"
#include "session/constant.h"
#include "session/create_as.h"
#include "session/kernel_rows.h"
#include "session/no_database.h"
#include "session/show.h"
#include "session/table_definition.h"

namespace sluice::session {

using dialect::KernelStatement;

namespace {

constexpr size_t kMaxKeptPlans = 64;

bool drops_schema(const duckdb::SQLStatement& tree, const std::string& name) {
  if (tree.type != duckdb::StatementType::DROP_STATEMENT || name.empty()) return false;
  const auto& info = *tree.Cast<duckdb::DropStatement>().info;
  return info.type == duckdb::CatalogType::SCHEMA_ENTRY && info.name == name;
}

bool creates_schema(const duckdb::SQLStatement& tree, const std::string& name) {
  if (tree.type != duckdb::StatementType::CREATE_STATEMENT || name.empty()) return false;
  const auto& info = *tree.Cast<duckdb::CreateStatement>().info;
  return info.type == duckdb::CatalogType::SCHEMA_ENTRY && info.schema == name;
}

struct CreatedTable {
  std::string database;  // empty: the selected one
  std::string name;
};
// Of CREATE TABLE .. AS.
std::optional<CreatedTable> created_by_query(const duckdb::SQLStatement& tree) {
  if (tree.type != duckdb::StatementType::CREATE_STATEMENT) return std::nullopt;
  const auto& info = *tree.Cast<duckdb::CreateStatement>().info;
  if (info.type != duckdb::CatalogType::TABLE_ENTRY) return std::nullopt;
  const auto& table = info.Cast<duckdb::CreateTableInfo>();
  if (!table.query || table.temporary) return std::nullopt;
  return CreatedTable{table.schema, table.table};
}

// CREATE TABLE of one whose partitions come and go with time.
std::optional<CreatedTable> dynamic_table(const duckdb::SQLStatement& tree) {
  if (tree.type != duckdb::StatementType::CREATE_STATEMENT) return std::nullopt;
  const auto& info = *tree.Cast<duckdb::CreateStatement>().info;
  if (info.type != duckdb::CatalogType::TABLE_ENTRY || !kernel::is_encoded(info.comment)) return std::nullopt;
  const auto& table = info.Cast<duckdb::CreateTableInfo>();
  if (!kernel::dynamic_partition(kernel::decode_table(table.comment))) return std::nullopt;
  return CreatedTable{table.schema, table.table};
}

// A DELETE whose rows Doris does not count.
bool is_uncounted(kernel::Connection& kernel, const duckdb::SQLStatement& tree) {
  if (tree.type != duckdb::StatementType::DELETE_STATEMENT) return false;
  const auto& deletion = tree.Cast<duckdb::DeleteStatement>();
  if (!deletion.using_clauses.empty() || deletion.table->type != duckdb::TableReferenceType::BASE_TABLE) return false;
  const auto& table = deletion.table->Cast<duckdb::BaseTableRef>();
  bool uncounted = false;
  // What cannot be found cannot be deleted from either.
  static_cast<void>(kernel.with_context([&](duckdb::ClientContext& context) -> Status {
    const duckdb::EntryLookupInfo lookup(duckdb::CatalogType::TABLE_ENTRY, table.table_name);
    auto entry = duckdb::Catalog::GetEntry(context, table.catalog_name, table.schema_name, lookup,
                                           duckdb::OnEntryNotFound::RETURN_NULL);
    uncounted = entry && entry->type == duckdb::CatalogType::TABLE_ENTRY &&
                kernel::notes_deletions(kernel::decode_table(entry->comment));
    return {};
  }));
  return uncounted;
}

Outcome without_count(Outcome outcome) {
  if (auto* done = std::get_if<Done>(&outcome)) done->affected_rows = 0;
  return outcome;
}

// DROP of what is not there has numbers of its own.
Error drop_error(Error error, const std::string& name) {
  if (error.native_code() == 1146) return sql_error(Code::kNotFound, 1051, "Unknown table '" + name + "'");
  if (error.native_code() == 1049 && error.message() == "Unknown database '" + name + "'")
    return sql_error(Code::kNotFound, 1008, "Can't drop database '" + name + "'; database doesn't exist");
  return error;
}

}  // namespace

Result<Outcome> SessionState::run(dialect::Statement statement, std::string_view sql,
                                  std::vector<duckdb::Value> parameters) {
  const auto read_guard = TRY(check_access(statement.body));
  if (may_be_blocked()) TRY(check_blocked(sql, statement.body));
  GuardedReads reads(*this, read_guard);
  auto outcome = run_allowed(std::move(statement), sql, std::move(parameters));
  if (!outcome) return fail(GuardedReads::translate(read_guard, std::move(outcome.error())));
  return outcome;
}

Result<Outcome> SessionState::run_allowed(dialect::Statement statement, std::string_view sql,
                                          std::vector<duckdb::Value> parameters) {
  if (statement.parameter_count > parameters.size()) {
    return fail(sql_error(Code::kInvalidArgument, 1064, "'?' stands for a value in prepared statements only"));
  }
  auto& body = statement.body;
  if (auto* kernel_statement = std::get_if<KernelStatement>(&body)) {
    if (statement.parameter_count == 0) {
      if (auto table = answer_constants(*kernel_statement->tree)) return Outcome(std::move(*table));
    }
    if (!kernel_statement->rest.empty()) return run_together(std::move(*kernel_statement));
    if (!kernel_statement->label.empty()) return run_labelled(std::move(*kernel_statement));
    if (kernel_statement->to_bin) {
      if (TRY(drop_to_bin(*kernel_statement->tree->Cast<duckdb::DropStatement>().info))) return Outcome(Done{});
    }
    return run_kernel(duckdb::unique_ptr<duckdb::SQLStatement>(kernel_statement->tree.release()),
                      kernel_statement->effect, std::move(parameters));
  }
  if (auto* explained = std::get_if<dialect::ExplainStatement>(&body)) return explain(std::move(*explained));
  if (const auto* like = std::get_if<dialect::CreateLikeStatement>(&body)) return create_like(*like);
  if (const auto* alter = std::get_if<dialect::AlterTableStatement>(&body)) return alter_table(*alter);
  if (auto* view = std::get_if<dialect::AlterViewStatement>(&body)) return alter_view(std::move(*view));
  if (const auto* rename = std::get_if<dialect::RenameDatabaseStatement>(&body)) return rename_database(*rename);
  if (auto* view = std::get_if<dialect::MaterializedViewStatement>(&body)) return materialized_view(std::move(*view));
  if (const auto* use_statement = std::get_if<dialect::UseStatement>(&body)) return use(*use_statement);
  if (const auto* set_statement = std::get_if<dialect::SetStatement>(&body)) return set(*set_statement);
  if (const auto* show = std::get_if<dialect::ShowStatement>(&body)) {
    const bool about_warnings = show->what == dialect::ShowStatement::What::kWarnings ||
                                show->what == dialect::ShowStatement::What::kErrors ||
                                show->what == dialect::ShowStatement::What::kCountWarnings ||
                                show->what == dialect::ShowStatement::What::kCountErrors;
    if (about_warnings) warnings = std::exchange(warnings_before, {});
    ShowContext context{services, connection(), variables, database_, client, id, warnings, *rights()};
    return Outcome(TRY(answer_show(*show, context)));
  }
  if (const auto* kill = std::get_if<dialect::KillStatement>(&body)) {
    const bool any = rights()->global().has(Privilege::kAdmin);
    TRY(services.running.kill(kill->connection_id, kill->query_only, client, any));
    return Outcome(Done{});
  }
  if (const auto* transaction_statement = std::get_if<dialect::TransactionStatement>(&body))
    return transaction(*transaction_statement);
  if (const auto* point = std::get_if<dialect::SavepointStatement>(&body)) return savepoint(*point);
  if (const auto* prepared = std::get_if<dialect::PreparedTextStatement>(&body)) return prepared_text(*prepared);
  if (const auto* account_statement = std::get_if<dialect::AccountStatement>(&body)) {
    TRY(services.access.apply(*account_statement, self_account()));
    return Outcome(Done{});
  }
  if (const auto* role = std::get_if<dialect::RoleStatement>(&body)) {
    TRY(services.access.apply(*role, self_account()));
    return Outcome(Done{});
  }
  if (const auto* grant = std::get_if<dialect::GrantStatement>(&body)) {
    TRY(check_granted(*grant));
    TRY(services.access.apply(*grant, self_account()));
    return Outcome(Done{});
  }
  if (const auto* policy = std::get_if<dialect::RowPolicyStatement>(&body)) return row_policy(*policy);
  if (const auto* rule = std::get_if<dialect::BlockRuleStatement>(&body)) {
    TRY(services.access.apply(*rule, self_account()));
    return Outcome(Done{});
  }
  if (const auto* property = std::get_if<dialect::UserPropertyStatement>(&body)) {
    TRY(services.access.apply(*property, self_account()));
    return Outcome(Done{});
  }
  if (const auto* load = std::get_if<dialect::BrokerLoadStatement>(&body)) return broker_load(*load);
  if (const auto* clean = std::get_if<dialect::CleanLabelStatement>(&body)) return clean_label(*clean);
  if (const auto* load = std::get_if<dialect::LoadDataStatement>(&body)) return load_data(*load);
  if (auto* outfile = std::get_if<dialect::OutfileStatement>(&body)) return write_outfile(std::move(*outfile));
  if (auto* job = std::get_if<dialect::JobStatement>(&body)) return run_job_statement(std::move(*job));
  if (const auto* partitions = std::get_if<dialect::AlterPartitionsStatement>(&body))
    return alter_partitions(*partitions);
  if (const auto* recovered = std::get_if<dialect::RecoverStatement>(&body)) return recover(*recovered);
  if (const auto* function = std::get_if<dialect::AliasFunctionStatement>(&body)) return alias_function(*function);
  return Outcome(Done{});  // NoOpStatement
}

Result<Outcome> SessionState::run_kernel(duckdb::unique_ptr<duckdb::SQLStatement> tree, KernelStatement::Effect effect,
                                         std::vector<duckdb::Value> parameters) {
  if (database_.empty() && needs_database(*tree)) return fail(no_database_selected());
  TRY(prepare_transaction(effect));
  if (effect != KernelStatement::Effect::kSchema && is_on("enable_profile")) begin_profile();
  const AnswerRule rule = answer_rule(*tree);
  const auto type = rule.type;
  std::string dropped;
  if (type == duckdb::StatementType::DROP_STATEMENT) dropped = tree->Cast<duckdb::DropStatement>().info->name;
  TRY(services.dynamic_partitions.complete(connection(), *tree));
  const auto dynamic = dynamic_table(*tree);
  const bool leaves_database = drops_schema(*tree, database_);
  const bool comes_back = database_.empty() && creates_schema(*tree, left_database);
  const bool uncounted = is_uncounted(connection(), *tree);
  std::vector<std::optional<ColumnOrigin>> origins;
  std::vector<std::optional<TimeDigits>> times;
  if (effect == KernelStatement::Effect::kRead) {
    origins = column_origins(*tree, database_);
    times = time_digits(*tree, database_);
  }
  auto answer = connection().run(std::move(tree), std::move(parameters));
  if (effect == KernelStatement::Effect::kSchema) services.kernel.schema_changed();
  if (!answer)
    return fail(type == duckdb::StatementType::DROP_STATEMENT ? drop_error(std::move(answer.error()), dropped)
                                                              : std::move(answer.error()));
  if (dynamic) {
    const std::string& database = dynamic->database.empty() ? database_ : dynamic->database;
    services.dynamic_partitions.properties_changed(database, dynamic->name, true);
  }
  if (comes_back) {
    TRY(use({{}, left_database, false}));
    left_database.clear();
  }
  if (leaves_database) {  // as in MySQL, no database is selected then
    left_database = database_;
    database_.clear();
    kernel->clear_schema();
    std::lock_guard lock(run_lock);
    shown_database.clear();
  }
  std::vector<Column> columns;
  if ((*answer)->return_type() == duckdb::StatementReturnType::QUERY_RESULT) {
    columns = make_columns((*answer)->names(), (*answer)->types(), origins);
    declare_columns(connection(), columns, times);
    declare_moments(columns, (*answer)->moment_digits());
  }
  auto outcome = TRY(to_outcome(std::move(*answer), std::move(columns), rule));
  return uncounted ? without_count(std::move(outcome)) : std::move(outcome);
}

Status SessionState::wait_for_writers(const duckdb::InsertStatement& insert) {
  const auto table = read_definition(connection(), insert.schema.empty() ? database_ : insert.schema, insert.table);
  const bool merges =
      table && (table->model.keys == kernel::KeyModel::kUnique || table->model.keys == kernel::KeyModel::kAggregate);
  if (!merges) return {};  // or there is none yet: CREATE TABLE .. AS
  return connection().lock_merging(table->catalog, table->schema, table->name, kernel::TableLocks::kLongestWait);
}

Result<Outcome> SessionState::run_together(KernelStatement statement) {
  TRY(prepare_transaction(statement.effect));
  const bool own_transaction = !in_transaction;
  std::vector<std::unique_ptr<duckdb::SQLStatement>> trees;
  trees.push_back(std::move(statement.tree));
  for (auto& tree : statement.rest) trees.push_back(std::move(tree));
  if (own_transaction) {
    for (const auto& tree : trees) {
      if (tree->type == duckdb::StatementType::INSERT_STATEMENT)
        TRY(wait_for_writers(tree->Cast<duckdb::InsertStatement>()));
    }
    TRY(connection().begin());
    in_transaction = true;  // for run_kernel: nothing is to be committed in between
  }
  Result<Outcome> outcome = Outcome(Done{});
  std::optional<Done> inserted;  // what a statement that inserts among other things is about
  const auto created = created_by_query(*trees[0]);
  const auto origins = created ? origins_of_created(trees, database_) : std::vector<std::optional<ColumnOrigin>>();
  std::vector<functions::MomentDigits> digits;
  const auto note_created = [&]() -> Status {
    const std::string& database = created->database.empty() ? database_ : created->database;
    TRY(note_query_types(connection(), database, created->name, origins, digits));
    return note_default_keys(connection(), database, created->name);
  };
  bool noted = !created;
  for (auto& tree : trees) {
    const auto type = tree->type;
    // The types of the columns before their rows: these are rounded to the digits of a DATETIME(n).
    if (type == duckdb::StatementType::INSERT_STATEMENT && !std::exchange(noted, true)) {
      if (auto done = note_created(); !done) {
        outcome = fail(std::move(done.error()));
        break;
      }
    }
    // INSERT OVERWRITE takes all rows away, also those that its author may not read.
    if (guard) connection().set_guard(type == duckdb::StatementType::DELETE_STATEMENT ? nullptr : guard);
    if (statement.overwrites && type == duckdb::StatementType::DELETE_STATEMENT) {
      if (auto kept = keep_overwritten(tree->Cast<duckdb::DeleteStatement>()); !kept) {
        outcome = fail(std::move(kept.error()));
        break;
      }
    }
    // Effect kWrite: a schema change would commit the transaction that holds the parts together.
    outcome = run_kernel(duckdb::unique_ptr<duckdb::SQLStatement>(tree.release()), KernelStatement::Effect::kWrite, {});
    if (!outcome) break;
    if (type == duckdb::StatementType::INSERT_STATEMENT) inserted = std::get<Done>(*outcome);
    if (created && type == duckdb::StatementType::CREATE_STATEMENT) digits = connection().moment_digits();
  }
  if (outcome && !noted) {
    if (auto done = note_created(); !done) outcome = fail(std::move(done.error()));
  }
  if (outcome && inserted) outcome = Outcome(std::move(*inserted));
  if (own_transaction) {
    in_transaction = false;
    if (outcome) {
      TRY(connection().commit());
    } else {
      static_cast<void>(connection().rollback());
    }
  }
  services.kernel.schema_changed();
  return outcome;
}

Result<Outcome> SessionState::count_rows(kernel::Answer& answer) {
  int64_t rows = 0;
  while (duckdb::DataChunk* chunk = TRY(answer.next())) rows += static_cast<int64_t>(chunk->size());
  Table table;
  table.columns = make_columns({"ReturnedRows"}, {duckdb::LogicalType::BIGINT}, {});
  table.rows.push_back({duckdb::Value::BIGINT(rows)});
  return Outcome(std::move(table));
}

SessionState::AnswerRule SessionState::answer_rule(const duckdb::SQLStatement& statement) const {
  AnswerRule rule{statement.type, variables.sql_select_limit()};
  if (statement.type != duckdb::StatementType::SELECT_STATEMENT) return rule;
  for (const auto& modifier : statement.Cast<duckdb::SelectStatement>().node->modifiers) {
    if (modifier->type == duckdb::ResultModifierType::ORDER_MODIFIER)
      rule.most_rows = std::min(rule.most_rows, variables.default_order_by_limit());
  }
  for (const auto& modifier : statement.Cast<duckdb::SelectStatement>().node->modifiers) {
    if (modifier->type == duckdb::ResultModifierType::LIMIT_MODIFIER) rule.most_rows = UINT64_MAX;
  }
  return rule;
}

Result<Outcome> SessionState::to_outcome(std::unique_ptr<kernel::Answer> answer, std::vector<Column> columns,
                                         AnswerRule rule) {
  const auto type = rule.type;
  if (answer->return_type() == duckdb::StatementReturnType::QUERY_RESULT) {
    if (type == duckdb::StatementType::SELECT_STATEMENT && is_on("dry_run_query")) return count_rows(*answer);
    return Outcome(
        std::unique_ptr<RowStream>(new KernelRows(*this, std::move(answer), std::move(columns), rule.most_rows)));
  }
  Done done;
  done.affected_rows = answer->changed_rows();
  if (type == duckdb::StatementType::UPDATE_STATEMENT) {
    const std::string count = std::to_string(done.affected_rows);
    done.info = "Rows matched: " + count + "  Changed: " + count + "  Warnings: 0";
  }
  return Outcome(std::move(done));
}

Result<Outcome> SessionState::run_point(const PointSelect& point, const std::vector<duckdb::Value>& parameters,
                                        bool& taken) {
  if (!rights()->unlimited()) {
    TRY(AccessCheck(known_rights, client, database_).columns(point.table(), point.columns_read()));
    if (known_rights->row_filter(point.table())) return Outcome(Done{});  // not taken: the kernel applies it
  }
  std::vector<duckdb::Value> keys;
  keys.reserve(point.keys().size());
  for (size_t i = 0; i < point.keys().size(); ++i) {
    const auto& key = point.keys()[i];
    if (key.parameter > parameters.size())
      return fail(Error(Code::kInternal, "a look-up refers to a parameter that is not there"));
    keys.push_back(key.parameter == 0 ? key.constant : parameters[key.parameter - 1]);
    if (!point.lookup().accepts(i, keys.back())) return Outcome(Done{});
  }
  TRY(prepare_transaction(KernelStatement::Effect::kRead));
  auto rows = TRY(point.lookup().run(connection(), keys));
  if (!rows) return Outcome(Done{});
  taken = true;
  return Outcome(std::unique_ptr<RowStream>(new ChunkRows(*this, std::move(*rows), point.columns())));
}

Result<Outcome> SessionState::run_cached(std::shared_ptr<const PlanTemplate> plan,
                                         const std::vector<duckdb::Value>& literals, std::string_view sql) {
  std::vector<duckdb::Value> parameters;
  parameters.reserve(plan->parameter_literals.size());
  for (uint32_t literal : plan->parameter_literals) parameters.push_back(literals[literal]);
  if (plan->point) {
    bool taken = false;
    if (may_be_blocked()) return run(TRY(dialect::parse(sql, parse_options())), sql);
    auto outcome = run_point(*plan->point, parameters, taken);
    if (taken || !outcome) return outcome;
    return run(TRY(dialect::parse(sql, parse_options())), sql);
  }
  TRY(check_access(*plan->tree, plan->effect));
  if (may_be_blocked()) TRY(check_blocked(sql, plan->tree.get()));
  TRY(prepare_transaction(plan->effect));
  if (is_on("enable_profile")) begin_profile();
  std::string types = type_signature(parameters);
  auto kept = std::find_if(kept_plans.begin(), kept_plans.end(),
                           [&](const KeptPlan& known) { return known.plan == plan && known.types == types; });
  if (kept != kept_plans.end() && !kept->prepared->usable_in(connection())) {
    kept_plans.erase(kept);
    kept = kept_plans.end();
  }
  if (kept == kept_plans.end()) {
    auto tree = plan->tree->Copy();
    type_parameters(*tree, parameters);
    auto prepared = connection().prepare(std::move(tree));
    // The template's places are those of the text it was made of: this text's own tree has its error.
    if (!prepared) return run(TRY(dialect::parse(sql, parse_options())), sql);
    kept_plans.push_front(KeptPlan{plan, std::move(types), std::move(*prepared)});
    kept = kept_plans.begin();
    if (kept_plans.size() > kMaxKeptPlans) kept_plans.pop_back();
  } else {
    kept_plans.splice(kept_plans.begin(), kept_plans, kept);
  }
  const bool uncounted = is_uncounted(connection(), *plan->tree);
  auto answer = connection().run(*kept->prepared, parameters);
  if (!answer) return fail(without_place(std::move(answer.error())));
  auto outcome = TRY(to_outcome(std::move(*answer), {}, answer_rule(*plan->tree)));
  return uncounted ? without_count(std::move(outcome)) : std::move(outcome);
}

}  // namespace sluice::session
