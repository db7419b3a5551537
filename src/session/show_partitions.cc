// SPDX-License-Identifier: Apache-2.0
// SHOW PARTITIONS FROM t: the partitions of the table's model; those of AUTO partitions are the ones that have rows.
#include "duckdb/common/string_util.hpp"
#include "kernel/partitions.h"
#include "session/load_store.h"
#include "session/show_rows.h"

namespace sluice::session {
namespace {

std::string types_text(const std::vector<duckdb::LogicalType>& types, const kernel::Bound& bound,
                       const std::string& missing) {
  std::string names, keys;
  for (size_t i = 0; i < types.size(); ++i) {
    const bool there = i < bound.size() && bound[i];
    const std::string name = types[i].id() == duckdb::LogicalTypeId::DATE        ? "DATEV2"
                             : types[i].id() == duckdb::LogicalTypeId::TIMESTAMP ? "DATETIMEV2"
                             : types[i].id() == duckdb::LogicalTypeId::INTEGER   ? "INT"
                                                                                 : types[i].ToString();
    names += (i > 0 ? ", " : "") + name;
    keys += (i > 0 ? ", " : "") + (there ? *bound[i] : missing);
  }
  return "[types: [" + names + "]; keys: [" + keys + "]; ";
}

std::string range_text(const kernel::RelationFacts& relation, const kernel::Partition& partition) {
  const auto& types = relation.partition_types;
  if (relation.model.partitioned == kernel::PartitionKind::kList) {
    std::string text;
    for (const auto& tuple : partition.values) text += types_text(types, tuple, "NULL") + "]; ";
    return text.substr(0, text.size() - 2);
  }
  const std::string lower = kernel::partition_text(relation.model, partition, types);
  kernel::Bound least = partition.lower;
  // The least value as SHOW CREATE TABLE has it: ["x", ..
  if (least.empty() || !least[0]) {
    const size_t first = lower.find('"');
    const size_t last = lower.find('"', first + 1);
    if (first != std::string::npos && last != std::string::npos) least = {lower.substr(first + 1, last - first - 1)};
  }
  return types_text(types, least, "MIN") + ".." + types_text(types, partition.upper, "MAXVALUE") + ")";
}

std::vector<duckdb::Value> row_of(const kernel::RelationFacts& relation, const kernel::Partition& partition,
                                  size_t number_of, const std::string& range) {
  const auto& model = relation.model;
  std::string columns, distribution, buckets = "1";
  for (const auto& column : model.partition_columns) columns += (columns.empty() ? "" : ", ") + column;
  const size_t at = model.distribution.find(" BUCKETS ");
  if (at != std::string::npos) {
    distribution = model.distribution.substr(0, at);
    buckets = model.distribution.substr(at + 9);
  }
  if (distribution.starts_with("HASH(")) {
    distribution = distribution.substr(5, distribution.size() - 6);
    std::erase(distribution, '`');
  }
  const std::string* replicas = model.property("replication_num");
  const std::string count = replicas ? *replicas : "1";
  const std::string medium = model.property("storage_medium") ? *model.property("storage_medium") : "HDD";
  return {number(static_cast<int64_t>(number_of)),
          text(partition.name),
          number(1),
          text(partition.visible_since),
          text("NORMAL"),
          text(columns),
          text(range),
          text(distribution),
          text(buckets),
          text(count),
          text(duckdb::StringUtil::Upper(medium)),
          text("9999-12-31 23:59:59"),
          text(""),
          no_text(),
          text("0.000 "),
          text("false"),
          text("tag.location.default: " + count),
          text("true"),
          text("true"),
          no_text()};
}

}  // namespace

Result<Table> show_partitions(const dialect::ShowStatement& show, ShowContext& context) {
  const kernel::RelationFacts relation = TRY(relation_of(show.object, context));
  Table table = table_of({"#PartitionId",
                          "PartitionName",
                          "#VisibleVersion",
                          "VisibleVersionTime",
                          "State",
                          "PartitionKey",
                          "Range",
                          "DistributionKey",
                          "Buckets",
                          "ReplicationNum",
                          "StorageMedium",
                          "CooldownTime",
                          "RemoteStoragePolicy",
                          "LastConsistencyCheckTime",
                          "DataSize",
                          "IsInMemory",
                          "ReplicaAllocation",
                          "IsMutable",
                          "SyncWithBaseTables",
                          "UnsyncTables"});
  if (relation.view)
    return fail(
        sql_error(Code::kInvalidArgument, 1347, "'" + relation.database + "." + relation.name + "' is not BASE TABLE"));
  size_t number_of = 10000;
  if (relation.model.partitioned == kernel::PartitionKind::kNone) {
    kernel::Partition whole;
    whole.name = relation.name;
    if (!show.full) table.rows.push_back(row_of(relation, whole, ++number_of, ""));
    return table;
  }
  for (const auto& partition : relation.model.partitions) {
    if (partition.temporary != show.full) continue;
    table.rows.push_back(row_of(relation, partition, ++number_of, range_text(relation, partition)));
  }
  if (!relation.model.auto_partitions || show.full) return table;
  const kernel::SchemaName schema = kernel::kernel_schema(relation.database);
  auto from = duckdb::make_uniq<duckdb::BaseTableRef>();
  from->catalog_name = schema.catalog;
  from->schema_name = schema.schema;
  from->table_name = relation.name;
  auto select = duckdb::make_uniq<duckdb::SelectNode>();
  select->select_list.push_back(kernel::auto_partition_name(relation.model, relation.partition_types, ""));
  select->from_table = std::move(from);
  // Rows of partitions that are listed belong to those.
  std::vector<std::string> listed;
  for (const auto& partition : relation.model.partitions) {
    if (!partition.temporary) listed.push_back(partition.name);
  }
  if (!listed.empty()) {
    auto others = kernel::in_partitions(relation.model, listed, false, relation.partition_types, "");
    duckdb::vector<duckdb::unique_ptr<duckdb::ParsedExpression>> known;
    known.push_back(std::move(others));
    known.push_back(duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value::BOOLEAN(false)));
    select->where_clause = duckdb::make_uniq<duckdb::OperatorExpression>(
        duckdb::ExpressionType::OPERATOR_NOT,
        duckdb::make_uniq<duckdb::OperatorExpression>(duckdb::ExpressionType::OPERATOR_COALESCE, std::move(known)));
  }
  select->modifiers.push_back(duckdb::make_uniq<duckdb::DistinctModifier>());
  auto order = duckdb::make_uniq<duckdb::OrderModifier>();
  order->orders.emplace_back(duckdb::OrderType::ASCENDING, duckdb::OrderByNullType::NULLS_FIRST,
                             duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value::INTEGER(1)));
  select->modifiers.push_back(std::move(order));
  auto statement = duckdb::make_uniq<duckdb::SelectStatement>();
  statement->node = std::move(select);
  auto answer = TRY(context.kernel.run(std::move(statement)));
  for (;;) {
    auto* chunk = TRY(answer->next());
    if (!chunk) return table;
    for (duckdb::idx_t row = 0; row < chunk->size(); ++row) {
      kernel::Partition partition;
      partition.name = chunk->GetValue(0, row).ToString();
      if (!relation.model.find_partition(partition.name, false))
        table.rows.push_back(row_of(relation, partition, ++number_of, ""));
    }
  }
}

}  // namespace sluice::session
