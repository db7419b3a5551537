// SPDX-License-Identifier: Apache-2.0
// Runs query files (NN.sql, '?' placeholders, parameters one a line in NN.params) as server-side prepared statements of
// Connector/J and prints "== NN" and the rows, values separated by tabs. Each statement runs twice; the second answer is printed.
// Usage: java TpchPrepared <jdbc url> <user> <password> <directory>

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.List;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;

public final class TpchPrepared {
  public static void main(String[] arguments) throws Exception {
    Properties properties = new Properties();
    properties.put("user", arguments[1]);
    properties.put("password", arguments[2]);
    properties.put("useServerPrepStmts", "true");
    properties.put("emulateUnsupportedPstmts", "false");
    properties.put("sslMode", "DISABLED");
    properties.put("connectionTimeZone", "UTC");
    try (Connection connection = DriverManager.getConnection(arguments[0], properties); Stream<Path> files = Files.list(Path.of(arguments[3]))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".sql")).sorted().collect(Collectors.toList())) {
        String name = file.getFileName().toString().replace(".sql", "");
        System.out.println("== " + name);
        try (PreparedStatement statement = connection.prepareStatement(Files.readString(file))) {
          if (!(statement.unwrap(com.mysql.cj.jdbc.ClientPreparedStatement.class) instanceof com.mysql.cj.jdbc.ServerPreparedStatement)) {
            throw new IllegalStateException("the driver did not prepare on the server");
          }
          List<String> parameters = Files.readAllLines(file.resolveSibling(name + ".params"));
          for (int run = 0; run < 2; run++) {
            for (int i = 0; i < parameters.size(); i++) statement.setString(i + 1, parameters.get(i));
            try (ResultSet rows = statement.executeQuery()) {
              int columns = rows.getMetaData().getColumnCount();
              while (rows.next()) {
                if (run == 0) continue;
                StringBuilder line = new StringBuilder();
                for (int c = 1; c <= columns; c++) line.append(c > 1 ? "\t" : "").append(rows.getString(c));
                System.out.println(line);
              }
            }
          }
        } catch (Exception error) {
          System.out.println("!! " + error.toString().replaceAll("\\s+", " "));
        }
      }
    }
  }
}
