# SPDX-License-Identifier: Apache-2.0
"""Partitions that come and go with time: made by CREATE TABLE, ALTER TABLE SET and the server itself."""
import datetime

import pymysql
import pytest

from harness import process
from harness.server import Server


@pytest.fixture(scope="module")
def server():
    with Server() as started:
        started.execute_all(["CREATE DATABASE d"])
        yield started


@pytest.fixture(autouse=True)
def clean(server):
    yield
    for (name,) in server.query("SHOW TABLES FROM d"):
        server.execute_all([f"DROP TABLE d.{name} FORCE"])


def run(server, sql):
    return server.query(sql, database="d")


def create(server, name, properties, partitions="", column="DATE", auto=""):
    written = ", ".join(f'"dynamic_partition.{key}" = "{value}"' for key, value in properties.items())
    by = f"AUTO PARTITION BY RANGE(date_trunc(d, '{auto}'))" if auto else "PARTITION BY RANGE(d)"
    run(server, f"CREATE TABLE {name} (d {column} NOT NULL, v INT) DUPLICATE KEY(d) {by} ({partitions}) "
        f"DISTRIBUTED BY HASH(d) BUCKETS 3 PROPERTIES({written})")


def names(server, table):
    return [row[1] for row in run(server, f"SHOW PARTITIONS FROM {table}")]


def shown(server, table):
    with server.connect("d") as connection, connection.cursor(pymysql.cursors.DictCursor) as cursor:
        cursor.execute("SHOW DYNAMIC PARTITION TABLES FROM d")
        return next(row for row in cursor.fetchall() if row["TableName"] == table)


def today(server):
    return run(server, "SELECT CAST(convert_tz(utc_timestamp(), '+00:00', 'Asia/Tokyo') AS DATE)")[0][0]


def day(date, days):
    return f"p{date + datetime.timedelta(days=days):%Y%m%d}"


TOKYO = {"time_unit": "DAY", "prefix": "p", "end": "2", "time_zone": "Asia/Tokyo"}


def test_create_table_makes_partitions(server):
    before = today(server)
    create(server, "t", TOKYO)
    if today(server) != before:
        pytest.skip("midnight in Tokyo")
    assert names(server, "t") == [day(before, i) for i in range(3)]
    run(server, f"INSERT INTO t VALUES ('{before}', 1)")
    with pytest.raises(pymysql.err.Error, match="no partition for this tuple"):
        run(server, f"INSERT INTO t VALUES ('{before - datetime.timedelta(days=1)}', 1)")
    text = run(server, "SHOW CREATE TABLE t")[0][1]
    assert f"PARTITION {day(before, 0)} VALUES [(\"{before}\")" in text
    for line in ('"dynamic_partition.enable" = "true"', '"dynamic_partition.time_zone" = "Asia/Tokyo"', '"dynamic_partition.start" = "-2147483648"',
                 '"dynamic_partition.buckets" = "3"', '"dynamic_partition.history_partition_num" = "-1"', '"dynamic_partition.reserved_history_periods" = "NULL"'):
        assert line in text
    row = shown(server, "t")
    assert (row["Enable"], row["TimeUnit"], row["Start"], row["End"], row["Prefix"], row["Buckets"], row["State"]) == ("true", "DAY", "-2147483648", "2", "p", "3", "NORMAL")
    assert row["LastUpdateTime"] and row["LastSchedulerTime"] and row["LastCreatePartitionMsg"] is None and row["StartOf"] is None


