# SPDX-License-Identifier: Apache-2.0
"""Statements that are wrong in every way that a user finds, for test/faults/test_error_texts.py."""
import re

SCHEMA = [
    "CREATE TABLE t (k INT, v VARCHAR(20), d DECIMAL(10, 2), dt DATETIME, a ARRAY<INT>, m MAP<STRING, INT>, j JSON, f DOUBLE) "
    "DUPLICATE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 1 PROPERTIES ('replication_num' = '1')",
    "CREATE TABLE u (k INT, v INT, w BIGINT) UNIQUE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 1 PROPERTIES ('replication_num' = '1')",
    "CREATE TABLE n (k INT NOT NULL, v TINYINT NOT NULL) DUPLICATE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 1 PROPERTIES ('replication_num' = '1')",
    "CREATE VIEW w AS SELECT k, v FROM t",
    "INSERT INTO t (k, v, d) VALUES (1, 'x', 1.5), (2, 'y', 2.5)",
    "INSERT INTO u VALUES (1, 1, 1), (2, 2, 2)",
]

# Cut after every token, and with every token taken out.
WHOLE = [
    "SELECT k, v AS x FROM t WHERE k > 1 AND v LIKE 'a%' ORDER BY k DESC LIMIT 3",
    "SELECT k, COUNT(*) FROM t GROUP BY k HAVING COUNT(*) > 1",
    "SELECT a.k FROM t a LEFT JOIN u b ON a.k = b.k WHERE b.v IS NOT NULL",
    "SELECT * FROM t WHERE k IN (1, 2, 3) OR k BETWEEN 4 AND 5",
    "SELECT CASE WHEN k > 1 THEN 'a' ELSE 'b' END FROM t",
    "SELECT CAST(v AS INT), DATE_ADD(dt, INTERVAL 1 DAY) FROM t",
    "SELECT SUM(k) OVER (PARTITION BY v ORDER BY k ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t",
    "WITH q AS (SELECT 1 AS x) SELECT x FROM q",
    "SELECT k FROM t UNION ALL SELECT k FROM u",
    "SELECT * FROM (SELECT k FROM t) q",
    "SELECT k FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.k = t.k)",
    "SELECT x FROM t LATERAL VIEW explode(a) tmp AS x",
    "SELECT array_map(x -> x + 1, a) FROM t",
    "SELECT k FROM t GROUP BY ROLLUP(k)",
    "INSERT INTO u (k, v) VALUES (1, 2), (3, 4)",
    "INSERT INTO u SELECT k, k, k FROM t",
    "UPDATE u SET v = v + 1, w = 3 WHERE k = 1",
    "DELETE FROM u WHERE k = 1 AND v = 2",
    "CREATE TABLE c1 (a INT NOT NULL DEFAULT '1', b VARCHAR(5)) DUPLICATE KEY(a) DISTRIBUTED BY HASH(a) BUCKETS 1 "
    "PROPERTIES ('replication_num' = '1')",
    "CREATE TABLE c2 (a INT, b DATE) PARTITION BY RANGE(b) (PARTITION p VALUES LESS THAN ('2020-01-01')) DISTRIBUTED BY HASH(a) "
    "BUCKETS 1 PROPERTIES ('replication_num' = '1')",
    "CREATE VIEW c3 (x, y) AS SELECT k, v FROM t",
    "ALTER TABLE u ADD COLUMN z INT DEFAULT '1' AFTER v",
    "ALTER TABLE u DROP COLUMN z",
    "DROP TABLE IF EXISTS c1",
    "SHOW FULL COLUMNS FROM t LIKE 'k%'",
    "SET @@session.query_timeout = 10",
    "GRANT SELECT_PRIV ON *.* TO 'nobody'@'%'",
    "CREATE USER 'somebody'@'%' IDENTIFIED BY 'secret'",
    "EXPLAIN SELECT k FROM t",
    "CREATE INDEX i ON t (v) USING INVERTED",
]

_TOKEN = re.compile(r"'[^']*'|`[^`]*`|@@|[A-Za-z_][A-Za-z_0-9]*|\d+|->|[<>=]+|\S")


def cuts(statement):
    """The statement cut after each of its tokens, and without each."""
    tokens = [(found.start(), found.end()) for found in _TOKEN.finditer(statement)]
    made = [statement[:end] for _, end in tokens[:-1]]
    made += [statement[:begin] + statement[end:] for begin, end in tokens]
    return made


