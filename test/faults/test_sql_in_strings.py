# SPDX-License-Identifier: Apache-2.0
"""SQL in every string that a client can send, of every protocol: it is text there, never a statement. What is stored comes back
letter for letter, nothing else changes, and the same process goes on."""
import base64
import json
import struct
import urllib.parse

import mysql.connector
import pymysql
import pytest

from harness import wire
from harness.server import Server

TEXTS = ["'; DROP TABLE kept; -- ", "\"; DROP TABLE kept; -- ", "`; DROP TABLE kept; -- ", "kept; DROP TABLE kept", "x' OR '1'='1",
         "$$; DROP TABLE kept; $$", "*/ DROP TABLE kept; /*", "%s%n\\", "../../etc/passwd", "\0", "kept\0kept", "line\nbreak\r\x1b[31m",
         "a" * 5000, "\U0001F600" * 100, "${jndi:x}", "{\"sql\": \"DROP TABLE kept\"}"]
LOAD_HEADERS = ["label", "format", "compress_type", "column_separator", "line_delimiter", "enclose", "escape", "columns", "where", "jsonpaths",
                "json_root", "max_filter_ratio", "strict_mode", "timeout", "merge_type", "delete", "partitions", "timezone", "two_phase_commit",
                "txn_id", "txn_operation", "group_commit", "skip_lines", "trim_double_quotes", "function_column.sequence_col", "X-Request-Id",
                "traceparent", "Accept", "Accept-Encoding", "Content-Type"]


@pytest.fixture(scope="module")
def server():
    started = Server().start()
    started.execute_all(["CREATE DATABASE strings"])
    started.execute_all(["CREATE TABLE kept (id BIGINT, txt VARCHAR(100))", "INSERT INTO kept VALUES (1, 'one'), (2, 'two')",
                         "CREATE TABLE stored (id BIGINT, txt VARCHAR(20000))"], "strings")
    yield started
    started.close()


@pytest.fixture(autouse=True)
def nothing_happened(server):
    before = server.pid
    server.execute_all(["DELETE FROM stored"], "strings")
    yield
    assert server.alive() and server.pid == before, f"the server died:\n{server.log_tail()}"
    assert server.query("SELECT id, txt FROM kept ORDER BY id", database="strings") == ((1, "one"), (2, "two"))
    assert server.query("SHOW TABLES", database="strings") == (("kept",), ("stored",))


@pytest.fixture(params=TEXTS, ids=range(len(TEXTS)))
def text(request):
    return request.param


def printable(text):
    """The text as a header can carry it."""
    return "".join(letter if 32 <= ord(letter) < 127 else "?" for letter in text)


def root(**more):
    return {"Authorization": "Basic " + base64.b64encode(b"root:").decode(), **more}


def test_login(server, text):
    bare = text.replace("\0", "?")
    for options in ({"user": bare}, {"database": bare}, {"password": bare, "user": "nobody"}, {"program_name": bare}):
        try:
            server.connect(**options).close()
        except UnicodeError:
            pass  # the client library's own limit
        except pymysql.err.MySQLError as error:
            assert error.args[0] in (1045, 1049, 1044, 1102, 2013), error


def test_commands(server, text):
    data = text.encode()
    with wire.Wire(server, database="strings") as connection:
        for code, payload in ((wire.INIT_DB, data), (wire.FIELD_LIST, data + b"\0" + data), (wire.CHANGE_USER, data + b"\0\0" + data + b"\0")):
            try:
                connection.command(code, payload)
                packet = connection.checked(connection.read())
                while code == wire.FIELD_LIST and not (packet[:1] == b"\xfe" and len(packet) < 9):
                    packet = connection.checked(connection.read())
            except (wire.ServerError, wire.Closed):
                pass


def test_literal(server, text):
    quoted = text.replace("\\", "\\\\").replace("'", "\\'").encode()
    with wire.Wire(server, database="strings") as connection:
        assert connection.query(b"SELECT '" + quoted + b"'") == [[text.encode()]]
        assert connection.query(b"SELECT COUNT(*) FROM kept WHERE txt = '" + quoted + b"'") == [[b"0"]]
        connection.query(b"INSERT INTO stored VALUES (7, '" + quoted + b"')")
        assert connection.query("SELECT txt FROM stored WHERE id = 7") == [[text.encode()]]
        for what in (b"TABLES", b"DATABASES", b"VARIABLES", b"FULL COLUMNS FROM kept"):
            try:
                connection.query(b"SHOW " + what + b" LIKE '" + quoted + b"'")
            except wire.ServerError as error:
                assert error.args[0] == 1105, error.args


def test_quoted_name(server, text):
    name = text.replace("`", "``").encode()
    with wire.Wire(server, database="strings") as connection:
        if "\0" not in text and len(text) < 256:
            assert connection.query(b"SELECT 1 AS `" + name + b"`") == [[b"1"]]
        for statement in (b"SELECT `%s` FROM kept", b"SELECT * FROM `%s`", b"USE `%s`", b"SHOW TABLES FROM `%s`", b"DESC `%s`", b"DROP TABLE `%s`"):
            with pytest.raises(wire.ServerError) as error:
                connection.query(statement.replace(b"%s", name))
            assert error.value.args[0] in (1044, 1049, 1051, 1105), error.value.args


