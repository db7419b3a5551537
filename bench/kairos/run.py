# SPDX-License-Identifier: Apache-2.0
"""Measures time series against what they replace: Java KairosDB on H2 and on Cassandra, and VictoriaMetrics.

    make bench-kairos                          everything; writes build/bench/kairos.json and its table of docs/benchmarks.md
    bench/kairos/run.py --only start,victoria  parts (also: h2, cassandra)

Each part sends the same bytes to both servers, one server after the other, in rounds; medians count. A peer is warmed before the clock
starts. CPU seconds are those of the server's process. The load generator shares the cores.
"""
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import report  # noqa: E402  pylint: disable=wrong-import-position
from report import ROOT, log, median  # noqa: E402  pylint: disable=wrong-import-position
from harness import process  # noqa: E402  pylint: disable=wrong-import-position
from harness.server import Server  # noqa: E402  pylint: disable=wrong-import-position
from kairos import load  # noqa: E402  pylint: disable=wrong-import-position

MILLION = 1_000_000
STEP_MS = 1000


class Peer:
    """A server of test/peers in a directory of its own."""

    def __init__(self, name: str, directory: pathlib.Path, *options):
        self.script = ROOT / "test" / "peers" / name / f"{name}.sh"
        self.directory = directory
        self.options = [str(option) for option in options]
        self.healthy_at = 0.0

    def call(self, *arguments, check=True):
        out = self.directory.parent / f"{self.directory.name}.out"
        with open(out, "wb") as output:
            done = subprocess.run([self.script, *map(str, arguments)], stdout=output, stderr=output, stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == 0 or not check, out.read_text()

    def __enter__(self):
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.call("install")
        self.call("start", self.directory, *self.options)
        self.healthy_at = time.clock_gettime(time.CLOCK_BOOTTIME)
        return self

    def __exit__(self, *_):
        self.call("stop", self.directory, check=False)

    def seconds_to_start(self) -> float:
        """From the start of the process until the script saw it healthy, now that it has returned; the script looks each 50 ms."""
        started = int((pathlib.Path("/proc") / str(self.pid) / "stat").read_text().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
        return self.healthy_at - started

    def number(self, name: str) -> int:
        return int((self.directory / name).read_text())

    @property
    def pid(self) -> int:
        return self.number("pid")


class Bench:
    def __init__(self, options):
        self.options = options
        self.directory = ROOT / "build" / "bench" / "kairos"
        self.directory.mkdir(parents=True, exist_ok=True)
        self.report = report.Report("kairos")

    def close(self):
        """Every part ends what it started."""

    @contextlib.contextmanager
    def sluice(self, name: str, **settings):
        """A server with doors of time series; `server.kairos_port` and `server.telnet_port` are theirs."""
        data = self.directory / f"sluice-{name}"
        shutil.rmtree(data, ignore_errors=True)
        wanted = {"log.level": "warn", "timeseries.self_metrics": "0", **settings}
        server = Server(data_dir=data, binary=self.options.binary, settings=wanted)
        try:
            yield server.start()
        finally:
            server.close()


def ingest_bodies(port: int, pid: int, metric: str, bodies, points: int):
    """(seconds until all is visible, CPU seconds of the server)"""
    queries = load.KairosQueries(port)
    used = load.cpu_of(pid)
    begin = time.perf_counter()
    load.send_bodies(port, bodies)
    load.until_visible(lambda: queries.count(metric), points)
    return time.perf_counter() - begin, used()


def start(bench):
    """From exec to the first 204 of the health check, on an empty directory and on the same again; Java on H2, whose data are new each time."""
    theirs = []
    for _ in range(bench.options.rounds):
        with Peer("kairosdb", bench.directory / "kairosdb-start", "--heap", "1g") as java:
            theirs.append(java.seconds_to_start())
    for what in ("an empty directory", "the same directory again"):
        times = []
        for turn in range(bench.options.rounds):
            data = bench.directory / f"start-{turn}"
            if what == "an empty directory":
                shutil.rmtree(data, ignore_errors=True)
            server = Server(data_dir=data, binary=bench.options.binary)
            begin = time.perf_counter()
            server.launch()
            with load.Http(server.kairos_port) as http:

                def healthy(http=http):
                    try:
                        return http.request("GET", "/api/v1/health/check")[0] == 204
                    except OSError:
                        return False
                process.wait_until(healthy, 30, "health check", interval=0.002)
                times.append(time.perf_counter() - begin)
            server.wait_ready()
            server.close()
        bench.report.add(f"start to the first 204 of the health check, {what}", f"{median(times):.3f} s", f"{median(theirs):.1f} s",
                         median(times) / median(theirs), "< 0.5 s", median(times) < 0.5)


def h2(bench):
    """Embedded against Java KairosDB on H2: ingest of JSON, the query, memory."""
    log("making bodies")
    warm = load.json_bodies("warm", 50_000, STEP_MS)
    bodies = load.json_bodies("bench", MILLION, STEP_MS)
    with Peer("kairosdb", bench.directory / "kairosdb-h2", "--heap", "1g") as java:
        port = java.number("http")
        ingest_bodies(port, java.pid, "warm", warm, 50_000)
        took, cpu = ingest_bodies(port, java.pid, "bench", bodies, MILLION)
        log(f"  Java on H2: {MILLION / took:,.0f} points/s, {cpu:.1f} CPU s per 1 M")
        queries = load.KairosQueries(port)
        java_query = load.timed_queries(lambda: queries.average("bench"), 10, 2)
        java_memory = process.memory_bytes(java.pid)
        java_points = queries.average("bench")
    with bench.sluice("h2") as server:
        ours = []
        for turn in range(bench.options.rounds + 1):
            metric = "bench" if turn == bench.options.rounds else f"bench{turn}"
            sent = bodies if metric == "bench" else [body.replace(b'"name":"bench"', f'"name":"{metric}"'.encode()) for body in bodies]
            ours.append(ingest_bodies(server.kairos_port, server.pid, metric, sent, MILLION))
            del sent
        queries = load.KairosQueries(server.kairos_port)
        our_query = load.timed_queries(lambda: queries.average("bench"))
        assert queries.average("bench") == java_points, "the two answers have different numbers of points"
    with bench.sluice("memory") as server:
        ingest_bodies(server.kairos_port, server.pid, "bench", bodies, MILLION)
        queries = load.KairosQueries(server.kairos_port)
        load.timed_queries(lambda: queries.average("bench"))
        our_memory = server.memory()
    seconds, our_cpu = median([each[0] for each in ours[1:]]), median([each[1] for each in ours[1:]])
    bench.report.add("ingest, JSON, 1,000 points a body, 4 connections, until visible, against Java on H2 (points/s)", f"{MILLION / seconds:,.0f}",
                     f"{MILLION / took:,.0f}", took / seconds, ">= 30", took / seconds >= 30)
    bench.report.add("CPU seconds for these 1 M points", f"{our_cpu:.2f}", f"{cpu:.1f}", our_cpu / cpu, "", True)
    mine, theirs = load.percentile(our_query, 0.95), load.percentile(java_query, 0.95)
    bench.report.add("avg by minute and host over 1 M points, p95, against Java on H2", f"{mine * 1000:.1f} ms", f"{theirs * 1000:,.0f} ms", mine / theirs,
                     "<= 0.01", mine / theirs <= 0.01)
    bench.report.add("resident after 1 M points and these queries, against Java on H2", f"{our_memory / 2**20:.0f} MB", f"{java_memory / 2**20:.0f} MB",
                     our_memory / java_memory, "<= 0.125", our_memory / java_memory <= 0.125)


def telnet_round(port: int, pid: int, parts, count, points: int):
    """(seconds until all is visible, CPU seconds of the server)"""
    used = load.cpu_of(pid)
    begin = time.perf_counter()
    load.send_telnet(port, parts)
    load.until_visible(count, points)
    return time.perf_counter() - begin, used()


def victoria(bench):
    """Embedded against VictoriaMetrics: ingest of telnet lines, bytes on disk, the query."""
    points = 3 * MILLION
    log("making lines")
    rounds = {f"bench{turn}": load.telnet_parts(f"bench{turn}", points, STEP_MS, 2) for turn in range(bench.options.rounds)}
    figures = {"ours": [], "peer": []}
    with Peer("victoriametrics", bench.directory / "victoriametrics") as peer:
        queries = load.VictoriaQueries(peer.number("http"))
        for metric, parts in rounds.items():
            figures["peer"].append(telnet_round(peer.number("telnet"), peer.pid, parts, lambda metric=metric: queries.count(metric), points))
            log(f"  VictoriaMetrics: {points / figures['peer'][-1][0]:,.0f} points/s, {figures['peer'][-1][1]:.2f} CPU s")
        million = load.telnet_parts("million", MILLION, STEP_MS, 2)
        telnet_round(peer.number("telnet"), peer.pid, million, lambda: queries.count("million"), MILLION)
        queries.flush()
        queries.merge()
        time.sleep(5)
        peer_bytes = load.folder_bytes(peer.directory / "data")
        peer_query = load.timed_queries(lambda: queries.average("million", MILLION // load.SERIES, STEP_MS))
        peer_memory = process.memory_bytes(peer.pid)
    with bench.sluice("victoria") as server:
        queries = load.KairosQueries(server.kairos_port)
        for metric, parts in rounds.items():
            figures["ours"].append(telnet_round(server.telnet_port, server.pid, parts, lambda metric=metric: queries.count(metric), points))
            log(f"  Sluice: {points / figures['ours'][-1][0]:,.0f} points/s, {figures['ours'][-1][1]:.2f} CPU s")
        telnet_round(server.telnet_port, server.pid, million, lambda: queries.count("million"), MILLION)
        our_query = load.timed_queries(lambda: queries.average("million"))
        by_sql = load.SqlQueries(server)
        sql_query = load.timed_queries(lambda: by_sql.average("million"))
        our_memory = server.memory()
        # Half a minute without writes: then what is in memory goes into blocks, and these are joined.
        time.sleep(45)
        our_bytes = load.folder_bytes(server.data_dir / "timeseries")
    seconds = {side: median([each[0] for each in rounds_of]) for side, rounds_of in figures.items()}
    cpu = {side: median([each[1] for each in rounds_of]) for side, rounds_of in figures.items()}
    bench.report.add("ingest, OpenTSDB telnet lines, 3 M points over 2 connections, until visible, against VictoriaMetrics (points/s)",
                     f"{points / seconds['ours']:,.0f}", f"{points / seconds['peer']:,.0f}", seconds["peer"] / seconds["ours"], ">= 1",
                     seconds["ours"] <= seconds["peer"])
    bench.report.add("CPU seconds per 1 M of these points", f"{cpu['ours'] / 3:.3f}", f"{cpu['peer'] / 3:.3f}", cpu["ours"] / cpu["peer"], "<= 1", cpu["ours"] <= cpu["peer"])
    stored = points * len(rounds) + MILLION
    bench.report.add("bytes on disk a point, both compacted, against VictoriaMetrics", f"{our_bytes / stored:.2f}", f"{peer_bytes / stored:.2f}", our_bytes / peer_bytes,
                     "<= 1", our_bytes <= peer_bytes)
    mine, theirs = load.percentile(our_query, 0.95), load.percentile(peer_query, 0.95)
    bench.report.add("avg by minute and host over 1 M points, p95, against VictoriaMetrics", f"{mine * 1000:.1f} ms", f"{theirs * 1000:.1f} ms", mine / theirs,
                     "<= 1.2", mine / theirs <= 1.2)
    by_sql = load.percentile(sql_query, 0.95)
    bench.report.add("the same as Grafana asks by SQL (avg by minute and host, 16,700 rows), p95, against our REST API", f"{by_sql * 1000:.1f} ms",
                     f"{mine * 1000:.1f} ms", by_sql / mine, "", True)
    bench.report.add(f"resident after {stored // MILLION} M points and these queries, against VictoriaMetrics", f"{our_memory / 2**20:.0f} MB",
                     f"{peer_memory / 2**20:.0f} MB", our_memory / peer_memory, "", True)


def cassandra_side(port: int, pid: int, node: Peer, keyspace: str, bodies, points: int):
    """Ingest and queries of one server on a Cassandra: a dict of figures. The node begins with empty memtables and is asked when all of
    the keyspace lies in one table on disk: what the one before left behind is nobody's cost."""
    queries, node_pid = load.KairosQueries(port), node.number("node1/pid")
    node.call("nodetool", node.directory, "flush")
    used, nodes_cpu = load.cpu_of(pid), load.cpu_of(node_pid)
    begin = time.perf_counter()
    load.send_bodies(port, bodies)
    # Counting all points costs Cassandra as much as a tenth of writing them. What was sent last is asked for; then all is counted once.
    tail = points // 100
    load.until_visible(lambda: queries.count("bench", load.START_MS + (points - tail) // load.SERIES * STEP_MS), tail)
    took, figures = time.perf_counter() - begin, {"cpu": used(), "node_cpu": nodes_cpu()}
    if queries.count("bench") != points:
        load.until_visible(lambda: queries.count("bench"), points)
        took, figures = time.perf_counter() - begin, {"cpu": used(), "node_cpu": nodes_cpu()}
    figures["rate"] = points / took
    for command in ("flush", "compact"):
        node.call("nodetool", node.directory, command, keyspace)
    for _ in range(5):
        answered = queries.average("bench")
    used, nodes_cpu = load.cpu_of(pid), load.cpu_of(node_pid)
    figures["query"] = load.percentile(load.timed_queries(lambda: queries.average("bench"), 20, 0), 0.95)
    figures["query_cpu"], figures["query_node_cpu"] = used() / 20, nodes_cpu() / 20
    figures["cached"] = load.percentile(load.timed_queries(lambda: queries.average("bench", 600), 20, 2), 0.95)
    figures["memory"] = process.memory_bytes(pid)
    log("  " + ", ".join(f"{name} {value:,.3f}" for name, value in figures.items()))
    return answered, figures


def cassandra(bench):
    """Both servers on one Cassandra, one after the other, each in a keyspace of its own."""
    log("making bodies")
    points = bench.options.cassandra_points
    bodies = load.json_bodies("bench", points, STEP_MS)
    warm = load.json_bodies("warm", 200_000, STEP_MS)
    sides = {"ours": [], "peer": []}
    with Peer("cassandra", bench.directory / "cassandra", "--heap", "1g") as node:
        address = f"127.0.0.1:{node.number('port')}"

        def ours(keyspace):
            with bench.sluice("cassandra", **{"timeseries.store": "cassandra", "timeseries.cassandra.contact_points": address,
                                              "timeseries.cassandra.keyspace": keyspace}) as server:
                ingest_bodies(server.kairos_port, server.pid, "warm", warm, 200_000)
                return cassandra_side(server.kairos_port, server.pid, node, keyspace, bodies, points)

        # The node's code becomes warm on nobody's account.
        ours("warm")
        for turn in range(bench.options.rounds):
            with Peer("kairosdb", bench.directory / "kairosdb-cassandra", "--cassandra", address, "--keyspace", f"java{turn}", "--heap", "2g", "--tuned") as java:
                ingest_bodies(java.number("http"), java.pid, "warm", warm, 200_000)
                theirs, figures = cassandra_side(java.number("http"), java.pid, node, f"java{turn}", bodies, points)
                sides["peer"].append(figures)
            mine, figures = ours(f"sluice{turn}")
            sides["ours"].append(figures)
            assert mine == theirs, "the two answers have different numbers of points"

    def both(name):
        return tuple(median([figures[name] for figures in sides[side]]) for side in ("ours", "peer"))

    ours, peer = both("rate")
    bench.report.add("ingest, JSON, Cassandra against Cassandra, until visible (points/s)", f"{ours:,.0f}", f"{peer:,.0f}", ours / peer, ">= 1.5", ours >= 1.5 * peer)
    for name, measure, bar in (("cpu", "own CPU seconds for these points", 1 / 8), ("node_cpu", "Cassandra's CPU seconds for these points", 1.0),
                               ("query", "avg by minute and host over 1 M points on Cassandra, p95 seconds", 0.85),
                               ("query_cpu", "own CPU seconds of that query", 1 / 8)):
        ours, peer = both(name)
        bench.report.add(measure, f"{ours:,.3f}", f"{peer:,.3f}", ours / peer, f"<= {bar:.3g}", ours / peer <= bar)
    ours, peer = both("query_node_cpu")
    bench.report.add("Cassandra's CPU seconds of that query", f"{ours:.3f}", f"{peer:.3f}", ours / peer, "", True)
    first, again = both("query")[0], both("cached")[0]
    bench.report.add("that query repeated with cache_time, p95, against its first time", f"{again * 1000:.1f} ms", f"{first * 1000:.1f} ms", again / first, "<= 0.02",
                     again / first <= 0.02)
    ours, peer = both("memory")
    bench.report.add("resident after 1 M points and these queries, Cassandra against Cassandra", f"{ours / 2**20:.0f} MB", f"{peer / 2**20:.0f} MB", ours / peer,
                     "<= 0.125", ours / peer <= 0.125)


PARTS = {part.__name__: part for part in (start, victoria, h2, cassandra)}


if __name__ == "__main__":
    sys.exit(report.run(__doc__, Bench, PARTS, [("--cassandra-points", MILLION, "of the part cassandra; bars are for a million")]))
