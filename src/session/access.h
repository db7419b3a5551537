// SPDX-License-Identifier: Apache-2.0
// Access: who may log in and what they may do then. Accounts are user + host pattern + password hash, as MySQL keeps
// them, with the privileges, roles and row policies of Doris; stored in a file of their own and held in memory.
// Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dialect/access_statements.h"
#include "session/password_policy.h"
#include "session/privileges.h"

namespace sluice::session {

// A matched account, as of the moment of the look-up.
struct AccountRecord {
  std::string user;
  std::string host_pattern;  // "%", "localhost", "10.1.%", "192.168.0.0/255.255.0.0"
  std::string plugin;        // "mysql_native_password" or "caching_sha2_password"
  bool has_password = false;
  std::string native_stage2;     // 20 bytes SHA1(SHA1(password)); empty when only the SHA-2 hash is known
  std::string sha2_auth_string;  // "$A$005$" + 20 bytes salt + 43 bytes hash; empty when only the native hash is known
  std::string comment;
  std::set<std::string> roles;
  Grants grants;  // to the account itself, without its roles
  PasswordPolicy password_policy;
  std::string name() const;  // "'user'@'pattern'"
};

enum class Sha2FastCheck : uint8_t { kMatches, kDenied, kNeedsFull };

class Access {
 public:
  virtual ~Access() = default;

  // The best matching account for a login: exact hosts before patterns, longer patterns before shorter, named users
  // before anonymous ones. `host` is the client's address as text; 127.0.0.1 and ::1 also match "localhost".
  virtual std::optional<AccountRecord> find(std::string_view user, std::string_view host) const = 0;

  // mysql_native_password: response = SHA1(pw) XOR SHA1(scramble + SHA1(SHA1(pw))), 20 bytes; empty for no password.
  virtual bool verify_native(const AccountRecord& account, std::span<const uint8_t> scramble,
                             std::span<const uint8_t> response) const = 0;
  // caching_sha2_password fast path: response = SHA256(pw) XOR SHA256(SHA256(SHA256(pw)) + scramble), 32 bytes; empty
  // for no password. kNeedsFull when the account's password was not seen since the start (or the last ALTER USER), or
  // the response does not match it.
  virtual Sha2FastCheck verify_sha2_fast(const AccountRecord& account, std::span<const uint8_t> scramble,
                                         std::span<const uint8_t> response) const = 0;
  // The password itself (full caching_sha2 authentication over TLS or RSA, HTTP basic auth). A match enters the cache
  // of the fast path. Costs milliseconds of CPU by design: worker thread.
  virtual bool verify_password(const AccountRecord& account, std::string_view password) = 0;

  // Whether somebody configured accounts: false means only the built-in passwordless root exists, and then the
  // server listens on loopback only.
  virtual bool configured() const = 0;

  // What is left to check once the password was right, and what a wrong one brings about: expired passwords, locked
  // accounts. Errors: 1862 expired, 3118 locked, 3955 locked for a time.
  virtual Status admit(const AccountRecord& account) = 0;
  virtual void login_failed(const AccountRecord& account) = 0;
  // Wrong passwords since the last right one.
  virtual uint32_t failed_logins(const AccountRecord& account) const = 0;

  // Changes; `self` is the account of the session that asks, whose rights are checked. Durable and in force for all
  // sessions when they return. Worker.
  // CREATE USER, ALTER USER, DROP USER, SET PASSWORD. Errors: 1227 no right; 1396 operation failed for 'u'@'h'; 1105
  // for a hash that is not one; 3638 a password of the history.
  virtual Status apply(const dialect::AccountStatement& statement, const dialect::Account& self) = 0;
  // Errors: 1227; 1105 what is not there or cannot be granted so.
  virtual Status apply(const dialect::GrantStatement& statement, const dialect::Account& self) = 0;
  virtual Status apply(const dialect::RoleStatement& statement, const dialect::Account& self) = 0;
  // `database` completes a table without one.
  virtual Status apply(const dialect::RowPolicyStatement& statement, const dialect::Account& self,
                       const std::string& database) = 0;

  // Errors: 1227; 1105 and 5084 what is wrong with the rule or the property.
  virtual Status apply(const dialect::BlockRuleStatement& statement, const dialect::Account& self) = 0;
  virtual Status apply(const dialect::UserPropertyStatement& statement, const dialect::Account& self) = 0;

  virtual std::vector<BlockRule> block_rules() const = 0;  // sorted by name
  virtual UserProperties user_properties(const std::string& user) const = 0;

  virtual std::vector<AccountRecord> list() const = 0;
  virtual std::vector<Role> roles() const = 0;  // without those that are built in
  virtual std::vector<RowPolicy> row_policies() const = 0;

  // All that the account (as AccountRecord::name() has it) may do; of an account that is not there: nothing.
  virtual std::shared_ptr<const Rights> rights(std::string_view account) const = 0;
  // Grows with every change: Rights of an earlier generation are to be fetched anew. No lock.
  virtual uint64_t generation() const = 0;
};

}  // namespace sluice::session
