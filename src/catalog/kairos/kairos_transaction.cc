// SPDX-License-Identifier: Apache-2.0
#include "catalog/kairos/kairos_transaction.h"

#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "kernel/table_model.h"

namespace sluice::catalog::kairos {

KairosTable& KairosTransaction::entry(duckdb::Catalog& catalog, duckdb::SchemaCatalogEntry& schema,
                                      const MetricsRef& metrics, const MetricTableRef& table) {
  std::lock_guard lock(mutex_);
  auto& known = entries_[table->metric];
  for (auto& entry : known)
    if (entry->table() == table || *entry->table() == *table) return *entry;
  duckdb::CreateTableInfo info(schema, table->metric);
  for (const auto& column : table->columns) {
    duckdb::ColumnDefinition definition(column.name, column.type);
    kernel::ColumnModel model;
    model.type = column.declared;
    if (!model.type.empty()) definition.SetComment(kernel::encode(model));
    info.columns.AddColumn(std::move(definition));
  }
  known.push_back(std::make_unique<KairosTable>(catalog, schema, info, metrics, table));
  return *known.back();
}

duckdb::Transaction& KairosTransactionManager::StartTransaction(duckdb::ClientContext& context) {
  auto transaction = std::make_unique<KairosTransaction>(*this, context);
  auto& started = *transaction;
  std::lock_guard lock(mutex_);
  open_.emplace(&started, std::move(transaction));
  return started;
}

duckdb::ErrorData KairosTransactionManager::CommitTransaction(duckdb::ClientContext&,
                                                              duckdb::Transaction& transaction) {
  RollbackTransaction(transaction);
  return {};
}

void KairosTransactionManager::RollbackTransaction(duckdb::Transaction& transaction) {
  std::lock_guard lock(mutex_);
  open_.erase(&transaction);
}

}  // namespace sluice::catalog::kairos
