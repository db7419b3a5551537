// SPDX-License-Identifier: Apache-2.0
#include "session/privileges.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "session/access_accounts.h"

namespace sluice::session {
namespace {

const dialect::Account kRoot{"root", "%"};

ObjectName object(std::string database, std::string table = {}) {
  return {"internal", std::move(database), std::move(table)};
}

Rights rights_with(std::vector<std::pair<ObjectName, Privileges>> list, std::vector<const RowPolicy*> policies = {}) {
  Grants grants;
  for (auto& [name, privileges] : list) grants.objects[name] = privileges;
  return Rights("u", std::move(grants), std::move(policies));
}

TEST(Rights, EachLevelHoldsForWhatLiesInIt) {
  const Rights rights = rights_with({{object("d"), {Privilege::kSelect}},
                                     {object("e", "t"), {Privilege::kLoad}},
                                     {{"lake", {}, {}}, {Privilege::kAlter}}});
  EXPECT_TRUE(rights.allows(object("d", "any"), kToSelect));
  EXPECT_TRUE(rights.allows(object("D", "Any"), kToSelect));  // the kernel compares names without case
  EXPECT_FALSE(rights.allows(object("d", "any"), kToLoad));
  EXPECT_FALSE(rights.allows({"lake", "d", "any"}, kToSelect));
  EXPECT_TRUE(rights.allows({"lake", "x", "y"}, kToAlter));
  EXPECT_TRUE(rights.allows(object("e", "T"), kToLoad));
  EXPECT_FALSE(rights.allows(object("e"), kToLoad));
  EXPECT_FALSE(rights.allows(object("e", "t2"), kToLoad));
  EXPECT_FALSE(rights.unlimited());
}

TEST(Rights, SeeingIsHavingAnything) {
  const Rights rights = rights_with({{object("e", "t"), {Privilege::kLoad}}, {object("g", "t"), {Privilege::kGrant}}});
  EXPECT_TRUE(rights.sees_database("e"));
  EXPECT_TRUE(rights.sees_relation("E", "T"));
  EXPECT_FALSE(rights.sees_relation("e", "t2"));
  EXPECT_FALSE(rights.sees_database("d"));
  EXPECT_FALSE(rights.sees_database("g"));
  EXPECT_TRUE(rights.sees_database("information_schema"));
  EXPECT_FALSE(rights.sees_definition("e", "t"));
  EXPECT_TRUE(rights.sees_user("u"));
  EXPECT_FALSE(rights.sees_user("root"));
}

TEST(Rights, OfNobodyAllowNothing) {
  const Rights nobody;
  EXPECT_FALSE(nobody.unlimited());
  EXPECT_FALSE(nobody.allows(object("d", "t"), kToSee));
  EXPECT_FALSE(nobody.sees_database("d"));
}

TEST(Rights, AdminIsBoundByRowPoliciesOnly) {
  EXPECT_TRUE(rights_with({{{}, {Privilege::kAdmin}}}).unlimited());
  const RowPolicy policy{"p", object("d", "t"), true, dialect::Account{"u", "%"}, {}, "a = 1", {}};
  const Rights bound = rights_with({{{}, {Privilege::kAdmin}}}, {&policy});
  EXPECT_FALSE(bound.unlimited());
  EXPECT_TRUE(bound.allows(object("d", "t"), kToDrop));
  EXPECT_NE(bound.row_filter(object("D", "T")), nullptr);
  EXPECT_EQ(bound.row_filter(object("d", "t2")), nullptr);
}

TEST(RowPolicies, ConditionsAreOneExpression) {
  EXPECT_TRUE(parse_condition("a = 1 OR b IN ('x', 'y')"));
  for (const char* wrong : {"", "a = (SELECT 1)", "a = 1; SELECT 2", "a = 1) LIMIT (1", "a = ?", "a = @x"})
    EXPECT_FALSE(parse_condition(wrong)) << wrong;
}

class GrantFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "sluice-grants-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    file_ = directory_ / "accounts.json";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  std::unique_ptr<StoredAccess> open() {
    auto access = StoredAccess::open(make_file_account_store(file_));
    EXPECT_TRUE(access) << access.error().describe();
    return access ? std::move(*access) : nullptr;
  }

  std::filesystem::path directory_;
  std::filesystem::path file_;
};

TEST_F(GrantFile, ChangesAreKeptAndCounted) {
  {
    auto access = open();
    dialect::AccountStatement user;
    user.entries.push_back({dialect::Account{"u", "%"}, std::nullopt, std::nullopt, {}});
    ASSERT_TRUE(access->apply(user, kRoot));
    EXPECT_FALSE(access->rights("'u'@'%'")->allows(object("d", "t"), kToSelect));
    const uint64_t before = access->generation();
    dialect::GrantStatement grant;
    grant.privileges = {{"SELECT_PRIV", {}}, {"SELECT_PRIV", {"a", "b"}}};
    grant.object = {{}, "d", "t"};
    grant.written_database = true;
    grant.grantee.account = dialect::Account{"u", "%"};
    ASSERT_TRUE(access->apply(grant, kRoot));
    EXPECT_GT(access->generation(), before);
    EXPECT_FALSE(access->apply(grant, {"u", "%"}));  // u may not grant
    EXPECT_FALSE(access->apply(grant, {"gone", "%"}));
  }
  auto access = open();
  const auto rights = access->rights("'u'@'%'");
  EXPECT_TRUE(rights->allows(object("d", "t"), kToSelect));
  ASSERT_NE(rights->columns_of(object("d", "t")), nullptr);
  EXPECT_EQ(rights->columns_of(object("d", "t"))->size(), 2u);
  EXPECT_TRUE(access->rights("'root'@'%'")->unlimited());
}

TEST_F(GrantFile, AccountsFromBeforePrivilegesKeepWhatTheyCould) {
  std::ofstream(file_)
      << R"({"version": 1, "accounts": [{"user": "root", "host": "%", "plugin": "mysql_native_password"},
                              {"user": "old", "host": "%", "plugin": "mysql_native_password"}]})";
  auto access = open();
  const auto old = access->rights("'old'@'%'");
  EXPECT_TRUE(old->allows(object("d", "t"), kToDrop));
  EXPECT_FALSE(old->unlimited());
  EXPECT_FALSE(old->global().any_of(kToGrant));
  EXPECT_TRUE(access->rights("'root'@'%'")->unlimited());
}

TEST_F(GrantFile, WhatIsNotUnderstoodIsDamage) {
  std::ofstream(file_) << R"({"version": 2, "accounts": [{"user": "u", "host": "%", "plugin": "mysql_native_password",
                              "grants": {"objects": [["internal", "d", "t", "Sing_priv"]]}}]})";
  auto access = StoredAccess::open(make_file_account_store(file_));
  ASSERT_FALSE(access);
  EXPECT_EQ(access.error().code(), Code::kDataLoss);
}

}  // namespace
}  // namespace sluice::session
