# SPDX-License-Identifier: Apache-2.0
"""SELECT .. INTO OUTFILE, EXPORT, local() and http_stream(): files in and out, only where and for whom they are allowed."""
import base64
import gzip
import json
import pathlib

import pyarrow.parquet
import pymysql
import pytest

from harness.server import Server


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    directory = tmp_path_factory.mktemp("out")
    (directory / "sub").mkdir()
    return directory


@pytest.fixture(scope="module")
def server(out):
    with Server(settings={"files.allowed_roots": out}) as started:
        started.execute_all([
            "CREATE DATABASE d",
            "CREATE TABLE d.t (k INT, b BOOLEAN, l LARGEINT, x DOUBLE, n DECIMAL(10,2), s VARCHAR(20), d DATE, ts DATETIME(3), "
            "a ARRAY<STRING>, j JSON) DUPLICATE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 1",
            "INSERT INTO d.t VALUES (1, true, 170141183460469231731687303715884105727, 0.5, 1.5, 'a,b', '2024-02-29', '2024-02-29 12:00:00.125', ['x', NULL], '{\"k\":1}'), "
            "(2, false, NULL, 1e20, NULL, '', NULL, NULL, NULL, NULL)",
            "CREATE TABLE d.parts (id INT, day DATE) DUPLICATE KEY(id) PARTITION BY RANGE(day) (PARTITION p1 VALUES LESS THAN ('2024-02-01'), "
            "PARTITION p2 VALUES LESS THAN ('2024-03-01')) DISTRIBUTED BY HASH(id) BUCKETS 1",
            "INSERT INTO d.parts VALUES (1, '2024-01-01'), (2, '2024-02-02'), (3, '2024-02-03')",
            "CREATE TABLE d.loaded (a INT, b VARCHAR(20)) DUPLICATE KEY(a) DISTRIBUTED BY HASH(a) BUCKETS 1",
            "CREATE USER reader IDENTIFIED BY 'p'", "GRANT SELECT_PRIV ON d.* TO reader",
            "CREATE USER loader IDENTIFIED BY 'p'", "GRANT LOAD_PRIV ON d.* TO loader"])
        yield started


@pytest.fixture(autouse=True)
def empty(out):
    yield
    for file in out.rglob("*"):
        if file.is_file():
            file.unlink()


def files(url):
    path = pathlib.Path(url.removeprefix("file://").removesuffix("*"))
    return sorted(path.parent.glob(path.name + "*"))


def outfile(server, out, query="SELECT * FROM t ORDER BY k", more="", prefix="r_"):
    return server.query(f'{query} INTO OUTFILE "file://{out}/{prefix}" {more}', database="d")[0]


def refused(server, sql, text, number=1105, **login):
    with server.connect("d", **login) as connection, connection.cursor() as cursor:
        with pytest.raises(pymysql.err.Error) as error:
            cursor.execute(sql)
    assert error.value.args[0] == number and text in error.value.args[1], error.value.args


# --- SELECT .. INTO OUTFILE ---------------------------------------------------------------------------------------
def test_csv(server, out):
    number, rows, size, url = outfile(server, out)
    [file] = files(url)
    assert (number, rows, size) == (1, 2, file.stat().st_size)
    assert file.name.startswith("r_") and file.name.endswith("_0.csv")
    assert file.read_text() == (
        "1\t1\t170141183460469231731687303715884105727\t0.5\t1.50\ta,b\t2024-02-29\t2024-02-29 12:00:00.125\t[\"x\", null]\t{\"k\":1}\n"
        "2\t0\t\\N\t1e+20\t\\N\t\t\\N\t\\N\t\\N\t\\N\n")


def test_names_types_and_separators(server, out):
    *_, url = outfile(server, out, "SELECT k, n AS `a b`, s FROM t ORDER BY k DESC", 'FORMAT AS csv_with_names_and_types '
                      'PROPERTIES ("column_separator" = "||", "line_delimiter" = "\\\\x010a", "with_bom" = "true")')
    assert files(url)[0].read_bytes() == ("\ufeffk||a b||s\x01\nINT||DECIMAL64||STRING\x01\n2||\\N||\x01\n1||1.50||a,b\x01\n".encode())


