# SPDX-License-Identifier: Apache-2.0
"""Settings that bound what time series may take: connections, memory, blocks in memory, compressed bodies."""
import contextlib
import gzip
import http.client
import json
import random

import pytest

from harness import process, sanitized
from harness.cassandra_server import metric
from harness.kairos import Api, Telnet
from harness.server import Server

TEN_YEARS = {"value": 10, "unit": "years"}
START = 1_700_000_000_000


def counted(api, name: str, aggregator: str = "count"):
    (_, value), = api.values(name, aggregators=[{"name": aggregator, "sampling": TEN_YEARS}])
    return value


# --- connections ---------------------------------------------------------------------------------------------------
def held_connection(port: int):
    """One that was served, and stays open."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/api/v1/version")
    answer = connection.getresponse()
    answer.read()
    return connection, answer


@pytest.mark.parametrize("most", [8, 12])
def test_connections(most):
    """Beyond the maximum the REST API says so, and telnet, which may have a quarter, closes; one that goes makes room."""
    with Server(settings={"timeseries.max_connections": most}) as server, contextlib.ExitStack() as stack:
        api = Api(server.kairos_port)

        def served():
            connection, answer = held_connection(server.kairos_port)
            if answer.status == 200:
                return connection
            connection.close()
            return None
        held = []
        for _ in range(most):
            held.append(process.wait_until(served, 10, "the connections of before are closed"))
            stack.callback(held[-1].close)
        refused = api.get("/api/v1/version")
        assert refused.status == 503 and refused.json == {"errors": ["too many connections"]}
        assert refused.headers["Retry-After"] == "1" and refused.headers["Connection"] == "close"
        # Those that are there are served on, and the other doors are not concerned.
        held[0].request("GET", "/api/v1/health/check")
        assert held[0].getresponse().status == 204
        assert server.http_status("/health/ready") == 200 and server.query("SELECT 1") == ((1,),)
        held[-1].close()
        process.wait_until(lambda: api.get("/api/v1/version").status == 200, 10, "a closed connection makes room")

        def telnet_served():
            telnet = Telnet(server.telnet_port)
            try:
                telnet.ask_version()
                return telnet
            except (AssertionError, OSError):
                telnet.close()
                return None
        lines = []
        for _ in range(most // 4):
            lines.append(process.wait_until(telnet_served, 10, "the connections of before are closed"))
            stack.callback(lines[-1].close)
        assert telnet_served() is None
        lines[0].ask_version()
        lines[-1].close()
        process.wait_until(telnet_served, 10, "a closed connection makes room").close()


# --- compressed bodies ---------------------------------------------------------------------------------------------
def blown_up(megabytes: int) -> bytes:
    """A thousand times its size, most of it blanks, with a point at either end."""
    point = '{"name":"blown","tags":{"h":"a"},"datapoints":[[%d,1]]}'
    return gzip.compress(("[" + point % 1 + "," + " " * (megabytes << 20) + point % 2 + "]").encode())


@pytest.mark.parametrize("ratio, megabytes, status", [(None, 20, 413), (None, 15, 204), (500, 20, 413), (5000, 20, 204), (5000, 40, 204)])
def test_gzip_ratio(ratio, megabytes, status):
    with Server(settings={"timeseries.max_gzip_ratio": ratio}) as server:
        api = Api(server.kairos_port)
        answer = api.post("/api/v1/datapoints", blown_up(megabytes), headers={"Content-Encoding": "gzip"})
        assert answer.status == status, answer
        if status == 413:
            assert f"a ratio of {ratio or 200}" in answer.json["errors"][0]
        assert api.values("blown") == ([[1, 1], [2, 1]] if status == 204 else [[1, 1]])


def test_usual_json_below_and_beyond_the_ratio():
    """Points as collectors send them are compressed by a factor of five to ten."""
    text = json.dumps([{"name": "usual", "tags": {"h": f"h{h}"}, "datapoints": [[START + 1000 * n, n % 100] for n in range(100_000)]} for h in range(10)]).encode()
    sent = gzip.compress(text, 5)
    assert len(text) > 16 << 20 and 3 < len(text) / len(sent) < 50, len(text) / len(sent)
    for ratio, status in ((2, 413), (50, 204)):
        with Server(settings={"timeseries.max_gzip_ratio": ratio}) as server:
            api = Api(server.kairos_port)
            assert api.post("/api/v1/datapoints", sent, headers={"Content-Encoding": "gzip"}).status == status
            if status == 204:
                assert counted(api, "usual") == 1_000_000


# --- memory --------------------------------------------------------------------------------------------------------
def write_noise(api, bodies: int, points: int = 100_000):
    """Doubles that cannot be compressed. Returns their number and sum."""
    generator, total = random.Random(4), 0.0
    for body in range(bodies):
        values = [generator.random() for _ in range(points)]
        total += sum(values)
        assert api.put_points("noise", [[START + body * points + n, value] for n, value in enumerate(values)]).status == 204
    return bodies * points, total


def test_memory_for_points_that_are_in_no_block():
    """Less of it: the points go into blocks earlier; all are there, and the process is smaller."""
    resident = {}
    for memory in ("16MiB", "256MiB"):
        with Server(settings={"timeseries.memory": memory, "timeseries.self_metrics": 0}) as server:
            api = Api(server.kairos_port)
            most, points, total = 0, 0, 0.0
            idle = server.memory()
            for body in range(20):
                values = [(n * 7919 + body) % 100_003 for n in range(200_000)]
                points, total = points + len(values), total + sum(values)
                assert api.put_points("m", [[START + body * 200_000 + n, value] for n, value in enumerate(values)]).status == 204
                most = max(most, metric(server, "sluice_timeseries_head_bytes"))
            assert (counted(api, "m"), counted(api, "m", "sum")) == (points, total)
            resident[memory] = server.memory() - idle
            print(f"timeseries.memory={memory}: {points} points, at most {most / 1e6:.0f} MB in no block, memory +{resident[memory] / 1e6:.0f} MB")
            assert most <= 16 << 20 if memory == "16MiB" else most > 32 << 20
            server.kill9()
            server.start()
            assert (counted(Api(server.kairos_port), "m"), counted(Api(server.kairos_port), "m", "sum")) == (points, total)
    if not sanitized():
        assert resident["16MiB"] < resident["256MiB"]


def bytes_read(server) -> int:
    """By system calls of the server, whether the system's cache had them or not."""
    with open(f"/proc/{server.pid}/io", encoding="utf-8") as figures:
        return int(figures.readline().split()[1])


