// SPDX-License-Identifier: Apache-2.0
#include "session/load_prepared.h"

#include "base/failpoint.h"
#include "base/log.h"
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/parser/constraints/unique_constraint.hpp"
#include "duckdb/parser/keyword_helper.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/parser/statement/create_statement.hpp"
#include "kernel/deleted_rows.h"
#include "session/load_store.h"

namespace sluice::session {
namespace {

using duckdb::Value;

constexpr auto kExpirationInterval = std::chrono::seconds(60);
constexpr const char* kTimeoutReason = "timeout by txn manager";

std::string quoted(const std::string& name) { return duckdb::KeywordHelper::WriteQuoted(name, '"'); }

std::string stage_name(int64_t txn_id) { return "prepared_" + std::to_string(txn_id); }
std::string stage_path(int64_t txn_id) {
  return std::string(kernel::kInternalCatalog) + "." + kernel::kServerSchema + "." + stage_name(txn_id);
}

std::string subject(int64_t txn_id) { return "transaction [" + std::to_string(txn_id) + "]"; }

Error undecidable(std::string message) { return sql_error(Code::kFailedPrecondition, 1105, std::move(message)); }

Result<duckdb::reference<duckdb::TableCatalogEntry>> catalog_entry(duckdb::ClientContext& context,
                                                                   const LoadTable& table) {
  duckdb::EntryLookupInfo lookup(duckdb::CatalogType::TABLE_ENTRY, table.name);
  auto entry =
      duckdb::Catalog::GetEntry(context, table.catalog, table.database, lookup, duckdb::OnEntryNotFound::RETURN_NULL);
  if (!entry || entry->type != duckdb::CatalogType::TABLE_ENTRY)
    return fail(sql_error(Code::kNotFound, 1146, "Table '" + table.database + "." + table.name + "' doesn't exist"));
  return duckdb::reference<duckdb::TableCatalogEntry>(entry->Cast<duckdb::TableCatalogEntry>());
}

}  // namespace

Result<LoadTable> PreparedLoads::make_stage(kernel::Connection& connection, const LoadTable& target,
                                            int64_t txn_id) const {
  if (target.catalog != kernel::kInternalCatalog)
    return fail(sql_error(Code::kUnsupported, 1235, "two-phase loads are offered for the server's own tables only"));
  auto create = duckdb::make_uniq<duckdb::CreateStatement>();
  TRY(connection.with_context([&](duckdb::ClientContext& context) -> Status {
    auto& entry = TRY(catalog_entry(context, target)).get();
    auto info = duckdb::unique_ptr_cast<duckdb::CreateInfo, duckdb::CreateTableInfo>(entry.GetInfo());
    info->catalog = kernel::kInternalCatalog;
    info->schema = kernel::kServerSchema;
    info->table = stage_name(txn_id);
    info->on_conflict = duckdb::OnCreateConflict::ERROR_ON_CONFLICT;
    if (auto model = kernel::decode_table(info->comment); kernel::remembers_deletions(model)) {
      kernel::ignore_deletions(model);
      info->comment = kernel::encode(model);
    }
    // Whether rows of other tables are there is looked up when the rows become visible.
    std::erase_if(info->constraints,
                  [](const auto& constraint) { return constraint->type == duckdb::ConstraintType::FOREIGN_KEY; });
    create->info = std::move(info);
    return {};
  }));
  TRY(connection.run(std::move(create)));
  LoadTable stage = target;
  stage.database = kernel::kServerSchema;
  stage.name = stage_name(txn_id);
  return stage;
}

Status PreparedLoads::record(kernel::Connection& connection, const LabelReservation& reservation,
                             const LoadTable& target, int64_t txn_id, uint64_t rows) const {
  std::vector<std::vector<std::string>> keys;
  TRY(connection.with_context([&](duckdb::ClientContext& context) -> Status {
    auto& entry = TRY(catalog_entry(context, target)).get();
    if (target.merges) return {};  // such rows replace those that are there
    for (const auto& constraint : entry.GetConstraints()) {
      if (constraint->type != duckdb::ConstraintType::UNIQUE) continue;
      auto& unique = constraint->Cast<duckdb::UniqueConstraint>();
      std::vector<std::string> columns;
      for (auto& index : unique.GetLogicalIndexes(entry.GetColumns()))
        columns.push_back(entry.GetColumns().GetColumn(index).Name());
      keys.push_back(std::move(columns));
    }
    return {};
  }));
  const std::string table = quoted(target.catalog) + "." + quoted(target.database) + "." + quoted(target.name);
  for (const auto& columns : keys) {
    std::string names, equal;
    for (const auto& column : columns) {
      names += (names.empty() ? "" : "-") + column;
      equal += (equal.empty() ? "" : " AND ") + ("t." + quoted(column) + " = s." + quoted(column));
    }
    auto doubled = TRY(first_row(connection, "SELECT 1 FROM " + stage_path(txn_id) + " s WHERE EXISTS (SELECT 1 FROM " +
                                                 table + " t WHERE " + equal + ") LIMIT 1"));
    if (!doubled.empty()) {
      return fail(
          sql_error(Code::kAlreadyExists, 1062,
                    "a row of the load has a key (" + names + ") that table '" + target.name + "' has already"));
    }
  }
  TRY(run_load_sql(
      connection,
      "INSERT INTO internal.__sluice.prepared_loads VALUES ($1, $2, $3, $4, $5, 'PRECOMMITTED', '', now() + "
      "to_seconds($6), NULL)",
      {Value::BIGINT(txn_id), Value(reservation.database()), Value(target.name), Value(reservation.label()),
       Value::UBIGINT(rows), Value::BIGINT(timeout_.count())}));
  return {};
}

Result<std::optional<PreparedLoads::Record>> PreparedLoads::find(kernel::Connection& connection,
                                                                 const Decision& decision) const {
  const std::string sql = std::string(
                              "SELECT txn_id, label, table_name, loaded_rows, state, reason, expires_at < now() FROM "
                              "internal.__sluice.prepared_loads WHERE database = $1 AND ") +
                          (decision.txn_id ? "txn_id" : "label") + " = $2 ORDER BY txn_id DESC LIMIT 1";
  auto row = TRY(
      first_row(connection, sql,
                {Value(decision.database), decision.txn_id ? Value::BIGINT(*decision.txn_id) : Value(decision.label)}));
  if (row.empty()) return std::optional<Record>();
  Record record;
  record.txn_id = row[0].GetValue<int64_t>();
  record.label = row[1].GetValue<std::string>();
  record.table = row[2].GetValue<std::string>();
  record.rows = row[3].GetValue<uint64_t>();
  record.state = row[4].GetValue<std::string>();
  record.reason = row[5].GetValue<std::string>();
  record.expired = row[6].GetValue<bool>();
  return std::optional<Record>(std::move(record));
}

Error PreparedLoads::not_found(kernel::Connection& connection, const Decision& decision) const {
  // A load in one phase is visible as soon as it is there; one that still runs has not come so far.
  const std::string sql = std::string("SELECT txn_id FROM internal.__sluice.load_labels WHERE database = $1 AND ") +
                          (decision.txn_id ? "txn_id" : "label") + " = $2";
  auto visible =
      first_row(connection, sql,
                {Value(decision.database), decision.txn_id ? Value::BIGINT(*decision.txn_id) : Value(decision.label)});
  if (!visible) return visible.error();
  if (!visible->empty()) {
    const std::string which = subject(visible->at(0).GetValue<int64_t>());
    return undecidable(which + (decision.commit ? " is already visible, not pre-committed."
                                                : " is already VISIBLE, could not abort."));
  }
  if (!decision.txn_id && labels_.is_running(decision.database, decision.label))
    return undecidable("transaction [" + decision.label + "] is prepare, not pre-committed.");
  return sql_error(
      Code::kNotFound, 1105,
      (decision.txn_id ? subject(*decision.txn_id) : "transaction with label [" + decision.label + "]") + " not found");
}

Status PreparedLoads::check_undecided(kernel::Connection& connection, const Decision& decision, const Record& record) {
  if (record.state == "PRECOMMITTED" && record.expired) {
    TRY(abort(connection, record.txn_id, kTimeoutReason));
    return fail(undecidable(subject(record.txn_id) + " is already aborted. abort reason: " + kTimeoutReason));
  }
  if (record.state == "PRECOMMITTED") return {};
  if (record.state == "ABORTED")
    return fail(undecidable(subject(record.txn_id) + " is already aborted. abort reason: " + record.reason));
  return fail(undecidable(subject(record.txn_id) + (decision.commit ? " is already visible, not pre-committed."
                                                                    : " is already VISIBLE, could not abort.")));
}

Status PreparedLoads::decide(const Decision& decision) {
  kernel::Connection connection(host_);
  TRY(make_load_tables(connection));
  if (!TRY(connection.schema_exists(kernel::kInternalCatalog, decision.database)) ||
      decision.database == kernel::kServerSchema) {
    return fail(sql_error(Code::kNotFound, 1049, "unknown database, database=" + decision.database));
  }
  const auto seen = TRY(find(connection, decision));
  if (!seen) return fail(not_found(connection, decision));
  if (decision.may_load) TRY(decision.may_load(seen->table));
  if (!take(seen->txn_id))
    return fail(undecidable(subject(seen->txn_id) + " is being committed or aborted by another request"));
  const auto decided = [&]() -> Status {
    // Somebody may have decided since.
    const auto record = TRY(find(connection, decision));
    if (!record) return fail(not_found(connection, decision));
    TRY(check_undecided(connection, decision, *record));
    if (!decision.commit) return abort(connection, record->txn_id, "User Abort");
    return commit(connection, decision.database, *record);
  }();
  give_back(seen->txn_id);
  return decided;
}

Status PreparedLoads::commit(kernel::Connection& connection, const std::string& database, const Record& record) const {
  TRY(connection.begin());
  const auto done = [&]() -> Status {
    LoadTable stage;
    stage.catalog = kernel::kInternalCatalog;
    stage.database = kernel::kServerSchema;
    stage.name = stage_name(record.txn_id);
    std::string columns;
    TRY(connection.with_context([&](duckdb::ClientContext& context) -> Status {
      auto& entry = TRY(catalog_entry(context, stage)).get();
      for (const auto& column : entry.GetColumns().Logical()) {
        if (!column.Generated()) columns += (columns.empty() ? "" : ", ") + quoted(column.Name());
      }
      return {};
    }));
    TRY(run_load_sql(connection, "INSERT INTO internal." + quoted(database) + "." + quoted(record.table) + " (" +
                                     columns + ") SELECT " + columns + " FROM " + stage_path(record.txn_id)));
    TRY(run_load_sql(connection, "DROP TABLE " + stage_path(record.txn_id)));
    TRY(run_load_sql(
        connection,
        "UPDATE internal.__sluice.prepared_loads SET state = 'VISIBLE', decided_at = now() WHERE txn_id = $1",
        {Value::BIGINT(record.txn_id)}));
    TRY(run_load_sql(
        connection, "INSERT INTO internal.__sluice.load_labels VALUES ($1, $2, $3, $4, now())",
        {Value(database), Value(record.label), Value::BIGINT(record.txn_id), Value::UBIGINT(record.rows)}));
    if (auto fault = FAILPOINT("load.before_commit")) return fail(std::move(*fault));
    return connection.commit();
  }();
  if (done) return {};
  static_cast<void>(connection.rollback());
  return fail(
      sql_error(done.error().code(), done.error().native_code(),
                subject(record.txn_id) + " stays pre-committed, its rows cannot be added: " + done.error().message()));
}

Status PreparedLoads::abort(kernel::Connection& connection, int64_t txn_id, const std::string& reason) const {
  TRY(connection.begin());
  const auto done = [&]() -> Status {
    TRY(run_load_sql(connection, "DROP TABLE IF EXISTS " + stage_path(txn_id)));
    TRY(run_load_sql(connection,
                     "UPDATE internal.__sluice.prepared_loads SET state = 'ABORTED', reason = $2, decided_at = now() "
                     "WHERE txn_id = $1",
                     {Value::BIGINT(txn_id), Value(reason)}));
    return connection.commit();
  }();
  if (!done) static_cast<void>(connection.rollback());
  return done;
}

Status PreparedLoads::expire() {
  {
    std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (last_expiration_.time_since_epoch().count() != 0 && now - last_expiration_ < kExpirationInterval) return {};
    last_expiration_ = now;
  }
  kernel::Connection connection(host_);
  TRY(make_load_tables(connection));
  std::vector<int64_t> expired;
  {
    auto answer = TRY(run_load_sql(connection,
                                   "SELECT txn_id FROM internal.__sluice.prepared_loads WHERE state = 'PRECOMMITTED' "
                                   "AND expires_at < now()"));
    for (;;) {
      auto* chunk = TRY(answer->next());
      if (!chunk) break;
      for (duckdb::idx_t row = 0; row < chunk->size(); ++row)
        expired.push_back(chunk->GetValue(0, row).GetValue<int64_t>());
    }
  }
  for (int64_t txn_id : expired) {
    if (!take(txn_id)) continue;
    const Status aborted = abort(connection, txn_id, kTimeoutReason);
    give_back(txn_id);
    if (!aborted) return aborted;
    log::info("prepared load aborted", {{"txn_id", txn_id}, {"reason", kTimeoutReason}});
  }
  TRY(run_load_sql(connection, "DELETE FROM internal.__sluice.prepared_loads WHERE decided_at < now() - to_seconds($1)",
                   {Value::BIGINT(labels_.keep().count())}));
  return {};
}

bool PreparedLoads::take(int64_t txn_id) {
  std::lock_guard lock(mutex_);
  return deciding_.insert(txn_id).second;
}

void PreparedLoads::give_back(int64_t txn_id) {
  std::lock_guard lock(mutex_);
  deciding_.erase(txn_id);
}

}  // namespace sluice::session
