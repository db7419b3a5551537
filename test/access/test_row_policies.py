# SPDX-License-Identifier: Apache-2.0
"""Row policies: every way to read a table shows the rows of the policy only, and writes keep the others."""
import pymysql
import pytest

from harness.server import Server


@pytest.fixture(scope="module")
def server():
    with Server() as started:
        started.execute_all([
            "CREATE DATABASE d",
            "CREATE TABLE d.u (id INT, region VARCHAR(9), v INT) UNIQUE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1",
            "CREATE TABLE d.plain (id INT, region VARCHAR(9)) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1",
            "CREATE TABLE d.parts (id INT, day DATE) DUPLICATE KEY(id) PARTITION BY RANGE(day) (PARTITION p1 VALUES LESS THAN ('2024-02-01'), "
            "PARTITION p2 VALUES LESS THAN ('2024-03-01')) DISTRIBUTED BY HASH(id) BUCKETS 1",
            "CREATE TABLE d.copy (id INT, region VARCHAR(9))",
            "CREATE VIEW d.seen AS SELECT id, region FROM d.u", "CREATE VIEW d.seen_twice AS SELECT id FROM d.seen WHERE id > 0",
            "CREATE USER limited IDENTIFIED BY 'p'", "CREATE USER boss IDENTIFIED BY 'p' DEFAULT ROLE 'admin'", "CREATE ROLE east",
            "GRANT ALL ON d.* TO limited"])
        yield started


@pytest.fixture(autouse=True)
def rows(server):
    server.execute_all(["TRUNCATE TABLE d.u", "TRUNCATE TABLE d.plain", "TRUNCATE TABLE d.parts", "TRUNCATE TABLE d.copy",
                        "INSERT INTO d.u VALUES (1, 'east', 10), (2, 'west', 20), (3, 'east', 30), (4, NULL, 40)",
                        "INSERT INTO d.plain VALUES (1, 'east'), (2, 'west')",
                        "INSERT INTO d.parts VALUES (1, '2024-01-01'), (2, '2024-01-02'), (3, '2024-02-01')"])
    yield
    for name, _, database, table, *_ in server.query("SHOW ROW POLICY"):
        server.execute_all([f"DROP ROW POLICY {name} ON {database}.{table}"])


def run(server, sql, user="limited"):
    with server.connect("d", user=user, password="p") as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def policy(server, name="p", table="d.u", kind="RESTRICTIVE", to="limited", using="region = 'east'"):
    server.execute_all([f"CREATE ROW POLICY {name} ON {table} AS {kind} TO {to} USING ({using})"])


READS = [
    ("SELECT id FROM u ORDER BY id", ((1,), (3,))), ("SELECT COUNT(*) FROM u", ((2,),)), ("SELECT sum(v), max(id) FROM d.u", ((40, 3),)),
    ("SELECT * FROM u WHERE id = 1", ((1, "east", 10),)), ("SELECT * FROM u WHERE id = 2", ()), ("SELECT id, v FROM u WHERE id = 4", ()),
    ("SELECT count(*) FROM u WHERE region = 'west' OR region IS NULL", ((0,),)),
    ("SELECT id FROM seen ORDER BY id", ((1,), (3,))), ("SELECT count(*) FROM seen_twice", ((2,),)),
    ("SELECT id FROM (SELECT * FROM u) x ORDER BY id", ((1,), (3,))), ("SELECT (SELECT count(*) FROM u)", ((2,),)),
    ("SELECT 2 IN (SELECT id FROM u)", ((0,),)), ("SELECT EXISTS (SELECT 1 FROM u WHERE id = 2)", ((0,),)),
    ("WITH c AS (SELECT * FROM u) SELECT count(*) FROM c a JOIN c b ON a.id = b.id", ((2,),)),
    ("SELECT count(*) FROM u a JOIN u b", ((4,),)), ("SELECT count(*) FROM plain p LEFT JOIN u ON p.id = u.id WHERE u.id IS NULL", ((1,),)),
    ("SELECT p.id FROM plain p WHERE EXISTS (SELECT 1 FROM u WHERE u.id = p.id) ORDER BY 1", ((1,),)),
    ("SELECT id FROM u UNION ALL SELECT id FROM u ORDER BY 1", ((1,), (1,), (3,), (3,))),
    ("SELECT id, row_number() OVER (ORDER BY id) FROM u ORDER BY 1", ((1, 1), (3, 2))), ("SELECT id FROM u ORDER BY v DESC LIMIT 1", ((3,),)),
    ("SELECT max(id) FROM u", ((3,),)), ("SELECT DISTINCT region FROM u ORDER BY region", (("east",),)), ("SELECT region, count(*) FROM u GROUP BY region", (("east", 2),)),
]


@pytest.mark.parametrize("sql, wanted", READS)
def test_reads(server, sql, wanted):
    everything = run(server, sql)
    policy(server)
    in_order = "ORDER BY" in sql
    for _ in range(3):  # the plan cache may know the form
        seen = run(server, sql)
        assert seen == wanted if in_order else sorted(seen, key=repr) == sorted(wanted, key=repr)
    assert sorted(server.query(sql, database="d"), key=repr) == sorted(everything, key=repr)
    server.execute_all(["DROP ROW POLICY p ON d.u"])
    assert sorted(run(server, sql), key=repr) == sorted(everything, key=repr)


def test_policy_counts_at_once_for_cached_and_prepared(server):
    with server.connect("d", user="limited", password="p") as connection, connection.cursor() as cursor:
        for _ in range(3):
            cursor.execute("SELECT * FROM u WHERE id = 2")
            assert cursor.fetchall() == ((2, "west", 20),)
        policy(server)
        for _ in range(2):
            cursor.execute("SELECT * FROM u WHERE id = 2")
            assert cursor.fetchall() == ()
            cursor.execute("SELECT * FROM u WHERE id = 3")
            assert cursor.fetchall() == ((3, "east", 30),)