def test_no_rows_make_a_file(server, out):
    number, rows, _, url = outfile(server, out, "SELECT k FROM t WHERE k > 9", "FORMAT AS CSV_WITH_NAMES")
    assert (number, rows, files(url)[0].read_text()) == (1, 0, "k\n")


def test_query_forms(server, out):
    for query, rows in [("SELECT 1", 1), ("SELECT k FROM t UNION ALL SELECT k FROM t", 4), ("WITH w AS (SELECT k FROM t) SELECT * FROM w LIMIT 1", 1),
                        ("(SELECT k FROM t)", 2)]:
        assert outfile(server, out, query)[1] == rows


def test_compressed(server, out):
    *_, url = outfile(server, out, "SELECT k FROM t ORDER BY k", 'PROPERTIES ("compress_type" = "gz")')
    assert gzip.decompress(files(url)[0].read_bytes()) == b"1\n2\n"


def test_split(server, out):
    number, rows, size, url = outfile(server, out, 'SELECT number, repeat("x", 100) FROM numbers("number" = "150000")', 'PROPERTIES ("max_file_size" = "5MB")')
    made = files(url)
    assert number == len(made) > 2 and rows == 150_000 and size == sum(file.stat().st_size for file in made)
    assert sum(file.read_bytes().count(b"\n") for file in made) == 150_000


def test_parquet(server, out):
    number, rows, size, url = outfile(server, out, more="FORMAT AS PARQUET")
    [file] = files(url)
    table = pyarrow.parquet.read_table(file).to_pydict()
    assert (number, rows, size) == (1, 2, file.stat().st_size)
    assert table["k"] == [1, 2] and table["l"] == ["170141183460469231731687303715884105727", None] and table["b"] == [True, False]
    assert [str(value) for value in table["n"]] == ["1.50", "None"] and table["a"] == [["x", None], None]
    number, rows, _, url = outfile(server, out, 'SELECT number, uuid() FROM numbers("number" = "600000")',
                                   'FORMAT AS PARQUET PROPERTIES ("max_file_size" = "5MB", "compress_type" = "plain")')
    made = files(url)
    assert number == len(made) > 1 and sum(pyarrow.parquet.read_metadata(file).num_rows for file in made) == rows == 600_000


def test_success_file_and_existing_files(server, out):
    (out / "old.csv").write_text("old")
    outfile(server, out, more='PROPERTIES ("success_file_name" = "SUCCESS", "delete_existing_files" = "true")', prefix="")
    assert sorted(file.suffix or file.name for file in out.glob("*") if file.is_file()) == [".csv", "SUCCESS"]
    refused(server, f'SELECT 1 INTO OUTFILE "file://{out}/" PROPERTIES ("success_file_name" = "SUCCESS")', "File already exists")


def test_failure_leaves_nothing(server, out):
    refused(server, f'SELECT CAST(assert_true(k < 2, "no") AS STRING) FROM t INTO OUTFILE "file://{out}/r_"', "no")
    refused(server, f'SELECT CAST(assert_true(k < 2, "no") AS STRING) FROM t INTO OUTFILE "file://{out}/r_" FORMAT AS PARQUET', "no")
    assert [file for file in out.rglob("*") if file.is_file()] == []


def test_only_below_the_roots(server, out, tmp_path):
    for path in ["/tmp/", f"{out}/../", f"{tmp_path}/", "/etc/r_", f"{out}x/"]:
        refused(server, f'SELECT 1 INTO OUTFILE "file://{path}"', "files.allowed_roots")
    (out / "link").symlink_to(tmp_path)
    refused(server, f'SELECT 1 INTO OUTFILE "file://{out}/link/r_"', "files.allowed_roots")
    (out / "link").unlink()
    refused(server, f'SELECT 1 INTO OUTFILE "file://{out}/missing/r_"', "there is no directory")
    refused(server, 'SELECT 1 INTO OUTFILE "s3://bucket/r_"', "s3.endpoint")
    refused(server, 'SELECT 1 INTO OUTFILE "/r_"', "check your local file path")
    assert outfile(server, out / "sub")[1] == 2


