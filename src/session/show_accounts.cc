// SPDX-License-Identifier: Apache-2.0
// SHOW GRANTS, ROLES, ROW POLICY, CREATE USER and PRIVILEGES, and the same for information_schema and mysql.
#include "session/show_accounts.h"

#include "kernel/catalog_facts.h"
#include "session/show_rows.h"

namespace sluice::session {
namespace {

// The account that a statement names, or the session's own. Error 1141.
Result<AccountRecord> account_of(const dialect::ShowStatement& show, ShowContext& context) {
  std::string wanted = context.client.account;
  if (show.account) wanted = "'" + show.account->user + "'@'" + show.account->host + "'";
  for (const AccountRecord& account : context.services.access.list()) {
    if (account.name() == wanted) return account;
  }
  const std::string user = show.account ? show.account->user : context.client.user;
  const std::string host = show.account ? show.account->host : context.client.host;
  return fail(sql_error(Code::kNotFound, 1141,
                        "There is no such grant defined for user '" + user + "' on host '" + host + "'"));
}

std::string plain_name(const AccountRecord& account) { return account.user + "@" + account.host_pattern; }

std::string quoted_account(const AccountRecord& account) {
  return quoted_string(account.user) + "@" + quoted_string(account.host_pattern);
}

duckdb::Value text_or_null(const std::string& value) { return value.empty() ? no_text() : text(value); }

void append(std::string& list, const std::string& item, const char* separator) {
  list += (list.empty() ? "" : separator) + item;
}

enum class Level : uint8_t { kGlobal, kCatalog, kDatabase, kTable };

Level level_of(const ObjectName& object) {
  if (object.catalog.empty()) return Level::kGlobal;
  if (object.database.empty()) return Level::kCatalog;
  return object.table.empty() ? Level::kDatabase : Level::kTable;
}

// "internal.db: Select_priv; .."
duckdb::Value objects_text(const Grants& grants, Level level) {
  std::string list;
  for (const auto& [object, privileges] : grants.objects) {
    if (level_of(object) != level || privileges.empty()) continue;
    append(list, level == Level::kGlobal ? privileges.text() : object.text() + ": " + privileges.text(), "; ");
  }
  return text_or_null(list);
}

// "internal.db.t: Select_priv[a,b]; .."
duckdb::Value columns_text(const Grants& grants) {
  std::string list;
  for (const auto& [table, columns] : grants.columns) {
    std::map<std::string, std::string> by_privilege;
    for (const auto& [column, privileges] : columns) append(by_privilege[privileges.text()], column, ",");
    std::string of_table;
    for (const auto& [privilege, names] : by_privilege) append(of_table, privilege + "[" + names + "]", ",");
    append(list, table.text() + ": " + of_table, "; ");
  }
  return text_or_null(list);
}

template <typename Map>
duckdb::Value named_text(const Map& map) {
  std::string list;
  for (const auto& [name, privileges] : map) append(list, name + ": " + privileges.text(), "; ");
  return text_or_null(list);
}

// What every account holds, without being granted it.
Grants with_defaults(Grants grants) {
  for (const char* database : {"information_schema", "mysql"})
    grants.objects[{kernel::kInternalCatalog, database, {}}].add({Privilege::kSelect});
  grants.workload_groups["normal"].add({Privilege::kUsage});
  return grants;
}

}  // namespace

Table show_privileges() {
  Table table = table_of({"Privilege", "Context", "Comment"});
  for (const auto& [privilege, where, comment] : std::initializer_list<std::array<std::string_view, 3>>{
           {"Node_priv", "GLOBAL", "Change the nodes of a cluster"},
           {"Admin_priv", "GLOBAL", "Do everything but change nodes"},
           {"Grant_priv", "GLOBAL,CATALOG,DATABASE,TABLE", "Grant and revoke, make accounts and roles"},
           {"Select_priv", "GLOBAL,CATALOG,DATABASE,TABLE,COLUMN", "Read rows"},
           {"Load_priv", "GLOBAL,CATALOG,DATABASE,TABLE", "Load, insert, change and delete rows"},
           {"Alter_priv", "GLOBAL,CATALOG,DATABASE,TABLE", "Change tables and views"},
           {"Create_priv", "GLOBAL,CATALOG,DATABASE,TABLE", "Make databases, tables and views"},
           {"Drop_priv", "GLOBAL,CATALOG,DATABASE,TABLE", "Drop databases, tables and views"},
           {"Usage_priv", "GLOBAL,RESOURCE,WORKLOAD GROUP", "Use resources and workload groups"},
           {"Show_view_priv", "GLOBAL,CATALOG,DATABASE,TABLE", "See how views are defined"},
       }) {
    table.rows.push_back({text(privilege), text(where), text(comment)});
  }
  return table;
}

Result<Table> show_grants(const dialect::ShowStatement& show, ShowContext& context) {
  Table table = table_of({"UserIdentity", "Comment", "Password", "Roles", "GlobalPrivs", "CatalogPrivs",
                          "DatabasePrivs", "TablePrivs", "ColPrivs", "ResourcePrivs", "CloudClusterPrivs",
                          "CloudStagePrivs", "StorageVaultPrivs", "WorkloadGroupPrivs", "ComputeGroupPrivs"});
  std::vector<AccountRecord> accounts;
  if (show.full)
    accounts = context.services.access.list();
  else
    accounts.push_back(TRY(account_of(show, context)));
  for (const AccountRecord& account : accounts) {
    const Grants grants = with_defaults(context.services.access.rights(account.name())->grants());
    std::string roles;
    for (const auto& role : account.roles) append(roles, role, ",");
    table.rows.push_back({text(account.name()), text(account.comment), text(account.has_password ? "Yes" : "No"),
                          text(roles), objects_text(grants, Level::kGlobal), objects_text(grants, Level::kCatalog),
                          objects_text(grants, Level::kDatabase), objects_text(grants, Level::kTable),
                          columns_text(grants), named_text(grants.resources), no_text(), no_text(), no_text(),
                          named_text(grants.workload_groups), no_text()});
  }
  return table;
}

Table show_block_rules(const dialect::ShowStatement& show, ShowContext& context, Table table) {
  const auto set_or_null = [](const std::string& value) { return text(value.empty() ? "NULL" : value); };
  for (const BlockRule& rule : context.services.access.block_rules()) {
    if (!show.words.empty() && rule.name != show.words) continue;
    table.rows.push_back({text(rule.name), set_or_null(rule.sql), set_or_null(rule.sql_hash),
                          text(std::to_string(rule.partitions)), text(std::to_string(rule.tablets)),
                          text(std::to_string(rule.cardinality)), text(rule.global ? "true" : "false"),
                          text(rule.enabled ? "true" : "false")});
  }
  return table;
}

Table show_user_properties(const dialect::ShowStatement& show, ShowContext& context, Table table) {
  UserProperties properties = {{"cpu_resource_limit", "-1"},
                               {"default_init_catalog", ""},
                               {"default_load_cluster", ""},
                               {"default_workload_group", "normal"},
                               {"exec_mem_limit", "-1"},
                               {"insert_timeout", "-1"},
                               {"max_query_instances", "-1"},
                               {"max_user_connections", "100"},
                               {"parallel_fragment_exec_instance_num", "-1"},
                               {"query_timeout", "-1"},
                               {"resource_tags", ""},
                               {"sql_block_rules", ""}};
  const std::string& user = show.words.empty() ? context.client.user : show.words;
  for (const auto& [key, value] : context.services.access.user_properties(user)) properties[key] = value;
  for (const auto& [key, value] : properties) table.rows.push_back({text(key), text(value)});
  return table;
}

Table show_roles(ShowContext& context) {
  Table table = table_of({"Name", "Comment", "Users", "GlobalPrivs", "CatalogPrivs", "DatabasePrivs", "TablePrivs",
                          "ResourcePrivs", "CloudClusterPrivs", "CloudStagePrivs", "StorageVaultPrivs",
                          "WorkloadGroupPrivs", "ComputeGroupPrivs"});
  std::vector<Role> roles = context.services.access.roles();
  for (std::string_view name : {kAdminRole, kOperatorRole})
    roles.push_back({std::string(name), std::string(), built_in_grants(name)});
  std::sort(roles.begin(), roles.end(), [](const Role& a, const Role& b) { return a.name < b.name; });
  const auto accounts = context.services.access.list();
  for (const Role& role : roles) {
    std::string users;
    for (const auto& account : accounts) {
      if (account.roles.contains(role.name)) append(users, account.name(), ", ");
    }
    table.rows.push_back({text(role.name), text(role.comment), text(users), objects_text(role.grants, Level::kGlobal),
                          objects_text(role.grants, Level::kCatalog), objects_text(role.grants, Level::kDatabase),
                          objects_text(role.grants, Level::kTable), named_text(role.grants.resources), no_text(),
                          no_text(), no_text(), named_text(role.grants.workload_groups), no_text()});
  }
  return table;
}

Table show_row_policies(const dialect::ShowStatement& show, ShowContext& context) {
  Table table = table_of({"PolicyName", "CatalogName", "DbName", "TableName", "Type", "FilterType", "WherePredicate",
                          "User", "Role", "OriginStmt"});
  for (const RowPolicy& policy : context.services.access.row_policies()) {
    const std::string account =
        policy.account ? "'" + policy.account->user + "'@'" + policy.account->host + "'" : std::string();
    if (!show.words.empty() && policy.role != show.words) continue;
    if (show.full && account != context.client.account) continue;
    if (show.account && account != "'" + show.account->user + "'@'" + show.account->host + "'") continue;
    table.rows.push_back({text(policy.name), text(policy.table.catalog), text(policy.table.database),
                          text(policy.table.table), text("ROW"),
                          text(policy.restrictive ? "RESTRICTIVE" : "PERMISSIVE"), text(policy.condition),
                          text_or_null(account), text_or_null(policy.role), text(policy.statement)});
  }
  return table;
}

Result<Table> show_create_user(const dialect::ShowStatement& show, ShowContext& context) {
  const AccountRecord account = TRY(account_of(show, context));
  Table table = table_of({"CREATE USER for " + plain_name(account)});
  // Without the hash: who reads it could log in with it by the native plugin.
  table.rows.push_back(
      {text("CREATE USER " + quoted_account(account) + " IDENTIFIED WITH " + quoted_string(account.plugin))});
  return table;
}

// ---- for information_schema and mysql

SystemTable account_rows(const Access& access) {
  SystemTable rows;
  for (const AccountRecord& account : access.list()) {
    const PasswordPolicy& policy = account.password_policy;
    const auto set_at = std::chrono::system_clock::time_point(std::chrono::seconds(policy.set_at));
    rows.push_back({text(account.user), text(account.host_pattern), text(account.plugin),
                    text(access.rights(account.name())->global().text()), number(policy.expire_seconds),
                    text(policy.set_at == 0 ? std::string() : time_text(set_at)), number(policy.history),
                    number(policy.failed_attempts), number(policy.lock_seconds), number(access.failed_logins(account)),
                    text(policy.locked ? "Y" : "N")});
  }
  return rows;
}

SystemTable privilege_rows(const Access& access) {
  SystemTable rows;
  for (const AccountRecord& account : access.list()) {
    const Grants grants = with_defaults(access.rights(account.name())->grants());
    const auto add = [&](std::string_view level, const ObjectName& object, std::string_view column,
                         Privileges privileges) {
      const bool grantable = privileges.any_of(kToGrant);
      if (privileges.has(Privilege::kAdmin)) {
        privileges.add({Privilege::kSelect, Privilege::kLoad, Privilege::kAlter, Privilege::kCreate, Privilege::kDrop,
                        Privilege::kShowView});
      }
      for (Privilege one : privileges.list()) {
        if (mysql_name(one).empty() || one == Privilege::kUsage) continue;
        rows.push_back({text(level), text(account.user), text(account.name()), text(object.database),
                        text(object.table), text(column), text(mysql_name(one)), text(grantable ? "YES" : "NO")});
      }
    };
    for (const auto& [object, privileges] : grants.objects) {
      const Level level = level_of(object);
      add(level == Level::kTable ? "table" : level == Level::kDatabase ? "schema" : "user", object, "", privileges);
    }
    for (const auto& [table, columns] : grants.columns) {
      for (const auto& [column, privileges] : columns) add("column", table, column, privileges);
    }
  }
  return rows;
}

}  // namespace sluice::session
