# SPDX-License-Identifier: Apache-2.0
"""The HTTP door from outside: health, metrics, running statements, SQL over HTTP in every format, stream load."""
import base64
import csv
import gzip
import io
import json
import threading
import time

import pyarrow
import pyarrow.ipc
import pyarrow.parquet
import pytest

from harness import process
from harness.server import Server

AUTHORIZATION = {"Authorization": "Basic " + base64.b64encode(b"root:").decode()}
ROWS = 100_000


@pytest.fixture(scope="module")
def server():
    with Server() as started:
        started.execute_all(["CREATE DATABASE web"])
        started.execute_all(["CREATE TABLE t (id INT, txt VARCHAR(50), amount DECIMAL(10,2), d DATE, ts DATETIME, x DOUBLE)",
                             "INSERT INTO t VALUES (1, 'one', 1.50, '2024-02-29', '2024-02-29 12:00:00', 0.5), (2, 'tw\"o, \u00fc', NULL, NULL, NULL, NULL)",
                             "CREATE TABLE digits (n INT)", "INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)",
                             "CREATE TABLE many (id INT)",
                             "INSERT INTO many SELECT a.n + 10*b.n + 100*c.n + 1000*d.n + 10000*e.n FROM digits a, digits b, digits c, digits d, digits e"], "web")
        yield started


def query(server, sql, status=200, **more):
    body = json.dumps({"sql": sql, "database": "web", **more}).encode()
    code, headers, answer = server.http("POST", "/api/query", body, {**AUTHORIZATION, "Content-Type": "application/json"})
    assert code == status, answer[:500]
    return headers, answer


# --- health, metrics, running statements --------------------------------------------------------------------------
def test_health(server):
    assert server.http_status("/health/live") == 200
    assert server.http_status("/health/ready") == 200
    assert server.http_status("/no/such/path") == 404
    status, headers, _ = server.http("DELETE", "/health/live")
    assert status == 405 and "GET" in headers["Allow"]


def test_metrics(server):
    server.query("SELECT 1")
    status, headers, body = server.http("GET", "/metrics", None, AUTHORIZATION)
    assert status == 200 and headers["Content-Type"].startswith("text/plain")
    lines = body.decode().splitlines()
    names = {line.split("{")[0].split(" ")[0] for line in lines if line and not line.startswith("#")}
    assert any(name.startswith("sluice_") for name in names), names
    for line in lines:
        if line and not line.startswith("#"):
            float(line.rsplit(" ", 1)[1])
    typed = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    assert all(any(name == kind or name.startswith(kind + "_") for kind in typed) for name in names)


def test_running_statements_and_kill(server):
    problem = []

    def slow():
        with server.connect("web") as connection, connection.cursor() as cursor:
            try:
                cursor.execute("SELECT SUM(a.id % 7 + b.id % 5 + c.id) FROM many a, many b, many c")
            except Exception as error:  # pylint: disable=broad-except
                problem.append(error)
    thread = threading.Thread(target=slow)
    thread.start()

    def running():
        _, _, body = server.http("GET", "/api/queries", None, AUTHORIZATION)
        return [entry for entry in json.loads(body)["queries"] if "SUM(a.id" in (entry["statement"] or "")]
    try:
        entry, = process.wait_until(running, 20, "the slow statement is listed")
        assert entry["user"] == "root" and entry["database"] == "web" and entry["query_id"]
    finally:
        for entry in running():
            status, _, body = server.http("DELETE", f"/api/queries/{entry['query_id']}", None, AUTHORIZATION)
            assert status == 200, body
        thread.join(60)
    assert problem and problem[0].args[0] == 1317, problem
    assert server.http("DELETE", "/api/queries/no-such-id", None, AUTHORIZATION)[0] == 404


def test_login(server):
    server.execute_all(["CREATE USER webuser IDENTIFIED BY 'secret'"])
    right = {"Authorization": "Basic " + base64.b64encode(b"webuser:secret").decode(), "Content-Type": "application/json"}
    wrong = {"Authorization": "Basic " + base64.b64encode(b"webuser:wrong").decode(), "Content-Type": "application/json"}
    body = json.dumps({"sql": "SELECT CURRENT_USER()"}).encode()
    assert server.http("POST", "/api/query", body, right)[0] == 200
    assert server.http("POST", "/api/query", body, wrong)[0] == 401
    assert server.http("PUT", "/api/web/t/_stream_load", b"9,x", {"Authorization": wrong["Authorization"]})[0] == 401
    server.execute_all(["DROP USER webuser"])


# --- SQL over HTTP ------------------------------------------------------------------------------------------------
def test_json(server):
    _, body = query(server, "SELECT id, txt, amount, d, ts, x FROM t ORDER BY id")
    answer = json.loads(body)
    assert [column["name"] for column in answer["columns"]] == ["id", "txt", "amount", "d", "ts", "x"]
    assert answer["rows"] == [[1, "one", "1.50", "2024-02-29", "2024-02-29 12:00:00", 0.5], [2, "tw\"o, \u00fc", None, None, None, None]]
    assert answer["row_count"] == 2


