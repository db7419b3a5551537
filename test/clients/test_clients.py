# SPDX-License-Identifier: Apache-2.0
"""Runs every client program once against one server and makes a test of each of its checks (see README.md)."""
import pathlib
import subprocess
import sys

import pytest

from harness import DEPS, jdbc, programs, sql
from harness.server import Server

HERE = pathlib.Path(__file__).parent
BIG_ROWS = 1_000_000
PROGRAM_SECONDS = 600

COMMON = ["connect", "tls", "types", "errors", "big_result", "transactions", "metadata"]
LOGIN = ["auth_native", "auth_caching_sha2"]
CHECKS = {
    "cli": COMMON + LOGIN + ["multi_statements", "compression", "kill_query", "local_infile"],
    "pymysql": COMMON + LOGIN + ["auth_caching_sha2_rsa", "multi_statements", "long_values", "kill_query", "kill_connection",
                                 "local_infile", "session"],
    "connector": COMMON + LOGIN + ["prepared", "multi_statements", "compression", "kill_query", "local_infile",
                                   "reset_and_change_user"],
    "sqlalchemy": COMMON + ["queries", "create_and_drop"],
    "connectorj": COMMON + LOGIN + ["prepared", "parameters", "multi_statements", "compression", "kill_query", "query_timeout",
                                    "local_infile", "cursor_fetch", "batch", "reset_and_change_user"],
    "mariadb_jdbc": COMMON + LOGIN + ["prepared", "parameters", "multi_statements", "compression", "kill_query", "query_timeout",
                                      "local_infile", "batch", "reset_and_change_user"],
    "go": COMMON + LOGIN + ["prepared", "multi_statements", "kill_query", "client_gone", "local_infile", "parallel"],
    "mysql2": COMMON + LOGIN + ["prepared", "multi_statements", "compression", "kill_query", "local_infile",
                                "reset_and_change_user"],
}


@pytest.fixture(scope="module")
def server(certificate):
    """With MySQL's error numbers: the programs run against MariaDB, too."""
    settings = {"tls.cert": certificate[0], "tls.key": certificate[1], "mysql.error_codes": "mysql"}
    with Server(settings=settings) as started:
        yield started
        assert started.alive(), f"the server died:\n{started.log_tail()}"


def prepare(target, directory) -> dict:
    """Makes the data that README.md names; gives the environment of the programs."""
    password = "correct horse"
    users = [("native_user", "mysql_native_password")]
    if target.flavour == "sluice":
        users.append(("sha2_user", "caching_sha2_password"))
    types = ("id INT, b BOOLEAN, i8 TINYINT, i16 SMALLINT, i32 INT, i64 BIGINT, f32 FLOAT, f64 DOUBLE, d DECIMAL(38,10), dt DATE, "
             "ts DATETIME(6), v VARCHAR(200), t TEXT")
    target.execute_all(["CREATE DATABASE clients"])
    target.execute_all([
        f"CREATE TABLE types ({types})",
        "CREATE TABLE keyed (id INT NOT NULL PRIMARY KEY, txt VARCHAR(100))",
        "CREATE TABLE loaded (id INT, txt VARCHAR(100))",
        "CREATE TABLE big (id BIGINT, txt VARCHAR(100))",
        f"INSERT INTO big SELECT n, CONCAT('row ', n) FROM {sql.numbers(BIG_ROWS)}",
    ], "clients")
    for user, plugin in users:
        how = f"VIA mysql_native_password USING PASSWORD('{password}')" if target.flavour == "mariadb" else \
            f"WITH {plugin} BY '{password}'"
        target.execute_all([f"CREATE USER {user} IDENTIFIED {how}"])
        target.execute_all([f"GRANT ALL ON clients.* TO {user}"])
    csv = directory / "loaded.csv"
    csv.write_text("".join(f"{number},text {number}\n" for number in range(1000)))
    return {"T_HOST": target.host, "T_PORT": str(target.mysql_port), "T_DB": "clients", "T_USER": target.user,
            "T_PASSWORD": target.password, "T_NATIVE_USER": "native_user",
            "T_SHA2_USER": "sha2_user" if target.flavour == "sluice" else "", "T_AUTH_PASSWORD": password,
            "T_CA": str(target.ca), "T_FLAVOUR": target.flavour, "T_FILE": str(csv), "T_BIG_ROWS": str(BIG_ROWS)}


def python_command(name):
    return [sys.executable, str(HERE / "python" / f"client_{name}.py")]


def node_command():
    return ["node", str(HERE / "node" / "scenario.js")]


COMMANDS = {
    "cli": lambda: python_command("cli"),
    "pymysql": lambda: python_command("pymysql"),
    "connector": lambda: python_command("connector"),
    "sqlalchemy": lambda: python_command("sqlalchemy"),
    "connectorj": lambda: jdbc.command("Scenario", "connectorj"),
    "mariadb_jdbc": lambda: jdbc.command("Scenario", "mariadb"),
    "go": lambda: [programs.go(".")],
    "mysql2": node_command,
}


@pytest.fixture(scope="module")
def environment(target, tmp_path_factory):
    return prepare(target, tmp_path_factory.mktemp("clients"))


@pytest.fixture(scope="module")
def outcomes(environment):
    """client -> {check: its line}, each program run at most once."""
    done = {}

    def of(client):
        if client not in done:
            more = {**environment, "NODE_PATH": str(DEPS / "test" / "node" / "node_modules")}
            try:
                done[client] = programs.run(COMMANDS[client](), more, PROGRAM_SECONDS)
            except subprocess.CalledProcessError as error:  # the program did not build
                done[client] = {}, f"{error}: {error.stderr}"
        return done[client]
    return of


@pytest.mark.parametrize("client,check", [(client, check) for client, checks in CHECKS.items() for check in checks])
def test_client(client, check, outcomes, target):
    lines, errors = outcomes(client)
    line = lines.get(check)
    assert line is not None, f"{client} printed nothing of {check}: {errors[-2000:]}"
    assert not line.startswith("FAIL"), line
    if line.startswith("skip"):
        assert target.flavour == "mariadb", line
        pytest.skip(line)
