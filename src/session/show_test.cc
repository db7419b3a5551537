// SPDX-License-Identifier: Apache-2.0
// SHOW, DESC and information_schema, as the text that clients send, through a whole session.
#include "session/show.h"

#include <gtest/gtest.h>

#include "session/access_accounts.h"
#include "session/show_rows.h"

namespace sluice::session {
namespace {

class ShowTest : public ::testing::Test {
 protected:
  ShowTest()
      : host_(*kernel::Host::open({})),
        workers_({.min_threads = 1, .max_threads = 2}),
        access_(*StoredAccess::open(make_memory_account_store())),
        services_(*host_, workers_, *access_, audit_, {}, {}) {
    services_.doris_errors = false;
    session_ = std::make_unique<Session>(services_, services_.next_connection_id(),
                                         ClientIdentity{"root", "127.0.0.1", "'root'@'%'", "mysql", "test"});
    for (const char* sql :
         {"CREATE DATABASE shop", "USE shop",
          "CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, item VARCHAR(20) NOT NULL DEFAULT 'it''s' COMMENT 'what', "
          "n BIGINT DEFAULT 0, price DECIMAL(15,2), made DATETIME DEFAULT CURRENT_TIMESTAMP, tags ARRAY<STRING>, "
          "UNIQUE KEY (item, n)) COMMENT 'all orders'",
          "CREATE INDEX by_price ON orders (price)", "CREATE TABLE customers (id INT, name TEXT)",
          "CREATE VIEW cheap (k, p) AS SELECT id, price FROM orders WHERE item LIKE 'a%'",
          "INSERT INTO orders (id, item) VALUES (1, 'a'), (2, 'b')"}) {
      EXPECT_EQ(run(sql), "") << sql;
    }
  }

  // Rows as text, cells joined by '|', rows by newlines; "ERROR n: message" instead.
  std::string run(std::string_view sql, bool with_header = false) {
    auto outcome = session_->execute(sql);
    if (!outcome) return "ERROR " + std::to_string(outcome.error().native_code()) + ": " + outcome.error().message();
    std::string text;
    auto add_row = [&](const std::vector<std::string>& cells) {
      if (!text.empty()) text += '\n';
      for (size_t i = 0; i < cells.size(); ++i) text += (i > 0 ? "|" : "") + cells[i];
    };
    auto add_header = [&](const std::vector<Column>& columns) {
      std::vector<std::string> names;
      for (const auto& column : columns) names.push_back(column.name);
      if (with_header) add_row(names);
    };
    auto cell = [](const duckdb::Value& value) { return value.IsNull() ? std::string("NULL") : value.ToString(); };
    if (auto* table = std::get_if<Table>(&*outcome)) {
      add_header(table->columns);
      for (const auto& row : table->rows) {
        EXPECT_EQ(row.size(), table->columns.size()) << sql;
        std::vector<std::string> cells;
        for (const auto& value : row) cells.push_back(cell(value));
        add_row(cells);
      }
    } else if (auto* stream = std::get_if<std::unique_ptr<RowStream>>(&*outcome)) {
      add_header((*stream)->columns());
      for (;;) {
        auto chunk = (*stream)->next();
        if (!chunk) return "ERROR " + std::to_string(chunk.error().native_code()) + ": " + chunk.error().message();
        if (!*chunk) break;
        for (size_t row = 0; row < (*chunk)->size(); ++row) {
          std::vector<std::string> cells;
          for (size_t column = 0; column < (*chunk)->ColumnCount(); ++column)
            cells.push_back(cell((*chunk)->GetValue(column, row)));
          add_row(cells);
        }
      }
    }
    return text;
  }