def test_json_of_many_rows(server):
    _, body = query(server, "SELECT id FROM many ORDER BY id")
    assert json.loads(body)["rows"] == [[number] for number in range(ROWS)]


def test_ndjson_and_csv(server):
    _, body = query(server, "SELECT id, txt FROM t ORDER BY id", format="ndjson")
    assert [json.loads(line) for line in body.decode().splitlines()] == [{"id": 1, "txt": "one"}, {"id": 2, "txt": "tw\"o, \u00fc"}]
    headers, body = query(server, "SELECT id, txt, amount FROM t ORDER BY id", format="csv")
    assert headers["Content-Type"].startswith("text/csv")
    assert list(csv.reader(io.StringIO(body.decode()))) == [["id", "txt", "amount"], ["1", "one", "1.50"], ["2", "tw\"o, \u00fc", ""]]


def test_arrow(server):
    _, body = query(server, "SELECT * FROM t ORDER BY id", format="arrow")
    table = pyarrow.ipc.open_stream(io.BytesIO(body)).read_all()
    assert table.column_names == ["id", "txt", "amount", "d", "ts", "x"]
    rows = table.to_pylist()
    assert rows[0]["id"] == 1 and str(rows[0]["amount"]) == "1.50" and str(rows[0]["d"]) == "2024-02-29" and rows[0]["x"] == 0.5
    assert rows[1] == {"id": 2, "txt": "tw\"o, \u00fc", "amount": None, "d": None, "ts": None, "x": None}
    _, body = query(server, "SELECT id, CONCAT('text ', id) AS txt FROM many ORDER BY id", format="arrow")
    table = pyarrow.ipc.open_stream(io.BytesIO(body)).read_all()
    table.validate(full=True)
    assert table.num_rows == ROWS and table["id"].to_pylist() == list(range(ROWS)) and table["txt"][ROWS - 1].as_py() == f"text {ROWS - 1}"


def test_parameters(server):
    _, body = query(server, "SELECT id FROM t WHERE txt = ? AND id < ?", params=["one", 5])
    assert json.loads(body)["rows"] == [[1]]
    query(server, "SELECT ?", 400, params=[1, 2])


def test_statements_without_rows(server):
    _, body = query(server, "CREATE TABLE made (a INT)")
    assert json.loads(body)["affected_rows"] == 0
    _, body = query(server, "INSERT INTO made VALUES (1), (2); INSERT INTO made VALUES (3)")
    assert json.loads(body)["affected_rows"] == 1
    _, body = query(server, "SELECT COUNT(*) FROM made")
    assert json.loads(body)["rows"] == [[3]]
    query(server, "DROP TABLE made")


@pytest.mark.parametrize("body,status", [
    ({"sql": "SELEC"}, 400), ({"sql": "SELECT * FROM no_such_table"}, 404), ({"sql": ""}, 400), ({}, 400), ({"sql": 5}, 400),
    ({"sql": "SELECT 1", "no_such_member": 1}, 400), ({"sql": "SELECT 1", "format": "xml"}, 400), ({"sql": "SELECT 1", "database": "no_such_db"}, 404)])
def test_errors(server, body, status):
    code, headers, answer = server.http("POST", "/api/query", json.dumps({"database": "web", **body}).encode(),
                                        {**AUTHORIZATION, "Content-Type": "application/json"})
    assert code in (status, 400), answer
    assert headers["Content-Type"].startswith("application/json") and json.loads(answer), answer


def test_broken_json(server):
    for body in (b"", b"{", b"[1]", b'{"sql": "SELECT 1"', b'{"sql": "\xff"}', b"null", b"{" * 5000):
        assert server.http("POST", "/api/query", body, {**AUTHORIZATION, "Content-Type": "application/json"})[0] == 400


def test_timeout(server):
    start = time.monotonic()
    _, body = query(server, "SELECT SUM(a.id % 7 + b.id % 5 + c.id) FROM many a, many b, many c", 504, timeout_ms=500)
    assert time.monotonic() - start < 30 and b"1105" in body and b"query is timeout" in body


# --- stream load --------------------------------------------------------------------------------------------------
@pytest.fixture()
def table(server):
    server.execute_all(["DROP TABLE IF EXISTS loads", "CREATE TABLE loads (id INT, txt VARCHAR(50), amount DECIMAL(10,2), d DATE)"], "web")

    def rows():
        return server.query("SELECT id, txt, CAST(amount AS CHAR), CAST(d AS CHAR) FROM loads ORDER BY id", database="web")
    return rows


WANTED = ((1, "one", "1.50", "2024-02-29"), (2, "two, \u00fc", None, None))


def test_load_csv(server, table):
    answer = server.stream_load("web", "loads", "1,one,1.50,2024-02-29\n2,\"two, \u00fc\",\\N,\\N\n".encode(), column_separator=",", enclose='"', label="csv-1")
    assert answer["Status"] == "Success" and answer["NumberTotalRows"] == 2 and answer["NumberLoadedRows"] == 2, answer
    assert answer["NumberFilteredRows"] == 0 and answer["Label"] == "csv-1" and answer["LoadBytes"] > 0
    assert table() == WANTED
    again = server.stream_load("web", "loads", b"3,three,1,2024-01-01\n", column_separator=",", label="csv-1")
    assert again["Status"] == "Label Already Exists" and again["ExistingJobStatus"] == "FINISHED", again
    assert table() == WANTED


