# SPDX-License-Identifier: Apache-2.0
"""What the benchmark of time series sends, made before the clock starts, and how it is sent and read. HTTP is spoken over bare sockets: the
program that makes the load shares the cores with the servers."""
import json
import os
import random
import socket
import threading
import time

import harness.process
from harness.wire import QUERY, Wire

SERIES = 100
START_MS = 1_700_000_000_000  # 2023-11-14T22:13:20Z
HORIZON_MS = 1_000_000_000    # of all points of a data set, generously
RETRY = (429, 503)            # answers that ask the client to come again


def noisy(count: int, seed: int = 1):
    """`count` values that are nothing but noise: two decimals from 0 to 100, each as likely as the others (13.3 bits)."""
    draw = random.Random(seed)
    return [draw.randrange(10_000) / 100 for _ in range(count)]


def points(count: int, step_ms: int):
    """(series, time, value) in the order in which a fleet of hosts reports: each host once a step."""
    values = noisy(count)
    for number, value in enumerate(values):
        yield number % SERIES, START_MS + number // SERIES * step_ms, value


def telnet_parts(metric: str, count: int, step_ms: int, parts: int):
    """OpenTSDB's put lines in `parts` pieces of bytes, by host."""
    lines = [[] for _ in range(parts)]
    for series, when, value in points(count, step_ms):
        lines[series % parts].append(f"put {metric} {when} {value} host=host{series:03d} dc=dc{series % 5}\n")
    return ["".join(part).encode() for part in lines]


