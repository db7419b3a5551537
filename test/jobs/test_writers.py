# SPDX-License-Identifier: Apache-2.0
"""Statements that change the same things at once, and what the server takes away by itself."""
import threading

import pymysql
import pytest

from harness import process
from harness.server import Server

ROWS = 20000
WRITERS = 6


@pytest.fixture(scope="module")
def server():
    with Server() as started:
        yield started


@pytest.fixture
def database(server):
    server.execute_all(["DROP DATABASE IF EXISTS writers FORCE", "CREATE DATABASE writers"])
    return server


def at_once(server, statement):
    """Runs statement(n) for n below WRITERS, each on a connection of its own; the errors."""
    errors = []

    def run(which):
        connection = server.connect("writers")
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement(which))
        except pymysql.err.MySQLError as error:
            errors.append(error)
        finally:
            connection.close()
    threads = [threading.Thread(target=run, args=(which,)) for which in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return errors


@pytest.mark.parametrize("into", ["INTO t WITH LABEL once_{}", "OVERWRITE TABLE t", "INTO t"])
def test_inserts_at_once_into_a_table_that_merges(database, into):
    database.execute_all(["CREATE TABLE t (k BIGINT, v INT) UNIQUE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 1 PROPERTIES('replication_num' = '1')"], "writers")
    assert not at_once(database, lambda which: f"INSERT {into.format(which)} SELECT number, {which} FROM numbers('number' = '{ROWS}')")
    assert database.query("SELECT count(*), count(DISTINCT k), count(DISTINCT v) FROM writers.t") == ((ROWS, ROWS, 1),)


def test_the_recycle_bin_is_emptied(database):
    """Of what was dropped the newest 200 stay."""
    table = "CREATE TABLE t{0} (k INT) DUPLICATE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 1 PROPERTIES('replication_num' = '1')"
    database.execute_all([sql.format(which) for which in range(210) for sql in (table, "DROP TABLE t{0}")], "writers")

    def emptied():
        names = [row[1] for row in database.query("SHOW CATALOG RECYCLE BIN") if row[1].startswith("t")]
        return names if len(names) <= 200 else None
    names = process.wait_until(emptied, 90, "the oldest leave the bin")
    assert "t209" in names and "t0" not in names
