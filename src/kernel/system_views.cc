// SPDX-License-Identifier: Apache-2.0
#include "kernel/system_views.h"

#include "duckdb/parser/parsed_data/create_schema_info.hpp"
#include "duckdb/parser/parsed_data/create_view_info.hpp"
#include "kernel/catalog_facts.h"
#include "kernel/errors.h"
#include "kernel/system_functions.h"

namespace sluice::kernel {
namespace {

struct SystemView {
  const char* name;
  const char* query;
};

// A view with columns and no rows, for what this server has none of: "NAME TYPE, ..".
struct EmptyView {
  const char* name;
  const char* columns;
};

constexpr SystemView kInformationViews[] = {
    {"SCHEMATA",
     R"(SELECT 'internal' AS "CATALOG_NAME", name AS "SCHEMA_NAME", 'utf8mb4' AS "DEFAULT_CHARACTER_SET_NAME",
      'utf8mb4_0900_bin' AS "DEFAULT_COLLATION_NAME", NULL::VARCHAR AS "SQL_PATH" FROM system.doris.catalog_databases())"},
    {"TABLES", "FROM system.doris.catalog_tables()"},
    // Drivers compare these words in lower case, as MySQL's collation of them allows.
    {"COLUMNS", R"(SELECT * EXCLUDE ("GENERATION_EXPRESSION") REPLACE ("IS_NULLABLE" COLLATE NOCASE AS "IS_NULLABLE",
        "COLUMN_KEY" COLLATE NOCASE AS "COLUMN_KEY", "EXTRA" COLLATE NOCASE AS "EXTRA"),
        COALESCE("CHARACTER_MAXIMUM_LENGTH", "NUMERIC_PRECISION") AS "COLUMN_SIZE", "NUMERIC_SCALE" AS "DECIMAL_DIGITS",
        "GENERATION_EXPRESSION", NULL::BIGINT AS "SRS_ID" FROM system.doris.catalog_columns())"},
    {"STATISTICS", "SELECT * EXCLUDE (is_constraint) FROM system.doris.catalog_keys()"},
    {"VIEWS",
     R"(SELECT 'internal' AS "TABLE_CATALOG", database AS "TABLE_SCHEMA", name AS "TABLE_NAME", definition AS "VIEW_DEFINITION",
      'NONE' AS "CHECK_OPTION", 'NO' AS "IS_UPDATABLE", '''root''@''%''' AS "DEFINER", 'DEFINER' AS "SECURITY_TYPE",
      'utf8mb4' AS "CHARACTER_SET_CLIENT", 'utf8mb4_0900_bin' AS "COLLATION_CONNECTION" FROM system.doris.catalog_views())"},
    {"TABLE_CONSTRAINTS", R"(SELECT 'def' AS "CONSTRAINT_CATALOG", "TABLE_SCHEMA" AS "CONSTRAINT_SCHEMA",
        "INDEX_NAME" AS "CONSTRAINT_NAME", "TABLE_SCHEMA", "TABLE_NAME",
        CASE "INDEX_NAME" WHEN 'PRIMARY' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END AS "CONSTRAINT_TYPE"
      FROM system.doris.catalog_keys() WHERE "SEQ_IN_INDEX" = 1 AND "NON_UNIQUE" = 0
      UNION ALL SELECT 'def', database, name, database, table_name, 'CHECK' FROM system.doris.catalog_checks())"},
    {"CHECK_CONSTRAINTS",
     R"(SELECT 'def' AS "CONSTRAINT_CATALOG", database AS "CONSTRAINT_SCHEMA", name AS "CONSTRAINT_NAME",
      condition AS "CHECK_CLAUSE" FROM system.doris.catalog_checks())"},
    {"KEY_COLUMN_USAGE", R"(SELECT 'def' AS "CONSTRAINT_CATALOG", "TABLE_SCHEMA" AS "CONSTRAINT_SCHEMA",
        "INDEX_NAME" AS "CONSTRAINT_NAME", "TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "COLUMN_NAME",
        "SEQ_IN_INDEX" AS "ORDINAL_POSITION", NULL::BIGINT AS "POSITION_IN_UNIQUE_CONSTRAINT",
        NULL::VARCHAR AS "REFERENCED_TABLE_SCHEMA", NULL::VARCHAR AS "REFERENCED_TABLE_NAME", NULL::VARCHAR AS "REFERENCED_COLUMN_NAME"
      FROM system.doris.catalog_keys() WHERE "NON_UNIQUE" = 0)"},
    {"PARTITIONS", R"(SELECT "TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", p.name AS "PARTITION_NAME",
        NULL::VARCHAR AS "SUBPARTITION_NAME", p.place::INTEGER AS "PARTITION_ORDINAL_POSITION", NULL::INTEGER AS "SUBPARTITION_ORDINAL_POSITION",
        p.method AS "PARTITION_METHOD", NULL::VARCHAR AS "SUBPARTITION_METHOD", p.expression AS "PARTITION_EXPRESSION",
        NULL::VARCHAR AS "SUBPARTITION_EXPRESSION", p.description AS "PARTITION_DESCRIPTION",
        CASE WHEN p.place IS NULL OR (p.place = 1 AND p.method = 'UNPARTITIONED') THEN "TABLE_ROWS" END AS "TABLE_ROWS", "AVG_ROW_LENGTH",
        "DATA_LENGTH", "MAX_DATA_LENGTH", "INDEX_LENGTH", "DATA_FREE", NULL::BIGINT AS "CREATE_TIME", "UPDATE_TIME", "CHECK_TIME",
        "CHECKSUM", '' AS "PARTITION_COMMENT", NULL::VARCHAR AS "NODEGROUP", NULL::VARCHAR AS "TABLESPACE_NAME"
      FROM system.doris.catalog_tables() t LEFT JOIN system.doris.catalog_partitions() p
        ON p.database = t."TABLE_SCHEMA" AND p.relation = t."TABLE_NAME" WHERE "TABLE_TYPE" = 'BASE TABLE')"},
    {"ENGINES", R"(SELECT 'OLAP' AS "ENGINE", 'DEFAULT' AS "SUPPORT", 'Columnar storage with transactions' AS "COMMENT",
      'YES' AS "TRANSACTIONS", 'NO' AS "XA", 'NO' AS "SAVEPOINTS")"},
    {"CHARACTER_SETS", "FROM system.doris.charsets()"},
    {"COLLATIONS", "FROM system.doris.collations()"},
    {"COLLATION_CHARACTER_SET_APPLICABILITY",
     R"(SELECT "COLLATION_NAME", "CHARACTER_SET_NAME" FROM system.doris.collations())"},
    {"USER_PRIVILEGES", R"(SELECT grantee AS "GRANTEE", 'def' AS "TABLE_CATALOG", privilege AS "PRIVILEGE_TYPE",
      grantable AS "IS_GRANTABLE" FROM system.doris.privileges() WHERE level = 'user')"},
    {"SCHEMA_PRIVILEGES", R"(SELECT grantee AS "GRANTEE", 'def' AS "TABLE_CATALOG", database AS "TABLE_SCHEMA",
      privilege AS "PRIVILEGE_TYPE", grantable AS "IS_GRANTABLE" FROM system.doris.privileges()
      WHERE level = 'schema' AND database <> 'information_schema')"},
    {"TABLE_PRIVILEGES",
     R"(SELECT grantee AS "GRANTEE", 'def' AS "TABLE_CATALOG", database AS "TABLE_SCHEMA", name AS "TABLE_NAME",
      privilege AS "PRIVILEGE_TYPE", grantable AS "IS_GRANTABLE" FROM system.doris.privileges() WHERE level = 'table')"},
    {"COLUMN_PRIVILEGES",
     R"(SELECT grantee AS "GRANTEE", 'def' AS "TABLE_CATALOG", database AS "TABLE_SCHEMA", name AS "TABLE_NAME",
      column_name AS "COLUMN_NAME", privilege AS "PRIVILEGE_TYPE", grantable AS "IS_GRANTABLE"
      FROM system.doris.privileges() WHERE level = 'column')"},
    {"PROCESSLIST", "FROM system.doris.processes()"},
    {"GLOBAL_VARIABLES", "FROM system.doris.global_variables()"},
    {"SESSION_VARIABLES", "FROM system.doris.session_variables()"},
};

constexpr EmptyView kInformationEmptyViews[] = {
    {"COLUMN_STATISTICS", "SCHEMA_NAME VARCHAR, TABLE_NAME VARCHAR, COLUMN_NAME VARCHAR, HISTOGRAM JSON"},
    {"ROWSETS",
     "BACKEND_ID BIGINT, ROWSET_ID VARCHAR, TABLET_ID BIGINT, ROWSET_NUM_ROWS BIGINT, TXN_ID BIGINT, "
     "NUM_SEGMENTS BIGINT, START_VERSION BIGINT, END_VERSION BIGINT, INDEX_DISK_SIZE BIGINT, DATA_DISK_SIZE BIGINT, "
     "CREATION_TIME TIMESTAMP, NEWEST_WRITE_TIMESTAMP TIMESTAMP, SCHEMA_VERSION INTEGER"},
    {"WORKLOAD_POLICY",
     "ID BIGINT, NAME VARCHAR, CONDITION VARCHAR, ACTION VARCHAR, PRIORITY INTEGER, ENABLED BOOLEAN, "
     "VERSION INTEGER, WORKLOAD_GROUP VARCHAR"},
    {"WORKLOAD_GROUP_PRIVILEGES",
     "GRANTEE VARCHAR, WORKLOAD_GROUP_NAME VARCHAR, PRIVILEGE_TYPE VARCHAR, IS_GRANTABLE VARCHAR"},
    {"CATALOG_META_CACHE_STATISTICS",
     "CATALOG_NAME VARCHAR, CACHE_NAME VARCHAR, METRIC_NAME VARCHAR, METRIC_VALUE VARCHAR"},
    {"REFERENTIAL_CONSTRAINTS",
     "CONSTRAINT_CATALOG VARCHAR, CONSTRAINT_SCHEMA VARCHAR, CONSTRAINT_NAME VARCHAR, UNIQUE_CONSTRAINT_CATALOG "
     "VARCHAR, "
     "UNIQUE_CONSTRAINT_SCHEMA VARCHAR, UNIQUE_CONSTRAINT_NAME VARCHAR, MATCH_OPTION VARCHAR, UPDATE_RULE VARCHAR, "
     "DELETE_RULE VARCHAR, "
     "TABLE_NAME VARCHAR, REFERENCED_TABLE_NAME VARCHAR"},
    {"ROUTINES",
     "SPECIFIC_NAME VARCHAR, ROUTINE_CATALOG VARCHAR, ROUTINE_SCHEMA VARCHAR, ROUTINE_NAME VARCHAR, ROUTINE_TYPE "
     "VARCHAR, "
     "DATA_TYPE VARCHAR, CHARACTER_MAXIMUM_LENGTH BIGINT, CHARACTER_OCTET_LENGTH BIGINT, NUMERIC_PRECISION BIGINT, "
     "NUMERIC_SCALE BIGINT, "
     "DATETIME_PRECISION BIGINT, CHARACTER_SET_NAME VARCHAR, COLLATION_NAME VARCHAR, DTD_IDENTIFIER VARCHAR, "
     "ROUTINE_BODY VARCHAR, "
     "ROUTINE_DEFINITION VARCHAR, EXTERNAL_NAME VARCHAR, EXTERNAL_LANGUAGE VARCHAR, PARAMETER_STYLE VARCHAR, "
     "IS_DETERMINISTIC VARCHAR, "
     "SQL_DATA_ACCESS VARCHAR, SQL_PATH VARCHAR, SECURITY_TYPE VARCHAR, CREATED TIMESTAMP, LAST_ALTERED TIMESTAMP, "
     "SQL_MODE VARCHAR, "
     "ROUTINE_COMMENT VARCHAR, DEFINER VARCHAR, CHARACTER_SET_CLIENT VARCHAR, COLLATION_CONNECTION VARCHAR, "
     "DATABASE_COLLATION VARCHAR"},
    {"PARAMETERS",
     "SPECIFIC_CATALOG VARCHAR, SPECIFIC_SCHEMA VARCHAR, SPECIFIC_NAME VARCHAR, ORDINAL_POSITION BIGINT, "
     "PARAMETER_MODE VARCHAR, "
     "PARAMETER_NAME VARCHAR, DATA_TYPE VARCHAR, CHARACTER_MAXIMUM_LENGTH BIGINT, CHARACTER_OCTET_LENGTH BIGINT, "
     "NUMERIC_PRECISION BIGINT, "
     "NUMERIC_SCALE BIGINT, DATETIME_PRECISION BIGINT, CHARACTER_SET_NAME VARCHAR, COLLATION_NAME VARCHAR, "
     "DTD_IDENTIFIER VARCHAR, "
     "ROUTINE_TYPE VARCHAR"},
    {"TRIGGERS",
     "TRIGGER_CATALOG VARCHAR, TRIGGER_SCHEMA VARCHAR, TRIGGER_NAME VARCHAR, EVENT_MANIPULATION VARCHAR, "
     "EVENT_OBJECT_CATALOG VARCHAR, "
     "EVENT_OBJECT_SCHEMA VARCHAR, EVENT_OBJECT_TABLE VARCHAR, ACTION_ORDER BIGINT, ACTION_CONDITION VARCHAR, "
     "ACTION_STATEMENT VARCHAR, "
     "ACTION_ORIENTATION VARCHAR, ACTION_TIMING VARCHAR, ACTION_REFERENCE_OLD_TABLE VARCHAR, "
     "ACTION_REFERENCE_NEW_TABLE VARCHAR, "
     "ACTION_REFERENCE_OLD_ROW VARCHAR, ACTION_REFERENCE_NEW_ROW VARCHAR, CREATED TIMESTAMP, SQL_MODE VARCHAR, DEFINER "
     "VARCHAR, "
     "CHARACTER_SET_CLIENT VARCHAR, COLLATION_CONNECTION VARCHAR, DATABASE_COLLATION VARCHAR"},
    {"EVENTS",
     "EVENT_CATALOG VARCHAR, EVENT_SCHEMA VARCHAR, EVENT_NAME VARCHAR, DEFINER VARCHAR, TIME_ZONE VARCHAR, EVENT_BODY "
     "VARCHAR, "
     "EVENT_DEFINITION VARCHAR, EVENT_TYPE VARCHAR, EXECUTE_AT TIMESTAMP, INTERVAL_VALUE VARCHAR, INTERVAL_FIELD "
     "VARCHAR, SQL_MODE VARCHAR, "
     "STARTS TIMESTAMP, ENDS TIMESTAMP, STATUS VARCHAR, ON_COMPLETION VARCHAR, CREATED TIMESTAMP, LAST_ALTERED "
     "TIMESTAMP, "
     "LAST_EXECUTED TIMESTAMP, EVENT_COMMENT VARCHAR, ORIGINATOR BIGINT, CHARACTER_SET_CLIENT VARCHAR, "
     "COLLATION_CONNECTION VARCHAR, "
     "DATABASE_COLLATION VARCHAR"},
    {"FILES",
     "FILE_ID BIGINT, FILE_NAME VARCHAR, FILE_TYPE VARCHAR, TABLESPACE_NAME VARCHAR, TABLE_CATALOG VARCHAR, "
     "TABLE_SCHEMA VARCHAR, TABLE_NAME VARCHAR, LOGFILE_GROUP_NAME VARCHAR, LOGFILE_GROUP_NUMBER BIGINT, "
     "ENGINE VARCHAR, FULLTEXT_KEYS VARCHAR, DELETED_ROWS VARCHAR, UPDATE_COUNT VARCHAR, FREE_EXTENTS BIGINT, "
     "TOTAL_EXTENTS BIGINT, EXTENT_SIZE BIGINT, INITIAL_SIZE BIGINT, MAXIMUM_SIZE BIGINT, AUTOEXTEND_SIZE BIGINT, "
     "CREATION_TIME VARCHAR, LAST_UPDATE_TIME VARCHAR, LAST_ACCESS_TIME VARCHAR, RECOVER_TIME VARCHAR, "
     "TRANSACTION_COUNTER VARCHAR, VERSION BIGINT, ROW_FORMAT VARCHAR, TABLE_ROWS VARCHAR, "
     "AVG_ROW_LENGTH VARCHAR, DATA_LENGTH VARCHAR, MAX_DATA_LENGTH VARCHAR, INDEX_LENGTH VARCHAR, "
     "DATA_FREE BIGINT, CREATE_TIME VARCHAR, UPDATE_TIME VARCHAR, CHECK_TIME VARCHAR, CHECKSUM VARCHAR, "
     "STATUS VARCHAR, EXTRA VARCHAR"},
    {"PROFILING",
     "QUERY_ID BIGINT, SEQ BIGINT, STATE VARCHAR, DURATION DECIMAL(9,6), CPU_USER DECIMAL(9,6), CPU_SYSTEM "
     "DECIMAL(9,6)"},
    {"PLUGINS",
     "PLUGIN_NAME VARCHAR, PLUGIN_VERSION VARCHAR, PLUGIN_STATUS VARCHAR, PLUGIN_TYPE VARCHAR, PLUGIN_TYPE_VERSION "
     "VARCHAR, "
     "PLUGIN_LIBRARY VARCHAR, PLUGIN_LIBRARY_VERSION VARCHAR, PLUGIN_AUTHOR VARCHAR, PLUGIN_DESCRIPTION VARCHAR, "
     "PLUGIN_LICENSE VARCHAR, "
     "LOAD_OPTION VARCHAR"},
};

// Passwords stay out of reach: there is no column of hashes.
constexpr SystemView kMysqlViews[] = {
    {"user", R"(SELECT host AS "Host", user AS "User",
      CASE WHEN list_contains(held, 'Node_priv') THEN 'Y' ELSE 'N' END AS "Node_priv",
      CASE WHEN list_contains(held, 'Admin_priv') THEN 'Y' ELSE 'N' END AS "Admin_priv",
      CASE WHEN list_contains(held, 'Grant_priv') THEN 'Y' ELSE 'N' END AS "Grant_priv",
      CASE WHEN list_contains(held, 'Select_priv') THEN 'Y' ELSE 'N' END AS "Select_priv",
      CASE WHEN list_contains(held, 'Load_priv') THEN 'Y' ELSE 'N' END AS "Load_priv",
      CASE WHEN list_contains(held, 'Alter_priv') THEN 'Y' ELSE 'N' END AS "Alter_priv",
      CASE WHEN list_contains(held, 'Create_priv') THEN 'Y' ELSE 'N' END AS "Create_priv",
      CASE WHEN list_contains(held, 'Drop_priv') THEN 'Y' ELSE 'N' END AS "Drop_priv",
      CASE WHEN list_contains(held, 'Usage_priv') THEN 'Y' ELSE 'N' END AS "Usage_priv",
      CASE WHEN list_contains(held, 'Show_view_priv') THEN 'Y' ELSE 'N' END AS "Show_view_priv",
      'N' AS "Cluster_usage_priv", 'N' AS "Stage_usage_priv", '' AS "ssl_type", '' AS "ssl_cipher", '' AS "x509_issuer",
      '' AS "x509_subject", 0::BIGINT AS "max_questions", 0::BIGINT AS "max_updates", 0::BIGINT AS "max_connections",
      0::BIGINT AS "max_user_connections", plugin AS "plugin", '' AS "authentication_string",
      expiration_seconds AS "password_policy.expiration_seconds",
      password_creation_time AS "password_policy.password_creation_time", history_num AS "password_policy.history_num",
      '' AS "password_policy.history_passwords", num_failed_login AS "password_policy.num_failed_login",
      password_lock_seconds AS "password_policy.password_lock_seconds",
      failed_login_counter AS "password_policy.failed_login_counter", locked AS "account_locked"
      FROM (SELECT *, string_split(privileges, ',') AS held FROM system.doris.accounts()))"},
};
constexpr EmptyView kMysqlEmptyViews[] = {
    {"db",
     "Host VARCHAR, Db VARCHAR, User VARCHAR, Select_priv VARCHAR, Insert_priv VARCHAR, Update_priv VARCHAR, "
     "Delete_priv VARCHAR, "
     "Create_priv VARCHAR, Drop_priv VARCHAR, Grant_priv VARCHAR, Index_priv VARCHAR, Alter_priv VARCHAR, "
     "Create_view_priv VARCHAR, "
     "Show_view_priv VARCHAR"},
    {"columns_priv",
     "Host VARCHAR, Db VARCHAR, User VARCHAR, Table_name VARCHAR, Column_name VARCHAR, Timestamp TIMESTAMP, "
     "Column_priv VARCHAR"},
    {"procs_priv",
     "Host VARCHAR, Db VARCHAR, User VARCHAR, Routine_name VARCHAR, Routine_type VARCHAR, Grantor VARCHAR, "
     "Proc_priv VARCHAR, Timestamp TIMESTAMP"},
    {"tables_priv",
     "Host VARCHAR, Db VARCHAR, User VARCHAR, Table_name VARCHAR, Grantor VARCHAR, Timestamp TIMESTAMP, Table_priv "
     "VARCHAR, "
     "Column_priv VARCHAR"},
};

std::string empty_query(std::string_view columns) {
  std::string query = "SELECT ";
  while (!columns.empty()) {
    const size_t end = std::min(columns.find(", "), columns.size());
    const std::string_view column = columns.substr(0, end);
    const size_t space = column.find(' ');
    query.append("NULL::")
        .append(column.substr(space + 1))
        .append(" AS \"")
        .append(column.substr(0, space))
        .append("\"");
    columns.remove_prefix(std::min(end + 2, columns.size()));
    if (!columns.empty()) query += ", ";
  }
  return query + " WHERE FALSE";
}

class ViewMaker {
 public:
  ViewMaker(duckdb::ClientContext& context, const char* schema)
      : catalog_(duckdb::Catalog::GetSystemCatalog(context)),
        transaction_(duckdb::CatalogTransaction::GetSystemTransaction(*context.db)),
        schema_(schema) {
    duckdb::CreateSchemaInfo info;
    info.schema = schema_;
    info.internal = true;
    info.on_conflict = duckdb::OnCreateConflict::IGNORE_ON_CONFLICT;
    catalog_.CreateSchema(transaction_, info);
  }

