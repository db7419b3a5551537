# SPDX-License-Identifier: Apache-2.0
"""CREATE JOB, and materialised views that are refreshed on schedule and on commit."""
import time

import pymysql
import pytest

from harness import process
from harness.server import Server


@pytest.fixture(scope="module")
def server():
    with Server() as started:
        started.execute_all(["CREATE DATABASE d", "CREATE TABLE d.src (a INT) DUPLICATE KEY(a) DISTRIBUTED BY HASH(a) BUCKETS 1",
                             "CREATE TABLE d.log (a INT, at DATETIME) DUPLICATE KEY(a) DISTRIBUTED BY HASH(a) BUCKETS 1",
                             "CREATE USER plain IDENTIFIED BY 'p'", "GRANT SELECT_PRIV, LOAD_PRIV ON d.* TO plain"])
        yield started


@pytest.fixture(autouse=True)
def clean(server):
    yield
    for name, in server.query('SELECT Name FROM jobs("type" = "insert")'):
        server.execute_all([f"DROP JOB WHERE jobName = '{name}'"])
    server.execute_all(["TRUNCATE TABLE d.src", "TRUNCATE TABLE d.log"])


def run(server, sql, **login):
    return server.query(sql, database="d") if not login else query_as(server, sql, login)


def query_as(server, sql, login):
    with server.connect("d", **login) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def refused(server, sql, text, number=1105, **login):
    with pytest.raises(pymysql.err.Error) as error:
        run(server, sql, **login)
    assert error.value.args[0] == number and text in error.value.args[1], error.value.args


def count(server, table="log"):
    return server.query(f"SELECT count(*) FROM d.{table}")[0][0]


def soon(server, seconds):
    return server.query(f"SELECT date_add(now(), INTERVAL {seconds} SECOND)")[0][0]


def test_once(server):
    run(server, "CREATE JOB once ON SCHEDULE AT CURRENT_TIMESTAMP COMMENT 'one' DO INSERT INTO log VALUES (1, now())")
    process.wait_until(lambda: count(server) == 1, 20, "the job has run")
    process.wait_until(lambda: run(server, 'SELECT Status FROM jobs("type"="insert") WHERE Name = "once"') == (("FINISHED",),), 10, "finished")
    assert run(server, 'SELECT ExecuteType, SucceedTaskCount, FailedTaskCount, Comment, ExecuteSql, Definer FROM jobs("type"="insert") WHERE Name = "once"') == (
        ("ONE_TIME", "1", "0", "one", "INSERT INTO log VALUES (1, now())", "root"),)
    [(status, name)] = run(server, 'SELECT Status, JobName FROM tasks("type"="insert") WHERE JobName = "once"')
    assert (status, name) == ("SUCCESS", "once")


def test_every_second_pause_and_resume(server):
    run(server, "CREATE JOB often ON SCHEDULE EVERY 1 SECOND DO INSERT INTO log VALUES (1, now())")
    process.wait_until(lambda: count(server) >= 2, 20, "the job has run twice")
    run(server, "PAUSE JOB WHERE jobName = 'often'")
    assert run(server, 'SELECT Status, ExecuteType FROM jobs("type"="insert") WHERE Name = "often"') == (("PAUSED", "RECURRING"),)
    time.sleep(1.5)
    before = count(server)
    time.sleep(2.5)
    assert count(server) == before
    refused(server, "PAUSE JOB WHERE jobName = 'often'", "Can't change job status")
    run(server, "RESUME JOB WHERE jobName = 'often'")
    process.wait_until(lambda: count(server) > before, 20, "the job runs again")


def test_failing_and_cancelled_tasks(server):
    run(server, "CREATE JOB bad ON SCHEDULE AT CURRENT_TIMESTAMP DO INSERT INTO log SELECT CAST(assert_true(a > 5, 'too small') AS INT), now() FROM src")
    process.wait_until(lambda: run(server, 'SELECT Status FROM jobs("type"="insert") WHERE Name = "bad"') == (("FINISHED",),), 20, "ended")
    run(server, "CREATE JOB slow ON SCHEDULE AT CURRENT_TIMESTAMP DO INSERT INTO log SELECT sleep(60), now()")
    process.wait_until(lambda: run(server, 'SELECT Status FROM tasks("type"="insert") WHERE JobName = "slow"') == (("RUNNING",),), 20, "runs")
    [(task,)] = run(server, 'SELECT TaskId FROM tasks("type"="insert") WHERE JobName = "slow"')
    refused(server, "CANCEL TASK WHERE jobName = 'slow' AND taskId = 1", "no running task")
    run(server, f"CANCEL TASK WHERE jobName = 'slow' AND taskId = {task}")
    assert run(server, 'SELECT Status FROM tasks("type"="insert") WHERE JobName = "slow"') == (("CANCELED",),)
    process.wait_until(lambda: run(server, 'SELECT Status FROM jobs("type"="insert") WHERE Name = "slow"') == (("FINISHED",),), 20, "ended")
    assert count(server) == 0


