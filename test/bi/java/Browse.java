// SPDX-License-Identifier: Apache-2.0
// What DBeaver and Metabase ask through JDBC: `java Browse connectorj` or `java Browse mariadb` (see ../README.md).

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

public final class Browse {
  static final String DB = Scenario.env("T_DB");

  interface Ask { ResultSet of(DatabaseMetaData metadata) throws SQLException; }
  interface Work { void with(Connection connection) throws Exception; }

  static void connected(Work work) throws Exception {
    try (Connection connection = Scenario.connect()) {
      work.with(connection);
    }
  }

  // The columns of each row, joined by '|'.
  static List<String> rows(ResultSet rows, String... columns) throws SQLException {
    List<String> found = new ArrayList<>();
    try (rows) {
      while (rows.next()) {
        StringJoiner row = new StringJoiner("|");
        for (String column : columns) row.add(rows.getString(column));
        found.add(row.toString());
      }
    }
    return found;
  }

  static List<String> query(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery(sql)) {
      List<String> found = new ArrayList<>();
      int count = result.getMetaData().getColumnCount();
      while (result.next()) {
        StringJoiner row = new StringJoiner("|");
        for (int i = 1; i <= count; ++i) row.add(result.getString(i));
        found.add(row.toString());
      }
      return found;
    }
  }

  static void asks(Ask ask, List<String> wanted, String... columns) throws Exception {
    connected(connection -> Scenario.equal(rows(ask.of(connection.getMetaData()), columns), wanted));
  }

  static void product() throws Exception {
    connected(connection -> {
      DatabaseMetaData metadata = connection.getMetaData();
      Scenario.equal(metadata.getDatabaseMajorVersion(), 5);
      Scenario.equal(metadata.getIdentifierQuoteString(), "`");
      Scenario.equal(metadata.getMaxConnections() >= 0, true);
      Scenario.equal(metadata.supportsTransactions(), true);
      Scenario.equal(metadata.storesLowerCaseIdentifiers(), false);
      Scenario.equal(metadata.getSQLKeywords().isEmpty() || metadata.getNumericFunctions().isEmpty(), false);
    });
  }

  static void catalogs() throws Exception {
    // Connector/J asks SHOW DATABASES, which lists those of the current catalog; MariaDB's driver asks information_schema.
    asks(metadata -> metadata.getCatalogs(),
        Scenario.connectorJ ? List.of("information_schema", "mysql", DB) : List.of("information_schema", "kairos.default", "mysql", DB), "TABLE_CAT");
    asks(metadata -> metadata.getSchemas(), List.of(), "TABLE_SCHEM");
  }

  static void tables() throws Exception {
    String[] columns = {"TABLE_CAT", "TABLE_NAME", "TABLE_TYPE"};
    List<String> base = List.of(DB + "|objects|TABLE", DB + "|orders|TABLE", DB + "|sums|TABLE", DB + "|types|TABLE");
    asks(metadata -> metadata.getTables(DB, null, "%", new String[] {"TABLE"}), base, columns);
    asks(metadata -> metadata.getTables(DB, null, "%", new String[] {"VIEW"}), List.of(DB + "|names|VIEW"), columns);
    asks(metadata -> metadata.getTables(DB, null, "ord%", null), List.of(DB + "|orders|TABLE"), columns);
    asks(metadata -> metadata.getTables("no_such_database", null, "%", null), List.of(), columns);
    connected(connection -> Scenario.equal(
        rows(connection.getMetaData().getTables("information_schema", null, "%", new String[] {"SYSTEM VIEW"}), "TABLE_NAME").size() > 15, true));
  }

  static void columns() throws Exception {
    asks(metadata -> metadata.getColumns(DB, null, "orders", "%"),
        List.of("id|" + Types.BIGINT + "|NO|1|null", "name|" + Types.VARCHAR + "|YES|2|x", "born|" + Types.DATE + "|YES|3|null",
            "at|" + Types.TIMESTAMP + "|YES|4|null", "flag|" + Types.BOOLEAN + "|YES|5|null", "score|" + Types.DOUBLE + "|YES|6|null",
            "price|" + Types.DECIMAL + "|NO|7|0"),
        "COLUMN_NAME", "DATA_TYPE", "IS_NULLABLE", "ORDINAL_POSITION", "COLUMN_DEF");
    // MariaDB's driver compares IS_NULLABLE with 'yes'.
    asks(metadata -> metadata.getColumns(DB, null, "orders", "name"), List.of("VARCHAR|50|a name|1"), "TYPE_NAME", "COLUMN_SIZE", "REMARKS", "NULLABLE");
    asks(metadata -> metadata.getColumns(DB, null, "orders", "price"), List.of("DECIMAL|12|2"), "TYPE_NAME", "COLUMN_SIZE", "DECIMAL_DIGITS");
    connected(connection -> Scenario.equal(rows(connection.getMetaData().getColumns(DB, null, "types", "%"), "COLUMN_NAME").size(), 26));
  }

  static void primaryKeys() throws Exception {
    asks(metadata -> metadata.getPrimaryKeys(DB, null, "orders"), List.of("orders|id|1|PRIMARY"), "TABLE_NAME", "COLUMN_NAME", "KEY_SEQ", "PK_NAME");
    // Rows of these are no more than sorted or summed by their keys.
    asks(metadata -> metadata.getPrimaryKeys(DB, null, "sums"), List.of(), "COLUMN_NAME");
    asks(metadata -> metadata.getPrimaryKeys(DB, null, "types"), List.of(), "COLUMN_NAME");
    asks(metadata -> metadata.getBestRowIdentifier(DB, null, "orders", DatabaseMetaData.bestRowSession, true), List.of("id"), "COLUMN_NAME");
  }

  static void indexes() throws Exception {
    connected(connection -> Scenario.equal(rows(connection.getMetaData().getIndexInfo(DB, null, "orders", false, true), "INDEX_NAME", "COLUMN_NAME")
        .contains("PRIMARY|id"), true));
  }

  static void foreignKeys() throws Exception {
    asks(metadata -> metadata.getImportedKeys(DB, null, "orders"), List.of(), "FKTABLE_NAME");
    asks(metadata -> metadata.getExportedKeys(DB, null, "orders"), List.of(), "FKTABLE_NAME");
    asks(metadata -> metadata.getCrossReference(DB, null, "orders", DB, null, "sums"), List.of(), "FKTABLE_NAME");
  }

  static void routines() throws Exception {
    asks(metadata -> metadata.getProcedures(DB, null, "%"), List.of(), "PROCEDURE_NAME");
    asks(metadata -> metadata.getProcedureColumns(DB, null, "%", "%"), List.of(), "COLUMN_NAME");
    asks(metadata -> metadata.getFunctions(DB, null, "%"), List.of(), "FUNCTION_NAME");
    asks(metadata -> metadata.getFunctionColumns(DB, null, "%", "%"), List.of(), "COLUMN_NAME");
  }

  static void privileges() throws Exception {
    connected(connection -> {
      DatabaseMetaData metadata = connection.getMetaData();
      for (String grantee : rows(metadata.getTablePrivileges(DB, null, "orders"), "TABLE_NAME")) Scenario.equal(grantee, "orders");
      for (String column : rows(metadata.getColumnPrivileges(DB, null, "orders", "id"), "COLUMN_NAME")) Scenario.equal(column, "id");
    });
  }

  static void types() throws Exception {
    connected(connection -> {
      List<String> found = rows(connection.getMetaData().getTypeInfo(), "TYPE_NAME");
      Scenario.equal(found.containsAll(List.of("BIGINT", "VARCHAR", "DECIMAL", "DATE", "DATETIME", "DOUBLE")), true);
    });
  }

  // What the results say of themselves, by driver: type name, type, precision, scale, display size.
  static void resultMetadata() throws Exception {
    Map<String, String> wanted = new LinkedHashMap<>();
    boolean j = Scenario.connectorJ;
    // Connector/J divides lengths by the four bytes of a character; both do so for texts.
    wanted.put("bo", j ? "BIT -7 1 0 0" : "BOOLEAN 16 1 0 1");
    wanted.put("i8", "TINYINT -6 3 0 " + (j ? 0 : 4));
    wanted.put("i16", "SMALLINT 5 5 0 " + (j ? 1 : 6));
    wanted.put("i32", j ? "INT 4 10 0 2" : "INTEGER 4 10 0 11");
    wanted.put("i64", "BIGINT -5 19 0 " + (j ? 4 : 20));
    wanted.put("f32", "FLOAT 7 12 " + (j ? "0 3" : "31 12"));
    wanted.put("f64", "DOUBLE 8 22 " + (j ? "0 5" : "31 22"));
    wanted.put("d9", "DECIMAL 3 9 2 " + (j ? 2 : 11));
    wanted.put("d18", "DECIMAL 3 18 0 " + (j ? 4 : 19));
    wanted.put("d38", "DECIMAL 3 38 4 " + (j ? 9 : 40));
    wanted.put("dt", "DATE 91 " + (j ? "2 0 2" : "10 0 10"));
    for (String text : new String[] {"i128", "c3", "v5", "ar", "ma", "su", "ip4", "ip6"}) wanted.put(text, "CHAR 1 63 0 63");
    wanted.put("js", "JSON -1 63 0 63");
    for (String option : new String[] {"useServerPrepStmts=false", "useServerPrepStmts=true"}) {
      String sql = "SELECT " + String.join(", ", wanted.keySet()) + " FROM types WHERE i32 < ?";
      try (Connection connection = Scenario.connect(option); PreparedStatement statement = connection.prepareStatement(sql)) {
        statement.setInt(1, 0);
        try (ResultSet result = statement.executeQuery()) {
          ResultSetMetaData metadata = result.getMetaData();
          int i = 0;
          for (Map.Entry<String, String> column : wanted.entrySet()) {
            ++i;
            Scenario.equal(column.getKey() + " " + metadata.getColumnTypeName(i) + " " + metadata.getColumnType(i) + " " + metadata.getPrecision(i) + " "
                + metadata.getScale(i) + " " + metadata.getColumnDisplaySize(i), column.getKey() + " " + column.getValue());
            Scenario.equal(metadata.getColumnName(i), column.getKey());
            Scenario.equal(metadata.getTableName(i), "types");
            Scenario.equal(metadata.getCatalogName(i), DB);
            Scenario.equal(metadata.isNullable(i), ResultSetMetaData.columnNullable);
            Scenario.equal(metadata.isAutoIncrement(i), false);
          }
          Scenario.equal(result.next(), true);
          Scenario.equal(result.getBoolean("bo"), true);
          Scenario.equal(result.getBigDecimal("d38").toPlainString(), "1234567890123456789012345678901234.5678");
          Scenario.equal(result.getString("i128"), "170141183460469231731687303715884105727");
          Scenario.equal(result.getObject("dt").toString(), "2024-02-29");
          Scenario.equal(result.getString("ar"), "[1, 2, null]");
        }
      }
    }
  }

  // DBeaver: what it sends while it connects and opens its tree.
  static void dbeaver() throws Exception {
    connected(connection -> {
      connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      Scenario.equal(connection.getTransactionIsolation(), Connection.TRANSACTION_READ_COMMITTED);
      connection.setReadOnly(true);
      connection.setReadOnly(false);
      Scenario.execute(connection, "SET SESSION TRANSACTION READ ONLY");
      try {  // Connector/J asks whether it may write before it sends
        Scenario.execute(connection, "INSERT INTO sums VALUES ('x', NULL, 1)");
        throw new AssertionError("written in a READ ONLY session");
      } catch (SQLException refused) {
        Scenario.equal(refused.getMessage().contains("READ ONLY") || refused.getMessage().contains("read-only"), true);
      }
      Scenario.execute(connection, "SET SESSION TRANSACTION READ WRITE");
      connection.setCatalog("mysql");
      connection.setCatalog(DB);
      Scenario.equal(connection.getCatalog(), DB);
      Scenario.equal(connection.isValid(5), true);
      Scenario.equal(query(connection, "SELECT DATABASE()"), List.of(DB));
      Scenario.equal(query(connection, "SHOW ENGINES").get(0).startsWith("OLAP|DEFAULT|"), true);
      Scenario.equal(query(connection, "SHOW CHARSET").toString().contains("utf8mb4|"), true);
      Scenario.equal(query(connection, "SHOW COLLATION").toString().contains("utf8mb4_bin|utf8mb4|46|"), true);
      Scenario.equal(query(connection, "SHOW PRIVILEGES").size() > 5, true);
      Scenario.equal(query(connection, "SHOW PLUGINS").isEmpty(), false);
      Scenario.equal(query(connection, "SHOW GRANTS").isEmpty(), false);
      Scenario.equal(query(connection, "SHOW GLOBAL STATUS LIKE 'Uptime'").size(), 1);
      Scenario.equal(query(connection, "SHOW GLOBAL VARIABLES LIKE 'query_timeout'"), List.of("query_timeout|900|900|0"));
      Scenario.equal(query(connection, "SHOW DATABASES"), List.of("information_schema", "mysql", DB));
      Scenario.equal(query(connection, "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '" + DB + "'"), List.of(DB));
      Scenario.equal(query(connection, "SHOW FULL TABLES FROM `" + DB + "`").get(0).startsWith("names|VIEW"), true);
      Scenario.equal(query(connection, "SHOW TABLE STATUS FROM `" + DB + "` LIKE 'orders'").get(0).startsWith("orders|OLAP|"), true);
      Scenario.equal(query(connection, "SELECT * FROM information_schema.TABLES WHERE TABLE_SCHEMA = '" + DB + "'").size(), 5);
      Scenario.equal(query(connection, "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '" + DB
          + "' AND TABLE_NAME = 'sums' ORDER BY ORDINAL_POSITION"), List.of("region", "day", "amount"));
      Scenario.equal(query(connection, "SELECT kc.CONSTRAINT_NAME, kc.TABLE_NAME, kc.COLUMN_NAME, kc.ORDINAL_POSITION FROM "
          + "INFORMATION_SCHEMA.KEY_COLUMN_USAGE kc WHERE kc.TABLE_SCHEMA = '" + DB + "' AND kc.REFERENCED_TABLE_NAME IS NULL "
          + "ORDER BY kc.CONSTRAINT_NAME, kc.ORDINAL_POSITION"), List.of("PRIMARY|orders|id|1"));
      Scenario.equal(query(connection, "SELECT VIEW_DEFINITION FROM information_schema.VIEWS WHERE TABLE_SCHEMA = '" + DB
          + "' AND TABLE_NAME = 'names'").get(0).toLowerCase().contains("from"), true);
      for (String table : new String[] {"REFERENTIAL_CONSTRAINTS", "ROUTINES", "TRIGGERS", "EVENTS"}) {
        Scenario.equal(query(connection, "SELECT * FROM information_schema." + table), List.of());
      }
      Scenario.equal(query(connection, "SHOW CREATE TABLE `" + DB + "`.`orders`").get(0).contains("UNIQUE KEY(`id`)"), true);
      Scenario.equal(query(connection, "SHOW CREATE VIEW `" + DB + "`.`names`").get(0).startsWith("names|CREATE VIEW `names` AS"), true);
      Scenario.equal(query(connection, "SHOW FULL PROCESSLIST").toString().contains("SHOW FULL PROCESSLIST"), true);
      Scenario.equal(query(connection, "SHOW FULL COLUMNS FROM `" + DB + "`.`sums`").get(0).startsWith("region|varchar(20)|"), true);
      Scenario.equal(query(connection, "SHOW INDEX FROM `" + DB + "`.`orders`").toString().contains("by_name"), true);
      Scenario.equal(query(connection, "SELECT id FROM orders ORDER BY id LIMIT 0, 200"), List.of("1", "2", "3", "4"));
      Scenario.equal(query(connection, "EXPLAIN SELECT id FROM orders").isEmpty(), false);
    });
  }

  // Metabase: synchronisation, fingerprints, and its date buckets.
  static void metabase() throws Exception {
    connected(connection -> {
      Scenario.equal(query(connection, "SELECT @@GLOBAL.time_zone AS global_tz, @@system_time_zone AS system_tz, "
          + "time_format(timediff(now(), convert_tz(now(), @@GLOBAL.time_zone, '+00:00')), '%H:%i') AS 'offset'").get(0).matches(".+\\|.+\\|-?\\d\\d:\\d\\d"), true);
      Scenario.equal(query(connection, "SELECT TRUE FROM `orders` WHERE 1 <> 1 LIMIT 0"), List.of());
      Scenario.equal(query(connection, "SELECT SUBSTRING(`orders`.`name`, 1, 1234) AS `substring1`, `orders`.`score` AS `score` FROM `orders` ORDER BY id LIMIT 2"),
          List.of("ann|1.5", "bob|2.5"));
      Scenario.equal(query(connection, "SELECT count(distinct `orders`.`name`) AS `count`, avg(`orders`.`score`) = 1, stddev_pop(score) > 0 FROM `orders`"),
          List.of("2|1|1"));
      String[][] buckets = {
          {"STR_TO_DATE(CONCAT(DATE_FORMAT(`at`, '%Y-%m'), '-01'), '%Y-%m-%d')", "2024-01-01|1", "2024-02-01|1", "2024-05-01|1"},
          {"STR_TO_DATE(CONCAT(YEAR(`at`), '-', ((QUARTER(`at`) * 3) - 2), '-01'), '%Y-%m-%d')", "2024-01-01|2", "2024-04-01|1"},
          {"STR_TO_DATE(CONCAT(YEARWEEK(`at`), ' Sunday'), '%X%V %W')", "2023-12-31|1", "2024-02-11|1", "2024-04-28|1"},
          {"MAKEDATE(YEAR(`at`), 1)", "2024-01-01|3"},
          {"DATE(`at`)", "2024-01-05|1", "2024-02-15|1", "2024-05-01|1"},
          {"HOUR(`at`)", "0|1", "10|1", "23|1"},
          {"DAYOFWEEK(`at`)", "4|1", "5|1", "6|1"},
          {"QUARTER(`at`)", "1|2", "2|1"},
          {"CAST(FLOOR((`score` - 0.0) / 2.0) * 2.0 + 0.0 AS SIGNED)", "-2|1", "0|1", "2|1"},
      };
      for (String[] bucket : buckets) {
        List<String> wanted = List.of(bucket).subList(1, bucket.length);
        Scenario.equal(query(connection, "SELECT " + bucket[0] + " AS b, COUNT(*) AS `count` FROM `orders` WHERE id <> 3 GROUP BY " + bucket[0] + " ORDER BY "
            + bucket[0] + " ASC"), wanted);
      }
      Scenario.equal(query(connection, "SELECT id FROM `orders` WHERE `at` >= CONVERT_TZ('2024-02-01 00:00:00', 'UTC', @@session.time_zone) "
          + "AND `at` < DATE_ADD(STR_TO_DATE('2024-02-01', '%Y-%m-%d'), INTERVAL 1 QUARTER) ORDER BY id"), List.of("2"));
      try (PreparedStatement statement = connection.prepareStatement("SELECT COUNT(*) FROM `orders` WHERE `name` = ? AND `born` > ?")) {
        statement.setString(1, "ann");
        statement.setObject(2, java.time.LocalDate.of(2024, 1, 31));
        try (ResultSet result = statement.executeQuery()) {
          result.next();
          Scenario.equal(result.getInt(1), 1);
        }
      }
    });
  }

  // A failed query must not spoil the transaction of a client that only reads.
  static void savepointsAndErrors() throws Exception {
    connected(connection -> {
      connection.setAutoCommit(false);
      Savepoint savepoint = connection.setSavepoint("here");
      Scenario.equal(query(connection, "SELECT COUNT(*) FROM orders"), List.of("4"));
      connection.rollback(savepoint);
      connection.releaseSavepoint(savepoint);
      Scenario.fails(() -> query(connection, "SELECT nothing FROM orders"), 1105, null);
      Scenario.equal(query(connection, "SELECT COUNT(*) FROM orders"), List.of("4"));
      connection.rollback();
      connection.setAutoCommit(true);
    });
  }

  public static void main(String[] arguments) {
    java.util.TimeZone.setDefault(java.util.TimeZone.getTimeZone("UTC"));
    Scenario.connectorJ = arguments[0].equals("connectorj");
    Scenario.run("product", Browse::product);
    Scenario.run("catalogs", Browse::catalogs);
    Scenario.run("tables", Browse::tables);
    Scenario.run("columns", Browse::columns);
    Scenario.run("primary_keys", Browse::primaryKeys);
    Scenario.run("indexes", Browse::indexes);
    Scenario.run("foreign_keys", Browse::foreignKeys);
    Scenario.run("routines", Browse::routines);
    Scenario.run("privileges", Browse::privileges);
    Scenario.run("types", Browse::types);
    Scenario.run("result_metadata", Browse::resultMetadata);
    Scenario.run("dbeaver", Browse::dbeaver);
    Scenario.run("metabase", Browse::metabase);
    Scenario.run("savepoints_and_errors", Browse::savepointsAndErrors);
  }
}
