// SPDX-License-Identifier: Apache-2.0
#include "kernel/connection.h"

#include "base/failpoint.h"
#include "duckdb/catalog/catalog_search_path.hpp"
#include "duckdb/common/error_data.hpp"
#include "duckdb/main/client_data.hpp"
#include "duckdb/main/pending_query_result.hpp"
#include "duckdb/main/prepared_statement.hpp"
#include "duckdb/parser/statement/transaction_statement.hpp"
#include "duckdb/transaction/meta_transaction.hpp"
#include "functions/session_rules.h"
#include "kernel/alias_functions.h"
#include "kernel/deleted_rows.h"
#include "kernel/errors.h"
#include "kernel/execution.h"

namespace sluice::kernel {
namespace {

// From here on an answer counts as large: see Host::large_results_.
constexpr uint64_t kLargeResultRows = 1'000'000;

Error lost_error() {
  return Error(Code::kUnavailable, "the database was reopened after an internal error; the statement did not finish")
      .with_retry(Retry::kBackoff);
}

duckdb::case_insensitive_map_t<duckdb::BoundParameterData> named(const std::vector<duckdb::Value>& parameters) {
  duckdb::case_insensitive_map_t<duckdb::BoundParameterData> result;
  for (size_t i = 0; i < parameters.size(); ++i) {
    result.emplace(std::to_string(i + 1), duckdb::BoundParameterData(parameters[i]));
  }
  return result;
}

// Of one transaction: a script of many writes need not be remembered as a whole.
constexpr size_t kMaxWritten = 1000;

// Schema (may be empty) and name of the table that a statement changes the rows of.
std::optional<WrittenTables::value_type> written_table(const duckdb::SQLStatement& statement) {
  if (statement.type == duckdb::StatementType::INSERT_STATEMENT) {
    const auto& insert = statement.Cast<duckdb::InsertStatement>();
    return WrittenTables::value_type(insert.schema, insert.table);
  }
  const duckdb::TableRef* target = nullptr;
  if (statement.type == duckdb::StatementType::UPDATE_STATEMENT)
    target = statement.Cast<duckdb::UpdateStatement>().table.get();
  if (statement.type == duckdb::StatementType::DELETE_STATEMENT)
    target = statement.Cast<duckdb::DeleteStatement>().table.get();
  if (!target || target->type != duckdb::TableReferenceType::BASE_TABLE) return std::nullopt;
  const auto& base = target->Cast<duckdb::BaseTableRef>();
  return WrittenTables::value_type(base.schema_name, base.table_name);
}

// Rows written out in a statement, which may be many.
bool holds_rows(const duckdb::SQLStatement& statement) {
  return statement.type == duckdb::StatementType::INSERT_STATEMENT &&
         statement.Cast<duckdb::InsertStatement>().GetValuesList();
}

}  // namespace

// ---- Answer

Answer::~Answer() {
  if (large_) host_.large_results_.fetch_sub(1, std::memory_order_relaxed);
  if (connection_) connection_->finish(*this);
}

Result<duckdb::DataChunk*> Answer::next() {
  if (!connection_) {
    if (result_) return fail(lost_error());
    return nullptr;
  }
  return connection_->next(*this);
}

// ---- Prepared

uint32_t Prepared::parameter_count() const { return static_cast<uint32_t>(statement_->named_param_map.size()); }

duckdb::StatementReturnType Prepared::return_type() const { return statement_->GetStatementProperties().return_type; }

bool Prepared::usable_in(const Connection& connection) const {
  std::lock_guard lock(connection.mutex_);
  return effects_.merged_table.empty() && connection.instance_ && instance_.lock() == connection.instance_;
}

// ---- Connection

Connection::Connection(Host& host) : host_(host) { host_.enlist(this); }

Connection::~Connection() {
  host_.delist(this);
  std::lock_guard lock(mutex_);
  drop_kernel_locked();
}

void Connection::search_in_locked(const std::string& catalog, const std::string& schema) {
  auto& path = *duckdb::ClientData::Get(*kernel_->context).catalog_search_path;
  const duckdb::CatalogSearchEntry functions(kInternalCatalog, kFunctionSchema);
  if (schema.empty()) {  // no database: where the kernel looks anyway
    path.Set({duckdb::CatalogSearchEntry("memory", DEFAULT_SCHEMA), functions},
             duckdb::CatalogSetPathType::SET_DIRECTLY);
    return;
  }
  kernel_->context->RunFunctionInTransaction([&] {
    path.Set({duckdb::CatalogSearchEntry(catalog, schema), functions}, duckdb::CatalogSetPathType::SET_SCHEMAS);
  });
}

Status Connection::ensure_locked() {
  if (kernel_) return {};
  auto instance = TRY(host_.wait_for_instance());
  try {
    kernel_ = std::make_unique<duckdb::Connection>(*instance);
    kernel_->context->config.enable_optimizer = host_.options().optimizer;
    instance_ = std::move(instance);
    kernel_->context->registered_state->Insert(OwnRows::kKey, own_rows_);
    kernel_->context->registered_state->Insert(ResultDigits::kKey, result_digits_);
    kernel_->context->registered_state->Insert(functions::AskedDigits::kKey, asked_digits_);
    kernel_->context->registered_state->Insert(ViewerState::kKey, viewer_);
    kernel_->context->registered_state->Insert(
        functions::SessionRules::kKey,
        duckdb::make_shared_ptr<functions::SessionRules>(
            [rows = own_rows_](std::string_view variable) { return rows->is_on && rows->is_on(variable); }));
    {
      std::lock_guard lock(context_mutex_);
      context_ = kernel_->context;
    }
    search_in_locked(catalog_, schema_);
    if (!time_zone_.empty()) TRY(apply_time_zone_locked(time_zone_));
  } catch (const std::exception& exception) {
    duckdb::ErrorData error(exception);
    return fail(failed_locked(error));
  }
  if (std::exchange(lost_transaction_, false)) {
    return fail(sql_error(Code::kFailedPrecondition, 1402,
                          "the transaction was rolled back because the database had to be reopened; begin again"));
  }
  return {};
}

void Connection::drop_kernel_locked() {
  if (answer_) {
    answer_->chunk_.reset();
    answer_->result_ = duckdb::make_uniq<duckdb::StreamQueryResult>(duckdb::ErrorData("dropped"));
    answer_->connection_ = nullptr;
    answer_ = nullptr;
  }
  {
    std::lock_guard lock(context_mutex_);
    context_.reset();
  }
  kernel_.reset();
  instance_.reset();
  transaction_began_.reset();
  host_.table_locks().release(this);
}

bool Connection::try_detach() {
  interrupt();
  std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock() || !kernel_) return false;
  lost_transaction_ = !kernel_->context->transaction.IsAutoCommit();
  drop_kernel_locked();
  return true;
}

