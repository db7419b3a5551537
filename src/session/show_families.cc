// SPDX-License-Identifier: Apache-2.0
// The SHOW statements of Doris about storage, jobs and the cluster: their headers, and rows where this server has any.
#include <thread>

#include "base/sql_text.h"
#include "duckdb/common/types/decimal.hpp"
#include "functions/type_names.h"
#include "kernel/charsets.h"
#include "session/materialized_views.h"
#include "session/recycle_bin.h"
#include "session/schema_jobs.h"
#include "session/server_rows.h"
#include "session/show_rows.h"
#include "session/show_storage.h"

namespace sluice::session {
namespace {

using duckdb::StringUtil;

struct Header {
  std::string_view family;
  std::string_view columns;  // as table_of() takes them, with commas between
};

constexpr std::string_view kConfigColumns = "Key,Value,Type,IsMutable,MasterOnly,Comment";
constexpr std::string_view kAnalyzeColumns =
    "#job_id,catalog_name,db_name,tbl_name,col_name,job_type,analysis_type,message,last_exec_time_in_ms,state,progress,"
    "schedule_type,start_time,end_time,priority,enable_partition";
constexpr std::string_view kJobColumns =
    "Id,Name,Definer,ExecuteType,RecurringStrategy,Status,ExecuteSql,CreateTime,SucceedTaskCount,FailedTaskCount,"
    "CanceledTaskCount,Comment";
constexpr std::string_view kConvertColumns = "database,table,status";

constexpr Header kHeaders[] = {
    {"ALL PROPERTIES", "User,Properties"},
    {"ANALYZE", kAnalyzeColumns},
    {"ANALYZE TASK STATUS", "task_id,col_name,index_name,message,last_state_change_time,time_cost_in_ms,state"},
    {"AUTHORS", "Name,Location,Comment"},
    {"AUTO ANALYZE", kAnalyzeColumns},
    {"AUTO JOBS", "catalog_name,db_name,tbl_name,col_list,priority"},
    {"BACKEND CONFIG", "BackendId,Host,Key,Value,Type,IsMutable"},
    {"BACKUP",
     "JobId,SnapshotName,DbName,State,BackupObjs,CreateTime,SnapshotFinishedTime,UploadFinishedTime,"
     "FinishedTime,UnfinishedTasks,Progress,TaskErrMsg,Status,Timeout"},
    {"BROKER", "Name,Host,Port,Alive,LastStartTime,LastUpdateTime,ErrMsg"},
    {"BUILD INDEX",
     "JobId,TableName,PartitionName,AlterInvertedIndexes,CreateTime,FinishTime,TransactionId,State,Msg,"
     "Progress"},
    {"CACHE HOTSPOT", "ComputeGroupId,ComputeGroupName,TableId,TableName"},
    {"CATALOG", "Key,Value"},
    {"CATALOG RECYCLE BIN", "Type,Name,DbId,TableId,PartitionId,DropTime,DataSize,RemoteDataSize"},
    {"CLUSTERS", "cluster,is_current,users,backend_num"},
    {"COLUMN CACHED STATS",
     "column_name,index_name,count,ndv,num_null,data_size,avg_size_byte,min,max,method,type,"
     "trigger,query_times,updated_time,update_rows,last_analyze_row_count"},
    {"COLUMN HISTOGRAM", "column_name,data_type,sample_rate,num_buckets,buckets"},
    {"COLUMN STATS",
     "column_name,index_name,count,ndv,num_null,data_size,avg_size_byte,min,max,method,type,trigger,"
     "query_times,updated_time,update_rows,last_analyze_row_count"},
    {"COMPUTE GROUPS", "cluster,is_current,users,backend_num"},
    {"CONSTRAINTS", "Name,Type,Definition"},
    {"CONVERT_LIGHT_SCHEMA_CHANGE_PROCESS", kConvertColumns},
    {"CONVERT_LSC", kConvertColumns},
    {"COPY", "Id,Copy Id,Label,State,Type,FileNum,LoadedRows,ErrMsg,CreateTime,FinishTime"},
    {"CREATE CATALOG", "Catalog,CreateCatalog"},
    {"CREATE LOAD", "JobId,CreateStmt"},
    {"CREATE REPOSITORY", "RepoName,CreateStmt"},
    {"CREATE ROUTINE LOAD", "JobId,JobName,CreateStmt"},
    {"DATA SKEW", "PartitionName,BucketIdx,AvgRowCount,AvgDataSize,Graph,Percent"},
    {"DATA TYPES", "TypeName,Size"},
    {"DATABASE", "DbName"},
    {"DATABASE ID", "DbName"},
    {"DELETE", "TableName,PartitionName,CreateTime,DeleteCondition,State"},
    {"DYNAMIC PARTITION TABLES",
     "TableName,Enable,TimeUnit,Start,End,Prefix,Buckets,ReplicationNum,ReplicaAllocation,StartOf,LastUpdateTime,"
     "LastSchedulerTime,State,LastCreatePartitionMsg,LastDropPartitionMsg,ReservedHistoryPeriods"},
    {"ENCRYPTKEYS", "EncryptKey Name,EncryptKey String"},
    {"EXPORT", "JobId,Label,State,Progress,TaskInfo,Path,CreateTime,StartTime,FinishTime,Timeout,ErrorMsg,OutfileInfo"},
    {"FILE", "#Id,DbName,Catalog,FileName,#FileSize,IsContent,MD5"},
    {"FRONTEND CONFIG", kConfigColumns},
    {"INDEX STATS", "table_name,index_name,analyze_row_count,update_rows"},
    {"JOB TASKS",
     "TaskId,JobId,JobName,Label,Status,ErrorMsg,CreateTime,StartTime,FinishTime,TrackingUrl,"
     "LoadStatistic,User"},
    {"JOBS", kJobColumns},
    {"LAST INSERT", "TransactionId,Label,Database,Table,TransactionStatus,#LoadedRows,#FilteredRows"},
    {"LOAD",
     "JobId,Label,State,Progress,Type,EtlInfo,TaskInfo,ErrorMsg,CreateTime,EtlStartTime,EtlFinishTime,"
     "LoadStartTime,LoadFinishTime,URL,JobDetails,TransactionId,ErrorTablets,User,Comment"},
    {"LOAD WARNINGS", "JobId,Label,ErrorMsgDetail"},
    {"PARTITION", "DbName,TableName,PartitionName,DbId,TableId"},
    {"PARTITION ID", "DbName,TableName,PartitionName,DbId,TableId"},
    {"POLICY", "PolicyName,CatalogName,DbName,TableName,Type,FilterType,WherePredicate,User,Role,OriginStmt"},
    {"PROPERTY", "Key,Value"},
    {"QUERY STATS", "TableName,#QueryCount"},
    {"QUEUED ANALYZE JOBS", "catalog_name,db_name,tbl_name,col_list,priority"},
    {"REPLICA DISTRIBUTION",
     "BackendId,ReplicaNum,ReplicaSize,NumGraph,NumPercent,SizeGraph,SizePercent,"
     "CloudClusterName,CloudClusterId"},
    {"REPLICA STATUS",
     "TabletId,ReplicaId,BackendId,Version,LastFailedVersion,LastSuccessVersion,CommittedVersion,"
     "SchemaHash,VersionNum,IsBad,IsUserDrop,State,Status"},
    {"REPOSITORIES", "RepoId,RepoName,CreateTime,IsReadOnly,Location,Broker,Type,ErrMsg"},
    {"RESOURCES", "Name,ResourceType,Item,Value"},
    {"RESTORE",
     "JobId,Label,Timestamp,DbName,State,AllowLoad,ReplicationNum,ReplicaAllocation,ReserveReplica,"
     "ReserveDynamicPartitionEnable,RestoreObjs,CreateTime,MetaPreparedTime,SnapshotFinishedTime,"
     "DownloadFinishedTime,FinishedTime,UnfinishedTasks,Progress,TaskErrMsg,Status,Timeout"},
    {"ROLES",
     "Name,Comment,Users,GlobalPrivs,CatalogPrivs,DatabasePrivs,TablePrivs,ResourcePrivs,CloudClusterPrivs,"
     "CloudStagePrivs,StorageVaultPrivs,WorkloadGroupPrivs,ComputeGroupPrivs"},
    {"ROUTINE LOAD",
     "Id,Name,CreateTime,PauseTime,EndTime,DbName,TableName,IsMultiTable,State,DataSourceType,"
     "CurrentTaskNum,JobProperties,DataSourceProperties,CustomProperties,Statistic,Progress,Lag,"
     "ReasonOfStateChanged,ErrorLogUrls,OtherMsg,User,Comment"},
    {"ROUTINE LOAD TASK", "TaskId,TxnId,TxnStatus,JobId,CreateTime,ExecuteStartTime,Timeout,BeId,DataSourceProperties"},
    {"SNAPSHOT", "Snapshot,Timestamp,Status"},
    {"SQL_BLOCK_RULE", "Name,Sql,SqlHash,PartitionNum,TabletNum,Cardinality,Global,Enable"},
    {"STAGES",
     "StageName,StageId,Endpoint,Region,Bucket,Prefix,AK,SK,Provider,DefaultProperties,Comment,CreateTime,"
     "AccessType,RoleName,Arn"},
    {"STORAGE POLICY", "PolicyName,Id,Version,Type,StorageResource,CooldownDatetime,CooldownTtl"},
    {"STORAGE POLICY USING", "PolicyName,Database,Table,Partitions"},
    {"STORAGE VAULT", "StorageVaultName,StorageVaultId,Propeties,IsDefault"},
    {"STORAGE VAULTS", "StorageVaultName,StorageVaultId,Propeties,IsDefault"},
    {"STREAM LOAD",
     "Label,Db,Table,ClientIp,Status,Message,Url,TotalRows,LoadedRows,FilteredRows,UnselectedRows,"
     "LoadBytes,StartTime,FinishTime,User,Comment"},
    {"SYNC JOB",
     "JobId,JobName,Type,State,Channel,Status,JobConfig,CreateTime,LastStartTime,LastStopTime,FinishTime,"
     "Msg"},
    {"TABLE CREATION", "Database,Table,Status,Create Time,Error Msg"},
    {"TABLE ID", "DbName,TableName,DbId"},
    {"TABLE STATS",
     "#updated_rows,#query_times,#row_count,updated_time,columns,trigger,new_partition,user_inject,"
     "enable_auto_analyze"},
    {"TABLET",
     "DbName,TableName,PartitionName,IndexName,DbId,TableId,PartitionId,IndexId,IsSync,Order,QueryHits,"
     "DetailCmd"},
    {"TABLET DIAGNOSIS", "Item,Info,Suggestion"},
    {"TABLET STORAGE FORMAT", "BackendId,V1Count,V2Count"},
    {"TABLETS",
     "#TabletId,#ReplicaId,#BackendId,#SchemaHash,#Version,#LstSuccessVersion,#LstFailedVersion,"
     "LstFailedTime,#LocalDataSize,#RemoteDataSize,#RowCount,State,LstConsistencyCheckTime,#CheckVersion,"
     "#VisibleVersionCount,#VersionCount,#QueryHits,#PathHash,Path,MetaUrl,CompactionStatus,"
     "#CooldownReplicaId,CooldownMetaId"},
    {"TABLETS BELONG", "DbName,TableName,TableSize,PartitionNum,BucketNum,ReplicaCount,TabletIds"},
    {"TRANSACTION",
     "TransactionId,Label,Coordinator,TransactionStatus,LoadJobSourceType,PrepareTime,PreCommitTime,"
     "CommitTime,PublishTime,FinishTime,Reason,ErrorReplicasCount,ListenerId,TimeoutMs,ErrMsg"},
    {"TRASH", "BackendId,Backend,TrashUsedCapacity"},
    {"TYPECAST", "Origin Type,Cast Type"},
    {"TYPE_CAST", "Origin Type,Cast Type"},
    {"VIEW", "View,Create View"},
    {"VIEWS", "View"},
    {"WARM UP JOB", "JobId,ComputeGroup,Status,Type,CreateTime,FinishBatch,AllBatch,FinishTime,ErrMsg"},
    {"WHITELIST", "user_name,white_list"},
    {"WORKLOAD GROUPS",
     "Id,Name,cpu_share,memory_limit,enable_memory_overcommit,max_concurrency,max_queue_size,"
     "queue_timeout,cpu_hard_limit,scan_thread_num,max_remote_scan_thread_num,"
     "min_remote_scan_thread_num,memory_low_watermark,memory_high_watermark,tag,"
     "read_bytes_per_second,remote_read_bytes_per_second,running_query_num,waiting_query_num"},
    {"WORKLOAD POLICY", "Id,Name,Condition,Action,Priority,Enabled,Version,WorkloadGroup"},
};

// SHOW VIEW FROM t: the views that read it.
Result<Table> show_views_of(const dialect::ShowStatement& show, ShowContext& context, Table table) {
  const auto relation = TRY(relation_of(show.object, context));
  for (const auto& view : TRY(tables_of(relation.database, context))) {
    if (!view.view) continue;
    const std::string definition = StringUtil::Lower(view.definition);
    const std::string wanted = StringUtil::Lower(relation.name);
    for (size_t at = definition.find(wanted); at != std::string::npos; at = definition.find(wanted, at + 1)) {
      const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
      const bool begins = at == 0 || !is_part(definition[at - 1]);
      const size_t end = at + wanted.size();
      if (!begins || (end < definition.size() && is_part(definition[end]))) continue;
      table.rows.push_back({text(view.name), text("CREATE VIEW " + quoted_name(view.name) + " AS " + view.definition)});
      break;
    }
  }
  return table;
}

Result<Table> show_names_of_views(const dialect::ShowStatement& show, ShowContext& context) {
  const std::string database = TRY(database_of(show.object, context));
  Table table = table_of({"Tables_in_" + database});
  for (const auto& relation : TRY(tables_of(database, context))) {
    if (relation.view) table.rows.push_back({text(relation.name)});
  }
  return table;
}

Result<Table> show_constraints(const dialect::ShowStatement& show, ShowContext& context, Table table) {
  const auto relation = TRY(relation_of(show.object, context));
  for (const auto& note : relation.model.notes) {
    if (note.kind != "constraint") continue;
    const std::string type = note.text.substr(0, note.text.find(" ("));
    table.rows.push_back({text(note.name), text(type), text(note.text)});
  }
  return table;
}

Result<Table> show_create_materialized_view(const dialect::ShowStatement& show, ShowContext& context) {
  if (!show.object.name.empty()) {
    const auto relation = TRY(relation_of(show.object, context));
    const std::string* query = relation.model.note("mv", show.words);
    Table table = with_header("TableName,ViewName,CreateStmt");
    if (query) {
      table.rows.push_back({text(relation.name), text(show.words),
                            text("CREATE MATERIALIZED VIEW " + quoted_name(show.words) + " AS " + *query)});
    }
    return table;
  }
  const auto relation = TRY(relation_of({{}, show.object.database, show.words}, context));
  if (!relation.model.is_materialized_view())
    return fail(ddl_error("Table[" + relation.name + "] is not MATERIALIZED_VIEW"));
  Table table = with_header("Materialized View,Create Materialized View");
  table.rows.push_back({text(relation.name), text(create_materialized_view_text(relation))});
  return table;
}

// Which types the kernel casts to which without being asked.
Table show_type_casts(Table table) {
  static constexpr const char* kOrder[] = {"TINYINT", "SMALLINT", "INT", "BIGINT", "LARGEINT", "FLOAT", "DOUBLE"};
  for (size_t from = 0; from < std::size(kOrder); ++from) {
    for (size_t to = from + 1; to < std::size(kOrder); ++to)
      table.rows.push_back({text(kOrder[from]), text(kOrder[to])});
    table.rows.push_back({text(kOrder[from]), text("VARCHAR")});
  }
  table.rows.push_back({text("DATE"), text("DATETIME")});
  table.rows.push_back({text("DATE"), text("VARCHAR")});
  table.rows.push_back({text("DATETIME"), text("VARCHAR")});
  table.rows.push_back({text("DECIMALV3"), text("VARCHAR")});
  return table;
}

Table show_data_types(Table table) {
  // The bytes of a value in Doris' memory.
  static constexpr std::pair<const char*, int> kTypes[] = {
      {"AGG_STATE", 16}, {"ARRAY", 32},     {"BIGINT", 8},      {"BITMAP", 16},
      {"BOOLEAN", 1},    {"CHAR", 16},      {"DATE", 16},       {"DATETIME", 16},
      {"DATETIMEV2", 8}, {"DATEV2", 4},     {"DECIMAL128", 16}, {"DECIMAL32", 4},
      {"DECIMAL64", 8},  {"DECIMALV2", 16}, {"DOUBLE", 8},      {"FLOAT", 4},
      {"HLL", 16},       {"INT", 4},        {"IPV4", 4},        {"IPV6", 16},
      {"JSON", 16},      {"LARGEINT", 16},  {"MAP", 24},        {"QUANTILE_STATE", 16},
      {"SMALLINT", 2},   {"STRING", 16},    {"TINYINT", 1},     {"VARCHAR", 16}};
  for (const auto& [name, size] : kTypes) table.rows.push_back({text(name), text(std::to_string(size))});
  return table;
}

Table show_workload_groups(Table table) {
  auto& row = table.rows.emplace_back();
  row = {text("1"), text("normal"), text("1024"), text("-1")};
  for (const char* value :
       {"true", "2147483647", "0", "0", "-1", "-1", "-1", "-1", "50%", "80%", "", "-1", "-1", "0", "0"})
    row.push_back(text(value));
  return table;
}

Result<Table> show_recycle_bin(ShowContext& context, Table table) {
  const auto entries = TRY(list_bin(context.kernel));
  for (const BinEntry& entry : entries) {
    const std::string id = std::to_string(entry.id);
    table.rows.push_back({text(entry.partition ? "Partition" : "Table"),
                          text(entry.partition ? entry.name : entry.table), text(""), text(entry.partition ? "" : id),
                          text(entry.partition ? id : ""), text(entry.dropped_at), text("0.000 "), text("0.000 ")});
  }
  // Doris' last row sums it up.
  table.rows.push_back({text("Total"), text(std::to_string(entries.size())), text(""), text(""), text(""), text(""),
                        text("0.000"), text("0.000")});
  return table;
}

Result<Table> show_exports(const dialect::ShowStatement& show, ShowContext& context, Table table) {
  const std::string database = TRY(database_of(show.object, context));
  for (const ExportJob& job : context.services.exports.list(database)) {
    if (!context.rights.sees({kernel::kInternalCatalog, job.database, job.table})) continue;
    const std::string began = time_text(job.began);
    table.rows.push_back({text(std::to_string(job.id)), text(job.label),
                          text(job.error.empty() ? "FINISHED" : "CANCELLED"), text(job.error.empty() ? "100%" : "0%"),
                          text(job.task_info), text(job.path), text(began), text(began), text(time_text(job.ended)),
                          text("7200"), job.error.empty() ? no_text() : text(job.error),
                          job.error.empty() ? text(job.files) : no_text()});
  }
  return table;
}

Result<Table> show_loads(const dialect::ShowStatement& show, ShowContext& context, Table table) {
  const std::string database = TRY(database_of(show.object, context));
  for (const InsertLoad& load : context.services.insert_loads.list(database)) {
    if (!context.rights.sees({kernel::kInternalCatalog, load.database, load.table})) continue;
    const bool done = load.error.empty();
    const std::string began = time_text(load.began), ended = time_text(load.ended);
    const std::string rows = std::to_string(load.rows);
    table.rows.push_back({text(std::to_string(load.id)), text(load.label), text(done ? "FINISHED" : "CANCELLED"),
                          text(done ? "100.00% (1/1)" : "Unknown id: " + std::to_string(load.id)), text(load.type),
                          text("NULL"), text("cluster:N/A; timeout(s):14400; max_filter_ratio:0.0; priority:NORMAL"),
                          done ? no_text() : text("type:LOAD_RUN_FAIL; msg:" + load.error), text(began), text(began),
                          text(began), text(began), text(ended), text(""),
                          text("{\"ScannedRows\":" + rows + ",\"LoadBytes\":0,\"FileNumber\":0,\"FileSize\":0}"),
                          text(std::to_string(load.txn_id)), text("{}"), text(load.user), text("")});
  }
  return table;
}

Table show_config(ShowContext& context, Table table) {
  for (const VariableRow& row : context.services.variables.list()) {
    table.rows.push_back({text(row.name), text(row.value), text("String"), text("true"), text("false"), text("")});
  }
  return table;
}

// SHOW PROC '/path': directories of Doris' frontend; those that other statements answer as well.
Result<Table> show_proc(const dialect::ShowStatement& show, ShowContext& context) {
  std::string path = show.words;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  if (path == "/backends") return backend_table(context.services);
  if (path == "/frontends") return frontend_table(context.services);
  if (path == "/dbs") {
    Table table = with_header("DbId,DbName,TableNum,Size,Quota,LastConsistencyCheckTime,ReplicaCount,ReplicaQuota");
    TRY(context.kernel.with_context([&](duckdb::ClientContext& kernel) -> Status {
      int64_t id = 10000;
      for (const std::string& name : kernel::list_databases(kernel)) {
        const auto tables = kernel::list_relations(kernel, name).size();
        table.rows.push_back({text(std::to_string(++id)), text(name), text(std::to_string(tables)), text("0.000 "),
                              text("8192.000 PB"), no_text(), text(std::to_string(tables)), text("1073741824")});
      }
      return {};
    }));
    return table;
  }
  Table table = with_header("name");
  if (path == "/" || path.empty()) {
    for (const char* name : {"backends", "dbs", "frontends"}) table.rows.push_back({text(name)});
    return table;
  }
  return fail(ddl_error("Proc path '" + path + "' doesn't exist"));
}

// Objects that a statement names and that are never there.
Result<Table> show_missing(const dialect::ShowStatement& show) {
  return fail(ddl_error("there is no such " + StringUtil::Lower(show.family.substr(show.family.find(' ') + 1)) + ": " +
                        show.words));
}

}  // namespace

Result<Table> show_family(const dialect::ShowStatement& show, ShowContext& context) {
  const std::string& family = show.family;
  if (family == "DATA") return show_data(show, context);
  if (family == "BACKENDS") return backend_table(context.services);
  if (family == "FRONTENDS") return frontend_table(context.services);
  if (family == "FRONTENDS DISKS") return disk_table(context.services);
  if (family == "PROC") return show_proc(show, context);
  if (family == "QUERY PROFILE" || family == "LOAD PROFILE") return show_profiles(show, context);
  if (family == "VIEWS") return show_names_of_views(show, context);
  if (family == "CREATE MATERIALIZED VIEW") return show_create_materialized_view(show, context);
  if (family == "BUILTIN FUNCTIONS") return builtin_functions();
  if (family == "CREATE FUNCTION" || family == "CREATE GLOBAL FUNCTION") return show_create_function(show, context);
  auto header = std::ranges::find(kHeaders, std::string_view(family), &Header::family);
  if (header == std::end(kHeaders))
    return fail(sql_error(Code::kUnsupported, 1235, "This version of the server does not support SHOW " + family));
  Table table = with_header(header->columns);
  if (family == "TABLETS") return show_tablets(show, context, std::move(table));
  if (family == "TABLE STATS") return show_table_stats(show, context, std::move(table));
  if (family == "COLUMN STATS" || family == "COLUMN CACHED STATS" || family == "COLUMN HISTOGRAM")
    return show_column_stats(show, context, std::move(table));
  if (family == "VIEW") return show_views_of(show, context, std::move(table));
  if (family == "CONSTRAINTS") return show_constraints(show, context, std::move(table));
  if (family == "TYPECAST" || family == "TYPE_CAST") return show_type_casts(std::move(table));
  if (family == "DATA TYPES") return show_data_types(std::move(table));
  if (family == "ROLES") return show_roles(context);
  if (family == "SQL_BLOCK_RULE") return show_block_rules(show, context, std::move(table));
  if (family == "PROPERTY" || family == "ALL PROPERTIES") return show_user_properties(show, context, std::move(table));
  if (family == "WORKLOAD GROUPS") return show_workload_groups(std::move(table));
  if (family == "LOAD") return show_loads(show, context, std::move(table));
  if (family == "EXPORT") return show_exports(show, context, std::move(table));
  if (family == "DYNAMIC PARTITION TABLES")
    return show_dynamic_partitions(TRY(database_of(show.object, context)), context, std::move(table));
  if (family == "CATALOG RECYCLE BIN") return show_recycle_bin(context, std::move(table));
  if (family == "FRONTEND CONFIG") return show_config(context, std::move(table));
  if (family == "CATALOG") {
    if (!StringUtil::CIEquals(show.words, kernel::kInternalCatalog))
      return fail(sql_error(Code::kNotFound, 5085, "Unknown catalog '" + show.words + "'"));
    table.rows.push_back({text("type"), text("internal")});
    return table;
  }
  if (family.starts_with("CREATE ") && !show.words.empty()) return show_missing(show);
  // Kinds that name a table which must be there.
  if (family == "DATA SKEW" || family == "REPLICA STATUS" || family == "REPLICA DISTRIBUTION" ||
      family == "INDEX STATS") {
    TRY(relation_of(show.object, context));
  }
  return table;
}

Result<Table> show_alter_jobs(const dialect::ShowStatement& show, ShowContext& context) {
  const std::string database = TRY(database_of(show.object, context));
  const bool columns = show.family == "COLUMN";
  const auto kind = columns                   ? SchemaJob::Kind::kColumn
                    : show.family == "ROLLUP" ? SchemaJob::Kind::kRollup
                                              : SchemaJob::Kind::kMaterializedView;
  Table table = columns ? with_header(
                              "#JobId,TableName,CreateTime,FinishTime,IndexName,#IndexId,#OriginIndexId,"
                              "SchemaVersion,#TransactionId,State,Msg,Progress,#Timeout")
                        : with_header(
                              "#JobId,TableName,CreateTime,FinishTime,BaseIndexName,RollupIndexName,#RollupId,"
                              "#TransactionId,State,Msg,Progress,#Timeout");
  constexpr int64_t kTimeout = 2592000;
  for (const SchemaJob& job : context.services.schema_jobs.list(kind, database)) {
    const auto id = static_cast<int64_t>(job.id);
    auto& row = table.rows.emplace_back();
    row = {number(id), text(job.table), text(time_text(job.began)), text(time_text(job.ended))};
    if (columns) {
      row.insert(row.end(), {text(job.index), number(id), number(id), text("1:0"), number(id)});
    } else {
      row.insert(row.end(), {text(job.table), text(job.index), number(id), number(id)});
    }
    row.insert(row.end(), {text("FINISHED"), text(""), no_text(), number(kTimeout)});
  }
  return table;
}

}  // namespace sluice::session
