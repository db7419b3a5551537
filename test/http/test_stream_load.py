# SPDX-License-Identifier: Apache-2.0
"""Stream load from outside: every header obeyed or refused, two phases, killing, back-pressure, hostile requests."""
import base64
import bz2
import gzip
import http.client
import io
import json
import signal
import socket
import threading
import time

import pyarrow
import pyarrow.parquet
import pytest

from harness import process
from harness.server import Server

AUTHORIZATION = {"Authorization": "Basic " + base64.b64encode(b"root:").decode()}
COLUMNS = "id INT, txt VARCHAR(50), amount DECIMAL(10,2), d DATE"


@pytest.fixture(scope="module")
def server():
    with Server() as started:
        started.execute_all(["CREATE DATABASE web"])
        yield started


@pytest.fixture()
def rows(server):
    server.execute_all(["DROP TABLE IF EXISTS loads", f"CREATE TABLE loads ({COLUMNS})"], "web")
    return lambda: server.query("SELECT id, txt, CAST(amount AS CHAR), CAST(d AS CHAR) FROM loads ORDER BY id, txt", database="web")


def load(server, body, table="loads", **headers):
    return server.stream_load("web", table, body, **headers)


def succeeds(answer, loaded):
    assert answer["Status"] == "Success" and answer["NumberLoadedRows"] == loaded, answer
    return answer


def refused(answer, *words):
    assert answer["Status"] == "Fail", answer
    assert all(word in answer["Message"] for word in words), answer["Message"]
    return answer


def decide(server, operation, path="/api/web/_stream_load_2pc", **headers):
    status, _, body = server.http("PUT", path, None, {**AUTHORIZATION, "txn_operation": operation, **{name: str(value) for name, value in headers.items()}})
    assert status == 200, body
    return json.loads(body)


class OpenLoad:
    """A load whose body is sent piece by piece."""

    def __init__(self, server, length, table="loads", **headers):
        self.connection = socket.create_connection((server.host, server.http_port), timeout=60)
        fields = {"Host": "x", "column_separator": ",", "Content-Length": length, **AUTHORIZATION, **headers}
        head = f"PUT /api/web/{table}/_stream_load HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"
        self.connection.sendall(head.encode())

    def send(self, data):
        self.connection.sendall(data)

    def answer(self):
        response = http.client.HTTPResponse(self.connection)
        response.begin()
        answer = json.loads(response.read())
        self.connection.close()
        return answer


def listed(server, word):
    _, _, body = server.http("GET", "/api/queries", None, AUTHORIZATION)
    return [entry for entry in json.loads(body)["queries"] if word in entry["statement"]]


# --- running loads ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("how", ["http", "sql", "sql_connection"])
def test_running_loads_are_listed_and_killed(server, rows, how):
    running = OpenLoad(server, 1_000_000, label=f"killed-{how}")
    running.send(b"1,one,1,2024-01-01\n" * 1000)
    entry, = process.wait_until(lambda: [one for one in listed(server, f"label=killed-{how}") if one["progress_percent"] > 0], 20, "the load is listed")
    assert entry["statement"] == f"STREAM LOAD web.loads label=killed-{how}" and entry["database"] == "web" and entry["user"] == "root"
    assert 0 < entry["progress_percent"] < 100
    shown = [row for row in server.query("SHOW FULL PROCESSLIST") if row[1] == entry["connection_id"]]
    assert shown and entry["statement"] in shown[0], shown
    again = load(server, b"2,two,1,2024-01-01\n", column_separator=",", label=f"killed-{how}")
    assert again["Status"] == "Label Already Exists" and again["ExistingJobStatus"] == "RUNNING", again
    start = time.monotonic()
    if how == "http":
        assert server.http("DELETE", f"/api/queries/{entry['query_id']}", None, AUTHORIZATION)[0] == 200
    else:
        server.execute_all([f"KILL {'QUERY ' if how == 'sql' else ''}{entry['connection_id']}"])
    answer = refused(running.answer(), "killed")
    assert time.monotonic() - start < 10 and answer["NumberLoadedRows"] == 0 and answer["Label"] == f"killed-{how}"
    assert rows() == () and listed(server, "STREAM LOAD") == []
    succeeds(load(server, b"2,two,1,2024-01-01\n", column_separator=",", label=f"killed-{how}"), 1)


def test_a_load_ends_at_its_timeout_although_the_client_is_silent(server, rows):
    running = OpenLoad(server, 1_000_000, timeout=1)
    running.send(b"1,one,1,2024-01-01\n")
    start = time.monotonic()
    refused(running.answer(), "timeout of 1 s")
    assert time.monotonic() - start < 10 and rows() == ()


def test_others_do_not_see_or_kill_a_load(server, rows):
    server.execute_all(["CREATE USER other IDENTIFIED BY 'pw'"])
    other = {"Authorization": "Basic " + base64.b64encode(b"other:pw").decode()}
    running = OpenLoad(server, 1_000_000, label="mine")
    running.send(b"1,one,1,2024-01-01\n")
    entry, = process.wait_until(lambda: listed(server, "label=mine"), 20, "the load is listed")
    assert b"label=mine" not in server.http("GET", "/api/queries", None, other)[2]
    assert server.http("DELETE", f"/api/queries/{entry['query_id']}", None, other)[0] in (403, 404)
    assert server.http("POST", f"/api/queries/{entry['query_id']}/kill", None, AUTHORIZATION)[0] == 200
    refused(running.answer(), "killed")
    server.execute_all(["DROP USER other"])


