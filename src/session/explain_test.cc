// SPDX-License-Identifier: Apache-2.0
// EXPLAIN with the names of databases, profiles and the list of statements, through a whole session.
#include <gtest/gtest.h>

#include "session/access_accounts.h"
#include "session/services.h"
#include "session/session.h"

namespace sluice::session {
namespace {

class ExplainTest : public ::testing::Test {
 protected:
  ExplainTest()
      : host_(*kernel::Host::open({})),
        workers_({.min_threads = 1, .max_threads = 2}),
        access_(*StoredAccess::open(make_memory_account_store())),
        services_(*host_, workers_, *access_, audit_, {}, {}),
        session_(session_of("root")) {
    services_.doris_errors = false;
    for (const char* sql :
         {"CREATE DATABASE shop", "USE shop",
          "CREATE TABLE days (d DATE, n INT) DUPLICATE KEY(d) PARTITION BY RANGE(d) (PARTITION p1 VALUES LESS THAN "
          "('2024-01-01'), PARTITION p2 VALUES LESS THAN ('2024-02-01'), PARTITION p3 VALUES LESS THAN ('2024-03-01')) "
          "DISTRIBUTED BY HASH(n) BUCKETS 1",
          "CREATE TABLE places (place VARCHAR(10), n INT) DUPLICATE KEY(place) PARTITION BY LIST(place) (PARTITION "
          "north "
          "VALUES IN ('a', 'b'), PARTITION south VALUES IN ('c')) DISTRIBUTED BY HASH(n) BUCKETS 1",
          "INSERT INTO days VALUES ('2023-05-01', 1), ('2024-01-05', 2), ('2024-02-07', 3)",
          "INSERT INTO places VALUES ('a', 1), ('b', 2), ('c', 3)"}) {
      EXPECT_EQ(run(sql), "") << sql;
    }
  }

  std::unique_ptr<Session> session_of(const std::string& user) {
    return std::make_unique<Session>(services_, services_.next_connection_id(),
                                     ClientIdentity{user, "127.0.0.1", "'" + user + "'@'%'", "mysql", "test"});
  }

  std::string run(std::string_view sql) { return run(*session_, sql); }
  // Rows by newlines, cells by '|'; "ERROR n: message" instead.
  static std::string run(Session& session, std::string_view sql) {
    auto outcome = session.execute(sql);
    if (!outcome) return "ERROR " + std::to_string(outcome.error().native_code()) + ": " + outcome.error().message();
    std::string text;
    if (const auto* table = std::get_if<Table>(&*outcome)) {
      for (const auto& row : table->rows) {
        text += text.empty() ? "" : "\n";
        for (size_t i = 0; i < row.size(); ++i)
          text += (i > 0 ? "|" : "") + (row[i].IsNull() ? std::string("NULL") : row[i].ToString());
      }
    } else if (auto* stream = std::get_if<std::unique_ptr<RowStream>>(&*outcome)) {
      for (auto chunk = (*stream)->next(); chunk && *chunk; chunk = (*stream)->next()) {
        for (duckdb::idx_t row = 0; row < (*chunk)->size(); ++row) {
          text += text.empty() ? "" : "\n";
          for (duckdb::idx_t i = 0; i < (*chunk)->ColumnCount(); ++i)
            text += (i > 0 ? "|" : "") + (*chunk)->GetValue(i, row).ToString();
        }
      }
    }
    return text;
  }

  // "1/3 (p2)" of the plan; "none" when it scans nothing.
  std::string partitions(const std::string& query) {
    const std::string plan = run("EXPLAIN " + query);
    const size_t at = plan.find("partitions=");
    if (at == std::string::npos) return plan.find("VEMPTYSET") == std::string::npos ? plan : "none";
    return plan.substr(at + 11, plan.find('\n', at) - at - 11);
  }