def test_wrong_properties(server, out):
    for more, text, number in [
            ('FORMAT AS ORC', "ORC", 1235), ('FORMAT AS XML', "format:xml is not supported.", 1105),
            ('PROPERTIES ("column_separator" = "")', "column_separator can not be empty", 1105),
            ('PROPERTIES ("max_file_size" = "1MB")', "max file size should larger than 5MB. Given: 1048576", 1105),
            ('PROPERTIES ("no_such" = "1")', "Unknown properties: {no_such=1}", 1105),
            ('PROPERTIES ("success_file_name" = "../x")', "Incorrect file name", 1105),
            ('PROPERTIES ("file_suffix" = "a/b")', "Incorrect file name", 1105),
            ('PROPERTIES ("compress_type" = "lzo")', "lzo", 1105)]:
        refused(server, f'SELECT 1 INTO OUTFILE "file://{out}/r_" {more}', text, number)


def test_privileges(server, out):
    refused(server, f'SELECT k FROM t INTO OUTFILE "file://{out}/r_"', "privilege(s)", 1227, user="reader", password="p")
    refused(server, f'EXPORT TABLE t TO "file://{out}/r_"', "privilege(s)", 1227, user="reader", password="p")


@pytest.mark.parametrize("form", ["CSV", "PARQUET"])
def test_row_policies_and_columns_count(server, out, form):
    server.execute_all(["CREATE USER IF NOT EXISTS operator IDENTIFIED BY 'p'", "GRANT NODE_PRIV ON *.*.* TO operator",
                        "GRANT SELECT_PRIV(k) ON d.t TO operator", "GRANT SELECT_PRIV ON d.parts TO operator",
                        "CREATE ROW POLICY IF NOT EXISTS few ON d.parts AS RESTRICTIVE TO operator USING (id > 2)"])
    with server.connect("d", user="operator", password="p") as connection, connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM parts INTO OUTFILE "file://{out}/r_" FORMAT AS {form}')
        assert cursor.fetchall()[0][1] == 1
        cursor.execute(f'EXPORT TABLE parts TO "file://{out}/r_" PROPERTIES ("format" = "{form}", "label" = "p_{form}")')
    assert json.loads(server.query(f'SHOW EXPORT FROM d WHERE LABEL = "p_{form}"')[0][11])[0][0]["totalRows"] == "1"
    login = {"user": "operator", "password": "p"}
    refused(server, f'SELECT k, s FROM t INTO OUTFILE "file://{out}/r_" FORMAT AS {form}', "denied", 1105, **login)
    server.execute_all(["DROP ROW POLICY few ON d.parts FOR operator"])


# --- EXPORT -------------------------------------------------------------------------------------------------------
def test_export(server, out):
    server.execute_all([f'EXPORT TABLE d.parts PARTITION (p2) WHERE id > 2 TO "file://{out}/e_" '
                        'PROPERTIES ("label" = "first", "format" = "csv_with_names", "columns" = "day,id", "column_separator" = ",")'], "d")
    [row] = [row for row in server.query('SHOW EXPORT FROM d WHERE LABEL = "first"')]
    assert row[1:4] == ("first", "FINISHED", "100%") and row[10] is None
    assert server.query(f"SHOW EXPORT FROM d WHERE ID = {row[0]}") == (row,)
    assert server.query(f"SHOW EXPORT FROM d WHERE ID = {row[0]} AND STATE = 'CANCELLED'") == ()
    details = json.loads(row[11])[0][0]
    [file] = files(details["url"])
    assert file.read_text() == "day,id\n2024-02-03,3\n" and details["totalRows"] == "1"
    assert json.loads(row[4])["partitions"] == ["p2"]
    refused(server, f'EXPORT TABLE parts TO "file://{out}/e_" PROPERTIES ("label" = "first")', "Label [first] have already been used")
    refused(server, f'EXPORT TABLE parts TO "file://{out}/e_" PROPERTIES ("label" = "second", "columns" = "nothing")', "nothing", 1105)
    [failed] = server.query('SHOW EXPORT FROM d WHERE LABEL = "second"')
    assert failed[2] == "CANCELLED" and "nothing" in failed[10]


