// SPDX-License-Identifier: Apache-2.0
// GRANT, REVOKE, roles, row policies and the options of accounts.
#include <gtest/gtest.h>

#include "dialect/parser.h"

namespace sluice::dialect {
namespace {

template <typename T>
T parsed(const char* sql) {
  auto statement = parse(sql, ParseOptions());
  EXPECT_TRUE(statement) << sql << ": " << (statement ? "" : statement.error().message());
  if (!statement || !std::holds_alternative<T>(statement->body)) {
    ADD_FAILURE() << sql;
    return {};
  }
  return std::get<T>(std::move(statement->body));
}

TEST(Grant, Objects) {
  struct Case {
    const char* written;
    const char *catalog, *database, *table;
    bool in_current_catalog;
  };
  for (const Case& one :
       {Case{"*.*.*", "", "", "", false}, Case{"*.*", "", "", "", false}, Case{"*", "", "", "", false},
        Case{"ctl.*.*", "ctl", "", "", false}, Case{"ctl.d.*", "ctl", "d", "", false},
        Case{"ctl.d.t", "ctl", "d", "t", false}, Case{"d.*", "", "d", "", true}, Case{"`d`.`t`", "", "d", "t", true},
        Case{"d", "", "d", "", true}}) {
    const std::string sql = "GRANT SELECT_PRIV, LOAD_PRIV ON " + std::string(one.written) + " TO 'u'@'10.%'";
    const auto grant = parsed<GrantStatement>(sql.c_str());
    EXPECT_EQ(grant.object.catalog, one.catalog) << sql;
    EXPECT_EQ(grant.object.database, one.database) << sql;
    EXPECT_EQ(grant.object.name, one.table) << sql;
    EXPECT_EQ(grant.written_database, one.in_current_catalog) << sql;
    EXPECT_EQ(grant.privileges.size(), 2u);
    ASSERT_TRUE(grant.grantee.account);
    EXPECT_EQ(grant.grantee.account->host, "10.%");
  }
}

TEST(Grant, Forms) {
  const auto columns = parsed<GrantStatement>("REVOKE select_priv(a, b), ALL ON d.t FROM ROLE 'r'");
  EXPECT_TRUE(columns.revoke);
  EXPECT_EQ(columns.grantee.role, "r");
  EXPECT_EQ(columns.privileges[0].columns, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(columns.privileges[1].name, "ALL");
  const auto roles = parsed<GrantStatement>("GRANT 'r', 's' TO CURRENT_USER()");
  EXPECT_EQ(roles.on, GrantStatement::On::kRoles);
  EXPECT_EQ(roles.roles.size(), 2u);
  EXPECT_FALSE(roles.grantee.account);
  EXPECT_EQ(parsed<GrantStatement>("GRANT USAGE_PRIV ON RESOURCE '%' TO u").on, GrantStatement::On::kResource);
  EXPECT_EQ(parsed<GrantStatement>("GRANT USAGE_PRIV ON WORKLOAD GROUP g TO u").name, "g");
  EXPECT_EQ(parsed<GrantStatement>("GRANT SHOW VIEW ON d.v TO u WITH GRANT OPTION").privileges.size(), 2u);
  for (const char* wrong :
       {"GRANT", "GRANT SELECT_PRIV TO u", "GRANT SELECT_PRIV ON *.d.t TO u", "GRANT SELECT_PRIV ON d. TO u",
        "GRANT SELECT_PRIV ON d.t FROM u", "REVOKE 'r' TO u", "GRANT SELECT_PRIV ON d.t TO", "GRANT r TO u"})
    EXPECT_FALSE(parse(wrong, ParseOptions())) << wrong;
}

TEST(Grant, RolesAndPolicies) {
  EXPECT_EQ(parsed<RoleStatement>("CREATE ROLE IF NOT EXISTS r COMMENT 'c'").comment, "c");
  EXPECT_TRUE(parsed<RoleStatement>("DROP ROLE IF EXISTS 'r'").if_exists);
  const auto policy =
      parsed<RowPolicyStatement>("CREATE ROW POLICY p ON d.t AS PERMISSIVE TO ROLE r USING (a = 1 OR b > 2)");
  EXPECT_EQ(policy.condition, "a = 1 OR b > 2");
  EXPECT_FALSE(policy.restrictive);
  EXPECT_EQ(policy.grantee.role, "r");
  EXPECT_TRUE(parsed<RowPolicyStatement>("DROP ROW POLICY p ON d.t").for_anybody);
  EXPECT_FALSE(parsed<RowPolicyStatement>("DROP ROW POLICY p ON d.t FOR u").for_anybody);
  for (const char* wrong : {"CREATE ROW POLICY p ON t AS RESTRICTIVE TO u USING (a = (SELECT 1))",
                            "CREATE ROW POLICY p ON t TO u USING (a)",
                            "CREATE ROW POLICY p ON t AS PERMISSIVE TO u USING a = 1", "ALTER ROLE r"})
    EXPECT_FALSE(parse(wrong, ParseOptions())) << wrong;
}

TEST(Accounts, PasswordOptions) {
  const auto user = parsed<AccountStatement>(
      "CREATE USER u IDENTIFIED BY 'x' DEFAULT ROLE 'r' PASSWORD_HISTORY 5 PASSWORD_EXPIRE INTERVAL 2 DAY "
      "FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME UNBOUNDED COMMENT 'c'");
  EXPECT_EQ(user.default_role, "r");
  EXPECT_EQ(user.options.history, 5);
  EXPECT_EQ(user.options.expire_seconds, 2 * 86400);
  EXPECT_EQ(user.options.failed_attempts, 3);
  EXPECT_EQ(user.options.lock_seconds, PasswordOptions::kUnbounded);
  EXPECT_EQ(user.comment, "c");
  const auto alter = parsed<AccountStatement>("ALTER USER u PASSWORD EXPIRE NEVER ACCOUNT LOCK");
  EXPECT_EQ(alter.options.expire_seconds, 0);
  EXPECT_EQ(alter.options.locked, true);
  EXPECT_EQ(parsed<AccountStatement>("CREATE USER u SUPERUSER").default_role, "admin");
}

}  // namespace
}  // namespace sluice::dialect
