# SPDX-License-Identifier: Apache-2.0
"""Settings of the Cassandra store: what they do to the tables, which Java KairosDB with the same settings does, too."""
import datetime
import time

import pytest

from harness import process
from harness.cassandra_server import cassandra_server, wait_delivered
from harness.cql import Cql
from harness.java_kairos import JavaKairos
from harness.kairos import Api

METRIC_NAMES = "0x" + b"metric_names".hex()
WIDTH = 1_814_400  # seconds of a row
TABLE_TTL = "WITH default_time_to_live = 5000 AND gc_grace_seconds = 1234 AND comment = 'own'"
LATE = 60  # seconds that Java may take to write what it acknowledged

# What both are told, and the seconds that points of some ages (seconds) and ttls live in the cell; None: for ever, "gone": not written.
LIVES = {
    "default": ({"timeseries.default_ttl": "1h"}, {"datapoint_ttl": 3600},
                {(0, 0): 3600, (1000, 0): 3600, (0, 500): 500, (7200, 500): 500, (-100, 5000): 5000}),
    "force": ({"timeseries.default_ttl": "1h", "timeseries.cassandra.force_default_ttl": True}, {"datapoint_ttl": 3600, "force_default_datapoint_ttl": True},
              {(0, 0): 3600, (0, 500): 3600, (7200, 5000): 3600}),
    "force nothing": ({"timeseries.cassandra.force_default_ttl": True}, {"force_default_datapoint_ttl": True}, {(0, 0): None, (0, 500): None}),
    "align": ({"timeseries.default_ttl": "1h", "timeseries.cassandra.align_ttl_with_timestamp": True},
              {"datapoint_ttl": 3600, "align_datapoint_ttl_with_timestamp": True},
              {(0, 0): 3600, (1000, 0): 2600, (7200, 0): "gone", (-100, 0): 3700, (1000, 5000): 4000, (1000, 500): "gone", (0, 500): 500}),
    "align without a default": ({"timeseries.cassandra.align_ttl_with_timestamp": True}, {"align_datapoint_ttl_with_timestamp": True},
                                {(1000, 0): "gone", (-1000, 0): 1000, (1000, 5000): 4000}),
    "force and align": ({"timeseries.default_ttl": "1h", "timeseries.cassandra.align_ttl_with_timestamp": True, "timeseries.cassandra.force_default_ttl": True},
                        {"datapoint_ttl": 3600, "align_datapoint_ttl_with_timestamp": True, "force_default_datapoint_ttl": True},
                        {(1000, 5000): 2600, (7200, 50_000): "gone", (0, 500): 3600}),
    "the table's own": ({"timeseries.cassandra.data_points_with": TABLE_TTL}, {"table_create_with.data_points": f'"{TABLE_TTL}"'},
                        {(0, 0): None, (0, 500): 500, (7200, 0): None}),
}
AGES = (-1000, -100, 0, 1000, 7200)
METRICS = {b"m%d" % ttl: ttl for ttl in (0, 500, 5000, 50_000)}


