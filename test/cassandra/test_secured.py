# SPDX-License-Identifier: Apache-2.0
"""A node that wants TLS and a password: the client's own tests, and the server."""
import time

import pytest

from harness.cassandra import Cassandra, client_tests
from harness.cassandra_server import cassandra_server, wait_delivered
from harness.kairos import Api
from harness.server import ServerDied


@pytest.fixture(scope="module")
def secured():
    with Cassandra("--auth", "--tls") as node:
        # The default account is made a moment after the port opens.
        deadline = time.monotonic() + 60
        while True:
            try:
                client_tests(node, "TypesRoundTrip", **account(node))
                break
            except AssertionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)
        yield node


def account(node) -> dict:
    return {"user": "cassandra", "password": "cassandra", "ca": node.certificate}


def test_client(secured):
    client_tests(secured, **account(secured))


def test_server(secured):
    settings = {"user": "cassandra", "password": "cassandra", "tls": True, "tls_ca": secured.certificate}
    with cassandra_server(secured, "secured", **settings) as server:
        api = Api(server.kairos_port)
        assert api.put_points("m", [[1, 1]]).status == 204
        wait_delivered(server)
        assert api.values("m") == [[1, 1]]
        assert api.get("/api/v1/health/check").status == 204
    # Another cluster, with settings of its own.
    reader = f"name=guarded;keyspace=secured;user=cassandra;password=cassandra;tls=true;tls_ca={secured.certificate};tls_name=localhost"
    with cassandra_server(secured, "secured_too", read_clusters=reader, **settings) as server:
        assert Api(server.kairos_port).values("m") == [[1, 1]]


@pytest.mark.parametrize("change", [{"password": "wrong"}, {"tls_ca": None}, {"tls_name": "another.example"}, {"tls": False}])
def test_server_is_refused(secured, change):
    settings = {"user": "cassandra", "password": "cassandra", "tls": True, "tls_ca": secured.certificate, "connect_timeout": "2s", **change}
    server = cassandra_server(secured, "secured", **settings)
    try:
        with pytest.raises(ServerDied):
            server.start()
    finally:
        server.close()
