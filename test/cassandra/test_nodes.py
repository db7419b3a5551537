# SPDX-License-Identifier: Apache-2.0
"""Three nodes, of which one stops or is killed: the client's own tests, and the server under load."""
import time

import pytest

from harness import process
from harness.cassandra import Cassandra, client_tests, running_beside
from harness.cassandra_server import Load, cassandra_server, metric, wait_delivered


@pytest.fixture(scope="module")
def three_nodes():
    with Cassandra("--nodes", 3, "--heap", "512m") as cassandra:
        yield cassandra


def test_ring(three_nodes):
    client_tests(three_nodes, "RingOfSeveralNodes", nodes=3)
    three_nodes.stop_node(2)
    client_tests(three_nodes, "RingOfSeveralNodes", nodes=3, down="127.0.0.2")
    three_nodes.start_node(2)
    client_tests(three_nodes, "RingOfSeveralNodes", nodes=3)


def test_kill_under_load(three_nodes, tmp_path):
    stop = tmp_path / "stop"
    # A node may take minutes to start on a busy machine.
    with running_beside(lambda: client_tests(three_nodes, "WritesSurviveTheLossOfANode", seconds=900, stop_file=stop), stop):
        time.sleep(5)
        three_nodes.kill_node(3)
        time.sleep(5)
        three_nodes.start_node(3)
        time.sleep(5)


def test_server_survives_the_loss_of_a_node(three_nodes):
    """Every point is on three nodes; two of them are enough to write, one is to read."""
    contacts = ",".join(f"127.0.0.{node}:{three_nodes.port}" for node in (1, 2, 3))
    settings = {"contact_points": contacts, "replication": "{'class': 'SimpleStrategy', 'replication_factor': 3}", "request_timeout": "4s",
                "read_consistency": "QUORUM"}
    with cassandra_server(three_nodes, "loss_of_a_node", **settings) as server:
        with Load(server, "m", pause=0.02) as load:
            process.wait_until(lambda: min(load.acknowledged) > 20, 120, "the load runs")
            three_nodes.kill_node(3)
            before = min(load.acknowledged)
            process.wait_until(lambda: min(load.acknowledged) > before + 50, 120, "points are taken without the node")
            wait = metric(server, "sluice_timeseries_delivered_points_total")
            process.wait_until(lambda: metric(server, "sluice_timeseries_delivered_points_total") > wait, 120, "points arrive without the node")
        wait_delivered(server)
        load.check()
        three_nodes.start_node(3)
        assert not load.refused, load.refused
        assert metric(server, "sluice_timeseries_lost_points_total") == 0
