// SPDX-License-Identifier: Apache-2.0
#include "dialect/kernel_for_tests.h"

namespace sluice::dialect {
namespace {

class Changes : public ::testing::Test {
 protected:
  Changes() { EXPECT_EQ(run("create table t (id int primary key, n varchar(10) default 'none', v int)"), ""); }
  std::string run(std::string_view sql) { return kernel_.run(sql); }
  std::string rows() { return run("select * from t order by id"); }
  KernelForTests kernel_;
};

TEST_F(Changes, Insert) {
  EXPECT_EQ(run("insert into t values (1, 'a', 10), (2, default, 20)"), "2");
  EXPECT_EQ(run("insert t (v, id) value (30, 3)"), "1");
  EXPECT_EQ(run("insert into d.t set id = 4, n = 'd'"), "1");
  EXPECT_EQ(run("insert into t with label l1 (id, v) select id + 10, v from t where id = 1"), "1");
  EXPECT_EQ(run("insert into t (id) (select 20)"), "1");
  EXPECT_EQ(rows(), "1|a|10\n2|none|20\n3|none|30\n4|d|NULL\n11|none|10\n20|none|NULL");
  EXPECT_NE(run("insert into t (id, n) values (30)").find("kernel: Binder Error"), std::string::npos);
  EXPECT_EQ(run("insert into t values (31, 'a', 1), (32)"), "1136: Column count doesn't match value count at row 2");
}

TEST_F(Changes, InsertOverExistingKeys) {
  EXPECT_EQ(run("insert into t values (1, 'a', 10)"), "1");
  EXPECT_EQ(run("insert ignore into t values (1, 'b', 11), (2, 'b', 12)"), "1");
  EXPECT_EQ(run("replace into t values (2, 'c', 13)"), "1");
  EXPECT_EQ(
      run("insert into t values (1, 'x', 5), (3, 'y', 6) on duplicate key update n = values(n), v = v + values(v)"),
      "2");
  EXPECT_EQ(run("insert into t values (3, 'z', 1) as new on duplicate key update v = t.v + new.v"), "1");
  EXPECT_EQ(rows(), "1|x|15\n2|c|13\n3|y|7");
}

TEST_F(Changes, UpdateAndDelete) {
  EXPECT_EQ(run("insert into t values (1, 'a', 10), (2, 'b', 20), (3, 'c', 30)"), "3");
  EXPECT_EQ(run("update t set v = v + 1, n = default where id in (1, 2)"), "2");
  EXPECT_EQ(run("update d.t x set x.v = 0 where x.id = 3"), "1");
  EXPECT_EQ(run("update t set v = s.m from (select 99 as m) s where id = 2"), "1");
  EXPECT_EQ(rows(), "1|none|11\n2|none|99\n3|c|0");
  EXPECT_EQ(run("delete from t as x where x.id = 1"), "1");
  EXPECT_EQ(run("delete from t using (select 2 k) s where t.id = s.k"), "1");
  EXPECT_EQ(rows(), "3|c|0");
  EXPECT_EQ(run("truncate table t"), "1");
  EXPECT_EQ(rows(), "");
  EXPECT_NE(error_of("delete from t where id = 1 limit 1"), "parsed");
  EXPECT_NE(error_of("update t, u set t.a = 1"), "parsed");
}

TEST_F(Changes, LoadData) {
  auto statement = parse(
      "load data local infile '/x.csv' replace into table d.t character set utf8mb4 fields terminated by ',' "
      "optionally enclosed by '\"' escaped by '' lines terminated by '\\r\\n' ignore 1 lines (a, @skip, b)",
      options_for_tests());
  ASSERT_TRUE(statement) << statement.error().message();
  const auto& load = std::get<LoadDataStatement>(statement->body);
  EXPECT_TRUE(load.local);
  EXPECT_EQ(load.filename, "/x.csv");
  EXPECT_EQ(load.table.database + "." + load.table.name, "d.t");
  EXPECT_EQ(load.fields_terminated_by, ",");
  EXPECT_EQ(load.enclosed_by, '"');
  EXPECT_FALSE(load.escaped_by);
  EXPECT_EQ(load.lines_terminated_by, "\r\n");
  EXPECT_EQ(load.ignore_lines, 1u);
  EXPECT_EQ(load.columns, (std::vector<std::string>{"a", "@skip", "b"}));
}

}  // namespace
}  // namespace sluice::dialect
