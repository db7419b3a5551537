# SPDX-License-Identifier: Apache-2.0
"""KairosDB's REST API: every endpoint with its statuses and header fields as a real server sent them (probe of 1.3.0-1)."""
import contextlib
import gzip
import http.client
import json
import socket
import threading
import time

import pytest

from harness import process
from harness.kairos import Api
from harness.server import Server

JSON = "application/json;charset=utf-8"


@pytest.fixture(scope="module")
def api(server):
    return Api(server.kairos_port)


# --- heads ---------------------------------------------------------------------------------------------------------
def test_header_fields_of_answers(api):
    for answer in (api.get("/api/v1/version"), api.put_points("head", [[1, 1]]),
                   api.post("/api/v1/datapoints", '[{"name":"head","tags":{"a":"b"},"datapoints":[["abc",1]]}]')):
        assert answer.status in (200, 204, 500)
        for name, value in (("Access-Control-Allow-Origin", "*"), ("Pragma", "no-cache"), ("Cache-Control", "no-cache"),
                            ("Expires", "0"), ("Content-Type", JSON)):
            assert answer.headers.get(name) == value, (answer, name)
    refused = api.post("/api/v1/datapoints", "[")
    assert refused.status == 400
    assert refused.headers["Content-Type"] == "application/json" and refused.headers["Access-Control-Allow-Origin"] == "*"
    assert "Pragma" not in refused.headers


@pytest.mark.parametrize("path", ["/version", "/metricnames", "/datapoints", "/datapoints/query", "/datapoints/query/tags",
                                  "/datapoints/delete", "/metric/x", "/health/check", "/health/status"])
def test_preflight(api, path):
    answer = api.call("OPTIONS", "/api/v1" + path, headers={"Access-Control-Request-Headers": "x-a, x-b", "Access-Control-Request-Method": "POST"})
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Headers"] == "x-a, x-b"
    assert answer.headers["Access-Control-Max-Age"] == "86400"
    assert answer.headers["Access-Control-Allow_Method"] == "POST"
    assert "Access-Control-Allow_Method" not in api.call("OPTIONS", "/api/v1" + path).headers


def test_ready_means_that_every_door_is_open():
    for _ in range(5):
        with contextlib.closing(Server()) as server:
            server.launch()
            process.wait_until(lambda server=server: server.http_status("/health/ready") == 200, 60, "the server is ready", interval=0)
            assert process.accepts(server.telnet_port) and process.accepts(server.kairos_port) and process.accepts(server.mysql_port)


def test_what_is_not_there(api):
    for path in ("/api/v1/nosuch", "/api/v2/version", "/nosuch", "/api/v1/metadata"):
        answer = api.get(path)
        assert (answer.status, answer.body) == (404, b""), path
    wrong = api.get("/api/v1/datapoints")
    assert (wrong.status, wrong.body) == (405, b"") and {"POST", "OPTIONS"} <= set(wrong.headers["Allow"].split(","))


