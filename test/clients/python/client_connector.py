# SPDX-License-Identifier: Apache-2.0
"""The scenario with mysql-connector-python: its pure implementation, and its C extension (libmysqlclient) where it differs."""
import datetime
import decimal

import mysql.connector
from mysql.connector import errors, pooling

import scenario as s

OTHER_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"


def connect(**options):
    options = {"user": s.USER, "password": s.PASSWORD, "database": s.DB, "autocommit": True, "use_pure": True,
               "connection_timeout": 60, **options}
    return mysql.connector.connect(host=s.HOST, port=s.PORT, **options)


def rows(sql, parameters=None, prepared=False, **options):
    with connect(**options) as connection, connection.cursor(prepared=prepared) as cursor:
        cursor.execute(sql, parameters or ())
        return cursor.fetchall()


def fails(action, numbers, state=None):
    return s.fails(action, numbers, state, lambda error: getattr(error, "errno", None), lambda error: error.sqlstate)


def check_connect():
    for pure in (True, False):
        with connect(use_pure=pure) as connection:
            connection.ping()
            s.expect(connection.is_connected(), "is_connected")
            s.expect(connection.connection_id, "no connection id")
        s.equal(rows("SELECT DATABASE()", use_pure=pure), [(s.DB,)])
        fails(lambda: connect(database="no_such_database", use_pure=pure), {1049}, "42000")


def check_tls():
    for pure in (True, False):
        with connect(ssl_ca=s.CA, ssl_verify_cert=True, use_pure=pure) as connection, connection.cursor() as cursor:
            cursor.execute(s.TLS_STATUS)
            s.proves_tls(cursor.fetchall())
            cursor.execute("SELECT COUNT(*) FROM big")
            s.equal(cursor.fetchall(), [(s.BIG_ROWS,)])
        try:
            connect(ssl_ca=OTHER_AUTHORITIES, ssl_verify_cert=True, use_pure=pure).close()
        except mysql.connector.Error:
            continue
        raise AssertionError("the server's certificate was not looked at")


def check_auth_native():
    # Only the C extension still brings this plugin's client side along in every release.
    s.equal(rows("SELECT 1", user=s.NATIVE_USER, password=s.AUTH_PASSWORD), [(1,)])
    fails(lambda: connect(user=s.NATIVE_USER, password="wrong"), {1045}, "28000")


def check_auth_caching_sha2():
    if not s.SHA2_USER:
        raise s.Skip("the server has no such plugin")
    for pure in (True, False):
        login = {"user": s.SHA2_USER, "password": s.AUTH_PASSWORD, "use_pure": pure}
        s.equal(rows("SELECT 1", **login), [(1,)], "over TLS")
        s.equal(rows("SELECT 1", ssl_disabled=True, **login), [(1,)], "fast authentication")
        fails(lambda login=login: connect(**{**login, "password": "wrong"}), {1045}, "28000")


def check_types():
    for pure in (True, False):
        with connect(use_pure=pure) as connection, connection.cursor() as cursor:
            cursor.execute("DELETE FROM types")
            marks = ", ".join(["%s"] * len(s.TYPE_COLUMNS))
            for row in s.TYPE_ROWS:
                cursor.execute(f"INSERT INTO types VALUES ({marks})", row)
                s.equal(cursor.rowcount, 1)
            cursor.execute(f"SELECT {', '.join(s.TYPE_COLUMNS)} FROM types ORDER BY id")
            for got, wanted in zip(cursor.fetchall(), s.TYPE_ROWS):
                s.equal(got, wanted, f"use_pure={pure}")


def check_prepared():
    # Not with the C extension: it writes past its buffers when it binds parameters, and reads errors from freed statements.
    with connect() as connection, connection.cursor(prepared=True) as cursor:
        marks = ", ".join(["?"] * len(s.TYPE_COLUMNS))
        cursor.execute("DELETE FROM types")
        for row in s.TYPE_ROWS:
            cursor.execute(f"INSERT INTO types VALUES ({marks})", row)
        cursor.execute(f"SELECT {', '.join(s.TYPE_COLUMNS)} FROM types ORDER BY id")
        for got, wanted in zip(cursor.fetchall(), s.TYPE_ROWS):
            s.equal(tuple(got), wanted, "binary rows")
        for row in s.TYPE_ROWS:
            cursor.execute("SELECT id FROM types WHERE id = ? AND (i64 = ? OR ? IS NULL)", (row[0], row[5], row[5]))
            s.equal(cursor.fetchall(), [(row[0],)])
        values = (decimal.Decimal("12.50"), datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 1, 2, 3, 4000),
                  "text", b"bytes", 2**62, -1.5)
        cursor.execute("SELECT ? IS NOT NULL, ? = '2024-02-29', ? > '2024-02-29', CONCAT(?, 'x'), ? IS NULL, ? + 1, ? * 2", values)
        row = cursor.fetchone()
        s.equal((row[0], row[1], row[2], row[3], row[4], int(row[5]), float(row[6])), (1, 1, 1, "textx", 0, 2**62 + 1, -3.0))
        fails(lambda: cursor.execute("SELECT * FROM no_such_table WHERE a = ?", (1,)), {1146}, "42S02")