# --- two phases ---------------------------------------------------------------------------------------------------
def test_two_phases_commit_and_abort(server, rows):
    answer = succeeds(load(server, b"1,one,1.5,2024-02-29\n", column_separator=",", two_phase_commit="true", label="two-1"), 1)
    assert answer["TwoPhaseCommit"] == "true" and answer["TxnId"] > 0 and answer["Label"] == "two-1"
    assert rows() == ()
    again = load(server, b"2,two,1,2024-01-01\n", column_separator=",", label="two-1")
    assert again["Status"] == "Label Already Exists" and again["ExistingJobStatus"] == "PRECOMMITTED", again
    txn = answer["TxnId"]
    assert decide(server, "commit", txn_id=txn) == {"status": "Success", "msg": f"transaction [{txn}] commit successfully."}
    assert rows() == ((1, "one", "1.50", "2024-02-29"),)
    again = load(server, b"2,two,1,2024-01-01\n", column_separator=",", label="two-1")
    assert again["Status"] == "Label Already Exists" and again["ExistingJobStatus"] == "FINISHED", again
    assert "already visible, not pre-committed" in decide(server, "commit", txn_id=txn)["msg"]
    assert "already VISIBLE, could not abort" in decide(server, "abort", txn_id=txn)["msg"]
    assert rows() == ((1, "one", "1.50", "2024-02-29"),)

    succeeds(load(server, b"3,three,1,2024-01-01\n", column_separator=",", two_phase_commit="true", label="two-2"), 1)
    assert decide(server, "abort", "/api/web/loads/_stream_load_2pc", label="two-2")["msg"] == "label [two-2] abort successfully."
    failed = decide(server, "commit", label="two-2")
    assert failed["status"] == "ANALYSIS_ERROR" and "already aborted. abort reason: User Abort" in failed["msg"], failed
    succeeds(load(server, b"3,three,1,2024-01-01\n", column_separator=",", label="two-2"), 1)
    assert [row[0] for row in rows()] == [1, 3]


def test_decisions_that_make_no_sense(server, rows):
    assert "transaction [4711] not found" in decide(server, "commit", txn_id=4711)["msg"]
    assert "not found" in decide(server, "commit", label="never-heard-of")["msg"]
    assert decide(server, "commit", txn_id="12x")["msg"] == "convert txn_id [12x] failed"
    assert "txn_id or label" in decide(server, "commit")["msg"]
    assert decide(server, "explode", txn_id=1)["msg"] == "transaction operation should be 'commit' or 'abort'"
    assert "unknown database" in decide(server, "commit", "/api/nowhere/_stream_load_2pc", txn_id=1)["msg"]
    plain = succeeds(load(server, b"1,one,1,2024-01-01\n", column_separator=",", label="plain"), 1)
    assert "already visible" in decide(server, "commit", txn_id=plain["TxnId"])["msg"]
    assert server.http("PUT", "/api/web/_stream_load_2pc", None, {"Authorization": "Basic " + base64.b64encode(b"root:no").decode(), "txn_id": "1"})[0] == 401
    running = OpenLoad(server, 100, label="still-runs", two_phase_commit="true")
    process.wait_until(lambda: listed(server, "still-runs"), 20, "the load runs")
    assert "is prepare, not pre-committed" in decide(server, "commit", label="still-runs")["msg"]
    running.connection.close()


def test_two_phases_check_at_the_first(server, rows):
    server.execute_all(["DROP TABLE IF EXISTS keyed", "CREATE TABLE keyed (id INT NOT NULL PRIMARY KEY, txt VARCHAR(9) DEFAULT 'none', n INT NOT NULL)",
                        "INSERT INTO keyed VALUES (1, 'old', 1)"], "web")
    two = {"two_phase_commit": "true", "column_separator": ",", "columns": "id, n"}
    refused(load(server, b"1,5\n", "keyed", **two), "key", "id")
    refused(load(server, b"2,5\n2,6\n", "keyed", **two))
    refused(load(server, b"2,\\N\n", "keyed", **two), "n")
    refused(load(server, b"2,x\n", "keyed", **two))
    assert server.query("SELECT COUNT(*) FROM keyed", database="web") == ((1,),)
    txn = succeeds(load(server, b"2,5\n", "keyed", **two), 1)["TxnId"]
    # What came in between breaks the commit, which then can be tried again.
    server.execute_all(["INSERT INTO keyed VALUES (2, 'thief', 1)"], "web")
    failed = decide(server, "commit", txn_id=txn)
    assert failed["status"] == "ANALYSIS_ERROR" and "stays pre-committed" in failed["msg"], failed
    server.execute_all(["DELETE FROM keyed WHERE txt = 'thief'"], "web")
    assert decide(server, "commit", txn_id=txn)["status"] == "Success"
    assert server.query("SELECT * FROM keyed ORDER BY id", database="web") == ((1, "old", 1), (2, "none", 5))


