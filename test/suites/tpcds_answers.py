# SPDX-License-Identifier: Apache-2.0
"""TPC-DS at scale 1 in Doris' tables of both models: Doris' answers, digit by digit. `make test-tpcds`: minutes, so not in `make test`."""
import pytest

import doris_answers
import doris_queries
import doris_tables
from benchmark_data import make_doris_tpcds, serve
from harness import kernel as kernels

SCALE = 1


@pytest.fixture(scope="module")
def server(suite_dir):
    generated = suite_dir / "doris-tpcds"
    make_doris_tpcds(generated, SCALE)
    with serve(suite_dir / "doris-answers", True) as running:
        for model in doris_tables.MODELS:
            doris_tables.load(running, "tpcds", model, f"tpcds_{model}", lambda table: generated / f"{table}.dat", closed=True)
        yield running


@pytest.fixture(scope="module")
def texts():
    with kernels.open_kernel(extensions=("tpcds",)) as kernel:
        return doris_queries.queries(kernel, "tpcds")


@pytest.fixture(scope="module", params=doris_tables.MODELS)
def model_and_connection(request, server):
    connection = doris_answers.connect(server, f"tpcds_{request.param}")
    connection.query("SET sql_mode = 'PIPES_AS_CONCAT'")
    yield request.param, connection
    connection.close()


@pytest.mark.parametrize("name", doris_queries.names("tpcds"))
def test_answer(name, model_and_connection, texts):
    model, connection = model_and_connection
    doris_answers.check(connection, "tpcds", model, name, texts[name])