# What the binder finds: each of these must name a place.
BIND = [
    # unknown columns, clause by clause
    "SELECT nocol FROM t", "SELECT k + nocol FROM t", "SELECT t.nocol FROM t", "SELECT x.k FROM t", "SELECT x.* FROM t",
    "SELECT k FROM t WHERE nocol = 1", "SELECT k FROM t WHERE k = 1 AND (v = 'a' OR nocol > 2)", "SELECT k FROM t GROUP BY nocol",
    "SELECT k, COUNT(*) FROM t GROUP BY k HAVING nocol > 1", "SELECT k FROM t ORDER BY nocol", "SELECT a.k FROM t a JOIN u b ON a.k = b.nocol",
    "SELECT a.k FROM t a JOIN u b USING (nocol)", "SELECT nocol", "SELECT SUM(nocol) FROM t", "SELECT SUM(k) OVER (ORDER BY nocol) FROM t",
    "SELECT SUM(k) OVER (PARTITION BY nocol) FROM t", "SELECT (SELECT nocol FROM u) FROM t", "SELECT k FROM t WHERE k IN (SELECT nocol FROM u)",
    "SELECT k FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.k = t.nocol)", "SELECT q.nocol FROM (SELECT k FROM t) q",
    "WITH q AS (SELECT k FROM t) SELECT nocol FROM q", "SELECT CASE WHEN nocol THEN 1 END FROM t", "SELECT IF(nocol, 1, 2) FROM t",
    "SELECT CAST(nocol AS INT) FROM t", "SELECT nocol IS NULL FROM t", "SELECT DATE_ADD(nocol, INTERVAL 1 DAY) FROM t",
    "SELECT -nocol FROM t", "SELECT NOT nocol FROM t", "SELECT nocol LIKE 'a' FROM t", "SELECT k BETWEEN 1 AND nocol FROM t",
    "SELECT x FROM t LATERAL VIEW explode(nocol) tmp AS x", "SELECT array_map(x -> x + nocol, a) FROM t", "SELECT a[nocol] FROM t",
    "SELECT `no col` FROM t", "SELECT k FROM t\n\nWHERE\n  nocol = 1", "SELECT 'ä', nocol FROM t", "SELECT nocol FROM w",
    "UPDATE u SET nocol = 1", "UPDATE u SET v = nocol WHERE k = 1", "UPDATE u SET v = 1 WHERE nocol = 1", "DELETE FROM u WHERE nocol = 1",
    "INSERT INTO u (nocol) VALUES (1)", "INSERT INTO u (k, v) SELECT k, nocol FROM t", "INSERT INTO u VALUES (1, 2, nocol)",
    "CREATE VIEW bad AS SELECT nocol FROM t", "CREATE TABLE bad PROPERTIES ('replication_num' = '1') AS SELECT nocol FROM t",
    "EXPLAIN SELECT nocol FROM t", "SELECT * EXCEPT (nocol) FROM t", "SELECT k FROM t UNION SELECT nocol FROM u",
    # ambiguous ones
    "SELECT k FROM t a, u b", "SELECT a.k FROM t a JOIN u b ON k = 1", "SELECT t.k FROM t, u WHERE v = 1",
    # unknown tables, databases, functions
    "SELECT * FROM notab", "SELECT * FROM nodb.notab", "SELECT 1 FROM t JOIN notab ON 1 = 1", "SELECT (SELECT 1 FROM notab)",
    "WITH q AS (SELECT * FROM notab) SELECT * FROM q", "INSERT INTO notab VALUES (1)", "INSERT INTO u SELECT * FROM notab",
    "UPDATE notab SET a = 1", "DELETE FROM notab WHERE a = 1", "CREATE VIEW bad AS SELECT * FROM notab", "EXPLAIN SELECT * FROM notab",
    "SELECT nofun(1)", "SELECT k, nofun(k) FROM t", "SELECT k FROM t WHERE nofun(k) = 1", "SELECT nofun()", "SELECT SUM(nofun(k)) FROM t",
    "SELECT nofun(k) OVER () FROM t", "SELECT * FROM nofun('a' = 'b')", "SELECT x FROM t LATERAL VIEW explode_nofun(a) tmp AS x",
    "SELECT k FROM t ORDER BY nofun(k)", "SELECT UPPER(nofun(k)) FROM t",
    # wrong numbers and types of arguments
    "SELECT ABS()", "SELECT ABS(1, 2)", "SELECT ABS(a) FROM t", "SELECT UPPER(a) FROM t", "SELECT UPPER(1, 2, 3)", "SELECT CONCAT()",
    "SELECT SUBSTRING(v) FROM t", "SELECT LENGTH(m) FROM t", "SELECT YEAR(a) FROM t", "SELECT DATE_ADD(a, INTERVAL 1 DAY) FROM t",
    "SELECT DATEDIFF(dt) FROM t", "SELECT ROUND(a) FROM t", "SELECT SUM(a) FROM t", "SELECT SUM(m) FROM t", "SELECT AVG(a) FROM t",
    "SELECT SUM(k, v) FROM t", "SELECT array_contains(k, 1) FROM t", "SELECT array_sum(v) FROM t", "SELECT map_keys(k) FROM t",
    "SELECT json_extract(a, '$.x') FROM t", "SELECT bitmap_count(k) FROM t", "SELECT hll_cardinality(k) FROM t", "SELECT ST_X(a) FROM t",
    "SELECT a + 1 FROM t", "SELECT m * 2 FROM t", "SELECT a = m FROM t", "SELECT NOT a FROM t", "SELECT a AND 1 FROM t", "SELECT a LIKE 'x' FROM t",
    "SELECT k IN (a) FROM t", "SELECT COALESCE(k, a) FROM t", "SELECT IF(1, k, a) FROM t", "SELECT CASE WHEN 1 THEN k ELSE a END FROM t",
    "SELECT greatest(k, a) FROM t", "SELECT k FROM t WHERE a", "SELECT ntile(v) OVER (ORDER BY k) FROM t", "SELECT lag(k, v) OVER (ORDER BY k) FROM t",
    "SELECT MD5(a) FROM t", "SELECT inet_aton(a) FROM t", "SELECT from_unixtime(a) FROM t", "SELECT date_trunc(a, 'day') FROM t",
    "SELECT percentile(a, 0.5) FROM t", "SELECT group_concat(a) FROM t", "SELECT stddev(a) FROM t", "SELECT split_by_string(a, m) FROM t",
    # aggregates and windows in wrong places
    "SELECT k FROM t WHERE SUM(k) > 1", "SELECT SUM(SUM(k)) FROM t", "SELECT k, v FROM t GROUP BY k", "SELECT k, SUM(k) FROM t",
    "SELECT k FROM t GROUP BY SUM(k)", "SELECT v FROM t HAVING SUM(k) > 1", "SELECT k FROM t a JOIN u b ON SUM(a.k) = 1",
    "SELECT k FROM t WHERE ROW_NUMBER() OVER (ORDER BY k) = 1", "SELECT ROW_NUMBER() FROM t", "SELECT RANK() FROM t",
    "SELECT SUM(ROW_NUMBER() OVER ()) FROM t", "SELECT k FROM t GROUP BY ROW_NUMBER() OVER ()", "SELECT UPPER(v) OVER () FROM t",
    "SELECT SUM(k) OVER (ROWS BETWEEN CURRENT ROW AND 1 PRECEDING) FROM t", "SELECT k FROM t GROUP BY 5", "SELECT k FROM t ORDER BY 5",
    "SELECT a FROM t ORDER BY a", "SELECT a FROM t GROUP BY a", "SELECT DISTINCT a FROM t", "SELECT DISTINCT v FROM t ORDER BY k",
    "UPDATE u SET v = SUM(k)", "INSERT INTO u VALUES (SUM(1), 1, 1)",
    # subqueries and set operations
    "SELECT (SELECT k, v FROM t)", "SELECT k FROM t WHERE k = (SELECT k, v FROM u)", "SELECT k FROM t WHERE k IN (SELECT k, v FROM u)",
    "SELECT k FROM t UNION SELECT k, v FROM u", "SELECT k, v FROM t EXCEPT SELECT k FROM u", "SELECT * FROM t UNION SELECT * FROM u",
    "SELECT (k, v) IN (SELECT k FROM u) FROM t",
    "SELECT k FROM t WHERE k = (SELECT SUM(v) FROM u WHERE u.k > t.k)", "SELECT (SELECT u.v FROM u WHERE u.k = t.k LIMIT 1) FROM t",
    "SELECT k FROM t a JOIN t a ON 1 = 1", "SELECT 1 FROM t, t",
    # casts
    "SELECT CAST(k AS ARRAY<INT>) FROM t", "SELECT CAST(a AS INT) FROM t", "SELECT CAST(m AS DATE) FROM t", "SELECT CAST(1 AS NOTYPE)",
    "SELECT CAST(1 AS DECIMAL(100, 2))", "SELECT CAST(k AS STRUCT<a:INT>) FROM t",
    # INSERT
    "INSERT INTO u VALUES (1)", "INSERT INTO u VALUES (1, 2, 3, 4)", "INSERT INTO u (k, v) VALUES (1)", "INSERT INTO u (k, k) VALUES (1, 2)",
    "INSERT INTO u (k) SELECT k, v FROM t", "INSERT INTO u VALUES (1, 2, 3), (1, 2)", "INSERT INTO u SELECT a, k, k FROM t",
    # DDL
    "CREATE TABLE bad (a INT, a INT) DISTRIBUTED BY HASH(a) BUCKETS 1 PROPERTIES ('replication_num' = '1')",
    "CREATE TABLE bad (a INT) DUPLICATE KEY(b) DISTRIBUTED BY HASH(a) BUCKETS 1 PROPERTIES ('replication_num' = '1')",
    "CREATE TABLE bad (a INT) DISTRIBUTED BY HASH(b) BUCKETS 1 PROPERTIES ('replication_num' = '1')",
    "CREATE TABLE bad (a NOTYPE) DISTRIBUTED BY HASH(a) BUCKETS 1", "CREATE TABLE bad (a DECIMAL(90, 2)) DISTRIBUTED BY HASH(a) BUCKETS 1",
    "ALTER TABLE u ADD COLUMN v INT", "ALTER TABLE u DROP COLUMN nocol", "ALTER TABLE u RENAME COLUMN nocol x",
    "ALTER TABLE u MODIFY COLUMN nocol BIGINT", "ALTER TABLE u ADD COLUMN y INT AFTER nocol", "CREATE INDEX i ON t (nocol) USING INVERTED",
]

