// SPDX-License-Identifier: Apache-2.0
#include "session/show.h"

#include "session/show_rows.h"

namespace sluice::session {
namespace {

using What = dialect::ShowStatement::What;

// What this server has none of: the headers alone.
Result<Table> show_nothing(What what) {
  switch (what) {
    case What::kTriggers:
      return table_of({"Trigger", "Event", "Table", "Statement", "Timing", "Created", "sql_mode", "Definer",
                       "character_set_client", "collation_connection", "Database Collation"});
    case What::kEvents:
      return table_of({"Db", "Name", "Definer", "Time zone", "Type", "Execute at", "Interval value", "Interval field",
                       "Starts", "Ends", "Status", "#Originator", "character_set_client", "collation_connection",
                       "Database Collation"});
    case What::kProcedureStatus:
    case What::kFunctionStatus:
      return table_of({"Db", "Name", "Type", "Definer", "Modified", "Created", "Security_type", "Comment",
                       "character_set_client", "collation_connection", "Database Collation"});
    case What::kOpenTables:
      return table_of({"Database", "Table", "#In_use", "#Name_locked"});
    default:
      return table_of({"File", "#Position", "Binlog_Do_DB", "Binlog_Ignore_DB", "Executed_Gtid_Set"});
  }
}

Result<Table> unfiltered(const dialect::ShowStatement& show, ShowContext& context) {
  switch (show.what) {
    case What::kDatabases:
      return show_databases(show, context);
    case What::kTables:
      return show_tables(show, context);
    case What::kTableStatus:
      return show_table_status(show, context);
    case What::kColumns:
      return show_columns(show, context);
    case What::kIndex:
      return show_index(show, context);
    case What::kPartitions:
      return show_partitions(show, context);
    case What::kCreateTable:
      return show_create_table(show, context);
    case What::kCreateView:
      return show_create_view(show, context);
    case What::kCreateDatabase:
      return show_create_database(show, context);
    case What::kVariables:
      return show_variables(show, context);
    case What::kStatus:
      return show_status(context);
    case What::kEngines:
      return show_engines();
    case What::kCharset:
      return show_charsets();
    case What::kCollation:
      return show_collations();
    case What::kWarnings:
      return show_warnings(false, context);
    case What::kErrors:
      return show_warnings(true, context);
    case What::kCountWarnings:
      return count_warnings(false, context);
    case What::kCountErrors:
      return count_warnings(true, context);
    case What::kPlugins:
      return show_plugins();
    case What::kPrivileges:
      return show_privileges();
    case What::kGrants:
      return show_grants(show, context);
    case What::kProcesslist:
      return show_processlist(show, context);
    case What::kCatalogs:
      return show_catalogs(context);
    case What::kCreateUser:
      return show_create_user(show, context);
    case What::kRowPolicies:
      return show_row_policies(show, context);
    case What::kAlterJobs:
      return show_alter_jobs(show, context);
    case What::kAllIndexes:
      return show_all_indexes(show, context);
    case What::kFunctionType:
      return show_function_type(show, context);
    case What::kFunctions:
      return show_functions(show, context);
    case What::kFamily:
      return show_family(show, context);
    case What::kTriggers:
    case What::kEvents:
    case What::kProcedureStatus:
    case What::kFunctionStatus:
    case What::kOpenTables:
    case What::kMasterStatus:
      return show_nothing(show.what);
    case What::kOther:
      break;
  }
  return fail(
      sql_error(Code::kUnsupported, 1235, "This version of the server doesn't yet support 'SHOW " + show.words + "'"));
}

// The column that LIKE looks at.
size_t like_column(What what) {
  switch (what) {
    case What::kTriggers:
      return 2;  // the table
    case What::kEvents:
    case What::kProcedureStatus:
    case What::kFunctionStatus:
    case What::kOpenTables:
    case What::kCatalogs:
      return 1;
    default:
      return 0;
  }
}

}  // namespace

Result<Table> answer_show(const dialect::ShowStatement& show, ShowContext& context) {
  Table table = TRY(unfiltered(show, context));
  // Doris filters jobs by names of its own (id, label), not by columns of the answer; without rows there is nothing to
  // do.
  if (show.what == What::kFamily && table.rows.empty()) return table;
  TRY(filter(show, like_column(show.what), table, context));
  return table;
}

}  // namespace sluice::session
