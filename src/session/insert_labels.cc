// SPDX-License-Identifier: Apache-2.0
// INSERT .. WITH LABEL: as with loads, the label is stored by the transaction that adds the rows, and one that is there
// refuses the statement.
#include "session/load_labels.h"
#include "session/load_store.h"
#include "session/no_database.h"
#include "session/session_state.h"
#include "session/table_definition.h"

namespace sluice::session {

Result<Outcome> SessionState::run_labelled(dialect::KernelStatement statement) {
  const std::string label = std::move(statement.label);
  const auto& insert = statement.tree->Cast<duckdb::InsertStatement>();
  const std::string database = insert.schema.empty() ? database_ : insert.schema;
  InsertLoad load;
  load.database = database;
  load.table = insert.table;
  load.label = label;
  load.user = client.user;
  load.began = std::chrono::system_clock::now();
  if (database.empty()) return fail(no_database_selected());
  if (!LoadLabels::valid(label)) return fail(ddl_error("Label format error: " + label));
  TRY(prepare_transaction(statement.effect));
  const bool own_transaction = !in_transaction;
  if (own_transaction) {
    TRY(make_load_tables(connection()));
    TRY(wait_for_writers(insert));
    TRY(connection().begin());
    in_transaction = true;  // for run_kernel: nothing is to be committed in between
  }
  auto outcome = [&]() -> Result<Outcome> {
    const auto used = TRY(first_row(connection(),
                                    "SELECT txn_id FROM internal.__sluice.load_labels WHERE database = $1 AND label = "
                                    "$2",
                                    {duckdb::Value(database), duckdb::Value(label)}));
    if (!used.empty())
      return fail(ddl_error("Label [" + label + "] has already been used, relate to txn [" + used[0].ToString() + "]"));
    auto done =
        TRY(run_kernel(duckdb::unique_ptr<duckdb::SQLStatement>(statement.tree.release()), statement.effect, {}));
    const auto* written = std::get_if<Done>(&done);
    load.txn_id = LoadLabels::next_txn_id();
    load.rows = written ? written->affected_rows : 0;
    TRY(run_load_sql(connection(), "INSERT INTO internal.__sluice.load_labels VALUES ($1, $2, $3, $4, now())",
                     {duckdb::Value(database), duckdb::Value(label), duckdb::Value::BIGINT(load.txn_id),
                      duckdb::Value::UBIGINT(load.rows)}));
    return done;
  }();
  if (own_transaction) {
    in_transaction = false;
    Status ended = outcome ? connection().commit() : connection().rollback();
    if (outcome && !ended) outcome = fail(std::move(ended.error()));
  }
  // What a transaction that is still open does with the rows is not known here.
  if (!outcome || own_transaction) {
    load.ended = std::chrono::system_clock::now();
    load.id = services.schema_jobs.next_id();
    if (!outcome) load.error = outcome.error().message();
    services.insert_loads.add(std::move(load));
  }
  return outcome;
}

}  // namespace sluice::session
