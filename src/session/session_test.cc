// SPDX-License-Identifier: Apache-2.0
// Sessions on an in-memory kernel: statements, transactions, the plan cache, interrupts. Statements run with the plan
// cache on and off: the answers must not differ.
#include "session/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "session/access_accounts.h"
#include "session/access_store.h"
#include "session/services.h"

namespace sluice::session {
namespace {

using duckdb::Value;

class Server {
 public:
  explicit Server(bool plan_cache) {
    host_ = std::move(*kernel::Host::open({.threads = 2}));
    access_ = std::move(*StoredAccess::open(make_memory_account_store()));
    services_ = std::make_unique<Services>(*host_, workers_, *access_, audit_, Services::Limits{},
                                           PlanCache::Options{.enabled = plan_cache});
  }
  std::unique_ptr<Session> login(std::string user = "root") {
    services_->doris_errors = false;
    return std::make_unique<Session>(*services_, services_->next_connection_id(),
                                     ClientIdentity{user, "127.0.0.1", "'" + user + "'@'%'", "test", ""});
  }
  Services& services() { return *services_; }

 private:
  WorkerPool workers_{WorkerPool::Options{}};
  Audit audit_;
  std::unique_ptr<kernel::Host> host_;
  std::unique_ptr<Access> access_;
  std::unique_ptr<Services> services_;
};

// "1|a;2|NULL", "3 rows" for a statement without rows, "1146: text" for an error.
std::string text_of(Result<Outcome> outcome) {
  if (!outcome) return std::to_string(outcome.error().native_code()) + ": " + outcome.error().message();
  if (auto* done = std::get_if<Done>(&*outcome)) return std::to_string(done->affected_rows) + " rows";
  std::string text;
  auto add = [&](size_t column, const Value& value) {
    text += (column ? "|" : text.empty() ? "" : ";") + value.ToString();
  };
  if (auto* table = std::get_if<Table>(&*outcome)) {
    for (const auto& row : table->rows) {
      for (size_t i = 0; i < row.size(); ++i) add(i, row[i]);
    }
    return text;
  }
  if (auto* stream = std::get_if<std::unique_ptr<RowStream>>(&*outcome)) {
    for (;;) {
      auto chunk = (*stream)->next();
      if (!chunk) return std::to_string(chunk.error().native_code()) + ": " + chunk.error().message();
      if (!*chunk) return text;
      for (size_t row = 0; row < (*chunk)->size(); ++row) {
        for (size_t i = 0; i < (*chunk)->ColumnCount(); ++i) add(i, (*chunk)->GetValue(i, row));
      }
    }
  }
  return "a load";
}

class SessionTest : public testing::TestWithParam<bool> {
 protected:
  SessionTest() : server_(GetParam()), session_(server_.login()) {
    run("CREATE DATABASE d");
    run("USE d");
    run("CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20), n BIGINT)");
    run("INSERT INTO t VALUES (1, 'one', 10), (2, 'two', NULL), (3, 'three', 30)");
  }
  std::string run(std::string_view sql) { return run(*session_, sql); }
  static std::string run(Session& session, std::string_view sql) {
    if (auto at_once = session.answer_at_once(sql)) return text_of(std::move(*at_once));
    return text_of(session.execute(sql));
  }

