// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "duckdb/main/valid_checker.hpp"
#include "kernel/connection.h"
#include "kernel/host.h"
#include "kernel/point_lookup.h"

namespace sluice::kernel {
namespace {

using duckdb::Value;

class TempDir {
 public:
  TempDir() {
    char name[] = "/tmp/sluice-kernel-test-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct Rows {
  std::vector<std::vector<std::string>> cells;
  uint64_t changed = 0;
};

Result<Rows> query(Connection& connection, const std::string& sql, std::vector<Value> parameters = {}) {
  duckdb::Parser parser;
  parser.ParseQuery(sql);
  auto answer = TRY(connection.run(std::move(parser.statements.at(0)), std::move(parameters)));
  Rows rows;
  rows.changed = answer->changed_rows();
  if (answer->return_type() != duckdb::StatementReturnType::QUERY_RESULT) return rows;
  while (auto* chunk = TRY(answer->next())) {
    for (size_t row = 0; row < chunk->size(); ++row) {
      rows.cells.emplace_back();
      for (size_t column = 0; column < chunk->ColumnCount(); ++column)
        rows.cells.back().push_back(chunk->GetValue(column, row).ToString());
    }
  }
  return rows;
}

std::string one(Connection& connection, const std::string& sql) {
  auto rows = query(connection, sql);
  if (!rows) return "error: " + rows.error().message();
  return rows->cells.empty() ? "no row" : rows->cells[0][0];
}

class KernelTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Host::open({.data_dir = dir_.path(), .threads = 2});
    ASSERT_TRUE(opened) << opened.error().describe();
    host_ = std::move(*opened);
    connection_ = connect();
    must("CREATE SCHEMA internal.d");
    ASSERT_TRUE(connection_->set_schema(kInternalCatalog, "d"));
  }
  std::unique_ptr<Connection> connect() { return std::move(*host_->connect()); }
  Rows must(const std::string& sql) {
    auto rows = query(*connection_, sql);
    EXPECT_TRUE(rows) << sql << ": " << (rows ? "" : rows.error().describe());
    return rows ? *rows : Rows{};
  }

