# SPDX-License-Identifier: Apache-2.0
"""Superset: SQLAlchemy over PyMySQL: the dialect's first questions, the inspector, time grains."""
import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

# Of Doris' SHOW CREATE TABLE the dialect understands the columns, not the clauses after them.
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")


@pytest.fixture(scope="module")
def engine(shop):
    url = sa.URL.create("mysql+pymysql", shop.user, shop.password or None, shop.host, shop.mysql_port, "shop", query={"charset": "utf8mb4"})
    made = sa.create_engine(url, pool_pre_ping=True)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def inspector(engine):
    return sa.inspect(engine)


def test_first_connect(engine):
    with engine.connect():
        pass
    assert engine.dialect.server_version_info[:2] == (5, 7) and not engine.dialect.is_mariadb
    assert engine.dialect.default_schema_name == "shop"


def test_schemas_and_tables(inspector):
    assert inspector.get_schema_names() == ["information_schema", "mysql", "shop"]
    assert sorted(inspector.get_table_names("shop")) == ["objects", "orders", "sums", "types"]
    assert inspector.get_view_names("shop") == ["names"]
    assert inspector.has_table("orders", schema="shop") and not inspector.has_table("nothing", schema="shop")


def test_columns(inspector):
    columns = {column["name"]: column for column in inspector.get_columns("orders", "shop")}
    kinds = {name: type(column["type"]) for name, column in columns.items()}
    assert list(kinds) == ["id", "name", "born", "at", "flag", "score", "price"]
    assert kinds["id"] is mysql.BIGINT and kinds["name"] is mysql.VARCHAR and kinds["born"] is sa.DATE
    assert kinds["at"] is mysql.DATETIME and kinds["score"] is mysql.DOUBLE and kinds["price"] is mysql.DECIMAL
    assert columns["name"]["type"].length == 50
    assert (columns["price"]["type"].precision, columns["price"]["type"].scale) == (12, 2)
    assert {name: column["nullable"] for name, column in columns.items()} == {
        "id": False, "name": True, "born": True, "at": True, "flag": True, "score": True, "price": False}


def test_columns_of_the_other_models(inspector):
    assert [column["name"] for column in inspector.get_columns("sums", "shop")] == ["region", "day", "amount"]
    assert len(inspector.get_columns("types", "shop")) == 26


def test_keys_and_indexes(inspector):
    assert inspector.get_foreign_keys("orders", "shop") == []
    assert isinstance(inspector.get_indexes("orders", "shop"), list)
    assert isinstance(inspector.get_pk_constraint("orders", "shop")["constrained_columns"], list)
    assert inspector.get_check_constraints("orders", "shop") == []


def test_comments(engine):
    """Of information_schema: the dialect does not understand those of Doris' SHOW CREATE TABLE."""
    with engine.connect() as connection:
        sql = "SELECT {0}_comment FROM information_schema.{0}s WHERE table_schema = 'shop' AND table_name = 'orders' AND {0}_comment <> ''"
        assert connection.execute(sa.text(sql.format("table"))).scalar() == "all orders"
        assert connection.execute(sa.text(sql.format("column"))).scalar() == "a name"


def test_view_definition(inspector):
    definition = inspector.get_view_definition("names", "shop").lower()
    assert "create view" in definition and "orders" in definition


def test_a_table_that_is_made_and_dropped(engine, inspector):
    table = sa.Table("made_here", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
                     sa.Column("title", sa.String(30), comment="the title"), sa.Column("day", sa.Date))
    table.create(engine)
    try:
        inspector.clear_cache()
        assert [column["name"] for column in inspector.get_columns("made_here")] == ["id", "title", "day"]
        assert inspector.get_pk_constraint("made_here")["constrained_columns"] == ["id"]
    finally:
        table.drop(engine)
    inspector.clear_cache()
    assert not inspector.has_table("made_here")


