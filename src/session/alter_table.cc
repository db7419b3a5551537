// SPDX-License-Identifier: Apache-2.0
// ALTER TABLE: clauses change a definition that was read from the catalog; then the kernel alters the table, or it is
// made anew, all in one transaction.
#include "base/sql_text.h"
#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "duckdb/parser/parsed_data/comment_on_column_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "kernel/catalog_facts.h"
#include "session/alter_checks.h"
#include "session/no_database.h"
#include "session/server_tables.h"
#include "session/session_state.h"
#include "session/table_definition.h"

namespace sluice::session {
namespace {

using Alter = dialect::AlterTableStatement;
using What = Alter::What;
using Clause = Alter::Clause;
using duckdb::StringUtil;
using Tree = duckdb::unique_ptr<duckdb::SQLStatement>;

class Alteration {
 public:
  Alteration(SessionState& session, TableDefinition definition)
      : session_(session), kernel_(session.connection()), table_(std::move(definition)) {}

  Status apply(const Clause& clause);
  // Writes what the clauses left behind.
  Status finish();
  // What SHOW ALTER TABLE will tell of.
  struct Jobs {
    bool columns = false;
    std::vector<std::string> rollups;
  };
  const Jobs& jobs() const { return jobs_; }

 private:
  Status add_column(const Clause& clause);
  Status drop_column(const Clause& clause);
  Status modify_column(const Clause& clause);
  Status rename_column(const Clause& clause);
  Status order_columns(const Clause& clause);
  Status column_default(const Clause& clause);
  Status rename(const Clause& clause);
  Status replace_with(const Clause& clause);
  Status add_index(const Clause& clause);
  Status drop_index(const Clause& clause);
  Status add_rollup(const Clause& clause);
  Status drop_rollup(const Clause& clause);
  Status rename_rollup(const Clause& clause);
  Status add_constraint(const Clause& clause);
  Status drop_constraint(const Clause& clause);
  Status check_columns(const std::vector<std::string>& columns) const;
  // Where a column that is placed goes; nothing when it stays.
  Result<std::optional<size_t>> position(const Alter::Column& column, const std::string& moved) const;
  bool in_keys(const std::string& column) const;

  duckdb::AlterEntryData entry() const {
    return {table_.catalog, table_.schema, table_.name, duckdb::OnEntryNotFound::THROW_EXCEPTION};
  }
  // A change that the kernel makes itself, unless another one demands a new table anyway.
  void simple(duckdb::unique_ptr<duckdb::AlterInfo> info) {
    auto alter = duckdb::make_uniq<duckdb::AlterStatement>();
    alter->info = std::move(info);
    simple_.push_back(std::move(alter));
  }
  // Columns with indexes over them cannot be altered in place.
  bool has_indexes() const { return !table_.indexes.empty() || !table_.primary_key.empty() || !table_.uniques.empty(); }
  Status flush();

