# SPDX-License-Identifier: Apache-2.0
"""The metric that the tests of SQL over metrics read, on each store."""
START = 1704067200  # 2024-01-01 00:00:00 UTC


def write_load(server):
    """`cpu.load`: two hosts, three points a minute, written by SQL."""
    rows = [f"(FROM_UNIXTIME({START + 20 * i}), {i + 1 if host == 'a' else 10 * (i + 1)}, '{host}')" for host in "ab" for i in range(9)]
    server.execute_all(["SET time_zone = '+00:00'",
                        "INSERT INTO kairos.default.`cpu.load` (time, value, host) VALUES " + ", ".join(rows)])


def client_environment(server) -> dict:
    return {"T_HOST": server.host, "T_PORT": str(server.mysql_port), "T_USER": server.user, "T_PASSWORD": server.password}