def test_two_phases_survive_a_kill(tmp_path):
    with Server(data_dir=tmp_path / "data") as server:
        server.execute_all(["CREATE DATABASE web", f"CREATE TABLE web.loads ({COLUMNS})"])
        body = "".join(f"{number},text {number},{number}.5,2024-01-01\n" for number in range(200_000)).encode()
        first = succeeds(load(server, body, column_separator=",", two_phase_commit="true", label="survivor"), 200_000)
        second = succeeds(load(server, body[:1_000_000].rsplit(b"\n", 1)[0], column_separator=",", two_phase_commit="true"), first and body[:1_000_000].count(b"\n"))
        server.kill9()
        server.start()
        assert server.query("SELECT COUNT(*) FROM web.loads") == ((0,),)
        assert load(server, b"1", label="survivor")["ExistingJobStatus"] == "PRECOMMITTED"
        assert decide(server, "commit", label="survivor")["status"] == "Success"
        assert decide(server, "abort", txn_id=second["TxnId"])["status"] == "Success"
        server.kill9()
        server.start()
        assert server.query("SELECT COUNT(*), SUM(amount) FROM web.loads")[0][0] == 200_000
        assert "already visible" in decide(server, "commit", txn_id=first["TxnId"])["msg"]
        assert "already aborted" in decide(server, "commit", txn_id=second["TxnId"])["msg"]
        names = [row[0] for row in server.query("SELECT TABLE_NAME FROM information_schema.tables")]
        assert not [name for name in names if name.startswith("prepared_")], names


def test_two_phases_time_out():
    with Server(settings={"load.prepared_timeout": "1s"}) as server:
        server.execute_all(["CREATE DATABASE web", f"CREATE TABLE web.loads ({COLUMNS})"])
        txn = succeeds(load(server, b"1,one,1,2024-01-01\n", column_separator=",", two_phase_commit="true"), 1)["TxnId"]
        time.sleep(1.5)
        assert decide(server, "commit", txn_id=txn)["msg"].endswith("is already aborted. abort reason: timeout by txn manager")
        assert server.query("SELECT COUNT(*) FROM web.loads") == ((0,),)


# --- headers ------------------------------------------------------------------------------------------------------
CSV = b"1,one,1.5,2024-02-29\n2,two,2,2024-03-01\n"


@pytest.mark.parametrize("headers,words", [
    ({"delete": "id = 1"}, ["delete"]),
    ({"function_column.sequence_col": "id"}, ["There is no sequence column"]), ({"temporary_partitions": "p1"}, ["temporary_partitions"]),
    ({"hidden_columns": "x"}, ["hidden_columns"]), ({"negative": "true"}, ["negative"]),
    ({"unique_key_update_mode": "UPDATE_FLEXIBLE_COLUMNS"}, ["unique_key_update_mode"]), ({"format": "orc"}, ["format"]), ({"format": "xml"}, ["format", "xml"]),
    ({"compress_type": "lzo"}, ["compress_type", "lzo"]), ({"Content-Encoding": "br"}, ["content-encoding"]), ({"strict_mode": "maybe"}, ["strict_mode"]),
    ({"max_filter_ratio": "2"}, ["max_filter_ratio"]), ({"timeout": "0"}, ["timeout"]), ({"timeout": "soon"}, ["timeout"]), ({"skip_lines": "-1"}, ["skip_lines"]),
    ({"exec_mem_limit": "much"}, ["exec_mem_limit"]), ({"send_batch_parallelism": "x"}, ["send_batch_parallelism"]), ({"load_to_single_tablet": "x"}, ["load_to_single_tablet"]),
    ({"group_commit": "later"}, ["group_commit"]), ({"group_commit": "sync_mode", "label": "g"}, ["group_commit", "label"]),
    ({"group_commit": "async_mode", "two_phase_commit": "true"}, ["group_commit", "two_phase_commit"]), ({"two_phase_commit": "perhaps"}, ["two_phase_commit"]),
    ({"jsonpaths": '["$.a"]'}, ["jsonpaths"]), ({"json_root": "$.a"}, ["json_root"]), ({"format": "json", "jsonpaths": "nonsense"}, ["jsonpaths"]),
    ({"format": "json", "skip_lines": "1"}, ["skip_lines"]), ({"format": "json", "line_delimiter": "|"}, ["line_delimiter"]),
    ({"format": "parquet", "max_filter_ratio": "0.5"}, ["max_filter_ratio"]), ({"timezone": "Mars/Base"}, ["Mars/Base"]), ({"label": "a b"}, ["label"]),
    ({"label": "x" * 129}, ["label"]), ({"columns": "id,,"}, ["columns"]), ({"columns": "id, nope = 1"}, ["nope"]), ({"where": "id >"}, []), ({"where": "nope = 1"}, ["nope"]),
    ({"enclose": "ab"}, ["enclose"]), ({"escape": "ab"}, ["escape"]), ({"column_separator": "\\xZZ"}, ["column_separator"]), ({"line_delimiter": ","}, ["delimiter"]),
    ({"columns": "id, txt = (SELECT 1)"}, ["subqueries"])], ids=str)
def test_refused_headers(server, rows, headers, words):
    refused(load(server, CSV, **{"column_separator": ",", **headers}), *words)
    assert rows() == ()


