# SPDX-License-Identifier: Apache-2.0
"""Grafana's MySQL data source over metrics, through go-sql-driver."""
import pytest

from harness import programs
from harness.programs import check_line


@pytest.fixture(scope="module")
def outcome(environment):
    return programs.run([programs.go("./metrics")], environment, 60)


@pytest.mark.parametrize("check", ["time_group", "time_group_signed", "unix_epoch", "from_and_to", "table", "variables", "prepared"])
def test_go(outcome, check):
    check_line(outcome, check)
