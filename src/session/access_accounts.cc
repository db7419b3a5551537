// SPDX-License-Identifier: Apache-2.0
#include "session/access_accounts.h"

#include <algorithm>
#include <tuple>

namespace sluice::session {
namespace {

constexpr std::string_view kNativePlugin = "mysql_native_password";
constexpr std::string_view kSha2Plugin = "caching_sha2_password";
constexpr size_t kMaxUserBytes = 128;

std::string account_name(std::string_view user, std::string_view host) {
  return "'" + std::string(user) + "'@'" + std::string(host) + "'";
}

Error failed(std::string_view operation, std::string_view name) {
  return sql_error(Code::kFailedPrecondition, 1396,
                   "Operation " + std::string(operation) + " failed for " + std::string(name));
}

Error seen_before(const AccountRecord& record) {
  return sql_error(Code::kFailedPrecondition, 3638,
                   "Cannot use these credentials for '" + record.user + "'@'" + record.host_pattern +
                       "' because they contradict the password history policy");
}

Error denied(std::string_view privileges) {
  return sql_error(Code::kPermissionDenied, 1227,
                   "Access denied; you need (at least one of) the (" + std::string(privileges) +
                       ") privilege(s) for this operation");
}

// What CREATE USER, ALTER USER and SET PASSWORD say about the password, laid into `record`.
Status set_credentials(AccountRecord& record, const dialect::AccountStatement::Entry& entry) {
  if (!entry.plugin.empty()) {
    if (entry.plugin != kNativePlugin && entry.plugin != kSha2Plugin) {
      return fail(sql_error(Code::kUnsupported, 1524, "Plugin '" + entry.plugin + "' is not loaded"));
    }
    record.plugin = entry.plugin;
  }
  if (entry.hash) {
    std::string native;
    std::string sha2;
    if (!entry.hash->empty()) {
      auto parsed_native = parse_native_hash(*entry.hash);
      auto parsed_sha2 = parse_sha2_auth_string(*entry.hash);
      if (parsed_native && record.plugin == kNativePlugin) {
        native = std::move(*parsed_native);
      } else if (parsed_sha2 && record.plugin == kSha2Plugin) {
        sha2 = std::move(*parsed_sha2);
      } else {
        return fail(sql_error(Code::kInvalidArgument, 1105,
                              record.plugin == kNativePlugin ? "The password hash doesn't have the expected format: "
                                                               "mysql_native_password takes '*' and 40 hex digits"
                                                             : "The password hash doesn't have the expected format: "
                                                               "caching_sha2_password takes '$A$005$', 20 bytes salt "
                                                               "and 43 characters, as they are or in hex"));
      }
    }
    const std::string& hash = native.empty() ? sha2 : native;
    if (!hash.empty() && record.password_policy.remembers_hash(hash)) return fail(seen_before(record));
    record.password_policy.remember(hash);
    record.native_stage2 = std::move(native);
    record.sha2_auth_string = std::move(sha2);
    record.has_password = !entry.hash->empty();
  } else if (entry.password) {
    if (entry.password->size() > kMaxPasswordBytes) {
      return fail(sql_error(Code::kInvalidArgument, 1105,
                            "the password is longer than " + std::to_string(kMaxPasswordBytes) + " bytes"));
    }
    if (!entry.password->empty() && record.password_policy.remembers(*entry.password)) return fail(seen_before(record));
    record.has_password = !entry.password->empty();
    // Who asks for caching_sha2_password asks for no unsalted hash to be kept.
    record.native_stage2 =
        record.has_password && record.plugin == kNativePlugin ? native_stage2(*entry.password) : std::string();
    record.sha2_auth_string = record.has_password ? sha2_auth_string(*entry.password) : std::string();
    record.password_policy.remember(record.native_stage2.empty() ? record.sha2_auth_string : record.native_stage2);
  }
  return {};
}

Result<AccountRecord> new_account(const dialect::AccountStatement::Entry& entry) {
  const auto& account = *entry.account;
  if (account.user.size() > kMaxUserBytes) {
    return fail(sql_error(Code::kInvalidArgument, 1470,
                          "String '" + account.user.substr(0, 70) +
                              "...' is too long for user name (should be no longer than " +
                              std::to_string(kMaxUserBytes) + ")"));
  }
  AccountRecord record;
  record.user = account.user;
  record.host_pattern = TRY(HostPattern::parse(account.host)).text();
  record.plugin = kNativePlugin;
  TRY(set_credentials(record, entry));
  return record;
}

}  // namespace

std::string AccountRecord::name() const { return account_name(user, host_pattern); }

Result<std::unique_ptr<StoredAccess>> StoredAccess::open(std::unique_ptr<AccountStore> store,
                                                         std::string_view first_root_password) {
  auto data = TRY(store->load());
  if (!data) {
    dialect::AccountStatement::Entry root{dialect::Account{"root", "%"}, std::nullopt, std::nullopt, {}};
    if (!first_root_password.empty()) root.password = std::string(first_root_password);
    data.emplace();
    data->accounts.push_back(TRY(new_account(root)));
    data->accounts.back().roles.insert(std::string(kOperatorRole));
    if (first_root_password.empty()) {
      data->accounts.push_back(TRY(new_account({dialect::Account{"admin", "%"}, std::nullopt, std::nullopt, {}})));
      data->accounts.back().roles.insert(std::string(kAdminRole));
    }
    TRY(store->replace_all(*data));
  }
  std::unique_ptr<StoredAccess> access(new StoredAccess(std::move(store)));
  State state;
  for (auto& record : data->accounts) {
    auto pattern = TRY(HostPattern::parse(record.host_pattern));
    state.entries.push_back({std::move(record), std::move(pattern)});
  }
  state.roles = std::move(data->roles);
  state.policies = std::move(data->row_policies);
  state.block_rules = std::move(data->block_rules);
  state.properties = std::move(data->user_properties);
  access->publish(std::move(state));
  return access;
}

StoredAccess::Entry* StoredAccess::State::find(const std::string& user, const std::string& host) {
  const auto at = std::find_if(entries.begin(), entries.end(),
                               [&](const Entry& e) { return e.record.user == user && e.record.host_pattern == host; });
  return at == entries.end() ? nullptr : &*at;
}

Role* StoredAccess::State::find_role(const std::string& name) {
  const auto at = std::find_if(roles.begin(), roles.end(), [&](const Role& role) { return role.name == name; });
  return at == roles.end() ? nullptr : &*at;
}

StoredAccess::State StoredAccess::copy() const {
  std::shared_lock lock(mutex_);
  return {entries_, roles_, policies_, block_rules_, properties_};
}

Status StoredAccess::change_to(State state) {
  AccessData data;
  data.accounts.reserve(state.entries.size());
  for (const auto& entry : state.entries) data.accounts.push_back(entry.record);
  data.roles = state.roles;
  data.row_policies = state.policies;
  data.block_rules = state.block_rules;
  data.user_properties = state.properties;
  TRY(store_->replace_all(data));
  publish(std::move(state));
  return {};
}

void StoredAccess::publish(State state) {
  Entries& entries = state.entries;
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    if (a.pattern.specificity() != b.pattern.specificity()) return a.pattern.specificity() > b.pattern.specificity();
    if (a.record.user.empty() != b.record.user.empty()) return b.record.user.empty();
    return std::tie(a.record.user, a.record.host_pattern) < std::tie(b.record.user, b.record.host_pattern);
  });
  std::unordered_map<std::string, std::vector<size_t>> by_user;
  for (size_t i = 0; i < entries.size(); ++i) by_user[entries[i].record.user].push_back(i);
  std::unique_lock lock(mutex_);
  // Passwords seen stay known only for accounts whose hashes did not change.
  for (const auto& old : entries_) {
    const auto same = std::find_if(entries.begin(), entries.end(), [&](const Entry& e) {
      return e.record.user == old.record.user && e.record.host_pattern == old.record.host_pattern &&
             e.record.native_stage2 == old.record.native_stage2 &&
             e.record.sha2_auth_string == old.record.sha2_auth_string;
    });
    if (same == entries.end()) seen_passwords_.erase(old.record.name());
  }
  entries_ = std::move(entries);
  by_user_ = std::move(by_user);
  roles_ = std::move(state.roles);
  std::sort(roles_.begin(), roles_.end(), [](const Role& a, const Role& b) { return a.name < b.name; });
  policies_ = std::move(state.policies);
  block_rules_ = std::move(state.block_rules);
  std::sort(block_rules_.begin(), block_rules_.end(),
            [](const BlockRule& a, const BlockRule& b) { return a.name < b.name; });
  properties_ = std::move(state.properties);
  rights_.clear();
  generation_.fetch_add(1, std::memory_order_acq_rel);
}

