// SPDX-License-Identifier: Apache-2.0
// StoredAccess: the accounts in memory, written through to an AccountStore. Thread-safe; look-ups share a lock, changes
// are made one after the other and become visible only when they are stored.
// The first start has the built-in accounts 'root'@'%' and 'admin'@'%' without a password; as long as an account named
// so has none, it is found for loopback clients only.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "session/access.h"
#include "session/access_hashes.h"
#include "session/access_hosts.h"
#include "session/access_store.h"

namespace sluice::session {

class StoredAccess final : public Access {
 public:
  // `first_root_password` is given to the built-in root at the very first start; empty: none.
  static Result<std::unique_ptr<StoredAccess>> open(std::unique_ptr<AccountStore> store,
                                                    std::string_view first_root_password = {});

  std::optional<AccountRecord> find(std::string_view user, std::string_view host) const override;
  bool verify_native(const AccountRecord& account, std::span<const uint8_t> scramble,
                     std::span<const uint8_t> response) const override;
  Sha2FastCheck verify_sha2_fast(const AccountRecord& account, std::span<const uint8_t> scramble,
                                 std::span<const uint8_t> response) const override;
  bool verify_password(const AccountRecord& account, std::string_view password) override;
  bool configured() const override;
  Status apply(const dialect::AccountStatement& statement, const dialect::Account& self) override;
  std::vector<AccountRecord> list() const override;

 private:
  struct Entry {
    AccountRecord record;
    HostPattern pattern;
  };
  using Entries = std::vector<Entry>;

  explicit StoredAccess(std::unique_ptr<AccountStore> store) : store_(std::move(store)) {}
  void publish(Entries entries);

  std::unique_ptr<AccountStore> store_;                           // guarded by change_mutex_
  std::mutex change_mutex_;                                       // one change at a time; taken before mutex_
  mutable std::shared_mutex mutex_;                               // guards what follows
  Entries entries_;                                               // sorted by specificity, then named before anonymous
  std::unordered_map<std::string, std::vector<size_t>> by_user_;  // indexes into entries_, ascending
  // SHA256(SHA256(password)) of accounts whose password was seen, by AccountRecord::name().
  std::unordered_map<std::string, Sha256Digest> seen_passwords_;
};

}  // namespace sluice::session
