# SPDX-License-Identifier: Apache-2.0
"""Column definitions of every type of Doris, as a Doris frontend sends them: type code, length, flags, decimals, character set."""
import pytest

from harness import wire

TINY, SHORT, LONG, FLOAT, DOUBLE, LONGLONG, DATE, DATETIME, JSON, NEWDECIMAL, BLOB, STRING = 1, 2, 3, 4, 5, 8, 10, 12, 245, 246, 252, 254
UTF8 = 45  # utf8mb4: Doris sends 33, with which some drivers break characters of four bytes (src/door/mysql/PROTOCOL.md)

# column of `types` -> (type code, length, decimals, what a text row holds)
COLUMNS = {
    "bo": (TINY, 1, 0, b"1"),
    "i8": (TINY, 4, 0, b"-128"),
    "i16": (SHORT, 6, 0, b"-32768"),
    "i32": (LONG, 11, 0, b"-2147483648"),
    "i64": (LONGLONG, 20, 0, b"-9223372036854775808"),
    "i128": (STRING, 255, 0, b"170141183460469231731687303715884105727"),
    "f32": (FLOAT, 12, 31, b"0.25"),
    "f64": (DOUBLE, 22, 31, b"0.1"),
    "d9": (NEWDECIMAL, 11, 2, b"1234567.89"),
    "d18": (NEWDECIMAL, 19, 0, b"123456789012345678"),
    "d38": (NEWDECIMAL, 40, 4, b"1234567890123456789012345678901234.5678"),
    "dt": (DATE, 10, 0, b"2024-02-29"),
    "ts6": (DATETIME, 19, 6, b"2024-02-29 12:34:56.789012"),
    "c3": (STRING, 255, 0, b"abc"),
    "v5": (STRING, 255, 0, b"hello"),
    "js": (JSON, 255, 0, b'{"a":1}'),
    "ar": (STRING, 255, 0, b"[1, 2, null]"),
    "ma": (STRING, 255, 0, b'{"k":1}'),
    "su": (STRING, 255, 0, b'{"a":1, "b":"x"}'),
    "ip4": (STRING, 255, 0, b"10.0.0.1"),
    "ip6": (STRING, 255, 0, b"::1"),
}
EXPRESSIONS = {
    "TRUE": (TINY, 1, 0),
    "1": (TINY, 4, 0),
    "300": (SHORT, 6, 0),
    "CAST(1 AS INT) + CAST(1 AS INT)": (LONGLONG, 20, 0),
    "COUNT(*)": (LONGLONG, 20, 0),
    "1.50": (NEWDECIMAL, 5, 2),
    "1 / 2": (DOUBLE, 22, 31),
    "CAST('1.5' AS FLOAT)": (FLOAT, 12, 31),
    "'text'": (STRING, 255, 0),
    "CURRENT_DATE()": (DATE, 10, 0),
    "NOW()": (DATETIME, 19, 0),
    "CAST('2024-01-01' AS DATETIME(3))": (DATETIME, 19, 3),
    "CONCAT('a', 'b')": (STRING, 255, 0),
    "[1, 2]": (STRING, 255, 0),
    "CAST('{}' AS JSON)": (JSON, 255, 0),
    "VERSION()": (STRING, 255, 0),
}


@pytest.fixture(scope="module")
def connection(shop):
    with wire.Wire(shop, database="shop") as client:
        yield client


def numbers(column):
    return column.type, column.length, column.decimals


@pytest.mark.parametrize("name", COLUMNS)
def test_column(connection, name):
    columns, rows = connection.described(f"SELECT {name} FROM types t")
    *wanted, value = COLUMNS[name]
    assert [numbers(column) for column in columns] == [tuple(wanted)]
    assert (columns[0].flags, columns[0].charset) == (0, UTF8)
    origin = columns[0]
    assert (origin.schema, origin.table, origin.org_table, origin.name, origin.org_name) == ("shop", "t", "types", name, name)
    assert rows == [[value]]


@pytest.mark.parametrize("name,digits,value", [
    ("ts", 0, b"2024-02-29 12:34:56"),
    ("ts3", 3, b"2024-02-29 12:34:56.789")])
def test_digits_of_datetimes(connection, name, digits, value):
    columns, rows = connection.described(f"SELECT {name} FROM types")
    assert numbers(columns[0]) == (DATETIME, 19, digits)
    assert rows == [[value]]


def test_string_is_a_text(connection):
    columns, rows = connection.described("SELECT st FROM types")
    assert numbers(columns[0]) == (BLOB, 255, 0)
    assert rows == [[b"text"]]


def test_star_tells_the_same(connection):
    columns, _ = connection.described("SELECT * FROM types")
    found = {column.name: numbers(column) for column in columns}
    assert len(columns) == 26
    assert {name: found[name] for name in COLUMNS} == {name: tuple(wanted[:3]) for name, wanted in COLUMNS.items()}
    assert {(column.schema, column.org_table) for column in columns} == {("shop", "types")}


def test_prepare_tells_the_same(connection):
    _, parameters, columns = connection.prepare("SELECT i32, d38, ts6, v5, js FROM types WHERE i32 < ?")
    assert parameters == 1
    assert [numbers(column) for column in columns] == [COLUMNS[column.name][:3] for column in columns]
    assert [column.name for column in columns] == ["i32", "d38", "ts6", "v5", "js"]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expression(connection, expression):
    columns, _ = connection.described(f"SELECT {expression} FROM types")
    assert numbers(columns[0]) == EXPRESSIONS[expression]
    assert (columns[0].flags, columns[0].charset) == (0, UTF8)
    # No table, and the expression as it was written for a name.
    assert (columns[0].schema, columns[0].org_table, columns[0].org_name, columns[0].name) == ("", "", "", expression)


def test_objects_are_null(connection):
    columns, rows = connection.described("SELECT k, bi, hl FROM objects")
    assert [(column.type, column.length) for column in columns[1:]] == [(STRING, 255)] * 2
    assert rows == []
    connection.query("INSERT INTO objects VALUES (1, TO_BITMAP(1), HLL_HASH('a'), TO_QUANTILE_STATE(1, 2048))")
    assert connection.query("SELECT k, bi, hl FROM objects") == [[b"1", None, None]]


def test_a_wide_decimal(connection):
    columns, _ = connection.described("SELECT d76 FROM types")
    assert numbers(columns[0]) == (NEWDECIMAL, 78, 5)
    columns, rows = connection.described("SELECT CAST('12345678901234567890123456789012345678901.5' AS DECIMAL(76, 5))")
    assert numbers(columns[0]) == (NEWDECIMAL, 78, 5)
    assert rows == [[b"12345678901234567890123456789012345678901.50000"]]


def test_show_tells_texts_and_numbers(connection):
    """SHOW answers come as texts and numbers, never as types that a client would have to convert."""
    for sql in ("SHOW DATABASES", "SHOW FULL TABLES", "SHOW FULL COLUMNS FROM types", "SHOW TABLE STATUS", "SHOW VARIABLES LIKE 'a%'"):
        columns, rows = connection.described(sql)
        assert rows and {column.type for column in columns} <= {STRING, LONGLONG, LONG, TINY, DATETIME, BLOB}, sql
