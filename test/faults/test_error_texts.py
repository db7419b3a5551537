# SPDX-License-Identifier: Apache-2.0
"""Errors are those of Doris: its number, its first words, a place in the text, and none of the kernel's names."""
import base64
import json
import re

import mysql.connector
import pymysql
import pytest
from pymysql.constants import CLIENT

from harness import bad_statements as bad
from harness.server import Server

PREFIX = "errCode = 2, detailMessage = "
PLACE = re.compile(r"\(line (\d+), pos (\d+)\)$")
# Numbers that Doris sends itself. All else is 1105.
OF_DORIS = {1007, 1008, 1044, 1046, 1049, 1050, 1051, 1094, 1095, 1142, 1193, 1203, 1227, 1228, 1229, 1231, 1232, 1235, 1238, 1347, 1396, 5024, 5085}
OF_THE_PROTOCOL = {1210, 1243, 1295}
INTERNAL = re.compile(
    r"_LITERAL\b|\bU?(HUGEINT|TINYINT|SMALLINT|BIGINT|INTEGER)\[|\bHUGEINT\b|\bU(TINYINT|SMALLINT|INTEGER|BIGINT)\b|\bTIMESTAMP(_S|_MS|_NS)\b|SQLNULL|"
    r"\b(STRUCT|LIST|MAP)_(PACK|VALUE)\b|list_value|struct_pack|\bsystem\.(doris|main)|\bmain\.|sluice|\b__\w|\bd_[a-z]+\(|"
    r"Binder Error|Catalog Error|Parser Error|Conversion Error|Invalid Input|Constraint Error|DuckDB|duckdb|LINE \d+:|Candidate|"
    r"\bmacro\b|/tmp/|/data/|::|~~|read_csv|INTERNAL", re.I)


@pytest.fixture(scope="module")
def server():
    with Server() as started:
        started.execute_all(["CREATE DATABASE errors_db"])
        started.execute_all(bad.SCHEMA, "errors_db")
        yield started
        assert started.alive(), f"the server died:\n{started.log_tail()}"


@pytest.fixture
def cursor(server):
    with server.connect("errors_db") as connection, connection.cursor() as opened:
        yield opened


def error_of(cursor, sql):
    try:
        cursor.execute(sql)
        cursor.fetchall()
    except pymysql.err.MySQLError as error:
        return error.args[0], str(error.args[1])
    return None


def over_http(server, sql):
    """(number, message), or None."""
    login = "Basic " + base64.b64encode(f"{server.user}:{server.password}".encode()).decode()
    status, _, body = server.http("POST", "/api/query", json.dumps({"sql": sql, "database": "errors_db"}).encode(),
                                  {"Authorization": login, "Content-Type": "application/json"})
    answer = json.loads(body)
    if status == 200 and "error" not in answer:
        return None
    error = answer.get("error", answer)
    return error["code"], error["message"]


def problem_of(error, sql, place_needed):
    number, message = error
    if number in OF_THE_PROTOCOL:
        return None
    if number != 1105 and number not in OF_DORIS:
        return "its number is none of Doris'"
    if not message.startswith(PREFIX) or message.count(PREFIX) != 1:
        return "it does not begin as Doris' do"
    if INTERNAL.search(message.replace(sql, "")):
        return f"it shows {INTERNAL.search(message).group()!r}"
    place = PLACE.search(message)
    if place_needed and number == 1105 and not place:
        return "it names no place"
    if place:
        lines = sql.split("\n")
        line, position = int(place[1]), int(place[2])
        if not 1 <= line <= len(lines) or position > len(lines[line - 1]):
            return "its place is outside the statement"
    return None


def check(cursor, statements, place_needed):
    """How many were refused; fails with all that were refused wrongly."""
    problems, refused = [], 0
    for sql in statements:
        error = error_of(cursor, sql)
        if error is None:
            continue
        refused += 1
        problem = problem_of(error, sql, place_needed)
        if problem:
            problems.append(f"{sql!r}\n    {error}: {problem}")
    assert not problems, f"{len(problems)} of {refused}:\n" + "\n".join(problems)
    return refused


# Statements about what is not there, which Doris' grammar knows nothing of.
ABOUT_STATE = ("GRANT", "CREATE USER")


def test_cut_statements(cursor):
    refused = 0
    for whole in bad.WHOLE:
        refused += check(cursor, bad.cuts(whole), not whole.startswith(ABOUT_STATE))
    assert refused > 700


def test_what_the_binder_finds(cursor):
    assert check(cursor, bad.BIND, True) > 140