Status StoredAccess::admit(const AccountRecord& account) {
  const PasswordPolicy& policy = account.password_policy;
  TRY(failed_logins_.check(account.name(), policy, account.user, account.host_pattern));
  if (policy.locked) {
    return fail(
        sql_error(Code::kUnauthenticated, 3118,
                  "Access denied for user '" + account.user + "'@'" + account.host_pattern + "'. Account is locked."));
  }
  if (account.has_password && policy.expired(seconds_since_epoch())) {
    return fail(sql_error(Code::kUnauthenticated, 1862,
                          "Your password has expired. To log in you must change it using a client that supports "
                          "expired passwords."));
  }
  return {};
}

std::optional<AccountRecord> StoredAccess::find(std::string_view user, std::string_view host) const {
  std::shared_lock lock(mutex_);
  const auto first_match = [&](const std::string& name) -> std::optional<size_t> {
    const auto at = by_user_.find(name);
    if (at == by_user_.end()) return std::nullopt;
    for (const size_t index : at->second) {
      const auto& entry = entries_[index];
      if (!entry.record.has_password && is_administrator(entry.record.user) && !is_loopback(host)) continue;
      if (entry.pattern.matches(host)) return index;
    }
    return std::nullopt;
  };
  auto best = first_match(std::string(user));
  if (!user.empty()) {
    if (const auto anonymous = first_match(std::string()); anonymous && (!best || *anonymous < *best)) best = anonymous;
  }
  if (!best) return std::nullopt;
  return entries_[*best].record;
}

