# SPDX-License-Identifier: Apache-2.0
"""Metrics as tables: what clients see of them, what they may do, and what is refused."""
import datetime

import pymysql
import pytest

from harness import process
from harness.kairos import Api

START = 1704067200  # 2024-01-01 00:00:00 UTC


def refused(server, sql, user="root", password="", database=None):
    with pytest.raises(pymysql.err.Error) as failed:
        with pymysql.connect(host=server.host, port=server.mysql_port, user=user, password=password, database=database) as connection:
            with connection.cursor() as cursor:
                for statement in sql if isinstance(sql, list) else [sql]:
                    cursor.execute(statement)
    return failed.value.args[1]


def rows(server, sql, user="root", password="", database=None):
    with pymysql.connect(host=server.host, port=server.mysql_port, user=user, password=password, database=database) as connection:
        with connection.cursor() as cursor:
            for statement in sql if isinstance(sql, list) else [sql]:
                cursor.execute(statement)
            return list(cursor.fetchall())


def test_the_catalog_is_shown(metrics):
    assert [row[1] for row in rows(metrics, "SHOW CATALOGS")] == ["internal", "kairos"]
    assert rows(metrics, "SHOW DATABASES FROM kairos") == [("default",)]
    assert ("cpu.load",) in rows(metrics, "SHOW TABLES FROM kairos.default")
    assert "cpu.load" not in [row[0] for row in rows(metrics, ["USE mysql", "SHOW TABLES"])]
    assert [row[:2] for row in rows(metrics, "DESC kairos.default.`cpu.load`")] == [
        ("time", "datetime(3)"), ("value", "bigint"), ("host", "text"), ("tags", "map<text,text>")]
    assert rows(metrics, "SELECT table_catalog, table_schema FROM information_schema.tables WHERE table_name = 'cpu.load'") == [
        ("kairos", "kairos.default")]
    assert rows(metrics, "SELECT table_schema FROM information_schema.tables WHERE table_schema = 'default' AND "
                         "table_name = 'cpu.load'") == [("default",)]


def test_the_database_can_be_selected(metrics):
    for select in ("USE kairos.default", "SWITCH kairos"):
        assert rows(metrics, [select, "SELECT count(*) FROM `cpu.load`"]) == [(18,)]
    assert rows(metrics, ["USE kairos.default", "SHOW TABLES LIKE 'cpu%'"]) == [("cpu.load",)]
    assert rows(metrics, "SELECT DATABASE()", database="kairos.default") == [("kairos.default",)]
    assert rows(metrics, ["USE kairos.default", "USE mysql", "SELECT DATABASE()"]) == [("mysql",)]
    assert "nowhere" in refused(metrics, "USE kairos.nowhere")
    assert "nosuch" in refused(metrics, "SELECT * FROM kairos.default.nosuch")


def test_times_have_three_digits(metrics):
    for table in ("kairos.default.`cpu.load`", "`kairos.default`.`cpu.load`"):
        with metrics.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT time FROM {table} LIMIT 1")
            assert cursor._result.fields[0].scale == 3


def test_time_is_that_of_the_session(metrics):
    first = "SELECT min(time), max(time) FROM kairos.default.`cpu.load`"
    at = datetime.datetime
    assert rows(metrics, ["SET time_zone = '+00:00'", first]) == [(at(2024, 1, 1), at(2024, 1, 1, 0, 2, 40))]
    assert rows(metrics, ["SET time_zone = 'Asia/Kolkata'", first]) == [(at(2024, 1, 1, 5, 30), at(2024, 1, 1, 5, 32, 40))]
    for zone in ("+00:00", "Asia/Kolkata", "America/New_York"):
        assert rows(metrics, [f"SET time_zone = '{zone}'", "SELECT UNIX_TIMESTAMP(time) DIV 60 * 60 AS t, count(*) FROM "
                              "kairos.default.`cpu.load` WHERE time >= FROM_UNIXTIME(1704067260) GROUP BY 1 ORDER BY 1"]) == [
            (1704067260, 6), (1704067320, 6)]


