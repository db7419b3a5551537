// SPDX-License-Identifier: Apache-2.0
#include "dialect/kernel_for_tests.h"

namespace sluice::dialect {
namespace {

class Expressions : public ::testing::Test {
 protected:
  // The value of a constant expression.
  std::string value(const std::string& expression) { return kernel().run("select " + expression); }
  // One for all tests, and gone before the thread's own data is: the kernel's destructor needs it.
  static void SetUpTestSuite() { kernel_ = std::make_unique<KernelForTests>(); }
  static void TearDownTestSuite() { kernel_.reset(); }
  static KernelForTests& kernel() { return *kernel_; }

 private:
  static inline std::unique_ptr<KernelForTests> kernel_;
};

TEST_F(Expressions, BindAsInMysql) {
  EXPECT_EQ(value("1 + 2 * 3"), "7");
  EXPECT_EQ(value("(1 + 2) * 3"), "9");
  EXPECT_EQ(value("7 - 2 - 1"), "4");
  EXPECT_EQ(value("1 | 2 & 3"), "3");
  EXPECT_EQ(value("1 << 2 + 1"), "8");
  EXPECT_EQ(value("2 * 3 ^ 1"), "4") << "^ is exclusive or and binds tighter than *";
  EXPECT_EQ(value("-2 * -3"), "6");
  EXPECT_EQ(value("not 1 = 2"), "true");
  EXPECT_EQ(value("!1 = 0"), "true") << "! binds tighter than =";
  EXPECT_EQ(value("1 or 0 and 0"), "true");
  EXPECT_EQ(value("true xor true or 1"), "true");
  EXPECT_EQ(value("0 or true xor true"), "false");
  EXPECT_EQ(value("1 = 1 = 1"), "true");
  EXPECT_EQ(value("2 between 1 and 3 and 1"), "true");
  EXPECT_EQ(value("1 + 1 in (2)"), "true");
  EXPECT_EQ(value("not 1 in (1) or 1"), "true");
}

TEST_F(Expressions, DivideAndCompare) {
  EXPECT_EQ(value("5 / 2"), "2.5");
  EXPECT_EQ(value("5 div 2"), "2");
  EXPECT_EQ(value("5 % 3"), "2");
  EXPECT_EQ(value("5 mod 3"), "2");
  EXPECT_EQ(value("null <=> null"), "true");
  EXPECT_EQ(value("1 <=> null"), "false");
  EXPECT_EQ(value("1 <> 2 and 1 != 2 and 2 >= 2 and 1 <= 1"), "true");
  EXPECT_EQ(value("(1, 2) = (1, 2)"), "true");
  EXPECT_EQ(value("(1, 2) in ((1, 2), (3, 4))"), "true");
  EXPECT_EQ(value("3 not in (1, 2)"), "true");
}

TEST_F(Expressions, LogicTakesAnyNumber) {
  EXPECT_EQ(value("5 && 0"), "false");
  EXPECT_EQ(value("5 || 0"), "true");
  EXPECT_EQ(value("5 is true"), "true");
  EXPECT_EQ(value("0 is not false"), "false");
  EXPECT_EQ(value("null is unknown"), "true");
  EXPECT_EQ(value("true xor null"), "NULL");
  ParseOptions options = options_for_tests();
  options.pipes_as_concat = true;
  EXPECT_EQ(kernel().run("select 'a' || 'b'", options), "ab");
}

TEST_F(Expressions, LikeHasBackslashAsItsEscape) {
  EXPECT_EQ(value("'a_b' like 'a\\_b'"), "true");
  EXPECT_EQ(value("'axb' like 'a\\_b'"), "false");
  EXPECT_EQ(value("'axb' like 'a_b'"), "true");
  EXPECT_EQ(value("'a%' like 'a|%' escape '|'"), "true");
  EXPECT_EQ(value("'ab' not like 'a%'"), "false");
  EXPECT_EQ(value("'a\\\\' like 'a\\\\'"), "true") << "a backslash at the end stands for itself";
  EXPECT_EQ(value("'ab' regexp '^a'"), "true");
  EXPECT_EQ(value("'ab' not rlike 'b$'"), "false");
}

TEST_F(Expressions, ReadLiterals) {
  EXPECT_EQ(value("'it''s', \"a\"\"b\", 'a' 'b'"), "it's|a\"b|ab");
  EXPECT_EQ(value("-5, - 5, - -5, +5"), "-5|-5|5|5");
  EXPECT_EQ(value("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(value("true, false, null"), "true|false|NULL");
  EXPECT_EQ(value("_utf8mb4'x', N'y', _binary 'z', x'41', 0x42, b'11'"), "x|y|z|A|B|3");
  EXPECT_EQ(value("date '2020-01-02', timestamp '2020-01-02 03:04:05', time '01:02:03'"),
            "2020-01-02|2020-01-02 03:04:05|01:02:03");
  EXPECT_EQ(value("{d '2020-01-02'}, {fn ucase('a')}"), "2020-01-02|A");
  EXPECT_EQ(value("[1, 2], [1, 2][2], {'k': 1}"), "[1, 2]|2|{k=1}");
  EXPECT_EQ(value("1 /*! + 1 */"), "2");
}

TEST_F(Expressions, AddIntervals) {
  EXPECT_EQ(value("date '2020-01-31' + interval 1 month"), "2020-02-29");
  EXPECT_EQ(value("interval 1 day + '2020-01-01'"), "2020-01-02");
  EXPECT_EQ(value("'2020-01-01' - interval 1 quarter"), "2019-10-01");
  EXPECT_EQ(value("'2020-01-01 00:00:00' + interval '1:30' minute_second"), "2020-01-01 00:01:30");
  EXPECT_EQ(value("'2020-01-01' + interval '1 2:3:4.5' day_microsecond"), "2020-01-02 02:03:04.5");
  EXPECT_EQ(value("'2020-01-01' + interval '-1 1' day_hour"), "2019-12-30 23:00:00");
  EXPECT_EQ(value("'2020-01-01' + interval '1-2' year_month"), "2021-03-01");
  EXPECT_EQ(value("'2020-01-01' + interval '2' day"), "2020-01-03");
  EXPECT_EQ(value("'2020-01-01' + interval 1.5 second"), "2020-01-01 00:00:01.5");
  EXPECT_EQ(value("'2020-01-01' + interval -1 week"), "2019-12-25");
  EXPECT_EQ(kernel().run("select date '2020-01-01' + interval x day from (select 3 as x) t"), "2020-01-04");
}

TEST_F(Expressions, DatesStayDatesUnderUnitsOfDays) {
  EXPECT_EQ(value("date '2024-03-01' - interval 1 day, interval 2 week + date '2024-03-01', date '2024-02-29' - "
                  "interval 1 year"),
            "2024-02-29|2024-03-15|2023-02-28");
  EXPECT_EQ(value("date '2024-01-31' + interval '1-1' year_month, date '2024-01-01' + interval 0 day"),
            "2025-02-28|2024-01-01");
  EXPECT_EQ(value("date '2024-01-01' + interval 0 hour, date '2024-01-01' + interval '1 0' day_hour"),
            "2024-01-01 00:00:00|2024-01-02 00:00:00");
  EXPECT_EQ(value("date '2024-01-01' - interval 1 minute, date '2024-01-01' + interval '1 day'"),
            "2023-12-31 23:59:00|2024-01-02 00:00:00");
  EXPECT_EQ(value("timestamp '2024-01-31 10:00:00' + interval 1 month, time '10:00:00' + interval 90 minute"),
            "2024-02-29 10:00:00|11:30:00");
  EXPECT_EQ(
      value("null + interval 1 day, date '2024-01-01' + interval null day, date '2024-01-01' + interval null hour"),
      "NULL|NULL|NULL");
  EXPECT_EQ(
      kernel().run("select d + interval 1 month, date_sub(d, interval n day), adddate(d, n), s - interval 1 day, "
                   "days_add(d, n), months_sub(d, 1), timestampadd(quarter, 1, d), hours_add(d, 1) "
                   "from (select date '2024-03-31' as d, 3 as n, '2024-01-01 01:00:00' as s) t"),
      "2024-04-30|2024-03-28|2024-04-03|2023-12-31 01:00:00|2024-04-03|2024-02-29|2024-06-30|2024-03-31 01:00:00");
  EXPECT_EQ(value("1 + interval 1 day"),
            "kernel: Binder Error: An INTERVAL can be added to a DATE, DATETIME, TIME or text, not to TINYINT");
}

TEST_F(Expressions, CastsToDatetimeRoundTheFraction) {
  EXPECT_EQ(
      value("cast('2024-01-01 10:11:12.5' as datetime), cast('2024-12-31 23:59:59.9996' as datetime(3)), "
            "convert('2024-01-01 10:11:12.3456', datetime(3)), cast('2024-01-01 10:11:12.345678' as datetime(6))"),
      "2024-01-01 10:11:13|2025-01-01 00:00:00|2024-01-01 10:11:12.346|2024-01-01 10:11:12.345678");
  EXPECT_EQ(value("cast(date '2024-01-01' as datetime) + interval 1 month, "
                  "cast('2024-01-01 10:11:12.3456' as datetime(3)) + interval 1 day"),
            "2024-02-01 00:00:00|2024-01-02 10:11:12.346");
  EXPECT_EQ(value("cast('2024-01-01' as datetime(7))"),
            "1426: Too big precision 7 for datetime: a second has at most 6 digits after the point");
}

TEST_F(Expressions, DatesWithIntervalsReachTheScan) {
  kernel().native("CREATE TABLE days AS SELECT DATE '1998-01-01' + i::INTEGER AS d FROM range(5000) r(i)");
  for (const char* sql : {"explain select count(*) from days where d <= date '1998-12-01' - interval '90' day",
                          "explain select count(*) from days where d <= date '1998-06-02' + interval 3 month"}) {
    EXPECT_NE(kernel().run(sql).find("d<='1998-09-02'::DATE"), std::string::npos) << kernel().run(sql);
  }
}

TEST_F(Expressions, IntervalsOnParameters) {
  auto statement = parse("select ? + interval 1 month", options_for_tests());
  ASSERT_TRUE(statement);
  auto rows = [&](duckdb::Value moment) {
    auto tree = std::get<KernelStatement>(statement->body).tree->Copy();
    return kernel().run_prepared(std::unique_ptr<duckdb::SQLStatement>(tree.release()), {std::move(moment)});
  };
  EXPECT_EQ(rows(duckdb::Value::DATE(2024, 1, 31)), "2024-02-29");
  EXPECT_EQ(rows(duckdb::Value("2024-01-31")), "2024-02-29 00:00:00");
  EXPECT_EQ(rows(duckdb::Value()), "NULL");
}

TEST_F(Expressions, ChooseWithCase) {
  EXPECT_EQ(value("case 2 when 1 then 'a' when 2 then 'b' end"), "b");
  EXPECT_EQ(value("case when 0 then 'a' else 'c' end"), "c");
  EXPECT_EQ(value("case when 0 then 'a' end"), "NULL");
}

TEST_F(Expressions, Cast) {
  EXPECT_EQ(value("cast('12' as signed), cast(3 as char), convert('5', unsigned), convert('x' using utf8mb4)"),
            "12|3|5|x");
  EXPECT_EQ(value("cast('abcdef' as char(3)), cast(1.256 as decimal(10, 2)), cast('2020-01-02' as datetime(3))"),
            "abc|1.26|2020-01-02 00:00:00");
  EXPECT_EQ(value("binary 'a', 'a' collate utf8mb4_bin"), "a|a");
  EXPECT_EQ(value("cast([1,2] as array<bigint>)"), "[1, 2]");
  EXPECT_EQ(value("try_cast('x' as int)"), "NULL");
}

TEST_F(Expressions, QuerySubqueries) {
  EXPECT_EQ(value("(select 5) + 1"), "6");
  EXPECT_EQ(value("((select 5)) + 1"), "6");
  EXPECT_EQ(value("((select 5) + 1) * 2"), "12");
  EXPECT_EQ(value("((select 1) union (select 1))"), "1");
  EXPECT_EQ(value("(select 3 union select 3 order by 1 limit 1)"), "3");
  EXPECT_EQ(value("exists (select 1 from dual where 0)"), "false");
  EXPECT_EQ(value("2 in (select 2)"), "true");
  EXPECT_EQ(value("2 not in (select 1)"), "true");
  EXPECT_EQ(value("2 > all (select 1), 2 = any (select 2), 2 <> some (select 2)"), "true|true|false");
}

TEST_F(Expressions, TakeValuesOfTheSession) {
  EXPECT_EQ(value("@@version, @@session.autocommit, @@global.x, @seven, @nothing"), "5.7.99|1|global x|7|NULL");
  EXPECT_EQ(value("version(), database(), schema(), user(), current_user, current_user(), connection_id()"),
            "5.7.99|d|d|root@127.0.0.1|'root'@'%'|'root'@'%'|3");
  EXPECT_EQ(value("last_insert_id(), found_rows(), row_count()"), "11|5|-1");
  EXPECT_TRUE(parse("select @seven", options_for_tests())->session_dependent);
  EXPECT_FALSE(parse("select 7", options_for_tests())->session_dependent);
}

TEST_F(Expressions, NameTheirColumns) {
  EXPECT_EQ(kernel().columns("select 1+1 , a, a as b, a `c`, a 'd', (a), upper( 'x' ) from (select 1 a) t"),
            "1+1|a|b|c|d|a|upper( 'x' )");
  EXPECT_EQ(kernel().columns("select count(*) , sum( a )x from (select 1 a) t"), "count(*)|x");
}

TEST_F(Expressions, KeepPlaceholdersInOrder) {
  auto statement = parse("select ? + 1, 'x' from dual where ? between ? and 5 limit ?", options_for_tests());
  ASSERT_TRUE(statement);
  EXPECT_EQ(statement->parameter_count, 4u);
  auto& tree = std::get<KernelStatement>(statement->body).tree;
  EXPECT_EQ(tree->named_param_map.size(), 4u);
  EXPECT_EQ(KernelForTests().run_prepared(std::move(tree),
                                          {duckdb::Value(2), duckdb::Value(3), duckdb::Value(1), duckdb::Value(9)}),
            "3|x");
}

}  // namespace
}  // namespace sluice::dialect