  Server server_;
  std::unique_ptr<Session> session_;
};

INSTANTIATE_TEST_SUITE_P(PlanCache, SessionTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "on" : "off"; });

TEST_P(SessionTest, AnswersConstantsAndVariables) {
  EXPECT_EQ(run("SELECT 1"), "1");
  EXPECT_EQ(run("SELECT 1, 'a', NULL LIMIT 1"), "1|a|NULL");
  EXPECT_EQ(run("SELECT DATABASE(), CONNECTION_ID()"), "d|" + std::to_string(session_->connection_id()));
  EXPECT_EQ(run("SELECT 1 + 1"), "2");
  EXPECT_EQ(run("SET @x = 3 * 4"), "0 rows");
  EXPECT_EQ(run("SELECT @x"), "12");
  EXPECT_THAT(run("SELECT @@no_such_variable"), testing::StartsWith("1193: "));
}

TEST_P(SessionTest, ReadsByKeyWithChangingLiterals) {
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(run("SELECT name FROM t WHERE id = 1"), "one");
    EXPECT_EQ(run("SELECT name FROM t WHERE id = 2"), "two");
    EXPECT_EQ(run("SELECT name FROM t WHERE id = 9"), "");
    EXPECT_EQ(run("SELECT * FROM d.t x WHERE 3 = x.id LIMIT 5"), "3|three|30");
    EXPECT_EQ(run("SELECT n FROM t WHERE id = -1"), "");
    EXPECT_EQ(run("SELECT n FROM t WHERE id = '3'"), "30");
    EXPECT_EQ(run("SELECT n FROM t WHERE id = 2.5"), "");
    EXPECT_EQ(run("SELECT n FROM t WHERE id = 99999999999"), "");
    EXPECT_EQ(run("SELECT n FROM t WHERE id = NULL"), "");
    EXPECT_EQ(run("SELECT n FROM t WHERE id = 3 AND name = 'three'"), "30");
    EXPECT_EQ(run("SELECT n FROM t WHERE id = 3 AND name = 'x'"), "");
  }
}

TEST_P(SessionTest, FollowsSchemaAndDatabaseChanges) {
  EXPECT_EQ(run("SELECT * FROM t WHERE id = 1"), "1|one|10");
  EXPECT_EQ(run("SELECT * FROM t WHERE id = 1"), "1|one|10");
  run("ALTER TABLE t ADD COLUMN extra INT DEFAULT 5");
  EXPECT_EQ(run("SELECT * FROM t WHERE id = 1"), "1|one|10|5");
  run("CREATE DATABASE e");
  run("CREATE TABLE e.t (id INT PRIMARY KEY)");
  run("INSERT INTO e.t VALUES (1)");
  run("USE e");
  EXPECT_EQ(run("SELECT * FROM t WHERE id = 1"), "1");
  run("DROP TABLE e.t");
  EXPECT_THAT(run("SELECT * FROM t WHERE id = 1"), testing::StartsWith("1146: "));
}

TEST_P(SessionTest, InsertsWithChangingLiterals) {
  for (int i = 10; i < 20; ++i) {
    EXPECT_EQ(run("INSERT INTO t VALUES (" + std::to_string(i) + ", 'x" + std::to_string(i) + "', " +
                  (i % 2 ? "NULL" : "1.6") + ")"),
              "1 rows");
  }
  EXPECT_EQ(run("SELECT count(*), sum(n), min(name) FROM t WHERE id >= 10"), "10|10|x10");
  EXPECT_THAT(run("INSERT INTO t VALUES (10, 'again', 1)"), testing::StartsWith("1062: "));
  EXPECT_THAT(run("INSERT INTO t VALUES ('abc', 'no number', 1)"), testing::StartsWith("1366: "));
  EXPECT_EQ(run("INSERT INTO t (name, id) VALUES ('a', 30), ('b', 31)"), "2 rows");
}

