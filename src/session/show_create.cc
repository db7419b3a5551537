// SPDX-License-Identifier: Apache-2.0
// SHOW CREATE TABLE, VIEW and DATABASE: text that our own dialect reads again, laid out as MySQL's, whose layout
// clients take apart line by line.
#include "kernel/charsets.h"
#include "functions/type_names.h"
#include "session/show_rows.h"

namespace sluice::session {
namespace {


std::string name_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ",") + quoted_name(name);
  return list;
}

std::string column_line(const kernel::ColumnFacts& column) {
  std::string line = quoted_name(column.name) + " " + functions::type_name(column.type);
  if (!column.generated.empty()) {
    line += " GENERATED ALWAYS AS (" + column.generated + ") VIRTUAL";
  } else {
    if (!column.nullable) line += " NOT NULL";
    if (column.default_value)
      line += " DEFAULT " + column.default_value->statement;
    else if (column.nullable)
      line += " DEFAULT NULL";
  }
  if (!column.comment.empty()) line += " COMMENT " + quoted_string(column.comment);
  return line;
}

std::string key_line(const kernel::KeyFacts& key) {
  const std::string columns = " (" + name_list(key.columns) + ")";
  if (key.primary) return "PRIMARY KEY" + columns;
  return (key.unique ? "UNIQUE KEY " : "KEY ") + quoted_name(key.name) + columns;
}

std::string create_table(const kernel::RelationFacts& relation) {
  std::vector<std::string> lines;
  for (const auto& column : relation.columns) lines.push_back(column_line(column));
  for (const auto& key : relation.keys) lines.push_back(key_line(key));
  for (const auto& check : relation.checks) lines.push_back("CHECK (" + check + ")");
  std::string statement =
      std::string("CREATE ") + (relation.temporary ? "TEMPORARY " : "") + "TABLE " + quoted_name(relation.name) + " (";
  for (size_t i = 0; i < lines.size(); ++i) statement += (i == 0 ? "\n  " : ",\n  ") + lines[i];
  statement += "\n) ENGINE=OLAP";
  if (!relation.comment.empty()) statement += " COMMENT=" + quoted_string(relation.comment);
  return statement;
}

Table create_view(const kernel::RelationFacts& relation) {
  std::string statement = "CREATE VIEW " + quoted_name(relation.name);
  if (!relation.aliases.empty()) statement += " (" + name_list(relation.aliases) + ")";
  if (!relation.comment.empty()) statement += " COMMENT " + quoted_string(relation.comment);
  statement += " AS " + relation.definition;
  Table table = table_of({"View", "Create View", "character_set_client", "collation_connection"});
  table.rows.push_back(
      {text(relation.name), text(statement), text(kernel::kTableCharset), text(kernel::kTableCollation)});
  return table;
}

}  // namespace

Result<Table> show_create_table(const dialect::ShowStatement& show, ShowContext& context) {
  const kernel::RelationFacts relation = TRY(relation_of(show.object, context));
  if (relation.view) return create_view(relation);
  Table table = table_of({"Table", "Create Table"});
  table.rows.push_back({text(relation.name), text(create_table(relation))});
  return table;
}

Result<Table> show_create_view(const dialect::ShowStatement& show, ShowContext& context) {
  const kernel::RelationFacts relation = TRY(relation_of(show.object, context));
  if (!relation.view) {
    return fail(
        sql_error(Code::kInvalidArgument, 1347, "'" + relation.database + "." + relation.name + "' is not VIEW"));
  }
  return create_view(relation);
}

Result<Table> show_create_database(const dialect::ShowStatement& show, ShowContext& context) {
  const std::string database = TRY(database_of(show.object, context));
  Table table = table_of({"Database", "Create Database"});
  table.rows.push_back({text(database), text("CREATE DATABASE " + quoted_name(database))});
  return table;
}

}  // namespace sluice::session