def test_history_and_drop(server):
    date = today(server)
    create(server, "t", {**TOKYO, "start": "-2", "create_history_partition": "true"},
           'PARTITION old VALUES [("2001-01-01"), ("2001-01-02")), PARTITION stays VALUES [("2001-02-01"), ("2001-02-02"))')
    assert names(server, "t") == [day(date, i) for i in range(-2, 3)]
    # Rows leave into the recycle bin; reserved periods stay.
    run(server, 'ALTER TABLE t SET ("dynamic_partition.enable" = "false")')
    run(server, "ALTER TABLE t ADD PARTITION old VALUES [('2001-01-01'), ('2001-01-02'))")
    run(server, "ALTER TABLE t ADD PARTITION stays VALUES [('2001-02-01'), ('2001-02-02'))")
    run(server, f"INSERT INTO t VALUES ('2001-01-01', 1), ('2001-02-01', 2), ('{date}', 3)")
    run(server, 'ALTER TABLE t SET ("dynamic_partition.enable" = "true", "dynamic_partition.reserved_history_periods" = "[2001-02-01,2001-02-02]")')
    assert names(server, "t")[0] == "stays" and "old" not in names(server, "t")
    assert run(server, "SELECT v FROM t ORDER BY v") == ((2,), (3,))
    assert shown(server, "t")["ReservedHistoryPeriods"] == "[2001-02-01,2001-02-02]"
    run(server, 'ALTER TABLE t SET ("dynamic_partition.enable" = "false")')
    run(server, "RECOVER PARTITION old FROM t")
    assert run(server, "SELECT v FROM t ORDER BY v") == ((1,), (2,), (3,))


def test_the_server_makes_them_by_itself(server):
    date = today(server)
    create(server, "t", {**TOKYO, "enable": "false"})
    assert names(server, "t") == []
    wide = f"ALTER TABLE t ADD PARTITION wide VALUES [('{date + datetime.timedelta(days=1)}'), ('{date + datetime.timedelta(days=9)}'))"
    run(server, wide)
    run(server, 'ADMIN SET FRONTEND CONFIG ("dynamic_partition_check_interval_seconds" = "1")')
    try:
        run(server, 'ALTER TABLE t SET ("dynamic_partition.enable" = "true")')
        assert names(server, "t") == [day(date, 0), "wide"]
        row = shown(server, "t")
        assert row["State"] == "ERROR" and "intersected with the range of partition wide" in row["LastCreatePartitionMsg"]
        # Nobody but the server touches these: rename makes room for what it made before.
        first = shown(server, "t")["LastSchedulerTime"]
        process.wait_until(lambda: shown(server, "t")["LastSchedulerTime"] > first, 30, "the server looks at the table again")
        run(server, "ALTER TABLE t SET (\"dynamic_partition.enable\" = \"false\")")
        run(server, "ALTER TABLE t DROP PARTITION wide")
        run(server, "ALTER TABLE t SET (\"dynamic_partition.enable\" = \"true\")")
        assert names(server, "t") == [day(date, i) for i in range(3)]
        assert shown(server, "t")["State"] == "NORMAL"
        process.wait_until(lambda: shown(server, "t")["LastSchedulerTime"] > row["LastSchedulerTime"], 30, "and again")
    finally:
        run(server, 'ADMIN SET FRONTEND CONFIG ("dynamic_partition_check_interval_seconds" = "600")')


def test_a_restart_looks_at_once(server):
    date = today(server)
    create(server, "t", TOKYO)
    server.restart()
    process.wait_until(lambda: shown(server, "t")["LastSchedulerTime"] is not None, 30, "the server looks at the table")
    assert names(server, "t") == [day(date, i) for i in range(3)]


def test_with_auto_partitions(server):
    date = today(server)
    create(server, "t", {**TOKYO, "end": "0", "start": "-3", "enable": "false"}, auto="day")
    run(server, f"INSERT INTO t VALUES ('2001-01-01', 1), ('2001-01-02', 2), ('{date}', 3)")
    assert names(server, "t")[:2] == ["p20010101000000", "p20010102000000"]
    run(server, 'ALTER TABLE t SET ("dynamic_partition.enable" = "true", "dynamic_partition.reserved_history_periods" = "[2001-01-02,2001-01-02]")')
    # The listed partition of today holds today's rows.
    assert names(server, "t") == [day(date, 0), "p20010102000000"]
    assert run(server, "SELECT v FROM t ORDER BY v") == ((2,), (3,))


def test_what_is_refused(server):
    for properties, column, reason in (({**TOKYO, "time_unit": "HOUR"}, "DATE", "could not be HOUR"), (TOKYO, "TINYINT", "a partition of the column's type"),
                                       ({**TOKYO, "time_zone": "Mars/Olympus"}, "DATE", "time zone")):
        with pytest.raises(pymysql.err.Error, match=reason):
            create(server, "t", properties, column=column)
    assert run(server, "SHOW TABLES") == ()
