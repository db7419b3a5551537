# SPDX-License-Identifier: Apache-2.0
"""The scenario with SQLAlchemy (over PyMySQL): engine, core tables, reflection, streaming."""
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

import scenario as s


def engine(**options):
    url = sa.URL.create("mysql+pymysql", s.USER, s.PASSWORD, s.HOST, s.PORT, s.DB, query={"charset": "utf8mb4"})
    return sa.create_engine(url, **options)


ENGINE = engine(pool_pre_ping=True)
METADATA = sa.MetaData()
TYPES = sa.Table(
    "types", METADATA, sa.Column("id", sa.Integer), sa.Column("b", sa.Boolean), sa.Column("i8", mysql.TINYINT),
    sa.Column("i16", sa.SmallInteger), sa.Column("i32", sa.Integer), sa.Column("i64", sa.BigInteger),
    sa.Column("f32", mysql.FLOAT), sa.Column("f64", mysql.DOUBLE(asdecimal=False)), sa.Column("d", sa.Numeric(38, 10)),
    sa.Column("dt", sa.Date), sa.Column("ts", mysql.DATETIME(fsp=6)), sa.Column("v", sa.String(200)), sa.Column("t", sa.Text))
BIG = sa.Table("big", METADATA, sa.Column("id", sa.BigInteger), sa.Column("txt", sa.String(100)))


def number_of(error):
    return error.orig.args[0]


def check_connect():
    with ENGINE.connect() as connection:
        s.equal(connection.execute(sa.select(1)).scalar(), 1)
        s.equal(ENGINE.dialect.default_schema_name, s.DB)


def check_tls():
    with engine(connect_args={"ssl": {"ca": s.CA, "check_hostname": False}}).connect() as connection:
        s.expect(connection.connection.dbapi_connection._secure, "not encrypted")  # pylint: disable=protected-access
        s.proves_tls(connection.execute(sa.text(s.TLS_STATUS)).all())


def check_types():
    with ENGINE.begin() as connection:
        connection.execute(sa.delete(TYPES))
        connection.execute(sa.insert(TYPES), [dict(zip(s.TYPE_COLUMNS, row)) for row in s.TYPE_ROWS])
    with ENGINE.connect() as connection:
        for got, wanted in zip(connection.execute(sa.select(TYPES).order_by(TYPES.c.id)), s.TYPE_ROWS):
            s.equal(tuple(got), wanted)


def check_queries():
    with ENGINE.connect() as connection:
        doubled = sa.select((BIG.c.id % 10).label("bucket"), sa.func.count().label("n")).where(BIG.c.id < 1000)
        doubled = doubled.group_by(sa.text("bucket")).order_by(sa.desc("bucket")).limit(3)
        s.equal([tuple(row) for row in connection.execute(doubled)], [(9, 100), (8, 100), (7, 100)])
        s.equal(connection.execute(sa.select(BIG.c.txt).where(BIG.c.id.in_([1, 2, 3])).order_by(BIG.c.id).offset(1).limit(1)).scalar(),
                "row 2")
        s.equal(connection.execute(sa.text("SELECT CAST(:x AS CHAR(60))"), {"x": "plain"}).scalar(), "plain")


def check_errors():
    def run(sql):
        with ENGINE.connect() as connection:
            connection.exec_driver_sql(sql)
    s.fails(lambda: run("SELECT * FROM no_such_table"), {1146}, number_of=number_of)
    s.fails(lambda: run("SELEC"), {1064}, number_of=number_of)
    error = s.fails(lambda: run("INSERT INTO keyed SELECT 1, 'a' UNION ALL SELECT 1, 'b'"), {1062}, number_of=number_of)
    s.expect(isinstance(error, sa.exc.IntegrityError), f"{error!r} is no IntegrityError")


def check_big_result():
    with ENGINE.connect().execution_options(stream_results=True, max_row_buffer=10000) as connection:
        count = total = 0
        for part in connection.execute(sa.select(BIG.c.id)).partitions(10000):
            count += len(part)
            total += sum(row[0] for row in part)
    s.equal((count, total), (s.BIG_ROWS, s.BIG_ROWS * (s.BIG_ROWS - 1) // 2))


def check_transactions():
    with ENGINE.connect() as connection:
        transaction = connection.begin()
        connection.exec_driver_sql("INSERT INTO keyed VALUES (300, 'x')")
        transaction.rollback()
        s.equal(connection.exec_driver_sql("SELECT COUNT(*) FROM keyed WHERE id = 300").scalar(), 0)


def check_metadata():
    inspector = sa.inspect(ENGINE)
    s.expect(s.DB in inspector.get_schema_names(), "get_schema_names")
    s.expect({"big", "keyed", "types"} <= set(inspector.get_table_names()), "get_table_names")
    s.expect(inspector.has_table("big") and not inspector.has_table("no_such_table"), "has_table")
    columns = {column["name"]: column["type"] for column in inspector.get_columns("types")}
    s.equal(list(columns), list(s.TYPE_COLUMNS))
    for name, kind in (("i64", sa.BigInteger), ("f64", sa.types.Float), ("d", sa.Numeric), ("dt", sa.Date), ("ts", sa.DateTime), ("v", sa.String)):
        s.expect(isinstance(columns[name], kind), f"{name} is reflected as {columns[name]!r}")
    s.equal((columns["d"].precision, columns["d"].scale), (38, 10))
    s.equal(inspector.get_pk_constraint("keyed")["constrained_columns"], ["id"])


def check_create_and_drop():
    metadata = sa.MetaData()
    table = sa.Table("made_by_sqlalchemy", metadata, sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
                     sa.Column("name", sa.String(30), nullable=False), sa.Column("amount", sa.Numeric(12, 2)))
    metadata.drop_all(ENGINE)
    metadata.create_all(ENGINE)
    with ENGINE.begin() as connection:
        connection.execute(sa.insert(table), [{"id": number, "name": f"n{number}", "amount": number} for number in range(10)])
        connection.execute(sa.update(table).where(table.c.id == 3).values(name="three"))
        connection.execute(sa.delete(table).where(table.c.id > 5))
        s.equal([tuple(row) for row in connection.execute(sa.select(table.c.id, table.c.name).where(table.c.id >= 3).order_by(table.c.id))],
                [(3, "three"), (4, "n4"), (5, "n5")])
    metadata.drop_all(ENGINE)


if __name__ == "__main__":
    s.run([check_connect, check_tls, check_types, check_queries, check_errors, check_big_result, check_transactions,
           check_metadata, check_create_and_drop])
