# SPDX-License-Identifier: Apache-2.0
"""SQL_BLOCK_RULE: statements that are refused by their text or by what they would read, in every way they can come."""
import hashlib

import pymysql
import pytest

from harness import process
from harness.server import Server


@pytest.fixture(scope="module")
def server():
    with Server() as started:
        started.execute_all([
            "CREATE DATABASE d", "USE d",
            "CREATE TABLE d.t (k INT NOT NULL, v INT) UNIQUE KEY(k) PARTITION BY RANGE(k) (PARTITION p1 VALUES LESS THAN (10),"
            " PARTITION p2 VALUES LESS THAN (20), PARTITION p3 VALUES LESS THAN (30)) DISTRIBUTED BY HASH(k) BUCKETS 2",
            "INSERT INTO d.t VALUES (1, 1), (11, 2), (21, 3)", "CREATE USER u IDENTIFIED BY 'p'", "GRANT SELECT_PRIV ON d.t TO u"])
        yield started


@pytest.fixture(autouse=True)
def no_rules(server):
    yield
    for row in server.query("SHOW SQL_BLOCK_RULE"):
        server.execute_all([f"DROP SQL_BLOCK_RULE {row[0]}"])
    server.execute_all(["SET PROPERTY 'sql_block_rules' = ''", "SET PROPERTY FOR u 'sql_block_rules' = ''"])


def refusal(server, sql, user="root", password=""):
    """The text of the error, empty for none."""
    with server.connect(user=user, password=password) as connection, connection.cursor() as cursor:
        try:
            cursor.execute(sql)
            cursor.fetchall()
            return ""
        except pymysql.err.MySQLError as error:
            return error.args[1]


def test_by_text(server):
    server.execute_all(["CREATE SQL_BLOCK_RULE r PROPERTIES('sql' = 'from d\\\\.t where', 'global' = 'true')"])
    for _ in range(2):  # the second one from the plan cache
        assert "sql match regex sql block rule: r" in refusal(server, "SELECT * from d.t where k = 1")
    assert "block rule" in refusal(server, "EXPLAIN SELECT * from d.t where k = 1")
    assert "block rule" in refusal(server, "INSERT INTO d.t SELECT k, v from d.t where k = 1")
    assert "block rule" in refusal(server, "SELECT * from d.t where k = 1", "u", "p")
    assert refusal(server, "SELECT * from d.t") == ""
    assert refusal(server, "SHOW TABLES from d where 1 = 1") == ""
    server.execute_all(["ALTER SQL_BLOCK_RULE r PROPERTIES('enable' = 'false')"])
    assert refusal(server, "SELECT * from d.t where k = 1") == ""
    assert server.query("SHOW SQL_BLOCK_RULE FOR r") == (("r", "from d\\.t where", "NULL", "0", "0", "0", "true", "false"),)
    assert server.query("SHOW SQL_BLOCK_RULE FOR s") == ()


def test_constants_and_prepared_statements(server):
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("PREPARE s FROM 'SELECT v FROM d.t WHERE k = ?'")
        cursor.execute("SET @k = 1")
        cursor.execute("EXECUTE s USING @k")
        server.execute_all(["CREATE SQL_BLOCK_RULE r PROPERTIES('sql' = '(?i)select (7|v)', 'global' = 'true')"])
        with pytest.raises(pymysql.err.MySQLError, match="block rule"):
            cursor.execute("EXECUTE s USING @k")
        with pytest.raises(pymysql.err.MySQLError, match="block rule"):
            cursor.execute("select 7")


def test_by_hash(server):
    text = "SELECT count(*) FROM d.t"
    server.execute_all([f"CREATE SQL_BLOCK_RULE r PROPERTIES('sqlHash' = '{hashlib.md5(text.encode()).hexdigest()}', 'global' = 'true')"])
    assert "sql match hash sql block rule: r" in refusal(server, text)
    assert refusal(server, text + " ") == ""


def test_by_scan(server):
    server.execute_all(["CREATE SQL_BLOCK_RULE r PROPERTIES('partition_num' = '1', 'global' = 'true')"])
    assert "reach partition_num : 1" in refusal(server, "SELECT * FROM d.t")
    assert refusal(server, "SELECT * FROM d.t WHERE k < 5") == ""
    assert refusal(server, "INSERT INTO d.t VALUES (2, 2)") == ""
    server.execute_all(["ALTER SQL_BLOCK_RULE r PROPERTIES('partition_num' = '0', 'tablet_num' = '5')"])
    assert "reach tablet_num : 5" in refusal(server, "SELECT * FROM d.t a JOIN d.t b ON a.k = b.k")
    server.execute_all(["ALTER SQL_BLOCK_RULE r PROPERTIES('tablet_num' = '0', 'cardinality' = '2')"])
    assert "reach cardinality : 2" in refusal(server, "SELECT sum(v) FROM d.t")


def test_of_one_user(server):
    server.execute_all(["CREATE SQL_BLOCK_RULE r PROPERTIES('sql' = 'FROM d')", "SET PROPERTY FOR 'u' 'sql_block_rules' = 'r'"])
    assert "block rule" in refusal(server, "SELECT * FROM d.t", "u", "p")
    assert refusal(server, "SELECT * FROM d.t") == ""
    assert ("sql_block_rules", "r") in server.query("SHOW PROPERTY FOR u")
    assert server.query("SHOW PROPERTY FOR u LIKE 'max_user%'") == (("max_user_connections", "100"),)
    for sql in ("CREATE SQL_BLOCK_RULE s PROPERTIES('sql' = 'x')", "DROP SQL_BLOCK_RULE r", "SET PROPERTY 'query_timeout' = '1'",
                "SHOW SQL_BLOCK_RULE", "SHOW PROPERTY FOR root"):
        assert "denied" in refusal(server, sql, "u", "p"), sql


def test_properties_that_are_obeyed(server):
    server.execute_all(["CREATE USER IF NOT EXISTS few IDENTIFIED BY 'p'", "SET PROPERTY FOR few 'max_user_connections' = '1', 'query_timeout' = '77', 'insert_timeout' = '78'"])
    try:
        with server.connect(user="few", password="p") as first:
            with first.cursor() as cursor:
                cursor.execute("SELECT @@query_timeout, @@insert_timeout")
                assert cursor.fetchall() == ((77, 78),)
            with pytest.raises(pymysql.err.Error) as error:
                server.connect(user="few", password="p")
            assert error.value.args[0] == 1203 and "max_user_connections" in error.value.args[1]
        process.wait_until(lambda: connects(server, "few"), 10, "its place is free again")
        for value, reason in (("0", "must between 1 and 10000"), ("many", "is not number")):
            with pytest.raises(pymysql.err.Error, match=reason):
                server.execute_all([f"SET PROPERTY FOR few 'max_user_connections' = '{value}'"])
    finally:
        server.execute_all(["DROP USER few"])


def connects(server, user):
    try:
        server.connect(user=user, password="p").close()
    except pymysql.err.Error:
        return False
    return True
