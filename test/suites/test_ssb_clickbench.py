# SPDX-License-Identifier: Apache-2.0
"""SSB (13 queries) and ClickBench (43) on seeded data, loaded by stream load; equal to the kernel in process."""
import re

import pytest

from benchmark_data import CACHE, serve
from harness import ROOT, compare, datasets
from harness import kernel as kernels

LINEORDERS = 120_000
HITS = 100_000


def statements(path):
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("--")]
    return [part.strip() for part in re.split(r";\s*(?:\n|$)", "\n".join(lines)) if part.strip()]


def texts(suite):
    """Queries of test/sql/<suite>/*.sql in the order of their names; a file may hold several, each ending with ';'."""
    found = []
    for path in sorted((ROOT / "test" / "sql" / suite).glob("*.sql"), key=lambda p: [int(n) for n in re.findall(r"\d+", p.stem)] or [0]):
        if path.stem == "schema":
            continue
        found += statements(path)
    return found


SSB, CLICKBENCH = texts("ssb"), texts("clickbench")


def test_all_queries_are_there():
    assert (len(SSB), len(CLICKBENCH)) == (13, 43)


@pytest.fixture(scope="module")
def reference():
    kernel = kernels.open_kernel(extensions=())
    datasets.make_ssb(kernel, LINEORDERS)
    datasets.make_hits(kernel, HITS)
    yield kernel
    kernel.close()


@pytest.fixture(scope="module")
def data_dir(suite_dir, reference):
    """Both data sets in the server, by CREATE TABLE and stream load."""
    directory = suite_dir / "ssb-data"
    with serve(directory, True) as server:
        server.execute_all(["CREATE DATABASE ssb", "CREATE DATABASE clickbench"])
        for database in ("ssb", "clickbench"):
            server.execute_all(statements(ROOT / "test" / "sql" / database / "schema.sql"), database)
        for database, tables in (("ssb", list(datasets.SSB_TABLES)), ("clickbench", ["hits"])):
            for table in tables:
                # The reference in the server's order of columns, for SELECT *.
                order = server.query("SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s "
                                     "ORDER BY ordinal_position", (database, table))
                assert reference.execute(f"SELECT count(*) FROM duckdb_columns() WHERE table_name = '{table}'").fetchone() == (len(order),)
                reference.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT {', '.join(row[0] for row in order)} FROM {table}")
                columns = [row[0] for row in reference.execute(f"SELECT column_name FROM duckdb_columns() WHERE table_name = '{table}' "
                                                               "ORDER BY column_index").fetchall()]
                csv = suite_dir / f"{table}.csv"
                datasets.write_csv(reference, table, csv)
                with open(csv, "rb") as body:
                    answer = server.stream_load(database, table, body, format="csv", column_separator=",", enclose='"', label=f"load-{table}",
                                                columns=",".join(columns),
                                                **{"Content-Length": csv.stat().st_size})
                assert answer["Status"] == "Success", answer
                count, = reference.execute(f"SELECT count(*) FROM {table}").fetchone()
                assert answer["NumberLoadedRows"] == count, answer
                csv.unlink()
    return directory


@pytest.fixture(scope="module", params=CACHE)
def server(request, data_dir):
    running = serve(data_dir, request.param)
    running.repeat = 2 if request.param else 1
    yield running
    running.close()


def kernel_text(sql):
    """The same query for DuckDB: no backslash escapes, and its own words for two functions."""
    sql = sql.replace("\\\\", "\\").replace("`", '"')
    sql = re.sub(r"\bDATE_FORMAT\((\w+), '%Y-%m-%d %H:%i:00'\)", r"strftime(\1, '%Y-%m-%d %H:%M:00')", sql)
    return re.sub(r"\bLIMIT\s+(\d+)\s*,\s*(\d+)", r"LIMIT \2 OFFSET \1", sql)


def check(server, database, sql, reference):
    for _ in range(server.repeat):
        compare.check_query(sql, server.query(sql, database=database), reference, kernel_text(sql))


@pytest.mark.parametrize("number", range(len(SSB)))
def test_ssb(number, server, reference):
    check(server, "ssb", SSB[number], reference)


@pytest.mark.parametrize("number", range(len(CLICKBENCH)))
def test_clickbench(number, server, reference):
    check(server, "clickbench", CLICKBENCH[number], reference)
