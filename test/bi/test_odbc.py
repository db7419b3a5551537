# SPDX-License-Identifier: Apache-2.0
"""Tableau and Power BI through ODBC: MariaDB's driver, its catalogue functions and what the tools send besides."""
import datetime
import decimal
import pathlib

import pyodbc
import pytest

DRIVER = pathlib.Path("/usr/lib/x86_64-linux-gnu/odbc/libmaodbc.so")


@pytest.fixture(scope="module")
def connection(shop):
    assert DRIVER.exists(), "the package odbc-mariadb is not installed: tools/setup.sh test"
    link = pyodbc.connect(f"DRIVER={DRIVER};SERVER={shop.host};PORT={shop.mysql_port};UID={shop.user};PWD={shop.password};DATABASE=shop")
    yield link
    link.close()


@pytest.fixture
def cursor(connection):
    with connection.cursor() as one:
        yield one
    connection.rollback()


def values(rows, *names):
    return [tuple(getattr(row, name) for name in names) for row in rows]


def test_product(connection):
    assert connection.getinfo(pyodbc.SQL_DBMS_VER).startswith("05.07")
    assert connection.getinfo(pyodbc.SQL_DATABASE_NAME) == "shop"
    assert connection.getinfo(pyodbc.SQL_IDENTIFIER_QUOTE_CHAR) == "`"


def test_catalogs(cursor):
    assert values(cursor.tables(table="", catalog="%", schema=""), "table_cat") == [("information_schema",), ("kairos.default",), ("mysql",), ("shop",)]
    kinds = values(cursor.tables(table="", catalog="", schema="", tableType="%"), "table_type")
    assert {"TABLE", "VIEW"} <= {kind for kind, in kinds}


def test_tables(cursor):
    found = values(cursor.tables(catalog="shop"), "table_name", "table_type", "remarks")
    assert ("orders", "TABLE", "all orders") in found and ("sums", "TABLE", "by region") in found
    assert sorted(name for name, _, _ in found) == ["names", "objects", "orders", "sums", "types"]
    assert values(cursor.tables(catalog="shop", tableType="VIEW"), "table_name") == [("names",)]


def test_columns(cursor):
    found = {row.column_name: row for row in cursor.columns(table="orders", catalog="shop")}
    assert list(found) == ["id", "name", "born", "at", "flag", "score", "price"]
    kinds = {name: row.data_type for name, row in found.items()}
    assert kinds == {"id": pyodbc.SQL_BIGINT, "name": pyodbc.SQL_WVARCHAR, "born": pyodbc.SQL_TYPE_DATE, "at": pyodbc.SQL_TYPE_TIMESTAMP,
                     "flag": pyodbc.SQL_TINYINT, "score": pyodbc.SQL_DOUBLE, "price": pyodbc.SQL_DECIMAL}
    assert {name: row.is_nullable for name, row in found.items()} == {
        "id": "NO", "name": "YES", "born": "YES", "at": "YES", "flag": "YES", "score": "YES", "price": "NO"}
    assert (found["name"].column_size, found["name"].remarks) == (50, "a name")
    assert (found["price"].column_size, found["price"].decimal_digits) == (12, 2)
    # The driver names the size's kind by a variable that it assigns in the same row.
    assert {name: row.sql_data_type for name, row in found.items()} == {**kinds, "born": 9, "at": 9}
    assert found["price"].buffer_length == 14 and found["id"].buffer_length == 20


def test_columns_of_every_type(cursor):
    found = {row.column_name: row.type_name.lower() for row in cursor.columns(table="types", catalog="shop")}
    assert len(found) == 26
    assert {name: found[name] for name in ("i8", "i32", "i64", "f32", "d38", "dt", "v5", "c3")} == {
        "i8": "tinyint", "i32": "int", "i64": "bigint", "f32": "float", "d38": "decimal", "dt": "date", "v5": "varchar", "c3": "char"}


def test_keys(cursor):
    # The driver asks for COLUMN_KEY = 'pri'.
    assert values(cursor.primaryKeys("orders", catalog="shop"), "column_name", "key_seq") == [("id", 1)]
    assert values(cursor.primaryKeys("sums", catalog="shop"), "column_name") == []
    indexes = values(cursor.statistics("orders", catalog="shop"), "index_name", "column_name", "non_unique")
    assert ("PRIMARY", "id", 0) in indexes
    assert values(cursor.foreignKeys("orders", catalog="shop"), "fk_name") == []
    assert values(cursor.foreignKeys(foreignTable="orders", foreignCatalog="shop"), "fk_name") == []


def test_routines_and_special_columns(cursor):
    assert cursor.procedures(catalog="shop").fetchall() == []
    assert cursor.procedureColumns(catalog="shop").fetchall() == []
    assert cursor.rowVerColumns("orders", catalog="shop").fetchall() == []
    cursor.rowIdColumns("orders", catalog="shop").fetchall()


