// SPDX-License-Identifier: Apache-2.0
#include "kernel/system_views.h"

#include <gtest/gtest.h>

#include <chrono>

#include "functions/type_names.h"
#include "kernel/catalog_facts.h"

namespace sluice::kernel {
namespace {

class SystemViewsTest : public ::testing::Test {
 protected:
  SystemViewsTest() : instance_(nullptr), connection_(instance_) {
    run("ATTACH ':memory:' AS internal");
    run("CREATE SCHEMA internal.__sluice");
    Status made = create_system_views(connection_, rows_);
    EXPECT_TRUE(made) << made.error().message();
    run("CREATE SCHEMA internal.shop");
    run("CREATE TABLE internal.shop.orders(id INTEGER PRIMARY KEY, item VARCHAR NOT NULL DEFAULT 'it''s', n BIGINT "
        "DEFAULT 0, "
        "price DECIMAL(15,2), made_at TIMESTAMP DEFAULT current_timestamp, UNIQUE(item, n), CHECK (n >= 0))");
    run("CREATE INDEX by_price ON internal.shop.orders(price)");
    run("INSERT INTO internal.shop.orders VALUES (1, 'a', 1, 2.5, now()), (2, 'b', 1, 2.5, now())");
    run("CREATE VIEW internal.shop.cheap AS SELECT id, price FROM internal.shop.orders WHERE price < 3");
    run("CREATE TABLE internal.__sluice.labels(label VARCHAR)");
  }

  // Rows as text, cells joined by '|', rows by newlines.
  std::string run(const std::string& sql) {
    auto result = connection_.Query(sql);
    if (result->HasError()) return "ERROR " + result->GetError();
    std::string text;
    for (size_t row = 0; row < result->RowCount(); ++row) {
      if (row > 0) text += '\n';
      for (size_t column = 0; column < result->ColumnCount(); ++column) {
        if (column > 0) text += '|';
        text += result->GetValue(column, row).ToString();
      }
    }
    return text;
  }

  // From a relation of information_schema.
  std::string select(const std::string& columns, const std::string& from_and_rest) {
    return run("SELECT " + columns + " FROM system.mysql_information_schema." + from_and_rest);
  }