def json_bodies(metric: str, count: int, step_ms: int, body_points: int = 1000, metric_points: int = 100):
    """Bodies of /api/v1/datapoints: each has `body_points` points of some series, `metric_points` of each."""
    columns = [[] for _ in range(SERIES)]
    for series, when, value in points(count, step_ms):
        columns[series].append((when, value))
    bodies, body = [], []
    for at in range(0, count // SERIES, metric_points):
        for series in range(SERIES):
            pairs = ",".join(f"[{when},{value}]" for when, value in columns[series][at:at + metric_points])
            body.append(f'{{"name":"{metric}","tags":{{"host":"host{series:03d}","dc":"dc{series % 5}"}},"datapoints":[{pairs}]}}')
            if len(body) * metric_points >= body_points:
                bodies.append(f"[{','.join(body)}]".encode())
                body = []
    if body:
        bodies.append(f"[{','.join(body)}]".encode())
    return bodies


def _threads(count, run):
    failed = []

    def guarded(number):
        try:
            run(number)
        except Exception as error:  # pylint: disable=broad-except
            failed.append(error)
    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def send_telnet(port: int, parts):
    """Each part over a connection of its own."""
    def run(number):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(parts[number])
    _threads(len(parts), run)


class Http:
    """One connection that is kept alive."""

    def __init__(self, port: int):
        self.port = port
        self.connection = None
        self.buffer = b""

    def request(self, method: str, path: str, body: bytes = b""):
        """(status, body)"""
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        for attempt in (1, 2):
            try:
                if self.connection is None:
                    self.connection = socket.create_connection(("127.0.0.1", self.port))
                    self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self.buffer = b""
                self.connection.sendall(head + body)
                return self._answer()
            except ConnectionError:
                self.close()
                if attempt == 2:
                    raise
        raise AssertionError

    def _more(self):
        got = self.connection.recv(1 << 20)
        if not got:
            raise ConnectionError("closed by the server")
        self.buffer += got

    def _take(self, size: int) -> bytes:
        pieces, missing = [self.buffer[:size]], size - len(self.buffer)
        self.buffer = self.buffer[size:]
        while missing > 0:
            got = self.connection.recv(1 << 20)
            if not got:
                raise ConnectionError("closed by the server")
            pieces.append(got[:missing])
            self.buffer = got[missing:]
            missing -= len(got)
        return b"".join(pieces)

    def _line(self) -> bytes:
        while b"\r\n" not in self.buffer:
            self._more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def _answer(self):
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split()[1])
        fields = {name.strip().lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
        body = b""
        if "content-length" in fields:
            body = self._take(int(fields["content-length"]))
        elif fields.get("transfer-encoding", "").lower() == "chunked":
            pieces = []
            while size := int(self._line().split(b";")[0], 16):
                pieces.append(self._take(size))
                self._line()
            self._line()
            body = b"".join(pieces)
        if fields.get("connection", "").lower() == "close":
            self.close()
        return status, body

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def send_bodies(port: int, bodies, connections: int = 4):
    """POST /api/v1/datapoints, the bodies dealt out to connections."""
    def run(number):
        with Http(port) as http:
            for body in bodies[number::connections]:
                while (answer := http.request("POST", "/api/v1/datapoints", body))[0] in RETRY:
                    time.sleep(0.02)
                assert answer[0] == 204, answer
    _threads(connections, run)


def kairos_query(metric: str, aggregator: dict, group_by_host: bool = False, cache_seconds: int = 0, start_ms: int = START_MS) -> bytes:
    wanted = {"name": metric, "aggregators": [aggregator]}
    if group_by_host:
        wanted["group_by"] = [{"name": "tag", "tags": ["host"]}]
    return json.dumps({"start_absolute": start_ms, "end_absolute": START_MS + HORIZON_MS, "cache_time": cache_seconds, "metrics": [wanted]}).encode()


AVERAGE = {"name": "avg", "sampling": {"value": 1, "unit": "minutes"}, "align_sampling": True}
COUNT = {"name": "count", "sampling": {"value": 10, "unit": "years"}}


def kairos_count(http: Http, metric: str, start_ms: int = START_MS) -> int:
    status, body = http.request("POST", "/api/v1/datapoints/query", kairos_query(metric, COUNT, start_ms=start_ms))
    assert status == 200, body[:500]
    return sum(value for result in json.loads(body)["queries"][0]["results"] for _, value in result["values"])


class KairosQueries:
    """KairosDB's REST API, of Java's server or of ours."""

    def __init__(self, port: int):
        self.http = Http(port)

    def count(self, metric: str, start_ms: int = START_MS) -> int:
        """Points since then."""
        return kairos_count(self.http, metric, start_ms)

    def average(self, metric: str, cache_seconds: int = 0) -> int:
        """avg by minute and host; how many points came back."""
        status, body = self.http.request("POST", "/api/v1/datapoints/query", kairos_query(metric, AVERAGE, True, cache_seconds))
        assert status == 200, body[:500]
        return body.count(b"],[") + 1


class SqlQueries:
    """The same by SQL, as Grafana's MySQL data source asks. What comes is read and not looked into."""

    def __init__(self, server):
        self.wire = Wire(server)

    def _answer(self, sql: str) -> bytes:
        """The bytes of an answer up to the end of its rows."""
        self.wire.command(QUERY, sql.encode())
        received = bytearray()
        while not (received[-9:-6] == b"\x05\0\0" and received[-5:-4] == b"\xfe" and received.count(b"\x05\0\0") > 1):
            part = self.wire.socket.recv(1 << 20)
            received += part
            assert part and received[4:5] != b"\xff", bytes(received[:500])
        return bytes(received)

    def average(self, metric: str) -> int:
        """Bytes of avg by minute and host."""
        return len(self._answer(f"SELECT UNIX_TIMESTAMP(time) DIV 60 * 60 AS time, host AS metric, avg(value) FROM kairos.default.{metric} "
                                f"WHERE time BETWEEN FROM_UNIXTIME({START_MS // 1000}) AND FROM_UNIXTIME({(START_MS + HORIZON_MS) // 1000}) GROUP BY 1, 2 ORDER BY 1"))


class VictoriaQueries:
    def __init__(self, port: int):
        self.http = Http(port)

    def _get(self, path: str) -> dict:
        status, body = self.http.request("GET", path)
        assert status == 200, body[:500]
        return json.loads(body) if body else {}

    def flush(self):
        self._get("/internal/force_flush")

    def merge(self):
        self._get("/internal/force_merge")

    def count(self, metric: str) -> int:
        self.flush()
        end = (START_MS + HORIZON_MS) // 1000
        answer = self._get(f"/api/v1/query?query=sum(count_over_time({metric}[{HORIZON_MS // 1000 + 10}s]))&time={end}&nocache=1")
        result = answer["data"]["result"]
        return int(float(result[0]["value"][1])) if result else 0

    def average(self, metric: str, points_each: int, step_ms: int) -> int:
        start = START_MS // 1000
        end = start + points_each * step_ms // 1000
        path = f"/api/v1/query_range?query=avg%20by%20(host)%20(avg_over_time({metric}[1m]))&start={start}&end={end}&step=60&nocache=1"
        status, body = self.http.request("GET", path)
        assert status == 200, body[:500]
        return body.count(b"],[") + 1


def until_visible(count, wanted: int, seconds: float = 120):
    """Asks until all points are there. A short pause between, so that asking costs little."""
    deadline = time.monotonic() + seconds
    pause = 0.005
    while (seen := count()) < wanted:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{seen} of {wanted} points are visible after {seconds} s")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)
    assert seen == wanted, (seen, wanted)


def percentile(values, share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def timed_queries(ask, rounds: int = 30, warm: int = 5):
    """Seconds of each of `rounds` calls after `warm` others."""
    times = []
    for number in range(warm + rounds):
        start = time.perf_counter()
        ask()
        if number >= warm:
            times.append(time.perf_counter() - start)
    return times


def cpu_of(pid: int):
    """A function that gives the CPU seconds of the process since now."""
    begin = harness.process.cpu_seconds(pid)
    return lambda: harness.process.cpu_seconds(pid) - begin


def folder_bytes(folder) -> int:
    """As `du` counts: blocks on disk."""
    return sum(os.lstat(os.path.join(root, name)).st_blocks * 512 for root, _, names in os.walk(folder) for name in names)
