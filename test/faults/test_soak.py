# SPDX-License-Identifier: Apache-2.0
"""Hours in small: clients of all kinds come and go; memory, threads and open files must not grow with time."""
import os
import random
import threading
import time

import pymysql
import pytest

from harness import process, sql
from harness.server import Server

SECONDS = int(os.environ.get("SLUICE_SOAK_SECONDS", "1800"))


def worker(server, seed, stop, problems, done):
    """Statements until `stop`; counts them in done[seed]. Whatever goes wrong is in `problems`."""
    try:
        work(server, random.Random(seed), stop, problems, done, seed)
    except Exception as error:  # pylint: disable=broad-except  (a thread's exception fails no test by itself)
        problems.append(repr(error))


def work(server, generator, stop, problems, done, seed):
    while not stop.is_set():
        try:
            with server.connect("soak") as connection, connection.cursor() as cursor:
                for _ in range(generator.randrange(1, 40)):
                    choice, key = generator.randrange(6), generator.randrange(100_000)
                    if choice == 0:
                        cursor.execute(f"SELECT * FROM t WHERE a = {key}")
                    elif choice == 1:
                        cursor.execute("SELECT COUNT(*), SUM(a) FROM t WHERE a > %s", (key,))
                    elif choice == 2:
                        cursor.execute(f"INSERT INTO log VALUES ({key}, 'x')")
                    elif choice == 3:
                        cursor.execute(f"SELECT a, b FROM t WHERE a < {key} ORDER BY b LIMIT 50")
                    elif choice == 4:
                        cursor.execute("DELETE FROM log WHERE a %% 100 = %s", (key % 100,))
                    else:
                        cursor.execute("SELECT 1")
                    cursor.fetchall()
                    done[seed] += 1
        except pymysql.err.MySQLError as error:
            if error.args[0] not in (1213, 1205, 1020):  # conflicts of writers are told, not hidden
                problems.append(repr(error))
                return


@pytest.mark.soak
def test_soak():
    with Server() as server:
        server.execute_all(["CREATE DATABASE soak"])
        server.execute_all(["CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(50))", "CREATE TABLE log (a INT, b VARCHAR(10))",
                            f"INSERT INTO t SELECT n, CONCAT('row ', n) FROM {sql.numbers(100_000)}"], "soak")
        stop, problems, done = threading.Event(), [], [0] * 8
        threads = [threading.Thread(target=worker, args=(server, seed, stop, problems, done)) for seed in range(8)]
        for thread in threads:
            thread.start()
        samples, end = [], time.monotonic() + SECONDS
        while time.monotonic() < end and not problems:
            time.sleep(min(10, max(1, SECONDS / 60)))
            samples.append((server.memory(), process.open_files(server.pid)))
        stop.set()
        for thread in threads:
            thread.join()
        assert not problems, problems[:3]
        warm, last = samples[len(samples) // 3], samples[-1]
        assert min(done) > SECONDS, f"too few statements: {done}"
        print(f"{sum(done)} statements, memory {warm[0] / 1e6:.0f} -> {last[0] / 1e6:.0f} MB, files {warm[1]} -> {last[1]}")
        assert last[0] < warm[0] * 1.3 + 50_000_000
        assert last[1] <= warm[1] + 20
