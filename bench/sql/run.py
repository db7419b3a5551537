# SPDX-License-Identifier: Apache-2.0
"""Measures Sluice against MariaDB and against DuckDB in process, every figure a ratio within one run on this machine.

    make bench-sql                                  everything; writes build/bench/sql.json and the table of docs/benchmarks.md
    bench/sql/run.py --only tpch,select1            parts (also: point_prepared, point_text, stream, load, start, memory, idle)

Both sides of a measure run in turns, several rounds; the medians count. Data sets are kept in build/bench/sql for the next run.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import mysql.connector  # its C extension reads rows about as fast as the wheel makes them; must be loaded before the wheel

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import report  # noqa: E402  pylint: disable=wrong-import-position
from report import MEMORY_GB, ROOT, THREADS, log, median  # noqa: E402  pylint: disable=wrong-import-position
from harness import kernel as kernels, settings, wire  # noqa: E402  pylint: disable=wrong-import-position
from harness.mariadb import MariaDb  # noqa: E402  pylint: disable=wrong-import-position
from harness.server import Server  # noqa: E402  pylint: disable=wrong-import-position

HERE = pathlib.Path(__file__).resolve().parent
CONNECTIONS = 16
LEAST_CLIENT_ROUNDS = 7
POINT_ROWS = 1_000_000
STREAM_ROWS = 10_000_000

POINTS_DDL = "CREATE TABLE points (id INT NOT NULL PRIMARY KEY, k INT, c VARCHAR(120), pad VARCHAR(60))"
STREAM_DDL = ("CREATE TABLE stream (id BIGINT, k INT, amount DECIMAL(12,2), x DOUBLE, d DATE, ts DATETIME, name VARCHAR(20), "
              "txt VARCHAR(40))")
POINTS_SQL = f"""SELECT i::INT, (hash(i) % 1000000)::INT, repeat(md5(i::VARCHAR), 3), md5((i + 1)::VARCHAR) FROM range(1, {POINT_ROWS + 1}) r(i)"""
STREAM_SQL = f"""SELECT i, (hash(i) % 1000000)::INT, (hash(i) % 10000000)::DECIMAL(12,2) / 100, (hash(i) % 100000) / 1024.0,
    DATE '2000-01-01' + (hash(i) % 9000)::INT, TIMESTAMP '2000-01-01' + to_seconds((hash(i) % 700000000)::BIGINT), 'name ' || hash(i) % 100000,
    'text of row number ' || i FROM range({STREAM_ROWS}) r(i)"""


class Bench:
    """The two servers, started when a part first needs them, and the results so far."""

    def __init__(self, options):
        self.options = options
        self.directory = ROOT / "build" / "bench" / "sql"
        self.directory.mkdir(parents=True, exist_ok=True)
        self.binary = pathlib.Path(options.binary)
        self.report = report.Report("sql")
        self.add = self.report.add
        self._ours = self._peer = None

    # --- servers and data -----------------------------------------------------------------------------------
    def server(self, data_dir=None, **more):
        return Server(data_dir=data_dir, binary=self.binary,
                      settings={"kernel.threads": THREADS, "kernel.memory_limit": f"{MEMORY_GB}GB", "log.level": "warn", **more})

    @property
    def data_dir(self):
        """A data directory with TPC-H at scale 1 (database tpch), made by `sluice generate`."""
        directory = self.directory / "sluice-data"
        done = self.directory / "sluice-data.done"
        if not done.exists():
            shutil.rmtree(directory, ignore_errors=True)
            log("generating TPC-H at scale 1")
            subprocess.run([self.binary, "generate", "tpch", "--scale", "1", "--data-dir", directory, "--database", "tpch"], check=True,
                           env=settings.process_environment(os.environ), stdout=subprocess.DEVNULL)
            done.touch()
        return directory

    @property
    def ours(self):
        if self._ours is None:
            self._ours = self.server(self.data_dir).start()
        return self._ours

    @property
    def peer(self):
        if self._peer is None:
            self._peer = MariaDb(self.directory / "mariadb", ["--innodb-buffer-pool-size=3G", "--innodb-flush-log-at-trx-commit=2",
                                                             "--skip-log-bin"]).start()
        return self._peer

    def close(self):
        for server in (self._ours, self._peer):
            if server is not None:
                server.close()
        self._ours = self._peer = None

    def csv(self, name, select):
        path = self.directory / f"{name}.csv"
        if not path.exists():
            log(f"writing {path.name}")
            with kernels.open_kernel(extensions=()) as kernel:
                kernel.execute(f"COPY ({select}) TO '{path}.part' (FORMAT csv, HEADER false)")
            os.rename(f"{path}.part", path)
        return path

    def fill(self, server, ddl, name, select, rows):
        """Table bench.<name> with `rows` rows, by LOAD DATA LOCAL INFILE from the command line client; kept when it is there."""
        server.execute_all(["CREATE DATABASE IF NOT EXISTS bench"])
        tables = [row[0] for row in server.query("SHOW TABLES FROM bench")]
        if name in tables and server.query(f"SELECT COUNT(*) FROM bench.{name}") == ((rows,),):
            return
        log(f"loading {rows} rows into {type(server).__name__}")
        server.execute_all([f"DROP TABLE IF EXISTS {name}", ddl], "bench")
        path = self.csv(name, select)
        client(server, f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE {name} FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"'", "--local-infile=1")
        assert server.query(f"SELECT COUNT(*) FROM bench.{name}") == ((rows,),)


def client_command(server, *options):
    return ["mariadb", "--no-defaults", "-h", server.host, "-P", str(server.mysql_port), "-u", server.user, "--protocol=tcp", "-B", "-N",
            *options, "bench"]


def client(server, sql, *options):
    subprocess.run([*client_command(server, *options), "-e", sql], check=True, env={**os.environ, "MYSQL_PWD": server.password},
                   stdout=subprocess.DEVNULL)


# --- parts ----------------------------------------------------------------------------------------------------
def tpch(bench):
    """Sum of the medians of 22 queries: through the MySQL protocol, and in process with the same threads and memory."""
    wheel_file = bench.directory / "wheel-tpch.duckdb"
    if not wheel_file.exists():
        log("generating TPC-H at scale 1 for the wheel")
        with kernels.open_kernel(f"{wheel_file}.part", extensions=("tpch",)) as kernel:
            kernel.execute("CALL dbgen(sf=1)")
        os.rename(f"{wheel_file}.part", wheel_file)
    kernel = kernels.open_kernel(wheel_file, threads=THREADS, memory=f"{MEMORY_GB}GB", extensions=("tpch",))
    queries = kernels.queries(kernel, "tpch")
    server = bench.ours
    connection = mysql.connector.connect(host=server.host, port=server.mysql_port, user=server.user, password=server.password, database="tpch",
                                         autocommit=True, use_pure=False)

    def through_protocol(sql):
        with connection.cursor(raw=True) as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    times = {"ours": {}, "peer": {}}
    cpu = {"ours": [], "peer": []}
    for turn in range(bench.options.rounds + 1):
        for side, run in (("ours", through_protocol), ("peer", lambda sql: kernel.execute(sql).fetchall())):
            before = server.cpu_seconds() if side == "ours" else time.process_time()
            for number, sql in queries.items():
                start = time.perf_counter()
                run(sql)
                if turn:  # the first turn warms up
                    times[side].setdefault(number, []).append(time.perf_counter() - start)
            if turn:
                cpu[side].append((server.cpu_seconds() if side == "ours" else time.process_time()) - before)
    sums = {side: sum(median(values) for values in of.values()) for side, of in times.items()}
    for number in queries:
        ours, peer = (median(times[side][number]) for side in ("ours", "peer"))
        if ours > peer * 1.25 + 0.003:
            log(f"  Q{number}: {ours * 1000:.1f} ms against {peer * 1000:.1f} ms")
    bench.add("TPC-H SF 1, sum of 22 through the MySQL protocol, against DuckDB in process", f"{sums['ours']:.2f} s ({median(cpu['ours']):.2f} CPU s)",
              f"{sums['peer']:.2f} s ({median(cpu['peer']):.2f} CPU s)", sums["ours"] / sums["peer"], "<= 1.10", sums["ours"] <= 1.10 * sums["peer"])
    connection.close()
    kernel.close()


def sysbench(server, script, seconds):
    """(queries/s, p99 in ms, server CPU in us a query)"""
    before = server.cpu_seconds()
    done = subprocess.run(["sysbench", HERE / f"{script}.lua", "--db-driver=mysql", f"--mysql-host={server.host}", f"--mysql-port={server.mysql_port}",
                           f"--mysql-user={server.user}", f"--mysql-password={server.password}", "--mysql-db=bench", "--mysql-ssl=off",
                           f"--threads={CONNECTIONS}", f"--time={seconds}", "--percentile=99", "run"], capture_output=True, text=True, check=False)
    if done.returncode != 0 or "FATAL" in done.stdout:
        raise RuntimeError(f"sysbench {script}: {done.stdout[-1500:]} {done.stderr[-1500:]}")
    cpu = server.cpu_seconds() - before
    total = int(re.search(r"total number of events:\s+(\d+)", done.stdout)[1])
    took = float(re.search(r"total time:\s+([\d.]+)s", done.stdout)[1])
    p99 = float(re.search(r"99th percentile:\s+([\d.]+)", done.stdout)[1])
    return total / took, p99, cpu / total * 1e6


def against_mariadb(bench, script, name, bar, p99_bar=None):
    for server in (bench.ours, bench.peer):
        server.execute_all(["CREATE DATABASE IF NOT EXISTS bench"])
        if script != "select1":
            bench.fill(server, POINTS_DDL, "points", POINTS_SQL, POINT_ROWS)
    results = {"ours": [], "peer": []}
    # Client and server share the cores, and how the scheduler places them moves a round by a fifth.
    for _ in range(max(bench.options.rounds, LEAST_CLIENT_ROUNDS)):
        for side, server in (("ours", bench.ours), ("peer", bench.peer)):
            results[side].append(sysbench(server, script, bench.options.seconds))
    ours, peer = ([median(column) for column in zip(*results[side])] for side in ("ours", "peer"))
    bench.add(name, f"{ours[0]:,.0f}/s, {ours[2]:.0f} us CPU", f"{peer[0]:,.0f}/s, {peer[2]:.0f} us CPU", ours[0] / peer[0], f"QPS >= {bar}",
              ours[0] >= bar * peer[0])
    if p99_bar:
        bench.add(f"{name}: p99", f"{ours[1]:.2f} ms", f"{peer[1]:.2f} ms", ours[1] / peer[1], f"<= {p99_bar}", ours[1] <= p99_bar * peer[1])


def select1(bench):
    against_mariadb(bench, "select1", "`SELECT 1`, 16 connections, against MariaDB", 0.8, 1.5)


def point_prepared(bench):
    against_mariadb(bench, "point_prepared", "prepared point query on 1 M rows by key, 16 connections, against MariaDB", 0.25)


def point_text(bench):
    against_mariadb(bench, "point_text", "the same as text with changing literals, against MariaDB", 0.2)


def stream(bench):
    """SELECT * of 10 M rows to `mariadb --quick`, output thrown away."""
    results = {"ours": [], "peer": []}
    for server in (bench.ours, bench.peer):
        bench.fill(server, STREAM_DDL, "stream", STREAM_SQL, STREAM_ROWS)
    for turn in range(max(5, bench.options.rounds) + 1):
        for side, server in (("ours", bench.ours), ("peer", bench.peer)):
            cpu, start = server.cpu_seconds(), time.perf_counter()
            client(server, "SELECT * FROM stream", "--quick")
            if turn:
                results[side].append((STREAM_ROWS / (time.perf_counter() - start), (server.cpu_seconds() - cpu) / STREAM_ROWS * 1e6))
    ours, peer = ([median(column) for column in zip(*results[side])] for side in ("ours", "peer"))
    bench.add("streaming 10 M rows x 8 columns to the MariaDB CLI, against MariaDB: rows", f"{ours[0] / 1e6:.2f} M/s", f"{peer[0] / 1e6:.2f} M/s",
              ours[0] / peer[0], ">= 1.15", ours[0] >= 1.15 * peer[0])
    bench.add("the same: server CPU a row", f"{ours[1]:.2f} us", f"{peer[1]:.2f} us", ours[1] / peer[1], "<= 0.4", ours[1] <= 0.4 * peer[1])


def stream_memory(bench):
    """The highest resident memory of a fresh server while it sends all of a table of 50 M rows."""
    bench.fill(bench.ours, STREAM_DDL, "stream", STREAM_SQL, STREAM_ROWS)
    server = bench.ours
    server.execute_all([STREAM_DDL.replace("TABLE stream", "TABLE IF NOT EXISTS stream50")], "bench")
    if server.query("SELECT COUNT(*) FROM bench.stream50") != ((5 * STREAM_ROWS,),):
        log("making the table of 50 M rows")
        server.execute_all(["TRUNCATE TABLE stream50", *["INSERT INTO stream50 SELECT * FROM stream"] * 5], "bench")
    bench.close()
    with bench.server(bench.data_dir) as fresh:
        client(fresh, "SELECT * FROM stream50", "--quick")
        highest = fresh.memory("VmHWM") / 1e6
    bench.add("resident memory while a table of 50 M rows is streamed", f"{highest:.0f} MB", "", None, "< 300 MB", highest < 300)


def load(bench):
    """lineitem at scale 1 as CSV: stream load by curl against COPY in process, both into a table of a file."""
    path = bench.directory / "lineitem.csv"
    if not path.exists():
        with kernels.open_kernel(extensions=("tpch",)) as kernel:
            kernel.execute(f"CALL dbgen(sf=1); COPY lineitem TO '{path}.part' (FORMAT csv, HEADER false)")
        os.rename(f"{path}.part", path)
    with kernels.open_kernel(extensions=("tpch",)) as kernel:
        kernel.execute("CALL dbgen(sf=0)")
        columns = ", ".join(f"{row[0]} {row[1]}" for row in kernel.execute("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'lineitem' "
                                                                           "ORDER BY column_index").fetchall())
    server = bench.ours
    server.execute_all(["CREATE DATABASE IF NOT EXISTS bench", "DROP TABLE IF EXISTS bench.lineitem", f"CREATE TABLE bench.lineitem ({columns})"])
    wheel_file = bench.directory / "wheel-load.duckdb"
    times, cpu = {"ours": [], "peer": []}, {"ours": [], "peer": []}
    for turn in range(bench.options.rounds):
        server.execute_all(["TRUNCATE TABLE bench.lineitem"])
        before, start = server.cpu_seconds(), time.perf_counter()
        done = subprocess.run(["curl", "-sS", "--fail-with-body", "-T", path, "-u", f"{server.user}:{server.password}", "-H", "Expect: 100-continue", "-H", "format: csv",
                               "-H", "column_separator: ,", "-H", "enclose: \"", "-H", f"label: bench-{turn}-{time.time_ns()}",
                               server.url("/api/bench/lineitem/_stream_load")], capture_output=True, text=True, check=False)
        times["ours"].append(time.perf_counter() - start)
        cpu["ours"].append(server.cpu_seconds() - before)
        answer = json.loads(done.stdout or "{}")
        if answer.get("Status") != "Success" or answer.get("NumberLoadedRows") != 6001215:
            raise RuntimeError(f"stream load: {done.stdout} {done.stderr}")
        wheel_file.unlink(missing_ok=True)
        kernel = kernels.open_kernel(wheel_file, threads=THREADS, memory=f"{MEMORY_GB}GB", extensions=())
        kernel.execute(f"CREATE TABLE lineitem ({columns})")
        before, start = time.process_time(), time.perf_counter()
        kernel.execute(f"COPY lineitem FROM '{path}' (FORMAT csv, HEADER false)")
        times["peer"].append(time.perf_counter() - start)
        cpu["peer"].append(time.process_time() - before)
        kernel.close()
    server.execute_all(["DROP TABLE bench.lineitem"])
    wheel_file.unlink(missing_ok=True)
    ours, peer = median(times["ours"]), median(times["peer"])
    bench.add("stream load of lineitem SF 1 CSV, against DuckDB's COPY in process", f"{ours:.2f} s ({median(cpu['ours']):.1f} CPU s)",
              f"{peer:.2f} s ({median(cpu['peer']):.1f} CPU s)", ours / peer, "<= 1.3", ours <= 1.3 * peer)


def start(bench):
    """From exec to the first answered query, on a directory with data; and the memory of a server nobody has used."""
    data = bench.data_dir
    bench.close()
    times, memories = [], []
    for _ in range(bench.options.rounds):
        server = bench.server(data)
        began = time.perf_counter()
        server.launch()
        while True:
            try:
                with wire.Wire(server, timeout=5) as connection:
                    connection.query("SELECT COUNT(*) FROM tpch.nation")
                break
            except (OSError, wire.Closed):
                if time.perf_counter() - began > 30:
                    raise
                time.sleep(0.002)
        times.append(time.perf_counter() - began)
        time.sleep(1)
        memories.append(server.memory() / 1e6)
        server.close()
    bench.add("start to first answered query", f"{median(times):.3f} s", "", None, "< 0.5 s", median(times) < 0.5)
    bench.add("resident memory idle", f"{median(memories):.0f} MB", "", None, "< 120 MB", median(memories) < 120)


WHEEL_MEMORY = """
import sys
sys.path.insert(0, sys.argv[1])
from harness import kernel as kernels, process
import os
kernel = kernels.open_kernel(sys.argv[2], threads=int(sys.argv[3]), memory=sys.argv[4], extensions=("tpch",))
for sql in kernels.queries(kernel, "tpch").values():
    kernel.execute(sql).fetchall()