def test_request_ids_and_traces(api):
    assert api.get("/api/v1/version", headers={"X-Request-Id": "my-1"}).headers["X-Request-Id"] == "my-1"
    trace = "0af7651916cd43dd8448eb211c80319c"
    answer = api.get("/api/v1/version", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    assert answer.headers["X-Request-Id"] == trace


# --- writing and reading -------------------------------------------------------------------------------------------
def test_put_is_post(api):
    assert api.call("PUT", "/api/v1/datapoints", '{"name":"put","timestamp":5,"value":7,"tags":{"a":"b"}}').status == 204
    assert api.values("put") == [[5, 7]]


def test_get_query(api):
    api.put_points("get q", [[1, 1], [2, 2.5]])
    query = '{"start_absolute":0,"metrics":[{"name":"get q"}]}'
    answer = api.get("/api/v1/datapoints/query?query=" + "".join(f"%{byte:02x}" for byte in query.encode()))
    assert answer.status == 200 and answer.json["queries"][0]["results"][0]["values"] == [[1, 1], [2, 2.5]]
    missing = api.get("/api/v1/datapoints/query")
    assert missing.status == 400 and missing.json == {"errors": ["query json must not be null or empty"]}


def test_gzip_bodies(api):
    text = json.dumps([{"name": "gz", "tags": {"a": "b"}, "datapoints": [[i, i] for i in range(1, 1001)]}]).encode()
    zipped = gzip.compress(text)
    assert api.post("/api/v1/datapoints", zipped, headers={"Content-Encoding": "gzip"}).status == 204
    assert len(api.values("gz")) == 1000
    assert api.post("/api/v1/datapoints", zipped.replace(b"", b""), headers={"Content-Type": "application/gzip"}).status == 204
    legacy = api.post("/api/v1/datapoints", b"[]", headers={"Content-Type": "application/gzip"})
    assert legacy.status == 400 and legacy.json == {"errors": ["Not in GZIP format"]}
    encoded = api.post("/api/v1/datapoints", b"[]", headers={"Content-Encoding": "gzip"})
    assert encoded.status == 500 and encoded.json == {"errors": ["Not in GZIP format"]}
    cut = api.post("/api/v1/datapoints", zipped[:-20], headers={"Content-Encoding": "gzip"})
    assert cut.status == 400


def test_gzip_answers(api):
    api.put_points("zipped", [[i, i] for i in range(1, 5000)])
    query = {"start_absolute": 0, "metrics": [{"name": "zipped"}]}
    plain = api.post("/api/v1/datapoints/query", query)
    zipped = api.post("/api/v1/datapoints/query", query, headers={"Accept-Encoding": "gzip"})
    assert zipped.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
    assert gzip.decompress(zipped.body) == plain.body and len(zipped.body) < len(plain.body) / 2


def test_chunked_bodies_of_any_pieces(api):
    text = json.dumps([{"name": "chunks", "tags": {"a": f"b{s}"}, "datapoints": [[i, i / 2] for i in range(1, 200)]} for s in range(20)]).encode()
    for step in (1, 7, 1000, len(text)):
        if step == 1:
            pieces = (text[i:i + 1] for i in range(2000))
            pieces = [*pieces, text[2000:]]
        else:
            pieces = [text[i:i + step] for i in range(0, len(text), step)]
        answer = api.call("POST", "/api/v1/datapoints", iter(pieces), headers={"Transfer-Encoding": "chunked"})
        assert answer.status == 204, answer
    assert len(api.values("chunks")) == 20 * 199


def test_large_answers_are_streamed(api, server):
    for s in range(4):
        api.put_points("large", [[i, i * 0.123] for i in range(1, 100_001)], {"host": f"h{s}"})
    before = server.memory()
    answer = api.query("large", group_by=[{"name": "tag", "tags": ["host"]}])
    assert answer.headers.get("Transfer-Encoding") == "chunked" and len(answer.body) > 6 << 20
    assert [len(result["values"]) for result in answer.json["queries"][0]["results"]] == [100_000] * 4
    assert server.memory() < before + (64 << 20)


def test_a_client_that_goes_away_ends_its_query(api, server):
    body = json.dumps({"start_absolute": 0, "metrics": [{"name": "large"}] * 2000}).encode()
    with socket.create_connection(("127.0.0.1", server.kairos_port)) as connection:
        connection.sendall(b"POST /api/v1/datapoints/query HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        process.wait_until(lambda: api.get("/api/v1/admin/runningqueries").json["queries"], 20, "the query runs")
    process.wait_until(lambda: not api.get("/api/v1/admin/runningqueries").json["queries"], 20, "the query ends")


def test_save_as_without_a_name_saves_nothing(api):
    api.put_points("save.from", [[1, 1]])
    query = {"start_absolute": 0, "metrics": [{"name": "save.from", "aggregators": [{"name": "save_as"}]}]}
    answer = api.post("/api/v1/datapoints/query", query)
    assert (answer.status, answer.json) == (500, {"errors": [None]})
    query["metrics"][0]["name"] = "save.nothing"
    assert api.post("/api/v1/datapoints/query", query).status == 200
    assert "" not in api.get("/api/v1/metricnames").json["results"]


def test_running_queries_are_listed_and_killed(api):
    assert api.get("/api/v1/admin/runningqueries").text == '{"queries":[],"queries waiting":0}'
    answers = []
    metric = {"name": "large", "aggregators": [{"name": "percentile", "percentile": 0.5, "sampling": {"value": 1, "unit": "years"}}]}
    query = {"start_absolute": 0, "metrics": [metric] * 2000}
    thread = threading.Thread(target=lambda: answers.append(api.post("/api/v1/datapoints/query", query)))
    thread.start()
    listed = process.wait_until(lambda: api.get("/api/v1/admin/runningqueries").json["queries"], 20, "the query runs")
    assert len(listed) == 1 and listed[0]["metric name"] == "large" and listed[0]["query JSON"] == query
    assert api.get("/api/v1/admin/killquery/" + listed[0]["query hash"]).status == 204
    thread.join(30)
    assert answers and answers[0].status == 500 and "errors" in answers[0].json
    assert api.get("/api/v1/admin/killquery/none").status == 204
    assert api.get("/api/v1/admin/scheduledjobs").json == []


def test_cache_time(api):
    def ask(cache_time):
        answer = api.post("/api/v1/datapoints/query", {"start_absolute": 0, "end_absolute": 100, "cache_time": cache_time, "metrics": [{"name": "cached"}]})
        return answer.json["queries"][0]["results"][0]["values"]
    api.put_points("cached", [[1, 1]])
    assert ask(60) == [[1, 1]]
    api.put_points("cached", [[2, 2]])
    assert ask(60) == [[1, 1]] and ask(0) == [[1, 1], [2, 2]]
    figures = dict(line.rsplit(" ", 1) for line in api.get("/metrics").text.splitlines())
    assert float(figures["sluice_timeseries_query_cached_points_total"]) >= 1


# --- names, deletes, metadata --------------------------------------------------------------------------------------
def test_names(api):
    api.put_points("names.b", [[1, 1]], {"nt": "v2"})
    api.put_points("names.a", [[1, 1]], {"nt": "v1"})
    assert api.get("/api/v1/metricnames?prefix=names.").json == {"results": ["names.a", "names.b"]}
    assert "names.a" in api.get("/api/v1/metricnames").json["results"]
    assert "nt" in api.get("/api/v1/tagnames").json["results"]
    assert {"v1", "v2"} <= set(api.get("/api/v1/tagvalues").json["results"])


@pytest.mark.parametrize("method, path", [("POST", "/api/v1/datapoints/delete"), ("DELETE", "/api/v1/datapoints/query")])
def test_delete_points(api, method, path):
    api.put_points("gone", [[i, i] for i in range(1, 11)])
    body = {"start_absolute": 3, "end_absolute": 5, "metrics": [{"name": "gone", "tags": {"host": "a"}}]}
    assert api.call(method, path, body).status == 204
    assert [time for time, _ in api.values("gone")] == [1, 2, 6, 7, 8, 9, 10]
    assert api.call(method, path, "{}").status == 400
    api.put_points("gone", [[3, 33]])
    assert [3, 33] in api.values("gone")


def test_delete_metric(api):
    api.put_points("gone/for good", [[1, 1]])
    assert api.call("DELETE", "/api/v1/metric/gone%2Ffor%20good").status == 204
    assert api.values("gone/for good") == []
    assert "gone/for good" not in api.get("/api/v1/metricnames").json["results"]
    assert api.call("DELETE", "/api/v1/metric/never.there").status == 204


def test_metadata(api):
    path = "/api/v1/metadata/svc/sk"
    assert api.post(path + "/k%201", "hello \u00fc").status == 204
    assert api.post(path + "/other", "{}").status == 204
    assert api.get("/api/v1/metadata/svc").json == {"results": ["sk"]}
    assert api.get(path).json == {"results": ["k 1", "other"]}
    assert api.get(path + "?startsWith=o").json == {"results": ["other"]}
    value = api.get(path + "/k%201")
    assert (value.status, value.text, value.headers["Content-Type"]) == (200, "hello \u00fc", JSON)
    missing = api.get(path + "/none")
    assert missing.status == 404 and missing.json == {"errors": ["Key not found"]}
    plain = api.get(path + "/none", headers={"Accept": "text/plain"})
    assert (plain.status, plain.body) == (404, b"") and plain.headers["Content-Type"].startswith("text/plain")
    assert api.call("DELETE", path + "/k%201").status == 204
    assert api.get(path).json == {"results": ["other"]}
    for method, reserved in (("GET", "_Rollups"), ("GET", "_Rollups/a"), ("POST", "_x/a/b"), ("DELETE", "_x/a/b")):
        refused = api.call(method, "/api/v1/metadata/" + reserved)
        assert (refused.status, refused.body) == (401, b"")


def test_index(api):
    assert api.get("/api/v1/datapoints/index?start_absolute=1&end_absolute=2000&metric=x").status == 204
    for missing in ("metric=x", "start_absolute=1&metric=x", "start_absolute=1&end_absolute=2000"):
        refused = api.get("/api/v1/datapoints/index?" + missing)
        assert (refused.status, refused.json) == (400, {"errors": ["start_absolute, end_absolute and metric must be given"]})
    assert api.get("/api/v1/datapoints/index?start_absolute=a&end_absolute=2000&metric=x").status == 404


def test_health_and_version(api):
    check = api.get("/api/v1/health/check")
    assert (check.status, check.body) == (204, b"")
    assert api.get("/api/v1/health/status").json == ["JVM-Thread-Deadlock: OK", "Datastore-Query: OK"]
    assert api.get("/api/v1/version").json["version"].startswith("KairosDB 1.4")
    assert api.call("HEAD", "/api/v1/version").body == b""


# --- OpenTSDB ------------------------------------------------------------------------------------------------------
def test_opentsdb_put(api):
    body = [{"metric": "otsdb", "timestamp": 1700000000, "value": 1.5, "tags": {"host": "a"}},
            {"metric": "otsdb", "timestamp": 1700000001500, "value": "3", "tags": {"host": "a"}}]
    assert api.post("/api/put", body).status == 204
    assert api.values("otsdb") == [[1700000000000, 1.5], [1700000001500, 3]]
    summary = api.post("/api/put?summary", gzip.compress(json.dumps(body).encode()), headers={"Content-Encoding": "gzip"})
    assert summary.status == 200 and summary.json == {"failed": 0, "success": 2}
    wrong = api.post("/api/put?details", [body[0], {"metric": "otsdb"}])
    assert wrong.status == 400 and (wrong.json["success"], wrong.json["failed"]) == (1, 1)


# --- connections ---------------------------------------------------------------------------------------------------
def test_many_requests_on_one_connection(api):
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=30)
    for i in range(200):
        connection.request("POST", "/api/v1/datapoints", f'{{"name":"keep","timestamp":{i + 1},"value":{i},"tags":{{"a":"b"}}}}')
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (204, b"")
    connection.close()
    assert len(api.values("keep")) == 200


def test_metrics(api, server):
    api.put_points("counted", [[1, 1], [2, 2]])
    api.values("counted")
    for text in (api.get("/metrics").text, server.http("GET", "/metrics")[2].decode()):
        lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("sluice_timeseries_"))
        assert float(lines['sluice_timeseries_points_total{door="rest"}']) >= 2
        assert float(lines["sluice_timeseries_queries_total"]) >= 1
        assert float(lines["sluice_timeseries_log_bytes"]) > 0


def test_a_slow_reader_holds_little_memory(api, server):
    body = json.dumps({"start_absolute": 0, "metrics": [{"name": "large"}] * 20}).encode()
    head = b"POST /api/v1/datapoints/query HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    before = server.memory()
    with socket.create_connection(("127.0.0.1", server.kairos_port)) as connection:
        connection.sendall(head + body)
        time.sleep(2)
        assert server.memory() < before + (48 << 20)
        assert api.get("/api/v1/health/check").status == 204
    process.wait_until(lambda: not api.get("/api/v1/admin/runningqueries").json["queries"], 20, "the query ends")
