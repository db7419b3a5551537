# SPDX-License-Identifier: Apache-2.0
"""DuckDB in this process: the reference answers, the generators of test data, and the peer of the benchmarks."""
import glob
import pathlib

import duckdb


def open_kernel(path=":memory:", threads=2, memory="4GB", extensions=("tpch", "tpcds"), **options):
    connection = duckdb.connect(str(path), config={"threads": threads, "memory_limit": memory, **options})
    # MySQL's order, which the server keeps to: NULL is less than everything.
    connection.execute("SET default_null_order = 'nulls_first_on_asc_last_on_desc'")
    site = pathlib.Path(duckdb.__file__).parents[1]
    for extension in extensions:
        file, = glob.glob(str(site / f"duckdb_extension_{extension}" / "**" / f"{extension}.duckdb_extension"), recursive=True)
        connection.execute(f"LOAD '{file}'")
    return connection


def queries(connection, suite: str) -> dict:
    """number -> text of the suite's queries ("tpch" or "tpcds")."""
    return dict(connection.execute(f"SELECT query_nr, query FROM {suite}_queries() ORDER BY query_nr").fetchall())


def tpch_answers(connection, scale: float) -> dict:
    """number -> (column names, rows of texts) of the answers that DuckDB brings along."""
    answers = {}
    for number, text in connection.execute("SELECT query_nr, answer FROM tpch_answers() WHERE scale_factor = ?", [scale]).fetchall():
        head, *rows = text.strip("\n").split("\n")
        answers[number] = head.split("|"), [row.split("|") for row in rows]
    return answers
