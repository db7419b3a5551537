# SPDX-License-Identifier: Apache-2.0
"""EXPLAIN of TPC-H's and TPC-DS' queries, in every form: plans are in Doris' words, no name of the kernel's is in them."""
import json
import re

import pytest

from benchmark_data import generate, serve
from harness import kernel as kernels

SCALE = 0.01
# Functions under their kernel names, operators of the kernel, made up names, types and casts in the kernel's manner.
INTERNAL = re.compile(
    r"\bd_\w+\(|duckdb|sluice|__internal|SUBQUERY|(?<![A-Za-z])#\[?\d|count_star|\bfirst\(|\berror\(|constant_or_null|~~|::|\bHASH_GROUP_BY|SEQ_SCAN"
    r"|COMPARISON_JOIN|TABLE_SCAN|[\x00-\x08\x0b-\x1f]|\bstrlen\(|sum_no_overflow|\bcolumn\b|DELIM|_ascii\(|_decimals\(|\bprefix\(|\bsuffix\(",
    re.IGNORECASE)
FORMS = ["", "VERBOSE", "TREE", "GRAPH", "SHAPE PLAN", "ANALYZED PLAN", "REWRITTEN PLAN", "OPTIMIZED PLAN", "MEMO PLAN", "ALL PLAN",
         "FORMAT=JSON"]


@pytest.fixture(scope="module", params=["tpch", "tpcds"])
def suite(request, suite_dir):
    directory = suite_dir / f"explain-{request.param}"
    generate(request.param, SCALE, directory, request.param)
    server = serve(directory, True)
    connection = server.connect(request.param)
    with connection.cursor() as cursor:
        cursor.execute("SET sql_mode = 'PIPES_AS_CONCAT'")
    with kernels.open_kernel(extensions=(request.param,)) as kernel:
        queries = kernels.queries(kernel, request.param)
    yield queries, connection
    connection.close()
    server.close()


def without_literals(line):
    return re.sub(r"'[^']*'", "''", line.replace("\n", " "))


def lines_of(connection, sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.parametrize("form", FORMS)
def test_no_internal_name(form, suite):
    queries, connection = suite
    wrong = []
    for number, sql in queries.items():
        lines = lines_of(connection, f"EXPLAIN {form} {sql}")
        assert lines, number
        # Columns that the statement gives no name are called by its own text.
        lines = [line for line in lines if not line.startswith("    ") and "outputExprs=" not in line] if form != "FORMAT=JSON" else lines
        wrong += [(number, match.group(), line) for line in lines if (match := INTERNAL.search(without_literals(line)))]
    assert not wrong, wrong[:5]


def test_shapes_begin_with_the_sink(suite):
    queries, connection = suite
    for number, sql in queries.items():
        lines = lines_of(connection, f"EXPLAIN SHAPE PLAN {sql}")
        assert lines[0] == "PhysicalResultSink", number
        # Each operator hangs below one that is there.
        depth = -1
        for line in lines:
            dashes = len(line) - len(line.lstrip("-"))
            assert dashes % 2 == 0 and dashes // 2 <= depth + 1, (number, line)
            depth = dashes // 2


def test_json(suite):
    queries, connection = suite
    for sql in queries.values():
        plan = json.loads(lines_of(connection, f"EXPLAIN FORMAT=JSON {sql}")[0])["plan"]
        assert plan["operator"] == "PhysicalResultSink"


def test_analyze_counts_the_rows(suite):
    queries, connection = suite
    for number in (1, 3, 6):
        rows = len(lines_of(connection, queries[number]))
        lines = lines_of(connection, f"EXPLAIN ANALYZE {queries[number]}")
        assert lines[0].startswith(f"VRESULT SINK  rows: {rows}, time: ")
        assert not [line for line in lines if INTERNAL.search(without_literals(line))]
