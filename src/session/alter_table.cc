// SPDX-License-Identifier: Apache-2.0
// ALTER TABLE: each clause to its place, names of the table, and what the session does around them, all in one
// transaction.
#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "duckdb/parser/parsed_data/comment_on_column_info.hpp"
#include "kernel/catalog_facts.h"
#include "kernel/deleted_rows.h"
#include "kernel/foreign_catalogs.h"
#include "kernel/hidden_scan.h"
#include "kernel/sequence_column.h"
#include "session/alter_checks.h"
#include "session/alteration.h"
#include "session/materialized_views.h"
#include "session/no_database.h"
#include "session/server_tables.h"

namespace sluice::session {

using duckdb::StringUtil;

constexpr const char* kStateNote = "state";

namespace {

// Whether a materialised view that reads the table is to be made anew.
bool changes_dynamic_partitions(const dialect::AlterTableStatement::Clause& clause) {
  return clause.what == dialect::AlterTableStatement::What::kProperties &&
         std::ranges::any_of(clause.properties,
                             [](const auto& property) { return property.first.starts_with("dynamic_partition."); });
}

bool changes_views(const dialect::AlterTableStatement::Clause& clause) {
  using What = dialect::AlterTableStatement::What;
  return clause.rollup.empty() && (clause.what == What::kDropColumn || clause.what == What::kModifyColumn ||
                                   clause.what == What::kRenameColumn || clause.what == What::kReplaceWith);
}

}  // namespace

Status Alteration::rename(const Clause& clause) {
  TRY(flush());
  const std::string& to = clause.other.name;
  if (!clause.other.database.empty() && !StringUtil::CIEquals(clause.other.database, table_.database))
    return fail(sql_error(Code::kUnsupported, 1235, "A table cannot be moved to another database"));
  if (to == table_.name) return fail(ddl_error("Same table name"));
  TRY(rename_table(kernel_, table_, to));
  table_ = TRY(read_definition(kernel_, table_.database, to));
  keys_ = stored_keys();
  return {};
}

Status Alteration::replace_with(const Clause& clause) {
  TRY(flush());
  if (!clause.other.database.empty() && !StringUtil::CIEquals(clause.other.database, table_.database))
    return fail(sql_error(Code::kUnsupported, 1235, "A table can be replaced by one of its own database only"));
  TableDefinition other = TRY(read_definition(kernel_, table_.database, clause.other.name));
  if (other.model.is_materialized_view() != table_.model.is_materialized_view())
    return fail(ddl_error("Table type mismatch: one is OLAP, the other MATERIALIZED_VIEW"));
  const std::string name = table_.name;
  if (other.name == name) return fail(ddl_error("A table cannot be replaced by itself"));
  if (!clause.swap) {
    TRY(drop_table(kernel_, table_));
    TRY(rename_table(kernel_, other, name));
  } else {
    const std::string between = "__sluice_swap_" + name;
    TRY(rename_table(kernel_, table_, between));
    TRY(rename_table(kernel_, other, name));
    TableDefinition moved = TRY(read_definition(kernel_, table_.database, between));
    TRY(rename_table(kernel_, moved, other.name));
  }
  table_ = TRY(read_definition(kernel_, table_.database, name));
  keys_ = stored_keys();
  return {};
}

Status Alteration::apply(const Clause& clause) {
  if (table_.model.is_materialized_view()) TRY(check_on_view(clause));
  if (clause.what != What::kTableState) TRY(check_state(table_.model, table_.name));
  if (!clause.rollup.empty() && !StringUtil::CIEquals(clause.rollup, table_.name)) {
    const bool known = std::ranges::any_of(table_.model.rollups, [&](const std::string& line) {
      return StringUtil::CIEquals(name_in_line(line), clause.rollup);
    });
    if (!known) return fail(ddl_error("Index[" + clause.rollup + "] does not exist in table[" + table_.name + "]"));
    if (clause.what == What::kDropColumn || clause.what == What::kModifyColumn) {
      jobs_.columns = true;
      return check_columns({clause.name});  // the column stays in the table
    }
  }
  switch (clause.what) {
    case What::kAddColumn:
    case What::kDropColumn:
    case What::kModifyColumn:
    case What::kRenameColumn:
    case What::kOrderColumns:
      if (std::ranges::any_of(table_.model.partitions, &kernel::Partition::temporary))
        return fail(
            ddl_error("This table(" + table_.name + ") has temp partitions, cannot do operation: drop them first"));
      // The table that held the rows of temporary ones has the old columns.
      if (table_.model.temporary_rows()) {
        TRY(drop_server_table(kernel_, *table_.model.temporary_rows()));
        table_.model.remove_note("temporary", "rows");
        comment_changed_ = true;
      }
      break;
    default:
      break;
  }
  switch (clause.what) {
    case What::kAddColumn:
      return add_column(clause);
    case What::kDropColumn:
      return drop_column(clause);
    case What::kModifyColumn:
      return modify_column(clause);
    case What::kRenameColumn:
      return rename_column(clause);
    case What::kOrderColumns:
      return order_columns(clause);
    case What::kColumnDefault:
      return column_default(clause);
    case What::kColumnComment: {
      TableColumn* column = table_.find(clause.name);
      if (!column) return fail(unknown_column(clause.name, table_.name));
      kernel::ColumnModel model = column->model();
      model.comment = clause.text;
      column->definition.SetComment(kernel::encode(model));
      if (!rebuild_) {
        simple(duckdb::make_uniq<duckdb::SetColumnCommentInfo>(table_.catalog, table_.schema, table_.name,
                                                               column->name(), kernel::encode_whole(column->model()),
                                                               duckdb::OnEntryNotFound::THROW_EXCEPTION));
      }
      return {};
    }
    case What::kColumnStats:
      return check_columns({clause.name});
    case What::kTableComment:
      table_.model.comment = clause.text;
      comment_changed_ = true;
      return {};
    case What::kRenameTable:
      return rename(clause);
    case What::kReplaceWith:
      return replace_with(clause);
    case What::kAddPrimaryKey: {
      TRY(check_columns(clause.columns));
      if (!table_.primary_key.empty())
        return fail(sql_error(Code::kInvalidArgument, 1068, "Multiple primary key defined"));
      table_.primary_key = clause.columns;
      duckdb::vector<std::string> names(clause.columns.begin(), clause.columns.end());
      if (!rebuild_) {
        simple(duckdb::make_uniq<duckdb::AddConstraintInfo>(
            entry(), duckdb::make_uniq<duckdb::UniqueConstraint>(std::move(names), true)));
      }
      return {};
    }
    case What::kAddIndex:
      return add_index(clause);
    case What::kDropIndex:
      return drop_index(clause);
    case What::kBuildIndex: {
      const bool known = std::ranges::any_of(table_.model.indexes, [&](const std::string& line) {
        return StringUtil::CIEquals(name_in_line(line), clause.name);
      });
      if (known || clause.name.empty()) return {};
      return fail(ddl_error(clause.name + " not exist in table " + table_.name));
    }
    case What::kAddRollup:
      return add_rollup(clause);
    case What::kDropRollup:
      return drop_rollup(clause);
    case What::kRenameRollup:
      return rename_rollup(clause);
    case What::kAddConstraint:
      return add_constraint(clause);
    case What::kDropConstraint:
      return drop_constraint(clause);
    case What::kProperties:
      for (const auto& [key, value] : clause.properties) {
        auto known = std::ranges::find(table_.model.properties, key, [](const auto& entry) { return entry.first; });
        if (known != table_.model.properties.end()) {
          known->second = value;
          comment_changed_ = true;
        } else if (!table_.model.is_plain()) {
          table_.model.properties.emplace_back(key, value);
          comment_changed_ = true;
        }
      }
      return check_properties(table_);
    case What::kEngine:
      return fail(sql_error(Code::kUnsupported, 1235,
                            "This version of the server does not support ALTER TABLE .. MODIFY ENGINE"));
    case What::kFeature:
      if (clause.text != "BATCH_DELETE" && clause.text != "SEQUENCE_LOAD" && clause.text != "UPDATE_FLEXIBLE_COLUMNS")
        return fail(ddl_error("unknown feature name: " + clause.text));
      if (table_.model.keys == kernel::KeyModel::kUnique)
        return clause.text == "SEQUENCE_LOAD" ? add_sequence(clause) : Status();
      return fail(ddl_error((clause.text == "BATCH_DELETE"    ? "Batch delete"
                             : clause.text == "SEQUENCE_LOAD" ? "Sequence load"
                                                              : "Update flexible columns feature is") +
                            std::string(" only supported in unique tables.")));
    case What::kTableState:
      return set_state(clause.text);
    case What::kAccepted:
      return {};
  }
  return {};
}

// ENABLE FEATURE "SEQUENCE_LOAD": the rows that are there have no value of the new column, so that any later row wins.
Status Alteration::add_sequence(const Clause& clause) {
  const auto type = std::ranges::find(clause.properties, kernel::kSequenceTypeProperty,
                                      [](const auto& property) { return property.first; });
  if (clause.properties.empty()) return fail(ddl_error("Properties is not set"));
  if (type == clause.properties.end()) return fail(ddl_error("unknown sequence column type"));
  if (table_.model.property(kernel::kSequenceColumnProperty) || table_.find(kernel::kSequenceColumn))
    return fail(ddl_error("Can not enable sequence column support, already supported sequence column."));
  table_.model.properties.push_back(*type);
  if (const std::string why = kernel::refused_sequence(table_.model, duckdb::ColumnList()); !why.empty())
    return fail(ddl_error(why));
  kernel::note_stored_hidden_column(table_.name);
  TableColumn column;
  column.definition = kernel::hidden_sequence(*kernel::sequence_type(type->second));
  table_.columns.push_back(std::move(column));
  kernel::remember_deletions(table_.model);
  jobs_.columns = rebuild_ = comment_changed_ = true;
  return {};
}

// ADMIN SET TABLE t STATUS: only a table whose state is NORMAL can be altered.
Status Alteration::set_state(const std::string& state) {
  if (state != "NORMAL" && state != "ROLLUP" && state != "SCHEMA_CHANGE")
    return fail(ddl_error("Not support set state: " + state));
  if (state == "NORMAL")
    table_.model.remove_note(kStateNote, "table");
  else
    table_.model.set_note(kStateNote, "table", state);
  comment_changed_ = true;
  return {};
}

Status check_state(const kernel::TableModel& model, const std::string& name) {
  const std::string* state = model.note(kStateNote, "table");
  if (!state) return {};
  return fail(ddl_error("Table[" + name + "]'s state(" + *state + ") is not NORMAL. Do not allow doing ALTER ops"));
}

std::vector<std::string> Alteration::stored_keys() const {
  std::vector<std::string> keys;
  for (const auto& column : table_.columns) {
    if (column.model().key) keys.push_back(column.retyped ? std::string() : column.source);
  }
  return keys;
}

Status Alteration::flush() {
  // Deleted rows are known by the values of the key columns, in their order.
  if (kernel::remembers_deletions(table_.model) && stored_keys() != keys_) {
    kernel::remember_deletions(table_.model);
    comment_changed_ = true;
  }
  if (rebuild_) {
    TRY(rebuild_table(kernel_, table_));
  } else {
    for (auto& tree : simple_) TRY(run_tree(kernel_, std::move(tree)));
    if (comment_changed_) TRY(store_model(kernel_, table_));
  }
  simple_.clear();
  rebuild_ = comment_changed_ = false;
  for (auto& column : table_.columns) {
    column.source = column.name();
    column.retyped = false;
  }
  keys_ = stored_keys();
  return {};
}

Status Alteration::finish() { return flush(); }

Result<std::string> SessionState::own_database(const dialect::QualifiedName& name) const {
  if (kernel::foreign_database(name.catalog, name.database, database_))
    return fail(sql_error(Code::kUnsupported, 1235, "ALTER TABLE is for tables of the catalog internal"));
  if (!name.catalog.empty() && !StringUtil::CIEquals(name.catalog, kernel::kInternalCatalog))
    return fail(sql_error(Code::kNotFound, 5085, "Unknown catalog '" + name.catalog + "'"));
  const std::string& database = name.database.empty() ? database_ : name.database;
  if (database.empty()) return fail(no_database_selected());
  return database;
}

Status SessionState::in_own_transaction(const std::function<Status()>& work) {
  TRY(prepare_transaction(dialect::KernelStatement::Effect::kSchema));
  kernel::WriteRules rules = write_rules();
  rules.into_views = true;  // it is the server that writes
  connection().set_write_rules(rules);
  TRY(connection().begin());
  Status done = work();
  if (done) {
    done = connection().commit();
    if (!done && connection().in_transaction()) static_cast<void>(connection().rollback());
  } else if (connection().in_transaction()) {
    static_cast<void>(connection().rollback());
  }
  services.kernel.schema_changed();
  return done;
}

Result<Outcome> SessionState::alter_table(const dialect::AlterTableStatement& statement) {
  const std::string database = TRY(own_database(statement.table));
  SchemaJob job;
  job.database = database;
  job.table = statement.table.name;
  job.began = std::chrono::system_clock::now();
  Alteration::Jobs jobs;
  TRY(in_own_transaction([&]() -> Status {
    Alteration alteration(*this, TRY(read_definition(connection(), database, statement.table.name)));
    if (statement.cancel)
      return fail(ddl_error("Table[" + statement.table.name + "] is not under any ALTER: it is done when it returns"));
    for (const auto& clause : statement.clauses) TRY(alteration.apply(clause));
    TRY(alteration.finish());
    if (std::ranges::any_of(statement.clauses, changes_views))
      TRY(note_changed_source(connection(), database, statement.table.name));
    jobs = alteration.jobs();
    return {};
  }));
  if (std::ranges::any_of(statement.clauses, changes_dynamic_partitions)) {
    services.dynamic_partitions.properties_changed(database, statement.table.name, false);
    // The properties stay as they were set: SHOW DYNAMIC PARTITION TABLES tells what went wrong.
    static_cast<void>(services.dynamic_partitions.run(connection(), database, statement.table.name));
  }
  job.ended = std::chrono::system_clock::now();
  if (jobs.columns) {
    job.index = job.table;
    services.schema_jobs.add(job);
  }
  for (const std::string& rollup : jobs.rollups) {
    job.kind = SchemaJob::Kind::kRollup;
    job.index = rollup;
    services.schema_jobs.add(job);
  }
  return Outcome(Done{});
}

}  // namespace sluice::session
