# SPDX-License-Identifier: Apache-2.0
"""The Cassandra client against a real node: the tests `Live.*` of the client's unit test program. With password and TLS:
test_secured.py; on three nodes: test_nodes.py."""
from harness.cassandra import client_tests


def test_one_node(cassandra):
    client_tests(cassandra)
