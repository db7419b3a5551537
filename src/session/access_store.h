// SPDX-License-Identifier: Apache-2.0
// Where accounts are kept between runs. An AccountStore is used by one StoredAccess, one call at a time.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "session/access.h"

namespace sluice::session {

// All that is kept.
struct AccessData {
  std::vector<AccountRecord> accounts;
  std::vector<Role> roles;  // sorted by name
  std::vector<RowPolicy> row_policies;
  std::vector<BlockRule> block_rules;
  std::map<std::string, UserProperties> user_properties;  // by user
};

class AccountStore {
 public:
  virtual ~AccountStore() = default;
  // Nullopt when nothing was ever stored (first start). Errors: kDataLoss when what is there cannot be
  // read.
  virtual Result<std::optional<AccessData>> load() = 0;
  // Durable when it returns; after an error, and after a crash before the end, what was there before is still there.
  virtual Status replace_all(const AccessData& data) = 0;
};

// A JSON file readable by its owner only, replaced atomically (written beside, synced, renamed, directory synced):
//   {"version": 2,
//    "accounts": [{"user", "host", "plugin", "native": "*40 hex", "sha2": "hex of $A$005$...", "comment",
//                  "roles": [..], "grants": {..}, "password": {..}}],
//    "roles": [{"name", "comment", "grants": {..}}],
//    "row_policies": [{"name", "table": [catalog, database, table], "restrictive", "user", "host" | "role",
//                      "condition", "statement"}],
//    "block_rules": [{"name", "sql", "sql_hash", "partition_num", "tablet_num", "cardinality", "global", "enable"}],
//    "user_properties": [[user, key, value]]}
// with grants = {"objects": [[catalog, database, table, "Select_priv,.."]], "columns": [[catalog, database, table,
// column, ".."]], "resources": [[name, ".."]], "workload_groups": [[name, ".."]]}. Version 1 had no privileges: whoever
// could log in could do everything but administer, and keeps that.
std::unique_ptr<AccountStore> make_file_account_store(std::filesystem::path file);
// Forgets everything at exit: for servers without a data directory, and for tests.
std::unique_ptr<AccountStore> make_memory_account_store();

}  // namespace sluice::session
