# SPDX-License-Identifier: Apache-2.0
"""Privileges from outside: who has none can do nothing, one grant opens its own thing, REVOKE closes it at once."""
import base64
import json

import pymysql
import pytest

from harness.server import Server

SETUP = [
    "CREATE DATABASE shop", "CREATE DATABASE other", "CREATE DATABASE made",
    "CREATE TABLE shop.orders (id INT, customer VARCHAR(20), price INT) UNIQUE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1",
    "INSERT INTO shop.orders VALUES (1, 'ann', 10), (2, 'bob', 20), (3, 'ann', 30)",
    "CREATE TABLE shop.log (id INT, note VARCHAR(20)) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1",
    "INSERT INTO shop.log VALUES (1, 'secret')",
    "CREATE TABLE shop.parts (id INT, day DATE) DUPLICATE KEY(id) PARTITION BY RANGE(day) "
    "(PARTITION p1 VALUES LESS THAN ('2024-02-01'), PARTITION p2 VALUES LESS THAN ('2024-03-01')) DISTRIBUTED BY HASH(id) BUCKETS 1",
    "INSERT INTO shop.parts VALUES (1, '2024-01-10')",
    "CREATE VIEW shop.cheap AS SELECT id, price FROM shop.orders WHERE price < 25",
    "CREATE MATERIALIZED VIEW shop.totals BUILD IMMEDIATE REFRESH COMPLETE ON MANUAL DISTRIBUTED BY RANDOM BUCKETS 1 "
    "AS SELECT customer, sum(price) AS total FROM shop.orders GROUP BY customer",
    "CREATE TABLE other.t (id INT, day DATE) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1",
    "CREATE USER nobody IDENTIFIED BY 'nothing'",
]