def test_partitions_and_names(server):
    policy(server, table="d.parts", using="ID >= 2")
    assert run(server, "SELECT id FROM parts PARTITION (p1)") == ((2,),)
    assert run(server, "SELECT id FROM D.PARTS ORDER BY id") == ((2,), (3,))


def test_writes(server):
    policy(server)
    run(server, "UPDATE u SET v = 0 WHERE id > 0")
    assert server.query("SELECT id, v FROM d.u ORDER BY id") == ((1, 0), (2, 20), (3, 0), (4, 40))
    run(server, "DELETE FROM u WHERE id > 0")
    assert server.query("SELECT id FROM d.u ORDER BY id") == ((2,), (4,))
    # An INSERT replaces the row of its key whether it is seen or not, and never makes a second one.
    run(server, "INSERT INTO u VALUES (2, 'east', 99)")
    assert server.query("SELECT * FROM d.u ORDER BY id") == ((2, "east", 99), (4, None, 40))
    run(server, "INSERT INTO copy SELECT id, region FROM u")
    assert server.query("SELECT * FROM d.copy") == ((2, "east"),)
    run(server, "CREATE TABLE made PROPERTIES ('replication_num' = '1') AS SELECT id FROM u")
    assert server.query("SELECT * FROM d.made") == ((2,),)
    server.execute_all(["DROP TABLE d.made"])


def test_what_empties_or_rebuilds_a_table_takes_all_rows(server):
    policy(server)
    policy(server, "p2", "d.plain", using="id = 1")
    run(server, "INSERT OVERWRITE TABLE plain SELECT id, region FROM u")
    assert server.query("SELECT id FROM d.plain ORDER BY id") == ((1,), (3,))
    run(server, "ALTER TABLE u MODIFY COLUMN v BIGINT")
    assert server.query("SELECT count(*) FROM d.u") == ((4,),)
    run(server, "TRUNCATE TABLE u")
    assert server.query("SELECT count(*) FROM d.u") == ((0,),)


def test_combination(server):
    policy(server, "a", kind="PERMISSIVE", using="id = 1")
    policy(server, "b", kind="PERMISSIVE", using="id = 2")
    assert run(server, "SELECT id FROM u ORDER BY id") == ((1,), (2,))
    policy(server, "c", using="v < 15")
    assert run(server, "SELECT id FROM u ORDER BY id") == ((1,),)
    policy(server, "e", using="v + 1 IN (21, 31) OR region LIKE 'w%'")
    assert run(server, "SELECT id FROM u") == ()


def test_roles_and_administrators(server):
    policy(server, to="ROLE east")
    assert len(run(server, "SELECT id FROM u")) == 4
    server.execute_all(["GRANT 'east' TO limited"])
    assert len(run(server, "SELECT id FROM u")) == 2
    server.execute_all(["REVOKE 'east' FROM limited"])
    assert len(run(server, "SELECT id FROM u")) == 4
    policy(server, "for_boss", to="boss")
    assert len(run(server, "SELECT id FROM u", "boss")) == 2  # who has ADMIN is bound as well, but root and admin are not
    with pytest.raises(pymysql.err.MySQLError):
        policy(server, "for_root", to="root")


def test_no_way_around_by_names(server):
    policy(server)
    for sql in ("ALTER TABLE u RENAME u2", "RENAME TABLE u TO u2", "ALTER TABLE u RENAME COLUMN region area", "ALTER TABLE plain REPLACE WITH TABLE u",
                "ALTER TABLE u REPLACE WITH TABLE plain", "ALTER DATABASE d RENAME d2"):
        with pytest.raises(pymysql.err.MySQLError) as caught:
            run(server, sql)
        assert "denied" in caught.value.args[1], sql


def test_no_copy_for_others(server):
    policy(server)
    with pytest.raises(pymysql.err.MySQLError) as caught:
        run(server, "CREATE MATERIALIZED VIEW m BUILD IMMEDIATE REFRESH COMPLETE ON MANUAL DISTRIBUTED BY RANDOM BUCKETS 1 AS SELECT id FROM u")
    assert "denied" in caught.value.args[1]


def test_show_and_errors(server):
    policy(server, using="region = 'east' AND id > 0")
    row, = server.query("SHOW ROW POLICY FOR limited")
    assert row[:6] == ("p", "internal", "d", "u", "ROW", "RESTRICTIVE") and row[6] == "region = 'east' AND id > 0" and row[7] == "'limited'@'%'"
    assert server.query("SHOW ROW POLICY FOR ROLE east") == ()
    server.execute_all(["CREATE ROW POLICY IF NOT EXISTS p ON d.u AS PERMISSIVE TO limited USING (id = 1)", "DROP ROW POLICY IF EXISTS q ON d.u"])
    for sql in ("CREATE ROW POLICY p ON d.u AS PERMISSIVE TO limited USING (id = 1)", "DROP ROW POLICY q ON d.u",
                "CREATE ROW POLICY q ON d.u AS PERMISSIVE TO limited USING (no_such_column = 1)",
                "CREATE ROW POLICY q ON d.u AS PERMISSIVE TO limited USING (id IN (SELECT id FROM d.plain))",
                "CREATE ROW POLICY q ON d.u AS PERMISSIVE TO limited USING (id = 1) OR 1 = 1", "CREATE ROW POLICY q ON d.u AS PERMISSIVE TO nobody_here USING (id = 1)",
                "CREATE ROW POLICY q ON d.no_such_table AS PERMISSIVE TO limited USING (id = 1)"):
        with pytest.raises(pymysql.err.MySQLError):
            server.query(sql)
