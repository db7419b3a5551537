# SPDX-License-Identifier: Apache-2.0
"""The Cassandra client against real nodes: the tests `Live.*` of the client's unit test program, on one node, with password
and TLS, and on three nodes of which one stops."""
import os
import pathlib
import subprocess
import threading
import time

import pytest

from harness.cassandra import Cassandra

PROGRAM = pathlib.Path(os.environ.get("SLUICE_BINARY", "build/release/sluice")).resolve().parent / "test" / "client_cassandra_test"


def live(cassandra, tests="*", seconds=240, **environment):
    """Runs the program's tests; they must pass, and not all be skipped."""
    named = {"SLUICE_CASSANDRA": cassandra.address, **{f"SLUICE_CASSANDRA_{name.upper()}": str(value) for name, value in environment.items()}}
    done = subprocess.run([PROGRAM, f"--gtest_filter=Live.{tests}"], env={**os.environ, **named}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=seconds, check=False)
    output = done.stdout.decode(errors="replace")
    assert done.returncode == 0, output[-6000:]
    assert "[       OK ]" in output, output[-6000:]


def test_one_node():
    with Cassandra() as cassandra:
        live(cassandra)


def test_password_and_tls():
    with Cassandra("--auth", "--tls") as cassandra:
        wanted = {"user": "cassandra", "password": "cassandra", "ca": cassandra.certificate}
        # The default account is made a moment after the port opens.
        deadline = time.monotonic() + 60
        while True:
            try:
                live(cassandra, "TypesRoundTrip", **wanted)
                break
            except AssertionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)
        live(cassandra, **wanted)


@pytest.fixture(scope="module")
def three_nodes():
    with Cassandra("--nodes", 3, "--heap", "512m") as cassandra:
        yield cassandra


def test_ring(three_nodes):
    live(three_nodes, "RingOfSeveralNodes", nodes=3)
    three_nodes.stop_node(2)
    live(three_nodes, "RingOfSeveralNodes", nodes=3, down="127.0.0.2")
    three_nodes.start_node(2)
    live(three_nodes, "RingOfSeveralNodes", nodes=3)


def test_kill_under_load(three_nodes, tmp_path):
    stop = tmp_path / "stop"
    failures = []

    def write():
        try:
            # A node may take minutes to start on a busy machine.
            live(three_nodes, "WritesSurviveTheLossOfANode", seconds=900, stop_file=stop)
        except BaseException as error:  # pylint: disable=broad-except
            failures.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        time.sleep(5)
        three_nodes.kill_node(3)
        time.sleep(5)
        three_nodes.start_node(3)
        time.sleep(5)
    finally:
        stop.touch()
        writer.join()
    if failures:
        raise failures[0]
