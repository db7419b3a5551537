// SPDX-License-Identifier: Apache-2.0
// ALTER TABLE: indexes, rollups and constraints, which are notes of the table, and the unique ones, which the kernel
// keeps.
#include <set>

#include "base/sql_text.h"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "kernel/catalog_facts.h"
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
  if (clause.rollup.empty()) TRY(check_rollup(table_, clause.columns, clause.other_columns));
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

namespace {

constexpr const char* kConstraint = "constraint";

std::string plain_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return "(" + list + ")";
}

// "(a, b)" of a constraint's text, from `begin`: as a set.
std::set<std::string> columns_of(const std::string& text, size_t begin) {
  std::set<std::string> columns;
  const size_t open = text.find('(', begin);
  const size_t close = text.find(')', begin);
  if (open == std::string::npos || close == std::string::npos || close < open) return columns;
  for (std::string name : StringUtil::Split(text.substr(open + 1, close - open - 1), ',')) {
    StringUtil::Trim(name);
    columns.insert(StringUtil::Lower(name));
  }
  return columns;
}

std::set<std::string> lower_set(const std::vector<std::string>& names) {
  std::set<std::string> result;
  for (const std::string& name : names) result.insert(StringUtil::Lower(name));
  return result;
}

constexpr std::string_view kPrimaryKey = "PRIMARY KEY";
constexpr std::string_view kReferences = " REFERENCES ";

// Whether a constraint refers to this key of `table` ("db.t").
bool refers_to(const kernel::TableNote& note, const std::string& table, const std::set<std::string>& key) {
  if (note.kind != kConstraint || !note.text.starts_with("FOREIGN KEY")) return false;
  const size_t at = note.text.find(kReferences);
  if (at == std::string::npos) return false;
  const std::string target = note.text.substr(at + kReferences.size());
  const std::string name = target.substr(0, target.find(" ("));
  const auto columns = columns_of(target, 0);
  return StringUtil::CIEquals(name, table) && (columns.empty() || columns == key);
}

bool drop_references(kernel::TableModel& model, const std::string& table, const std::set<std::string>& key) {
  return std::erase_if(model.notes, [&](const auto& note) { return refers_to(note, table, key); }) > 0;
}

}  // namespace

Status Alteration::add_constraint(const Clause& clause) {
  TRY(check_columns(clause.columns));
  if (table_.model.note(kConstraint, clause.name))
    return fail(ddl_error("Constraint name " + clause.name + " has existed"));
  std::string text = clause.text + " " + plain_list(clause.columns);
  if (clause.text == "FOREIGN KEY") {
    const std::string& database = clause.other.database.empty() ? table_.database : clause.other.database;
    TableDefinition other = TRY(read_definition(kernel_, database, clause.other.name));
    for (const std::string& column : clause.other_columns) TRY(other.at(column));
    text += std::string(kReferences) + other.database + "." + other.name;
    if (!clause.other_columns.empty()) text += " " + plain_list(clause.other_columns);
    const bool same = other.database == table_.database && other.name == table_.name;
    const auto& referred = clause.other_columns.empty() ? clause.columns : clause.other_columns;
    const auto key = lower_set(referred);
    const auto& notes = (same ? table_ : other).model.notes;
    const bool there = std::ranges::any_of(notes, [&](const kernel::TableNote& note) {
      return note.kind == kConstraint && note.text.starts_with(kPrimaryKey) && columns_of(note.text, 0) == key;
    });
    if (!there) {
      const std::string list = plain_list(referred);
      return fail(ddl_error("Foreign key constraint requires a primary key constraint [" +
                            list.substr(1, list.size() - 2) + "] in " + other.name));
    }
  }
  for (const auto& note : table_.model.notes) {
    if (note.kind == kConstraint && note.text == text)
      return fail(ddl_error("Constraint " + text + " has existed, named " + note.name));
  }
  table_.model.set_note(kConstraint, clause.name, std::move(text));
  comment_changed_ = true;
  return {};
}

// With a primary key go the foreign keys that refer to it.
Status Alteration::drop_constraint(const Clause& clause) {
  const std::string* known = table_.model.note(kConstraint, clause.name);
  if (!known) {
    if (clause.if_exists) return {};
    return fail(ddl_error("Unknown constraint " + clause.name + " on table " + table_.name + "."));
  }
  const std::string text = *known;
  table_.model.remove_note(kConstraint, clause.name);
  comment_changed_ = true;
  return text.starts_with(kPrimaryKey) ? drop_references_to(columns_of(text, 0)) : Status();
}

// Foreign keys do not outlive the key that they refer to.
Status Alteration::drop_references_to(const std::set<std::string>& key) {
  const std::string table = table_.database + "." + table_.name;
  drop_references(table_.model, table, key);
  std::vector<std::pair<std::string, std::string>> others;
  TRY(kernel_.with_context([&](duckdb::ClientContext& context) -> Status {
    for (const std::string& database : kernel::list_databases(context)) {
      if (kernel::is_system_database(database)) continue;
      for (auto& relation : kernel::list_relations(context, database)) {
        const bool same = relation.database == table_.database && relation.name == table_.name;
        if (!same && drop_references(relation.model, table, key)) others.emplace_back(relation.database, relation.name);
      }
    }
    return {};
  }));
  for (const auto& [database, name] : others) {
    TableDefinition other = TRY(read_definition(kernel_, database, name));
    drop_references(other.model, table, key);
    TRY(store_model(kernel_, other));
  }
  return {};
}

}  // namespace sluice::session
