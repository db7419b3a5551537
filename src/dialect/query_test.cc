// SPDX-License-Identifier: Apache-2.0
#include "dialect/kernel_for_tests.h"

namespace sluice::dialect {
namespace {

class Queries : public ::testing::Test {
 protected:
  Queries() {
    EXPECT_EQ(run("create table t (a int, b varchar(10), c decimal(10, 2))"), "");
    EXPECT_EQ(run("insert into t values (1, 'x', 1.5), (2, 'y', 2.5), (3, null, null), (2, 'x', 4)"), "4");
    EXPECT_EQ(run("create table u (a int, d date)"), "");
    EXPECT_EQ(run("insert into u values (1, '2020-01-01'), (3, '2021-06-30')"), "2");
  }
  std::string run(std::string_view sql) { return kernel_.run(sql); }
  KernelForTests kernel_;
};

TEST_F(Queries, OrderNullsAsMysql) {
  EXPECT_EQ(run("select b from t order by b"), "NULL\nx\nx\ny");
  EXPECT_EQ(run("select b from t order by b desc"), "y\nx\nx\nNULL");
  EXPECT_EQ(run("select b from t order by b desc nulls first, a"), "NULL\ny\nx\nx");
  EXPECT_EQ(run("select b from t order by b asc nulls last limit 1"), "x");
}

TEST_F(Queries, Limit) {
  EXPECT_EQ(run("select a from t order by a limit 2"), "1\n2");
  EXPECT_EQ(run("select a from t order by a limit 1, 2"), "2\n2");
  EXPECT_EQ(run("select a from t order by a limit 2 offset 3"), "3");
  EXPECT_EQ(run("select a from t order by a limit 18446744073709551615 offset 3"), "3");
  EXPECT_EQ(run("(select a from t order by a limit 2) limit 1"), "1");
}

TEST_F(Queries, GroupByAliasesAndPositions) {
  EXPECT_EQ(run("select a k, count(*) n from t group by k having n > 1 order by k"), "2|2");
  EXPECT_EQ(run("select a + 1, count(*) from t group by 1 order by 1"), "2|1\n3|2\n4|1");
  EXPECT_EQ(run("select a, b, count(*) from t group by a, b with rollup order by a, b"),
            "NULL|NULL|4\n1|NULL|1\n1|x|1\n2|NULL|2\n2|x|1\n2|y|1\n3|NULL|1\n3|NULL|1");
  EXPECT_EQ(run("select a, grouping(a), count(*) from t group by rollup(a) order by grouping(a), a"),
            "1|0|1\n2|0|2\n3|0|1\nNULL|1|4");
  EXPECT_EQ(run("select a, b, count(*) from t where a = 2 group by cube(a, b) order by a, b"),
            "NULL|NULL|2\nNULL|x|1\nNULL|y|1\n2|NULL|2\n2|x|1\n2|y|1");
  EXPECT_EQ(run("select a, count(*) from t group by grouping sets ((a), ()) order by a"), "NULL|4\n1|1\n2|2\n3|1");
  EXPECT_EQ(run("select a, b, count(*) from t where a = 2 group by a, rollup((a, b)) order by b"),
            "2|NULL|2\n2|x|1\n2|y|1");
}

TEST_F(Queries, Join) {
  EXPECT_EQ(run("select t.a, d from t join u on t.a = u.a order by 1"), "1|2020-01-01\n3|2021-06-30");
  EXPECT_EQ(run("select t.a, d from t left outer join u using (a) where b = 'y'"), "2|NULL");
  EXPECT_EQ(run("select u.a from t right join u on t.a = u.a and t.a < 3 order by t.a"), "3\n1");
  EXPECT_EQ(run("select a from t left semi join u on t.a = u.a order by 1"), "1\n3");
  EXPECT_EQ(run("select a from t left anti join u on t.a = u.a"), "2\n2");
  EXPECT_EQ(run("select d from t right semi join u on t.a = u.a and t.a = 1"), "2020-01-01");
  EXPECT_EQ(run("select d from t right anti join u on t.a = u.a and t.a = 1"), "2021-06-30");
  EXPECT_EQ(run("select count(*) from t, u"), "8");
  EXPECT_EQ(run("select count(*) from t cross join u"), "8");
  EXPECT_EQ(run("select count(*) from t straight_join u on t.a = u.a"), "2");
  EXPECT_NE(run("select count(*) from t natural join u").find("mismatched input 'NATURAL'"), std::string::npos);
  EXPECT_EQ(run("select count(*) from t full join u on t.a = u.a"), "4");
  EXPECT_EQ(run("select count(*) from (t join u on t.a = u.a) join t x on x.a = u.a"), "2");
  EXPECT_EQ(run("select count(*) from t use index (i) join [shuffle] u force key for join (i, j) on t.a = u.a"), "2");
}

TEST_F(Queries, DeriveTables) {
  EXPECT_EQ(run("select x.n from (select count(*) n from t) x"), "4");
  EXPECT_EQ(run("select * from ((select 1 a) union all (select 2)) x order by a"), "1\n2");
  EXPECT_EQ(run("select * from ((select 1 a) x join (select 2 b) y)"), "1|2");
  EXPECT_EQ(run("select p, q from (select 1, 2) v(p, q)"), "1|2");
  EXPECT_EQ(run("select * from (values row(1, 'a'), row(2, 'b')) v(n, s) order by n"), "1|a\n2|b");
  EXPECT_EQ(run("select number from numbers(\"number\" = \"3\") order by 1"), "0\n1\n2");
  EXPECT_EQ(run("select number from numbers(\"number\" = \"2\", \"const_value\" = \"7\")"), "7\n7");
  EXPECT_EQ(run("select 1 from dual"), "1");
}

TEST_F(Queries, LateralViews) {
  const std::string from = " from (select 1 k, 'a,b' s, [7, 8] l union all select 2, '', []) t ";
  EXPECT_EQ(run("select *" + from + "lateral view explode_split(s, ',') x as e order by k, e"),
            "1|a,b|[7, 8]|a\n1|a,b|[7, 8]|b\n2||[]|")
      << "without a column that was not written";
  EXPECT_EQ(run("select k, e" + from + "lateral view explode(l) x as e order by 1, 2"), "1|7\n1|8");
  EXPECT_EQ(run("select k, e" + from + "lateral view explode_outer(l) x as e order by 1, 2"), "1|7\n1|8\n2|NULL");
  EXPECT_EQ(run("select k, p, e" + from + "lateral view posexplode(l) x as p, e order by 1, 2"), "1|0|7\n1|1|8");
  EXPECT_EQ(run("select count(*)" + from + "lateral view explode(l) x as e lateral view explode(l) y as f"), "4");
  EXPECT_EQ(run("select t.k, x.e" + from + "lateral view explode(l) x as e join (select 8 n) u on u.n = x.e"), "1|8");
}

TEST_F(Queries, CombineSets) {
  EXPECT_EQ(run("select 1 union select 2 union select 1 order by 1"), "1\n2");
  EXPECT_EQ(run("select 1 union all select 1 union select 1"), "1");
  EXPECT_EQ(run("select 1 union select 2 intersect select 2 minus select 1"), "2") << "INTERSECT binds tighter";
  EXPECT_EQ(run("select 1 except select 1"), "");
  EXPECT_EQ(run("(select a from t order by a limit 1) union all (select 9) order by 1 desc"), "9\n1");
  EXPECT_EQ(run("values (1, 2), (3, 4)"), "1|2\n3|4");
}

TEST_F(Queries, NameQueriesWithWith) {
  EXPECT_EQ(run("with x as (select 1 n), y (m) as (select n + 1 from x) select * from x, y"), "1|2");
  EXPECT_EQ(run("with recursive r as (select 1 n union all select n + 1 from r where n < 3) select sum(n) from r"),
            "6");
  EXPECT_EQ(run("with t as (select 42 a) select a from t"), "42") << "hides the table";
  EXPECT_EQ(run("select * from (with x as (select 5 n) select n from x) z"), "5");
  EXPECT_EQ(run("with x as (select 1 n) (with y as (select n + 1 m from x) select m from y)"), "2");
  EXPECT_NE(error_of("with x as (select 1), x as (select 2) select 1"), "parsed");
}

TEST_F(Queries, NamesOfDatabases) {
  EXPECT_EQ(run("select count(*) from d.t"), "4");
  EXPECT_EQ(run("select d.t.a from d.t where t.a = 1"), "1");
  EXPECT_EQ(run("select count(*) from internal.d.t"), "4");
  EXPECT_EQ(run("select d.t.*, t.a from d.t where a = 1"), "1|x|1.50|1");
  auto statement = parse("select * from d.t, t, Information_Schema.tables i, mysql.user, c.d.t", options_for_tests());
  ASSERT_TRUE(statement);
  std::string tree = std::get<KernelStatement>(statement->body).tree->ToString();
  EXPECT_TRUE(tree.starts_with("SELECT * FROM internal.d.t , t , ")) << tree;
  EXPECT_TRUE(tree.ends_with(" , c.d.t")) << tree;
  EXPECT_EQ(tree.find("Information_Schema"), std::string::npos) << tree;
}

TEST_F(Queries, SelectOptionsAndLocksMeanNothing) {
  EXPECT_EQ(run("select sql_no_cache high_priority a from t where a = 1 for update"), "1");
  EXPECT_EQ(run("select distinct a from t order by a lock in share mode"), "1\n2\n3");
  EXPECT_EQ(run("select /*+ SET_VAR(x = 1) */ * except (b, c) from t where a = 1"), "1");
  EXPECT_EQ(run("select a from t where a = 1 for share of t nowait"), "1");
}

TEST_F(Queries, Explain) {
  using Form = ExplainStatement::Form;
  const std::pair<const char*, Form> cases[] = {{"explain select * from t", Form::kPlan},
                                                {"explain format = json select * from t", Form::kJson},
                                                {"explain format=tree select * from t", Form::kTree},
                                                {"explain analyze select count(*) from t", Form::kAnalyze},
                                                {"desc verbose select 1", Form::kVerbose},
                                                {"explain graph select 1", Form::kGraph},
                                                {"explain tree select 1", Form::kTree},
                                                {"explain shape plan select 1", Form::kShape},
                                                {"explain shape plan process select 1", Form::kShape},
                                                {"explain parsed plan select 1", Form::kAnalyzed},
                                                {"explain analyzed plan select 1", Form::kAnalyzed},
                                                {"explain logical plan select 1", Form::kRewritten},
                                                {"explain rewritten plan select 1", Form::kRewritten},
                                                {"explain optimized plan verbose select 1", Form::kPhysical},
                                                {"explain physical plan select 1", Form::kPhysical},
                                                {"explain memo plan select 1", Form::kMemo},
                                                {"explain distributed plan select 1", Form::kDistributed},
                                                {"explain all plan select 1", Form::kAll},
                                                {"explain plan insert into t values (1)", Form::kPlan},
                                                {"explain (select 1)", Form::kPlan}};
  for (const auto& [sql, form] : cases) {
    auto statement = parse(sql, options_for_tests());
    ASSERT_TRUE(statement) << sql << ": " << statement.error().message();
    const auto* explain = std::get_if<ExplainStatement>(&statement->body);
    ASSERT_TRUE(explain) << sql;
    EXPECT_EQ(explain->form, form) << sql;
    EXPECT_TRUE(explain->tree) << sql;
  }
}

}  // namespace
}  // namespace sluice::dialect
