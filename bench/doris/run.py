# SPDX-License-Identifier: Apache-2.0
"""Measures what Doris' semantics cost: planning, expressions, and tables with keys.

    make bench-doris                                everything; writes build/bench/doris.json and its table of docs/benchmarks.md
    bench/doris/run.py --only planning,expressions  parts (also: upsert, point)

Native expressions run in the DuckDB wheel in process, with the same threads and memory, over the same rows; tables with keys are
compared with tables without in the same server. Medians of rounds in turns count.
"""
import os
import pathlib
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import report  # noqa: E402  pylint: disable=wrong-import-position
from report import MEMORY_GB, ROOT, THREADS, log, median  # noqa: E402  pylint: disable=wrong-import-position
from harness import kernel as kernels, settings, wire  # noqa: E402  pylint: disable=wrong-import-position
from harness.server import Server  # noqa: E402  pylint: disable=wrong-import-position

UPSERT_ROWS = 1_000_000
STATEMENT_PREPARE, STATEMENT_CLOSE = 0x16, 0x19

# Rows of the expression table: two integers, a decimal, a double and a text of 5 to 14 letters.
EXPRESSION_COLUMNS = "a INT, b INT, m DECIMAL(12,2), x DOUBLE, s VARCHAR(20)"
EXPRESSION_SELECT = """SELECT (hash(i) % 1000000)::INT AS a, (hash(i + 1) % 1000 + 1)::INT AS b, (hash(i + 2) % 10000000)::DECIMAL(12,2) / 100 AS m,
    (hash(i + 3) % 100000) / 1024.0 AS x, substr(md5((i % 1000000)::VARCHAR), 1, (5 + i % 10)::INT) AS s FROM range({rows}) r(i)"""

# (in Doris' words, in the kernel's own)
ARITHMETIC = [("a + b", "a + b"), ("a * b", "a::BIGINT * b"), ("a / b", "a / b"), ("a % b", "a % b"), ("m + a", "m + a"),
              ("m * b", "m * b"), ("x * a + b", "x * a + b"), ("abs(a - b)", "abs(a - b)"), ("round(x, 1)", "round(x, 1)"),
              ("if(a > b, a, b)", "CASE WHEN a > b THEN a ELSE b END"), ("cast(a as bigint) + 1", "a::BIGINT + 1"),
              ("a = b OR a < 10", "a = b OR a < 10")]
STRINGS = [("length(s)", "strlen(s)"), ("concat(s, 'x', s)", "s || 'x' || s"), ("upper(s)", "upper(s)"), ("substring(s, 2, 3)", "substring(s, 2, 3)"),
           ("s LIKE '%ab%'", "s LIKE '%ab%'"), ("s = 'abcde'", "s = 'abcde'"), ("replace(s, 'a', 'bc')", "replace(s, 'a', 'bc')"),
           ("left(s, 3)", "left(s, 3)"), ("coalesce(s, 'x')", "coalesce(s, 'x')"), ("lpad(s, 16, '.')", "lpad(s, 16, '.')"),
           ("locate('a', s)", "strpos(s, 'a')"), ("trim(s)", "trim(s)")]


class Bench:
    """A server on build/bench/doris, started when a part first needs it."""

    def __init__(self, options):
        self.options = options
        self.directory = ROOT / "build" / "bench" / "doris"
        self.directory.mkdir(parents=True, exist_ok=True)
        self.report = report.Report("doris")
        self._server = None

    @property
    def server(self):
        if self._server is None:
            data = self.directory / "sluice-data"
            self._server = Server(data_dir=data, binary=self.options.binary,
                                  settings={"kernel.threads": THREADS, "kernel.memory_limit": f"{MEMORY_GB}GB", "log.level": "warn"}).start()
        return self._server

    def close(self):
        if self._server is not None:
            self._server.close()
        self._server = None


def prepare_seconds(connection, sql) -> float:
    """Time of one COM_STMT_PREPARE: the statement is parsed and planned down to what the kernel executes."""
    start = time.perf_counter()
    connection.command(STATEMENT_PREPARE, sql.encode())
    answer = connection.checked(connection.read())
    took = time.perf_counter() - start
    statement, columns, parameters = struct.unpack("<IHH", answer[1:9])
    for count in (parameters, columns):
        if count:
            for _ in range(count + 1):
                connection.read()
    connection.command(STATEMENT_CLOSE, struct.pack("<I", statement))
    return took