  TempDir dir_;
  std::unique_ptr<Host> host_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(KernelTest, KeepsWhatWasCommittedAcrossRestarts) {
  must("CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR)");
  EXPECT_EQ(must("INSERT INTO t VALUES (1, 'a'), (2, 'b')").changed, 2u);
  connection_.reset();
  host_.reset();
  auto again = Host::open({.data_dir = dir_.path()});
  ASSERT_TRUE(again) << again.error().describe();
  auto connection = std::move(*(*again)->connect());
  EXPECT_EQ(one(*connection, "SELECT sum(id) FROM internal.d.t"), "3");
}

// As after a kill: the log still has to be replayed when the file is opened.
TEST_F(KernelTest, ReplaysExpressionsOverOwnFunctions) {
  must(
      "CREATE TABLE t (d DATE CHECK (d < system.doris.add_date_interval(DATE '2024-01-31', INTERVAL 1 MONTH)), "
      "due DATE DEFAULT system.doris.add_date_interval(DATE '2024-01-31', INTERVAL 1 MONTH))");
  must("CREATE VIEW v AS SELECT system.doris.subtract_date_interval(due, INTERVAL 1 DAY) AS before FROM t");
  must("INSERT INTO t (d) VALUES (DATE '2024-01-01')");
  const TempDir copy;
  std::filesystem::copy(dir_.path(), copy.path() / "data");
  auto reopened = Host::open({.data_dir = copy.path() / "data", .threads = 2});
  ASSERT_TRUE(reopened) << reopened.error().describe();
  auto connection = std::move(*(*reopened)->connect());
  ASSERT_TRUE(connection->set_schema(kInternalCatalog, "d"));
  EXPECT_EQ(one(*connection, "SELECT before FROM v"), "2024-02-28");
  auto refused = query(*connection, "INSERT INTO t (d) VALUES (DATE '2024-03-01')");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().native_code(), 3819);
}

TEST_F(KernelTest, RefusesFilesOutsideTheAllowedRootsAndForeignExtensions) {
  for (const char* sql : {"SELECT * FROM read_csv('/etc/passwd')", "COPY (SELECT 1) TO '/tmp/x.csv'", "INSTALL httpfs",
                          "LOAD httpfs", "ATTACH '/tmp/other.duckdb' AS other"}) {
    auto rows = query(*connection_, sql);
    ASSERT_FALSE(rows) << sql;
    EXPECT_EQ(rows.error().code(), Code::kPermissionDenied) << sql << ": " << rows.error().message();
  }
}

TEST_F(KernelTest, ReadsFilesBelowAnAllowedRoot) {
  TempDir root;
  {
    FILE* file = fopen((root.path() / "x.csv").c_str(), "w");
    fputs("a,b\n1,2\n", file);
    fclose(file);
  }
  auto host = std::move(*Host::open({.allowed_roots = {root.path()}}));
  auto connection = std::move(*host->connect());
  EXPECT_EQ(one(*connection, "SELECT a + b FROM read_csv('" + (root.path() / "x.csv").string() + "')"), "3");
}

TEST_F(KernelTest, ErrorsCarryMysqlNumbersAndNoSourceArt) {
  must("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)");
  must("INSERT INTO t VALUES (1, 1)");
  const struct {
    const char* sql;
    int number;
  } cases[] = {
      {"SELECT * FROM nope", 1146},          {"SELECT nope FROM t", 1054},
      {"CREATE TABLE t (x INTEGER)", 1050},  {"CREATE SCHEMA internal.d", 1007},
      {"INSERT INTO t VALUES (1, 2)", 1062}, {"INSERT INTO t VALUES (2, NULL)", 1048},
      {"SELECT CAST('x' AS INTEGER)", 1366}, {"SELECT n FROM t GROUP BY id", 1055},
      {"SELECT nofunction(1)", 1305},        {"SELECT * FROM internal.nodb.t", 1049},
      {"SELECT a.id FROM t", 1109},          {"SELECT t.nope FROM t", 1054},
  };
  for (const auto& wrong : cases) {
    auto rows = query(*connection_, wrong.sql);
    ASSERT_FALSE(rows) << wrong.sql;
    EXPECT_EQ(rows.error().native_code(), wrong.number) << wrong.sql << ": " << rows.error().message();
    EXPECT_THAT(rows.error().message(),
                testing::Not(testing::AnyOf(testing::HasSubstr("LINE "), testing::HasSubstr("\n"),
                                            testing::HasSubstr("Did you mean"))));
  }
}

TEST_F(KernelTest, ErrorsAreInMysqlsWords) {
  must("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER NOT NULL, s VARCHAR, UNIQUE (n, s))");
  must("INSERT INTO t VALUES (1, 1, 'a')");
  const struct {
    const char* sql;
    const char* text;
  } cases[] = {
      {"SELECT t.nope FROM t", "1054 Unknown column 't.nope' in 'table list'"},
      {"SELECT nope FROM t", "1054 Unknown column 'nope' in 'table list'"},
      {"INSERT INTO t (nope) VALUES (1)", "1054 Unknown column 'nope' in 't'"},
      {"SELECT id FROM t a, t b", "1052 Column 'id' is ambiguous (use: \"a.id\" or \"b.id\")"},
      {"SELECT * FROM nope", "1146 Table 'nope' doesn't exist"},
      {"DROP SCHEMA internal.nope", "1049 Unknown database 'nope'"},
      {"ALTER TABLE t ADD COLUMN n INTEGER", "1060 Duplicate column name 'n'"},
      {"DROP INDEX nope", "1091 Can't DROP 'nope'; check that column/key exists"},
      {"INSERT INTO t VALUES (1, 2, 'x')", "1062 Duplicate entry '1' for key 'PRIMARY'"},
      {"INSERT INTO t VALUES (2, 1, 'a')", "1062 Duplicate entry '1-a' for key 'n'"},
      {"INSERT INTO t VALUES (2, NULL, 'x')", "1048 Column 'n' cannot be null"},
      {"INSERT INTO t VALUES ('it''s', 2, 'x')", "1366 Incorrect INT value: 'it's'"},
      {"INSERT INTO t VALUES (99999999999, 2, 'x')", "1264 Out of range value '99999999999' for type INT"},
      {"INSERT INTO t VALUES (1, 2)",
       "1136 Column count doesn't match value count: 't' has 3 columns, 2 values are given"},
      {"SELECT CAST('x' AS DATE)", "1292 Incorrect DATE value: 'x'"},
      {"SELECT CAST('2024-13-01 00:00:00' AS TIMESTAMP)", "1292 Incorrect DATETIME value: '2024-13-01 00:00:00'"},
      {"SELECT (SELECT i FROM range(2) r(i))", "1242 Subquery returns more than 1 row"},
      {"SELECT 1 UNION SELECT 1, 2", "1222 The used SELECT statements have a different number of columns"},
      {"SELECT abs('a')", "1105 No matching function with signature: abs(VARCHAR)"},
      {"SELECT strftime(1, true)", "1105 No matching function with signature: strftime(INT, BOOLEAN)"},
  };
  for (const auto& wrong : cases) {
    auto rows = query(*connection_, wrong.sql);
    ASSERT_FALSE(rows) << wrong.sql;
    EXPECT_EQ(std::to_string(rows.error().native_code()) + " " + rows.error().message(), wrong.text) << wrong.sql;
  }
}

TEST_F(KernelTest, TheTimeZoneFollowsTheSession) {
  const std::string zone = one(*connection_, "SELECT current_setting('TimeZone')");
  ASSERT_TRUE(connection_->set_time_zone(zone));
  EXPECT_EQ(one(*connection_, "SELECT current_setting('TimeZone')"), zone);
  ASSERT_TRUE(connection_->set_time_zone("Asia/Tokyo"));
  EXPECT_EQ(one(*connection_, "SELECT current_setting('TimeZone')"), "Asia/Tokyo");
  ASSERT_TRUE(connection_->set_time_zone("SYSTEM"));
  EXPECT_EQ(one(*connection_, "SELECT current_setting('TimeZone')"), zone);
}

TEST_F(KernelTest, ConflictsSayWhatToDo) {
  auto first = std::move(*host_->connect());
  auto second = std::move(*host_->connect());
  ASSERT_TRUE(query(*first, "CREATE TABLE internal.main.t AS SELECT 1 AS a"));
  ASSERT_TRUE(first->begin());
  ASSERT_TRUE(second->begin());
  ASSERT_TRUE(query(*first, "UPDATE internal.main.t SET a = 2"));
  const auto conflict = query(*second, "UPDATE internal.main.t SET a = 3");
  ASSERT_FALSE(conflict);
  EXPECT_EQ(conflict.error().code(), Code::kConflict);
  EXPECT_EQ(conflict.error().native_code(), 1213);
  EXPECT_THAT(conflict.error().message(), testing::HasSubstr("run the transaction again"));
}

TEST_F(KernelTest, StreamsManyRowsAndEndsEarly) {
  auto* rows = "SELECT range FROM range(5000000)";
  duckdb::Parser parser;
  parser.ParseQuery(rows);
  {
    auto answer = std::move(*connection_->run(std::move(parser.statements[0])));
    auto chunk = answer->next();
    ASSERT_TRUE(chunk);
    EXPECT_GT((*chunk)->size(), 0u);
  }
  EXPECT_EQ(one(*connection_, "SELECT 1"), "1");
}

TEST_F(KernelTest, InterruptEndsTheStatementAndNothingElse) {
  std::thread killer([&] {
    for (int i = 0; i < 200; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      connection_->interrupt();
    }
  });
  auto rows = query(*connection_, "SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b");
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code(), Code::kCancelled);
  EXPECT_EQ(rows.error().native_code(), 1317);
  killer.join();
  EXPECT_EQ(one(*connection_, "SELECT 2"), "2");
}

