// SPDX-License-Identifier: Apache-2.0
// The scenario through JDBC (see ../README.md): `java Scenario connectorj` or `java Scenario mariadb`.

import java.io.FileInputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.Date;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;

public final class Scenario {
  interface Check { void run() throws Exception; }

  static final class Skip extends RuntimeException {
    Skip(String why) { super(why); }
  }

  static final String SLOW_QUERY = "SELECT SUM(a.id % 7 + b.id % 5) FROM big a, big b WHERE a.id <> b.id + 1";
  static final long BIG_ROWS = Long.parseLong(env("T_BIG_ROWS"));
  static boolean connectorJ;

  static String env(String name) { return System.getenv().getOrDefault(name, ""); }

  // --- connections --------------------------------------------------------------------------------------------
  static Connection connect(String... options) throws SQLException { return connect(env("T_DB"), options); }

  static Connection connect(String database, String[] options) throws SQLException {
    Properties properties = new Properties();
    properties.put("user", env("T_USER"));
    properties.put("password", env("T_PASSWORD"));
    properties.put("connectTimeout", "30000");
    properties.put("socketTimeout", "240000");
    if (connectorJ) {
      properties.put("sslMode", "DISABLED");
      properties.put("connectionTimeZone", "UTC");
      properties.put("allowPublicKeyRetrieval", "true");
    } else {
      properties.put("sslMode", "disable");
      properties.put("allowPublicKeyRetrieval", "true");
    }
    for (String option : options) {
      properties.put(option.substring(0, option.indexOf('=')), option.substring(option.indexOf('=') + 1));
    }
    String scheme = connectorJ ? "jdbc:mysql://" : "jdbc:mariadb://";
    return DriverManager.getConnection(scheme + env("T_HOST") + ":" + env("T_PORT") + "/" + database, properties);
  }

  static String[] tls() {
    return connectorJ
        ? new String[] {"sslMode=VERIFY_CA", "trustCertificateKeyStoreUrl=" + trustStore().toURI(), "trustCertificateKeyStorePassword=changeit",
                        "trustCertificateKeyStoreType=PKCS12"}
        : new String[] {"sslMode=verify-ca", "serverSslCert=" + env("T_CA")};
  }