def test_what_is_refused(server):
    insert = "DO INSERT INTO log VALUES (1, now())"
    refused(server, f"CREATE JOB x ON SCHEDULE AT '2023-11-13 14:18:07' {insert}", "startTimeMs must be greater than current time")
    refused(server, f"CREATE JOB inner_x ON SCHEDULE EVERY 1 DAY {insert}", "job name can not start with inner_")
    refused(server, f"CREATE JOB x ON SCHEDULE EVERY 1 DAY ENDS '2023-11-13 14:18:07' {insert}", "end time cannot be less than start time")
    refused(server, f"CREATE JOB x ON SCHEDULE EVERY 1 YEARS {insert}", "interval time unit can not be years")
    refused(server, f"CREATE JOB x ON SCHEDULE EVERY 0 DAY {insert}", "interval", 1105)
    refused(server, f"CREATE JOB x ON SCHEDULE AT 'never' {insert}", "Invalid timestamp: never")
    refused(server, "CREATE JOB x ON SCHEDULE EVERY 1 DAY DO UPDATE log SET a = 1", "only INSERT")
    refused(server, "CREATE JOB x ON SCHEDULE EVERY 1 DAY DO INSERT INTO none VALUES (1)", "none", 1051)
    refused(server, "RESUME JOB WHERE jobName = 'none'", "job not exist, jobName:none")
    run(server, "DROP JOB WHERE jobName = 'none'")
    run(server, f"CREATE JOB x ON SCHEDULE EVERY 1 DAY {insert}")
    refused(server, f"CREATE JOB x ON SCHEDULE EVERY 1 DAY {insert}", "job name exist, jobName:x")
    run(server, f"CREATE JOB IF NOT EXISTS x ON SCHEDULE EVERY 1 DAY {insert}")
    for name in ["JOB", "DO", "AT", "STARTS", "ENDS", "SCHEDULE"]:
        run(server, f"CREATE JOB {name} ON SCHEDULE EVERY 20 HOUR COMMENT 'k' {insert}")
    assert len(run(server, 'SELECT Name FROM jobs("type"="insert")')) == 7


def test_only_administrators(server):
    login = {"user": "plain", "password": "p"}
    refused(server, "CREATE JOB x ON SCHEDULE EVERY 1 DAY DO INSERT INTO log VALUES (1, now())", "privilege", 1227, **login)
    refused(server, "DROP JOB WHERE jobName = 'x'", "privilege", 1227, **login)
    refused(server, 'SELECT * FROM jobs("type"="insert")', "privilege", 1227, **login)


def test_jobs_survive_a_restart(server):
    run(server, "CREATE JOB kept ON SCHEDULE EVERY 1 SECOND COMMENT 'c' DO INSERT INTO log VALUES (7, now())")
    run(server, "CREATE JOB paused ON SCHEDULE EVERY 1 SECOND DO INSERT INTO log VALUES (8, now())")
    run(server, "PAUSE JOB WHERE jobName = 'paused'")
    server.restart()
    server.execute_all(["TRUNCATE TABLE d.log"])
    process.wait_until(lambda: count(server) >= 1, 20, "the job runs again")
    assert server.query("SELECT DISTINCT a FROM d.log") == ((7,),)
    assert run(server, 'SELECT Name, Status, Comment FROM jobs("type"="insert") ORDER BY Name') == (("kept", "RUNNING", "c"), ("paused", "PAUSED", ""))


# --- materialised views -------------------------------------------------------------------------------------------
def view(server, refresh, name="mv"):
    server.execute_all([f"DROP MATERIALIZED VIEW IF EXISTS d.{name}",
                        f"CREATE MATERIALIZED VIEW d.{name} BUILD IMMEDIATE REFRESH AUTO {refresh} DISTRIBUTED BY RANDOM BUCKETS 1 "
                        "PROPERTIES ('replication_num' = '1') AS SELECT a, count(*) AS n FROM d.src GROUP BY a"])


