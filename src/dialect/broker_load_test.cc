// SPDX-License-Identifier: Apache-2.0
// LOAD LABEL, CLEAN LABEL, SQL_BLOCK_RULE, SET PROPERTY, ADMIN SET TABLE.
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

TEST(BrokerLoad, AllClauses) {
  const auto load = parsed<BrokerLoadStatement>(
      "LOAD LABEL d.l (MERGE DATA INFILE('s3://b/a*', 's3://b/c') INTO TABLE t PARTITION (p, q) COLUMNS TERMINATED BY "
      "',' LINES TERMINATED BY '\\n' FORMAT AS 'csv' COMPRESS_TYPE AS 'GZ' (k, x) COLUMNS FROM PATH AS (day, `hour`) "
      "SET (v = x + 1, w = concat(k, ')')) PRECEDING FILTER x > 2 WHERE k > 1 DELETE ON x = 3 ORDER BY x "
      "PROPERTIES('skip_lines' = '1'), APPEND DATA INFILE('s3://b/e.parquet') INTO TABLE u, "
      "WITH DELETE DATA INFILE('s3://b/f') INTO TABLE u FORMAT AS json) "
      "WITH S3 ('s3.endpoint' = 'h') PROPERTIES('timeout' = '3') COMMENT 'why'");
  EXPECT_EQ(load.database, "d");
  EXPECT_EQ(load.label, "l");
  ASSERT_EQ(load.parts.size(), 3u);
  const auto& part = load.parts[0];
  EXPECT_EQ(part.merge, BrokerLoadStatement::Merge::kMerge);
  EXPECT_EQ(part.urls, (std::vector<std::string>{"s3://b/a*", "s3://b/c"}));
  EXPECT_EQ(part.partitions, (std::vector<std::string>{"p", "q"}));
  EXPECT_EQ(part.column_separator, ",");
  EXPECT_EQ(part.format, "CSV");
  EXPECT_EQ(part.compression, "gz");
  EXPECT_EQ(part.columns, (std::vector<std::string>{"k", "x"}));
  EXPECT_EQ(part.path_columns, (std::vector<std::string>{"day", "hour"}));
  ASSERT_EQ(part.mappings.size(), 2u);
  EXPECT_EQ(part.mappings[0].first, "v");
  EXPECT_TRUE(part.mappings[0].second && part.mappings[1].second && part.preceding && part.where && part.delete_on);
  EXPECT_EQ(part.sequence, "x");
  EXPECT_EQ(part.properties[0].first, "skip_lines");
  EXPECT_EQ(load.parts[1].table.name, "u");
  EXPECT_EQ(load.parts[1].merge, BrokerLoadStatement::Merge::kAppend);
  EXPECT_EQ(load.parts[2].merge, BrokerLoadStatement::Merge::kDelete);
  EXPECT_EQ(load.parts[2].format, "JSON");
  EXPECT_EQ(load.storage[0].first, "s3.endpoint");
  EXPECT_EQ(load.properties[0].second, "3");
}

TEST(BrokerLoad, Refused) {
  for (const char* wrong :
       {"LOAD LABEL l () WITH S3 ()", "LOAD LABEL l (DATA INFILE() INTO TABLE t) WITH S3 ()",
        "LOAD LABEL l (DATA INFILE('a') INTO TABLE t)", "LOAD LABEL l (DATA INFILE('a') INTO TABLE t) WITH HDFS ()",
        "LOAD LABEL l (DATA INFILE('a') INTO TABLE t SET (v)) WITH S3 ()",
        "LOAD LABEL l (WITH DATA INFILE('a') INTO TABLE t) WITH S3 ()"})
    EXPECT_FALSE(parse(wrong, ParseOptions())) << wrong;
}

