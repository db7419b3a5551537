# SPDX-License-Identifier: Apache-2.0
"""TPC-H, 22 queries at scale 0.1 (or SLUICE_TPCH_SCALE), against the answers that come with DuckDB: through the MariaDB command
line client with and without the plan cache, and as server-side prepared statements of Connector/J."""
import os
import re
import subprocess

import pytest

from benchmark_data import CACHE, TPCH_SCALE, generate, serve
from harness import compare, jdbc
from harness import kernel as kernels

NUMBERS = range(1, 23)


@pytest.fixture(scope="module")
def data_dir(suite_dir):
    directory = suite_dir / "tpch-data"
    generate("tpch", TPCH_SCALE, directory, "tpch")
    return directory


@pytest.fixture(scope="module")
def texts():
    with kernels.open_kernel(extensions=("tpch",)) as kernel:
        return kernels.queries(kernel, "tpch"), kernels.tpch_answers(kernel, TPCH_SCALE)


@pytest.fixture(scope="module", params=CACHE)
def server(request, data_dir):
    running = serve(data_dir, request.param)
    running.repeat = 2 if request.param else 1
    yield running
    running.close()


def command_line(server, sql):
    done = subprocess.run(["mariadb", "--no-defaults", "-h", server.host, "-P", str(server.mysql_port), "-u", server.user, "--protocol=tcp",
                           "-B", "-N", "--default-character-set=utf8mb4", "tpch"], input=sql.encode(), capture_output=True,
                          env={**os.environ, "MYSQL_PWD": server.password}, timeout=300, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return [line.split("\t") for line in done.stdout.decode().splitlines()]


def compare_answer(got, answer):
    problem = compare.difference(got, answer[1], text_is_number=True)
    assert problem is None, problem


@pytest.mark.parametrize("number", NUMBERS)
def test_command_line(number, server, texts):
    queries, answers = texts
    for _ in range(server.repeat):
        compare_answer(command_line(server, queries[number]), answers[number])


def parameterised(sql: str):
    """The query with its string literals as parameters, except where SQL wants a literal (INTERVAL '1' year)."""
    parameters = []

    def lift(found):
        if re.search(r"(interval|date|timestamp)\s*$", sql[:found.start()], re.IGNORECASE):
            return found[0]
        parameters.append(found[1])
        return "?"
    return re.sub(r"'([^']*)'", lift, sql).strip().rstrip(";"), parameters


@pytest.fixture(scope="module")
def prepared_rows(server, texts, tmp_path_factory):
    """number -> rows as Connector/J gives them."""
    directory = tmp_path_factory.mktemp("prepared")
    for number, sql in texts[0].items():
        text, parameters = parameterised(sql)
        (directory / f"{number:02}.sql").write_text(text)
        (directory / f"{number:02}.params").write_text("".join(parameter + "\n" for parameter in parameters))
    url = f"jdbc:mysql://{server.host}:{server.mysql_port}/tpch"
    done = subprocess.run(jdbc.command("TpchPrepared", url, server.user, server.password, str(directory)), capture_output=True, text=True,
                          timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    rows = {}
    for line in done.stdout.splitlines():
        if line.startswith("== "):
            current = rows.setdefault(int(line[3:]), [])
        else:
            current.append(line)
    return rows


@pytest.mark.parametrize("number", NUMBERS)
def test_prepared(number, prepared_rows, texts):
    lines = prepared_rows[number]
    assert not (lines and lines[0].startswith("!! ")), lines[0]
    compare_answer([line.split("\t") for line in lines], texts[1][number])
