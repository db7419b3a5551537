// SPDX-License-Identifier: Apache-2.0
// ALTER TABLE: columns come, go, change, move and get other names.
#include <algorithm>

#include "base/sql_text.h"
#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "duckdb/parser/parsed_data/comment_on_column_info.hpp"
#include "session/alter_checks.h"
#include "session/alteration.h"

namespace sluice::session {

using duckdb::StringUtil;

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
  if (kernel::ColumnModel model = column.model();
      table_.model.keys == kernel::KeyModel::kAggregate && model.aggregation.empty()) {
    model.key = true;  // as in Doris, also where KEY is not written
    column.definition.SetComment(kernel::encode_whole(model));
  }
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
  // Indexes over it go with it.
  const auto over_it = [&](const std::string& line) { return holds(columns_in_line(line), clause.name); };
  if (std::erase_if(table_.model.indexes, over_it) > 0) comment_changed_ = true;
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
  if (old->definition.Generated() || written.definition.Generated())
    return fail(ddl_error("Not supporting alter table modify generated columns."));
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
          stored_as(duckdb::make_uniq<duckdb::ColumnRefExpression>(new_name), changed.definition.Type())));
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
  if (old_name == clause.new_name) return fail(ddl_error("Same column name"));
  TRY(check_renamed_column(table_, old_name));
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
  for (auto& note : table_.model.notes) {
    const bool of_column = note.kind == "not_null" || note.kind == "generated";
    if (!of_column || !StringUtil::CIEquals(note.name, old_name)) continue;
    note.name = clause.new_name;
    comment_changed_ = true;
  }
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
  if (!rebuild_) {
    std::ranges::replace(keys_, column->source, clause.new_name);
    column->source = clause.new_name;
  }
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

}  // namespace sluice::session
