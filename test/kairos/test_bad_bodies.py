# SPDX-License-Identifier: Apache-2.0
"""Wrong, huge and broken requests: a clear 400 in KairosDB's shape, the points that are right are stored, nothing dies."""
import gzip
import json
import random
import socket

import pytest

from harness import sanitized
from harness.kairos import Api, Telnet


@pytest.fixture(scope="module")
def api(server):
    return Api(server.kairos_port)


def test_json_broken_at_any_byte(api):
    """Whole metrics before the break are stored, as KairosDB does; the answer is 400 or 500 with errors."""
    generator = random.Random(20261121)
    for round_ in range(150):
        name = f"broken.{round_}"
        metrics = [{"name": name, "tags": {"n": str(n)}, "datapoints": [[n + 1, n]]} for n in range(6)]
        texts = [json.dumps(metric) for metric in metrics]
        text = "[" + ",".join(texts) + "]"
        cut = generator.randrange(1, len(text))
        broken = text[:cut] if round_ % 2 else text[:cut] + chr(generator.choice([0, 1, 34, 92, 123, 125, 0x7f, 0xe9])) + text[cut:]
        answer = api.post("/api/v1/datapoints", broken)
        assert answer.status in (204, 400, 500), (broken, answer)
        if answer.status != 204:
            assert isinstance(answer.json["errors"], list) and answer.json["errors"]
        ends = [sum(map(len, texts[:n + 1])) + n + 1 for n in range(6)]
        whole = sum(end <= cut for end in ends)
        assert len(api.values(name)) >= whole, (broken, whole)


def test_every_prefix_of_a_body(api):
    """Points of metrics that came whole are there, no others; each answer is 400 and says what is wrong."""
    texts = [json.dumps({"name": f"prefix.{n}", "tags": {"h\u00fc": "a=b", "z": "\\\""}, "type": "double", "ttl": 90_000, "unknown": [{"a": [None, True, 1e3]}],
                         "timestamp": 7, "value": -1.5e-3, "datapoints": [[1, 2], ["2", "3.5"], [3, 4, "long"]]}) for n in range(2)]
    text = ("[" + ", ".join(texts) + "]").encode()
    for cut in range(1, len(text)):
        answer = api.post("/api/v1/datapoints", text[:cut].replace(b"prefix.", b"prefix.%d." % cut))
        assert answer.status == 400 and answer.json["errors"] and all(answer.json["errors"]), (cut, answer)
        assert answer.headers["Access-Control-Allow-Origin"] == "*" and answer.headers["Content-Type"].startswith("application/json")
        whole = [len(api.values(f"prefix.{cut}.{n}")) for n in range(2)]
        # The value of a metric's own timestamp and those of its datapoints; of the second one what came before the end may be there.
        assert whole[0] == 4 if cut > len(texts[0]) else whole[0] in (0, 4), (cut, whole)
    assert api.post("/api/v1/datapoints", text).status == 204
    for path in ("/api/v1/datapoints/query", "/api/v1/datapoints/query/tags", "/api/v1/datapoints/delete"):
        query = json.dumps({"start_absolute": 1, "end_absolute": "9", "cache_time": 0, "time_zone": "Europe/Berlin", "metrics": [
            {"name": "prefix.0", "tags": {"z": ["\\\"", "x"]}, "group_by": [{"name": "time", "range_size": {"value": 1, "unit": "days"}, "group_count": 2}],
             "aggregators": [{"name": "sum", "sampling": {"value": 1.5, "unit": "DAYS"}, "align_sampling": False}]}]})
        for cut in range(len(query)):
            answer = api.post(path, query[:cut])
            assert answer.status == (500 if cut == 0 else 400) and len(answer.json["errors"]) == 1, (path, cut, answer)
        assert api.post(path, query).status in (200, 204)


@pytest.mark.parametrize("body, status", [
    # NaN is a text to KairosDB where it is no number of type double, numbers lose what a long does not hold, 1e400 is 0 as a long.
    ('[[1, NaN]]', 204), ('[[2, "NaN", "string"]]', 204), ('[[3, 1e400]]', 204), ('[[4, 99999999999999999999]]', 204), ('[[5, 1.5e999]]', 204),
    ('[[6, 5.7, "long"]]', 204), ('[[7, "abc", "double"]]', 500), ('[["x", 1]]', 500), ('[[78.5, 8]]', 204), ('[[9, 1, "nope"]]', 400),
    ('[[10, [1]]]', 400), ('[[11, {"a": 1}]]', 400), ('[[12]]', 400), ('[[]]', 400), ('[[null, 1]]', 400), ('[[13, null]]', 400), ('[[14, ""]]', 400)])
def test_odd_values(api, body, status):
    """A point that is right stays, though one beside it is not."""
    name = "odd." + str(abs(hash(body)))
    text = '[{"name":"%s.before","tags":{"h":"a"},"datapoints":[[1,1]]},{"name":"%s","tags":{"h":"a"},"datapoints":%s}]' % (name, name, body)
    answer = api.post("/api/v1/datapoints", text)
    assert answer.status == status, answer
    if status != 204:
        assert answer.json["errors"]
    assert api.values(name + ".before") == [[1, 1]]
    if body != '[[5, 1.5e999]]':  # infinity, which no query can show
        assert len(api.values(name)) == (1 if status == 204 else 0)