Error Connection::failed_locked(const duckdb::ErrorData& error) {
  if (is_fatal(error) && instance_) host_.report_fatal(instance_->instance.get(), error.RawMessage());
  return to_error(error);
}

Result<std::unique_ptr<Answer>> Connection::start_locked(duckdb::unique_ptr<duckdb::PendingQueryResult> pending) {
  auto moment_digits = result_digits_->columns;
  if (pending->HasError() || !run_until_ready(*kernel_->context, *pending, progress_))
    return fail(failed_locked(pending->GetErrorObject()));
  auto result = pending->Execute();
  if (result->HasError()) return fail(failed_locked(result->GetErrorObject()));
  std::unique_ptr<Answer> answer(new Answer(host_));
  answer->types_ = result->types;
  answer->names_.assign(result->names.begin(), result->names.end());
  answer->moment_digits_ = std::move(moment_digits);
  answer->return_type_ = result->properties.return_type;
  if (answer->return_type_ == duckdb::StatementReturnType::CHANGED_ROWS) {
    auto chunk = result->Fetch();
    if (chunk && chunk->size() > 0)
      answer->changed_rows_ = static_cast<uint64_t>(chunk->GetValue(0, 0).GetValue<int64_t>());
    return answer;
  }
  if (answer->return_type_ == duckdb::StatementReturnType::NOTHING) return answer;
  answer->result_ = std::move(result);
  answer->connection_ = this;
  answer_ = answer.get();
  return answer;
}

Result<std::unique_ptr<Answer>> Connection::run(duckdb::unique_ptr<duckdb::SQLStatement> statement,
                                                std::vector<duckdb::Value> parameters) {
  std::lock_guard lock(mutex_);
  TRY(ensure_locked());
  if (auto fault = FAILPOINT("kernel.run")) return fail(std::move(*fault));
  try {
    const bool may_bind_again = !holds_rows(*statement);
    TRY(begin_write_locked(rewrite_locked(statement)));
    struct End {
      Connection& connection;
      ~End() { connection.end_statement_locked(); }
    } end{*this};
    duckdb::PendingQueryParameters options;
    options.query_parameters = duckdb::QueryParameters(true);
    result_digits_->columns.clear();
    asked_digits_->begin(may_bind_again);
    auto values = named(parameters);
    if (!values.empty()) {
      return start_locked(kernel_->context->PendingQuery(std::move(statement), values, options.query_parameters));
    }
    return start_locked(kernel_->context->PendingQuery(std::move(statement), options.query_parameters));
  } catch (const std::exception& exception) {
    duckdb::ErrorData error(exception);
    return fail(failed_locked(error));
  }
}