TEST(BrokerLoad, ErrorsNameTheClause) {
  const std::pair<const char*, const char*> wrong[] = {
      {"DATA INFILE('a') INTO TABLE t COLUMNS FROM PATH AS (k)",
       "Can not specify columns_from_path without column_list"},
      {"DATA INFILE('a') INTO TABLE t (a, b) COLUMNS FROM PATH AS (B)", "Duplicate column: B"},
      {"DATA INFILE('a') INTO TABLE t COLUMNS FROM (a)", "PATH AS and columns"},
      {"DATA INFILE('a') INTO TABLE t SET (a = 1, A = 2)", "Duplicate column mapping: A"},
      {"DATA INFILE('a') INTO TABLE t DELETE ON a = 1", "not support DELETE ON clause when merge type is not MERGE."},
      {"MERGE DATA INFILE('a') INTO TABLE t", "DELETE ON and a condition, because of MERGE"},
      {"DATA INFILE('a') INTO TABLE t COMPRESS_TYPE AS 'lzo'", "COMPRESS_TYPE AS lzo in LOAD LABEL"},
      {"DATA INFILE('a') NEGATIVE INTO TABLE t", "NEGATIVE in LOAD LABEL"},
      {"DATA INFILE('a') INTO TABLE t PRECEDING a = 1", "FILTER and a condition"},
      {"DATA INFILE('a') INTO TABLE t WHERE a = ?", "'?' in LOAD LABEL"}};
  for (const auto& [part, why] : wrong) {
    const auto statement = parse("LOAD LABEL l (" + std::string(part) + ") WITH S3 ()", ParseOptions());
    ASSERT_FALSE(statement) << part;
    EXPECT_NE(statement.error().message().find(why), std::string::npos) << statement.error().message();
  }
}

TEST(CleanLabel, Forms) {
  EXPECT_EQ(parsed<CleanLabelStatement>("CLEAN LABEL l FROM d").label, "l");
  const auto all = parsed<CleanLabelStatement>("clean label from d");
  EXPECT_EQ(all.label, "");
  EXPECT_EQ(all.database.database, "d");
  EXPECT_FALSE(parse("CLEAN LABEL l", ParseOptions()));
}

TEST(BlockRule, Forms) {
  const auto created = parsed<BlockRuleStatement>(
      "CREATE SQL_BLOCK_RULE IF NOT EXISTS r PROPERTIES('sqlHash' = 'x', \"global\" = true)");
  EXPECT_TRUE(created.if_not_exists);
  EXPECT_EQ(created.properties[0], (std::pair<std::string, std::string>{"sqlhash", "x"}));
  EXPECT_EQ(created.properties[1].second, "true");
  EXPECT_EQ(parsed<BlockRuleStatement>("DROP SQL_BLOCK_RULE IF EXISTS a, `b`").names,
            (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(parsed<BlockRuleStatement>("ALTER SQL_BLOCK_RULE r PROPERTIES('enable' = 'false')").what,
            BlockRuleStatement::What::kAlter);
  EXPECT_FALSE(parse("CREATE SQL_BLOCK_RULE", ParseOptions()));
}

TEST(UserProperty, Forms) {
  const auto property = parsed<UserPropertyStatement>("SET PROPERTY FOR 'jack' 'SQL_block_rules' = 'a, b', 'x' = '1'");
  EXPECT_EQ(property.user, "jack");
  EXPECT_EQ(property.properties[0], (std::pair<std::string, std::string>{"sql_block_rules", "a, b"}));
  EXPECT_FALSE(parsed<UserPropertyStatement>("SET PROPERTY 'x' = '1'").user);
  EXPECT_FALSE(parse("SET PROPERTY 'x'", ParseOptions()));
}

TEST(AdminSetTable, State) {
  const auto alter = parsed<AlterTableStatement>("ADMIN SET TABLE d.t STATUS PROPERTIES ('state' = 'rollup')");
  EXPECT_EQ(alter.table.name, "t");
  ASSERT_EQ(alter.clauses.size(), 1u);
  EXPECT_EQ(alter.clauses[0].text, "ROLLUP");
  EXPECT_TRUE(parse("ADMIN SET TABLE t PARTITION VERSION PROPERTIES ('partition_id' = '1')", ParseOptions()));
}

}  // namespace
}  // namespace sluice::dialect
