// SPDX-License-Identifier: Apache-2.0
#include "catalog/kairos/kairos_schema.h"

#include "catalog/kairos/kairos_transaction.h"
#include "catalog/kairos/metric_writes.h"
#include "duckdb/catalog/similar_catalog_entry.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "kernel/errors.h"

namespace sluice::catalog::kairos {

using duckdb::CatalogTransaction;
using duckdb::CatalogType;
using EntryPtr = duckdb::optional_ptr<duckdb::CatalogEntry>;

namespace {

const MetricsRef& metrics_of(duckdb::Catalog& catalog) { return catalog.Cast<KairosCatalog>().metrics(); }

}  // namespace

KairosSchema::KairosSchema(KairosCatalog& catalog, duckdb::CreateSchemaInfo& info)
    : SchemaCatalogEntry(catalog, info) {}

EntryPtr KairosSchema::LookupEntry(CatalogTransaction transaction, const duckdb::EntryLookupInfo& lookup) {
  if (lookup.GetCatalogType() != CatalogType::TABLE_ENTRY || !transaction.HasContext()) return nullptr;
  auto& context = transaction.GetContext();
  const auto& metrics = metrics_of(catalog);
  auto table = metrics->find(lookup.GetEntryName());
  if (!table) kernel::throw_to_kernel(table.error());
  MetricTableRef shown = with_written_columns(context, lookup.GetEntryName(), *table);
  if (!shown) return nullptr;
  auto& owner = duckdb::Transaction::Get(context, catalog).Cast<KairosTransaction>();
  return &owner.entry(catalog, *this, metrics, shown);
}

duckdb::SimilarCatalogEntry KairosSchema::GetSimilarEntry(CatalogTransaction, const duckdb::EntryLookupInfo&) {
  return {};
}

void KairosSchema::Scan(duckdb::ClientContext& context, CatalogType type,
                        const std::function<void(duckdb::CatalogEntry&)>& callback) {
  if (type != CatalogType::TABLE_ENTRY) return;
  auto names = metrics_of(catalog)->names();
  if (!names) kernel::throw_to_kernel(names.error());
  auto& owner = duckdb::Transaction::Get(context, catalog).Cast<KairosTransaction>();
  for (const auto& name : *names) {
    auto table = metrics_of(catalog)->find(name);
    if (!table) kernel::throw_to_kernel(table.error());
    if (*table) callback(owner.entry(catalog, *this, metrics_of(catalog), *table));
  }
}

EntryPtr KairosSchema::CreateTable(CatalogTransaction, duckdb::BoundCreateTableInfo&) { refuse("CREATE TABLE"); }
EntryPtr KairosSchema::CreateIndex(CatalogTransaction, duckdb::CreateIndexInfo&, duckdb::TableCatalogEntry&) {
  refuse("CREATE INDEX");
}
EntryPtr KairosSchema::CreateFunction(CatalogTransaction, duckdb::CreateFunctionInfo&) { refuse("CREATE FUNCTION"); }
EntryPtr KairosSchema::CreateView(CatalogTransaction, duckdb::CreateViewInfo&) {
  throw duckdb::NotImplementedException("views over metrics belong into a database of the catalog `internal`");
}
EntryPtr KairosSchema::CreateSequence(CatalogTransaction, duckdb::CreateSequenceInfo&) { refuse("CREATE SEQUENCE"); }
EntryPtr KairosSchema::CreateTableFunction(CatalogTransaction, duckdb::CreateTableFunctionInfo&) {
  refuse("CREATE FUNCTION");
}
EntryPtr KairosSchema::CreateCopyFunction(CatalogTransaction, duckdb::CreateCopyFunctionInfo&) {
  refuse("CREATE FUNCTION");
}
EntryPtr KairosSchema::CreatePragmaFunction(CatalogTransaction, duckdb::CreatePragmaFunctionInfo&) {
  refuse("CREATE FUNCTION");
}
EntryPtr KairosSchema::CreateCollation(CatalogTransaction, duckdb::CreateCollationInfo&) { refuse("CREATE COLLATION"); }
EntryPtr KairosSchema::CreateType(CatalogTransaction, duckdb::CreateTypeInfo&) { refuse("CREATE TYPE"); }
void KairosSchema::Alter(CatalogTransaction, duckdb::AlterInfo&) { refuse("ALTER"); }

void KairosSchema::DropEntry(duckdb::ClientContext&, duckdb::DropInfo& info) {
  if (info.type != CatalogType::TABLE_ENTRY) refuse("DROP");
  const auto& metrics = metrics_of(catalog);
  auto dropped = metrics->with_store([&](timeseries::Store& store) -> Status { return store.erase_metric(info.name); });
  metrics->forget(info.name);
  if (!dropped) kernel::throw_to_kernel(dropped.error());
}

}  // namespace sluice::catalog::kairos