  static java.io.File trustStore() {
    try {
      java.security.KeyStore store = java.security.KeyStore.getInstance("PKCS12");
      store.load(null, null);
      try (FileInputStream pem = new FileInputStream(env("T_CA"))) {
        store.setCertificateEntry("server", java.security.cert.CertificateFactory.getInstance("X.509").generateCertificate(pem));
      }
      java.io.File file = java.io.File.createTempFile("trust", ".p12");
      file.deleteOnExit();
      try (java.io.FileOutputStream out = new java.io.FileOutputStream(file)) { store.store(out, "changeit".toCharArray()); }
      return file;
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }

  static String[] join(String[] some, String... more) {
    List<String> all = new ArrayList<>(List.of(some));
    all.addAll(List.of(more));
    return all.toArray(new String[0]);
  }

  static void execute(Connection connection, String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) statement.execute(sql);
    }
  }

  static String scalar(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }

  static void equal(Object got, Object wanted) {
    if (!Objects.equals(got, wanted)) throw new AssertionError("got " + cut(got) + ", wanted " + cut(wanted));
  }

  static String cut(Object value) {
    String text = String.valueOf(value);
    return text.length() > 300 ? text.substring(0, 300) + "..." : text;
  }

  static void fails(Check action, int number, String state) throws Exception {
    try {
      action.run();
    } catch (SQLException error) {
      if (error.getErrorCode() != number || (state != null && !state.equals(error.getSQLState()))) {
        throw new AssertionError("wanted " + number + "/" + state + ", got " + error.getErrorCode() + "/" + error.getSQLState() + " " + error);
      }
      return;
    }
    throw new AssertionError("no error, wanted " + number);
  }

  static void loginFails(String user) throws Exception {
    fails(() -> connect("user=" + user, "password=wrong").close(), 1045, "28000");
  }

  // --- checks -------------------------------------------------------------------------------------------------
  static void connectCheck() throws Exception {
    try (Connection c = connect()) {
      equal(c.isValid(10), true);
      equal(c.getCatalog(), env("T_DB"));
      equal(scalar(c, "SELECT 1"), "1");
      c.setCatalog("information_schema");
      c.setCatalog(env("T_DB"));
      equal(scalar(c, "SELECT DATABASE()"), env("T_DB"));
    }
    fails(() -> connect("no_such_database", new String[0]).close(), 1049, "42000");
  }

  static void tlsCheck() throws Exception {
    try (Connection c = connect(tls())) {
      // Both drivers are told to refuse a connection without TLS or with another certificate.
      for (String name : new String[] {"Ssl_cipher", "Ssl_version"}) {
        try (Statement statement = c.createStatement(); ResultSet row = statement.executeQuery("SHOW SESSION STATUS LIKE '" + name + "'")) {
          equal(row.next() && row.getString(1).equals(name) && !row.getString(2).isEmpty(), true);
        }
      }
      equal(scalar(c, "SELECT COUNT(*) FROM big"), String.valueOf(BIG_ROWS));
    }
  }

  static void authNative() throws Exception {
    connect("user=" + env("T_NATIVE_USER"), "password=" + env("T_AUTH_PASSWORD")).close();
    loginFails(env("T_NATIVE_USER"));
    loginFails("nobody_of_that_name");
  }

  static void authSha2() throws Exception {
    if (env("T_SHA2_USER").isEmpty()) throw new Skip("the server has no such plugin");
    connect("user=" + env("T_SHA2_USER"), "password=" + env("T_AUTH_PASSWORD")).close();
    connect(join(tls(), "user=" + env("T_SHA2_USER"), "password=" + env("T_AUTH_PASSWORD"))).close();
    connect("user=" + env("T_SHA2_USER"), "password=" + env("T_AUTH_PASSWORD")).close();
    loginFails(env("T_SHA2_USER"));
  }

  static final Object[][] TYPE_ROWS = {
      {1, false, -128, -32768, -2147483648, Long.MIN_VALUE, -3.5f, -Double.MAX_VALUE,
          new BigDecimal("-9999999999999999999999999999.9999999999"), LocalDate.of(1600, 1, 1), LocalDateTime.of(1600, 1, 1, 0, 0, 0, 250001000), "",
          "\u00fcn\u00efc\u00f6d\u00e9 \uD83D\uDE00"},
      {2, true, 127, 32767, 2147483647, Long.MAX_VALUE, 0.25f, Double.MIN_NORMAL,
          new BigDecimal("9999999999999999999999999999.9999999999"), LocalDate.of(9999, 12, 31),
          LocalDateTime.of(9999, 12, 31, 23, 59, 59, 999999000), "it's \"quoted\" \\ back`tick", "line\nnext\ttab"},
      {3, null, null, null, null, null, null, null, null, null, null, null, null},
      {4, true, 0, 0, 0, 0L, 0f, 0.1, new BigDecimal("0.0000000001"), LocalDate.of(2024, 2, 29), LocalDateTime.of(2024, 2, 29, 12, 34, 56),
          "x".repeat(200), "y".repeat(60000)},
  };

  static Object read(ResultSet rows, int column) throws SQLException {
    Object value = switch (column) {
      case 2 -> rows.getBoolean(column);
      case 1, 3, 4, 5 -> rows.getInt(column);
      case 6 -> rows.getLong(column);
      case 7 -> rows.getFloat(column);
      case 8 -> rows.getDouble(column);
      case 9 -> rows.getBigDecimal(column);
      case 10 -> rows.getObject(column, LocalDate.class);
      case 11 -> rows.getObject(column, LocalDateTime.class);
      default -> rows.getString(column);
    };
    return rows.wasNull() ? null : value;
  }

  static void roundTrip(String... options) throws Exception {
    try (Connection c = connect(options)) {
      execute(c, "DELETE FROM types");
      try (PreparedStatement insert = c.prepareStatement("INSERT INTO types VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
        for (Object[] row : TYPE_ROWS) {
          for (int i = 0; i < row.length; i++) insert.setObject(i + 1, row[i]);
          equal(insert.executeUpdate(), 1);
        }
      }
      try (PreparedStatement select = c.prepareStatement("SELECT * FROM types WHERE id > ? ORDER BY id")) {
        select.setInt(1, 0);
        try (ResultSet rows = select.executeQuery()) {
          for (Object[] wanted : TYPE_ROWS) {
            equal(rows.next(), true);
            for (int i = 0; i < wanted.length; i++) equal(read(rows, i + 1), wanted[i]);
          }
          equal(rows.next(), false);
        }
      }
    }
  }

  static String serverPrepare() { return "useServerPrepStmts=true"; }

  static void prepared() throws Exception {
    roundTrip(serverPrepare());
    try (Connection c = connect(serverPrepare(), "cachePrepStmts=true", connectorJ ? "emulateUnsupportedPstmts=false" : "useServerPrepStmts=true")) {
      for (int round = 0; round < 50; round++) {
        try (PreparedStatement select = c.prepareStatement("SELECT txt, CONCAT(?, '!'), ? IS NULL FROM big WHERE id = ?")) {
          select.setString(1, "s" + round);
          select.setNull(2, Types.VARCHAR);
          select.setLong(3, round);
          try (ResultSet rows = select.executeQuery()) {
            rows.next();
            equal(rows.getString(1) + rows.getString(2) + rows.getInt(3), "row " + round + "s" + round + "!1");
          }
        }
      }
      fails(() -> c.prepareStatement("SELECT * FROM no_such_table WHERE id = ?").executeQuery(), 1146, "42S02");
      fails(() -> c.prepareStatement("SELECT FROM WHERE ?").executeQuery(), 1064, "42000");
    }
  }

  // Every setter against a comparison in the server.
  static void parameters() throws Exception {
    try (Connection c = connect(serverPrepare());
         PreparedStatement s = c.prepareStatement("SELECT COUNT(*) FROM types WHERE i8 = ? AND i16 = ? AND i32 = ? AND i64 = ? AND f64 = ? AND d = ? "
             + "AND dt = ? AND ts = ? AND v = ? AND b = ?")) {
      s.setByte(1, (byte) 0);
      s.setShort(2, (short) 0);
      s.setInt(3, 0);
      s.setLong(4, 0);
      s.setDouble(5, 0.1);
      s.setBigDecimal(6, new BigDecimal("0.0000000001"));
      s.setDate(7, Date.valueOf("2024-02-29"));
      s.setTimestamp(8, Timestamp.valueOf("2024-02-29 12:34:56"));
      s.setString(9, "x".repeat(200));
      s.setBoolean(10, true);
      try (ResultSet rows = s.executeQuery()) {
        rows.next();
        equal(rows.getLong(1), 1L);
      }
      try (PreparedStatement bytes = c.prepareStatement("SELECT ?, LENGTH(?)")) {
        bytes.setBytes(1, "bytes".getBytes(StandardCharsets.UTF_8));
        bytes.setCharacterStream(2, new java.io.StringReader("z".repeat(100_000)));
        try (ResultSet rows = bytes.executeQuery()) {
          rows.next();
          equal(new String(rows.getBytes(1), StandardCharsets.UTF_8), "bytes");
          equal(rows.getLong(2), 100_000L);
        }
      }
    }
  }

  static void errors() throws Exception {
    try (Connection c = connect()) {
      fails(() -> execute(c, "SELEC 1"), 1064, "42000");
      fails(() -> execute(c, "SELECT * FROM no_such_table"), 1146, "42S02");
      fails(() -> execute(c, "SELECT nope FROM big"), 1054, "42S22");
      fails(() -> execute(c, "CREATE TABLE big (id INT)"), 1050, "42S01");
      fails(() -> execute(c, "INSERT INTO keyed SELECT 1, 'a' UNION ALL SELECT 1, 'b'"), 1062, "23000");
      equal(c.isValid(10), true);
    }
  }

  static void multiStatements() throws Exception {
    try (Connection c = connect("allowMultiQueries=true"); Statement s = c.createStatement()) {
      StringBuilder got = new StringBuilder();
      boolean rows = s.execute("SELECT 1; SET @x = 1; SELECT 'x;y'");
      while (rows || s.getUpdateCount() != -1) {
        if (rows) {
          try (ResultSet result = s.getResultSet()) {
            while (result.next()) got.append(result.getString(1)).append(' ');
          }
        }
        rows = s.getMoreResults();
      }
      equal(got.toString(), "1 x;y ");
    }
  }

  static void sumBig(ResultSet rows) throws SQLException {
    long count = 0;
    long total = 0;
    while (rows.next()) {
      count++;
      total += rows.getLong(1);
    }
    equal(count + " " + total, BIG_ROWS + " " + BIG_ROWS * (BIG_ROWS - 1) / 2);
  }

  static void bigResult() throws Exception {
    try (Connection c = connect(); Statement s = c.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY)) {
      s.setFetchSize(connectorJ ? Integer.MIN_VALUE : 1000);
      try (ResultSet rows = s.executeQuery("SELECT id, txt FROM big")) { sumBig(rows); }
    }
  }

  static void cursorFetch() throws Exception {
    try (Connection c = connect("useCursorFetch=true", serverPrepare());
         PreparedStatement s = c.prepareStatement("SELECT id, txt FROM big WHERE id >= ?")) {
      s.setFetchSize(5000);
      s.setLong(1, 0);
      try (ResultSet rows = s.executeQuery()) { sumBig(rows); }
      // A cursor that is closed in the middle, and another statement while a cursor is open.
      try (ResultSet rows = s.executeQuery()) {
        rows.next();
        equal(scalar(c, "SELECT COUNT(*) FROM keyed WHERE id < 0"), "0");
        rows.next();
      }
      equal(scalar(c, "SELECT 7"), "7");
    }
  }

  static void compression() throws Exception {
    try (Connection c = connect("useCompression=true"); Statement s = c.createStatement();
         ResultSet rows = s.executeQuery("SELECT id, txt FROM big WHERE id < 100000 ORDER BY id")) {
      long count = 0;
      while (rows.next()) equal(rows.getString(2), "row " + count++);
      equal(count, 100000L);
    }
  }

  static void killQuery() throws Exception {
    try (Connection c = connect(); Connection killer = connect(); Statement slow = c.createStatement()) {
      String id = scalar(c, "SELECT CONNECTION_ID()");
      Thread kill = new Thread(() -> {
        try {
          Thread.sleep(500);
          execute(killer, "KILL QUERY " + id);
        } catch (Exception error) {
          throw new IllegalStateException(error);
        }
      });
      kill.start();
      fails(() -> { try (ResultSet rows = slow.executeQuery(SLOW_QUERY)) { rows.next(); } }, 1317, "70100");
      kill.join();
      equal(c.isValid(10), true);
      Thread cancel = new Thread(() -> {
        try {
          Thread.sleep(500);
          slow.cancel();
        } catch (Exception error) {
          throw new IllegalStateException(error);
        }
      });
      cancel.start();
      try (ResultSet rows = slow.executeQuery(SLOW_QUERY)) {
        rows.next();
        throw new AssertionError("cancel() had no effect");
      } catch (SQLException expected) {
        cancel.join();
      }
      equal(c.isValid(10), true);
    }
  }

  static void queryTimeout() throws Exception {
    try (Connection c = connect(); Statement slow = c.createStatement()) {
      slow.setQueryTimeout(1);
      long start = System.nanoTime();
      try (ResultSet rows = slow.executeQuery(SLOW_QUERY)) {
        rows.next();
        throw new AssertionError("the timeout had no effect");
      } catch (SQLException expected) {
        if (System.nanoTime() - start > 20_000_000_000L) throw new AssertionError("the timeout of 1 s took more than 20 s");
      }
      slow.setQueryTimeout(0);
      equal(scalar(c, "SELECT 1"), "1");
    }
  }

  static void localInfile() throws Exception {
    try (Connection c = connect(connectorJ ? "allowLoadLocalInfile=true" : "allowLocalInfile=true"); Statement s = c.createStatement()) {
      s.execute("DELETE FROM loaded");
      equal(s.executeUpdate("LOAD DATA LOCAL INFILE '" + env("T_FILE") + "' INTO TABLE loaded FIELDS TERMINATED BY ','"), 1000);
      equal(scalar(c, "SELECT COUNT(*) FROM loaded"), "1000");
    }
  }

  static void transactions() throws Exception {
    try (Connection one = connect(); Connection two = connect()) {
      one.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      one.setAutoCommit(false);
      execute(one, "INSERT INTO keyed VALUES (700, 'java')");
      equal(scalar(two, "SELECT COUNT(*) FROM keyed WHERE id = 700"), "0");
      one.rollback();
      equal(scalar(one, "SELECT COUNT(*) FROM keyed WHERE id = 700"), "0");
      execute(one, "INSERT INTO keyed VALUES (700, 'java')");
      one.commit();
      equal(scalar(two, "SELECT COUNT(*) FROM keyed WHERE id = 700"), "1");
      execute(two, "DELETE FROM keyed WHERE id = 700");
      one.setAutoCommit(true);
    }
  }

  static void batch() throws Exception {
    for (String rewrite : new String[] {"false", "true"}) {
      String[] options = connectorJ ? new String[] {"rewriteBatchedStatements=" + rewrite, serverPrepare()}
                                    : new String[] {"useBulkStmts=" + rewrite, serverPrepare()};
      try (Connection c = connect(options)) {
        c.setAutoCommit(false);
        try (PreparedStatement insert = c.prepareStatement("INSERT INTO keyed VALUES (?, ?)")) {
          for (int id = 800; id < 1000; id++) {
            insert.setInt(1, id);
            insert.setString(2, "batch " + id);
            insert.addBatch();
          }
          equal(insert.executeBatch().length, 200);
        }
        c.commit();
        equal(scalar(c, "SELECT COUNT(*) FROM keyed WHERE id >= 800 AND id < 1000"), "200");
        execute(c, "DELETE FROM keyed WHERE id >= 800 AND id < 1000");
        c.commit();
      } catch (BatchUpdateException error) {
        throw new AssertionError("rewrite=" + rewrite + ": " + error, error);
      }
    }
  }

  static void resetAndChangeUser() throws Exception {
    try (Connection c = connect(connectorJ ? "maintainTimeStats=false" : "useResetConnection=true")) {
      execute(c, "SET @a = 5");
      if (connectorJ) {
        com.mysql.cj.jdbc.JdbcConnection own = c.unwrap(com.mysql.cj.jdbc.JdbcConnection.class);
        own.resetServerState();
        equal(scalar(c, "SELECT @a"), null);
        own.changeUser(env("T_NATIVE_USER"), env("T_AUTH_PASSWORD"));
        equal(scalar(c, "SELECT USER()").startsWith(env("T_NATIVE_USER") + "@"), true);
      } else {
        // This driver sends COM_RESET_CONNECTION to MariaDB servers only.
        c.unwrap(org.mariadb.jdbc.Connection.class).reset();
        equal(scalar(c, "SELECT @a"), env("T_FLAVOUR").equals("mariadb") ? null : "5");
      }
    }
  }

  static void metadata() throws Exception {
    try (Connection c = connect()) {
      DatabaseMetaData meta = c.getMetaData();
      List<String> tables = names(meta.getTables(env("T_DB"), null, "%", new String[] {"TABLE"}), "TABLE_NAME");
      if (!tables.containsAll(List.of("big", "keyed", "types", "loaded"))) throw new AssertionError("getTables: " + tables);
      equal(names(meta.getColumns(env("T_DB"), null, "types", "%"), "COLUMN_NAME"),
          List.of("id", "b", "i8", "i16", "i32", "i64", "f32", "f64", "d", "dt", "ts", "v", "t"));
      equal(names(meta.getPrimaryKeys(env("T_DB"), null, "keyed"), "COLUMN_NAME"), List.of("id"));
      if (!names(meta.getCatalogs(), "TABLE_CAT").contains(env("T_DB"))) throw new AssertionError("getCatalogs");
      names(meta.getIndexInfo(env("T_DB"), null, "keyed", false, true), "INDEX_NAME");
      names(meta.getTypeInfo(), "TYPE_NAME");
      try (Statement s = c.createStatement(); ResultSet rows = s.executeQuery("SELECT id AS renamed, d, v, ts FROM types WHERE id < 0")) {
        ResultSetMetaData columns = rows.getMetaData();
        equal(columns.getColumnLabel(1) + " " + columns.getColumnName(1) + " " + columns.getTableName(1), "renamed id types");
        equal(columns.getColumnType(1), Types.INTEGER);
        equal(columns.getColumnType(2) + " " + columns.getPrecision(2) + " " + columns.getScale(2), Types.DECIMAL + " 38 10");
        equal(columns.getColumnType(4), Types.TIMESTAMP);
      }
    }
  }

  static List<String> names(ResultSet rows, String column) throws SQLException {
    List<String> found = new ArrayList<>();
    try (rows) {
      while (rows.next()) found.add(rows.getString(column));
    }
    return found;
  }

  static void run(String name, Check check) {
    try {
      check.run();
      System.out.println("ok " + name);
    } catch (Skip reason) {
      System.out.println("skip " + name + ": " + reason.getMessage());
    } catch (Throwable error) {
      StackTraceElement where = null;
      for (StackTraceElement element : error.getStackTrace()) {
        if (element.getClassName().equals("Scenario") && !element.getMethodName().matches("equal|fails")) {
          where = element;
          break;
        }
      }
      System.out.println("FAIL " + name + ": " + cut(error.toString().replaceAll("\\s+", " ")) + " (" + where + ")");
    }
    System.out.flush();
  }

  public static void main(String[] arguments) {
    java.util.TimeZone.setDefault(java.util.TimeZone.getTimeZone("UTC"));
    connectorJ = arguments[0].equals("connectorj");
    run("connect", Scenario::connectCheck);
    run("tls", Scenario::tlsCheck);
    run("auth_native", Scenario::authNative);
    run("auth_caching_sha2", Scenario::authSha2);
    run("types", () -> roundTrip());
    run("prepared", Scenario::prepared);
    run("parameters", Scenario::parameters);
    run("errors", Scenario::errors);
    run("multi_statements", Scenario::multiStatements);
    run("big_result", Scenario::bigResult);
    if (connectorJ) run("cursor_fetch", Scenario::cursorFetch);
    run("compression", Scenario::compression);
    run("kill_query", Scenario::killQuery);
    run("query_timeout", Scenario::queryTimeout);
    run("local_infile", Scenario::localInfile);
    run("transactions", Scenario::transactions);
    run("batch", Scenario::batch);
    run("reset_and_change_user", Scenario::resetAndChangeUser);
    run("metadata", Scenario::metadata);
  }
}
