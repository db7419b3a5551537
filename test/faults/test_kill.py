# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments while loads run: an acknowledged load is there whole, no other is there in part."""
import random
import threading
import time

import pymysql
import pytest

from harness.server import Server

ROWS = 3000


class Loader(threading.Thread):
    """Loads batch after batch, by stream load or by INSERT, until the server is gone; remembers what was acknowledged."""

    def __init__(self, server, first, way):
        super().__init__()
        self.server, self.batch, self.way = server, first, way
        self.acknowledged, self.tried, self.problem = [], [], None

    def run(self):
        try:
            while True:
                self.tried.append(self.batch)
                if not getattr(self, self.way)(self.batch):
                    return
                self.acknowledged.append(self.batch)
                self.batch += 1
        except (OSError, pymysql.err.MySQLError, EOFError, ValueError):
            return  # the server is gone
        except AssertionError as error:
            if "Remote end closed" not in str(error):
                self.problem = error

    def stream_load(self, batch):
        body = "".join(f"{batch},{n},{'x' * (n % 50)}\n" for n in range(ROWS)).encode()
        answer = self.server.stream_load("kills", "t", body, format="csv", column_separator=",", label=f"batch-{batch}")
        assert answer["Status"] == "Success", answer
        return True

    def insert(self, batch):
        values = ", ".join(f"({batch}, {n}, 'i')" for n in range(ROWS))
        self.server.execute_all([f"INSERT INTO t VALUES {values}"], "kills")
        return True

    def transaction(self, batch):
        with self.server.connect("kills", autocommit=False) as connection, connection.cursor() as cursor:
            for part in range(3):
                values = ", ".join(f"({batch}, {n}, 't')" for n in range(part * ROWS // 3, (part + 1) * ROWS // 3))
                cursor.execute(f"INSERT INTO t VALUES {values}")
            connection.commit()
        return True


def rounds(count, seed):
    generator = random.Random(seed)
    server = Server()
    server.start()
    try:
        server.execute_all(["CREATE DATABASE kills"])
        server.execute_all(["CREATE TABLE t (b BIGINT, n INT, txt VARCHAR(60))"], "kills")
        acknowledged, tried = set(), set()
        for turn in range(count):
            loaders = [Loader(server, turn * 3_000_000 + index * 1_000_000, way)
                       for index, way in enumerate(("stream_load", "insert", "transaction"))]
            for loader in loaders:
                loader.start()
            time.sleep(generator.uniform(0.02, 1.2))
            server.kill9()
            for loader in loaders:
                loader.join(60)
                assert loader.problem is None, loader.problem
                acknowledged.update(loader.acknowledged)
                tried.update(loader.tried)
            server.start()
            counts = {b: (c, d) for b, c, d in server.query("SELECT b, COUNT(*), COUNT(DISTINCT n) FROM t GROUP BY b", database="kills")}
            lost = [b for b in acknowledged if b not in counts]
            torn = {b: c for b, c in counts.items() if c != (ROWS, ROWS)}
            assert not lost, f"turn {turn}: acknowledged and gone: {lost[:5]}"
            assert not torn, f"turn {turn}: there in part or twice: {list(torn.items())[:5]}"
            assert set(counts) <= tried
            # A label that was acknowledged is known after the kill: the same load again does nothing.
            for loader in loaders[:1]:
                for batch in loader.tried[-2:]:
                    body = "".join(f"{batch},{n},again\n" for n in range(ROWS)).encode()
                    answer = server.stream_load("kills", "t", body, format="csv", column_separator=",", label=f"batch-{batch}")
                    if batch in acknowledged:
                        assert answer["Status"] == "Label Already Exists", answer
                    assert server.query(f"SELECT COUNT(*) FROM t WHERE b = {batch}", database="kills") == ((ROWS,),)
                    acknowledged.add(batch)
        print(f"{count} kills, {len(acknowledged)} loads acknowledged, {len(tried)} tried")
        assert len(acknowledged) > count
    finally:
        server.close()


def test_kill_during_loads():
    rounds(10, seed=1)


@pytest.mark.chaos
def test_kill_during_loads_200_times():
    rounds(200, seed=time.time_ns())
