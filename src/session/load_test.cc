// SPDX-License-Identifier: Apache-2.0
#include "session/load.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "session/load_for_tests.h"
#include "session/load_labels.h"
#include "session/load_prepared.h"
#include "session/load_records.h"

namespace sluice::session {
namespace {

TEST_F(LoadTest, CsvOfManyTypesInPiecesOfAnySize) {
  run("CREATE TABLE internal.d.t(i INTEGER, b BIGINT, d DECIMAL(10,2), h DECIMAL(38,4), f DOUBLE, s VARCHAR, day DATE, "
      "moment TIMESTAMP, ok BOOLEAN, l INTEGER[])");
  const std::string data =
      "1,-5,12.3,123456789012345678901234567890.1234,1.5,hello,2024-02-29,2024-01-01 10:11:12.5,true,\"[1\n"
      "2,\\N,-0.01,0.5,1e3,,20240131,2024-01-01,0,\\N\r\n"
      "+3, 7 ,1e2,1,inf,\xC3\xA9,2024-1-5,2024-01-01T00:00:00,false,[]";
  const std::string good =
      "2|NULL|-0.01|0.5000|1000.0||2024-01-31|2024-01-01 "
      "00:00:00|false|NULL\n3|7|100.00|1.0000|inf|\xC3\xA9|2024-01-05|2024-01-01 00:00:00|false|[]\n";
  for (size_t piece : {1ul, 2ul, 3ul, 7ul, 64ul, 100000ul}) {
    run("DELETE FROM internal.d.t");
    LoadSpec s = spec("t");
    s.csv.column_separator = ",";
    s.max_filter_ratio = 0.5;
    ASSERT_EQ(load(std::move(s), data, piece), "ok 2");
    EXPECT_EQ(run("SELECT * FROM internal.d.t ORDER BY i"), good);
    EXPECT_EQ(report_.total_rows, 3u);
    ASSERT_EQ(report_.complaints.size(), 1u);
    EXPECT_EQ(report_.complaints[0].reason, "column 'l': '\"[1' is not a ARRAY<INT>");
  }
}

TEST_F(LoadTest, WrongFieldsFailTheWholeLoad) {
  run("CREATE TABLE internal.d.t(a INTEGER NOT NULL, b VARCHAR)");
  EXPECT_EQ(load(spec("t"), "1\tx\n2\n3\ty\tz\nq\tw\n\\N\tr\n"),
            "error: too many filtered rows: 4 of 5 are bad; the first: the row has 1 fields, expected are 2");
  EXPECT_EQ(report_.filtered_rows, 4u);
  EXPECT_EQ(report_.complaints[2].reason, "column 'a': 'q' is not a INT");
  EXPECT_EQ(report_.complaints[3].reason, "column 'a' must not be NULL");
  EXPECT_EQ(report_.complaints[1].record, "3\ty\tz");
  EXPECT_EQ(run("SELECT count(*) FROM internal.d.t"), "0\n");
  LoadSpec s = spec("t");
  s.max_filter_ratio = 0.8;
  EXPECT_EQ(load(std::move(s), "1\tx\n2\n3\ty\tz\nq\tw\n\\N\tr\n"), "ok 1");
}

TEST_F(LoadTest, NotStrictMakesNulls) {
  run("CREATE TABLE internal.d.t(a INTEGER, b DATE)");
  LoadSpec s = spec("t");
  s.strict = false;
  EXPECT_EQ(load(std::move(s), "x\t2024-01-01\n99999999999\tnever\n"), "ok 2");
  EXPECT_EQ(run("SELECT * FROM internal.d.t ORDER BY b"), "NULL|NULL\nNULL|2024-01-01\n");
  EXPECT_EQ(report_.nulled_values, 3u);
}

TEST_F(LoadTest, EnclosedFields) {
  run("CREATE TABLE internal.d.t(a INTEGER, b VARCHAR, c VARCHAR)");
  const std::string data = "1,\"a,b\nc\",\"say \"\"hi\"\"\"\n2,'x',\"\\\"q\\\\ \\n\"\n3,\"\",\"\\N\"\n4,\\N,mid\"dle\n";
  for (size_t piece : {1ul, 5ul, 1000ul}) {
    run("DELETE FROM internal.d.t");
    LoadSpec s = spec("t");
    s.csv.column_separator = ",";
    s.csv.enclose = '"';
    s.csv.escape = '\\';
    ASSERT_EQ(load(std::move(s), data, piece), "ok 4");
    EXPECT_EQ(run("SELECT a, b, c FROM internal.d.t ORDER BY a"),
              "1|a,b\nc|say \"hi\"\n2|'x'|\"q\\ \\n\n3||\\N\n4|NULL|mid\"dle\n");
  }
  LoadSpec open = spec("t");
  open.csv.column_separator = ",";
  open.csv.enclose = '"';
  EXPECT_TRUE(load(std::move(open), "1,\"never closed\n2,x,y\n").starts_with("error: the last row is incomplete"));
}

TEST_F(LoadTest, SeparatorsOfSeveralBytes) {
  run("CREATE TABLE internal.d.t(a INTEGER, b VARCHAR)");
  for (size_t piece : {1ul, 3ul, 1000ul}) {
    run("DELETE FROM internal.d.t");
    LoadSpec s = spec("t");
    s.csv.column_separator = "||";
    s.csv.line_delimiter = "\x01\x02";
    s.csv.skip_lines = 1;
    ASSERT_EQ(load(std::move(s), std::string("\xEF\xBB\xBFhead||er\x01\x02") + "1||x|y\x01\x02" + "2||\x01z", piece),
              "ok 2");
    EXPECT_EQ(run("SELECT * FROM internal.d.t ORDER BY a"), "1|x|y\n2|\x01z\n");
  }
}

TEST_F(LoadTest, TrimsQuotesAndKeepsCarriageReturnsWhenAsked) {
  run("CREATE TABLE internal.d.t(a VARCHAR, b VARCHAR)");
  LoadSpec s = spec("t");
  s.csv.trim_double_quotes = true;
  s.csv.keep_cr = true;
  EXPECT_EQ(load(std::move(s), "\"x\"\ty\r\n\n"), "ok 1");
  EXPECT_EQ(run("SELECT a, b = 'y' || chr(13) FROM internal.d.t"), "x|true\n");
}

TEST_F(LoadTest, ComputedColumnsAndCondition) {
  run("CREATE TABLE internal.d.t(a INTEGER, b VARCHAR, c INTEGER DEFAULT 42)");
  LoadSpec s = spec("t");
  auto columns = parse_load_columns("a, tmp, b = concat(upper(tmp), ',', '=')");
  ASSERT_TRUE(columns) << columns.error().message();
  s.columns = std::move(*columns);
  auto where = parse_load_condition("a > 1 AND b <> 'C,='");
  ASSERT_TRUE(where) << where.error().message();
  s.where = std::move(*where);
  EXPECT_EQ(load(std::move(s), "1\tx\n2\tb\n3\tc\n4\td\n"), "ok 2");
  EXPECT_EQ(report_.unselected_rows, 2u);
  EXPECT_EQ(run("SELECT * FROM internal.d.t ORDER BY a"), "2|B,=|42\n4|D,=|42\n");
}

TEST_F(LoadTest, ColumnsHeaderIsNoWayIn) {
  EXPECT_FALSE(parse_load_columns("a, b = 1 FROM internal.d.t"));
  EXPECT_FALSE(parse_load_columns("a, b = (SELECT max(a) FROM internal.d.t)"));
  EXPECT_FALSE(parse_load_columns("a,,b"));
  EXPECT_FALSE(parse_load_columns(""));
  EXPECT_FALSE(parse_load_columns("a b"));
  EXPECT_FALSE(parse_load_columns("a = 1; DROP TABLE internal.d.t"));
  EXPECT_FALSE(parse_load_condition("1 = 1 UNION SELECT 2"));
  EXPECT_FALSE(parse_load_condition("1 = 1 LIMIT 1"));
  auto quoted = parse_load_columns("`or``der`, @skip");
  ASSERT_TRUE(quoted);
  EXPECT_EQ((*quoted)[0].name, "or`der");
  EXPECT_EQ((*quoted)[1].name, "@skip");
}

TEST_F(LoadTest, OddNamesAreNames) {
  run("CREATE TABLE internal.d.\"t'; DROP TABLE x; --\"(\"a \"\"b\" INTEGER)");
  EXPECT_EQ(load(spec("t'; DROP TABLE x; --"), "7\n"), "ok 1");
  EXPECT_EQ(load(spec("no such"), "7\n"), "error: Table 'd.no such' doesn't exist");
  LoadSpec other = spec("t");
  other.table.database = "x\" y";
  EXPECT_EQ(load(std::move(other), "7\n"), "error: Unknown database 'x\" y'");
  LoadSpec server = spec("load_labels");
  server.table.database = kernel::kServerSchema;
  EXPECT_TRUE(load(std::move(server), "7\n").starts_with("error: Unknown database"));
  // The table function serves only the statement of its load.
  EXPECT_TRUE(run("SELECT * FROM sluice_load(1)").starts_with("error:"));
}

TEST_F(LoadTest, JsonByLine) {
  run("CREATE TABLE internal.d.t(a INTEGER, b VARCHAR, c DECIMAL(20,5), l INTEGER[], s STRUCT(x INTEGER), ok BOOLEAN)");
  const std::string data =
      "{\"a\":1,\"b\":\"x\\u00e9\\n\",\"c\":123456789012345.12345,\"l\":[1,2],\"s\":{\"x\":5},\"ok\":true}\n"
      "{\"B\":{\"k\":[1]},\"a\":\"2\",\"extra\":0}\r\n\n"
      "{\"a\":null,\"ok\":false}";
  for (size_t piece : {1ul, 4ul, 1000ul}) {
    for (bool by_line : {true, false}) {
      run("DELETE FROM internal.d.t");
      LoadSpec s = spec("t");
      s.format = LoadSpec::Format::kJson;
      s.json.by_line = by_line;
      ASSERT_EQ(load(std::move(s), data, piece), "ok 3");
      EXPECT_EQ(run("SELECT * FROM internal.d.t ORDER BY a NULLS LAST"),
                "1|x\xC3\xA9\n|123456789012345.12345|[1, 2]|{'x': "
                "5}|true\n2|{\"k\":[1]}|NULL|NULL|NULL|NULL\nNULL|NULL|NULL|NULL|NULL|false\n");
    }
  }
  LoadSpec bad = spec("t");
  bad.format = LoadSpec::Format::kJson;
  bad.json.by_line = true;
  EXPECT_TRUE(load(std::move(bad), "{\"a\":1}\n{\"a\":\n[1]\n")
                  .starts_with("error: too many filtered rows: 2 of 3 are bad; the first: not JSON"));
}

TEST_F(LoadTest, JsonArrayPathsAndRoot) {
  run("CREATE TABLE internal.d.t(a INTEGER, b VARCHAR)");
  for (size_t piece : {1ul, 1000ul}) {
    run("DELETE FROM internal.d.t");
    LoadSpec s = spec("t");
    s.format = LoadSpec::Format::kJson;
    s.json.strip_outer_array = true;
    s.json.paths = {"$.x.y[1]", "$.\"k.z\""};
    ASSERT_EQ(load(std::move(s), " [ {\"x\":{\"y\":[0,7]},\"k.z\":\"]}\"}, {\"x\":{}, \"k.z\":\"\\\"\"} ] ", piece),
              "ok 2");
    EXPECT_EQ(run("SELECT * FROM internal.d.t ORDER BY a NULLS LAST"), "7|]}\nNULL|\"\n");
    run("DELETE FROM internal.d.t");
    LoadSpec root = spec("t");
    root.format = LoadSpec::Format::kJson;
    root.json.strip_outer_array = true;
    root.json.root = "$.data.rows";
    ASSERT_EQ(load(std::move(root), "{\"n\":2,\"data\":{\"rows\":[{\"a\":1},\n{\"a\":2}]}}", piece), "ok 2");
  }
  LoadSpec array = spec("t");
  array.format = LoadSpec::Format::kJson;
  EXPECT_NE(load(std::move(array), "[{\"a\":1}]").find("strip_outer_array"), std::string::npos);
  LoadSpec cut = spec("t");
  cut.format = LoadSpec::Format::kJson;
  cut.json.strip_outer_array = true;
  EXPECT_NE(load(std::move(cut), "[{\"a\":1},{\"a\":2}").find("incomplete"), std::string::npos);
  EXPECT_FALSE(parse_json_path("$.a["));
  EXPECT_FALSE(parse_json_path("$.a[-1]"));
  EXPECT_FALSE(parse_json_path("$..a"));
}

TEST_F(LoadTest, Parquet) {
  run("CREATE TABLE internal.d.t(a INTEGER, b VARCHAR)");
  const std::filesystem::path file = host_->load_spool_dir() / "made.parquet";
  std::filesystem::create_directories(file.parent_path());
  ASSERT_EQ(run("COPY (SELECT i::BIGINT AS A, 'v' || i AS b, 1 AS other FROM range(5000) r(i)) TO '" + file.string() +
                "' (FORMAT parquet)")
                .find("error"),
            std::string::npos);
  std::ifstream in(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  std::filesystem::remove(file);
  LoadSpec s = spec("t");
  s.format = LoadSpec::Format::kParquet;
  auto where = parse_load_condition("a < 4000");
  ASSERT_TRUE(where);
  s.where = std::move(*where);
  EXPECT_EQ(load(std::move(s), bytes, 1000), "ok 4000");
  EXPECT_EQ(report_.unselected_rows, 1000u);
  LoadSpec bad = spec("t");
  bad.format = LoadSpec::Format::kParquet;
  EXPECT_TRUE(load(std::move(bad), "not parquet").starts_with("error:"));
  EXPECT_TRUE(std::filesystem::is_empty(host_->load_spool_dir()));
  EXPECT_EQ(run("SELECT count(*), max(b) FROM internal.d.t"), "4000|v999\n");
}

TEST_F(LoadTest, ManyBlocksAndLongRows) {
  run("CREATE TABLE internal.d.t(a BIGINT, b VARCHAR)");
  std::string data;
  for (int i = 0; i < 200000; ++i) data += std::to_string(i) + "\tabcdefghijklmnopqrstuvwxyz\n";
  const std::string tall(3 << 20, 'x');
  data += "-1\t" + tall + "\n";
  EXPECT_EQ(load(spec("t"), data, 4093), "ok 200001");
  EXPECT_EQ(run("SELECT sum(a), max(length(b)) FROM internal.d.t"), "19999899999|" + std::to_string(3 << 20) + "\n");
  LoadSpec s = spec("t");
  s.max_record_bytes = 2 << 20;
  EXPECT_TRUE(load(std::move(s), data).starts_with("error: a row is longer than 2097152 bytes"));
}

TEST_F(LoadTest, GivenUpOrAbortedLoadsLeaveNothing) {
  run("CREATE TABLE internal.d.t(a INTEGER)");
  {
    auto load = Load::open(*connection_, spec("t"));
    ASSERT_TRUE(load);
    ASSERT_TRUE((*load)->write("1\n2\n"));
  }
  EXPECT_EQ(run("SELECT count(*) FROM internal.d.t"), "0\n");
  auto load = Load::open(*connection_, spec("t"));
  ASSERT_TRUE(load);
  std::string rows;
  for (int i = 0; i < 300000; ++i) rows += "12345\n";
  ASSERT_TRUE((*load)->write(rows));
  std::thread other([&] { (*load)->abort(Error(Code::kCancelled, "stop it")); });
  other.join();
  EXPECT_FALSE((*load)->write(rows + rows));
  auto done = (*load)->finish();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message(), "stop it");
  load->reset();
  EXPECT_EQ(run("SELECT count(*) FROM internal.d.t"), "0\n");
}

TEST_F(LoadTest, InsideATransactionTheFirstBadRowEndsIt) {
  run("CREATE TABLE internal.d.t(a INTEGER)");
  ASSERT_TRUE(connection_->begin());
  EXPECT_EQ(load(spec("t"), "1\n2\n"), "ok 2");
  ASSERT_TRUE(connection_->in_transaction());
  ASSERT_TRUE(connection_->rollback());
  EXPECT_EQ(run("SELECT count(*) FROM internal.d.t"), "0\n");
  ASSERT_TRUE(connection_->begin());
  EXPECT_NE(load(spec("t"), "1\nx\n").find("'x' is not a INT"), std::string::npos);
  ASSERT_TRUE(connection_->rollback());
}

TEST_F(LoadTest, ConstraintsFailTheLoad) {
  run("CREATE TABLE internal.d.t(a INTEGER PRIMARY KEY, b INTEGER CHECK (b > 0))");
  EXPECT_EQ(load(spec("t"), "1\t1\n2\t2\n"), "ok 2");
  EXPECT_TRUE(load(spec("t"), "3\t3\n1\t9\n").starts_with("error:"));
  EXPECT_TRUE(load(spec("t"), "4\t-1\n").starts_with("error:"));
  EXPECT_EQ(run("SELECT count(*) FROM internal.d.t"), "2\n");
}

TEST_F(LoadTest, LoadDataStatement) {
  run("CREATE TABLE internal.d.t(a INTEGER, b VARCHAR, c INTEGER)");
  dialect::LoadDataStatement statement;
  statement.table.name = "t";
  statement.enclosed_by = '"';
  statement.columns = {"a", "@skip", "b"};
  statement.ignore_lines = 1;
  auto s = load_spec(statement, "d");
  ASSERT_TRUE(s);
  EXPECT_EQ(load(std::move(*s), "h\th\th\n1\tzzz\tx\\ty\\\nz\n2\t\"q\tw\"\t\"a\"\"b\\\"\"\tmore\n3\n"), "ok 3");
  EXPECT_EQ(run("SELECT a, b, c FROM internal.d.t ORDER BY a"), "1|x\ty\nz|NULL\n2|a\"b\"|NULL\n3|NULL|NULL\n");
}

TEST_F(LoadTest, LabelsHappenOnce) {
  run("CREATE TABLE internal.d.t(a INTEGER)");
  LoadLabels labels(*host_);
  auto first = labels.reserve("d", "one");
  ASSERT_TRUE(first) << first.error().describe();
  ASSERT_EQ(first->use, LoadLabels::Use::kFree);
  EXPECT_EQ(labels.reserve("d", "one")->use, LoadLabels::Use::kRunning);
  EXPECT_EQ(labels.reserve("other", "one")->use, LoadLabels::Use::kFree);
  LoadSpec failing = spec("t");
  failing.reservation = std::move(first->reservation);
  EXPECT_TRUE(load(std::move(failing), "x\n").starts_with("error:"));
  auto again = labels.reserve("d", "one");
  ASSERT_EQ(again->use, LoadLabels::Use::kFree);
  LoadSpec good = spec("t");
  good.reservation = std::move(again->reservation);
  EXPECT_EQ(load(std::move(good), "1\n"), "ok 1");
  auto used = labels.reserve("d", "one");
  EXPECT_EQ(used->use, LoadLabels::Use::kFinished);
  EXPECT_EQ(used->txn_id, report_.txn_id);
  // Labels are kept for a while only.
  LoadLabels forgetful(*host_, std::chrono::seconds(-1));
  EXPECT_EQ(forgetful.reserve("d", "one")->use, LoadLabels::Use::kFree);
  EXPECT_TRUE(LoadLabels::valid("a-B_1.:\xC3\xA9"));
  EXPECT_FALSE(LoadLabels::valid(""));
  EXPECT_FALSE(LoadLabels::valid("a b"));
  EXPECT_FALSE(LoadLabels::valid("a'"));
  EXPECT_FALSE(LoadLabels::valid(std::string(129, 'a')));
  EXPECT_FALSE(LoadLabels::valid("\xFF"));
}

TEST_F(LoadTest, EnclosedFieldsAtEveryDistance) {
  // Around the steps of 64 bytes in which the reader goes, and the ends of blocks; with escapes only in some.
  for (const bool with_escapes : {false, true}) {
    run("CREATE OR REPLACE TABLE internal.d.t(i INTEGER, s VARCHAR, n INTEGER)");
    std::string data, wanted;
    for (int i = 0; i < 3000; ++i) {
      const std::string a(static_cast<size_t>(i % 71), 'a'), b(static_cast<size_t>(i % 13), 'b');
      const char* const middle[] = {",", "\n", "\"\"", "x", "\r\n", with_escapes ? "\\\"" : ";"};
      const char* const meaning[] = {",", "\n", "\"", "x", "\r\n", with_escapes ? "\"" : ";"};
      const std::string number = std::to_string(i);
      data += (i % 3 == 0 ? "\"" + number + "\"" : number) + ",\"" + a + middle[i % 6] + b + "\"," +
              (i % 2 ? "7" : "\"7\"") + (i % 5 ? "\n" : "\r\n");
      wanted += number + "|" + a + meaning[i % 6] + b + "|7\n";
    }
    for (size_t piece : {size_t{61}, size_t{4096}, data.size()}) {
      run("DELETE FROM internal.d.t");
      LoadSpec s = spec("t");
      s.csv.column_separator = ",";
      s.csv.enclose = '"';
      s.csv.escape = '\\';
      ASSERT_EQ(load(std::move(s), data, piece), "ok 3000");
      ASSERT_TRUE(run("SELECT * FROM internal.d.t ORDER BY i") == wanted) << piece;
    }
  }
}

TEST(CsvText, LastRecordEndIsWhereRecordsEndOneByOne) {
  // All texts of a few characters that matter, the quick way against the plain one.
  const char alphabet[] = {'a', ',', '\n', '"', '\\'};
  for (const bool escapes_everywhere : {false, true}) {
    LoadSpec::Csv options;
    options.column_separator = ",";
    options.enclose = '"';
    options.escape = '\\';
    options.mysql_escapes = escapes_everywhere;
    const CsvText csv(options);
    for (unsigned number = 0; number < 5 * 5 * 5 * 5 * 5 * 5 * 5; ++number) {
      std::string text;
      for (unsigned rest = number, i = 0; i < 7; ++i, rest /= 5) text += alphabet[rest % 5];
      const char* const end = text.data() + text.size();
      const char* last = text.data();
      while (const char* next = csv.record_end(last, end)) last = next;
      ASSERT_EQ(csv.last_record_end(text.data(), end) - text.data(), last - text.data()) << text;
    }
  }
}

TEST_F(LoadTest, AbortAfterTheLastByteLeavesNothing) {
  run("CREATE TABLE internal.d.t(a INTEGER)");
  auto opened = Load::open(*connection_, spec("t"));
  ASSERT_TRUE(opened);
  ASSERT_TRUE((*opened)->write("1\n2\n"));
  (*opened)->abort(sql_error(Code::kCancelled, 1317, "killed"));
  const auto done = (*opened)->finish();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message(), "killed");
  (*opened)->abort(sql_error(Code::kCancelled, 1317, "again"));
  opened->reset();
  EXPECT_EQ(run("SELECT count(*) FROM internal.d.t"), "0\n");
}

class PreparedLoadTest : public LoadTest {
 protected:
  // The first phase; "ok <rows>" or the error.
  std::string prepare(PreparedLoads& prepared, LoadLabels& labels, const std::string& label, const std::string& data) {
    auto reserved = labels.reserve("d", label);
    if (!reserved) return "error: " + reserved.error().message();
    if (reserved->use != LoadLabels::Use::kFree) return "label in use";
    LoadSpec s = spec("t");
    s.reservation = std::move(reserved->reservation);
    s.prepare = &prepared;
    return load(std::move(s), data);
  }
  static std::string decide(PreparedLoads& prepared, bool commit, std::optional<int64_t> txn_id,
                            const std::string& label = "") {
    const auto decided = prepared.decide({"d", txn_id, label, commit});
    return decided ? "ok" : decided.error().message();
  }
  std::string stages() {
    return run(
        "SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE 'prepared\\_%' ESCAPE '\\' AND "
        "table_name <> 'prepared_loads'");
  }
};

TEST_F(PreparedLoadTest, RowsAreThereAfterTheCommitOnly) {
  run("CREATE TABLE internal.d.t(a INTEGER NOT NULL, b VARCHAR DEFAULT 'none', c INTEGER AS (a + 1))");
  LoadLabels labels(*host_);
  PreparedLoads prepared(*host_, labels);
  ASSERT_EQ(prepare(prepared, labels, "one", "1\tx\n2\ty\n"), "ok 2");
  const int64_t txn = report_.txn_id;
  EXPECT_EQ(run("SELECT count(*) FROM internal.d.t"), "0\n");
  EXPECT_EQ(labels.reserve("d", "one")->use, LoadLabels::Use::kPrepared);
  EXPECT_EQ(decide(prepared, true, txn), "ok");
  EXPECT_EQ(run("SELECT a, b, c FROM internal.d.t ORDER BY a"), "1|x|2\n2|y|3\n");
  EXPECT_EQ(labels.reserve("d", "one")->use, LoadLabels::Use::kFinished);
  const std::string which = "transaction [" + std::to_string(txn) + "]";
  EXPECT_EQ(decide(prepared, true, txn), which + " is already visible, not pre-committed.");
  EXPECT_EQ(decide(prepared, false, {}, "one"), which + " is already VISIBLE, could not abort.");
  ASSERT_EQ(prepare(prepared, labels, "two", "3\tz\n"), "ok 1");
  EXPECT_EQ(stages(), "1\n");
  EXPECT_EQ(decide(prepared, false, {}, "two"), "ok");
  EXPECT_EQ(stages(), "0\n");
  EXPECT_EQ(labels.reserve("d", "two")->use, LoadLabels::Use::kFree);
  EXPECT_NE(decide(prepared, true, {}, "two").find("is already aborted. abort reason: User Abort"), std::string::npos);
  EXPECT_EQ(run("SELECT count(*) FROM internal.d.t"), "2\n");
  EXPECT_EQ(decide(prepared, true, 4711), "transaction [4711] not found");
}

TEST_F(PreparedLoadTest, AFailedFirstPhaseLeavesNothing) {
  run("CREATE TABLE internal.d.t(a INTEGER PRIMARY KEY, b INTEGER CHECK (b > 0)); INSERT INTO internal.d.t VALUES (9, "
      "9)");
  LoadLabels labels(*host_);
  PreparedLoads prepared(*host_, labels);
  for (const char* bad : {"1\t-1\n", "1\t1\n1\t2\n", "x\t1\n", "\\N\t1\n", "9\t1\n"})
    EXPECT_TRUE(prepare(prepared, labels, "bad", bad).starts_with("error:")) << bad;
  EXPECT_EQ(stages(), "0\n");
  EXPECT_EQ(run("SELECT count(*) FROM internal.__sluice.prepared_loads"), "0\n");
  EXPECT_EQ(prepare(prepared, labels, "bad", "1\t1\n"), "ok 1");
}

TEST_F(PreparedLoadTest, ACommitThatFailsCanBeTriedAgain) {
  run("CREATE TABLE internal.d.t(a INTEGER PRIMARY KEY)");
  LoadLabels labels(*host_);
  PreparedLoads prepared(*host_, labels);
  ASSERT_EQ(prepare(prepared, labels, "l", "1\n2\n"), "ok 2");
  run("INSERT INTO internal.d.t VALUES (2)");
  EXPECT_NE(decide(prepared, true, {}, "l").find("stays pre-committed"), std::string::npos);
  EXPECT_EQ(run("SELECT count(*) FROM internal.d.t"), "1\n");
  run("DELETE FROM internal.d.t");
  EXPECT_EQ(decide(prepared, true, {}, "l"), "ok");
  EXPECT_EQ(run("SELECT count(*) FROM internal.d.t"), "2\n");
}

TEST_F(PreparedLoadTest, WhatNobodyDecidesAboutIsAborted) {
  run("CREATE TABLE internal.d.t(a INTEGER)");
  LoadLabels labels(*host_);
  PreparedLoads prepared(*host_, labels, std::chrono::seconds(-1));
  ASSERT_EQ(prepare(prepared, labels, "l", "1\n"), "ok 1");
  ASSERT_EQ(prepare(prepared, labels, "m", "1\n"), "ok 1");
  EXPECT_NE(decide(prepared, true, {}, "m").find("abort reason: timeout by txn manager"), std::string::npos);
  EXPECT_EQ(stages(), "1\n");
  ASSERT_TRUE(prepared.expire());
  EXPECT_EQ(stages(), "0\n");
  EXPECT_EQ(labels.reserve("d", "l")->use, LoadLabels::Use::kFree);
}

TEST_F(LoadTest, OptionsThatDoNotFit) {
  run("CREATE TABLE internal.d.t(a INTEGER)");
  LoadSpec same = spec("t");
  same.csv.line_delimiter = "\t";
  EXPECT_EQ(load(std::move(same), ""), "error: the column separator and the line delimiter must differ");
  LoadSpec empty = spec("t");
  empty.csv.column_separator = "";
  EXPECT_EQ(load(std::move(empty), ""), "error: the column separator must have 1 to 16 bytes");
  LoadSpec twice = spec("t");
  twice.columns.push_back({"a", nullptr});
  twice.columns.push_back({"A", nullptr});
  EXPECT_EQ(load(std::move(twice), ""), "error: Column 'A' specified twice");
  EXPECT_EQ(load(spec("t"), ""), "ok 0");
}

}  // namespace
}  // namespace sluice::session
