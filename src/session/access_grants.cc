// SPDX-License-Identifier: Apache-2.0
// GRANT, REVOKE, roles and row policies; what an account may do after all.
#include <algorithm>

#include "kernel/host.h"
#include "session/access_accounts.h"

namespace sluice::session {
namespace {

using On = dialect::GrantStatement::On;

constexpr size_t kMaxRoleBytes = 64;

// Doris' errors of statements that cannot be carried out have its general number.
Error refused(Code code, const std::string& why) {
  return sql_error(code, 1105, "errCode = 2, detailMessage = " + why);
}

Error denied(std::string_view privileges) {
  return sql_error(Code::kPermissionDenied, 1227,
                   "Access denied; you need (at least one of) the (" + std::string(privileges) +
                       ") privilege(s) for this operation");
}

std::string account_name(std::string_view user, std::string_view host) {
  return "'" + std::string(user) + "'@'" + std::string(host) + "'";
}

ObjectName object_of(const dialect::GrantStatement& statement) {
  ObjectName object{statement.object.catalog, statement.object.database, statement.object.name};
  if (statement.written_database && object.catalog.empty()) object.catalog = kernel::kInternalCatalog;
  return object;
}

// ALL on tables, databases and catalogs; on everything also what only holds there.
Privileges all_privileges(const dialect::GrantStatement& statement, const ObjectName& object) {
  if (statement.on != On::kTables) return {Privilege::kUsage};
  Privileges all{Privilege::kSelect, Privilege::kLoad, Privilege::kAlter, Privilege::kCreate, Privilege::kDrop};
  if (object.catalog.empty()) all.add({Privilege::kAdmin, Privilege::kUsage});
  return all;
}

struct Asked {
  Privileges whole;
  std::map<std::string, Privileges, LessNoCase> columns;
};

Result<Asked> asked_of(const dialect::GrantStatement& statement, const ObjectName& object) {
  Asked asked;
  for (const auto& written : statement.privileges) {
    const bool all = written.name == "ALL" || written.name == "ALL PRIVILEGES";
    const auto privileges = all ? all_privileges(statement, object) : parse_privilege(written.name);
    if (!privileges) return fail(refused(Code::kInvalidArgument, "Unknown privilege type '" + written.name + "'"));
    if (written.columns.empty()) {
      asked.whole.add(*privileges);
      continue;
    }
    if (object.table.empty()) return fail(refused(Code::kInvalidArgument, "Col auth must specify specific table"));
    if (!(*privileges == Privileges{Privilege::kSelect}))
      return fail(refused(Code::kInvalidArgument, written.name + " do not support col auth"));
    for (const auto& column : written.columns) asked.columns[column].add(*privileges);
  }
  const Privileges whole = asked.whole;
  if (statement.on == On::kTables) {
    if (whole.has(Privilege::kNode) && !object.catalog.empty())
      return fail(
          refused(Code::kInvalidArgument, "NODE_PRIV privilege can only be granted/revoked on/from global level"));
    if (whole.has(Privilege::kAdmin) && !object.catalog.empty())
      return fail(
          refused(Code::kInvalidArgument, "ADMIN_PRIV privilege can only be granted/revoked on/from global level"));
    if (whole.has(Privilege::kUsage) && !object.catalog.empty())
      return fail(refused(Code::kInvalidArgument, "Can not grant/revoke USAGE_PRIV to/from database or table"));
  } else if (statement.on == On::kResource || statement.on == On::kWorkloadGroup) {
    for (Privilege one : whole.list()) {
      if (one != Privilege::kUsage && one != Privilege::kGrant)
        return fail(refused(Code::kInvalidArgument,
                            "Can not grant/revoke " + std::string(doris_name(one)) + " to/from a resource or group"));
    }
  }
  return asked;
}

template <typename Map, typename Key>
bool change_one(Map& map, const Key& key, Privileges privileges, bool revoke) {
  auto at = map.find(key);
  if (!revoke) {
    map[key].add(privileges);
    return true;
  }
  if (at == map.end() || !at->second.any_of(privileges)) return false;
  at->second.remove(privileges);
  if (at->second.empty()) map.erase(at);
  return true;
}

// False when a REVOKE finds nothing.
bool change(Grants& grants, const dialect::GrantStatement& statement, const ObjectName& object, const Asked& asked) {
  switch (statement.on) {
    case On::kResource:
      return change_one(grants.resources, statement.name, asked.whole, statement.revoke);
    case On::kWorkloadGroup:
      return change_one(grants.workload_groups, statement.name, asked.whole, statement.revoke);
    case On::kElsewhere:
    case On::kRoles:
      return true;
    case On::kTables:
      break;
  }
  bool found = asked.whole.empty() || change_one(grants.objects, object, asked.whole, statement.revoke);
  for (const auto& [column, privileges] : asked.columns) {
    auto& columns = grants.columns[object];
    found = change_one(columns, column, privileges, statement.revoke) && found;
    if (columns.empty()) grants.columns.erase(object);
  }
  return found;
}

}  // namespace

// Who holds GRANT for the object may grant and revoke on it; what makes an administrator only an administrator.
Status StoredAccess::may_grant(const dialect::GrantStatement& statement, const ObjectName& object,
                               Privileges privileges, const Rights& rights) const {
  if (privileges.has(Privilege::kNode) && !rights.global().has(Privilege::kNode)) return fail(denied("NODE"));
  if (privileges.has(Privilege::kAdmin) && !rights.global().has(Privilege::kAdmin)) return fail(denied("ADMIN"));
  const bool may = statement.on == On::kTables ? rights.allows(object, kToGrant) : rights.global().any_of(kToGrant);
  return may ? Status() : Status(fail(denied("GRANT")));
}

Status StoredAccess::apply(const dialect::GrantStatement& statement, const dialect::Account& self) {
  std::lock_guard guard(change_mutex_);
  State next = copy();
  const auto rights = rights_of(self);
  const ObjectName object = object_of(statement);
  const Asked asked = TRY(asked_of(statement, object));
  Privileges privileges = asked.whole;
  for (const auto& name : statement.roles) {
    const Role* role = next.find_role(name);
    if (!role && !is_built_in_role(name)) return fail(refused(Code::kNotFound, "Role: " + name + " does not exist"));
    privileges.add(role ? role->grants.global() : built_in_grants(name).global());
  }
  TRY(may_grant(statement, object, privileges, *rights));
  // To what is granted: a role, or an account.
  Grants* grants = nullptr;
  if (!statement.grantee.role.empty()) {
    const std::string& name = statement.grantee.role;
    if (is_built_in_role(name))
      return fail(refused(Code::kInvalidArgument, "Can not grant/revoke privileges to/from role: " + name));
    Role* role = next.find_role(name);
    if (!role) return fail(refused(Code::kNotFound, "Role: " + name + " does not exist"));
    grants = &role->grants;
    if (change(*grants, statement, object, asked)) return change_to(std::move(next));
    return fail(refused(Code::kNotFound, "the role " + name + " has no such privilege on " + object.text()));
  }
  dialect::Account account = statement.grantee.account.value_or(self);
  if (account.host.empty()) account.host = "%";
  const std::string host = TRY(HostPattern::parse(account.host)).text();
  Entry* entry = next.find(account.user, host);
  const std::string name = account_name(account.user, host);
  if (!entry) return fail(refused(Code::kNotFound, "user " + name + " does not exist"));
  AccountRecord& record = entry->record;
  if (statement.on == On::kRoles) {
    for (const auto& role : statement.roles) {
      if (!statement.revoke) {
        record.roles.insert(role);
        continue;
      }
      const std::string_view own = record.user == "root" ? kOperatorRole : record.user == "admin" ? kAdminRole : "";
      if (role == own) return fail(refused(Code::kInvalidArgument, "Can not revoke role " + role + " from " + name));
      record.roles.erase(role);
    }
    return change_to(std::move(next));
  }
  if (is_administrator(record.user) && statement.revoke)
    return fail(refused(Code::kInvalidArgument, "Can not revoke privileges from " + name));
  if (change(record.grants, statement, object, asked)) return change_to(std::move(next));
  return fail(refused(Code::kNotFound,
                      name + " has no such privilege on " + (object.catalog.empty() ? "*.*.*" : object.text())));
}

Status StoredAccess::apply(const dialect::RoleStatement& statement, const dialect::Account& self) {
  using What = dialect::RoleStatement::What;
  std::lock_guard guard(change_mutex_);
  State next = copy();
  const auto rights = rights_of(self);
  if (!rights->global().any_of(kToGrant)) return fail(denied("GRANT"));
  const std::string& name = statement.name;
  Role* role = next.find_role(name);
  switch (statement.what) {
    case What::kCreate:
      if (name.empty() || name.size() > kMaxRoleBytes || name == "%")
        return fail(refused(Code::kInvalidArgument, "invalid role format: '" + name.substr(0, kMaxRoleBytes) + "'"));
      if (role || is_built_in_role(name)) {
        if (statement.if_not_exists) return {};
        return fail(refused(Code::kAlreadyExists, "Role " + name + " already exists"));
      }
      next.roles.push_back({name, statement.comment, {}});
      break;
    case What::kAlter:
      if (is_built_in_role(name)) return fail(refused(Code::kInvalidArgument, "Can not alter role: " + name));
      if (!role) return fail(refused(Code::kNotFound, "Role: " + name + " does not exist"));
      role->comment = statement.comment;
      break;
    case What::kDrop:
      if (is_built_in_role(name)) return fail(refused(Code::kInvalidArgument, "Can not drop role: " + name));
      if (!role) {
        if (statement.if_exists) return {};
        return fail(refused(Code::kNotFound, "Role: " + name + " does not exist"));
      }
      if (role->grants.global().has(Privilege::kAdmin) && !rights->global().has(Privilege::kAdmin))
        return fail(denied("ADMIN"));
      // Its policies stay, as in Doris: without them its former members could see more than before.
      std::erase_if(next.roles, [&](const Role& known) { return known.name == name; });
      for (auto& entry : next.entries) entry.record.roles.erase(name);
      break;
  }
  return change_to(std::move(next));
}

Status StoredAccess::apply(const dialect::RowPolicyStatement& statement, const dialect::Account& self,
                           const std::string& database) {
  std::lock_guard guard(change_mutex_);
  State next = copy();
  ObjectName table{statement.table.catalog, statement.table.database, statement.table.name};
  if (table.catalog.empty()) table.catalog = kernel::kInternalCatalog;
  if (table.database.empty()) table.database = database;
  if (table.database.empty()) return fail(sql_error(Code::kFailedPrecondition, 1046, "No database selected"));
  if (!rights_of(self)->allows(table, kToGrant)) return fail(denied("GRANT"));
  std::optional<dialect::Account> account;
  if (statement.grantee.role.empty() && !statement.for_anybody) {
    account = statement.grantee.account.value_or(self);
    account->host = TRY(HostPattern::parse(account->host.empty() ? "%" : account->host)).text();
  }
  const auto same_place = [&](const RowPolicy& policy) {
    return equal_no_case(policy.name, statement.name) && equal_no_case(policy.table.text(), table.text());
  };
  if (statement.drop) {
    const auto dropped = std::erase_if(next.policies, [&](const RowPolicy& policy) {
      if (!same_place(policy)) return false;
      if (statement.for_anybody) return true;
      if (!account) return policy.role == statement.grantee.role;
      return policy.account && policy.account->user == account->user && policy.account->host == account->host;
    });
    if (dropped > 0) return change_to(std::move(next));
    if (statement.if_exists) return {};
    return fail(refused(Code::kNotFound, "the policy " + statement.name + " not exist"));
  }
  if (account && is_administrator(account->user)) {
    return fail(refused(Code::kInvalidArgument, "CreatePolicyStmt not allow add policy for system user: " +
                                                    account_name(account->user, account->host)));
  }
  if (account && !next.find(account->user, account->host))
    return fail(refused(Code::kNotFound, "user " + account_name(account->user, account->host) + " does not exist"));
  if (!account && !is_built_in_role(statement.grantee.role) && !next.find_role(statement.grantee.role))
    return fail(refused(Code::kNotFound, "Role: " + statement.grantee.role + " does not exist"));
  if (std::any_of(next.policies.begin(), next.policies.end(), same_place)) {
    if (statement.if_not_exists) return {};
    return fail(refused(Code::kAlreadyExists, "the policy " + statement.name + " already create"));
  }
  TRY(parse_condition(statement.condition));
  RowPolicy policy{statement.name,         std::move(table),    statement.restrictive, std::move(account),
                   statement.grantee.role, statement.condition, statement.statement};
  next.policies.push_back(std::move(policy));
  return change_to(std::move(next));
}

std::shared_ptr<const Rights> StoredAccess::make_rights(const AccountRecord& account) const {
  Grants grants = account.grants;
  if (account.user == "root") grants.merge(built_in_grants(kOperatorRole));
  if (account.user == "admin") grants.merge(built_in_grants(kAdminRole));
  for (const auto& name : account.roles) {
    if (is_built_in_role(name)) grants.merge(built_in_grants(name));
    for (const Role& role : roles_) {
      if (role.name == name) grants.merge(role.grants);
    }
  }
  std::vector<const RowPolicy*> policies;
  if (!is_administrator(account.user)) {
    for (const RowPolicy& policy : policies_) {
      const bool own = policy.account
                           ? policy.account->user == account.user && policy.account->host == account.host_pattern
                           : account.roles.contains(policy.role);
      if (own) policies.push_back(&policy);
    }
  }
  return std::make_shared<const Rights>(account.user, std::move(grants), std::move(policies),
                                        block_rules_of(account.user));
}

std::shared_ptr<const Rights> StoredAccess::rights_of(const dialect::Account& account) const {
  auto pattern = HostPattern::parse(account.host.empty() ? "%" : account.host);
  return rights(account_name(account.user, pattern ? pattern->text() : account.host));
}

std::shared_ptr<const Rights> StoredAccess::rights(std::string_view account) const {
  const std::string name(account);
  {
    std::shared_lock lock(mutex_);
    if (const auto found = rights_.find(name); found != rights_.end()) return found->second;
  }
  std::unique_lock lock(mutex_);
  const auto at =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.record.name() == name; });
  if (at == entries_.end()) return std::make_shared<const Rights>();
  auto rights = make_rights(at->record);
  rights_[name] = rights;
  return rights;
}

std::vector<Role> StoredAccess::roles() const {
  std::shared_lock lock(mutex_);
  return roles_;
}

std::vector<RowPolicy> StoredAccess::row_policies() const {
  std::shared_lock lock(mutex_);
  return policies_;
}

}  // namespace sluice::session
