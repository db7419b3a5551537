// SPDX-License-Identifier: Apache-2.0
// Statements that a session answers itself: USE, SET, transactions, LOAD DATA.
#include <algorithm>

#include "duckdb/common/string_util.hpp"
#include "kernel/catalog_facts.h"
#include "kernel/foreign_catalogs.h"
#include "session/load.h"
#include "session/session_state.h"

namespace sluice::session {
namespace {

constexpr size_t kMaxSavepoints = 1000;

bool is_own_catalog(const std::string& catalog) {
  return catalog.empty() || duckdb::StringUtil::CIEquals(catalog, kernel::kInternalCatalog);
}

Error unknown_database(const std::string& database) {
  return sql_error(Code::kNotFound, 1049, "Unknown database '" + database + "'");
}

// A load that ends the session's statement when it ends.
class SessionLoad final : public LoadSink {
 public:
  SessionLoad(SessionState& session, std::unique_ptr<LoadSink> load) : session_(session), load_(std::move(load)) {}
  ~SessionLoad() override {
    load_.reset();
    if (!std::exchange(ended_, true)) session_.end(0, nullptr);
  }
  Status write(std::string_view bytes) override { return load_->write(bytes); }
  Result<Done> finish() override {
    auto done = load_->finish();
    ended_ = true;
    if (done) {
      session_.end(done->affected_rows, nullptr);
      return done;
    }
    Error error = session_.translate(std::move(done.error()));
    session_.end(0, &error);
    return fail(std::move(error));
  }

 private:
  SessionState& session_;
  std::unique_ptr<LoadSink> load_;
  bool ended_ = false;
};

}  // namespace

Result<Outcome> SessionState::use(const dialect::UseStatement& statement) {
  const std::string& catalog = statement.catalog;
  const std::string& database = statement.database;
  if (kernel::is_foreign_catalog(catalog) && database.empty() && !statement.only_check) {
    // SWITCH: there is one database to select.
    for (const auto& foreign : kernel::foreign_catalogs()) {
      if (duckdb::StringUtil::CIEquals(foreign.name, catalog))
        return use({foreign.name, foreign.databases.front(), false});
    }
  }
  if (const auto foreign = kernel::foreign_database(catalog, database, database_); foreign && !database.empty()) {
    if (!TRY(connection().schema_exists(foreign->catalog, foreign->database)))
      return fail(unknown_database(foreign->text()));
    if (statement.only_check) return Outcome(Done{});
    TRY(connection().set_schema(foreign->catalog, foreign->database));
    database_ = foreign->text();
    std::lock_guard lock(run_lock);
    shown_database = database_;
    return Outcome(Done{});
  }
  if (!is_own_catalog(catalog)) return fail(sql_error(Code::kNotFound, 5085, "Unknown catalog '" + catalog + "'"));
  // The kernel compares names without case and up to the first NUL.
  // SWITCH internal: no database of it is selected then.
  if (database.empty() && !catalog.empty() && !statement.only_check) {
    database_.clear();
    connection().clear_schema();
    std::lock_guard lock(run_lock);
    shown_database.clear();
    return Outcome(Done{});
  }
  const bool hidden = duckdb::StringUtil::CIEquals(database, kernel::kServerSchema);
  if (database.empty() || hidden || database.find('\0') != std::string::npos) return fail(unknown_database(database));
  const kernel::SchemaName stored = kernel::kernel_schema(database);
  if (statement.only_check) {
    if (!TRY(connection().schema_exists(stored.catalog, stored.schema))) return fail(unknown_database(database));
    return Outcome(Done{});
  }
  TRY(connection().set_schema(stored.catalog, stored.schema));
  database_ = database;
  std::lock_guard lock(run_lock);
  shown_database = database;
  return Outcome(Done{});
}

Result<duckdb::Value> SessionState::evaluate(const duckdb::ParsedExpression& expression) {
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::CONSTANT) {
    return expression.Cast<duckdb::ConstantExpression>().value;
  }
  auto node = duckdb::make_uniq<duckdb::SelectNode>();
  node->select_list.push_back(expression.Copy());
  node->from_table = duckdb::make_uniq<duckdb::EmptyTableRef>();
  auto statement = duckdb::make_uniq<duckdb::SelectStatement>();
  statement->node = std::move(node);
  auto answer = TRY(connection().run(std::move(statement)));
  auto* chunk = TRY(answer->next());
  return chunk ? chunk->GetValue(0, 0) : duckdb::Value();
}

// In Doris the session that sets a global value has it at once.
Status SessionState::take_global(const std::string& name) {
  const VariableId id = TRY(find_variable(name));
  if (definition(id).home != VariableHome::kBoth) return {};
  TRY(variables.set(name, services.variables.get(id)));
  return {};
}