  SessionState& session_;
  kernel::Connection& kernel_;
  TableDefinition table_;
  std::vector<Tree> simple_;
  bool rebuild_ = false;
  bool comment_changed_ = false;
  Jobs jobs_;
};

bool holds(const std::vector<std::string>& list, const std::string& name) {
  return std::ranges::any_of(list, [&](const std::string& entry) { return StringUtil::CIEquals(entry, name); });
}

std::string name_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + quoted_name(name);
  return "(" + list + ")";
}

bool Alteration::in_keys(const std::string& column) const {
  if (holds(table_.primary_key, column)) return true;
  for (const auto& unique : table_.uniques) {
    if (holds(unique, column)) return true;
  }
  for (const auto& index : table_.indexes) {
    for (const auto& expression : index->parsed_expressions) {
      if (StringUtil::CIEquals(expression->GetName(), column)) return true;
    }
  }
  return false;
}

Status Alteration::check_columns(const std::vector<std::string>& columns) const {
  for (const std::string& column : columns) TRY(table_.at(column));
  return {};
}

Result<std::optional<size_t>> Alteration::position(const Alter::Column& column, const std::string& moved) const {
  if (column.first) return std::optional<size_t>(0);
  if (column.after.empty()) return std::optional<size_t>();
  if (StringUtil::CIEquals(column.after, moved))
    return fail(ddl_error("Column[" + moved + "] can not be placed after itself"));
  return std::optional<size_t>(TRY(table_.at(column.after)) + 1);
}

Status Alteration::add_column(const Clause& clause) {
  const Alter::Column& written = *clause.column;
  const std::string& name = written.definition.Name();
  if (table_.find(name)) {
    if (clause.if_not_exists) return {};
    return fail(sql_error(Code::kAlreadyExists, 1060, "Duplicate column name '" + name + "'"));
  }
  jobs_.columns = true;
  TableColumn column;
  column.definition = written.definition.Copy();
  column.not_null = written.not_null;
  TRY(check_new_column(table_, column));
  const bool has_default = column.definition.HasDefaultValue();
  if (column.not_null && !has_default && !column.definition.Generated() && table_.rows > 0) {
    // The rows that are there take the type's zero, as in MySQL.
    auto zero = zero_of(column.definition.Type());
    if (!zero)
      return fail(ddl_error("Column[" + name + "] is NOT NULL and needs a DEFAULT for the rows that are there"));
    column.definition.SetDefaultValue(std::move(zero));
  }
  auto at = TRY(position(written, name));
  if (!at) at = place_of_new_column(table_, column);
  const bool at_end = *at == table_.columns.size();
  // A default that differs from row to row must be evaluated for each; the kernel's own way takes constants.
  if (at_end && !column.not_null && !rebuild_ && !column.definition.Generated()) {
    simple(duckdb::make_uniq<duckdb::AddColumnInfo>(entry(), column.definition.Copy(), false));
    if (!column.definition.Comment().IsNull()) {
      simple(duckdb::make_uniq<duckdb::SetColumnCommentInfo>(table_.catalog, table_.schema, table_.name, name,
                                                             column.definition.Comment(),
                                                             duckdb::OnEntryNotFound::THROW_EXCEPTION));
    }
  } else {
    rebuild_ = true;
  }
  table_.columns.insert(table_.columns.begin() + static_cast<ptrdiff_t>(*at), std::move(column));
  return {};
}

Status Alteration::drop_column(const Clause& clause) {
  TableColumn* column = table_.find(clause.name);
  if (!column) {
    if (clause.if_exists) return {};
    return fail(sql_error(Code::kNotFound, 1091, "Can't DROP '" + clause.name + "'; check that column/key exists"));
  }
  TRY(check_dropped_column(table_, *column));
  jobs_.columns = true;
  const bool keyed = in_keys(clause.name) || !table_.indexes.empty();
  std::erase_if(table_.primary_key, [&](const auto& key) { return StringUtil::CIEquals(key, clause.name); });
  for (auto& unique : table_.uniques)
    std::erase_if(unique, [&](const auto& key) { return StringUtil::CIEquals(key, clause.name); });
  std::erase_if(table_.uniques, [](const auto& unique) { return unique.empty(); });
  std::erase_if(table_.indexes, [&](const auto& index) {
    return std::ranges::any_of(index->parsed_expressions, [&](const auto& expression) {
      return StringUtil::CIEquals(expression->GetName(), clause.name);
    });
  });
  // Indexes and rollups over it go with it.
  const auto over_it = [&](const std::string& line) { return holds(columns_in_line(line), clause.name); };
  if (std::erase_if(table_.model.indexes, over_it) + std::erase_if(table_.model.rollups, over_it) > 0)
    comment_changed_ = true;
  std::erase_if(table_.model.key_order, [&](const auto& key) { return StringUtil::CIEquals(key, clause.name); });
  if (keyed)
    rebuild_ = true;
  else if (!rebuild_)
    simple(duckdb::make_uniq<duckdb::RemoveColumnInfo>(entry(), column->name(), false, false));
  table_.columns.erase(table_.columns.begin() + (column - table_.columns.data()));
  return {};
}

Status Alteration::modify_column(const Clause& clause) {
  TableColumn* old = table_.find(clause.name);
  if (!old) return fail(unknown_column(clause.name, table_.name));
  const Alter::Column& written = *clause.column;
  TableColumn changed;
  changed.definition = written.definition.Copy();
  changed.not_null = written.not_null;
  changed.source = old->source;
  const std::string old_name = old->name();
  const std::string new_name = changed.name();
  const bool renamed = old_name != new_name;
  if (renamed && !StringUtil::CIEquals(old_name, new_name) && table_.find(new_name))
    return fail(sql_error(Code::kAlreadyExists, 1060, "Duplicate column name '" + new_name + "'"));
  TRY(check_changed_column(table_, *old, changed));
  keep_unwritten(*old, changed);
  jobs_.columns = true;
  const auto at = TRY(position(written, old_name));
  const bool retyped = changed.definition.Type() != old->definition.Type();
  const bool changes = retyped || changed.not_null != old->not_null;
  changed.retyped = old->retyped || retyped;
  const auto from = static_cast<size_t>(old - table_.columns.data());
  if (renamed) {
    Clause rename;
    rename.name = old_name;
    rename.new_name = new_name;
    TRY(rename_column(rename));
  }
  const bool moves = at && *at != from && *at != from + 1;
  if (moves || (changes && (has_indexes() || changed.definition.Generated()))) rebuild_ = true;
  if (!rebuild_) {
    if (retyped) {
      simple(duckdb::make_uniq<duckdb::ChangeColumnTypeInfo>(
          entry(), new_name, changed.definition.Type(),
          duckdb::make_uniq<duckdb::CastExpression>(changed.definition.Type(),
                                                    duckdb::make_uniq<duckdb::ColumnRefExpression>(new_name))));
    }
    if (changed.definition.HasDefaultValue()) {
      simple(duckdb::make_uniq<duckdb::SetDefaultInfo>(entry(), new_name, changed.definition.DefaultValue().Copy()));
    } else if (old->definition.HasDefaultValue()) {
      simple(duckdb::make_uniq<duckdb::SetDefaultInfo>(entry(), new_name, nullptr));
    }
    if (changed.not_null && !old->not_null) simple(duckdb::make_uniq<duckdb::SetNotNullInfo>(entry(), new_name));
    if (!changed.not_null && old->not_null) simple(duckdb::make_uniq<duckdb::DropNotNullInfo>(entry(), new_name));
    simple(duckdb::make_uniq<duckdb::SetColumnCommentInfo>(table_.catalog, table_.schema, table_.name, new_name,
                                                           kernel::encode_whole(changed.model()),
                                                           duckdb::OnEntryNotFound::THROW_EXCEPTION));
  }
  table_.columns[from] = std::move(changed);
  if (moves) {
    TableColumn moved = std::move(table_.columns[from]);
    table_.columns.erase(table_.columns.begin() + static_cast<ptrdiff_t>(from));
    const size_t to = *at > from ? *at - 1 : *at;
    table_.columns.insert(table_.columns.begin() + static_cast<ptrdiff_t>(to), std::move(moved));
  }
  return {};
}

Status Alteration::rename_column(const Clause& clause) {
  TableColumn* column = table_.find(clause.name);
  if (!column) return fail(unknown_column(clause.name, table_.name));
  if (!StringUtil::CIEquals(clause.name, clause.new_name) && table_.find(clause.new_name))
    return fail(sql_error(Code::kAlreadyExists, 1060, "Duplicate column name '" + clause.new_name + "'"));
  const std::string old_name = column->name();
  if (old_name == clause.new_name) return {};
  const auto replace = [&](std::string& name) {
    if (StringUtil::CIEquals(name, old_name)) name = clause.new_name;
  };
  for (auto* list : {&table_.model.key_order, &table_.model.partition_columns, &table_.model.cluster_by}) {
    for (std::string& name : *list) {
      if (StringUtil::CIEquals(name, old_name)) comment_changed_ = true;
      replace(name);
    }
  }
  const auto replace_in_line = [&](std::string& line) {
    if (!holds(columns_in_line(line), old_name)) return;
    std::vector<std::string> columns = columns_in_line(line);
    for (std::string& name : columns) replace(name);
    const size_t begin = line.find('(');
    line.replace(begin, line.find(')', begin) - begin + 1, name_list(columns));
    comment_changed_ = true;
  };
  for (std::string& line : table_.model.indexes) replace_in_line(line);
  for (std::string& line : table_.model.rollups) replace_in_line(line);
  if (table_.model.distribution.starts_with("HASH")) replace_in_line(table_.model.distribution);
  // The kernel renames inside checks and generated columns, but not below an index.
  if (!table_.indexes.empty()) {
    TRY(flush());
    TableDefinition bare;
    for (auto& index : table_.indexes) {
      for (auto* list : {&index->expressions, &index->parsed_expressions}) {
        for (auto& expression : *list) {
          if (StringUtil::CIEquals(expression->GetName(), old_name))
            expression = duckdb::make_uniq<duckdb::ColumnRefExpression>(clause.new_name);
        }
      }
    }
    rebuild_ = true;
  } else if (!rebuild_) {
    simple(duckdb::make_uniq<duckdb::RenameColumnInfo>(entry(), old_name, clause.new_name));
  }
  for (std::string& name : table_.primary_key) replace(name);
  for (auto& unique : table_.uniques) {
    for (std::string& name : unique) replace(name);
  }
  column->definition.SetName(clause.new_name);
  if (!rebuild_) column->source = clause.new_name;
  return {};
}

Status Alteration::order_columns(const Clause& clause) {
  if (!clause.rollup.empty()) return {};
  TRY(check_columns(clause.columns));
  std::vector<TableColumn> ordered;
  for (const std::string& name : clause.columns) {
    const size_t at = TRY(table_.at(name));
    for (const auto& column : ordered) {
      if (StringUtil::CIEquals(column.name(), name)) return fail(ddl_error("Reduplicative column[" + name + "]"));
    }
    TableColumn copy;
    copy.definition = table_.columns[at].definition.Copy();
    copy.not_null = table_.columns[at].not_null;
    copy.source = table_.columns[at].source;
    copy.retyped = table_.columns[at].retyped;
    ordered.push_back(std::move(copy));
  }
  if (ordered.size() != table_.columns.size()) return fail(ddl_error("Reorder stmt should contains all columns"));
  TRY(check_order(table_, ordered));
  table_.columns = std::move(ordered);
  rebuild_ = true;
  jobs_.columns = true;
  return {};
}

Status Alteration::column_default(const Clause& clause) {
  TableColumn* column = table_.find(clause.name);
  if (!column) return fail(unknown_column(clause.name, table_.name));
  if (clause.value)
    column->definition.SetDefaultValue(clause.value->Copy());
  else
    column->definition.SetDefaultValue(nullptr);
  if (!rebuild_) {
    simple(duckdb::make_uniq<duckdb::SetDefaultInfo>(entry(), column->name(),
                                                     clause.value ? clause.value->Copy() : nullptr));
  }
  return {};
}

Status Alteration::rename(const Clause& clause) {
  TRY(flush());
  const std::string& to = clause.other.name;
  if (!clause.other.database.empty() && !StringUtil::CIEquals(clause.other.database, table_.database))
    return fail(sql_error(Code::kUnsupported, 1235, "A table cannot be moved to another database"));
  if (to == table_.name) return fail(ddl_error("Same table name"));
  TRY(rename_table(kernel_, table_, to));
  table_ = TRY(read_definition(kernel_, table_.database, to));
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
  return {};
}

Status Alteration::add_index(const Clause& clause) {
  const auto same_name = [&](const std::string& line) { return StringUtil::CIEquals(name_in_line(line), clause.name); };
  const bool taken = std::ranges::any_of(table_.model.indexes, same_name) ||
                     std::ranges::any_of(table_.indexes, [&](const auto& index) {
                       return StringUtil::CIEquals(index->index_name, clause.name);
                     });
  if (taken) {
    if (clause.if_not_exists) return {};
    return fail(sql_error(Code::kAlreadyExists, 1061, "Duplicate key name '" + clause.name + "'"));
  }
  for (const std::string& column : clause.columns) {
    if (!table_.find(column))
      return fail(sql_error(Code::kNotFound, 1072, "Key column '" + column + "' doesn't exist in table"));
  }
  std::string line = "INDEX " + quoted_name(clause.name) + " " + name_list(clause.columns);
  line +=
      " USING " + (clause.text.empty() || clause.text == "BITMAP" || clause.text == "BTREE" ? "INVERTED" : clause.text);
  if (!clause.properties.empty()) {
    std::string list;
    for (const auto& [key, value] : clause.properties)
      list += (list.empty() ? "\"" : ", \"") + key + "\" = \"" + value + "\"";
    line += " PROPERTIES(" + list + ")";
  }
  if (!clause.new_name.empty()) line += " COMMENT " + quoted_string(clause.new_name);
  table_.model.indexes.push_back(std::move(line));
  comment_changed_ = true;
  jobs_.columns = true;
  return {};
}

Status Alteration::drop_index(const Clause& clause) {
  const auto same_name = [&](const std::string& line) { return StringUtil::CIEquals(name_in_line(line), clause.name); };
  jobs_.columns = true;
  if (std::erase_if(table_.model.indexes, same_name) > 0) {
    comment_changed_ = true;
    return {};
  }
  for (auto index = table_.indexes.begin(); index != table_.indexes.end(); ++index) {
    if (!StringUtil::CIEquals((*index)->index_name, clause.name)) continue;
    TRY(flush());
    auto drop = duckdb::make_uniq<duckdb::DropStatement>();
    drop->info->type = duckdb::CatalogType::INDEX_ENTRY;
    drop->info->catalog = table_.catalog;
    drop->info->schema = table_.schema;
    drop->info->name = (*index)->index_name;
    table_.indexes.erase(index);
    return run_tree(kernel_, std::move(drop));
  }
  // A UNIQUE constraint has the name of its first column.
  for (auto unique = table_.uniques.begin(); unique != table_.uniques.end(); ++unique) {
    if (!StringUtil::CIEquals(unique->front(), clause.name)) continue;
    table_.uniques.erase(unique);
    rebuild_ = true;
    return {};
  }
  if (clause.if_exists) return {};
  return fail(sql_error(Code::kNotFound, 1091, "Can't DROP '" + clause.name + "'; check that column/key exists"));
}

Status Alteration::add_rollup(const Clause& clause) {
  TRY(check_columns(clause.columns));
  const auto same_name = [&](const std::string& line) { return StringUtil::CIEquals(name_in_line(line), clause.name); };
  if (std::ranges::any_of(table_.model.rollups, same_name) || table_.model.note("mv", clause.name) ||
      StringUtil::CIEquals(clause.name, table_.name)) {
    return fail(ddl_error("Rollup index[" + clause.name + "] already exists"));
  }
  TRY(check_rollup(table_, clause.columns));
  table_.model.rollups.push_back(quoted_name(clause.name) + " " + name_list(clause.columns));
  comment_changed_ = true;
  jobs_.rollups.push_back(clause.name);
  return {};
}

Status Alteration::drop_rollup(const Clause& clause) {
  const auto same_name = [&](const std::string& line) { return StringUtil::CIEquals(name_in_line(line), clause.name); };
  const bool found = std::erase_if(table_.model.rollups, same_name) > 0 || table_.model.remove_note("mv", clause.name);
  if (!found && !clause.if_exists)
    return fail(ddl_error("Rollup index[" + clause.name + "] does not exist in table[" + table_.name + "]"));
  comment_changed_ |= found;
  return {};
}

Status Alteration::rename_rollup(const Clause& clause) {
  for (std::string& line : table_.model.rollups) {
    if (!StringUtil::CIEquals(name_in_line(line), clause.name)) continue;
    line = quoted_name(clause.new_name) + " " + name_list(columns_in_line(line));
    comment_changed_ = true;
    return {};
  }
  return fail(ddl_error("Rollup index[" + clause.name + "] does not exist"));
}

Status Alteration::add_constraint(const Clause& clause) {
  TRY(check_columns(clause.columns));
  if (table_.model.note("constraint", clause.name))
    return fail(ddl_error("Constraint name " + clause.name + " has existed"));
  std::string text = clause.text + " " + name_list(clause.columns);
  if (clause.text == "FOREIGN KEY") {
    const std::string& database = clause.other.database.empty() ? table_.database : clause.other.database;
    TableDefinition other = TRY(read_definition(kernel_, database, clause.other.name));
    for (const std::string& column : clause.other_columns) TRY(other.at(column));
    text += " REFERENCES " + quoted_name(other.name);
    if (!clause.other_columns.empty()) text += " " + name_list(clause.other_columns);
  }
  table_.model.set_note("constraint", clause.name, std::move(text));
  comment_changed_ = true;
  return {};
}

Status Alteration::drop_constraint(const Clause& clause) {
  if (table_.model.remove_note("constraint", clause.name)) {
    comment_changed_ = true;
    return {};
  }
  if (clause.if_exists) return {};
  return fail(ddl_error("Unknown constraint " + clause.name + " on table " + table_.name + "."));
}

Status Alteration::apply(const Clause& clause) {
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
      return {};
    case What::kAccepted:
      return {};
  }
  return {};
}

