# SPDX-License-Identifier: Apache-2.0
"""`sluice kairos verify`: what two servers answer differently is found, named and told by the exit status."""
import contextlib
import json
import time

import pytest

from harness.command import sluice
from harness.kairos import Api
from harness.server import Server

DAY = 86_400_000
TODAY = int(time.time() * 1000) // DAY * DAY
OLD = TODAY - 400 * DAY
SAME = [{"name": "v.long", "tags": {"host": "a"}, "datapoints": [[OLD + i, i] for i in range(10)]},
        {"name": "v.double", "tags": {"host": "a"}, "datapoints": [[TODAY - DAY + i, i + 0.5] for i in range(10)]},
        {"name": "v.text", "tags": {"host": "é \"x\""}, "datapoints": [[OLD, "some", "string"], [TODAY - DAY, "text", "string"]]}]


@pytest.fixture(name="servers", scope="module")
def two_servers():
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Server(settings={"timeseries.self_metrics": "0"})) for _ in range(2)]


@pytest.fixture(name="apis")
def same_points(servers):
    """Both servers with SAME and nothing else."""
    made = [Api(server.kairos_port) for server in servers]
    for api in made:
        for name in api.get("/api/v1/metricnames").json["results"]:
            assert api.call("DELETE", f"/api/v1/metric/{name}").status == 204
        assert api.post("/api/v1/datapoints", SAME).status == 204
    return made


def verify(apis, *words):
    left, right = (f"http://127.0.0.1:{api.port}" for api in apis)
    return sluice("kairos", "verify", "--left", left, "--right", right, *words)


def queries(tmp_path, *each):
    file = tmp_path / "queries.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in each), encoding="utf-8")
    return "--queries", file


def raw(metric: str, **more) -> dict:
    return {"start_absolute": 0, "metrics": [{"name": metric, **more}]}


def test_equal(apis, tmp_path):
    done = verify(apis)
    assert done.returncode == 0 and done.stdout.endswith(" equal, 0 different, 0 without an answer\n") and done.stdout.count("\n") == 1, done
    done = verify(apis, *queries(tmp_path, raw("v.long"), raw("v.text"), {"method": "GET", "path": "/api/v1/metricnames"}))
    assert done.returncode == 0 and done.stdout == "3 requests: 3 equal, 0 different, 0 without an answer\n", done


@pytest.mark.parametrize("side", [0, 1])
def test_first_difference_of_each_query(apis, tmp_path, side):
    """Two points differ, one of them is named; queries that are equal are not."""
    for at, value in ((3, 33), (5, 55)):
        assert apis[side].put_points("v.long", [[OLD + at, value]]).status == 204
    assert apis[side].put_points("v.text", [[OLD, "other", "string"]], {"host": "é \"x\""}).status == 204
    done = verify(apis, *queries(tmp_path, raw("v.double"), raw("v.long"), raw("v.text"), raw("v.long", limit=3)))
    numbers, texts = (("33", "3"), ('"other"', '"some"')) if side == 0 else (("3", "33"), ('"some"', '"other"'))
    assert done.returncode == 1 and done.stdout.splitlines() == [
        f"query 2: $.queries[0].results[0].values[3][1]: {numbers[0]} against {numbers[1]}",
        f"query 3: $.queries[0].results[0].values[0][1]: {texts[0]} against {texts[1]}",
        "4 requests: 2 equal, 2 different, 0 without an answer"], done


def test_statuses_and_names(apis, tmp_path):
    assert apis[1].put_points("v.zz", [[OLD, 1]]).status == 204
    broken = {"start_absolute": 0, "metrics": [{"name": "v.long", "aggregators": [{"name": "none"}]}]}
    done = verify(apis, *queries(tmp_path, broken, {"case": "the names", "path": "/api/v1/metricnames"}, {"path": "/api/v1/none"}))
    assert done.returncode == 1 and done.stdout.splitlines() == [
        "the names: $.results: 3 elements against 4", "3 requests: 2 equal, 1 different, 0 without an answer"], done


def test_relative_times_are_of_one_moment(apis, tmp_path):
    """Both are asked for the same, and what is different there is found."""
    now = int(time.time() * 1000)
    assert apis[1].put_points("v.long", [[now - 60_000, 7]]).status == 204
    last_hour = {"start_relative": {"value": 1, "unit": "hours"}, "metrics": [{"name": "v.long"}]}
    before = {"start_relative": {"value": 2, "unit": "hours"}, "end_relative": {"value": 1, "unit": "hours"}, "metrics": [{"name": "v.long"}]}
    done = verify(apis, *queries(tmp_path, last_hour, before))
    assert done.returncode == 1 and done.stdout.splitlines()[0].startswith("query 1: $.queries[0].sample_size: 0 against 1"), done
    assert done.stdout.endswith("2 requests: 1 equal, 1 different, 0 without an answer\n"), done


def test_a_server_that_is_not_there(apis):
    gone = Api(1)
    done = verify([apis[0], gone])
    assert done.returncode == 1 and "http://127.0.0.1:1" in done.stdout + done.stderr, done
    done = verify([gone, apis[0]])
    assert done.returncode == 1 and "http://127.0.0.1:1" in done.stderr, done


DIFFERENT = {
    "a point more": {"name": "v.long", "tags": {"host": "a"}, "datapoints": [[OLD + 100, 1]]},
    "a series more": {"name": "v.long", "tags": {"host": "b"}, "datapoints": [[OLD, 0]]},
    "a metric more": {"name": "v.more", "tags": {"host": "a"}, "datapoints": [[OLD, 0]]},
    "a recent number": {"name": "v.double", "tags": {"host": "a"}, "datapoints": [[TODAY - DAY + 3, 33.5]]},
    "an old number": {"name": "v.long", "tags": {"host": "a"}, "datapoints": [[OLD + 3, 33]]},
    "an old text": {"name": "v.text", "tags": {"host": "é \"x\""}, "datapoints": [[OLD, "other", "string"]]},
    "a recent text": {"name": "v.text", "tags": {"host": "é \"x\""}, "datapoints": [[TODAY - DAY, "other", "string"]]},
    "old numbers of one sum": {"name": "v.long", "tags": {"host": "a"}, "datapoints": [[OLD + 3, 5], [OLD + 5, 3]]},
    "numbers of one average": {"name": "v.double", "tags": {"host": "a"}, "datapoints": [[TODAY - DAY + 3, 4.5], [TODAY - DAY + 4, 3.5]]},
}


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("what", DIFFERENT)
def test_without_queries(apis, what, side):
    """All that is different must be found when nothing is said about what to ask for: a migration relies on it."""
    assert apis[side].post("/api/v1/datapoints", [DIFFERENT[what]]).status == 204
    done = verify(apis)
    assert done.returncode == 1 and ", 0 different," not in done.stdout, done
    assert DIFFERENT[what]["name"] in done.stdout, done
