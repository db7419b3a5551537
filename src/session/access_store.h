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

class AccountStore {
 public:
  virtual ~AccountStore() = default;
  // All accounts; nullopt when nothing was ever stored (first start). Errors: kDataLoss when what is there cannot be
  // read.
  virtual Result<std::optional<std::vector<AccountRecord>>> load() = 0;
  // All of them, durable when it returns; after an error the earlier ones are still there.
  virtual Status replace_all(const std::vector<AccountRecord>& accounts) = 0;
};

// A JSON file readable by its owner only, replaced atomically (written beside, synced, renamed, directory synced):
//   {"version": 1, "accounts": [{"user", "host", "plugin", "native": "*40 hex", "sha2": "hex of $A$005$..."}]}
std::unique_ptr<AccountStore> make_file_account_store(std::filesystem::path file);
// Forgets everything at exit: for servers without a data directory, and for tests.
std::unique_ptr<AccountStore> make_memory_account_store();

}  // namespace sluice::session
