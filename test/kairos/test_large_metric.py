# SPDX-License-Identifier: Apache-2.0
"""One metric whose text is longer than 100 MB: it is held as text while it is read, and may not be held many times."""
import gzip
import time

import pytest

from harness import process, sanitized
from harness.kairos import Api
from harness.server import Server

POINTS = 4_200_000
START = 1_700_000_000_000
TEN_YEARS = {"value": 10, "unit": "years"}


def one_metric(points: int) -> bytes:
    return ('[{"name":"large","tags":{"host":"a"},"datapoints":[' + ",".join(f"[{START + n},{n}.25]" for n in range(points)) + "]}]").encode()


@pytest.fixture(scope="module")
def body():
    text = one_metric(POINTS)
    assert len(text) > 100_000_000
    return text


def coded(text: bytes, coding: str) -> bytes:
    return gzip.compress(text, 1) if coding == "gzip" else text


@pytest.mark.parametrize("coding", ["plain", "gzip"])
def test_a_metric_of_100_megabytes(body, coding):
    headers = {"Content-Encoding": "gzip"} if coding == "gzip" else {}
    sent = coded(body, coding)
    with Server() as server:
        api = Api(server.kairos_port)
        idle = server.memory()
        begin = time.monotonic()
        answer = api.post("/api/v1/datapoints", sent, headers=headers, timeout=300)
        took = time.monotonic() - begin
        assert answer.status == 204, answer
        peak = server.memory("VmHWM") - idle
        for name, expected in (("count", POINTS), ("sum", POINTS * (POINTS - 1) / 2 + POINTS / 4)):
            assert api.values("large", aggregators=[{"name": name, "sampling": TEN_YEARS}]) == [[START, expected]]
        assert api.values("large", START + POINTS - 2) == [[START + n, n + 0.25] for n in (POINTS - 2, POINTS - 1)]
        # What a body needed is there for the next one, beside the points in memory (timeseries.memory).
        for metric in (b'"lArge"', b'"laRge"'):
            assert api.post("/api/v1/datapoints", coded(body.replace(b'"large"', metric, 1), coding), headers=headers, timeout=300).status == 204
            assert api.values(metric.decode().strip('"'), aggregators=[{"name": "count", "sampling": TEN_YEARS}]) == [[START, POINTS]]
        after = server.memory("VmHWM") - idle
        print(f"{coding}: {len(body) / 1e6:.0f} MB ({len(sent) / 1e6:.0f} sent) in {took:.2f} s; memory +{peak / 1e6:.0f} MB, +{after / 1e6:.0f} MB after three")
        if not sanitized():
            # The text and its columns, while they grow; for the later ones also the points in memory, of which there may be 256 MiB.
            assert peak < 5 * len(body)
            assert after < 5 * len(body) + (256 << 20)
            assert server.memory() - idle < 256 << 20, "the memory of the bodies was given back"


def test_a_metric_that_is_too_long(body):
    """More than 128 MiB: nothing of it is stored, what came before it is, and the text is not kept."""
    head, tail = b'[{"name":"before","tags":{"host":"a"},"datapoints":[[1,1]]},', b',{"name":"behind","tags":{"host":"a"},"datapoints":[[1,1]]}]'
    points = body[body.index(b"[[") + 1:-3]
    long = head + body[1:-3] + b"," + points[:points.index(b"]", 35 << 20) + 1] + b"]}" + tail
    assert len(long) > 128 << 20
    with Server() as server:
        api = Api(server.kairos_port)
        idle = server.memory()
        answer = api.post("/api/v1/datapoints", long, timeout=300)
        assert answer.status == 400 and "134217728 bytes" in answer.json["errors"][0], answer
        assert api.values("large") == [] and api.values("before") == [[1, 1]]
        if not sanitized():
            assert server.memory("VmHWM") - idle < 4 * (128 << 20)
            process.wait_until(lambda: server.memory() - idle < 64 << 20, 20, "the memory of the body is given back")