def cells(cql, keyspace: str, now: int) -> dict:
    """{(age, ttl that was asked for): seconds that the cell lives} of the metrics m<ttl>."""
    found = {}
    for row in cql.query(f"SELECT key, column1, TTL(value) AS ttl FROM {keyspace}.data_points"):
        metric, _, rest = row["key"].partition(b"\0")
        if metric in METRICS:
            at = int.from_bytes(rest[:8], "big") + int.from_bytes(row["column1"], "big")
            found[(now - at) // 1000, METRICS[metric]] = row["ttl"]
    return found


# Each starts a Java.
@pytest.mark.parametrize("case", [pytest.param(case, marks=() if case in ("default", "force and align", "the table's own") else pytest.mark.chaos) for case in LIVES])
def test_times_to_live(cassandra, case):
    """In the cells and in the rows that name series; the same as Java's."""
    settings, of_java, expected = LIVES[case]
    keyspaces = [f"lives_{writer}_{''.join(word[0] for word in case.split())}_{case[-5:].replace(' ', '_')}".replace("'", "") for writer in ("ours", "java")]
    of_java = {f"datastore.cassandra.{name}": str(value).lower() if isinstance(value, bool) else value for name, value in of_java.items()}
    with cassandra_server(cassandra, keyspaces[0], settings) as server, JavaKairos(cassandra, keyspaces[1], of_java) as java, Cql(cassandra.port) as cql:
        ours = Api(server.kairos_port)
        now = int(time.time()) * 1000
        body = [{"name": name.decode(), "tags": {"host": "a"}, "ttl": ttl, "datapoints": [[now - age * 1000, age] for age in AGES]} for name, ttl in METRICS.items()]
        for api in (ours, java.api):
            assert api.post("/api/v1/datapoints", body).status == 204
        wait_delivered(server)
        wanted = len(cells(cql, keyspaces[0], now))
        process.wait_until(lambda: len(cells(cql, keyspaces[1], now)) >= wanted, LATE, "Java's points are there")
        found, of_java = (cells(cql, keyspace, now) for keyspace in keyspaces)
        for place, seconds in expected.items():
            if seconds in ("gone", None):
                assert found.get(place, "gone") == seconds, place
            else:
                assert found[place] is not None and seconds - LATE <= found[place] <= seconds + 1, (place, found[place])
        assert found.keys() == of_java.keys()
        assert all(near(found[place], of_java[place]) for place in found), (found, of_java)

        names = [names_left(cql, keyspace) for keyspace in keyspaces]
        assert names[0].keys() == names[1].keys() and names[0]
        for (ttl, row_time), left in names[0].items():
            # A name outlives its points. Where points of a row live differently long, Java's may not.
            lives = [seconds for (age, asked), seconds in found.items() if asked == ttl and (now - age * 1000) // 1000 // WIDTH * WIDTH == row_time]
            assert lives and (left is None if None in lives else near(left, max(lives) + WIDTH)), (ttl, left, lives)
            if "align" not in case:
                assert near(left, names[1][ttl, row_time]), (ttl, left, names[1][ttl, row_time])
        options = [cql.query(f"SELECT default_time_to_live, gc_grace_seconds, comment, flags FROM system_schema.tables "
                             f"WHERE keyspace_name = '{keyspace}' AND table_name = 'data_points'") for keyspace in keyspaces]
        assert options[0] == options[1]
        assert (options[0][0]["gc_grace_seconds"] == 1234) == (case == "the table's own"), options


def names_left(cql, keyspace: str) -> dict:
    """{(ttl that was asked for, row): seconds that the names of its series live}. The column is one of the whole partition, a metric's row."""
    found = cql.query(f"SELECT metric, row_time, TTL(mtime) AS left FROM {keyspace}.row_keys")
    return {(METRICS[row["metric"].encode()], int(row["row_time"].replace(tzinfo=datetime.timezone.utc).timestamp())): row["left"]
            for row in found if row["metric"].encode() in METRICS}


def near(one, other) -> bool:
    return (one is None) == (other is None) and (one is None or abs(one - other) <= LATE)


def test_hidden_names(cassandra, keyspace):
    """They are not listed, and there all the same."""
    names = ["hid.den.a", "hid.den", "hid.de", "shown", "other.hid.den"]
    with cassandra_server(cassandra, keyspace, hidden_name_prefixes=["hid.den", "nothing."]) as server:
        api = Api(server.kairos_port)
        for name in names:
            assert api.put_points(name, [[1, 1]]).status == 204
        wait_delivered(server)
        listed = {"hid.de", "shown", "other.hid.den"}
        process.wait_until(lambda: set(api.get("/api/v1/metricnames").json["results"]) == listed, 20, "names are listed")
        assert api.get("/api/v1/metricnames?prefix=hid.").json["results"] == ["hid.de"]
        assert api.get("/api/v1/metricnames?prefix=hid.den").json["results"] == []
        assert all(api.values(name) == [[1, 1]] for name in names)
    # As in KairosDB they do not come into the index at all; what is there stays.
    with Cql(cassandra.port) as cql:
        assert {row["column1"] for row in cql.query(f"SELECT column1 FROM {keyspace}.string_index WHERE key = {METRIC_NAMES}")} == listed
    with cassandra_server(cassandra, keyspace, hidden_name_prefixes=["shown"]) as server:
        assert set(Api(server.kairos_port).get("/api/v1/metricnames").json["results"]) == listed


# --- rows by tag -------------------------------------------------------------------------------------------------------
TIME = 1_700_000_000_000
SERIES = [({"host": "a", "dc": "x"}, 1), ({"host": "b", "dc": "x"}, 2), ({"host": "a", "dc": "y"}, 4), ({"host": "k:=1", "dc": "é y"}, 8), ({"dc": "x"}, 16)]
FILTERS = [({"host": "a"}, 5), ({"host": ["a", "b"]}, 7), ({"host": "a", "dc": "x"}, 1), ({"dc": "x"}, 19), ({"dc": ["x", "é y"], "host": ["k:=1", "b"]}, 10),
           ({"host": "none"}, 0), ({"host": "a", "dc": "none"}, 0), ({"none": "a"}, 0), ({"host": "regex:a|b"}, 7), ({"host": "regex:b", "dc": "x"}, 2), ({}, 31)]


def write(api: Api, metric: str):
    assert api.post("/api/v1/datapoints", [{"name": metric, "tags": tags, "datapoints": [[TIME + value, value]]} for tags, value in SERIES]).status == 204


def index_rows(cql, keyspace: str, metric: str) -> list:
    columns = "table_name, row_time, single_tag_pair, tag_collection_hash, data_type, tags, value"
    found = cql.query(f"SELECT {columns} FROM {keyspace}.tag_indexed_row_keys WHERE metric = '{metric}' ALLOW FILTERING")
    # What remains of a partition without rows is its static column.
    return sorted((row for row in found if row["tags"] is not None), key=str)


def test_rows_by_tag(cassandra, keyspace):
    """One keyspace, and both servers are told the same: their rows are the same, and each finds by them what the other wrote."""
    indexed = {"ours_all": ["*"], "java_all": ["*"], "ours_one": ["host"], "java_one": ["host"]}
    settings = {"tag_indexed_metrics": [metric if tag == "*" else f"{metric}:{tag}" for metric, tags in indexed.items() for tag in tags]}
    object_of_java = "{" + ", ".join(f'{metric}: ["{tags[0]}"]' for metric, tags in indexed.items()) + "}"
    of_java = {"datastore.cassandra.write_cluster.tag_indexed_row_key_lookup_metrics": object_of_java}
    with cassandra_server(cassandra, keyspace, {"timeseries.compat": "1.3"}, **settings) as server, JavaKairos(cassandra, keyspace, of_java) as java, \
            Cql(cassandra.port) as cql:
        ours, java = Api(server.kairos_port), java.api
        for kind in ("all", "one", "none"):
            write(ours, f"ours_{kind}")
            write(java, f"java_{kind}")
        wait_delivered(server)
        process.wait_until(lambda: all(len(java.values(f"java_{kind}")) == len(SERIES) for kind in ("all", "one", "none")), LATE, "Java's points are there")
        assert index_rows(cql, keyspace, "ours_none") == index_rows(cql, keyspace, "java_none") == []
        assert [len(index_rows(cql, keyspace, f"ours_{kind}")) for kind in ("all", "one")] == [9, 4]
        for kind in ("all", "one"):
            assert index_rows(cql, keyspace, f"ours_{kind}") == index_rows(cql, keyspace, f"java_{kind}")

        def check(kind, filters, like_java=True):
            for writer in ("ours", "java"):
                for tags, total in filters:
                    answers = [api.query(f"{writer}_{kind}", TIME, tags=tags, group_by=[{"name": "tag", "tags": ["host"]}]) for api in (ours, java)]
                    assert [answer.status for answer in answers] == [200, 200], answers
                    assert sum(value for result in answers[0].json["queries"][0]["results"] for _, value in result["values"]) == total, (writer, kind, tags)
                    assert not like_java or answers[0].json == answers[1].json, (writer, kind, tags)
        check("all", FILTERS)
        check("none", FILTERS)
        # Java asks the index for tags that are not in it, too, and finds nothing.
        check("one", [each for each in FILTERS if each[0].keys() <= {"host"}])
        check("one", [each for each in FILTERS if not each[0].keys() <= {"host"}], like_java=False)

        # Without the other rows those by tag are all there is: exact filters over indexed tags are answered from them.
        for writer in ("ours", "java"):
            row_time = cql.query(f"SELECT row_time FROM {keyspace}.row_key_time_index WHERE metric = '{writer}_all'")[0]["row_time"]
            cql.query(f"DELETE FROM {keyspace}.row_keys WHERE metric = '{writer}_all' AND table_name = 'data_points' AND row_time = '{row_time}+0000'")
        check("all", [each for each in FILTERS if each[0] and not any(str(value).startswith("regex") for value in each[0].values())])
        check("all", [({}, 0), ({"host": "regex:a"}, 0)])

        # A deletion takes them away.
        assert ours.call("DELETE", "/api/v1/metric/java_one").status == 204
        assert java.call("DELETE", "/api/v1/metric/ours_one").status == 204
        for metric in ("java_one", "ours_one"):
            process.wait_until(lambda metric=metric: not index_rows(cql, keyspace, metric), LATE, "rows by tag are deleted")


def test_rows_by_tag_are_made_afterwards(cassandra, keyspace):
    """Of points that were there before the setting, by GET /datapoints/index."""
    with cassandra_server(cassandra, keyspace) as server:
        write(Api(server.kairos_port), "m")
        write(Api(server.kairos_port), "other")
        wait_delivered(server)
    with cassandra_server(cassandra, keyspace, tag_indexed_metrics=["*"]) as server, Cql(cassandra.port) as cql:
        api = Api(server.kairos_port)
        assert index_rows(cql, keyspace, "m") == []
        assert api.get(f"/api/v1/datapoints/index?metric=m&start_absolute={TIME}&end_absolute={TIME + 100}").status == 204
        process.wait_until(lambda: len(index_rows(cql, keyspace, "m")) == 9, LATE, "rows by tag are made")
        assert index_rows(cql, keyspace, "other") == []
        for tags, total in FILTERS:
            assert sum(value for _, value in api.values("m", tags=tags)) == total, tags