# Superset's time grains of MySQL; rows 1, 2 and 4 of `orders`.
GRAINS = {
    "DATE_ADD(DATE(at), INTERVAL (HOUR(at)*60*60 + MINUTE(at)*60 + SECOND(at)) SECOND)":
        ["2024-01-05 10:11:12", "2024-02-15 23:59:59", "2024-05-01 00:00:00"],
    "DATE_ADD(DATE(at), INTERVAL (HOUR(at)*60 + MINUTE(at)) MINUTE)": ["2024-01-05 10:11:00", "2024-02-15 23:59:00", "2024-05-01 00:00:00"],
    "DATE_ADD(DATE(at), INTERVAL HOUR(at) HOUR)": ["2024-01-05 10:00:00", "2024-02-15 23:00:00", "2024-05-01 00:00:00"],
    "DATE(at)": ["2024-01-05", "2024-02-15", "2024-05-01"],
    "DATE(DATE_SUB(at, INTERVAL DAYOFWEEK(at) - 1 DAY))": ["2023-12-31", "2024-02-11", "2024-04-28"],
    "DATE(DATE_SUB(at, INTERVAL DAYOFWEEK(DATE_SUB(at, INTERVAL 1 DAY)) - 1 DAY))": ["2024-01-01", "2024-02-12", "2024-04-29"],
    "DATE(DATE_SUB(at, INTERVAL DAYOFMONTH(at) - 1 DAY))": ["2024-01-01", "2024-02-01", "2024-05-01"],
    "MAKEDATE(YEAR(at), 1) + INTERVAL QUARTER(at) QUARTER - INTERVAL 1 QUARTER": ["2024-01-01", "2024-01-01", "2024-04-01"],
    "DATE(DATE_SUB(at, INTERVAL DAYOFYEAR(at) - 1 DAY))": ["2024-01-01", "2024-01-01", "2024-01-01"],
}


@pytest.mark.parametrize("grain", GRAINS)
def test_time_grain(engine, grain):
    sql = f"SELECT {grain} AS __timestamp, SUM(price) AS `SUM(price)` FROM shop.orders WHERE at >= '2024-01-01 00:00:00.000000' " \
          f"AND at < '2025-01-01 00:00:00.000000' GROUP BY {grain} ORDER BY `SUM(price)` DESC LIMIT 10000"
    with engine.connect() as connection:
        found = [row[0] for row in connection.execute(sa.text(sql)).fetchall()]
    wanted = GRAINS[grain]
    assert sorted(map(str, found)) == sorted(set(wanted))
    assert all(isinstance(value, datetime.date) for value in found)


def test_chart_queries(engine):
    with engine.connect() as connection:
        def rows(sql):
            return [tuple(row) for row in connection.execute(sa.text(sql)).fetchall()]
        assert rows("SELECT name, COUNT(*) AS c FROM orders GROUP BY name WITH ROLLUP HAVING c > 0 ORDER BY c DESC, name LIMIT 1") == [(None, 4)]
        assert rows("SELECT name AS name FROM (SELECT * FROM orders) AS virtual_table WHERE name IN ('ann') GROUP BY name LIMIT 1000") == [("ann",)]
        assert rows("SELECT COUNT(DISTINCT name) AS `COUNT_DISTINCT(name)`, MIN(born), MAX(born) FROM orders") == [
            (2, datetime.date(2024, 1, 5), datetime.date(2024, 5, 1))]
        assert connection.execute(sa.text("EXPLAIN SELECT * FROM orders")).fetchall()


def test_nested_transactions(engine):
    """begin_nested() sends SAVEPOINT; what only read can be returned to."""
    with engine.connect() as connection, connection.begin():
        nested = connection.begin_nested()
        with pytest.raises(sa.exc.DBAPIError):
            connection.execute(sa.text("SELECT nothing FROM orders"))
        nested.rollback()
        assert connection.execute(sa.text("SELECT COUNT(*) FROM orders")).scalar() == 4
