# SPDX-License-Identifier: Apache-2.0
"""A server whose time series lie in Cassandra, and a load on it that knows what was acknowledged."""
import contextlib
import itertools
import re
import threading
import time

from harness import process, sanitized
from harness.kairos import Api
from harness.server import Server

MEMORY = (2048 if sanitized() else 400) << 20  # what a server with a small queue stays below


def cassandra_server(cassandra, keyspace: str, server_options=None, **settings) -> Server:
    """Not started. Names of settings are those below timeseries.cassandra."""
    wanted = {"timeseries.store": "cassandra", "timeseries.cassandra.contact_points": cassandra.address,
              "timeseries.cassandra.keyspace": keyspace, "timeseries.cassandra.batch_wait": "1ms", "timeseries.self_metrics": "0",
              "timeseries.rollups.enabled": False, **{f"timeseries.cassandra.{name}": value for name, value in settings.items()}}
    return Server(settings={**wanted, **(server_options or {})})


def metric(server: Server, name: str) -> float:
    status, _, text = server.http("GET", "/metrics")
    assert status == 200
    return float(re.search(rf"^{name} (\S+)$", text.decode(), re.MULTILINE)[1])


def wait_delivered(server: Server, seconds: float = 60):
    process.wait_until(lambda: metric(server, "sluice_timeseries_queue_bytes") == 0, seconds, "the queue is delivered")


def healthy(server) -> bool:
    api = Api(server.kairos_port)
    status = api.get("/api/v1/health/check").status
    assert status in (204, 500)
    return status == 204


class Load:
    """Clients that write numbered points until they are stopped; each keeps what was acknowledged, and what was not."""
    POINTS = 500  # of one body

    def __init__(self, server: Server, metric_name: str, clients: int = 2, pause: float = 0.002):
        self.server, self.metric, self.pause = server, metric_name, pause
        self.acknowledged = [0] * clients  # bodies, in their order
        self.refused = {}                  # count by status
        self.without_retry_after = 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(clients)]

    def _run(self, client: int):
        api = Api(self.server.kairos_port)
        for body in itertools.count():
            points = [[body * self.POINTS + number + 1, number] for number in range(self.POINTS)]
            while not self._stop.is_set():
                try:
                    answer = api.put_points(self.metric, points, {"client": str(client)})
                except OSError:
                    self.refused["connection"] = self.refused.get("connection", 0) + 1
                    time.sleep(0.05)
                    continue
                if answer.status == 204:
                    self.acknowledged[client] += 1
                    break
                self.refused[answer.status] = self.refused.get(answer.status, 0) + 1
                self.without_retry_after += "Retry-After" not in answer.headers
                time.sleep(0.05)
            if self._stop.wait(self.pause):
                return

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def check(self, server=None):
        """All that was acknowledged is there."""
        api = Api((server or self.server).kairos_port)
        for client, bodies in enumerate(self.acknowledged):
            count = api.values(self.metric, start=1, end=bodies * self.POINTS, tags={"client": str(client)},
                               aggregators=[{"name": "count", "sampling": {"value": 10, "unit": "years"}}])
            assert [value for _, value in count] == [bodies * self.POINTS], (client, bodies)


@contextlib.contextmanager
def peak_memory(server: Server, most: int):
    """The server's resident memory stays below `most` bytes."""
    yield
    peak = server.memory("VmHWM")
    assert peak < most, f"{peak >> 20} MiB"
