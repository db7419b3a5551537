# SPDX-License-Identifier: Apache-2.0
"""When something runs out: connections, memory, disk. And two servers on one directory."""
import contextlib
import os
import resource
import signal
import subprocess
import time

import pymysql
import pytest

from harness import forced_end, process, sanitized, sql, wire
from harness.disk import small_disk
from harness.server import Server

CONNECTIONS = 500 if sanitized() else 5000
BYTES_PER_IDLE_CONNECTION = 100_000


@pytest.fixture(scope="module", autouse=True)
def enough_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CONNECTIONS + 500
    if hard != resource.RLIM_INFINITY and hard < CONNECTIONS + 500:
        pytest.skip(f"the hard limit of open files is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_5000_connections():
    with Server() as server:
        with wire.Wire(server) as one:
            one.query("SELECT 1")
        before, files = server.memory(), process.open_files(server.pid)
        start = time.monotonic()
        connections = [wire.Wire(server) for _ in range(CONNECTIONS)]
        took = time.monotonic() - start
        each = (server.memory() - before) / CONNECTIONS
        print(f"{CONNECTIONS} connections in {took:.1f} s, {each / 1000:.1f} KB each")
        for index in range(0, CONNECTIONS, 97):
            assert connections[index].query(f"SELECT {index} + 1") == [[str(index + 1).encode()]]
        assert server.query("SELECT 1") == ((1,),)
        if not sanitized():
            assert each < BYTES_PER_IDLE_CONNECTION
        for connection in connections:
            connection.close()
        process.wait_until(lambda: process.open_files(server.pid) <= files + 10, 30, "the files of closed connections are closed")


def test_connection_limit():
    with Server(settings={"limits.max_connections": 10}) as server:
        connections = [wire.Wire(server) for _ in range(10)]
        with pytest.raises((wire.ServerError, wire.Closed)) as error:
            wire.Wire(server)
        if error.type is wire.ServerError:
            assert error.value.args[0] == 1040, error.value.args
        assert connections[0].query("SELECT 1") == [[b"1"]]
        connections.pop().close()

        def again():
            try:
                return wire.Wire(server)
            except (wire.ServerError, wire.Closed):
                return None
        process.wait_until(again, 10, "a closed connection makes room for another").close()
        for connection in connections:
            connection.close()


def test_memory_limit():
    """A query that needs more than the limit, with hardly any disk to spill to, fails alone."""
    with Server(settings={"kernel.memory_limit": "150MB", "kernel.temp_limit": "20MB", "kernel.threads": 2}) as server:
        server.execute_all(["CREATE DATABASE m"])
        server.execute_all(["CREATE TABLE t (a BIGINT)", f"INSERT INTO t SELECT n FROM {sql.numbers(100_000)}"], "m")
        for text in ("SELECT LENGTH(GROUP_CONCAT(CONCAT(a.a, REPEAT('x', 200)))) FROM t a, t b WHERE b.a < 100",
                     "SELECT a.a % 3, LENGTH(GROUP_CONCAT(CONCAT(a.a, REPEAT('x', 200)))) FROM t a, t b WHERE b.a < 100 GROUP BY a.a % 3"):
            with server.connect("m") as connection, connection.cursor() as cursor:
                with pytest.raises(pymysql.err.MySQLError) as error:
                    cursor.execute(text)
                assert "memory" in error.value.args[1].lower() or "disk" in error.value.args[1].lower() or "temp" in error.value.args[1].lower(), error.value
                cursor.execute("SELECT COUNT(*) FROM t")
                assert cursor.fetchone() == (100000,)
        if not sanitized():
            assert server.memory("VmHWM") < 600_000_000
        assert server.alive()


@pytest.mark.skipif(sanitized(), reason="sanitizers reserve more than any ceiling")
def test_memory_ceiling():
    """What the kernel's limit does not count (arrays of arrays while they are made) ends at the ceiling, and only that statement."""
    with Server(settings={"kernel.memory_limit": "150MB", "memory.ceiling": "1500MB", "kernel.threads": 2}) as server:
        with server.connect() as connection, connection.cursor() as cursor:
            for _ in range(3):
                with pytest.raises(pymysql.err.MySQLError) as error:
                    cursor.execute("SELECT array_map(x -> array_range(900000), array_range(1000))")
                assert error.value.args[0] == 1105 and "memory.ceiling" in error.value.args[1]
                cursor.execute("SELECT SUM(number) FROM numbers('number'='1000')")
                assert cursor.fetchone() == (499500,)
        assert server.alive()


def fill(server):
    """Inserts batches until one fails: (batches that were acknowledged, the error)."""
    batch = 0
    while batch < 2000:
        try:
            # Text that does not compress well.
            server.execute_all([f"INSERT INTO t SELECT {batch}, n, MD5(CONCAT(n, '-', {batch})) FROM {sql.numbers(20_000)}"], "d")
        except pymysql.err.MySQLError as error:
            return batch, error
        batch += 1
    raise AssertionError("the disk never became full")


def batches(server):
    return server.query("SELECT b, COUNT(*), COUNT(DISTINCT n) FROM t GROUP BY b ORDER BY b", database="d")


@pytest.mark.parametrize("how", ["tmpfs", "file size limit"])
def test_disk_full(tmp_path, how):
    limit = 48 << 20
    stack = contextlib.ExitStack()
    if how == "tmpfs":
        disk = stack.enter_context(small_disk(tmp_path, limit >> 20))
        server = Server(data_dir=disk / "data")
        server.log_path = tmp_path / "server.log"
    else:
        def limited():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        server = Server(preexec=limited)
        if sanitized():
            pytest.skip("the sanitizer's own files are larger")
    try:
        server.start()
        server.execute_all(["CREATE DATABASE d"])
        server.execute_all(["CREATE TABLE t (b INT, n INT, txt VARCHAR(64))", "CREATE TABLE small (a INT)", "INSERT INTO small VALUES (7)"], "d")
        acknowledged, error = fill(server)
        assert error.args[0] not in (2013, 2006), error
        assert acknowledged > 5
        print(f"{acknowledged} batches, then {error}")
        assert server.alive(), server.log_tail()
        assert batches(server) == tuple((b, 20000, 20000) for b in range(acknowledged))
        assert server.query("SELECT a FROM small", database="d") == ((7,),)
        # A second failure is as clear as the first, and a restart finds what was acknowledged.
        server.stop()
        if how != "tmpfs":
            server.preexec = None
        else:
            subprocess.run(["mount", "-o", f"remount,size={4 * limit >> 20}m", disk], check=True)
        server.start()
        assert batches(server) == tuple((b, 20000, 20000) for b in range(acknowledged))
        server.execute_all(["INSERT INTO small VALUES (8)"], "d")
        assert server.query("SELECT SUM(a) FROM small", database="d") == ((15,),)
    finally:
        server.close()
        stack.close()


def test_second_server_on_the_same_directory():
    with Server() as first:
        first.execute_all(["CREATE DATABASE one"])
        second = Server(data_dir=first.data_dir)
        second.launch()
        code = second.wait_end()
        assert code != 0
        said = second.log()
        assert str(first.data_dir) in said and str(first.pid) in said, said
        assert first.query("SHOW DATABASES LIKE 'one'") == (("one",),)


def test_port_in_use():
    with Server() as first:
        second = Server()
        second.mysql_port = first.mysql_port
        second.launch()
        code = second.wait_end()
        assert code != 0 and str(first.mysql_port) in second.log(), second.log()
        second.close()


def test_stop_drains_and_second_signal_stops_at_once():
    with Server(settings={"shutdown.drain_timeout": "20s"}, environment=forced_end()) as server:
        server.execute_all(["CREATE DATABASE d"])
        server.execute_all(["CREATE TABLE t (a BIGINT)", f"INSERT INTO t SELECT n FROM {sql.numbers(20_000)}"], "d")
        slow = wire.Wire(server, database="d", timeout=60)
        slow.command(wire.QUERY, b"SELECT COUNT(*) FROM t a, t b WHERE a.a % 7 <> b.a % 5")
        time.sleep(0.1)
        os.kill(server.pid, signal.SIGTERM)
        assert len(slow.result()) == 1, "a running statement is answered after SIGTERM"
        assert server.wait_end() == 0
        server.start()
        endless = wire.Wire(server, database="d", timeout=60)
        endless.command(wire.QUERY, b"SELECT SUM(a.a % 7 + b.a + c.a) FROM t a, t b, t c")
        time.sleep(0.5)
        os.kill(server.pid, signal.SIGTERM)
        time.sleep(0.5)
        assert server.alive()
        start = time.monotonic()
        os.kill(server.pid, signal.SIGTERM)
        server.wait_end()
        assert time.monotonic() - start < 10
        assert server.start().query("SELECT COUNT(*) FROM d.t") == ((20000,),)




def test_a_statement_that_does_not_react_cannot_hold_the_process():
    with Server(settings={"shutdown.drain_timeout": "1s"}, environment=forced_end()) as server:
        server.execute_all(["CREATE DATABASE d"])
        server.execute_all(["CREATE TABLE t (a BIGINT)", "INSERT INTO t VALUES (1), (2)"], "d")
        server.stop()
        # The server itself runs two statements when it starts: the stored jobs and their tasks.
        server.environment["SLUICE_FAILPOINTS"] = "kernel.run=sleep(120000)@3"
        server.start()
        deaf = wire.Wire(server, database="d", timeout=60)
        deaf.command(wire.QUERY, b"SELECT SUM(a) FROM t")
        time.sleep(0.5)
        start = time.monotonic()
        os.kill(server.pid, signal.SIGTERM)
        assert server.wait_end() == 130
        assert time.monotonic() - start < 30
        assert "does not react" in server.log()
        del server.environment["SLUICE_FAILPOINTS"]
        assert server.start().query("SELECT COUNT(*) FROM d.t") == ((2,),)
