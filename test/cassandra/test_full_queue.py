# SPDX-License-Identifier: Apache-2.0
"""The queue to Cassandra is full: telnet clients wait, and what was acknowledged outlives kill -9 again and again."""
import contextlib
import random
import select
import socket
import time

import pytest

from harness import process, sanitized
from harness.cassandra import frozen
from harness.cassandra_server import MEMORY, Load, cassandra_server, healthy, metric, peak_memory, wait_delivered
from harness.disk import small_disk
from harness.kairos import Api

FIRST = 1_000_000_000  # time of a client's first line; all lines of a client are equally long


def text_of(number: int) -> bytes:
    return b"%d" % (FIRST + number) * 40


class Lines:
    """A telnet client that sends numbered lines for as long as they are taken. They are long, so that few of them fill all buffers."""
    MANY = 200

    def __init__(self, port: int, client: int):
        self.client = client
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 256 << 10)
        self.length = len(self.line(0))
        self.sent = 0  # bytes

    def line(self, number: int) -> bytes:
        return b"puts telnet %d %s client=%d\n" % (FIRST + number, text_of(number), self.client)

    def send_some(self):
        number, partly = divmod(self.sent, self.length)
        text = b"".join(self.line(n) for n in range(number, number + self.MANY))[partly:]
        self.socket.setblocking(False)
        self.sent += self.socket.send(text)
        self.socket.setblocking(True)
        assert self.sent < 64 << 20, "nobody stops it"

    def finish(self, more: int) -> int:
        """The rest of its last line, and so many more. Returns how many lines it sent in all, which were taken."""
        number, partly = divmod(self.sent, self.length)
        total = number + 1 + more
        self.socket.settimeout(120)
        self.socket.sendall(b"".join(self.line(n) for n in range(number, total))[partly:] + b"version\n")
        assert self.socket.recv(100).startswith(b"KairosDB")
        return total


def send_until_blocked(clients: list, seconds: float) -> list:
    """Until nothing is taken from any for so long, which is how clients see back pressure. Returns how many bytes each sent."""
    by_socket = {client.socket: client for client in clients}
    while writable := select.select([], list(by_socket), [], seconds)[1]:
        for one in writable:
            by_socket[one].send_some()
    return [client.sent for client in clients]


BODY = 100


def small_body(body: int) -> list:
    return [[number + 1, number] for number in range(body * BODY, (body + 1) * BODY)]


def fill_the_rest(api) -> int:
    """What telnet's batches are too large for is filled by small bodies. Returns how many were taken before the first refusal."""
    for taken in range(5000):
        answer = api.put_points("rest", small_body(taken))
        if answer.status != 204:
            break
    assert answer.status == 503 and answer.headers["Retry-After"] and answer.json["errors"], answer
    return taken


def telnet_points(server) -> int:
    return metric(server, r'sluice_timeseries_points_total\{door="telnet"\}')


@pytest.mark.parametrize("how", ["limit", *[pytest.param(how, marks=pytest.mark.chaos) for how in ("disk", "memory")]])
def test_telnet_clients_wait(cassandra, keyspace, tmp_path, how):
    with contextlib.ExitStack() as stack:
        settings = {"limit": {"queue_disk": "2MiB"}, "memory": {"queue_on_disk": False, "queue_memory": "2MiB"}}.get(how)
        if settings is None:
            settings = {"queue_folder": stack.enter_context(small_disk(tmp_path, 2)) / "queue"}
        server = stack.enter_context(cassandra_server(cassandra, keyspace, request_timeout="2s", **settings))
        stack.enter_context(peak_memory(server, MEMORY))
        api = Api(server.kairos_port)
        clients = [Lines(server.telnet_port, client) for client in range(2)]
        for client in clients:
            stack.callback(client.socket.close)
        with frozen(cassandra):
            send_until_blocked(clients, 2)
            rest = fill_the_rest(api)
            process.wait_until(lambda: not healthy(server), 30, "the health check fails")
            sent, taken, memory = send_until_blocked(clients, 2), telnet_points(server), server.memory()
            time.sleep(2)
            assert send_until_blocked(clients, 1) == sent and telnet_points(server) == taken, "the door reads on"
            if not sanitized():
                assert server.memory() < memory + (8 << 20)
            # A client that goes has sent what it sent.
            gone = clients.pop()
            whole = gone.sent // gone.length
            gone.socket.close()
        lines = {client.client: client.finish(1000) for client in clients} | {gone.client: whole}
        process.wait_until(lambda: healthy(server), 60, "the health check passes")
        assert api.put_points("rest", small_body(rest)).status == 204

        for client, count in lines.items():
            expected = [[FIRST + number, text_of(number).decode()] for number in range(count)]
            api.eventually("telnet", expected, seconds=60, tags={"client": str(client)})
        api.eventually("rest", [point for body in range(rest + 1) for point in small_body(body)], seconds=60)
        assert metric(server, "sluice_timeseries_lost_points_total") == 0 and metric(server, "sluice_timeseries_telnet_dropped_total") == 0
        print(f"{how}: blocked after {sum(sent) / 1e6:.1f} MB of two clients; memory {server.memory('VmHWM') >> 20} MiB at most; {rest} small bodies fitted in")


@pytest.mark.parametrize("kills", [2, pytest.param(30, marks=pytest.mark.chaos)])
def test_kills_with_a_full_queue(cassandra, keyspace, kills):
    """One load goes on over all the kills: bodies without an answer are sent again, acknowledged ones never."""
    generator = random.Random(kills)
    settings = {"queue_disk": "1MiB", "request_timeout": "2s", "start_async": True, "connect_timeout": "1s"}
    with cassandra_server(cassandra, keyspace, **settings) as server:
        most = 0
        process.wait_until(lambda: healthy(server), 60, "Cassandra is there")
        with Load(server, "m") as load:
            for kill in range(kills):
                before = sum(load.acknowledged)
                process.wait_until(lambda before=before: sum(load.acknowledged) > before + 10, 60, f"points are taken before kill {kill}")
                away = contextlib.ExitStack()
                with away:
                    away.enter_context(frozen(cassandra))
                    load.refused.pop(503, None)
                    process.wait_until(lambda: load.refused.get(503, 0) > 3, 120, "the queue is full")
                    most = max(most, metric(server, "sluice_timeseries_queue_bytes"))
                    again = generator.random() < 0.3
                    if not again:
                        away.close()  # it is killed while the queue is delivered
                        time.sleep(generator.uniform(0, 0.5))
                    server.kill9()
                    if again:  # and once more by one that finds Cassandra away and the queue full
                        server.start()
                        time.sleep(generator.uniform(0, 0.5))
                        server.kill9()
                server.start()
            process.wait_until(lambda: healthy(server), 60, "the health check passes")
        assert set(load.refused) <= {503, "connection"} and not load.without_retry_after, load.refused
        assert 1 << 19 < most <= 1 << 20
        wait_delivered(server, 120)
        assert metric(server, "sluice_timeseries_lost_points_total") == 0
        load.check()
        print(f"{kills} kills; {sum(load.acknowledged) * Load.POINTS} points; refused {load.refused}")