def test_writing_makes_metrics(metrics):
    into = "INSERT INTO kairos.default.made "
    metrics.execute_all([into + "(time, value, host) VALUES ('2024-01-01 00:00:00', 1.5, 'a')",
                         into + "(time, value, host, dc) VALUES ('2024-01-01 00:00:01', 2.5, 'a', 'x')",
                         into + "(time, value, tags) VALUES ('2024-01-01 00:00:02', 3.5, map('host', 'b'))"])
    assert rows(metrics, "SELECT value, dc, host FROM kairos.default.made ORDER BY time") == [
        (1.5, None, "a"), (2.5, "x", "a"), (3.5, None, "b")]
    metrics.execute_all(["CREATE DATABASE IF NOT EXISTS shop", "CREATE TABLE shop.hosts (name VARCHAR(20), team VARCHAR(20)) "
                         "DUPLICATE KEY(name) DISTRIBUTED BY HASH(name) BUCKETS 1 PROPERTIES('replication_num'='1')",
                         "INSERT INTO shop.hosts VALUES ('a', 'red'), ('b', 'blue')"])
    assert rows(metrics, "SELECT team, sum(value) FROM kairos.default.made m JOIN shop.hosts h ON m.host = h.name "
                         "GROUP BY team ORDER BY team") == [("blue", 3.5), ("red", 4.0)]
    metrics.execute_all(["DROP TABLE kairos.default.made"])
    assert "made" in refused(metrics, "SELECT * FROM kairos.default.made")


def test_points_are_written_at_once(metrics):
    rows(metrics, ["BEGIN", "INSERT INTO kairos.default.once (time, value, host) VALUES (now(), 1, 'a')", "ROLLBACK"])
    assert rows(metrics, "SELECT count(*) FROM kairos.default.once") == [(1,)]


def test_a_prepared_insert_writes_new_tags(metrics):
    with pymysql.connect(host=metrics.host, port=metrics.mysql_port, user="root") as connection, connection.cursor() as cursor:
        for name in ("p1", "p2"):
            cursor.execute(f"PREPARE s_{name} FROM 'INSERT INTO kairos.default.{name} (time, value, {name}) VALUES (now(), ?, ?)'")
        cursor.execute("SET @v = 1, @t = 'x'")
        for name in ("p2", "p1", "p1", "p2"):
            cursor.execute(f"EXECUTE s_{name} USING @v, @t")
        for name in ("p1", "p2"):
            cursor.execute(f"SELECT DISTINCT {name} FROM kairos.default.{name}")
            assert cursor.fetchall() == (("x",),)


def test_delete(metrics):
    """Any condition; the points are gone over REST, too, and those of other series stay."""
    values = ", ".join(f"(FROM_UNIXTIME({START + i}), {i}, '{host}', {dc})" for i in range(10) for host, dc in (("a", "NULL"), ("a", "'x'"), ("b", "'x'")))
    metrics.execute_all(["SET time_zone = '+00:00'", "INSERT INTO kairos.default.`to.delete` (time, value, host, dc) VALUES " + values])

    def deleted(where):
        with metrics.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SET time_zone = '+00:00'")
            return cursor.execute("DELETE FROM kairos.default.`to.delete` WHERE " + where)
    counts = "SELECT host, dc, count(*) FROM kairos.default.`to.delete` GROUP BY host, dc ORDER BY host, dc"
    assert deleted("host = 'nobody'") == 0
    assert deleted("time >= '2024-01-01 00:00:07' AND dc IS NULL") == 3
    assert deleted("host = 'b' AND value % 2 = 0") == 5
    assert rows(metrics, counts) == [("a", None, 7), ("a", "x", 10), ("b", "x", 5)]
    assert [value for _, value in Api(metrics.kairos_port).values("to.delete", tags={"host": "b"})] == [1, 3, 5, 7, 9]
    assert deleted("time < '2024-01-01 00:00:05' AND host IN ('a', 'b') AND tags['dc'] = 'x'") == 7
    metrics.restart()
    assert rows(metrics, counts) == [("a", None, 7), ("a", "x", 5), ("b", "x", 3)]
    assert deleted("value >= 8") == 3
    rows(metrics, "TRUNCATE TABLE kairos.default.`to.delete`")
    assert Api(metrics.kairos_port).values("to.delete") == []