# Each kind of statement that names something, as somebody without privileges tries it.
FORBIDDEN = [
    "SELECT * FROM shop.orders", "SELECT 1 FROM shop.orders LIMIT 0", "SELECT COUNT(*) FROM shop.orders",
    "SELECT id, customer, price FROM shop.orders WHERE id = 1", "SELECT * FROM shop.cheap", "SELECT * FROM shop.totals",
    "SELECT * FROM shop.not_there", "SELECT * FROM not_there.t",
    "SELECT (SELECT max(price) FROM shop.orders)", "SELECT 1 WHERE EXISTS (SELECT 1 FROM shop.orders)",
    "SELECT 1 IN (SELECT id FROM shop.orders)", "SELECT * FROM (SELECT * FROM shop.orders) x",
    "SELECT 1 UNION ALL SELECT id FROM shop.orders", "SELECT 1 ORDER BY (SELECT max(id) FROM shop.orders)",
    "SELECT 1 LIMIT (SELECT max(id) FROM shop.orders)", "VALUES ((SELECT max(id) FROM shop.orders))",
    "WITH c AS (SELECT * FROM shop.orders) SELECT * FROM c", "WITH orders AS (SELECT * FROM shop.orders) SELECT * FROM orders",
    "WITH RECURSIVE r AS (SELECT id FROM shop.orders UNION ALL SELECT id + 1 FROM r WHERE id < 0) SELECT * FROM r",
    "SELECT * FROM information_schema.tables t JOIN shop.orders o ON 1 = 1",
    "SELECT array_map(x -> x + (SELECT max(id) FROM shop.orders), [1])",
    "SELECT * FROM shop.parts PARTITION (p1)", "SELECT * FROM shop.orders INDEX r", "SELECT * FROM internal.shop.orders",
    "SELECT * FROM partitions('catalog' = 'internal', 'database' = 'shop', 'table' = 'parts')",
    "SELECT * FROM backends()", "SELECT * FROM frontends()",
    "SELECT * FROM local('file_path' = '/etc/passwd', 'format' = 'csv')",
    "EXPLAIN SELECT * FROM shop.orders", "EXPLAIN VERBOSE SELECT * FROM shop.orders", "DO (SELECT max(id) FROM shop.orders)",
    "SET @x = (SELECT max(price) FROM shop.orders)", "SHOW DATABASES WHERE `Database` IN (SELECT note FROM shop.log)",
    "INSERT INTO shop.log VALUES (2, 'x')", "INSERT INTO shop.log SELECT 1, 'x'", "REPLACE INTO shop.orders VALUES (1, 'x', 1)",
    "INSERT INTO shop.orders VALUES (1, 'x', 1)", "INSERT OVERWRITE TABLE shop.log SELECT 1, 'x'",
    "UPDATE shop.orders SET price = 0 WHERE id = 1", "DELETE FROM shop.orders WHERE id = 1",
    "DELETE FROM shop.orders USING shop.log WHERE shop.orders.id = shop.log.id", "TRUNCATE TABLE shop.log",
    "LOAD DATA LOCAL INFILE 'nothing' INTO TABLE shop.log",
    "CREATE DATABASE mine", "CREATE SCHEMA mine", "DROP DATABASE other", "ALTER DATABASE other RENAME mine",
    "ALTER DATABASE other SET PROPERTIES ('a' = 'b')",
    "CREATE TABLE shop.mine (id INT) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1", "CREATE TABLE shop.mine LIKE shop.orders",
    "CREATE TABLE shop.mine PROPERTIES ('replication_num' = '1') AS SELECT 1 AS a", 
    "DROP TABLE shop.log", "DROP TABLE IF EXISTS shop.log, shop.orders", "RENAME TABLE shop.log TO shop.log2",
    "CREATE VIEW shop.v AS SELECT 1 AS a", "CREATE OR REPLACE VIEW shop.cheap AS SELECT 1 AS a", "ALTER VIEW shop.cheap AS SELECT 1 AS a",
    "DROP VIEW shop.cheap", "ALTER TABLE shop.log ADD COLUMN x INT", "ALTER TABLE shop.log DROP COLUMN note",
    "ALTER TABLE shop.log MODIFY COLUMN note VARCHAR(30)", "ALTER TABLE shop.log RENAME log2",
    "ALTER TABLE shop.log REPLACE WITH TABLE log2", "ALTER TABLE shop.parts ADD PARTITION p3 VALUES LESS THAN ('2024-04-01')",
    "ALTER TABLE shop.parts DROP PARTITION p1", "ALTER TABLE shop.log MODIFY COMMENT 'x'", "CANCEL ALTER TABLE COLUMN FROM shop.log",
    "CREATE INDEX i ON shop.log (note) USING INVERTED", "DROP INDEX i ON shop.log", "BUILD INDEX i ON shop.log",
    "CREATE MATERIALIZED VIEW shop.m BUILD IMMEDIATE REFRESH COMPLETE ON MANUAL DISTRIBUTED BY RANDOM BUCKETS 1 AS SELECT 1 AS a",
    "CREATE MATERIALIZED VIEW m AS SELECT id FROM shop.orders", "REFRESH MATERIALIZED VIEW shop.totals COMPLETE",
    "DROP MATERIALIZED VIEW shop.totals", "ALTER MATERIALIZED VIEW shop.totals RENAME t2",
    "PAUSE MATERIALIZED VIEW JOB ON shop.totals", "RESUME MATERIALIZED VIEW JOB ON shop.totals",
    "DROP MATERIALIZED VIEW IF EXISTS m ON shop.orders", "SHOW CREATE MATERIALIZED VIEW shop.totals",
    "USE shop", "USE internal.shop", "SHOW TABLES FROM shop", "SHOW TABLE STATUS FROM shop", "SHOW FULL TABLES FROM shop", "SHOW COLUMNS FROM shop.orders",
    "SHOW FULL COLUMNS FROM shop.orders", "DESC shop.orders", "DESCRIBE shop.orders", "DESC shop.orders ALL", "SHOW INDEX FROM shop.orders",
    "SHOW KEYS FROM shop.orders", "SHOW CREATE TABLE shop.orders", "SHOW CREATE VIEW shop.cheap", "SHOW CREATE DATABASE shop",
    "SHOW PARTITIONS FROM shop.parts", "SHOW ALTER TABLE COLUMN FROM shop", "SHOW TABLETS FROM shop.orders",
    "SHOW COLUMN STATS shop.orders", "SHOW TABLE STATS shop.orders", "SHOW VIEW FROM shop.orders", "SHOW CONSTRAINTS FROM shop.orders",
    "SHOW DATA SKEW FROM shop.orders", "SHOW VIEWS FROM shop", "SHOW DATA FROM shop.orders",
    "SHOW BACKENDS", "SHOW FRONTENDS", "SHOW PROC '/dbs'", "SHOW ROLES", "SHOW ALL GRANTS", "SHOW GRANTS FOR root", "SHOW ROW POLICY",
    "SHOW CREATE USER root", "ADMIN SHOW FRONTEND CONFIG", "ADMIN SET FRONTEND CONFIG ('a' = 'b')", "SHOW CATALOG RECYCLE BIN", "SHOW TRASH",
    "CREATE SQL_BLOCK_RULE b PROPERTIES('sql' = 'x')", "ALTER SQL_BLOCK_RULE b PROPERTIES('enable' = 'false')", "DROP SQL_BLOCK_RULE b",
    "SHOW SQL_BLOCK_RULE", "SET PROPERTY 'query_timeout' = '1'", "SET PROPERTY FOR root 'query_timeout' = '1'", "SHOW PROPERTY FOR root",
    "CLEAN LABEL FROM shop", "CLEAN LABEL l FROM shop", "ADMIN SET TABLE shop.log STATUS PROPERTIES('state' = 'rollup')",
    "LOAD LABEL shop.l (DATA INFILE('s3://b/k') INTO TABLE log) WITH S3 ('s3.endpoint' = 'http://127.0.0.1:1')",
    "SET GLOBAL query_timeout = 5", "SET @@GLOBAL.query_timeout = 5", "UNSET GLOBAL VARIABLE ALL",
    "CREATE USER u2", "DROP USER root", "ALTER USER root IDENTIFIED BY 'mine'", "SET PASSWORD FOR 'root'@'%' = PASSWORD('mine')",
    "ALTER USER nobody PASSWORD_EXPIRE NEVER", "CREATE ROLE r", "DROP ROLE IF EXISTS r", "ALTER ROLE r COMMENT 'x'",
    "GRANT SELECT_PRIV ON *.*.* TO nobody", "GRANT 'admin' TO nobody", "REVOKE SELECT_PRIV ON *.*.* FROM root",
    "GRANT SELECT_PRIV ON shop.orders TO nobody", "GRANT USAGE_PRIV ON RESOURCE 'r' TO nobody", "GRANT USAGE_PRIV ON WORKLOAD GROUP 'g' TO nobody",
    "CREATE ROW POLICY p ON shop.orders AS RESTRICTIVE TO nobody USING (id = 1)", "DROP ROW POLICY p ON shop.orders",
]
DENIED = (1044, 1045, 1105, 1142, 1227)
UNSUPPORTED = (1105, 1235)


