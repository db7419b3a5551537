# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests of SQL over metrics, for the `server` of each store."""
import pytest

START = 1704067200  # 2024-01-01 00:00:00 UTC


@pytest.fixture(scope="module")
def metrics(server):
    """The server with one metric: two hosts, three points a minute, written by SQL."""
    rows = [f"(FROM_UNIXTIME({START + 20 * i}), {i + 1 if host == 'a' else 10 * (i + 1)}, '{host}')" for host in "ab" for i in range(9)]
    server.execute_all(["SET time_zone = '+00:00'",
                        "INSERT INTO kairos.default.`cpu.load` (time, value, host) VALUES " + ", ".join(rows)])
    return server


@pytest.fixture(scope="module")
def environment(metrics):
    """Of the client programs."""
    return {"T_HOST": metrics.host, "T_PORT": str(metrics.mysql_port), "T_USER": metrics.user, "T_PASSWORD": metrics.password}