Status Alteration::flush() {
  if (rebuild_) {
    TRY(rebuild_table(kernel_, table_));
  } else {
    for (auto& tree : simple_) TRY(run_tree(kernel_, std::move(tree)));
    if (comment_changed_) TRY(store_model(kernel_, table_));
  }
  simple_.clear();
  const bool changed = std::exchange(rebuild_, false) | std::exchange(comment_changed_, false);
  static_cast<void>(changed);
  for (auto& column : table_.columns) {
    column.source = column.name();
    column.retyped = false;
  }
  return {};
}

Status Alteration::finish() { return flush(); }

}  // namespace

Result<std::string> SessionState::own_database(const dialect::QualifiedName& name) const {
  if (!name.catalog.empty() && !StringUtil::CIEquals(name.catalog, kernel::kInternalCatalog))
    return fail(sql_error(Code::kNotFound, 5085, "Unknown catalog '" + name.catalog + "'"));
  const std::string& database = name.database.empty() ? database_ : name.database;
  if (database.empty()) return fail(no_database_selected());
  return database;
}

Status SessionState::in_own_transaction(const std::function<Status()>& work) {
  TRY(prepare_transaction(dialect::KernelStatement::Effect::kSchema));
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

Result<Outcome> SessionState::alter_table(const Alter& statement) {
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
    for (const Clause& clause : statement.clauses) TRY(alteration.apply(clause));
    TRY(alteration.finish());
    jobs = alteration.jobs();
    return {};
  }));
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
