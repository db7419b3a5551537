// SPDX-License-Identifier: Apache-2.0
#include "session/view_text.h"

#include <gtest/gtest.h>

namespace sluice::session {
namespace {

// d.t (a, b, c), d.u (a, d) and e.w (x); d is the view's database.
std::string full(const std::string& query) {
  return query_with_full_names(query,
                               [](const std::string& database, const std::string& name) -> std::optional<NamedColumns> {
                                 if (name == "t" && database != "e") return NamedColumns{"d", "t", {"a", "b", "c"}};
                                 if (name == "u" && database != "e") return NamedColumns{"d", "u", {"a", "d"}};
                                 if (name == "w" && database == "e") return NamedColumns{"e", "w", {"x"}};
                                 return std::nullopt;
                               });
}

TEST(ViewText, Columns) {
  EXPECT_EQ(full("select B, t.a, d.t.c as z from t where 0.0=a"),
            "select `internal`.`d`.`t`.`b`, `internal`.`d`.`t`.`a`, `internal`.`d`.`t`.`c` as z from "
            "`internal`.`d`.`t` where 0.0=`internal`.`d`.`t`.`a`");
  EXPECT_EQ(full("select `b` from d.t q order by q.c"), "select `q`.`b` from `internal`.`d`.`t` q order by `q`.`c`");
  // Of several tables, of none, of a table that is gone.
  EXPECT_EQ(full("select a, b, nothing from t, u"),
            "select a, `internal`.`d`.`t`.`b`, nothing from `internal`.`d`.`t`, `internal`.`d`.`u`");
  EXPECT_EQ(full("select x, b from gone, t"), "select x, b from gone, `internal`.`d`.`t`");
  EXPECT_EQ(full("select 1"), "select 1");
  EXPECT_EQ(full("no query"), "no query");
}

TEST(ViewText, Stars) {
  EXPECT_EQ(full("(select * from u)"),
            "(select `internal`.`d`.`u`.`a`, `internal`.`d`.`u`.`d` from `internal`.`d`.`u`)");
  EXPECT_EQ(full("select q.*, 1 from t, u q"),
            "select `q`.`a`, `q`.`d`, 1 from `internal`.`d`.`t`, `internal`.`d`.`u` q");
  EXPECT_EQ(full("select * except(a) from u"), "select `internal`.`d`.`u`.`d` from `internal`.`d`.`u`");
  EXPECT_EQ(full("select 1, q.* except (d), 2 from u q"), "select 1, `q`.`a`, 2 from `internal`.`d`.`u` q");
  EXPECT_EQ(full("select count(*), * from gone"), "select count(*), * from gone");
  EXPECT_EQ(full("select * from t join u using (a)"),
            "select * from `internal`.`d`.`t` join `internal`.`d`.`u` using (a)");
}

TEST(ViewText, QueriesInside) {
  EXPECT_EQ(
      full("select x from e.w where exists (select 1 from u where d = x)"),
      "select `internal`.`e`.`w`.`x` from `internal`.`e`.`w` where exists (select 1 from `internal`.`d`.`u` where "
      "`internal`.`d`.`u`.`d` = `internal`.`e`.`w`.`x`)");
  EXPECT_EQ(full("with k (z) as (select a from u) select z, s.* from k, (select d from u) s"),
            "with k (z) as (select `internal`.`d`.`u`.`a` from `internal`.`d`.`u`) select `k`.`z`, `s`.`d` from k, "
            "(select `internal`.`d`.`u`.`d` from `internal`.`d`.`u`) s");
  EXPECT_EQ(full("select a from u union select x from e.w"),
            "select `internal`.`d`.`u`.`a` from `internal`.`d`.`u` union select `internal`.`e`.`w`.`x` from "
            "`internal`.`e`.`w`");
}

TEST(ViewText, AliasesAndParameters) {
  EXPECT_EQ(full("select d + 1 as a, sum(a) from u group by a having a > 1 order by a, d"),
            "select `internal`.`d`.`u`.`d` + 1 as a, sum(`internal`.`d`.`u`.`a`) from `internal`.`d`.`u` group by "
            "`internal`.`d`.`u`.`a` having a > 1 order by a, `internal`.`d`.`u`.`d`");
  EXPECT_EQ(full("select array_map(a -> a + d, [1]) from u"),
            "select array_map(a -> a + `internal`.`d`.`u`.`d`, [1]) from `internal`.`d`.`u`");
}

TEST(ViewText, WithAliases) {
  EXPECT_EQ(query_with_aliases("SELECT a AS x,sum(b) y , c + 1 FROM t", {"p", "q", "r s"}),
            "SELECT a AS `p`, sum(b) AS `q`, c + 1 AS `r s` FROM t");
  EXPECT_EQ(query_with_aliases("(select distinct case when a then b end from t union select 1)", {"k"}),
            "(select distinct case when a then b end AS `k` from t union select 1)");
  EXPECT_EQ(query_with_aliases("with c as (select 1 as z, 2) select f(z, 1) zz from c", {"k"}),
            "with c as (select 1 as z, 2) select f(z, 1) AS `k` from c");
  EXPECT_EQ(query_with_aliases("select t.a 'x', `b` from t", {"k", "l"}), "select t.a AS `k`, `b` AS `l` from t");
  EXPECT_EQ(query_with_aliases("select 1", {"k"}), "select 1 AS `k`");
  EXPECT_EQ(query_with_aliases("select * from t", {"k"}), std::nullopt);
  EXPECT_EQ(query_with_aliases("select a from t", {"k", "l"}), std::nullopt);
  EXPECT_EQ(query_with_aliases("select a b from t order by `B`", {"k"}), std::nullopt);
  EXPECT_EQ(query_with_aliases("values (1)", {"k"}), std::nullopt);
}

}  // namespace
}  // namespace sluice::session
