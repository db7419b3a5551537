// SPDX-License-Identifier: Apache-2.0
#include "catalog/kairos/kairos_catalog.h"

#include "catalog/kairos/aggregate_pushdown.h"
#include "catalog/kairos/edge_points.h"
#include "catalog/kairos/kairos_schema.h"
#include "catalog/kairos/kairos_transaction.h"
#include "catalog/kairos/metric_deletes.h"
#include "catalog/kairos/metric_scan.h"
#include "catalog/kairos/metric_writes.h"
#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/database_manager.hpp"
#include "duckdb/parser/parsed_data/attach_info.hpp"
#include "duckdb/parser/parsed_data/create_schema_info.hpp"
#include "duckdb/storage/storage_extension.hpp"

namespace sluice::catalog::kairos {
namespace {

struct ExtensionInfo final : duckdb::StorageExtensionInfo {
  explicit ExtensionInfo(MetricsRef metrics) : metrics(std::move(metrics)) {}
  const MetricsRef metrics;
};

duckdb::unique_ptr<duckdb::Catalog> make_catalog(duckdb::optional_ptr<duckdb::StorageExtensionInfo> info,
                                                 duckdb::ClientContext&, duckdb::AttachedDatabase& db,
                                                 const std::string&, duckdb::AttachInfo&, duckdb::AttachOptions&) {
  return duckdb::make_uniq<KairosCatalog>(db, static_cast<ExtensionInfo&>(*info).metrics);
}

duckdb::unique_ptr<duckdb::TransactionManager> make_transactions(duckdb::optional_ptr<duckdb::StorageExtensionInfo>,
                                                                 duckdb::AttachedDatabase& db, duckdb::Catalog&) {
  return duckdb::make_uniq<KairosTransactionManager>(db);
}

}  // namespace

void attach_to_instance(duckdb::ClientContext& context, const MetricsRef& metrics) {
  auto extension = duckdb::make_shared_ptr<duckdb::StorageExtension>();
  extension->attach = make_catalog;
  extension->create_transaction_manager = make_transactions;
  extension->storage_info = duckdb::make_shared_ptr<ExtensionInfo>(metrics);
  auto& config = duckdb::DBConfig::GetConfig(context);
  duckdb::StorageExtension::Register(config, kCatalogName, std::move(extension));
  push_aggregates(config);
  push_limits(config);
  duckdb::AttachInfo info;
  info.name = kCatalogName;
  duckdb::AttachOptions options({{"type", duckdb::Value(kCatalogName)}}, duckdb::AccessMode::READ_WRITE);
  // Not among the databases that the kernel's own functions list: they would read all metrics.
  options.visibility = duckdb::AttachVisibility::HIDDEN;
  auto attached = duckdb::DatabaseManager::Get(context).AttachDatabase(context, info, options);
  attached->Initialize(&context);
  attached->FinalizeLoad(&context);
}

void refuse(const char* statement) {
  throw duckdb::NotImplementedException(
      "%s is not for metrics: a metric is made by writing to it, and has the columns that its tags and types give it",
      statement);
}

duckdb::virtual_column_map_t KairosTable::GetVirtualColumns() const {
  auto columns = TableCatalogEntry::GetVirtualColumns();
  columns.insert({kPointColumn, duckdb::TableColumn("__sluice_point", duckdb::LogicalType::HUGEINT)});
  return columns;
}

duckdb::vector<duckdb::column_t> KairosTable::GetRowIdColumns() const { return {kPointColumn}; }

duckdb::TableFunction KairosTable::GetScanFunction(duckdb::ClientContext& context,
                                                   duckdb::unique_ptr<duckdb::FunctionData>& bind_data) {
  return metric_scan(context, *this, bind_data);
}

duckdb::TableStorageInfo KairosTable::GetStorageInfo(duckdb::ClientContext&) { return {}; }

void KairosCatalog::Initialize(bool) {
  duckdb::CreateSchemaInfo info;
  info.schema = kSchemaName;
  schema_ = std::make_unique<KairosSchema>(*this, info);
}

duckdb::optional_ptr<duckdb::SchemaCatalogEntry> KairosCatalog::LookupSchema(duckdb::CatalogTransaction,
                                                                             const duckdb::EntryLookupInfo& lookup,
                                                                             duckdb::OnEntryNotFound if_not_found) {
  if (duckdb::StringUtil::CIEquals(lookup.GetEntryName(), kSchemaName)) return schema_.get();
  if (if_not_found == duckdb::OnEntryNotFound::RETURN_NULL) return nullptr;
  throw duckdb::CatalogException("Unknown database '%s.%s'", kCatalogName, lookup.GetEntryName());
}

void KairosCatalog::ScanSchemas(duckdb::ClientContext&, std::function<void(duckdb::SchemaCatalogEntry&)> callback) {
  callback(*schema_);
}

duckdb::optional_ptr<duckdb::CatalogEntry> KairosCatalog::CreateSchema(duckdb::CatalogTransaction,
                                                                       duckdb::CreateSchemaInfo&) {
  refuse("CREATE DATABASE");
}
void KairosCatalog::DropSchema(duckdb::ClientContext&, duckdb::DropInfo&) { refuse("DROP DATABASE"); }

duckdb::PhysicalOperator& KairosCatalog::PlanCreateTableAs(duckdb::ClientContext&, duckdb::PhysicalPlanGenerator&,
                                                           duckdb::LogicalCreateTable&, duckdb::PhysicalOperator&) {
  refuse("CREATE TABLE");
}

duckdb::PhysicalOperator& KairosCatalog::PlanInsert(duckdb::ClientContext& context,
                                                    duckdb::PhysicalPlanGenerator& planner,
                                                    duckdb::LogicalInsert& insert,
                                                    duckdb::optional_ptr<duckdb::PhysicalOperator> plan) {
  return plan_insert(context, planner, insert, plan);
}

duckdb::PhysicalOperator& KairosCatalog::PlanDelete(duckdb::ClientContext&, duckdb::PhysicalPlanGenerator&,
                                                    duckdb::LogicalDelete&, duckdb::PhysicalOperator&) {
  throw duckdb::InvalidInputException("a DELETE of metrics was planned without its scan");
}

duckdb::PhysicalOperator& KairosCatalog::PlanDelete(duckdb::ClientContext& context,
                                                    duckdb::PhysicalPlanGenerator& planner,
                                                    duckdb::LogicalDelete& deletion) {
  return plan_delete(context, planner, deletion);
}

duckdb::PhysicalOperator& KairosCatalog::PlanUpdate(duckdb::ClientContext&, duckdb::PhysicalPlanGenerator&,
                                                    duckdb::LogicalUpdate&, duckdb::PhysicalOperator&) {
  throw duckdb::NotImplementedException(
      "UPDATE is not for metrics: INSERT a point of the same time and tags, which replaces the one that is there");
}

}  // namespace sluice::catalog::kairos