// DuckDB 1.5.5: the reason why plans that read tables are not kept. If this fails, the kernel has learnt better and the
// plan cache may keep more.
TEST_F(KernelTest, KernelPlansHoldStatistics) {
  must("CREATE TABLE t (x INTEGER)");
  must("INSERT INTO t SELECT range FROM range(50)");
  duckdb::Parser parser;
  parser.ParseQuery("SELECT count(*) FROM t WHERE x > 100");
  auto prepared = std::move(*connection_->prepare(std::move(parser.statements[0])));
  auto count = [&] {
    auto answer = std::move(*connection_->run(*prepared, {}));
    return (*answer->next())->GetValue(0, 0).GetValue<int64_t>();
  };
  EXPECT_EQ(count(), 0);
  must("INSERT INTO t SELECT 1000 + range FROM range(10)");
  EXPECT_EQ(count(), 0) << "the kernel no longer answers from the statistics of the plan's time";
  EXPECT_EQ(one(*connection_, "SELECT count(*) FROM t WHERE x > 100"), "10");
}

TEST_F(KernelTest, AnInvalidatedDatabaseIsReopened) {
  must("CREATE TABLE t (x INTEGER)");
  must("INSERT INTO t VALUES (7)");
  auto other = connect();
  ASSERT_EQ(one(*other, "SELECT x FROM internal.d.t"), "7");
  ASSERT_TRUE(connection_->with_context([](duckdb::ClientContext& context) -> Status {
    duckdb::ValidChecker::Invalidate(duckdb::DatabaseInstance::GetDatabase(context), "a test says so");
    return {};
  }));
  auto failed = query(*connection_, "SELECT x FROM t");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), Code::kUnavailable);
  for (int i = 0; i < 500 && host_->reopen_count() == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(host_->reopen_count(), 1u);
  EXPECT_EQ(one(*connection_, "SELECT x FROM t"), "7");  // and the search path is as before
  EXPECT_EQ(one(*other, "SELECT x FROM internal.d.t"), "7");
}

