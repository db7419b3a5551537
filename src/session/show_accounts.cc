// SPDX-License-Identifier: Apache-2.0
// SHOW GRANTS, CREATE USER and PRIVILEGES. There are no grants yet: whoever can log in may do everything but what the
// list says of the administrators root and admin.
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

}  // namespace

Table show_privileges() {
  Table table = table_of({"Privilege", "Context", "Comment"});
  const std::string_view databases = "Databases,Tables";
  const std::string_view server = "Server Admin";
  for (const auto& [privilege, where, comment] : std::initializer_list<std::array<std::string_view, 3>>{
           {"Alter", "Tables", "Change the columns of tables"},
           {"Create", databases, "Make databases and tables"},
           {"Create user", server, "Make, change and drop accounts"},
           {"Create view", "Tables", "Make views"},
           {"Delete", "Tables", "Delete rows"},
           {"Drop", databases, "Drop databases, tables and views"},
           {"Index", "Tables", "Make and drop indexes"},
           {"Insert", "Tables", "Insert rows"},
           {"Process", server, "See the statements of other accounts"},
           {"Select", "Tables", "Read rows"},
           {"Show databases", server, "List databases"},
           {"Show view", "Tables", "See how views are defined"},
           {"Super", server, "End other sessions, set global variables"},
           {"Update", "Tables", "Change rows"},
       }) {
    table.rows.push_back({text(privilege), text(where), text(comment)});
  }
  return table;
}

Result<Table> show_grants(const dialect::ShowStatement& show, ShowContext& context) {
  const AccountRecord account = TRY(account_of(show, context));
  Table table = table_of({"Grants for " + plain_name(account)});
  table.rows.push_back({text("GRANT ALL PRIVILEGES ON *.* TO " + quoted_account(account))});
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

}  // namespace sluice::session