  std::unique_ptr<kernel::Host> host_;
  WorkerPool workers_;
  std::unique_ptr<StoredAccess> access_;
  Audit audit_;
  Services services_;
  std::unique_ptr<Session> session_;
};

TEST_F(ShowTest, Databases) {
  EXPECT_EQ(run("SHOW DATABASES", true), "Database\ninformation_schema\nmysql\nshop");
  EXPECT_EQ(run("SHOW SCHEMAS LIKE 'sh%'"), "shop");
  EXPECT_EQ(run("SHOW DATABASES WHERE `Database` = 'shop'"), "shop");
  EXPECT_EQ(run("SHOW DATABASES LIMIT 1"), "information_schema");
}

TEST_F(ShowTest, Tables) {
  EXPECT_EQ(run("SHOW TABLES", true), "Tables_in_shop\ncheap\ncustomers\norders");
  EXPECT_EQ(run("SHOW FULL TABLES FROM `shop` LIKE 'c%'", true),
            "Tables_in_shop|Table_type|Storage_format|Inverted_index_storage_format\ncheap|VIEW|NONE|NONE\ncustomers|"
            "BASE TABLE|NONE|NONE");
  EXPECT_EQ(run("SHOW FULL TABLES WHERE Table_type = 'base table' AND Tables_in_shop LIKE '%RDER%'"),
            "orders|BASE TABLE|NONE|NONE");
  EXPECT_EQ(run("SHOW TABLES FROM nowhere"), "ERROR 1049: Unknown database 'nowhere'");
  EXPECT_EQ(run("SHOW TABLES WHERE nothing = 1").substr(0, 10), "ERROR 1054");
  EXPECT_EQ(run("SHOW TABLES FROM mysql"), "columns_priv\ndb\nprocs_priv\ntables_priv\nuser");
  EXPECT_EQ(run("SHOW TABLE STATUS LIKE 'o%'").substr(0, 23), "orders|OLAP|10|NULL|2|N");
  EXPECT_EQ(run("SHOW TABLES FROM information_schema LIKE 'TABLES'"), "TABLES");
}

TEST_F(ShowTest, NoDatabase) {
  Session other(services_, services_.next_connection_id(),
                ClientIdentity{"root", "127.0.0.1", "'root'@'%'", "mysql", ""});
  auto outcome = other.execute("SHOW TABLES");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().native_code(), 1046);
}

TEST_F(ShowTest, Columns) {
  EXPECT_EQ(run("DESC orders", true),
            "Field|Type|Null|Key|Default|Extra\nid|int|No|true|NULL|\nitem|varchar(20)|No|false|it's|NONE\nn|bigint|"
            "Yes|false|"
            "0|NONE\n"
            "price|decimal(15,2)|Yes|false|NULL|NONE\nmade|datetime|Yes|false|CURRENT_TIMESTAMP|NONE\ntags|array<text>|"
            "Yes|false|NULL|NONE");
  EXPECT_EQ(run("SHOW COLUMNS FROM orders LIKE 'i%'", true),
            "Field|Type|Null|Key|Default|Extra\nid|int|NO|PRI|NULL|\nitem|varchar(20)|NO|MUL|it's|");
  EXPECT_EQ(run("SHOW FULL COLUMNS FROM `orders` FROM `shop` WHERE Field = 'ITEM'", true),
            "Field|Type|Collation|Null|Key|Default|Extra|Privileges|Comment\n"
            "item|varchar(20)|utf8mb4_0900_bin|NO|MUL|it's||select,insert,update,references|what");
  EXPECT_EQ(run("DESCRIBE `shop`.`cheap`"), "k|int|Yes|false|NULL|\np|decimal(15,2)|Yes|false|NULL|");
  EXPECT_EQ(run("DESC nothing"), "ERROR 1146: Table 'shop.nothing' doesn't exist");
  EXPECT_EQ(run("DESC information_schema.schemata").substr(0, 17), "CATALOG_NAME|varc");
}

TEST_F(ShowTest, Index) {
  EXPECT_EQ(run("SHOW INDEX FROM orders"),
            "orders|0|PRIMARY|1|id|A|2|NULL|NULL||BTREE||\norders|0|item|1|item|A|NULL|NULL|NULL||BTREE||\n"
            "orders|0|item|2|n|A|NULL|NULL|NULL|YES|BTREE||\norders|1|by_price|1|price|A|NULL|NULL|NULL|NULL|BTREE||");
  EXPECT_EQ(run("SHOW KEYS FROM orders WHERE Key_name = 'PRIMARY'"), "orders|0|PRIMARY|1|id|A|2|NULL|NULL||BTREE||");
}

TEST_F(ShowTest, CreateTable) {
  const std::string expected =
      "orders|CREATE TABLE `orders` (\n  `id` int NOT NULL,\n  `item` varchar(20) NOT NULL DEFAULT 'it''s' COMMENT "
      "'what',\n"
      "  `n` bigint DEFAULT '0',\n  `price` decimal(15,2) DEFAULT NULL,\n  `made` datetime DEFAULT CURRENT_TIMESTAMP,\n"
      "  `tags` array<text> DEFAULT NULL,\n  PRIMARY KEY (`id`),\n  UNIQUE KEY `item` (`item`,`n`),\n  INDEX "
      "`by_price` "
      "(`price`) USING BTREE\n"
      ") ENGINE=OLAP COMMENT='all orders'";
  EXPECT_EQ(run("SHOW CREATE TABLE orders"), expected);
  // The text makes the same table again.
  const std::string statement = expected.substr(expected.find('|') + 1);
  EXPECT_EQ(run("DROP VIEW cheap"), "");
  EXPECT_EQ(run("DROP INDEX by_price ON orders"), "");
  EXPECT_EQ(run("DROP TABLE orders"), "");
  EXPECT_EQ(run(statement), "");
  EXPECT_EQ(run("SHOW CREATE TABLE orders"), "orders|" + statement);
  EXPECT_EQ(run("INSERT INTO orders (id) VALUES (7)"), "");
  EXPECT_EQ(run("SELECT item, n, made IS NULL FROM orders"), "it's|0|false");
}

TEST_F(ShowTest, CreateViewAndDatabase) {
  EXPECT_EQ(
      run("SHOW CREATE VIEW cheap", true),
      "View|Create View|character_set_client|collation_connection\n"
      "cheap|CREATE VIEW `cheap` AS SELECT `internal`.`shop`.`orders`.`id` AS `k`, `internal`.`shop`.`orders`.`price`"
      " AS `p` FROM `internal`.`shop`.`orders` WHERE `internal`.`shop`.`orders`.`item` LIKE 'a%';"
      "|utf8mb4|utf8mb4_0900_bin");
  EXPECT_EQ(run("SHOW CREATE VIEW orders"), "ERROR 1347: 'shop.orders' is not VIEW");
  EXPECT_EQ(run("SHOW CREATE DATABASE shop", true), "Database|Create Database\nshop|CREATE DATABASE `shop`");
}

TEST_F(ShowTest, TemporaryTablesHideOthers) {
  EXPECT_EQ(run("CREATE TEMPORARY TABLE customers (only_here INT)"), "");
  EXPECT_EQ(run("DESC customers"), "only_here|int|Yes|false|NULL|NONE");
}

TEST_F(ShowTest, TlsOfTheConnection) {
  EXPECT_EQ(run("SHOW STATUS LIKE 'ssl\\_%'"), "Ssl_cipher|\nSsl_version|");
  ClientIdentity client{"root", "127.0.0.1", "'root'@'%'", "mysql", "test", "TLSv1.3", "TLS_AES_256_GCM_SHA384"};
  session_ = std::make_unique<Session>(services_, services_.next_connection_id(), client);
  EXPECT_EQ(run("SHOW SESSION STATUS LIKE 'Ssl_cipher'"), "Ssl_cipher|TLS_AES_256_GCM_SHA384");
  EXPECT_EQ(run("SHOW STATUS WHERE Variable_name = 'Ssl_version'"), "Ssl_version|TLSv1.3");
}

TEST_F(ShowTest, Server) {
  EXPECT_EQ(run("SHOW VARIABLES LIKE 'lower\\_case\\_table\\_%'", true).substr(0, 41),
            "Variable_name|Value|Default_Value|Changed");
  EXPECT_NE(
      run("SHOW SESSION VARIABLES WHERE Variable_name = 'sql_mode' OR Variable_name = 'time_zone'").find("time_zone|"),
      std::string::npos);
  EXPECT_NE(run("SHOW GLOBAL VARIABLES"), "");
  EXPECT_EQ(run("SHOW STATUS LIKE 'threads_conn%'"), "Threads_connected|1");
  EXPECT_EQ(run("show collation where Charset='utf8mb4' and Collation='utf8mb4_bin'"), "utf8mb4_bin|utf8mb4|46||Yes|1");
  EXPECT_EQ(run("SHOW CHARSET LIKE 'utf8mb4'"), "utf8mb4|UTF-8 Unicode|utf8mb4_0900_bin|4");
  EXPECT_EQ(run("SHOW ENGINES").substr(0, 12), "OLAP|DEFAULT");
  EXPECT_EQ(run("SHOW GRANTS"),
            "'root'@'%'||No|operator|Node_priv,Admin_priv|NULL|internal.information_schema: Select_priv; "
            "internal.mysql: Select_priv|NULL|NULL|NULL|NULL|NULL|NULL|normal: Usage_priv|NULL");
  EXPECT_EQ(run("SHOW GRANTS FOR 'nobody'@'%'"),
            "ERROR 1141: There is no such grant defined for user 'nobody' on host '%'");
  EXPECT_EQ(run("SHOW CATALOGS"), "0|internal|internal|yes|NULL|NULL|Databases of this server");
  EXPECT_EQ(run("SELECT COUNT(*) FROM orders"), "2");
  EXPECT_EQ(run("SHOW WARNINGS"), "");
  EXPECT_EQ(run("SHOW COUNT(*) WARNINGS", true), "@@session.warning_count\n0");
  EXPECT_EQ(run("SHOW FULL PROCESSLIST").find("Yes|1|root|127.0.0.1|"), 0u);
  for (const char* sql :
       {"SHOW TRIGGERS", "SHOW EVENTS", "SHOW PROCEDURE STATUS", "SHOW FUNCTION STATUS WHERE Db = 'shop'",
        "SHOW FUNCTIONS", "SHOW OPEN TABLES", "SHOW MASTER STATUS"}) {
    EXPECT_EQ(run(sql), "") << sql;
  }
  EXPECT_NE(run("SHOW PLUGINS"), "");
  EXPECT_NE(run("SHOW PRIVILEGES"), "");
  EXPECT_EQ(run("SHOW NOTHING SUCH"), "ERROR 1235: This version of the server doesn't yet support 'SHOW NOTHING SUCH'");
}

TEST_F(ShowTest, InformationSchema) {
  EXPECT_EQ(run("SELECT table_name FROM information_schema.tables WHERE table_schema = 'shop' ORDER BY 1"),
            "cheap\ncustomers\norders");
  EXPECT_EQ(run("SELECT TABLE_SCHEMA, TABLE_NAME FROM INFORMATION_SCHEMA.COLUMNS WHERE COLUMN_NAME = 'made'"),
            "shop|orders");
  EXPECT_EQ(run("SELECT VIEW_DEFINITION FROM information_schema.VIEWS WHERE TABLE_NAME = 'cheap'"),
            "SELECT id, price FROM orders WHERE item LIKE 'a%'");
  EXPECT_EQ(run("USE information_schema"), "");
  EXPECT_EQ(run("SELECT COUNT(*) FROM SCHEMATA"), "3");
  EXPECT_EQ(run("SHOW TABLES LIKE 'SCHEMATA'"), "SCHEMATA");
  EXPECT_EQ(run("CREATE TABLE t (a INT)").substr(0, 5), "ERROR");
  EXPECT_EQ(run("CREATE TABLE mysql.t (a INT)").substr(0, 5), "ERROR");
  EXPECT_EQ(run("DROP VIEW TABLES").substr(0, 5), "ERROR");
  EXPECT_EQ(run("USE shop"), "");
  EXPECT_EQ(run("SELECT COUNT(*) FROM orders"), "2");
}

TEST_F(ShowTest, ViewsFollowTheirTables) {
  EXPECT_EQ(run("DROP TABLE orders"), "");
  EXPECT_EQ(run("SHOW FULL TABLES LIKE 'cheap'"), "cheap|VIEW|NONE|NONE");
  EXPECT_EQ(run("SELECT COUNT(*) FROM information_schema.columns WHERE table_name = 'cheap'").find("ERROR"),
            std::string::npos);
}

TEST_F(ShowTest, NamesOfClientsAreNoSql) {
  for (const char* sql : {"SHOW TABLES FROM `a'; DROP TABLE orders; --`", "DESC `\"x`", "SHOW CREATE TABLE `'`",
                          "SHOW TABLES WHERE Tables_in_shop = '\'; DROP TABLE orders; --'", "SHOW TABLES LIKE '\'%'"}) {
    run(sql);
    EXPECT_EQ(run("SELECT COUNT(*) FROM orders"), "2") << sql;
  }
}

TEST_F(ShowTest, SystemRows) {
  EXPECT_EQ(run("SELECT User, Host FROM mysql.user WHERE User = 'root'"), "root|%");
  EXPECT_EQ(run("SELECT ID, USER, COMMAND FROM information_schema.PROCESSLIST"), "1|root|Query");
  EXPECT_EQ(run("SELECT VARIABLE_VALUE FROM information_schema.global_variables WHERE VARIABLE_NAME = 'autocommit'"),
            run("SHOW GLOBAL VARIABLES LIKE 'autocommit'")
                .substr(11, run("SHOW GLOBAL VARIABLES LIKE 'autocommit'").find('|', 11) - 11));
}

TEST_F(ShowTest, CatalogStatementsAreQuick) {
  for (const char* sql : {"SELECT column_name FROM information_schema.columns WHERE table_schema = 'shop'",
                          "SHOW FULL COLUMNS FROM orders", "SHOW VARIABLES LIKE 'sql_mode'",
                          "SHOW VARIABLES WHERE Variable_name = 'sql_mode'"}) {
    for (int round = 0; round < 2; ++round) {
      const auto start = std::chrono::steady_clock::now();
      run(sql);
      const auto took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
      EXPECT_LT(took, std::chrono::seconds(2)) << sql;
      RecordProperty(std::string(sql, 30) + std::to_string(round), static_cast<int>(took.count()));
    }
  }
}

// What drivers and tools send, as their sources and the logs of servers show it.
TEST_F(ShowTest, ClientStatements) {
  for (const char* sql : {
           // Connector/J with useInformationSchema
           "SELECT TABLE_SCHEMA, NULL, TABLE_NAME, NON_UNIQUE, NULL AS INDEX_QUALIFIER, INDEX_NAME, 3 AS TYPE, "
           "SEQ_IN_INDEX AS ORDINAL_POSITION, "
           "COLUMN_NAME, COLLATION AS ASC_OR_DESC, CARDINALITY, 0 AS PAGES, NULL AS FILTER_CONDITION FROM "
           "INFORMATION_SCHEMA.STATISTICS "
           "WHERE TABLE_SCHEMA = 'shop' AND TABLE_NAME = 'orders' ORDER BY NON_UNIQUE, INDEX_NAME, SEQ_IN_INDEX",
           "SELECT TABLE_SCHEMA AS TABLE_CAT, NULL AS TABLE_SCHEM, TABLE_NAME, COLUMN_NAME, SEQ_IN_INDEX AS KEY_SEQ, "
           "'PRIMARY' AS PK_NAME FROM "
           "INFORMATION_SCHEMA.STATISTICS WHERE TABLE_SCHEMA = 'shop' AND TABLE_NAME = 'orders' AND "
           "INDEX_NAME='PRIMARY' "
           "ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX",
           "SELECT TABLE_SCHEMA AS TABLE_CAT, NULL AS TABLE_SCHEM, TABLE_NAME, CASE WHEN TABLE_TYPE='BASE TABLE' THEN "
           "CASE WHEN TABLE_SCHEMA = "
           "'mysql' OR TABLE_SCHEMA = 'performance_schema' THEN 'SYSTEM TABLE' ELSE 'TABLE' END WHEN "
           "TABLE_TYPE='TEMPORARY' THEN "
           "'LOCAL_TEMPORARY' ELSE TABLE_TYPE END AS TABLE_TYPE, TABLE_COMMENT AS REMARKS, NULL AS TYPE_CAT FROM "
           "INFORMATION_SCHEMA.TABLES "
           "WHERE TABLE_SCHEMA = 'shop' HAVING TABLE_TYPE IN ('TABLE','VIEW',NULL,NULL,NULL) ORDER BY TABLE_TYPE, "
           "TABLE_SCHEMA, TABLE_NAME",
           // DBeaver
           "SELECT * FROM INFORMATION_SCHEMA.SCHEMATA",
           "SELECT * FROM information_schema.TABLE_CONSTRAINTS WHERE TABLE_SCHEMA='shop'",
           "SELECT kc.CONSTRAINT_NAME,kc.TABLE_NAME,kc.COLUMN_NAME,kc.ORDINAL_POSITION FROM "
           "INFORMATION_SCHEMA.KEY_COLUMN_USAGE kc "
           "WHERE kc.TABLE_SCHEMA='shop' AND kc.REFERENCED_TABLE_NAME IS NULL AND kc.TABLE_NAME='orders' ORDER BY "
           "kc.CONSTRAINT_NAME,kc.ORDINAL_POSITION",
           "SELECT * FROM INFORMATION_SCHEMA.ROUTINES WHERE ROUTINE_SCHEMA='shop' ORDER BY ROUTINE_NAME",
           "SELECT * FROM INFORMATION_SCHEMA.TRIGGERS WHERE EVENT_OBJECT_SCHEMA='shop'",
           "SELECT * FROM information_schema.EVENTS WHERE EVENT_SCHEMA='shop'",
           "SELECT * FROM INFORMATION_SCHEMA.PARTITIONS WHERE TABLE_SCHEMA='shop' AND TABLE_NAME='orders' ORDER BY "
           "PARTITION_ORDINAL_POSITION",
           "SHOW TABLE STATUS FROM `shop`",
           "SHOW CREATE TABLE `shop`.`orders`",
           "SHOW FULL PROCESSLIST",
           // Grafana
           "SELECT TABLE_NAME FROM information_schema.tables WHERE table_schema != 'information_schema' ORDER BY "
           "table_name",
           "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'shop' AND table_name = "
           "'orders' ORDER BY column_name",
           // SQLAlchemy
           "SHOW FULL TABLES FROM `shop`",
           "DESCRIBE `shop`.`orders`",
           "SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = 'shop'",
       }) {
    EXPECT_EQ(run(sql).find("ERROR"), std::string::npos) << sql << "\n" << run(sql);
  }
}

TEST(ShowLike, Patterns) {
  for (const auto& [text, pattern] :
       std::vector<std::pair<std::string_view, std::string_view>>{{"", ""},
                                                                  {"", "%"},
                                                                  {"abc", "abc"},
                                                                  {"abc", "ABC"},
                                                                  {"abc", "a%"},
                                                                  {"abc", "%c"},
                                                                  {"abc", "a_c"},
                                                                  {"aXbXc", "a%b%c"},
                                                                  {"a_c", "a\\_c"},
                                                                  {"100%", "100\\%"},
                                                                  {"\xC3\xA4", "_"},
                                                                  {"mississippi", "m%iss%pi"},
                                                                  {"a\\", "a\\"},
                                                                  {"ab", "%%b"}}) {
    EXPECT_TRUE(matches_like(text, pattern)) << text << " LIKE " << pattern;
  }
  for (const auto& [text, pattern] :
       std::vector<std::pair<std::string_view, std::string_view>>{{"", "_"},
                                                                  {"abc", "ab"},
                                                                  {"abc", "b%"},
                                                                  {"abc", "a\\_c"},
                                                                  {"100x", "100\\%"},
                                                                  {"\xC3\xA4", "__"},
                                                                  {"mississippi", "m%iss%pia"}}) {
    EXPECT_FALSE(matches_like(text, pattern)) << text << " LIKE " << pattern;
  }
  EXPECT_FALSE(matches_like(std::string(5000, 'a'), "%a%a%a%a%a%a%a%a%b"));
}

}  // namespace
}  // namespace sluice::session
