// SPDX-License-Identifier: Apache-2.0
#include "dialect/kernel_for_tests.h"

namespace sluice::dialect {
namespace {

class Definitions : public ::testing::Test {
 protected:
  std::string run(std::string_view sql) { return kernel_.run(sql); }
  std::string types_of(const std::string& table) {
    return KernelForTests::rows_of(
        *kernel_.native("SELECT string_agg(column_name || ' ' || data_type, ', ' ORDER BY column_index) "
                        "FROM duckdb_columns() WHERE table_name = '" +
                        table + "'"));
  }
  std::string constraints_of(const std::string& table) {
    return KernelForTests::rows_of(*kernel_.native(
        "SELECT string_agg(constraint_text, ', ' ORDER BY constraint_index) FROM duckdb_constraints() WHERE "
        "constraint_type <> 'NOT NULL' AND table_name = '" +
        table + "'"));
  }
  KernelForTests kernel_;
};

TEST_F(Definitions, MysqlTypes) {
  EXPECT_EQ(
      run("create table n (a tinyint(1), b smallint unsigned, c mediumint(8), d int(10) unsigned zerofill, e bigint, "
          "f bigint(20) unsigned, g decimal(10, 2), h numeric(5), i dec, j float, k double precision, l real, m "
          "float(53), "
          "n bit, o bool, p bit(8))"),
      "");
  EXPECT_EQ(types_of("n"),
            "a TINYINT, b USMALLINT, c INTEGER, d UINTEGER, e BIGINT, f UBIGINT, g DECIMAL(10,2), h DECIMAL(5,0), "
            "i DECIMAL(38,9), j FLOAT, k DOUBLE, l DOUBLE, m DOUBLE, n BOOLEAN, o BOOLEAN, p UBIGINT");
  EXPECT_EQ(
      run("create table s (a char(3) character set utf8mb4 collate utf8mb4_bin, b varchar(10), c text, d longtext, "
          "e binary(4), f varbinary(9), g blob, h json, i enum('a', 'b'), j set('x', 'y'), k national varchar(5))"),
      "");
  EXPECT_EQ(types_of("s"),
            "a VARCHAR, b VARCHAR, c VARCHAR, d VARCHAR, e BLOB, f BLOB, g BLOB, h JSON, i ENUM('a', 'b'), "
            "j VARCHAR, k VARCHAR");
  EXPECT_EQ(run("create table z (a date, b datetime(6), c timestamp, d time(3), e year(4))"), "");
  EXPECT_EQ(types_of("z"), "a DATE, b TIMESTAMP, c TIMESTAMP, d TIME, e SMALLINT");
}

TEST_F(Definitions, DorisTypes) {
  EXPECT_EQ(run("create table n (a largeint, b string, c array<int>, d map<string, array<bigint>>, "
                "e struct<x:int, y:array<array<string>>>, f decimalv3(9, 3), g datetimev2(3), h datev2, i varchar(*), "
                "j variant)"),
            "");
  EXPECT_EQ(types_of("n"),
            "a HUGEINT, b VARCHAR, c INTEGER[], d MAP(VARCHAR, BIGINT[]), e STRUCT(x INTEGER, y VARCHAR[][]), "
            "f DECIMAL(9,3), g TIMESTAMP, h DATE, i VARCHAR, j JSON");
}

TEST_F(Definitions, MysqlTable) {
  EXPECT_EQ(run("create table if not exists `o` (id bigint unsigned not null auto_increment comment 'the id', `na me` "
                "varchar(20) default 'x', "
                "created datetime not null default current_timestamp, n int default -1, primary key (id), unique key u "
                "(`na me`(10)), "
                "key k (n desc) using btree, fulltext key f (`na me`), constraint fk foreign key (n) references p (id) "
                "on delete cascade, "
                "check (n < 100)) engine=InnoDB auto_increment=7 default charset=utf8mb4 collate=utf8mb4_bin "
                "row_format=dynamic comment='c'"),
            "");
  EXPECT_EQ(constraints_of("o"), "CHECK(\"system\".doris.d_lt(n, 100)), PRIMARY KEY(id), UNIQUE(\"na me\")");
  EXPECT_EQ(run("insert into o (id) values (1)"), "1");
  EXPECT_EQ(run("select id, `na me`, n, created > '2020-01-01' from o"), "1|x|-1|true");
  EXPECT_NE(run("insert into o (id) values (1)").find("kernel: Constraint Error"), std::string::npos);
  EXPECT_EQ(run("create table if not exists o (a int)"), "");
}

TEST_F(Definitions, DorisTable) {
  EXPECT_EQ(run("create table dup (k1 date not null comment \"day\", k2 varchar(10) key, v bigint null default \"0\", "
                "index i (k2) using inverted properties(\"parser\" = \"english\") comment 'x') engine=olap duplicate "
                "key(k1, k2) comment \"t\" "
                "partition by range(k1) (partition p1 values less than (\"2020-01-01\"), partition p2 values "
                "[(\"2020-01-01\"), (\"2021-01-01\"))) "
                "distributed by hash(k1) buckets 10 rollup (r1 (k1, v)) properties (\"replication_num\" = \"1\")"),
            "");
  EXPECT_EQ(constraints_of("dup"), "NULL");
  EXPECT_EQ(run("create table uni (k1 int not null, k2 int not null, v int) unique key(k1, k2) "
                "distributed by hash(k1) buckets auto"),
            "");
  EXPECT_EQ(constraints_of("uni"), "PRIMARY KEY(k1, k2)");
  EXPECT_EQ(
      run("create table ap (d datetime, v int) duplicate key(d) auto partition by range (date_trunc(d, 'day')) () "
          "distributed by hash(d) buckets 1"),
      "");
  EXPECT_EQ(run("create table li (d varchar(4), v int) partition by list (d) (partition a values in ('x', 'y')) "
                "distributed by hash(v)"),
            "");
  EXPECT_EQ(run("create table agg (k int, v int sum) aggregate key(k) distributed by hash(k)"), "");
}

TEST_F(Definitions, CopiesOfTables) {
  EXPECT_EQ(run("create table a (x int, y varchar(3))"), "");
  EXPECT_EQ(run("insert into a values (1, 'p')"), "1");
  auto like = parse("create temporary table if not exists b like d.a", options_for_tests());
  ASSERT_TRUE(like && std::holds_alternative<CreateLikeStatement>(like->body));
  const auto& copy = std::get<CreateLikeStatement>(like->body);
  EXPECT_EQ(copy.table.name + "|" + copy.source.database + "|" + copy.source.name, "b|d|a");
  EXPECT_TRUE(copy.temporary && copy.if_not_exists);
  EXPECT_EQ(run("create table c as select * from a"), "1");
  EXPECT_EQ(run("create table e (m, n) engine = olap distributed by hash(m) buckets 1 properties('in_memory' = "
                "'false') as select "
                "x, y from a"),
            "");
  EXPECT_EQ(types_of("e"), "m INTEGER, n VARCHAR");
  EXPECT_EQ(run("create table f unique key (x) distributed by hash(x) as select * from a"), "1");
  EXPECT_EQ(constraints_of("f"), "NULL");
  EXPECT_EQ(run("create table g select 5 as five"), "1");
  EXPECT_EQ(run("create temporary table h (a int)"), "");
}

// What the session does with the clauses is tested in test/sql/alter_table.test.
TEST_F(Definitions, Alter) {
  using What = AlterTableStatement::What;
  const auto alter = [&](const char* sql) {
    auto statement = parse(sql, options_for_tests());
    if (!statement || !std::holds_alternative<AlterTableStatement>(statement->body)) {
      ADD_FAILURE() << sql << ": " << (statement ? "another statement" : statement.error().message());
      return AlterTableStatement{};
    }
    return std::move(std::get<AlterTableStatement>(statement->body));
  };
  auto columns = alter(
      "alter table d.a add column z int not null default 5 first, add (w int, v int), drop column y, "
      "rename column x to xx, change v `v v` varchar(3) default 'q' after w");
  EXPECT_EQ(columns.table.database + "." + columns.table.name, "d.a");
  ASSERT_EQ(columns.clauses.size(), 6U);
  EXPECT_TRUE(columns.clauses[0].column->first && columns.clauses[0].column->not_null);
  EXPECT_EQ(columns.clauses[2].what, What::kAddColumn);
  EXPECT_EQ(columns.clauses[2].name, "v");
  EXPECT_EQ(columns.clauses[3].what, What::kDropColumn);
  EXPECT_EQ(columns.clauses[4].name + columns.clauses[4].new_name, "xxx");
  EXPECT_EQ(columns.clauses[5].name + "|" + columns.clauses[5].column->definition.Name() + "|" +
                columns.clauses[5].column->after,
            "v|v v|w");
  auto names = alter("alter table a rename to b");
  EXPECT_EQ(names.clauses[0].other.name, "b");
  EXPECT_FALSE(alter("alter table a replace with table b properties('swap' = 'false')").clauses[0].swap);
  auto rollups = alter("alter table a add rollup r (x, y) from a properties('k' = 'v'), s (y)");
  ASSERT_EQ(rollups.clauses.size(), 2U);
  EXPECT_EQ(rollups.clauses[1].name + rollups.clauses[1].columns[0], "sy");
  auto index = alter("create index if not exists i on d.a (x) using inverted properties('p' = 'q') comment 'c'");
  EXPECT_EQ(index.clauses[0].text + index.clauses[0].new_name + index.table.name, "INVERTEDca");
  EXPECT_TRUE(index.clauses[0].if_not_exists);
  EXPECT_EQ(alter("drop index i on a").clauses[0].what, What::kDropIndex);
  EXPECT_EQ(alter("alter table a modify column x set stats ('ndv' = '1')").clauses[0].what, What::kColumnStats);
  EXPECT_EQ(alter("alter table a add constraint f foreign key (x) references b (y)").clauses[0].other_columns[0], "y");
  EXPECT_TRUE(alter("cancel alter table column from d.a").cancel);
  EXPECT_NE(error_of("alter table e"), "parsed");
  EXPECT_NE(error_of("alter table e add column"), "parsed");
  EXPECT_NE(error_of("alter table e modify column x int after"), "parsed");
}

TEST_F(Definitions, MaterializedViews) {
  using What = MaterializedViewStatement::What;
  const auto view = [&](const char* sql) {
    auto statement = parse(sql, options_for_tests());
    if (!statement || !std::holds_alternative<MaterializedViewStatement>(statement->body)) {
      ADD_FAILURE() << sql << ": " << (statement ? "another statement" : statement.error().message());
      return MaterializedViewStatement{};
    }
    return std::move(std::get<MaterializedViewStatement>(statement->body));
  };
  auto kept = view("create materialized view m as select k, sum(v) from d.t where v > 1 group by k");
  EXPECT_EQ(kept.what, What::kCreateSync);
  EXPECT_EQ(kept.table->name, "t");
  auto own = view(
      "create materialized view if not exists d.m (a comment 'x', b) build deferred refresh complete on "
      "schedule every 2 hour starts '2030-01-01 00:00:00' duplicate key (a) comment 'c' partition by (a) "
      "distributed by hash(a) buckets 2 properties ('p' = 'q') as select k, v from t join u on t.k = u.k");
  EXPECT_EQ(own.what, What::kCreateAsync);
  EXPECT_EQ(own.trigger, "ON SCHEDULE EVERY 2 HOUR STARTS \"2030-01-01 00:00:00\"");
  EXPECT_EQ(own.build + own.refresh + own.partition + own.keys, "DEFERREDCOMPLETEaDUPLICATE KEY (a)");
  ASSERT_EQ(own.sources.size(), 2U);
  EXPECT_EQ(own.sources[1].name, "u");
  EXPECT_EQ(view("refresh materialized view m partitions (p1, p2)").partitions.size(), 2U);
  EXPECT_EQ(view("drop materialized view if exists m on t").table->name, "t");
  EXPECT_EQ(view("alter materialized view m replace with materialized view n").other.name, "n");
  EXPECT_EQ(view("pause materialized view job on m").what, What::kPause);
  EXPECT_EQ(view("cancel materialized view task 5 on m").task, 5U);
  EXPECT_NE(error_of("create materialized view m as select * from t"), "parsed");
  EXPECT_NE(error_of("create materialized view m as select k from t limit 1"), "parsed");
  EXPECT_NE(error_of("create materialized view m build now as select k from t"), "parsed");
}

TEST_F(Definitions, ViewsIndexesDatabases) {
  EXPECT_EQ(run("create database if not exists shop default character set utf8mb4 collate utf8mb4_bin"), "");
  EXPECT_EQ(run("create schema other properties ('a' = 'b')"), "");
  EXPECT_EQ(run("create table shop.t (a int)"), "");
  EXPECT_EQ(run("create unique index i on shop.t (a)"), "");
  EXPECT_EQ(run("create index j on shop.t (a) using inverted comment 'x'"), "not for the kernel");
  EXPECT_EQ(run("create or replace algorithm = merge definer = `r`@`%` sql security definer view shop.v (n comment "
                "'c') comment 'x' as select count(*) from shop.t"),
            "");
  EXPECT_EQ(run("select n from shop.v"), "0");
  EXPECT_EQ(run("create view shop.w as select count(*), 1 + 1 from shop.t"), "");
  EXPECT_EQ(kernel_.columns("select * from shop.w"), "count(*)|1 + 1");
  EXPECT_EQ(run("drop view if exists shop.v, shop.w"), "");
  EXPECT_EQ(run("drop table if exists shop.t, shop.nothing cascade"), "");
  EXPECT_EQ(run("create table shop.t (a int)"), "");
  EXPECT_EQ(run("drop database shop"), "") << "with its tables";
  EXPECT_NE(run("drop database shop"), "");
  EXPECT_EQ(run("drop schema if exists shop force"), "");
}

TEST_F(Definitions, AreSchemaChanges) {
  for (const char* sql : {"create table x (a int)", "drop table x", "create view v as select 1", "create database y",
                          "truncate table x"}) {
    auto statement = parse(sql, options_for_tests());
    ASSERT_TRUE(statement) << sql;
    EXPECT_EQ(std::get<KernelStatement>(statement->body).effect, KernelStatement::Effect::kSchema) << sql;
  }
}

}  // namespace
}  // namespace sluice::dialect