def is_denied(error):
    return error.args[0] in DENIED and ("denied" in error.args[1])


@pytest.fixture(scope="module")
def server():
    with Server() as started:
        started.execute_all(SETUP)
        yield started


def run(server, sql, user="nobody", password="nothing", database=None):
    with server.connect(database, user=user, password=password) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def refused(server, sql, user="nobody", password="nothing", **more):
    with pytest.raises(pymysql.err.MySQLError) as caught:
        run(server, sql, user, password, **more)
    assert is_denied(caught.value), (sql, caught.value)
    return caught.value.args[0]


@pytest.fixture
def user(server):
    """A user who is made anew, as (name, password)."""
    server.execute_all(["DROP USER IF EXISTS fresh", "CREATE USER fresh IDENTIFIED BY 'pw'"])
    yield "fresh", "pw"
    server.execute_all(["DROP USER fresh"])


def contents(server):
    found = []
    with server.connect() as connection, connection.cursor() as cursor:
        for sql in [f"SELECT * FROM shop.{table} ORDER BY 1" for table in ("orders", "log", "parts", "totals")] + [
                "SHOW DATABASES", "SHOW TABLES FROM shop", "SHOW ALL GRANTS", "SHOW ROLES"]:
            cursor.execute(sql)
            found.append(cursor.fetchall())
    return found


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_nobody_can(server, sql):
    before = contents(server)
    with pytest.raises(pymysql.err.MySQLError) as caught:
        run(server, sql)
    # What the dialect does not know is refused for everybody.
    assert is_denied(caught.value) or caught.value.args[0] in UNSUPPORTED, (sql, caught.value)
    if not is_denied(caught.value):
        with pytest.raises(pymysql.err.MySQLError) as for_root:
            server.query(sql)
        assert for_root.value.args[0] in UNSUPPORTED, sql
    assert contents(server) == before