def check_errors():
    fails(lambda: rows("SELEC 1"), {1064}, "42000")
    fails(lambda: rows("SELECT * FROM no_such_table"), {1146}, "42S02")
    fails(lambda: rows("SELECT no_such_column FROM big"), {1054}, "42S22")
    fails(lambda: rows("CREATE TABLE big (id INT)"), {1050}, "42S01")
    error = fails(lambda: rows("INSERT INTO keyed SELECT 1, 'a' UNION ALL SELECT 1, 'b'"), {1062}, "23000")
    s.expect(isinstance(error, errors.IntegrityError), f"{error!r} is no IntegrityError")


def check_multi_statements():
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1; SELECT 'x;y', 2")
        results = [cursor.fetchall()]
        while cursor.nextset():
            results.append(cursor.fetchall())
        s.equal(results, [[(1,)], [("x;y", 2)]])


def check_big_result():
    with connect(use_pure=False) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id, txt FROM big")
        count = total = 0
        for number, _ in cursor:
            count += 1
            total += number
    s.equal((count, total), (s.BIG_ROWS, s.BIG_ROWS * (s.BIG_ROWS - 1) // 2))


def check_compression():
    # The pure implementation cannot read a packet header that spans two compressed packets: few rows there.
    for pure, count in ((True, 50), (False, 100000)):
        with connect(compress=True, use_pure=pure) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT id, txt FROM big WHERE id < {count} ORDER BY id")
            got = cursor.fetchall()
            s.equal((len(got), got[-1]), (count, (count - 1, f"row {count - 1}")), f"use_pure={pure}")
            cursor.execute("SELECT %s", ("z" * 200000,))
            s.equal(cursor.fetchone(), ("z" * 200000,))


def check_kill_query():
    with connect() as victim, connect() as killer:
        join = s.kill_after(0.5, lambda: killer.cmd_query(f"KILL QUERY {victim.connection_id}"))
        cursor = victim.cursor()
        fails(lambda: (cursor.execute(s.SLOW_QUERY), cursor.fetchall()), {1317}, "70100")
        join()
        cursor = victim.cursor()
        cursor.execute("SELECT 1")
        s.equal(cursor.fetchall(), [(1,)])


def check_local_infile():
    with connect(allow_local_infile=True) as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM loaded")
        cursor.execute(f"LOAD DATA LOCAL INFILE '{s.FILE}' INTO TABLE loaded FIELDS TERMINATED BY ',' LINES TERMINATED BY '\\n'")
        s.equal(cursor.rowcount, 1000)


def check_transactions():
    with connect(autocommit=False) as one, connect() as two:
        one.start_transaction()
        cursor = one.cursor()
        cursor.execute("INSERT INTO keyed VALUES (200, 'x')")
        s.expect(one.in_transaction, "the status flags do not say that a transaction is open")
        one.rollback()
        s.expect(not one.in_transaction, "the status flags say that a transaction is open")
        one.start_transaction()
        cursor.execute("INSERT INTO keyed VALUES (201, 'x')")
        one.commit()
        other = two.cursor()
        other.execute("SELECT id FROM keyed WHERE id IN (200, 201)")
        s.equal(other.fetchall(), [(201,)])
        other.execute("DELETE FROM keyed WHERE id = 201")


def check_reset_and_change_user():
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET @a = 5")
        connection.cmd_reset_connection()
        cursor.execute("SELECT @a")
        s.equal(cursor.fetchall(), [(None,)], "user variable after COM_RESET_CONNECTION")
    with connect() as connection:
        user = s.SHA2_USER or s.NATIVE_USER
        connection.cmd_change_user(user, s.AUTH_PASSWORD, s.DB)
        with connection.cursor() as cursor:
            cursor.execute("SELECT USER(), DATABASE()")
            found = cursor.fetchone()
            s.expect(found[0].startswith(user + "@"), f"USER() is {found[0]}")
            s.equal(found[1], s.DB)
        fails(lambda: connection.cmd_change_user(user, "wrong", s.DB), {1045}, "28000")
    pool = pooling.MySQLConnectionPool(pool_size=2, host=s.HOST, port=s.PORT, user=s.USER, password=s.PASSWORD, database=s.DB)
    for _ in range(3):
        with pool.get_connection() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT @pooled")
            s.equal(cursor.fetchall(), [(None,)])
            cursor.execute("SET @pooled = 1")


def check_metadata():
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id AS renamed, txt FROM big LIMIT 1")
        s.equal([column[0] for column in cursor.description], ["renamed", "txt"])
        s.equal(cursor.description[0][1], mysql.connector.FieldType.LONGLONG)
        cursor.fetchall()
        cursor.execute("SHOW COLUMNS FROM keyed")
        s.equal([row[0] for row in cursor.fetchall()], ["id", "txt"])


if __name__ == "__main__":
    s.run([check_connect, check_tls, check_auth_native, check_auth_caching_sha2, check_types, check_prepared, check_errors,
           check_multi_statements, check_big_result, check_compression, check_kill_query, check_local_infile,
           check_transactions, check_reset_and_change_user, check_metadata])