# --- local() ------------------------------------------------------------------------------------------------------
def test_written_files_can_be_read(server, out):
    *_, url = outfile(server, out, "SELECT k, s FROM t ORDER BY k", 'PROPERTIES ("column_separator" = "|")')
    source = f'local("file_path" = "{files(url)[0]}", "format" = "csv", "column_separator" = "|")'
    assert server.query(f"SELECT c1, c2 FROM {source} ORDER BY c1") == (("1", "a,b"), ("2", ""))
    assert server.query(f"SELECT count(*), max(c1) FROM {source} x WHERE x.c2 <> ''") == ((1, "1"),)
    schema = f'local("file_path" = "{files(url)[0]}", "format" = "csv", "column_separator" = "|", "csv_schema" = "id:int;name:string")'
    assert server.query(f"SELECT id + 1, name FROM {schema} ORDER BY id") == ((2, "a,b"), (3, ""))
    with pytest.raises(pymysql.err.Error):
        server.query('SELECT * FROM local("file_path" = "/etc/passwd", "format" = "csv")')


# --- PUT /api/_http_stream ----------------------------------------------------------------------------------------
def http_stream(server, sql, body, user="root", password="", **headers):
    credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
    status, _, answer = server.http("PUT", "/api/_http_stream", body, {"Authorization": "Basic " + credentials, "sql": sql, **headers})
    assert status == 200, answer
    return json.loads(answer)


INSERT = 'INSERT INTO d.loaded (a, b) SELECT CAST(c1 AS INT) * 10, c2 FROM http_stream("format" = "csv", "column_separator" = ",")'


def test_http_stream(server):
    server.execute_all(["TRUNCATE TABLE d.loaded"])
    answer = http_stream(server, INSERT, b"1,a\n2,\\N\n", label="stream_1")
    assert (answer["Status"], answer["NumberLoadedRows"], answer["Label"]) == ("Success", 2, "stream_1")
    assert server.query("SELECT * FROM d.loaded ORDER BY a") == ((10, "a"), (20, None))
    assert http_stream(server, INSERT, gzip.compress(b"3,c\n"), user="loader", password="p", compress_type="gz")["Status"] == "Success"
    assert server.query("SELECT max(a) FROM d.loaded") == ((30,),)
    json_insert = 'INSERT INTO d.loaded SELECT a, b FROM http_stream("format" = "json")'
    assert http_stream(server, json_insert, b'{"a": 4, "b": "j"}\n{"a": 5, "b": null}\n')["NumberLoadedRows"] == 2


def test_http_stream_refuses(server):
    for sql, text in [("SELECT 1", "INSERT INTO t SELECT"), ("", "header sql"), ("INSERT INTO d.none SELECT c1 FROM http_stream(\"format\"=\"csv\")", "none"),
                      ("INSERT INTO d.loaded SELECT c9, c2 FROM http_stream(\"format\"=\"csv\")", "c9")]:
        answer = http_stream(server, sql, b"1\t2\n")
        assert answer["Status"] == "Fail" and text in answer["Message"], answer
    assert http_stream(server, INSERT, b"1,x\n", user="reader", password="p")["Status"] == "Fail"
    # Not even through it can other files be read.
    answer = http_stream(server, 'INSERT INTO d.loaded SELECT 1, c1 FROM local("file_path" = "/etc/passwd", "format" = "csv")', b"x", user="loader", password="p")
    assert answer["Status"] == "Fail" and "privilege" in answer["Message"]
    refused(server, 'SELECT * FROM http_stream("format" = "csv")', "/api/_http_stream")
