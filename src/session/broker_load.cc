// SPDX-License-Identifier: Apache-2.0
// LOAD LABEL .. WITH S3: each file list becomes INSERT INTO t SELECT .. FROM s3(..), all of them in one transaction
// with the label. The load is done when the statement returns. CLEAN LABEL forgets labels.
#include "base/error_place.h"
#include "base/sql_text.h"
#include "kernel/catalog_facts.h"
#include "session/load_labels.h"
#include "session/load_store.h"
#include "session/no_database.h"
#include "session/session_state.h"
#include "session/table_definition.h"

namespace sluice::session {
namespace {

using dialect::BrokerLoadStatement;
using duckdb::StringUtil;

std::string quoted_text(const std::string& text) {
  return "\"" + StringUtil::Replace(StringUtil::Replace(text, "\\", "\\\\"), "\"", "\\\"") + "\"";
}

std::string format_of(const BrokerLoadStatement::Part& part, const std::string& url) {
  if (!part.format.empty()) return StringUtil::Lower(part.format);
  const std::string name = StringUtil::Lower(url);
  return name.ends_with(".parquet") ? "parquet" : name.ends_with(".json") ? "json" : "csv";
}

bool names(const std::vector<std::string>& list, const std::string& name) {
  return std::ranges::any_of(list, [&](const std::string& entry) { return StringUtil::CIEquals(entry, name); });
}

// INSERT INTO t [PARTITION (..)] (columns) SELECT .. FROM (SELECT c1 AS a, .. FROM s3(..)) WHERE ..
Result<std::string> insert_text(const BrokerLoadStatement& load, const BrokerLoadStatement::Part& part,
                                const std::string& url, const TableDefinition& table) {
  const std::string format = format_of(part, url);
  const bool csv = format.starts_with("csv");
  std::vector<std::string> fields = part.columns;
  if (fields.empty()) {
    for (const auto& column : table.columns) {
      if (!column.model().hidden && !column.definition.Generated()) fields.push_back(column.name());
    }
  }
  std::string read;
  for (size_t i = 0; i < fields.size(); ++i) {
    read += i == 0 ? "" : ", ";
    // Only files with a header tell their columns' names, and those are not asked for.
    read += csv && format == "csv" ? "`c" + std::to_string(i + 1) + "`" : quoted_name(fields[i]);
    read += " AS " + quoted_name(fields[i]);
  }
  std::string target, values;
  const auto add = [&](const std::string& column, const std::string& value) {
    target += (target.empty() ? "" : ", ") + quoted_name(column);
    values += (values.empty() ? "" : ", ") + value;
  };
  std::vector<std::string> mapped;
  for (const auto& [column, value] : part.mappings) {
    mapped.push_back(column);
    TRY(table.at(column));
    add(column, value);
  }
  for (const std::string& field : fields) {
    const bool stored = std::ranges::any_of(
        table.columns, [&](const TableColumn& column) { return StringUtil::CIEquals(column.name(), field); });
    if (stored && !names(mapped, field)) add(field, quoted_name(field));
  }
  if (target.empty()) return fail(ddl_error("no column of " + table.name + " is among those of the file"));
  std::string source = "\"uri\" = " + quoted_text(url) + ", \"format\" = " + quoted_text(format);
  for (const auto& [key, value] : load.storage) {
    if (key != "uri" && key != "format") source += ", " + quoted_text(key) + " = " + quoted_text(value);
  }
  if (!part.column_separator.empty()) source += ", \"column_separator\" = " + quoted_text(part.column_separator);
  if (!part.line_delimiter.empty()) source += ", \"line_delimiter\" = " + quoted_text(part.line_delimiter);
  std::string partitions;
  for (const std::string& name : part.partitions) partitions += (partitions.empty() ? "" : ", ") + quoted_name(name);
  std::string text = "INSERT INTO " + quoted_name(table.database) + "." + quoted_name(table.name);
  if (!partitions.empty()) text += " PARTITION (" + partitions + ")";
  text += " (" + target + ") SELECT " + values + " FROM (SELECT " + read + " FROM s3(" + source + ")) load_rows";
  if (!part.where.empty()) text += " WHERE " + part.where;
  return text;
}

}  // namespace

Result<Outcome> SessionState::broker_load(const BrokerLoadStatement& statement) {
  InsertLoad load;
  load.type = "BROKER";
  load.database = statement.database.empty() ? database_ : statement.database;
  load.label = statement.label;
  load.user = client.user;
  load.began = std::chrono::system_clock::now();
  if (load.database.empty()) return fail(no_database_selected());
  if (!LoadLabels::valid(load.label)) return fail(ddl_error("Label format error: " + load.label));
  TRY(prepare_transaction(dialect::KernelStatement::Effect::kSchema));
  TRY(make_load_tables(connection()));
  std::vector<std::string> inserts;
  for (const auto& part : statement.parts) {
    const std::string& database = part.table.database.empty() ? load.database : part.table.database;
    const TableDefinition table = TRY(read_definition(connection(), database, part.table.name));
    load.table = table.name;
    for (const std::string& url : part.urls) inserts.push_back(TRY(insert_text(statement, part, url, table)));
  }
  const duckdb::Value database(load.database), label(load.label);
  const auto used =
      TRY(first_row(connection(), "SELECT txn_id FROM internal.__sluice.load_labels WHERE database = $1 AND label = $2",
                    {database, label}));
  if (!used.empty())
    return fail(
        ddl_error("Label [" + load.label + "] has already been used, relate to txn [" + used[0].ToString() + "]"));
  TRY(connection().begin());
  in_transaction = true;  // for run: nothing is to be committed in between
  const Status done = [&]() -> Status {
    for (const std::string& insert : inserts) {
      auto parsed = TRY(dialect::parse(insert, parse_options()));
      const Outcome outcome = TRY(run(std::move(parsed), insert));
      if (const auto* written = std::get_if<Done>(&outcome)) load.rows += written->affected_rows;
    }
    load.txn_id = LoadLabels::next_txn_id();
    TRY(run_load_sql(connection(), "INSERT INTO internal.__sluice.load_labels VALUES ($1, $2, $3, $4, now())",
                     {database, label, duckdb::Value::BIGINT(load.txn_id), duckdb::Value::UBIGINT(load.rows)}));
    return {};
  }();
  in_transaction = false;
  Status ended = done ? connection().commit() : connection().rollback();
  if (!done) ended = fail(without_place(Error(done.error())));
  load.ended = std::chrono::system_clock::now();
  load.id = services.schema_jobs.next_id();
  if (!ended) load.error = ended.error().message();
  services.insert_loads.add(std::move(load));
  if (!ended) return fail(std::move(ended.error()));
  return Outcome(Done{});
}

Result<Outcome> SessionState::clean_label(const dialect::CleanLabelStatement& statement) {
  const std::string database = TRY(own_database(statement.database));
  bool known = false;
  TRY(connection().with_context([&](duckdb::ClientContext& context) -> Status {
    known = kernel::find_database(context, database).has_value();
    return {};
  }));
  if (!known) return fail(sql_error(Code::kNotFound, 1049, "Unknown database '" + database + "'"));
  TRY(prepare_transaction(dialect::KernelStatement::Effect::kSchema));
  TRY(make_load_tables(connection()));
  std::string sql = "DELETE FROM internal.__sluice.load_labels WHERE database = $1";
  std::vector<duckdb::Value> values = {duckdb::Value(database)};
  if (!statement.label.empty()) {
    sql += " AND label = $2";
    values.emplace_back(statement.label);
  }
  TRY(run_load_sql(connection(), sql, std::move(values)));
  return Outcome(Done{});
}

}  // namespace sluice::session
