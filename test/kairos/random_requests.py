# SPDX-License-Identifier: Apache-2.0
"""Random metrics, points and requests for compare_java.py. The same seed and number give the same request on any machine; only those about
relative times depend on the clock.

What is left out, because Java's answer is random or an accident: percentile over more than 1,028 points a bucket (a random sample); two points of
one series and time in one body (both cells have the same time of writing, so Cassandra keeps the one with the greater bytes); texts, and longs that
are one number as doubles, of several series at the same time (in the order in which rows came); on H2 limits (H2 has no rows), filters with
regex: (they have no effect there) and times of query/tags (neither have they); zones whose rules changed after Java's tables were made; times before
1970 of which Java does not find all rows; the tags of series whose points were deleted, which Cassandra's tables of rows remember and the embedded store does not; a negative ttl, which
Cassandra refuses: Java then loses its whole batch; a negative limit.
"""
import dataclasses
import itertools
import json
import random
import typing

from odd_json import odd_text, with_odd_value

BASE = 1_600_000_000_000  # 2020-09-13T12:26:40Z
SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
ROW = 21 * DAY  # of Cassandra's table
SIZES = {"milliseconds": 1, "seconds": SECOND, "minutes": MINUTE, "hours": HOUR, "days": DAY, "weeks": 7 * DAY, "months": 30 * DAY, "years": 365 * DAY}
UNITS = list(SIZES)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Asia/Beirut", "Pacific/Chatham", "America/St_Johns",
         "Europe/Dublin", "+02:00", "-09:30", "EST", ""]
SPANS = [("second", BASE + 17, 2 * SECOND), ("minute", BASE + 9 * HOUR, 2 * MINUTE), ("hours", BASE + 5 * DAY + 123, 7 * HOUR), ("days", BASE + DAY, 12 * DAY),
         ("year", BASE - 90 * DAY, 500 * DAY), ("old", -40 * DAY, 90 * DAY), ("epoch", -5 * SECOND, 10 * SECOND),
         ("spring", 1_616_500_000_000, 9 * DAY), ("autumn", 1_635_300_000_000, 12 * DAY)]
MANY = "cmp.mixed.many"  # thousands of points a series, more than one batch of anything
HOSTS = ["a", "b", "web 01", "Ü", "a=b", "x:y"]


@dataclasses.dataclass
class Metric:
    name: str
    kind: str   # long, double, mixed (both), string, both (numbers and texts), wide (longs that doubles cannot hold)
    first: int
    span: int   # milliseconds
    tags: dict  # name -> values
    series: list = dataclasses.field(default_factory=list)  # tags of each


@dataclasses.dataclass
class Step:
    method: str
    path: str
    body: typing.Any = None
    later: bool = False  # to be asked when everything else was
    rows: bool = False  # about rows of Cassandra's tables: the embedded store has none
    lines: typing.Any = None  # to telnet


@dataclasses.dataclass
class Case:
    kind: str
    steps: list
    clock: bool = False  # depends on the time of day


def metrics_of(draw: random.Random, now: int) -> list:
    """Metrics of each kind: how far their points reach, and which tags they have."""
    made = []
    for kind in ("long", "double", "mixed", "string", "both", "wide"):
        for name, first, span in SPANS:
            tags = {"host": HOSTS[:draw.randrange(1, 7)], "dc": ["x", "y"][:draw.randrange(1, 3)]}
            if draw.random() < 0.5:
                tags["part"] = ["1", "10", "2"]
            made.append(Metric(f"cmp.{kind}.{name}", kind, first, span, tags))
    made.append(Metric(MANY, "mixed", BASE + 3 * DAY, 12 * DAY, {"host": ["a", "b", "c"]}))
    made += [Metric(f"now.{kind}", kind, now - 400 * DAY, 400 * DAY - 2 * HOUR, {"host": ["a", "b"]}) for kind in ("long", "double")]
    return made