bool StoredAccess::verify_native(const AccountRecord& account, std::span<const uint8_t> scramble,
                                 std::span<const uint8_t> response) const {
  if (!account.has_password) return response.empty();
  if (response.size() != kSha1Bytes || account.native_stage2.size() != kSha1Bytes) return false;
  const auto mask = sha1(bytes_of(scramble), account.native_stage2);
  Sha1Digest stage1;
  for (size_t i = 0; i < kSha1Bytes; ++i) stage1[i] = response[i] ^ mask[i];
  return equal_in_constant_time(bytes_of(sha1(bytes_of(stage1))), account.native_stage2);
}

Sha2FastCheck StoredAccess::verify_sha2_fast(const AccountRecord& account, std::span<const uint8_t> scramble,
                                             std::span<const uint8_t> response) const {
  if (!account.has_password) return response.empty() ? Sha2FastCheck::kMatches : Sha2FastCheck::kDenied;
  if (response.size() != kSha256Bytes) return Sha2FastCheck::kDenied;
  Sha256Digest stage2;
  {
    std::shared_lock lock(mutex_);
    const auto at = seen_passwords_.find(account.name());
    if (at == seen_passwords_.end()) return Sha2FastCheck::kNeedsFull;
    stage2 = at->second;
  }
  const auto mask = sha256(bytes_of(stage2), bytes_of(scramble));
  Sha256Digest stage1;
  for (size_t i = 0; i < kSha256Bytes; ++i) stage1[i] = response[i] ^ mask[i];
  // A response that does not match leads to full authentication, as in MySQL: some clients (go-sql-driver 1.7) answer
  // an auth switch with a hash over 21 bytes of scramble, which never matches.
  return equal_in_constant_time(bytes_of(sha256(bytes_of(stage1))), bytes_of(stage2)) ? Sha2FastCheck::kMatches
                                                                                      : Sha2FastCheck::kNeedsFull;
}

bool StoredAccess::verify_password(const AccountRecord& account, std::string_view password) {
  if (!account.has_password) return password.empty();
  if (password.empty() || password.size() > kMaxPasswordBytes) return false;
  const bool matches = account.native_stage2.empty()
                           ? sha2_auth_string_matches(account.sha2_auth_string, password)
                           : equal_in_constant_time(native_stage2(password), account.native_stage2);
  if (!matches) return false;
  std::unique_lock lock(mutex_);
  // The account may have changed since it was looked up.
  const auto at = by_user_.find(account.user);
  if (at == by_user_.end()) return true;
  for (const size_t index : at->second) {
    const auto& now = entries_[index].record;
    if (now.host_pattern == account.host_pattern && now.native_stage2 == account.native_stage2 &&
        now.sha2_auth_string == account.sha2_auth_string) {
      seen_passwords_[account.name()] = sha256(bytes_of(sha256(password)));
    }
  }
  return true;
}

bool StoredAccess::configured() const {
  std::shared_lock lock(mutex_);
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const Entry& e) { return e.record.has_password || !is_administrator(e.record.user); });
}