def planning(bench):
    """The 22 queries of TPC-H at scale 1, plan cache off."""
    data, done = bench.directory / "tpch-data", bench.directory / "tpch-data.done"
    if not done.exists():
        subprocess.run([bench.options.binary, "generate", "tpch", "--scale", "1", "--data-dir", data, "--database", "tpch"], check=True,
                       env=settings.process_environment(os.environ), stdout=subprocess.DEVNULL)
        done.touch()
    with kernels.open_kernel(extensions=("tpch",)) as kernel:
        queries = kernels.queries(kernel, "tpch")
    with Server(data_dir=data, binary=bench.options.binary, settings={"log.level": "warn", "plan_cache.enabled": "false"}) as server:
        with wire.Wire(server, database="tpch") as connection:
            times = {number: [] for number in queries}
            for turn in range(bench.options.rounds * 10 + 2):
                for number, sql in queries.items():
                    took = prepare_seconds(connection, sql)
                    if turn >= 2:
                        times[number].append(took * 1000)
    medians = {number: median(values) for number, values in times.items()}
    slowest = max(medians, key=medians.get)
    for number, value in medians.items():
        if value > 2.5:
            log(f"  Q{number}: {value:.2f} ms")
    bench.report.add("planning of each of the 22 TPC-H queries, plan cache off: the slowest's median", f"{medians[slowest]:.2f} ms (Q{slowest})", "", None,
                     "<= 3 ms", medians[slowest] <= 3)


def expressions(bench):
    """max() of each expression over all rows: through the server in Doris' meaning, in the wheel in the kernel's own."""
    rows = bench.options.rows
    millions = rows // 1_000_000
    parquet = bench.directory / f"expressions-{millions}.parquet"
    if not parquet.exists():
        log(f"generating {millions} M rows")
        with kernels.open_kernel(extensions=()) as kernel:
            kernel.execute(f"COPY ({EXPRESSION_SELECT.format(rows=rows)}) TO '{parquet}.part' (FORMAT parquet)")
        os.rename(f"{parquet}.part", parquet)
    wheel_file = bench.directory / f"wheel-expressions-{millions}.duckdb"
    if not wheel_file.exists():
        with kernels.open_kernel(f"{wheel_file}.part", extensions=()) as kernel:
            kernel.execute(f"CREATE TABLE t ({EXPRESSION_COLUMNS}); INSERT INTO t FROM '{parquet}'")
        os.rename(f"{wheel_file}.part", wheel_file)
    server = bench.server
    server.execute_all(["CREATE DATABASE IF NOT EXISTS bench", f"CREATE TABLE IF NOT EXISTS bench.t ({EXPRESSION_COLUMNS})"])
    if server.query("SELECT COUNT(*) FROM bench.t") != ((rows,),):
        log(f"loading {millions} M rows")
        server.execute_all(["TRUNCATE TABLE bench.t"])
        done = subprocess.run(["curl", "-sS", "--fail-with-body", "-T", parquet, "-u", f"{server.user}:{server.password}", "-H", "Expect: 100-continue",
                               "-H", "format: parquet", server.url("/api/bench/t/_stream_load")], capture_output=True, text=True, check=False)
        assert server.query("SELECT COUNT(*) FROM bench.t") == ((rows,),), done.stdout + done.stderr
    kernel = kernels.open_kernel(wheel_file, threads=THREADS, memory=f"{MEMORY_GB}GB", extensions=())
    with server.connect("bench") as connection, connection.cursor() as cursor:

        def ours(expression):
            cursor.execute(f"SELECT max({expression}) FROM t")
            return cursor.fetchall()

        for name, pairs in (("arithmetic", ARITHMETIC), ("string", STRINGS)):
            sums = {"ours": 0.0, "peer": 0.0}
            worst = (0, "")
            for doris, native in pairs:
                times = {"ours": [], "peer": []}
                for turn in range(bench.options.rounds + 1):
                    for side, run in (("ours", lambda text=doris: ours(text)), ("peer", lambda text=native: kernel.execute(f"SELECT max({text}) FROM t").fetchall())):
                        start = time.perf_counter()
                        run()
                        if turn:
                            times[side].append(time.perf_counter() - start)
                mine, theirs = median(times["ours"]), median(times["peer"])
                log(f"  {doris}: {mine:.2f} s against {theirs:.2f} s, {mine / theirs:.2f}")
                sums["ours"] += mine
                sums["peer"] += theirs
                worst = max(worst, (mine / theirs, doris))
            bench.report.add(f"{len(pairs)} {name} expressions over {millions} M rows, against the kernel's own in process (worst: `{worst[1]}` {worst[0]:.2f})",
                             f"{sums['ours']:.2f} s", f"{sums['peer']:.2f} s", sums["ours"] / sums["peer"], "<= 1.3", sums["ours"] <= 1.3 * sums["peer"])
    kernel.close()