print(process.memory_bytes(os.getpid()))
"""


def memory(bench):
    """Resident memory after the 22 queries at scale 1, ours and a Python process with the wheel."""
    wheel_file = bench.directory / "wheel-tpch.duckdb"
    if not wheel_file.exists():
        with kernels.open_kernel(f"{wheel_file}.part", extensions=("tpch",)) as kernel:
            kernel.execute("CALL dbgen(sf=1)")
        os.rename(f"{wheel_file}.part", wheel_file)
    with kernels.open_kernel(extensions=("tpch",)) as kernel:
        queries = kernels.queries(kernel, "tpch")
    data = bench.data_dir
    bench.close()
    with bench.server(data) as server:
        with server.connect("tpch") as connection, connection.cursor() as cursor:
            for sql in queries.values():
                cursor.execute(sql)
                cursor.fetchall()
        ours = server.memory() / 1e6
    done = subprocess.run([sys.executable, "-c", WHEEL_MEMORY, str(ROOT / "test"), wheel_file, str(THREADS), f"{MEMORY_GB}GB"], capture_output=True,
                          text=True, check=True)
    peer = int(done.stdout) / 1e6
    bench.add("resident memory after the 22 queries at SF 1, against the wheel after the same", f"{ours:.0f} MB", f"{peer:.0f} MB", ours / peer,
              "<= +150 MB", ours <= peer + 150)


def idle(bench):
    """Resident memory of 5,000 connections that are logged in and silent."""
    bench.close()
    with bench.server() as server:
        with wire.Wire(server) as one:
            one.query("SELECT 1")
        before, open_ones = server.memory(), []
        for _ in range(5000):
            open_ones.append(wire.Wire(server))
        each = (server.memory() - before) / len(open_ones) / 1000
        for connection in open_ones:
            connection.close()
    bench.add("memory of an idle connection, of 5,000", f"{each:.1f} KB", "", None, "< 100 KB", each < 100)


PARTS = {part.__name__: part for part in (tpch, select1, point_prepared, point_text, stream, load, start, memory, idle, stream_memory)}


if __name__ == "__main__":
    sys.exit(report.run(__doc__, Bench, PARTS, [("--seconds", 5, "of each sysbench run")]))
