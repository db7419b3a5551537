// SPDX-License-Identifier: Apache-2.0
// Statements that the server answers itself: SHOW, DESC, SET, USE, KILL, transactions, accounts; and what clients send
// when they connect.
#include "dialect/kernel_for_tests.h"

namespace sluice::dialect {
namespace {

template <typename Body>
Body body_of(std::string_view sql) {
  auto statement = parse(sql, options_for_tests());
  EXPECT_TRUE(statement) << sql << "\n" << statement.error().message();
  if (!statement || !std::holds_alternative<Body>(statement->body)) {
    ADD_FAILURE() << sql;
    return {};
  }
  return std::move(std::get<Body>(statement->body));
}

using What = ShowStatement::What;

TEST(Show, Kinds) {
  struct Case {
    const char* sql;
    What what;
  };
  for (const Case& each : std::initializer_list<Case>{
           {"show databases", What::kDatabases},
           {"show schemas like '%'", What::kDatabases},
           {"show tables", What::kTables},
           {"show full tables from `d` like 'x'", What::kTables},
           {"show table status in d", What::kTableStatus},
           {"show columns from t", What::kColumns},
           {"show full fields in t in d", What::kColumns},
           {"show index from t", What::kIndex},
           {"show keys from d.t where Key_name = 'x'", What::kIndex},
           {"show create table `d`.`t`", What::kCreateTable},
           {"show create view v", What::kCreateView},
           {"show create database d", What::kCreateDatabase},
           {"show variables", What::kVariables},
           {"show session status like 'x'", What::kStatus},
           {"show engines", What::kEngines},
           {"show storage engines", What::kEngines},
           {"show charset", What::kCharset},
           {"show character set", What::kCharset},
           {"show collation where Charset = 'utf8mb4' and Collation = 'utf8mb4_bin'", What::kCollation},
           {"show warnings limit 5", What::kWarnings},
           {"show errors", What::kErrors},
           {"show count(*) warnings", What::kCountWarnings},
           {"show plugins", What::kPlugins},
           {"show privileges", What::kPrivileges},
           {"show grants", What::kGrants},
           {"show grants for current_user()", What::kGrants},
           {"show full processlist", What::kProcesslist},
           {"show triggers from d", What::kTriggers},
           {"show events", What::kEvents},
           {"show procedure status", What::kProcedureStatus},
           {"show function status where Db = 'd'", What::kFunctionStatus},
           {"show open tables", What::kOpenTables},
           {"show master status", What::kMasterStatus},
           {"show catalogs", What::kCatalogs},
           {"show backends", What::kFamily}}) {
    EXPECT_EQ(body_of<ShowStatement>(each.sql).what, each.what) << each.sql;
  }
}

TEST(Show, Parts) {
  auto columns = body_of<ShowStatement>("show full columns from `t` from `d` like 'a%'");
  EXPECT_TRUE(columns.full);
  EXPECT_EQ(columns.object.name, "t");
  EXPECT_EQ(columns.object.database, "d");
  EXPECT_EQ(columns.like, "a%");
  auto variables = body_of<ShowStatement>("show global variables where Variable_name in ('a', 'b')");
  EXPECT_EQ(variables.scope, VariableScope::kGlobal);
  EXPECT_EQ(variables.where->ToString(), "\"system\".doris.d_in(Variable_name, 'a', 'b')");
  auto describe = body_of<ShowStatement>("desc internal.d.t");
  EXPECT_TRUE(describe.describe);
  EXPECT_EQ(describe.object.catalog + "." + describe.object.database + "." + describe.object.name, "internal.d.t");
  EXPECT_EQ(body_of<ShowStatement>("explain t").what, What::kColumns);
  EXPECT_EQ(body_of<ShowStatement>("show warnings limit 0, 5").limit, 5u);
  EXPECT_EQ(body_of<ShowStatement>("show tablets from t").family, "TABLETS");
}

// "scope name=value" of each assignment.
std::string assignments_of(std::string_view sql) {
  std::string result;
  auto set = body_of<SetStatement>(sql);
  for (const auto& each : set.assignments) {
    if (!result.empty()) result += ", ";
    result += each.scope == VariableScope::kGlobal ? "global " : each.scope == VariableScope::kUser ? "@" : "";
    result += each.name + "=" + (each.value ? each.value->ToString() : "DEFAULT");
  }
  return result;
}

TEST(Set, Forms) {
  EXPECT_EQ(assignments_of("set a = 1, B = 'x'"), "a=1, b='x'");
  EXPECT_EQ(assignments_of("set autocommit = ON"), "autocommit='ON'");
  EXPECT_EQ(assignments_of("set sql_mode = default"), "sql_mode=DEFAULT");
  EXPECT_EQ(assignments_of("set global x = 1, y = 2"), "global x=1, global y=2");
  EXPECT_EQ(assignments_of("set @@x = 1, @@global.y := 2, @@session.z = 3, local w = 4"), "x=1, global y=2, z=3, w=4");
  EXPECT_EQ(assignments_of("set @a = 1 + 2, @`b` := 'x'"), "@a=\"system\".doris.d_add(1, 2), @b='x'");
  EXPECT_EQ(assignments_of("set x = -1, y = null, z = true"), "x=-1, y=NULL, z=true");
  EXPECT_EQ(assignments_of("SET SESSION sql_mode=concat(@@sql_mode,',STRICT_TRANS_TABLES')"),
            "sql_mode=\"system\".doris.d_concat('sql_mode', ',STRICT_TRANS_TABLES')");
  EXPECT_EQ(assignments_of("set names utf8mb4"),
            "character_set_client='utf8mb4', character_set_connection='utf8mb4', character_set_results='utf8mb4'");
  EXPECT_EQ(assignments_of("SET NAMES 'utf8mb4' COLLATE 'utf8mb4_0900_ai_ci', autocommit=0"),
            "character_set_client='utf8mb4', character_set_connection='utf8mb4', character_set_results='utf8mb4', "
            "collation_connection='utf8mb4_0900_ai_ci', autocommit=0");
  EXPECT_EQ(assignments_of("set character set default"),
            "character_set_client=DEFAULT, character_set_connection=DEFAULT, character_set_results=DEFAULT");
  EXPECT_EQ(assignments_of("set session transaction isolation level repeatable read, read only"),
            "transaction_isolation='REPEATABLE-READ', transaction_read_only=1");
  EXPECT_EQ(assignments_of("set transaction read write"), "transaction_read_only=0");
}

TEST(Statements, UseKillTransactions) {
  EXPECT_EQ(body_of<UseStatement>("use `d`").database, "d");
  EXPECT_EQ(body_of<UseStatement>("use c.d").catalog, "c");
  EXPECT_EQ(body_of<UseStatement>("switch internal").catalog, "internal");
  EXPECT_TRUE(body_of<KillStatement>("kill query 12").query_only);
  EXPECT_EQ(body_of<KillStatement>("kill connection 13").connection_id, 13u);
  EXPECT_EQ(body_of<KillStatement>("kill '14'").connection_id, 14u);
  using Transaction = TransactionStatement::What;
  EXPECT_EQ(body_of<TransactionStatement>("begin").what, Transaction::kBegin);
  EXPECT_EQ(body_of<TransactionStatement>("start transaction with consistent snapshot, read only").what,
            Transaction::kBegin);
  EXPECT_EQ(body_of<TransactionStatement>("begin").read_only, std::nullopt);
  EXPECT_EQ(body_of<TransactionStatement>("start transaction read only").read_only, true);
  EXPECT_EQ(body_of<TransactionStatement>("start transaction read write").read_only, false);
  EXPECT_EQ(body_of<TransactionStatement>("commit work").what, Transaction::kCommit);
  EXPECT_EQ(body_of<TransactionStatement>("rollback;").what, Transaction::kRollback);
  EXPECT_FALSE(body_of<TransactionStatement>("commit and no chain").chain);
  EXPECT_TRUE(body_of<TransactionStatement>("rollback work and chain no release").chain);
  using Savepoint = SavepointStatement::What;
  EXPECT_EQ(body_of<SavepointStatement>("savepoint `a b`").name, "a b");
  EXPECT_EQ(body_of<SavepointStatement>("rollback to a").what, Savepoint::kRollback);
  EXPECT_EQ(body_of<SavepointStatement>("rollback work to savepoint a").what, Savepoint::kRollback);
  EXPECT_EQ(body_of<SavepointStatement>("release savepoint a").what, Savepoint::kRelease);
  for (const char* sql :
       {"lock tables t read, u write", "unlock tables", "flush privileges", "sync", "analyze table t with sync"}) {
    body_of<NoOpStatement>(sql);
  }
}

TEST(Statements, TextPrepare) {
  using Prepared = PreparedTextStatement::What;
  EXPECT_EQ(body_of<PreparedTextStatement>("prepare s from 'select ''x'', ?'").sql, "select 'x', ?");
  EXPECT_EQ(body_of<PreparedTextStatement>("prepare s from @seven").sql, "7");
  EXPECT_EQ(body_of<PreparedTextStatement>("execute s").variables.size(), 0u);
  EXPECT_EQ(body_of<PreparedTextStatement>("execute s using @a, @`b c`").variables,
            (std::vector<std::string>{"a", "b c"}));
  EXPECT_EQ(body_of<PreparedTextStatement>("deallocate prepare s").what, Prepared::kDeallocate);
  EXPECT_EQ(body_of<PreparedTextStatement>("drop prepare s").what, Prepared::kDeallocate);
  EXPECT_NE(error_of("execute s using 1"), "parsed");
  EXPECT_NE(error_of("prepare s"), "parsed");
}

TEST(Accounts, Forms) {
  auto create = body_of<AccountStatement>(
      "create user if not exists 'a'@'10.%' identified by 'p', b@localhost, `c` identified "
      "with mysql_native_password as '*94BDCEBE19083CE2A1F959FD02F964C7AF4CFC29'");
  EXPECT_TRUE(create.if_not_exists);
  ASSERT_EQ(create.entries.size(), 3u);
  EXPECT_EQ(create.entries[0].account->user + "@" + create.entries[0].account->host, "a@10.%");
  EXPECT_EQ(create.entries[0].password, "p");
  EXPECT_EQ(create.entries[1].account->host, "localhost");
  EXPECT_EQ(create.entries[2].account->host, "%");
  EXPECT_EQ(create.entries[2].plugin, "mysql_native_password");
  EXPECT_EQ(create.entries[2].hash, "*94BDCEBE19083CE2A1F959FD02F964C7AF4CFC29");
  auto alter = body_of<AccountStatement>("alter user root@'%' identified with caching_sha2_password by 'x'");
  EXPECT_EQ(alter.what, AccountStatement::What::kAlter);
  EXPECT_EQ(alter.entries[0].plugin, "caching_sha2_password");
  EXPECT_EQ(alter.entries[0].password, "x");
  EXPECT_TRUE(body_of<AccountStatement>("drop user if exists a, b@'%'").if_exists);
  auto own = body_of<AccountStatement>("set password = password('new')");
  EXPECT_FALSE(own.entries[0].account);
  EXPECT_EQ(own.entries[0].password, "new");
  auto other = body_of<AccountStatement>("set password for 'a'@'%' = '*94BDCEBE19083CE2A1F959FD02F964C7AF4CFC29'");
  EXPECT_EQ(other.entries[0].account->user, "a");
  EXPECT_TRUE(other.entries[0].hash);
}

TEST(Clients, SendTheseOnConnect) {
  for (const char* sql : {
           // mysql and mariadb
           "select @@version_comment limit 1",
           "SELECT DATABASE()",
           "show databases",
           "show tables",
           "select USER()",
           "select @@character_set_client, @@character_set_connection, @@character_set_server, "
           "@@character_set_database limit 1",
           // Connector/J
           "/* mysql-connector-j-8.0.33 (Revision: x) */SELECT  @@session.auto_increment_increment AS "
           "auto_increment_increment, "
           "@@character_set_client AS character_set_client, @@collation_server AS collation_server, @@init_connect AS "
           "init_connect, "
           "@@interactive_timeout AS interactive_timeout, @@license AS license, @@lower_case_table_names AS "
           "lower_case_table_names, "
           "@@max_allowed_packet AS max_allowed_packet, @@net_write_timeout AS net_write_timeout, @@performance_schema "
           "AS performance_schema, "
           "@@query_cache_size AS query_cache_size, @@sql_mode AS sql_mode, @@system_time_zone AS system_time_zone, "
           "@@time_zone AS time_zone, "
           "@@transaction_isolation AS transaction_isolation, @@wait_timeout AS wait_timeout",
           "SET character_set_results = NULL",
           "SET autocommit=1",
           "SET sql_mode='STRICT_TRANS_TABLES'",
           "SET SESSION TRANSACTION READ ONLY",
           "SELECT @@session.transaction_read_only",
           "SHOW WARNINGS",
           "SHOW FULL TABLES FROM `d` LIKE '%'",
           "SHOW FULL COLUMNS FROM `t` FROM `d` LIKE '%'",
           "SHOW KEYS FROM `t` FROM `d`",
           "SHOW CREATE TABLE `d`.`t`",
           "/* ping */ SELECT 1",
           "KILL QUERY 7",
           "SELECT TABLE_SCHEMA AS TABLE_CAT, NULL AS TABLE_SCHEM, TABLE_NAME, CASE WHEN TABLE_TYPE='BASE TABLE' THEN "
           "CASE WHEN "
           "TABLE_SCHEMA = 'mysql' OR TABLE_SCHEMA = 'performance_schema' THEN 'SYSTEM TABLE' ELSE 'TABLE' END WHEN "
           "TABLE_TYPE='TEMPORARY' "
           "THEN 'LOCAL_TEMPORARY' ELSE TABLE_TYPE END AS TABLE_TYPE, TABLE_COMMENT AS REMARKS, NULL AS TYPE_CAT FROM "
           "INFORMATION_SCHEMA.TABLES HAVING TABLE_TYPE IN ('TABLE',null,null) ORDER BY TABLE_TYPE, TABLE_SCHEMA, "
           "TABLE_NAME",
           // MariaDB JDBC and Metabase
           "set autocommit=1, sql_mode=concat(@@sql_mode,',STRICT_TRANS_TABLES')",
           "SELECT @@max_allowed_packet,@@system_time_zone,@@time_zone,@@auto_increment_increment,@@tx_isolation",
           "SELECT @@GLOBAL.time_zone AS global_tz, @@system_time_zone AS system_tz, time_format(timediff(now(), "
           "convert_tz(now(), "
           "@@GLOBAL.time_zone, '+00:00')), '%H:%i') AS 'offset'",
           "SELECT STR_TO_DATE(CONCAT(DATE_FORMAT(x, '%Y-%m'), '-01'), '%Y-%m-%d') FROM t",
           "SELECT STR_TO_DATE(CONCAT(YEARWEEK(x), ' Sunday'), '%X%V %W') FROM t",
           // PyMySQL, mysql-connector-python
           "SET NAMES utf8mb4",
           "SET AUTOCOMMIT = 0",
           "SET NAMES 'utf8mb4' COLLATE 'utf8mb4_0900_ai_ci'",
           "SET @@session.autocommit = OFF",
           "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
           // SQLAlchemy and Superset
           "SELECT VERSION()",
           "SELECT @@sql_mode",
           "SHOW VARIABLES LIKE 'sql_mode'",
           "SHOW VARIABLES LIKE 'lower_case_table_names'",
           "show collation where `Charset` = 'utf8mb4' and `Collation` = 'utf8mb4_bin'",
           "SELECT CAST('test plain returns' AS CHAR(60)) AS anon_1",
           "SELECT CAST('test unicode returns' AS CHAR(60)) AS anon_1",
           "SELECT CAST('test collated returns' AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_bin AS anon_1",
           "SELECT 'x' AS `some_label`",
           "SHOW FULL TABLES FROM `d`",
           "DESCRIBE `d`.`t`",
           "ROLLBACK",
           "COMMIT",
           "SELECT DATE_SUB(x, INTERVAL DAYOFMONTH(x) - 1 DAY), MAKEDATE(YEAR(x), 1) + INTERVAL QUARTER(x) QUARTER - "
           "INTERVAL 1 QUARTER, "
           "DATE(DATE_SUB(x, INTERVAL WEEKDAY(x) DAY)), DATE_ADD(DATE(x), INTERVAL HOUR(x) HOUR) FROM t",
           // DBeaver
           "SET SESSION TRANSACTION READ WRITE",
           "SHOW ENGINES",
           "SHOW CHARSET",
           "SHOW COLLATION",
           "SHOW PLUGINS",
           "SHOW PRIVILEGES",
           "SHOW GLOBAL STATUS",
           "SHOW GLOBAL VARIABLES",
           "SELECT * FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA = 'information_schema' AND t.TABLE_NAME = "
           "'CHECK_CONSTRAINTS'",
           "SELECT * FROM information_schema.STATISTICS WHERE TABLE_SCHEMA='d' ORDER BY "
           "TABLE_NAME,INDEX_NAME,SEQ_IN_INDEX",
           "SHOW TABLE STATUS FROM `d`",
           "SHOW FULL PROCESSLIST",
           "select * from d.t LIMIT 0, 200",
           // Grafana and go-sql-driver
           "SELECT @@max_allowed_packet",
           "SELECT UNIX_TIMESTAMP(x) DIV 60 * 60 AS `time`, avg(y) FROM t WHERE x BETWEEN FROM_UNIXTIME(1) AND "
           "FROM_UNIXTIME(2) GROUP BY 1 ORDER BY 1",
           "SELECT quote(table_name) FROM information_schema.tables WHERE table_schema = database()",
           // ODBC, Connector/NET, MySqlConnector, mysql2
           "SET SQL_AUTO_IS_NULL=0",
           "SELECT @@tx_isolation",
           "SHOW KEYS FROM `t`",
           "select * from t limit 0",
           "SHOW VARIABLES",
           "SELECT CONNECTION_ID(), VERSION()",
           "SET @@SESSION.sql_mode = 'ANSI_QUOTES'",
           "SET time_zone = '+00:00'",
           "SELECT 1 + ? AS two",
           "SELECT `a`.`b` FROM `d`.`t` AS `a` WHERE (`a`.`b` = ?) AND (`a`.`c` IN (?, ?)) LIMIT ?",
           "SET @@SESSION.NET_READ_TIMEOUT=600, SESSION wait_timeout = 28800",
       }) {
    auto statement = parse(sql, options_for_tests());
    EXPECT_TRUE(statement) << sql << "\n" << statement.error().message();
  }
}

}  // namespace
}  // namespace sluice::dialect
