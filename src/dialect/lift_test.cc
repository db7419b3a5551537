// SPDX-License-Identifier: Apache-2.0
// Literals as parameters, for the plan cache: which are lifted, and that normalise() and the slots agree.
#include "dialect/kernel_for_tests.h"

namespace sluice::dialect {
namespace {

// The tree's text, with the slots after it: '.' for a fixed literal, the parameter's number for a lifted one.
std::string lifted(std::string_view sql) {
  ParseOptions options = options_for_tests();
  options.lift_literals = true;
  auto statement = parse(sql, options);
  if (!statement) return statement.error().message();
  auto normalised = normalise(sql, options);
  if (!normalised || normalised->values.size() != statement->literals.size()) return "normalise() disagrees";
  std::string slots;
  uint32_t ordinal = 0;
  for (const LiteralSlot& slot : statement->literals) {
    if (slot.ordinal != ordinal++) return "the slots are out of order";
    slots += slot.fixed ? "." : std::to_string(slot.parameter);
  }
  return slots;
}

TEST(LiftedLiterals, AreTheOperandsOfComparisons) {
  EXPECT_EQ(lifted("select a from t where id = 5"), "1");
  EXPECT_EQ(lifted("select a from t where id = 5 and n = 'x' or 3 < b and not c >= 1.5"), "1234");
  EXPECT_EQ(lifted("select a from t where id between 1 and 5 and a in (1, 2, 'x')"), "12345");
  EXPECT_EQ(lifted("select * from t join u on t.a = u.a and u.b = 3 where t.c = 4"), "12");
  EXPECT_EQ(lifted("select * from (select * from t where a = 1) x where b = 2"), "12");
  EXPECT_EQ(lifted("with x as (select * from t where a = 1) select * from x where b in (select c from u where d = 2)"),
            "12");
  EXPECT_EQ(lifted("update t set a = 1, b = 'x' where id = 3"), "123");
  EXPECT_EQ(lifted("delete from t where id = 3"), "1");
  EXPECT_EQ(lifted("insert into t values (1, 'x', 2.5), (2, null, 1e3)"), "12345");
  EXPECT_EQ(lifted("select a from t where (id = 5)"), "1");
}

TEST(LiftedLiterals, AreNotThoseThatShapeThePlan) {
  EXPECT_EQ(lifted("select 1"), ".");
  EXPECT_EQ(lifted("select a = 1 as x, (select 1 from t where a = 2) from t"), "...");
  EXPECT_EQ(lifted("select a from t group by 1 having count(*) > 5 order by 1 limit 10 offset 5"), ".....");
  EXPECT_EQ(lifted("select a from t where d > date '2020-01-01' + interval 3 day"), "..");
  EXPECT_EQ(lifted("select a from t where date_format(d, '%Y') = '2020' and left(b, 3) = 'x'"), ".1.2");
  EXPECT_EQ(lifted("select a from t where b like 'x%' and c regexp 'y'"), "..");
  EXPECT_EQ(lifted("select a from t where a = -5 and b = 1 + 2 and c = 'x' 'y'"), ".....");
  EXPECT_EQ(lifted("select a from t where case when a = 1 then 2 end = 3"), "..1");
  EXPECT_EQ(lifted("select a 'x' from t"), ".");
  EXPECT_EQ(lifted("select a from t where cast(b as decimal(10, 2)) = 1"), "..1");
  EXPECT_EQ(lifted("select a from t where a = x'41' and b = _binary 'x'"), "..");
  EXPECT_EQ(lifted("create table t (a varchar(10) default 'x')"), "..");
  EXPECT_EQ(lifted("insert into t values (1) on duplicate key update a = 5"), "1.");
}

TEST(LiftedLiterals, LongListsStayAsTheyAre) {
  std::string list = "select a from t where b = 1 and a in (1";
  for (int i = 0; i < 40; ++i) list += ", " + std::to_string(i);
  EXPECT_EQ(lifted(list + ")"), "1" + std::string(41, '.'));
  std::string rows = "insert into t values (1)";
  for (int i = 0; i < 80; ++i) rows += ", (1)";
  EXPECT_EQ(lifted(rows), std::string(81, '.'));
}

TEST(LiftedLiterals, PlaceholdersAreRefused) {
  EXPECT_NE(lifted("select a from t where b = ?").find("'?' is only for prepared statements"), std::string::npos);
}

TEST(Bytes, ThatAreNotUtf8StayInBinaryLiterals) {
  KernelForTests kernel;
  EXPECT_EQ(kernel.run("select hex(_binary'\xff\xfe')"), "FFFE");
  EXPECT_EQ(kernel.columns("select _binary'\xff'"), "_binary'?'");
  EXPECT_NE(error_of("select '\xff'"), "parsed");
  EXPECT_NE(error_of("select 1 as `\xff`"), "parsed");
}

TEST(LiftedLiterals, KindsOfLiteralsMakeDifferentKeys) {
  auto key = [](std::string_view sql) { return normalise(sql, {})->key; };
  EXPECT_EQ(key("select a from t where b = 5"), key("select a from t where b = 77"));
  EXPECT_NE(key("select a from t where b = 5"), key("select a from t where b = '5'"));
  EXPECT_NE(key("select a from t where b = 5"), key("select a from t where b = 5.0"));
  EXPECT_NE(key("select A from t"), key("select a from t"));
}

TEST(LiftedLiterals, RunWithOtherValues) {
  KernelForTests kernel;
  ASSERT_EQ(kernel.run("create table t (id int, n varchar(10), d date)"), "");
  ParseOptions options = options_for_tests();
  options.lift_literals = true;
  auto run = [&](std::string_view sql, duckdb::vector<duckdb::Value> values) {
    auto statement = parse(sql, options);
    EXPECT_TRUE(statement);
    return kernel.run_prepared(std::move(std::get<KernelStatement>(statement->body).tree), std::move(values));
  };
  EXPECT_EQ(run("insert into t values (0, '', '2000-01-01')",
                {duckdb::Value(7), duckdb::Value("seven"), duckdb::Value("2007-07-07")}),
            "1");
  EXPECT_EQ(run("select n from t where id = 1 and d < '2000-01-01'", {duckdb::Value(7), duckdb::Value("2010-01-01")}),
            "seven");
  EXPECT_EQ(run("select n from t where id in (1, 2)", {duckdb::Value(6), duckdb::Value(7)}), "seven");
}

}  // namespace
}  // namespace sluice::dialect
