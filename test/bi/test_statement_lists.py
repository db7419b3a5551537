# SPDX-License-Identifier: Apache-2.0
"""What drivers without a program here send: Connector/NET, MySqlConnector, the mysql command line, pools of
mysql-connector-python; and the statements of MySQL that such clients rely on."""
import datetime
import pathlib

import mysql.connector
import pymysql
import pytest

from harness import wire


@pytest.fixture
def client(shop):
    with pymysql.connect(host=shop.host, port=shop.mysql_port, user=shop.user, password=shop.password, database="shop", autocommit=True,
                         client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS) as connection:
        yield connection


def ask(client, sql, arguments=None):
    with client.cursor() as cursor:
        cursor.execute(sql, arguments)
        return cursor.fetchall()


def number(client, sql):
    with pytest.raises(pymysql.MySQLError) as error:
        ask(client, sql)
    return error.value.args[0]


def test_connector_net(client):
    """MySql.Data: reads all variables and collations at the first connect, then the schema collections."""
    variables = {row[0]: row[1] for row in ask(client, "SHOW VARIABLES")}
    assert variables["max_allowed_packet"].isdigit() and variables["lower_case_table_names"] == "0" and variables["character_set_client"]
    assert ask(client, "SELECT TIMEDIFF(NOW(), UTC_TIMESTAMP())") in (((datetime.timedelta(0),),), (("00:00:00",),))
    collations = {row[2]: row[1] for row in ask(client, "SHOW COLLATION")}
    assert collations[45] == "utf8mb4" and collations[33] == "utf8" and collations[63] == "binary"
    ask(client, "SET NAMES utf8mb4; SET character_set_results=NULL")
    assert ask(client, "SELECT @@max_allowed_packet, @@character_set_client, @@character_set_connection, @@license, @@sql_mode, "
                       "@@lower_case_table_names")[0][5] == 0
    tables = ask(client, "SHOW FULL TABLES FROM `shop`")
    assert [(row[0], row[1]) for row in tables] == [("names", "VIEW"), ("objects", "BASE TABLE"), ("orders", "BASE TABLE"),
                                                    ("sums", "BASE TABLE"), ("types", "BASE TABLE")]
    columns = ask(client, "SHOW FULL COLUMNS FROM `shop`.`orders`")
    assert [row[0] for row in columns] == ["id", "name", "born", "at", "flag", "score", "price"]
    assert (columns[1][1], columns[1][3], columns[1][5], columns[1][8]) == ("varchar(50)", "YES", "x", "a name")
    assert [row[4] for row in ask(client, "SHOW INDEX FROM `shop`.`orders`") if row[2] == "PRIMARY"] == ["id"]
    assert "PRIMARY" in {row[5] for row in ask(client, "SELECT * FROM INFORMATION_SCHEMA.STATISTICS WHERE TABLE_SCHEMA='shop'")}
    assert ask(client, "SHOW PROCEDURE STATUS") == () and ask(client, "SHOW TRIGGERS FROM shop") == ()


def test_mysqlconnector(shop, client):
    """MySqlConnector: one packet of two statements, resets between uses."""
    with client.cursor() as cursor:
        cursor.execute("SELECT CONNECTION_ID(), VERSION(); SET NAMES utf8mb4; SELECT 2")
        assert cursor.fetchall() == ((client.thread_id(), "5.7.99"),)
        assert cursor.nextset() and cursor.nextset() and cursor.fetchall() == ((2,),)
    with wire.Wire(shop, database="shop") as raw:
        raw.query("SET @a = 1, sql_select_limit = 1")
        raw.query("PREPARE s FROM 'SELECT 1'")
        raw.command(wire.RESET_CONNECTION)
        assert raw.checked(raw.read())[:1] == b"\0"
        assert raw.query("SELECT @a, DATABASE()") == [[None, b"shop"]]
        assert len(raw.query("SELECT id FROM orders")) == 4
        with pytest.raises(wire.ServerError, match="1243"):
            raw.query("EXECUTE s")


def test_mysql_command_line(client):
    assert ask(client, "select @@version_comment limit 1")[0][0]
    assert ask(client, "select USER(), CURRENT_USER(), CONNECTION_ID() = CONNECTION_ID()")[0][2] == 1
    assert ask(client, "SELECT DATABASE()") == (("shop",),)
    assert len(ask(client, "show databases")) == 3 and len(ask(client, "show tables")) == 5
    assert ask(client, "SHOW WARNINGS") == () and ask(client, "SHOW ERRORS") == ()


