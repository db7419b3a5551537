# SPDX-License-Identifier: Apache-2.0
"""Grafana through go-sql-driver: plain and prepared, its macros, and the driver's ColumnTypes."""
import pytest

from harness.programs import check_line
from harness import programs


@pytest.fixture(scope="module")
def outcome(environment):
    return programs.run([programs.go("./bi")], environment, 60)


@pytest.mark.parametrize("check", ["connect", "column_types", "column_types_prepared", "editor", "macros"])
def test_go(outcome, check):
    check_line(outcome, check)
