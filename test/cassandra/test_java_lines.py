# SPDX-License-Identifier: Apache-2.0
"""Points as lines of text between Java KairosDB's own export and import and `sluice kairos export, import`; and `verify` of both servers."""
import json

import pytest

from harness import process
from harness.cassandra_server import cassandra_server, wait_delivered
from harness.command import sluice
from harness.cql import Cql
from harness.java_kairos import JavaKairos
from harness.kairos import Api
from harness.server import Server

DAY = 86_400_000
START = 1_600_000_000_000
ODD = {"host": "é x", "k:=1": "v:=\"2\" \\", "z": "中😀"}
METRICS = [
    {"name": "lines.long", "tags": {"host": "a"}, "datapoints": [[START + i * 10 * DAY, value, "long"] for i, value in enumerate(
        (0, 1, -1, 63, 64, -65, 2**31, 2**53 + 1, 2**63 - 1, -2**63))]},
    {"name": "lines.double", "tags": {"host": "a"}, "datapoints": [[START + i, value, "double"] for i, value in enumerate(
        (0.0, 3.0, 0.1, 1e7, 1.5e-5, 1e300, -2.5e-300, 4.9e-324, 1.7976931348623157e308, 123456789.125))]},
    {"name": "lines.double", "tags": {"host": "b"}, "datapoints": [[START + 5, 2.0, "double"], [START + 6, 4.0, "double"]]},
    {"name": "lines.text", "tags": {"host": "a"}, "datapoints": [[START + i, value, "string"] for i, value in enumerate(
        ("text", "12", "1.5", "a\"b\\c</script>", "tab\tnl\n\u0001\u007f", "é中😀", "[1,2]", "x" * 40_000))]},
    {"name": "lines.mixed é", "tags": ODD, "datapoints": [[START, 7, "long"], [START, 7.5, "double"], [START, "seven", "string"], [START + 30 * DAY, 8, "long"]]},
    {"name": "lines.mixed é", "tags": {"host": "é x"}, "datapoints": [[START, 9, "long"]]},
    {"name": "lines.ttl", "tags": {"host": "a"}, "ttl": 50_000, "datapoints": [[START, 1, "long"]]},
]
NAMES = sorted({metric["name"] for metric in METRICS})
POINTS = sum(len(metric["datapoints"]) for metric in METRICS)


def cells(cql, keyspace: str) -> list:
    """What the keyspace holds of METRICS: types are part of the keys."""
    return sorted((row["key"], row["column1"], row["value"]) for row in cql.query(f"SELECT key, column1, value FROM {keyspace}.data_points")
                  if row["key"].startswith(b"lines."))


def answers(api: Api) -> list:
    return [api.query(name, group_by=[{"name": "tag", "tags": ["host", "k:=1"]}]).text for name in NAMES]


def by_text(line: dict) -> str:
    return json.dumps(line, sort_keys=True)


def put(api: Api):
    assert api.post("/api/v1/datapoints", METRICS).status == 204


def of(server) -> str:
    return f"http://127.0.0.1:{server.kairos_port}"


