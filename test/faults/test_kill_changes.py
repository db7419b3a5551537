# SPDX-License-Identifier: Apache-2.0
"""kill -9 in the middle of ALTER TABLE, of writes to a UNIQUE KEY table, of TRUNCATE and of a partition's replacement:
after the restart each table is whole in the state before or after the statement that was cut."""
import random
import threading
import time

import pymysql
import pytest

from harness.server import Server

ROWS = 4000
DORIS = "DISTRIBUTED BY HASH(k) BUCKETS 1 PROPERTIES('replication_num'='1')"


class Changer(threading.Thread):
    """Runs the changes of its kind in turn until the server is gone. `done`: how many were acknowledged."""

    def __init__(self, server, change, done):
        super().__init__()
        self.server, self.change, self.done, self.problem = server, change, done, None

    def run(self):
        try:
            with self.server.connect("changes") as connection, connection.cursor() as cursor:
                while True:
                    for statement in self.change(self.done):
                        cursor.execute(statement)
                    self.done += 1
        except (OSError, pymysql.err.OperationalError, pymysql.err.InterfaceError, EOFError) as error:
            number = error.args[0] if error.args else 0
            if isinstance(error, pymysql.err.OperationalError) and number not in (2003, 2006, 2013, 0):
                self.problem = error
        except Exception as error:  # pylint: disable=broad-except
            self.problem = error


def upsert(turn):
    return [f"INSERT INTO upserted SELECT number, {turn + 1} FROM numbers('number' = '{ROWS}')"]


def alter(turn):
    """By turns a column comes (with a default, before others: the table is made anew) and goes."""
    if turn % 2 == 0:
        return [f"ALTER TABLE altered ADD COLUMN extra INT DEFAULT '7' AFTER k"]
    return ["ALTER TABLE altered DROP COLUMN extra"]


def truncate(turn):
    if turn % 2 == 0:
        return ["TRUNCATE TABLE truncated"]
    return [f"INSERT INTO truncated SELECT number, {turn} FROM numbers('number' = '{ROWS}')"]


def replace(turn):
    """Three statements a turn; only the last one changes what a SELECT of the table sees."""
    return ["ALTER TABLE replaced DROP TEMPORARY PARTITION IF EXISTS t1",
            "ALTER TABLE replaced ADD TEMPORARY PARTITION t1 VALUES LESS THAN ('100000')",
            f"INSERT INTO replaced TEMPORARY PARTITION (t1) SELECT number, {turn + 1} FROM numbers('number' = '{ROWS}')",
            "ALTER TABLE replaced REPLACE PARTITION (p1) WITH TEMPORARY PARTITION (t1)"]


def check(server, changers):
    """What each table may look like, given how many changes were acknowledged; gives the changes that are there."""
    found = {}
    for table in ("upserted", "replaced"):
        rows = server.query(f"SELECT v, COUNT(*), COUNT(DISTINCT k) FROM {table} GROUP BY v", database="changes")
        done = changers[table].done
        assert len(rows) == 1 and rows[0][1:] == (ROWS, ROWS), f"{table} is there in part: {rows[:5]}"
        assert rows[0][0] in (done, done + 1), f"{table}: {done} changes were acknowledged, it has {rows[0][0]}"
        found[table] = rows[0][0]
    columns = [row[0] for row in server.query("DESC altered", database="changes")]
    done = changers["altered"].done
    assert columns in (["k", "v"], ["k", "extra", "v"]), columns
    extra = "extra" in columns
    assert server.query("SELECT COUNT(*), SUM(k), SUM(v) FROM altered", database="changes") == \
        ((ROWS, ROWS * (ROWS - 1) // 2, 2 * ROWS),), "rows of an altered table are gone"
    if extra:
        assert server.query("SELECT DISTINCT extra FROM altered", database="changes") == ((7,),)
    found["altered"] = done if extra == (done % 2 == 1) else done + 1
    (count, least, most), = server.query("SELECT COUNT(*), MIN(v), MAX(v) FROM truncated", database="changes")
    done = changers["truncated"].done
    assert count in (0, ROWS) and least == most, f"truncated in part: {count} rows"
    found["truncated"] = done if (count > 0) == (done % 2 == 0) else done + 1
    return found


def rounds(count, seed):
    generator = random.Random(seed)
    server = Server()
    server.start()
    ways = {"upserted": upsert, "altered": alter, "truncated": truncate, "replaced": replace}
    try:
        server.execute_all(["CREATE DATABASE changes"])
        fill = "SELECT number, {} FROM numbers('number' = '" + str(ROWS) + "')"
        server.execute_all([
            f"CREATE TABLE upserted (k INT, v BIGINT) UNIQUE KEY(k) {DORIS}",
            f"CREATE TABLE altered (k INT, v BIGINT) DUPLICATE KEY(k) {DORIS}",
            f"CREATE TABLE truncated (k INT, v BIGINT) DUPLICATE KEY(k) {DORIS}",
            f"CREATE TABLE replaced (k INT, v BIGINT) DUPLICATE KEY(k) PARTITION BY RANGE(k) "
            f"(PARTITION p1 VALUES LESS THAN ('100000')) {DORIS}",
            "INSERT INTO upserted " + fill.format(0), "INSERT INTO altered " + fill.format(2),
            "INSERT INTO truncated " + fill.format(0), "INSERT INTO replaced " + fill.format(0)], "changes")
        found = dict.fromkeys(ways, 0)
        cut = 0
        for turn in range(count):
            changers = {table: Changer(server, way, found[table]) for table, way in ways.items()}
            for changer in changers.values():
                changer.start()
            time.sleep(generator.uniform(0.02, 0.6))
            server.kill9()
            for changer in changers.values():
                changer.join(60)
                assert not changer.is_alive() and changer.problem is None, changer.problem
            server.start()
            found = check(server, changers)
            cut += sum(found[table] != changers[table].done for table in ways)
        print(f"{count} kills, changes {found}, {cut} of them done but not acknowledged")
        assert sum(found.values()) > count
    finally:
        server.close()


def test_kill_during_changes():
    rounds(5, seed=1)


@pytest.mark.chaos
def test_kill_during_changes_200_times():
    rounds(200, seed=time.time_ns())