  void add(const char* name, const std::string& query) {
    duckdb::CreateViewInfo info(kSystemCatalog, schema_, name);
    info.query = duckdb::CreateViewInfo::ParseSelect(query);
    info.internal = true;
    catalog_.CreateView(transaction_, info);
  }
  void add(const SystemView& view) { add(view.name, view.query); }
  void add(const EmptyView& view) { add(view.name, empty_query(view.columns)); }

 private:
  duckdb::Catalog& catalog_;
  duckdb::CatalogTransaction transaction_;
  const std::string schema_;
};

}  // namespace

void SystemRows::provide(Kind kind, Provider provider) {
  std::lock_guard lock(mutex_);
  providers_[static_cast<size_t>(kind)] = std::move(provider);
}

SystemRows::Rows SystemRows::rows(Kind kind) const {
  std::lock_guard lock(mutex_);
  const Provider& provider = providers_[static_cast<size_t>(kind)];
  return provider ? provider() : Rows();
}

Status create_system_views(duckdb::Connection& connection, std::shared_ptr<SystemRows> rows) {
  try {
    connection.context->RunFunctionInTransaction([&] {
      duckdb::ClientContext& context = *connection.context;
      create_system_functions(context, std::move(rows));
      ViewMaker information(context, kInformationSchema);
      for (const auto& view : kInformationViews) information.add(view);
      for (const auto& view : kInformationEmptyViews) information.add(view);
      ViewMaker mysql(context, kMysqlSchema);
      for (const auto& view : kMysqlViews) mysql.add(view);
      for (const auto& view : kMysqlEmptyViews) mysql.add(view);
    });
    return {};
  } catch (const std::exception& exception) {
    return fail(to_error(exception));
  }
}

}  // namespace sluice::kernel
