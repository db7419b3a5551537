# SPDX-License-Identifier: Apache-2.0
"""A server with one metric: two hosts, three points a minute, written by SQL."""
import pytest

from harness.metrics import client_environment, write_load


@pytest.fixture(scope="module")
def metrics(server):
    write_load(server)
    return server


@pytest.fixture(scope="module")
def environment(metrics):
    """Of the client programs."""
    return client_environment(metrics)
