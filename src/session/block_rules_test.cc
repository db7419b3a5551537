// SPDX-License-Identifier: Apache-2.0
#include "session/block_rules.h"

#include <gtest/gtest.h>

#include "session/access_accounts.h"

namespace sluice::session {
namespace {

using What = dialect::BlockRuleStatement::What;
using Properties = std::vector<std::pair<std::string, std::string>>;

const dialect::Account kRoot{"root", "%"};

dialect::BlockRuleStatement statement(What what, const std::string& name, Properties properties) {
  dialect::BlockRuleStatement it;
  it.what = what;
  it.names = {name};
  it.properties = std::move(properties);
  return it;
}

std::string reason(const Status& status) { return status ? std::string() : status.error().message(); }

TEST(BlockRules, Texts) {
  BlockRule pattern;
  pattern.name = "r";
  pattern.sql = "select \\* from t\\b";
  BlockRule hash;
  hash.name = "h";
  hash.sql_hash = "c4ca4238a0b923820dcc509a6f75849b";  // of "1"
  BlockRule disabled;
  disabled.sql = ".*";
  disabled.enabled = false;
  const BlockRules rules({pattern, hash, disabled});
  EXPECT_FALSE(rules.empty());
  EXPECT_FALSE(rules.limit_scans());
  EXPECT_NE(reason(rules.check_text("explain select * from t")).find("sql match regex sql block rule: r"),
            std::string::npos);
  EXPECT_TRUE(rules.check_text("select * from tt"));
  EXPECT_NE(reason(rules.check_text("1")).find("sql match hash sql block rule: h"), std::string::npos);
  EXPECT_TRUE(BlockRules({disabled}).empty());
}

TEST(BlockRules, Scans) {
  BlockRule rule;
  rule.name = "r";
  rule.partitions = 2;
  rule.tablets = 10;
  rule.cardinality = 100;
  const BlockRules rules({rule});
  EXPECT_TRUE(rules.limit_scans());
  EXPECT_TRUE(rules.check_scan({2, 10, 100}));
  EXPECT_NE(reason(rules.check_scan({3, 11, 101})).find("reach partition_num : 2"), std::string::npos);
  EXPECT_NE(reason(rules.check_scan({2, 11, 101})).find("reach tablet_num : 10"), std::string::npos);
  EXPECT_NE(reason(rules.check_scan({2, 10, 101})).find("reach cardinality : 100"), std::string::npos);
}

TEST(BlockRules, Properties) {
  struct Case {
    Properties properties;
    const char* reason;
  };
  for (const Case& one :
       {Case{{}, "Not set properties"}, Case{{{"sqll", "a"}}, "sqll is invalid property"},
        Case{{{"sql", "a"}, {"sqlhash", "b"}}, "Only sql or sqlHash"},
        Case{{{"sql", "a"}, {"tablet_num", "1"}}, "cannot be set in one rule"},
        Case{{{"enable", "true"}}, "cannot be set in one rule"}, Case{{{"tablet_num", "-1"}}, "can't be a negative"},
        Case{{{"tablet_num", "x"}}, "should be a long"}, Case{{{"sql", "a"}, {"global", "yes"}}, "should be a boolean"},
        Case{{{"sql", "("}}, "regular expression"}, Case{{{"sql", ".*"}}, "should not match its name"}}) {
    BlockRule rule;
    rule.name = "wanted";
    const auto changed = changed_rule(rule, statement(What::kCreate, "wanted", one.properties));
    ASSERT_FALSE(changed) << one.reason;
    EXPECT_NE(changed.error().message().find(one.reason), std::string::npos) << changed.error().message();
  }
  BlockRule rule;
  rule.name = "wanted";
  rule.sql = "a b";
  const auto disabled = changed_rule(rule, statement(What::kAlter, "wanted", {{"enable", "false"}}));
  ASSERT_TRUE(disabled);
  EXPECT_EQ(disabled->sql, "a b");
  EXPECT_FALSE(disabled->enabled);
  EXPECT_FALSE(changed_rule(rule, statement(What::kAlter, "wanted", {{"cardinality", "1"}})));
}

TEST(BlockRules, BoundToUsers) {
  const auto access = *StoredAccess::open(make_memory_account_store());
  ASSERT_TRUE(access->apply(statement(What::kCreate, "mine", {{"sql", "select 1"}}), kRoot));
  EXPECT_FALSE(access->apply(statement(What::kCreate, "mine", {{"sql", "x"}}), kRoot));
  EXPECT_TRUE(access->rights("'root'@'%'")->block_rules().empty());
  ASSERT_TRUE(access->apply(dialect::UserPropertyStatement{std::nullopt, {{"sql_block_rules", "other, mine"}}}, kRoot));
  EXPECT_FALSE(access->rights("'root'@'%'")->block_rules().empty());
  EXPECT_TRUE(access->rights("'admin'@'%'")->block_rules().empty());
  EXPECT_EQ(access->user_properties("root").at("sql_block_rules"), "other, mine");
  ASSERT_TRUE(access->apply(statement(What::kAlter, "mine", {{"global", "true"}}), kRoot));
  EXPECT_FALSE(access->rights("'admin'@'%'")->block_rules().empty());
  EXPECT_FALSE(access->apply(dialect::UserPropertyStatement{"nobody", {{"sql_block_rules", "mine"}}}, kRoot));
  EXPECT_FALSE(access->apply(dialect::UserPropertyStatement{std::nullopt, {{"no_such", "1"}}}, kRoot));
  ASSERT_TRUE(access->apply(statement(What::kDrop, "mine", {}), kRoot));
  EXPECT_FALSE(access->apply(statement(What::kDrop, "mine", {}), kRoot));
  EXPECT_TRUE(access->rights("'root'@'%'")->block_rules().empty());
}

TEST(BlockRules, AreKept) {
  const auto file = std::filesystem::path(testing::TempDir()) / "block_rules_test.json";
  std::filesystem::remove(file);
  {
    const auto access = *StoredAccess::open(make_file_account_store(file));
    ASSERT_TRUE(access->apply(statement(What::kCreate, "kept", {{"cardinality", "7"}, {"global", "true"}}), kRoot));
    ASSERT_TRUE(access->apply(dialect::UserPropertyStatement{"admin", {{"query_timeout", "9"}}}, kRoot));
  }
  const auto access = *StoredAccess::open(make_file_account_store(file));
  ASSERT_EQ(access->block_rules().size(), 1u);
  EXPECT_EQ(access->block_rules()[0].cardinality, 7);
  EXPECT_TRUE(access->block_rules()[0].global);
  EXPECT_TRUE(access->rights("'admin'@'%'")->block_rules().limit_scans());
  EXPECT_EQ(access->user_properties("admin").at("query_timeout"), "9");
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace sluice::session