@pytest.mark.parametrize("path", ["/api/v1/datapoints", "/api/v1/datapoints/query", "/api/v1/datapoints/query/tags", "/api/v1/datapoints/delete", "/api/put"])
def test_bytes_that_are_no_json(api, path):
    generator = random.Random(7)
    for size in (0, 1, 10, 1000, 100_000):
        answer = api.post(path, generator.randbytes(size))
        assert answer.status in (400, 500), (path, size, answer)
    for text in ("[" * 100_000, '{"a":' * 100_000, '{"metrics":[' * 5000, '"' + "x" * 70_000, "null", "[null]", "1e999999999", "[[[]]]"):
        answer = api.post(path, text)
        assert answer.status in (204, 400, 500), (path, text[:20], answer)


def test_huge_names_and_values(api):
    long = "n" * (64 << 10)
    assert api.put_points(long, [[1, 1]], {long: long}).status == 204
    assert api.values(long) == [[1, 1]]
    assert api.put_points("control", [[1, 1]], {"a\u0001\n": "b\t\u0000"}).status == 204
    assert api.query("control").json["queries"][0]["results"][0]["tags"] == {"a\u0001\n": ["b\t\u0000"]}
    assert api.call("DELETE", "/api/v1/metric/" + long).status in (204, 431)


def test_a_body_of_100_megabytes(api, server):
    """Many metrics: nearly no memory. The metrics are there though the body's end is missing."""
    count = 7000
    before = server.memory()

    def pieces():
        yield b"["
        for n in range(count):
            points = ",".join(f"[{n * 1000 + i},{i}.5]" for i in range(1, 1001))
            yield ('{"name":"hundred","tags":{"host":"a"},"datapoints":[' + points + "]}" + ("," if n + 1 < count else "")).encode()
    answer = api.call("POST", "/api/v1/datapoints", pieces(), headers={"Transfer-Encoding": "chunked"}, timeout=300)
    assert answer.status == 400 and "End of input" in answer.text or "end of input" in answer.text, answer
    assert len(api.values("hundred", start=6_999_001)) == 1000 and len(api.values("hundred", end=1500)) == 1500
    if not sanitized():
        assert server.memory("VmHWM") < before + (400 << 20)


def test_gzip_bombs(api, server):
    before = server.memory()
    blanks = gzip.compress(b"[" + b" " * (300 << 20))
    answer = api.post("/api/v1/datapoints", blanks, headers={"Content-Encoding": "gzip"})
    assert answer.status == 413 and "errors" in answer.json
    name = gzip.compress(b'[{"name":"' + b"x" * (300 << 20))
    assert api.post("/api/v1/datapoints", name, headers={"Content-Encoding": "gzip"}).status in (400, 413)
    assert api.post("/api/put", blanks, headers={"Content-Encoding": "gzip"}).status == 413
    if not sanitized():
        assert server.memory() < before + (300 << 20)


def test_cut_and_damaged_gzip_stores_what_came_whole(api):
    generator = random.Random(5)
    metrics = [json.dumps({"name": "cut.gzip", "tags": {"n": str(n)}, "datapoints": [[n * 100 + i, generator.random()] for i in range(1, 90)]}) for n in range(50)]
    zipped = gzip.compress(("[" + ",".join(metrics) + "]").encode())
    cut = api.post("/api/v1/datapoints", zipped[:len(zipped) // 2], headers={"Content-Encoding": "gzip"})
    assert cut.status == 400 and cut.json["errors"]
    assert 15 * 89 < len(api.values("cut.gzip")) < 35 * 89
    damaged = bytearray(zipped)
    damaged[-8] ^= 0xff  # of the checksum
    answer = api.post("/api/v1/datapoints", bytes(damaged), headers={"Content-Encoding": "gzip"})
    assert answer.status in (400, 500) and answer.json["errors"]
    assert len(api.values("cut.gzip")) == 50 * 89


def test_a_query_that_is_too_long(api):
    assert api.post("/api/v1/datapoints/query", b" " * (17 << 20)).status == 413


def test_bodies_that_end_early(api, server):
    whole = '[{"name":"early","tags":{"a":"b"},"datapoints":[[1,1]]},{"name":"early","tags":{"a":"b"},"datapoints":[[2,2]]}'
    with socket.create_connection(("127.0.0.1", server.kairos_port)) as connection:
        connection.sendall(b"POST /api/v1/datapoints HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + whole.encode())
    api.eventually("early", [[1, 1], [2, 2]])
    with socket.create_connection(("127.0.0.1", server.kairos_port)) as connection:
        connection.sendall(b"POST /api/v1/datapoints HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400")


def test_telnet_bytes_of_any_kind(server, api):
    generator = random.Random(11)
    with Telnet(server.telnet_port) as telnet:
        for _ in range(50):
            telnet.send(generator.randbytes(generator.randrange(1, 5000)).replace(b"version", b"v") + b"\n")
        telnet.send(b"x" * 3_000_000 + b"\nputm after.noise 1 1 h=a\n")
        telnet.ask_version()
    assert api.values("after.noise") == [[1, 1]]
