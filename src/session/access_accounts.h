// SPDX-License-Identifier: Apache-2.0
// StoredAccess: the accounts in memory, written through to an AccountStore. Thread-safe; look-ups share a lock, changes
// are made one after the other and become visible only when they are stored.
// The first start has the built-in accounts 'root'@'%' and 'admin'@'%' without a password; as long as an account named
// so has none, it is found for loopback clients only. Whoever has one of these names may do everything.
#pragma once

#include <array>
#include <atomic>
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
  Status admit(const AccountRecord& account) override;
  void login_failed(const AccountRecord& account) override {
    failed_logins_.add(account.name(), account.password_policy);
  }
  uint32_t failed_logins(const AccountRecord& account) const override { return failed_logins_.count(account.name()); }
  Status apply(const dialect::AccountStatement& statement, const dialect::Account& self) override;
  // access_grants.cc
  Status apply(const dialect::GrantStatement& statement, const dialect::Account& self) override;
  Status apply(const dialect::RoleStatement& statement, const dialect::Account& self) override;
  Status apply(const dialect::RowPolicyStatement& statement, const dialect::Account& self,
               const std::string& database) override;
  // access_block_rules.cc
  Status apply(const dialect::BlockRuleStatement& statement, const dialect::Account& self) override;
  Status apply(const dialect::UserPropertyStatement& statement, const dialect::Account& self) override;
  std::vector<BlockRule> block_rules() const override;
  UserProperties user_properties(const std::string& user) const override;
  std::shared_ptr<const Rights> rights(std::string_view account) const override;
  uint64_t generation() const override { return generation_.load(std::memory_order_acquire); }
  std::vector<AccountRecord> list() const override;
  std::vector<Role> roles() const override;
  std::vector<RowPolicy> row_policies() const override;

 private:
  struct Entry {
    AccountRecord record;
    HostPattern pattern;
  };
  using Entries = std::vector<Entry>;
  // All there is, for a change of it.
  struct State {
    Entries entries;
    std::vector<Role> roles;
    std::vector<RowPolicy> policies;
    std::vector<BlockRule> block_rules;
    std::map<std::string, UserProperties> properties;  // by user
    // Null when there is none.
    Entry* find(const std::string& user, const std::string& host);
    Role* find_role(const std::string& name);
  };

  explicit StoredAccess(std::unique_ptr<AccountStore> store) : store_(std::move(store)) {}
  State copy() const;
  // Stores it, then shows it to everybody.
  Status change_to(State state);
  void publish(State state);
  // Those that bind a user; mutex_ is held. (access_block_rules.cc)
  BlockRules block_rules_of(const std::string& user) const;
  // With its roles; mutex_ is held.
  std::shared_ptr<const Rights> make_rights(const AccountRecord& account) const;
  std::shared_ptr<const Rights> rights_of(const dialect::Account& account) const;
  // access_grants.cc
  Status may_grant(const dialect::GrantStatement& statement, const ObjectName& object, Privileges privileges,
                   const Rights& rights) const;

  std::unique_ptr<AccountStore> store_;                           // guarded by change_mutex_
  std::mutex change_mutex_;                                       // one change at a time; taken before mutex_
  mutable std::shared_mutex mutex_;                               // guards what follows
  Entries entries_;                                               // sorted by specificity, then named before anonymous
  std::unordered_map<std::string, std::vector<size_t>> by_user_;  // indexes into entries_, ascending
  // SHA256(SHA256(password)) of accounts whose password was seen, by AccountRecord::name().
  std::unordered_map<std::string, Sha256Digest> seen_passwords_;
  std::vector<Role> roles_;  // sorted by name
  std::vector<RowPolicy> policies_;
  std::vector<BlockRule> block_rules_;
  std::map<std::string, UserProperties> properties_;
  mutable std::unordered_map<std::string, std::shared_ptr<const Rights>> rights_;  // as asked for since the last change

  std::atomic<uint64_t> generation_{1};  // written under mutex_
  FailedLogins failed_logins_;
};

}  // namespace sluice::session