Result<Outcome> SessionState::set(const dialect::SetStatement& statement) {
  if (statement.reset_all) {
    const bool global = *statement.reset_all == dialect::VariableScope::kGlobal;
    for (const VariableRow& row : global ? services.variables.list() : variables.list()) {
      const VariableDefinition& variable = definition(TRY(find_variable(row.name)));
      if (!row.changed || variable.read_only || (!global && variable.home == VariableHome::kGlobal)) continue;
      TRY(global ? services.variables.set_default(row.name) : variables.set_default(row.name));
    }
    return Outcome(Done{});
  }
  for (const auto& assignment : statement.assignments) {
    if (assignment.scope == dialect::VariableScope::kUser) {
      user_variables[duckdb::StringUtil::Lower(assignment.name)] = TRY(evaluate(*assignment.value));
      continue;
    }
    const bool global = assignment.scope == dialect::VariableScope::kGlobal;
    if (assignment.scope == dialect::VariableScope::kTransaction) {
      if (in_transaction) {
        return fail(sql_error(Code::kFailedPrecondition, 1568,
                              "Transaction characteristics can't be changed while a transaction is in progress"));
      }
      // Transactions see one snapshot whatever isolation level is asked for.
      if (assignment.name == "transaction_read_only")
        next_read_only = TRY(evaluate(*assignment.value)).GetValue<bool>();
      continue;
    }
    if (!assignment.value) {
      TRY(global ? services.variables.set_default(assignment.name) : variables.set_default(assignment.name));
      if (global) TRY(take_global(assignment.name));
      continue;
    }
    const VariableValue value = from_kernel(TRY(evaluate(*assignment.value)));
    auto done = TRY(global ? services.variables.set(assignment.name, value) : variables.set(assignment.name, value));
    if (global) TRY(take_global(assignment.name));
    if (!done.warning.empty()) warn("Warning", 1292, done.warning);
  }
  Done done;
  done.warnings = static_cast<uint16_t>(warnings.size());
  return Outcome(std::move(done));
}

// Variables that act on the kernel's connection. An error refuses the assignment.
Status SessionState::obey(const VariableDefinition& variable, const VariableValue& value) {
  if (variable.name == "autocommit") {
    const auto* on = std::get_if<bool>(&value);
    if (on && *on && in_transaction) {
      in_transaction = false;
      return connection().commit();
    }
    return {};
  }
  if (variable.name == "time_zone") {
    const auto* zone = std::get_if<std::string>(&value);
    if (!zone) return {};
    // Setting it makes the kernel look the name up, so an unknown zone is refused here.
    if (!connection().set_time_zone(*zone)) {
      return fail(sql_error(Code::kInvalidArgument, 1298, "Unknown or incorrect time zone: '" + *zone + "'"));
    }
  }
  return {};
}

Status SessionState::begin_transaction(std::optional<bool> only) {
  TRY(connection().begin());
  in_transaction = true;
  writes = 0;
  savepoints.clear();
  read_only = only.value_or(next_read_only.value_or(variables.transaction_read_only()));
  next_read_only.reset();
  return {};
}

Result<Outcome> SessionState::transaction(const dialect::TransactionStatement& statement) {
  using What = dialect::TransactionStatement::What;
  switch (statement.what) {
    case What::kBegin:
      if (in_transaction) return Outcome(Done{});  // as in Doris; MySQL would commit
      TRY(begin_transaction(statement.read_only));
      break;
    case What::kCommit:
      if (std::exchange(in_transaction, false)) {
        auto committed = connection().commit();
        if (!committed) {
          if (connection().in_transaction()) static_cast<void>(connection().rollback());
          return fail(std::move(committed.error()));
        }
      }
      break;
    case What::kRollback:
      if (std::exchange(in_transaction, false)) TRY(connection().rollback());
      break;
  }
  if (statement.chain) TRY(begin_transaction(read_only));
  return Outcome(Done{});
}

