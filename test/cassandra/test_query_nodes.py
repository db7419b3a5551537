# SPDX-License-Identifier: Apache-2.0
"""One server takes points, two answer queries, all on one keyspace under load; one of the two is killed."""
import contextlib
import http.client
import threading

from harness import process
from harness.cassandra_server import MEMORY, Load, cassandra_server, healthy, metric, peak_memory, wait_delivered
from harness.kairos import Api

HOSTS, POINTS, STEP = 4, 3000, 1_000_000  # milliseconds between points: two rows a series


def fixed_queries():
    """(query, its answer's values by host) over points that do not change any more: raw ones and sums of an hour."""
    hour = 3_600_000
    points = {f"h{host}": [[1 + STEP * n, host * 10 + n] for n in range(POINTS)] for host in range(HOSTS)}
    by_host = [{"name": "tag", "tags": ["host"]}]

    def sums(values):
        buckets = {}
        for at, value in values:
            first, total = buckets.get(at // hour, (at, 0))
            buckets[at // hour] = (first, total + value)
        return [[at, total] for at, total in buckets.values()]
    aggregated = {"group_by": by_host, "aggregators": [{"name": "sum", "sampling": {"value": 1, "unit": "hours"}, "align_sampling": False}]}
    return points, [({"group_by": by_host}, points), ({"tags": {"host": ["h1"]}}, {"h1": points["h1"]}),
                    (aggregated, {host: sums(values) for host, values in points.items()})]


class Asker(threading.Thread):
    """Asks the fixed queries in turn, and how many points of the load there are, which never become fewer."""

    def __init__(self, server, queries, stop):
        super().__init__()
        self.api, self.queries, self.stop = Api(server.kairos_port), queries, stop
        self.right, self.seen, self.wrong, self.gone = 0, 0, [], None

    def ask(self, query, expected):
        answer = self.api.query("fixed", **query)
        if answer.status != 200:
            return answer
        results = answer.json["queries"][0]["results"]
        found = {result["tags"]["host"][0]: result["values"] for result in results}
        return None if found == expected else results

    def run(self):
        while not self.stop.is_set():
            try:
                problems = [self.ask(*query) for query in self.queries]
                count = sum(value for _, value in self.api.values("m", aggregators=[{"name": "count", "sampling": {"value": 10, "unit": "years"}}]))
            except (OSError, http.client.HTTPException) as error:
                self.gone = error
                return
            except (AssertionError, ValueError, LookupError) as error:
                problems, count = [error], self.seen
            self.wrong += [str(problem)[:500] for problem in problems if problem is not None]
            if count < self.seen:
                self.wrong.append(f"{count} points after {self.seen}")
            self.right, self.seen = self.right + 1, count


def test_one_of_two_is_killed(cassandra, keyspace):
    points, queries = fixed_queries()
    stop = threading.Event()
    with contextlib.ExitStack() as stack:
        ingest = stack.enter_context(cassandra_server(cassandra, keyspace, {"timeseries.roles": "ingest"}))
        for host, values in points.items():
            assert Api(ingest.kairos_port).put_points("fixed", values, {"host": host}).status == 204
        assert Api(ingest.kairos_port).put_points("m", [[0, 0]], {"client": "none"}).status == 204
        wait_delivered(ingest)
        first, second = (stack.enter_context(cassandra_server(cassandra, keyspace, {"timeseries.roles": "query"})) for _ in range(2))
        stack.enter_context(peak_memory(second, MEMORY))
        stack.enter_context(peak_memory(ingest, MEMORY))
        askers = {server: [Asker(server, queries, stop) for _ in range(2)] for server in (first, second)}
        with Load(ingest, "m", pause=0.1) as load:
            try:
                for asker in (*askers[first], *askers[second]):
                    asker.start()
                process.wait_until(lambda: all(asker.right >= 5 for both in askers.values() for asker in both), 60, "both answer")
                assert min(load.acknowledged) > 5
                taken, answered = min(load.acknowledged), [asker.right for asker in askers[second]]
                first.kill9()
                process.wait_until(lambda: all(asker.gone for asker in askers[first]), 30, "its clients notice")
                process.wait_until(lambda: all(asker.right >= before + 20 or asker.gone for asker, before in zip(askers[second], answered)), 120,
                                   "the other goes on")
                process.wait_until(lambda: min(load.acknowledged) > taken + 20, 60, "points are taken")
                for _ in range(10):
                    assert healthy(ingest) and healthy(second)
            finally:
                stop.set()
                for asker in (*askers[first], *askers[second]):
                    asker.join()
        assert not [asker.wrong for both in askers.values() for asker in both if asker.wrong]
        assert not [asker.gone for asker in askers[second] if asker.gone]
        # The one point of "none", and bodies that may be there without an answer.
        assert Load.POINTS * taken < max(asker.seen for asker in askers[second]) <= 1 + Load.POINTS * (sum(load.acknowledged) + len(load.acknowledged))
        wait_delivered(ingest)
        assert not load.refused and metric(ingest, "sluice_timeseries_lost_points_total") == 0
        load.check(second)
        first.start()
        load.check(first)
        print(f"{sum(load.acknowledged) * Load.POINTS} points; {sum(asker.right for asker in askers[second])} rounds of {len(queries) + 1} queries; "
              f"memory {second.memory('VmHWM') >> 20} MiB")
