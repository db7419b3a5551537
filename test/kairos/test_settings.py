# SPDX-License-Identifier: Apache-2.0
"""Settings of the doors of time series: roles, authentication, limits, ports, health, memory without a data directory."""
import base64
import http.server
import socket
import ssl
import subprocess
import threading
import time
import urllib.request

import pytest

from harness import process
from harness.kairos import Api, Telnet
from harness.server import Server

POINT = '{"name":"m","timestamp":1,"value":1,"tags":{"a":"b"}}'
QUERY = '{"start_absolute":0,"metrics":[{"name":"m"}]}'
CALLS = {
    "INGEST": [("POST", "/datapoints", POINT), ("PUT", "/datapoints", POINT), ("OPTIONS", "/datapoints", None),
               ("GET", "/datapoints/index?start_absolute=1&end_absolute=2&metric=m", None)],
    "QUERY": [("POST", "/datapoints/query", QUERY), ("GET", "/datapoints/query?query=%7B%7D", None), ("POST", "/datapoints/query/tags", QUERY),
              ("GET", "/metricnames", None), ("GET", "/tagnames", None), ("OPTIONS", "/metricnames", None)],
    "DELETE": [("POST", "/datapoints/delete", QUERY), ("DELETE", "/datapoints/query", QUERY), ("DELETE", "/metric/m", None),
               ("OPTIONS", "/datapoints/delete", None)],
    "ANY": [("GET", "/version", None), ("GET", "/health/check", None), ("GET", "/features", None), ("GET", "/metadata/s", None),
            ("GET", "/admin/runningqueries", None)],
}


@pytest.mark.parametrize("roles", ["ingest", "query", "DELETE", "ingest,query"])
def test_roles(roles):
    server = Server(settings={"timeseries.roles": roles})
    with server:
        api = Api(server.kairos_port)
        for role, calls in CALLS.items():
            for method, path, body in calls:
                answer = api.call(method, "/api/v1" + path, body)
                if role == "ANY" or role.lower() in roles.lower().split(","):
                    assert answer.status in (200, 204, 400), (roles, method, path, answer)
                else:
                    assert answer.status == 403, (roles, method, path, answer)
                    assert answer.text == '{"errors": ["Forbidden: %s API methods are disabled on this KairosDB instance."]}' % role
                    assert answer.headers["Content-Type"] == "application/json"
        assert process.accepts(server.telnet_port) == ("ingest" in roles)


def run_serve(*flags, **settings):
    server = Server(settings={name.replace("timeseries_", "timeseries."): value for name, value in settings.items()})
    try:
        return subprocess.run([*server.command(), *flags], capture_output=True, text=True, timeout=60)
    finally:
        server.close()


def test_wrong_settings_are_told():
    assert "timeseries.roles" in run_serve("--roles", "ingest,writer").stderr
    assert "is no time zone" in run_serve(timeseries_time_zone="Mars/X").stderr
    assert "timeseries.port" in run_serve("--timeseries-listen", "127.0.0.1:80").stderr
    refused = run_serve("--timeseries-cassandra-contact-points", "127.0.0.1:1", timeseries_store="cassandra")
    assert refused.returncode == 1 and "127.0.0.1:1" in refused.stderr