TEST_F(KernelTest, AReopenedDatabaseTellsThatATransactionWasLost) {
  must("CREATE TABLE t (x INTEGER)");
  ASSERT_TRUE(connection_->begin());
  must("INSERT INTO t VALUES (1)");
  auto other = connect();
  ASSERT_TRUE(other->with_context([](duckdb::ClientContext& context) -> Status {
    duckdb::ValidChecker::Invalidate(duckdb::DatabaseInstance::GetDatabase(context), "a test says so");
    return {};
  }));
  ASSERT_FALSE(query(*other, "SELECT 1"));
  for (int i = 0; i < 500 && host_->reopen_count() == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  auto told = query(*connection_, "INSERT INTO t VALUES (2)");
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code(), Code::kFailedPrecondition);
  EXPECT_EQ(one(*connection_, "SELECT count(*) FROM t"), "0");
}

// ---- PointLookup

class PointLookupTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    must("CREATE TABLE t (id BIGINT PRIMARY KEY, name VARCHAR, n INTEGER)");
    must("INSERT INTO t SELECT range, 'n' || range, range % 7 FROM range(10000)");
  }
  std::unique_ptr<PointLookup> plan(std::vector<std::string> keys, std::vector<std::string> outputs,
                                    std::string table = "t") {
    return std::move(*PointLookup::plan(
        *connection_, {kInternalCatalog, "d", std::move(table), std::move(keys), std::move(outputs)}));
  }
  // "a|b" of the one row, "none" or "stale".
  std::string look(const PointLookup& lookup, std::vector<Value> keys, Connection* connection = nullptr) {
    auto rows = lookup.run(connection ? *connection : *connection_, keys);
    if (!rows) return "error: " + rows.error().message();
    if (!*rows) return "stale";
    auto& chunk = **rows;
    if (chunk->size() == 0) return "none";
    std::string text;
    for (size_t i = 0; i < chunk->ColumnCount(); ++i) text += (i ? "|" : "") + chunk->GetValue(i, 0).ToString();
    return chunk->size() == 1 ? text : "many";
  }
};

TEST_F(PointLookupTest, FindsRowsByKey) {
  auto lookup = plan({"ID"}, {"name", "n", "name"});
  ASSERT_TRUE(lookup);
  EXPECT_EQ(look(*lookup, {Value::BIGINT(77)}), "n77|0|n77");
  EXPECT_EQ(look(*lookup, {Value::INTEGER(78)}), "n78|1|n78");
  EXPECT_EQ(look(*lookup, {Value::BIGINT(10001)}), "none");
  auto all = plan({"id"}, {});
  EXPECT_THAT(all->names(), testing::ElementsAre("id", "name", "n"));
  EXPECT_EQ(look(*all, {Value::BIGINT(5)}), "5|n5|5");
}

TEST_F(PointLookupTest, HasNoPlanWithoutAUniqueKeyOverExactlyTheColumns) {
  EXPECT_FALSE(plan({"n"}, {"name"}));
  EXPECT_FALSE(plan({"id", "n"}, {"name"}));
  EXPECT_FALSE(plan({"id"}, {"missing"}));
  EXPECT_FALSE(plan({"id"}, {"name"}, "missing"));
  must("CREATE VIEW v AS SELECT * FROM t");
  EXPECT_FALSE(plan({"id"}, {"name"}, "v"));
  must("CREATE INDEX by_n ON t (n)");
  EXPECT_FALSE(plan({"n"}, {"name"}));
}

