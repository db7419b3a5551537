# SPDX-License-Identifier: Apache-2.0
"""Every *.test file with the plan cache, without it, and prepared."""
import datetime
import pathlib
import sys

import mysql.connector
import pymysql
import pytest

from harness import compare
from harness.server import Server

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import corpus  # noqa: E402  pylint: disable=wrong-import-position

FILES = sorted(pathlib.Path(__file__).parent.glob("*.test"))
MODES = ["cached", "uncached", "prepared"]


@pytest.fixture(scope="module")
def servers():
    """Mode -> server, started when first asked for."""
    running = {}

    def of(mode):
        cached = mode != "uncached"
        if cached not in running:
            running[cached] = Server(settings={"plan_cache.enabled": cached}).start()
        return running[cached]
    yield of
    for server in running.values():
        alive = server.alive()
        log = server.log_tail()
        server.close()
        assert alive, f"the server died:\n{log}"


class Text:
    """Statements as COM_QUERY."""

    def __init__(self, server, database):
        self.connection = server.connect(database)

    def run(self, sql):
        """(rows or None, names, affected rows)"""
        with self.connection.cursor() as cursor:
            affected = cursor.execute(sql)
            if cursor.description is None:
                return None, None, affected
            return cursor.fetchall(), [column[0] for column in cursor.description], affected

    def close(self):
        self.connection.close()


class Prepared:
    """Statements as COM_STMT_PREPARE and COM_STMT_EXECUTE, rows in the binary protocol."""

    def __init__(self, server, database):
        self.connection = mysql.connector.connect(host=server.host, port=server.mysql_port, user=server.user, password=server.password,
                                                  database=database, autocommit=True, use_pure=True)

    def run(self, sql):
        with self.connection.cursor(prepared=True) as cursor:
            cursor.execute(sql)
            if cursor.description is None:
                return None, None, cursor.rowcount
            return cursor.fetchall(), [column[0] for column in cursor.description], cursor.rowcount

    def close(self):
        self.connection.close()


def error_of(error):
    if isinstance(error, pymysql.err.MySQLError):
        return error.args[0], str(error.args[1])
    if isinstance(error, mysql.connector.Error):
        return error.errno, str(error.msg)
    raise error


def check(client, block, where):
    try:
        rows, names, affected = client.run(block.sql)
    except (pymysql.err.MySQLError, mysql.connector.Error) as error:
        number, text = error_of(error)
        assert block.kind == "error", f"{where}: {block.sql}\nfailed with {number}: {text}"
        assert number == block.number, f"{where}: {block.sql}\nfailed with {number} ({text}), wanted {block.number}"
        assert block.text.lower() in text.lower(), f"{where}: {block.sql}\nfailed with {text!r}, wanted {block.text!r} in it"
        return
    assert block.kind != "error", f"{where}: {block.sql}\nsucceeded, wanted error {block.number}"
    if block.kind == "count":
        assert affected == block.number, f"{where}: {block.sql}\n{affected} rows affected, wanted {block.number}"
    if block.kind == "query":
        assert rows is not None, f"{where}: {block.sql}\ngave no rows"
        texts = [[text_of(value) for value in row] for row in rows]
        problem = compare.difference(texts, block.rows, block.ordered, text_is_number=True)
        assert problem is None, f"{where}: {block.sql}\n{problem}"
        if block.names is not None:
            assert names == block.names, f"{where}: {block.sql}\ncolumns {names}, wanted {block.names}"


def text_of(value):
    """As the command line client prints it."""
    if isinstance(value, datetime.timedelta):
        micros = value // datetime.timedelta(microseconds=1)
        seconds, fraction = divmod(abs(micros), 1_000_000)
        text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        return ("-" if micros < 0 else "") + text + (f".{fraction:06}" if fraction else "")
    value = compare.plain(value)
    if isinstance(value, str) and len(value) == 26 and value.endswith(".000000"):
        return value[:-7]
    return value if value is None or isinstance(value, str) else str(value)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_file(file, mode, servers):
    server = servers(mode)
    database = f"corpus_{file.stem}_{mode}"
    server.execute_all([f"CREATE DATABASE {database}"])
    client = (Prepared if mode == "prepared" else Text)(server, database)
    problems = []
    try:
        for block in corpus.parse(file):
            if mode in block.skip:
                continue
            for _ in range(2 if mode == "cached" and block.kind == "query" else 1):
                try:
                    check(client, block, f"{file.name}:{block.line}")
                except AssertionError as error:
                    problems.append(str(error))
                    break
    finally:
        client.close()
    assert not problems, f"{len(problems)} blocks failed:\n" + "\n\n".join(problems)
