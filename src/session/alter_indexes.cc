// SPDX-License-Identifier: Apache-2.0
// ALTER TABLE: indexes, rollups and constraints, which are notes of the table, and the unique ones, which the kernel
// keeps.
#include "base/sql_text.h"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "session/alter_checks.h"
#include "session/alteration.h"

namespace sluice::session {

using duckdb::StringUtil;

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
  TRY(check_new_index(table_, clause.name, clause.columns, clause.properties));
  std::string line = "INDEX " + quoted_name(clause.name) + " " + name_list(clause.columns);
  const bool plain = table_.model.keys == kernel::KeyModel::kNone;
  const bool usual = clause.text.empty() || clause.text == "BITMAP" || clause.text == "BTREE";
  line += std::string(" USING ") + (!usual ? clause.text : plain ? "BTREE" : "INVERTED");
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
  const auto plain_list = [](const std::vector<std::string>& names) {
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
    return "(" + list + ")";
  };
  std::string text = clause.text + " " + plain_list(clause.columns);
  if (clause.text == "FOREIGN KEY") {
    const std::string& database = clause.other.database.empty() ? table_.database : clause.other.database;
    TableDefinition other = TRY(read_definition(kernel_, database, clause.other.name));
    for (const std::string& column : clause.other_columns) TRY(other.at(column));
    const bool itself = other.database == table_.database && other.name == table_.name;
    const auto& notes = itself ? table_.model.notes : other.model.notes;
    const std::string wanted = "PRIMARY KEY " + plain_list(clause.other_columns);
    const bool keyed =
        std::ranges::any_of(notes, [&](const auto& note) { return note.kind == "constraint" && note.text == wanted; });
    if (!keyed && !clause.other_columns.empty()) {
      return fail(ddl_error("Foreign key constraint requires a primary key constraint " +
                            plain_list(clause.other_columns) + " in " + other.name));
    }
    text += " REFERENCES " + other.database + "." + other.name;
    if (!clause.other_columns.empty()) text += " " + plain_list(clause.other_columns);
  }
  table_.model.set_note("constraint", clause.name, std::move(text));
  comment_changed_ = true;
  return {};
}

// Takes away the foreign keys that end so.
static bool remove_references(kernel::TableModel& model, const std::string& end) {
  return std::erase_if(model.notes, [&](const auto& note) {
           return note.kind == "constraint" && note.text.starts_with("FOREIGN KEY") && note.text.ends_with(end);
         }) > 0;
}

// With a primary key go the foreign keys that refer to it.
Status Alteration::drop_constraint(const Clause& clause) {
  if (const std::string* dropped = table_.model.note("constraint", clause.name)) {
    const std::string text = *dropped;
    table_.model.remove_note("constraint", clause.name);
    comment_changed_ = true;
    constexpr std::string_view kPrimary = "PRIMARY KEY ";
    if (!text.starts_with(kPrimary)) return {};
    const std::string end = " REFERENCES " + table_.database + "." + table_.name + " " + text.substr(kPrimary.size());
    remove_references(table_.model, end);
    std::vector<std::pair<std::string, std::string>> referring;
    TRY(kernel_.with_context([&](duckdb::ClientContext& context) -> Status {
      for (const std::string& database : kernel::list_databases(context)) {
        if (kernel::is_system_database(database)) continue;
        for (auto& relation : kernel::list_relations(context, database)) {
          if (!relation.view && remove_references(relation.model, end)) referring.emplace_back(database, relation.name);
        }
      }
      return {};
    }));
    for (const auto& [database, name] : referring) {
      if (database == table_.database && name == table_.name) continue;
      TableDefinition other = TRY(read_definition(kernel_, database, name));
      remove_references(other.model, end);
      TRY(store_model(kernel_, other));
    }
    return {};
  }
  if (clause.if_exists) return {};
  return fail(ddl_error("Unknown constraint " + clause.name + " on table " + table_.name + "."));
}

}  // namespace sluice::session
