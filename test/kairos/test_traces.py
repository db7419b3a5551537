# SPDX-License-Identifier: Apache-2.0
"""Traces of requests as a collector of OpenTelemetry gets them (OTLP over HTTP in JSON), and whose decision to send them holds."""
import contextlib
import http.server
import json
import re
import threading
import time

import pytest

from harness import process
from harness.kairos import Api
from harness.server import Server

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SERVER, ERROR = 2, 2  # kind of a span, code of a status
QUERY = {"start_absolute": 0, "metrics": [{"name": "m"}]}


class Collector:
    """Keeps what is posted; answers with the statuses that are given, then 200."""

    def __init__(self, *statuses):
        self.requests, self.statuses = [], list(statuses)
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = collector.statuses.pop(0) if collector.statuses else 200
                collector.requests.append((self.path, dict(self.headers.items()), body, status))
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def resources(self) -> list:
        return [resource for *_, body, status in self.requests if status == 200 for resource in json.loads(body)["resourceSpans"]]

    def spans(self) -> list:
        return [span for resource in self.resources() for scope in resource["scopeSpans"] for span in scope["spans"]]

    def of_trace(self, trace: str, seconds: float = 20) -> dict:
        """Its only span, which comes soon."""
        found = process.wait_until(lambda: [span for span in self.spans() if span["traceId"] == trace], seconds, f"a span of trace {trace} comes")
        assert len(found) == 1, found
        return found[0]


def attributes(holder) -> dict:
    return {item["key"]: next(iter(item["value"].values())) for item in holder["attributes"]}


def traceparent(trace: str, sampled: bool = True) -> dict:
    return {"traceparent": f"00-{trace}-{PARENT}-0{int(sampled)}"}


@contextlib.contextmanager
def traced_server(collector, **settings):
    with Server(settings={"otlp.endpoint": collector.url, **{name.replace("__", "."): value for name, value in settings.items()}}) as server:
        yield server


@pytest.mark.parametrize("door", ["kairos", "sql"])
def test_a_span_of_a_clients_trace(door):
    with Collector() as collector, traced_server(collector, otlp__sample=0) as server:
        begin = time.time_ns()
        headers = {**traceparent(TRACE), "tracestate": "vendor=1"}
        if door == "kairos":
            assert Api(server.kairos_port).post("/api/v1/datapoints/query", QUERY, headers=headers).status == 200
        else:
            assert server.http("GET", "/health/live", headers=headers)[0] == 200
        span = collector.of_trace(TRACE)
        path, fields, body, _ = collector.requests[0]
        assert path == "/v1/traces" and fields["Content-Type"] == "application/json" and int(fields["Content-Length"]) == len(body)
        # Protobuf's JSON: 64-bit numbers are texts, ids are hexadecimal (OTLP's own exception).
        assert span["parentSpanId"] == PARENT and span["traceState"] == "vendor=1"
        assert re.fullmatch("[0-9a-f]{16}", span["spanId"]) and span["spanId"] not in (PARENT, "0" * 16)
        assert span["kind"] == SERVER and span["name"].startswith("HTTP ")
        assert isinstance(span["startTimeUnixNano"], str) and isinstance(span["endTimeUnixNano"], str)
        # A span ends after its answer was sent, which the client may have by then.
        assert begin <= int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]) <= time.time_ns()
        assert attributes(collector.resources()[0]["resource"])["service.name"] == "sluice"
        # Nothing else is sent where no trace begins here.
        time.sleep(1.5)
        assert {found["traceId"] for found in collector.spans()} == {TRACE}


def test_attributes_and_failures():
    with Collector() as collector, traced_server(collector) as server:
        api = Api(server.kairos_port)
        assert api.post("/api/v1/datapoints/query", QUERY, headers=traceparent("1" * 32)).status == 200
        assert api.post("/api/v1/datapoints/query", "{", headers=traceparent("2" * 32)).status == 400
        assert api.post("/api/v1/datapoints", '[{"name":"m","tags":{"a":"b"},"datapoints":[["x",1]]}]', headers=traceparent("3" * 32)).status == 500
        good, wrong, failed = (collector.of_trace(digit * 32) for digit in "123")
        assert [str(next(value for key, value in attributes(span).items() if "status" in key)) for span in (good, wrong, failed)] == ["200", "400", "500"]
        # What the client did wrong is no failure of the server's.
        assert "status" not in good and "status" not in wrong
        assert failed["status"]["code"] == ERROR


def test_traces_that_begin_here():
    """Each request without a parent is a root of its own; which are sent says otlp.sample, and for others the client."""
    with Collector() as collector, traced_server(collector, otlp__sample=1) as server:
        api = Api(server.kairos_port)
        ids = [api.get("/api/v1/version").headers["X-Request-Id"] for _ in range(20)]
        assert len(set(ids)) == 20
        assert api.get("/api/v1/version", headers=traceparent(TRACE, sampled=False)).headers["X-Request-Id"] == TRACE
        malformed = api.get("/api/v1/version", headers={"traceparent": f"00-{TRACE}-{'0' * 16}-01"}).headers["X-Request-Id"]
        assert malformed != TRACE
        for trace in (*ids, malformed):
            span = collector.of_trace(trace)
            assert "parentSpanId" not in span and re.fullmatch("[0-9a-f]{16}", span["spanId"])
        assert not [span for span in collector.spans() if span["traceId"] == TRACE]


def test_a_collector_that_fails_for_a_moment():
    with Collector(503, 429) as collector, traced_server(collector, otlp__sample=1) as server:
        assert Api(server.kairos_port).get("/api/v1/version", headers=traceparent(TRACE)).status == 200
        collector.of_trace(TRACE, seconds=60)
        assert [status for *_, status in collector.requests][:3] == [503, 429, 200]


def test_a_stop_sends_what_waits():
    with Collector() as collector, traced_server(collector) as server:
        for number in range(1, 10):
            assert Api(server.kairos_port).get("/api/v1/version", headers=traceparent(f"{number:032x}")).status == 200
        assert server.stop() == 0
        # Those of the requests that waited for its start may be there, too.
        assert {span["traceId"] for span in collector.spans()} >= {f"{number:032x}" for number in range(1, 10)}


def test_nobody_waits_for_a_collector_that_is_away():
    with Server(settings={"otlp.endpoint": "http://127.0.0.1:1", "otlp.sample": 1}) as server:
        begin = time.monotonic()
        for _ in range(200):
            assert Api(server.kairos_port).get("/api/v1/version").status == 200
        assert time.monotonic() - begin < 10
        server.expect_log("trace spans could not be sent")
        assert server.stop() == 0