@pytest.mark.parametrize("headers", [
    {"merge_type": "append"}, {"exec_mem_limit": "2147483648"}, {"send_batch_parallelism": "4"}, {"load_to_single_tablet": "true"}, {"group_commit": "sync_mode"},
    {"group_commit": "off_mode", "label": "off-mode"}, {"num_as_string": "true"}, {"fuzzy_parse": "true"}, {"enable_profile": "true"}, {"strict_mode": "true"},
    {"timezone": "Asia/Shanghai"}, {"timeout": "100"}, {"comment": "why"}, {"Expect": "100-continue"}, {"two_phase_commit": "false"}, {"compress_type": "plain"},
    {"unique_key_update_mode": "UPSERT"}, {"partial_columns": "false"}, {"max_filter_ratio": "1.0"}], ids=str)
def test_accepted_headers(server, rows, headers):
    succeeds(load(server, CSV, column_separator=",", **headers), 2)
    assert [row[0] for row in rows()] == [1, 2]


def test_sequence_column(server, rows):
    server.execute_all(["DROP TABLE IF EXISTS web.seq", "CREATE TABLE web.seq (k INT, v INT) UNIQUE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 1 "
                        "PROPERTIES('function_column.sequence_type' = 'bigint')"])
    later = {"table": "seq", "column_separator": ",", "columns": "k, v, s", "function_column.sequence_col": "s"}
    refused(load(server, b"1,1,1\n", table="seq", column_separator=",", columns="k, v, s"), "need to specify the sequence column")
    refused(load(server, b"1,1,1\n", **{**later, "function_column.sequence_col": "z"}), "z is not among the columns")
    succeeds(load(server, b"1,10,5\n1,11,4\n2,20,1\n", **later), 3)
    succeeds(load(server, b"1,12,4\n2,21,2\n", **later), 2)
    assert server.query("SELECT *, __DORIS_SEQUENCE_COL__ FROM web.seq ORDER BY k") == ((1, 10, 5), (2, 21, 2))
    succeeds(load(server, b"1,13,4\n2,22,2\n", **{**later, "columns": "k, v, x, s = x + 1"}), 2)
    succeeds(load(server, b'[{"k": 3, "v": 30}]', **{**later, "format": "json", "strip_outer_array": "true", "columns": "k, v", "function_column.sequence_col": "v"}), 1)
    succeeds(load(server, b"3,31,40\n", **later, two_phase_commit="true", label="seq_two"), 1)
    assert decide(server, "commit", label="seq_two", path="/api/web/_stream_load_2pc")["status"] == "Success"
    assert server.query("SELECT *, __DORIS_SEQUENCE_COL__ FROM web.seq ORDER BY k") == ((1, 13, 5), (2, 22, 3), (3, 31, 40))


def test_csv_dialects(server, rows):
    def only(body, **headers):
        server.execute_all(["TRUNCATE TABLE loads"], "web")
        answer = load(server, body, **headers)
        assert answer["Status"] == "Success", answer
        return rows()
    assert only(b"1\x01one\x012\x012024-01-01\x02", column_separator="\\x01", line_delimiter="\\x02") == ((1, "one", "2.00", "2024-01-01"),)
    assert only(b"1||one||2||2024-01-01##", column_separator="||", line_delimiter="##") == ((1, "one", "2.00", "2024-01-01"),)
    assert only(b"1,'a,b\nc''d\\'e',2,2024-01-01\n", column_separator=",", enclose="'", escape="\\") == ((1, "a,b\nc'd'e", "2.00", "2024-01-01"),)
    assert only(b'"1","one","2","2024-01-01"\n', column_separator=",", trim_double_quotes="true") == ((1, "one", "2.00", "2024-01-01"),)
    assert only(b"head\n\xef\n1,one,2,2024-01-01\r\n", column_separator=",", skip_lines="2") == ((1, "one", "2.00", "2024-01-01"),)
    assert only(b"id,txt,amount,d\n1,one,2,2024-01-01\n", column_separator=",", format="csv_with_names") == ((1, "one", "2.00", "2024-01-01"),)
    assert only(b"\\N,,\\N,\n", column_separator=",") == ((None, "", None, None),)
    assert only(b"x,1,y\n", column_separator=",", columns="a, id, b, txt = concat(a, b), amount = id + 0.5", where="id > 0") == ((1, "xy", "1.50", None),)
    assert only(b"bad,one,2,2024-01-01\n", column_separator=",") == ((None, "one", "2.00", "2024-01-01"),)


def test_time_zone_of_expressions(server, rows):
    succeeds(load(server, b"1\n", columns="id, txt = CAST(from_unixtime(0) AS CHAR)", timezone="Asia/Shanghai"), 1)
    assert rows()[0][1].startswith("1970-01-01 08:00:00")


def test_json_columns_and_moments_with_zones(server):
    server.execute_all(["DROP TABLE IF EXISTS web.kinds", "CREATE TABLE web.kinds (k INT, j JSON, m DATETIME(3), d DATE) DUPLICATE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 1 "
                        "PROPERTIES('replication_num' = '1')"])
    body = b'1\t{"a": "v 1",  "b" : [1, 2.50]}\t2022-02-01T01:02:55.5Z\t2022-02-01 23:00:00Z\n2\tnot JSON\t2022-02-01 01:02:55.5 Asia/Tokyo\t2022-02-01\n'
    succeeds(load(server, body, table="kinds", timezone="Asia/Shanghai"), 2)
    assert server.query("SELECT k, CAST(j AS STRING), CAST(m AS STRING), CAST(d AS STRING) FROM web.kinds ORDER BY k") == (
        (1, '{"a":"v 1","b":[1,2.5]}', "2022-02-01 09:02:55.500", "2022-02-02"), (2, None, "2022-02-01 00:02:55.500", "2022-02-01"))
    refused(load(server, body, table="kinds", strict_mode="true"), "too many filtered rows")


