# SPDX-License-Identifier: Apache-2.0
"""The Cassandra store against a real node: the tests of the unit test program that need one."""
import os
import pathlib
import subprocess
import time

from harness.cassandra import run_tests, running_beside

PROGRAM = pathlib.Path(os.environ.get("SLUICE_BINARY", "build/release/sluice")).resolve().parent / "test" / "timeseries_test"


def run(cassandra, tests, seconds=600, **environment):
    run_tests("timeseries_test", tests, cassandra, seconds, **environment)


def test_contract(cassandra):
    run(cassandra, "Cassandra/StoreContract/*")


def test_store(cassandra):
    run(cassandra, "CassandraStoreTest.*")


def test_outage_under_load(cassandra, tmp_path):
    """Cassandra goes away and comes back while points are written: none that was acknowledged is lost. It is stopped, not killed:
    a killed node loses what it acknowledged since the last mark in its commit log."""
    stop = tmp_path / "stop"
    with running_beside(lambda: run(cassandra, "CassandraStoreLoad.SurvivesAnOutage", stop_file=stop), stop):
        time.sleep(5)
        cassandra.stop_node(1)
        time.sleep(20)
        cassandra.start_node(1)
        time.sleep(5)


def test_kill_with_a_queue(cassandra, tmp_path):
    """A process that is killed under load leaves its queue to the next one."""
    for turn in range(3):
        folder = tmp_path / f"queue{turn}"
        folder.mkdir()
        acknowledged = tmp_path / f"acknowledged{turn}"
        environment = {"SLUICE_CASSANDRA": cassandra.address, "SLUICE_CASSANDRA_FOLDER": str(folder),
                       "SLUICE_CASSANDRA_ACKNOWLEDGED": str(acknowledged)}
        process = subprocess.Popen([PROGRAM, "--gtest_filter=CassandraStoreLoad.WritesUntilKilled"], env={**os.environ, **environment},
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not acknowledged.exists() or acknowledged.stat().st_size == 0:
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.05)
        time.sleep(0.5 + turn)
        process.kill()
        process.wait()
        run(cassandra, "CassandraStoreLoad.HasWhatWasAcknowledged", folder=folder, acknowledged=acknowledged)
