// SPDX-License-Identifier: Apache-2.0
// PasswordPolicy: what CREATE USER and ALTER USER ask of an account's passwords, and what there is to know to keep it.
// Plain data; FailedLogins is thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "dialect/access_statements.h"

namespace sluice::session {

struct PasswordPolicy {
  static constexpr size_t kRemembered = 10;  // passwords at most

  int64_t history = 0;           // passwords that must not come again; 0: all may
  int64_t expire_seconds = 0;    // 0: never
  int64_t failed_attempts = 0;   // wrong passwords in a row that lock the account; 0: never locked
  int64_t lock_seconds = 0;      // PasswordOptions::kUnbounded: until it is unlocked; 0: never locked
  bool locked = false;           // ACCOUNT_LOCK
  int64_t set_at = 0;            // when the password was set, seconds since 1970; 0: before this was noted
  std::vector<std::string> old;  // hashes of the passwords so far, the newest last: native (20 bytes) or "$A$005$.."

  void take(const dialect::PasswordOptions& options);
  // Whether the password, or the hash of one, is among those that must not come again.
  bool remembers(std::string_view password) const;
  bool remembers_hash(const std::string& hash) const;
  void remember(std::string hash);
  bool expired(int64_t now) const;
};

int64_t seconds_since_epoch();

// Wrong passwords in a row, by account. Forgotten at the end of the process, as in Doris.
class FailedLogins {
 public:
  void add(const std::string& account, const PasswordPolicy& policy);
  void forget(const std::string& account);
  uint32_t count(const std::string& account) const;
  // Error 3955 while the account is locked; forgets the failures when that is over.
  Status check(const std::string& account, const PasswordPolicy& policy, const std::string& user,
               const std::string& host);

 private:
  using Clock = std::chrono::steady_clock;
  struct Failures {
    uint32_t count = 0;
    std::optional<Clock::time_point> locked_since;
  };
  static constexpr size_t kMaxAccounts = 65536;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Failures> failures_;
};

}  // namespace sluice::session