@pytest.mark.parametrize("sql", [sql for sql in FORBIDDEN if sql.startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"))])
def test_nobody_can_prepare(server, sql):
    with server.connect(user="nobody", password="nothing") as connection, connection.cursor() as cursor:
        connection._execute_command(0x16, sql.encode())
        with pytest.raises(pymysql.err.MySQLError) as caught:
            connection._read_packet()
        assert is_denied(caught.value) or caught.value.args[0] in UNSUPPORTED, (sql, caught.value)


def test_what_everybody_can(server):
    assert run(server, "SELECT 1 + 1") == ((2,),)
    assert run(server, "SELECT CURRENT_USER()")[0][0].replace("'", "") == "nobody@%"
    assert [row[0] for row in run(server, "SHOW DATABASES")] == ["information_schema", "mysql"]
    assert run(server, "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'shop'") == ((0,),)
    assert run(server, "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'shop'") == ((0,),)
    assert run(server, "SELECT schema_name FROM information_schema.schemata WHERE schema_name = 'shop'") == ()
    assert {row[0] for row in run(server, "SELECT user FROM mysql.user")} == {"nobody"}
    assert {row[0] for row in run(server, "SELECT grantee FROM information_schema.schema_privileges")} == {"'nobody'@'%'"}
    assert run(server, "SELECT * FROM jobs('type' = 'mv')") == ()
    for sql in ("SHOW VARIABLES", "SHOW STATUS", "SHOW PRIVILEGES", "SHOW GRANTS", "SET query_timeout = 10", "SHOW ENGINES", "SELECT @@version_comment"):
        run(server, sql)


def test_init_db(server):
    with pytest.raises(pymysql.err.MySQLError) as caught:
        server.connect("shop", user="nobody", password="nothing")
    assert caught.value.args[0] == 1044
    with server.connect(user="nobody", password="nothing") as connection:
        with pytest.raises(pymysql.err.MySQLError):
            connection.select_db("shop")
        connection.select_db("information_schema")


GRANTS = [
    ("SELECT_PRIV", "shop.orders", "SELECT count(*) FROM shop.orders", "SELECT * FROM shop.log"),
    ("SELECT_PRIV", "internal.shop.orders", "SELECT * FROM shop.orders WHERE id = 1", "SELECT * FROM shop.cheap"),
    ("SELECT_PRIV", "shop.*", "SELECT * FROM shop.log", "SELECT * FROM other.t"),
    ("SELECT_PRIV", "internal.*.*", "SELECT * FROM other.t", "INSERT INTO other.t VALUES (1, NULL)"),
    ("SELECT", "*.*.*", "SELECT * FROM other.t", "TRUNCATE TABLE other.t"),
    ("SELECT_PRIV", "shop.cheap", "SELECT * FROM shop.cheap", "SELECT * FROM shop.orders"),
    ("LOAD_PRIV", "other.t", "INSERT INTO other.t VALUES (1, NULL)", "SELECT * FROM other.t"),
    ("LOAD_PRIV", "other.t", "DELETE FROM other.t WHERE id = 99", "UPDATE shop.orders SET price = 1 WHERE id = 99"),
    ("LOAD_PRIV", "other.t", "TRUNCATE TABLE other.t", "DROP TABLE other.t"),
    ("INSERT", "other.t", "INSERT INTO other.t SELECT 5, NULL", "INSERT INTO other.t SELECT id, NULL FROM shop.orders"),
    ("SELECT_PRIV,LOAD_PRIV", "shop.orders", "UPDATE shop.orders SET price = 20 WHERE id = 2", "DELETE FROM shop.log WHERE id = 1"),
    ("ALTER_PRIV", "other.t", "ALTER TABLE other.t MODIFY COMMENT 'x'", "SELECT * FROM other.t"),
    ("CREATE_PRIV", "made.*", "CREATE DATABASE IF NOT EXISTS made", "CREATE DATABASE unmade"),
    ("CREATE_PRIV", "other.*", "CREATE TABLE IF NOT EXISTS other.made (id INT)", "CREATE TABLE shop.made (id INT)"),
    ("DROP_PRIV", "other.made", "DROP TABLE IF EXISTS other.made", "DROP TABLE other.t"),
    ("SHOW_VIEW_PRIV", "shop.cheap", "SHOW CREATE VIEW shop.cheap", "SELECT * FROM shop.cheap"),
    ("SELECT_PRIV(id, price)", "shop.orders", "SELECT price FROM shop.orders WHERE id > 1", "SELECT customer FROM shop.orders"),
    ("SELECT_PRIV(id, price)", "shop.orders", "SELECT count(*) FROM shop.orders", "SELECT * FROM shop.orders"),
    ("SELECT_PRIV(id, price)", "shop.orders", "SELECT id, price FROM shop.orders WHERE id = 1", "SELECT id FROM shop.orders WHERE customer = 'ann'"),
    ("SELECT_PRIV(customer)", "shop.orders", "SELECT customer FROM shop.orders", "SELECT customer FROM shop.orders WHERE id = 1"),
    ("SELECT_PRIV(id)", "shop.cheap", "SELECT 1", "SELECT price FROM shop.cheap"),
    ("GRANT_PRIV", "*.*.*", "CREATE USER IF NOT EXISTS made_by_fresh", "GRANT ADMIN_PRIV ON *.*.* TO fresh"),
    ("NODE_PRIV", "*.*.*", "SHOW BACKENDS", "SELECT * FROM shop.orders"),
    ("ADMIN_PRIV", "*.*.*", "SELECT * FROM shop.log", "GRANT NODE_PRIV ON *.*.* TO fresh"),
]


@pytest.mark.parametrize("privileges, where, opened, still_closed", GRANTS)
def test_one_grant_opens_one_thing(server, user, privileges, where, opened, still_closed):
    if opened != "SELECT 1":
        refused(server, opened, *user)
    server.execute_all([f"GRANT {privileges} ON {where} TO fresh"])
    run(server, opened, *user)
    refused(server, still_closed, *user)
    server.execute_all([f"REVOKE {privileges} ON {where} FROM fresh"])
    if opened != "SELECT 1":
        refused(server, opened, *user)


def test_all_is_no_grant_right(server, user):
    server.execute_all(["GRANT ALL ON shop.* TO fresh"])
    run(server, "SELECT * FROM shop.orders", *user)
    refused(server, "GRANT SELECT_PRIV ON shop.orders TO nobody", *user)


def test_seen_is_what_was_granted(server, user):
    server.execute_all(["GRANT SELECT_PRIV ON shop.orders TO fresh"])
    assert [row[0] for row in run(server, "SHOW DATABASES", *user)] == ["information_schema", "mysql", "shop"]
    assert [row[0] for row in run(server, "SHOW TABLES FROM shop", *user)] == ["orders"]
    assert run(server, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'shop'", *user) == (("orders",),)
    assert {row[0] for row in run(server, "SELECT table_name FROM information_schema.columns WHERE table_schema = 'shop'", *user)} == {"orders"}
    run(server, "DESC shop.orders", *user)
    refused(server, "DESC shop.log", *user)
    refused(server, "DESC shop.not_there", *user)


def test_revoke_counts_at_once(server, user):
    """On an open connection: the cached look-up, the cached INSERT, the prepared statement."""
    server.execute_all(["GRANT SELECT_PRIV, LOAD_PRIV ON shop.orders TO fresh"])
    with server.connect(user="fresh", password="pw") as connection, connection.cursor() as cursor:
        look_up, insert = "SELECT * FROM shop.orders WHERE id = {}", "INSERT INTO shop.orders VALUES ({}, 'ann', 30)"
        for _ in range(3):
            cursor.execute(look_up.format(3))
            assert cursor.fetchall() == ((3, "ann", 30),)
            cursor.execute(insert.format(3))
        connection._execute_command(0x16, b"SELECT * FROM shop.orders WHERE id = 3")
        statement = int.from_bytes(connection._read_packet().get_all_data()[1:5], "little")
        while not connection._read_packet().is_eof_packet():
            pass

        def execute_prepared():
            connection._execute_command(0x17, statement.to_bytes(4, "little") + b"\0\1\0\0\0")
            packet = connection._read_packet()
            eofs = 0
            while eofs < 2:
                eofs += connection._read_packet().is_eof_packet()
            return packet

        execute_prepared()
        server.execute_all(["REVOKE SELECT_PRIV ON shop.orders FROM fresh"])
        for sql in (look_up.format(3), look_up.format(2)):
            with pytest.raises(pymysql.err.MySQLError) as caught:
                cursor.execute(sql)
            assert is_denied(caught.value)
        with pytest.raises(pymysql.err.MySQLError) as caught:
            execute_prepared()
        assert is_denied(caught.value)
        cursor.execute(insert.format(3))
        server.execute_all(["REVOKE LOAD_PRIV ON shop.orders FROM fresh"])
        with pytest.raises(pymysql.err.MySQLError) as caught:
            cursor.execute(insert.format(3))
        assert is_denied(caught.value)
        server.execute_all(["GRANT SELECT_PRIV ON shop.* TO fresh"])
        cursor.execute(look_up.format(3))
        assert cursor.fetchall() == ((3, "ann", 30),)


def test_roles(server, user):
    server.execute_all(["CREATE ROLE readers COMMENT 'they read'", "GRANT SELECT_PRIV ON shop.* TO ROLE 'readers'"])
    refused(server, "SELECT * FROM shop.log", *user)
    server.execute_all(["GRANT 'readers' TO fresh"])
    run(server, "SELECT * FROM shop.log", *user)
    assert [row[:3] for row in server.query("SHOW ROLES") if row[0] == "readers"] == [("readers", "they read", "'fresh'@'%'")]
    grants = server.query("SHOW GRANTS FOR fresh")[0]
    assert grants[0] == "'fresh'@'%'" and grants[3] == "readers" and "internal.shop: Select_priv" in grants[6]
    server.execute_all(["REVOKE 'readers' FROM fresh"])
    refused(server, "SELECT * FROM shop.log", *user)
    server.execute_all(["GRANT 'readers' TO fresh", "DROP ROLE readers"])
    refused(server, "SELECT * FROM shop.log", *user)
    with pytest.raises(pymysql.err.MySQLError):
        server.query("DROP ROLE admin")
    server.execute_all(["CREATE USER IF NOT EXISTS boss DEFAULT ROLE 'admin'"])
    run(server, "SELECT * FROM shop.log", "boss", "")
    server.execute_all(["DROP USER boss"])


def test_view_needs_no_right_on_its_tables_but_its_author_does(server, user):
    server.execute_all(["GRANT SELECT_PRIV(id) ON shop.orders TO fresh", "GRANT CREATE_PRIV ON shop.* TO fresh"])
    refused(server, "CREATE VIEW shop.mine AS SELECT * FROM shop.orders", *user)
    refused(server, "CREATE VIEW shop.mine AS SELECT * FROM shop.log", *user)
    server.execute_all(["GRANT SELECT_PRIV ON shop.cheap TO fresh"])
    assert len(run(server, "SELECT * FROM shop.cheap", *user)) == 2


def test_names_of_ctes_do_not_hide_tables(server, user):
    """A common table expression of the same name is one only where it is known."""
    server.execute_all(["GRANT SELECT_PRIV ON shop.orders TO fresh"])
    run(server, "WITH log AS (SELECT 1 AS id) SELECT * FROM log", *user, database="shop")
    for sql in ("WITH a AS (SELECT * FROM log), log AS (SELECT 1 AS id) SELECT * FROM a",
                "WITH log AS (SELECT * FROM log) SELECT * FROM log",
                "SELECT * FROM (WITH log AS (SELECT 1 AS id) SELECT * FROM log) x, log",
                "WITH log AS (SELECT 1 AS id) SELECT * FROM shop.log"):
        with pytest.raises(pymysql.err.MySQLError) as caught:
            run(server, sql, *user, database="shop")
        assert is_denied(caught.value), (sql, caught.value)


def test_kill_and_processlist(server, user):
    with server.connect() as root, server.connect(user="fresh", password="pw") as connection, connection.cursor() as cursor:
        cursor.execute("SHOW PROCESSLIST")
        assert {row[2] for row in cursor.fetchall()} == {"fresh"}
        cursor.execute("SELECT DISTINCT user FROM information_schema.processlist")
        assert cursor.fetchall() == (("fresh",),)
        with pytest.raises(pymysql.err.MySQLError) as caught:
            cursor.execute(f"KILL {root.thread_id()}")
        assert caught.value.args[0] == 1095
        server.execute_all(["GRANT ADMIN_PRIV ON *.*.* TO fresh"])
        cursor.execute("SHOW PROCESSLIST")
        assert "root" in {row[2] for row in cursor.fetchall()}
        cursor.execute(f"KILL {root.thread_id()}")


def test_temporary_tables(server, user):
    refused(server, "CREATE TEMPORARY TABLE mine (id INT)", *user, database="information_schema")
    server.execute_all(["GRANT SELECT_PRIV ON shop.orders TO fresh"])
    refused(server, "CREATE TEMPORARY TABLE mine (id INT)", *user, database="shop")


def test_http(server, user):
    as_user = {"Authorization": "Basic " + base64.b64encode(b"fresh:pw").decode(), "Content-Type": "application/json"}

    def query(sql):
        return server.http("POST", "/api/query", json.dumps({"sql": sql}).encode(), as_user)

    assert query("SELECT * FROM shop.orders")[0] == 403
    load = {"Authorization": as_user["Authorization"], "column_separator": ","}

    def answer():
        return json.loads(server.http("PUT", "/api/other/t/_stream_load", b"7,2024-01-01\n", load)[2])

    assert "denied" in answer()["Message"]
    server.execute_all(["GRANT SELECT_PRIV ON shop.orders TO fresh", "GRANT LOAD_PRIV ON other.t TO fresh"])
    assert query("SELECT * FROM shop.orders")[0] == 200
    assert answer()["Status"] == "Success"
    load["columns"] = "id, day, x = (SELECT max(id) FROM shop.log)"
    assert answer()["Status"] != "Success"


def test_statements_about_grants(server, user):
    server.execute_all(["GRANT SELECT_PRIV, LOAD_PRIV ON shop.orders TO fresh", "GRANT SELECT_PRIV(id, note) ON shop.log TO fresh",
                        "GRANT USAGE_PRIV ON RESOURCE 'spark' TO fresh", "GRANT USAGE_PRIV ON WORKLOAD GROUP 'g1' TO fresh",
                        "ALTER USER fresh COMMENT 'new here'"])
    row = run(server, "SHOW GRANTS", *user)[0]
    assert row[:3] == ("'fresh'@'%'", "new here", "Yes")
    assert row[7] == "internal.shop.orders: Select_priv,Load_priv"
    assert row[8] == "internal.shop.log: Select_priv[id,note]"
    assert row[9] == "spark: Usage_priv" and "g1: Usage_priv" in row[13]
    assert run(server, "SELECT privilege_type FROM information_schema.table_privileges ORDER BY 1", *user) == (("INSERT",), ("SELECT",))
    assert "'fresh'@'%'" in {line[0] for line in server.query("SHOW ALL GRANTS")}
    for wrong in ("GRANT SELECT_PRIV ON shop.* TO who_is_that", "GRANT NONSENSE_PRIV ON shop.* TO fresh", "GRANT ADMIN_PRIV ON shop.* TO fresh",
                  "GRANT LOAD_PRIV(id) ON shop.log TO fresh", "GRANT SELECT_PRIV(id) ON shop.* TO fresh", "GRANT 'no_role' TO fresh",
                  "REVOKE DROP_PRIV ON shop.orders FROM fresh", "GRANT SELECT_PRIV ON *.orders TO fresh"):
        with pytest.raises(pymysql.err.MySQLError):
            server.query(wrong)


def test_who_grants_does_not_become_administrator(server, user):
    server.execute_all(["GRANT GRANT_PRIV ON *.*.* TO fresh", "CREATE USER IF NOT EXISTS chief DEFAULT ROLE 'admin'"])
    for sql in ("GRANT 'admin' TO fresh", "GRANT ADMIN_PRIV ON *.*.* TO fresh", "CREATE USER 'root'@'10.0.0.1'", "CREATE USER x DEFAULT ROLE 'admin'",
                "ALTER USER root IDENTIFIED BY 'mine'", "SET PASSWORD FOR chief = PASSWORD('mine')", "DROP USER chief", "ALTER USER fresh DEFAULT ROLE 'admin'"):
        refused(server, sql, *user)
    run(server, "GRANT SELECT_PRIV ON shop.* TO nobody", *user)
    run(server, "REVOKE SELECT_PRIV ON shop.* FROM nobody", *user)
    server.execute_all(["DROP USER chief"])


def test_restart_keeps_all(tmp_path):
    with Server(data_dir=tmp_path / "data") as started:
        started.execute_all(["CREATE DATABASE d", "CREATE TABLE d.t (id INT, note VARCHAR(9))", "INSERT INTO d.t VALUES (1, 'a'), (2, 'b')",
                             "CREATE ROLE r COMMENT 'c'", "GRANT SELECT_PRIV ON d.t TO ROLE 'r'", "CREATE USER u IDENTIFIED BY 'p' DEFAULT ROLE 'r'",
                             "GRANT LOAD_PRIV ON d.* TO u", "CREATE ROW POLICY p ON d.t AS RESTRICTIVE TO u USING (id = 2)",
                             "ALTER USER u FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME 1 DAY PASSWORD_HISTORY 2"])
        queries = ["SHOW ALL GRANTS", "SHOW ROLES", "SHOW ROW POLICY", "SELECT * FROM mysql.user ORDER BY 1, 2"]
        before = [started.query(sql) for sql in queries]
        assert run(started, "SELECT * FROM d.t", "u", "p") == ((2, "b"),)
        started.stop()
        started.start()
        assert [started.query(sql) for sql in queries] == before
        assert run(started, "SELECT * FROM d.t", "u", "p") == ((2, "b"),)
        with pytest.raises(pymysql.err.MySQLError):
            started.query("SET PASSWORD FOR u = PASSWORD('p')")
