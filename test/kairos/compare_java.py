# SPDX-License-Identifier: Apache-2.0
"""Random points and queries, to Java KairosDB 1.3.0-1 and to Sluice with timeseries.compat = "1.3": the answers must be the same JSON.

    make test-kairos-java                                          5,000 queries (SLUICE_KAIROS_QUERIES), both on one Cassandra
    test/kairos/compare_java.py --seed 7 --queries 200             others; Java on H2, Sluice on the embedded store
    test/kairos/compare_java.py --seed 7 --only 113 --cassandra    one query again, with both answers

What is left out, because Java's answer is random or an accident: percentile over more than 1,028 points a bucket (a random sample); two points of
one series and time in one body (both cells have the same time of writing, so Cassandra keeps the one with the greater bytes); texts of several
series at the same time (in the order in which rows came); on H2 also limits (H2 has no rows) and filters with regex: (they have no effect there).
"""
import argparse
import collections
import contextlib
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import ROOT  # noqa: E402  pylint: disable=wrong-import-position
from harness.kairos import Api  # noqa: E402  pylint: disable=wrong-import-position
from harness.server import Server  # noqa: E402  pylint: disable=wrong-import-position

BASE = 1_600_000_000_000  # 2020-09-13T12:26:40Z
HOUR, DAY = 3_600_000, 86_400_000
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "+02:00", ""]
UNITS = ["milliseconds", "seconds", "minutes", "hours", "days", "weeks", "months", "years"]
SKIP = 77


class Metric:
    def __init__(self, name, kind, first, span, tags):
        self.name, self.kind, self.first, self.span, self.tags = name, kind, first, span, tags


def metrics_of(draw: random.Random):
    """Metrics of each kind: how far their points reach, and which tags they have."""
    spans = [("second", 2_000), ("minute", 120_000), ("hours", 7 * HOUR), ("days", 12 * DAY), ("year", 500 * DAY), ("old", 90 * DAY)]
    for kind in ("long", "double", "mixed", "string"):
        for name, span in spans:
            first = -40 * DAY if name == "old" else BASE + draw.randrange(DAY)
            tags = {"host": ["a", "b", "web 01", "Ü"][:draw.randrange(1, 5)], "dc": ["x", "y"][:draw.randrange(1, 3)]}
            if draw.random() < 0.5:
                tags["part"] = ["1", "10", "2"]
            yield Metric(f"cmp.{kind}.{name}", kind, first, span, tags)


def value_of(kind: str, draw: random.Random):
    if kind == "mixed":
        kind = draw.choice(["long", "double"])
    if kind == "long":
        return draw.choice([draw.randrange(-50, 50), draw.randrange(-10**6, 10**6), 0, 2**53 + draw.randrange(9)])
    if kind == "double":
        return draw.choice([draw.gauss(0, 10), draw.randrange(1000) + 0.5, draw.random() * 1e-5, draw.random() * 1e12])
    return draw.choice(["", "up", "down", "a \"quoted\" text", "</b>", "Ünï", "7", "x" * draw.randrange(1, 40)])


