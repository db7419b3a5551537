# SPDX-License-Identifier: Apache-2.0
"""Metrics as tables over Cassandra: the tests of the embedded store on this one, and Cassandra away."""
# pylint: disable=unused-import
import os

import pymysql
import pytest

from harness.cassandra_server import cassandra_server
from harness.metrics import environment, metrics
from kairos_sql.test_grafana_metrics import outcome, test_go
from kairos_sql.test_metrics import (test_a_prepared_insert_writes_new_tags, test_delete, test_metrics_outlive_the_server, test_points_are_written_at_once, test_privileges,
                                     test_refused, test_the_catalog_is_shown, test_the_database_can_be_selected, test_the_latest_points, test_time_is_that_of_the_session,
                                     test_times_have_three_digits, test_writing_makes_metrics)


@pytest.fixture(scope="module")
def server(cassandra):
    with cassandra_server(cassandra, f"sql_{os.getpid()}", batch_wait="20ms") as started:
        yield started


def test_joins_and_buckets(metrics):
    metrics.execute_all(["CREATE DATABASE inventory", "CREATE TABLE inventory.hosts (host VARCHAR(20), rack INT) DUPLICATE KEY(host) DISTRIBUTED BY HASH(host) BUCKETS 1",
                         "INSERT INTO inventory.hosts VALUES ('a', 1), ('b', 2)"])
    found = metrics.query("SELECT UNIX_TIMESTAMP(time) DIV 60 * 60 AS t, rack, avg(value) FROM kairos.default.`cpu.load` c JOIN inventory.hosts h ON c.host = h.host "
                          "WHERE time >= '2024-01-01' GROUP BY 1, 2 ORDER BY 1, 2")
    assert len(found) == 6 and [row[1:] for row in found[:2]] == [(1, 2.0), (2, 20.0)]


def test_other_tables_are_listed_while_cassandra_is_away(cassandra):
    with cassandra_server(cassandra, f"away_{os.getpid()}", {"timeseries.cassandra.contact_points": "127.0.0.1:1"}, start_async=True, connect_timeout="1s") as away:
        away.execute_all(["CREATE DATABASE d", "CREATE TABLE d.t (a INT) DUPLICATE KEY(a) DISTRIBUTED BY HASH(a) BUCKETS 1"])
        assert away.query("SELECT table_name FROM information_schema.tables WHERE table_name = 't'") == (("t",),)
        assert ("t", "a") in away.query("SELECT table_name, column_name FROM information_schema.columns")
        with pytest.raises(pymysql.err.Error):
            away.query("SELECT table_name FROM information_schema.tables WHERE table_schema = 'kairos.default'")
        with pytest.raises(pymysql.err.Error):
            away.query("SELECT count(*) FROM kairos.default.m")