def test_connector_python_pool(shop):
    pool = mysql.connector.pooling.MySQLConnectionPool(
        pool_name="bi", pool_size=2, host=shop.host, port=shop.mysql_port, user=shop.user, password=shop.password, database="shop",
        charset="utf8mb4", collation="utf8mb4_general_ci", use_pure=True)
    for _ in range(3):  # more than there are connections: they come back reset
        connection = pool.get_connection()
        cursor = connection.cursor()
        cursor.execute("SELECT @left_over, @@autocommit")
        assert cursor.fetchall()[0][0] is None
        cursor.execute("SET @left_over = 1")
        cursor.close()
        connection.close()


def test_savepoints(client):
    ask(client, "SAVEPOINT a")  # outside a transaction: gone with its statement
    assert number(client, "ROLLBACK TO SAVEPOINT a") == 1105
    ask(client, "BEGIN")
    ask(client, "SAVEPOINT a")
    ask(client, "SAVEPOINT `b c`")
    ask(client, "ROLLBACK TO A")
    assert number(client, "ROLLBACK WORK TO SAVEPOINT `b c`") == 1105
    ask(client, "INSERT INTO sums VALUES ('east', '2024-01-03', 1)")
    assert number(client, "ROLLBACK TO a") == 1235  # the kernel cannot take back a part
    assert ask(client, "SELECT COUNT(*) FROM sums WHERE region = 'east'") == ((1,),)
    ask(client, "SAVEPOINT after_it")
    ask(client, "ROLLBACK TO after_it")
    ask(client, "RELEASE SAVEPOINT a")
    assert number(client, "RELEASE SAVEPOINT a") == 1105
    ask(client, "ROLLBACK")
    assert ask(client, "SELECT COUNT(*) FROM sums WHERE region = 'east'") == ((0,),)


def test_chained_transactions(client):
    ask(client, "BEGIN")
    ask(client, "COMMIT AND CHAIN")
    ask(client, "INSERT INTO sums VALUES ('west', '2024-01-03', 1)")
    ask(client, "ROLLBACK AND NO CHAIN")
    assert ask(client, "SELECT COUNT(*) FROM sums WHERE region = 'west'") == ((0,),)


def test_an_error_leaves_a_reading_transaction_usable(client):
    client.autocommit(False)
    for wrong in ("SELECT nothing FROM orders", "SELEC", "SELECT * FROM nothing"):
        number(client, wrong)
        assert ask(client, "SELECT COUNT(*) FROM orders") == ((4,),)
    client.rollback()


def test_text_prepare(client):
    ask(client, "PREPARE pick FROM 'SELECT id, name FROM orders WHERE id > ? AND name = ? ORDER BY id'")
    ask(client, "SET @low = 0, @who = 'ann'")
    assert ask(client, "EXECUTE pick USING @low, @who") == ((1, "ann"), (4, "ann"))
    ask(client, "SET @low = 1")
    assert ask(client, "EXECUTE PICK USING @low, @who") == ((4, "ann"),)
    assert number(client, "EXECUTE pick USING @low") == 1210
    assert number(client, "EXECUTE nobody") == 1243
    ask(client, "SET @text = 'SELECT ? * 2'")
    ask(client, "PREPARE pick FROM @text")
    ask(client, "SET @n = 21")
    assert ask(client, "EXECUTE pick USING @n") == ((42,),)
    assert number(client, "PREPARE pick FROM 'SELECT * FROM nothing'") == 1105
    assert number(client, "EXECUTE pick") == 1243  # the old text went with the attempt
    assert number(client, "PREPARE a FROM 'PREPARE b FROM \"SELECT 1\"'") == 1295
    ask(client, "PREPARE add_one FROM 'INSERT INTO sums VALUES (?, NULL, ?)'")
    ask(client, "SET @region = 'prepared', @amount = 3.5")
    ask(client, "EXECUTE add_one USING @region, @amount")
    assert str(ask(client, "SELECT amount FROM sums WHERE region = 'prepared'")[0][0]) == "3.50"
    ask(client, "DEALLOCATE PREPARE add_one")
    assert number(client, "DROP PREPARE add_one") == 1243
    ask(client, "DELETE FROM sums WHERE region = 'prepared'")