def test_load_tabs_columns_and_where(server, table):
    answer = server.stream_load("web", "loads", b"one\t1\tx\ntwo\t2\tx\nthree\t3\tx\n", columns="txt, id, skipped, amount = id * 2, d = '2024-01-01'", where="id <> 2")
    assert answer["Status"] == "Success" and answer["NumberLoadedRows"] == 2 and answer["NumberUnselectedRows"] == 1, answer
    assert table() == ((1, "one", "2.00", "2024-01-01"), (3, "three", "6.00", "2024-01-01"))


def test_load_json(server, table):
    body = json.dumps([{"id": 1, "txt": "one", "amount": "1.50", "d": "2024-02-29"}, {"id": 2, "txt": "two, \u00fc"}]).encode()
    answer = server.stream_load("web", "loads", body, format="json", strip_outer_array="true")
    assert answer["Status"] == "Success", answer
    assert table() == WANTED
    lines = b'{"id": 3, "txt": "three"}\n{"id": 4, "txt": null}\n'
    answer = server.stream_load("web", "loads", lines, format="json", read_json_by_line="true")
    assert answer["NumberLoadedRows"] == 2, answer


def test_load_parquet(server, table):
    import datetime
    import decimal
    rows = pyarrow.table({"id": pyarrow.array([1, 2], pyarrow.int32()), "txt": ["one", "two, \u00fc"],
                          "amount": pyarrow.array([decimal.Decimal("1.50"), None], pyarrow.decimal128(10, 2)), "d": [datetime.date(2024, 2, 29), None]})
    sink = io.BytesIO()
    pyarrow.parquet.write_table(rows, sink)
    answer = server.stream_load("web", "loads", sink.getvalue(), format="parquet")
    assert answer["Status"] == "Success", answer
    assert table() == WANTED


def test_load_gzip(server, table):
    body = gzip.compress("".join(f"{number},row,{number}.25,2024-01-01\n" for number in range(5000)).encode())
    answer = server.stream_load("web", "loads", body, column_separator=",", compress_type="gz")
    assert answer["Status"] == "Success" and answer["NumberLoadedRows"] == 5000, answer


def test_load_rejects_bad_rows(server, table):
    bad = b"1,one,1.5,2024-01-01\nnot a number,two,2,2024-01-01\n3,three,3,2024-13-45\n"
    answer = server.stream_load("web", "loads", bad, column_separator=",", strict_mode="true")
    assert answer["Status"] == "Fail" and answer["Message"], answer
    assert table() == ()
    if answer.get("ErrorURL"):
        path = "/" + answer["ErrorURL"].split("/", 3)[3]
        status, _, text = server.http("GET", path, None, AUTHORIZATION)
        assert status == 200 and b"not a number" in text, text
    answer = server.stream_load("web", "loads", bad, column_separator=",", strict_mode="true", max_filter_ratio="0.7")
    assert answer["Status"] == "Success" and (answer["NumberLoadedRows"], answer["NumberFilteredRows"]) == (1, 2), answer
    assert [row[0] for row in table()] == [1]


def test_load_into_nothing(server, table):
    assert server.stream_load("web", "no_such_table", b"1")["Status"] == "Fail"
    assert server.stream_load("no_such_database", "loads", b"1")["Status"] == "Fail"
    assert server.stream_load("web", "loads", b"1", format="xml")["Status"] == "Fail"
    answer = server.stream_load("web", "loads", b"")
    assert answer["Status"] in ("Success", "Fail") and answer["NumberLoadedRows"] == 0


def test_loads_in_parallel(server, table):
    answers = []

    def load(part):
        body = "".join(f"{part * 1000 + number},p{part},1,2024-01-01\n" for number in range(1000)).encode()
        answers.append(server.stream_load("web", "loads", body, column_separator=","))
    threads = [threading.Thread(target=load, args=(part,)) for part in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(answer["Status"] == "Success" for answer in answers), answers
    assert server.query("SELECT COUNT(*), COUNT(DISTINCT id) FROM loads", database="web") == ((8000, 8000),)


def test_load_that_stops_in_the_middle(server, table):
    import socket
    with socket.create_connection((server.host, server.http_port)) as connection:
        connection.sendall(b"PUT /api/web/loads/_stream_load HTTP/1.1\r\nHost: x\r\nlabel: cut\r\ncolumn_separator: ,\r\nContent-Length: 1000000\r\n"
                           + f"Authorization: {AUTHORIZATION['Authorization']}\r\n\r\n".encode() + b"1,one,1,2024-01-01\n" * 1000)
        time.sleep(0.5)
    process.wait_until(lambda: server.stream_load("web", "loads", b"5,five,5,2024-01-01\n", column_separator=",", label="cut")["Status"] == "Success", 20,
                       "the label of a load that was cut off is free again", 0.3)
    assert [row[0] for row in table()] == [5]