def test_partial_columns_of_new_keys(server):
    server.execute_all(["DROP TABLE IF EXISTS web.parts", "CREATE TABLE web.parts (k INT, a INT, b INT DEFAULT '7') UNIQUE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 1 "
                        "PROPERTIES('replication_num' = '1', 'enable_unique_key_merge_on_write' = 'true')", "INSERT INTO web.parts VALUES (1, 1, 1)"])
    some = {"table": "parts", "column_separator": ",", "columns": "k, a", "partial_columns": "true"}
    succeeds(load(server, b"1,10\n2,20\n", **some), 2)
    assert server.query("SELECT * FROM web.parts ORDER BY k") == ((1, 10, 1), (2, 20, 7))
    refused(load(server, b"3,30\n", **some, strict_mode="true"), "strict mode")
    assert server.query("SELECT count(*) FROM web.parts") == ((2,),)


def test_nested_values_of_json(server):
    """Texts of more than twelve bytes lie in memory of their own, which once ended before the row was stored."""
    server.execute_all(["DROP TABLE IF EXISTS web.nested", "CREATE TABLE web.nested (k INT, a ARRAY<TEXT>, m MAP<TEXT, TEXT>, s STRUCT<x: TEXT>) DUPLICATE KEY(k) "
                        "DISTRIBUTED BY HASH(k) BUCKETS 1 PROPERTIES('replication_num' = '1')"])
    long = [f"a text of {i} that is longer than twelve bytes" for i in range(3000)]
    body = "\n".join(json.dumps({"k": i, "a": [text, text[::-1]], "m": {text: text}, "s": {"x": text}}) for i, text in enumerate(long)).encode()
    succeeds(load(server, body, table="nested", format="json", read_json_by_line="true"), len(long))
    found = server.query("SELECT k, a[1], a[2], m[a[1]], struct_element(s, 'x') FROM web.nested ORDER BY k")
    assert found == tuple((i, text, text[::-1], text, text) for i, text in enumerate(long))


def test_addresses_and_wide_decimals(server):
    server.execute_all(["DROP TABLE IF EXISTS web.kinds2", "CREATE TABLE web.kinds2 (k INT, a IPV4, b IPV6, c DECIMAL(76,9), f FLOAT) DUPLICATE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 1 "
                        "PROPERTIES('replication_num' = '1')"])
    answer = succeeds(load(server, b"1,116.253.40.133,2606:2b00::1,1.5,1\n2,x,y,null,1e40\n", table="kinds2", column_separator=","), 2)
    assert answer["NumberFilteredRows"] == 0
    assert server.query("SELECT k, CAST(a AS STRING), CAST(b AS STRING), CAST(c AS STRING), f FROM web.kinds2 ORDER BY k") == (
        (1, "116.253.40.133", "2606:2b00::1", "1.500000000", 1.0), (2, None, None, None, None))


def test_numbers_that_are_drawn_and_defaults_of_json(server):
    server.execute_all(["DROP TABLE IF EXISTS web.drawn", "CREATE TABLE web.drawn (id BIGINT NOT NULL AUTO_INCREMENT, v INT, d INT NOT NULL DEFAULT '9', t DATETIME DEFAULT CURRENT_TIMESTAMP) "
                        "DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1 PROPERTIES('replication_num' = '1')"])
    succeeds(load(server, b"\\N,5,1\nnull,6,2\n100,7,3\n", table="drawn", column_separator=",", columns="id, v, d"), 3)
    succeeds(load(server, b'{"v": 8}\n{"id": null, "v": 9, "d": 4, "t": null}\n', table="drawn", format="json", read_json_by_line="true"), 2)
    refused(load(server, b'{"v": 10, "d": null}', table="drawn", format="json"), "must not be NULL")
    found = server.query("SELECT id > 0, v, d, t IS NULL FROM web.drawn ORDER BY v")
    assert found == ((1, 5, 1, 0), (1, 6, 2, 0), (1, 7, 3, 0), (1, 8, 9, 0), (1, 9, 4, 1))
    assert server.query("SELECT count(DISTINCT id) FROM web.drawn") == ((5,),)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_loads_at_once_into_a_table_that_merges(server, kind):
    server.execute_all(["DROP TABLE IF EXISTS web.many", "CREATE TABLE web.many (k BIGINT, v STRING) UNIQUE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 1 "
                        "PROPERTIES('replication_num' = '1')"])
    answers, rows = [], 20000

    def run(which):
        if kind == "parquet":
            sink = io.BytesIO()
            pyarrow.parquet.write_table(pyarrow.table({"k": pyarrow.array(range(rows), pyarrow.int64()), "v": [str(which)] * rows}), sink)
            answers.append(load(server, sink.getvalue(), table="many", format="parquet"))
        else:
            answers.append(load(server, b"".join(b"%d,%d\n" % (k, which) for k in range(rows)), table="many", column_separator=","))
    threads = [threading.Thread(target=run, args=(which,)) for which in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer["Status"] for answer in answers] == ["Success"] * 6, answers
    assert server.query("SELECT count(*), count(DISTINCT k), count(DISTINCT v) FROM web.many") == ((rows, rows, 1),)