TEST_F(PointLookupTest, AcceptsOnlyValuesThatCompareAsTheKernelWould) {
  auto lookup = plan({"id"}, {"name"});
  EXPECT_TRUE(lookup->accepts(0, Value::INTEGER(1)));
  EXPECT_TRUE(lookup->accepts(0, Value::UBIGINT(1)));
  EXPECT_FALSE(lookup->accepts(0, Value::UBIGINT(UINT64_MAX)));
  EXPECT_FALSE(lookup->accepts(0, Value("1")));
  EXPECT_FALSE(lookup->accepts(0, Value::DOUBLE(1)));
  EXPECT_FALSE(lookup->accepts(0, Value::DECIMAL(int64_t(15), 5, 1)));
  EXPECT_FALSE(lookup->accepts(0, Value(duckdb::LogicalType::BIGINT)));
}

TEST_F(PointLookupTest, SeesTheTransactionsOwnView) {
  auto lookup = plan({"id"}, {"name"});
  auto other = connect();
  ASSERT_TRUE(other->begin());
  EXPECT_EQ(look(*lookup, {Value::BIGINT(1)}, other.get()), "n1");
  must("UPDATE t SET name = 'new' WHERE id = 1");
  must("DELETE FROM t WHERE id = 2");
  EXPECT_EQ(look(*lookup, {Value::BIGINT(1)}), "new");
  EXPECT_EQ(look(*lookup, {Value::BIGINT(2)}), "none");
  EXPECT_EQ(look(*lookup, {Value::BIGINT(1)}, other.get()), "n1");
  EXPECT_EQ(look(*lookup, {Value::BIGINT(2)}, other.get()), "n2");
  ASSERT_TRUE(other->commit());
  EXPECT_EQ(look(*lookup, {Value::BIGINT(1)}, other.get()), "new");
  EXPECT_EQ(look(*lookup, {Value::BIGINT(2)}, other.get()), "none");
  must("INSERT INTO t VALUES (2, 'again', 0)");
  EXPECT_EQ(look(*lookup, {Value::BIGINT(2)}), "again");
}

TEST_F(PointLookupTest, LeavesTransactionLocalRowsToTheKernel) {
  auto lookup = plan({"id"}, {"name"});
  ASSERT_TRUE(connection_->begin());
  must("INSERT INTO t VALUES (20000, 'mine', 1)");
  EXPECT_EQ(look(*lookup, {Value::BIGINT(20000)}), "stale");
  ASSERT_TRUE(connection_->rollback());
  EXPECT_EQ(look(*lookup, {Value::BIGINT(20000)}), "none");
}

TEST_F(PointLookupTest, FollowsSchemaChanges) {
  auto lookup = plan({"id"}, {"name"});
  must("DROP TABLE t");
  EXPECT_EQ(look(*lookup, {Value::BIGINT(1)}), "stale");
  must("CREATE TABLE t (id BIGINT PRIMARY KEY, name VARCHAR)");
  must("INSERT INTO t VALUES (1, 'other')");
  EXPECT_EQ(look(*lookup, {Value::BIGINT(1)}), "stale");
  EXPECT_EQ(look(*plan({"id"}, {"name"}), {Value::BIGINT(1)}), "other");
}

TEST_F(PointLookupTest, ReadsCompositeAndTextKeysInAnyOrder) {
  must("CREATE TABLE c (a INTEGER, b VARCHAR, v INTEGER, PRIMARY KEY (a, b))");
  must("INSERT INTO c SELECT range % 100, 'k' || (range // 100), range FROM range(10000)");
  auto lookup = plan({"b", "a"}, {"v"}, "c");
  ASSERT_TRUE(lookup);
  for (int i = 0; i < 10000; i += 37) {
    EXPECT_EQ(look(*lookup, {Value("k" + std::to_string(i / 100)), Value::INTEGER(i % 100)}), std::to_string(i));
  }
  EXPECT_EQ(look(*lookup, {Value("k100"), Value::INTEGER(1)}), "none");
}

TEST_F(PointLookupTest, WorksAfterReopeningTheFile) {
  connection_.reset();
  host_.reset();
  host_ = std::move(*Host::open({.data_dir = dir_.path()}));
  connection_ = connect();
  auto lookup = plan({"id"}, {"name"});
  ASSERT_TRUE(lookup);
  EXPECT_EQ(look(*lookup, {Value::BIGINT(4711)}), "n4711");
}

}  // namespace
}  // namespace sluice::kernel