def test_the_latest_points(metrics):
    api, count = Api(metrics.kairos_port), 200_000
    for part in range(10):
        points = [[START * 1000 + 1000 * i, i] for i in range(part * count // 10, (part + 1) * count // 10)]
        assert api.put_points("long.one", points).status == 204
    counted = "SELECT count(*) FROM kairos.default.`long.one`"
    process.wait_until(lambda: rows(metrics, counted) == [(count,)], 120, "all points are there")
    latest = [(count - 1 - i,) for i in range(5)]
    for where in ("", "WHERE host = 'a' ", f"WHERE time > '2024-01-01' AND value < {count} "):
        assert rows(metrics, f"SELECT value FROM kairos.default.`long.one` {where}ORDER BY time DESC LIMIT 5") == latest, where
    assert rows(metrics, "SELECT value FROM kairos.default.`long.one` ORDER BY time LIMIT 2 OFFSET 3") == [(3,), (4,)]


@pytest.mark.parametrize("sql, why", [
    ("CREATE TABLE kairos.default.t (a INT)", "made by writing"),
    ("CREATE TABLE kairos.default.t (a INT) DUPLICATE KEY(a) DISTRIBUTED BY HASH(a) BUCKETS 1", "made by writing"),
    ("ALTER TABLE kairos.default.`cpu.load` ADD COLUMN x INT", "ALTER TABLE is for tables of the catalog internal"),
    ("UPDATE kairos.default.`cpu.load` SET value = 1", "not for metrics"),
    ("INSERT INTO kairos.default.`cpu.load` (time, value) VALUES (now(), 1)", "at least one tag"),
])
def test_refused(metrics, sql, why):
    assert why in refused(metrics, sql)
    assert rows(metrics, "SELECT count(*) FROM kairos.default.`cpu.load`") == [(18,)]


def test_privileges(metrics):
    metrics.execute_all(["CREATE USER 'plain' IDENTIFIED BY 'p'", "CREATE USER 'reader' IDENTIFIED BY 'p'",
                         "CREATE USER 'one' IDENTIFIED BY 'p'", "GRANT SELECT_PRIV ON kairos.default.* TO 'reader'",
                         "GRANT SELECT_PRIV ON kairos.default.`cpu.load` TO 'one'"])
    count = "SELECT count(*) FROM kairos.default.`cpu.load`"
    assert "denied" in refused(metrics, count, "plain", "p")
    assert "denied" in refused(metrics, "USE kairos.default", "plain", "p")
    for user in ("reader", "one"):
        assert rows(metrics, count, user, "p") == [(18,)]
        assert rows(metrics, ["USE kairos.default", "SELECT count(*) FROM `cpu.load`"], user, "p") == [(18,)]
        assert "denied" in refused(metrics, "INSERT INTO kairos.default.`cpu.load` (time, value, host) VALUES (now(), 1, 'a')", user, "p")
        assert "denied" in refused(metrics, "DROP TABLE kairos.default.`cpu.load`", user, "p")
        assert "denied" in refused(metrics, "DELETE FROM kairos.default.`cpu.load` WHERE host = 'a'", user, "p")
        assert "denied" in refused(metrics, "TRUNCATE TABLE kairos.default.`cpu.load`", user, "p")
    seen = "SELECT table_name FROM information_schema.tables WHERE table_catalog = 'kairos'"
    assert rows(metrics, seen, "plain", "p") == []
    assert ("cpu.load",) in rows(metrics, seen, "one", "p")
    assert rows(metrics, "SHOW TABLES FROM kairos.default", "one", "p") == [("cpu.load",)]
    assert "does not exist" in refused(metrics, "GRANT SELECT_PRIV ON kairos.default.nosuch TO 'one'")


def test_metrics_outlive_the_server(metrics):
    metrics.execute_all(["INSERT INTO kairos.default.kept (time, value, host) VALUES ('2024-01-01 00:00:00', 'up', 'a')"])
    metrics.kill9()
    metrics.start()
    assert rows(metrics, "SELECT value, host FROM kairos.default.kept") == [("up", "a")]
    assert rows(metrics, "SELECT count(*) FROM kairos.default.`cpu.load`") == [(18,)]