def test_json_options(server, rows):
    nested = json.dumps({"data": [{"a": {"b": 1}, "t": ["x", "y"]}, {"a": {"b": 2}, "t": ["z"]}]}).encode()
    succeeds(load(server, nested, format="json", json_root="$.data", strip_outer_array="true", jsonpaths='["$.a.b", "$.t[0]"]', columns="id, txt"), 2)
    assert [row[:2] for row in rows()] == [(1, "x"), (2, "z")]
    server.execute_all(["TRUNCATE TABLE loads"], "web")
    succeeds(load(server, b'{"id": 3, "txt": 12345678901234567890.10}\n', format="json", read_json_by_line="true", num_as_string="true"), 1)
    assert rows()[0][:2] == (3, "12345678901234567890.10")


@pytest.mark.parametrize("name", ["gz", "bz2", "lz4", "zstd", "Content-Encoding"])
def test_compressed_bodies(server, rows, name):
    plain = "".join(f"{number},row {number},1,2024-01-01\n" for number in range(20_000)).encode()
    pack = {"gz": gzip.compress, "bz2": bz2.compress, "Content-Encoding": gzip.compress,
            "lz4": lambda data: pyarrow.compress(data, "lz4", asbytes=True), "zstd": lambda data: pyarrow.compress(data, "zstd", asbytes=True)}[name]
    headers = {"Content-Encoding": "gzip"} if name == "Content-Encoding" else {"compress_type": name}
    half = len(plain) // 2
    packed = pack(plain) if name == "lz4" else pack(plain[:half]) + pack(plain[half:])  # pyarrow's lz4 is the frame format
    succeeds(load(server, packed, column_separator=",", **headers), 20_000)
    refused(load(server, packed[:-10], column_separator=",", **headers), "cut" if name != "lz4" else "")
    refused(load(server, b"this is not compressed at all", column_separator=",", **headers), "not")
    assert len(rows()) == 20_000
    for path, text in (("json", b'{"id": 1}\n'), ):
        succeeds(load(server, pack(text), format=path, read_json_by_line="true", **headers), 1)


def test_parquet_compressed_and_wrong(server, rows):
    sink = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"id": ["1", "x"], "txt": ["one", "two"]}), sink)
    refused(load(server, sink.getvalue(), format="parquet", strict_mode="true"), "x")
    succeeds(load(server, sink.getvalue(), format="parquet"), 2)
    assert [row[:2] for row in rows()] == [(1, "one"), (None, "two")] or [row[:2] for row in rows()] == [(None, "two"), (1, "one")]
    refused(load(server, b"PAR1 nothing", format="parquet"))
    succeeds(load(server, gzip.compress(sink.getvalue()), format="parquet", strict_mode="false", compress_type="gz"), 2)
    succeeds(load(server, sink.getvalue(), format="parquet", columns="id, txt", where="txt = 'one'", two_phase_commit="true", strict_mode="false"), 1)


def test_enclosed_fields_of_every_length(server, rows):
    """Quotes, separators and line ends at every distance, so that each crosses the reader's steps of 64 bytes and the blocks' ends."""
    wanted, lines = [], []
    for number in range(30_000):
        text = ("a" * (number % 71) + (",", "\n", '""', "\r\n", "\\\\", "x")[number % 6] + "b" * (number % 37))
        wanted.append((number, text.replace('""', '"').replace("\\\\", "\\")))
        lines.append(f'{number},"{text}",1,"2024-01-01"' if number % 5 else f'"{number}","{text}",,\\N')
    server.execute_all(["DROP TABLE IF EXISTS longer", "CREATE TABLE longer (id INT, txt VARCHAR(500), amount DECIMAL(10,2), d DATE)"], "web")
    succeeds(load(server, ("\n".join(lines) + "\n").encode(), "longer", column_separator=",", enclose='"'), len(lines))
    assert list(server.query("SELECT id, txt FROM longer ORDER BY id", database="web")) == wanted


# --- memory -------------------------------------------------------------------------------------------------------
def test_a_long_body_does_not_grow_the_process(server, rows):
    """300 MB of rows that `where` drops: what the kernel keeps is nothing, so the memory is the loader's own."""
    line = b"1," + b"x" * 49 + b",1,2024-01-01\n"
    piece = line * 20_000
    load(server, piece, column_separator=",", where="id > 1")
    before = server.memory("VmRSS")
    running = OpenLoad(server, len(piece) * 230, where="id > 1")
    highest = 0
    for number in range(230):
        running.send(piece)
        if number % 20 == 0:
            highest = max(highest, server.memory("VmRSS"))
    answer = running.answer()
    assert answer["Status"] == "Success" and answer["NumberUnselectedRows"] == 230 * 20_000, answer
    assert highest - before < 100e6, (before, highest)