  std::shared_ptr<SystemRows> rows_ = std::make_shared<SystemRows>();
  duckdb::DuckDB instance_;
  duckdb::Connection connection_;
};

TEST_F(SystemViewsTest, SchemataHideWhatIsInternal) {
  EXPECT_EQ(select("schema_name", "schemata ORDER BY 1"), "information_schema\nmysql\nshop");
  run("CREATE TABLE internal.main.t(a INTEGER)");
  EXPECT_EQ(select("schema_name", "schemata ORDER BY 1"), "information_schema\nmain\nmysql\nshop");
}

TEST_F(SystemViewsTest, Tables) {
  EXPECT_EQ(select("table_schema, table_name, table_type, engine, table_rows, table_comment",
                   "tables WHERE table_schema = 'shop' ORDER BY 2"),
            "shop|cheap|VIEW|NULL|NULL|VIEW\nshop|orders|BASE TABLE|OLAP|2|");
  EXPECT_EQ(select("table_type", "tables WHERE table_schema = 'information_schema' AND table_name = 'COLUMNS'"),
            "SYSTEM VIEW");
  EXPECT_EQ(select("count(*)", "tables WHERE table_schema = '__sluice'"), "0");
  // Which database is wanted may be said in several ways; the answer is the same.
  run("CREATE SCHEMA internal.other");
  run("CREATE TABLE internal.other.t(a INTEGER)");
  EXPECT_EQ(select("table_name", "tables WHERE 'other' = table_schema"), "t");
  EXPECT_EQ(select("table_name", "tables WHERE table_schema IN ('other', 'shop') ORDER BY 1"), "cheap\norders\nt");
  EXPECT_EQ(select("table_name", "tables WHERE table_schema = 'other' OR table_name = 'orders' ORDER BY 1"),
            "orders\nt");
  EXPECT_EQ(select("a.table_name",
                   "tables a JOIN system.mysql_information_schema.columns b USING (table_schema, table_name) "
                   "WHERE a.table_schema = 'other'"),
            "t");
  EXPECT_EQ(select("count(*)", "tables WHERE table_schema = 'other' AND table_schema = 'shop'"), "0");
}

TEST_F(SystemViewsTest, Columns) {
  EXPECT_EQ(select("column_name, ordinal_position, column_default, is_nullable, data_type, column_type, column_key, "
                   "numeric_precision, numeric_scale",
                   "columns WHERE table_schema = 'shop' AND table_name = 'orders' ORDER BY 2"),
            "id|1|NULL|NO|int|int(11)|PRI|10|0\n"
            "item|2|it's|NO|text|text|MUL|NULL|NULL\n"
            "n|3|0|YES|bigint|bigint(20)||19|0\n"
            "price|4|NULL|YES|decimal|decimal(15,2)|MUL|15|2\n"
            "made_at|5|CURRENT_TIMESTAMP|YES|datetime|datetime||NULL|NULL");
  EXPECT_EQ(select("column_name, column_type",
                   "columns WHERE table_schema = 'shop' AND table_name = 'cheap' ORDER BY ordinal_position"),
            "id|int(11)\nprice|decimal(15,2)");
}

TEST_F(SystemViewsTest, Keys) {
  EXPECT_EQ(select("index_name, non_unique, seq_in_index, column_name, nullable, cardinality",
                   "statistics WHERE table_name = 'orders' ORDER BY 1, 3"),
            "PRIMARY|0|1|id||2\nby_price|1|1|price|YES|NULL\nitem|0|1|item||NULL\nitem|0|2|n|YES|NULL");
  EXPECT_EQ(select("constraint_name, constraint_type", "table_constraints ORDER BY 1"),
            "PRIMARY|PRIMARY KEY\nitem|UNIQUE\norders_chk_1|CHECK");
  EXPECT_EQ(
      select("constraint_name, column_name, ordinal_position, referenced_table_name", "key_column_usage ORDER BY 1, 3"),
      "PRIMARY|id|1|NULL\nitem|item|1|NULL\nitem|n|2|NULL");
}

TEST_F(SystemViewsTest, Views) {
  EXPECT_EQ(select("table_schema, table_name, view_definition", "views"),
            "shop|cheap|SELECT id, price FROM internal.shop.orders WHERE (price < 3)");
  // A view whose table is gone stays in the list and has no columns.
  run("DROP INDEX internal.shop.by_price");
  run("DROP TABLE internal.shop.orders");
  EXPECT_EQ(select("table_name", "tables WHERE table_schema = 'shop'"), "cheap");
}

TEST_F(SystemViewsTest, EveryViewCanBeRead) {
  size_t count = 0;
  auto names = connection_.Query(
      "SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = 'system' AND schema_name LIKE 'mysql%'");
  ASSERT_FALSE(names->HasError()) << names->GetError();
  for (size_t row = 0; row < names->RowCount(); ++row, ++count) {
    const std::string view =
        "system." + names->GetValue(0, row).ToString() + ".\"" + names->GetValue(1, row).ToString() + "\"";
    auto result = connection_.Query("SELECT * FROM " + view);
    EXPECT_FALSE(result->HasError()) << view << ": " << result->GetError();
  }
  EXPECT_GE(count, 28u);
}

TEST_F(SystemViewsTest, CannotBeChanged) {
  EXPECT_NE(run("DROP VIEW system.mysql_information_schema.TABLES").find("ERROR"), std::string::npos);
  EXPECT_NE(run("CREATE OR REPLACE VIEW system.mysql_information_schema.TABLES AS SELECT 1").find("ERROR"),
            std::string::npos);
}

TEST_F(SystemViewsTest, Providers) {
  EXPECT_EQ(run("SELECT count(*) FROM system.mysql_schema.user"), "0");
  rows_->provide(SystemRows::Kind::kAccounts, [] {
    return SystemRows::Rows{{duckdb::Value("root"), duckdb::Value("%"), duckdb::Value("mysql_native_password"),
                             duckdb::Value("Select_priv")}};
  });
  EXPECT_EQ(run("SELECT \"User\", \"Host\", plugin FROM system.mysql_schema.user"), "root|%|mysql_native_password");
  rows_->provide(SystemRows::Kind::kPrivileges, [] {
    SystemRows::Rows rows;
    for (const char* level : {"user", "table"}) {
      auto& row = rows.emplace_back();
      for (const char* cell : {level, "root", "'root'@'%'", "d", "t", "", "SELECT", "YES"}) row.emplace_back(cell);
    }
    return rows;
  });
  EXPECT_EQ(select("DISTINCT grantee", "user_privileges"), "'root'@'%'");
  EXPECT_EQ(select("table_schema, table_name, privilege_type", "table_privileges"), "d|t|SELECT");
  rows_->provide(SystemRows::Kind::kPrivileges, {});
  rows_->provide(SystemRows::Kind::kAccounts, {});
  EXPECT_EQ(run("SELECT count(*) FROM system.mysql_schema.user"), "0");
}

TEST(SystemViewsCost, CreationIsQuick) {
  duckdb::DuckDB instance(nullptr);
  duckdb::Connection connection(instance);
  auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(create_system_views(connection, std::make_shared<SystemRows>()));
  auto took = std::chrono::steady_clock::now() - start;
  RecordProperty("microseconds", static_cast<int>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
  EXPECT_LT(took, std::chrono::milliseconds(500));
}

TEST(TypeNames, AreDorisNames) {
  using duckdb::LogicalType;
  EXPECT_EQ(functions::type_name(LogicalType::HUGEINT), "largeint");
  EXPECT_EQ(functions::type_name(LogicalType::UINTEGER), "int unsigned");
  EXPECT_EQ(functions::type_name(LogicalType::JSON()), "json");
  EXPECT_EQ(functions::type_name(LogicalType::LIST(LogicalType::DECIMAL(9, 2))), "array<decimal(9,2)>");
  EXPECT_EQ(functions::type_name(LogicalType::MAP(LogicalType::VARCHAR, LogicalType::INTEGER)), "map<text,int>");
  EXPECT_EQ(functions::type_name(LogicalType::STRUCT({{"a", LogicalType::INTEGER}, {"b", LogicalType::DATE}})),
            "struct<a:int,b:date>");
  EXPECT_EQ(functions::type_facts(LogicalType::DECIMAL(15, 2)).data_type, "decimal");
  EXPECT_EQ(functions::type_facts(LogicalType::UINTEGER).data_type, "int");
}

}  // namespace
}  // namespace sluice::kernel
