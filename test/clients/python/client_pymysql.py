# SPDX-License-Identifier: Apache-2.0
"""The scenario with PyMySQL."""
import pymysql
from pymysql.constants import CLIENT
from pymysql.cursors import SSCursor

import scenario as s


def connect(**options):
    options = {"user": s.USER, "password": s.PASSWORD, "database": s.DB, "autocommit": True, "read_timeout": 120, **options}
    return pymysql.connect(host=s.HOST, port=s.PORT, **options)


def rows(sql, parameters=None, **options):
    with connect(**options) as connection, connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def check_connect():
    with connect() as connection:
        connection.ping(reconnect=False)
        s.expect(connection.get_server_info(), "no server version")
        s.equal(connection.character_set_name(), "utf8mb4")
    s.equal(rows("SELECT DATABASE()"), ((s.DB,),))
    s.fails(lambda: connect(database="no_such_database"), {1049})


def check_tls():
    connection = connect(ssl_ca=s.CA, ssl_verify_cert=True, ssl_verify_identity=False)
    with connection, connection.cursor() as cursor:
        s.expect(connection._secure, "the connection is not encrypted")  # pylint: disable=protected-access
        cursor.execute(s.TLS_STATUS)
        s.proves_tls(cursor.fetchall())
        cursor.execute("SELECT COUNT(*) FROM big")
        s.equal(cursor.fetchone(), (s.BIG_ROWS,))
    s.equal(dict(rows(s.TLS_STATUS, ssl_disabled=True)), {"Ssl_cipher": "", "Ssl_version": ""})


def check_auth_native():
    s.equal(rows("SELECT 1", user=s.NATIVE_USER, password=s.AUTH_PASSWORD), ((1,),))
    s.fails(lambda: connect(user=s.NATIVE_USER, password="wrong"), {1045})
    s.fails(lambda: connect(user=s.NATIVE_USER, password=""), {1045})
    s.fails(lambda: connect(user="nobody_of_that_name", password="x"), {1045})


def check_auth_caching_sha2():
    if not s.SHA2_USER:
        raise s.Skip("the server has no such plugin")
    login = {"user": s.SHA2_USER, "password": s.AUTH_PASSWORD}
    s.equal(rows("SELECT 1", ssl_ca=s.CA, **login), ((1,),), "full authentication over TLS")
    s.equal(rows("SELECT 1", ssl_disabled=True, **login), ((1,),), "fast authentication")
    s.fails(lambda: connect(user=s.SHA2_USER, password="wrong", ssl_disabled=True), {1045})


def check_auth_caching_sha2_rsa():
    if not s.SHA2_USER:
        raise s.Skip("the server has no such plugin")
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"ALTER USER {s.SHA2_USER} IDENTIFIED WITH caching_sha2_password BY '{s.AUTH_PASSWORD}'")
    s.equal(rows("SELECT 1", user=s.SHA2_USER, password=s.AUTH_PASSWORD, ssl_disabled=True), ((1,),))


def check_types():
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM types")
        marks = ", ".join(["%s"] * len(s.TYPE_COLUMNS))
        for row in s.TYPE_ROWS:
            s.equal(cursor.execute(f"INSERT INTO types VALUES ({marks})", row), 1, "affected rows")
        cursor.execute(f"SELECT {', '.join(s.TYPE_COLUMNS)} FROM types ORDER BY id")
        for got, wanted in zip(cursor.fetchall(), s.TYPE_ROWS):
            s.equal(got, wanted)
        cursor.executemany("INSERT INTO keyed VALUES (%s, %s)", [(number, f"many {number}") for number in range(5000, 5200)])
        cursor.execute("SELECT COUNT(*) FROM keyed WHERE txt LIKE 'many%'")
        s.equal(cursor.fetchone(), (200,))
        cursor.execute("DELETE FROM keyed WHERE id >= 5000")


def check_errors():
    s.fails(lambda: rows("SELEC 1"), {1064})
    s.fails(lambda: rows("SELECT * FROM no_such_table"), {1146})
    s.fails(lambda: rows("SELECT no_such_column FROM big"), {1054})
    s.fails(lambda: rows("SELECT * FROM no_such_database.t"), {1049, 1146})
    s.fails(lambda: rows("CREATE TABLE big (id INT)"), {1050})
    s.fails(lambda: rows("INSERT INTO keyed SELECT 1, 'a' UNION ALL SELECT 1, 'b'"), {1062})
    s.equal(rows("SELECT COUNT(*) FROM keyed WHERE id = 1"), ((0,),), "a failed insert leaves nothing")
    with connect() as connection, connection.cursor() as cursor:
        s.fails(lambda: cursor.execute("SELECT ("), {1064})
        cursor.execute("SELECT 1")
        s.equal(cursor.fetchone(), (1,), "the connection lives on after an error")


def check_multi_statements():
    with connect(client_flag=CLIENT.MULTI_STATEMENTS) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 AS a; SELECT 'x;y' AS b, 2; SET @v = 3; SELECT @v")
        results = []
        while True:
            results.append(cursor.fetchall())
            if not cursor.nextset():
                break
        s.equal([result for result in results if result], [((1,),), (("x;y", 2),), ((3,),)])
        s.fails(lambda: (cursor.execute("SELECT 1; SELECT * FROM no_such_table; SELECT 2"), cursor.nextset()), {1146})