def test_cache_of_blocks():
    """What fits into it is read once from the files; what does not is read again by each query, and takes no memory."""
    again, resident = {}, {}
    for cache in ("1MiB", "64MiB"):
        with Server(settings={"timeseries.block_cache": cache, "timeseries.memory": "16MiB", "timeseries.self_metrics": 0}) as server:
            api = Api(server.kairos_port)
            points, total = write_noise(api, 20)
            process.wait_until(lambda: metric(server, "sluice_timeseries_head_bytes") < 12 << 20, 30, "most points are in blocks")
            server.stop()
            server.start()
            api = Api(server.kairos_port)
            before = server.memory()
            counted(api, "noise", "avg")
            read = bytes_read(server)
            for _ in range(3):
                assert counted(api, "noise", "avg") == pytest.approx(total / points)
                assert counted(api, "noise") == points
            again[cache], resident[cache] = (bytes_read(server) - read) / 6, server.memory() - before
            print(f"timeseries.block_cache={cache}: {again[cache] / 1e6:.1f} MB read again by a query, memory +{resident[cache] / 1e6:.0f} MB")
    assert again["1MiB"] > 3 << 20 and again["1MiB"] > 4 * again["64MiB"]
    if not sanitized():
        assert resident["1MiB"] < resident["64MiB"]