def bodies(metrics, draw: random.Random):
    """Bodies of POST /api/v1/datapoints: each series has up to 60 points."""
    for metric in metrics:
        taken = set()
        combinations = [{}]
        for tag, values in metric.tags.items():
            combinations = [{**tags, tag: value} for tags in combinations for value in values]
        for tags in draw.sample(combinations, min(len(combinations), draw.randrange(2, 7))):
            times = [metric.first + draw.randrange(metric.span) for _ in range(draw.randrange(1, 60))]
            if draw.random() < 0.5:
                times = [when // 1000 * 1000 for when in times]
            times = list(dict.fromkeys(times))
            if metric.kind == "string":
                times = [when for when in times if when not in taken]
                taken.update(times)
            if not times:
                continue
            points = [[when, value_of(metric.kind, draw)] for when in times]
            if metric.kind == "string":
                points = [[when, value or "empty"] for when, value in points]
            yield [{"name": metric.name, "tags": tags, "datapoints": points}]


def duration(draw, around: int):
    """A sampling that makes some buckets of a span."""
    sizes = {"milliseconds": 1, "seconds": 1000, "minutes": 60_000, "hours": HOUR, "days": DAY, "weeks": 7 * DAY, "months": 30 * DAY, "years": 365 * DAY}
    fitting = [unit for unit in UNITS if sizes[unit] <= around]
    unit = draw.choice(fitting[-3:])
    return {"value": draw.randrange(1, max(2, min(60, 2 * around // sizes[unit] // 3 + 2))), "unit": draw.choice([unit, unit.upper()])}


def range_aggregator(draw, span, name):
    made = {"name": name, "sampling": duration(draw, span)}
    for flag in ("align_sampling", "align_start_time", "align_end_time"):
        if draw.random() < 0.35:
            made[flag] = draw.random() < 0.6
    if made.get("align_start_time") and made.get("align_end_time"):
        del made["align_end_time"]
    if name == "percentile":
        made["percentile"] = draw.choice([0.1, 0.5, 0.75, 0.95, 1, "0.5"])
    if name == "dev" and draw.random() < 0.5:
        made["return_type"] = draw.choice(["value", "pos_sd", "neg_sd"])
        made["dev_count"] = draw.randrange(1, 4)
    if name == "gaps" and draw.random() < 0.5:
        made["trim"] = draw.random() < 0.5
    return made


RANGES = ["avg", "sum", "min", "max", "count", "dev", "first", "last", "percentile", "least_squares"]


def aggregator(draw, span):
    name = draw.choice(RANGES + RANGES + ["diff", "div", "scale", "sma", "trim", "filter", "rate", "sampler", "score", "merge", "gaps"])
    if name in RANGES or name == "gaps":
        return range_aggregator(draw, span, name)
    made = {"name": name}
    if name == "div":
        made["divisor"] = draw.choice([2, 0.5, -3, "4"])
    elif name == "scale":
        made["factor"] = draw.choice([2, 0.1, -1, "3"])
    elif name == "sma":
        made["size"] = draw.randrange(1, 6)
    elif name == "trim":
        made["trim"] = draw.choice(["first", "last", "both", "FIRST"])
    elif name == "filter":
        made["filter_op"] = draw.choice(["lte", "lt", "gte", "gt", "equal", "ne"])
        made["threshold"] = draw.choice([0, 5, 10.5, -20, "7", "up"])
    elif name == "rate":
        made.update(draw.choice([{"unit": draw.choice(UNITS[:5])}, {"sampling": {"value": draw.randrange(1, 5), "unit": draw.choice(UNITS[:5])}}, {}]))
    elif name == "sampler":
        made["unit"] = draw.choice(UNITS[:5])
    elif name == "score":
        made["order"] = draw.choice(["ascending", "descending"])
        made["thresholds"] = [{"value": value, "boundary": draw.choice(["superior", "inferior"])} for value in draw.sample([-10, 0, 3, 50, 1000], 2)]
    return made


def grouping(draw, metric):
    kind = draw.choice(["tag", "tag", "time", "value", "bin"])
    if kind == "tag":
        return {"name": "tag", "tags": draw.sample(["host", "dc", "part", "none"], draw.randrange(1, 3))}
    if kind == "time":
        return {"name": "time", "range_size": duration(draw, metric.span), "group_count": draw.randrange(1, 5)}
    if kind == "value":
        return {"name": "value", "range_size": draw.choice([1, 7, 100])}
    return {"name": "bin", "bins": sorted(draw.sample([-100, -1, 0, 2.5, 10, 1000], draw.randrange(1, 4)))}


def metric_query(draw, metrics, on_cassandra):
    metric = draw.choice(metrics)
    query = {"name": metric.name if draw.random() < 0.98 else "cmp.none"}
    if draw.random() < 0.35:
        tag = draw.choice(list(metric.tags))
        values = draw.sample(metric.tags[tag], draw.randrange(1, len(metric.tags[tag]) + 1))
        if draw.random() < 0.3 and on_cassandra:
            values = ["regex:" + draw.choice([".*", "[ab]", "w.*", "1.?"])]
        query["tags"] = {tag: draw.choice([values, values[0]])}
    if draw.random() < 0.2:
        query["order"] = draw.choice(["asc", "desc"])
    if draw.random() < 0.15 and on_cassandra:
        query["limit"] = draw.randrange(1, 30)
    if draw.random() < 0.1:
        query["exclude_tags"] = True
    if draw.random() < 0.75:
        query["aggregators"] = [aggregator(draw, metric.span) for _ in range(draw.choice([1, 1, 1, 2, 2, 3]))]
    if draw.random() < 0.4:
        query["group_by"] = [grouping(draw, metric) for _ in range(draw.choice([1, 1, 2]))]
    return metric, query


def query_of(number: int, seed: int, metrics, on_cassandra=False):
    draw = random.Random(f"{seed}/{number}")
    metric, first = metric_query(draw, metrics, on_cassandra)
    start = metric.first + draw.choice([0, -1, 1, 0.1, 0.3]) * (1 if draw.random() < 0.3 else metric.span)
    end = metric.first + metric.span * draw.choice([1, 1, 0.9, 0.5, 2])
    query = {"start_absolute": int(start), "end_absolute": int(end), "metrics": [first]}
    if draw.random() < 0.5:
        query["time_zone"] = draw.choice(ZONES)
    if draw.random() < 0.1:
        query["metrics"].append(metric_query(draw, metrics, on_cassandra)[1])
    return query


@contextlib.contextmanager
def java(options, directory: pathlib.Path):
    """The HTTP port of a Java KairosDB, and the address of its Cassandra or None."""
    peers = ROOT / "test" / "peers"

    def call(name, *arguments, check=True):
        with open(directory / f"{name}.out", "ab") as out:
            done = subprocess.run([peers / name / f"{name}.sh", *map(str, arguments)], stdout=out, stderr=out, stdin=subprocess.DEVNULL, check=False)
        if done.returncode == SKIP:
            print((directory / f"{name}.out").read_text())
            sys.exit(SKIP)
        assert done.returncode == 0 or not check, (directory / f"{name}.out").read_text()
    address, more = None, []
    try:
        if options.cassandra:
            call("cassandra", "start", directory / "cassandra")
            address = f"127.0.0.1:{(directory / 'cassandra' / 'port').read_text().strip()}"
            more = ["--cassandra", address, "--keyspace", "java"]
        call("kairosdb", "start", directory / "kairosdb", *more)
        yield int((directory / "kairosdb" / "http").read_text()), address
    finally:
        call("kairosdb", "stop", directory / "kairosdb", check=False)
        if options.cassandra:
            call("cassandra", "stop", directory / "cassandra", check=False)


def until_same_counts(apis, metrics):
    """Java's H2 and Cassandra take points in the background."""
    count = [{"name": metric.name, "aggregators": [{"name": "count", "sampling": {"value": 100, "unit": "years"}}]} for metric in metrics]
    query = {"start_absolute": -(10**11), "metrics": count}
    end, seen = time.monotonic() + 180, []
    while time.monotonic() < end:
        seen = [[entry["sample_size"] for entry in api.post("/api/v1/datapoints/query", query).json["queries"]] for api in apis]
        if seen[0] == seen[1] and all(seen[0]):
            return sum(seen[0])
        time.sleep(0.5)
    raise TimeoutError(f"the servers do not have the same points: {seen}")


def compared(answer):
    """(status, JSON with numbers as they are written)"""
    def number(text):
        return "number " + text
    try:
        return answer.status, json.loads(answer.text, parse_int=number, parse_float=number)
    except ValueError:
        return answer.status, answer.text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "build" / "release" / "sluice")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--queries", type=int, default=int(os.environ.get("SLUICE_KAIROS_QUERIES", "5000")))
    parser.add_argument("--only", type=int, help="number of a query")
    parser.add_argument("--cassandra", action="store_true")
    options = parser.parse_args()
    draw = random.Random(options.seed)
    metrics = list(metrics_of(draw))
    sent = list(bodies(metrics, draw))
    numbers = range(options.queries) if options.only is None else [options.only]
    different, statuses = [], collections.Counter()
    with tempfile.TemporaryDirectory(prefix="sluice-java-") as folder, java(options, pathlib.Path(folder)) as (port, cassandra):
        settings = {"timeseries.compat": "1.3", "timeseries.self_metrics": "0"}
        if cassandra:
            settings.update({"timeseries.store": "cassandra", "timeseries.cassandra.contact_points": cassandra, "timeseries.cassandra.keyspace": "sluice"})
        with Server(binary=options.binary, settings=settings) as server:
            apis = [Api(port), Api(server.kairos_port)]
            for body in sent:
                for api in apis:
                    answer = api.post("/api/v1/datapoints", body)
                    assert answer.status == 204, answer
            print(f"{until_same_counts(apis, metrics)} points", flush=True)
            for number in numbers:
                query = query_of(number, options.seed, metrics, options.cassandra)
                theirs, ours = (compared(api.post("/api/v1/datapoints/query", query)) for api in apis)
                statuses[theirs[0]] += 1
                if theirs != ours:
                    different.append(number)
                    if options.only is not None or len(different) <= 10:
                        print(f"query {number}: {json.dumps(query)}\n  Java   {theirs[0]} {json.dumps(theirs[1])[:1500]}\n  Sluice {ours[0]} {json.dumps(ours[1])[:1500]}",
                              flush=True)
    print(f"{len(numbers) - len(different)} of {len(numbers)} answers are the same (seed {options.seed}; statuses {dict(statuses)}); different: {different[:50]}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
