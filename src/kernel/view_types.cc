// SPDX-License-Identifier: Apache-2.0
#include "kernel/view_types.h"

#include <algorithm>
#include <charconv>

#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/query_node/select_node.hpp"
#include "duckdb/parser/tableref/basetableref.hpp"
#include "duckdb/parser/tableref/joinref.hpp"
#include "kernel/catalog_facts.h"

namespace sluice::kernel {
namespace {

using duckdb::StringUtil;

struct Source {
  std::string name;  // in the query
  RelationFacts relation;
};

// False when some part of FROM is neither a table nor a view.
bool collect(duckdb::ClientContext& context, const duckdb::TableRef& from, const std::string& database,
             std::vector<Source>& sources) {
  if (from.type == duckdb::TableReferenceType::JOIN) {
    const auto& join = from.Cast<duckdb::JoinRef>();
    return collect(context, *join.left, database, sources) && collect(context, *join.right, database, sources);
  }
  if (from.type != duckdb::TableReferenceType::BASE_TABLE) return false;
  const auto& table = from.Cast<duckdb::BaseTableRef>();
  auto relation =
      describe_relation(context, table.schema_name.empty() ? database : table.schema_name, table.table_name);
  if (!relation) return false;
  sources.push_back({table.alias.empty() ? table.table_name : table.alias, std::move(*relation)});
  return true;
}

const ColumnFacts* column_of(const RelationFacts& relation, const std::string& name) {
  const auto found = std::ranges::find_if(relation.columns,
                                          [&](const auto& column) { return StringUtil::CIEquals(column.name, name); });
  return found == relation.columns.end() ? nullptr : &*found;
}

const ColumnFacts* find(const std::vector<Source>& sources, const duckdb::ColumnRefExpression& column) {
  const auto& names = column.column_names;
  for (const Source& source : sources) {
    if (names.size() > 1 && !StringUtil::CIEquals(source.name, names[names.size() - 2])) continue;
    if (const ColumnFacts* found = column_of(source.relation, names.back())) return found;
  }
  return nullptr;
}

ColumnModel declared(const ColumnFacts& column) {
  ColumnModel model;
  model.type = column.model.type;
  model.max_bytes = column.model.max_bytes;
  return model;
}

// Doris' lengths of VARCHARs: `usual` of those that `others` does not name; 0: STRING.
struct Lengths {
  std::string_view view;
  uint32_t usual;
  std::string_view others;  // "COLUMN length, .."
};
constexpr Lengths kLengths[] = {
    {"ACTIVE_QUERIES", 0,
     "QUERY_ID 256, QUERY_START_TIME 256, DATABASE 256, FRONTEND_INSTANCE 256, QUEUE_START_TIME 256, QUEUE_END_TIME "
     "256, QUERY_STATUS 256"},
    {"BACKEND_ACTIVE_TASKS", 256, ""},
    {"CHARACTER_SETS", 64, "CHARACTER_SET_NAME 512"},
    {"COLLATIONS", 64, "COLLATION_NAME 512"},
    {"COLUMNS", 64,
     "TABLE_CATALOG 512, COLUMN_DEFAULT 1024, IS_NULLABLE 3, CHARACTER_SET_NAME 32, COLLATION_NAME 32, COLUMN_TYPE 32, "
     "COLUMN_KEY 3, EXTRA 27, PRIVILEGES 80, COLUMN_COMMENT 255"},
    {"COLUMN_PRIVILEGES", 64, "GRANTEE 128, TABLE_CATALOG 512, IS_GRANTABLE 3"},
    {"COLUMN_STATISTICS", 64, ""},
    {"ENGINES", 3, "ENGINE 64, SUPPORT 8, COMMENT 80"},
    {"EVENTS", 64,
     "DEFINER 77, EVENT_BODY 8, EVENT_DEFINITION 512, EVENT_TYPE 9, INTERVAL_VALUE 256, INTERVAL_FIELD 18, SQL_MODE "
     "8192, STATUS 18, ON_COMPLETION 12, CHARACTER_SET_CLIENT 32, COLLATION_CONNECTION 32, DATABASE_COLLATION 32"},
    {"FILES", 0,
     "FILE_TYPE 256, TABLESPACE_NAME 256, LOGFILE_GROUP_NAME 256, ENGINE 64, ROW_FORMAT 256, STATUS 256, EXTRA 256"},
    {"GLOBAL_VARIABLES", 1024, "VARIABLE_NAME 64, CHANGED 4"},
    {"KEY_COLUMN_USAGE", 64, ""},
    {"METADATA_NAME_IDS", 64, "CATALOG_NAME 512"},
    {"PARAMETERS", 64,
     "ORDINAL_POSITION 77, PARAMETER_MODE 77, PARAMETER_NAME 77, NUMERIC_PRECISION 512, CHARACTER_SET_NAME 256"},
    {"PARTITIONS", 0,
     "TABLE_CATALOG 64, TABLE_SCHEMA 64, TABLE_NAME 64, PARTITION_NAME 64, SUBPARTITION_NAME 64, PARTITION_METHOD 13, "
     "SUBPARTITION_METHOD 13, PARTITION_EXPRESSION 2048, SUBPARTITION_EXPRESSION 2048, NODEGROUP 256, TABLESPACE_NAME "
     "268"},
    {"PROCESSLIST", 64, "CURRENT_CONNECTED 16, USER 32, HOST 261, COMMAND 16, QUERY_ID 256, INFO 65533"},
    {"PROFILING", 30, "SOURCE_FILE 20"},
    {"REFERENTIAL_CONSTRAINTS", 64, ""},
    {"ROUTINES", 64, ""},
    {"ROWSETS", 64, ""},
    {"SCHEMATA", 32, "CATALOG_NAME 512, SQL_PATH 512, DEFAULT_ENCRYPTION 3"},
    {"SCHEMA_PRIVILEGES", 64, "GRANTEE 81, TABLE_CATALOG 512, IS_GRANTABLE 3"},
    {"SESSION_VARIABLES", 1024, "VARIABLE_NAME 64, CHANGED 4"},
    {"STATISTICS", 64,
     "TABLE_CATALOG 512, COLLATION 1, PACKED 10, NULLABLE 3, INDEX_TYPE 16, COMMENT 16, INDEX_COMMENT 1024"},
    {"TABLES", 64, "TABLE_CATALOG 512, ROW_FORMAT 10, TABLE_COLLATION 32, CREATE_OPTIONS 255, TABLE_COMMENT 2048"},
    {"TABLE_CONSTRAINTS", 64, "CONSTRAINT_CATALOG 512"},
    {"TABLE_OPTIONS", 0, "TABLE_CATALOG 64, TABLE_SCHEMA 64, TABLE_NAME 64"},
    {"TABLE_PRIVILEGES", 64, "GRANTEE 81, TABLE_CATALOG 512, IS_GRANTABLE 3"},
    {"TABLE_PROPERTIES", 0, "TABLE_CATALOG 64, TABLE_SCHEMA 64, TABLE_NAME 64"},
    {"TRIGGERS", 64,
     "TRIGGER_CATALOG 512, EVENT_MANIPULATION 6, EVENT_OBJECT_CATALOG 512, ACTION_ORDER 4, ACTION_CONDITION 512, "
     "ACTION_STATEMENT 512, ACTION_ORIENTATION 9, ACTION_TIMING 6, ACTION_REFERENCE_OLD_ROW 3, "
     "ACTION_REFERENCE_NEW_ROW 3, SQL_MODE 8192, DEFINER 77, CHARACTER_SET_CLIENT 32, COLLATION_CONNECTION 32, "
     "DATABASE_COLLATION 32"},
    {"USER_PRIVILEGES", 64, "GRANTEE 81, TABLE_CATALOG 512, IS_GRANTABLE 3"},
    {"VIEWS", 64,
     "TABLE_CATALOG 512, VIEW_DEFINITION 8096, CHECK_OPTION 8, IS_UPDATABLE 3, DEFINER 77, SECURITY_TYPE 7, "
     "CHARACTER_SET_CLIENT 32, COLLATION_CONNECTION 32"},
    {"WORKLOAD_GROUPS", 256, ""},
    {"WORKLOAD_GROUP_PRIVILEGES", 64, "WORKLOAD_GROUP_NAME 256, IS_GRANTABLE 3"},
    {"WORKLOAD_POLICY", 0, "NAME 256"},
};

uint32_t length_of(const Lengths& lengths, std::string_view column) {
  for (std::string_view rest = lengths.others; !rest.empty();) {
    const size_t end = std::min(rest.find(", "), rest.size());
    const std::string_view entry = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 2, rest.size()));
    const size_t space = entry.find(' ');
    if (entry.substr(0, space) != column) continue;
    uint32_t length = 0;
    std::from_chars(entry.data() + space + 1, entry.data() + entry.size(), length);
    return length;
  }
  return lengths.usual;
}

}  // namespace