def test_on_commit(server):
    view(server, "ON COMMIT")
    time.sleep(1.2)
    server.execute_all(["INSERT INTO d.src VALUES (1), (1), (2)"])
    process.wait_until(lambda: server.query("SELECT * FROM d.mv ORDER BY a") == ((1, 2), (2, 1)), 20, "the view is refreshed")
    assert server.stream_load("d", "src", b"5\n")["Status"] == "Success"
    process.wait_until(lambda: (5, 1) in server.query("SELECT * FROM d.mv"), 20, "the view is refreshed after a load")
    server.execute_all(["PAUSE MATERIALIZED VIEW JOB ON d.mv"])
    time.sleep(1.2)
    server.execute_all(["DELETE FROM d.src WHERE a = 5"])
    time.sleep(2)
    assert (5, 1) in server.query("SELECT * FROM d.mv")
    server.execute_all(["RESUME MATERIALIZED VIEW JOB ON d.mv"])
    time.sleep(1.2)
    server.execute_all(["INSERT INTO d.src VALUES (6)"])
    process.wait_until(lambda: (6, 1) in server.query("SELECT * FROM d.mv"), 20, "refreshed again")
    assert server.query('SELECT ExecuteType, Status FROM jobs("type"="mv") WHERE MvName = "mv"') == (("ON_COMMIT", "RUNNING"),)
    assert '{"triggerMode":"COMMIT"}' in [row[0] for row in server.query('SELECT TaskContext FROM tasks("type"="mv") WHERE MvName = "mv"')]


def test_on_schedule(server):
    view(server, f"ON SCHEDULE EVERY 1 DAY STARTS '{soon(server, 3)}'")
    server.execute_all(["INSERT INTO d.src VALUES (3)"])
    assert server.query("SELECT * FROM d.mv") == ()
    process.wait_until(lambda: server.query("SELECT * FROM d.mv") == ((3, 1),), 20, "the view is refreshed")
    [(kind, strategy)] = server.query('SELECT ExecuteType, RecurringStrategy FROM jobs("type"="mv") WHERE MvName = "mv"')
    assert kind == "RECURRING" and "EVERY 1 DAY STARTS" in strategy
    assert '{"triggerMode":"SYSTEM"}' in [row[0] for row in server.query('SELECT TaskContext FROM tasks("type"="mv") WHERE MvName = "mv"')]
    server.execute_all(["ALTER MATERIALIZED VIEW d.mv REFRESH ON SCHEDULE EVERY 1 SECOND", "INSERT INTO d.src VALUES (4)"])
    process.wait_until(lambda: (4, 1) in server.query("SELECT * FROM d.mv"), 20, "the new schedule counts")
    server.restart()
    server.execute_all(["INSERT INTO d.src VALUES (9)"])
    process.wait_until(lambda: (9, 1) in server.query("SELECT * FROM d.mv"), 20, "the schedule survives a restart")
    server.execute_all(["DROP MATERIALIZED VIEW d.mv"])
    refused(server, "CREATE MATERIALIZED VIEW late BUILD DEFERRED REFRESH AUTO ON SCHEDULE EVERY 1 DAY STARTS '2020-01-01 00:00:00' AS SELECT a FROM src",
            "greater than current time")


def test_views_of_changed_tables(server):
    """A view is SCHEMA_CHANGE when a table that it reads has other columns or was replaced, until it is refreshed."""
    view = "CREATE MATERIALIZED VIEW changing.{} BUILD DEFERRED REFRESH AUTO ON MANUAL DISTRIBUTED BY RANDOM BUCKETS 2 AS SELECT k FROM changing.{}"
    server.execute_all(["CREATE DATABASE changing", "CREATE TABLE changing.t (k INT, v INT) DUPLICATE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 1",
                        view.format("first", "t"), view.format("other", "t"), view.format("second", "first")])

    def states():
        return dict(server.query("SELECT Name, State FROM mv_infos('database' = 'changing')"))

    assert states() == {"first": "INIT", "other": "INIT", "second": "INIT"}
    server.execute_all(["ALTER MATERIALIZED VIEW changing.first REPLACE WITH MATERIALIZED VIEW changing.other"])
    assert states()["second"] == "SCHEMA_CHANGE"
    server.execute_all(["REFRESH MATERIALIZED VIEW changing.second COMPLETE"])
    assert states()["second"] == "NORMAL"
    server.execute_all(["ALTER TABLE changing.t DROP COLUMN v"])
    assert states() == {"first": "SCHEMA_CHANGE", "other": "SCHEMA_CHANGE", "second": "SCHEMA_CHANGE"}