Result<Outcome> SessionState::savepoint(const dialect::SavepointStatement& statement) {
  using What = dialect::SavepointStatement::What;
  const std::string name = duckdb::StringUtil::Lower(statement.name);
  if (statement.what == What::kSet) {
    TRY(prepare_transaction(dialect::KernelStatement::Effect::kRead));
    if (!in_transaction) return Outcome(Done{});  // autocommit: the statement was the whole transaction
    std::erase_if(savepoints, [&](const Savepoint& known) { return known.name == name; });
    if (savepoints.size() == kMaxSavepoints) {
      return fail(sql_error(Code::kResourceExhausted, 1235,
                            "A transaction has at most " + std::to_string(kMaxSavepoints) + " savepoints"));
    }
    savepoints.push_back({name, writes});
    return Outcome(Done{});
  }
  const auto found = in_transaction ? std::ranges::find(savepoints, name, &Savepoint::name) : savepoints.end();
  if (found == savepoints.end())
    return fail(sql_error(Code::kNotFound, 1305, "SAVEPOINT " + statement.name + " does not exist"));
  if (statement.what == What::kRelease) {
    savepoints.erase(found, savepoints.end());
    return Outcome(Done{});
  }
  if (found->writes != writes) {
    return fail(sql_error(Code::kUnsupported, 1235,
                          "What was written after SAVEPOINT " + statement.name +
                              " cannot be taken back alone; ROLLBACK takes back the whole transaction"));
  }
  savepoints.erase(std::next(found), savepoints.end());
  return Outcome(Done{});
}

// A policy whose condition does not fit its table would refuse every read of it, so it is refused itself. A table that
// is not there yet cannot be asked.
Result<Outcome> SessionState::row_policy(const dialect::RowPolicyStatement& statement) {
  if (!statement.drop) {
    const std::string database = statement.table.database.empty() ? database_ : statement.table.database;
    if (database.empty()) return fail(sql_error(Code::kFailedPrecondition, 1046, "No database selected"));
    if (kernel::foreign_database(statement.table.catalog, statement.table.database, database_))
      return fail(sql_error(Code::kUnsupported, 1235, "row policies are for tables of the catalog internal"));
    if (!rights()->allows({kernel::kInternalCatalog, database, statement.table.name}, kToGrant))
      return fail(privileges_missing(kToGrant));
    const kernel::SchemaName stored = kernel::kernel_schema(database);
    auto select = duckdb::make_uniq<duckdb::SelectNode>();
    select->select_list.push_back(duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value::INTEGER(1)));
    auto table = duckdb::make_uniq<duckdb::BaseTableRef>();
    table->catalog_name = stored.catalog;
    table->schema_name = stored.schema;
    table->table_name = statement.table.name;
    select->from_table = std::move(table);
    select->where_clause = TRY(parse_condition(statement.condition));
    auto query = duckdb::make_uniq<duckdb::SelectStatement>();
    query->node = std::move(select);
    TRY(connection().prepare(std::move(query)));
  }
  TRY(services.access.apply(statement, self_account(), database_));
  return Outcome(Done{});
}

Status SessionState::check_granted(const dialect::GrantStatement& statement) {
  if (statement.revoke || statement.on != dialect::GrantStatement::On::kTables) return {};
  const auto missing = [](const char* what, const std::string& name) {
    return fail(sql_error(Code::kNotFound, 1105,
                          std::string("errCode = 2, detailMessage = ") + what + ":" + name + " does not exist"));
  };
  const dialect::QualifiedName& object = statement.object;
  const auto foreign = kernel::foreign_database(object.catalog, object.database, "");
  if (!is_own_catalog(object.catalog) && !foreign) return missing("catalog", object.catalog);
  const std::string database = foreign && !object.database.empty()               ? foreign->text()
                               : object.database.empty() && !object.name.empty() ? database_
                                                                                 : object.database;
  if (database.empty()) return {};
  // Who may not grant learns nothing of what is there: applying the statement refuses it.
  const ObjectName granted = foreign ? ObjectName{foreign->catalog, foreign->database, object.name}
                                     : ObjectName{kernel::kInternalCatalog, database, object.name};
  if (!rights()->allows(granted, kToGrant)) return {};
  bool known = false;
  bool table = object.name.empty();
  kernel::Connection all(services.kernel);  // also what the session does not see
  TRY(all.with_context([&](duckdb::ClientContext& context) -> Status {
    known = kernel::find_database(context, database).has_value();
    table = table || (known && kernel::describe_relation(context, database, object.name).has_value());
    return {};
  }));
  if (!known) return missing("database", database);
  return table ? Status() : missing("table", object.name);
}

Result<Outcome> SessionState::load_data(const dialect::LoadDataStatement& statement) {
  if (!statement.local) {
    return fail(sql_error(Code::kUnsupported, 1235,
                          "LOAD DATA INFILE reads files of clients only: write LOAD DATA LOCAL INFILE"));
  }
  auto spec = TRY(load_spec(statement, database_));
  TRY(prepare_transaction(dialect::KernelStatement::Effect::kWrite));
  LocalInfile infile;
  infile.filename = statement.filename;
  infile.sink = std::make_unique<SessionLoad>(*this, TRY(open_load(connection(), std::move(spec))));
  return Outcome(std::move(infile));
}

}  // namespace sluice::session