def value_of(kind: str, draw: random.Random):
    if kind == "mixed":
        kind = draw.choice(["long", "double"])
    if kind == "both":
        kind = draw.choice(["long", "double", "string"])
    if kind == "wide":
        return draw.choice([2**53 + draw.randrange(99), 2**63 - 1 - draw.randrange(9), draw.randrange(9) - 2**63])
    if kind == "long":
        return draw.choice([draw.randrange(-50, 50), draw.randrange(-10**6, 10**6), 0, 2**53 + 2 * draw.randrange(9)])
    if kind == "double":
        return draw.choice([draw.gauss(0, 10), draw.randrange(1000) + 0.5, draw.random() * 1e-5, draw.random() * 1e12, -0.0, 3.0])
    return draw.choice(["up", "down", "a \"quoted\" text", "</b>", "Ünï", "7", "x" * draw.randrange(1, 40), "\u0001\t", "中文"])


def series_of(metric: Metric, draw: random.Random) -> list:
    combinations = [dict(zip(metric.tags, values)) for values in itertools.product(*metric.tags.values())]
    chosen = draw.sample(combinations, min(len(combinations), draw.randrange(2, 9)))
    for tags in chosen:
        if len(tags) > 1 and draw.random() < 0.15:
            del tags[draw.choice(list(tags))]
    return [dict(pairs) for pairs in dict.fromkeys(tuple(tags.items()) for tags in chosen)]


