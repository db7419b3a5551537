// SPDX-License-Identifier: Apache-2.0
// SQL_BLOCK_RULE and SET PROPERTY: kept with the accounts.
#include <algorithm>

#include "duckdb/common/string_util.hpp"
#include "session/access_accounts.h"
#include "session/user_limits.h"

namespace sluice::session {
namespace {

using duckdb::StringUtil;

constexpr size_t kMaxRules = 1000;
constexpr size_t kMaxNameBytes = 64;
constexpr size_t kMaxValueBytes = 64 << 10;
constexpr const char* kRulesProperty = "sql_block_rules";

// Doris' properties of users. The rules, max_user_connections and the timeouts are obeyed; the others are kept and
// shown only.
constexpr std::string_view kProperties[] = {
    "cpu_resource_limit",
    "default_init_catalog",
    "default_load_cluster",
    "default_workload_group",
    "exec_mem_limit",
    "insert_timeout",
    "load_mem_limit",
    "max_query_instances",
    "max_user_connections",
    "parallel_fragment_exec_instance_num",
    "query_timeout",
    "resource_tags",
    "allow_resource_tag_downgrade",
    "enable_prefer_cached_rowset",
    "query_freshness_tolerance_ms",
    kRulesProperty,
};

Error refused(Code code, const std::string& why) {
  return sql_error(code, 1105, "errCode = 2, detailMessage = " + why);
}

Error denied(const char* privilege) {
  return sql_error(
      Code::kPermissionDenied, 1227,
      std::string("Access denied; you need (at least one of) the (") + privilege + ") privilege(s) for this operation");
}

bool is_property(const std::string& key) {
  return std::ranges::find(kProperties, std::string_view(key)) != std::end(kProperties) ||
         key.starts_with("resource.") || key.starts_with("resource_tags.") || key.starts_with("quota.") ||
         key.starts_with("load_cluster.");
}

// "a, b": names of rules.
std::vector<std::string> names_of(const std::string& list) {
  std::vector<std::string> names;
  for (std::string name : StringUtil::Split(list, ',')) {
    StringUtil::Trim(name);
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

Status StoredAccess::apply(const dialect::BlockRuleStatement& statement, const dialect::Account& self) {
  using What = dialect::BlockRuleStatement::What;
  std::lock_guard guard(change_mutex_);
  if (!rights_of(self)->global().has(Privilege::kAdmin)) return fail(denied("ADMIN"));
  State next = copy();
  auto& rules = next.block_rules;
  const auto find = [&](const std::string& name) { return std::ranges::find(rules, name, &BlockRule::name); };
  if (statement.what == What::kDrop) {
    for (const std::string& name : statement.names) {
      const auto known = find(name);
      if (known != rules.end())
        rules.erase(known);
      else if (!statement.if_exists)
        return fail(refused(Code::kNotFound, "the sql block rule " + name + " not exist"));
    }
    return change_to(std::move(next));
  }
  const std::string& name = statement.names.front();
  const auto known = find(name);
  if (statement.what == What::kAlter) {
    if (known == rules.end()) return fail(refused(Code::kNotFound, "the sql block rule " + name + " not exist"));
    *known = TRY(changed_rule(*known, statement));
    return change_to(std::move(next));
  }
  if (name.size() > kMaxNameBytes)
    return fail(
        refused(Code::kInvalidArgument, "Incorrect SQL BLOCK RULE NAME '" + name.substr(0, kMaxNameBytes) + "'"));
  BlockRule rule;
  rule.name = name;
  rule = TRY(changed_rule(std::move(rule), statement));
  if (known != rules.end()) {
    if (statement.if_not_exists) return {};
    return fail(refused(Code::kAlreadyExists, "the sql block rule " + name + " already create"));
  }
  if (rules.size() >= kMaxRules)
    return fail(
        refused(Code::kResourceExhausted, "there are " + std::to_string(kMaxRules) + " sql block rules already"));
  rules.push_back(std::move(rule));
  return change_to(std::move(next));
}

Status StoredAccess::apply(const dialect::UserPropertyStatement& statement, const dialect::Account& self) {
  std::lock_guard guard(change_mutex_);
  if (!rights_of(self)->global().has(Privilege::kAdmin)) return fail(denied("ADMIN"));
  State next = copy();
  const std::string user = statement.user.value_or(self.user);
  const bool known = std::ranges::any_of(next.entries, [&](const Entry& entry) { return entry.record.user == user; });
  if (!known) return fail(refused(Code::kNotFound, "Unknown user(" + user + ")"));
  UserProperties& properties = next.properties[user];
  for (const auto& [key, value] : statement.properties) {
    if (!is_property(key)) return fail(refused(Code::kInvalidArgument, "Unknown user property(" + key + ")"));
    if (std::string reason = value.empty() ? "" : refused_user_property(key, value); !reason.empty())
      return fail(refused(Code::kInvalidArgument, reason));
    if (value.size() > kMaxValueBytes)
      return fail(refused(Code::kInvalidArgument, "the value of " + key + " is longer than 64 KiB"));
    if (value.empty())
      properties.erase(key);
    else
      properties[key] = value;
  }
  if (properties.empty()) next.properties.erase(user);
  return change_to(std::move(next));
}

BlockRules StoredAccess::block_rules_of(const std::string& user) const {
  std::vector<std::string> bound;
  if (const auto known = properties_.find(user); known != properties_.end()) {
    if (const auto list = known->second.find(kRulesProperty); list != known->second.end())
      bound = names_of(list->second);
  }
  std::vector<BlockRule> rules;
  for (const BlockRule& rule : block_rules_) {
    if (rule.global || std::ranges::find(bound, rule.name) != bound.end()) rules.push_back(rule);
  }
  return BlockRules(std::move(rules));
}

std::vector<BlockRule> StoredAccess::block_rules() const {
  std::shared_lock lock(mutex_);
  return block_rules_;
}

UserProperties StoredAccess::user_properties(const std::string& user) const {
  std::shared_lock lock(mutex_);
  const auto known = properties_.find(user);
  return known == properties_.end() ? UserProperties() : known->second;
}

}  // namespace sluice::session