def test_names_for_parts_of_a_row(client):
    """@v := x in a SELECT's list, as catalogue queries of ODBC drivers use it."""
    sql = "SELECT id, CASE WHEN id = 1 THEN @k := 10 WHEN id = 2 THEN @k := id * 100 ELSE @k := -1 END AS k, @k + 1, @m := @k * 2, @m " \
          "FROM orders ORDER BY id"
    assert ask(client, sql) == ((1, 10, 11, 20, 20), (2, 200, 201, 400, 400), (3, -1, 0, -2, -2), (4, -1, 0, -2, -2))
    assert number(client, "SELECT @n := @n + 1 FROM orders") == 1235  # a value of the row before
    assert number(client, "SELECT @n := 1") == 1235
    assert number(client, "SELECT id FROM orders WHERE (@n := 1) = 1") == 1235
    ask(client, "SET @plain := 5")
    assert ask(client, "SELECT @plain, IF(id = 1, @z := 'a', @z := 'b'), @z FROM orders WHERE id = 1") == ((5, "a", "a"),)


def test_functions_of_mysql(client):
    for sql, wanted in {
        "SELECT PERIOD_ADD(202411, 3), PERIOD_DIFF(202502, 202411), PERIOD_ADD(9912, 1), PERIOD_ADD(202413, 1)": (202502, 3, 200001, None),
        "SELECT TIME_FORMAT('100:05:06', '%H %i %s'), TIME_FORMAT('13:05:06.25', '%h:%i %p %f'), TIME_FORMAT('x', '%H'), TIME_FORMAT(NULL, '%H')":
            ("100 05 06", "01:05 PM 250000", None, None),
        "SELECT TIME_FORMAT(TIMEDIFF('2024-01-01 00:00:00', '2024-01-01 05:30:00'), '%H:%i'), TIME_FORMAT('10:11:12', '%T|%r|%%|%Y')": ("-05:30", None),
        "SELECT TO_SECONDS('2024-01-01 00:00:10'), TO_SECONDS('2024-01-01') - TO_DAYS('2024-01-01') * 86400": (63871286410, 0),
        "SELECT CHARSET('a'), COLLATION('a'), COERCIBILITY('a')": ("utf8mb4", "utf8mb4_0900_bin", 4),
        "SELECT YEARWEEK('2024-01-01'), MAKEDATE(2024, 60), CONVERT_TZ('2024-07-01 12:00:00', '+00:00', 'Europe/Berlin')":
            (202353, datetime.date(2024, 2, 29), datetime.datetime(2024, 7, 1, 14)),
    }.items():
        assert ask(client, sql) == (wanted,), sql


def expected_variables():
    lines = pathlib.Path(__file__).with_name("doris_variables.tsv").read_text().splitlines()
    return dict(line.split("\t") for line in lines if not line.startswith("#"))


# What names this server or its limits, not Doris'.
OWN = {"language", "max_allowed_packet", "read_only", "super_read_only", "version_comment"}


def test_every_variable_of_doris(client):
    wanted = expected_variables()
    assert len(wanted) == 339
    for sql in ("SHOW VARIABLES", "SELECT * FROM information_schema.session_variables"):
        found = {row[0]: row for row in ask(client, sql)}
        assert wanted.keys() <= found.keys()
        assert {name: found[name][2] for name in wanted if name not in OWN} == {name: value for name, value in wanted.items() if name not in OWN}
    for name in wanted:
        assert len(ask(client, f"SELECT @@{name}")) == 1


def test_session_and_global_variables(client):
    ask(client, "SET query_timeout = 77")
    sql = "SELECT VARIABLE_VALUE, DEFAULT_VALUE, CHANGED FROM information_schema.{} WHERE VARIABLE_NAME = 'query_timeout'"
    assert ask(client, sql.format("session_variables")) == (("77", "900", "1"),)
    assert ask(client, sql.format("global_variables")) == (("900", "900", "0"),)
    assert ask(client, "SHOW VARIABLES WHERE Variable_name = 'query_timeout'") == (("query_timeout", "77", "900", 1),)
