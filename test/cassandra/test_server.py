# SPDX-License-Identifier: Apache-2.0
"""The whole server on a real Cassandra: recorded answers, several clusters, several servers, and what it does while Cassandra is away."""
import time

import pytest

from harness import process
from harness.cassandra import frozen, stopped
from harness.cassandra_server import MEMORY, Load, cassandra_server, healthy, metric, peak_memory, wait_delivered
from harness.disk import small_disk
from harness.kairos import Api, play_recorded
from harness.server import ServerDied

ROW = 1_814_400_000  # milliseconds of a row


@pytest.mark.parametrize("compat", ["1.3", "1.4"])
def test_recorded_answers(cassandra, keyspace, compat):
    with cassandra_server(cassandra, keyspace, {"timeseries.compat": compat}) as server:
        play_recorded(Api(server.kairos_port), compat, stored=lambda: wait_delivered(server))


def test_several_clusters(cassandra, keyspace):
    """Keyspaces stand for clusters: an old one that is only read, up to a time; one for the metadata service."""
    old, meta, end = "old_" + keyspace[:40], "meta_" + keyspace[:40], 10 * ROW
    tags = {"host": "a"}
    with cassandra_server(cassandra, old) as server:
        api = Api(server.kairos_port)
        assert api.put_points("both", [[1, 1], [end + ROW, 2]], tags).status == 204
        assert api.put_points("only.old", [[1, 1]], tags).status == 204
        wait_delivered(server)
    until = time.strftime("%Y-%m-%dT%H:%M%z", time.gmtime(end // 1000))
    clusters = {"read_clusters": f"name=old;keyspace={old};end_time={until}", "meta_cluster": f"keyspace={meta}"}
    with cassandra_server(cassandra, keyspace, **clusters) as server:
        api = Api(server.kairos_port)
        assert api.put_points("both", [[2, 3], [end + ROW + 1, 4]], tags).status == 204
        wait_delivered(server)
        assert api.values("both") == [[1, 1], [2, 3], [end + ROW, 2], [end + ROW + 1, 4]]
        assert api.values("both", end=ROW) == [[1, 1], [2, 3]]
        # The old cluster is not asked for what lies behind its end.
        assert api.values("both", start=end + ROW) == [[end + ROW + 1, 4]]
        assert {"both", "only.old"} <= set(api.get("/api/v1/metricnames").json["results"])
        assert api.post("/api/v1/metadata/service/key/name", b"value").status == 204
        # As in Java, deletions go to all clusters that a query reads.
        assert api.post("/api/v1/datapoints/delete", {"start_absolute": 0, "end_absolute": ROW, "metrics": [{"name": "both"}]}).status == 204
        assert api.values("both") == [[end + ROW, 2], [end + ROW + 1, 4]]
    with cassandra_server(cassandra, meta) as server:
        assert Api(server.kairos_port).get("/api/v1/metadata/service/key/name").text == "value"


def test_one_of_two_query_servers_goes(cassandra, keyspace):
    with cassandra_server(cassandra, keyspace, {"timeseries.roles": "ingest"}) as ingest:
        assert Api(ingest.kairos_port).put_points("m", [[1, 1], [2, 2]]).status == 204
        wait_delivered(ingest)
        assert Api(ingest.kairos_port).query("m").status == 403
        with cassandra_server(cassandra, keyspace, {"timeseries.roles": "query"}) as first, \
                cassandra_server(cassandra, keyspace, {"timeseries.roles": "query"}) as second:
            assert Api(first.kairos_port).put_points("m", [[3, 3]]).status == 403
            for server in (first, second):
                assert Api(server.kairos_port).values("m") == [[1, 1], [2, 2]]
            first.kill9()
            assert Api(ingest.kairos_port).put_points("m", [[3, 3]]).status == 204
            Api(second.kairos_port).eventually("m", [[1, 1], [2, 2], [3, 3]])
            first.start()
            assert Api(first.kairos_port).values("m") == [[1, 1], [2, 2], [3, 3]]


@pytest.mark.parametrize("unit, width", [("LEGACY", ROW), ("MILLISECONDS", 3_600_000)])
def test_row_spec(cassandra, keyspace, unit, width):
    """A server that was told nothing reads and writes what another one made in an own unit, over several rows."""
    times = [1_700_000_000_000 + i * 700_000_000 for i in range(12)]
    with cassandra_server(cassandra, keyspace, row_time_unit=unit, row_width=width) as first, cassandra_server(cassandra, keyspace) as second:
        assert Api(first.kairos_port).put_points("m", [[at, i] for i, at in enumerate(times)]).status == 204
        wait_delivered(first)
        assert Api(second.kairos_port).values("m") == [[at, i] for i, at in enumerate(times)]
        assert Api(second.kairos_port).put_points("m", [[times[3], 30], [times[-1] + 1000, 12]]).status == 204
        wait_delivered(second)
        assert Api(first.kairos_port).values("m", times[3], times[4]) == [[times[3], 30], [times[4], 4]]
        assert len(Api(first.kairos_port).values("m")) == 13


@pytest.mark.parametrize("on_disk", [True, False], ids=["on disk", "in memory"])
def test_drain(cassandra, keyspace, on_disk):
    with cassandra_server(cassandra, keyspace, batch_wait="60s", queue_on_disk=on_disk) as server:
        assert Api(server.kairos_port).put_points("m", [[i, i] for i in range(1, 1001)]).status == 204
        assert metric(server, "sluice_timeseries_queue_bytes") > 0
        assert server.stop() == 0
    with cassandra_server(cassandra, keyspace) as other:
        assert Api(other.kairos_port).values("m") == [[i, i] for i in range(1, 1001)]


def test_self_metrics(cassandra, keyspace):
    """Also of a server that only answers queries, and of the queue."""
    with cassandra_server(cassandra, keyspace, {"timeseries.self_metrics": "200ms"}) as server, \
            cassandra_server(cassandra, keyspace, {"timeseries.self_metrics": "200ms", "timeseries.roles": "query"}) as query:
        assert Api(server.kairos_port).put_points("m", [[i, i] for i in range(1, 101)]).status == 204
        process.wait_until(lambda: sum(value for _, value in Api(server.kairos_port).values("kairosdb.queue.process_count")) >= 100, 20, "the queue is counted")
        means = Api(server.kairos_port).values("kairosdb.ingest_executor.write_time_micro.avg")
        assert means and all(value > 0 for _, value in means)
        before = Api(query.kairos_port).values("kairosdb.http.query_time")
        process.wait_until(lambda: len(Api(query.kairos_port).values("kairosdb.http.query_time")) > len(before) + 4, 20, "two servers report")


@pytest.mark.parametrize("away, seconds, queue", [
    (frozen, 12, "on disk"), (frozen, 12, "in memory"),
    *[pytest.param(away, 60, queue, marks=pytest.mark.chaos) for away in (frozen, stopped) for queue in ("on disk", "in memory")]])
def test_away_under_load(cassandra, keyspace, away, seconds, queue):
    """Cassandra is away for a while: what was acknowledged is there afterwards; what does not fit into the queue is refused."""
    settings = {"queue_on_disk": queue == "on disk", "queue_disk": "2MiB", "queue_memory": "2MiB", "request_timeout": "2s"}
    with cassandra_server(cassandra, keyspace, **settings) as server, peak_memory(server, MEMORY):
        with Load(server, "m") as load:
            process.wait_until(lambda: min(load.acknowledged) > 20, 60, "the load runs")
            assert healthy(server)
            with away(cassandra):
                since = time.monotonic()
                process.wait_until(lambda: not healthy(server), 30, "the health check fails")
                process.wait_until(lambda: 503 in load.refused, 120, "the queue is full")
                assert metric(server, "sluice_timeseries_queue_bytes") <= 2 << 20
                time.sleep(max(0, since + seconds - time.monotonic()))
                assert "Datastore-Query: FAIL" in Api(server.kairos_port).get("/api/v1/health/status").text
            before = min(load.acknowledged)
            process.wait_until(lambda: min(load.acknowledged) > before + 20, 60, "points are taken again")
            process.wait_until(lambda: healthy(server), 60, "the health check passes")
        assert set(load.refused) == {503} and not load.without_retry_after, load.refused
        wait_delivered(server)
        assert metric(server, "sluice_timeseries_lost_points_total") == 0
        load.check()


def test_disk_of_the_queue_is_full(cassandra, keyspace, tmp_path):
    with small_disk(tmp_path, 2) as disk, \
            cassandra_server(cassandra, keyspace, queue_folder=disk / "queue", request_timeout="2s") as server, peak_memory(server, MEMORY):
        with Load(server, "m") as load:
            process.wait_until(lambda: min(load.acknowledged) > 20, 60, "the load runs")
            with frozen(cassandra):
                process.wait_until(lambda: 503 in load.refused, 120, "the disk is full")
            before = min(load.acknowledged)
            process.wait_until(lambda: min(load.acknowledged) > before + 20, 60, "points are taken again")
        assert set(load.refused) == {503} and not load.without_retry_after, load.refused
        wait_delivered(server)
        assert metric(server, "sluice_timeseries_lost_points_total") == 0
        load.check()


def test_starts_while_cassandra_is_away(cassandra, keyspace):
    cassandra.stop_node(1)
    try:
        strict = cassandra_server(cassandra, keyspace, connect_timeout="1s")
        try:
            with pytest.raises(ServerDied):
                strict.start()
        finally:
            strict.close()
        with cassandra_server(cassandra, keyspace, start_async=True) as server:
            api = Api(server.kairos_port)
            assert not healthy(server)
            assert api.put_points("m", [[1, 1]]).status == 204
            answer = api.query("m")
            assert answer.status in (500, 503) and answer.json["errors"], answer
            cassandra.start_node(1)
            process.wait_until(lambda: healthy(server), 60, "the health check passes")
            api.eventually("m", [[1, 1]], seconds=60)
            # The queue of a server that ends while Cassandra is away goes to the next one.
            cassandra.stop_node(1)
            assert api.put_points("m", [[2, 2]]).status == 204
            server.kill9()
            server.start()
            assert api.put_points("m", [[3, 3]]).status == 204
            cassandra.start_node(1)
            process.wait_until(lambda: healthy(server), 60, "the health check passes")
            api.eventually("m", [[1, 1], [2, 2], [3, 3]], seconds=60)
    finally:
        cassandra.start_node(1)