def test_values_and_state(cursor):
    assert check(cursor, bad.OTHER, False) > 50


def test_http_says_the_same(server, cursor):
    for sql in bad.BIND + bad.OTHER:
        if not sql.startswith(("INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "LOAD", "EXECUTE", "DEALLOCATE", "KILL", "PREPARE", "SET")):
            assert not sql or over_http(server, sql) == error_of(cursor, sql), sql


@pytest.mark.parametrize("sql,number,message", [
    ("SELEC 1", 1105, "mismatched input 'SELEC' expecting a statement like SELECT, INSERT, CREATE, SHOW or SET(line 1, pos 0)"),
    ("SELECT 1 FORM t", 1105, "mismatched input 't' expecting the end of the statement(line 1, pos 14)"),
    ("SELECT k FROM t WHERE (k = 1", 1105, "mismatched input '<EOF>' expecting ')'(line 1, pos 28)"),
    ("SELECT k,\n  FROM t", 1105, "expected an expression; 'FROM' is a reserved word near 'FROM t'(line 2, pos 2)"),
    ("SELECT nocol FROM t", 1105, "Unknown column 'nocol' in 'table list' in PROJECT clause(line 1, pos 7)"),
    ("SELECT 1,\n t.nocol FROM t", 1105, "Unknown column 'nocol' in 't' in PROJECT clause(line 2, pos 1)"),
    ("SELECT '\u00e4\u00f6\U0001F600', nocol FROM t", 1105, "Unknown column 'nocol' in 'table list' in PROJECT clause(line 1, pos 14)"),
    ("SELECT nocol", 1105, "Unknown column 'nocol' in 'table list' in ONE_ROW_RELATION clause(line 1, pos 7)"),
    ("SELECT k FROM t WHERE nocol = 1", 1105, "Unknown column 'nocol' in 'table list' in FILTER clause(line 1, pos 22)"),
    ("SELECT COUNT(*) FROM t GROUP BY nocol", 1105, "Unknown column 'nocol' in 'table list' in AGGREGATE clause(line 1, pos 32)"),
    ("SELECT k FROM t ORDER BY nocol", 1105, "Unknown column 'nocol' in 'table list' in SORT clause(line 1, pos 25)"),
    ("SELECT 1 FROM t JOIN u ON t.k = u.nocol", 1105, "Unknown column 'nocol' in 'u' in JOIN clause(line 1, pos 32)"),
    ("SELECT SUM(k) OVER (ORDER BY nocol) FROM t", 1105, "Unknown column 'nocol' in 'table list' in PROJECT clause(line 1, pos 29)"),
    ("SELECT * FROM notab", 1105, "Table [notab] does not exist in database [errors_db].(line 1, pos 14)"),
    ("SELECT nofun(k) FROM t", 1105, "Can not found function 'nofun'(line 1, pos 7)"),
    ("SELECT k, bitmap_count(k) FROM t", 1105, "Can not find the compatibility function signature: bitmap_count(INT)(line 1, pos 10)"),
    ("SELECT upper(lower(v, v)) FROM t", 1105, "Can not found function 'lower' which has 2 arity. It takes 1(line 1, pos 13)"),
    ("SELECT k, v FROM t GROUP BY k", 1105, "v should be grouped by. It must appear in the GROUP BY clause or be used in an aggregate function: "
     "v not in aggregate's output(line 1, pos 10)"),
    ("SELECT k FROM t WHERE SUM(k) > 1", 1105, "LOGICAL_FILTER can not contains AggregateFunction expression: SUM(k)(line 1, pos 22)"),
    ("SELECT SUM(SUM(k)) FROM t", 1105, "aggregate function cannot contain aggregate parameters: SUM(k)(line 1, pos 11)"),
    ("SELECT k FROM t x, u y", 1105, "k is ambiguous: x.k, y.k.(line 1, pos 7)"),
    ("USE nodb", 1049, "Unknown database 'nodb'"),
    ("DESC notab", 1051, "Unknown table 'notab'"),
    ("DROP TABLE notab", 1051, "Unknown table 'notab'"),
    ("CREATE DATABASE errors_db", 1007, "Can't create database 'errors_db'; database exists"),
    ("SELECT @@nosuch", 1193, "Unknown system variable 'nosuch'"),
])
def test_wordings(cursor, sql, number, message):
    assert error_of(cursor, sql) == (number, PREFIX + message)


def test_place_in_a_text_of_many_statements(server):
    text = "-- a comment\nSELECT 1;\n\nSELECT 2; SELECT\n nocol FROM t; SELECT 3"
    with server.connect("errors_db", client_flag=CLIENT.MULTI_STATEMENTS) as connection, connection.cursor() as several:
        several.execute(text)
        with pytest.raises(pymysql.err.MySQLError, match=r"\(line 5, pos 1\)"):
            while several.nextset():
                pass
        # The text before does not count for the next one.
        several.execute("SELECT 1")
        assert error_of(several, "SELECT nocol FROM t")[1].endswith("(line 1, pos 7)")


def test_place_with_reused_plans(cursor):
    """Literals of other lengths stand before it; the form is the same."""
    for text in ("a", "a longer one", "x"):
        sql = f"SELECT '{text}', nocol FROM t WHERE k = 1"
        assert error_of(cursor, sql)[1].endswith(f"(line 1, pos {sql.index('nocol')})")
        sql = f"INSERT INTO u VALUES (1{len(text)}, 2, 3), ({len(text) * 100}, 'no number', 3)"
        assert error_of(cursor, sql)[1].endswith(f"(line 1, pos {sql.index(chr(39))})")
        sql = f"INSERT INTO n VALUES ({len(text) ** 5}, nocol)"
        assert error_of(cursor, sql)[1].endswith(f"(line 1, pos {sql.index('nocol')})")


def test_prepared(server, cursor):
    connection = mysql.connector.connect(host=server.host, port=server.mysql_port, user="root", database="errors_db", use_pure=True)
    try:
        with pytest.raises(mysql.connector.Error) as caught, connection.cursor(prepared=True) as prepared:
            prepared.execute("SELECT k FROM t WHERE nocol = ?", (1,))
        assert caught.value.errno == 1105 and caught.value.sqlstate == "HY000" and caught.value.msg.endswith("(line 1, pos 22)")
    finally:
        connection.close()
    assert error_of(cursor, "PREPARE p FROM 'SELECT nocol FROM t'")[1].endswith("PROJECT clause(line 1, pos 7)")
    cursor.execute("PREPARE p FROM 'SELECT k FROM t'")


def test_warnings_and_state(cursor):
    number, message = error_of(cursor, "SELECT nocol FROM t")
    cursor.execute("SHOW WARNINGS")
    assert cursor.fetchall() == (("Error", number, message),)


def test_names_of_views_have_no_place_in_the_text(cursor):
    cursor.execute("CREATE TABLE short (a INT, b INT) DISTRIBUTED BY HASH(a) BUCKETS 1 PROPERTIES ('replication_num' = '1')")
    cursor.execute("CREATE VIEW reads_short AS SELECT a, b FROM short")
    cursor.execute("ALTER TABLE short RENAME elsewhere")
    number, message = error_of(cursor, "SELECT     1 FROM      reads_short")
    assert number == 1105 and "short" in message
    assert "pos 0)" in message or not PLACE.search(message) or "reads_short" in message


# --- mysql.error_codes = "mysql" ------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def mysql_server():
    with Server(settings={"mysql.error_codes": "mysql"}) as started:
        started.execute_all(["CREATE DATABASE errors_db"])
        started.execute_all(bad.SCHEMA, "errors_db")
        yield started


@pytest.mark.parametrize("sql,number,message", [
    ("SELEC 1", 1064, "You have an error in your SQL syntax: expected a statement like SELECT, INSERT, CREATE, SHOW or SET near 'SELEC 1' "
     "at line 1, position 1"),
    ("SELECT nocol FROM t", 1054, "Unknown column 'nocol' in 'table list'"),
    ("SELECT * FROM notab", 1146, "Table 'notab' doesn't exist"),
    ("SELECT nofun(1)", 1305, "FUNCTION nofun does not exist"),
    ("SELECT k, v FROM t GROUP BY k", 1055, None),
    ("SELECT k FROM t, u", 1052, None),
    ("INSERT INTO n VALUES (NULL, 1)", 1048, "Column 'k' cannot be null"),
    ("INSERT INTO u VALUES ('x', 1, 1)", 1366, "Incorrect INT value: 'x'"),
    ("CREATE TABLE b (a INT) DISTRIBUTED BY HASH(b) BUCKETS 1", 1105, "Distribution column(b) doesn't exist."),
])
def test_numbers_of_mysql(mysql_server, sql, number, message):
    with mysql_server.connect("errors_db") as connection, connection.cursor() as cursor:
        got = error_of(cursor, sql)
        assert got[0] == number and (message is None or got[1] == message)
        assert not got[1].startswith("errCode") and not PLACE.search(got[1])
    assert over_http(mysql_server, sql) == got
