# SPDX-License-Identifier: Apache-2.0
"""One Cassandra node for all tests that need no more than that, and servers whose time series lie there."""
import pytest

from harness.cassandra import Cassandra


@pytest.fixture(scope="session")
def cassandra():
    with Cassandra("--heap", "1g") as node:
        yield node