def bodies(metrics, draw: random.Random):
    """Bodies of POST /api/v1/datapoints: each series has up to 60 points, those of one metric thousands."""
    for metric in metrics:
        taken = set()
        metric.series = series_of(metric, draw)
        for tags in metric.series:
            times = [metric.first + draw.randrange(metric.span) for _ in range(draw.randrange(1, 60) if metric.name != MANY else 7000)]
            if draw.random() < 0.5:
                times = [when // 1000 * 1000 for when in times]
            points = {}
            for when in times:
                value = value_of(metric.kind, draw)
                # Times that only one series has, where the order of equal ones is Java's accident.
                if isinstance(value, str) or metric.kind == "wide":
                    if when in taken:
                        continue
                    taken.add(when)
                points[when, int if value == "7" else type(value)] = [when, value]  # KairosDB takes that text for a number
            if points:
                yield [{"name": metric.name, "tags": tags, "datapoints": list(points.values())}]


def odd_number(draw, number: int):
    """A whole number as KairosDB takes it, too."""
    return draw.choice([number] * 12 + [str(number), number + 0.75])


def duration(draw, around: int):
    """A sampling that makes some buckets of a span."""
    fitting = [unit for unit in UNITS if SIZES[unit] <= around]
    unit = draw.choice(fitting[-3:])
    value = draw.randrange(1, max(2, min(60, 2 * around // SIZES[unit] // 3 + 2)))
    return {"value": odd_number(draw, value), "unit": draw.choice([unit, unit.upper(), unit.capitalize()])}


def range_aggregator(draw, metric, name):
    made = {"name": name}
    if draw.random() < 0.97 or name == "gaps":
        made["sampling"] = duration(draw, metric.span)
    for flag in ("align_sampling", "align_start_time", "align_end_time", "trim"):
        if draw.random() < 0.3:
            made[flag] = draw.choice([True, True, False, "true"])
    if draw.random() < 0.04:
        made["time_zone"] = draw.choice(ZONES)
    if draw.random() < 0.04:
        made["start_time"] = metric.first - draw.randrange(2 * metric.span)
    if name == "percentile":
        made["percentile"] = draw.choice([0.1, 0.5, 0.75, 0.95, 1, "0.5", 0.001, 1.5])
    if name == "dev" and draw.random() < 0.5:
        made["return_type"] = draw.choice(["value", "pos_sd", "neg_sd"])
        made["dev_count"] = draw.randrange(-1, 4)
    return made


RANGES = ["avg", "sum", "min", "max", "count", "dev", "first", "last", "percentile", "least_squares", "gaps"]
OTHERS = ["diff", "div", "scale", "sma", "trim", "filter", "rate", "sampler", "score"]


def aggregator(draw, metric):
    name = draw.choice(RANGES + RANGES + OTHERS)
    if metric.name == MANY and name == "percentile":
        name = "max"
    if name in RANGES:
        return range_aggregator(draw, metric, name)
    made = {"name": name}
    if name == "div":
        made["divisor"] = draw.choice([2, 0.5, -3, "4", 1e-300])
    elif name == "scale":
        made["factor"] = draw.choice([2, 0.1, -1, "3", 0])
    elif name == "sma":
        made["size"] = draw.randrange(1, 6)
    elif name == "trim":
        made["trim"] = draw.choice(["first", "last", "both", "FIRST", "Last"])
    elif name == "filter":
        made["filter_op"] = draw.choice(["lte", "lt", "gte", "gt", "equal", "ne", "LT"])
        made["threshold"] = draw.choice([0, 5, 10.5, -20, "7", "up", True])
    elif name == "rate":
        made.update(draw.choice([{"unit": draw.choice(UNITS)}, {"sampling": {"value": draw.randrange(1, 5), "unit": draw.choice(UNITS)}}, {}]))
    elif name == "sampler":
        made["unit"] = draw.choice(UNITS)
    elif name == "score":
        made["order"] = draw.choice(["ascending", "descending"])
        made["thresholds"] = [{"value": value, "boundary": draw.choice(["superior", "inferior"])}
                              for value in draw.sample([-10, 0, 0.5, 3, 50, "1000"], draw.randrange(1, 4))]
    if name in ("rate", "sampler") and draw.random() < 0.1:
        made["time_zone"] = draw.choice(ZONES)
    return made


def grouping(draw, metric):
    kind = draw.choice(["tag", "tag", "time", "value", "bin"])
    if kind == "tag":
        return {"name": "tag", "tags": [draw.choice(["host", "dc", "part", "none"]) for _ in range(draw.randrange(1, 4))]}
    if kind == "time":
        return {"name": "time", "range_size": duration(draw, metric.span), "group_count": draw.randrange(1, 5)}
    if kind == "value":
        return {"name": "value", "range_size": draw.choice([1, 7, 100])}
    return {"name": "bin", "bins": sorted(draw.sample([-100, -1, 0, 2.5, 10, 1000], draw.randrange(1, 4)))}


def tag_filter(draw, metric, on_cassandra):
    tag = draw.choice(list(metric.tags))
    values = draw.sample(metric.tags[tag], draw.randrange(1, len(metric.tags[tag]) + 1))
    if draw.random() < 0.3 and on_cassandra:
        patterns = [".*", "[ab]", "w.*", "1.?", "(?i)A|WEB.+", "\\d+", "\\p{Lu}", "[^a]+", "x:.", "", ".*="]
        values = ["regex:" + pattern for pattern in draw.sample(patterns, draw.choice([1, 1, 1, 2]))] + draw.choice([[], values[:1]])
    if draw.random() < 0.1:
        values = values + ["nobody", "*", "a*"][:draw.randrange(1, 4)]
    return {tag: draw.choice([values, values[0]])}


def metric_query(draw, metric, on_cassandra):
    query = {"name": metric.name if draw.random() < 0.98 else "cmp.none"}
    if draw.random() < 0.35:
        query["tags"] = {}
        for _ in range(draw.choice([1, 1, 2])):
            query["tags"].update(tag_filter(draw, metric, on_cassandra))
    if draw.random() < 0.2:
        query["order"] = draw.choice(["asc", "desc", "DESC"])
    if draw.random() < 0.15 and on_cassandra:
        query["limit"] = draw.randrange(0, 30)
    if draw.random() < 0.1:
        query["exclude_tags"] = True
    if draw.random() < 0.1:
        query["alias"] = draw.choice(["other", "", "Ü", 7, None, metric.name])
    if draw.random() < 0.8:
        query["aggregators"] = [aggregator(draw, metric) for _ in range(draw.choice([1, 1, 1, 2, 2, 3]))]
    if draw.random() < 0.4:
        query["group_by"] = [grouping(draw, metric) for _ in range(draw.choice([1, 1, 2, 3]))]
    return query


def found_by_java(start: int, first: int) -> bool:
    """Whether Java finds all rows from `start` on of points from `first` on. Before 1970 a row begins at its point's time less the rest by three
    weeks: rows of the later half of three weeks begin before some of the three weeks before, where Java does not look."""
    def row(when):
        return when - abs(when) % ROW
    lowest = max(start, first)
    return start >= 0 or lowest >= 0 or row(start) <= min(row(lowest), -(-lowest // ROW + 1) * ROW if lowest <= -ROW else 0)


def query_of(draw, metrics, on_cassandra):
    metric = draw.choice(metrics)
    query = {"metrics": [metric_query(draw, metric, on_cassandra)]}
    start = int(metric.first + draw.choice([0, -1, 1, 0.1, 0.3]) * (1 if draw.random() < 0.3 else metric.span))
    query["start_absolute"] = start if found_by_java(start, metric.first) else metric.first - 3 * ROW
    query["end_absolute"] = int(metric.first + metric.span * draw.choice([1, 1, 0.9, 0.5, 2]))
    if draw.random() < 0.5:
        query["time_zone"] = draw.choice(ZONES)
    if draw.random() < 0.1:
        query["cache_time"] = draw.choice([0, 10, 600, "60"])
    # Beside it metrics of as much time: a sampling of milliseconds makes no sense for years.
    for _ in range(draw.choice([0] * 9 + [1, 2])):
        other = draw.choice([one for one in metrics if one.span == metric.span])
        query["metrics"].append(metric_query(draw, other, on_cassandra))
    # Up to now gaps would give null points without end.
    if draw.random() < 0.03 and "gaps" not in json.dumps(query):
        del query["end_absolute"]
    return query


def relative_query(draw, metrics):
    metric = draw.choice([one for one in metrics if one.name.startswith("now.")])
    unit = draw.choice(["hours", "days", "weeks", "months", "years"])
    query = {"start_relative": {"value": max(1, metric.span // SIZES[unit] * draw.choice([1, 2, 3]) // 3), "unit": unit},
             "metrics": [{"name": metric.name, "aggregators": [{"name": draw.choice(["sum", "count", "first"]), "align_start_time": draw.random() < 0.5,
                                                                "sampling": {"value": draw.randrange(1, 9), "unit": draw.choice(["days", "weeks", "months"])}}]}]}
    if draw.random() < 0.4:
        query["end_relative"] = {"value": draw.randrange(1, 10), "unit": draw.choice(["hours", "days"])}
    if draw.random() < 0.5:
        query["time_zone"] = draw.choice(ZONES)
    return query


def saving_query(draw, metrics, number):
    """The aggregator before save_as makes times unique: which of two points of one time and series stays is an accident."""
    metric = draw.choice([one for one in metrics if one.kind in ("long", "double", "mixed") and one.span >= MINUTE])
    save = {"name": "save_as", "metric_name": f"saved.{number}"}
    if draw.random() < 0.5:
        save["tags"] = {"by": "test"}
    if draw.random() < 0.3:
        save["add_saved_from"] = "tags" not in save
    if draw.random() < 0.2:
        save["ttl"] = 100_000
    query = {"name": metric.name, "aggregators": [{"name": draw.choice(["sum", "max", "count"]), "sampling": duration(draw, metric.span), "align_start_time": True}, save]}
    if draw.random() < 0.6:
        query["group_by"] = [{"name": "tag", "tags": draw.choice([["host"], ["dc", "host"], ["part"]])}]
        if len({tuple(tags.get(tag) for tag in query["group_by"][0]["tags"]) for tags in metric.series}) > 1 and any(
                tag not in tags for tag in query["group_by"][0]["tags"] for tags in metric.series):
            del query["group_by"]
    return {"start_absolute": metric.first, "end_absolute": metric.first + metric.span, "metrics": [query]}


QUERY, TAGS, POINTS, DELETE = ("/api/v1/datapoints" + end for end in ("/query", "/query/tags", "", "/delete"))


def everything(name):
    return {"start_absolute": -(10**12), "metrics": [{"name": name, "group_by": [{"name": "tag", "tags": ["host", "dc", "part"]}]}]}


def deletion(draw, number, sent: list):
    """A metric of its own over some rows; `sent` gets its points."""
    metric = Metric(f"del.{number}", draw.choice(["long", "double", "string", "mixed", "both"]), draw.choice([BASE, BASE, -ROW - DAY]), 3 * ROW,
                    {"host": ["a", "b"], "dc": ["x", "y"]})
    sent.extend(bodies([metric], draw))
    times = sorted(point[0] for body in sent if body[0]["name"] == metric.name for point in body[0]["datapoints"])
    checks = [Step("POST", QUERY, everything(metric.name)), Step("POST", TAGS, everything(metric.name), rows=True)]
    if draw.random() < 0.1:
        return [Step("DELETE", f"/api/v1/metric/{metric.name}"), *checks]
    edges = [draw.choice(times), draw.choice(times) + draw.randrange(-1, 2), metric.first // ROW * ROW + draw.randrange(5) * ROW - draw.randrange(2), 0]
    start, end = sorted(draw.sample(edges, 2))
    if not found_by_java(start, metric.first):
        start = metric.first - 3 * ROW
    query = {"start_absolute": start, "end_absolute": end, "metrics": [{"name": metric.name}]}
    if draw.random() < 0.1:
        query["start_absolute"], query["end_absolute"] = -(10**12), 10**13
    if draw.random() < 0.5:
        query["metrics"][0]["tags"] = tag_filter(draw, metric, True)
    return [Step("POST", DELETE, query), *checks]


def ingestion(draw, number):
    """Points in each form that KairosDB takes, and some that it refuses; read when everything was sent."""
    names, metrics = [f"in.{number}.{i}" for i in range(3)], []
    for name in names:
        metric = {"name": name, "tags": {"host": draw.choice(HOSTS)}}
        if draw.random() < 0.7:
            metric["datapoints"] = [[10 * i + 5, value_of("both", draw), *draw.choice([[], [], []])] for i in range(draw.randrange(1, 4))]
        else:
            metric.update({draw.choice(["timestamp", "time"]): draw.choice([7, "77", 78.5]), "value": value_of("both", draw)})
        if draw.random() < 0.2:
            metric["type"] = draw.choice(["long", "double", "string", "long", "double", "string", "complex", "null", "legacy", "long_nano", "nothing"])
        if draw.random() < 0.1:
            metric["ttl"] = draw.choice([0, 90_000, "100000"])
        if draw.random() < 0.1:
            metric["unknown"] = draw.choice([1, {"a": [1]}, None])
        metrics.append(metric)
    body = draw.choice([metrics, metrics, metrics[0]])
    for _ in range(draw.choice([0, 1, 1, 2])):
        changed = with_odd_value(draw, body)
        if '"ttl": -1' not in json.dumps(changed):
            body = changed
    text = odd_text(draw, json.dumps(body)) if draw.random() < 0.3 else json.dumps(body)
    asked = {"start_absolute": -(10**12), "metrics": [{"name": name, "group_by": [{"name": "tag", "tags": ["host"]}]} for name in names]}
    return [Step("POST", POINTS, text), Step("POST", QUERY, asked, later=True)]


def overwriting(draw, number):
    """Points, and later others of some of their times: the last one written counts, and those at new times come between."""
    name, kind = f"over.{number}", draw.choice(["long", "double", "string"])
    def body(times_of):
        return [{"name": name, "tags": {"host": host}, "type": kind, "datapoints": [[when, value_of(kind, draw)] for when in times]}
                for host, times in times_of.items() if times]
    times_of = {host: sorted(draw.sample(range(BASE + offset, BASE + 60 * DAY, 3 * HOUR), draw.randrange(1, 40)))
                for offset, host in enumerate(draw.sample(HOSTS, draw.randrange(1, 4)))}
    first = body(times_of)
    times_of = {host: sorted(draw.sample(times, draw.randrange(1, len(times) + 1)) + [when + HOUR for when in times if draw.random() < 0.3])
                for host, times in times_of.items()}
    return [Step("POST", POINTS, first), Step("POST", POINTS, body(times_of), later=True), Step("POST", QUERY, everything(name), later=True)]


def telnet_lines(draw, number):
    name, lines = f"tel.{number}", []
    for i in range(draw.randrange(1, 6)):
        words = [draw.choice(["put", "putm", "putm", "puts"]), name, str(1_500_000_000_000 + i * 10_000),
                 draw.choice(["1", "-7", "2.5", "1e3", "1.5e3", ".5", "5.", "+3", "0x1", "NaN", "9223372036854775807", "\"two words\"", "1,5", "-", "-0.0"]),
                 draw.choice(["h=a", "h=a b=c", "h=a=b", "h", "h=", "=a", "\"h h=a\"", "h=\"a b\"", "h=a h=b", "kairos_opt.ttl=99999 h=a", "kairos_opt.ttl=x h=a", "", "h=ü"])]
        if words[0] == "put":
            words[2] = draw.choice([words[2], words[2][:-3], "2999999999", "3000000000"])
        if draw.random() < 0.1:
            words.insert(draw.randrange(6), draw.choice(["", "\t", "\"", "x"]))
        if draw.random() < 0.05:
            del words[draw.randrange(1, 5)]
        lines.append(" ".join(words))
    return [Step("", "", lines=lines), Step("POST", QUERY, everything(name), later=True)]


def case_of(number: int, seed: int, metrics, on_cassandra: bool, sent: list) -> Case:
    """`sent` gets bodies of points that must be there before."""
    draw = random.Random(f"{seed}/{number}")
    kind = draw.choices(["query", "odd", "tags", "delete", "save", "ingest", "overwrite", "telnet", "relative", "names"], [69, 10, 4, 4, 2, 5, 1, 2, 2, 1])[0]
    if kind == "query":
        return Case(kind, [Step("POST", QUERY, query_of(draw, metrics, on_cassandra))])
    if kind == "odd":
        query = query_of(draw, [metric for metric in metrics if metric.span > SECOND], on_cassandra)
        # Null points of a query whose times are odd would be without end.
        while "gaps" in (text := json.dumps(query)):
            query = query_of(draw, metrics, on_cassandra)
        text = odd_text(draw, text) if draw.random() < 0.3 else json.dumps(with_odd_value(draw, query)).replace('"limit": -1', '"limit": 1')
        return Case(kind, [Step("POST", draw.choice([QUERY] * 5 + [TAGS]), text)])
    if kind == "tags":
        query = query_of(draw, metrics, on_cassandra)
        if not on_cassandra:
            query.update({"start_absolute": -(10**12), "end_absolute": 10**13})
        return Case(kind, [Step("POST", TAGS, query)])
    if kind == "delete":
        return Case(kind, deletion(draw, number, sent) if on_cassandra else [])
    if kind == "save":
        return Case(kind, [Step("POST", QUERY, saving_query(draw, metrics, number)), Step("POST", QUERY, everything(f"saved.{number}"), later=True),
                           Step("POST", TAGS, everything(f"saved.{number}"), later=True)])
    if kind == "ingest":
        return Case(kind, ingestion(draw, number))
    if kind == "overwrite":
        return Case(kind, overwriting(draw, number))
    if kind == "telnet":
        return Case(kind, telnet_lines(draw, number))
    if kind == "relative":
        return Case(kind, [Step("POST", QUERY, relative_query(draw, metrics))], clock=True)
    return Case(kind, [Step("GET", "/api/v1/metricnames?prefix=" + draw.choice(["cmp.long.year", "cmp.none", "cmp.string.o", "now.lon"]))])