def test_a_taken_port():
    """One that was asked for is an error, the default one a warning: SQL is served all the same."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = run_serve(timeseries_port=port)
        assert refused.returncode == 1 and f"127.0.0.1:{port}" in refused.stderr
    with socket.socket() as taken:
        try:
            taken.bind(("127.0.0.1", 8080))
            taken.listen()
        except OSError:
            pass  # somebody else has it: as good
        server = Server(settings={"timeseries.port": None})
        server.kairos_port = server.http_port  # for the harness, which waits for it
        with server:
            assert server.query("SELECT 1") == ((1,),)
            server.expect_log("KairosDB's REST API is off: port 8080 is taken")
            with Telnet(server.telnet_port) as telnet:
                telnet.ask_version()


def test_disabled():
    with Server(settings={"timeseries.enabled": False}) as server:
        assert not process.accepts(server.kairos_port) and not process.accepts(server.telnet_port)
        assert not (server.data_dir / "timeseries").exists()


def test_basic_authentication():
    with Server(settings={"timeseries.user": "metrics", "timeseries.password": "s3:cret"}) as server:
        anonymous = Api(server.kairos_port)
        refused = anonymous.get("/api/v1/version")
        assert (refused.status, refused.body) == (401, b"") and refused.headers["WWW-Authenticate"].startswith("Basic ")
        for password in ("", "s3", "s3:cret "):
            wrong = {"Authorization": "Basic " + base64.b64encode(f"metrics:{password}".encode()).decode()}
            assert Api(server.kairos_port, wrong).post("/api/v1/datapoints", POINT).status == 401
        right = {"Authorization": "Basic " + base64.b64encode(b"metrics:s3:cret").decode()}
        assert Api(server.kairos_port, right).post("/api/v1/datapoints", POINT).status == 204
        assert anonymous.call("OPTIONS", "/api/v1/datapoints").status == 200


class Doorkeeper:
    """A program that says who may come in, and counts the questions."""

    def __init__(self):
        self.asked, self.status = [], None
        keeper = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                keeper.asked.append(dict(self.headers.items()))
                allowed = self.headers["Authorization"] == "Bearer good" and self.headers["X-Original-Method"] != "DELETE"
                self.send_response(keeper.status or (204 if allowed else 403))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/ask?service=sluice"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def test_somebody_else_says_who_may_come_in():
    with Doorkeeper() as keeper, Server(settings={"timeseries.auth_url": keeper.url, "timeseries.auth_keep": "1h", "timeseries.user": "root",
                                                  "timeseries.password": "x"}) as server:
        good, bad = (Api(server.kairos_port, {"Authorization": f"Bearer {name}"}) for name in ("good", "bad"))
        for _ in range(3):
            assert good.post("/api/v1/datapoints", POINT).status == 204
            refused = bad.post("/api/v1/datapoints", POINT)
            assert refused.status == 401 and "Basic" in refused.headers["WWW-Authenticate"]
        assert len(keeper.asked) == 2
        assert (keeper.asked[0]["X-Original-URI"], keeper.asked[0]["X-Original-Method"], keeper.asked[0]["X-Forwarded-For"]) == ("/api/v1/datapoints", "POST", "127.0.0.1")
        assert good.call("DELETE", "/api/v1/metric/m").status == 401
        assert Api(server.kairos_port).get("/api/v1/metricnames").status == 401
        own = {"Authorization": "Basic " + base64.b64encode(b"root:x").decode()}
        before = len(keeper.asked)
        assert Api(server.kairos_port, own).get("/api/v1/metricnames").json == {"results": ["m"]}
        assert len(keeper.asked) == before
        keeper.status = 500
        assert good.get("/api/v1/metricnames").status == 503
        assert good.post("/api/v1/datapoints", POINT).status == 204  # known
        assert "timeseries.auth_url" in server.log()


def test_nobody_comes_in_while_nobody_can_be_asked():
    with Server(settings={"timeseries.auth_url": "http://127.0.0.1:1/", "timeseries.auth_timeout": "2s"}) as server:
        answer = Api(server.kairos_port).post("/api/v1/datapoints", POINT)
        assert answer.status == 503 and answer.json["errors"] and answer.headers["Retry-After"]


@pytest.mark.parametrize("sync", ["always", "interval", "never"])
def test_acknowledged_points_outlive_the_process(sync):
    with Server(settings={"timeseries.sync": sync}) as server:
        assert Api(server.kairos_port).put_points("m", [[1, 1], [2, 2]]).status == 204
        server.kill9()
        server.start()
        assert Api(server.kairos_port).values("m") == [[1, 1], [2, 2]]


def test_retention():
    now = int(time.time() * 1000)
    with Server(settings={"timeseries.retention": "1d"}) as server:
        api = Api(server.kairos_port)
        assert api.put_points("m", [[now - 3 * 86_400_000, 1], [now - 1000, 2]]).status == 204
        assert api.values("m") == [[now - 1000, 2]]


def test_query_timeout():
    with Server(settings={"timeseries.query_timeout": "1ms"}) as server:
        api = Api(server.kairos_port)
        assert api.put_points("m", [[i, i] for i in range(1, 100_000)]).status == 204
        slow = [{"name": "percentile", "percentile": 0.5, "sampling": {"value": 1, "unit": "years"}}] * 20
        answer = api.query("m", aggregators=slow)
        assert answer.status == 500 and answer.json["errors"]


def test_rate_limit():
    with Server(settings={"timeseries.rate_limit": 5}) as server:
        api = Api(server.kairos_port)
        answers = [api.post("/api/v1/datapoints", POINT) for _ in range(40)]
        limited = [answer for answer in answers if answer.status == 429]
        assert answers[0].status == 204 and limited
        assert limited[0].headers["Retry-After"] == "1" and limited[0].json["errors"]
        assert api.get("/api/v1/health/check").status == 204
        assert 429 in {api.get("/api/v1/metadata/s").status for _ in range(40)}


def test_small_settings():
    with Server(settings={"timeseries.healthy_status": 200, "timeseries.cors_origin": "https://a.example", "timeseries.return_query": True,
                          "timeseries.max_query_points": 10, "timeseries.max_body": "2KiB", "timeseries.regex_prefix": "re:"}) as server:
        api = Api(server.kairos_port)
        check = api.get("/api/v1/health/check")
        assert check.status == 200 and check.headers["Access-Control-Allow-Origin"] == "https://a.example"
        assert api.put_points("m", [[i, i] for i in range(1, 11)]).status == 204
        answer = api.post("/api/v1/datapoints/query", QUERY)
        assert answer.json["original_query"] == {"start_absolute": 0, "metrics": [{"name": "m"}]}
        assert len(api.values("m", tags={"host": "re:A|a"})) == 10 and api.values("m", tags={"host": "regex:a"}) == []
        api.put_points("m", [[11, 11]])
        assert api.post("/api/v1/datapoints/query", QUERY).status == 500
        assert api.post("/api/v1/datapoints", " " * 3000).status == 413


def test_time_zone_and_ttl():
    with Server(settings={"timeseries.time_zone": "America/New_York", "timeseries.default_ttl": "2s"}) as server:
        api = Api(server.kairos_port)
        api.put_points("zoned", [[1700020000000, 1], [1700030000000, 2]])
        days = {"name": "sum", "align_start_time": True, "sampling": {"value": 1, "unit": "days"}}
        assert api.values("zoned", start=1700000000000, aggregators=[days]) == [[1699938000000 + 86400000 - 86400000, 1], [1700024400000, 2]]
        process.wait_until(lambda: api.values("zoned") == [], 20, "the points expire")


def test_metrics_that_are_dropped():
    with Server(settings={"timeseries.drop_metrics": "m", "timeseries.drop_prefixes": "x.,y.", "timeseries.drop_patterns": "z[0-9]"}) as server:
        api = Api(server.kairos_port)
        for metric in ("m", "x.1", "y.", "z1", "z12", "mm"):
            assert api.put_points(metric, [[1, 1]]).status == 204
        with Telnet(server.telnet_port) as telnet:
            telnet.send("putm x.2 1 1 h=a\nputm kept 1 1 h=a\n")
            telnet.ask_version()
        assert api.get("/api/v1/metricnames").json == {"results": ["kept", "mm", "z12"]}
    assert "--timeseries-drop-patterns: missing )" in run_serve("--timeseries-drop-patterns", "(").stderr


def test_queries_wait_for_their_turn():
    with Server(settings={"timeseries.concurrent_queries": 1, "timeseries.waiting_queries": 2, "timeseries.slow_query": "1ms"}) as server:
        api = Api(server.kairos_port)
        api.put_points("big", [[i, i] for i in range(1, 200_001)])
        body = {"start_absolute": 0, "metrics": [{"name": "big", "aggregators": [{"name": "count", "sampling": {"value": 1, "unit": "years"}}]}] * 1000}
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(api.post("/api/v1/datapoints/query", body))) for _ in range(5)]
        threads[0].start()
        process.wait_until(lambda: api.get("/api/v1/admin/runningqueries").json["queries"], 20, "the query runs")
        for thread in threads[1:]:
            thread.start()
        process.wait_until(lambda: api.get("/api/v1/admin/runningqueries").json["queries waiting"] == 2, 20, "two queries wait")
        assert api.get("/api/v1/health/check").status == 204
        for _ in range(3):
            running = process.wait_until(lambda: api.get("/api/v1/admin/runningqueries").json["queries"], 20, "the next query runs")
            api.get("/api/v1/admin/killquery/" + running[0]["query hash"])
            hash_ = running[0]["query hash"]
            process.wait_until(lambda: all(q["query hash"] != hash_ for q in api.get("/api/v1/admin/runningqueries").json["queries"]), 20, "it ends")
        for thread in threads:
            thread.join(60)
        assert sorted(answer.status for answer in answers) == [500, 500, 500, 503, 503]
        server.expect_log("slow query")


def test_a_stop_lets_queries_end():
    server = Server(settings={"shutdown.drain_timeout": "30s"})
    try:
        server.start()
        api = Api(server.kairos_port)
        api.put_points("big", [[i, i] for i in range(1, 100_001)])
        answers = []
        thread = threading.Thread(target=lambda: answers.append(api.post("/api/v1/datapoints/query", {"start_absolute": 0, "metrics": [{"name": "big"}] * 40})))
        thread.start()
        process.wait_until(lambda: api.get("/api/v1/admin/runningqueries").json["queries"], 20, "the query runs")
        assert server.stop() == 0
        thread.join(60)
        assert answers[0].status == 200 and len(answers[0].json["queries"]) == 40
    finally:
        server.close()


def test_https(certificate):
    with Server(settings={"timeseries.tls": True, "tls.cert": certificate[0], "tls.key": certificate[1]}) as server:
        context = ssl.create_default_context(cafile=str(certificate[0]))
        with urllib.request.urlopen(f"https://localhost:{server.kairos_port}/api/v1/version", context=context) as answer:
            assert b"KairosDB" in answer.read()


def test_without_a_data_directory():
    with Server(settings={"data_dir": None}, environment={"SLUICE_DATA_DIR": ""}) as server:
        api = Api(server.kairos_port)
        assert api.post("/api/v1/datapoints", POINT).status == 204 and api.values("m") == [[1, 1]]
        assert api.post("/api/v1/metadata/s/k/v", "x").status == 204 and api.get("/api/v1/metadata/s/k/v").text == "x"


def test_self_metrics():
    with Server(settings={"timeseries.self_metrics": "200ms"}) as server:
        api = Api(server.kairos_port)
        api.put_points("m", [[i, i] for i in range(1, 101)])
        process.wait_until(lambda: sum(value for _, value in api.values("kairosdb.http.ingest_count")) == 100, 10, "the points are counted")
        assert sum(value for _, value in api.values("kairosdb.metric_counters", tags={"metric_name": "m"})) == 100
        api.values("m", start=1, end=1000)
        of_query = {"metric_name": "m", "query_index": "1", "status": "success", "request": "/datapoints/query"}
        process.wait_until(lambda: 100 in [value for _, value in api.values("kairosdb.datastore.query_sample_size", tags=of_query)], 10, "the query is told")
        assert api.post("/api/v1/datapoints/query", "{").status == 400
        process.wait_until(lambda: api.values("kairosdb.http.request_time", tags={"status": "failed"}), 10, "the failure is told")
        assert sum(value for _, value in api.values("kairosdb.protocol.http_request_count", tags={"method": "query"})) > 0
        names = api.get("/api/v1/metricnames?prefix=kairosdb.").json["results"]
        assert {"kairosdb.http.query_time", "kairosdb.protocol.telnet_request_count", "kairosdb.jvm.thread_count"} <= set(names)
        assert "host" in api.query("kairosdb.http.ingest_count").json["queries"][0]["results"][0]["tags"]
