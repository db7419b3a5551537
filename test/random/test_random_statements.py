# SPDX-License-Identifier: Apache-2.0
"""Random statements: no crash, no internal error, the same rows with and without plan cache and optimizer. `make test-random` plays
100,000."""
import os

from harness import server_binary

import compare_servers

STATEMENTS = int(os.environ.get("SLUICE_RANDOM_STATEMENTS", "1500"))
SEED = os.environ.get("SLUICE_RANDOM_SEED", "sluice")


def test_random_statements():
    seen, wrong = compare_servers.play(server_binary(), STATEMENTS, SEED)
    assert not wrong, "\n\n".join(wrong[:5])
    assert seen["rows"] > STATEMENTS / 4, seen  # most statements must mean something
