# SPDX-License-Identifier: Apache-2.0
"""One Cassandra node for all tests that need no more than that, and servers whose time series lie there."""
import os

import pytest

from harness.cassandra import Cassandra


@pytest.fixture(scope="session")
def cassandra():
    with Cassandra("--heap", "1g") as node:
        yield node


@pytest.fixture
def keyspace(request):
    """A name of the test's own: all tests share the node."""
    name = "".join(c if c.isalnum() else "_" for c in request.node.name.lower())
    return f"{name[:36]}_{os.getpid()}"[:48]
