# SPDX-License-Identifier: Apache-2.0
"""TPC-H and TPC-DS in Doris' tables of both models, filled by stream load, with and without the plan cache: TPC-H gives Doris' answers
digit by digit, TPC-DS at scale 0.1 those of the kernel in process (`make test-tpcds` compares with Doris' at scale 1)."""
import pytest

import doris_answers
import doris_queries
import doris_tables
from benchmark_data import CACHE, SCALE, kernel_text, make_doris_tpch, serve
from harness import compare
from harness import kernel as kernels

LOADED = "tpcds_loaded"


@pytest.fixture(scope="module")
def data_dir(suite_dir, kernel):
    """The databases {suite}_{model}; the kernel gets the rows of TPC-DS as Doris' loads make them."""
    directory = suite_dir / "doris-tables"
    generated = suite_dir / "doris-tpch"
    make_doris_tpch(generated, SCALE)
    doris_tables.make_reference(kernel, "tpcds", LOADED)
    with serve(directory, True) as server:
        for model in doris_tables.MODELS:
            doris_tables.load(server, "tpch", model, f"tpch_{model}", lambda table: generated / f"{table}.tbl", closed=True)
            doris_tables.load(server, "tpcds", model, f"tpcds_{model}", lambda table: doris_tables.export(kernel, "tpcds", table, suite_dir))
    return directory


@pytest.fixture(scope="module", params=CACHE)
def server(request, data_dir):
    running = serve(data_dir, request.param)
    running.repeat = 2 if request.param else 1
    yield running
    running.close()


@pytest.fixture(scope="module", params=doris_tables.MODELS)
def connections(request, server):
    """(model, suite -> connection); PIPES_AS_CONCAT for DuckDB's texts."""
    opened = {"tpch": doris_answers.connect(server, f"tpch_{request.param}"), "tpcds": server.connect(f"tpcds_{request.param}")}
    opened["tpch"].repeat = opened["tpcds"].repeat = server.repeat
    opened["tpcds"].query("SET sql_mode = 'PIPES_AS_CONCAT'")
    yield request.param, opened
    for connection in opened.values():
        connection.close()


@pytest.fixture(scope="module")
def texts(kernel):
    return {"tpch": doris_queries.queries(kernel, "tpch"), "tpcds": kernels.queries(kernel, "tpcds")}


def test_every_answer_is_there():
    assert set(doris_answers.answers("tpch")) == set(doris_queries.names("tpch"))
    assert set(doris_answers.answers("tpcds")) == set(doris_queries.names("tpcds"))


def test_tables_are_shown_as_declared(connections):
    model, opened = connections
    for suite, table, words in (("tpch", "lineitem", ["`l_comment` varchar(44) NOT NULL"]), ("tpcds", "inventory", ["PARTITION p72 "])):
        (shown,), _ = doris_answers.play(opened[suite], f"SHOW CREATE TABLE {table}")
        keys = ", ".join(f"`{name}`" for name in doris_tables.TABLES[suite][table][f"{model}_key"])
        for word in [f"{model.upper()} KEY({keys})", *words]:
            assert word in shown[1], shown[1]


@pytest.mark.parametrize("name", doris_queries.names("tpch"))
def test_tpch(name, connections, texts):
    model, opened = connections
    for _ in range(opened["tpch"].repeat):
        doris_answers.check(opened["tpch"], "tpch", model, name, texts["tpch"][name])


@pytest.mark.parametrize("number", range(1, 100))
def test_tpcds(number, connections, texts, kernel):
    connection = connections[1]["tpcds"]
    sql = texts["tpcds"][number]
    kernel.execute(f"USE {LOADED}")
    for _ in range(connection.repeat):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            got = cursor.fetchall()
        compare.check_query(sql, got, kernel, kernel_text(sql))
