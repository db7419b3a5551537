# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments while points come in: every acknowledged one is there after the start. And orderly stops."""
import json
import random
import threading
import time

import pytest

from harness.kairos import Api, Telnet
from harness.server import Server

POINTS = 200


class Writer(threading.Thread):
    """Posts body after body until the server is gone; remembers which were answered 204."""

    def __init__(self, port, number, first):
        super().__init__()
        self.api, self.number, self.body = Api(port), number, first
        self.acknowledged, self.problem = [], None

    def run(self):
        while True:
            body = [{"name": "kill", "tags": {"writer": str(self.number)},
                     "datapoints": [[self.body * POINTS + n + 1, self.body * 1000 + n] for n in range(POINTS)]}]
            try:
                answer = self.api.post("/api/v1/datapoints", json.dumps(body))
            except (OSError, EOFError, ValueError):
                return  # the server is gone
            except Exception as error:  # http.client's own, for an answer that was cut
                if "Remote end closed" not in str(error) and "IncompleteRead" not in type(error).__name__:
                    self.problem = error
                return
            if answer.status != 204:
                if answer.status != 503:
                    self.problem = answer
                return
            self.acknowledged.append(self.body)
            self.body += 1


def check(api, writer, acknowledged):
    if not acknowledged:
        return
    found = dict(api.values("kill", start=acknowledged[0] * POINTS, tags={"writer": str(writer)}))
    for body in acknowledged:
        for n in range(POINTS):
            assert found.get(body * POINTS + n + 1) == body * 1000 + n, (writer, body, n)


def rounds(count, seed, orderly=False):
    generator = random.Random(seed)
    server = Server()
    acknowledged = {number: [] for number in range(3)}
    try:
        for round_ in range(count):
            server.start()
            api = Api(server.kairos_port)
            for number, bodies in acknowledged.items():
                check(api, number, bodies[-200:])
            writers = [Writer(server.kairos_port, number, (bodies[-1] + 2) if bodies else 0) for number, bodies in acknowledged.items()]
            for writer in writers:
                writer.start()
            time.sleep(generator.uniform(0.05, 0.6))
            if orderly:
                assert server.stop() == 0
            else:
                server.kill9()
            for writer in writers:
                writer.join(60)
                assert not writer.problem, (round_, writer.problem)
                acknowledged[writer.number] += writer.acknowledged
        server.start()
        for number, bodies in acknowledged.items():
            assert bodies, "nothing was acknowledged"
            check(Api(server.kairos_port), number, bodies)
    finally:
        server.close()


def test_kills():
    rounds(4, 1)


def test_orderly_stops():
    rounds(3, 2, orderly=True)


@pytest.mark.chaos
def test_many_kills():
    rounds(200, 3)


def test_a_store_that_fails_for_a_moment():
    """HTTP clients are told, telnet clients wait: nothing that was acknowledged, and no telnet line, is lost."""
    quiet = {"timeseries.rollups.enabled": "false", "timeseries.self_metrics": "0"}  # what else would write
    with Server(settings=quiet, environment={"SLUICE_FAILPOINTS": "store.log.write=error@3+"}) as server:
        api = Api(server.kairos_port)
        answers = [api.put_points("failing", [[n, n]]) for n in range(1, 6)]
        assert [answer.status for answer in answers[:2]] == [204, 204] and all(answer.status in (500, 503) for answer in answers[2:])
        assert answers[-1].json["errors"]
        assert [time for time, _ in api.values("failing")] == [1, 2]
    with Server(settings=quiet, environment={"SLUICE_FAILPOINTS": "store.log.write=error@2"}) as server:
        with Telnet(server.telnet_port) as telnet:
            for n in range(1, 6):
                telnet.send(f"putm failing {n} {n} h=a\n")
                time.sleep(0.05)
            telnet.ask_version()
        assert [time for time, _ in Api(server.kairos_port).values("failing")] == [1, 2, 3, 4, 5]