# What is wrong with values or with the server's state: a number and a text, a place need not be.
OTHER = [
    "INSERT INTO u VALUES ('abc', 1, 1)", "INSERT INTO n VALUES (NULL, 1)", "INSERT INTO n VALUES (1, 300)", "INSERT INTO t (k, v) VALUES (1, REPEAT('x', 30))",
    "INSERT INTO t (k, dt) VALUES (1, 'no date')", "INSERT INTO t (k, a) VALUES (1, 'no array')", "INSERT INTO t (k, j) VALUES (1, '{')",
    "SELECT (SELECT k FROM t)", "CREATE TABLE t (a INT) DISTRIBUTED BY HASH(a) BUCKETS 1 PROPERTIES ('replication_num' = '1')",
    "CREATE VIEW w AS SELECT 1", "CREATE DATABASE errors_db", "DROP TABLE notab", "DROP VIEW noview", "DROP DATABASE nodb", "USE nodb", "DESC notab",
    "SHOW CREATE TABLE notab", "SHOW COLUMNS FROM notab", "SHOW INDEX FROM notab", "TRUNCATE TABLE notab", "ALTER TABLE notab ADD COLUMN a INT",
    "ALTER TABLE notab RENAME x", "SHOW TABLES FROM nodb", "SHOW CREATE DATABASE nodb", "SHOW PARTITIONS FROM notab", "DROP TABLE w", "DROP VIEW t",
    "SET nosuchvariable = 1", "SELECT @@nosuchvariable", "SET query_timeout = 'abc'", "KILL 999999", "KILL QUERY 999999", "SWITCH nocatalog",
    "SELECT repeat('x', -1), assert_true(false, 'no')", "SELECT regexp_extract('a', '(', 1)", "SELECT 1 INTO OUTFILE 's3://x/y'",
    "DROP USER nobody", "GRANT SELECT_PRIV ON *.* TO nobody", "REVOKE SELECT_PRIV ON *.* FROM nobody", "SHOW GRANTS FOR nobody", "DROP ROLE norole",
    "CREATE TABLE bad (a INT) ENGINE = nosuch", "ALTER TABLE u DROP PARTITION nopart", "SELECT k FROM t PARTITION (nopart)",
    "INSERT INTO t PARTITION (nopart) (k) VALUES (1)", "RECOVER TABLE notab", "CREATE TABLE bad LIKE notab", "SELECT json_parse('{')",
    "EXECUTE nostatement", "DEALLOCATE PREPARE nostatement", "ROLLBACK TO SAVEPOINT nosuch", "PREPARE p FROM 'SELECT nocol FROM t'",
    "SELECT ?", "SELECT * FROM numbers('number' = 'x')", "SELECT * FROM s3('uri' = 'x')", "LOAD DATA INFILE 'x' INTO TABLE t", "HELP", "XA START 'a'",
    "SELECT 9223372036854775807 + 1, CAST('1' AS DECIMAL(38, 37)) * 1000000", "SELECT sleep('x')", "BACKUP SNAPSHOT x TO y", "",
]