def test_java_to_ours(cassandra, tmp_path):
    """Through the file that Java's export writes, and through `export` from the running Java."""
    file, file_of_ours, file_of_server = (tmp_path / name for name in ("java.txt", "ours.txt", "server.txt"))
    with JavaKairos(cassandra, "lines_of_java") as java, Cql(cassandra.port) as cql:
        put(java.api)
        process.wait_until(lambda: len(cells(cql, "lines_of_java")) == POINTS, 60, "Java's points are there")
        asked = answers(java.api)
        done = sluice("kairos", "export", "--url", f"http://127.0.0.1:{java.api.port}", "-n", *NAMES, "-f", file_of_server)
        assert done.returncode == 0 and f"{POINTS} points" in done.stderr, done

        with cassandra_server(cassandra, "lines_of_java", {"timeseries.compat": "1.3"}) as beside:
            done = sluice("kairos", "verify", "--left", f"http://127.0.0.1:{java.api.port}", "--right", of(beside))
            assert done.returncode == 0 and ", 0 different, 0 without an answer" in done.stdout and not done.stdout.startswith("0 requests"), done
            # And the other way round, where one has a point more.
            with cassandra_server(cassandra, "lines_elsewhere", {"timeseries.compat": "1.3"}) as other:
                put(Api(other.kairos_port))
                assert Api(other.kairos_port).put_points("lines.long", [[START + 1, 1]]).status == 204
                wait_delivered(other)
                done = sluice("kairos", "verify", "--left", of(other), "--right", f"http://127.0.0.1:{java.api.port}")
                assert done.returncode == 1 and "lines.long: count by day: $.queries[0].sample_size: 11 against 10\n" in done.stdout, done
        java.stop()
        java.tool("export", "-f", file, *[word for name in NAMES for word in ("-n", name)])
        assert sum(len(json.loads(line)["datapoints"]) for line in file.read_text(encoding="utf-8").splitlines()) == POINTS

        with cassandra_server(cassandra, "lines_by_import", {"timeseries.compat": "1.3"}) as server:
            done = sluice("kairos", "import", "--url", of(server), "-f", file)
            assert done.returncode == 0 and ", 0 with errors" in done.stderr, done
            wait_delivered(server)
            assert cells(cql, "lines_by_import") == cells(cql, "lines_of_java")
            assert answers(Api(server.kairos_port)) == asked

    # Into the embedded store, whose own export is the same file, but for the order of the lines.
    data_dir = tmp_path / "data"
    done = sluice("kairos", "import", "--data-dir", data_dir, "-f", file)
    assert done.returncode == 0 and ", 0 with errors" in done.stderr, done
    done = sluice("kairos", "export", "--data-dir", data_dir, "-f", file_of_ours)
    assert done.returncode == 0 and f"{POINTS} points" in done.stderr, done
    lines = [sorted(each.read_text(encoding="utf-8").splitlines()) for each in (file_of_ours, file)]
    assert sorted(map(json.loads, lines[0]), key=by_text) == sorted(map(json.loads, lines[1]), key=by_text)
    with Server(data_dir=data_dir, settings={"timeseries.compat": "1.3", "timeseries.self_metrics": "0"}) as server:
        assert answers(Api(server.kairos_port)) == asked
    # What came over REST has the same values; which whole numbers were doubles it does not say.
    done = sluice("kairos", "import", "--data-dir", tmp_path / "rest", "-f", file_of_server)
    assert done.returncode == 0 and ", 0 with errors" in done.stderr, done
    with Server(data_dir=tmp_path / "rest", settings={"timeseries.compat": "1.3", "timeseries.self_metrics": "0"}) as server:
        assert answers(Api(server.kairos_port)) == asked
    assert lines[0] == lines[1]


@pytest.mark.parametrize("store", ["embedded", pytest.param("cassandra", marks=pytest.mark.chaos)])
def test_ours_to_java(cassandra, tmp_path, store):
    """Java's import takes what `export` wrote, out of a directory with all types, out of a running server with those that answers tell."""
    file = tmp_path / "ours.txt"
    with cassandra_server(cassandra, f"lines_of_ours_{store}") as server, Cql(cassandra.port) as cql:
        put(Api(server.kairos_port))
        wait_delivered(server)
        wanted, asked = cells(cql, f"lines_of_ours_{store}"), answers(Api(server.kairos_port))
        assert len(wanted) == POINTS
        if store == "cassandra":
            done = sluice("kairos", "export", "--url", of(server), "-f", file)
        else:
            with Server(data_dir=tmp_path / "data", settings={"timeseries.self_metrics": "0"}) as embedded:
                put(Api(embedded.kairos_port))
            done = sluice("kairos", "export", "--data-dir", tmp_path / "data", "-f", file)
        assert done.returncode == 0 and f"{POINTS} points" in done.stderr, done
        with JavaKairos(cassandra, f"lines_to_java_{store}") as java:
            java.stop()
            java.tool("import", "-f", file)
            if store == "embedded":
                assert cells(cql, f"lines_to_java_{store}") == wanted
            java.start()
            process.wait_until(lambda: sum(len(java.api.values(name)) for name in NAMES) >= POINTS, 60, "Java's points are there")
            for name, expected, found in zip(NAMES, asked, answers(java.api)):
                assert json.loads(found) == json.loads(expected), name
