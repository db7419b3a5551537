# SPDX-License-Identifier: Apache-2.0
"""TPC-DS, 99 queries at scale 0.1, equal to the kernel in process on data of the same generator; with and without the plan cache."""
import pytest

from benchmark_data import CACHE, SCALE, generate, kernel_text, serve
from harness import compare
from harness import kernel as kernels

NUMBERS = range(1, 100)


@pytest.fixture(scope="module")
def data_dir(suite_dir):
    directory = suite_dir / "tpcds-data"
    generate("tpcds", SCALE, directory, "tpcds")
    return directory


@pytest.fixture(scope="module", params=CACHE)
def connection(request, data_dir):
    server = serve(data_dir, request.param)
    connection = server.connect("tpcds")
    connection.repeat = 2 if request.param else 1
    with connection.cursor() as cursor:
        cursor.execute("SET sql_mode = 'PIPES_AS_CONCAT'")
    yield connection
    connection.close()
    server.close()


@pytest.fixture(scope="module")
def queries(kernel):
    kernel.execute("USE tpcds")
    return kernels.queries(kernel, "tpcds")


@pytest.mark.parametrize("number", NUMBERS)
def test_query(number, connection, queries, kernel):
    sql = queries[number]
    for _ in range(connection.repeat):
        connection.ping(reconnect=False)
        with connection.cursor() as cursor:
            cursor.execute(sql)
            got = cursor.fetchall()
        compare.check_query(sql, got, kernel, kernel_text(sql))