Result<std::unique_ptr<Prepared>> Connection::prepare(duckdb::unique_ptr<duckdb::SQLStatement> statement) {
  std::lock_guard lock(mutex_);
  TRY(ensure_locked());
  try {
    std::unique_ptr<Prepared> prepared(new Prepared());
    const WrittenTables before = written_;
    const bool may_bind_again = !holds_rows(*statement);
    prepared->effects_ = rewrite_locked(statement);
    prepared->written_ = std::exchange(written_, before);
    result_digits_->columns.clear();
    asked_digits_->begin(may_bind_again);
    prepared->statement_ = kernel_->Prepare(std::move(statement));
    prepared->moment_digits_ = result_digits_->columns;
    if (prepared->statement_->HasError()) return fail(failed_locked(prepared->statement_->error));
    prepared->instance_ = instance_;
    if (prepared->return_type() == duckdb::StatementReturnType::QUERY_RESULT) {
      bool known = true;
      for (const auto& type : prepared->statement_->GetTypes()) {
        if (type.id() == duckdb::LogicalTypeId::UNKNOWN || type.id() == duckdb::LogicalTypeId::SQLNULL) known = false;
      }
      if (known) {
        prepared->types_ = prepared->statement_->GetTypes();
        const auto& names = prepared->statement_->GetNames();
        prepared->names_.assign(names.begin(), names.end());
      }
    }
    return prepared;
  } catch (const std::exception& exception) {
    duckdb::ErrorData error(exception);
    return fail(failed_locked(error));
  }
}

Result<std::unique_ptr<Answer>> Connection::run(Prepared& prepared, const std::vector<duckdb::Value>& parameters) {
  std::lock_guard lock(mutex_);
  TRY(ensure_locked());
  if (prepared.instance_.lock() != instance_) {
    return fail(sql_error(Code::kFailedPrecondition, 1243,
                          "the prepared statement was lost when the database was reopened; prepare it again"));
  }
  try {
    TRY(begin_write_locked(prepared.effects_));
    written_.insert(written_.end(), prepared.written_.begin(), prepared.written_.end());
    struct End {
      Connection& connection;
      ~End() { connection.end_statement_locked(); }
    } end{*this};
    result_digits_->columns = prepared.moment_digits_;  // unless the kernel binds it again
    asked_digits_->begin(true);
    auto values = named(parameters);
    return start_locked(prepared.statement_->PendingQuery(values, true));
  } catch (const std::exception& exception) {
    duckdb::ErrorData error(exception);
    return fail(failed_locked(error));
  }
}

WriteEffects Connection::rewrite_locked(duckdb::unique_ptr<duckdb::SQLStatement>& statement) {
  switch (statement->type) {
    case duckdb::StatementType::INSERT_STATEMENT:
    case duckdb::StatementType::UPDATE_STATEMENT:
    case duckdb::StatementType::DELETE_STATEMENT:
    case duckdb::StatementType::ALTER_STATEMENT:
      break;
    default:
      return {};
  }
  if (host_.commits_watched_.load(std::memory_order_relaxed)) {
    if (auto table = written_table(*statement)) {
      if (table->first.empty()) table->first = schema_;
      if (written_.size() < kMaxWritten) written_.push_back(std::move(*table));
    }
  }
  WriteEffects effects;
  auto& context = *kernel_->context;
  context.RunFunctionInTransaction([&] { effects = rewrite_write(context, statement, write_rules_); });
  return effects;
}

Status Connection::lock_merging(const std::string& catalog, const std::string& schema, const std::string& table,
                                std::chrono::seconds longest_wait) {
  std::lock_guard lock(mutex_);
  TRY(ensure_locked());
  return host_.table_locks().lock(merging_table(catalog, schema, table), this,
                                  transaction_began_ ? &*transaction_began_ : nullptr, longest_wait);
}

Status Connection::begin_write_locked(const WriteEffects& effects) {
  if (!effects.merged_table.empty())
    TRY(host_.table_locks().lock(effects.merged_table, this, transaction_began_ ? &*transaction_began_ : nullptr));
  if (effects.forgotten.empty()) return {};
  const auto forgotten = kernel_->Query(forget_deleted(effects.forgotten));
  if (forgotten->HasError()) return fail(failed_locked(forgotten->GetErrorObject()));
  return {};
}

void Connection::end_statement_locked() {
  if (!kernel_) return;
  if (!kernel_->context->transaction.IsAutoCommit()) {
    if (!transaction_began_) transaction_began_ = host_.table_locks().now();
    return;
  }
  transaction_began_.reset();
  host_.table_locks().release(this);
  if (!written_.empty()) host_.tell_commit(std::exchange(written_, {}));
}