def test_prepared_parameter(server, text):
    connection = mysql.connector.connect(host=server.host, port=server.mysql_port, user="root", database="strings", autocommit=True, use_pure=True)
    try:
        cursor = connection.cursor(prepared=True)
        cursor.execute("INSERT INTO stored VALUES (?, ?)", (3, text))
        cursor.execute("SELECT txt, ? FROM stored WHERE txt = ?", (text, text))
        assert [tuple(value.decode() if isinstance(value, (bytes, bytearray)) else value for value in row) for row in cursor.fetchall()] == [(text, text)]
        cursor.execute("SELECT COUNT(*) FROM kept WHERE txt LIKE ?", (text,))
        assert cursor.fetchall() == [(0,)]
    finally:
        connection.close()


def test_long_data(server, text):
    with wire.Wire(server, database="strings") as connection:
        connection.command(wire.STMT_PREPARE, b"INSERT INTO stored VALUES (9, ?)")
        packet = connection.checked(connection.read())
        statement, _, parameters = struct.unpack_from("<IHH", packet, 1)
        for _ in range(parameters + 1):
            connection.read()
        connection.command(wire.STMT_SEND_LONG_DATA, struct.pack("<IH", statement, 0) + text.encode())
        connection.command(wire.STMT_EXECUTE, struct.pack("<IBI", statement, 0, 1) + b"\0\1\xfd\0")
        connection.checked(connection.read())
        assert connection.query("SELECT txt FROM stored WHERE id = 9") == [[text.encode()]]


def test_account(server, text):
    name, password = text.replace("\0", "?")[:32], text.replace("\0", "?")
    with server.connect() as connection, connection.cursor() as cursor:
        try:
            cursor.execute("CREATE USER %s@%s IDENTIFIED BY %s", (name, "127.0.0.1", password))
        except pymysql.err.MySQLError as error:
            assert error.args[0] in (1396, 1105), error
            return
        try:
            server.connect(user=name, password=password).close()
        finally:
            cursor.execute("DROP USER %s@%s", (name, "127.0.0.1"))


def test_local_infile(server, text, tmp_path):
    line = text.replace("\\", "\\\\").replace("\n", "\\\n").replace("\t", "\\\t")
    path = tmp_path / "rows.tsv"
    path.write_bytes(b"5\t" + line.encode() + b"\n")
    with server.connect("strings", local_infile=True) as connection, connection.cursor() as cursor:
        cursor.execute(f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE stored")
        cursor.execute("SELECT id, txt FROM stored")
        assert cursor.fetchall() == ((5, text),)


# --- HTTP -------------------------------------------------------------------------------------------------------
def test_http_targets(server, text):
    path = urllib.parse.quote(text, safe="")
    for method, target in (("PUT", f"/api/{path}/kept/_stream_load"), ("PUT", f"/api/strings/{path}/_stream_load"), ("GET", f"/{path}"),
                           ("DELETE", f"/api/queries/{path}"), ("POST", f"/api/queries/{path}/kill"), ("GET", f"/api/_load_error_log?file={path}"),
                           ("POST", f"/api/query?database={path}"), ("POST", f"/api/query?format={path}"), ("POST", f"/api/query?timeout_ms={path}")):
        status, _, answer = server.http(method, target, None if method == "GET" else b"", root(), timeout=30)
        assert 400 <= status < 500 or status == 200 and b"Fail" in answer, (method, target, status, answer[:200])


def test_http_credentials(server, text):
    for user, password in ((text, ""), ("root", text), (text, text)):
        credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
        status, _, _ = server.http("POST", "/api/query", b"SELECT 1", {"Authorization": "Basic " + credentials}, timeout=30)
        assert 400 <= status < 500
    status, _, _ = server.http("POST", "/api/query", b"SELECT 1", {"Authorization": printable(text)}, timeout=30)
    assert 400 <= status < 500


def test_http_query(server, text):
    def post(**fields):
        return server.http("POST", "/api/query", json.dumps(fields).encode(), root(**{"Content-Type": "application/json"}), timeout=30)
    status, _, answer = post(sql="SELECT ?, (SELECT COUNT(*) FROM kept WHERE txt = ?)", database="strings", params=[text, text])
    assert status == 200 and json.loads(answer)["rows"] == [[text, 0]], answer
    for fields in ({"sql": "SELECT 1", "database": text}, {"sql": "SELECT 1", "format": text}, {"sql": "SELECT 1", "timeout_ms": text}):
        status, _, answer = post(**fields)
        assert 400 <= status < 500, answer


def test_stream_load_headers(server, text):
    for header in LOAD_HEADERS:
        status, _, answer = server.http("PUT", "/api/strings/kept/_stream_load", b"", root(**{header: printable(text)}), timeout=30)
        assert status == 200 or 400 <= status < 500, (header, status, answer[:300])


def test_stream_load_body(server, text):
    answer = server.stream_load("strings", "stored", json.dumps({"id": 6, "txt": text}).encode(), format="json", read_json_by_line="true")
    assert answer["Status"] == "Success", answer
    assert server.query("SELECT id, txt FROM stored", database="strings") == ((6, text),)
    quoted = text.replace("\\", "\\\\").replace('"', '""')
    answer = server.stream_load("strings", "stored", f'8,"{quoted}"\n'.encode(), format="csv", column_separator=",", enclose='"')
    assert answer["Status"] == "Success", answer
    assert server.query("SELECT txt FROM stored WHERE id = 8", database="strings") == ((text,),)