  std::unique_ptr<kernel::Host> host_;
  WorkerPool workers_;
  std::unique_ptr<StoredAccess> access_;
  Audit audit_;
  Services services_;
  std::unique_ptr<Session> session_;
};

TEST_F(ExplainTest, Fragments) {
  EXPECT_EQ(run("EXPLAIN SELECT d, n FROM days WHERE n > 1 ORDER BY n DESC"),
            "PLAN FRAGMENT 0\n"
            "  OUTPUT EXPRS:\n"
            "    d\n"
            "    n\n"
            "  PARTITION: UNPARTITIONED\n"
            "\n"
            "  HAS_COLO_PLAN_NODE: false\n"
            "\n"
            "  VRESULT SINK\n"
            "     MYSQL_PROTOCAL\n"
            "\n"
            "  1:VSORT\n"
            "  |  order by: n DESC\n"
            "  |  algorithm: full sort\n"
            "  |  offset: 0\n"
            "  |  \n"
            "  0:VOlapScanNode\n"
            "     TABLE: shop.days(days), PREAGGREGATION: ON\n"
            "     PREDICATES: (days.n > 1)\n"
            "     partitions=3/3 (p1,p2,p3)\n"
            "     cardinality=1, numNodes=1");
  EXPECT_NE(run("EXPLAIN INSERT INTO days SELECT * FROM days").find("OLAP TABLE SINK\n     TABLE: shop.days\n"),
            std::string::npos);
  EXPECT_EQ(run("SELECT count(*) FROM days"), "3");
}

TEST_F(ExplainTest, PartitionsOfRanges) {
  EXPECT_EQ(partitions("SELECT * FROM days"), "3/3 (p1,p2,p3)");
  EXPECT_EQ(partitions("SELECT * FROM days WHERE d >= '2024-01-01' AND d < '2024-02-01'"), "1/3 (p2)");
  EXPECT_EQ(partitions("SELECT * FROM days WHERE d > '2024-01-31'"), "1/3 (p3)");
  EXPECT_EQ(partitions("SELECT * FROM days WHERE d <= '2024-01-01'"), "2/3 (p1,p2)");
  EXPECT_EQ(partitions("SELECT * FROM days WHERE d < '2024-01-01'"), "1/3 (p1)");
  EXPECT_EQ(partitions("SELECT * FROM days WHERE d IN ('2023-05-01', '2024-02-03')"), "2/3 (p1,p3)");
  EXPECT_EQ(partitions("SELECT * FROM days WHERE d = '2024-02-07' OR d < '2024-01-01'"), "2/3 (p1,p3)");
  EXPECT_EQ(partitions("SELECT * FROM days WHERE n = 2"), "3/3 (p1,p2,p3)");
  EXPECT_EQ(partitions("SELECT * FROM days WHERE d = '2030-01-01'"), "none");
}

TEST_F(ExplainTest, PartitionsOfLists) {
  EXPECT_EQ(partitions("SELECT * FROM places WHERE place = 'c'"), "1/2 (south)");
  EXPECT_EQ(partitions("SELECT * FROM places WHERE place IN ('a', 'b')"), "1/2 (north)");
  EXPECT_EQ(partitions("SELECT * FROM places WHERE place > 'a'"), "2/2 (north,south)");
}

TEST_F(ExplainTest, Errors) {
  EXPECT_EQ(run("EXPLAIN SELECT * FROM nothing").substr(0, 10), "ERROR 1146");
  EXPECT_EQ(run("EXPLAIN SHAPE PLAN SELECT nothing FROM days").substr(0, 10), "ERROR 1054");
  EXPECT_EQ(run("EXPLAIN ANALYZE SELECT * FROM nothing").substr(0, 10), "ERROR 1146");
  auto other = session_of("root");
  EXPECT_EQ(run(*other, "EXPLAIN SELECT * FROM days").substr(0, 10), "ERROR 1046");
}

TEST_F(ExplainTest, AnalyzeRunsTheStatement) {
  const std::string read = run("EXPLAIN ANALYZE SELECT n, count(*) FROM days GROUP BY n");
  EXPECT_EQ(read.find("VRESULT SINK  rows: 3, time: "), 0u) << read;
  EXPECT_NE(read.find("--VAGGREGATE  rows: 3, time: "), std::string::npos) << read;
  EXPECT_NE(read.find("----VOlapScanNode(days)  rows: 3, time: "), std::string::npos) << read;
  EXPECT_EQ(run("EXPLAIN ANALYZE INSERT INTO days VALUES ('2024-01-06', 4)").find("STATEMENT  rows: 1, time: "), 0u);
  EXPECT_EQ(run("SELECT count(*) FROM days"), "4");
  EXPECT_EQ(run("SHOW QUERY PROFILE"), "");  // they are not kept without enable_profile
}

TEST_F(ExplainTest, Profiles) {
  EXPECT_EQ(run("SET enable_profile = true"), "");
  EXPECT_EQ(run("SELECT sum(n) FROM days"), "6");
  const std::string id = run("SELECT last_query_id()");
  ASSERT_EQ(id.size(), 33u);
  EXPECT_EQ(run("INSERT INTO days VALUES ('2024-01-07', 5)"), "");
  EXPECT_EQ(run("SELECT * FROM nothing").substr(0, 10), "ERROR 1146");
  EXPECT_EQ(run("SET enable_profile = false"), "");
  EXPECT_EQ(run("SELECT max(n) FROM days"), "5");
  const std::string listed = run("SHOW QUERY PROFILE '/'");
  EXPECT_NE(listed.find(id + "|QUERY|"), std::string::npos) << listed;
  EXPECT_NE(listed.find("|ERR|root|internal|shop|SELECT * FROM nothing"), std::string::npos) << listed;
  EXPECT_EQ(listed.find("max(n)"), std::string::npos);
  EXPECT_NE(run("SHOW LOAD PROFILE").find("|LOAD|"), std::string::npos);
  for (const std::string& name : {"/" + id, id}) {
    const std::string profile = run("SHOW QUERY PROFILE '" + name + "'");
    EXPECT_NE(profile.find("   - Sql Statement: SELECT sum(n) FROM days"), std::string::npos) << profile;
    EXPECT_NE(profile.find("VAGGREGATE  rows: 1, "), std::string::npos) << profile;
    EXPECT_NE(profile.find("--VOlapScanNode(days)  rows: 3, "), std::string::npos) << profile;
  }
  EXPECT_EQ(run("SHOW QUERY PROFILE '/none'"), "ERROR 1105: There is no profile of the query none");
  EXPECT_EQ(run("CREATE USER somebody"), "");
  auto other = session_of("somebody");
  EXPECT_EQ(run(*other, "SHOW QUERY PROFILE"), "");
  EXPECT_EQ(run(*other, "SHOW QUERY PROFILE '" + id + "'").substr(0, 10), "ERROR 1105");
}

TEST_F(ExplainTest, ProfilesAreBounded) {
  QueryProfiles profiles;
  for (size_t i = 0; i < QueryProfiles::kMostProfiles + 20; ++i) {
    QueryProfile profile;
    profile.id = std::to_string(i);
    profile.statement = std::string(QueryProfiles::kMostTextBytes + 1, 'x');
    profiles.add(std::move(profile));
  }
  EXPECT_EQ(profiles.list().size(), QueryProfiles::kMostProfiles);
  EXPECT_EQ(profiles.find("19"), nullptr);
  ASSERT_NE(profiles.find("20"), nullptr);
  EXPECT_EQ(profiles.find("20")->statement.size(), QueryProfiles::kMostTextBytes);
}

TEST_F(ExplainTest, ProcessesShowStatementsToThoseWhoMaySeeThem) {
  const std::string query =
      "SELECT USER, CATALOG, DB, COMMAND, STATE LIKE 'RUNNING%', QUERY_ID <> '', INFO FROM "
      "information_schema.processlist ORDER BY ID";
  EXPECT_EQ(run(query), "root|internal|shop|Query|true|true|" + query);
  EXPECT_EQ(run("CREATE USER somebody"), "");
  auto other = session_of("somebody");
  EXPECT_EQ(run(*other, query), "somebody|internal||Query|true|true|" + query);
  EXPECT_EQ(run("SELECT USER, COMMAND, INFO FROM information_schema.processlist WHERE USER = 'somebody'"),
            "somebody|Sleep|NULL");
}

}  // namespace
}  // namespace sluice::session
