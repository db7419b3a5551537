# SPDX-License-Identifier: Apache-2.0
"""Servers that hold the data of the benchmark suites: made once a session, started with and without the plan cache."""
import os
import re
import shutil
import subprocess

import pytest

from harness import DEPS, server_binary, settings
from harness import kernel as kernels
from harness.server import Server

SCALE = 0.1
# DuckDB brings reference answers of TPC-H for 0.01, 0.1 and 1; `make test-tpch` runs 1.
TPCH_SCALE = float(os.environ.get("SLUICE_TPCH_SCALE", SCALE))
CACHE = [pytest.param(True, id="cached"), pytest.param(False, id="uncached")]


def generate(suite: str, scale: float, data_dir, database: str):
    """`sluice generate`, the command that people use."""
    environment = settings.process_environment(os.environ)
    command = [str(server_binary()), "generate", suite, "--scale", str(scale), "--data-dir", str(data_dir), "--database", database]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False, env=environment)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"


def kernel_text(sql):
    """The query for DuckDB: the deviation of a sample of one is NULL there and 0 in Doris."""
    return re.sub(r"\bstddev_samp\((\w+)\)", r"CASE WHEN count(\1) = 1 THEN 0 ELSE stddev_samp(\1) END", sql)


def run_generator(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"


def make_doris_tpch(directory, scale):
    """The files of the TPC-H data that Doris publishes answers of. Its texts are not those of DuckDB's generator."""
    run_generator(DEPS / "test" / "venv" / "bin" / "tpchgen-cli", "tbl", "-s", scale, "--output-dir", directory)


def make_doris_tpcds(directory, scale):
    """The same of TPC-DS: many of its numbers are not those of DuckDB's generator."""
    directory.mkdir()
    run_generator("java", "-cp", DEPS / "test" / "generators" / "*", "io.trino.tpcds.Driver", "--scale", scale, "--directory", directory)
    # The one file with letters beyond ASCII; Doris' has them in UTF-8.
    customers = directory / "customer.dat"
    customers.write_bytes(customers.read_bytes().decode("iso-8859-1").encode())


@pytest.fixture(scope="session")
def suite_dir(tmp_path_factory):
    directory = tmp_path_factory.mktemp("suites")
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


def serve(data_dir, cached, **more):
    return Server(data_dir=data_dir, settings={"plan_cache.enabled": cached, **more}).start()


@pytest.fixture(scope="session")
def kernel():
    """DuckDB with TPC-H and TPC-DS data at the tests' scale, made by its own extensions."""
    connection = kernels.open_kernel()
    connection.execute("CREATE SCHEMA tpch; USE tpch; CALL dbgen(sf=" + str(SCALE) + "); CREATE SCHEMA tpcds; USE tpcds; CALL dsdgen(sf="
                       + str(SCALE) + "); USE main")
    yield connection
    connection.close()