TEST_P(SessionTest, PreparedStatements) {
  auto select = session_->prepare("SELECT name, n FROM t WHERE id = ?");
  ASSERT_TRUE(select) << select.error().message();
  EXPECT_EQ((*select)->parameter_count(), 1);
  ASSERT_EQ((*select)->columns().size(), 2u);
  EXPECT_EQ((*select)->columns()[1].name, "n");
  EXPECT_EQ(text_of(session_->execute(**select, {Value::INTEGER(1)})), "one|10");
  EXPECT_EQ(text_of(session_->execute(**select, {Value::BIGINT(2)})), "two|NULL");
  EXPECT_EQ(text_of(session_->execute(**select, {Value("3")})), "three|30");
  EXPECT_EQ(text_of(session_->execute(**select, {Value()})), "");

  auto insert = session_->prepare("INSERT INTO t VALUES (?, ?, ?)");
  ASSERT_TRUE(insert) << insert.error().message();
  EXPECT_EQ(text_of(session_->execute(**insert, {Value::INTEGER(40), Value("vierzig"), Value::BIGINT(4)})), "1 rows");
  EXPECT_EQ(text_of(session_->execute(**insert, {Value::INTEGER(41), Value(), Value()})), "1 rows");
  EXPECT_EQ(text_of(session_->execute(**insert, {Value("42"), Value("x"), Value::INTEGER(1)})), "1 rows");
  EXPECT_EQ(run("SELECT count(*) FROM t WHERE id >= 40"), "3");

  auto sum = session_->prepare("SELECT sum(n) FROM t WHERE n > ? AND name <> ?");
  ASSERT_TRUE(sum) << sum.error().message();
  EXPECT_EQ(text_of(session_->execute(**sum, {Value::INTEGER(5), Value("one")})), "30");
  run("INSERT INTO t VALUES (50, 'later', 1000)");
  EXPECT_EQ(text_of(session_->execute(**sum, {Value::INTEGER(500), Value("one")})), "1000");

  auto fixed = session_->prepare("SELECT count(*) FROM t WHERE n > 100000");
  ASSERT_TRUE(fixed);
  EXPECT_EQ(text_of(session_->execute(**fixed, {})), "0");
  run("INSERT INTO t VALUES (51, 'far', 1000000)");
  EXPECT_EQ(text_of(session_->execute(**fixed, {})), "1");

  EXPECT_THAT(text_of(session_->execute("SELECT ?")), testing::StartsWith("1064: "));
  EXPECT_FALSE(session_->prepare("SELECT nothing FROM t WHERE id = ?"));
}

TEST_P(SessionTest, Transactions) {
  auto other = server_.login();
  run(*other, "USE d");
  EXPECT_EQ(run("BEGIN"), "0 rows");
  EXPECT_TRUE(session_->in_transaction());
  run("INSERT INTO t VALUES (60, 'mine', 1)");
  EXPECT_EQ(run("SELECT name FROM t WHERE id = 60"), "mine");
  EXPECT_EQ(run(*other, "SELECT name FROM t WHERE id = 60"), "");
  EXPECT_EQ(run("ROLLBACK"), "0 rows");
  EXPECT_EQ(run("SELECT name FROM t WHERE id = 60"), "");
  run("SET autocommit = 0");
  run("INSERT INTO t VALUES (61, 'mine', 1)");
  EXPECT_TRUE(session_->in_transaction());
  EXPECT_EQ(run(*other, "SELECT name FROM t WHERE id = 61"), "");
  run("SET autocommit = 1");
  EXPECT_FALSE(session_->in_transaction());
  EXPECT_EQ(run(*other, "SELECT name FROM t WHERE id = 61"), "mine");
  run("BEGIN");
  run("INSERT INTO t VALUES (62, 'mine', 1)");
  run("CREATE TABLE commits_first (x INT)");
  EXPECT_FALSE(session_->in_transaction());
  EXPECT_EQ(run(*other, "SELECT name FROM t WHERE id = 62"), "mine");
}

TEST_P(SessionTest, SavepointsReturnToWhatOnlyRead) {
  run("BEGIN");
  run("SAVEPOINT one");
  run("SAVEPOINT two");
  EXPECT_EQ(run("ROLLBACK TO ONE"), "0 rows");
  EXPECT_THAT(run("ROLLBACK TO two"), testing::StartsWith("1305: "));  // later ones are gone
  run("INSERT INTO t VALUES (80, 'x', 1)");
  EXPECT_THAT(run("ROLLBACK TO one"), testing::StartsWith("1235: "));
  EXPECT_EQ(run("SELECT COUNT(*) FROM t WHERE id = 80"), "1");
  run("ROLLBACK AND CHAIN");
  EXPECT_TRUE(session_->in_transaction());
  EXPECT_THAT(run("RELEASE SAVEPOINT one"), testing::StartsWith("1305: "));  // of the transaction before
  run("ROLLBACK");
  EXPECT_EQ(run("SELECT COUNT(*) FROM t WHERE id = 80"), "0");
}

