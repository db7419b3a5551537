# SPDX-License-Identifier: Apache-2.0
"""KairosDB's REST API and telnet protocol, as clients speak them."""
import http.client
import json
import pathlib
import socket
import time

from harness import ROOT

RECORDED = ROOT / "test" / "kairos" / "recorded"


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def value(self):
        """The answer's JSON, or its text when it is none."""
        return as_value(self.text)

    def __repr__(self):
        return f"<{self.status} {self.text[:300]!r}>"


def as_value(text: str):
    try:
        return json.loads(text)
    except ValueError:
        return text


class Api:
    """The REST API of a server on loopback; each request has a connection of its own."""

    def __init__(self, port: int, headers=None):
        self.port, self.headers = port, headers or {}

    def call(self, method: str, path: str, body=None, headers=None, timeout: float = 120) -> Answer:
        if isinstance(body, str):
            body = body.encode()
        elif isinstance(body, (list, dict)):
            body = json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, {**self.headers, **(headers or {})},
                               encode_chunked=not isinstance(body, (bytes, type(None))))
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def post(self, path, body=b"", **more):
        return self.call("POST", path, body, **more)

    def put_points(self, metric: str, points, tags=None, **more) -> Answer:
        body = [{"name": metric, "tags": tags or {"host": "a"}, "datapoints": points, **more}]
        return self.post("/api/v1/datapoints", body)

    def query(self, metric: str, start=0, end=None, **more) -> Answer:
        body = {"start_absolute": start, "metrics": [{"name": metric, **more}]}
        if end is not None:
            body["end_absolute"] = end
        return self.post("/api/v1/datapoints/query", body)

    def values(self, metric: str, start=0, end=None, **more) -> list:
        """[[time, value], ..] of all groups, one behind the other."""
        answer = self.query(metric, start, end, **more)
        assert answer.status == 200, answer
        return [point for result in answer.json["queries"][0]["results"] for point in result["values"]]

    def eventually(self, metric: str, expected, seconds: float = 5, **more):
        end = time.monotonic() + seconds
        while (found := self.values(metric, **more)) != expected:
            assert time.monotonic() < end, f"{metric}: {found} instead of {expected}"
            time.sleep(0.01)


class Telnet:
    """A connection that lines are written to."""

    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def ask_version(self) -> str:
        """All lines before this one were taken when it returns."""
        self.send("version\n")
        reply = b""
        while not reply.endswith(b"\n"):
            piece = self.socket.recv(4096)
            assert piece, "the server closed the connection"
            reply += piece
        return reply.decode()

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def recorded(name: str) -> list:
    return [json.loads(line) for line in pathlib.Path(RECORDED / name).read_text(encoding="utf-8").splitlines()]


def play_recorded(api: Api, compat: str, stored=lambda: None):
    """Writes the points of the recordings, waits for `stored`, and asks what a KairosDB of that version was asked: the answers must be equal."""
    for points in json.loads((RECORDED / "dataset.json").read_text(encoding="utf-8")):
        assert api.post("/api/v1/datapoints", [points]).status == 204
    stored()
    wrong = []
    cases = recorded(f"recorded-{compat}-cassandra.jsonl")
    for case in cases:
        answer = api.call(case["method"], case["path"], case["body"])
        if (answer.status, answer.value) != (case["status"], as_value(case["response"])):
            wrong.append((case["case"], case["status"], case["response"][:200], answer))
    assert len(cases) == 190 and not wrong, wrong