# --- hostile requests ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method,path,status", [
    ("GET", "/api/web/loads/_stream_load", 405), ("PUT", "/api//loads/_stream_load", 404), ("PUT", "/api/%zz/t/_stream_load", 400),
    ("PUT", "/api/web/%00/_stream_load", 400), ("GET", "/../../etc/passwd", 404), ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404), ("GET", "//metrics", 404), ("POST", "/metrics", 405),
    ("GET", "/api/query", 405), ("GET", "/api/_load_error_log?file=../../etc/passwd", 404), ("GET", "/api/_load_error_log", 404), ("DELETE", "/api/queries/" + "9" * 30, 404),
    ("GET", "/" + "a" * 5000, 404)])
def test_paths(server, method, path, status):
    code, headers, body = server.http(method, path, b"" if method in ("PUT", "POST") else None, AUTHORIZATION)
    assert code == status, (code, body[:300])
    assert headers["Content-Type"].startswith("application/json") and "message" in json.loads(body), body[:300]


def test_names_in_the_path_are_names_only(server, rows):
    for table in ("loads%22%3B%20DROP%20TABLE%20loads%3B--", "loads%27", "%2e%2e%2floads", "lo%C3%A4ds"):
        refused(server.stream_load("web", table, b"1"), "doesn't exist")
    for database in ("__sluice", "information_schema", "no%2fwhere"):
        refused(server.stream_load(database, "load_labels", b"1"))
    assert rows() == ()


@pytest.mark.parametrize("body,headers,status", [
    (b"SELECT 1", {}, 200), (b"SELECT 1", {"Content-Type": "text/plain"}, 200), (b"SELECT 1", {"Content-Type": "application/json"}, 400),
    (b'{"sql": "SELECT 1"}', {"Content-Type": "application/json; charset=utf-8"}, 200), (b"", {}, 400), (b"\xff\xfe", {}, 400), (b"SELECT '\xff'", {}, 400),
    (b"SELECT 1", {"Accept": "image/png"}, None), (b"SELECT 1", {"Accept": "text/csv"}, 200), (b"SELECT 1", {"Accept": ";;;,,q=x"}, None),
    (b'{"sql": "SELECT 1", "params": "x"}', {"Content-Type": "application/json"}, 400), (b'{"sql": "SELECT 1", "timeout_ms": -1}', {"Content-Type": "application/json"}, 400),
    (b'{"sql": "SELECT ?", "params": [{"a": 1}]}', {"Content-Type": "application/json"}, None), (b'{"sql":"SELECT 1"} trailing', {"Content-Type": "application/json"}, 400)])
def test_queries_of_all_kinds(server, body, headers, status):
    code, answer_headers, answer = server.http("POST", "/api/query", body, {**AUTHORIZATION, **headers})
    assert (code == status) if status else (code in (200, 400, 406)), answer[:300]
    if code != 200:
        assert json.loads(answer)["message"] and answer_headers["Content-Type"].startswith("application/json")