KEYED = "id BIGINT NOT NULL, k INT, amount DECIMAL(12,2), name VARCHAR(40)"
KEYED_ROWS = "SELECT number, number % 1000, number / 100, concat('name ', number % 100000) FROM numbers('number'='{rows}')"


def timed(server, statement) -> float:
    start = time.perf_counter()
    server.execute_all([statement], "bench")
    return time.perf_counter() - start


def upsert(bench):
    """1 M rows into a UNIQUE table that has all of them already, against the same INSERT into a table without keys; then scans."""
    server = bench.server
    server.execute_all(["CREATE DATABASE IF NOT EXISTS bench"])
    times = {"unique": [], "plain": []}
    rows = KEYED_ROWS.format(rows=UPSERT_ROWS)
    server.execute_all(["DROP TABLE IF EXISTS source", f"CREATE TABLE source ({KEYED})", f"INSERT INTO source {rows}"], "bench")
    for _ in range(bench.options.rounds):
        server.execute_all(["DROP TABLE IF EXISTS keyed", "DROP TABLE IF EXISTS plain",
                            f"CREATE TABLE keyed ({KEYED}) UNIQUE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1", f"CREATE TABLE plain ({KEYED})",
                            "INSERT INTO keyed SELECT * FROM source", "INSERT INTO plain SELECT * FROM source"], "bench")
        times["unique"].append(timed(server, "INSERT INTO keyed SELECT id, k + 1, amount, name FROM source"))
        times["plain"].append(timed(server, "INSERT INTO plain SELECT id, k + 1, amount, name FROM source"))
    ours, peer = median(times["unique"]), median(times["plain"])
    bench.report.add("upsert of 1 M rows into a UNIQUE table of 1 M, against a plain INSERT", f"{ours:.2f} s", f"{peer:.2f} s", ours / peer, "<= 2", ours <= 2 * peer)
    server.execute_all(["DROP TABLE IF EXISTS shuffled", f"CREATE TABLE shuffled ({KEYED})", "INSERT INTO shuffled SELECT * FROM source ORDER BY murmur_hash3_32(id)"],
                       "bench")
    ours = median([timed(server, f"INSERT INTO keyed SELECT id, k + {turn}, amount, name FROM shuffled") for turn in range(2, bench.options.rounds + 2)])
    bench.report.add("the same with the keys in no order", f"{ours:.2f} s", f"{peer:.2f} s", ours / peer, "<= 4", ours <= 4 * peer)
    server.execute_all(["DROP TABLE plain", f"CREATE TABLE plain ({KEYED})", "INSERT INTO plain SELECT * FROM keyed"], "bench")
    times = {"keyed": [], "plain": []}
    for turn in range(bench.options.rounds * 5 + 1):
        for name in times:
            took = timed(server, f"SELECT sum(k), max(amount), count(name) FROM {name}")
            if turn:
                times[name].append(took)
    ours, peer = median(times["keyed"]), median(times["plain"])
    bench.report.add("scan of the UNIQUE table after the upsert, against a plain table of the same rows", f"{ours * 1000:.1f} ms", f"{peer * 1000:.1f} ms",
                     ours / peer, "<= 1.2", ours <= 1.2 * peer)


def point(bench):
    """One connection, text protocol, changing keys."""
    server = bench.server
    if "keyed" not in [row[0] for row in server.query("SHOW TABLES FROM bench")]:
        upsert(bench)
    server.execute_all(["DROP TABLE IF EXISTS nullable", f"CREATE TABLE nullable ({KEYED.replace(' NOT NULL', '')}) UNIQUE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1",
                        "INSERT INTO nullable SELECT * FROM source"], "bench")
    for table, what, bar in (("keyed", "", 0.3), ("nullable", ", whose key may be NULL", 0.5)):
        times = []
        with server.connect("bench") as connection, connection.cursor() as cursor:
            for number in range(5000):
                start = time.perf_counter()
                cursor.execute(f"SELECT * FROM {table} WHERE id = {number * 193 % UPSERT_ROWS}")
                assert len(cursor.fetchall()) == 1
                if number >= 500:
                    times.append((time.perf_counter() - start) * 1000)
        bench.report.add(f"point select by key of the UNIQUE table of 1 M rows{what}", f"{median(times):.3f} ms", "", None, f"<= {bar} ms", median(times) <= bar)


PARTS = {part.__name__: part for part in (planning, expressions, upsert, point)}


if __name__ == "__main__":
    sys.exit(report.run(__doc__, Bench, PARTS, [("--rows", 100_000_000, "of the table of expressions")]))
