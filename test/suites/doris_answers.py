# SPDX-License-Identifier: Apache-2.0
"""The answers to Doris' texts of TPC-H (scale 0.1) and TPC-DS (scale 1) on the data that Doris loads, and the comparison with them.

doris_answers.jsonl.gz holds the answers of this server; each was taken into the file when it agreed with the one that Apache Doris
publishes in its regression-test. SLUICE_DORIS_SOURCE, a checkout of Apache Doris, makes the tests compare with the published files
too, and SLUICE_DORIS_RECORD=1 then writes the file anew.
"""
import functools
import gzip
import json
import os
import pathlib

from conformance import verdict

FILE = pathlib.Path(__file__).with_suffix(".jsonl.gz")
# Where Doris has its answers. Those of the unique tables lack some that the others have.
PUBLISHED = {("tpch", "duplicate"): "tpch_sf0.1_p1", ("tpch", "unique"): "tpch_unique_sql_zstd_bucket1_p0",
             ("tpcds", "duplicate"): "tpcds_sf1_p1", ("tpcds", "unique"): "tpcds_sf1_unique_p1"}


def connect(server, database):
    """A connection that leaves cells as they are sent."""
    return server.connect(database, conv={}, autocommit=None)


def play(connection, sql):
    """(rows of texts as Connector/J shows them, kinds of the columns)."""
    connection.query(sql)
    result = connection._result
    assert not result.has_next
    return ([[verdict.jdbc_text(cell, field) for cell, field in zip(row, result.fields)] for row in result.rows],
            [verdict.kind(field) for field in result.fields])


@functools.lru_cache
def answers(suite) -> dict:
    """name -> rows."""
    if not FILE.exists():
        return {}
    with gzip.open(FILE, "rt", encoding="utf-8") as lines:
        found = map(json.loads, lines)
        return {answer["query"]: answer["rows"] for answer in found if answer["suite"] == suite}


def published(source, suite, model, name):
    """The rows of Doris' file, None when it has none."""
    data = pathlib.Path(source) / "regression-test" / "data"
    for directory in (PUBLISHED[suite, model], PUBLISHED[suite, "duplicate"]):
        for file in (f"{name}.out", f"{name}_ignore_temporarily.out"):
            path = data / directory / "sql" / file
            if path.exists():
                lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")[2:]
                return [[None if cell == r"\N" else cell for cell in line.split("\t")] for line in lines]
    return None


def difference(wanted, got, kinds):
    """None when all cells are the same: texts and decimals digit by digit, doubles but for their last ones."""
    if len(wanted) != len(got):
        return f"{len(got)} rows instead of {len(wanted)}"
    for number, (left, right) in enumerate(zip(wanted, got)):
        for column, (a, b) in enumerate(zip(left, right, strict=True)):
            if a != b and not (kinds[column] == "DOUBLE" and verdict.cells_equal(a, b, "DOUBLE")):
                return f"row {number}, column {column}: {b!r} instead of {a!r}"
    return None


def record(suite, name, rows):
    known = {key: dict(answers(key)) for key in ("tpch", "tpcds")}
    known[suite][name] = rows
    lines = [json.dumps({"suite": key, "query": query, "rows": known[key][query]}, ensure_ascii=False, separators=(",", ":"))
             for key in known for query in sorted(known[key])]
    FILE.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), 9, mtime=0))
    answers.cache_clear()


def check(connection, suite, model, name, sql):
    rows, kinds = play(connection, sql)
    source = os.environ.get("SLUICE_DORIS_SOURCE")
    if source:
        wanted = published(source, suite, model, name)
        assert wanted is not None, f"{name} has no file"
        word = verdict.judge(wanted, rows, kinds, any_order=False)
        assert word == "pass", f"{word}: {[(a, b) for a, b in zip(wanted, rows) if a != b][:2]}"
        if os.environ.get("SLUICE_DORIS_RECORD"):
            record(suite, name, rows)
    problem = difference(answers(suite)[name], rows, kinds)
    assert problem is None, problem