TEST_P(SessionTest, AFailedReadLeavesTheTransactionUsable) {
  run("SET autocommit = 0");
  EXPECT_EQ(run("SELECT COUNT(*) FROM t WHERE id = 81"), "0");
  // Fails while it runs: the kernel has given its transaction up then.
  EXPECT_THAT(run("SELECT (SELECT x FROM (SELECT 1 AS x UNION ALL SELECT 2) two)"), testing::HasSubstr("row"));
  EXPECT_THAT(run("SELECT SUM(x) FROM no_such_table"), testing::StartsWith("1146: "));
  EXPECT_EQ(run("SELECT COUNT(*) FROM t WHERE id = 81"), "0");
  auto prepared = session_->prepare("SELECT COUNT(*) FROM t WHERE id = ?");
  EXPECT_TRUE(prepared) << prepared.error().message();
  run("ROLLBACK");
  run("SET autocommit = 1");
}

TEST_P(SessionTest, TextPrepare) {
  EXPECT_EQ(run("PREPARE p FROM 'SELECT ? + 1'"), "0 rows");
  run("SET @a = 41");
  EXPECT_EQ(run("EXECUTE p USING @a"), "42");
  EXPECT_THAT(run("EXECUTE p"), testing::StartsWith("1210: "));
  EXPECT_THAT(run("PREPARE p FROM 'SELECT * FROM no_such_table'"), testing::StartsWith("1146: "));
  EXPECT_THAT(run("EXECUTE p USING @a"), testing::StartsWith("1243: "));
  EXPECT_THAT(run("PREPARE q FROM 'EXECUTE q'"), testing::StartsWith("1295: "));
  run("PREPARE p FROM 'SELECT 1'");
  session_->reset();
  EXPECT_THAT(run("EXECUTE p"), testing::StartsWith("1243: "));
}

TEST_P(SessionTest, SessionVariablesAsATable) {
  run("SET query_timeout = 55");
  const std::string sql = "SELECT VARIABLE_VALUE, CHANGED FROM information_schema.";
  EXPECT_EQ(run(sql + "session_variables WHERE VARIABLE_NAME = 'query_timeout'"), "55|1");
  EXPECT_EQ(run(sql + "global_variables WHERE VARIABLE_NAME = 'query_timeout'"), "900|0");
  auto other = server_.login();
  EXPECT_EQ(run(*other, sql + "session_variables WHERE VARIABLE_NAME = 'query_timeout'"), "900|0");
}

TEST_P(SessionTest, ReadOnlyTransactions) {
  const auto refused = testing::StartsWith("1792: ");
  run("START TRANSACTION READ ONLY");
  EXPECT_THAT(run("INSERT INTO t VALUES (70, 'x', 1)"), refused);
  EXPECT_THAT(run("DELETE FROM t"), refused);
  EXPECT_THAT(run("CREATE TABLE never (x INT)"), refused);
  EXPECT_EQ(run("SELECT COUNT(*) FROM t WHERE id = 70"), "0");
  run("COMMIT");
  EXPECT_EQ(run("INSERT INTO t VALUES (70, 'x', 1)"), "1 rows");

  run("SET TRANSACTION READ ONLY");  // the next one only
  run("BEGIN");
  EXPECT_THAT(run("SET TRANSACTION READ WRITE"), testing::StartsWith("1568: "));
  EXPECT_THAT(run("DELETE FROM t WHERE id = 70"), refused);
  run("ROLLBACK");
  run("BEGIN");
  EXPECT_EQ(run("DELETE FROM t WHERE id = 70"), "1 rows");
  run("ROLLBACK");

  run("SET SESSION TRANSACTION READ ONLY");
  EXPECT_THAT(run("DELETE FROM t WHERE id = 70"), refused);
  run("START TRANSACTION READ WRITE");
  EXPECT_EQ(run("DELETE FROM t WHERE id = 70"), "1 rows");
  run("COMMIT");
  EXPECT_THAT(run("DROP TABLE t"), refused);
  run("SET SESSION TRANSACTION READ WRITE");
  EXPECT_EQ(run("INSERT INTO t VALUES (70, 'x', 1)"), "1 rows");
}

