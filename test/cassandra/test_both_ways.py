# SPDX-License-Identifier: Apache-2.0
"""Java KairosDB and the Cassandra store on one keyspace: each reads what the other wrote, and what the other deleted is gone."""
import contextlib
import os

import pytest

from harness import process
from harness.cassandra import run_tests
from harness.java_kairos import JavaKairos

TIME = 1_600_000_000_000
TAGS = {"host": "a", "k:=1": "v:=2 é"}


def store(cassandra, keyspace, test):
    run_tests("timeseries_test", f"CassandraBothWays.{test}", cassandra, 300, both_ways=keyspace)


@pytest.mark.parametrize("first", ["java", "ours"])
def test_one_keyspace(cassandra, first):
    """Whoever comes first makes the schema."""
    keyspace = f"both_ways_{first}_{os.getpid()}"
    with contextlib.ExitStack() as stack:
        if first == "ours":
            store(cassandra, keyspace, "Writes")
        java = stack.enter_context(JavaKairos(cassandra, keyspace)).api
        if first == "java":
            store(cassandra, keyspace, "Writes")

        def values(metric):
            return sorted((tuple(point) for point in java.values(metric, start=-10_000)), key=str)
        cut = [[TIME + i, i] for i in range(10)]
        written = java.post("/api/v1/datapoints", [
            {"name": "java", "tags": TAGS, "datapoints": [[TIME, -7], [TIME + 1, 2.5], [TIME + 2, "😀 text", "string"], [-5, 8]]},
            {"name": "java.cut", "tags": TAGS, "datapoints": cut}])
        assert written.status == 204, written
        expected = sorted([(TIME, -7), (TIME + 1, 2.5), (TIME + 2, "😀 text"), (-5, 8)], key=str)
        process.wait_until(lambda: values("java") == expected and len(values("java.cut")) == 10, 60, "Java's points are there")
        assert values("ours") == expected
        assert values("ours.cut") == [tuple(point) for point in cut]
        java.post("/api/v1/datapoints/delete", {"start_absolute": TIME + 3, "end_absolute": TIME + 4, "metrics": [{"name": "ours.cut"}]})
        process.wait_until(lambda: len(values("ours.cut")) == 8, 60, "Java's deletion is there")
        store(cassandra, keyspace, "ReadsWhatJavaWrote")
        store(cassandra, keyspace, "ErasesWhatJavaWrote")
        assert not values("java")
        assert len(values("java.cut")) == 7
