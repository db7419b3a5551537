// SPDX-License-Identifier: Apache-2.0
#include "kernel/server_functions.h"

#include "kernel/catalog_facts.h"
#include "kernel/foreign_catalogs.h"
#include "kernel/partitions.h"
#include "kernel/row_function.h"
#include "kernel/viewer.h"

namespace sluice::kernel {
namespace {

using duckdb::ClientContext;
using duckdb::LogicalType;
using duckdb::Value;
using Rows = SystemRows::Rows;
using Arguments = std::vector<std::string>;

const LogicalType kText = LogicalType::VARCHAR;
const LogicalType kNumber = LogicalType::BIGINT;
const LogicalType kSmall = LogicalType::INTEGER;
const LogicalType kFlag = LogicalType::BOOLEAN;

struct ServerFunction {
  using Asked = Arguments;
  static Arguments asked(const duckdb::vector<Value>& values) {
    Arguments arguments;
    for (const Value& value : values) arguments.push_back(value.IsNull() ? "" : value.ToString());
    return arguments;
  }

  const char* name;
  size_t argument_count;  // all VARCHAR
  std::vector<RowColumn> columns;
  void (*fill)(ClientContext& context, const SystemRows& source, const Arguments& arguments, Rows& rows);
};

Value text(std::string_view value) { return Value(std::string(value)); }

template <SystemRows::Kind kind>
void fill_provided(ClientContext&, const SystemRows& source, const Arguments&, Rows& rows) {
  rows = source.rows(kind);
}

// Those about tables that the client may know of.
template <SystemRows::Kind kind, size_t database_column, size_t name_column>
void fill_of_tables(ClientContext& context, const SystemRows& source, const Arguments&, Rows& rows) {
  rows = source.rows(kind);
  if (const auto viewer = viewer_of(context)) {
    std::erase_if(rows, [&](const auto& row) {
      return !viewer->sees_relation(row[database_column].ToString(), row[name_column].ToString());
    });
  }
}

// Provided rows begin with their database.
void fill_views(ClientContext& context, const SystemRows& source, const Arguments& arguments, Rows& rows) {
  if (!find_database(context, arguments[0])) throw duckdb::BinderException("Unknown database '%s'", arguments[0]);
  Rows all;
  fill_of_tables<SystemRows::Kind::kMaterializedViews, 0, 2>(context, source, arguments, all);
  for (auto& row : all) {
    if (row.front().ToString() != arguments[0]) continue;
    row.erase(row.begin());
    rows.push_back(std::move(row));
  }
}

void fill_catalogs(ClientContext&, const SystemRows&, const Arguments&, Rows& rows) {
  rows.push_back({Value::BIGINT(0), text("internal"), text("internal"), Value(kText), Value(kText)});
  for (int64_t id = 1; const auto& catalog : foreign_catalogs())
    rows.push_back({Value::BIGINT(id++), text(catalog.name), text(catalog.type), Value(kText), Value(kText)});
}

void fill_partitions(ClientContext& context, const SystemRows&, const Arguments& arguments, Rows& rows) {
  const auto table = describe_relation(context, arguments[0], arguments[1]);
  if (!table || table->view) throw duckdb::BinderException("Unknown table '%s' in '%s'", arguments[1], arguments[0]);
  const TableModel& model = table->model;
  std::string keys;
  for (const auto& column : model.partition_columns) keys += (keys.empty() ? "" : ", ") + column;
  const auto add = [&](int64_t id, const std::string& name, const std::string& range, const std::string& since) {
    rows.push_back({Value::BIGINT(id),
                    text(name),
                    Value::BIGINT(2),
                    text(since),
                    text("NORMAL"),
                    text(keys),
                    text(range),
                    text(model.distribution),
                    Value::INTEGER(1),
                    Value::INTEGER(1),
                    text("HDD"),
                    text("9999-12-31 15:59:59"),
                    text(""),
                    Value(kText),
                    text("0.000 "),
                    Value::BOOLEAN(false),
                    text("tag.location.default: 1"),
                    Value::BOOLEAN(true),
                    Value::BOOLEAN(true),
                    Value(kText)});
  };
  if (model.partitions.empty()) add(1, table->name, "", "");
  int64_t id = 0;
  for (const auto& partition : model.partitions) {
    const auto bound_text = [](const Bound& bound) {
      std::string list;
      for (const auto& value : bound) list += (list.empty() ? "" : ", ") + value.value_or("NULL");
      return list;
    };
    std::string range;
    if (model.partitioned == PartitionKind::kRange) {
      range = "[" + bound_text(partition.lower) + "; " + bound_text(partition.upper) + ")";
    } else {
      for (const auto& value : partition.values) range += (range.empty() ? "" : "; ") + bound_text(value);
    }
    if (!partition.temporary) add(++id, partition.name, range, partition.visible_since);
  }
}

// information_schema.PARTITIONS: the partitions of Doris' tables; those without are one that is called as they are.
void fill_catalog_partitions(ClientContext& context, const SystemRows&, const Arguments&, Rows& rows) {
  for (const std::string& database : list_databases(context)) {
    if (is_system_database(database)) continue;
    for (const RelationFacts& relation : describe_relations(context, database)) {
      const TableModel& model = relation.model;
      if (relation.view || model.keys == KeyModel::kNone) continue;
      const bool range = model.partitioned == PartitionKind::kRange;
      std::string expression;
      for (const auto& column : model.partition_columns) expression += (expression.empty() ? "" : ", ") + column;
      const auto add = [&](const std::string& name, int64_t place, const char* method, const std::string& bounds) {
        rows.push_back({text(database), text(relation.name), text(name), Value::BIGINT(place), text(method),
                        expression.empty() ? Value(kText) : text(expression),
                        bounds.empty() ? Value(kText) : text(bounds)});
      };
      if (model.partitioned == PartitionKind::kNone) add(relation.name, 1, "UNPARTITIONED", "");
      int64_t place = 0;
      for (const auto& partition : model.partitions) {
        if (partition.temporary) continue;
        add(partition.name, ++place, range ? "RANGE" : "LIST",
            partition_text(model, partition, relation.partition_types));
      }
    }
  }
}

const std::vector<ServerFunction>& server_functions() {
  static const std::vector<ServerFunction> functions{
      {"catalog_partitions",
       0,
       {{"database", kText},
        {"relation", kText},
        {"name", kText},
        {"place", kNumber},
        {"method", kText},
        {"expression", kText},
        {"description", kText}},
       fill_catalog_partitions},
      {"mv_infos",
       1,
       {{"Id", kNumber},
        {"Name", kText},
        {"JobName", kText},
        {"State", kText},
        {"SchemaChangeDetail", kText},
        {"RefreshState", kText},
        {"RefreshInfo", kText},
        {"QuerySql", kText},
        {"EnvInfo", kText},
        {"MvProperties", kText},
        {"MvPartitionInfo", kText},
        {"SyncWithBaseTables", kFlag}},
       fill_views},
      {"mv_jobs",
       0,
       {{"Id", kText},
        {"Name", kText},
        {"MvId", kText},
        {"MvName", kText},
        {"MvDatabaseId", kText},
        {"MvDatabaseName", kText},
        {"ExecuteType", kText},
        {"RecurringStrategy", kText},
        {"Status", kText},
        {"CreateTime", kText}},
       fill_of_tables<SystemRows::Kind::kViewJobs, 5, 3>},
      {"insert_jobs",
       0,
       {{"Id", kText},
        {"Name", kText},
        {"Definer", kText},
        {"ExecuteType", kText},
        {"RecurringStrategy", kText},
        {"Status", kText},
        {"ExecuteSql", kText},
        {"CreateTime", kText},
        {"SucceedTaskCount", kText},
        {"FailedTaskCount", kText},
        {"CanceledTaskCount", kText},
        {"Comment", kText}},
       fill_provided<SystemRows::Kind::kInsertJobs>},
      {"mv_tasks",
       0,
       {{"TaskId", kText},
        {"JobId", kText},
        {"JobName", kText},
        {"MvId", kText},
        {"MvName", kText},
        {"MvDatabaseId", kText},
        {"MvDatabaseName", kText},
        {"Status", kText},
        {"ErrorMsg", kText},
        {"CreateTime", kText},
        {"StartTime", kText},
        {"FinishTime", kText},
        {"DurationMs", kText},
        {"TaskContext", kText},
        {"RefreshMode", kText},
        {"NeedRefreshPartitions", kText},
        {"CompletedPartitions", kText},
        {"Progress", kText},
        {"LastQueryId", kText}},
       fill_of_tables<SystemRows::Kind::kViewTasks, 6, 4>},
      {"insert_tasks",
       0,
       {{"TaskId", kText},
        {"JobId", kText},
        {"JobName", kText},
        {"Label", kText},
        {"Status", kText},
        {"ErrorMsg", kText},
        {"CreateTime", kText},
        {"StartTime", kText},
        {"FinishTime", kText},
        {"TrackingUrl", kText},
        {"LoadStatistic", kText},
        {"User", kText}},
       fill_provided<SystemRows::Kind::kInsertTasks>},
      {"partitions",
       2,
       {{"PartitionId", kNumber},
        {"PartitionName", kText},
        {"VisibleVersion", kNumber},
        {"VisibleVersionTime", kText},
        {"State", kText},
        {"PartitionKey", kText},
        {"Range", kText},
        {"DistributionKey", kText},
        {"Buckets", kSmall},
        {"ReplicationNum", kSmall},
        {"StorageMedium", kText},
        {"CooldownTime", kText},
        {"RemoteStoragePolicy", kText},
        {"LastConsistencyCheckTime", kText},
        {"DataSize", kText},
        {"IsInMemory", kFlag},
        {"ReplicaAllocation", kText},
        {"IsMutable", kFlag},
        {"SyncWithBaseTables", kFlag},
        {"UnsyncTables", kText}},
       fill_partitions},
      {"catalogs",
       0,
       {{"CatalogId", kNumber}, {"CatalogName", kText}, {"CatalogType", kText}, {"Property", kText}, {"Value", kText}},
       fill_catalogs},
      {"frontends",
       0,
       {{"Name", kText},
        {"Host", kText},
        {"EditLogPort", kText},
        {"HttpPort", kText},
        {"QueryPort", kText},
        {"RpcPort", kText},
        {"ArrowFlightSqlPort", kText},
        {"Role", kText},
        {"IsMaster", kText},
        {"ClusterId", kText},
        {"Join", kText},
        {"Alive", kText},
        {"ReplayedJournalId", kText},
        {"LastStartTime", kText},
        {"LastHeartbeat", kText},
        {"IsHelper", kText},
        {"ErrMsg", kText},
        {"Version", kText},
        {"CurrentConnected", kText}},
       fill_provided<SystemRows::Kind::kFrontends>},
      {"backends",
       0,
       {{"BackendId", kNumber},
        {"Host", kText},
        {"HeartbeatPort", kNumber},
        {"BePort", kNumber},
        {"HttpPort", kNumber},
        {"BrpcPort", kNumber},
        {"ArrowFlightSqlPort", kNumber},
        {"LastStartTime", kText},
        {"LastHeartbeat", kText},
        {"Alive", kText},
        {"SystemDecommissioned", kText},
        {"TabletNum", kNumber},
        {"DataUsedCapacity", kText},
        {"TrashUsedCapacity", kText},
        {"AvailCapacity", kText},
        {"TotalCapacity", kText},
        {"UsedPct", kText},
        {"MaxDiskUsedPct", kText},
        {"RemoteUsedCapacity", kText},
        {"Tag", kText},
        {"ErrMsg", kText},
        {"Version", kText},
        {"Status", kText},
        {"HeartbeatFailureCounter", kNumber},
        {"NodeRole", kText},
        {"CpuCores", kNumber},
        {"Memory", kText}},
       fill_provided<SystemRows::Kind::kBackends>},
      {"frontends_disks",
       0,
       {{"Name", kText},
        {"Host", kText},
        {"DirType", kText},
        {"Dir", kText},
        {"FileSystem", kText},
        {"Capacity", kText},
        {"Used", kText},
        {"Available", kText},
        {"UseRate", kText},
        {"MountOn", kText}},
       fill_provided<SystemRows::Kind::kFrontendDisks>},
  };
  return functions;
}

}  // namespace

void create_server_functions(ClientContext& context, const std::shared_ptr<SystemRows>& rows) {
  using Frame = RowFunction<ServerFunction>;
  for (const ServerFunction& function : server_functions())
    Frame::create(context, Frame::make(function, function.argument_count, rows));
}

}  // namespace sluice::kernel