TEST_P(SessionTest, UseAndErrors) {
  EXPECT_THAT(run("USE nowhere"), testing::StartsWith("1049: "));
  EXPECT_EQ(session_->database(), "d");
  EXPECT_TRUE(session_->use("internal.d"));
  EXPECT_FALSE(session_->use("elsewhere.d"));
  EXPECT_FALSE(session_->use(std::string_view("d\0x", 3)));
  EXPECT_FALSE(session_->use("__SLUICE"));
  EXPECT_THAT(run("SELECT * FROM missing"), testing::StartsWith("1146: "));
  EXPECT_THAT(run("SELEC 1"), testing::StartsWith("1064: "));
  EXPECT_EQ(
      run("SHOW WARNINGS"), "Error|1064|" + [&] {
        auto failed = session_->execute("SELEC 1");
        return failed.error().message();
      }());
  auto fresh = server_.login();
  for (const char* sql : {"SELECT * FROM t", "SELECT 1 WHERE 1 IN (SELECT id FROM t)", "CREATE TABLE x (a INT)",
                          "DROP TABLE t", "INSERT INTO t VALUES (1)", "UPDATE t SET n = 1", "DELETE FROM t",
                          "ALTER TABLE t ADD COLUMN z INT", "CREATE TABLE d.x AS SELECT * FROM t"}) {
    EXPECT_THAT(run(*fresh, sql), testing::StartsWith("1046: ")) << sql;
  }
  EXPECT_EQ(run(*fresh, "WITH t AS (SELECT 1 AS a) SELECT * FROM t"), "1");
  EXPECT_EQ(run(*fresh, "SELECT count(*) FROM d.t"), "3");
  run("CREATE TABLE a1 (x INT)");
  run("CREATE TABLE a2 (x INT)");
  EXPECT_THAT(run("DROP TABLE a1, a2, missing"), testing::StartsWith("1051: "));
  EXPECT_EQ(run("SELECT count(*) FROM a1"), "0");
  EXPECT_EQ(run("DROP TABLE a1, a2"), "0 rows");
  EXPECT_THAT(run("SELECT count(*) FROM a1"), testing::StartsWith("1146: "));
  run("CREATE DATABASE gone");
  run("USE gone");
  EXPECT_EQ(run("DROP DATABASE gone"), "0 rows");
  EXPECT_EQ(run("SELECT DATABASE()"), "NULL");
  EXPECT_THAT(run("SELECT * FROM t"), testing::StartsWith("1046: "));
  run("USE d");
  EXPECT_THAT(run("DROP TABLE missing"), testing::StartsWith("1051: "));
  EXPECT_THAT(run("DROP DATABASE missing"), testing::StartsWith("1008: "));
  EXPECT_EQ(run("SELECT 1 / 0, 7 DIV 2, 5.5 DIV 2, 1 DIV 0"), "NULL|3|2|NULL");
}

