// SPDX-License-Identifier: Apache-2.0
// A kernel transaction's side in the catalog `kairos`: owns the table entries that its statements were bound to.
// Points are not transactional: a write is done, and stays, when its statement ends.
#pragma once

#include <map>
#include <mutex>

#include "catalog/kairos/kairos_catalog.h"
#include "duckdb/main/attached_database.hpp"
#include "duckdb/transaction/transaction.hpp"
#include "duckdb/transaction/transaction_manager.hpp"

namespace sluice::catalog::kairos {

class KairosTransaction final : public duckdb::Transaction {
 public:
  using Transaction::Transaction;

  // The entry of the metric as it looks now; it lives as long as the transaction.
  KairosTable& entry(duckdb::Catalog& catalog, duckdb::SchemaCatalogEntry& schema, const MetricsRef& metrics,
                     const MetricTableRef& table);

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<std::unique_ptr<KairosTable>>> entries_;
};

class KairosTransactionManager final : public duckdb::TransactionManager {
 public:
  using TransactionManager::TransactionManager;

  duckdb::Transaction& StartTransaction(duckdb::ClientContext& context) override;
  duckdb::ErrorData CommitTransaction(duckdb::ClientContext&, duckdb::Transaction& transaction) override;
  void RollbackTransaction(duckdb::Transaction& transaction) override;
  void Checkpoint(duckdb::ClientContext&, bool) override {}

 private:
  std::mutex mutex_;
  std::unordered_map<duckdb::Transaction*, std::unique_ptr<KairosTransaction>> open_;
};

}  // namespace sluice::catalog::kairos
