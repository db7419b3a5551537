// SPDX-License-Identifier: Apache-2.0
// The recycle bin: tables and partitions of Doris that were dropped without FORCE, until somebody recovers them or
// their time is over. A dropped table stays in its schema under a name that nobody sees (kernel::kDroppedPrefix); the
// rows of a dropped partition are copied to a table in the server's schema. internal.__sluice.recycle_bin says what is
// there and changes in the transaction that drops or recovers. Functions without state; thread rule as Session.
#pragma once

#include <string>
#include <vector>

#include "session/table_definition.h"

namespace sluice::session {

// catalog_trash_expire_second: how long things are kept.
inline constexpr int64_t kTrashSeconds = 86400;
// Partitions of tables with more rows are gone at once: keeping one copies its rows.
inline constexpr uint64_t kMostKeptRows = 20'000'000;

struct BinEntry {
  int64_t id = 0;
  bool partition = false;
  std::string database, table;
  std::string name;    // of the partition
  std::string stored;  // the table that holds its rows
  std::string model;   // of a partition: a TableModel with nothing else, encoded
  std::string dropped_at;
};

// Drops what is there for too long, and the oldest of more than 200 entries, in a transaction of its own: one that
// drops something else at the same time must not meet it. Errors: a conflict; the next call tries again.
Status empty_bin(kernel::Connection& kernel);

// These run inside an open transaction. The table leaves its name.
Status keep_table(kernel::Connection& kernel, const TableDefinition& table);
// Copies the rows; the caller deletes them and the partition.
Status keep_partition(kernel::Connection& kernel, const std::string& database, const std::string& table,
                      const kernel::TableModel& model, const std::string& partition);
// Errors 1105: nothing of that name is in the bin, or its place is taken.
Status recover_table(kernel::Connection& kernel, const std::string& database,
                     const dialect::RecoverStatement& statement);
Status recover_partition(kernel::Connection& kernel, const std::string& database,
                         const dialect::RecoverStatement& statement);
// What is there, newest first.
Result<std::vector<BinEntry>> list_bin(kernel::Connection& kernel);

}  // namespace sluice::session