std::vector<AccountRecord> StoredAccess::list() const {
  std::shared_lock lock(mutex_);
  std::vector<AccountRecord> records;
  records.reserve(entries_.size());
  for (const auto& entry : entries_) records.push_back(entry.record);
  return records;
}

Status StoredAccess::apply(const dialect::AccountStatement& statement, const dialect::Account& self) {
  using What = dialect::AccountStatement::What;
  std::lock_guard change(change_mutex_);
  State next = copy();
  const auto rights = rights_of(self);
  const bool administers = rights->global().has(Privilege::kAdmin);
  std::vector<std::string> unlocked;
  if (!statement.default_role.empty() && !is_built_in_role(statement.default_role) &&
      !next.find_role(statement.default_role)) {
    return fail(sql_error(Code::kNotFound, 1105,
                          "errCode = 2, detailMessage = Role: " + statement.default_role + " does not exist"));
  }
  for (const auto& entry : statement.entries) {
    dialect::Account account = entry.account.value_or(self);
    if (account.host.empty()) account.host = "%";
    const std::string host = TRY(HostPattern::parse(account.host)).text();
    const bool own = account.user == self.user && host == TRY(HostPattern::parse(self.host)).text();
    const bool own_password = own && (statement.what == What::kSetPassword || statement.what == What::kAlter) &&
                              !statement.options.any() && !statement.comment && statement.default_role.empty();
    Entry* at = next.find(account.user, host);
    if (!own_password) {
      if (!rights->global().any_of(kToGrant))
        return fail(denied(statement.what == What::kSetPassword ? "GRANT" : "CREATE USER"));
      // Who may only grant must not become an administrator by the password of one.
      bool confers = is_administrator(account.user) || is_built_in_role(statement.default_role);
      if (at)
        confers = confers || rights_of({at->record.user, at->record.host_pattern})->global().has(Privilege::kAdmin);
      const Role* role = next.find_role(statement.default_role);
      confers = confers || (role && role->grants.global().has(Privilege::kAdmin));
      if (confers && !administers) return fail(denied("ADMIN"));
    }
    const std::string name = account_name(account.user, host);
    switch (statement.what) {
      case What::kCreate: {
        if (at) {
          if (statement.if_not_exists) continue;
          return fail(failed("CREATE USER", name));
        }
        auto record = TRY(new_account({account, entry.password, entry.hash, entry.plugin}));
        record.password_policy.take(statement.options);
        if (statement.comment) record.comment = *statement.comment;
        if (!statement.default_role.empty()) record.roles.insert(statement.default_role);
        auto pattern = TRY(HostPattern::parse(record.host_pattern));
        next.entries.push_back({std::move(record), std::move(pattern)});
        break;
      }
      case What::kDrop:
        if (!at) {
          if (statement.if_exists) continue;
          return fail(failed("DROP USER", name));
        }
        // Somebody must remain who may manage accounts.
        if (account.user == "root" && host == "%") return fail(failed("DROP USER", name));
        // An account of this name that is made later starts without them.
        std::erase_if(next.policies, [&](const RowPolicy& policy) {
          return policy.account && policy.account->user == account.user && policy.account->host == host;
        });
        unlocked.push_back(name);
        next.entries.erase(next.entries.begin() + (at - next.entries.data()));
        break;
      case What::kAlter:
      case What::kSetPassword:
        if (!at) {
          if (statement.if_exists) continue;
          if (statement.what == What::kAlter) return fail(failed("ALTER USER", name));
          return fail(sql_error(Code::kNotFound, 1133, "Can't find any matching row in the user table"));
        }
        if (statement.options.history && at->record.password_policy.old.empty()) {
          const AccountRecord& now = at->record;
          const int64_t set_at = now.password_policy.set_at;
          at->record.password_policy.remember(now.native_stage2.empty() ? now.sha2_auth_string : now.native_stage2);
          at->record.password_policy.set_at = set_at;
        }
        TRY(set_credentials(at->record, entry));
        at->record.password_policy.take(statement.options);
        if (statement.options.locked && !*statement.options.locked) unlocked.push_back(name);
        if (statement.comment) at->record.comment = *statement.comment;
        if (!statement.default_role.empty()) at->record.roles.insert(statement.default_role);
        break;
    }
  }
  TRY(change_to(std::move(next)));
  for (const auto& name : unlocked) failed_logins_.forget(name);
  return {};
}

}  // namespace sluice::session