def check_big_result():
    with connect(cursorclass=SSCursor) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id, txt FROM big")
        count = total = 0
        for number, _ in cursor:
            count += 1
            total += number
    s.equal((count, total), (s.BIG_ROWS, s.BIG_ROWS * (s.BIG_ROWS - 1) // 2))


def check_long_values():
    with connect() as connection, connection.cursor() as cursor:
        text = "0123456789abcdef" * (17 * 65536)  # 17 MiB: more than one packet, both ways
        cursor.execute("SELECT %s AS x", (text,))
        s.expect(cursor.fetchone() == (text,), "a value of 17 MiB came back changed")


def check_kill_query():
    with connect() as victim, connect() as killer:
        join = s.kill_after(0.5, lambda: killer.cursor().execute(f"KILL QUERY {victim.thread_id()}"))
        cursor = victim.cursor()
        s.fails(lambda: cursor.execute(s.SLOW_QUERY), {1317})
        join()
        cursor.execute("SELECT 1")
        s.equal(cursor.fetchone(), (1,), "the connection lives on after KILL QUERY")


def check_kill_connection():
    with connect() as killer:
        victim = connect()
        join = s.kill_after(0.5, lambda: killer.cursor().execute(f"KILL {victim.thread_id()}"))
        s.fails(lambda: victim.cursor().execute(s.SLOW_QUERY), {1317, 2013, 2006})
        join()
        s.fails(lambda: victim.cursor().execute("SELECT 1"), {0, 2013, 2006, 1317, 1927})
        s.fails(lambda: killer.cursor().execute("KILL 4000000000"), {1094})


def check_local_infile():
    with connect(local_infile=True) as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM loaded")
        count = cursor.execute(f"LOAD DATA LOCAL INFILE '{s.FILE}' INTO TABLE loaded FIELDS TERMINATED BY ','")
        s.equal(count, 1000)
        cursor.execute("SELECT COUNT(*), SUM(id), MIN(txt) FROM loaded")
        s.equal(cursor.fetchone(), (1000, 499500, "text 0"))
        s.fails(lambda: cursor.execute("LOAD DATA LOCAL INFILE '/no/such/file' INTO TABLE loaded"), {1017, 2})
        cursor.execute("SELECT COUNT(*) FROM loaded")
        s.equal(cursor.fetchone(), (1000,), "after a load without a file")


def check_transactions():
    with connect(autocommit=False) as one, connect() as two:
        first, second = one.cursor(), two.cursor()
        first.execute("INSERT INTO keyed VALUES (100, 'in transaction')")
        second.execute("SELECT COUNT(*) FROM keyed WHERE id = 100")
        s.equal(second.fetchone(), (0,), "not yet visible to others")
        one.rollback()
        first.execute("SELECT COUNT(*) FROM keyed WHERE id = 100")
        s.equal(first.fetchone(), (0,), "rolled back")
        one.commit()
        first.execute("INSERT INTO keyed VALUES (101, 'to keep')")
        one.commit()
        second.execute("SELECT txt FROM keyed WHERE id = 101")
        s.equal(second.fetchone(), ("to keep",))
        second.execute("DELETE FROM keyed WHERE id = 101")


def check_session():
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET @a = 'x', @b = 1.5")
        cursor.execute("SELECT @a, @b, @never_set")
        row = cursor.fetchone()
        s.equal((row[0], float(row[1]), row[2]), ("x", 1.5, None))
        connection.select_db(s.DB)
        cursor.execute("SET SESSION sql_mode = 'ANSI_QUOTES'")
        cursor.execute('SELECT "id" FROM big WHERE id = 7')
        s.equal(cursor.fetchone(), (7,))
        cursor.execute("SELECT @@sql_mode")
        s.equal(cursor.fetchone(), ("ANSI_QUOTES",))
        s.fails(lambda: cursor.execute("SELECT @@no_such_variable"), {1193})
        cursor.execute("SELECT CONNECTION_ID()")
        s.equal(cursor.fetchone(), (connection.thread_id(),))


def check_metadata():
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id AS renamed, txt, 1 + 1, NULL FROM big WHERE id < 0")
        s.equal([column[0] for column in cursor.description], ["renamed", "txt", "1 + 1", "NULL"])
        s.equal(cursor.description[0][1], pymysql.constants.FIELD_TYPE.LONGLONG)
        cursor.execute("SHOW TABLES")
        s.expect({"big", "types", "keyed", "loaded"} <= {row[0] for row in cursor.fetchall()}, "SHOW TABLES lacks a table")
        cursor.execute("DESC keyed")
        s.equal([row[0] for row in cursor.fetchall()], ["id", "txt"])
        cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = 'big' "
                       "ORDER BY ordinal_position", (s.DB,))
        s.equal(cursor.fetchall(), (("id",), ("txt",)))


if __name__ == "__main__":
    s.run([check_connect, check_tls, check_auth_native, check_auth_caching_sha2, check_auth_caching_sha2_rsa, check_types,
           check_errors, check_multi_statements, check_big_result, check_long_values, check_kill_query,
           check_kill_connection, check_local_infile, check_transactions, check_session, check_metadata])
