// SPDX-License-Identifier: Apache-2.0
// SHOW CREATE TABLE, VIEW and DATABASE: text that our own dialect reads again, laid out as MySQL's, whose layout
// clients take apart line by line; tables of Doris as Doris lays them out.
#include <tuple>

#include "kernel/charsets.h"
#include "kernel/dynamic_partition.h"
#include "kernel/partitions.h"
#include "session/access_check.h"
#include "session/show_rows.h"
#include "session/view_text.h"

namespace sluice::session {
namespace {

std::string name_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ",") + quoted_name(name);
  return list;
}

std::string column_line(const kernel::ColumnFacts& column) {
  std::string line = quoted_name(column.name) + " " + column.type_text();
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

// Doris' own layout.

std::string in_quotes(const std::string& text) {
  std::string result = "\"";
  for (char letter : text) {
    if (letter == '"' || letter == '\\') result += '\\';
    result += letter;
  }
  return result + "\"";
}

std::string doris_column_line(const kernel::ColumnFacts& column) {
  std::string line = quoted_name(column.name) + " " + column.type_text();
  if (!column.model.aggregation.empty()) line += " " + column.model.aggregation;
  if (!column.generated.empty()) line += " AS (" + column.generated + ")";
  line += column.nullable ? " NULL" : " NOT NULL";
  if (column.model.auto_increment) line += " AUTO_INCREMENT";
  if (column.default_value && column.generated.empty()) {
    const bool constant = column.default_value->statement.starts_with('\'');
    line += " DEFAULT " + (constant ? in_quotes(column.default_value->shown) : column.default_value->statement);
  }
  if (column.model.now_on_update) line += " ON UPDATE CURRENT_TIMESTAMP";
  if (!column.comment.empty()) line += " COMMENT " + quoted_string(column.comment);
  return line;
}

const char* keys_text(kernel::KeyModel keys) {
  switch (keys) {
    case kernel::KeyModel::kUnique:
      return "UNIQUE KEY";
    case kernel::KeyModel::kAggregate:
      return "AGGREGATE KEY";
    default:
      return "DUPLICATE KEY";
  }
}

std::string separated(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + quoted_name(name);
  return list;
}

std::string partition_clause(const kernel::RelationFacts& relation) {
  const kernel::TableModel& model = relation.model;
  if (model.partitioned == kernel::PartitionKind::kNone) return {};
  std::string columns = separated(model.partition_columns);
  if (!model.auto_unit.empty()) columns = "date_trunc(" + columns + ", '" + model.auto_unit + "')";
  const bool range = model.partitioned == kernel::PartitionKind::kRange;
  std::string clause = std::string("\n") + (model.auto_partitions ? "AUTO " : "") + "PARTITION BY " +
                       (range ? "RANGE" : "LIST") + " (" + columns + ")\n(";
  bool first = true;
  for (const auto& partition : model.partitions) {
    if (partition.temporary) continue;
    clause += (first ? "" : ",\n") + ("PARTITION " + partition.name + " ") +
              kernel::partition_text(model, partition, relation.partition_types);
    first = false;
  }
  return clause + ")";
}

using Properties = std::vector<std::pair<std::string, std::string>>;

// All of them, in Doris' order, in the place of those that were written.
void show_dynamic_properties(const kernel::TableModel& model, const kernel::DynamicPartition& dynamic,
                             Properties& shown) {
  std::erase_if(shown, [](const auto& property) { return property.first.starts_with("dynamic_partition."); });
  const auto add = [&](const char* name, std::string value) {
    shown.emplace_back(std::string("dynamic_partition.") + name, std::move(value));
  };
  const std::string* replicas = model.property("replication_num");
  const std::string* allocation = model.property("replication_allocation");
  const std::string of_table =
      allocation ? *allocation : "tag.location.default: " + (replicas ? *replicas : std::string("1"));
  add("enable", dynamic.enabled ? "true" : "false");
  add("time_unit", dynamic.unit_text);
  add("time_zone", dynamic.time_zone.empty() ? "Etc/UTC" : dynamic.time_zone);
  add("start", std::to_string(dynamic.start.value_or(INT32_MIN)));
  add("end", std::to_string(dynamic.end));
  add("prefix", dynamic.prefix);
  add("replication_allocation", dynamic.replication.empty() ? of_table : dynamic.replication);
  add("buckets", kernel::dynamic_buckets(model, dynamic));
  add("create_history_partition", dynamic.create_history ? "true" : "false");
  add("history_partition_num", std::to_string(dynamic.history_num));
  add("hot_partition_num", std::to_string(dynamic.hot_num));
  add("reserved_history_periods", dynamic.reserved);
  add("storage_policy", dynamic.storage_policy);
  if (!dynamic.storage_medium.empty()) add("storage_medium", dynamic.storage_medium);
  if (dynamic.unit == kernel::PartitionUnit::kWeek) add("start_day_of_week", std::to_string(dynamic.day_of_week));
  if (dynamic.unit == kernel::PartitionUnit::kMonth) add("start_day_of_month", std::to_string(dynamic.day_of_month));
}

std::string properties_clause(const kernel::TableModel& model) {
  // Doris lists these of every table; what was written comes in their place or before them.
  std::vector<std::pair<std::string, std::string>> shown;
  auto has = [&](std::string_view name) {
    return std::ranges::any_of(shown, [&](const auto& property) { return property.first == name; });
  };
  if (!model.property("replication_allocation")) {
    const std::string* replicas = model.property("replication_num");
    shown.emplace_back("replication_allocation", "tag.location.default: " + (replicas ? *replicas : std::string("1")));
  }
  for (const auto& property : model.properties) {
    if (property.first != "replication_num" && !has(property.first)) shown.push_back(property);
  }
  if (const auto dynamic = kernel::dynamic_partition(model)) show_dynamic_properties(model, *dynamic, shown);
  const bool unique = model.keys == kernel::KeyModel::kUnique;
  for (const auto& [name, value, unique_only] :
       {std::tuple("min_load_replica_num", "-1", false), std::tuple("is_being_synced", "false", false),
        std::tuple("storage_medium", "hdd", false), std::tuple("storage_format", "V2", false),
        std::tuple("inverted_index_storage_format", "V2", false),
        std::tuple("enable_unique_key_merge_on_write", "true", true), std::tuple("light_schema_change", "true", false),
        std::tuple("disable_auto_compaction", "false", false),
        std::tuple("enable_single_replica_compaction", "false", false),
        std::tuple("group_commit_interval_ms", "10000", false),
        std::tuple("group_commit_data_bytes", "134217728", false),
        std::tuple("enable_mow_light_delete", "false", true)}) {
    if (!has(name) && (unique || !unique_only)) shown.emplace_back(name, value);
  }
  std::string clause = "\nPROPERTIES (\n";
  for (size_t i = 0; i < shown.size(); ++i)
    clause += (i > 0 ? ",\n" : "") + in_quotes(shown[i].first) + " = " + in_quotes(shown[i].second);
  return clause + "\n)";
}

std::string doris_create_table(const kernel::RelationFacts& relation) {
  std::vector<std::string> lines, keys;
  for (const auto& column : relation.columns) {
    lines.push_back(doris_column_line(column));
    if (column.model.key) keys.push_back(column.name);
  }
  lines.insert(lines.end(), relation.model.indexes.begin(), relation.model.indexes.end());
  std::string statement =
      std::string("CREATE ") + (relation.temporary ? "TEMPORARY " : "") + "TABLE " + quoted_name(relation.name) + " (";
  for (size_t i = 0; i < lines.size(); ++i) statement += (i == 0 ? "\n  " : ",\n  ") + lines[i];
  statement += "\n) ENGINE=OLAP";
  if (!keys.empty()) statement += std::string("\n") + keys_text(relation.model.keys) + "(" + separated(keys) + ")";
  if (!relation.model.cluster_by.empty()) statement += "\nCLUSTER BY (" + separated(relation.model.cluster_by) + ")";
  if (!relation.comment.empty()) statement += "\nCOMMENT " + quoted_string(relation.comment);
  statement += partition_clause(relation);
  statement += "\nDISTRIBUTED BY " +
               (relation.model.distribution.empty() ? std::string("RANDOM BUCKETS AUTO") : relation.model.distribution);
  return statement + properties_clause(relation.model) + ";";
}

std::string create_table(const kernel::RelationFacts& relation) {
  if (relation.model.keys != kernel::KeyModel::kNone) return doris_create_table(relation);
  std::vector<std::string> lines;
  for (const auto& column : relation.columns) lines.push_back(column_line(column));
  for (const auto& key : relation.keys) lines.push_back(key_line(key));
  lines.insert(lines.end(), relation.model.indexes.begin(), relation.model.indexes.end());
  for (const auto& check : relation.checks) lines.push_back("CHECK (" + check + ")");
  std::string statement =
      std::string("CREATE ") + (relation.temporary ? "TEMPORARY " : "") + "TABLE " + quoted_name(relation.name) + " (";
  for (size_t i = 0; i < lines.size(); ++i) statement += (i == 0 ? "\n  " : ",\n  ") + lines[i];
  statement += "\n) ENGINE=OLAP";
  if (!relation.comment.empty()) statement += " COMMENT=" + quoted_string(relation.comment);
  return statement;
}

Result<Table> create_view(const kernel::RelationFacts& relation, ShowContext& context) {
  std::string statement = "CREATE VIEW " + quoted_name(relation.name);
  std::string query;
  TRY(context.kernel.with_context([&](duckdb::ClientContext& kernel) -> Status {
    query = query_with_full_names(
        relation.definition, [&](const std::string& database, const std::string& name) -> std::optional<NamedColumns> {
          auto found = kernel::describe_relation(kernel, database.empty() ? relation.database : database, name);
          if (!found || found->temporary) return std::nullopt;
          NamedColumns table{found->database, found->name, {}};
          for (const auto& column : found->columns) table.columns.push_back(column.name);
          return table;
        });
    return {};
  }));
  const auto named = query_with_aliases(query, relation.aliases);
  if (!relation.aliases.empty() && !named) statement += " (" + name_list(relation.aliases) + ")";
  if (!relation.comment.empty()) statement += " COMMENT " + quoted_string(relation.comment);
  statement += " AS " + (named ? *named : query) + ";";
  Table table = table_of({"View", "Create View", "character_set_client", "collation_connection"});
  table.rows.push_back(
      {text(relation.name), text(statement), text(kernel::kTableCharset), text(kernel::kTableCollation)});
  return table;
}

}  // namespace

Result<Table> show_create_table(const dialect::ShowStatement& show, ShowContext& context) {
  const kernel::RelationFacts relation = TRY(relation_of(show.object, context));
  if (relation.view) {
    const ObjectName name{kernel::kInternalCatalog, relation.database, relation.name};
    if (!context.rights.allows(name, kToSeeView) && !kernel::is_system_database(relation.database))
      return fail(command_denied("SHOW CREATE TABLE", context.client, name));
    return create_view(relation, context);
  }
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
  return create_view(relation, context);
}

Result<Table> show_create_database(const dialect::ShowStatement& show, ShowContext& context) {
  const std::string database = TRY(database_of(show.object, context));
  Table table = table_of({"Database", "Create Database"});
  table.rows.push_back({text(database), text("CREATE DATABASE " + quoted_name(database))});
  return table;
}

}  // namespace sluice::session
