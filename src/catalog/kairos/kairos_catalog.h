// SPDX-License-Identifier: Apache-2.0
// The catalog `kairos` in the kernel: one schema, `default`, whose tables are the metrics of a time-series store.
// Entries are made when a name is looked up and belong to the transaction that asked: planning does not depend on how
// many metrics there are. Thread rule of the kernel's catalogs: any thread.
#pragma once

#include <memory>
#include <string>

#include "catalog/kairos/metrics.h"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/storage/database_size.hpp"
#include "duckdb/storage/table_storage_info.hpp"
#include "pch/pch.h"

namespace sluice::catalog::kairos {

inline constexpr const char* kCatalogName = "kairos";
inline constexpr const char* kSchemaName = "default";

using MetricsRef = std::shared_ptr<Metrics>;

// Registers the kind of catalog with an instance and attaches it. Throws the kernel's exceptions.
void attach_to_instance(duckdb::ClientContext& context, const MetricsRef& metrics);

class KairosTable final : public duckdb::TableCatalogEntry {
 public:
  KairosTable(duckdb::Catalog& catalog, duckdb::SchemaCatalogEntry& schema, duckdb::CreateTableInfo& info,
              MetricsRef metrics, MetricTableRef table)
      : TableCatalogEntry(catalog, schema, info), metrics_(std::move(metrics)), table_(std::move(table)) {}

  const MetricsRef& metrics() const { return metrics_; }
  const MetricTableRef& table() const { return table_; }

  duckdb::unique_ptr<duckdb::BaseStatistics> GetStatistics(duckdb::ClientContext&, duckdb::column_t) override {
    return nullptr;
  }
  // Beside the kernel's own: which point a row is.
  duckdb::virtual_column_map_t GetVirtualColumns() const override;
  duckdb::vector<duckdb::column_t> GetRowIdColumns() const override;
  duckdb::TableFunction GetScanFunction(duckdb::ClientContext& context,
                                        duckdb::unique_ptr<duckdb::FunctionData>& bind_data) override;
  duckdb::TableStorageInfo GetStorageInfo(duckdb::ClientContext& context) override;

 private:
  const MetricsRef metrics_;
  const MetricTableRef table_;
};

class KairosCatalog final : public duckdb::Catalog {
 public:
  KairosCatalog(duckdb::AttachedDatabase& db, MetricsRef metrics) : Catalog(db), metrics_(std::move(metrics)) {}

  const MetricsRef& metrics() const { return metrics_; }

  void Initialize(bool load_builtin) override;
  std::string GetCatalogType() override { return kCatalogName; }
  std::string GetDefaultSchema() const override { return kSchemaName; }
  // A new one each time: what a plan knows of a metric does not outlast the statement.
  duckdb::optional_idx GetCatalogVersion(duckdb::ClientContext&) override { return ++version_; }

  duckdb::optional_ptr<duckdb::SchemaCatalogEntry> LookupSchema(duckdb::CatalogTransaction transaction,
                                                                const duckdb::EntryLookupInfo& lookup,
                                                                duckdb::OnEntryNotFound if_not_found) override;
  void ScanSchemas(duckdb::ClientContext&, std::function<void(duckdb::SchemaCatalogEntry&)> callback) override;

  duckdb::optional_ptr<duckdb::CatalogEntry> CreateSchema(duckdb::CatalogTransaction,
                                                          duckdb::CreateSchemaInfo&) override;
  void DropSchema(duckdb::ClientContext&, duckdb::DropInfo&) override;
  duckdb::PhysicalOperator& PlanCreateTableAs(duckdb::ClientContext&, duckdb::PhysicalPlanGenerator&,
                                              duckdb::LogicalCreateTable&, duckdb::PhysicalOperator&) override;
  duckdb::PhysicalOperator& PlanInsert(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                       duckdb::LogicalInsert& insert,
                                       duckdb::optional_ptr<duckdb::PhysicalOperator> plan) override;
  duckdb::PhysicalOperator& PlanDelete(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                       duckdb::LogicalDelete& deletion, duckdb::PhysicalOperator& plan) override;
  duckdb::PhysicalOperator& PlanDelete(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                       duckdb::LogicalDelete& deletion) override;
  duckdb::PhysicalOperator& PlanUpdate(duckdb::ClientContext&, duckdb::PhysicalPlanGenerator&, duckdb::LogicalUpdate&,
                                       duckdb::PhysicalOperator&) override;

  duckdb::DatabaseSize GetDatabaseSize(duckdb::ClientContext&) override { return {}; }
  bool InMemory() override { return true; }
  std::string GetDBPath() override { return ""; }

 private:
  const MetricsRef metrics_;
  std::unique_ptr<duckdb::SchemaCatalogEntry> schema_;
  std::atomic<duckdb::idx_t> version_{0};
};

// What makes no sense for metrics.
[[noreturn]] void refuse(const char* statement);

}  // namespace sluice::catalog::kairos
