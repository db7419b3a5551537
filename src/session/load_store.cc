// SPDX-License-Identifier: Apache-2.0
#include "session/load_store.h"

#include <mutex>

#include "duckdb/parser/parser.hpp"

namespace sluice::session {

Result<std::unique_ptr<kernel::Answer>> run_load_sql(kernel::Connection& connection, const std::string& sql,
                                                     std::vector<duckdb::Value> values) {
  duckdb::Parser parser;
  parser.ParseQuery(sql);
  return connection.run(std::move(parser.statements.at(0)), std::move(values));
}

Result<std::vector<duckdb::Value>> first_row(kernel::Connection& connection, const std::string& sql,
                                             std::vector<duckdb::Value> values) {
  auto answer = TRY(run_load_sql(connection, sql, std::move(values)));
  std::vector<duckdb::Value> row;
  auto* chunk = TRY(answer->next());
  if (!chunk || chunk->size() == 0) return row;
  for (duckdb::idx_t c = 0; c < chunk->ColumnCount(); ++c) row.push_back(chunk->GetValue(c, 0));
  return row;
}

Status make_load_tables(kernel::Connection& connection) {
  // The first loads of a server may come at once: of two that make a table one would fail.
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  TRY(run_load_sql(connection, "CREATE SCHEMA IF NOT EXISTS internal.__sluice"));
  TRY(run_load_sql(
      connection,
      "CREATE TABLE IF NOT EXISTS internal.__sluice.load_labels(database VARCHAR, label VARCHAR, txn_id BIGINT, "
      "loaded_rows UBIGINT, finished_at TIMESTAMPTZ, PRIMARY KEY (database, label))"));
  TRY(run_load_sql(
      connection,
      "CREATE TABLE IF NOT EXISTS internal.__sluice.prepared_loads(txn_id BIGINT, database VARCHAR, table_name "
      "VARCHAR, label VARCHAR, loaded_rows UBIGINT, state VARCHAR, reason VARCHAR, expires_at TIMESTAMPTZ, "
      "decided_at TIMESTAMPTZ)"));
  return {};
}

}  // namespace sluice::session