TEST_P(SessionTest, KillAndTimeout) {
  const char* forever =
      "SELECT sum(a.n * b.n * c.n * d.n * e.n) FROM t a, t b, t c, t d, t e, t f, t g, t h, t i, t j, t k, t l, t m, t "
      "o, t p, t q, t r, t s, t u, t v, t w, t x, t y";
  std::thread killer([&] {
    auto other = server_.login();
    for (int i = 0; i < 500; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      for (const auto& entry : server_.services().running.snapshot()) {
        if (entry.connection_id != session_->connection_id() || entry.statement.empty()) continue;
        EXPECT_EQ(entry.statement, forever);
        EXPECT_EQ(run(*other, "KILL QUERY " + std::to_string(entry.connection_id)), "0 rows");
        return;
      }
    }
    ADD_FAILURE() << "the statement was never seen running";
  });
  EXPECT_THAT(run(forever), testing::StartsWith("1317: "));
  killer.join();
  run("SET query_timeout = 1");
  EXPECT_THAT(run(forever), testing::StartsWith("3024: "));
  EXPECT_EQ(run("SELECT name FROM t WHERE id = 1"), "one");
  EXPECT_THAT(run("KILL 4294967290"), testing::StartsWith("1094: "));
  auto stranger = server_.login("somebody");
  EXPECT_THAT(run(*stranger, "KILL " + std::to_string(session_->connection_id())), testing::StartsWith("1095: "));
}

TEST_P(SessionTest, ResetForgetsTheSessionsState) {
  run("SET @x = 1");
  run("SET sql_select_limit = 1");
  EXPECT_EQ(run("SELECT id FROM t ORDER BY id"), "1");
  run("BEGIN");
  run("INSERT INTO t VALUES (70, 'gone', 1)");
  session_->reset();
  EXPECT_EQ(run("SELECT @x"), "NULL");
  EXPECT_EQ(run("SELECT id FROM t ORDER BY id"), "1;2;3");
  EXPECT_FALSE(session_->in_transaction());
}

TEST_P(SessionTest, ADatabaseThatWasSelectedComesBack) {
  run("CREATE DATABASE gone");
  run("USE gone");
  run("DROP DATABASE gone");
  EXPECT_EQ(run("SELECT database()"), "NULL");
  EXPECT_THAT(run("CREATE TABLE a (x INT)"), testing::StartsWith("1046: "));
  run("CREATE DATABASE other");
  EXPECT_EQ(run("SELECT database()"), "NULL");
  run("CREATE DATABASE gone");
  EXPECT_EQ(run("SELECT database()"), "gone");
  EXPECT_EQ(run("CREATE TABLE a (x INT)"), "0 rows");
}

TEST_P(SessionTest, TimeZone) {
  EXPECT_EQ(run("SET time_zone = '+08:00'"), "0 rows");
  EXPECT_EQ(run("SET time_zone = 'Europe/Berlin'"), "0 rows");
  EXPECT_THAT(run("SET time_zone = 'Nowhere/Land'"), testing::StartsWith("1298: "));
  EXPECT_EQ(run("SELECT @@time_zone"), "Europe/Berlin");
}

TEST_P(SessionTest, DigitsOfTimes) {
  run("CREATE TABLE spans (id INT, a DATETIME(4), b DATETIME, d DATE) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id)");
  const auto digits = [&](const std::string& items) {
    auto select = session_->prepare("SELECT " + items);
    if (!select) return select.error().message();
    std::string text;
    for (const Column& column : (*select)->columns()) {
      text += text.empty() ? "" : " ";
      text += column.fraction_digits ? std::to_string(*column.fraction_digits) : "-";
    }
    return text;
  };
  EXPECT_EQ(
      digits("id, timediff(a, b), timediff(b, d), timediff(b, '2020-01-01 00:00:00.12300'), timediff(s.b, s.a) FROM "
             "spans s"),
      "- 4 0 3 4");
  EXPECT_EQ(
      digits("timediff('2020-01-01', '2020-01-01 00:00:00.123'), timediff(NULL, '2020-01-01 00:00:00.123456789')"),
      "3 6");
  EXPECT_EQ(digits("timediff(CAST('2020-01-01' AS DATETIME(3)), CAST('2020-01-01' AS DATETIME(5)))"), "5");
  EXPECT_EQ(digits("timediff(now(6), b), timediff(days_add(a, 1), b) FROM spans"), "- -");
  EXPECT_EQ(digits("timediff(x, b) FROM (SELECT a AS x, b FROM spans) s"), "-");
}

}  // namespace
}  // namespace sluice::session