std::vector<ColumnModel> declared_view_types(duckdb::ClientContext& context, const duckdb::SelectStatement& query,
                                             const std::string& database, size_t columns) {
  std::vector<ColumnModel> types(columns);
  if (!query.node || query.node->type != duckdb::QueryNodeType::SELECT_NODE || !query.node->cte_map.map.empty())
    return types;
  const auto& select = query.node->Cast<duckdb::SelectNode>();
  std::vector<Source> sources;
  if (!select.from_table || !collect(context, *select.from_table, database, sources)) return types;
  if (select.select_list.size() != columns) {  // SELECT *
    size_t all = 0;
    for (const Source& source : sources) all += source.relation.columns.size();
    if (select.select_list.size() != 1 || all != columns) return types;
    size_t at = 0;
    for (const Source& source : sources) {
      for (const ColumnFacts& column : source.relation.columns) types[at++] = declared(column);
    }
    return types;
  }
  for (size_t i = 0; i < columns; ++i) {
    if (select.select_list[i]->GetExpressionClass() != duckdb::ExpressionClass::COLUMN_REF) continue;
    const ColumnFacts* column = find(sources, select.select_list[i]->Cast<duckdb::ColumnRefExpression>());
    if (column) types[i] = declared(*column);
  }
  return types;
}

std::string declared_system_type(std::string_view view, std::string_view column) {
  if (StringUtil::CIEquals(std::string(view), "files") && column == "TABLE_CATALOG") return "char(16)";
  for (const Lengths& lengths : kLengths) {
    if (!StringUtil::CIEquals(std::string(lengths.view), std::string(view))) continue;
    const uint32_t length = length_of(lengths, column);
    return length == 0 ? std::string() : "varchar(" + std::to_string(length) + ")";
  }
  return {};
}

}  // namespace sluice::kernel