def test_type_info(cursor):
    assert {"VARCHAR", "DATE", "DECIMAL", "DOUBLE"} <= {row.type_name for row in cursor.getTypeInfo()}


def test_rows(cursor):
    rows = cursor.execute("SELECT * FROM orders WHERE id = ?", 1).fetchall()
    assert [tuple(row) for row in rows] == [(1, "ann", datetime.date(2024, 1, 5), datetime.datetime(2024, 1, 5, 10, 11, 12), 1, 1.5,
                                            decimal.Decimal("10.25"))]
    kinds = {column[0]: column[1] for column in cursor.description}
    assert kinds["id"] is int and kinds["name"] is str and kinds["born"] is datetime.date and kinds["price"] is decimal.Decimal


def test_parameters(cursor):
    moment = datetime.datetime(2024, 1, 2, 3, 4, 5)
    row = cursor.execute("SELECT ?, ?, ?, ?, ?, ?", 1, "x", 1.5, None, moment, decimal.Decimal("12.50")).fetchone()
    assert tuple(row)[:5] == (1, "x", 1.5, None, moment)
    assert decimal.Decimal(row[5]) == decimal.Decimal("12.50")


def test_escapes(cursor):
    assert tuple(cursor.execute("SELECT {fn UCASE('a')}, {d '2024-01-01'}, {ts '2024-01-01 10:00:00'}").fetchone()) == (
        "A", datetime.date(2024, 1, 1), datetime.datetime(2024, 1, 1, 10))
    sql = "SELECT COUNT(*) FROM {oj orders a LEFT OUTER JOIN names b ON a.id = b.id}"
    assert cursor.execute(sql).fetchone()[0] == 4


def test_tableau(cursor):
    """Its probes at the first connect, its way to look at a table, and a worksheet's query."""
    cursor.execute("SET SESSION SQL_AUTO_IS_NULL=0")
    cursor.execute("CREATE TEMPORARY TABLE `#Tableau_7_probe` (`COL` INTEGER)")
    cursor.execute("INSERT INTO `#Tableau_7_probe` VALUES (1)")
    assert cursor.execute("SELECT SUM(`COL`) FROM `#Tableau_7_probe`").fetchone()[0] == 1
    cursor.execute("DROP TABLE `#Tableau_7_probe`")
    assert [column[0] for column in cursor.execute("SELECT * FROM (SELECT id, name FROM orders) `Custom SQL Query` LIMIT 0").description] == ["id", "name"]
    rows = cursor.execute("SELECT `orders`.`name` AS `name`, SUM(`orders`.`price`) AS `sum:price:ok`, "
                          "ADDDATE(DATE_FORMAT(`orders`.`at`, '%Y-01-01 00:00:00'), INTERVAL 0 SECOND) AS `yr:at:ok`, "
                          "((YEAR(`orders`.`at`) * 100) + MONTH(`orders`.`at`)) AS `my:at:ok` "
                          "FROM `orders` WHERE (`orders`.`name` IN ('ann', 'bob')) GROUP BY 1, 3, 4 ORDER BY 1, 4").fetchall()
    year = datetime.datetime(2024, 1, 1)
    assert [(row[0], row[1], row[3]) for row in rows] == [
        ("ann", decimal.Decimal("10.25"), 202401), ("ann", decimal.Decimal("7.50"), 202405), ("bob", decimal.Decimal("20.00"), 202402)]
    assert {str(row[2])[:10] for row in rows} == {str(year)[:10]}
    assert cursor.execute("SELECT COUNT(1) AS `cnt`, (COUNT(DISTINCT `orders`.`name`)) FROM `orders` HAVING (COUNT(1) > 0)").fetchone()[1] == 2


def test_power_bi(cursor):
    """DirectQuery wraps every table and folds filters, and asks for the top rows."""
    rows = cursor.execute("select `_`.`name` as `c1`, sum(`_`.`price`) as `a0` from (select `$Table`.`name`, `$Table`.`price` "
                          "from `shop`.`orders` `$Table`) `_` where not `_`.`name` is null group by `_`.`name` order by `_`.`name` "
                          "limit 1000001 offset 0").fetchall()
    assert [tuple(row) for row in rows] == [("ann", decimal.Decimal("17.75")), ("bob", decimal.Decimal("20.00"))]


def test_an_error_leaves_the_transaction_usable(connection, cursor):
    connection.autocommit = False
    with pytest.raises(pyodbc.Error):
        cursor.execute("SELECT nothing FROM orders")
    assert cursor.execute("SELECT COUNT(*) FROM orders").fetchone()[0] == 4
