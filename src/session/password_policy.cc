// SPDX-License-Identifier: Apache-2.0
#include "session/password_policy.h"

#include <algorithm>

#include "session/access_hashes.h"

namespace sluice::session {

using dialect::PasswordOptions;

void PasswordPolicy::take(const PasswordOptions& options) {
  // DEFAULT leaves it to the server's variables, which ask for nothing.
  const auto number = [](int64_t value) { return value == PasswordOptions::kDefault ? 0 : value; };
  if (options.history) {
    history = number(*options.history);
    if (old.size() > 1) old.erase(old.begin(), old.end() - 1);  // the count begins anew, with the password of now
  }
  if (options.expire_seconds) {
    expire_seconds = number(*options.expire_seconds);
    set_at = seconds_since_epoch();
  }
  if (options.failed_attempts) failed_attempts = *options.failed_attempts;
  if (options.lock_seconds) lock_seconds = *options.lock_seconds;
  if (options.locked) locked = *options.locked;
}

bool PasswordPolicy::remembers(std::string_view password) const {
  const size_t wanted = std::min(static_cast<size_t>(std::max<int64_t>(0, history)), old.size());
  return std::any_of(old.end() - static_cast<ptrdiff_t>(wanted), old.end(), [&](const std::string& hash) {
    return hash.size() == kSha1Bytes ? native_stage2(password) == hash : sha2_auth_string_matches(hash, password);
  });
}

bool PasswordPolicy::remembers_hash(const std::string& hash) const {
  const size_t wanted = std::min(static_cast<size_t>(std::max<int64_t>(0, history)), old.size());
  return std::find(old.end() - static_cast<ptrdiff_t>(wanted), old.end(), hash) != old.end();
}

void PasswordPolicy::remember(std::string hash) {
  set_at = seconds_since_epoch();
  if (hash.empty()) return;
  old.push_back(std::move(hash));
  if (old.size() > kRemembered) old.erase(old.begin());
}

bool PasswordPolicy::expired(int64_t now) const { return expire_seconds > 0 && now - set_at >= expire_seconds; }

int64_t seconds_since_epoch() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void FailedLogins::add(const std::string& account, const PasswordPolicy& policy) {
  if (policy.failed_attempts <= 0 || policy.lock_seconds == 0) return;
  std::lock_guard lock(mutex_);
  if (failures_.size() >= kMaxAccounts && !failures_.contains(account)) return;
  Failures& failures = failures_[account];
  if (failures.locked_since) return;
  if (++failures.count >= policy.failed_attempts) failures.locked_since = Clock::now();
}

void FailedLogins::forget(const std::string& account) {
  std::lock_guard lock(mutex_);
  failures_.erase(account);
}

uint32_t FailedLogins::count(const std::string& account) const {
  std::lock_guard lock(mutex_);
  const auto found = failures_.find(account);
  return found == failures_.end() ? 0 : found->second.count;
}

Status FailedLogins::check(const std::string& account, const PasswordPolicy& policy, const std::string& user,
                           const std::string& host) {
  std::lock_guard lock(mutex_);
  const auto found = failures_.find(account);
  if (found == failures_.end()) return {};
  const Failures failures = found->second;
  const auto passed =
      failures.locked_since
          ? std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - *failures.locked_since).count()
          : 0;
  const bool unbounded = policy.lock_seconds == PasswordOptions::kUnbounded;
  const bool asked_for = policy.failed_attempts > 0 && policy.lock_seconds != 0;
  if (!failures.locked_since || !asked_for || (!unbounded && passed >= policy.lock_seconds)) {
    failures_.erase(found);
    return {};
  }
  const auto text = [&](int64_t seconds) { return unbounded ? std::string("unlimited") : std::to_string(seconds); };
  return fail(sql_error(Code::kUnauthenticated, 3955,
                        "Access denied for user '" + user + "'@'" + host + "'. Account is blocked for " +
                            text(policy.lock_seconds) + " second(s) (" + text(policy.lock_seconds - passed) +
                            " second(s) remaining) due to " + std::to_string(failures.count) +
                            " consecutive failed logins."));
}

}  // namespace sluice::session
