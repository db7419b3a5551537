// SPDX-License-Identifier: Apache-2.0
// The words that the grammar names. Code writes them as "SELECT"_kw, which the
// compiler turns into the index and refuses when the word is not in the table.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sluice::dialect {

// An index into the two lists below, or kNoKeyword.
enum class Keyword : uint16_t {};
inline constexpr Keyword kNoKeyword{0xffff};

// clang-format off
// A reserved word cannot be a name or an alias without backticks.
inline constexpr std::string_view kReservedWords[] = {
    "ALL", "ALTER", "ANALYZE", "AND", "ANTI", "AS", "ASC", "BETWEEN", "BINARY", "BY", "CASE", "CAST", "CHECK", "COLLATE",
    "CONSTRAINT", "CONVERT", "CREATE", "CROSS", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER",
    "DEFAULT", "DELETE", "DESC", "DESCRIBE", "DISTINCT", "DISTINCTROW", "DIV", "DROP", "DUAL", "ELSE", "EXCEPT", "EXISTS",
    "EXPLAIN", "FALSE", "FOR", "FORCE", "FOREIGN", "FROM", "FULL", "GRANT", "GROUP", "HAVING", "IF", "IGNORE", "IN",
    "INDEX", "INNER", "INSERT", "INTERSECT", "INTERVAL", "INTO", "IS", "JOIN", "KEY", "KEYS", "KILL", "LATERAL", "LEFT",
    "LIKE", "LIMIT", "LOAD", "LOCALTIME", "LOCALTIMESTAMP", "LOCK", "MATCH", "MINUS", "NATURAL", "NOT", "NULL", "ON",
    "OR", "ORDER", "OUTER", "OVER", "PRIMARY", "PROCEDURE", "REFERENCES", "REGEXP", "REPLACE", "RIGHT", "RLIKE",
    "SELECT", "SEMI", "SET", "SHOW", "STRAIGHT_JOIN", "TABLE", "THEN", "TO", "TRUE", "UNION", "UNIQUE", "UNLOCK",
    "UPDATE", "USE", "USING", "UTC_DATE", "UTC_TIME", "UTC_TIMESTAMP", "VALUES", "WHEN", "WHERE", "WINDOW", "WITH", "XOR",
};
inline constexpr std::string_view kPlainWords[] = {
    "ACCOUNT", "ADD", "ADMIN", "AFTER", "AGGREGATE", "ALGORITHM", "ANALYSE", "ARRAY", "AT", "AUTO",
    "AUTO_INCREMENT", "BACKENDS", "BEFORE", "BEGIN", "BIGINT", "BIT", "BITMAP", "BLOB", "BOOL", "BOOLEAN", "BOTH",
    "BROADCAST", "BTREE", "BUCKETS", "BUILD", "BYTE", "CANCEL", "CASCADE", "CATALOG", "CATALOGS", "CHAIN", "CHANGE", "CHAR",
    "CHARACTER", "CHARSET", "CHECKSUM", "CLUSTER", "CODE", "COLLATION", "COLUMN", "COLUMNS", "COMMENT", "COMMIT",
    "COMMITTED", "CONCURRENT", "CONNECTION", "CONSISTENT", "COUNT", "CUBE", "CURRENT", "CURRENT_CATALOG", "DATA",
    "DATABASE", "DATABASES", "DATE", "DATETIME", "DATETIMEV2", "DATEV2", "DAY", "DAY_HOUR", "DAY_MICROSECOND",
    "DAY_MINUTE", "DAY_SECOND", "DEALLOCATE", "DEC", "DECIMAL", "DECIMALV2", "DECIMALV3", "DEFERRABLE", "DEFINER",
    "DELAYED", "DISABLE", "DISTRIBUTED", "DO", "DOUBLE", "DUMPFILE", "DUPLICATE", "ENABLE", "ENCLOSED", "END",
    "ENFORCED", "ENGINE", "ENGINES", "ENUM", "ERRORS", "ESCAPE", "ESCAPED", "EVENTS", "EXCLUDE", "EXECUTE",
    "EXTENDED", "EXTERNAL", "EXTRACT", "FIELDS", "FILTER", "FIRST", "FIXED", "FLOAT", "FLUSH", "FN", "FOLLOWING",
    "FORMAT", "FRONTENDS", "FULLTEXT", "FUNCTION", "FUNCTIONS", "GENERATED", "GLOBAL", "GRANTS", "GRAPH",
    "GROUPING", "GROUPS", "GROUP_CONCAT", "HASH", "HELP", "HIGH_PRIORITY", "HLL", "HOST", "HOSTS", "HOUR",
    "HOUR_MICROSECOND", "HOUR_MINUTE", "HOUR_SECOND", "IDENTIFIED", "INDEXES", "INFILE", "INNODB", "INT", "INT1",
    "INT2", "INT3", "INT4", "INT8", "INTEGER", "INTERMEDIATE", "INVERTED", "INVISIBLE", "INVOKER", "IPV4", "IPV6",
    "ISOLATION", "JSON", "JSONB", "JSON_TABLE", "LABEL", "LARGEINT", "LAST", "LEADING", "LESS", "LEVEL", "LINEAR",
    "LINES", "LIST", "LOCAL", "LOCKED", "LOGICAL", "LOGS", "LONG", "LONGBLOB", "LONGTEXT", "LOW_PRIORITY", "MAP",
    "MASTER", "MATERIALIZED", "MAX", "MAXVALUE", "MEDIUMBLOB", "MEDIUMINT", "MEDIUMTEXT", "MEMBER", "MEMO", "MERGE",
    "MICROSECOND", "MIDDLEINT", "MINUTE", "MINUTE_MICROSECOND", "MINUTE_SECOND", "MOD", "MODE", "MODIFY", "MONTH",
    "MUTEX", "NAMES", "NATIONAL", "NCHAR", "NEVER", "NEXT", "NO", "NOWAIT", "NO_WRITE_TO_BINLOG", "NULLS",
    "NUMERIC", "NVARCHAR", "OF", "OFF", "OFFSET", "OLAP", "ONLY", "OPEN", "OPTIMIZE", "OPTIMIZED", "OPTION",
    "OUTFILE", "OVERWRITE", "PARSED", "PARSER", "PARTIAL", "PARTITION", "PARTITIONS", "PASSWORD", "PAUSE", "PERSIST",
    "PHYSICAL", "PLAN", "PLUGINS", "POSITION", "PRECEDING", "PRECISION", "PREPARE", "PREVIOUS", "PRIVILEGES",
    "PROC", "PROCESS", "PROCESSLIST", "PROFILE", "PROFILES", "PROPERTIES", "QUARTER", "QUERY", "QUICK", "RANDOM",
    "RANGE", "READ", "REAL", "RECURSIVE", "REFRESH", "RELEASE", "RENAME", "REPAIR", "REPEATABLE", "REPLICA",
    "RESET", "RESOURCE", "RESTRICT", "RESUME", "REVERSE", "REVOKE", "REWRITTEN", "ROLE", "ROLES", "ROLLBACK", "ROLLUP", "ROUTINE", "ROW",
    "ROWS", "ROW_FORMAT", "SAVEPOINT", "SCHEMA", "SCHEMAS", "SECOND", "SECOND_MICROSECOND", "SECURITY", "SEPARATOR",
    "SERIALIZABLE", "SESSION", "SETS", "SHAPE", "SHARE", "SHUFFLE", "SIGNED", "SIMPLE", "SKIP", "SLAVE", "SMALLINT",
    "SNAPSHOT", "SONAME", "SOUNDS", "SPATIAL", "SQL", "SQL_BIG_RESULT", "SQL_BUFFER_RESULT", "SQL_CACHE",
    "SQL_CALC_FOUND_ROWS", "SQL_NO_CACHE", "SQL_SMALL_RESULT", "START", "STARTING", "STATS", "STATUS", "STORAGE",
    "STORED", "STREAM", "STRING", "STRUCT", "SUBPARTITION", "SUBSTR", "SUBSTRING", "SWITCH", "SYNC", "SYSTEM",
    "TABLES", "TABLESAMPLE", "TABLET", "TABLETS", "TEMPORARY", "TERMINATED", "TEXT", "THAN", "TIES", "TIME",
    "TIMESTAMP", "TIMESTAMPADD", "TIMESTAMPDIFF", "TINYBLOB", "TINYINT", "TINYTEXT", "TRADITIONAL", "TRAILING",
    "TRANSACTION", "TREE", "TRIGGERS", "TRIM", "TRUNCATE", "TRY_CAST", "TYPE", "UNBOUNDED", "UNCOMMITTED",
    "UNDEFINED", "UNKNOWN", "UNSET", "UNSIGNED", "USER", "VALUE", "VARBINARY", "VARCHAR", "VARIABLE", "VARIABLES",
    "VARIANT", "VARYING", "VERBOSE", "VIEW", "VIEWS", "VIRTUAL", "VISIBLE", "WAIT", "WARNINGS", "WEEK", "WITHOUT",
    "WORK", "WORKLOAD", "WRITE", "X509", "XA", "YEAR", "YEAR_MONTH", "ZEROFILL", "ZONE",
};
// clang-format on

inline constexpr size_t kReservedCount = std::size(kReservedWords);
inline constexpr size_t kKeywordCount = kReservedCount + std::size(kPlainWords);

constexpr std::string_view keyword_text(Keyword keyword) {
  size_t index = static_cast<size_t>(keyword);
  if (index >= kKeywordCount) return {};
  return index < kReservedCount ? kReservedWords[index] : kPlainWords[index - kReservedCount];
}
constexpr bool is_reserved(Keyword keyword) { return static_cast<size_t>(keyword) < kReservedCount; }

// The keyword that `word` is in any case, or kNoKeyword.
Keyword find_keyword(std::string_view word);

consteval Keyword operator""_kw(const char* text, size_t length) {
  std::string_view wanted(text, length);
  for (size_t i = 0; i < kKeywordCount; ++i) {
    if (keyword_text(static_cast<Keyword>(i)) == wanted) return static_cast<Keyword>(i);
  }
  throw "this word is not in keywords.h";
}

}  // namespace sluice::dialect