std::vector<functions::MomentDigits> Connection::moment_digits() {
  std::lock_guard lock(mutex_);
  return result_digits_->columns;
}

void Connection::set_write_rules(const WriteRules& rules) {
  std::lock_guard lock(mutex_);
  write_rules_ = rules;
}

void Connection::set_own_variables(SystemRows::Provider rows, std::function<bool(std::string_view)> is_on) {
  std::lock_guard lock(mutex_);
  own_rows_->variables = std::move(rows);
  own_rows_->is_on = std::move(is_on);
}

void Connection::set_viewer(std::shared_ptr<const Viewer> viewer) {
  std::lock_guard lock(mutex_);
  viewer_->viewer = std::move(viewer);
}

void Connection::set_guard(std::shared_ptr<const ReadGuard> guard) {
  std::lock_guard lock(mutex_);
  viewer_->guard = std::move(guard);
}

Result<duckdb::DataChunk*> Connection::next(Answer& answer) {
  std::lock_guard lock(mutex_);
  if (answer_ != &answer) return fail(lost_error());
  try {
    duckdb::ErrorData error;
    count_while_read(*kernel_->context, *answer.result_, progress_);
    answer.chunk_ = answer.result_->FetchRaw();
    if (answer.result_->HasError()) {
      Error failed = failed_locked(answer.result_->GetErrorObject());
      answer.result_.reset();
      answer.connection_ = nullptr;
      answer_ = nullptr;
      return fail(std::move(failed));
    }
    if (!answer.chunk_ || answer.chunk_->size() == 0) {
      answer.chunk_.reset();
      answer.result_.reset();
      answer.connection_ = nullptr;
      answer_ = nullptr;
      return nullptr;
    }
    answer.rows_read_ += answer.chunk_->size();
    if (!answer.large_ && answer.rows_read_ >= kLargeResultRows) {
      answer.large_ = true;
      host_.large_results_.fetch_add(1, std::memory_order_relaxed);
    }
    return answer.chunk_.get();
  } catch (const std::exception& exception) {
    duckdb::ErrorData error(exception);
    Error failed = failed_locked(error);
    answer.result_.reset();
    answer.connection_ = nullptr;
    answer_ = nullptr;
    return fail(std::move(failed));
  }
}

void Connection::finish(Answer& answer) {
  std::lock_guard lock(mutex_);
  if (answer_ != &answer) return;
  answer_ = nullptr;
  answer.chunk_.reset();
  answer.result_.reset();
}

Status Connection::begin() {
  auto answer = run(duckdb::make_uniq<duckdb::TransactionStatement>(
      duckdb::make_uniq<duckdb::TransactionInfo>(duckdb::TransactionType::BEGIN_TRANSACTION)));
  if (!answer) return fail(answer.error());
  return {};
}

Status Connection::commit() {
  auto answer = run(duckdb::make_uniq<duckdb::TransactionStatement>(
      duckdb::make_uniq<duckdb::TransactionInfo>(duckdb::TransactionType::COMMIT)));
  if (!answer) return fail(answer.error());
  return {};
}

Status Connection::rollback() {
  auto answer = run(duckdb::make_uniq<duckdb::TransactionStatement>(
      duckdb::make_uniq<duckdb::TransactionInfo>(duckdb::TransactionType::ROLLBACK)));
  if (!answer) return fail(answer.error());
  return {};
}

bool Connection::in_transaction() {
  std::lock_guard lock(mutex_);
  return kernel_ && !kernel_->context->transaction.IsAutoCommit();
}

bool Connection::transaction_invalidated() {
  std::lock_guard lock(mutex_);
  return kernel_ && kernel_->context->transaction.HasActiveTransaction() &&
         duckdb::ValidChecker::IsInvalidated(kernel_->context->ActiveTransaction());
}

Status Connection::with_context(const std::function<Status(duckdb::ClientContext&)>& work) {
  std::lock_guard lock(mutex_);
  TRY(ensure_locked());
  Status status;
  try {
    kernel_->context->RunFunctionInTransaction([&] {
      status = work(*kernel_->context);
      // An error of this kind takes back what a transaction of its own did, and leaves an open one as it is.
      if (!status) throw duckdb::BinderException("the work has failed");
    });
  } catch (const std::exception& exception) {
    if (!status) return status;
    duckdb::ErrorData error(exception);
    return fail(failed_locked(error));
  }
  return status;
}

void Connection::release_if_idle() {
  std::lock_guard lock(mutex_);
  if (!kernel_ || answer_ || !kernel_->context->transaction.IsAutoCommit()) return;
  drop_kernel_locked();
}

void Connection::interrupt() {
  std::lock_guard lock(context_mutex_);
  if (context_) context_->Interrupt();
}

}  // namespace sluice::kernel
