// SPDX-License-Identifier: Apache-2.0
// Access: who may log in. Accounts are user + host pattern + password hash, as MySQL keeps them; stored in the
// server's own schema of the kernel's data file and held in memory. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dialect/statement.h"

namespace sluice::session {

// A matched account, as of the moment of the look-up.
struct AccountRecord {
  std::string user;
  std::string host_pattern;  // "%", "localhost", "10.1.%", "192.168.0.0/255.255.0.0"
  std::string plugin;        // "mysql_native_password" or "caching_sha2_password"
  bool has_password = false;
  std::string native_stage2;     // 20 bytes SHA1(SHA1(password)); empty when only the SHA-2 hash is known
  std::string sha2_auth_string;  // "$A$005$" + 20 bytes salt + 43 bytes hash; empty when only the native hash is known
  std::string name() const;      // "'user'@'pattern'"
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

  // CREATE USER, ALTER USER, DROP USER, SET PASSWORD; `self` is the account of the session that asks. Worker.
  // Errors: 1396 operation failed for 'u'@'h'; 1105 for a hash that is not one.
  virtual Status apply(const dialect::AccountStatement& statement, const dialect::Account& self) = 0;
  virtual std::vector<AccountRecord> list() const = 0;
};

}  // namespace sluice::session