def test_bodies_that_are_too_large_or_broken(server):
    def raw(text, wait=20):
        with socket.create_connection((server.host, server.http_port), timeout=wait) as connection:
            connection.sendall(text)
            response = http.client.HTTPResponse(connection)
            response.begin()
            return response.status, response.read()
    head = f"POST /api/query HTTP/1.1\r\nHost: x\r\nAuthorization: {AUTHORIZATION['Authorization']}\r\n"
    status, body = raw((head + "Content-Length: 99999999999\r\n\r\nSELECT 1").encode())
    assert status == 413 and b"larger" in body
    assert raw((head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n").encode())[0] == 400
    assert raw((head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nSELECT").encode())[0] == 400
    assert raw((head + "X-Long: " + "y" * 100_000 + "\r\n\r\n").encode())[0] == 431
    assert raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello of TLS \r\n\r\n")[0] == 400
    put = head.replace("POST /api/query", "PUT /api/web/loads/_stream_load")
    status, body = raw((put + "Transfer-Encoding: chunked\r\n\r\n5\r\n1,a,1\r\nqq\r\n").encode())
    assert status == 200 and json.loads(body)["Status"] == "Fail", body
    assert server.http_status("/health/live") == 200


def test_without_credentials_after_accounts_were_made():
    with Server(settings={"access.initial_root_password": "pw"}) as server:
        for method, path in (("POST", "/api/query"), ("GET", "/api/queries"), ("PUT", "/api/d/t/_stream_load"), ("PUT", "/api/d/_stream_load_2pc"), ("DELETE", "/api/queries/1")):
            for headers in ({}, {"Authorization": "Basic !!!"}, {"Authorization": "Bearer x"}, {"Authorization": "Basic " + base64.b64encode(b"nocolon").decode()}):
                status, fields, body = server.http(method, path, b"SELECT 1" if method != "GET" else None, headers)
                assert status == 401 and "Basic" in fields["WWW-Authenticate"] and json.loads(body)["code"] == 1045, (method, path, headers, status, body)


# --- metrics and draining -----------------------------------------------------------------------------------------
def metrics(server):
    _, _, body = server.http("GET", "/metrics", None, AUTHORIZATION)
    values = {}
    for line in body.decode().splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            values[name] = float(value)
    return values, body.decode()


def settled_metrics(server):
    """Requests are counted after their answer was sent: read until nothing changes but what reading itself changes."""
    def of_traffic(values):
        return {name: value for name, value in values.items() if "stream_load" in name or "statement" in name or "/api/" in name}
    values, text = metrics(server)
    for _ in range(50):
        time.sleep(0.1)
        last, (values, text) = values, metrics(server)
        if of_traffic(values) == of_traffic(last):
            break
    return values, text


def test_metrics_count_known_traffic(server, rows):
    query = {**AUTHORIZATION, "Content-Type": "application/json"}
    succeeds(load(server, CSV, column_separator=","), 2)
    refused(load(server, b"x", column_separator=","))
    server.http("POST", "/api/query", b'{"sql": "SELECT * FROM no_such.thing"}', query)
    before, text = settled_metrics(server)
    helped = {line.split()[2] for line in text.splitlines() if line.startswith("# HELP") and len(line.split(None, 3)) == 4}
    typed = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    assert typed and typed <= helped, typed - helped

    def total(values, part, *labels):
        return sum(value for name, value in values.items() if name.split("{")[0] == part and all(label in name for label in labels))
    for _ in range(3):
        succeeds(load(server, CSV, column_separator=","), 2)
    for _ in range(2):
        refused(load(server, b"x", column_separator=","))
    for _ in range(4):
        assert server.http("POST", "/api/query", b'{"sql": "SELECT COUNT(*) FROM web.loads"}', query)[0] == 200
    assert server.http("POST", "/api/query", b'{"sql": "SELECT * FROM no_such.thing"}', query)[0] == 404
    after, _ = settled_metrics(server)

    def grown(part, *labels):
        return total(after, part, *labels) - total(before, part, *labels)
    assert grown("sluice_stream_loads_total", 'status="Success"') == 3 and grown("sluice_stream_loads_total", 'status="Fail"') == 2
    assert grown("sluice_stream_load_rows_total") == 6 and grown("sluice_stream_load_bytes_total") == 3 * len(CSV) + 2
    assert grown("sluice_http_requests_total", 'route="/api/query"', 'status="200"') == 4
    assert grown("sluice_http_requests_total", 'route="/api/query"', 'status="404"') == 1
    assert grown("sluice_http_request_seconds_count", 'route="/api/query"') == 5
    assert grown("sluice_statements_total") >= 5 and grown("sluice_statement_errors_total") == 1 and 4 <= grown("sluice_statement_seconds_count") <= 5
    assert total(after, "process_resident_memory_bytes") > 10e6
    assert total(after, "sluice_stream_loads_running") == 0
    names = {name.split("{")[0] for name in after}
    for part in ("connections", "memory", "statement", "http_requests", "stream_load", "error"):
        assert any(part in name for name in names), (part, sorted(names))


def test_not_ready_while_draining():
    with Server() as server:
        server.execute_all(["CREATE DATABASE web", f"CREATE TABLE web.loads ({COLUMNS})"])
        assert server.http_status("/health/ready") == 200
        line = b"1,one,1,2024-01-01\n"
        running = OpenLoad(server, 1000 * len(line), label="draining")
        running.send(line)
        process.wait_until(lambda: listed(server, "draining"), 20, "the load runs")
        server._process.send_signal(signal.SIGTERM)  # pylint: disable=protected-access
        process.wait_until(lambda: server.http_status("/health/ready") == 503, 20, "not ready")
        assert server.http_status("/health/live") == 200 and b"sluice_statements_total" in server.http("GET", "/metrics")[2]
        # Load balancers learn of it first; a moment later new work is refused.
        def refused_query():
            status, _, body = server.http("POST", "/api/query", b"SELECT 1", AUTHORIZATION)
            return body if status == 503 else None
        assert json.loads(process.wait_until(refused_query, 20, "queries are refused"))["code"] == 1053
        assert server.http("PUT", "/api/web/loads/_stream_load", line, AUTHORIZATION)[0] == 503
        running.send(line * 999)
        succeeds(running.answer(), 1000)
        process.wait_until(lambda: not server.alive(), 20, "the server has ended")


def test_two_phases_and_kills_at_any_moment(tmp_path):
    """What was acknowledged is there after each kill, whole and once; what was not is there whole or not at all."""
    body = "".join(f"{number},text,1,2024-01-01\n" for number in range(20_000)).encode()
    committed, undecided, number = 0, [], 0
    with Server(data_dir=tmp_path / "data") as server:
        server.execute_all(["CREATE DATABASE web", f"CREATE TABLE web.loads ({COLUMNS})"])
        for turn in range(8):
            def work(started=server):
                nonlocal committed, number
                try:
                    while True:
                        number += 1
                        label = f"chaos-{number}"
                        undecided.append(label)
                        if load(started, body, column_separator=",", two_phase_commit="true", label=label)["Status"] == "Success":
                            if decide(started, "commit", label=label)["status"] == "Success":
                                committed += 1
                                undecided.remove(label)
                except (OSError, http.client.HTTPException, AssertionError, ValueError):
                    pass
            thread = threading.Thread(target=work)
            thread.start()
            time.sleep(0.15 + 0.09 * turn)
            server.kill9()
            thread.join(60)
            server.start()
            for label in list(undecided):
                answer = decide(server, "commit", label=label)
                undecided.remove(label)
                if answer["status"] == "Success" or "already visible" in answer["msg"]:
                    committed += 1
                else:
                    assert "not found" in answer["msg"], answer
            assert server.query("SELECT COUNT(*), COUNT(DISTINCT id) FROM web.loads") == ((committed * 20_000, 20_000 if committed else 0),)
    assert committed > 8
